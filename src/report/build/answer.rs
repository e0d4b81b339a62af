//! Page 1: the answer.

use cam_stats::verdict::Verdict;

use super::draft::{Draft, Entry, Facts, name};
use super::{investments, outcomes};
use crate::analysis::{Advice, Grade, InvestmentCurve, InvestmentOutcome, UnseenEnd};
use crate::report::document::{Arg, Chart, InvestmentRow, Message, NumberCell, Page};
use crate::report::number::{Show, Unit, currency_word};
use crate::report::words::Language;

/// Builds the page.
pub(super) fn page(draft: &mut Draft, facts: &Facts, rows: &[InvestmentRow]) -> Page {
    let lead = draft.lead().filter(|&at| at < rows.len());
    let grade = lead.map_or(draft.analysis.grade, |at| draft.investment(at).grade);
    let (title, deck) = headline(draft, facts, rows, lead);
    let chart = chart(draft, facts, rows, lead);
    let cells = vec![
        where_we_are(draft, facts),
        what_it_is_worth(draft, facts, rows, lead),
        where_next(draft, rows),
        what_we_do_not_know(draft, facts, rows),
    ];
    let sure = facts.sure(draft, grade);
    Page {
        number: 1,
        name: "name-1".into(),
        title,
        deck,
        chart,
        cells,
        tables: Vec::new(),
        notes: Vec::new(),
        rows: Vec::new(),
        grade: Some(grade),
        sure,
        advice: advice(draft, rows),
        foot: vec![facts.foot_linked(), facts.foot_horizon(), draft.ids("A1")],
    }
}

/// What to do: what waits for data is said where nothing else is to be done.
fn advice(draft: &Draft, rows: &[InvestmentRow]) -> Vec<Message> {
    let (waiting, doing): (Vec<Message>, Vec<Message>) =
        investments::advice(draft, rows).into_iter().partition(|sentence| sentence.key == "todo-wait");
    if doing.is_empty() { waiting } else { doing }
}

fn curve<'a>(draft: &Draft<'a>, at: usize) -> Option<&'a InvestmentCurve> {
    match &draft.investment(at).outcome {
        InvestmentOutcome::Curve(curve) => Some(curve),
        InvestmentOutcome::Refused { .. } => None,
    }
}

/// The name of one unit of the currency, in both languages.
fn next_unit(draft: &Draft) -> Arg {
    let code = &draft.analysis.frame.currency;
    Arg::Names {
        key: code.clone(),
        names: Language::ALL
            .map(|language| (language.tag().to_owned(), currency_word(code, language).to_owned()))
            .into(),
    }
}

fn headline(
    draft: &Draft,
    facts: &Facts,
    rows: &[InvestmentRow],
    lead: Option<usize>,
) -> (Message, Vec<Message>) {
    let today = |key: &str| Message::new(key).figure("today", &facts.today, Show::Value);
    let Some((at, curve)) = lead.and_then(|at| curve(draft, at).map(|curve| (at, curve))) else {
        return (without_lead(draft, facts, rows), vec![plain_deck(draft)]);
    };
    let row = &rows[at];
    let money = |key: &str| {
        let mut message = Message::new(key).with("name", name(draft.investment(at)));
        for (variable, cell) in [("spend", &row.invest), ("gain", &row.gain), ("range", &row.gain_range)] {
            if let Some(cell) = cell {
                message = message.with(variable, cell.clone());
            }
        }
        message
    };
    match (curve.advice, &row.labels.zone) {
        (Advice::SpendMore, Some(zone)) => {
            let if_causal = draft.investment(at).grade >= Grade::D;
            let title = today(if if_causal { "answer-title-if-causal" } else { "answer-title-zone" });
            let deck = money("answer-deck-zone").with("currency", Arg::text(&draft.analysis.frame.currency));
            let past = Message::new("answer-deck-past")
                .figure("zone", zone, Show::High)
                .with("unit", next_unit(draft));
            (title.figure("zone", zone, Show::Range), vec![deck, past])
        }
        (Advice::SpendMoreEndUnknown, _) if curve.unseen_end == Some(UnseenEnd::Priced) => (
            today("answer-title-costs-end").with("name", name(draft.investment(at))),
            vec![
                money("answer-deck-zone").with("currency", Arg::text(&draft.analysis.frame.currency)),
                Message::new("answer-deck-costs-end"),
            ],
        ),
        (Advice::SpendMoreEndUnknown | Advice::SpendMore, _) => (
            today("answer-title-end").figure("observed", &facts.observed, Show::High),
            vec![
                money("answer-deck-zone").with("currency", Arg::text(&draft.analysis.frame.currency)),
                Message::new("answer-deck-end"),
            ],
        ),
        (advice, Some(zone)) => {
            let key = match advice {
                Advice::Hold => "answer-title-hold",
                _ if investments::just_past(draft, curve) => "answer-title-just-past",
                _ => "answer-title-past",
            };
            (today(key).figure("zone", zone, Show::Range), vec![Message::new("answer-deck-hold")])
        }
        _ => (without_lead(draft, facts, rows), vec![plain_deck(draft)]),
    }
}

/// How to read the chart where no investment leads.
fn plain_deck(draft: &Draft) -> Message {
    let levels = draft.analysis.money.few_levels;
    Message::new(if levels { "answer-deck-levels" } else { "answer-deck-plain" })
}

fn without_lead(draft: &Draft, facts: &Facts, rows: &[InvestmentRow]) -> Message {
    let today = |key: &str| Message::new(key).figure("today", &facts.today, Show::Value);
    let (money, retention) = (draft.analysis.money.verdict, draft.analysis.retention.verdict);
    match money.or(retention) {
        _ if draft.analysis.money.falls() => today("answer-title-falls"),
        // Only what page 3 says of keeping customers may be said of it here.
        Some(Verdict::NoRelation) if money == retention => today(&draft.by_rule("answer-title-no-relation")),
        Some(Verdict::NoRelation) => today("answer-title-no-money"),
        None if draft.analysis.data.accounts_linked >= 200 => today("answer-title-unclear"),
        Some(Verdict::TooFew) | None => {
            today("answer-title-too-few").figure("linked", &facts.linked, Show::Value)
        }
        Some(_) if rows.is_empty() => {
            let rises = draft.analysis.money.slope.is_some_and(|slope| slope.low > 0.0);
            today(if rises { "answer-title-no-investment" } else { "answer-title-unclear" })
        }
        Some(_) => today("answer-title-unknown"),
    }
}

fn chart(draft: &Draft, facts: &Facts, rows: &[InvestmentRow], lead: Option<usize>) -> Option<Chart> {
    if let Some(at) = lead {
        return Some(Chart::Answer {
            ground: facts.ground(draft),
            plateau: outcomes::plateau(draft),
            investment: Box::new(draft.investment(at).clone()),
            row: Box::new(rows[at].clone()),
        });
    }
    let panel = outcomes::money_panel(draft);
    let drawn = !panel.relation.curve.is_empty() || !panel.relation.groups.is_empty();
    drawn.then(|| Chart::Outcomes { ground: facts.ground(draft), panels: vec![panel] })
}

fn where_we_are(draft: &mut Draft, facts: &Facts) -> NumberCell {
    let mut text = Vec::new();
    if let [.., year_ago, _, _, _, _] = draft.analysis.waves.as_slice() {
        let label = Message::new("label-wave-before").period("wave", &year_ago.label);
        let id = draft.add("A1", Entry::estimate(label, &year_ago.satisfaction, Unit::Index, "answers"));
        text.push(Message::new("cell-four-waves-ago").period("wave", &year_ago.label).figure(
            "before",
            &id,
            Show::Full,
        ));
    }
    text.push(Message::new("cell-linked").figure("linked", &facts.linked, Show::Value).figure(
        "base",
        &facts.base,
        Show::Value,
    ));
    text.push(Message::new(draft.by_rule("cell-lost")).figure("lost", &facts.lost, Show::Value).figure(
        "observations",
        &facts.observations,
        Show::Value,
    ));
    NumberCell {
        name: "cell-where".into(),
        id: facts.today.clone(),
        large: Arg::figure(&facts.today, Show::Value),
        beside: Some(Message::new("cell-range").figure("range", &facts.today, Show::Range)),
        text,
        grade: None,
    }
}

fn what_it_is_worth(
    draft: &mut Draft,
    facts: &Facts,
    rows: &[InvestmentRow],
    lead: Option<usize>,
) -> NumberCell {
    let cell = |id: &str, large: Arg, beside: Option<Message>, text: Message, grade: Option<Grade>| {
        NumberCell { name: "cell-worth".into(), id: id.into(), large, beside, text: vec![text], grade }
    };
    if let Some(row) = lead.and_then(|at| rows.get(at))
        && let (Some(Arg::Figure { id, show }), Some(range), Some(loss)) =
            (&row.gain, &row.gain_range, &row.loss)
    {
        let text = Message::new("cell-worth-gain").name("name", &row.name).with("loss", loss.clone());
        let beside = Message::new("cell-worth-range").with("range", range.clone());
        return cell(id, Arg::figure(id, *show), Some(beside), text, Some(row.grade));
    }
    let slope = draft.analysis.money.slope;
    match (draft.analysis.money.verdict, slope) {
        (Some(Verdict::TooFew) | None, _) | (_, None) => {
            let text = Message::new("cell-worth-unknown").figure("linked", &facts.linked, Show::Value);
            cell(&facts.linked, Arg::say(Message::new("cannot-tell")), None, text, Some(Grade::E))
        }
        (Some(verdict), Some(slope)) => {
            let label =
                Message::new("label-slope").message("outcome", outcomes::outcome_name(draft, "money"));
            let grade = draft.analysis.grade;
            let money = draft.money();
            let id = draft.add("A1", Entry::estimate(label, &slope, money, "curve").grade(grade));
            let beside = Message::new("cell-worth-range-slope").figure("range", &id, Show::Range);
            if verdict == Verdict::NoRelation {
                let text = Message::new("cell-worth-none").figure("range", &id, Show::Range);
                let at_most = Message::new("cell-worth-at-most").figure("most", &id, Show::High);
                let large = Arg::say(Message::new("cell-worth-no-effect"));
                return cell(&id, large, Some(at_most), text, Some(grade));
            }
            let text = Message::new("cell-worth-slope").figure("most", &id, Show::High);
            cell(&id, Arg::figure(&id, Show::Value), Some(beside), text, Some(grade))
        }
    }
}

fn where_next(draft: &mut Draft, rows: &[InvestmentRow]) -> NumberCell {
    let label = Message::new("label-investments");
    let id = draft.add("A1", Entry::count(label, draft.analysis.investments.len(), "investment file"));
    let first = draft.next_money().and_then(|at| Some((draft.investment(at), rows.get(at)?)));
    let mut others = draft.analysis.investments.iter().zip(rows).filter(|(investment, _)| {
        first.is_none_or(|(first, _)| first.name != investment.name)
            && investment.grade < Grade::E
            && matches!(&investment.outcome, InvestmentOutcome::Curve(curve)
                if matches!(curve.advice, Advice::SpendMore | Advice::SpendMoreEndUnknown))
    });
    let second = others.next();
    let mut text = Vec::new();
    if let Some((investment, row)) = second
        && let Some(spend) = &row.invest
    {
        text.push(Message::new("cell-next-then").with("name", name(investment)).with("spend", spend.clone()));
    }
    text.extend(investments::advice(draft, rows).into_iter().filter(|sentence| {
        first.is_none() || !matches!(sentence.key.as_str(), "todo-spend" | "todo-spend-test")
    }));
    let (large, beside, grade) = match first {
        Some((investment, row)) => (
            name(investment),
            row.invest.clone().map(|spend| Message::new("cell-next-spend").with("spend", spend)),
            Some(row.grade),
        ),
        None => (Arg::say(Message::new("cell-next-none")), None, None),
    };
    text.truncate(2);
    NumberCell { name: "cell-next".into(), id, large, beside, text, grade }
}

fn what_we_do_not_know(draft: &mut Draft, facts: &Facts, rows: &[InvestmentRow]) -> NumberCell {
    let mut things = Vec::new();
    if draft.analysis.grade > Grade::B {
        things.push(Arg::say(Message::new("unknown-causal")));
    }
    for (investment, row) in draft.analysis.investments.iter().zip(rows) {
        match &investment.outcome {
            InvestmentOutcome::Curve(curve) if curve.unseen_end.is_some() && investment.grade < Grade::E => {
                things.push(Arg::say(Message::new("unknown-end").with("name", name(investment))));
            }
            InvestmentOutcome::Refused { .. } => {
                things.push(match &row.labels.progress {
                    Some((have, need)) => Arg::say(
                        Message::new("unknown-few")
                            .with("name", name(investment))
                            .figure("have", have, Show::Value)
                            .figure("need", need, Show::Value),
                    ),
                    None => Arg::say(Message::new("unknown-refused").with("name", name(investment))),
                });
            }
            InvestmentOutcome::Curve(_) => {}
        }
    }
    if rows.is_empty() {
        things.push(Arg::say(Message::new("unknown-investments")));
    }
    if let Some(nonresponse) = &draft.analysis.nonresponse
        && nonresponse.silent > 0
    {
        let label = Message::new("label-silent").period("wave", &nonresponse.wave);
        let id = draft.add("A1", Entry::count(label, nonresponse.silent, "ledger"));
        things.push(Arg::say(Message::new("unknown-silent").figure("silent", &id, Show::Value)));
    }
    if let Some(open) = &facts.open_guards {
        things.push(Arg::say(Message::new("unknown-guards").figure("count", open, Show::Value)));
    }
    let id = draft.add("A1", Entry::count(Message::new("label-unknown"), things.len(), "counts"));
    NumberCell {
        name: "cell-unknown".into(),
        id: id.clone(),
        large: Arg::say(Message::new("cell-unknown-count").figure("count", &id, Show::Value)),
        beside: None,
        text: vec![Message::new("cell-unknown-list").with("things", Arg::List { items: things })],
        grade: None,
    }
}
