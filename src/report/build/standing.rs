//! Page 2: where we stand.

use super::draft::{Draft, Entry, Facts};
use crate::analysis::{Estimate, Nonresponse, Variable};
use crate::report::document::{Arg, Chart, Message, Page, Table};
use crate::report::number::{Show, Unit};

/// A reliability below this is named.
const RELIABLE: f64 = 0.7;
/// A renewal gap above this many points lowers the grade.
const GAP: f64 = 5.0;
/// Rows of waves that fit beside the chart.
const WAVES: usize = 8;

/// Builds the page.
pub(super) fn page(draft: &mut Draft, facts: &Facts) -> Page {
    let (waves, companions) = waves_table(draft);
    let mut tables = vec![waves];
    // One point is no course: it is written, not drawn.
    let drawn = draft.analysis.waves.len() > 1;
    if !drawn && !companions.is_empty() {
        tables.push(voices(&companions));
    }
    let mut notes = Vec::new();
    if let Some(nonresponse) = &draft.analysis.nonresponse {
        tables.push(silent_table(draft, nonresponse));
        notes.push(renewal_gap(draft, nonresponse));
    } else {
        notes.push(Message::new("silent-not-computed"));
    }
    if let Some(apart) = &draft.analysis.data.contacts_apart {
        let entry = Entry::estimate(Message::new("label-contacts-apart"), apart, Unit::Index, "answers");
        let apart_id = draft.add("S2", entry);
        let count = Entry::count(Message::new("label-several-contacts"), apart.n, "answers");
        let count = draft.add("S2", count);
        let note = Message::new("contacts-apart").figure("apart", &apart_id, Show::Full);
        notes.push(note.figure("count", &count, Show::Value));
    }
    notes.extend(unreliable(draft));
    let title = title(draft, facts);
    Page {
        number: 2,
        name: "name-2".into(),
        title,
        deck: vec![Message::new("standing-deck")],
        chart: drawn.then(|| Chart::Waves {
            waves: draft.analysis.waves.clone(),
            today: facts.today.clone(),
            companions,
        }),
        cells: Vec::new(),
        tables,
        notes,
        rows: Vec::new(),
        grade: None,
        sure: vec![sure(draft)],
        advice: vec![advice(draft)],
        foot: vec![facts.foot_linked(), draft.ids("S2")],
    }
}

/// The waves with who answered, and the last wave's companions as (name key, id).
fn waves_table(draft: &mut Draft) -> (Table, Vec<(String, String)>) {
    let analysis = draft.analysis;
    let mut companions = Vec::new();
    let mut rows = Vec::new();
    let shown = analysis.waves.len().saturating_sub(WAVES);
    for (at, wave) in analysis.waves.iter().enumerate() {
        let label = |key: &str| Message::new(format!("label-{key}")).period("wave", &wave.label);
        let add = |draft: &mut Draft, key: &str, estimate: &Estimate| {
            draft.add("S2", Entry::estimate(label(key), estimate, Unit::Index, "answers"))
        };
        let index = add(draft, "wave-index", &wave.satisfaction);
        let answered = draft.add("S2", Entry::count(label("wave-answered"), wave.satisfaction.n, "answers"));
        let asked = wave
            .accounts_asked
            .map(|asked| draft.add("S2", Entry::count(label("wave-asked"), asked, "ledger")));
        let others = [
            ("loyalty", &wave.loyalty),
            ("recommendation", &wave.recommendation),
            ("repurchase", &wave.repurchase),
        ];
        let last = at + 1 == analysis.waves.len();
        for (key, estimate) in others {
            if let Some(estimate) = estimate {
                let id = add(draft, &format!("wave-{key}"), estimate);
                if last {
                    companions.push((key.to_owned(), id));
                }
            }
        }
        if at >= shown {
            rows.push(vec![
                Some(Arg::Period { period: wave.label.clone() }),
                asked.as_deref().map(|id| Arg::figure(id, Show::Value)),
                Some(Arg::figure(&answered, Show::Value)),
                Some(Arg::figure(&index, Show::Value)),
                Some(Arg::figure(&index, Show::Range)),
            ]);
        }
    }
    let table = Table {
        name: "waves".into(),
        columns: ["wave", "asked", "answered", "index", "range"].map(Into::into).into(),
        rows,
    };
    (table, companions)
}

/// What customers say they will do, where there is one wave only.
fn voices(companions: &[(String, String)]) -> Table {
    let rows = companions.iter().map(|(key, id)| {
        vec![
            Some(Arg::say(Message::new(format!("chart-{key}")))),
            Some(Arg::figure(id, Show::Value)),
            Some(Arg::figure(id, Show::Range)),
        ]
    });
    Table {
        name: "voices".into(),
        columns: ["name", "index", "range"].map(Into::into).into(),
        rows: rows.collect(),
    }
}

fn silent_table(draft: &mut Draft, nonresponse: &Nonresponse) -> Table {
    let count = |key: &str, count: usize| {
        Entry::count(Message::new(format!("label-{key}")).period("wave", &nonresponse.wave), count, "ledger")
    };
    let answered = draft.add("S2", count("answered", nonresponse.answered));
    let silent = draft.add("S2", count("silent", nonresponse.silent));
    let mut rows = vec![vec![
        Some(Arg::say(Message::new("silent-customers"))),
        Some(Arg::figure(&answered, Show::Value)),
        Some(Arg::figure(&silent, Show::Value)),
        None,
    ]];
    for row in &nonresponse.rows {
        let (name, unit) = match &row.variable {
            Variable::RevenueBefore => (Message::new("variable-revenue-before"), draft.money()),
            Variable::TenureYears => (Message::new("variable-tenure"), Unit::Years),
            Variable::Segment(segment) => {
                (Message::new("variable-segment").name("segment", segment), Unit::Share)
            }
        };
        let mut add = |key: &str, value: f64, unit: &Unit, n: usize| {
            let label = Message::new(format!("label-{key}")).message("variable", name.clone());
            draft.add("S2", Entry::value(label, value, unit.clone(), "ledger").n(n))
        };
        let one = add("mean-answered", row.answered, &unit, nonresponse.answered);
        let other = add("mean-silent", row.silent, &unit, nonresponse.silent);
        let smd = add("smd", row.smd, &Unit::Ratio, nonresponse.answered + nonresponse.silent);
        rows.push(vec![
            Some(Arg::say(name)),
            Some(Arg::figure(&one, Show::Value)),
            Some(Arg::figure(&other, Show::Value)),
            Some(Arg::figure(&smd, Show::Value)),
        ]);
    }
    Table {
        name: "silent".into(),
        columns: ["variable", "answered", "silent", "smd"].map(Into::into).into(),
        rows,
    }
}

fn renewal_gap(draft: &mut Draft, nonresponse: &Nonresponse) -> Message {
    match &nonresponse.renewal_gap_points {
        Some(gap) => {
            let label = Message::new("label-renewal-gap");
            let id = draft.add("S2", Entry::estimate(label, gap, Unit::Points, "ledger"));
            Message::new("silent-gap").figure("gap", &id, Show::Full)
        }
        None => Message::new("silent-gap-open"),
    }
}

fn unreliable(draft: &mut Draft) -> Vec<Message> {
    let mut notes = Vec::new();
    for reliability in &draft.analysis.reliability {
        let construct = Arg::Names { key: reliability.construct.clone(), names: reliability.names.clone() };
        let label = Message::new("label-alpha").with("construct", construct.clone());
        let id = draft.add("S2", Entry::estimate(label, &reliability.alpha, Unit::Ratio, "answers"));
        let label = |key: &str| Message::new(key).with("construct", construct.clone());
        if let Some(over_waves) = reliability.over_waves {
            let label = label("label-over-waves");
            draft.add("S2", Entry::value(label, over_waves, Unit::Ratio, "answers"));
        }
        let used = Entry::value(label("label-reliability-used"), reliability.used, Unit::Ratio, "answers");
        draft.add("S2", used);
        if reliability.alpha.value < RELIABLE {
            notes.push(Message::new("unreliable").with("construct", construct.clone()).figure(
                "alpha",
                &id,
                Show::Full,
            ));
        }
    }
    notes
}

fn title(draft: &mut Draft, facts: &Facts) -> Message {
    let waves = &draft.analysis.waves;
    let key = match waves.as_slice() {
        [.., before, last] => {
            if last.satisfaction.low > before.satisfaction.high {
                "standing-title-up"
            } else if last.satisfaction.high < before.satisfaction.low {
                "standing-title-down"
            } else {
                "standing-title-level"
            }
        }
        _ => "standing-title-one",
    };
    let message = Message::new(key).figure("today", &facts.today, Show::Full);
    let before = match waves.as_slice() {
        [.., before, _] => Some(before),
        _ => None,
    };
    match before {
        Some(before) => {
            let label = Message::new("label-wave-before").period("wave", &before.label);
            let id = draft.add("S2", Entry::estimate(label, &before.satisfaction, Unit::Index, "answers"));
            message.figure("before", &id, Show::Full)
        }
        None => message,
    }
}

fn sure(draft: &mut Draft) -> Message {
    match draft.analysis.waves.last().map(|wave| (wave.satisfaction.n, wave.accounts_asked)) {
        Some((answered, Some(asked))) if asked > 0 => {
            let rate = answered as f64 / asked as f64;
            let entry = Entry::value(Message::new("label-answer-rate"), rate, Unit::Share, "counts").n(asked);
            let id = draft.add("S2", entry);
            Message::new("standing-sure").figure("rate", &id, Show::Value)
        }
        _ => Message::new("standing-sure-unknown"),
    }
}

fn advice(draft: &Draft) -> Message {
    let gap = draft.analysis.nonresponse.as_ref().and_then(|one| one.renewal_gap_points);
    match gap {
        Some(gap) if gap.value.abs() > GAP => Message::new("todo-silent"),
        _ => Message::new("todo-ask-again"),
    }
}
