//! Analyses of made-up snapshots whose truth is known.

use cam_stats::random::SplitMix64;
use cam_stats::verdict::Verdict;
use uuid::Uuid;

use super::super::result::{Advice, Grade, GuardKey, InvestmentOutcome, Unjudged, Variable};
use super::*;
use crate::clock::Instant;
use crate::dataset::Exclude;
use crate::finance::Flow;
use crate::store::snapshot::{AccountRow, CostPointRow, InvestmentRow, NumberRow, ResponseRow, WaveRow};

const SURVEY: &str = r#"
id = "s"
version = 1
languages = ["en"]
scale = [{ key = "points", low = 0, high = 100 }]
construct = [
  { key = "satisfaction", role = "satisfaction", name = { en = "Satisfaction" } },
  { key = "parts", role = "driver", name = { en = "Parts" } },
  { key = "gifts", role = "driver", name = { en = "Gifts" } },
]
item = [
  { key = "s1", construct = "satisfaction", kind = "rating", scale = "points", text = { en = "S" } },
  { key = "p1", construct = "parts", kind = "rating", scale = "points", text = { en = "P" } },
  { key = "g1", construct = "gifts", kind = "rating", scale = "points", text = { en = "G" } },
]
"#;

const QUESTION: &str = r#"
survey = "s"
[outcome]
window_months = 12
money = "margin"
retention = { kind = "contractual" }
[optimum]
draws = 199
seed = 7
"#;

const DAY: i64 = 86_400_000_000;

fn id(group: u128, number: usize) -> Uuid {
    Uuid::from_u128((group << 64) + number as u128)
}

fn normal(random: &mut SplitMix64) -> f64 {
    (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0
}

fn day(text: &str) -> Instant {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

fn empty(opened: Instant) -> Snapshot {
    Snapshot {
        accounts: Vec::new(),
        flows: Vec::new(),
        waves: vec![WaveRow {
            id: id(1, 0),
            name: Some("2025Q1".into()),
            opened_at: opened,
            survey_key: "s".into(),
            document: SURVEY.into(),
        }],
        responses: Vec::new(),
        answers: Vec::new(),
        choices: Vec::new(),
        attributes: Vec::new(),
        totals: Vec::new(),
        investments: Vec::new(),
        cost_points: Vec::new(),
    }
}

/// Accounts answer on 2025-01-10; money of the year before and after by quarter. Parts move satisfaction by 0.6 a
/// point, gifts by nothing. Yearly margin is 100 + 20 min(s, 70), with noise, in major units.
fn company(accounts: usize, money_follows: bool) -> Snapshot {
    let mut random = SplitMix64::new(11);
    let opened = day("2025-01-10T00:00:00Z");
    let mut snapshot = empty(opened);
    let quarters = [
        "2024-01-01",
        "2024-04-01",
        "2024-07-01",
        "2024-10-01",
        "2025-01-01",
        "2025-04-01",
        "2025-07-01",
        "2025-10-01",
        "2026-01-01",
        "2026-04-01",
    ];
    for number in 0..accounts {
        let account = id(2, number);
        let parts = (60.0 + 15.0 * normal(&mut random)).clamp(0.0, 100.0);
        let gifts = (60.0 + 15.0 * normal(&mut random)).clamp(0.0, 100.0);
        let satisfaction = (24.0 + 0.6 * parts + 8.0 * normal(&mut random)).clamp(0.0, 100.0);
        let worth = if money_follows { 100.0 + 20.0 * satisfaction.min(70.0) } else { 1300.0 };
        let yearly = worth + 80.0 * normal(&mut random);
        let leaves = random.uniform() < 0.1;
        snapshot.accounts.push(AccountRow {
            id: account,
            segment: None,
            state: "active".into(),
            first_seen: Some(day("2020-01-01T00:00:00Z")),
        });
        for pair in quarters.windows(2) {
            let (from, to) = (day(&format!("{}T00:00:00Z", pair[0])), day(&format!("{}T00:00:00Z", pair[1])));
            #[expect(clippy::cast_possible_truncation, reason = "made-up sums are small")]
            let quarterly = (yearly * 25.0).round() as i64;
            snapshot.flows.push(Flow {
                account,
                from,
                to,
                revenue: Some(2 * quarterly),
                cost: Some(quarterly),
                active: Some(!(leaves && pair[0] == "2026-01-01")),
            });
        }
        let response = id(3, number);
        snapshot.responses.push(ResponseRow {
            id: response,
            wave_id: id(1, 0),
            account_id: Some(account),
            role: None,
            unit_id: None,
            about_entry_id: None,
            answered_at: Instant::from_micros(opened.as_micros() + DAY),
            weight: 1.0,
            invitation_id: None,
        });
        for (name, number) in [("g1", gifts), ("p1", parts), ("s1", satisfaction)] {
            snapshot.answers.push(NumberRow { owner: response, name: name.into(), number });
        }
    }
    add_investments(&mut snapshot);
    snapshot
}

fn add_investments(snapshot: &mut Snapshot) {
    for (number, (name, construct)) in [("Faster parts", "parts"), ("Gifts", "gifts")].into_iter().enumerate()
    {
        snapshot.investments.push(InvestmentRow {
            id: id(4, number),
            name: name.into(),
            target_kind: "customer".into(),
            construct_key: construct.into(),
            one_off_cost: 0,
            yearly_cost: 1_000_000,
            life_years: None,
            months_until_effect: 0.0,
            yearly_fade: 0.0,
            reach_share: 1.0,
            status: "spent".into(),
            reversible: false,
            currency: "CNY".into(),
        });
        for (level, cost) in [(70.0, 1_400_000), (85.0, 4_000_000)] {
            snapshot.cost_points.push(CostPointRow {
                investment_id: id(4, number),
                level,
                yearly_cost: cost,
                source: "record".into(),
            });
        }
    }
}

fn analyse(snapshot: &Snapshot) -> Analysis {
    analyse_quarter(snapshot, "2026Q1").unwrap()
}

fn analyse_quarter(snapshot: &Snapshot, period: &str) -> Result<Analysis, AnalysisError> {
    ask(snapshot, QUESTION, period)
}

fn ask(snapshot: &Snapshot, question: &str, period: &str) -> Result<Analysis, AnalysisError> {
    ask_after(snapshot, question, period, None)
}

/// Asks where an earlier report began its axis.
fn ask_after(
    snapshot: &Snapshot,
    question: &str,
    period: &str,
    first_axis: Option<f64>,
) -> Result<Analysis, AnalysisError> {
    let question = Question::parse("a.toml", question).unwrap();
    let organisation = Organisation {
        name: "Sample".into(),
        timezone: "UTC".into(),
        ledger_currency: "CNY".into(),
        fiscal_year_start: 1,
        default_language: "en".into(),
    };
    let calendar = Calendar { zone: TimeZone::UTC, fiscal_year_start: 1 };
    Run::new(snapshot, &question, &organisation, &calendar, period.parse().unwrap())?.analyse(first_axis)
}

#[test]
fn a_plateau_is_found_and_the_better_investment_comes_first() {
    let found = analyse(&company(1200, true));
    assert_eq!(found.money.verdict, Some(Verdict::Plateau), "{:?}", found.money.reasons);
    let plateau = found.money.plateau.unwrap();
    assert!(plateau.low <= 70.0 && plateau.high >= 70.0, "{plateau:?}");
    let impact = found.drivers.drivers[0].impact;
    assert!(found.drivers.drivers[0].key == "parts" && impact.low < 0.6 && impact.high > 0.6, "{impact:?}");
    let names: Vec<_> = found.investments.iter().map(|investment| investment.name.as_str()).collect();
    assert_eq!(names, ["Faster parts", "Gifts"]);
}

#[test]
fn an_investment_without_effect_is_advised_to_be_tested_for_stopping() {
    let found = analyse(&company(600, true));
    let InvestmentOutcome::Curve(gifts) = &found.investments[1].outcome else { panic!("refused") };
    assert!(gifts.no_effect && gifts.zone.is_none());
    assert_eq!(gifts.advice, Advice::TestStopping);
}

#[test]
fn at_grade_d_there_is_a_zone_and_no_star() {
    let found = analyse(&company(600, true));
    assert_eq!(found.grade, Grade::D, "{:?}", found.guards);
    let InvestmentOutcome::Curve(parts) = &found.investments[0].outcome else { panic!("refused") };
    assert!(parts.zone.is_some() && !parts.star, "{parts:?}");
}

#[test]
fn where_money_does_not_follow_satisfaction_no_level_is_named() {
    let found = analyse(&company(600, false));
    assert_eq!(found.money.verdict, Some(Verdict::NoRelation), "{:?}", found.money.reasons);
    assert!(found.money.slope.unwrap().high.is_finite());
    for investment in &found.investments {
        assert!(matches!(
            &investment.outcome,
            InvestmentOutcome::Refused { reason: Unjudged::NoRelation, .. }
        ));
    }
}

#[test]
fn below_200_linked_accounts_every_level_is_refused_with_what_is_missing() {
    let found = analyse(&company(140, true));
    assert_eq!(found.grade, Grade::E);
    let InvestmentOutcome::Refused { reason, have, need } = &found.investments[0].outcome else {
        panic!("not refused")
    };
    assert_eq!((*reason, *have, *need), (Unjudged::LinkedAccounts, 140.0, 200.0));
}

#[test]
fn the_reasons_for_leaving_responses_out_sum_to_the_input() {
    let mut snapshot = company(150, true);
    for (number, response) in snapshot.responses.iter_mut().enumerate() {
        if number % 10 == 0 {
            response.account_id = None;
        }
        if number % 10 == 1 {
            response.answered_at = day("2025-11-01T00:00:00Z");
        }
    }
    let found = analyse(&snapshot);
    let explained: usize = found.data.exclusions.iter().map(|exclusion| exclusion.count).sum();
    assert_eq!(explained + found.data.observations, found.data.responses_in);
    assert_eq!(found.data.observations, 120);
}

/// Every account earns between 100 and 1,500 a year in major units, of which revenue is twice the margin.
#[test]
fn the_silent_are_compared_in_major_units() {
    let mut snapshot = company(300, true);
    snapshot.responses.truncate(150);
    let found = analyse(&snapshot).nonresponse.unwrap();
    assert_eq!((found.answered, found.silent), (150, 150));
    let revenue = found.rows.iter().find(|row| row.variable == Variable::RevenueBefore).unwrap();
    assert!(revenue.answered > 200.0 && revenue.answered < 4_000.0, "{revenue:?}");
}

/// Half of the customers are large and earn about 200 a year, half small and earn about 100; all large ones answer and
/// one small one in three. The base earns about 150 a customer, those who answered about 175.
#[test]
fn segments_stand_for_their_share_of_the_base() {
    let mut snapshot = company(300, true);
    let large: std::collections::BTreeSet<Uuid> = (0..300).step_by(2).map(|number| id(2, number)).collect();
    for account in &mut snapshot.accounts {
        account.segment = Some(if large.contains(&account.id) { "large" } else { "small" }.into());
    }
    for (number, flow) in snapshot.flows.iter_mut().enumerate() {
        let quarterly = if large.contains(&flow.account) { 5_000 } else { 2_500 }
            + 7 * i64::try_from(number % 11).unwrap();
        (flow.revenue, flow.cost) = (Some(2 * quarterly), Some(quarterly));
    }
    snapshot.responses = snapshot
        .responses
        .into_iter()
        .enumerate()
        .filter(|(number, _)| number % 2 == 0 || number % 3 == 0)
        .map(|(_, response)| response)
        .collect();
    let within = format!("{QUESTION}[adjust]\nsegment = true\n");
    let weighted = ask(&snapshot, &within, "2026Q1").unwrap().money.mean;
    let unweighted = analyse(&snapshot).money.mean;
    assert!((weighted - 150.0).abs() < 5.0, "{weighted}");
    assert!((unweighted - 175.0).abs() < 5.0, "{unweighted}");
}

/// The windows of a wave of January 2025 end in March 2026.
#[test]
fn a_past_quarter_knows_no_money_that_came_after_it() {
    let snapshot = company(150, true);
    assert_eq!(analyse_quarter(&snapshot, "2026Q1").unwrap().data.observations, 150);
    let found = analyse_quarter(&snapshot, "2025Q4").unwrap();
    assert_eq!((found.data.observations, found.data.exclusions[0].reason), (0, Exclude::WindowOpen));
}

#[test]
fn a_quarter_without_answers_and_money_is_refused() {
    let refused = analyse_quarter(&company(150, true), "2030Q1");
    assert!(matches!(refused, Err(AnalysisError::NothingInPeriod { .. })), "{refused:?}");
}

#[test]
fn the_same_question_gives_the_same_answer() {
    let snapshot = company(300, true);
    assert_eq!(analyse(&snapshot), analyse(&snapshot));
}

/// Every tenth customer or so leaves in the last quarter; the files mark it ended, or have no row for it any more.
#[test]
fn a_contract_whose_rows_stop_is_lost_like_one_that_is_marked_ended() {
    let marked = company(400, true);
    let mut stopped = marked.clone();
    stopped.flows.retain(|flow| flow.active == Some(true));
    let (marked, stopped) = (analyse(&marked), analyse(&stopped));
    assert!(marked.data.lost > 20);
    assert_eq!(stopped.data.lost, marked.data.lost);
    assert_eq!(stopped.data.accounts_in_base, marked.data.accounts_in_base);
}

#[test]
fn a_customer_that_is_lost_in_two_waves_is_one_customer_to_the_guard() {
    let mut snapshot = company(300, true);
    let second = id(1, 1);
    snapshot.waves.push(WaveRow { id: second, name: Some("2025Q1b".into()), ..snapshot.waves[0].clone() });
    for number in 0..300 {
        let (first, again) = (snapshot.responses[number].clone(), id(3, 1_000 + number));
        let answers: Vec<NumberRow> =
            snapshot.answers.iter().filter(|answer| answer.owner == first.id).cloned().collect();
        snapshot.answers.extend(answers.into_iter().map(|answer| NumberRow { owner: again, ..answer }));
        snapshot.responses.push(ResponseRow { id: again, wave_id: second, ..first });
    }
    let found = analyse(&snapshot);
    assert_eq!(found.data.lost, 2 * found.data.accounts_lost);
    let per_term = found.guards.iter().find(|guard| guard.key == GuardKey::LostPerTerm).unwrap();
    let terms =
        if matches!(found.money.verdict, Some(Verdict::Linear | Verdict::NoRelation)) { 1.0 } else { 3.0 };
    assert_eq!(per_term.value, Some(found.data.accounts_lost as f64 / terms));
}

#[test]
fn money_without_cost_is_named_and_past_two_fifths_not_modelled() {
    let without_cost = |every: usize| {
        let mut snapshot = company(400, true);
        let costless: std::collections::BTreeSet<Uuid> =
            (0..400).step_by(every).map(|number| id(2, number)).collect();
        for flow in snapshot.flows.iter_mut().filter(|flow| costless.contains(&flow.account)) {
            flow.cost = None;
        }
        analyse(&snapshot)
    };
    let code = |found: &Analysis| {
        let of_money =
            |notice: &&Notice| notice.subject == Subject::Money && notice.code.ends_with("MISSING");
        found.warnings.iter().find(of_money).map(|notice| notice.code.clone())
    };
    let quarter = without_cost(4);
    assert_eq!((quarter.money.n, code(&quarter).as_deref()), (300, Some("W_MISSING")));
    let linked = quarter.guards.iter().find(|guard| guard.key == GuardKey::LinkedAccounts).unwrap();
    assert_eq!(linked.value, Some(300.0));
    let half = without_cost(2);
    assert_eq!((half.money.verdict, code(&half).as_deref()), (None, Some("E_MISSING")));
}

#[test]
fn where_nobody_leaves_nothing_is_said_of_leaving() {
    let mut snapshot = company(300, true);
    for flow in &mut snapshot.flows {
        flow.active = Some(true);
    }
    let found = analyse(&snapshot);
    assert_eq!(found.retention.verdict, None);
    let told = |notice: &Notice| notice.subject == Subject::Retention && notice.code == "E_NO_VARIANCE";
    assert!(found.warnings.iter().any(told), "{:?}", found.warnings);
}

/// Three questions of the index, one of them against the others.
#[test]
fn a_question_that_runs_against_the_index_is_named_and_nothing_is_graded() {
    let mut snapshot = company(300, true);
    for key in ["s2", "s3"] {
        let item = format!(
            "  {{ key = \"{key}\", construct = \"satisfaction\", kind = \"rating\", scale = \"points\", text = {{ en = \"S\" }} }},\n]"
        );
        let document = &snapshot.waves[0].document;
        let end = document.rfind(']').unwrap();
        snapshot.waves[0].document = format!("{}{item}\n", &document[..end]);
    }
    let first: Vec<NumberRow> =
        snapshot.answers.iter().filter(|answer| answer.name == "s1").cloned().collect();
    for answer in first {
        let (near, against) = ((answer.number + 3.0).min(100.0), 100.0 - answer.number);
        snapshot.answers.push(NumberRow { name: "s2".into(), number: near, ..answer.clone() });
        snapshot.answers.push(NumberRow { name: "s3".into(), number: against, ..answer });
    }
    snapshot.answers.sort_by(|one, other| (one.owner, &one.name).cmp(&(other.owner, &other.name)));
    let found = analyse(&snapshot);
    assert_eq!(found.grade, Grade::E);
    assert!(found.warnings.iter().any(|notice| notice.code == "E_REVERSED_ITEM"), "{:?}", found.warnings);
    for investment in &found.investments {
        assert!(matches!(investment.outcome, InvestmentOutcome::Refused { .. }), "{investment:?}");
    }
}

#[test]
fn at_grade_e_no_level_is_named() {
    let mut snapshot = company(400, true);
    // Six in a hundred of the silent leave; of those who answered, all stay: a gap of more than five points.
    let answered: std::collections::BTreeSet<Uuid> = (0..300).map(|number| id(2, number)).collect();
    snapshot.responses.truncate(300);
    for flow in &mut snapshot.flows {
        let last = flow.from == day("2026-01-01T00:00:00Z");
        flow.active = Some(answered.contains(&flow.account) || !last);
    }
    let found = analyse(&snapshot);
    assert_eq!(found.grade, Grade::E, "{:?}", found.guards);
    for investment in &found.investments {
        assert!(matches!(investment.outcome, InvestmentOutcome::Refused { reason: Unjudged::Guard, .. }));
    }
}

#[test]
fn the_axis_begins_where_the_first_report_began_it() {
    let snapshot = company(300, true);
    let begun = |first| ask_after(&snapshot, QUESTION, "2026Q1", first).unwrap().distribution;
    let (alone, later) = (begun(None), begun(Some(20.0)));
    assert_eq!((alone.axis_low, later.axis_low), (40.0, 20.0));
    assert_eq!(later.histogram.len(), 40);
}

/// Half of the customers are asked about gifts, the others what has no construct. By the hashes of their ids, 204 of
/// the 400 are asked about gifts.
fn rotated(invited: bool) -> Snapshot {
    let mut snapshot = company(400, true);
    let item = "  { key = \"x1\", kind = \"rating\", scale = \"points\", text = { en = \"X\" } },\n]\n";
    let survey = SURVEY.trim_end().trim_end_matches(']').to_owned()
        + item
        + "rotate = [{ key = \"turn\", take = 1, blocks = [[\"g1\"], [\"x1\"]] }]\n";
    snapshot.waves[0].document.clone_from(&survey);
    let survey = crate::survey::parse("s.toml", &survey).unwrap();
    let out = |owner: Uuid| survey.not_asked(&crate::survey::Answers::new(), &owner.to_string());
    snapshot.answers.retain(|row| !out(row.owner).contains(&row.name));
    for response in snapshot.responses.iter_mut().filter(|_| invited) {
        response.invitation_id = Some(response.id);
    }
    snapshot
}

#[test]
fn a_rotated_driver_is_fitted_on_those_who_were_asked_and_the_others_are_not_missing() {
    let found = analyse(&rotated(true));
    let drivers = &found.drivers;
    assert_eq!((drivers.n, drivers.n_not_asked, drivers.n_available), (204, 196, 400));
    assert!(drivers.refusal.is_none() && drivers.drivers.len() == 2);
    assert!(
        found.warnings.iter().all(|notice| notice.code != "W_MISSING" && notice.code != "W_ASKED_UNKNOWN")
    );
    // The index and its money rest on everybody.
    assert_eq!((found.today.n, found.money.n), (400, 400));
    let gifts = drivers.drivers.iter().find(|driver| driver.key == "gifts").unwrap();
    let parts = drivers.drivers.iter().find(|driver| driver.key == "parts").unwrap();
    assert_eq!((gifts.level.n, parts.level.n), (204, 400));
    assert!((0.5..0.7).contains(&parts.impact.value), "{}", parts.impact.value);
}

#[test]
fn who_passed_over_a_rotated_driver_is_missing_among_those_who_were_asked() {
    let mut snapshot = rotated(true);
    let asked: Vec<Uuid> =
        snapshot.answers.iter().filter(|row| row.name == "g1").map(|row| row.owner).take(51).collect();
    snapshot.answers.retain(|row| row.name != "g1" || !asked.contains(&row.owner));
    let found = analyse(&snapshot);
    assert_eq!((found.drivers.n, found.drivers.n_not_asked), (153, 196));
    let notice = found.warnings.iter().find(|notice| notice.code == "W_MISSING").unwrap();
    assert!(notice.message.starts_with("51 of 204 observations"), "{}", notice.message);
}

#[test]
fn answers_from_elsewhere_to_a_rotating_survey_count_as_they_came_and_it_is_said() {
    let found = analyse(&rotated(false));
    assert_eq!((found.drivers.n, found.drivers.n_not_asked), (204, 0));
    let refusal = found.drivers.refusal.as_ref().unwrap();
    assert!(refusal.message.starts_with("196 of 400 observations"), "{}", refusal.message);
    let notice = found.warnings.iter().find(|notice| notice.code == "W_ASKED_UNKNOWN").unwrap();
    assert!(notice.message.starts_with("400 of 400 responses"), "{}", notice.message);
}

#[test]
fn drivers_that_nobody_is_asked_together_are_refused_as_the_design_and_not_as_silence() {
    let mut snapshot = rotated(true);
    let together = "blocks = [[\"g1\"], [\"x1\"]]";
    let apart = "blocks = [[\"g1\"], [\"p1\"]]";
    snapshot.waves[0].document = snapshot.waves[0].document.replace(together, apart);
    let found = analyse(&snapshot);
    assert_eq!((found.drivers.n, found.drivers.n_not_asked), (0, 400));
    assert_eq!(found.drivers.refusal.as_ref().unwrap().code, "E_NOT_ASKED");
}

#[test]
fn what_was_left_out_is_in_the_fingerprint() {
    let (known, unknown) = (analyse(&rotated(true)), analyse(&rotated(false)));
    assert_ne!(known.frame.data_fingerprint, unknown.frame.data_fingerprint);
}

/// Two of three questions of the index are asked of everybody: each says the same, so that the index is what it was.
#[test]
fn an_index_whose_questions_rotate_is_scored_for_everybody_and_names_no_alpha() {
    let mut snapshot = company(400, true);
    let whole = analyse(&snapshot);
    let more = ["s2", "s3"].map(|key| {
        format!(
            "  {{ key = \"{key}\", construct = \"satisfaction\", kind = \"rating\", scale = \"points\", text = {{ en = \"S\" }} }},\n"
        )
    });
    snapshot.waves[0].document = SURVEY.trim_end().trim_end_matches(']').to_owned()
        + &more.concat()
        + "]\nrotate = [{ key = \"turn\", take = 2, blocks = [[\"s1\"], [\"s2\"], [\"s3\"]] }]\n";
    let levels: Vec<NumberRow> = snapshot.answers.iter().filter(|row| row.name == "s1").cloned().collect();
    for level in levels {
        let row = |name: &str| NumberRow { name: name.into(), ..level.clone() };
        snapshot.answers.extend([row("s2"), row("s3")]);
    }
    snapshot.answers.sort_by(|one, other| (one.owner, &one.name).cmp(&(other.owner, &other.name)));
    let survey = crate::survey::parse("s.toml", &snapshot.waves[0].document).unwrap();
    let nothing = crate::survey::Answers::new();
    snapshot.answers.retain(|row| !survey.not_asked(&nothing, &row.owner.to_string()).contains(&row.name));
    assert_eq!(snapshot.answers.iter().filter(|row| row.name.starts_with('s')).count(), 800);
    for response in &mut snapshot.responses {
        response.invitation_id = Some(response.id);
    }
    let found = analyse(&snapshot);
    assert_eq!(found.today.n, 400);
    assert!((found.today.value - whole.today.value).abs() < 1e-9);
    assert!(found.reliability.is_empty());
}
