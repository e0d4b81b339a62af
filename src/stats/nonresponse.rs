//! Those who answered against all who were asked, by what the customer file knows of both.

use serde::{Deserialize, Serialize};

use crate::measurement::average;
use crate::ols::{Problem, StandardErrors, check_finite};
use crate::raking::design_effect;
use crate::response_rate::standardised_difference;
use crate::{Column, Count, Refusal, Warning, logistic};

/// Standardised difference above which the sample is not like the silent.
const DIFFERS: f64 = 0.1;
/// Response rate below which it warns whatever the file says.
const LOW_RATE: f64 = 0.3;
/// Classes of the estimated probability to answer.
const CLASSES: usize = 5;

/// One variable of the customer file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FrameRow {
    /// Mean of those who answered.
    pub respondents: f64,
    /// Mean of all who were asked.
    pub invited: f64,
    /// Mean of the silent.
    pub silent: f64,
    /// Standardised difference, respondents less the silent; against all who were asked it would be smaller by the share
    /// that answered.
    pub difference: f64,
}

/// Respondents and invited, variable by variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameComparison {
    /// One per variable, in their order.
    pub rows: Vec<FrameRow>,
    /// Who were asked.
    pub invited: usize,
    /// Who answered.
    pub respondents: usize,
    /// A difference above 0.1, or a rate below 30 %.
    pub warnings: Vec<Warning>,
}

/// Compares those who answered with all who were asked; `frame` holds one column per variable (a category as one column
/// of 0 and 1 per value).
///
/// # Errors
///
/// Refuses fewer than two respondents or silent, columns of different length, and values that are not finite.
///
/// # Source
///
/// Groves 2006, Public Opinion Quarterly 70:646-675.
pub fn compare_with_frame(frame: &[&[f64]], responded: &[bool]) -> Result<FrameComparison, Refusal> {
    check(frame, responded)?;
    let respondents = responded.iter().filter(|responded| **responded).count();
    let silent = responded.len() - respondents;
    if respondents.min(silent) < 2 {
        let have = respondents.min(silent) as f64;
        return Err(Refusal::TooFew { what: Count::Observations, have, need: 2.0 });
    }
    let mut rows = Vec::with_capacity(frame.len());
    for column in frame {
        let pick = |wanted: bool| -> Vec<f64> {
            column
                .iter()
                .zip(responded)
                .filter(|(_, answered)| **answered == wanted)
                .map(|(v, _)| *v)
                .collect()
        };
        let found = standardised_difference(&pick(true), &pick(false)).ok_or(Refusal::OutOfRange)?;
        let row = FrameRow {
            respondents: found.first,
            invited: average(column),
            silent: found.second,
            difference: found.difference,
        };
        if ![row.respondents, row.invited, row.silent, row.difference].iter().all(|value| value.is_finite()) {
            return Err(Refusal::OutOfRange);
        }
        rows.push(row);
    }
    let difference = rows.iter().fold(0.0_f64, |most, row| row.difference.abs().max(most));
    let mut warnings = Vec::new();
    if difference > DIFFERS {
        warnings.push(Warning::Nonresponse { difference });
    }
    let rate = respondents as f64 / responded.len() as f64;
    if rate < LOW_RATE {
        warnings.push(Warning::LowResponse { rate });
    }
    Ok(FrameComparison { rows, invited: responded.len(), respondents, warnings })
}

/// Everybody with about the same estimated probability to answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PropensityClass {
    /// Lowest estimated probability.
    pub low: f64,
    /// Highest estimated probability.
    pub high: f64,
    /// Who were asked.
    pub invited: usize,
    /// Who answered.
    pub respondents: usize,
    /// Invited over respondents: the weight of each who answered.
    pub weight: f64,
}

/// Weights that undo what the customer file explains of the silence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Propensity {
    /// One per invited, 0 for the silent; they sum to the number invited.
    pub weights: Vec<f64>,
    /// Estimated probability to answer, one per invited.
    pub probabilities: Vec<f64>,
    /// At most five classes, from the least probable on.
    pub classes: Vec<PropensityClass>,
    /// Kish's design effect over those who answered.
    pub design_effect: f64,
    /// What limits the model of the response.
    pub warnings: Vec<Warning>,
}

/// Inverse-propensity weights in five classes: a logistic model of the response on the customer file, its probabilities
/// cut into fifths, and in each the inverse of the share that answered. Classes limit the weights, and lean on the model
/// for the order of customers only. A class in which nobody answered is joined to its neighbour; equal probabilities stay
/// together.
///
/// # Errors
///
/// What [`logistic::fit`] refuses: everybody or nobody answered, separation, too few answers per variable.
///
/// # Source
///
/// Little 1986, International Statistical Review 54:139-157.
pub fn inverse_propensity(frame: &[&[f64]], responded: &[bool]) -> Result<Propensity, Refusal> {
    check(frame, responded)?;
    let outcome: Vec<f64> = responded.iter().map(|responded| f64::from(u8::from(*responded))).collect();
    let problem = Problem { outcome: &outcome, drivers: frame, intercept: true, weights: None };
    let model = logistic::fit(&problem, StandardErrors::Classic)?;
    let groups = classes(&model.fitted, responded);
    let mut weights = vec![0.0; responded.len()];
    let mut classes = Vec::with_capacity(groups.len());
    for rows in &groups {
        let respondents = rows.iter().filter(|row| responded[**row]).count();
        let weight = rows.len() as f64 / respondents as f64;
        for row in rows.iter().filter(|row| responded[**row]) {
            weights[*row] = weight;
        }
        let end =
            |pick: fn(f64, f64) -> f64| rows.iter().map(|row| model.fitted[*row]).reduce(pick).unwrap_or(0.0);
        classes.push(PropensityClass {
            low: end(f64::min),
            high: end(f64::max),
            invited: rows.len(),
            respondents,
            weight,
        });
    }
    let answered: Vec<f64> = weights.iter().copied().filter(|weight| *weight > 0.0).collect();
    let design_effect = design_effect(&answered).ok_or(Refusal::OutOfRange)?;
    Ok(Propensity { weights, probabilities: model.fitted, classes, design_effect, warnings: model.warnings })
}

/// Rows in fifths by probability, from the least on, each with somebody who answered.
fn classes(probabilities: &[f64], responded: &[bool]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut fifths: Vec<Vec<usize>> = vec![Vec::new(); CLASSES];
    let mut class = 0;
    for (rank, row) in order.iter().enumerate() {
        let tied = rank > 0 && probabilities[order[rank - 1]].total_cmp(&probabilities[*row]).is_eq();
        if !tied {
            class = rank * CLASSES / order.len();
        }
        fifths[class].push(*row);
    }
    let mut joined: Vec<Vec<usize>> = Vec::with_capacity(CLASSES);
    let mut waiting = Vec::new();
    for fifth in fifths {
        waiting.extend(fifth);
        if waiting.iter().any(|row| responded[*row]) {
            joined.push(std::mem::take(&mut waiting));
        }
    }
    if let Some(last) = joined.last_mut() {
        last.extend(waiting);
    }
    joined
}

fn check(frame: &[&[f64]], responded: &[bool]) -> Result<(), Refusal> {
    for (index, column) in frame.iter().enumerate() {
        if column.len() != responded.len() {
            return Err(Refusal::LengthMismatch { expected: responded.len(), found: column.len() });
        }
        check_finite(column, Column::Driver(index))?;
    }
    Ok(())
}
