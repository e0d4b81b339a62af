//! Whom to speak to before they leave, and what that saves.

use serde::{Deserialize, Serialize};

use crate::calibration::{Calibration, calibration};
use crate::measurement::average;
use crate::ols::check_finite;
use crate::{Column, Count, Refusal, discrimination};

/// What a contact costs and brings about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Cost of one contact, in the currency of the customers' values.
    pub cost: f64,
    /// Share of those about to leave whom a contact keeps, 0 to 1.
    pub save_rate: f64,
}

/// A customer on the list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Warned {
    /// Row of the customer.
    pub row: usize,
    /// Its rank from 1 by expected net saving.
    pub rank: usize,
    /// Probability that it leaves.
    pub probability: f64,
    /// Value that leaves with it.
    pub value: f64,
    /// Probability above which a contact pays: cost over (save rate times value).
    pub threshold: f64,
    /// Probability times save rate times value, less the cost of the contact.
    pub expected_net_saving: f64,
}

/// The customers to contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarningList {
    /// Those whose contact is expected to pay, the greatest expected net saving first.
    pub contacts: Vec<Warned>,
    /// Sum of their expected net savings.
    pub expected_net_saving: f64,
    /// Customers that were scored.
    pub scored: usize,
}

fn check(probability: &[f64], value: &[f64], contact: Contact) -> Result<(), Refusal> {
    if probability.len() != value.len() {
        return Err(Refusal::LengthMismatch { expected: probability.len(), found: value.len() });
    }
    if let Some(row) = probability.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(Refusal::NotProbability { row });
    }
    check_finite(value, Column::Weight)?;
    let sound = contact.cost >= 0.0 && contact.cost.is_finite() && (0.0..=1.0).contains(&contact.save_rate);
    if sound { Ok(()) } else { Err(Refusal::OutOfRange) }
}

/// Net saving that a contact is expected to bring about.
fn saving(probability: f64, value: f64, contact: Contact) -> f64 {
    probability * contact.save_rate * value - contact.cost
}

/// The customers whom it pays to contact: those with `probability × save rate × value > cost`. A probability
/// alone is no reason; a valuable customer is called at a small one. Equal savings keep the order of the rows.
///
/// # Errors
///
/// Other lengths; values outside 0 to 1 among the probabilities; values that are not finite; a negative cost; a
/// save rate outside 0 to 1.
///
/// # Source
///
/// Elkan 2001, *The Foundations of Cost-Sensitive Learning*; Neslin et al. 2006, JMR 43:204-211.
pub fn warning_list(probability: &[f64], value: &[f64], contact: Contact) -> Result<WarningList, Refusal> {
    check(probability, value, contact)?;
    let mut contacts: Vec<Warned> = Vec::new();
    for (row, (p, v)) in probability.iter().zip(value).enumerate() {
        let expected_net_saving = saving(*p, *v, contact);
        if !expected_net_saving.is_finite() {
            return Err(Refusal::OutOfRange);
        }
        if expected_net_saving > 0.0 {
            let threshold = contact.cost / (contact.save_rate * v);
            contacts.push(Warned {
                row,
                rank: 0,
                probability: *p,
                value: *v,
                threshold,
                expected_net_saving,
            });
        }
    }
    contacts.sort_by(|a, b| b.expected_net_saving.total_cmp(&a.expected_net_saving));
    for (place, contact) in contacts.iter_mut().enumerate() {
        contact.rank = place + 1;
    }
    let savings: Vec<f64> = contacts.iter().map(|contact| contact.expected_net_saving).collect();
    let expected_net_saving = crate::factor::sum(&savings);
    if !expected_net_saving.is_finite() {
        return Err(Refusal::OutOfRange);
    }
    Ok(WarningList { contacts, expected_net_saving, scored: probability.len() })
}

/// Net saving of contacting the top of the list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SavingStep {
    /// How many are contacted.
    pub contacted: usize,
    /// What the probabilities promise.
    pub expected: f64,
    /// What the outcomes show: save rate times the value of those who left, less the cost of all contacts.
    pub realised: f64,
}

/// Expected and realised net saving of contacting the first 0, 1, … customers by expected net saving, for rows
/// whose outcome is known and that the model has not seen.
///
/// # Errors
///
/// As [`warning_list`]; an outcome other than 0 and 1.
pub fn saving_curve(
    outcome: &[f64],
    probability: &[f64],
    value: &[f64],
    contact: Contact,
) -> Result<Vec<SavingStep>, Refusal> {
    discrimination::check(outcome, probability)?;
    check(probability, value, contact)?;
    let mut order: Vec<usize> = (0..outcome.len()).collect();
    let expected = |row: usize| saving(probability[row], value[row], contact);
    order.sort_by(|a, b| expected(*b).total_cmp(&expected(*a)));
    let mut steps = vec![SavingStep { contacted: 0, expected: 0.0, realised: 0.0 }];
    let (mut promised, mut realised) = (0.0, 0.0);
    for (place, row) in order.into_iter().enumerate() {
        promised += expected(row);
        realised += saving(outcome[row], value[row], contact);
        steps.push(SavingStep { contacted: place + 1, expected: promised, realised });
    }
    let finite = steps.iter().all(|step| step.expected.is_finite() && step.realised.is_finite());
    if finite { Ok(steps) } else { Err(Refusal::OutOfRange) }
}

/// A point of the decision curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NetBenefit {
    /// Probability from which a customer is contacted.
    pub threshold: f64,
    /// Share rightly contacted, less the share wrongly contacted at the odds of the threshold.
    pub model: f64,
    /// The same if all are contacted; if nobody is, it is 0.
    pub all: f64,
}

/// The decision curve: net benefit of contacting by the model at each threshold, beside contacting all and
/// nobody. A model is of use at thresholds where it lies above both.
///
/// # Errors
///
/// As [`calibration`]; a threshold that is not above 0 and below 1.
///
/// # Source
///
/// Vickers and Elkin 2006, Medical Decision Making 26:565-574.
pub fn decision_curve(
    outcome: &[f64],
    probability: &[f64],
    thresholds: &[f64],
) -> Result<Vec<NetBenefit>, Refusal> {
    discrimination::check(outcome, probability)?;
    if let Some(row) = probability.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(Refusal::NotProbability { row });
    }
    if thresholds.iter().any(|t| !(*t > 0.0 && *t < 1.0)) {
        return Err(Refusal::OutOfRange);
    }
    let mut ranked: Vec<(f64, f64)> = probability.iter().copied().zip(outcome.iter().copied()).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut hits = vec![0.0];
    let mut sum = 0.0;
    for (_, y) in &ranked {
        sum += y;
        hits.push(sum);
    }
    let rows = outcome.len() as f64;
    let benefit = |threshold: f64| {
        let contacted = ranked.partition_point(|(p, _)| *p >= threshold);
        let odds = threshold / (1.0 - threshold);
        let at = |count: usize| (hits[count] - (count as f64 - hits[count]) * odds) / rows;
        NetBenefit { threshold, model: at(contacted), all: at(ranked.len()) }
    };
    Ok(thresholds.iter().map(|threshold| benefit(*threshold)).collect())
}

/// Satisfaction for a model that scores all customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithSilent {
    /// Satisfaction, of the silent the mean of those who answered.
    pub satisfaction: Vec<f64>,
    /// 1 for the silent: its coefficient says how they leave against an average respondent.
    pub silent: Vec<f64>,
    /// How many are silent.
    pub silent_rows: usize,
}

/// Satisfaction and an indicator of silence as two drivers: silence is a behaviour of its own and never read as
/// satisfaction; which number stands for the missing answer does not matter beside the indicator.
///
/// # Errors
///
/// Values that are not finite; nobody who answered.
pub fn with_silent(satisfaction: &[Option<f64>]) -> Result<WithSilent, Refusal> {
    let answered: Vec<f64> = satisfaction.iter().flatten().copied().collect();
    if answered.is_empty() {
        return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
    }
    if let Some(row) = satisfaction.iter().position(|value| value.is_some_and(|value| !value.is_finite())) {
        return Err(Refusal::NotFinite { column: Column::Driver(0), row });
    }
    let mean = average(&answered);
    Ok(WithSilent {
        satisfaction: satisfaction.iter().map(|value| value.unwrap_or(mean)).collect(),
        silent: satisfaction.iter().map(|value| f64::from(u8::from(value.is_none()))).collect(),
        silent_rows: satisfaction.len() - answered.len(),
    })
}

/// Calibration of those who answered and of the silent; absent where a part cannot be judged (empty, or with one
/// outcome only).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BySilence {
    /// Those who answered.
    pub answered: Option<Calibration>,
    /// The silent.
    pub silent: Option<Calibration>,
}

/// Calibration apart for those who answered and the silent, at `level`: good probabilities for the one say nothing
/// about the other.
///
/// # Errors
///
/// As [`calibration`] of all rows; a length other than the outcome's.
pub fn calibration_by_silence(
    outcome: &[f64],
    probability: &[f64],
    silent: &[bool],
    level: f64,
) -> Result<BySilence, Refusal> {
    if silent.len() != outcome.len() {
        return Err(Refusal::LengthMismatch { expected: outcome.len(), found: silent.len() });
    }
    calibration(outcome, probability, level)?;
    let part = |wanted: bool| {
        let rows = (0..outcome.len()).filter(|row| silent[*row] == wanted);
        let (y, p): (Vec<f64>, Vec<f64>) = rows.map(|row| (outcome[row], probability[row])).unzip();
        calibration(&y, &p, level).ok()
    };
    Ok(BySilence { answered: part(false), silent: part(true) })
}
