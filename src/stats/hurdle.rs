//! Two parts of an amount: whether there is any, and how much.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Clusters, replicates};
use crate::glm::{self, Design, Family, GlmFit};
use crate::ols::{Problem, StandardErrors};
use crate::quantile::order_statistic;
use crate::{Count, Interval, Refusal};

/// Share of bootstrap samples that have to be fitted for an interval.
const USABLE: f64 = 0.9;

/// How much a unit of a driver changes the mean amount.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AmountEffect {
    /// Which driver.
    pub driver: usize,
    /// Mean over the rows of `p (1 - p) a m + p b m`, with the 95 % percentile interval of the bootstrap of both
    /// parts together.
    pub effect: Interval,
}

/// A two-part model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HurdleFit {
    /// Chance of an amount above 0, logit.
    pub chance: GlmFit,
    /// Amount where it is above 0, Gamma with log link.
    pub amount: GlmFit,
    /// Mean of the predicted amounts over all rows.
    pub mean_predicted: f64,
    /// Mean of the observed amounts.
    pub mean_observed: f64,
    /// One per driver.
    pub effects: Vec<AmountEffect>,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Bootstrap samples drawn.
    pub draws: usize,
    /// Of them, those to which both parts could be fitted.
    pub draws_used: usize,
}

impl HurdleFit {
    /// Mean amount, zeros included, at these values of the drivers.
    pub fn predict(&self, drivers: &[f64]) -> f64 {
        self.chance.predict(drivers) * self.amount.predict(drivers)
    }
}

/// Fits the chance of an amount above 0 to all rows and the amount to those above 0, on the same drivers.
///
/// Intervals of the effects come from resampling rows, or whole clusters of rows where the errors are
/// clustered, and fitting both parts again.
///
/// # Errors
///
/// What [`glm::fit`] refuses for either part; a negative outcome; an outcome without zeros (use a Gamma model);
/// more than a tenth of the bootstrap samples without a fit.
///
/// # Source
///
/// Cragg 1971, Econometrica 39:829-844; Duan, Manning, Morris and Newhouse 1983, JBES 1:115-126.
pub fn fit(
    problem: &Problem<'_>,
    errors: StandardErrors<'_>,
    seed: u64,
    draws: usize,
) -> Result<HurdleFit, Refusal> {
    if let Some(row) = problem.outcome.iter().position(|y| *y < 0.0) {
        return Err(Refusal::Negative { row });
    }
    problem.check()?;
    let parts = Parts::new(problem);
    let chance = glm::fit(&parts.chance(problem), Family::Logit, None, errors)?;
    let ids = match errors {
        StandardErrors::Clustered { ids, .. } => Some(ids),
        _ => None,
    };
    let own: Vec<usize> = ids.map_or_else(Vec::new, |ids| parts.rows.iter().map(|row| ids[*row]).collect());
    let errors = match errors {
        StandardErrors::Clustered { correction, .. } => StandardErrors::Clustered { ids: &own, correction },
        other => other,
    };
    let slices: Vec<&[f64]> = parts.columns.iter().map(Vec::as_slice).collect();
    let amount = glm::fit(&parts.amount(problem, &slices), Family::GammaLog, None, errors)?;
    let estimates = |fit: &GlmFit| {
        DVector::from_iterator(fit.coefficients.len(), fit.coefficients.iter().map(|b| b.estimate))
    };
    let (a, b) = (estimates(&chance), estimates(&amount));
    let found = means(problem, &a, &b, problem.weights);
    let clusters = Clusters::new(problem.outcome.len(), ids);
    let sampled: Vec<Vec<f64>> =
        replicates(draws, |replicate| parts.replicate(problem, &clusters.counts(seed, replicate), (&a, &b)))
            .into_iter()
            .flatten()
            .collect();
    let draws_used = sampled.len();
    if (draws_used as f64) < USABLE * draws as f64 || draws == 0 {
        let (have, need) = (draws_used as f64, (USABLE * draws as f64).ceil().max(1.0));
        return Err(Refusal::TooFew { what: Count::Replicates, have, need });
    }
    let effects = (0..problem.drivers.len())
        .map(|driver| {
            let mut values: Vec<f64> = sampled.iter().map(|effects| effects[driver]).collect();
            values.sort_by(f64::total_cmp);
            let end = |share: f64| order_statistic(&values, share).ok_or(Refusal::OutOfRange);
            let effect = Interval { estimate: found.effects[driver], low: end(0.025)?, high: end(0.975)? };
            Ok(AmountEffect { driver, effect })
        })
        .collect::<Result<_, Refusal>>()?;
    let mean_observed = found.observed;
    Ok(HurdleFit {
        chance,
        amount,
        mean_predicted: found.predicted,
        mean_observed,
        effects,
        seed,
        draws,
        draws_used,
    })
}

/// Both parts of the data.
struct Parts {
    /// 1 where the amount is above 0.
    any: Vec<f64>,
    /// Rows with an amount above 0, their amounts, drivers and weights.
    rows: Vec<usize>,
    amounts: Vec<f64>,
    columns: Vec<Vec<f64>>,
    weights: Option<Vec<f64>>,
}

struct Means {
    predicted: f64,
    observed: f64,
    effects: Vec<f64>,
}

impl Parts {
    fn new(problem: &Problem<'_>) -> Self {
        let rows: Vec<usize> = (0..problem.outcome.len()).filter(|row| problem.outcome[*row] > 0.0).collect();
        let take = |column: &[f64]| -> Vec<f64> { rows.iter().map(|row| column[*row]).collect() };
        Self {
            any: problem.outcome.iter().map(|y| f64::from(u8::from(*y > 0.0))).collect(),
            amounts: take(problem.outcome),
            columns: problem.drivers.iter().map(|column| take(column)).collect(),
            weights: problem.weights.map(take),
            rows,
        }
    }

    fn chance<'a>(&'a self, problem: &Problem<'a>) -> Problem<'a> {
        Problem { outcome: &self.any, ..*problem }
    }

    fn amount<'a>(&'a self, problem: &Problem<'_>, drivers: &'a [&'a [f64]]) -> Problem<'a> {
        let weights = self.weights.as_deref();
        Problem { outcome: &self.amounts, drivers, intercept: problem.intercept, weights }
    }

    /// Effects in a sample in which each row occurs this often; `None` where a part has no fit.
    fn replicate(
        &self,
        problem: &Problem<'_>,
        counts: &[u32],
        from: (&DVector<f64>, &DVector<f64>),
    ) -> Option<Vec<f64>> {
        let weight = |row: usize| problem.weights.map_or(1.0, |weights| weights[row]);
        let all: Vec<f64> = counts.iter().enumerate().map(|(row, n)| f64::from(*n) * weight(row)).collect();
        let some: Vec<f64> = self.rows.iter().map(|row| all[*row]).collect();
        let chance = Problem { weights: Some(&all), ..self.chance(problem) };
        let slices: Vec<&[f64]> = self.columns.iter().map(Vec::as_slice).collect();
        let amount = Problem { weights: Some(&some), ..self.amount(problem, &slices) };
        let a = Design::new(&chance, Family::Logit, None).solve(Some(from.0)).ok()?.coefficients;
        let b = Design::new(&amount, Family::GammaLog, None).solve(Some(from.1)).ok()?.coefficients;
        let effects = means(problem, &a, &b, Some(&all)).effects;
        effects.iter().all(|effect| effect.is_finite()).then_some(effects)
    }
}

/// Mean amounts, predicted and observed, and mean change per unit of each driver.
fn means(problem: &Problem<'_>, a: &DVector<f64>, b: &DVector<f64>, weights: Option<&[f64]>) -> Means {
    let first = usize::from(problem.intercept);
    let predictor = |coefficients: &DVector<f64>, row: usize| {
        let constant = if problem.intercept { coefficients[0] } else { 0.0 };
        let slopes = coefficients.iter().skip(first).zip(problem.drivers);
        constant + slopes.map(|(b, column)| b * column[row]).sum::<f64>()
    };
    let (mut predicted, mut observed, mut total) = (0.0, 0.0, 0.0);
    let (mut by_chance, mut by_amount) = (0.0, 0.0);
    for (row, y) in problem.outcome.iter().enumerate() {
        let w = weights.map_or(1.0, |weights| weights[row]);
        if w > 0.0 {
            let p = Family::Logit.mean(predictor(a, row));
            let mean = Family::GammaLog.mean(predictor(b, row));
            predicted += w * p * mean;
            observed += w * y;
            by_chance += w * p * (1.0 - p) * mean;
            by_amount += w * p * mean;
            total += w;
        }
    }
    let effect = |k: usize| (by_chance * a[k + first] + by_amount * b[k + first]) / total;
    Means {
        predicted: predicted / total,
        observed: observed / total,
        effects: (0..problem.drivers.len()).map(effect).collect(),
    }
}
