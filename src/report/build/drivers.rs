//! Page 4: what moves satisfaction.

use super::draft::{Draft, Entry, Facts};
use super::made;
use crate::analysis::{Driver, Grade, Subject};
use crate::report::document::{Arg, Chart, Message, Page, Table};
use crate::report::number::{Show, Unit};

/// Ids of one driver's numbers.
struct Ids {
    impact: String,
    level: String,
    share: String,
}

fn driver_name(driver: &Driver) -> Arg {
    Arg::Names { key: driver.key.clone(), names: driver.names.clone() }
}

fn named(draft: &Draft, key: &str) -> Arg {
    draft
        .analysis
        .drivers
        .drivers
        .iter()
        .find(|driver| driver.key == key)
        .map_or_else(|| Arg::text(key), driver_name)
}

/// Builds the page.
pub(super) fn page(draft: &mut Draft, facts: &Facts) -> Page {
    let finding = &draft.analysis.drivers;
    // A regression of answers of the same hour compares customers; it cannot rank above "seen together".
    let grade = if finding.drivers.is_empty() { Grade::E } else { draft.analysis.grade.max(Grade::D) };
    let ids: Vec<Ids> = finding.drivers.iter().map(|driver| figures(draft, driver, grade)).collect();
    let n = draft.add("D4", Entry::count(Message::new("label-driver-n"), finding.n, "counts"));
    let available =
        draft.add("D4", Entry::count(Message::new("label-driver-all"), finding.n_available, "counts"));
    let not_asked = (finding.n_not_asked > 0).then(|| {
        draft.add("D4", Entry::count(Message::new("label-driver-not-asked"), finding.n_not_asked, "counts"))
    });
    if let Some(r_squared) = finding.r_squared {
        let entry = Entry::value(Message::new("label-driver-r-squared"), r_squared, Unit::Ratio, "curve");
        draft.add("D4", entry.n(finding.n));
    }
    let mut sure = Vec::new();
    sure.push(
        Message::new(if finding.drivers.is_empty() { "drivers-sure-none" } else { "drivers-sure" })
            .figure("n", &n, Show::Value)
            .figure("all", &available, Show::Value),
    );
    if let Some(not_asked) = not_asked {
        sure.push(Message::new("drivers-not-asked").figure("count", &not_asked, Show::Value));
    }
    Page {
        number: 4,
        name: "name-4".into(),
        title: title(draft, &ids),
        deck: vec![match &finding.refusal {
            Some(refusal) => refusal_sentence(draft, &refusal.code),
            None if finding.drivers.is_empty() => Message::new("drivers-none"),
            None => Message::new("drivers-deck"),
        }],
        chart: (!finding.drivers.is_empty()).then(|| Chart::Priorities { drivers: finding.drivers.clone() }),
        cells: Vec::new(),
        tables: if finding.drivers.is_empty() { Vec::new() } else { vec![table(draft, &ids)] },
        notes: notes(draft),
        rows: Vec::new(),
        grade: Some(grade),
        sure,
        advice: vec![advice(draft)],
        foot: vec![facts.foot_linked(), draft.ids("D4")],
    }
}

/// Why no model was fitted.
fn refusal_sentence(draft: &Draft, code: &str) -> Message {
    const KNOWN: [&str; 7] = [
        "E_TOO_FEW",
        "E_ALIASED",
        "E_NO_VARIANCE",
        "E_LEAK",
        "E_TOO_MANY_DROPPED",
        "E_NOT_ASKED",
        "E_NO_DRIVERS",
    ];
    let key = if KNOWN.contains(&code) {
        format!("drivers-refused-{}", code.trim_start_matches("E_").to_lowercase().replace('_', "-"))
    } else {
        "drivers-refused".into()
    };
    let subject = draft.analysis.drivers.refusal.as_ref().map(|refusal| made::subject(&refusal.subject));
    Message::new(key).with("subject", subject.unwrap_or_else(|| made::subject(&Subject::Drivers)))
}

fn figures(draft: &mut Draft, driver: &Driver, grade: Grade) -> Ids {
    let label = |key: &str| Message::new(format!("label-{key}")).with("name", driver_name(driver));
    let source = if driver.operational { "ledger" } else { "answers" };
    let impact = Entry::estimate(label("driver-impact"), &driver.impact, Unit::PointsPerPoint, "curve");
    let ids = Ids {
        impact: draft.add("D4", impact.grade(grade)),
        level: draft.add("D4", Entry::estimate(label("driver-level"), &driver.level, Unit::Index, source)),
        share: draft.add("D4", Entry::value(label("driver-share"), driver.share, Unit::Share, "curve")),
    };
    draft.add("D4", Entry::value(label("driver-vif"), driver.vif, Unit::Ratio, "curve"));
    ids
}

/// Whether the first driver stands clear of the second.
fn leads(drivers: &[Driver]) -> bool {
    match drivers {
        [first, second, ..] => first.impact.low > second.impact.value && first.impact.low > 0.0,
        [only] => only.impact.low > 0.0,
        [] => false,
    }
}

fn title(draft: &Draft, ids: &[Ids]) -> Message {
    let drivers = &draft.analysis.drivers.drivers;
    let Some((first, id)) = drivers.first().zip(ids.first()) else {
        return Message::new("drivers-title-none");
    };
    if first.impact.low <= 0.0 {
        return Message::new("drivers-title-unclear").with("name", driver_name(first)).figure(
            "impact",
            &id.impact,
            Show::Full,
        );
    }
    let key = if leads(drivers) { "drivers-title" } else { "drivers-title-shared" };
    Message::new(key).with("name", driver_name(first)).figure("impact", &id.impact, Show::Full)
}

fn table(draft: &Draft, ids: &[Ids]) -> Table {
    let rows = draft.analysis.drivers.drivers.iter().zip(ids).map(|(driver, ids)| {
        vec![
            Some(driver_name(driver)),
            Some(Arg::figure(&ids.impact, Show::Value)),
            Some(Arg::figure(&ids.impact, Show::Range)),
            Some(Arg::figure(&ids.level, Show::Value)),
            Some(Arg::figure(&ids.share, Show::Value)),
        ]
    });
    Table {
        name: "drivers".into(),
        columns: ["name", "impact", "range", "level", "share"].map(Into::into).into(),
        rows: rows.collect(),
    }
}

fn notes(draft: &Draft) -> Vec<Message> {
    let finding = &draft.analysis.drivers;
    let mut notes: Vec<Message> = finding
        .inseparable
        .iter()
        .map(|group| {
            let items = group.iter().map(|key| named(draft, key)).collect();
            Message::new("drivers-inseparable").with("names", Arg::List { items })
        })
        .collect();
    let wrong: Vec<Arg> =
        finding.drivers.iter().filter(|driver| driver.suppressor).map(driver_name).collect();
    if !wrong.is_empty() {
        notes.push(Message::new("drivers-wrong-sign").with("names", Arg::List { items: wrong }));
    }
    if finding.drivers.iter().any(|driver| driver.operational) {
        notes.push(Message::new("drivers-operational"));
    }
    notes
}

fn advice(draft: &Draft) -> Message {
    let drivers = &draft.analysis.drivers.drivers;
    match drivers.first() {
        Some(first) if first.impact.low > 0.0 => Message::new("todo-driver").with("name", driver_name(first)),
        Some(_) => Message::new("todo-driver-unclear"),
        None => Message::new("todo-driver-none"),
    }
}
