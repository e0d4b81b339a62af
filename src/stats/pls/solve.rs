//! Weights and paths from a correlation matrix of the items.

use crate::{Column, Refusal};

use super::model::{Plan, Scheme};

/// Summed change of all weights at which the iteration stops.
const SETTLED: f64 = 1e-10;
/// Iterations after which it fails.
const ITERATIONS: usize = 300;
/// Unexplained share of a predecessor below which it counts as a combination of the others.
const DEPENDENT: f64 = 1e-10;

/// A solved path model in standardised units.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Solution {
    /// Outer weight of each item, in the order of the blocks; the latent variable has standard deviation 1.
    pub(super) weights: Vec<f64>,
    /// Correlation of each item with its latent variable, likewise.
    pub(super) loadings: Vec<f64>,
    /// Correlations of the latent variables, row by row.
    pub(super) correlations: Vec<f64>,
    /// Coefficient of each path, in the order of the model's paths.
    pub(super) paths: Vec<f64>,
    /// R-squared of each latent variable with predecessors.
    pub(super) r_squared: Vec<Option<f64>>,
    /// Iterations until weights settled.
    pub(super) iterations: usize,
}

/// The iteration in the coordinates of the items' correlation matrix.
struct Iteration<'a> {
    plan: &'a Plan<'a>,
    /// Correlations of the items in the order of the blocks, row by row.
    items: &'a [f64],
    weights: Vec<f64>,
    /// Correlation of each item with each latent variable: items × latent variables.
    loadings: Vec<f64>,
    /// Correlations of the latent variables.
    latents: Vec<f64>,
}

/// Solves the model. Latent variables are turned so that their loadings sum to more than 0, or, where `like`
/// gives the loadings of the full sample, so that they agree with those.
pub(super) fn solve(plan: &Plan<'_>, items: &[f64], like: Option<&[f64]>) -> Result<Solution, Refusal> {
    let count = plan.items.len();
    let mut state = Iteration {
        plan,
        items,
        weights: vec![1.0; count],
        loadings: vec![0.0; count * plan.latents()],
        latents: vec![0.0; plan.latents() * plan.latents()],
    };
    state.rescale()?;
    let mut iterations = 0;
    loop {
        iterations += 1;
        if state.step()? < SETTLED {
            break;
        }
        if iterations == ITERATIONS {
            return Err(Refusal::NotConverged);
        }
    }
    state.turn(like);
    let latents = plan.latents();
    let own = |item: usize| state.loadings[item * latents + plan.latent_of(item)];
    let loadings = (0..count).map(own).collect();
    let (mut paths, mut r_squared) = (vec![0.0; plan.model.paths.len()], vec![None; latents]);
    for (to, from) in plan.predecessors.iter().enumerate().filter(|(_, from)| !from.is_empty()) {
        let slopes = regress(&state.latents, latents, from, to)?;
        let explained =
            from.iter().zip(&slopes).map(|(from, slope)| slope * state.latents[from * latents + to]);
        r_squared[to] = Some(explained.sum());
        for (path, slope) in paths.iter_mut().zip(&plan.model.paths) {
            if slope.1 == to
                && let Some(at) = from.iter().position(|from| *from == slope.0)
            {
                *path = slopes[at];
            }
        }
    }
    let solution = Solution {
        weights: state.weights,
        loadings,
        correlations: state.latents,
        paths,
        r_squared,
        iterations,
    };
    let numbers = solution.weights.iter().chain(&solution.paths).chain(&solution.correlations);
    if numbers.into_iter().all(|number| number.is_finite()) { Ok(solution) } else { Err(Refusal::OutOfRange) }
}

impl Iteration<'_> {
    /// One round of inner and outer weights; returns the summed change of the weights.
    fn step(&mut self) -> Result<f64, Refusal> {
        let latents = self.plan.latents();
        let inner = self.inner()?;
        let old = self.weights.clone();
        for latent in 0..latents {
            for item in self.plan.block(latent) {
                let row = &self.loadings[item * latents..(item + 1) * latents];
                let neighbours = row.iter().zip(&inner[latent * latents..(latent + 1) * latents]);
                self.weights[item] = neighbours.map(|(loading, weight)| loading * weight).sum();
            }
        }
        self.rescale()?;
        Ok(self.weights.iter().zip(&old).map(|(new, old)| (new - old).abs()).sum())
    }

    /// What each latent variable makes of the others: row by row.
    fn inner(&self) -> Result<Vec<f64>, Refusal> {
        let latents = self.plan.latents();
        let mut inner = vec![0.0; latents * latents];
        for (to, from) in self.plan.predecessors.iter().enumerate() {
            for from in from {
                let r = self.latents[from * latents + to];
                let neighbour = match self.plan.model.scheme {
                    Scheme::Centroid if r == 0.0 => 0.0,
                    Scheme::Centroid => r.signum(),
                    Scheme::Path | Scheme::Factor => r,
                };
                inner[from * latents + to] = neighbour;
                inner[to * latents + from] = neighbour;
            }
            if self.plan.model.scheme == Scheme::Path && !from.is_empty() {
                let slopes = regress(&self.latents, latents, from, to)?;
                for (from, slope) in from.iter().zip(slopes) {
                    inner[to * latents + from] = slope;
                }
            }
        }
        Ok(inner)
    }

    /// Brings each latent variable to standard deviation 1 and takes its correlations.
    fn rescale(&mut self) -> Result<(), Refusal> {
        let (latents, count) = (self.plan.latents(), self.plan.items.len());
        for latent in 0..latents {
            let block = self.plan.block(latent);
            let mut variance = 0.0;
            for item in 0..count {
                let row = &self.items[item * count + block.start..item * count + block.end];
                let product = row.iter().zip(&self.weights[block.clone()]).map(|(r, w)| r * w).sum::<f64>();
                self.loadings[item * latents + latent] = product;
                if block.contains(&item) {
                    variance += self.weights[item] * product;
                }
            }
            // Weights of a block that cancel leave nothing that could be scaled.
            if variance.is_nan() || variance <= f64::MIN_POSITIVE {
                return Err(Refusal::NoVariance { column: Column::Latent(latent) });
            }
            let scale = 1.0 / variance.sqrt();
            for item in 0..count {
                self.loadings[item * latents + latent] *= scale;
            }
            for weight in &mut self.weights[block] {
                *weight *= scale;
            }
        }
        self.latents.fill(0.0);
        for latent in 0..latents {
            for item in self.plan.block(latent) {
                let row = &self.loadings[item * latents..(item + 1) * latents];
                let target = &mut self.latents[latent * latents..(latent + 1) * latents];
                for (target, loading) in target.iter_mut().zip(row) {
                    *target += self.weights[item] * loading;
                }
            }
        }
        Ok(())
    }

    /// Turns latent variables round whose loadings run against the rule.
    fn turn(&mut self, like: Option<&[f64]>) {
        let latents = self.plan.latents();
        for latent in 0..latents {
            let block = self.plan.block(latent);
            let own = |item: usize| self.loadings[item * latents + latent];
            let agreement: f64 = match like {
                Some(like) => block.clone().map(|item| own(item) * like[item]).sum(),
                None => block.clone().map(own).sum(),
            };
            if agreement < 0.0 {
                for item in 0..self.plan.items.len() {
                    self.loadings[item * latents + latent] *= -1.0;
                }
                for weight in &mut self.weights[block] {
                    *weight *= -1.0;
                }
                for other in (0..latents).filter(|other| *other != latent) {
                    self.latents[latent * latents + other] *= -1.0;
                    self.latents[other * latents + latent] *= -1.0;
                }
            }
        }
    }
}

/// Slopes of the regression of one latent variable on others, from their correlations.
pub(super) fn regress(latents: &[f64], side: usize, from: &[usize], to: usize) -> Result<Vec<f64>, Refusal> {
    let (count, width) = (from.len(), from.len() + 1);
    let mut left = Vec::with_capacity(count * width);
    for j in from {
        left.extend(from.iter().chain([&to]).map(|k| latents[j * side + k]));
    }
    for step in 0..count {
        let (above, below) = left.split_at_mut((step + 1) * width);
        let pivot = &above[step * width..];
        if pivot[step].is_nan() || pivot[step] < DEPENDENT {
            return Err(Refusal::Aliased { column: Column::Latent(from[step]) });
        }
        for row in below.chunks_exact_mut(width) {
            let factor = row[step] / pivot[step];
            for (cell, pivot) in row[step..].iter_mut().zip(&pivot[step..]) {
                *cell -= factor * pivot;
            }
        }
    }
    let mut slopes = vec![0.0; count];
    for step in (0..count).rev() {
        let row = &left[step * width..(step + 1) * width];
        let known: f64 = row[step + 1..count].iter().zip(&slopes[step + 1..]).map(|(r, b)| r * b).sum();
        slopes[step] = (row[count] - known) / row[step];
    }
    Ok(slopes)
}
