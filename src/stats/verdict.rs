//! The verdict on a curve: whether more satisfaction still pays, and up to where.
//!
//! A quadratic or the highest point of a smooth fit names an optimum on flat data; the rule here asks instead
//! for a slope above the kink that is *shown* to be small, and says so when the data cannot show it.

use serde::{Deserialize, Serialize};

use crate::Interval;
use crate::bootstrap::{Clusters, replicates};
use crate::candidates::{Candidate, candidates};
use crate::curve::{BrokenLine, Line, LinearPlateau, Points};
use crate::kink::{Kinks, at, sorted};
use crate::levels::Levels;
use crate::measurement::outcome_interval;
use crate::notice::{Column, Refusal, Warning};
use crate::ols::{self, Problem, StandardErrors};
use crate::quantile::{chi_squared_sf, f_sf, t};

/// What the data say of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The outcome rises up to a level and not past it.
    Plateau,
    /// Each further point still pays, but less.
    Diminishing,
    /// It rises in a straight line over the whole observed range.
    Linear,
    /// No relation is found.
    NoRelation,
    /// It rises ever faster; no optimum inside the observed range.
    Convex,
    /// Past a level it falls.
    Declines,
    /// Too few data for any of these.
    TooFew,
}

/// What a clause of the rule asks. Its key, in JSON and in text, is its name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clause {
    /// Observations are enough.
    Observations,
    /// Satisfaction takes enough different values.
    DistinctLevels,
    /// The standard deviation of satisfaction is large enough.
    SatisfactionSd,
    /// The F of the best kink against a straight line: a figure, nothing is asked of it.
    SupF,
    /// The p-value of the curvature test lies below alpha.
    CurvatureP,
    /// The lower end of the slope's interval lies above 0.
    SlopeLowAboveZero,
    /// The median change of the slope at the kink is not positive.
    MedianChangeOfSlope,
    /// The 95 % point of the slope above the kink lies below phi times the median slope before it: a figure, the next
    /// clause decides.
    #[serde(rename = "right_slope_95_below_share_of_left")]
    RightSlope95BelowShareOfLeft,
    /// The 95 % point of the slope above the kink less phi times the slope before it, both of one replicate, lies
    /// below 0.
    #[serde(rename = "excess_slope_95_below_zero")]
    ExcessSlope95BelowZero,
    /// The same without the observations at 100, asked where they are many.
    #[serde(rename = "excess_slope_95_without_ceiling")]
    ExcessSlope95WithoutCeiling,
    /// Few replicates put the kink at the top of the grid.
    KinksAtTopOfGrid,
    /// Observations above the kink are enough.
    ObservationsAboveKink,
    /// The 95 % point of the slope above the kink lies below 0.
    #[serde(rename = "right_slope_95_below_zero")]
    RightSlope95BelowZero,
    /// Satisfaction takes enough different values to look for a kink.
    LevelsForAKink,
    /// The level means do not depart from a straight line.
    LackOfFitP,
}

impl Clause {
    /// Stable key, as in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Observations => "observations",
            Self::DistinctLevels => "distinct_levels",
            Self::SatisfactionSd => "satisfaction_sd",
            Self::SupF => "sup_f",
            Self::CurvatureP => "curvature_p",
            Self::SlopeLowAboveZero => "slope_low_above_zero",
            Self::MedianChangeOfSlope => "median_change_of_slope",
            Self::RightSlope95BelowShareOfLeft => "right_slope_95_below_share_of_left",
            Self::ExcessSlope95BelowZero => "excess_slope_95_below_zero",
            Self::ExcessSlope95WithoutCeiling => "excess_slope_95_without_ceiling",
            Self::KinksAtTopOfGrid => "kinks_at_top_of_grid",
            Self::ObservationsAboveKink => "observations_above_kink",
            Self::RightSlope95BelowZero => "right_slope_95_below_zero",
            Self::LevelsForAKink => "levels_for_a_kink",
            Self::LackOfFitP => "lack_of_fit_p",
        }
    }
}

/// One clause of the rule with its figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The clause.
    pub clause: Clause,
    /// What was measured.
    pub value: f64,
    /// What it was held against.
    pub bound: f64,
    /// Whether the clause holds.
    pub held: bool,
}

/// How the rule is run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// A slope above the kink below this share of the slope before it is a plateau (phi).
    pub delta_fraction: f64,
    /// Level of the curvature test.
    pub alpha: f64,
    /// Bootstrap replicates of each kind.
    pub draws: usize,
    /// Seed of the residual or wild bootstrap.
    pub curvature_seed: u64,
    /// Seed of the pairs bootstrap.
    pub pairs_seed: u64,
}

impl Default for Rule {
    fn default() -> Self {
        Self { delta_fraction: 0.2, alpha: 0.05, draws: 999, curvature_seed: 43, pairs_seed: 42 }
    }
}

/// The outcome's mean at one level of a coarse scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelMean {
    /// The level of satisfaction.
    pub level: f64,
    /// Mean outcome.
    pub mean: f64,
    /// Its 95 % interval; `None` for the mean of a single observation.
    pub interval: Option<Interval>,
    /// Observations.
    pub n: usize,
}

/// The verdict with all that it rests on. Slopes are outcome per point of satisfaction; intervals are 95 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveVerdict {
    /// The verdict.
    pub verdict: Verdict,
    /// Every clause with its figure, in the order in which they are asked.
    pub reasons: Vec<Reason>,
    /// Observations.
    pub n: usize,
    /// 5 % and 95 % quantiles of satisfaction; no level outside is ever named.
    pub observed: (f64, f64),
    /// The straight line.
    pub line: Option<Line>,
    /// Its slope with a robust interval.
    pub slope: Option<Interval>,
    /// The broken line.
    pub broken: Option<BrokenLine>,
    /// Where its kink lies, with the interval of the pairs bootstrap; wherever a kink is shown.
    pub kink: Option<Interval>,
    /// Its slope below the kink, with the interval of the pairs bootstrap.
    pub slope_below: Option<Interval>,
    /// Its slope above the kink.
    pub slope_above: Option<Interval>,
    /// Where the plateau begins, from the plateau-constrained curve; only with the verdict PLATEAU.
    pub plateau: Option<Interval>,
    /// The plateau-constrained curve, wherever it exists.
    pub linear_plateau: Option<LinearPlateau>,
    /// All candidate curves with the evidence for each, where a kink is looked for.
    pub candidates: Vec<Candidate>,
    /// Means per level, where satisfaction takes 5 to 19 values.
    pub level_means: Vec<LevelMean>,
    /// What limits the verdict.
    pub warnings: Vec<Warning>,
}

/// Fewest observations.
const FEWEST: usize = 100;

/// Fewest distinct levels of satisfaction for any statement.
const FEWEST_LEVELS: usize = 5;

/// Fewest distinct levels of satisfaction for a statement about a kink.
const KINK_LEVELS: usize = 20;

/// The top of the scale.
const TOP: f64 = 100.0;

/// Share of observations at 100 above which the top of the scale may pass for a plateau.
const CEILING: f64 = 0.15;

/// Observations that a level needs to count in the test of the line's fit.
const FILLED: usize = 10;

/// Clusters below which the slope's error is corrected by CR2.
const FEW_CLUSTERS: usize = 50;

/// Smallest spread of satisfaction, as a standard deviation in points.
const SMALLEST_SPREAD: f64 = 5.0;

/// Share of the replicates that may put the kink at the top two steps of the grid.
const AT_THE_TOP: f64 = 0.05;

/// Applies the verdict rule to satisfaction `s` and an outcome `y`, with optional weights and clusters.
///
/// The curvature test resamples residuals of the straight line; where their spread changes with satisfaction
/// (Breusch-Pagan p below 0.05) or rows are clustered, it flips their signs instead (wild bootstrap with one
/// Rademacher sign per cluster), which keeps each row's own spread. The slopes come from a pairs bootstrap of
/// whole clusters, the kink's grid taken anew in each replicate.
///
/// # Errors
///
/// [`Refusal::LengthMismatch`], [`Refusal::NotFinite`], [`Refusal::BadWeight`]. Too few or constant data are a
/// verdict, not an error.
///
/// # Source
///
/// `docs/methods.md` 5.4. Checked against its reference run in `tests/golden`.
pub fn verdict(
    s: &[f64],
    y: &[f64],
    weights: Option<&[f64]>,
    clusters: Option<&[usize]>,
    rule: &Rule,
) -> Result<CurveVerdict, Refusal> {
    let mut found = CurveVerdict::empty(s);
    let points = match Points::new(s, y, weights) {
        Ok(points) => points,
        Err(Refusal::NoVariance { .. }) => {
            found.clause(Clause::DistinctLevels, 1.0, FEWEST_LEVELS as f64, false);
            return Ok(found);
        }
        Err(refusal) => return Err(refusal),
    };
    if let Some(&found) = clusters.map(<[usize]>::len).as_ref().filter(|&&length| length != s.len()) {
        return Err(Refusal::LengthMismatch { expected: s.len(), found });
    }
    let at_top = s.iter().filter(|&&level| level >= TOP).count() as f64 / s.len() as f64;
    if at_top > CEILING {
        found.warnings.push(Warning::Ceiling { share: at_top });
    }
    let (_, _, squares) = points.deviations();
    let spread = (squares / (points.len() as f64 - 1.0).max(1.0)).sqrt();
    let levels = points.levels();
    let enough = [
        found.clause(Clause::Observations, points.len() as f64, FEWEST as f64, points.len() >= FEWEST),
        found.clause(Clause::DistinctLevels, levels as f64, FEWEST_LEVELS as f64, levels >= FEWEST_LEVELS),
        found.clause(Clause::SatisfactionSd, spread, SMALLEST_SPREAD, spread >= SMALLEST_SPREAD),
    ];
    let sample = Sample { s, y, weights, ids: clusters, points, clusters: Clusters::new(s.len(), clusters) };
    found.line = sample.points.line(None);
    found.slope = found.line.map(|line| sample.slope(&line));
    if enough.contains(&false) {
        return Ok(found);
    }
    if levels < KINK_LEVELS {
        sample.few_levels(&mut found, levels);
        return Ok(found);
    }
    found.broken = sample.points.broken_line(None);
    found.linear_plateau = sample.points.linear_plateau(None);
    found.candidates = candidates(
        &Levels::of(&sample.points),
        found.line.as_ref(),
        found.linear_plateau.as_ref(),
        found.broken.as_ref(),
    );
    if sample.is_curved(&mut found, rule) {
        sample.judge_kink(&mut found, rule);
    } else {
        found.straight();
    }
    Ok(found)
}

impl CurveVerdict {
    fn empty(s: &[f64]) -> Self {
        let mut sorted = s.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share| crate::quantile::sorted_quantile(&sorted, share).unwrap_or(0.0);
        Self {
            verdict: Verdict::TooFew,
            reasons: Vec::new(),
            n: s.len(),
            observed: (at(0.05), at(0.95)),
            line: None,
            slope: None,
            broken: None,
            kink: None,
            slope_below: None,
            slope_above: None,
            plateau: None,
            linear_plateau: None,
            candidates: Vec::new(),
            level_means: Vec::new(),
            warnings: vec![Warning::Observational],
        }
    }

    fn clause(&mut self, clause: Clause, value: f64, bound: f64, held: bool) -> bool {
        self.reasons.push(Reason { clause, value, bound, held });
        held
    }

    /// LINEAR if the slope's interval lies above 0, else NO RELATION; a falling line is flagged.
    fn straight(&mut self) {
        let Some(slope) = self.slope else { return };
        let rises = self.clause(Clause::SlopeLowAboveZero, slope.low, 0.0, slope.low > 0.0);
        self.verdict = if rises { Verdict::Linear } else { Verdict::NoRelation };
        if slope.high < 0.0 {
            self.warnings.push(Warning::Sign { slope: slope.estimate });
        }
    }
}

struct Sample<'a> {
    s: &'a [f64],
    y: &'a [f64],
    weights: Option<&'a [f64]>,
    /// Cluster of each row, as given.
    ids: Option<&'a [usize]>,
    points: Points,
    clusters: Clusters,
}

impl Sample<'_> {
    /// The straight line's slope with a robust 95 % interval: HC3 with n - 2 degrees of freedom, CR1 with one less than
    /// the clusters, or below 50 clusters CR2 with Satterthwaite's.
    fn slope(&self, line: &Line) -> Interval {
        let few = self.ids.filter(|_| !self.clusters.are_single_rows() && self.clusters.len() < FEW_CLUSTERS);
        if let Some(interval) = few.and_then(|ids| self.slope_of_few_clusters(ids)) {
            return interval;
        }
        let (deviations, weights, squares) = self.points.deviations();
        let (residuals, _) = self.points.line_residuals(line);
        let n = residuals.len() as f64;
        let (variance, df) = if self.clusters.are_single_rows() {
            let meat: f64 = (0..residuals.len())
                .map(|row| {
                    let leverage = weights[row] * (1.0 / n + deviations[row] * deviations[row] / squares);
                    let slack = (1.0 - leverage).max(1e-8);
                    (weights[row] * deviations[row] * residuals[row] / slack).powi(2)
                })
                .sum();
            (meat / (squares * squares), n - 2.0)
        } else {
            let groups = self.clusters.len() as f64;
            let meat: f64 = self
                .clusters
                .iter()
                .map(|rows| {
                    rows.iter().map(|&row| weights[row] * deviations[row] * residuals[row]).sum::<f64>()
                })
                .map(|sum: f64| sum * sum)
                .sum();
            let correction = groups / (groups - 1.0).max(1.0) * (n - 1.0) / (n - 2.0).max(1.0);
            (correction * meat / (squares * squares), groups - 1.0)
        };
        let reach = t(0.975, df.max(1.0)) * variance.sqrt();
        Interval { estimate: line.slope, low: line.slope - reach, high: line.slope + reach }
    }

    fn slope_of_few_clusters(&self, ids: &[usize]) -> Option<Interval> {
        let problem = Problem { outcome: self.y, drivers: &[self.s], intercept: true, weights: self.weights };
        let fit = ols::fit(&problem, StandardErrors::Clustered { ids, correction: None }).ok()?;
        let slope = fit.coefficients.iter().find(|coefficient| coefficient.driver == Some(0))?;
        let reach = t(0.975, slope.df?.max(1.0)) * slope.std_error;
        Some(Interval { estimate: slope.estimate, low: slope.estimate - reach, high: slope.estimate + reach })
    }

    /// Clause 2: whether a kink fits better than chance would.
    fn is_curved(&self, found: &mut CurveVerdict, rule: &Rule) -> bool {
        let (Some(line), Some(broken)) = (found.line, found.broken) else { return false };
        let (residuals, fitted) = self.points.line_residuals(&line);
        let (deviations, _, _) = self.points.deviations();
        let unequal = breusch_pagan(&deviations, &residuals);
        let wild = !self.clusters.are_single_rows() || unequal < 0.05;
        if unequal < 0.05 {
            found.warnings.push(Warning::Heteroscedastic { p_value: unequal });
        }
        let rows = Clusters::of_rows(residuals.len());
        let exceeding = replicates(rule.draws, |replicate| {
            let outcome: Vec<f64> = if wild {
                let signs = self.clusters.signs(rule.curvature_seed, replicate);
                (0..residuals.len()).map(|row| fitted[row] + signs[row] * residuals[row]).collect()
            } else {
                let drawn = rows.picks(rule.curvature_seed, replicate);
                drawn.into_iter().zip(&fitted).map(|(row, fit)| fit + residuals[row]).collect()
            };
            let sup_f = self.points.with_outcome(&outcome).broken_line(None).map_or(0.0, |fit| fit.sup_f);
            sup_f >= broken.sup_f
        });
        let count = exceeding.into_iter().filter(|&exceeds| exceeds).count();
        let p_value = (1 + count) as f64 / (1 + rule.draws) as f64;
        found.clause(Clause::SupF, broken.sup_f, 0.0, true);
        found.clause(Clause::CurvatureP, p_value, rule.alpha, p_value < rule.alpha)
    }

    /// Clauses 3 to 5: what kind of kink it is.
    fn judge_kink(&self, found: &mut CurveVerdict, rule: &Rule) {
        let Some(broken) = found.broken else { return };
        let kinks = Kinks::draw(&self.points, &self.clusters, rule);
        let middle = |estimate: f64, draws: &[f64]| {
            Some(Interval { estimate, low: at(draws, 0.025), high: at(draws, 0.975) })
        };
        found.kink = middle(broken.psi, &kinks.psi);
        found.slope_below = middle(broken.left, &kinks.left);
        found.slope_above = middle(broken.right, &kinks.right);
        if let Some(below) = found.slope_below.filter(|below| below.high < 0.0) {
            found.warnings.push(Warning::Sign { slope: below.estimate });
        }
        let median_change = at(&kinks.change, 0.5);
        if !found.clause(Clause::MedianChangeOfSlope, median_change, 0.0, median_change <= 0.0) {
            found.verdict = Verdict::Convex;
            return;
        }
        let (right_95, left_median, excess) =
            (at(&kinks.right, 0.95), at(&kinks.left, 0.5), at(&kinks.excess, 0.95));
        let share = rule.delta_fraction * left_median;
        found.clause(Clause::RightSlope95BelowShareOfLeft, right_95, share, right_95 < share);
        let above = self.points.above(broken.psi) as f64;
        let needed = (0.1 * self.points.len() as f64).max(20.0);
        let clauses = [
            found.clause(Clause::ExcessSlope95BelowZero, excess, 0.0, excess < 0.0),
            found.clause(
                Clause::KinksAtTopOfGrid,
                kinks.at_the_top,
                AT_THE_TOP,
                kinks.at_the_top <= AT_THE_TOP,
            ),
            found.clause(Clause::ObservationsAboveKink, above, needed, above >= needed),
        ];
        if clauses.contains(&false) || !self.holds_without_the_top(found, rule) {
            found.verdict = Verdict::Diminishing;
            return;
        }
        if found.clause(Clause::RightSlope95BelowZero, right_95, 0.0, right_95 < 0.0) {
            found.verdict = Verdict::Declines;
            return;
        }
        // A plateau ends a rise: where the slope before it is not one, nothing is flat by comparison.
        let Some(plateau) = found.linear_plateau.filter(|_| left_median > 0.0) else {
            found.verdict = Verdict::Diminishing;
            return;
        };
        let starts = replicates(rule.draws, |replicate| {
            self.points.linear_plateau(Some(&self.clusters.counts(rule.pairs_seed, replicate)))
        });
        found.verdict = Verdict::Plateau;
        found.plateau = middle(plateau.psi, &sorted(starts.into_iter().flatten().map(|fit| fit.psi)));
    }

    /// Where many stand at 100, the slopes must show a plateau without them as well: people who tick the top
    /// whatever they feel bend a straight line there. Leaving out levels of satisfaction does not bias a slope.
    fn holds_without_the_top(&self, found: &mut CurveVerdict, rule: &Rule) -> bool {
        let kept: Vec<usize> = (0..self.s.len()).filter(|&row| self.s[row] < TOP).collect();
        if ((self.s.len() - kept.len()) as f64) <= CEILING * self.s.len() as f64 {
            return true;
        }
        let of = |values: &[f64]| -> Vec<f64> { kept.iter().map(|&row| values[row]).collect() };
        let weights = self.weights.map(&of);
        let ids: Option<Vec<usize>> = self.ids.map(|ids| kept.iter().map(|&row| ids[row]).collect());
        let points = Points::new(&of(self.s), &of(self.y), weights.as_deref());
        let Some(points) = points.ok().filter(|points| points.len() >= FEWEST) else {
            return found.clause(Clause::Observations, kept.len() as f64, FEWEST as f64, false);
        };
        let kinks = Kinks::draw(&points, &Clusters::new(kept.len(), ids.as_deref()), rule);
        let excess = at(&kinks.excess, 0.95);
        found.clause(Clause::ExcessSlope95WithoutCeiling, excess, 0.0, excess < 0.0)
    }

    /// With 5 to 19 levels no kink is looked for: means per level, a test of the line's fit, and the line.
    fn few_levels(&self, found: &mut CurveVerdict, levels: usize) {
        found.warnings.push(Warning::FewLevels { levels });
        found.clause(Clause::LevelsForAKink, levels as f64, KINK_LEVELS as f64, false);
        let rows: Vec<(f64, f64, f64)> = self.points.iter().collect();
        let share = is_binary(self.y);
        let mut within = 0.0;
        // Level, weight and mean. A mean of a few answers is no measure of how far the line is off; an F of such means
        // would call any rare outcome bent.
        let mut filled: Vec<(f64, f64, f64)> = Vec::new();
        for group in rows.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
            let outcomes: Vec<f64> = group.iter().map(|&(_, outcome, _)| outcome).collect();
            let weights: Vec<f64> = group.iter().map(|&(_, _, weight)| weight).collect();
            let total: f64 = weights.iter().sum();
            let mean = outcomes.iter().zip(&weights).map(|(y, w)| y * w).sum::<f64>() / total;
            within += outcomes.iter().zip(&weights).map(|(y, w)| w * (y - mean).powi(2)).sum::<f64>();
            found.level_means.push(LevelMean {
                level: group[0].0,
                mean,
                interval: outcome_interval(&outcomes, &weights, share, 0.95),
                n: outcomes.len(),
            });
            if group.len() >= FILLED {
                filled.push((group[0].0, total, mean));
            }
        }
        if let (Some(line), true) = (found.line, within > 0.0) {
            let off = |level: f64, mean: f64| mean - line.intercept - line.slope * level;
            let between: f64 =
                filled.iter().map(|&(level, weight, mean)| weight * off(level, mean).powi(2)).sum();
            let (df1, df2) = (filled.len() as f64 - 2.0, self.y.len() as f64 - levels as f64);
            if df1 > 0.0 && df2 > 0.0 {
                let p_value = f_sf((between / df1) / (within / df2), df1, df2);
                found.clause(Clause::LackOfFitP, p_value, 0.05, p_value >= 0.05);
            }
        }
        found.straight();
    }
}

/// Tells whether an outcome is 0 or 1 in every row.
pub fn is_binary(outcome: &[f64]) -> bool {
    outcome.iter().all(|value| value.total_cmp(&0.0).is_eq() || value.total_cmp(&1.0).is_eq())
}

/// Studentised Breusch-Pagan test of squared residuals against satisfaction: `n R^2`, chi-squared with 1 df.
fn breusch_pagan(deviations: &[f64], residuals: &[f64]) -> f64 {
    let n = residuals.len() as f64;
    let squares: Vec<f64> = residuals.iter().map(|residual| residual * residual).collect();
    let mean = squares.iter().sum::<f64>() / n;
    let (mut sxy, mut sxx, mut syy) = (0.0, 0.0, 0.0);
    for (deviation, square) in deviations.iter().zip(&squares) {
        sxy += deviation * (square - mean);
        sxx += deviation * deviation;
        syy += (square - mean).powi(2);
    }
    if sxx <= 0.0 || syy <= 0.0 { 1.0 } else { chi_squared_sf(n * sxy * sxy / (sxx * syy), 1.0) }
}

/// Refuses an outcome that copies satisfaction: a straight line without any residual is a leak, not a finding.
pub fn refuse_leak(found: &CurveVerdict, y: &[f64]) -> Result<(), Refusal> {
    let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
    let total: f64 = y.iter().map(|value| (value - mean).powi(2)).sum();
    match found.line {
        Some(line) if total > 0.0 && line.rss <= 1e-12 * total => {
            Err(Refusal::Leak { column: Column::Driver(0) })
        }
        _ => Ok(()),
    }
}
