//! What is asked of a fit beside its coefficients.

use crate::factor::sum;
use crate::gram::Rows;
use crate::quantile;
use crate::{Column, Refusal};

use super::StandardErrors;
use super::fit::{LinearFit, TestResult, fit};
use super::model::Problem;

/// Ramsey's test of the functional form: whether the square and the cube of the fitted values add anything.
///
/// `None` where they do not exist beside the drivers (all drivers 0/1, say), or the fit is exact.
///
/// # Source
///
/// Ramsey 1969, J. Royal Statistical Society B 31:350-371.
pub fn reset(problem: &Problem<'_>, found: &LinearFit) -> Option<TestResult> {
    let fitted: Vec<f64> = problem.outcome.iter().zip(&found.residuals).map(|(y, e)| y - e).collect();
    // With an intercept, shift and scale do not change the space that the powers span, and keep it in range.
    let centre = if problem.intercept { sum(&fitted) / fitted.len() as f64 } else { 0.0 };
    let largest = fitted.iter().fold(0.0_f64, |most, value| (value - centre).abs().max(most));
    let power = |exponent| -> Vec<f64> {
        fitted.iter().map(|value| ((value - centre) / largest).powi(exponent)).collect()
    };
    let powers = [power(2), power(3)];
    let drivers: Vec<&[f64]> =
        problem.drivers.iter().copied().chain(powers.iter().map(Vec::as_slice)).collect();
    let wider = fit(&Problem { drivers: &drivers, ..*problem }, StandardErrors::Classic).ok()?;
    let df2 = (wider.n - wider.coefficients.len()) as f64;
    let statistic = (found.rss - wider.rss) / 2.0 / (wider.rss / df2);
    statistic.is_finite().then(|| TestResult {
        statistic,
        df1: 2.0,
        df2: Some(df2),
        p_value: quantile::f_sf(statistic, 2.0, df2),
    })
}

/// Coefficients in standard deviations of the outcome per standard deviation of the driver, without the intercept.
pub fn standardised(problem: &Problem<'_>, found: &LinearFit) -> Result<Vec<f64>, Refusal> {
    let columns: Vec<&[f64]> = problem.drivers.iter().copied().chain([problem.outcome]).collect();
    let rows = Rows::new(&columns, problem.weights, name(problem))?;
    let outcome = rows.sds()[problem.drivers.len()];
    let slopes = found.coefficients.iter().filter_map(|coefficient| {
        Some(coefficient.estimate * (rows.sds().get(coefficient.driver?)? / outcome))
    });
    let slopes: Vec<f64> = slopes.collect();
    if slopes.iter().all(|slope| slope.is_finite()) { Ok(slopes) } else { Err(Refusal::OutOfRange) }
}

/// Condition number of the standardised drivers: the root of the ratio of the largest to the smallest eigenvalue of
/// their correlation matrix.
///
/// # Source
///
/// Belsley, Kuh and Welsch 1980, *Regression Diagnostics*, ch. 3.
pub fn condition_number(problem: &Problem<'_>) -> Result<f64, Refusal> {
    let rows = Rows::new(problem.drivers, problem.weights, name(problem))?;
    let count = problem.drivers.len();
    let correlations = rows.moments(None).correlations().ok_or(Refusal::OutOfRange)?;
    let matrix = nalgebra::DMatrix::from_row_slice(count, count, &correlations);
    let eigenvalues = nalgebra::SymmetricEigen::new(matrix).eigenvalues;
    let ratio = eigenvalues.max() / eigenvalues.min();
    if ratio.is_finite() && ratio >= 1.0 { Ok(ratio.sqrt()) } else { Err(Refusal::OutOfRange) }
}

fn name(problem: &Problem<'_>) -> impl Fn(usize) -> Column {
    let drivers = problem.drivers.len();
    move |column| if column < drivers { Column::Driver(column) } else { Column::Outcome }
}
