//! Whether probabilities are right in size: proper scores, calibration in the large, slope, reliability.

use serde::{Deserialize, Serialize};

use crate::binary::{Likelihood, Penalty, level_of};
use crate::design::{Design, Level};
use crate::discrimination;
use crate::measurement::{average, wilson};
use crate::ols::TestResult;
use crate::quantile;
use crate::{Column, Interval, Refusal};

/// Groups of the reliability curve.
const GROUPS: usize = 10;

/// A group of neighbouring probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityGroup {
    /// Rows.
    pub rows: usize,
    /// Mean probability.
    pub predicted: f64,
    /// Share of events, with Wilson's interval.
    pub observed: Interval,
}

/// What probabilities are worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Rows.
    pub n: usize,
    /// Rows with the event.
    pub events: usize,
    /// Mean squared difference of probability and outcome.
    pub brier: f64,
    /// 1 less the Brier score over that of the share of events for all.
    pub scaled_brier: f64,
    /// Mean of minus the logarithm of the probability of what came about; absent where something came about that
    /// had probability 0.
    pub log_loss: Option<f64>,
    /// Calibration in the large: what has to be added to all log-odds; above 0 where too few events were
    /// predicted. Absent, like the next two, where a probability is 0 or 1.
    pub in_the_large: Option<f64>,
    /// Slope of the outcome's log-odds on the predicted ones; below 1 where predictions are too extreme. It is 1
    /// by construction on the rows of the fit: report it from rows that the fit has not seen.
    pub slope: Option<f64>,
    /// The intercept that goes with the slope.
    pub intercept: Option<f64>,
    /// Mean gap of predicted and observed over the groups of `reliability`, by their rows.
    pub expected_calibration_error: f64,
    /// Ten groups of about equal size, the lowest probabilities first; fewer where there are fewer rows.
    pub reliability: Vec<ReliabilityGroup>,
    /// Hosmer and Lemeshow's statistic over the same ten groups; kept for comparison with older work. Absent
    /// where a group's expectation is 0 or there are fewer than ten groups.
    pub hosmer_lemeshow: Option<TestResult>,
}

/// Refuses what [`discrimination::check`] does, and values that are no probabilities.
fn check(outcome: &[f64], probability: &[f64]) -> Result<(), Refusal> {
    discrimination::check(outcome, probability)?;
    match probability.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(row) => Err(Refusal::NotProbability { row }),
        None => Ok(()),
    }
}

/// Mean squared difference of probability and outcome.
pub(crate) fn brier(outcome: &[f64], probability: &[f64]) -> f64 {
    let squares: Vec<f64> = outcome.iter().zip(probability).map(|(y, p)| (y - p).powi(2)).collect();
    average(&squares)
}

/// Compares probabilities with outcomes; intervals at `level`.
///
/// # Errors
///
/// Other lengths; values that are not finite; an outcome other than 0 and 1, or constant; values outside 0 to 1.
///
/// # Source
///
/// Brier 1950; Cox 1958, Biometrika 45:562-565 (intercept and slope); Steyerberg 2019, *Clinical Prediction
/// Models*, ch. 15; Hosmer and Lemeshow 1980.
pub fn calibration(outcome: &[f64], probability: &[f64], level: f64) -> Result<Calibration, Refusal> {
    check(outcome, probability)?;
    let share = average(outcome);
    if share <= 0.0 || share >= 1.0 {
        return Err(Refusal::NoVariance { column: Column::Outcome });
    }
    let brier = brier(outcome, probability);
    let losses: Vec<f64> =
        outcome.iter().zip(probability).map(|(y, p)| -(if *y > 0.5 { *p } else { 1.0 - p }).ln()).collect();
    let log_odds: Vec<f64> = probability.iter().map(|p| p.ln() - (-p).ln_1p()).collect();
    let line = line(outcome, &log_odds);
    let groups = groups(outcome, probability);
    let reliability = groups.iter().filter_map(|group| group.describe(level)).collect();
    Ok(Calibration {
        n: outcome.len(),
        events: outcome.iter().filter(|y| **y > 0.5).count(),
        brier,
        scaled_brier: 1.0 - brier / (share * (1.0 - share)),
        log_loss: Some(average(&losses)).filter(|loss| loss.is_finite()),
        in_the_large: level_of(outcome, None, &log_odds),
        slope: line.map(|(_, slope)| slope),
        intercept: line.map(|(intercept, _)| intercept),
        expected_calibration_error: expected_error(&groups),
        hosmer_lemeshow: hosmer_lemeshow(&groups),
        reliability,
    })
}

/// Intercept and slope of the outcome's log-odds on the predicted ones; `None` where there is no maximum.
pub(crate) fn line(outcome: &[f64], log_odds: &[f64]) -> Option<(f64, f64)> {
    if !log_odds.iter().all(|value| value.is_finite()) {
        return None;
    }
    let design = Design::new(&[log_odds], Level::Intercept, None).ok()?;
    let weights = vec![1.0; outcome.len()];
    let likelihood = Likelihood { design: &design, outcome, weights: &weights, penalty: Penalty::None };
    let (maximum, _) = likelihood.maximise(None, None)?;
    let found = &design.transform * &maximum.coefficients;
    Some((found[0], found[1])).filter(|(a, b)| a.is_finite() && b.is_finite())
}

#[derive(Debug, Clone, Copy)]
struct Group {
    rows: usize,
    events: usize,
    predicted: f64,
}

impl Group {
    fn describe(&self, level: f64) -> Option<ReliabilityGroup> {
        let observed = wilson(self.events, self.rows, level)?;
        Some(ReliabilityGroup { rows: self.rows, predicted: self.predicted / self.rows as f64, observed })
    }
}

/// Groups of about equal size by rank, equal probabilities in the order of their rows.
fn groups(outcome: &[f64], probability: &[f64]) -> Vec<Group> {
    let rows = outcome.len();
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|a, b| probability[*a].total_cmp(&probability[*b]));
    let count = GROUPS.min(rows);
    (0..count)
        .map(|group| {
            let members = &order[group * rows / count..(group + 1) * rows / count];
            Group {
                rows: members.len(),
                events: members.iter().filter(|row| outcome[**row] > 0.5).count(),
                predicted: members.iter().map(|row| probability[*row]).sum(),
            }
        })
        .collect()
}

fn hosmer_lemeshow(groups: &[Group]) -> Option<TestResult> {
    let terms = groups.iter().map(|group| {
        let (n, expected) = (group.rows as f64, group.predicted);
        (group.events as f64 - expected).powi(2) / (expected * (1.0 - expected / n))
    });
    let statistic: f64 = terms.sum();
    let df1 = GROUPS as f64 - 2.0;
    (groups.len() == GROUPS && statistic.is_finite()).then(|| TestResult {
        statistic,
        df1,
        df2: None,
        p_value: quantile::chi_squared_sf(statistic, df1),
    })
}

fn expected_error(groups: &[Group]) -> f64 {
    let gaps: f64 = groups.iter().map(|group| (group.events as f64 - group.predicted).abs()).sum();
    gaps / groups.iter().map(|group| group.rows as f64).sum::<f64>()
}
