//! Page 3: does satisfaction pay here?

use cam_stats::verdict::{Clause, Verdict};

use super::draft::{Draft, Entry, Facts};
use crate::analysis::{Estimate, Relation, Unit as ObservationUnit};
use crate::report::document::{Arg, Chart, Message, OutcomePanel, Page, Table};
use crate::report::number::{Show, Unit};

/// Accounts from which a curve is fitted: with as many and no verdict, the method has refused.
const FEWEST_ACCOUNTS: usize = 100;

/// Linked accounts from which more of them is not what is missing.
const NEEDED: usize = 200;

/// Levels at which a coarse scale still shows a mean of its own.
const LEVELS: usize = 12;

/// What page 10 shows of the relations.
pub(super) struct Evidence {
    /// The means of a coarse scale's levels.
    pub(super) levels: Option<Table>,
    /// The verdict on each outcome.
    pub(super) verdicts: Vec<Message>,
}

/// Ids of one relation's numbers.
pub(super) struct Ids {
    below: Option<String>,
    above: Option<String>,
    pub(super) slope: Option<String>,
    plateau: Option<String>,
    end: Option<String>,
    /// Level, its id, and the id of the mean there.
    groups: Vec<(f64, String, String)>,
    n: String,
}

/// The unit of an outcome and of its slope.
fn units(draft: &Draft, outcome: &str) -> (Unit, Unit) {
    match outcome {
        "retention" => (Unit::Share, Unit::SharePerPoint),
        "revenue" => (Unit::Change, Unit::SharePerPoint),
        _ => (draft.money(), draft.money()),
    }
}

/// The key of an outcome's name: the retention rule decides what keeping a customer is called.
pub(super) fn outcome_name(draft: &Draft, outcome: &str) -> Message {
    match outcome {
        "retention" => Message::new(draft.by_rule("outcome-retention")),
        "money" => Message::new(draft.by_money("outcome-money")),
        _ => Message::new("outcome-revenue"),
    }
}

fn figures(draft: &mut Draft, relation: &Relation, outcome: &str) -> Ids {
    let grade = draft.analysis.grade;
    let (unit, slope_unit) = units(draft, outcome);
    let of = outcome_name(draft, outcome);
    let label = |key: &str| Message::new(format!("label-{key}")).message("outcome", of.clone());
    let mut estimate = |key: &str, estimate: Option<&Estimate>, unit: &Unit| {
        estimate.map(|estimate| {
            draft.add("R3", Entry::estimate(label(key), estimate, unit.clone(), "curve").grade(grade))
        })
    };
    let slope = estimate("slope", relation.slope.as_ref(), &slope_unit);
    let below = estimate("slope-below", relation.slope_below.as_ref(), &slope_unit);
    let above = estimate("slope-above", relation.slope_above.as_ref(), &slope_unit);
    let plateau = estimate("plateau", relation.plateau.as_ref(), &Unit::Index);
    let end = relation.curve.last().map(|last| {
        let last = Estimate { value: last.y, low: last.low, high: last.high, level: 0.9, n: relation.n };
        draft.add("R3", Entry::estimate(label("curve-end"), &last, unit.clone(), "curve").grade(grade))
    });
    let groups = relation
        .groups
        .iter()
        .take(LEVELS)
        .map(|group| {
            let at = Entry::value(label("group-level"), group.x, Unit::Index, "answers").n(group.y.n);
            let at = draft.add("R3", at);
            let mean = Entry::estimate(label("group-mean"), &group.y, unit.clone(), "ledger");
            (group.x, at, draft.add("R3", mean))
        })
        .collect();
    let n = draft.add("R3", Entry::count(label("observations-of"), relation.n, "counts"));
    draft.add("R3", Entry::value(label("mean"), relation.mean, unit, "ledger").n(relation.n));
    if let Some(r_squared) = relation.r_squared {
        draft.add("R3", Entry::value(label("r-squared"), r_squared, Unit::Ratio, "curve").n(relation.n));
    }
    Ids { below, above, slope, plateau, end, groups, n }
}

/// The verdict of a relation as its fixed sentence.
pub(super) fn verdict(
    draft: &Draft,
    facts: &Facts,
    relation: &Relation,
    ids: &Ids,
    outcome: &str,
) -> Message {
    let of = outcome_name(draft, outcome);
    let key = match relation.verdict {
        Some(_) if relation.falls() => "verdict-falls",
        Some(Verdict::Plateau) if ids.plateau.is_some() => "verdict-plateau",
        Some(Verdict::Diminishing) if ids.below.is_some() && ids.above.is_some() => "verdict-diminishing",
        Some(Verdict::Linear) if ids.slope.is_some() => "verdict-linear",
        Some(Verdict::NoRelation) if ids.slope.is_some() => "verdict-no-relation",
        Some(Verdict::Convex) => "verdict-convex",
        Some(Verdict::Declines) => "verdict-declines",
        Some(Verdict::TooFew) => "verdict-too-few",
        _ if relation.n == 0 => "verdict-empty",
        _ if relation.accounts >= FEWEST_ACCOUNTS => "verdict-refused",
        _ => "verdict-none",
    };
    let mut message = Message::new(key).message("outcome", of);
    let mut set = |name: &str, id: &Option<String>, show: Show| {
        if let Some(id) = id {
            message = message.clone().figure(name, id, show);
        }
    };
    match key {
        "verdict-plateau" => set("plateau", &ids.plateau, Show::Full),
        "verdict-diminishing" => {
            set("below", &ids.below, Show::Full);
            set("above", &ids.above, Show::Full);
        }
        "verdict-linear" => {
            set("slope", &ids.slope, Show::Full);
            set("observed", &Some(facts.observed.clone()), Show::High);
        }
        "verdict-no-relation" => set("slope", &ids.slope, Show::High),
        "verdict-too-few" | "verdict-none" | "verdict-refused" => set("n", &Some(ids.n.clone()), Show::Value),
        "verdict-empty" => {}
        _ => set("observed", &Some(facts.observed.clone()), Show::Range),
    }
    message
}

/// Whether the means of a coarse scale's levels lie off the straight line.
fn is_stepped(relation: &Relation) -> bool {
    relation.reasons.iter().any(|reason| reason.clause == Clause::LackOfFitP && !reason.held)
}

/// The proven plateau of the money relation, with the id under which page 3 printed it.
pub(super) fn plateau(draft: &Draft) -> Option<(String, Estimate)> {
    let plateau = draft.analysis.money.plateau?;
    draft
        .find("R3", |label| {
            label.key == "label-plateau"
                && label.args.get("outcome") == Some(&Arg::say(outcome_name(draft, "money")))
        })
        .map(|id| (id, plateau))
}

/// Builds the page, and what page 10 shows of it.
pub(super) fn page(draft: &mut Draft, facts: &Facts) -> (Page, Evidence) {
    let analysis = draft.analysis;
    let retention = figures(draft, &analysis.retention, "retention");
    let revenue = figures(draft, &analysis.revenue_change, "revenue");
    let money = figures(draft, &analysis.money, "money");
    // What nobody was observed in has nothing to show.
    let panels: Vec<OutcomePanel> = [
        panel(draft, facts, &analysis.retention, &retention, "retention"),
        panel(draft, facts, &analysis.revenue_change, &revenue, "revenue"),
    ]
    .into_iter()
    .filter(|panel| !panel.relation.curve.is_empty() || !panel.relation.groups.is_empty())
    .collect();
    let drawn = !panels.is_empty();
    let grade = analysis.grade;
    let mut sure = facts.sure(draft, grade);
    let season = facts.season(draft).filter(|season| !sure.contains(season));
    sure.extend(season);
    sure.push(Message::new("sure-lost").figure("lost", &facts.lost, Show::Value).figure(
        "observations",
        &facts.observations,
        Show::Value,
    ));
    let mut deck = vec![
        Message::new("outcomes-deck")
            .figure("window", &facts.window, Show::Value)
            .message("unit", unit_of_analysis(draft)),
    ];
    deck.push(verdict(draft, facts, &analysis.revenue_change, &revenue, "revenue"));
    if is_stepped(&analysis.retention) || is_stepped(&analysis.revenue_change) {
        deck.push(Message::new("outcomes-stepped"));
    }
    let few_levels = analysis.retention.few_levels.then(|| Message::new("outcomes-few-levels"));
    let evidence = Evidence {
        levels: analysis.retention.few_levels.then(|| levels(&retention, &revenue)),
        verdicts: vec![
            verdict(draft, facts, &analysis.retention, &retention, "retention"),
            verdict(draft, facts, &analysis.revenue_change, &revenue, "revenue"),
            verdict(draft, facts, &analysis.money, &money, "money"),
        ]
        .into_iter()
        .chain(few_levels)
        .collect(),
    };
    let page = Page {
        number: 3,
        name: "name-3".into(),
        title: title(draft, facts, &retention),
        deck,
        chart: drawn.then(|| Chart::Outcomes { ground: facts.ground(draft), panels }),
        cells: Vec::new(),
        tables: Vec::new(),
        notes: Vec::new(),
        rows: Vec::new(),
        grade: Some(grade),
        sure,
        advice: vec![advice(draft, facts)],
        foot: vec![facts.foot_linked(), facts.foot_observed(), draft.ids("R3")],
    };
    (page, evidence)
}

/// The money relation alone, for page 1 where no investment can be drawn.
pub(super) fn money_panel(draft: &Draft) -> OutcomePanel {
    OutcomePanel {
        heading: Message::new(draft.by_money("heading-money")),
        outcome: "money".into(),
        relation: draft.analysis.money.clone(),
        note: None,
        end: None,
        plateau: plateau(draft).map(|(id, _)| id),
    }
}

/// Names the unit of analysis.
pub(super) fn unit_of_analysis(draft: &Draft) -> Message {
    Message::new(match draft.analysis.frame.unit_of_analysis {
        ObservationUnit::Account => "unit-account",
        ObservationUnit::AccountWave => "unit-account-wave",
    })
}

fn panel(draft: &Draft, facts: &Facts, relation: &Relation, ids: &Ids, outcome: &str) -> OutcomePanel {
    let note = match relation.verdict {
        Some(Verdict::Plateau | Verdict::Diminishing) => match (&ids.below, &ids.above) {
            (Some(below), Some(above)) => {
                Some(Message::new("note-slopes").figure("below", below, Show::Figures).figure(
                    "above",
                    above,
                    Show::Figures,
                ))
            }
            _ => None,
        },
        Some(Verdict::Linear | Verdict::NoRelation) => {
            ids.slope.as_ref().map(|slope| Message::new("note-slope").figure("slope", slope, Show::Figures))
        }
        _ => None,
    };
    let heading = match outcome {
        "retention" => {
            Message::new(draft.by_rule("heading-retention")).figure("window", &facts.within, Show::Value)
        }
        _ => Message::new("heading-revenue"),
    };
    OutcomePanel {
        heading,
        outcome: outcome.into(),
        relation: relation.clone(),
        note,
        end: ids.end.clone(),
        plateau: ids.plateau.clone(),
    }
}

/// The means of a coarse scale's levels.
fn levels(retention: &Ids, revenue: &Ids) -> Table {
    let rows = retention.groups.iter().map(|(x, level, mean)| {
        // Each outcome leaves out its own thin levels: only the same level stands beside.
        let other = revenue.groups.iter().find(|(other, ..)| (other - x).abs() < 1e-9);
        vec![
            Some(Arg::figure(level, Show::Value)),
            Some(Arg::figure(mean, Show::Value)),
            Some(Arg::figure(mean, Show::Range)),
            other.map(|(_, _, mean)| Arg::figure(mean, Show::Signed)),
            other.map(|(_, _, mean)| Arg::figure(mean, Show::Range)),
        ]
    });
    Table {
        name: "levels".into(),
        columns: ["level", "kept", "kept-range", "revenue", "revenue-range"].map(Into::into).into(),
        rows: rows.collect(),
    }
}

fn title(draft: &Draft, facts: &Facts, ids: &Ids) -> Message {
    let relation = &draft.analysis.retention;
    let key = match relation.verdict {
        Some(_) if relation.falls() => "falls",
        Some(Verdict::Plateau) if ids.plateau.is_some() => "plateau",
        Some(Verdict::Diminishing) if ids.below.is_some() && ids.above.is_some() => "diminishing",
        Some(Verdict::Linear) if ids.slope.is_some() => "linear",
        Some(Verdict::NoRelation) if ids.slope.is_some() => "no-relation",
        Some(Verdict::Convex) => "convex",
        Some(Verdict::Declines) => "declines",
        None if relation.accounts >= FEWEST_ACCOUNTS => {
            return Message::new("outcomes-title-refused").figure("n", &facts.linked, Show::Value);
        }
        _ => {
            let title = Message::new("outcomes-title-too-few").figure("n", &facts.linked, Show::Value);
            return title;
        }
    };
    let message = Message::new(draft.by_rule(&format!("outcomes-title-{key}")));
    match key {
        "plateau" => message.figure_or("plateau", ids.plateau.as_deref(), Show::Value),
        "diminishing" => message.figure_or("below", ids.below.as_deref(), Show::Value).figure_or(
            "above",
            ids.above.as_deref(),
            Show::Value,
        ),
        "linear" => message.figure_or("slope", ids.slope.as_deref(), Show::Value),
        "no-relation" => message.figure_or("slope", ids.slope.as_deref(), Show::High),
        _ => message.figure("observed", &facts.observed, Show::Range),
    }
}

fn advice(draft: &Draft, facts: &Facts) -> Message {
    let (money, retention) = (draft.analysis.money.verdict, draft.analysis.retention.verdict);
    let falls = draft.analysis.money.falls() || draft.analysis.retention.falls();
    match money.or(retention) {
        _ if falls => Message::new("todo-falls"),
        Some(Verdict::NoRelation) if money == retention => Message::new("todo-no-relation"),
        Some(Verdict::NoRelation) => Message::new("todo-no-money"),
        Some(Verdict::Plateau | Verdict::Diminishing | Verdict::Declines) => Message::new("todo-low-first"),
        Some(Verdict::Linear | Verdict::Convex) => Message::new("todo-test-higher"),
        Some(Verdict::TooFew) | None if draft.analysis.data.accounts_linked >= NEEDED => {
            Message::new("todo-see-warnings")
        }
        Some(Verdict::TooFew) | None => {
            Message::new("todo-collect").figure("linked", &facts.linked, Show::Value)
        }
    }
}
