//! Whether low scores on a driver cost more satisfaction than high scores bring.

use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::bootstrap::replicates;
use crate::gram::{Moments, Rows};
use crate::ols::{self, Coefficient, LinearFit, Problem, SeKind, StandardErrors, TestResult};
use crate::quantile::f_sf;
use crate::spread::{Draws, Resampling, Spread};
use crate::{Column, Refusal, Warning};

/// Scores that are needed below and above.
const GROUP: usize = 30;
/// Asymmetry from which a driver is basic or exciting.
const ASYMMETRIC: f64 = 0.2;
/// Level of the tests, after Holm.
const LEVEL: f64 = 0.05;

/// What kind of driver it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A must: what is missing costs more than what is there brings.
    Basic,
    /// It counts both ways, not to the same degree.
    Performance,
    /// It delights: what is there brings more than what is missing costs.
    Excitement,
    /// Penalty and reward cannot be told apart.
    NotDistinguishable,
    /// A low score brings or a high score costs satisfaction, beyond chance.
    WrongSign,
}

/// One driver.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// Satisfaction of low scores less that of middle ones; expected to be negative.
    pub penalty: Coefficient,
    /// Satisfaction of high scores less that of middle ones; expected to be positive.
    pub reward: Coefficient,
    /// Rows with a low score.
    pub low_rows: usize,
    /// Rows with a high score.
    pub high_rows: usize,
    /// Penalty plus reward: 0 if both are as large.
    pub sum: f64,
    /// F test that the sum is 0.
    pub test: TestResult,
    /// Its p-value after Holm's correction over the drivers.
    pub p_holm: f64,
    /// `|P| + |R|`: the range of impact on overall satisfaction.
    pub range: f64,
    /// `(|R| - |P|) / (|R| + |P|)`, -1 to 1; absent where both are 0.
    pub asymmetry: Option<f64>,
    /// Of the asymmetry.
    pub asymmetries: Option<Spread>,
    /// What follows.
    pub kind: Kind,
}

/// Penalties and rewards of all drivers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PenaltyReward {
    /// One per driver, in their order.
    pub drivers: Vec<Contrast>,
    /// Satisfaction where every score is in the middle.
    pub intercept: Coefficient,
    /// R-squared.
    pub r_squared: f64,
    /// Observations.
    pub n: usize,
    /// How standard errors were taken.
    pub se_kind: SeKind,
    /// The bootstrap.
    pub draws: Draws,
    /// What limits the reading.
    pub warnings: Vec<Warning>,
}

/// Regresses the outcome on two columns per driver: whether its score is below `low`, and whether it is at or
/// above `high`. A driver is called basic or exciting only if the test that penalty and reward cancel rejects
/// after Holm's correction; a ratio of two estimates has no normal interval, so that of the asymmetry comes from a
/// bootstrap.
///
/// # Errors
///
/// What [`ols::fit`] refuses; fewer than 30 low or high scores of a driver.
///
/// # Source
///
/// Brandt 1987, Add Value to Your Service, 61-65; Mikulić and Prebežac 2008, Managing Service Quality 18:559-576;
/// Holm 1979, Scandinavian J. Statistics 6:65-70.
pub fn penalty_reward(
    problem: &Problem<'_>,
    (low, high): (f64, f64),
    errors: StandardErrors<'_>,
    resampling: &Resampling<'_>,
) -> Result<PenaltyReward, Refusal> {
    // Of the drivers themselves first: lengths, values, constants.
    problem.check()?;
    let columns: Vec<Vec<f64>> = problem
        .drivers
        .iter()
        .flat_map(|scores| [mark(scores, |score| score < low), mark(scores, |score| score >= high)])
        .collect();
    let rows: Vec<usize> =
        columns.iter().map(|column| column.iter().filter(|mark| **mark > 0.0).count()).collect();
    for (driver, pair) in rows.chunks_exact(2).enumerate() {
        let have = pair[0].min(pair[1]);
        if have < GROUP {
            return Err(Refusal::ThinGroup { column: Column::Driver(driver), have, need: GROUP });
        }
    }
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let fit =
        ols::fit(&Problem { drivers: &slices, intercept: true, ..*problem }, errors).map_err(by_driver)?;
    let (clusters, few) = resampling.clusters(problem.outcome.len())?;
    let all: Vec<&[f64]> = slices.iter().copied().chain([problem.outcome]).collect();
    let name = |column| if column < slices.len() { Column::Driver(column / 2) } else { Column::Outcome };
    let table = Rows::new(&all, problem.weights, name)?;
    let draw =
        |b| asymmetries(&table, &table.moments(Some(&clusters.counts(resampling.seed, b))), slices.len());
    let found: Vec<Vec<f64>> = replicates(resampling.draws, draw).into_iter().flatten().collect();
    let drivers: Vec<Contrast> = (0..problem.drivers.len())
        .map(|driver| {
            let spread = Spread::of(found.iter().map(|asymmetries| asymmetries[driver]));
            contrast(&fit, driver, (rows[2 * driver], rows[2 * driver + 1]), spread)
        })
        .collect::<Option<_>>()
        .ok_or(Refusal::OutOfRange)?;
    let told = |warning: &&Warning| matches!(warning, Warning::Few { .. } | Warning::Leverage { .. });
    let mut warnings = vec![Warning::Observational];
    warnings.extend(fit.warnings.iter().filter(told));
    warnings.extend(few.into_iter().filter(|few| !fit.warnings.contains(few)));
    let draws = resampling.used(found.len());
    warnings.extend(draws.warning());
    Ok(PenaltyReward {
        drivers: classified(drivers),
        intercept: fit.coefficients[0],
        r_squared: fit.r_squared,
        n: fit.n,
        se_kind: fit.se_kind,
        draws,
        warnings,
    })
}

fn mark(scores: &[f64], holds: impl Fn(f64) -> bool) -> Vec<f64> {
    scores.iter().map(|score| f64::from(u8::from(holds(*score)))).collect()
}

/// A refusal about one of two columns as one about their driver.
fn by_driver(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Aliased { column: Column::Driver(column) } => {
            Refusal::Aliased { column: Column::Driver(column / 2) }
        }
        Refusal::Leak { column: Column::Driver(column) } => {
            Refusal::Leak { column: Column::Driver(column / 2) }
        }
        Refusal::NoVariance { column: Column::Driver(column) } => {
            Refusal::NoVariance { column: Column::Driver(column / 2) }
        }
        other => other,
    }
}

fn asymmetry(penalty: f64, reward: f64) -> f64 {
    (reward.abs() - penalty.abs()) / (reward.abs() + penalty.abs())
}

/// The asymmetry of each driver in a resample; `None` if it lacks a group or groups coincide.
fn asymmetries(rows: &Rows, moments: &Moments, columns: usize) -> Option<Vec<f64>> {
    let correlations = moments.correlations()?;
    let side = columns + 1;
    let left = DMatrix::from_fn(columns, columns, |j, k| correlations[j * side + k]);
    let right = DVector::from_fn(columns, |j, _| correlations[j * side + columns]);
    let slopes = Cholesky::new(left)?.solve(&right);
    let slope = |column: usize| slopes[column] / (moments.sd(column) * rows.sds()[column]);
    let found: Vec<f64> =
        (0..columns / 2).map(|driver| asymmetry(slope(2 * driver), slope(2 * driver + 1))).collect();
    found.iter().all(|value| value.is_finite()).then_some(found)
}

/// Everything but the kind, which needs the tests of all drivers.
fn contrast(
    fit: &LinearFit,
    driver: usize,
    (low_rows, high_rows): (usize, usize),
    asymmetries: Option<Spread>,
) -> Option<Contrast> {
    let (p, r) = (2 * driver + 1, 2 * driver + 2);
    let (penalty, reward) = (fit.coefficients[p], fit.coefficients[r]);
    let sum = penalty.estimate + reward.estimate;
    let variance = fit.covariance[p][p] + fit.covariance[r][r] + 2.0 * fit.covariance[p][r];
    let statistic = (sum / variance.sqrt()).powi(2);
    // The smaller of the two where they differ, as clustered errors have it.
    let df2 = penalty.df?.min(reward.df?);
    let range = penalty.estimate.abs() + reward.estimate.abs();
    let test = TestResult { statistic, df1: 1.0, df2: Some(df2), p_value: f_sf(statistic, 1.0, df2) };
    (statistic.is_finite() && range.is_finite()).then_some(Contrast {
        penalty,
        reward,
        low_rows,
        high_rows,
        sum,
        test,
        p_holm: 1.0,
        range,
        asymmetry: Some(asymmetry(penalty.estimate, reward.estimate)).filter(|value| value.is_finite()),
        asymmetries,
        kind: Kind::NotDistinguishable,
    })
}

fn classified(mut drivers: Vec<Contrast>) -> Vec<Contrast> {
    let tests: Vec<f64> = drivers.iter().map(|driver| driver.test.p_value).collect();
    for (driver, p_holm) in drivers.iter_mut().zip(holm(&tests)) {
        driver.p_holm = p_holm;
        driver.kind = match driver.asymmetry {
            _ if driver.penalty.low > 0.0 || driver.reward.high < 0.0 => Kind::WrongSign,
            Some(asymmetry) if p_holm < LEVEL && asymmetry <= -ASYMMETRIC => Kind::Basic,
            Some(asymmetry) if p_holm < LEVEL && asymmetry >= ASYMMETRIC => Kind::Excitement,
            Some(_) if p_holm < LEVEL => Kind::Performance,
            _ => Kind::NotDistinguishable,
        };
    }
    drivers
}

/// p-values after Holm's correction, in the order given.
fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let (mut adjusted, mut largest) = (vec![1.0; p_values.len()], 0.0_f64);
    for (rank, test) in order.into_iter().enumerate() {
        largest = largest.max(p_values[test] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[test] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::holm;

    /// Worked by hand: 0.01 × 3, then 0.02 × 2 and 0.04 × 1, the last raised to the one before it.
    #[test]
    fn corrected_p_values_never_fall_with_the_rank() {
        let found = holm(&[0.04, 0.01, 0.02]);
        for (found, expected) in found.iter().zip([0.04, 0.03, 0.04]) {
            assert!((found - expected).abs() < 1e-15, "{found}");
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }
}
