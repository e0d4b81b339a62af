//! The response board: how far a wave has come, who answered, and how they differ from the silent.

use std::collections::{BTreeMap, HashMap, HashSet};

use cam_stats::response_rate::{Dispositions, OutcomeRates, Standardised, standardised_difference};
use serde::Serialize;
use uuid::Uuid;

use super::WaveError;
use super::file::Mode;
use super::remind::find;
use crate::store::Tx;
use crate::store::fielding::{self, Standing, WaveState};
use crate::store::outbox::{self, QueueCount};
use crate::survey::{self, Instrument, StoredAnswer};

/// Share of the questions that make a broken-off response a partial one rather than a refusal.
const PARTIAL: f64 = 0.5;

/// Difference in standard deviations beyond which the silent count as others than those who answered.
pub const APART: f64 = 0.1;

/// Segments of the comparison, the largest ones.
const SEGMENTS: usize = 6;

/// Days of a year before a wave, of which its revenue is compared.
const YEAR_DAYS: i64 = 365;

/// Microseconds in a year of a customer.
const YEAR: f64 = 365.0 * 86_400e6;

/// How a wave stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Board {
    /// The wave's key.
    pub key: String,
    /// The contract.
    pub mode: Mode,
    /// When it opened.
    pub opened_at: String,
    /// When it closes, or closed.
    pub closes_at: String,
    /// Whether it is closed.
    pub closed: bool,
    /// Whether its mails are paused.
    pub paused: bool,
    /// Persons invited.
    pub invited: usize,
    /// Of them, who got the link by another channel.
    pub handed_over: usize,
    /// Of them, to whom a mail went out and did not come back for good.
    pub delivered: usize,
    /// Of them, whose mail came back for good.
    pub bounced: usize,
    /// Of them, who want no mails.
    pub declined: usize,
    /// Of them, who gave or passed over an answer.
    pub started: usize,
    /// Of them, who answered at least one question.
    pub answered: usize,
    /// Of them, who came to the end.
    pub finished: usize,
    /// Mails by state.
    pub mails: BTreeMap<String, i64>,
    /// Everybody's disposition.
    pub dispositions: Dispositions,
    /// The share of those of unknown eligibility that is taken to be eligible.
    pub eligible_share: f64,
    /// Outcome rates.
    pub rates: OutcomeRates,
    /// Those who answered against the silent, from the customer file; empty for staff, and where a side is too small.
    pub comparison: Vec<Compared>,
}

/// One variable of the comparison: `first` are the accounts that answered, `second` the silent ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// `revenue_last_year`, `years_a_customer`, or `segment:NAME`.
    pub variable: String,
    /// Means, and their difference in standard deviations.
    #[serde(flatten)]
    pub difference: Standardised,
    /// Whether the difference is beyond [`APART`].
    pub apart: bool,
}

/// Reads how a wave stands.
pub async fn status(tx: &mut Tx, key: &str) -> Result<Board, WaveError> {
    let (wave, file) = find(tx, key).await?;
    let survey =
        survey::parse("survey", &wave.document).map_err(|error| WaveError::Stored(error.to_string()))?;
    let standings = fielding::standings(tx, wave.wave_id).await?;
    let partial = partial_responses(tx, &wave, &survey).await?;
    let mut dispositions = Dispositions::default();
    for standing in &standings {
        *place(&mut dispositions, standing, &partial) += 1;
    }
    let mails = outbox::counts(tx, Some(wave.wave_id)).await?;
    let count = |test: &dyn Fn(&Standing) -> bool| standings.iter().filter(|one| test(one)).count();
    let eligible_share = 1.0;
    Ok(Board {
        key: wave.key.clone(),
        mode: file.mode,
        opened_at: wave.opened_at.to_string(),
        closes_at: wave.closed_at.unwrap_or(wave.closes_at).to_string(),
        closed: wave.closed_at.is_some(),
        paused: wave.paused_at.is_some(),
        invited: standings.len(),
        handed_over: count(&|one| one.handed_over),
        delivered: count(&|one| one.sent && !one.bounced),
        bounced: count(&|one| one.bounced),
        declined: count(&|one| one.declined),
        started: count(&|one| one.started),
        answered: count(&|one| one.answered > 0 || one.finished && file.mode == Mode::Anonymous),
        finished: count(&|one| one.finished),
        mails: mails.into_iter().map(|QueueCount { state, rows, .. }| (state, rows)).collect(),
        rates: dispositions.rates(eligible_share),
        dispositions,
        eligible_share,
        comparison: compare(tx, &wave, &standings).await?,
    })
}

/// The keys of all waves, or of those that are open.
pub async fn keys(tx: &mut Tx, open_only: bool) -> Result<Vec<String>, WaveError> {
    Ok(fielding::keys(tx, open_only).await?)
}

/// The disposition of one invitation, after AAPOR's rules for mail: a bounce leaves it unknown whether there is such a
/// person, and a response that broke off early is a refusal.
fn place<'d>(dispositions: &'d mut Dispositions, one: &Standing, partial: &HashSet<Uuid>) -> &'d mut usize {
    if one.finished {
        &mut dispositions.complete
    } else if partial.contains(&one.invitation_id) {
        &mut dispositions.partial
    } else if one.declined || one.started {
        &mut dispositions.refusal
    } else if one.sent && !one.bounced {
        &mut dispositions.non_contact
    } else {
        &mut dispositions.unknown_other
    }
}

/// Who broke off after half of the questions that they could come to. What a rotation leaves out was never asked, and does
/// not count.
async fn partial_responses(
    tx: &mut Tx,
    wave: &WaveState,
    survey: &Instrument,
) -> Result<HashSet<Uuid>, WaveError> {
    let mut stored: HashMap<Uuid, Vec<(String, StoredAnswer)>> = HashMap::new();
    for (response, item, number, choice, text) in fielding::unfinished(tx, wave.wave_id).await? {
        stored.entry(response).or_default().push((item, StoredAnswer { number, choice, text }));
    }
    let half = |(response, stored): (Uuid, Vec<_>)| {
        let answers = survey.given(stored);
        let asked = survey.longest(&answers, &response.to_string());
        (!answers.is_empty() && answers.len() as f64 >= PARTIAL * asked as f64).then_some(response)
    };
    Ok(stored.into_iter().filter_map(half).collect())
}

/// Compares the accounts that answered with those that were written to and kept silent.
async fn compare(tx: &mut Tx, wave: &WaveState, standings: &[Standing]) -> Result<Vec<Compared>, WaveError> {
    let answered: HashSet<Uuid> =
        standings.iter().filter(|one| one.answered > 0).filter_map(|one| one.account_id).collect();
    let year_before = wave.opened_at.plus_days(-YEAR_DAYS);
    let facts = fielding::account_facts(tx, wave.wave_id, (year_before, wave.opened_at)).await?;
    let reached = |one: &&Standing| one.answered > 0 || one.handed_over || one.sent && !one.bounced;
    let reached: HashSet<Uuid> = standings.iter().filter(reached).filter_map(|one| one.account_id).collect();
    let facts: Vec<_> = facts.into_iter().filter(|account| reached.contains(&account.id)).collect();
    let (spoke, silent): (Vec<_>, Vec<_>) = facts.iter().partition(|account| answered.contains(&account.id));
    let mut rows = Vec::new();
    let mut row = |variable: String, value: &dyn Fn(&fielding::AccountFacts) -> Option<f64>| {
        let side = |accounts: &[&fielding::AccountFacts]| -> Vec<f64> {
            accounts.iter().filter_map(|account| value(account)).collect()
        };
        if let Some(difference) = standardised_difference(&side(&spoke), &side(&silent)) {
            rows.push(Compared { variable, apart: difference.difference.abs() > APART, difference });
        }
    };
    // Minor units of every currency stay far below 2^52.
    row("revenue_last_year".into(), &|account| Some(account.revenue as f64));
    row("years_a_customer".into(), &|account| {
        let since = account.first_seen?;
        Some((wave.opened_at.as_micros() - since.as_micros()) as f64 / YEAR)
    });
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for segment in facts.iter().filter_map(|account| account.segment.as_deref()) {
        *sizes.entry(segment).or_default() += 1;
    }
    let mut segments: Vec<(&str, usize)> = sizes.into_iter().collect();
    segments.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), *name));
    for (segment, _) in segments.into_iter().take(SEGMENTS) {
        row(format!("segment:{segment}"), &|account| {
            Some(f64::from(account.segment.as_deref() == Some(segment)))
        });
    }
    Ok(rows)
}
