//! From columns of answers to a path model.

use crate::bootstrap::replicates;
use crate::gram::{Moments, Rows};
use crate::spread::{Resampling, Spread};
use crate::{Column, Count, PathWarning, Refusal, Warning};

use super::data::complete;
use super::model::{Model, Plan};
use super::quality::{Quality, heterotrait, quality};
use super::result::{Effect, Heterotrait, Indicator, Latent, Path, PathModel};
use super::solve::{Solution, regress, solve};

/// Observations below which a model warns, whatever its paths.
const OBSERVATIONS: usize = 50;
/// Observations per path to one latent variable below which it warns.
const PER_PATH: usize = 10;
/// Loading below which an item is weak: half of its variance.
const LOADING: f64 = 0.708;
/// Average variance extracted below which a block is weak.
const VARIANCE_EXTRACTED: f64 = 0.5;
/// Composite reliability that is neither too low nor redundant.
const COMPOSITE: std::ops::RangeInclusive<f64> = 0.7..=0.95;
/// Variance inflation of a predecessor above which a model warns.
const VIF_WARNS: f64 = 5.0;
/// Heterotrait-monotrait ratio above which two latent variables are hard to separate.
const HETEROTRAIT: f64 = 0.85;

/// Fits a path model of reflective blocks (Mode A) to columns of answers, in which NaN is a missing answer.
///
/// Missing answers are replaced by the item's mean if every item misses fewer than 5 %, else rows with a gap are
/// left out. `scales` holds the lowest and the highest possible answer of each column; with it each latent variable
/// also becomes an index of 0 to 100 (outer weights over standard deviations, normalised to sum 1), its mean is its
/// performance, and effects are given in points per point. The interval of every number comes from a bootstrap,
/// 1,000 replicates unless there is a reason for others, in which each latent variable is turned to agree with the
/// loadings of the full sample.
///
/// # Errors
///
/// Refuses models that are not well formed, columns of other lengths, infinite or constant ones, answers off their
/// scale, more than 40 % of the rows left out, no more rows than paths to one latent variable and an intercept,
/// predecessors that are combinations of one another, and weights that do not settle in 300 iterations.
///
/// # Source
///
/// See [the module](super). Thresholds of the warnings: Hair, Hult, Ringle and Sarstedt 2017, *A Primer on PLS-SEM*, 2nd ed.
pub fn fit(
    columns: &[&[f64]],
    scales: Option<&[(f64, f64)]>,
    model: &Model,
    resampling: Option<&Resampling<'_>>,
) -> Result<PathModel, Refusal> {
    let plan = Plan::new(model, columns.len())?;
    let data = complete(&plan, columns, scales)?;
    let n = data.kept.len();
    if n <= plan.in_degree() + 1 {
        let need = plan.in_degree() as f64 + 2.0;
        return Err(Refusal::TooFew { what: Count::Observations, have: n as f64, need });
    }
    let slices: Vec<&[f64]> = data.columns.iter().map(Vec::as_slice).collect();
    let rows = Rows::new(&slices, None, |item| Column::Driver(plan.items[item]))?;
    let sample = Sample { plan: &plan, rows: &rows, scales };
    let moments = rows.moments(None);
    let correlations = moments.correlations().ok_or(Refusal::OutOfRange)?;
    let found = sample.estimate(&moments, &correlations, None)?;
    let mut warnings = vec![Warning::Observational];
    warnings.extend(data.warnings);
    let need = OBSERVATIONS.max(PER_PATH * plan.in_degree());
    if n < need {
        warnings.push(Warning::Few { what: Count::Observations, have: n as f64, need: need as f64 });
    }
    let (mut draws, mut used) = (Vec::new(), None);
    if let Some(resampling) = resampling {
        let ids: Option<Vec<usize>> = match resampling.ids {
            Some(ids) if ids.len() != columns[0].len() => {
                return Err(Refusal::LengthMismatch { expected: columns[0].len(), found: ids.len() });
            }
            ids => ids.map(|ids| data.kept.iter().map(|row| ids[*row]).collect()),
        };
        let kept = Resampling { ids: ids.as_deref(), ..*resampling };
        let (clusters, few) = kept.clusters(n)?;
        let draw = |b| {
            let moments = rows.moments(Some(&clusters.counts(kept.seed, b)));
            let correlations = moments.correlations()?;
            sample.estimate(&moments, &correlations, Some(&found.solution.loadings)).ok()
        };
        draws = replicates(kept.draws, draw).into_iter().flatten().collect();
        warnings.extend(few);
        used = Some(kept.used(draws.len()));
        warnings.extend(used.and_then(|draws| draws.warning()));
    }
    let mut result = PathModel {
        latents: sample.latents(&found, &draws, &correlations, n)?,
        indicators: sample.indicators(&found, &draws, &data.missing),
        paths: sample.paths(&found, &draws)?,
        effects: sample.effects(&found, &draws),
        heterotrait: sample.heterotrait(&correlations),
        correlations: found.solution.correlations.chunks(plan.latents()).map(<[f64]>::to_vec).collect(),
        n,
        n_available: columns[0].len(),
        iterations: found.solution.iterations,
        draws: used,
        warnings,
    };
    let inflated = result.paths.iter().filter(|path| path.vif > VIF_WARNS);
    let inflated: Vec<Warning> =
        inflated.map(|path| Warning::Vif { column: Column::Latent(path.from), value: path.vif }).collect();
    result.warnings.extend(inflated);
    let told = tell(&result);
    result.warnings.extend(told.into_iter().map(Warning::Path));
    Ok(result)
}

/// Everything that a bootstrap repeats.
struct Estimates {
    solution: Solution,
    /// Total effects, in the order of the plan's effects.
    totals: Vec<f64>,
    /// The index of each latent variable, where it exists.
    indices: Vec<Option<Index>>,
}

/// A latent variable on the scale 0 to 100.
#[derive(Clone, Copy)]
struct Index {
    mean: f64,
    sd: f64,
}

impl Estimates {
    /// Points of the one per point of the other.
    fn impact(&self, effect: usize, (from, to): (usize, usize)) -> Option<f64> {
        let (cause, consequence) = (self.indices[from]?, self.indices[to]?);
        Some(self.totals[effect] * consequence.sd / cause.sd).filter(|impact| impact.is_finite())
    }
}

/// The spread of a number over the replicates, if all have it.
fn spread(draws: &[Estimates], value: impl Fn(&Estimates) -> Option<f64>) -> Option<Spread> {
    let values: Option<Vec<f64>> = draws.iter().map(value).collect();
    Spread::of(values?.into_iter())
}

struct Sample<'a> {
    plan: &'a Plan<'a>,
    rows: &'a Rows,
    scales: Option<&'a [(f64, f64)]>,
}

impl Sample<'_> {
    fn estimate(
        &self,
        moments: &Moments,
        correlations: &[f64],
        like: Option<&[f64]>,
    ) -> Result<Estimates, Refusal> {
        let solution = solve(self.plan, correlations, like)?;
        let latents = self.plan.latents();
        let mut direct = vec![0.0; latents * latents];
        for ((from, to), coefficient) in self.plan.model.paths.iter().zip(&solution.paths) {
            direct[from * latents + to] = *coefficient;
        }
        let mut totals = direct.clone();
        for to in &self.plan.order {
            for between in &self.plan.predecessors[*to] {
                for from in 0..latents {
                    totals[from * latents + to] +=
                        totals[from * latents + between] * direct[between * latents + to];
                }
            }
        }
        let totals = self.plan.effects.iter().map(|(from, to)| totals[from * latents + to]).collect();
        let indices = (0..latents).map(|latent| self.index(latent, moments, &solution)).collect();
        Ok(Estimates { solution, totals, indices })
    }

    /// Mean and standard deviation of an item (by its position in the model) on the scale 0 to 100.
    fn item(&self, item: usize, moments: &Moments) -> Option<Index> {
        let (low, high) = *self.scales?.get(self.plan.items[item])?;
        let (centre, unit) = (self.rows.means()[item], self.rows.sds()[item]);
        let points = 100.0 / (high - low);
        Some(Index {
            mean: (centre + unit * moments.mean(item) - low) * points,
            sd: unit * moments.sd(item) * points,
        })
    }

    /// The index of a latent variable; `None` without scales, or where weights cancel.
    fn index(&self, latent: usize, moments: &Moments, solution: &Solution) -> Option<Index> {
        let (mut total, mut mean) = (0.0, 0.0);
        for item in self.plan.block(latent) {
            let answer = self.item(item, moments)?;
            let weight = solution.weights[item] / answer.sd;
            total += weight;
            mean += weight * answer.mean;
        }
        let index = Index { mean: mean / total, sd: 1.0 / total };
        (total > 0.0 && index.mean.is_finite() && index.sd.is_finite()).then_some(index)
    }

    fn latents(
        &self,
        found: &Estimates,
        draws: &[Estimates],
        correlations: &[f64],
        n: usize,
    ) -> Result<Vec<Latent>, Refusal> {
        let side = self.plan.items.len();
        (0..self.plan.latents())
            .map(|latent| {
                let block = self.plan.block(latent);
                let own: Vec<Vec<f64>> = block
                    .clone()
                    .map(|item| correlations[item * side + block.start..item * side + block.end].to_vec())
                    .collect();
                let quality: Option<Quality> = (block.len() > 1).then(|| {
                    quality(&own, &found.solution.weights[block.clone()], &found.solution.loadings[block])
                });
                let r_squared = found.solution.r_squared[latent];
                let paths = self.plan.predecessors[latent].len() as f64;
                let adjusted =
                    |r_squared: f64| 1.0 - (1.0 - r_squared) * (n as f64 - 1.0) / (n as f64 - paths - 1.0);
                let index = found.indices[latent];
                let numbers = quality.iter().flat_map(|q| [q.variance_extracted, q.composite]);
                if numbers.chain(r_squared).any(|number| !number.is_finite()) {
                    return Err(Refusal::OutOfRange);
                }
                Ok(Latent {
                    r_squared,
                    adjusted_r_squared: r_squared.map(adjusted),
                    variance_extracted: quality.as_ref().map(|quality| quality.variance_extracted),
                    composite_reliability: quality.as_ref().map(|quality| quality.composite),
                    alpha: quality.as_ref().and_then(|quality| quality.alpha),
                    rho_a: quality.as_ref().and_then(|quality| quality.rho_a),
                    performance: index.map(|index| index.mean),
                    sd: index.map(|index| index.sd),
                    performances: spread(draws, |draw| draw.indices[latent].map(|index| index.mean)),
                })
            })
            .collect()
    }

    fn indicators(&self, found: &Estimates, draws: &[Estimates], missing: &[usize]) -> Vec<Indicator> {
        let moments = self.rows.moments(None);
        let of = |item: usize| {
            let latent = self.plan.latent_of(item);
            let (weight, loading) = (found.solution.weights[item], found.solution.loadings[item]);
            // The index has standard deviation 1 over the sum of the weights, so that this normalises.
            let index_weight = found.indices[latent]
                .and_then(|index| Some(weight / self.item(item, &moments)?.sd * index.sd))
                .filter(|weight| weight.is_finite());
            Indicator {
                item: self.plan.items[item],
                latent,
                weight,
                loading,
                index_weight,
                missing: missing[item],
                weights: spread(draws, |draw| Some(draw.solution.weights[item])),
                loadings: spread(draws, |draw| Some(draw.solution.loadings[item])),
            }
        };
        (0..self.plan.items.len()).map(of).collect()
    }

    fn paths(&self, found: &Estimates, draws: &[Estimates]) -> Result<Vec<Path>, Refusal> {
        let (latents, solution) = (self.plan.latents(), &found.solution);
        let mut paths = Vec::new();
        for (path, (from, to)) in self.plan.model.paths.iter().enumerate() {
            let others: Vec<usize> =
                self.plan.predecessors[*to].iter().copied().filter(|other| other != from).collect();
            let explained = |latent: usize| -> Result<f64, Refusal> {
                let slopes = regress(&solution.correlations, latents, &others, latent)?;
                let products = others.iter().zip(&slopes);
                Ok(products
                    .map(|(other, slope)| slope * solution.correlations[other * latents + latent])
                    .sum())
            };
            let (full, without) = (solution.r_squared[*to].unwrap_or(0.0), explained(*to)?);
            // Predecessors that are combinations of one another were refused before.
            let vif = 1.0 / (1.0 - explained(*from)?);
            if !vif.is_finite() {
                return Err(Refusal::Aliased { column: Column::Latent(*from) });
            }
            paths.push(Path {
                from: *from,
                to: *to,
                coefficient: solution.paths[path],
                vif,
                f_squared: Some((full - without) / (1.0 - full)).filter(|value| value.is_finite()),
                coefficients: spread(draws, |draw| Some(draw.solution.paths[path])),
            });
        }
        Ok(paths)
    }

    fn effects(&self, found: &Estimates, draws: &[Estimates]) -> Vec<Effect> {
        let effects = self.plan.effects.iter().enumerate();
        effects
            .map(|(effect, pair)| Effect {
                from: pair.0,
                to: pair.1,
                total: found.totals[effect],
                impact: found.impact(effect, *pair),
                totals: spread(draws, |draw| Some(draw.totals[effect])),
                impacts: spread(draws, |draw| draw.impact(effect, *pair)),
            })
            .collect()
    }

    fn heterotrait(&self, correlations: &[f64]) -> Vec<Heterotrait> {
        let latents = self.plan.latents();
        let pairs = (0..latents).flat_map(|first| (first + 1..latents).map(move |second| (first, second)));
        pairs
            .map(|(first, second)| {
                let (a, b) = (self.plan.block(first), self.plan.block(second));
                Heterotrait { first, second, ratio: heterotrait(correlations, self.plan.items.len(), a, b) }
            })
            .collect()
    }
}

/// What limits the reading of the measures.
fn tell(found: &PathModel) -> Vec<PathWarning> {
    let mut warnings = Vec::new();
    for indicator in &found.indicators {
        let column = Column::Driver(indicator.item);
        if indicator.loading < LOADING {
            warnings.push(PathWarning::WeakItem { column, loading: indicator.loading });
        }
        if indicator.weight < 0.0 {
            warnings.push(PathWarning::NegativeWeight { column, weight: indicator.weight });
        }
    }
    for (latent, quality) in found.latents.iter().enumerate() {
        let column = Column::Latent(latent);
        if let Some(value) = quality.variance_extracted.filter(|value| *value < VARIANCE_EXTRACTED) {
            warnings.push(PathWarning::LowVarianceExtracted { column, value });
        }
        if let Some(value) = quality.composite_reliability.filter(|value| !COMPOSITE.contains(value)) {
            warnings.push(PathWarning::CompositeReliability { column, value });
        }
    }
    for pair in &found.heterotrait {
        if let Some(value) = pair.ratio.filter(|ratio| *ratio > HETEROTRAIT) {
            let (first, second) = (Column::Latent(pair.first), Column::Latent(pair.second));
            warnings.push(PathWarning::HardToSeparate { first, second, value });
        }
    }
    warnings
}
