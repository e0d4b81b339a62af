//! The picture of page 5 and the large one of page 1.

use super::ground::{Pen, alt, bars};
use crate::analysis::{Estimate, Grade, InvestmentCurve, InvestmentFinding, InvestmentOutcome};
use crate::chart::input::{
    self, Answer, BestRange, CostPoint, Curve, CurvePoint, CurveWords, Ending, Figures, Heads, Investments,
    Progress, Refusal, Row, RowState, SpendTick, Star, Zone,
};
use crate::chart::lettering::Span;
use crate::chart::{self, Drawing, Look};
use crate::report::document::{Arg, Ground, InvestmentRow, Message};
use crate::report::number::{Show, currency_word, in_unit};

/// Draws one investment, large.
pub(in crate::report) fn answer(
    pen: Pen,
    ground: &Ground,
    plateau: Option<&(String, Estimate)>,
    (investment, row): (&InvestmentFinding, &InvestmentRow),
    look: &Look,
) -> Drawing {
    let (divisor, unit) = pen.unit(largest(std::slice::from_ref(investment)));
    let mut words = words(pen, &unit);
    words.unit = pen.say(&Message::new("chart-profit").name("unit", &unit));
    words.cost = pen.text("chart-cost-short");
    let gain = row.gain.as_ref().map_or_else(|| pen.text("none"), |gain| pen.words.arg(gain).plain());
    let description = Message::new("alt-answer")
        .message("verdict", row.verdict.clone())
        .figure("today", &ground.today_id, Show::Full)
        .name("gain", &gain);
    let input = Answer {
        alt: alt(
            pen.say(&Message::new("alt-answer-title").name("name", &investment.name)),
            &pen.say(&description),
        ),
        axis: pen.axis(ground),
        today: pen.today(&ground.today, &ground.today_id),
        customers: bars(ground),
        plateau: pen.plateau(plateau.map(|(id, one)| (id.as_str(), one)), Show::Value),
        words,
        state: state(pen, investment, row, divisor),
        below: row.below.as_ref().map(|below| pen.say(below)).unwrap_or_default(),
    };
    chart::answer(&input, look)
}

/// Draws the rows without their words, for a page that sets them beside it.
pub(in crate::report) fn investments(
    pen: Pen,
    ground: &Ground,
    plateau: Option<&(String, Estimate)>,
    (findings, rows): (&[InvestmentFinding], &[InvestmentRow]),
    look: &Look,
) -> Drawing {
    chart::investments(&input(pen, ground, plateau, findings, rows), look)
}

/// Draws the rows with their words, to stand alone.
pub(in crate::report) fn picture(
    pen: Pen,
    ground: &Ground,
    plateau: Option<&(String, Estimate)>,
    (findings, rows): (&[InvestmentFinding], &[InvestmentRow]),
    look: &Look,
) -> Drawing {
    chart::investments_whole(&input(pen, ground, plateau, findings, rows), look)
}

fn input(
    pen: Pen,
    ground: &Ground,
    plateau: Option<&(String, Estimate)>,
    findings: &[InvestmentFinding],
    rows: &[InvestmentRow],
) -> Investments {
    let (divisor, unit) = pen.unit(largest(findings));
    let verdicts: Vec<String> =
        rows.iter().map(|row| format!("{}: {}", row.name, pen.say(&row.verdict))).collect();
    let description = Message::new("alt-investments")
        .figure("today", &ground.today_id, Show::Full)
        .name("rows", &verdicts.join(" "));
    Investments {
        alt: alt(pen.text("alt-investments-title"), &pen.say(&description)),
        axis: pen.axis(ground),
        observed_label: pen.say(&Message::new("chart-observed").figure(
            "observed",
            &ground.observed_id,
            Show::Range,
        )),
        today: pen.today(&ground.today, &ground.today_id),
        customers: bars(ground),
        plateau: pen.plateau(plateau.map(|(id, one)| (id.as_str(), one)), Show::Value),
        words: words(pen, &unit),
        heads: heads(pen),
        rows: findings
            .iter()
            .zip(rows)
            .map(|(investment, row)| Row {
                name: row.name.clone(),
                verdict: pen.say(&row.verdict),
                explanation: explanation(pen, row),
                below: spans(pen, row.below.as_ref()),
                state: state(pen, investment, row, divisor),
                figures: figures(pen, row),
            })
            .collect(),
    }
}

/// The largest money that a row of curves reaches, major units.
fn largest(findings: &[InvestmentFinding]) -> f64 {
    let mut largest: f64 = 0.0;
    for investment in findings {
        if let InvestmentOutcome::Curve(curve) = &investment.outcome {
            for point in &curve.points {
                largest = largest.max(point.p05.abs()).max(point.p95.abs());
            }
        }
    }
    largest
}

fn explanation(pen: Pen, row: &InvestmentRow) -> String {
    let joint = match pen.words.language() {
        crate::report::Language::En => " ",
        crate::report::Language::ZhHans => "",
    };
    row.explanation.iter().map(|sentence| pen.say(sentence)).collect::<Vec<_>>().join(joint)
}

fn spans(pen: Pen, message: Option<&Message>) -> Vec<Span> {
    message.map_or_else(Vec::new, |message| {
        pen.words
            .say(message)
            .runs()
            .into_iter()
            .map(|(text, bold)| if bold { Span::bold(text) } else { Span::regular(text) })
            .collect()
    })
}

fn heads(pen: Pen) -> Heads {
    let unit = currency_word(&pen.document.frame.currency, pen.words.language()).to_owned();
    Heads {
        investment: pen.say(&Message::new("head-investment").name("unit", &unit)),
        invest: pen.text("head-invest"),
        gain: pen.text("head-gain"),
        loss: pen.text("head-loss"),
        payback: pen.text("head-payback"),
        grade: pen.text("head-grade"),
    }
}

fn figures(pen: Pen, row: &InvestmentRow) -> Figures {
    let cell = |cell: Option<&Arg>| cell.map_or_else(|| pen.text("none"), |cell| pen.words.arg(cell).plain());
    Figures {
        invest: cell(row.invest.as_ref()),
        gain: cell(row.gain.as_ref()),
        gain_range: row.gain_range.as_ref().map(|range| pen.words.arg(range).plain()).unwrap_or_default(),
        gain_note: row.gain_note.as_ref().map(|note| pen.say(note)).unwrap_or_default(),
        loss: cell(row.loss.as_ref()),
        payback: pen.text(if row.gain.is_some() { "not-computed" } else { "none" }),
        grade: grade(row.grade),
        grade_words: pen.text(&format!("grade-{:?}", row.grade)),
    }
}

fn grade(grade: Grade) -> input::Grade {
    match grade {
        Grade::A => input::Grade::A,
        Grade::B => input::Grade::B,
        Grade::C => input::Grade::C,
        Grade::D => input::Grade::D,
        Grade::E => input::Grade::E,
    }
}

fn words(pen: Pen, unit: &str) -> CurveWords {
    let next = currency_word(&pen.document.frame.currency, pen.words.language()).to_owned();
    let with_unit = |key: &str, unit: &str| pen.say(&Message::new(key).name("unit", unit));
    CurveWords {
        unit: with_unit("chart-money", unit),
        good_enough: pen.text("chart-good-enough"),
        ninety: pen.text("chart-ninety"),
        fifty: pen.text("chart-fifty"),
        most_likely: pen.text("chart-likely"),
        cost: pen.text("chart-cost"),
        judged: pen.text("chart-judged"),
        past_here: with_unit("chart-past", &next),
        spend: with_unit("chart-spend", unit),
        driver: pen.text("chart-driver"),
    }
}

fn state(pen: Pen, investment: &InvestmentFinding, row: &InvestmentRow, divisor: f64) -> RowState {
    match &investment.outcome {
        InvestmentOutcome::Refused { have, need, .. } => RowState::Refused(Refusal {
            label: pen.text("chart-cannot-tell"),
            progress: row.labels.progress.as_ref().map(|(have_id, need_id)| Progress {
                have: *have,
                need: *need,
                label: pen.say(&Message::new("chart-progress").figure("have", have_id, Show::Value).figure(
                    "need",
                    need_id,
                    Show::Value,
                )),
            }),
        }),
        InvestmentOutcome::Curve(curve) => {
            RowState::Curve(Box::new(drawn(pen, curve, investment.grade, row, divisor)))
        }
    }
}

fn drawn(pen: Pen, curve: &InvestmentCurve, grade: Grade, row: &InvestmentRow, divisor: f64) -> Curve {
    let zone = curve.zone.zip(row.labels.zone.as_ref()).map(|((low, high), id)| Zone {
        low,
        high,
        label: pen.figure(id, Show::Range),
        star: (curve.star && grade < Grade::D).then(|| Star {
            level: curve.best_level.value,
            label: row.labels.best.as_ref().map(|id| pen.figure(id, Show::Value)).unwrap_or_default(),
        }),
        caveat: (grade == Grade::D).then(|| pen.text("chart-if-causal")),
    });
    let best_range = row.labels.best.as_ref().filter(|_| zone.is_some()).map(|id| BestRange {
        low: curve.best_level.low,
        high: curve.best_level.high,
        label: pen.say(&Message::new("chart-best-range").figure("range", id, Show::Range)),
    });
    let ending = if curve.no_effect {
        Ending::NoEffect(pen.text("chart-no-effect"))
    } else if curve.unseen_end.is_some() && grade < Grade::E {
        Ending::NotVisible(pen.text("chart-not-visible"))
    } else {
        Ending::Inside
    };
    let ticks = curve.ticks.iter().zip(&row.labels.ticks).map(|(tick, (_, driver))| SpendTick {
        level: tick.x,
        spend: in_unit(tick.spend, divisor),
        driver: pen.figure(driver, Show::Value),
    });
    Curve {
        points: curve
            .points
            .iter()
            .map(|point| CurvePoint {
                level: point.x,
                low90: point.p05 / divisor,
                low50: point.p25 / divisor,
                median: point.median / divisor,
                high50: point.p75 / divisor,
                high90: point.p95 / divisor,
            })
            .collect(),
        cost: curve
            .points
            .iter()
            .map(|point| CostPoint {
                level: point.x,
                cost: point.cost / divisor,
                judged: curve.cost_judged_from.is_some_and(|from| point.x > from),
            })
            .collect(),
        zone,
        best_range,
        ending,
        spend_ticks: ticks.collect(),
        driver_today: row.labels.driver_today.as_ref().map(|id| pen.figure(id, Show::Value)),
        below: curve.below_level,
    }
}
