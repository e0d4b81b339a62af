//! Page 5: how good is good enough, investment by investment.

use cam_stats::verdict::Verdict;

use super::draft::{Draft, Entry, Facts, name};
use crate::analysis::{
    Advice, Estimate, Grade, GuardKey, InvestmentCurve, InvestmentFinding, InvestmentOutcome, Unjudged,
    UnseenEnd,
};
use crate::report::document::{Arg, Chart, InvestmentRow, Message, Page, RowLabels};
use crate::report::number::{Show, Unit};

/// At most this many rows fit the page; the analysis puts the best first.
const ROWS: usize = 6;

/// Builds the rows; their figures are what pages 1 and 5 speak of.
pub(super) fn rows(draft: &mut Draft, facts: &Facts) -> Vec<InvestmentRow> {
    draft.analysis.investments.iter().take(ROWS).map(|investment| row(draft, facts, investment)).collect()
}

fn row(draft: &mut Draft, facts: &Facts, investment: &InvestmentFinding) -> InvestmentRow {
    match &investment.outcome {
        InvestmentOutcome::Refused { reason, have, need } => {
            refused(draft, investment, *reason, (*have, *need))
        }
        InvestmentOutcome::Curve(curve) => with_curve(draft, facts, investment, curve),
    }
}

fn refused(
    draft: &mut Draft,
    investment: &InvestmentFinding,
    reason: Unjudged,
    (have, need): (f64, f64),
) -> InvestmentRow {
    let label = |key: &str| Message::new(format!("label-{key}")).with("name", name(investment));
    let have_id = draft.add("O5", Entry::value(label("refusal-have"), have, Unit::Count, "counts"));
    let need_id = draft.add("O5", Entry::value(label("refusal-need"), need, Unit::Count, "rule"));
    let sentence = Message::new(format!("refusal-{}", reason.key().replace('_', "-")))
        .figure("have", &have_id, Show::Value)
        .figure("need", &need_id, Show::Value);
    let sentence = match failed_guard(draft, investment).filter(|_| reason == Unjudged::Guard) {
        Some(key) => sentence.message("guard", super::made::guard_name(key)),
        None => sentence,
    };
    let waits = reason == Unjudged::LinkedAccounts && have > 0.0;
    let below = waits.then(|| waves_left(draft, investment, (have, need))).flatten();
    InvestmentRow {
        name: investment.name.clone(),
        verdict: Message::new("row-refused"),
        explanation: vec![sentence],
        below,
        invest: None,
        gain: None,
        gain_range: None,
        gain_note: None,
        loss: None,
        grade: Grade::E,
        labels: RowLabels { progress: waits.then_some((have_id, need_id)), ..RowLabels::default() },
    }
}

/// The first guard rail that leaves an investment no grade above E.
fn failed_guard(draft: &Draft, investment: &InvestmentFinding) -> Option<GuardKey> {
    let guards = draft.analysis.guards.iter().chain(&investment.guards);
    guards
        .filter(|guard| guard.held == Some(false))
        .find(|guard| guard.caps_at == Grade::E)
        .map(|guard| guard.key)
}

/// How many more waves it takes at the pace so far.
fn waves_left(
    draft: &mut Draft,
    investment: &InvestmentFinding,
    (have, need): (f64, f64),
) -> Option<Message> {
    let waves = draft.analysis.waves.len() as f64;
    if waves < 1.0 || have >= need {
        return None;
    }
    let left = ((need - have) / (have / waves)).ceil();
    let label = Message::new("label-waves-left").with("name", name(investment));
    let id = draft.add("O5", Entry::value(label, left, Unit::Count, "counts"));
    Some(Message::new("row-waves-left").figure("waves", &id, Show::Value))
}

/// Ids of one investment's numbers.
struct Ids {
    gain: String,
    zone: Option<String>,
    best: String,
    spend: String,
    loss: String,
    allowed: String,
    below: (String, String, String),
    /// Customers in each group of a test, where there are as many.
    test: Option<String>,
}

fn with_curve(
    draft: &mut Draft,
    facts: &Facts,
    investment: &InvestmentFinding,
    curve: &InvestmentCurve,
) -> InvestmentRow {
    let ids = figures(draft, investment, curve);
    let adds = matches!(curve.advice, Advice::SpendMore | Advice::SpendMoreEndUnknown);
    let shown = !(curve.gain.value == 0.0 && curve.gain.low == 0.0 && curve.gain.high == 0.0);
    let labels = labels(draft, investment, curve, &ids);
    let (verdict, explanation) = sentences(draft, facts, investment, &ids);
    InvestmentRow {
        name: investment.name.clone(),
        verdict,
        explanation,
        below: Some(
            Message::new("row-below")
                .figure("customers", &ids.below.0, Show::Value)
                .figure("revenue", &ids.below.1, Show::Value)
                .figure("level", &ids.below.2, Show::Value),
        ),
        invest: match curve.advice {
            _ if adds => Some(Arg::figure(&ids.spend, Show::Bare)),
            Advice::CannotTell => None,
            _ => Some(Arg::say(Message::new("hold"))),
        },
        gain: shown.then(|| Arg::figure(&ids.gain, Show::Bare)),
        gain_range: shown.then(|| Arg::figure(&ids.gain, Show::Range)),
        gain_note: (shown && curve.gain_level < draft.analysis.today.value)
            .then(|| Message::new("if-held-back")),
        loss: shown.then(|| Arg::figure(&ids.loss, Show::Value)),
        grade: investment.grade,
        labels,
    }
}

fn figures(draft: &mut Draft, investment: &InvestmentFinding, curve: &InvestmentCurve) -> Ids {
    let grade = investment.grade;
    let (money, due) = (draft.money(), draft.due());
    let label = |key: &str| Message::new(format!("label-{key}")).with("name", name(investment));
    let estimate = |key: &str, estimate: &Estimate, unit: Unit| {
        Entry::estimate(label(key), estimate, unit, "draws").grade(grade)
    };
    let gain = draft.add("O5", estimate("gain", &curve.gain, money.clone()).due(&due));
    let share = |key: &str, value: f64, source: &str| Entry::value(label(key), value, Unit::Share, source);
    let level = |key: &str, value: f64| Entry::value(label(key), value, Unit::Index, "draws");
    let spend = Entry::value(label("spend"), curve.spend, money.clone(), "investment file");
    let cost = Entry::value(label("cost-today"), investment.yearly_cost, money.clone(), "investment file");
    let allowed = Entry::value(label("largest-gain"), curve.largest_gain_allowed, money, "draws");
    let loss = Entry::value(label("loss"), curve.chance_of_loss, Unit::Chance, "draws");
    let zone = curve.zone.filter(|_| grade < Grade::E);
    // A size is a plan, not a count: two figures, rounded up.
    let size = curve.test_per_group.map(|size| {
        let step = 10_f64.powf((size.log10().floor() - 1.0).max(0.0));
        (size / step).ceil() * step
    });
    let size = size.filter(|size| 2.0 * size <= draft.analysis.data.accounts_in_base as f64);
    let ids = Ids {
        gain,
        spend: draft.add("O5", spend),
        loss: draft.add("O5", loss.n(curve.gain.n).grade(grade)),
        zone: zone.map(|zone| {
            draft.add("O5", Entry::range(label("zone"), zone, Unit::Index, "draws").grade(grade))
        }),
        best: draft.add("O5", estimate("best-level", &curve.best_level, Unit::Index)),
        allowed: draft.add("O5", allowed.level(curve.gain.level).grade(grade)),
        below: (
            draft.add("O5", share("customers-below", curve.customers_below, "answers")),
            draft.add("O5", share("revenue-below", curve.revenue_below, "ledger")),
            draft.add("O5", level("below-level", curve.below_level)),
        ),
        test: size.map(|size| draft.add("O5", Entry::value(label("test-size"), size, Unit::Count, "draws"))),
    };
    draft.add("O5", level("gain-level", curve.gain_level));
    draft.add("O5", share("share-at-end", curve.share_at_end, "draws"));
    draft.add("O5", estimate("impact", &curve.impact, Unit::PointsPerPoint));
    draft.add("O5", cost);
    ids
}

fn labels(
    draft: &mut Draft,
    investment: &InvestmentFinding,
    curve: &InvestmentCurve,
    ids: &Ids,
) -> RowLabels {
    let label = |key: &str| Message::new(format!("label-{key}")).with("name", name(investment));
    let money = draft.money();
    let ticks = curve
        .ticks
        .iter()
        .map(|tick| {
            let spend = Entry::value(label("tick-spend"), tick.spend, money.clone(), "investment file");
            let driver =
                Entry::value(label("tick-driver"), tick.driver_level, Unit::Index, "investment file");
            (draft.add("O5", spend), draft.add("O5", driver))
        })
        .collect();
    let driver = Entry::value(label("driver-today"), investment.driver_level, Unit::Index, "answers");
    RowLabels {
        zone: ids.zone.clone(),
        best: Some(ids.best.clone()),
        ticks,
        driver_today: Some(draft.add("O5", driver)),
        progress: None,
    }
}

/// The verdict of a row and what else is to be said.
fn sentences(
    draft: &Draft,
    facts: &Facts,
    investment: &InvestmentFinding,
    ids: &Ids,
) -> (Message, Vec<Message>) {
    let InvestmentOutcome::Curve(curve) = &investment.outcome else {
        return (Message::new("row-refused"), Vec::new());
    };
    let allowed = || {
        let key = if curve.largest_gain_allowed > 0.0 { "row-largest-gain" } else { "row-no-gain" };
        Message::new(key).figure("gain", &ids.allowed, Show::Bare)
    };
    if curve.no_effect && curve.advice != Advice::TestStopping {
        return (Message::new("row-no-effect"), vec![allowed()]);
    }
    let zone = |key: &str| match &ids.zone {
        Some(zone) => {
            Message::new(key).figure("zone", zone, Show::Range).figure("today", &facts.today, Show::Value)
        }
        None => Message::new("row-no-zone").figure("gain", &ids.allowed, Show::Bare),
    };
    match curve.advice {
        Advice::SpendMore => {
            let key = if investment.grade >= Grade::D { "row-zone-if-causal" } else { "row-zone" };
            (zone(key), vec![verdict_of_money(draft, curve, ids)])
        }
        Advice::SpendMoreEndUnknown => (
            Message::new(if curve.unseen_end == Some(UnseenEnd::Priced) {
                "row-costs-end"
            } else {
                "row-end-unknown"
            }),
            Vec::new(),
        ),
        Advice::Hold => (zone("row-hold"), vec![Message::new("row-hold-more")]),
        Advice::TestHoldingBack if just_past(draft, curve) => {
            (zone("row-just-past"), vec![Message::new("row-past-more"), test_size(curve, ids)])
        }
        Advice::TestHoldingBack => {
            (zone("row-past"), vec![Message::new("row-past-more"), test_size(curve, ids)])
        }
        Advice::TestStopping => (Message::new("row-no-effect"), vec![allowed(), test_size(curve, ids)]),
        Advice::CannotTell => (Message::new("row-cannot-tell"), vec![allowed()]),
    }
}

/// How many customers a test of holding back takes, that there are not enough of them, or that no lower level has a cost
/// to hold back to.
fn test_size(curve: &InvestmentCurve, ids: &Ids) -> Message {
    match &ids.test {
        Some(test) => Message::new("row-test-size").figure("test", test, Show::Value),
        None if curve.test_per_group.is_some() => Message::new("row-test-too-large"),
        None => Message::new("row-test-unknown"),
    }
}

/// The fixed sentence of the verdict on money, as it bears on one investment.
fn verdict_of_money(draft: &Draft, curve: &InvestmentCurve, ids: &Ids) -> Message {
    let key = match draft.analysis.money.verdict {
        Some(Verdict::Diminishing) => "row-diminishing",
        Some(Verdict::Plateau) => "row-plateau",
        _ if curve.cost_exponent.is_some_and(|exponent| exponent > 1.0) => "row-cost-bends",
        _ => "row-stops",
    };
    Message::new(key).figure("range", &ids.best, Show::Range)
}

/// Whether whole points do not tell today from the upper end of the zone, though it lies past it.
pub(super) fn just_past(draft: &Draft, curve: &InvestmentCurve) -> bool {
    curve.zone.is_some_and(|zone| zone.1.round() >= draft.analysis.today.value.round())
}

/// Builds the page.
pub(super) fn page(draft: &mut Draft, facts: &Facts, rows: &[InvestmentRow]) -> Page {
    let lead = draft.lead();
    let grade = lead.map_or(draft.analysis.grade, |at| draft.investment(at).grade);
    let title = title(draft, facts, rows, lead);
    let mut sure = facts.sure(draft, grade);
    if !rows.is_empty() && grade < Grade::D {
        sure.push(Message::new("sure-lowest"));
    }
    let mut deck =
        vec![Message::new(if rows.is_empty() { "investments-none-deck" } else { "investments-deck" })];
    if draft.analysis.investments.len() > ROWS {
        let shown = draft.add("O5", Entry::count(Message::new("label-rows-shown"), ROWS, "rule"));
        let all = draft.analysis.investments.len();
        let all = draft.add("O5", Entry::count(Message::new("label-investments"), all, "investment file"));
        let more = Message::new("investments-more").figure("shown", &shown, Show::Value);
        deck.push(more.figure("all", &all, Show::Value));
    }
    Page {
        number: 5,
        name: "name-5".into(),
        title,
        deck,
        chart: (!rows.is_empty()).then(|| Chart::Investments {
            ground: facts.ground(draft),
            plateau: super::outcomes::plateau(draft),
            investments: draft.analysis.investments.iter().take(ROWS).cloned().collect(),
        }),
        cells: Vec::new(),
        tables: Vec::new(),
        notes: if rows.is_empty() { vec![Message::new("investments-import")] } else { Vec::new() },
        rows: rows.to_vec(),
        grade: Some(grade),
        sure,
        advice: advice(draft, rows),
        foot: vec![facts.foot_horizon(), facts.foot_linked(), facts.foot_observed(), draft.ids("O5")],
    }
}

fn title(draft: &Draft, facts: &Facts, rows: &[InvestmentRow], lead: Option<usize>) -> Message {
    let today = |key: &str| Message::new(key).figure("today", &facts.today, Show::Value);
    if rows.is_empty() {
        return today("investments-title-none");
    }
    let Some(at) = lead.filter(|&at| at < rows.len()) else {
        return today("investments-title-unknown");
    };
    let investment = draft.investment(at);
    let InvestmentOutcome::Curve(curve) = &investment.outcome else {
        return today("investments-title-unknown");
    };
    let title = |key: &str| {
        let message = today(key).with("name", name(investment));
        match &rows[at].labels.zone {
            Some(zone) => message.figure("zone", zone, Show::Range),
            None => message.figure("observed", &facts.observed, Show::High),
        }
    };
    match (curve.advice, &rows[at].labels.zone) {
        (Advice::SpendMore, Some(_)) if investment.grade >= Grade::D => title("investments-title-if-causal"),
        (Advice::SpendMore, Some(_)) => title("investments-title-zone"),
        (Advice::SpendMoreEndUnknown, _) if curve.unseen_end == Some(UnseenEnd::Priced) => {
            today("investments-title-costs-end").with("name", name(investment))
        }
        (Advice::SpendMoreEndUnknown | Advice::SpendMore, _) => Message::new("investments-title-end")
            .with("name", name(investment))
            .figure("today", &facts.today, Show::Value)
            .figure("observed", &facts.observed, Show::High),
        (Advice::TestHoldingBack, Some(_)) if just_past(draft, curve) => title("investments-title-just-past"),
        (Advice::TestHoldingBack, Some(_)) => title("investments-title-past"),
        (_, Some(_)) => title("investments-title-hold"),
        _ => today("investments-title-unknown"),
    }
}

/// What to do: money first, then tests, then waiting.
pub(super) fn advice(draft: &Draft, rows: &[InvestmentRow]) -> Vec<Message> {
    if rows.is_empty() {
        return vec![Message::new("todo-import-investments")];
    }
    let mut sentences = Vec::new();
    let pairs = || draft.analysis.investments.iter().zip(rows);
    let advised = |wanted: &[Advice]| -> Vec<Arg> {
        pairs()
            .filter(|(investment, _)| investment.grade < Grade::E)
            .filter(|(investment, _)| match &investment.outcome {
                InvestmentOutcome::Curve(curve) => wanted.contains(&curve.advice),
                InvestmentOutcome::Refused { .. } => false,
            })
            .map(|(investment, _)| name(investment))
            .collect()
    };
    let more = draft.next_money().and_then(|at| Some((draft.investment(at), rows.get(at)?)));
    if let Some((investment, row)) = more {
        let key = if investment.grade >= Grade::D { "todo-spend-test" } else { "todo-spend" };
        let mut message = Message::new(key).with("name", name(investment));
        if let Some(invest) = &row.invest {
            message = message.with("spend", invest.clone());
        }
        sentences.push(message);
    }
    let test = advised(&[Advice::TestHoldingBack, Advice::TestStopping]);
    if !test.is_empty() {
        sentences.push(Message::new("todo-test").with("names", Arg::List { items: test }));
    }
    let unknown: Vec<Arg> =
        pairs().filter(|(investment, _)| investment.grade == Grade::E).map(|(one, _)| name(one)).collect();
    if !unknown.is_empty() {
        sentences.push(Message::new("todo-wait").with("names", Arg::List { items: unknown }));
    }
    if sentences.is_empty() {
        sentences.push(Message::new("todo-hold"));
    }
    sentences
}
