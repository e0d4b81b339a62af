//! Page 10: how it was made. The table of all figures is written by the template from the document itself.

use cam_stats::verdict::Clause;

use super::draft::{Draft, Entry, Facts};
use super::outcomes::Evidence;
use crate::analysis::{Guard, GuardKey, Relation, Subject};
use crate::report::document::{Arg, Message, Page, Table};
use crate::report::number::{Show, Unit};

/// The name of a guard.
pub(super) fn guard_name(key: GuardKey) -> Message {
    Message::new(format!("guard-{}", key.key().replace('_', "-")))
}

/// The name of a clause of the verdict rule.
fn clause_name(clause: Clause) -> Message {
    Message::new(format!("clause-{}", clause.key().replace('_', "-")))
}

/// Builds the page.
pub(super) fn page(draft: &mut Draft, facts: &Facts, evidence: Evidence) -> Page {
    let correction = correction(draft);
    let tables = vec![
        run(draft),
        exclusions(draft, facts),
        reconciliation(draft),
        guards(draft),
        reasons(draft),
        candidates(draft),
        warnings(draft),
    ];
    Page {
        number: 10,
        name: "name-10".into(),
        title: Message::new("made-title").figure("observations", &facts.observations, Show::Value),
        deck: vec![Message::new("made-deck")],
        chart: None,
        cells: Vec::new(),
        tables: tables.into_iter().chain(evidence.levels).filter(|table| !table.rows.is_empty()).collect(),
        notes: evidence.verdicts.into_iter().chain(correction).collect(),
        rows: Vec::new(),
        grade: None,
        sure: Vec::new(),
        advice: Vec::new(),
        foot: vec![facts.foot_linked(), draft.ids("M10")],
    }
}

fn run(draft: &Draft) -> Table {
    let frame = &draft.analysis.frame;
    let row = |key: &str, value: String| {
        vec![Some(Arg::say(Message::new(format!("run-{key}")))), Some(Arg::text(value))]
    };
    Table {
        name: "run".into(),
        columns: ["text-what", "text-value"].map(Into::into).into(),
        rows: vec![
            row("survey", format!("{} {}", frame.survey, frame.survey_version)),
            vec![
                Some(Arg::say(Message::new("run-unit"))),
                Some(Arg::say(super::outcomes::unit_of_analysis(draft))),
            ],
            vec![
                Some(Arg::say(Message::new("run-cluster"))),
                Some(Arg::say(Message::new(format!("run-cluster-{}", frame.cluster)))),
            ],
            row("draws", frame.draws.to_string()),
            row("seed", frame.seed.to_string()),
            row("errors", draft.analysis.drivers.se_kind.clone()),
            row("spec", frame.spec_sha256.clone()),
            row("data", frame.data_fingerprint.clone()),
            row("version", frame.program_version.clone()),
        ],
    }
}

fn exclusions(draft: &mut Draft, facts: &Facts) -> Table {
    let data = &draft.analysis.data;
    let total = Entry::count(Message::new("label-responses"), data.responses_in, "answers");
    let mut rows: Vec<Vec<Option<Arg>>> = data
        .exclusions
        .iter()
        .map(|exclusion| {
            let name = Message::new(format!("excluded-{}", exclusion.reason.key().replace('_', "-")));
            let id = draft.add("M10", Entry::count(name.clone(), exclusion.count, "counts"));
            vec![Some(Arg::say(name)), Some(Arg::figure(&id, Show::Value)), Some(Arg::text(id))]
        })
        .collect();
    let total = draft.add("M10", total);
    rows.push(vec![
        Some(Arg::say(Message::new("excluded-used"))),
        Some(Arg::figure(&facts.observations, Show::Value)),
        Some(Arg::text(&facts.observations)),
    ]);
    rows.push(vec![
        Some(Arg::say(Message::new("excluded-sum"))),
        Some(Arg::figure(&total, Show::Value)),
        Some(Arg::text(total)),
    ]);
    Table { name: "exclusions".into(), columns: ["reason", "count", "id"].map(Into::into).into(), rows }
}

fn reconciliation(draft: &mut Draft) -> Table {
    let currency = draft.analysis.frame.currency.clone();
    let unit = Unit::Ledger { currency: currency.clone() };
    let minor =
        crate::finance::Currency::parse(&currency).map_or(100, crate::finance::Currency::minor_per_major);
    let major = |sum: i64| sum as f64 / minor as f64;
    let mut rows = Vec::new();
    for row in &draft.analysis.data.reconciliation {
        let mut add = |key: &str, value: f64, unit: &Unit| {
            let label = Message::new(format!("label-{key}")).period("period", &row.period);
            draft.add("M10", Entry::value(label, value, unit.clone(), "ledger"))
        };
        let imported = add("imported", major(row.imported), &unit);
        let official = add("official", major(row.official), &unit);
        let difference = add("difference", major(row.imported - row.official), &unit);
        let share = (row.official != 0 && row.comparable).then(|| {
            let share = (row.imported - row.official) as f64 / row.official as f64;
            add("difference-share", share, &Unit::Change)
        });
        let share = match share {
            Some(id) => Some(Arg::figure(&id, Show::Value)),
            None => (!row.comparable).then(|| Arg::say(Message::new("not-comparable"))),
        };
        rows.push(vec![
            Some(Arg::Period { period: row.period.clone() }),
            Some(Arg::figure(&imported, Show::Value)),
            Some(Arg::figure(&official, Show::Value)),
            Some(Arg::figure(&difference, Show::Value)),
            share,
        ]);
    }
    Table {
        name: "ledger".into(),
        columns: ["period", "imported", "official", "difference", "share"].map(Into::into).into(),
        rows,
    }
}

fn guards(draft: &mut Draft) -> Table {
    let analysis = draft.analysis;
    let mut rows: Vec<Vec<Option<Arg>>> =
        analysis.guards.iter().map(|guard| guard_row(draft, guard, None)).collect();
    for investment in &analysis.investments {
        for guard in &investment.guards {
            rows.push(guard_row(draft, guard, Some(&investment.name)));
        }
    }
    Table {
        name: "guards".into(),
        columns: ["name", "text-about", "value", "bound", "text-held", "text-cap"].map(Into::into).into(),
        rows,
    }
}

fn guard_row(draft: &mut Draft, guard: &Guard, about: Option<&str>) -> Vec<Option<Arg>> {
    let name = guard_name(guard.key);
    let mut add = |key: &str, value: f64| {
        let label = Message::new(key).message("guard", name.clone());
        let unit = match guard.key {
            GuardKey::Reconciled => Unit::Share,
            _ => plain_unit(value),
        };
        draft.add("M10", Entry::value(label, value, unit, "rule"))
    };
    let value = guard.value.map(|value| add("label-guard-value", value));
    let bound = guard.value.map(|_| add("label-guard-bound", guard.bound));
    let held = match guard.held {
        Some(true) => "guard-held",
        Some(false) => "guard-failed",
        None => "not-computed",
    };
    vec![
        Some(Arg::say(name)),
        Some(about.map_or_else(|| Arg::say(Message::new("guard-all")), Arg::text)),
        Some(
            value.map_or_else(|| Arg::say(Message::new("not-computed")), |id| Arg::figure(&id, Show::Value)),
        ),
        bound.map(|id| Arg::figure(&id, Show::Value)),
        Some(Arg::say(Message::new(held))),
        Some(Arg::text(format!("{:?}", guard.caps_at))),
    ]
}

/// Whole numbers are written whole.
fn plain_unit(value: f64) -> Unit {
    if value.fract() == 0.0 { Unit::Count } else { Unit::Ratio }
}

fn reasons(draft: &mut Draft) -> Table {
    let analysis = draft.analysis;
    let mut rows = Vec::new();
    let relations: [(&str, &Relation); 3] = [
        ("retention", &analysis.retention),
        ("revenue", &analysis.revenue_change),
        ("money", &analysis.money),
    ];
    for (outcome, relation) in relations {
        let of = super::outcomes::outcome_name(draft, outcome);
        for reason in &relation.reasons {
            let mut add = |key: &str, value: f64, unit: Unit| {
                let label = Message::new(key)
                    .message("outcome", of.clone())
                    .message("clause", clause_name(reason.clause));
                draft.add("M10", Entry::value(label, value, unit, "rule").n(relation.n))
            };
            let unit = match reason.clause {
                Clause::CurvatureP | Clause::LackOfFitP => Unit::P,
                _ => plain_unit(reason.value),
            };
            let value = add("label-clause-value", reason.value, unit);
            let bound = add("label-clause-bound", reason.bound, plain_unit(reason.bound));
            rows.push(vec![
                Some(Arg::say(of.clone())),
                Some(Arg::say(clause_name(reason.clause))),
                Some(Arg::figure(&value, Show::Value)),
                Some(Arg::figure(&bound, Show::Value)),
                Some(Arg::say(Message::new(if reason.held { "clause-holds" } else { "clause-fails" }))),
            ]);
        }
    }
    Table {
        name: "reasons".into(),
        columns: ["outcome", "text-clause", "value", "bound", "text-held"].map(Into::into).into(),
        rows,
    }
}

/// On what scale levels and gains are computed, where the index is measured with error.
fn correction(draft: &mut Draft) -> Option<Message> {
    let index = draft.analysis.reliability.iter().find(|row| row.is_index && row.used < 1.0)?;
    let construct = Arg::Names { key: index.construct.clone(), names: index.names.clone() };
    let label = Message::new("label-reliability-used").with("construct", construct);
    let used = draft.add("M10", Entry::value(label, index.used, Unit::Ratio, "answers"));
    Some(Message::new("made-correction").figure("reliability", &used, Show::Value))
}

/// Every candidate curve of every relation, so that nobody has to believe in one form.
fn candidates(draft: &mut Draft) -> Table {
    let analysis = draft.analysis;
    let relations: [(&str, &Relation); 3] = [
        ("retention", &analysis.retention),
        ("revenue", &analysis.revenue_change),
        ("money", &analysis.money),
    ];
    let mut rows = Vec::new();
    for (outcome, relation) in relations {
        let of = super::outcomes::outcome_name(draft, outcome);
        let least = relation.candidates.iter().map(|one| one.rss).fold(f64::INFINITY, f64::min);
        for one in &relation.candidates {
            let name = Message::new(format!("model-{}", one.model.key().replace('_', "-")));
            let mut add = |key: &str, value: f64, unit: Unit| {
                let label = Message::new(key).message("outcome", of.clone()).message("model", name.clone());
                Arg::figure(
                    &draft.add("M10", Entry::value(label, value, unit, "curve").n(relation.n)),
                    Show::Value,
                )
            };
            let parameters =
                one.parameters.map(|count| add("label-model-parameters", count as f64, Unit::Count));
            let more = (least > 0.0).then(|| add("label-model-rss", one.rss / least - 1.0, Unit::Change));
            let weight = one.weight.map(|weight| add("label-model-weight", weight, Unit::Chance));
            rows.push(vec![Some(Arg::say(of.clone())), Some(Arg::say(name)), parameters, more, weight]);
        }
    }
    Table {
        name: "models".into(),
        columns: ["outcome", "text-model", "parameters", "rss", "weight"].map(Into::into).into(),
        rows,
    }
}

/// What a notice concerns, in the reader's words.
pub(super) fn subject(subject: &Subject) -> Arg {
    let key = match subject {
        Subject::Driver { key, names } => return Arg::Names { key: key.clone(), names: names.clone() },
        Subject::Investment(name) => return Arg::text(name),
        Subject::Retention => "about-retention",
        Subject::RevenueChange => "about-revenue-change",
        Subject::Money => "about-money",
        Subject::Segments => "about-segments",
        Subject::Chain => "about-chain",
        Subject::Answers => "about-answers",
        Subject::Drivers => "about-drivers",
    };
    Arg::say(Message::new(key))
}

fn warnings(draft: &Draft) -> Table {
    let rows = draft.analysis.warnings.iter().map(|warning| {
        vec![
            Some(Arg::text(&warning.code)),
            Some(subject(&warning.subject)),
            Some(Arg::say(Message::new(format!("notice-{}", warning.code.to_lowercase().replace('_', "-"))))),
        ]
    });
    Table {
        name: "warnings".into(),
        columns: ["text-code", "text-subject", "text-message"].map(Into::into).into(),
        rows: rows.collect(),
    }
}
