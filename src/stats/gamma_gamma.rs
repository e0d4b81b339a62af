//! The Gamma-Gamma model of how much is spent at a purchase.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

use crate::ols::{check_finite, correlation};
use crate::positive_maximum::{Likelihood, Parameter, maximise};
use crate::special_functions::trigamma;
use crate::{Column, Count, Refusal, ValueFault, ValueWarning, Warning};

/// Correlation of frequency and amount above which the model's assumption is doubtful; a judgement, CDNOW has
/// 0.11.
const DEPENDENT: f64 = 0.3;
/// Observations beyond the number of parameters below which a fit warns.
const SPARE_OBSERVATIONS: usize = 10;

/// The parameters: amounts differ around each customer's mean by a gamma distribution with shape p, and the
/// means between customers by an inverse gamma distribution (q, gamma).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GammaGamma {
    /// Shape within a customer.
    pub p: f64,
    /// Shape between customers.
    pub q: f64,
    /// Scale, in money.
    pub gamma: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Estimate of p.
    pub p: Parameter,
    /// Estimate of q.
    pub q: Parameter,
    /// Estimate of gamma.
    pub gamma: Parameter,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Customers in the fit: those with a repeat purchase that cost something.
    pub n: usize,
    /// Mean of their mean amounts.
    pub mean: f64,
    /// Correlation of frequency and mean amount; `None` if one of them is constant. The model takes it to be 0.
    pub correlation: Option<f64>,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Customers with the same number of purchases.
struct Group {
    x: f64,
    amounts: Vec<f64>,
    logs: f64,
}

/// Fits the model to the number of repeat purchases and their mean amount; customers without repeats are left
/// out, and those whose mean is 0 too, with a warning.
///
/// # Errors
///
/// Refuses columns of different length, amounts that are negative or not finite, three customers or fewer,
/// amounts that are all the same, and data that do not show how customers differ.
///
/// # Source
///
/// Fader and Hardie 2013, *The Gamma-Gamma Model of Monetary Value*.
pub fn fit(frequency: &[u32], mean_amount: &[f64]) -> Result<Fit, Refusal> {
    if mean_amount.len() != frequency.len() {
        return Err(Refusal::LengthMismatch { expected: frequency.len(), found: mean_amount.len() });
    }
    check_finite(mean_amount, Column::Driver(1))?;
    if let Some(row) = mean_amount.iter().position(|amount| *amount < 0.0) {
        return Err(Refusal::Value(ValueFault::NegativeAmount { row }));
    }
    let repeaters = frequency.iter().zip(mean_amount).filter(|(x, _)| **x > 0);
    let free = repeaters.clone().filter(|(_, amount)| **amount <= 0.0).count();
    let mut rows: Vec<(u32, f64)> = repeaters.filter(|(_, z)| **z > 0.0).map(|(x, z)| (*x, *z)).collect();
    let n = rows.len();
    if n <= 3 {
        return Err(Refusal::TooFew { what: Count::Observations, have: n as f64, need: 4.0 });
    }
    let (counts, amounts): (Vec<f64>, Vec<f64>) = rows.iter().map(|(x, z)| (f64::from(*x), *z)).unzip();
    let (smallest, largest) =
        amounts.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), z| (low.min(*z), high.max(*z)));
    if smallest >= largest {
        return Err(Refusal::NoVariance { column: Column::Driver(1) });
    }
    // In units of the mean, whose sum cannot overflow when taken so.
    let unit = amounts.iter().map(|z| z / n as f64).sum::<f64>();
    rows.sort_unstable_by_key(|(x, _)| *x);
    let groups = groups(&rows, unit);
    let found = maximise(&[1.0, 3.0, 2.0], |p| likelihood(&groups, p))?;
    let [p, q, gamma] = found.parameters[..] else { return Err(Refusal::NotConverged) };
    let gamma = gamma.times(unit);
    let log_likelihood = found.value - n as f64 * unit.ln();
    if !(log_likelihood.is_finite() && gamma.high.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let correlation = correlation(&counts, &amounts, true);
    let mut warnings = Vec::new();
    if let Some(correlation) = correlation.filter(|r| r.abs() > DEPENDENT) {
        warnings.push(Warning::Value(ValueWarning::Dependence { correlation }));
    }
    if free > 0 {
        warnings.push(Warning::Value(ValueWarning::ZeroAmounts { customers: free }));
    }
    if n < 3 + SPARE_OBSERVATIONS {
        let need = (3 + SPARE_OBSERVATIONS) as f64;
        warnings.push(Warning::Few { what: Count::Observations, have: n as f64, need });
    }
    let iterations = found.iterations;
    Ok(Fit { p, q, gamma, log_likelihood, n, mean: unit, correlation, iterations, warnings })
}

/// Rows sorted by frequency, grouped by it: the gamma functions are then needed once a group.
fn groups(rows: &[(u32, f64)], unit: f64) -> Vec<Group> {
    rows.chunk_by(|a, b| a.0 == b.0)
        .map(|rows| {
            let amounts: Vec<f64> = rows.iter().map(|(_, amount)| amount / unit).collect();
            let logs = amounts.iter().map(|amount| amount.ln()).sum();
            Group { x: rows.first().map_or(1.0, |row| f64::from(row.0)), amounts, logs }
        })
        .collect()
}

fn likelihood(groups: &[Group], parameters: &[f64]) -> Likelihood {
    let (mut value, mut g, mut h) = (0.0, DVector::zeros(3), DMatrix::zeros(3, 3));
    if let [p, q, gamma] = parameters[..] {
        let (log_gamma, of_q) = (gamma.ln(), (ln_gamma(q), digamma(q), trigamma(q)));
        for Group { x, amounts, logs } in groups {
            let (n, u) = (amounts.len() as f64, p * x);
            let (of_u, of_sum) = ((digamma(u), trigamma(u)), (digamma(u + q), trigamma(u + q)));
            // Sums of ln(gamma + x z), 1 / (gamma + x z) and its square.
            let (mut log, mut inverse, mut square) = (0.0, 0.0, 0.0);
            for amount in amounts {
                let all = gamma + x * amount;
                log += all.ln();
                inverse += 1.0 / all;
                square += 1.0 / (all * all);
            }
            value += n * (ln_gamma(u + q) - ln_gamma(u) - of_q.0 + q * log_gamma + u * x.ln())
                + (u - 1.0) * logs
                - (u + q) * log;
            g[0] += x * (n * (of_sum.0 - of_u.0 + x.ln()) + logs - log);
            g[1] += n * (of_sum.0 - of_q.1 + log_gamma) - log;
            g[2] += n * q / gamma - (u + q) * inverse;
            h[(0, 0)] += n * x * x * (of_sum.1 - of_u.1);
            h[(0, 1)] += n * x * of_sum.1;
            h[(0, 2)] -= x * inverse;
            h[(1, 1)] += n * (of_sum.1 - of_q.2);
            h[(1, 2)] += n / gamma - inverse;
            h[(2, 2)] += (u + q) * square - n * q / (gamma * gamma);
        }
        h.fill_lower_triangle_with_upper_triangle();
    }
    Likelihood { value, gradient: g, hessian: h }
}

impl Fit {
    /// The estimates.
    pub fn model(&self) -> GammaGamma {
        GammaGamma { p: self.p.estimate, q: self.q.estimate, gamma: self.gamma.estimate }
    }
}

impl GammaGamma {
    /// Log-likelihood of customers at these parameters: numbers of repeat purchases (1 or more) and their mean
    /// amounts (above 0).
    pub fn log_likelihood(&self, frequency: &[u32], mean_amount: &[f64]) -> Result<f64, Refusal> {
        self.check()?;
        if mean_amount.len() != frequency.len() {
            return Err(Refusal::LengthMismatch { expected: frequency.len(), found: mean_amount.len() });
        }
        check_finite(mean_amount, Column::Driver(1))?;
        let mut rows: Vec<(u32, f64)> = frequency.iter().copied().zip(mean_amount.iter().copied()).collect();
        if let Some(row) = rows.iter().position(|(x, amount)| *x == 0 || *amount <= 0.0) {
            return Err(Refusal::Value(ValueFault::NegativeAmount { row }));
        }
        rows.sort_unstable_by_key(|(x, _)| *x);
        let value = likelihood(&groups(&rows, 1.0), &[self.p, self.q, self.gamma]).value;
        if value.is_finite() { Ok(value) } else { Err(Refusal::OutOfRange) }
    }

    /// Expected amount of a purchase over all customers, `p gamma / (q - 1)`.
    ///
    /// # Errors
    ///
    /// Refuses parameters that are not positive, and q of 1 or less: there is no mean then.
    pub fn mean(&self) -> Result<f64, Refusal> {
        self.expected_amount(0, 0.0)
    }

    /// Expected amount of a purchase of a customer with `frequency` repeat purchases of `mean_amount`: between
    /// the customer's own mean and that of all, `(gamma + x z) p / (p x + q - 1)`.
    ///
    /// # Errors
    ///
    /// As [`Self::mean`], and a negative amount.
    pub fn expected_amount(&self, frequency: u32, mean_amount: f64) -> Result<f64, Refusal> {
        self.check()?;
        if self.q <= 1.0 {
            return Err(Refusal::Value(ValueFault::NoMean { q: self.q }));
        }
        if mean_amount < 0.0 {
            return Err(Refusal::Value(ValueFault::NegativeAmount { row: 0 }));
        }
        let x = f64::from(frequency);
        let expected = (self.gamma + x * mean_amount) * (self.p / (self.p * x + self.q - 1.0));
        if expected.is_finite() { Ok(expected) } else { Err(Refusal::OutOfRange) }
    }

    fn check(&self) -> Result<(), Refusal> {
        let valid = [self.p, self.q, self.gamma].iter().all(|p| *p > 0.0 && p.is_finite());
        if valid { Ok(()) } else { Err(Refusal::OutOfRange) }
    }
}
