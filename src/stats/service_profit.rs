//! The service-profit chain on units: employees -> customers -> money, as slopes and as elasticities.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Clusters, replicates};
use crate::measurement::average;
use crate::mediation::{about_mean, check_units, fitted, influence, percentiles, slope, slope_of};
use crate::ols::Coefficient;
use crate::{Interval, Refusal, Warning};

/// One value per unit and column, in the same order.
#[derive(Debug, Clone, Copy)]
pub struct UnitRows<'a> {
    /// Employees' satisfaction, 0-100.
    pub employees: &'a [f64],
    /// Customers' satisfaction, 0-100.
    pub customers: &'a [f64],
    /// Money of the later period.
    pub money: &'a [f64],
}

/// What a step of employees' satisfaction brings down the chain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Points of employees' satisfaction.
    pub points: f64,
    /// Points of customers' satisfaction.
    pub customers: Interval,
    /// Money per unit of observation.
    pub money: Interval,
    /// The same in per cent of mean money; absent where that is not positive, in every sample too.
    pub percent: Option<Interval>,
}

/// Per cent of the next link for one per cent of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Elasticities {
    /// Customers by employees.
    pub first: Interval,
    /// Money by customers.
    pub second: Interval,
    /// Money by employees: the forecast of the chain.
    pub product: Interval,
}

/// The two links and what follows from them; each interval is the 95 % percentile interval of one bootstrap
/// that draws the same units for both links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceProfit {
    /// Customers on employees, HC3.
    pub customers_on_employees: Coefficient,
    /// Money on customers, HC3.
    pub money_on_customers: Coefficient,
    /// Effect of one point of employees' satisfaction.
    pub per_point: Effect,
    /// Elasticities at the means, `b x / y`; absent where a mean is not positive, in every sample too.
    pub at_means: Option<Elasticities>,
    /// Slopes of logarithms; absent where a value is not positive.
    pub log_log: Option<Elasticities>,
    /// Units.
    pub n: usize,
    /// Bootstrap samples.
    pub draws: usize,
    /// Samples in which a slope did not exist.
    pub failed: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// What limits the answer.
    pub warnings: Vec<Warning>,
}

impl ServiceProfit {
    /// The effect of a step of so many points; a straight chain has no other steps than multiples of one.
    pub fn effect(&self, points: f64) -> Effect {
        let times = |interval: Interval| {
            let (a, b) = (interval.low * points, interval.high * points);
            Interval { estimate: interval.estimate * points, low: a.min(b), high: a.max(b) }
        };
        Effect {
            points,
            customers: times(self.per_point.customers),
            money: times(self.per_point.money),
            percent: self.per_point.percent.map(times),
        }
    }
}

/// What a step becomes at each link of a chain of slopes: the step times the product of the slopes so far.
///
/// Sears: 5 points of employees' attitude, then 1.3 points of customers' impression and 0.5 % of revenue.
///
/// ```
/// let links = cam_stats::service_profit::forecast(5.0, &[1.3 / 5.0, 0.5 / 1.3]);
/// assert!((links[0] - 1.3).abs() < 1e-12 && (links[1] - 0.5).abs() < 1e-12);
/// ```
///
/// # Source
///
/// Rucci, Kirn and Quinn 1998, Harvard Business Review 76(1):82-97.
pub fn forecast(step: f64, slopes: &[f64]) -> Vec<f64> {
    let mut moved = step;
    slopes
        .iter()
        .map(|slope| {
            moved *= slope;
            moved
        })
        .collect()
}

/// One bootstrap sample.
struct Draw {
    first: f64,
    second: f64,
    means: [f64; 3],
    logs: Option<(f64, f64)>,
}

/// Fits both links over the units and resamples them together, `draws` times from `seed`.
///
/// # Errors
///
/// As [`crate::ols::fit`]; fewer than 10 units are refused.
///
/// # Source
///
/// Heskett et al. 1994, Harvard Business Review 72(2):164-174; Efron and Tibshirani 1993, *An Introduction to
/// the Bootstrap*, ch. 9 (resampling rows).
pub fn service_profit(rows: &UnitRows<'_>, draws: usize, seed: u64) -> Result<ServiceProfit, Refusal> {
    let UnitRows { employees, customers, money } = *rows;
    let mut warnings = check_units(customers.len())?;
    let fits = (fitted(customers, &[employees])?, fitted(money, &[customers])?);
    warnings.extend(influence(&[&fits.0, &fits.1]));
    let (first, second) = (slope_of(&fits.0, 1)?, slope_of(&fits.1, 1)?);
    let logs = logarithms(rows);
    let log_slopes = match &logs {
        Some([e, c, m]) => fitted(c, &[e])
            .and_then(|fit| slope_of(&fit, 1))
            .ok()
            .zip(fitted(m, &[c]).and_then(|fit| slope_of(&fit, 1)).ok()),
        None => None,
    };
    let drawn = resample(rows, logs.as_ref(), draws, seed);
    let interval = |estimate: f64, value: &dyn Fn(&Draw) -> Option<f64>| {
        let samples: Vec<f64> = drawn.iter().filter_map(value).collect();
        percentiles(estimate, &samples, draws)
    };

    let means = [average(employees), average(customers), average(money)];
    let (a, b) = (first.estimate, second.estimate);
    // A share of what may as well be below 0 is none.
    let positive = |column: usize| means[column] > 0.0 && drawn.iter().all(|draw| draw.means[column] > 0.0);
    let per_point = Effect {
        points: 1.0,
        customers: interval(a, &|draw| Some(draw.first))?,
        money: interval(a * b, &|draw| Some(draw.first * draw.second))?,
        percent: if positive(2) {
            Some(interval(100.0 * a * b / means[2], &|draw| {
                Some(100.0 * draw.first * draw.second / draw.means[2])
            })?)
        } else {
            None
        },
    };
    let pair = |first: f64, second: f64, of: &dyn Fn(&Draw) -> Option<(f64, f64)>| {
        Ok::<Elasticities, Refusal>(Elasticities {
            first: interval(first, &|draw| Some(of(draw)?.0))?,
            second: interval(second, &|draw| Some(of(draw)?.1))?,
            product: interval(first * second, &|draw| of(draw).map(|(first, second)| first * second))?,
        })
    };
    let at_means = if (0..3).all(positive) {
        let at = |a: f64, b: f64, [x, m, y]: [f64; 3]| (a * x / m, b * m / y);
        let (first, second) = at(a, b, means);
        Some(pair(first, second, &|draw| Some(at(draw.first, draw.second, draw.means)))?)
    } else {
        None
    };
    let log_log = match log_slopes {
        Some((first, second)) => Some(pair(first.estimate, second.estimate, &|draw| draw.logs)?),
        None => None,
    };
    Ok(ServiceProfit {
        customers_on_employees: first,
        money_on_customers: second,
        per_point,
        at_means,
        log_log,
        n: customers.len(),
        draws,
        failed: draws - drawn.len(),
        seed,
        warnings,
    })
}

/// Logarithms of the three columns, if every value has one.
fn logarithms(rows: &UnitRows<'_>) -> Option<[Vec<f64>; 3]> {
    let log = |column: &[f64]| {
        let logs: Vec<f64> = column.iter().map(|value| value.ln()).collect();
        logs.iter().all(|log| log.is_finite()).then_some(logs)
    };
    Some([log(rows.employees)?, log(rows.customers)?, log(rows.money)?])
}

/// The samples in which both slopes exist.
fn resample(rows: &UnitRows<'_>, logs: Option<&[Vec<f64>; 3]>, draws: usize, seed: u64) -> Vec<Draw> {
    let columns = [rows.employees, rows.customers, rows.money].map(about_mean);
    let averages = [rows.employees, rows.customers, rows.money].map(average);
    let log_columns = logs.map(|logs| [0, 1, 2].map(|column: usize| about_mean(&logs[column])));
    let units = Clusters::of_rows(rows.customers.len());
    let links = |columns: &[(Vec<f64>, f64); 3], counts: &[u32]| {
        let [(x, x_scale), (m, m_scale), (y, y_scale)] = columns;
        Some((slope(x, m, counts)? * (x_scale / m_scale), slope(m, y, counts)? * (m_scale / y_scale)))
    };
    let drawn = replicates(draws, |replicate| {
        let counts = units.counts(seed, replicate);
        let (first, second) = links(&columns, &counts)?;
        let n = counts.len() as f64;
        let mean = |column: usize| {
            let (values, scale) = &columns[column];
            let shift = values.iter().zip(&counts).map(|(v, count)| v * f64::from(*count)).sum::<f64>() / n;
            averages[column] + shift / scale
        };
        let logs = log_columns.as_ref().and_then(|columns| links(columns, &counts));
        Some(Draw { first, second, means: [mean(0), mean(1), mean(2)], logs })
    });
    drawn.into_iter().flatten().collect()
}
