//! How much of the whole a few customers bring.

use serde::{Deserialize, Serialize};

use crate::ols::check_finite;
use crate::{Column, Count, Refusal, ValueWarning, Warning};

/// Concentration of an amount, revenue or margin, over customers. Shares are of the sum over all customers,
/// and `None` if that is not above 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concentration {
    /// Customers.
    pub n: usize,
    /// Sum of the amounts.
    pub total: f64,
    /// Gini coefficient, 0 (all equal) to 1; `None` if an amount is negative.
    pub gini: Option<f64>,
    /// The same times `n / (n - 1)`; reaches 1 also in small samples.
    pub gini_unbiased: Option<f64>,
    /// Herfindahl-Hirschman index: the sum of squared shares; `None` if an amount is negative.
    pub herfindahl: Option<f64>,
    /// Share of the first fifth of the customers, rounded up.
    pub top_fifth: Option<f64>,
    /// Smallest share of customers that brings 80 % of the sum.
    pub customers_for_80_percent: Option<f64>,
    /// Customers in descending order against their share of the sum, at each percent of the customers.
    pub whale_curve: Vec<WhalePoint>,
    /// Where the curve is highest: above 1 by what the customers beyond cost.
    pub peak: Option<WhalePoint>,
    /// Customers with a negative amount.
    pub negative: usize,
    /// What limits the answer.
    pub warnings: Vec<Warning>,
}

/// A point of the whale curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WhalePoint {
    /// Share of the customers, those with the largest amounts first.
    pub customers: f64,
    /// Their share of the sum; above 1 where others bring losses.
    pub share: f64,
}

/// Concentration of amounts over customers.
///
/// # Errors
///
/// Refuses an empty column and values that are not finite.
///
/// # Source
///
/// Gini 1912; the whale curve: Cooper and Kaplan 1991, Harvard Business Review 69(3):130-135.
pub fn concentration(amounts: &[f64]) -> Result<Concentration, Refusal> {
    check_finite(amounts, Column::Outcome)?;
    let n = amounts.len();
    if n == 0 {
        return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
    }
    // In units of the largest amount, so that no sum leaves the range of numbers.
    let unit = amounts.iter().fold(0.0_f64, |most, amount| most.max(amount.abs()));
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let mut sorted: Vec<f64> = amounts.iter().map(|amount| amount / unit).collect();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let sum = crate::factor::sum(&sorted);
    let total = sum * unit;
    if !total.is_finite() {
        return Err(Refusal::OutOfRange);
    }
    let negative = sorted.iter().filter(|amount| **amount < 0.0).count();
    let mut found = Concentration {
        n,
        total,
        gini: None,
        gini_unbiased: None,
        herfindahl: None,
        top_fifth: None,
        customers_for_80_percent: None,
        whale_curve: Vec::new(),
        peak: None,
        negative,
        warnings: Vec::new(),
    };
    if negative > 0 {
        found.warnings.push(Warning::Value(ValueWarning::NegativeValues { customers: negative }));
    }
    // A sum that losses all but cancel is no whole to take shares of.
    if sum <= 1e-12 * sorted.iter().map(|amount| amount.abs()).sum::<f64>() {
        return Ok(found);
    }
    if negative == 0 {
        let count = n as f64;
        // Descending order turns the ranks round: 2 i - n - 1 becomes n + 1 - 2 i.
        let weighted: Vec<f64> = sorted
            .iter()
            .enumerate()
            .map(|(i, amount)| (count - 1.0 - 2.0 * i as f64) * (amount / sum))
            .collect();
        let gini = (crate::factor::sum(&weighted) / count).max(0.0);
        found.gini = Some(gini);
        found.gini_unbiased = (n > 1).then(|| gini * count / (count - 1.0));
        found.herfindahl = Some(sorted.iter().map(|amount| (amount / sum).powi(2)).sum());
    }
    follow(&sorted, sum, &mut found);
    Ok(found)
}

/// Runs down the customers, the largest first.
fn follow(sorted: &[f64], sum: f64, found: &mut Concentration) {
    let n = sorted.len();
    let point = |customers: usize, share: f64| WhalePoint { customers: customers as f64 / n as f64, share };
    let mut peak = point(0, 0.0);
    found.whale_curve.push(peak);
    let (mut running, mut percent) = (0.0, 1);
    for (i, amount) in sorted.iter().enumerate() {
        running += amount / sum;
        let here = point(i + 1, running);
        if running > peak.share {
            peak = here;
        }
        if i + 1 == n.div_ceil(5) {
            found.top_fifth = Some(running);
        }
        // The sum of shares may miss 0.8 by its rounding.
        if running >= 0.8 - 1e-12 && found.customers_for_80_percent.is_none() {
            found.customers_for_80_percent = Some(here.customers);
        }
        if (i + 1) * 100 >= percent * n {
            found.whale_curve.push(here);
            percent = (i + 1) * 100 / n + 1;
        }
    }
    found.peak = Some(peak);
}
