//! From the rows of a snapshot to the input of the pure rooms.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::AnalysisError;
use super::question::Question;
use crate::clock::Instant;
use crate::dataset::{Contact, Response, Wave};
use crate::digest::hex;
use crate::finance::{Currency, Ledger};
use crate::store::snapshot::{AccountRow, ChoiceRow, InvestmentRow, NumberRow, Snapshot};
use crate::survey::{self, Instrument, StoredAnswer};

/// What the analysis works on.
pub(super) struct Input {
    pub(super) accounts: Vec<AccountRow>,
    pub(super) waves: Vec<Wave>,
    pub(super) responses: Vec<Response>,
    /// Responses from elsewhere to a survey that leaves questions out: which ones, nobody can say.
    pub(super) asked_unknown: usize,
    pub(super) ledger: Ledger,
    pub(super) currency: Currency,
    pub(super) fingerprint: String,
}

impl Input {
    /// Takes the rows apart; the fingerprint covers every row that can change a number.
    pub(super) fn new(
        snapshot: &Snapshot,
        question: &Question,
        currency: Currency,
        until: Instant,
    ) -> Result<Self, AnalysisError> {
        let waves = waves(snapshot)?;
        let position: HashMap<Uuid, usize> =
            waves.iter().enumerate().map(|(at, wave)| (wave.id, at)).collect();
        let answers = by_owner(&snapshot.answers, |row| row.owner);
        let choices = by_owner(&snapshot.choices, |row| row.owner);
        let attributes = by_owner(&snapshot.attributes, |row| row.owner);
        let mut asked_unknown = 0;
        let responses: Vec<Response> = snapshot
            .responses
            .iter()
            .filter_map(|row| {
                let wave = *position.get(&row.wave_id)?;
                let instrument = &waves[wave].instrument;
                let numeric = answers.get(&row.id).copied().unwrap_or_default();
                let others = choices.get(&row.id).copied().unwrap_or_default();
                let not_asked = row.invitation_id.map(|draw| not_asked(instrument, (numeric, others), draw));
                asked_unknown += usize::from(not_asked.is_none() && instrument.leaves_out());
                let of_entry = row.about_entry_id.and_then(|entry| attributes.get(&entry));
                Some(Response {
                    account: row.account_id,
                    contact: match row.role.as_deref() {
                        Some("decides") => Contact::Decides,
                        Some("uses") => Contact::Uses,
                        Some("pays") => Contact::Pays,
                        _ => Contact::Unspecified,
                    },
                    wave,
                    unit: row.unit_id,
                    answered_at: row.answered_at,
                    weight: row.weight,
                    answers: numbers(numeric),
                    not_asked: not_asked.unwrap_or_default(),
                    attributes: of_entry.map(|rows| operational(rows, question)).unwrap_or_default(),
                })
            })
            .collect();
        let fingerprint = fingerprint(snapshot, &responses);
        Ok(Self {
            accounts: snapshot.accounts.clone(),
            waves,
            responses,
            asked_unknown,
            // A report of a past quarter knows no money that came after it.
            ledger: Ledger::new(snapshot.flows.clone(), until),
            currency,
            fingerprint,
        })
    }
}

fn waves(snapshot: &Snapshot) -> Result<Vec<Wave>, AnalysisError> {
    snapshot
        .waves
        .iter()
        .map(|row| {
            let instrument =
                survey::parse(&row.survey_key, &row.document).map_err(AnalysisError::StoredSurvey)?;
            let about_purchases = snapshot
                .responses
                .iter()
                .any(|response| response.wave_id == row.id && response.about_entry_id.is_some());
            let of_all_customers = row.name.is_some() && !about_purchases;
            Ok(Wave { id: row.id, opened_at: row.opened_at, of_all_customers, instrument })
        })
        .collect()
}

fn by_owner<R>(rows: &[R], owner: impl Fn(&R) -> Uuid) -> HashMap<Uuid, &[R]> {
    rows.chunk_by(|a, b| owner(a) == owner(b)).map(|chunk| (owner(&chunk[0]), chunk)).collect()
}

/// Items that were left out for the respondent of an invitation, whose id drew the rotations.
fn not_asked(
    instrument: &Instrument,
    (numeric, others): (&[NumberRow], &[ChoiceRow]),
    invitation: Uuid,
) -> BTreeSet<String> {
    let numbers = numeric
        .iter()
        .map(|row| (row.name.clone(), StoredAnswer { number: Some(row.number), ..StoredAnswer::default() }));
    let others = others.iter().map(|row| {
        // That something was written is all that a condition can ask of a text.
        let text = row.choice.is_none().then(String::new);
        (row.name.clone(), StoredAnswer { number: None, choice: row.choice.clone(), text })
    });
    instrument.not_asked(&instrument.given(numbers.chain(others)), &invitation.to_string())
}

fn numbers(rows: &[NumberRow]) -> BTreeMap<String, f64> {
    rows.iter().map(|row| (row.name.clone(), row.number)).collect()
}

/// Operational drivers that the question asks for, in index points.
fn operational(rows: &[NumberRow], question: &Question) -> BTreeMap<String, f64> {
    rows.iter()
        .filter_map(|row| {
            let driver = question.operational.iter().find(|driver| driver.attribute == row.name)?;
            Some((row.name.clone(), driver.score(row.number)))
        })
        .collect()
}

/// Hashes every row that can change a number. Ids are made at import, so rows are named by their position:
/// the same files imported in the same order into another database give the same fingerprint.
fn fingerprint(snapshot: &Snapshot, responses: &[Response]) -> String {
    let accounts = positions(snapshot.accounts.iter().map(|account| account.id));
    let waves = positions(snapshot.waves.iter().map(|wave| wave.id));
    let investments = positions(snapshot.investments.iter().map(|investment| investment.id));
    let place = |map: &HashMap<Uuid, u64>, id: Uuid| map.get(&id).copied().unwrap_or(u64::MAX).to_le_bytes();
    let mut digest = Sha256::new();
    for account in &snapshot.accounts {
        digest.update(format!("{:?} {} {:?}\n", account.segment, account.state, account.first_seen));
    }
    for flow in &snapshot.flows {
        digest.update(place(&accounts, flow.account));
        digest.update(flow.from.as_micros().to_le_bytes());
        digest.update(flow.to.as_micros().to_le_bytes());
        for sum in [flow.revenue, flow.cost] {
            digest.update([u8::from(sum.is_some())]);
            digest.update(sum.unwrap_or(0).to_le_bytes());
        }
        digest.update([flow.active.map_or(2, u8::from)]);
    }
    for wave in &snapshot.waves {
        digest.update([u8::from(wave.name.is_some())]);
        digest.update(wave.opened_at.as_micros().to_le_bytes());
        digest.update(&wave.document);
    }
    for response in &snapshot.responses {
        digest.update(place(&waves, response.wave_id));
        digest.update(place(&accounts, response.account_id.unwrap_or_default()));
        digest.update(response.answered_at.as_micros().to_le_bytes());
        digest.update(response.weight.to_le_bytes());
    }
    for row in snapshot.answers.iter().chain(&snapshot.attributes) {
        digest.update(&row.name);
        digest.update(row.number.to_le_bytes());
    }
    for (at, response) in (0_u64..).zip(responses) {
        for item in &response.not_asked {
            digest.update(at.to_le_bytes());
            digest.update(item);
        }
    }
    for total in &snapshot.totals {
        digest.update(total.period_start.as_micros().to_le_bytes());
        digest.update(total.revenue.to_le_bytes());
    }
    for row in &snapshot.investments {
        let without_id = InvestmentRow { id: Uuid::nil(), ..row.clone() };
        digest.update(format!("{without_id:?}\n"));
    }
    for point in &snapshot.cost_points {
        digest.update(place(&investments, point.investment_id));
        digest.update(format!("{} {} {}\n", point.level, point.yearly_cost, point.source));
    }
    hex(&digest.finalize())
}

fn positions(ids: impl Iterator<Item = Uuid>) -> HashMap<Uuid, u64> {
    ids.zip(0..).collect()
}
