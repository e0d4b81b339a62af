//! Customer lifetime value: the present value of the margins that a customer will still bring.

use serde::{Deserialize, Serialize};

use crate::ols::check_finite;
use crate::{Column, Count, Refusal, ValueFault};

/// Most periods that are summed.
const MOST_PERIODS: u32 = 100_000;

/// When a margin comes in. The three differ by one margin or one discount, so a value means nothing without
/// its timing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// The first margin now, the next after each renewal: `sum of m r^t / (1+d)^t, t = 0, 1, ...`.
    Now,
    /// No margin now, one after each renewal: the same sum from `t = 1`. The value of future business.
    AfterRenewal,
    /// At the end of each period, from those who were there at its beginning:
    /// `sum of m r^(t-1) / (1+d)^t, t = 1, 2, ...`.
    PeriodEnd,
}

/// What is the same for all customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// When margins come in.
    pub timing: Timing,
    /// Discount rate of a period; 0.1 is ten percent.
    pub discount: f64,
    /// Growth of the margin from one period to the next.
    pub growth: f64,
    /// Margins that are counted; `None` for all.
    pub periods: Option<u32>,
}

/// The value of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clv {
    /// Present value, in the margin's unit.
    pub value: f64,
    /// Change of the value per unit of retention (1 is a hundred points).
    pub per_retention: f64,
    /// Change of the value in percent per percent of retention; `None` where the value is 0.
    pub retention_elasticity: Option<f64>,
}

/// The value of all customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Equity {
    /// Value of each customer.
    pub values: Vec<f64>,
    /// Their sum: customer equity.
    pub total: f64,
    /// Change of the total per unit of every customer's retention.
    pub per_retention: f64,
    /// What the sum would be if every customer had the mean margin and the mean retention. It is the wrong
    /// answer, by the convexity of the value in retention (Jensen 1906) and by the link of margin and
    /// retention; printed to show by how much.
    pub at_means: f64,
}

/// The rate of a month that compounds to `annual` in twelve, `(1 + d)^(1/12) - 1`.
pub fn monthly_rate(annual: f64) -> Result<f64, Refusal> {
    check_rate(annual)?;
    Ok((annual.ln_1p() / 12.0).exp_m1())
}

impl Terms {
    fn check(&self) -> Result<(), Refusal> {
        check_rate(self.discount)?;
        check_rate(self.growth)?;
        self.periods.map_or(Ok(()), check_periods)
    }

    /// The value of a customer with this margin a period and this chance of staying from one to the next.
    ///
    /// # Errors
    ///
    /// Refuses rates of -1 or less, retention outside 0 to 1, more than 100,000 periods, and an endless sum that
    /// has no limit: `r (1 + g)` has to be below `1 + d`.
    ///
    /// # Source
    ///
    /// Gupta, Lehmann and Stuart 2004, Journal of Marketing Research 41:7-18.
    pub fn clv(&self, margin: f64, retention: f64) -> Result<Clv, Refusal> {
        self.check()?;
        self.customer(0, margin, retention)
    }

    /// The value of each customer, then their sum.
    ///
    /// # Errors
    ///
    /// As [`Self::clv`], naming the row; columns of different length; no customer.
    pub fn equity(&self, margins: &[f64], retentions: &[f64]) -> Result<Equity, Refusal> {
        self.check()?;
        if retentions.len() != margins.len() {
            return Err(Refusal::LengthMismatch { expected: margins.len(), found: retentions.len() });
        }
        if margins.is_empty() {
            return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
        }
        let customers = margins
            .iter()
            .zip(retentions)
            .enumerate()
            .map(|(row, (margin, retention))| self.customer(row, *margin, *retention))
            .collect::<Result<Vec<Clv>, Refusal>>()?;
        let values: Vec<f64> = customers.iter().map(|customer| customer.value).collect();
        let slopes: Vec<f64> = customers.iter().map(|customer| customer.per_retention).collect();
        let n = margins.len() as f64;
        let mean = |column: &[f64]| column.iter().map(|value| value / n).sum::<f64>();
        let average = self.customer(0, mean(margins), mean(retentions).min(1.0))?;
        let equity = Equity {
            total: crate::factor::sum(&values),
            per_retention: crate::factor::sum(&slopes),
            at_means: n * average.value,
            values,
        };
        let finite = [equity.total, equity.per_retention, equity.at_means].iter().all(|v| v.is_finite());
        if finite { Ok(equity) } else { Err(Refusal::OutOfRange) }
    }

    fn customer(&self, row: usize, margin: f64, retention: f64) -> Result<Clv, Refusal> {
        if !margin.is_finite() {
            return Err(Refusal::NotFinite { column: Column::Outcome, row });
        }
        if !(0.0..=1.0).contains(&retention) {
            return Err(Refusal::Value(ValueFault::NotProbability { row }));
        }
        // What is left of a margin from one period to the next, per unit of retention.
        let step = (1.0 + self.growth) / (1.0 + self.discount);
        let factor = retention * step;
        // The sum of factor^t over the margins that are counted, and its derivative by the factor.
        let (sum, slope) = match self.periods {
            None if factor >= 1.0 => return Err(Refusal::Value(ValueFault::Endless { factor })),
            None => (1.0 / (1.0 - factor), 1.0 / ((1.0 - factor) * (1.0 - factor))),
            Some(periods) => partial_sums(factor, periods),
        };
        // How often the timing multiplies by the factor once more, or divides by 1 + d.
        let (sum, slope) = match self.timing {
            Timing::Now => (sum, slope),
            Timing::AfterRenewal => (factor * sum, sum + factor * slope),
            Timing::PeriodEnd => (sum / (1.0 + self.discount), slope / (1.0 + self.discount)),
        };
        let (value, per_retention) = (margin * sum, margin * slope * step);
        if !(value.is_finite() && per_retention.is_finite()) {
            return Err(Refusal::OutOfRange);
        }
        // Taken without the margin, which cancels.
        let elasticity = (factor * (slope / sum)).is_finite().then_some(factor * (slope / sum));
        Ok(Clv { value, per_retention, retention_elasticity: elasticity.filter(|_| value != 0.0) })
    }
}

/// `sum of f^t` and `sum of t f^(t-1)` over `t` from 0 to below `periods`; added up, since the closed form
/// loses all digits near a factor of 1.
fn partial_sums(factor: f64, periods: u32) -> (f64, f64) {
    let (mut power, mut sum, mut slope) = (1.0, 0.0, 0.0);
    for t in 0..periods {
        sum += power;
        // The term of t + 1 in the derivative holds the power of t.
        if t + 1 < periods {
            slope += (f64::from(t) + 1.0) * power;
        }
        power *= factor;
        if power < 1e-300 {
            break;
        }
    }
    (sum, slope)
}

/// The value of a customer of a cohort whose survival was observed or fitted: `survival[t]` is the share that
/// is still there `t` periods on, from 1 at `t = 0`. A constant retention rate undervalues old cohorts, since
/// those who leave easily leave first.
///
/// # Errors
///
/// Refuses a margin that is not finite, a discount rate of -1 or less, and shares that are not between 0 and 1
/// or rise.
///
/// # Source
///
/// Fader and Hardie 2010, Marketing Science 29:85-93.
pub fn from_survival(margin: f64, survival: &[f64], discount: f64) -> Result<f64, Refusal> {
    check_rate(discount)?;
    check_finite(&[margin], Column::Outcome)?;
    if survival.is_empty() {
        return Err(Refusal::TooFew { what: Count::Periods, have: 0.0, need: 1.0 });
    }
    let (mut before, mut sum, mut present) = (1.0, 0.0, 1.0);
    for (row, share) in survival.iter().enumerate() {
        if !(0.0..=before).contains(share) {
            return Err(Refusal::Value(ValueFault::NotProbability { row }));
        }
        sum += share * present;
        present /= 1.0 + discount;
        before = *share;
    }
    let value = margin * sum;
    if value.is_finite() { Ok(value) } else { Err(Refusal::OutOfRange) }
}

fn check_rate(rate: f64) -> Result<(), Refusal> {
    if rate > -1.0 && rate.is_finite() {
        Ok(())
    } else {
        Err(Refusal::Value(ValueFault::BadRate { above: -1.0 }))
    }
}

pub(crate) fn check_periods(periods: u32) -> Result<(), Refusal> {
    if periods > MOST_PERIODS {
        let (have, limit) = (f64::from(periods), f64::from(MOST_PERIODS));
        return Err(Refusal::TooMany { what: Count::Periods, have, limit });
    }
    if periods == 0 { Err(Refusal::TooFew { what: Count::Periods, have: 0.0, need: 1.0 }) } else { Ok(()) }
}
