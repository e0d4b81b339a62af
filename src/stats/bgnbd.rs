//! The BG/NBD model of repeat buying without contracts: purchases while alive, unobserved leaving.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::positive_maximum::{Likelihood, Parameter, maximise};
use crate::purchases::History;
use crate::{Column, Count, Refusal, Warning};

/// Customers summed at a time; the sums are merged in order, so that threads do not change a digit.
const BLOCK: usize = 4_096;
/// Repeat purchases of one customer above which something else was counted than days.
const MOST_REPEATS: u32 = 1_000_000;
/// Terms of the series of expected purchases after which there is no result.
const TERMS: usize = 1_000_000;
/// Observations beyond the number of parameters below which a fit warns.
const SPARE_OBSERVATIONS: usize = 10;

/// The parameters: purchase rates differ by a gamma distribution (r, alpha), the chance of leaving after a
/// purchase by a beta distribution (a, b).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BgNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Their scale, in units of time.
    pub alpha: f64,
    /// Of the beta distribution, on the side of leaving.
    pub a: f64,
    /// On the side of staying.
    pub b: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Estimate of r.
    pub r: Parameter,
    /// Estimate of alpha.
    pub alpha: Parameter,
    /// Estimate of a.
    pub a: Parameter,
    /// Estimate of b.
    pub b: Parameter,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Customers.
    pub n: usize,
    /// Of them, those with a repeat purchase.
    pub repeaters: usize,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits the model by maximum likelihood (Newton's method with exact derivatives).
///
/// # Errors
///
/// Refuses four customers or fewer, histories that cannot be, customers of whom none bought again, and data
/// that do not show how customers differ.
///
/// # Source
///
/// Fader, Hardie and Lee 2005, Marketing Science 24:275-284, equation 6.
pub fn fit(customers: &[History]) -> Result<Fit, Refusal> {
    for (row, customer) in customers.iter().enumerate() {
        customer.check(row)?;
    }
    let n = customers.len();
    if n <= 4 {
        return Err(Refusal::TooFew { what: Count::Observations, have: n as f64, need: 5.0 });
    }
    let most = customers.iter().map(|c| c.frequency).max().unwrap_or(0);
    let oldest = customers.iter().map(|c| c.age).fold(0.0, f64::max);
    if most == 0 {
        return Err(Refusal::NoVariance { column: Column::Driver(0) });
    }
    if most > MOST_REPEATS {
        let (have, limit) = (f64::from(most), f64::from(MOST_REPEATS));
        return Err(Refusal::TooMany { what: Count::Purchases, have, limit });
    }
    // Time in lifetimes of the oldest customer, so that the unit does not matter.
    let scaled: Vec<History> = customers
        .iter()
        .map(|c| History { recency: c.recency / oldest, age: c.age / oldest, ..*c })
        .collect();
    let more = more_than(customers, most);
    let found = maximise(&[0.5, 0.2, 1.0, 2.0], |p| likelihood(&scaled, &more, p))?;
    let [r, alpha, a, b] = found.parameters[..] else { return Err(Refusal::NotConverged) };
    let repeats: f64 = customers.iter().map(|c| f64::from(c.frequency)).sum();
    let log_likelihood = found.value - repeats * oldest.ln();
    let alpha = alpha.times(oldest);
    if !(log_likelihood.is_finite() && alpha.high.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let mut warnings = Vec::new();
    if n < 4 + SPARE_OBSERVATIONS {
        let need = (4 + SPARE_OBSERVATIONS) as f64;
        warnings.push(Warning::Few { what: Count::Observations, have: n as f64, need });
    }
    let repeaters = customers.iter().filter(|c| c.frequency > 0).count();
    Ok(Fit { r, alpha, a, b, log_likelihood, n, repeaters, iterations: found.iterations, warnings })
}

/// How many customers bought again more than 0, 1, ... times.
fn more_than(customers: &[History], most: u32) -> Vec<f64> {
    let mut more = vec![0.0; most as usize];
    for customer in customers {
        if let Some(last) = (customer.frequency as usize).checked_sub(1) {
            more[last] += 1.0;
        }
    }
    for i in (1..more.len()).rev() {
        more[i - 1] += more[i];
    }
    more
}

/// Value, gradient and upper triangle of the second derivatives in the order r, alpha, a, b.
type Sums = [f64; 15];
/// Places of the second derivatives in [`Sums`].
const SECOND: [[usize; 4]; 4] = [[5, 6, 7, 8], [6, 9, 10, 11], [7, 10, 12, 13], [8, 11, 13, 14]];

/// The ratios of gamma functions are sums over the repeats, `ln gamma(r + x) - ln gamma(r) = sum over i < x
/// of ln(r + i)`, and are taken for all customers at once: exact also where the functions themselves are huge.
fn likelihood(customers: &[History], more: &[f64], p: &[f64]) -> Likelihood {
    let [r, alpha, a, b] = p[..] else { return none() };
    let n = customers.len() as f64;
    let blocks: Vec<Sums> = customers
        .par_chunks(BLOCK)
        .map(|block| {
            let mut sums = [0.0; 15];
            for customer in block {
                add_customer(&mut sums, customer, [r, alpha, a, b]);
            }
            sums
        })
        .collect();
    let mut sums = [0.0; 15];
    for block in &blocks {
        for (sum, part) in sums.iter_mut().zip(block) {
            *sum += part;
        }
    }
    for (i, more) in more.iter().enumerate() {
        let (rate, stay, all) = (r + i as f64, b + i as f64, a + b + i as f64);
        sums[0] += more * (rate.ln() + (stay / all).ln());
        sums[1] += more / rate;
        sums[5] -= more / (rate * rate);
        sums[3] -= more / all;
        sums[4] += more / stay - more / all;
        let shared = more / (all * all);
        sums[12] += shared;
        sums[13] += shared;
        sums[14] += shared - more / (stay * stay);
    }
    sums[0] += n * r * alpha.ln();
    sums[1] += n * alpha.ln();
    sums[2] += n * r / alpha;
    sums[6] += n / alpha;
    sums[9] -= n * r / (alpha * alpha);
    Likelihood {
        value: sums[0],
        gradient: DVector::from_fn(4, |j, _| sums[j + 1]),
        hessian: DMatrix::from_fn(4, 4, |j, k| sums[SECOND[j][k]]),
    }
}

fn none() -> Likelihood {
    Likelihood { value: f64::NAN, gradient: DVector::zeros(4), hessian: DMatrix::zeros(4, 4) }
}

/// `ln(exp C1 + exp C2)` of one customer and its derivatives: C1 is the case that the customer is alive, C2 that
/// the customer left after the last purchase.
fn add_customer(sums: &mut Sums, customer: &History, [r, alpha, a, b]: [f64; 4]) {
    let x = f64::from(customer.frequency);
    let until = alpha + customer.age;
    let count = r + x;
    sums[0] -= count * until.ln();
    if customer.frequency == 0 {
        sums[1] -= until.ln();
        sums[2] -= count / until;
        sums[6] -= 1.0 / until;
        sums[9] += count / (until * until);
        return;
    }
    let last = alpha + customer.recency;
    let stay = b + x - 1.0;
    // The log-odds of having left.
    let odds = (a / stay).ln() + count * (until / last).ln();
    sums[0] += if odds > 0.0 { odds + (-odds).exp().ln_1p() } else { odds.exp().ln_1p() };
    let left = 1.0 / (1.0 + (-odds).exp());
    let alive = 1.0 - left;
    let first = [
        -alive * until.ln() - left * last.ln(),
        -count * (alive / until + left / last),
        left / a,
        -left / stay,
    ];
    for (sum, part) in sums[1..5].iter_mut().zip(first) {
        *sum += part;
    }
    sums[6] -= alive / until + left / last;
    sums[9] += count * (alive / (until * until) + left / (last * last));
    sums[12] -= left / (a * a);
    sums[14] += left / (stay * stay);
    let apart = [(until / last).ln(), count * (1.0 / until - 1.0 / last), 1.0 / a, -1.0 / stay];
    for (j, row) in SECOND.iter().enumerate() {
        for (k, place) in row.iter().enumerate().skip(j) {
            sums[*place] += alive * left * apart[j] * apart[k];
        }
    }
}

impl Fit {
    /// The estimates.
    pub fn model(&self) -> BgNbd {
        let value = |parameter: Parameter| parameter.estimate;
        BgNbd { r: value(self.r), alpha: value(self.alpha), a: value(self.a), b: value(self.b) }
    }
}

impl BgNbd {
    fn check(&self) -> Result<(), Refusal> {
        let valid = [self.r, self.alpha, self.a, self.b].iter().all(|p| *p > 0.0 && p.is_finite());
        if valid { Ok(()) } else { Err(Refusal::OutOfRange) }
    }

    /// Log-likelihood of customers at these parameters.
    pub fn log_likelihood(&self, customers: &[History]) -> Result<f64, Refusal> {
        self.check()?;
        for (row, customer) in customers.iter().enumerate() {
            customer.check(row)?;
        }
        let most = customers.iter().map(|c| c.frequency).max().unwrap_or(0);
        if most > MOST_REPEATS {
            let (have, limit) = (f64::from(most), f64::from(MOST_REPEATS));
            return Err(Refusal::TooMany { what: Count::Purchases, have, limit });
        }
        let p = [self.r, self.alpha, self.a, self.b];
        let value = likelihood(customers, &more_than(customers, most), &p).value;
        if value.is_finite() { Ok(value) } else { Err(Refusal::OutOfRange) }
    }

    /// Chance that a customer is still one. It is 1 for who never bought again: leaving comes after a repeat
    /// purchase in this model.
    ///
    /// # Source
    ///
    /// Fader, Hardie and Lee 2008, *Computing P(alive) using the BG/NBD model*.
    pub fn alive(&self, customer: &History) -> Result<f64, Refusal> {
        self.check()?;
        customer.check(0)?;
        if customer.frequency == 0 {
            return Ok(1.0);
        }
        let x = f64::from(customer.frequency);
        let apart = ((self.alpha + customer.age) / (self.alpha + customer.recency)).ln();
        let odds = (self.a / (self.b + x - 1.0)).ln() + (self.r + x) * apart;
        let alive = 1.0 / (1.0 + odds.exp());
        if alive.is_finite() { Ok(alive) } else { Err(Refusal::OutOfRange) }
    }

    /// Expected purchases of a customer in the next `time`: `E[Y(t) | x, t_x, T]`.
    ///
    /// # Errors
    ///
    /// Refuses parameters, a history or a time that cannot be, and times so long beside alpha that the series
    /// would not end.
    ///
    /// # Source
    ///
    /// Fader, Hardie and Lee 2005, equation 10.
    pub fn expected_purchases(&self, customer: &History, time: f64) -> Result<f64, Refusal> {
        let alive = self.alive(customer)?;
        self.while_alive(f64::from(customer.frequency), customer.age, time)
            .map(|purchases| alive * purchases)
            .filter(|expected| expected.is_finite())
            .ok_or(Refusal::OutOfRange)
    }

    /// Expected repeat purchases of a new customer up to `time` after the first purchase: `E[X(t)]`.
    ///
    /// # Errors
    ///
    /// As [`Self::expected_purchases`].
    pub fn expected_repeats(&self, time: f64) -> Result<f64, Refusal> {
        self.expected_purchases(&History { frequency: 0, recency: 0.0, age: 0.0 }, time)
    }

    /// `(a+b+x-1)/(a-1) [1 - ((alpha+T)/(alpha+T+t))^(r+x) 2F1(r+x, b+x; a+b+x-1; z)]` with
    /// `z = t/(alpha+T+t)`, written so that neither `a = 1` nor `a+b+x = 1` is a special case:
    /// Euler's transformation gives `1 - (1-z)^e 2F1(e, a+b-1-r; a+b+x-1; z)` with `e = a - 1`; every term
    /// of that series but the first holds the factor e, and its denominators the factor `a+b+x-1`.
    fn while_alive(&self, x: f64, age: f64, time: f64) -> Option<f64> {
        if !(time >= 0.0 && time.is_finite()) {
            return None;
        }
        let until = self.alpha + age;
        let z = time / (until + time);
        // ln(1 - z)
        let log = -(time / until).ln_1p();
        let e = self.a - 1.0;
        let (second, third) = (self.a + self.b - 1.0 - self.r, self.a + self.b + x - 1.0);
        let mut term = second * z;
        let mut sum = term;
        let mut k = 1.0;
        while term.abs() > 1e-17 * sum.abs() {
            term *= (e + k) / (k + 1.0) * ((second + k) / (third + k)) * z;
            sum += term;
            k += 1.0;
            if k > TERMS as f64 {
                return None;
            }
        }
        let power = (e * log).exp_m1();
        let limit = if e == 0.0 { log } else { power / e };
        // Rounding may leave a trace below 0 where nothing is expected.
        Some((-third * limit - (1.0 + power) * sum).max(0.0)).filter(|value| value.is_finite())
    }
}

/// `alive` and `expected_purchases` of many customers, on all threads, in their order.
///
/// # Errors
///
/// As [`BgNbd::expected_purchases`]; a history that cannot be is named by its row.
pub fn predict(model: &BgNbd, customers: &[History], time: f64) -> Result<Vec<Prediction>, Refusal> {
    customers
        .par_iter()
        .enumerate()
        .map(|(row, customer)| {
            customer.check(row)?;
            let expected = model.expected_purchases(customer, time)?;
            Ok(Prediction { alive: model.alive(customer)?, expected_purchases: expected })
        })
        .collect()
}

/// What is expected of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Chance of still being a customer.
    pub alive: f64,
    /// Purchases in the time asked for.
    pub expected_purchases: f64,
}
