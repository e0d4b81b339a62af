//! Outcomes gathered by level of satisfaction, and the two or three coefficients of a predictor fitted to them.
//!
//! A deviance depends on the rows of a level through their weight and their sum alone, so that a fit costs one pass over
//! the levels, however many rows there are.

use nalgebra::{SMatrix, SVector};

use super::{Family, LinkLine};
use crate::curve::Points;
use crate::notice::{Parameter, Refusal};

/// Most steps of scoring.
const STEPS: usize = 60;

/// Relative step after which the next one would be lost in rounding: each squares the error of the last.
const SETTLED: f64 = 1e-9;

/// A predictor beyond this counts as infinite.
const STEEP: f64 = 500.0;

/// Rows that must lie on each side of a plateau's beginning.
const LEAST_EACH_SIDE: usize = 10;

/// The rows, by their level.
pub(super) struct Table {
    family: Family,
    level: Vec<f64>,
    /// Level of each row, by position.
    at: Vec<usize>,
    /// Weight of each row, of mean 1.
    weight: Vec<f64>,
    outcome: Vec<f64>,
    mean_s: f64,
}

/// The sums of a sample of the rows.
pub(super) struct Sample<'a> {
    table: &'a Table,
    /// Rows of each level.
    rows: Vec<u32>,
    weight: Vec<f64>,
    /// Weighted sum of the outcome.
    sum: Vec<f64>,
    /// What the deviance holds besides.
    constant: f64,
}

/// A fitted predictor.
pub(super) struct Fit<const P: usize> {
    pub(super) coefficients: [f64; P],
    pub(super) deviance: f64,
}

impl Table {
    /// Gathers the rows; refuses what [`Points::new`] does, and outcomes outside the family.
    pub(super) fn new(
        s: &[f64],
        y: &[f64],
        weights: Option<&[f64]>,
        family: Family,
    ) -> Result<Self, Refusal> {
        let points = Points::new(s, y, weights)?;
        match family {
            Family::Binomial => {
                if let Some(row) = y.iter().position(|value| ![0.0, 1.0].contains(value)) {
                    return Err(Refusal::NotBinary { row });
                }
            }
            Family::Gamma => {
                if let Some((position, value)) = y.iter().enumerate().find(|(_, value)| **value <= 0.0) {
                    let parameter = Parameter::Outcome;
                    return Err(Refusal::BadParameter { parameter, position, value: *value });
                }
            }
        }
        let mut level = s.to_vec();
        level.sort_by(f64::total_cmp);
        level.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let at = s.iter().map(|s| level.partition_point(|level| level.total_cmp(s).is_lt())).collect();
        let (deviations, weight, _) = points.deviations();
        let mean_s = s.first().zip(deviations.first()).map_or(0.0, |(s, deviation)| s - deviation);
        Ok(Self { family, level, at, weight, outcome: y.to_vec(), mean_s })
    }

    /// The same rows with neighbouring levels merged at their mean where there are more than so many: a fit costs what
    /// its levels cost.
    pub(super) fn merged(&self, most: usize) -> Self {
        let each = self.level.len().div_ceil(most).max(1);
        let level =
            self.level.chunks(each).map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64).collect();
        let at = self.at.iter().map(|at| at / each).collect();
        Self { level, at, weight: self.weight.clone(), outcome: self.outcome.clone(), ..*self }
    }

    pub(super) fn rows(&self) -> usize {
        self.at.len()
    }

    /// The sums of a replicate, or of all rows.
    pub(super) fn sample(&self, counts: Option<&[u32]>) -> Sample<'_> {
        self.gather(counts, |row| self.outcome[row])
    }

    /// The sums of outcomes 0/1 made up under a line, one number of the generator per row.
    pub(super) fn made_up(&self, line: &LinkLine, mut uniform: impl FnMut() -> f64) -> Sample<'_> {
        let share: Vec<f64> = self.level.iter().map(|s| logistic(line.intercept + line.slope * s)).collect();
        self.gather(None, |row| f64::from(u8::from(uniform() < share[self.at[row]])))
    }

    fn gather(&self, counts: Option<&[u32]>, mut outcome: impl FnMut(usize) -> f64) -> Sample<'_> {
        let levels = self.level.len();
        let mut sample = Sample {
            table: self,
            rows: vec![0; levels],
            weight: vec![0.0; levels],
            sum: vec![0.0; levels],
            constant: 0.0,
        };
        for (row, &at) in self.at.iter().enumerate() {
            let count = counts.map_or(1, |counts| counts[row]);
            let y = outcome(row);
            if count == 0 {
                continue;
            }
            let weight = f64::from(count) * self.weight[row];
            sample.rows[at] += count;
            sample.weight[at] += weight;
            sample.sum[at] += weight * y;
            if self.family == Family::Gamma {
                sample.constant -= 2.0 * weight * (y.ln() + 1.0);
            }
        }
        sample
    }

    /// Pearson's chi-squared of a Gamma outcome about a line.
    pub(super) fn pearson(&self, line: &LinkLine) -> f64 {
        self.outcome
            .iter()
            .enumerate()
            .map(|(row, y)| {
                let mean = (line.intercept + line.slope * self.level[self.at[row]]).exp();
                self.weight[row] * ((y - mean) / mean).powi(2)
            })
            .sum()
    }
}

impl Sample<'_> {
    /// The straight line.
    pub(super) fn line(&self) -> Option<LinkLine> {
        let total: f64 = self.weight.iter().sum();
        let mean = self.sum.iter().sum::<f64>() / total;
        let intercept = match self.table.family {
            Family::Binomial => (mean / (1.0 - mean)).ln(),
            Family::Gamma => mean.ln(),
        };
        let fit = self.fit(|s| [1.0, s], [intercept, 0.0])?;
        let [intercept, slope] = fit.coefficients;
        Some(LinkLine { intercept, slope, deviance: fit.deviance })
    }

    /// Mean outcome at a predictor.
    pub(super) fn mean(&self, predictor: f64) -> f64 {
        match self.table.family {
            Family::Binomial => logistic(predictor),
            Family::Gamma => predictor.exp(),
        }
    }

    /// Levels with ten rows up to them and ten from them on.
    pub(super) fn inner_levels(&self) -> Vec<f64> {
        let total: usize = self.rows.iter().map(|rows| *rows as usize).sum();
        let mut below = 0;
        let mut found = Vec::new();
        for (level, &rows) in self.table.level.iter().zip(&self.rows) {
            let before = below;
            below += rows as usize;
            if rows > 0 && below >= LEAST_EACH_SIDE && total - before >= LEAST_EACH_SIDE {
                found.push(*level);
            }
        }
        found
    }

    /// Type-7 quantiles of satisfaction at equal steps from 5 % to 95 %.
    pub(super) fn quantiles(&self, steps: usize) -> Vec<f64> {
        let sorted: Vec<f64> = (self.table.level.iter().zip(&self.rows))
            .flat_map(|(level, rows)| std::iter::repeat_n(*level, *rows as usize))
            .collect();
        (0..steps)
            .filter_map(|step| {
                let share = 0.05 + 0.9 * step as f64 / (steps - 1) as f64;
                crate::quantile::sorted_quantile(&sorted, share)
            })
            .collect()
    }

    /// Fits a predictor, linear in `P` functions of satisfaction of which the first is 1, by Fisher scoring. The others
    /// are centred at the mean satisfaction meanwhile, so that the normal equations are well conditioned.
    pub(super) fn fit<const P: usize>(
        &self,
        basis: impl Fn(f64) -> [f64; P],
        start: [f64; P],
    ) -> Option<Fit<P>> {
        let centre = basis(self.table.mean_s);
        let columns: Vec<SVector<f64, P>> = (self.table.level.iter())
            .map(|s| {
                let row = basis(*s);
                SVector::from_fn(|at, _| if at == 0 { 1.0 } else { row[at] - centre[at] })
            })
            .collect();
        let shift = |coefficients: &SVector<f64, P>, sign: f64| {
            let moved: f64 = (1..P).map(|at| coefficients[at] * centre[at]).sum();
            let mut shifted = *coefficients;
            shifted[0] += sign * moved;
            shifted
        };
        let mut here = shift(&SVector::from(start), 1.0);
        let mut deviance = self.deviance(&columns, &here);
        if !deviance.is_finite() {
            return None;
        }
        // What rounding does to a sum of terms that largely cancel.
        let slack = 1e-12 * (1.0 + deviance.abs() + self.constant.abs());
        for _ in 0..STEPS {
            let (information, score) = self.scoring(&columns, &here);
            let scale = SVector::<f64, P>::from_fn(|at, _| information[(at, at)].sqrt());
            let unit = SMatrix::<f64, P, P>::from_fn(|a, b| information[(a, b)] / (scale[a] * scale[b]));
            let mut step = unit.cholesky()?.solve(&score.component_div(&scale)).component_div(&scale);
            let relative = (0..P).map(|at| step[at].abs() / (here[at].abs() + 1e-8)).fold(0.0, f64::max);
            let mut moved = false;
            for _ in 0..30 {
                let next = here + step;
                let reached = self.deviance(&columns, &next);
                if reached.is_finite() && reached <= deviance + slack {
                    (here, deviance, moved) = (next, reached, true);
                    break;
                }
                step *= 0.5;
            }
            if relative < SETTLED || !moved {
                let settled = relative < 1e-6 && here.iter().all(|b| b.is_finite());
                let coefficients = shift(&here, -1.0);
                return settled.then(|| Fit { coefficients: coefficients.into(), deviance });
            }
        }
        None
    }

    /// Sum of the outcome's pull beyond a level: with the sign of the slope turned, the derivative of half the deviance
    /// by where a plateau begins.
    pub(super) fn pull_beyond(&self, psi: f64, predictor: f64) -> f64 {
        let first = self.table.level.partition_point(|level| *level <= psi);
        let (weight, sum): (f64, f64) = (self.weight[first..].iter().sum(), self.sum[first..].iter().sum());
        match self.table.family {
            Family::Binomial => sum - weight * logistic(predictor),
            Family::Gamma => sum * (-predictor).exp() - weight,
        }
    }

    fn scoring<const P: usize>(
        &self,
        columns: &[SVector<f64, P>],
        coefficients: &SVector<f64, P>,
    ) -> (SMatrix<f64, P, P>, SVector<f64, P>) {
        let (mut information, mut score) = (SMatrix::<f64, P, P>::zeros(), SVector::<f64, P>::zeros());
        for ((row, weight), sum) in columns.iter().zip(&self.weight).zip(&self.sum) {
            if *weight <= 0.0 {
                continue;
            }
            let predictor = row.dot(coefficients);
            let (own, pull) = match self.table.family {
                Family::Binomial => {
                    let p = logistic(predictor);
                    (weight * p * (1.0 - p), sum - weight * p)
                }
                Family::Gamma => (*weight, sum * (-predictor).exp() - weight),
            };
            information.ger(own, row, row, 1.0);
            score.axpy(pull, row, 1.0);
        }
        (information, score)
    }

    fn deviance<const P: usize>(&self, columns: &[SVector<f64, P>], coefficients: &SVector<f64, P>) -> f64 {
        let mut total = 0.0;
        for ((row, weight), sum) in columns.iter().zip(&self.weight).zip(&self.sum) {
            if *weight <= 0.0 {
                continue;
            }
            let predictor = row.dot(coefficients);
            if predictor.is_nan() || predictor.abs() > STEEP {
                return f64::INFINITY;
            }
            total += match self.table.family {
                Family::Binomial => sum * softplus(-predictor) + (weight - sum) * softplus(predictor),
                Family::Gamma => weight * predictor + sum * (-predictor).exp(),
            };
        }
        2.0 * total + self.constant
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(1 + e^x)` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
