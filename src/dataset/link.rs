//! One observation per account and wave, with the money that followed it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::score::{Response, RoleWeights, Scores, Wave, construct_scores, over_roles};
use crate::clock::Instant;
use crate::finance::{Ledger, NoWindow};
use crate::survey::Role;

/// How answers meet money.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkRule {
    /// Months after the answer in which money counts.
    pub window_months: u32,
    /// Months within which a customer without contract must buy again to count as kept; `None` where the
    /// contract's state decides.
    pub bought_again_within: Option<u32>,
    /// Weights of the contacts' roles.
    pub role_weights: RoleWeights,
    /// Whether only the first wave of an account meets its money. Later waves of customers who came back would
    /// count them again, and only them.
    pub first_wave_only: bool,
    /// The organisation's zone.
    pub zone: TimeZone,
}

/// Why a response did not become an observation with money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclude {
    /// The response belongs to no account.
    NoAccount,
    /// Fewer than half of the satisfaction items were answered that were asked.
    NoSatisfaction,
    /// The survey's design asked the respondent nothing of satisfaction.
    SatisfactionNotAsked,
    /// It was averaged with another response of the same account and wave.
    Averaged,
    /// The account has no money in the ledger at all.
    NotInLedger,
    /// Its outcome window is not yet over.
    WindowOpen,
    /// The ledger does not say whether the contract went on.
    RetentionUnknown,
    /// The account's money was counted after an earlier wave.
    LaterWave,
    /// A period of the account runs across the end of its window.
    PeriodCrosses,
}

impl Exclude {
    /// Returns the stable key that is stored.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoAccount => "no_account",
            Self::NoSatisfaction => "no_satisfaction",
            Self::SatisfactionNotAsked => "satisfaction_not_asked",
            Self::Averaged => "averaged",
            Self::NotInLedger => "not_in_ledger",
            Self::WindowOpen => "window_open",
            Self::RetentionUnknown => "retention_unknown",
            Self::LaterWave => "later_wave",
            Self::PeriodCrosses => "period_crosses",
        }
    }
}

/// What an account did after it answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Whether it stayed a customer.
    pub retained: bool,
    /// Revenue in the window, minor units; 0 for leavers.
    pub revenue: i64,
    /// Margin in the window, minor units; `None` where costs are unknown.
    pub margin: Option<i64>,
    /// Revenue in a window of the same length before the answer, where the data and the customer's own
    /// history reach back so far.
    pub revenue_before: Option<i64>,
}

/// An account in a wave.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The account.
    pub account: Uuid,
    /// Position of the wave.
    pub wave: usize,
    /// The unit as of the answer.
    pub unit: Option<Uuid>,
    /// When the last of its contacts answered.
    pub answered_at: Instant,
    /// Base weight: the mean over its responses.
    pub weight: f64,
    /// Satisfaction index, 0-100.
    pub satisfaction: f64,
    /// Spread of satisfaction inside the account: highest less lowest contact.
    pub spread: f64,
    /// Contacts that answered.
    pub contacts: usize,
    /// Every construct with enough answers, 0-100.
    pub constructs: BTreeMap<String, f64>,
    /// Constructs of which one of its contacts was asked an item; the others were left out by design.
    pub asked: BTreeSet<String>,
    /// Operational drivers as recorded, averaged.
    pub attributes: BTreeMap<String, f64>,
    /// What followed, or why that is not known.
    pub outcome: Result<Outcome, Exclude>,
}

/// All observations with the reasons for the rest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Linked {
    /// One per account and wave with a satisfaction score, in order of account and wave.
    pub observations: Vec<Observation>,
    /// Reasons with counts of responses; with the linked observations they sum to `responses_in`.
    pub exclusions: BTreeMap<Exclude, usize>,
    /// Responses that came in.
    pub responses_in: usize,
    /// Accounts by wave that answered without being asked for satisfaction: no observations, and not silent.
    pub not_asked: BTreeSet<(usize, Uuid)>,
}

impl Linked {
    /// Returns the observations that met their money.
    pub fn with_money(&self) -> impl Iterator<Item = (&Observation, Outcome)> {
        self.observations.iter().filter_map(|observation| Some((observation, observation.outcome.ok()?)))
    }
}

/// Links responses to the ledger.
///
/// The answers of an account's contacts in one wave are averaged within each role, then over roles. Its
/// window begins after the last of these answers. Responses to waves without a satisfaction construct count
/// as [`Exclude::SatisfactionNotAsked`].
pub fn link(responses: &[Response], waves: &[Wave], ledger: &Ledger, rule: &LinkRule) -> Linked {
    let mut linked = Linked { responses_in: responses.len(), ..Linked::default() };
    let mut groups: BTreeMap<(Uuid, usize), Vec<Member>> = BTreeMap::new();
    for response in responses {
        let Some(account) = response.account else {
            *linked.exclusions.entry(Exclude::NoAccount).or_default() += 1;
            continue;
        };
        match score(response, &waves[response.wave]) {
            Ok(member) => groups.entry((account, response.wave)).or_default().push(member),
            Err(reason) => {
                *linked.exclusions.entry(reason).or_default() += 1;
                if reason == Exclude::SatisfactionNotAsked {
                    linked.not_asked.insert((response.wave, account));
                }
            }
        }
    }
    let mut counted = BTreeSet::new();
    for ((account, wave), members) in groups {
        if members.len() > 1 {
            *linked.exclusions.entry(Exclude::Averaged).or_default() += members.len() - 1;
        }
        let mut observation = observe((account, wave), &members, ledger, rule);
        if rule.first_wave_only && observation.outcome.is_ok() && !counted.insert(account) {
            observation.outcome = Err(Exclude::LaterWave);
        }
        if let Err(reason) = observation.outcome {
            *linked.exclusions.entry(reason).or_default() += 1;
        }
        linked.observations.push(observation);
    }
    linked
}

/// A response with its scores.
struct Member<'a> {
    response: &'a Response,
    satisfaction: f64,
    scores: Scores,
}

fn score<'a>(response: &'a Response, wave: &Wave) -> Result<Member<'a>, Exclude> {
    let scores = construct_scores(&wave.instrument, response);
    let index = wave.instrument.construct_of(Role::Satisfaction).ok_or(Exclude::SatisfactionNotAsked)?;
    match scores.points.get(&index.key) {
        Some(&satisfaction) => Ok(Member { response, satisfaction, scores }),
        None if scores.asked.contains(&index.key) => Err(Exclude::NoSatisfaction),
        None => Err(Exclude::SatisfactionNotAsked),
    }
}

fn observe(
    (account, wave): (Uuid, usize),
    members: &[Member<'_>],
    ledger: &Ledger,
    rule: &LinkRule,
) -> Observation {
    let weights = rule.role_weights;
    let levels: Vec<_> =
        members.iter().map(|member| (member.response.contact, member.satisfaction)).collect();
    let highest = levels.iter().fold(f64::NEG_INFINITY, |high, &(_, level)| high.max(level));
    let lowest = levels.iter().fold(f64::INFINITY, |low, &(_, level)| low.min(level));
    let answered_at =
        members.iter().map(|member| member.response.answered_at).max().expect("a group has a member");
    Observation {
        account,
        wave,
        unit: members.iter().find_map(|member| member.response.unit),
        answered_at,
        weight: members.iter().map(|member| member.response.weight).sum::<f64>() / members.len() as f64,
        satisfaction: over_roles(&levels, weights).unwrap_or(members[0].satisfaction),
        spread: highest - lowest,
        contacts: members.len(),
        constructs: averaged(members, weights, |member| &member.scores.points),
        asked: members.iter().flat_map(|member| member.scores.asked.iter().cloned()).collect(),
        attributes: averaged(members, RoleWeights::default(), |member| &member.response.attributes),
        outcome: outcome(account, answered_at, ledger, rule),
    }
}

fn averaged(
    members: &[Member<'_>],
    weights: RoleWeights,
    values: impl for<'m> Fn(&'m Member<'_>) -> &'m BTreeMap<String, f64>,
) -> BTreeMap<String, f64> {
    let keys: BTreeSet<&String> = members.iter().flat_map(|member| values(member).keys()).collect();
    keys.into_iter()
        .filter_map(|key| {
            let known: Vec<_> = members
                .iter()
                .filter_map(|member| Some((member.response.contact, *values(member).get(key)?)))
                .collect();
            Some((key.clone(), over_roles(&known, weights)?))
        })
        .collect()
}

/// What an account did after an instant, for those who answered and for the silent alike.
pub fn outcome(account: Uuid, after: Instant, ledger: &Ledger, rule: &LinkRule) -> Result<Outcome, Exclude> {
    if ledger.of(account).is_empty() {
        return Err(Exclude::NotInLedger);
    }
    let window = |months: u32| {
        ledger.window_after(account, after, months, &rule.zone).map_err(|reason| match reason {
            NoWindow::Open => Exclude::WindowOpen,
            NoWindow::Crossed => Exclude::PeriodCrosses,
        })
    };
    let (start, end) = window(rule.window_months)?;
    let sum = ledger.sum(account, (start, end));
    let retained = match rule.bought_again_within {
        Some(within) => ledger.sum(account, window(within)?).purchases > 0,
        None if ledger.knows_contracts() => ledger.is_active(account, end),
        None => return Err(Exclude::RetentionUnknown),
    };
    // A customer who came during the window before has no year to compare with.
    let since = ledger.of(account).first().map(|flow| flow.from);
    let revenue_before = ledger
        .window_before(account, after, rule.window_months, &rule.zone)
        .filter(|before| since.is_some_and(|since| since <= before.0))
        .map(|before| ledger.sum(account, before).revenue);
    Ok(Outcome { retained, revenue: sum.revenue, margin: sum.margin, revenue_before })
}

#[cfg(test)]
mod tests {
    use super::super::Contact;
    use super::*;
    use crate::finance::Flow;

    const DAY: i64 = 86_400_000_000;

    fn day(number: i64) -> Instant {
        Instant::from_micros(number * DAY)
    }

    fn wave() -> Wave {
        let survey = r#"
id = "s"
version = 1
languages = ["en"]
scale = [{ key = "ten", low = 1, high = 10 }]
construct = [{ key = "satisfaction", role = "satisfaction", name = { en = "Satisfaction" } }]
item = [{ key = "a", construct = "satisfaction", kind = "rating", scale = "ten", text = { en = "A" } }]
"#;
        Wave {
            id: Uuid::nil(),
            opened_at: day(0),
            of_all_customers: true,
            instrument: crate::survey::parse("s.toml", survey).unwrap(),
        }
    }

    fn response(account: Option<u128>, answered: i64, answer: f64) -> Response {
        Response {
            account: account.map(Uuid::from_u128),
            contact: Contact::Unspecified,
            wave: 0,
            unit: None,
            answered_at: day(answered),
            weight: 1.0,
            answers: [("a".to_owned(), answer)].into(),
            not_asked: BTreeSet::new(),
            attributes: [("late".to_owned(), 1.0)].into(),
        }
    }

    fn entry(account: u128, at: i64, revenue: i64) -> Flow {
        Flow {
            account: Uuid::from_u128(account),
            from: day(at),
            to: day(at),
            revenue: Some(revenue),
            cost: None,
            active: None,
        }
    }

    fn rule() -> LinkRule {
        LinkRule {
            window_months: 1,
            bought_again_within: Some(1),
            role_weights: RoleWeights::default(),
            first_wave_only: false,
            zone: TimeZone::UTC,
        }
    }

    fn sample() -> Linked {
        let ledger = Ledger::new(
            vec![entry(1, 0, 100), entry(1, 15, 700), entry(2, 0, 100), entry(3, 1, 100), entry(9, 100, 100)],
            day(1_000),
        );
        let responses = [
            response(Some(1), 10, 10.0),
            response(Some(1), 12, 1.0),
            response(Some(2), 10, 5.5),
            response(Some(3), 99, 5.5),
            response(Some(4), 10, 5.5),
            response(Some(5), 10, 11.0),
            response(None, 10, 5.5),
        ];
        link(&responses, &[wave()], &ledger, &rule())
    }

    #[test]
    fn every_response_is_an_observation_or_has_a_reason() {
        let linked = sample();
        let reasons: Vec<_> =
            linked.exclusions.iter().map(|(reason, count)| (reason.key(), *count)).collect();
        assert_eq!(
            reasons,
            [
                ("no_account", 1),
                ("no_satisfaction", 1),
                ("averaged", 1),
                ("not_in_ledger", 1),
                ("window_open", 1)
            ]
        );
        let explained: usize = linked.exclusions.values().sum();
        assert_eq!(explained + linked.with_money().count(), linked.responses_in);
    }

    #[test]
    fn who_was_not_asked_for_satisfaction_is_told_from_who_kept_silent() {
        let ledger = Ledger::new(vec![entry(1, 0, 100)], day(1_000));
        let silent = Response { answers: BTreeMap::new(), ..response(Some(1), 10, 5.5) };
        let not_asked = Response { not_asked: ["a".to_owned()].into(), ..silent.clone() };
        let mut without = wave();
        without.instrument.constructs.clear();
        let later = Response { wave: 1, ..response(Some(1), 10, 5.5) };
        let linked = link(&[silent, not_asked, later], &[wave(), without], &ledger, &rule());
        let reasons: Vec<_> = linked.exclusions.into_iter().collect();
        assert_eq!(reasons, [(Exclude::NoSatisfaction, 1), (Exclude::SatisfactionNotAsked, 2)]);
        assert_eq!(linked.not_asked.len(), 2);
    }

    #[test]
    fn an_account_was_asked_what_one_of_its_contacts_was_asked() {
        let ledger = Ledger::new(vec![entry(1, 0, 100)], day(1_000));
        let mut two = wave();
        let item = |key: &str, construct: &str| crate::survey::Item {
            key: key.into(),
            construct: Some(construct.into()),
            ..two.instrument.items[0].clone()
        };
        let more = [item("b", "parts"), item("c", "gifts")];
        two.instrument.items.extend(more);
        for key in ["parts", "gifts"] {
            let construct = crate::survey::Construct {
                key: key.into(),
                role: Role::Driver,
                ..two.instrument.constructs[0].clone()
            };
            two.instrument.constructs.push(construct);
        }
        let one = Response { not_asked: ["b".into(), "c".into()].into(), ..response(Some(1), 10, 5.5) };
        let other = Response { not_asked: ["c".into()].into(), ..response(Some(1), 10, 5.5) };
        let linked = link(&[one, other], &[two], &ledger, &rule());
        let asked: Vec<_> = linked.observations[0].asked.iter().collect();
        assert_eq!(asked, ["parts", "satisfaction"]);
        // The second contact passed the question over.
        assert!(!linked.observations[0].constructs.contains_key("parts"));
    }

    #[test]
    fn two_answers_of_an_account_become_one_whose_window_begins_after_the_later() {
        let linked = sample();
        let (observation, outcome) = linked.with_money().next().unwrap();
        assert_eq!((observation.satisfaction, observation.spread), (50.0, 100.0));
        assert_eq!(observation.answered_at, day(12));
        assert_eq!(outcome, Outcome { retained: true, revenue: 700, margin: None, revenue_before: None });
    }

    #[test]
    fn with_one_observation_per_account_its_first_wave_counts() {
        let ledger = Ledger::new(vec![entry(1, 0, 100), entry(1, 15, 700), entry(9, 200, 100)], day(1_000));
        let responses = [response(Some(1), 10, 10.0), Response { wave: 1, ..response(Some(1), 50, 1.0) }];
        let waves = [wave(), wave()];
        let each = link(&responses, &waves, &ledger, &rule());
        assert_eq!(each.with_money().count(), 2);
        let first = link(&responses, &waves, &ledger, &LinkRule { first_wave_only: true, ..rule() });
        assert_eq!(first.exclusions.get(&Exclude::LaterWave), Some(&1));
        let (observation, outcome) = first.with_money().next().unwrap();
        assert_eq!((observation.wave, outcome.revenue), (0, 700));
    }

    #[test]
    fn who_does_not_buy_again_is_lost_and_brings_nothing() {
        let linked = sample();
        let (_, outcome) = linked.with_money().nth(1).unwrap();
        assert_eq!((outcome.retained, outcome.revenue), (false, 0));
    }

    #[test]
    fn a_contract_needs_a_ledger_that_knows_contracts() {
        let ledger = Ledger::new(vec![entry(1, 0, 100), entry(2, 90, 100)], day(1_000));
        let contractual = LinkRule { bought_again_within: None, ..rule() };
        let linked = link(&[response(Some(1), 10, 10.0)], &[wave()], &ledger, &contractual);
        assert_eq!(linked.exclusions.get(&Exclude::RetentionUnknown), Some(&1));
    }
}
