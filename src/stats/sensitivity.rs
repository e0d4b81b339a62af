//! How strong an unmeasured cause would have to be to explain an effect away.

use serde::{Deserialize, Serialize};

use crate::ols::{self, Problem, StandardErrors};
use crate::quantile;
use crate::{Column, Count, Refusal};

/// How many times as strong as a measured driver the unmeasured cause is taken to be.
const STRENGTHS: [f64; 3] = [1.0, 2.0, 3.0];

/// What an unmeasured cause of a given strength would leave of the effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The measured driver that it is compared with, by its position.
    pub driver: usize,
    /// How many times as strong as that driver.
    pub times: f64,
    /// Share of what is left of the examined driver that it would explain.
    pub with_driver: f64,
    /// Share of what is left of the outcome that it would explain.
    pub with_outcome: f64,
    /// The effect that would be left at worst.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Estimate over standard error; absent where the cause would explain all of the outcome.
    pub statistic: Option<f64>,
    /// Lower end of its interval at the level of the test.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Robustness of one coefficient to what was not measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// The examined driver, by its position.
    pub driver: usize,
    /// Its coefficient.
    pub estimate: f64,
    /// Its classic standard error.
    pub std_error: f64,
    /// Estimate over standard error.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// The share of the effect that is taken to matter: 1 asks what would bring it to 0.
    pub q: f64,
    /// Level of the test, such as .05.
    pub alpha: f64,
    /// Share of the outcome's variance, of what the other drivers leave, that the driver explains.
    pub partial_r_squared: f64,
    /// Robustness value: the share of what is left of driver and outcome, both, that a cause would have to explain to
    /// take away the part `q` of the effect.
    pub robustness: f64,
    /// The same to make the effect no longer differ from what is left, at the level of the test; 0 where it does not
    /// already.
    pub robustness_of_test: f64,
    /// The strongest measured driver (the one that at equal strength would take away most), 1, 2 and 3 times as strong;
    /// empty without another driver. A strength that no cause can have is left out.
    pub strongest: Vec<Bound>,
    /// Every other driver at equal strength.
    pub benchmarks: Vec<Bound>,
}

/// The robustness value of a t statistic with `df` degrees of freedom for the part `q` of the effect; `None` for fewer
/// than one degree of freedom, or numbers that are not finite.
///
/// # Source
///
/// Cinelli and Hazlett 2020, JRSS B 82:39-67, 4.2.
pub fn robustness_value(statistic: f64, df: f64, q: f64) -> Option<f64> {
    let f = q * statistic.abs() / df.sqrt();
    (f.is_finite() && df >= 1.0 && q >= 0.0).then(|| balanced(f))
}

/// The robustness value for the test at level `alpha`.
pub fn robustness_value_of_test(statistic: f64, df: f64, q: f64, alpha: f64) -> Option<f64> {
    let f = q * statistic.abs() / df.sqrt();
    if !(f.is_finite() && df >= 2.0 && q >= 0.0 && alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let critical = quantile::t(1.0 - alpha / 2.0, df - 1.0) / (df - 1.0).sqrt();
    Some(if f <= critical {
        0.0
    } else if f * critical > 1.0 {
        // The cause would explain all that is left of the outcome before both shares are equal.
        (f * f - critical * critical) / (1.0 + f * f)
    } else {
        balanced(f - critical)
    })
}

/// `(sqrt(f^4 + 4 f^2) - f^2) / 2`, in a form that loses no digits for large f.
fn balanced(f: f64) -> f64 {
    if f == 0.0 { 0.0 } else { 2.0 / (1.0 + (1.0 + 4.0 / (f * f)).sqrt()) }
}

/// Examines the coefficient of `driver` in the linear model of all drivers, for the part `q` of the effect (1: all of it)
/// and a test at `alpha`.
///
/// # Errors
///
/// What [`ols::fit`] refuses, for the model and for the driver on the others; a `driver` that is not there; an effect
/// without a standard error, which nothing can explain away.
///
/// # Source
///
/// Cinelli and Hazlett 2020, JRSS B 82:39-67.
pub fn sensitivity(problem: &Problem<'_>, driver: usize, q: f64, alpha: f64) -> Result<Sensitivity, Refusal> {
    let have = problem.drivers.len() as f64;
    let Some(examined) = problem.drivers.get(driver) else {
        return Err(Refusal::TooFew { what: Count::Drivers, have, need: driver as f64 + 1.0 });
    };
    let first = usize::from(problem.intercept);
    let fit = ols::fit(problem, StandardErrors::Classic)?;
    let coefficient = &fit.coefficients[first + driver];
    let df = problem.outcome.len() as f64 - fit.coefficients.len() as f64;
    let statistic = coefficient.statistic.ok_or(Refusal::NoVariance { column: Column::Outcome })?;
    let few =
        Refusal::TooFew { what: Count::Observations, have: problem.outcome.len() as f64, need: have + 3.0 };
    let robustness = robustness_value(statistic, df, q).ok_or(few)?;
    let robustness_of_test = robustness_value_of_test(statistic, df, q, alpha).ok_or(few)?;
    let others: Vec<usize> = (0..problem.drivers.len()).filter(|other| *other != driver).collect();
    let mut found = Sensitivity {
        driver,
        estimate: coefficient.estimate,
        std_error: coefficient.std_error,
        statistic,
        df,
        q,
        alpha,
        partial_r_squared: partial_r_squared(statistic, df),
        robustness,
        robustness_of_test,
        strongest: Vec::new(),
        benchmarks: Vec::new(),
    };
    if others.is_empty() {
        return Ok(found);
    }
    let columns: Vec<&[f64]> = others.iter().map(|other| problem.drivers[*other]).collect();
    let on_others =
        ols::fit(&Problem { outcome: examined, drivers: &columns, ..*problem }, StandardErrors::Classic)
            .map_err(|refusal| match refusal {
                // Of the other drivers only; the caller counts all.
                Refusal::Leak { column: Column::Driver(position) } if position >= driver => {
                    Refusal::Leak { column: Column::Driver(position + 1) }
                }
                other => other,
            })?;
    let measured: Vec<(usize, f64, f64)> = others
        .iter()
        .enumerate()
        .map(|(position, other)| {
            let part = |t: Option<f64>, df: f64| t.map_or(0.0, |t| partial_r_squared(t, df));
            let with_driver = part(on_others.coefficients[first + position].statistic, df + 1.0);
            (*other, with_driver, part(fit.coefficients[first + other].statistic, df))
        })
        .collect();
    let bound =
        |(other, with_driver, with_outcome), times| found.bound(other, with_driver, with_outcome, times);
    let benchmarks: Vec<Bound> = measured.iter().filter_map(|driver| bound(*driver, 1.0)).collect();
    let least = |a: &&Bound, b: &&Bound| found.left(a).total_cmp(&found.left(b));
    let strongest = benchmarks.iter().min_by(least).map(|most| most.driver);
    let strongest = measured.iter().find(|(other, ..)| Some(*other) == strongest);
    let strongest = strongest
        .map_or_else(Vec::new, |own| STRENGTHS.iter().filter_map(|times| bound(*own, *times)).collect());
    (found.strongest, found.benchmarks) = (strongest, benchmarks);
    Ok(found)
}

impl Sensitivity {
    /// What a cause would leave that is `times` as strong as a measured driver, of which the shares are given that it
    /// explains of the examined driver and of the outcome; `None` where it would explain all of the examined driver.
    pub fn bound(&self, driver: usize, with_driver: f64, with_outcome: f64, times: f64) -> Option<Bound> {
        let treatment = times * with_driver / (1.0 - with_driver);
        // Share of the examined driver that cause and measured driver have in common, given both.
        let common = times * with_driver * with_driver / ((1.0 - times * with_driver) * (1.0 - with_driver));
        let possible = (0.0..1.0).contains(&treatment) && (0.0..1.0).contains(&common);
        if !possible {
            return None;
        }
        let scale = (times.sqrt() + common.sqrt()) / (1.0 - common).sqrt();
        let outcome = (scale * scale * with_outcome / (1.0 - with_outcome)).min(1.0);
        let bias = self.std_error * (self.df * outcome * treatment / (1.0 - treatment)).sqrt();
        let estimate = self.estimate - self.estimate.signum() * bias;
        let std_error =
            self.std_error * (self.df / (self.df - 1.0) * (1.0 - outcome) / (1.0 - treatment)).sqrt();
        let half = quantile::t(1.0 - self.alpha / 2.0, self.df - 1.0) * std_error;
        let bound = Bound {
            driver,
            times,
            with_driver: treatment,
            with_outcome: outcome,
            estimate,
            std_error,
            statistic: Some(estimate / std_error).filter(|t| t.is_finite()),
            low: estimate - half,
            high: estimate + half,
        };
        [outcome, bound.low, bound.high].iter().all(|value| value.is_finite()).then_some(bound)
    }

    /// The effect left, in the direction of the estimate.
    fn left(&self, bound: &Bound) -> f64 {
        bound.estimate * self.estimate.signum()
    }
}

fn partial_r_squared(statistic: f64, df: f64) -> f64 {
    // Overflow of the square would make the share NaN.
    let f = statistic / df.sqrt();
    if f.abs() > 1.0 { 1.0 / (1.0 + (1.0 / f).powi(2)) } else { f * f / (1.0 + f * f) }
}
