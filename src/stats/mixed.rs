//! The random-intercept model: persons within units, each unit with a level of its own.
//!
//! `y_ig = x_ig'b + u_g + e_ig`. With `theta = var(u) / var(e)` the covariance of a group has the inverse
//! `(I - theta / (1 + n_g theta) 11') / var(e)`, so that coefficients and `var(e)` follow from `theta` in
//! closed form and only `theta` is searched for. All is done in the orthogonal coordinates of the fit without
//! groups, so that the scale of the columns does not matter.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use serde::{Deserialize, Serialize};

use crate::bootstrap::Clusters;
use crate::factor::{Factor, Singular, dot, to_unit_scale};
use crate::ols::{Coefficient, Problem, check_range, rows_of};
use crate::{Column, Count, Refusal, Warning};

/// Groups below which a fit warns.
const GROUPS_WANTED: usize = 10;
/// Half decades of `theta` that are looked at, from 1e-10 to 1e10.
const GRID: std::ops::RangeInclusive<i32> = -20..=20;

/// What is made largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likelihood {
    /// The restricted likelihood: variances without the downward bias of few groups. The default.
    Reml,
    /// The likelihood: for comparing models with different drivers.
    Ml,
}

/// The level of one group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroupEffect {
    /// The group.
    pub group: usize,
    /// Its level less the average, in outcome units, drawn towards 0 by as much as it is uncertain (BLUP).
    pub value: f64,
}

/// A random-intercept model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomIntercept {
    /// Intercept first, then the drivers in their order. Degrees of freedom by nlme's rule: a driver that is
    /// constant within every group has G - 1 - (drivers of that kind), any other and the intercept
    /// N - G - (drivers that vary within).
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// What was made largest.
    pub likelihood: Likelihood,
    /// Standard deviation of the groups' levels, in outcome units. 0 is an answer: the groups differ no more
    /// than chance would have it ("singular fit"), and standard errors are those without groups.
    pub sd_groups: f64,
    /// Standard deviation within groups.
    pub sd_residual: f64,
    /// `theta`, the ratio of the two variances.
    pub ratio: f64,
    /// Share of the variance that lies between groups, given the drivers.
    pub icc: f64,
    /// -2 log of the (restricted) likelihood.
    pub deviance: f64,
    /// Levels of the groups, in order of first appearance.
    pub effects: Vec<GroupEffect>,
    /// Rows.
    pub n: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits outcome on drivers (and an intercept) with a random level for each of `groups`.
///
/// # Errors
///
/// As [`crate::ols::fit`]; besides [`Refusal::TooFew`] where no group has two rows or a driver of the groups
/// has no degrees of freedom, and [`Refusal::ExactFit`] where nothing varies within the groups.
///
/// # Source
///
/// Laird and Ware 1982, Biometrics 38:963-974; Pinheiro and Bates 2000, *Mixed-Effects Models in S and
/// S-PLUS*, ch. 2 (profiled likelihood, degrees of freedom).
pub fn random_intercept(
    outcome: &[f64],
    drivers: &[&[f64]],
    groups: &[usize],
    likelihood: Likelihood,
) -> Result<RandomIntercept, Refusal> {
    let problem = Problem { outcome, drivers, intercept: true, weights: None };
    problem.check()?;
    if groups.len() != outcome.len() {
        return Err(Refusal::LengthMismatch { expected: outcome.len(), found: groups.len() });
    }
    let clusters = Clusters::of_ids(groups);
    let freedom = degrees_of_freedom(drivers, &clusters)?;
    let mut columns = vec![vec![1.0; outcome.len()]];
    columns.extend(drivers.iter().map(|column| column.to_vec()));
    let factor = Factor::new(columns, true).map_err(|fault| name(&fault))?;
    let (start, residuals) = factor.solve(outcome);
    let (residuals, scale) = to_unit_scale(&residuals);
    let length = dot(&residuals, &residuals).sqrt();
    let spread = outcome.iter().fold(0.0_f64, |most, y| most.max(y.abs())) * scale;
    // What is left at the level of rounding is nothing.
    if !(length > 0.0 && spread.is_finite() && 1e-14 * spread < 1.0) {
        return Err(Refusal::ExactFit);
    }
    let mut basis = factor.thin_q();
    basis.push(residuals.iter().map(|e| e / length).collect());
    let profile = Profile::new(&basis, &clusters, likelihood);
    let best = profile.search()?;

    let transform = factor.back_transform();
    let coefficients = &start + &transform * &best.shift * (length / scale);
    let variance = (best.rss / profile.freedom()).sqrt() * length / scale;
    // The root of the variance on either side keeps huge and tiny units within the range of numbers.
    let mut half = (&transform * variance).transpose();
    best.factor.l_dirty().solve_lower_triangular_mut(&mut half);
    let covariance = half.transpose() * &half;
    check_range(&covariance)?;
    let coefficients: Vec<Coefficient> = coefficients
        .iter()
        .enumerate()
        .map(|(k, estimate)| {
            let std_error = covariance[(k, k)].max(0.0).sqrt();
            Coefficient::new(k.checked_sub(1), *estimate, std_error, freedom.get(k).copied())
        })
        .collect();
    // The criterion was taken with residuals of length 1 and orthonormal drivers.
    let mut deviance = best.criterion + profile.freedom() * 2.0 * (length.ln() - scale.ln());
    if likelihood == Likelihood::Reml {
        deviance += factor.log_determinant();
    }
    let effects = profile.effects(&best, &clusters, groups, length / scale);
    let mut warnings = vec![Warning::Observational];
    if clusters.len() < GROUPS_WANTED {
        let (have, need) = (clusters.len() as f64, GROUPS_WANTED as f64);
        warnings.push(Warning::Few { what: Count::Units, have, need });
    }
    let found = RandomIntercept {
        coefficients,
        covariance: rows_of(&covariance),
        likelihood,
        sd_groups: best.theta.sqrt() * variance,
        sd_residual: variance,
        ratio: best.theta,
        icc: best.theta / (1.0 + best.theta),
        deviance,
        effects,
        n: outcome.len(),
        warnings,
    };
    let finite = [found.sd_groups, found.sd_residual, found.deviance].iter().all(|value| value.is_finite())
        && found.coefficients.iter().all(Coefficient::is_finite)
        && found.effects.iter().all(|effect| effect.value.is_finite());
    if finite { Ok(found) } else { Err(Refusal::OutOfRange) }
}

fn name(fault: &Singular) -> Refusal {
    match fault {
        Singular::Constant(index) => Refusal::NoVariance { column: Column::Driver(index.saturating_sub(1)) },
        Singular::Aliased(index) => Refusal::Aliased { column: Column::Driver(index.saturating_sub(1)) },
    }
}

/// Degrees of freedom of intercept and drivers by nlme's rule.
fn degrees_of_freedom(drivers: &[&[f64]], clusters: &Clusters) -> Result<Vec<f64>, Refusal> {
    let constant = |column: &[f64]| {
        clusters
            .iter()
            .all(|rows| rows.windows(2).all(|pair| column[pair[0]].total_cmp(&column[pair[1]]).is_eq()))
    };
    let between: Vec<bool> = drivers.iter().map(|column| constant(column)).collect();
    let rows: usize = clusters.iter().map(<[usize]>::len).sum();
    let (groups, of_groups) = (clusters.len(), between.iter().filter(|constant| **constant).count());
    let inner = drivers.len() - of_groups;
    if rows <= groups + inner {
        let (have, need) = (rows as f64, (groups + inner + 1) as f64);
        return Err(Refusal::TooFew { what: Count::Observations, have, need });
    }
    if groups < of_groups + 2 {
        let need = (of_groups + 2) as f64;
        return Err(Refusal::TooFew { what: Count::Units, have: groups as f64, need });
    }
    let (inner, outer) = ((rows - groups - inner) as f64, (groups - 1 - of_groups) as f64);
    let own = between.iter().map(|constant| if *constant { outer } else { inner });
    Ok(std::iter::once(inner).chain(own).collect())
}

/// Groups of one size: how many, and the cross-products of their means.
struct SameSize {
    size: f64,
    count: f64,
    products: DMatrix<f64>,
}

/// The likelihood as a function of `theta`; drivers and residual are the columns of an orthonormal basis.
struct Profile {
    rows: f64,
    parameters: usize,
    likelihood: Likelihood,
    /// Cross-products within groups.
    within: DMatrix<f64>,
    /// Cross-products of the means, by group size.
    sizes: Vec<SameSize>,
    /// Means of the basis, one vector per group.
    means: Vec<DVector<f64>>,
}

/// The profile at one `theta`.
struct At {
    theta: f64,
    criterion: f64,
    /// Derivative of the criterion.
    slope: f64,
    rss: f64,
    /// Coefficients of the orthonormal drivers.
    shift: DVector<f64>,
    factor: Cholesky<f64, Dyn>,
}

impl Profile {
    fn new(basis: &[Vec<f64>], clusters: &Clusters, likelihood: Likelihood) -> Self {
        let width = basis.len();
        let mut within = DMatrix::zeros(width, width);
        let mut sizes: std::collections::BTreeMap<usize, SameSize> = std::collections::BTreeMap::new();
        let mut means = Vec::with_capacity(clusters.len());
        let mut rows = 0;
        for group in clusters.iter() {
            let n = group.len() as f64;
            rows += group.len();
            let mean = DVector::from_iterator(
                width,
                basis.iter().map(|column| group.iter().map(|row| column[*row]).sum::<f64>() / n),
            );
            for row in group {
                let own = DVector::from_iterator(width, basis.iter().map(|column| column[*row])) - &mean;
                within.ger(1.0, &own, &own, 1.0);
            }
            let entry = sizes.entry(group.len()).or_insert_with(|| SameSize {
                size: n,
                count: 0.0,
                products: DMatrix::zeros(width, width),
            });
            entry.count += 1.0;
            entry.products.ger(1.0, &mean, &mean, 1.0);
            means.push(mean);
        }
        let sizes = sizes.into_values().collect();
        Self { rows: rows as f64, parameters: width - 1, likelihood, within, sizes, means }
    }

    /// Rows less what the likelihood takes off for the coefficients.
    fn freedom(&self) -> f64 {
        match self.likelihood {
            Likelihood::Reml => self.rows - self.parameters as f64,
            Likelihood::Ml => self.rows,
        }
    }

    /// -2 log likelihood at `theta` and its derivative; `None` where the numbers do not carry it.
    fn at(&self, theta: f64) -> Option<At> {
        let p = self.parameters;
        let mut all = self.within.clone();
        // Minus the derivative of `all`.
        let mut squared = DMatrix::zeros(p + 1, p + 1);
        let (mut logs, mut own) = (0.0, 0.0);
        for same in &self.sizes {
            let k = same.size / (1.0 + same.size * theta);
            all += &same.products * k;
            squared += &same.products * (k * k);
            logs += same.count * (same.size * theta).ln_1p();
            own += same.count * k;
        }
        let factor = Cholesky::new(all.view((0, 0), (p, p)).clone_owned())?;
        let shift = factor.solve(&all.view((0, p), (p, 1)).column(0).clone_owned());
        let mut contrast = DVector::from_element(p + 1, 1.0);
        contrast.rows_mut(0, p).copy_from(&-&shift);
        let rss = contrast.dot(&(&all * &contrast));
        let freedom = self.freedom();
        let restricted = self.likelihood == Likelihood::Reml;
        let mut slope = own - freedom / rss * contrast.dot(&(&squared * &contrast));
        if restricted {
            slope -= factor.solve(&squared.view((0, 0), (p, p))).trace();
        }
        let mut criterion = logs + freedom * (1.0 + (2.0 * std::f64::consts::PI * rss / freedom).ln());
        if restricted {
            criterion += 2.0 * factor.l_dirty().diagonal().iter().map(|pivot| pivot.ln()).sum::<f64>();
        }
        let finite = criterion.is_finite() && slope.is_finite() && rss > 0.0;
        finite.then_some(At { theta, criterion, slope, rss, shift, factor })
    }

    /// The `theta` of the smallest criterion: 0, or where the derivative turns from falling to rising.
    fn search(&self) -> Result<At, Refusal> {
        let mut best = self.at(0.0).ok_or(Refusal::ExactFit)?;
        let mut before: Option<At> = None;
        for half in GRID {
            let Some(here) = self.at((f64::from(half) / 2.0 * std::f64::consts::LN_10).exp()) else { break };
            if let Some(before) = &before
                && before.slope < 0.0
                && here.slope >= 0.0
            {
                let root = self.root(before, &here).ok_or(Refusal::NotConverged)?;
                if root.criterion < best.criterion {
                    best = root;
                }
            }
            before = Some(here);
        }
        match before {
            // Still falling at the end: nothing varies within the groups.
            Some(end) if end.slope < 0.0 && end.criterion < best.criterion => Err(Refusal::ExactFit),
            _ => Ok(best),
        }
    }

    /// Where the derivative is 0 between two points, by a bracketed secant search in `ln theta`.
    fn root(&self, low: &At, high: &At) -> Option<At> {
        // The derivative by `ln theta`, which is well scaled.
        let value = |at: &At| at.slope * at.theta;
        let (mut a, mut b) = (low.theta.ln(), high.theta.ln());
        let (mut at_a, mut at_b) = (value(low), value(high));
        for _ in 0..100 {
            let secant = a - at_a * (b - a) / (at_b - at_a);
            for point in [secant, f64::midpoint(a, b)] {
                if !(point > a && point < b) {
                    continue;
                }
                let found = value(&self.at(point.exp())?);
                if found < 0.0 {
                    (a, at_a) = (point, found);
                } else {
                    (b, at_b) = (point, found);
                }
            }
            if b - a < 1e-15 * a.abs().max(1.0) {
                break;
            }
        }
        self.at(f64::midpoint(a, b).exp())
    }

    /// `theta n / (1 + n theta)` times the mean residual of each group.
    fn effects(&self, best: &At, clusters: &Clusters, groups: &[usize], unit: f64) -> Vec<GroupEffect> {
        let p = self.parameters;
        clusters
            .iter()
            .zip(&self.means)
            .filter_map(|(rows, mean)| {
                let group = *groups.get(*rows.first()?)?;
                let n = rows.len() as f64;
                let residual = mean[p] - mean.rows(0, p).dot(&best.shift);
                let value = best.theta * n / (1.0 + n * best.theta) * residual * unit;
                Some(GroupEffect { group, value })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three groups of two values: MSW = 2 (differences of 2), group means 1, 5, 9, MSB = 2 * 16 = 32; balanced
    /// REML has var(e) = MSW and var(u) = (MSB - MSW) / 2 = 15, ML var(u) = (2/3 MSB - MSW) / 2.
    #[test]
    fn balanced_groups_agree_with_the_analysis_of_variance() {
        let (y, groups) = ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [3, 3, 1, 1, 2, 2]);
        let found = random_intercept(&y, &[], &groups, Likelihood::Reml).unwrap();
        assert!((found.sd_residual - 2.0_f64.sqrt()).abs() < 1e-12, "{found:?}");
        assert!((found.sd_groups - 15.0_f64.sqrt()).abs() < 1e-12);
        // Standard error of the mean: sqrt(MSB / 6).
        assert!((found.coefficients[0].std_error - (32.0_f64 / 6.0).sqrt()).abs() < 1e-12);
        assert!((found.effects[0].value + 4.0 * 15.0 / 16.0).abs() < 1e-12);
        let ml = random_intercept(&y, &[], &groups, Likelihood::Ml).unwrap();
        assert!((ml.sd_groups.powi(2) - (64.0 / 3.0 - 2.0) / 2.0).abs() < 1e-11, "{ml:?}");
    }

    #[test]
    fn equal_means_put_the_variance_of_groups_at_zero() {
        let (y, groups) = ([1.0, 5.0, 2.0, 4.0, 0.0, 6.0], [0, 0, 1, 1, 2, 2]);
        let found = random_intercept(&y, &[], &groups, Likelihood::Reml).unwrap();
        assert!(found.sd_groups.to_bits() == 0.0_f64.to_bits() && found.coefficients[0].std_error > 0.0);
        assert!(found.effects.iter().all(|effect| effect.value.abs() < 1e-300));
    }
}
