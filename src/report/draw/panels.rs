//! Index by wave, outcomes against satisfaction, and the priority matrix.

use super::ground::{Pen, alt, bars, interval};
use crate::analysis::{Driver, Estimate, WavePoint};
use crate::chart::input::{self, Companion, Interval, Outcomes, Panel, Priorities, Wave, Waves};
use crate::chart::{self, Drawing, Look};
use crate::report::document::{Arg, Ground, Message, OutcomePanel};
use crate::report::number::Show;

/// The index axis begins here unless a wave lies lower.
const INDEX_FROM: f64 = 40.0;

/// Draws the index by wave.
pub(in crate::report) fn waves(
    pen: Pen,
    points: &[WavePoint],
    today: &str,
    companions: &[(String, String)],
    look: &Look,
) -> Drawing {
    let lowest = points.iter().fold(INDEX_FROM, |low, wave| low.min(wave.satisfaction.low));
    let last = points
        .last()
        .map_or(Estimate { value: 0.0, low: 0.0, high: 0.0, level: 0.9, n: 0 }, |wave| wave.satisfaction);
    let description = Message::new("alt-waves").figure("today", today, Show::Full);
    let input = Waves {
        alt: alt(pen.text("alt-waves-title"), &pen.say(&description)),
        heading: pen.text("chart-satisfaction"),
        scale: (tens_below(lowest), 100.0),
        waves: points
            .iter()
            .map(|wave| Wave {
                label: pen.words.wave(&wave.label),
                n_label: pen.say(
                    &Message::new("chart-n").name("n", &crate::report::number::count(wave.satisfaction.n)),
                ),
                index: Some(interval(&wave.satisfaction, 1.0)),
            })
            .collect(),
        today: pen.today(&last, today),
        band_label: pen.text("chart-ninety"),
        companions: companions
            .iter()
            .map(|(key, id)| Companion {
                heading: pen.text(&format!("chart-{key}")),
                waves: points.iter().map(|wave| companion(wave, key).map(|one| interval(one, 1.0))).collect(),
                scale: (tens_below(lowest_companion(points, key)), 100.0),
                last_label: pen.figure(id, Show::Value),
                last_range: pen.figure(id, Show::Range),
            })
            .collect(),
    };
    chart::waves(&input, look)
}

fn lowest_companion(points: &[WavePoint], key: &str) -> f64 {
    points.iter().filter_map(|wave| companion(wave, key)).fold(INDEX_FROM, |low, one| low.min(one.low))
}

fn companion<'a>(wave: &'a WavePoint, key: &str) -> Option<&'a Estimate> {
    match key {
        "loyalty" => wave.loyalty.as_ref(),
        "recommendation" => wave.recommendation.as_ref(),
        _ => wave.repurchase.as_ref(),
    }
}

fn tens_below(value: f64) -> f64 {
    (value / 10.0).floor() * 10.0
}

/// Draws outcomes against satisfaction.
pub(in crate::report) fn outcomes(
    pen: Pen,
    ground: &Ground,
    panels: &[OutcomePanel],
    title: &Message,
    look: &Look,
) -> Drawing {
    let description = Message::new("alt-outcomes")
        .with("sentence", Arg::say(title.clone()))
        .figure("today", &ground.today_id, Show::Full)
        .figure("observed", &ground.observed_id, Show::Range);
    let few_levels = panels.iter().any(|panel| panel.relation.few_levels);
    let input = Outcomes {
        alt: alt(pen.text("alt-outcomes-title"), &pen.say(&description)),
        axis: pen.axis(ground),
        today: pen.today(&ground.today, &ground.today_id),
        panels: panels.iter().map(|one| panel(pen, ground, one)).collect(),
        customers: bars(ground),
        customers_label: pen.text("chart-customers"),
        groups_label: pen.text(if few_levels { "chart-levels" } else { "chart-groups" }),
        band_label: pen.text("chart-ninety"),
    };
    chart::outcomes(&input, look)
}

fn panel(pen: Pen, ground: &Ground, panel: &OutcomePanel) -> Panel {
    let relation = &panel.relation;
    let points = relation.curve.iter().map(|point| (point.x, (point.low, point.y, point.high)));
    let groups = relation.groups.iter().map(|group| (group.x, (group.y.low, group.y.value, group.y.high)));
    let ends = || points.clone().chain(groups.clone()).flat_map(|(_, (low, _, high))| [low, high]);
    let money = panel.outcome == "money";
    let (divisor, unit) = if money {
        pen.unit(ends().fold(0.0, |largest: f64, end| largest.max(end.abs())))
    } else {
        (0.01, String::new())
    };
    let within = |end: f64| if panel.outcome == "retention" { end.clamp(0.0, 1.0) } else { end };
    let scaled = |(at, (low, value, high)): (f64, (f64, f64, f64))| {
        let interval = Interval {
            low: within(low) / divisor,
            estimate: within(value) / divisor,
            high: within(high) / divisor,
        };
        (at, interval)
    };
    let low = ends().map(within).fold(f64::INFINITY, f64::min) / divisor;
    let high = ends().map(within).fold(f64::NEG_INFINITY, f64::max) / divisor;
    let heading = panel.heading.clone();
    Panel {
        heading: pen.say(&if money { heading.name("unit", &unit) } else { heading }),
        scale: if low < high { (low, high) } else { (0.0, 1.0) },
        signed: panel.outcome == "revenue",
        curve: points.clone().map(scaled).collect(),
        groups: groups.clone().map(scaled).collect(),
        end_label: panel.end.as_ref().map(|id| end_label(pen, ground, panel, id)),
        note: panel.note.as_ref().map(|note| pen.say(note)),
        plateau: pen.plateau(panel.plateau.as_deref().zip(relation.plateau.as_ref()), Show::Full),
    }
}

fn end_label(pen: Pen, ground: &Ground, panel: &OutcomePanel, id: &str) -> (String, String) {
    let show = if panel.outcome == "revenue" { Show::Signed } else { Show::Value };
    (
        pen.say(&Message::new("end-label").figure("value", id, show)),
        pen.say(&Message::new("end-range").figure("level", &ground.observed_id, Show::High).figure(
            "range",
            id,
            Show::Range,
        )),
    )
}

/// Draws the priority matrix.
pub(in crate::report) fn priorities(pen: Pen, drivers: &[Driver], title: &Message, look: &Look) -> Drawing {
    let mean =
        |value: fn(&Driver) -> f64| drivers.iter().map(value).sum::<f64>() / drivers.len().max(1) as f64;
    let split = (mean(|driver| driver.level.value), mean(|driver| driver.impact.value));
    let lowest = drivers.iter().fold(100.0_f64, |low, driver| low.min(driver.level.low));
    let description = Message::new("alt-priorities").with("sentence", Arg::say(title.clone()));
    let input = Priorities {
        alt: alt(pen.text("alt-priorities-title"), &pen.say(&description)),
        heading: pen.text("chart-effect"),
        level_name: pen.text("chart-level"),
        arms_label: pen.text("chart-arms"),
        levels: (tens_below(lowest - 2.0).clamp(0.0, 90.0), 100.0),
        split,
        quadrants: ["chart-first", "chart-keep", "chart-watch", "chart-enough"].map(|key| pen.text(key)),
        drivers: drivers
            .iter()
            .map(|driver| input::Driver {
                name: pen
                    .words
                    .arg(&Arg::Names { key: driver.key.clone(), names: driver.names.clone() })
                    .plain(),
                level: interval(&driver.level, 1.0),
                effect: interval(&driver.impact, 1.0),
                strong: driver.impact.low > 0.0 && driver.impact.value >= split.1,
            })
            .collect(),
    };
    chart::priorities(&input, look)
}
