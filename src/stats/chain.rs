//! The joint bootstrap of the chain driver -> satisfaction -> money: every draw resamples the same customers for
//! both links, so that their uncertainties stay tied together.

use nalgebra::{DMatrix, DVector};

use crate::bootstrap::replicates;
use crate::curve::Points;
use crate::notice::{Column, Count, Refusal};
use crate::optimum::ResponseFunction;
use crate::random::SplitMix64;
use crate::verdict::Verdict;

/// Rows of the link from satisfaction to money.
#[derive(Debug, Clone, Copy)]
pub struct MoneyRows<'a> {
    /// Satisfaction, 0-100.
    pub satisfaction: &'a [f64],
    /// Money per customer and year.
    pub money: &'a [f64],
    /// Weight of each row.
    pub weights: &'a [f64],
    /// Cluster of each row, below `clusters` of [`chain`].
    pub cluster: &'a [usize],
    /// Reliability of satisfaction, above 0 and at most 1 (no correction).
    pub reliability: f64,
}

/// Rows of the link from drivers to satisfaction; they may be more than those with money.
#[derive(Debug, Clone, Copy)]
pub struct DriverRows<'a> {
    /// Satisfaction, 0-100.
    pub satisfaction: &'a [f64],
    /// One column per driver.
    pub drivers: &'a [Vec<f64>],
    /// Reliability of each driver, above 0 and at most 1 (no correction).
    pub reliabilities: &'a [f64],
    /// Weight of each row.
    pub weights: &'a [f64],
    /// Cluster of each row, below `clusters` of [`chain`].
    pub cluster: &'a [usize],
}

/// One draw: money against satisfaction, and the impact of each driver in the order of its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainDraw {
    /// The response function in this draw.
    pub response: ResponseFunction,
    /// Points of satisfaction per point of each driver.
    pub impacts: Vec<f64>,
}

/// The fitted chain with its draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Fitted to the data themselves.
    pub point: ChainDraw,
    /// One per replicate that could be fitted, in the order of the replicates.
    pub draws: Vec<ChainDraw>,
    /// Replicates without enough spread to be fitted.
    pub failed: usize,
}

/// Fits both links to the data and to `draws` resamples of `clusters` clusters.
///
/// The response function takes the form that the verdict calls for: M1 for PLATEAU, M2 for DIMINISHING, the line for
/// LINEAR, and for DECLINES the broken line held constant above its kink. It is held constant outside
/// `observed`.
///
/// An index measured with error hides part of its own effect: the line against it is flatter than the line
/// against what it measures (regression dilution). Both links are therefore corrected by the reliabilities
/// given: money is fitted against satisfaction regressed to its mean (regression calibration, `E[S | s] = m +
/// r (s - m)`), and the driver's cross-products lose their error variance (`1 - r` of each driver's own). With
/// reliabilities of 1 both are the uncorrected fits.
///
/// # Errors
///
/// [`Refusal::TooFew`] where the verdict names no form or fewer than half of the replicates could be fitted,
/// [`Refusal::Aliased`] where the drivers are linearly dependent, and those of [`Points::new`].
///
/// # Source
///
/// `docs/methods.md` 5.4; Carroll, Ruppert, Stefanski and Crainiceanu, *Measurement Error in Nonlinear Models*, 2nd ed.,
/// ch. 4, and Fuller, *Measurement Error Models*, 2.2. Clusters are drawn with SplitMix64, replicate `b` starting at
/// `seed + b * clusters * 0x9E3779B97F4A7C15`.
#[expect(clippy::too_many_arguments, reason = "the two links and how to resample them, all of one call site")]
pub fn chain(
    money: &MoneyRows<'_>,
    drivers: &DriverRows<'_>,
    clusters: usize,
    verdict: Verdict,
    observed: (f64, f64),
    (draws, seed): (usize, u64),
) -> Result<Chain, Refusal> {
    let calibrated = calibrated(money);
    let points = Points::new(&calibrated, money.money, Some(money.weights))?;
    let ones = vec![1; clusters];
    let fit = |multiplicity: &[u32]| {
        let counts: Vec<u32> = money.cluster.iter().map(|&cluster| multiplicity[cluster]).collect();
        Some(ChainDraw {
            response: response(&points, &counts, verdict, observed)?,
            impacts: impacts(drivers, multiplicity)?,
        })
    };
    if impacts(drivers, &ones).is_none() {
        return Err(Refusal::Aliased { column: Column::Driver(drivers.drivers.len().saturating_sub(1)) });
    }
    let need = money.satisfaction.len().max(2) as f64;
    let point = fit(&ones).ok_or(Refusal::TooFew { what: Count::Observations, have: 0.0, need })?;
    let fitted: Vec<ChainDraw> = replicates(draws, |replicate| {
        let mut random = SplitMix64::for_replicate(seed, replicate, clusters as u64);
        let mut multiplicity = vec![0; clusters];
        for _ in 0..clusters {
            multiplicity[random.index(clusters)] += 1;
        }
        fit(&multiplicity)
    })
    .into_iter()
    .flatten()
    .collect();
    if fitted.len() * 2 < draws {
        let have = fitted.len() as f64;
        return Err(Refusal::TooFew { what: Count::Observations, have, need: draws as f64 / 2.0 });
    }
    Ok(Chain { failed: draws - fitted.len(), point, draws: fitted })
}

/// Satisfaction regressed to its mean by its reliability.
fn calibrated(money: &MoneyRows<'_>) -> Vec<f64> {
    let total: f64 = money.weights.iter().sum();
    let mean = money.satisfaction.iter().zip(money.weights).map(|(s, w)| s * w).sum::<f64>() / total;
    money.satisfaction.iter().map(|s| mean + money.reliability * (s - mean)).collect()
}

fn response(
    points: &Points,
    counts: &[u32],
    verdict: Verdict,
    (low, high): (f64, f64),
) -> Option<ResponseFunction> {
    let (intercept, left, psi, right) = match verdict {
        Verdict::Linear => {
            let line = points.line(Some(counts))?;
            (line.intercept, line.slope, high, line.slope)
        }
        Verdict::Plateau => {
            let fit = points.linear_plateau(Some(counts))?;
            (fit.a, fit.b, fit.psi, 0.0)
        }
        Verdict::Diminishing => {
            let fit = points.broken_line(Some(counts))?;
            (fit.intercept, fit.left, fit.psi, fit.right)
        }
        Verdict::Declines => {
            let fit = points.broken_line(Some(counts))?;
            (fit.intercept, fit.left, fit.psi, 0.0)
        }
        Verdict::NoRelation | Verdict::Convex | Verdict::TooFew => return None,
    };
    Some(ResponseFunction { intercept, left, psi, right, low, high })
}

/// Slopes of satisfaction on all drivers together, by normal equations of centred, scaled columns; `None` where they
/// are (nearly) dependent.
fn impacts(rows: &DriverRows<'_>, multiplicity: &[u32]) -> Option<Vec<f64>> {
    let p = rows.drivers.len();
    let n = rows.satisfaction.len();
    let weights: Vec<f64> =
        (0..n).map(|row| rows.weights[row] * f64::from(multiplicity[rows.cluster[row]])).collect();
    let total: f64 = weights.iter().sum();
    if p == 0 || total <= 0.0 {
        return (p == 0).then(Vec::new);
    }
    let centred = |column: &[f64]| {
        let mean = column.iter().zip(&weights).map(|(value, weight)| value * weight).sum::<f64>() / total;
        column.iter().map(|value| value - mean).collect::<Vec<f64>>()
    };
    let columns: Vec<Vec<f64>> = rows.drivers.iter().map(|column| centred(column)).collect();
    let outcome = centred(rows.satisfaction);
    let product = |a: &[f64], b: &[f64]| {
        a.iter().zip(b).zip(&weights).map(|((a, b), weight)| a * b * weight).sum::<f64>()
    };
    let scale: Vec<f64> = columns.iter().map(|column| product(column, column).sqrt()).collect();
    if scale.iter().any(|&scale| scale <= 0.0) {
        return None;
    }
    let mut gram = DMatrix::zeros(p, p);
    for a in 0..p {
        // The scaled column's square is 1, of which the error is 1 - r.
        gram[(a, a)] = rows.reliabilities[a];
        for b in a + 1..p {
            let cell = product(&columns[a], &columns[b]) / (scale[a] * scale[b]);
            gram[(a, b)] = cell;
            gram[(b, a)] = cell;
        }
    }
    let right = DVector::from_fn(p, |a, _| product(&columns[a], &outcome) / scale[a]);
    let factor = gram.cholesky()?;
    // A pivot this small means that the other drivers explain all but 1e-7 of the column.
    if factor.l_dirty().diagonal().iter().any(|&pivot| pivot < 3e-4) {
        return None;
    }
    let solved = factor.solve(&right);
    Some((0..p).map(|a| solved[a] / scale[a]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 customers, y = 3 + 0.5 s, s = 10 + 0.4 d1 - 0.2 d2, without noise.
    fn exact() -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
        let d1: Vec<f64> = (0..60).map(|row| f64::from(row * 37 % 60)).collect();
        let d2: Vec<f64> = (0..60).map(|row| f64::from(row * 7 % 60)).collect();
        let s: Vec<f64> = d1.iter().zip(&d2).map(|(a, b)| 10.0 + 0.4 * a - 0.2 * b).collect();
        let y = s.iter().map(|s| 3.0 + 0.5 * s).collect();
        (s, y, vec![d1, d2])
    }

    fn run(verdict: Verdict, columns: &[Vec<f64>]) -> Result<Chain, Refusal> {
        let (s, y, _) = exact();
        let weights = vec![1.0; 60];
        let cluster: Vec<usize> = (0..60).map(|row| row / 2).collect();
        let money =
            MoneyRows { satisfaction: &s, money: &y, weights: &weights, cluster: &cluster, reliability: 1.0 };
        let drivers = DriverRows {
            satisfaction: &s,
            drivers: columns,
            reliabilities: &[1.0, 1.0],
            weights: &weights,
            cluster: &cluster,
        };
        chain(&money, &drivers, 30, verdict, (10.0, 30.0), (99, 7))
    }

    #[test]
    fn without_noise_every_draw_finds_both_links() {
        let found = run(Verdict::Linear, &exact().2).unwrap();
        assert_eq!((found.draws.len(), found.failed), (99, 0));
        for draw in found.draws.iter().chain([&found.point]) {
            assert!((draw.response.left - 0.5).abs() < 1e-9);
            assert!((draw.impacts[0] - 0.4).abs() < 1e-9 && (draw.impacts[1] + 0.2).abs() < 1e-9);
        }
    }

    /// 20,000 customers with y = 2 S and S = 0.5 D, both seen with error of half their own variance.
    #[test]
    fn the_reliabilities_take_out_what_error_hides() {
        let mut random = SplitMix64::new(3);
        let mut noise = |sd: f64| sd * ((0..12).map(|_| random.uniform()).sum::<f64>() - 6.0);
        let (mut seen_d, mut seen_s, mut y) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..20_000 {
            let driver = noise(10.0);
            let satisfaction = 0.5 * driver + noise(5.0);
            seen_d.push(60.0 + driver + noise(50.0_f64.sqrt()));
            seen_s.push(60.0 + satisfaction + noise(5.0));
            y.push(2.0 * satisfaction + noise(1.0));
        }
        let weights = vec![1.0; y.len()];
        let cluster: Vec<usize> = (0..y.len()).collect();
        let money = MoneyRows {
            satisfaction: &seen_s,
            money: &y,
            weights: &weights,
            cluster: &cluster,
            reliability: 2.0 / 3.0,
        };
        let drivers = DriverRows {
            satisfaction: &seen_s,
            drivers: &[seen_d],
            reliabilities: &[2.0 / 3.0],
            weights: &weights,
            cluster: &cluster,
        };
        let found = chain(&money, &drivers, y.len(), Verdict::Linear, (0.0, 100.0), (9, 7)).unwrap();
        assert!((found.point.response.left - 2.0).abs() < 0.05, "{}", found.point.response.left);
        assert!((found.point.impacts[0] - 0.5).abs() < 0.02, "{:?}", found.point.impacts);
    }

    #[test]
    fn a_verdict_without_optimum_gives_no_chain() {
        assert!(matches!(run(Verdict::NoRelation, &exact().2), Err(Refusal::TooFew { .. })));
    }

    #[test]
    fn dependent_drivers_are_refused() {
        let (_, _, columns) = exact();
        let doubled = columns[0].iter().map(|value| 2.0 * value + 1.0).collect();
        assert!(matches!(run(Verdict::Linear, &[columns[0].clone(), doubled]), Err(Refusal::Aliased { .. })));
    }
}
