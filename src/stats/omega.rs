//! McDonald's omega: the share of a sum score's variance that one common factor explains.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::measurement::variance;
use crate::ols::correlation;
use crate::reliability::check;
use crate::{Count, Refusal, Warning};

/// Step at which iterations stop, of items with variance 1.
const SETTLED: f64 = 1e-13;
/// Step that is accepted after the last iteration.
const NEARLY_SETTLED: f64 = 1e-9;
/// Iterations; a flat optimum takes long.
const ITERATIONS: usize = 500;
/// Items that are taken; the cost grows with their cube.
const ITEMS: usize = 100;

/// Reliability by one common factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Omega {
    /// Omega-total: squared sum of the loadings over itself and the sum of the residual variances. Absent in a Heywood
    /// case; of two items the Spearman-Brown formula.
    pub total: Option<f64>,
    /// Loading of each item, in the item's unit; empty for two items.
    pub loadings: Vec<f64>,
    /// Residual variance of each item; empty for two items.
    pub residuals: Vec<f64>,
    /// A Heywood case.
    pub warnings: Vec<Warning>,
}

/// McDonald's omega of items (one column each, complete rows).
///
/// Three items identify the factor exactly: `l_1 = sqrt(s_12 s_13 / s_23)`. Four or more are fitted to the covariance
/// matrix by maximum likelihood. Two give the Spearman-Brown formula `2 r / (1 + r)`.
///
/// # Errors
///
/// As [`crate::reliability::cronbach_alpha`], except that a reversed item is not refused; [`Refusal::NotConverged`] where
/// no factor is found.
///
/// # Source
///
/// McDonald 1999, *Test Theory*, ch. 6; Jöreskog 1967, Psychometrika 32:443-482.
pub fn omega(items: &[Vec<f64>]) -> Result<Omega, Refusal> {
    check(items)?;
    let k = items.len();
    if k > ITEMS {
        return Err(Refusal::TooMany { what: Count::Items, have: k as f64, limit: ITEMS as f64 });
    }
    let correlations = DMatrix::from_fn(k, k, |i, j| {
        if i == j { 1.0 } else { correlation(&items[i], &items[j], true).unwrap_or(0.0) }
    });
    if k == 2 {
        let r = correlations[(0, 1)];
        let total = Some(2.0 * r / (1.0 + r)).filter(|total| total.is_finite() && r > 0.0);
        return Ok(Omega { total, loadings: Vec::new(), residuals: Vec::new(), warnings: Vec::new() });
    }
    let (loadings, residuals) = if k == 3 { identified(&correlations)? } else { likeliest(&correlations)? };
    // Likelihood's covariance matrix has the divisor n.
    let rows = items[0].len() as f64;
    let variances: Vec<f64> = items.iter().map(|item| variance(item) * (1.0 - 1.0 / rows)).collect();
    let loadings: Vec<f64> = loadings.iter().zip(&variances).map(|(l, v)| l * v.sqrt()).collect();
    let residuals: Vec<f64> = residuals.iter().zip(&variances).map(|(psi, v)| psi * v).collect();
    if !loadings.iter().chain(&residuals).all(|value| value.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let heywood = residuals.iter().position(|psi| *psi < 0.0);
    let squared = loadings.iter().sum::<f64>().powi(2);
    let total = squared / (squared + residuals.iter().sum::<f64>());
    Ok(Omega {
        total: Some(total).filter(|total| heywood.is_none() && total.is_finite()),
        loadings,
        residuals,
        warnings: heywood.map(|item| Warning::Heywood { item }).into_iter().collect(),
    })
}

/// Loadings and residual variances of three items, which have as many correlations as loadings.
fn identified(r: &DMatrix<f64>) -> Result<(Vec<f64>, Vec<f64>), Refusal> {
    let (ab, ac, bc) = (r[(0, 1)], r[(0, 2)], r[(1, 2)]);
    if ab * ac * bc <= 0.0 {
        return Err(Refusal::NotConverged);
    }
    let squares = [ab * ac / bc, ab * bc / ac, ac * bc / ab];
    // The first item has a positive loading; the signs of the others follow from their correlations with it.
    let signs = [1.0, ab.signum(), ac.signum()];
    let loadings = squares.iter().zip(signs).map(|(square, sign)| sign * square.sqrt()).collect();
    Ok((loadings, squares.iter().map(|square| 1.0 - square).collect()))
}

/// Maximum likelihood by Fisher scoring in loadings and residual variances, halved where the likelihood falls.
fn likeliest(r: &DMatrix<f64>) -> Result<(Vec<f64>, Vec<f64>), Refusal> {
    let k = r.nrows();
    let eigen = r.clone().symmetric_eigen();
    let largest = (0..k).max_by(|a, b| eigen.eigenvalues[*a].total_cmp(&eigen.eigenvalues[*b])).unwrap_or(0);
    let (mut vector, size) = (eigen.eigenvectors.column(largest).into_owned(), eigen.eigenvalues[largest]);
    if vector.sum() < 0.0 {
        vector = -vector;
    }
    let mut point = DVector::zeros(2 * k);
    for item in 0..k {
        // Less than the principal component explains, so that every residual variance begins positive.
        let loading = vector[item] * (0.8 * size).sqrt();
        let loading = loading.clamp(-0.95, 0.95);
        point[item] = loading;
        point[k + item] = 1.0 - loading * loading;
    }
    let mut distance = discrepancy(r, &point).ok_or(Refusal::NotConverged)?;
    let mut last = f64::INFINITY;
    for _ in 0..ITERATIONS {
        let mut step = scoring_step(r, &point).ok_or(Refusal::NotConverged)?;
        last = step.amax();
        if last < SETTLED {
            break;
        }
        for _ in 0..40 {
            let next = &point + &step;
            if let Some(reached) = discrepancy(r, &next)
                && reached <= distance + 1e-13 * distance.abs()
            {
                (point, distance) = (next, reached);
                break;
            }
            step *= 0.5;
        }
    }
    if last > NEARLY_SETTLED {
        return Err(Refusal::NotConverged);
    }
    Ok((point.rows(0, k).iter().copied().collect(), point.rows(k, k).iter().copied().collect()))
}

fn implied(point: &DVector<f64>) -> DMatrix<f64> {
    let k = point.len() / 2;
    DMatrix::from_fn(k, k, |i, j| point[i] * point[j] + if i == j { point[k + i] } else { 0.0 })
}

/// `log|S| + tr(R S^-1)`; `None` where the implied matrix `S` is not positive definite.
fn discrepancy(r: &DMatrix<f64>, point: &DVector<f64>) -> Option<f64> {
    let cholesky = implied(point).cholesky()?;
    let log_determinant = 2.0 * cholesky.l().diagonal().map(f64::ln).sum();
    Some(log_determinant + cholesky.solve(r).trace()).filter(|value| value.is_finite())
}

fn scoring_step(r: &DMatrix<f64>, point: &DVector<f64>) -> Option<DVector<f64>> {
    let k = point.len() / 2;
    let inverse = implied(point).cholesky()?.inverse();
    let gap = &inverse - &inverse * r * &inverse;
    let loadings = point.rows(0, k).into_owned();
    let through = &inverse * &loadings;
    let length = loadings.dot(&through);
    let slope = &gap * &loadings;
    let gradient = DVector::from_fn(2 * k, |i, _| if i < k { 2.0 * slope[i] } else { gap[(i - k, i - k)] });
    let information = DMatrix::from_fn(2 * k, 2 * k, |i, j| match (i < k, j < k) {
        (true, true) => 2.0 * (inverse[(i, j)] * length + through[i] * through[j]),
        (true, false) => 2.0 * inverse[(i, j - k)] * through[j - k],
        (false, true) => 2.0 * inverse[(i - k, j)] * through[i - k],
        (false, false) => inverse[(i - k, j - k)].powi(2),
    });
    let step = information.cholesky()?.solve(&gradient);
    step.iter().all(|value| value.is_finite()).then_some(-step)
}
