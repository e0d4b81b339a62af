//! The shifted beta-geometric model of customers who renew contracts.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::positive_maximum::{Likelihood, Parameter, maximise};
use crate::special_functions::hypergeometric_1;
use crate::{Column, Count, Refusal, ValueFault, Warning};

/// Lost customers per parameter below which a fit warns.
const LOST_WANTED: f64 = 10.0;

/// One date of renewal in the life of a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Renewals {
    /// Customers who could renew.
    pub due: f64,
    /// Of them, those who did.
    pub kept: f64,
}

/// The parameters: the chance of not renewing differs between customers by a beta distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ShiftedBetaGeometric {
    /// Of the beta distribution, on the side of leaving.
    pub alpha: f64,
    /// On the side of staying.
    pub beta: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Estimate of alpha.
    pub alpha: Parameter,
    /// Estimate of beta.
    pub beta: Parameter,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Customers who were lost.
    pub lost: f64,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits the model to the first, second, ... renewal of customers; cohorts of different ages may be summed by
/// the number of the renewal.
///
/// # Errors
///
/// Refuses fewer than two renewals, counts that are negative or do not fit one another, data in which nobody
/// was lost or kept, and data in which retention does not rise with age (the likelihood then has no maximum).
///
/// # Source
///
/// Fader and Hardie 2007, Journal of Interactive Marketing 21:76-90.
pub fn fit(renewals: &[Renewals]) -> Result<Fit, Refusal> {
    if let Some(row) = renewals.iter().position(|r| !(r.kept >= 0.0 && r.kept <= r.due && r.due.is_finite()))
    {
        return Err(Refusal::Value(ValueFault::BadCounts { row }));
    }
    let dates = renewals.iter().filter(|r| r.due > 0.0).count();
    if dates < 2 {
        return Err(Refusal::TooFew { what: Count::Periods, have: dates as f64, need: 2.0 });
    }
    let kept: f64 = renewals.iter().map(|r| r.kept).sum();
    let lost: f64 = renewals.iter().map(|r| r.due - r.kept).sum();
    if !(kept + lost).is_finite() {
        return Err(Refusal::OutOfRange);
    }
    if kept <= 0.0 || lost <= 0.0 {
        return Err(Refusal::NoVariance { column: Column::Outcome });
    }
    let found = maximise(&[1.0, 1.0], |p| likelihood(renewals, p[0], p[1]))?;
    let [alpha, beta] = found.parameters[..] else { return Err(Refusal::NotConverged) };
    let mut warnings = Vec::new();
    if lost / 2.0 < LOST_WANTED {
        warnings.push(Warning::Few { what: Count::EventsPerParameter, have: lost / 2.0, need: LOST_WANTED });
    }
    Ok(Fit { alpha, beta, log_likelihood: found.value, lost, iterations: found.iterations, warnings })
}

/// `sum kept ln(beta + t - 1) + lost ln alpha - due ln(alpha + beta + t - 1)`: no gamma function is needed.
fn likelihood(renewals: &[Renewals], alpha: f64, beta: f64) -> Likelihood {
    let (mut value, mut gradient, mut hessian) = (0.0, DVector::zeros(2), DMatrix::zeros(2, 2));
    for (t, Renewals { due, kept }) in renewals.iter().enumerate().filter(|(_, r)| r.due > 0.0) {
        let lost = due - kept;
        let (stay, all) = (beta + t as f64, alpha + beta + t as f64);
        value += kept * stay.ln() + lost * alpha.ln() - due * all.ln();
        gradient[0] += lost / alpha - due / all;
        gradient[1] += kept / stay - due / all;
        let shared = due / (all * all);
        hessian[(0, 0)] += shared - lost / (alpha * alpha);
        hessian[(0, 1)] += shared;
        hessian[(1, 0)] += shared;
        hessian[(1, 1)] += shared - kept / (stay * stay);
    }
    Likelihood { value, gradient, hessian }
}

impl Fit {
    /// The estimates.
    pub fn model(&self) -> ShiftedBetaGeometric {
        ShiftedBetaGeometric { alpha: self.alpha.estimate, beta: self.beta.estimate }
    }
}

impl ShiftedBetaGeometric {
    fn check(&self) -> Result<(), Refusal> {
        let valid = self.alpha > 0.0 && self.beta > 0.0 && (self.alpha + self.beta).is_finite();
        if valid { Ok(()) } else { Err(Refusal::OutOfRange) }
    }

    /// Share of those who could renew for the `t`-th time (from 1) who do: it rises with age, since those who
    /// leave easily leave first.
    pub fn retention_rate(&self, t: u32) -> Result<f64, Refusal> {
        self.check()?;
        if t == 0 {
            return Err(Refusal::TooFew { what: Count::Periods, have: 0.0, need: 1.0 });
        }
        let before = f64::from(t) - 1.0;
        Ok((self.beta + before) / (self.alpha + self.beta + before))
    }

    /// Share of a cohort that is still there after 0, 1, ..., `periods` renewals.
    pub fn survival(&self, periods: u32) -> Result<Vec<f64>, Refusal> {
        self.check()?;
        crate::clv::check_periods(periods)?;
        let mut share = 1.0;
        let mut curve = vec![share];
        for t in 1..=periods {
            share *= self.retention_rate(t)?;
            curve.push(share);
        }
        Ok(curve)
    }

    /// Discounted expected residual lifetime: how many renewals, discounted at `discount` a period, are still
    /// expected of a customer whose `n`-th renewal (from 1) is due now; a renewal now counts fully. Times the
    /// margin of a period it is the customer's remaining value.
    ///
    /// # Errors
    ///
    /// Refuses parameters or a number of renewals that are not above 0, and a discount rate that is not above
    /// 0 (the sum may have no limit).
    ///
    /// # Source
    ///
    /// Fader and Hardie 2010, Marketing Science 29:85-93, equation 6.
    pub fn residual_lifetime(&self, discount: f64, n: u32) -> Result<f64, Refusal> {
        let renews = self.retention_rate(n)?;
        if !(discount > 0.0 && discount.is_finite()) {
            return Err(Refusal::Value(ValueFault::BadRate { above: 0.0 }));
        }
        let (b, c) = (self.beta + f64::from(n), self.alpha + self.beta + f64::from(n));
        let sum = hypergeometric_1(b, c, 1.0 / (1.0 + discount)).ok_or(Refusal::OutOfRange)?;
        Ok(renews * sum)
    }
}
