//! An outcome against satisfaction: the verdict, a smooth curve with its band, and groups of customers.

use cam_stats::measurement::outcome_interval;
use cam_stats::ols::{self, Problem, StandardErrors};
use cam_stats::spline::Spline;
use cam_stats::verdict::{CurveVerdict, Rule, Verdict, is_binary, verdict};
use cam_stats::{Interval, Refusal, Warning};

use super::result::{CurvePoint, Estimate, GroupPoint, Relation};

/// Below this number of linked accounts no curve is fitted.
pub(super) const FEWEST_ACCOUNTS: usize = 100;

/// Range that bands and groups carry.
const RANGE: f64 = 0.9;

/// Groups of equal size that are drawn.
const GROUPS: usize = 10;

/// Observations below which a level of a coarse scale is not drawn.
const FEWEST_IN_GROUP: usize = 10;

/// Points of the smooth curve.
const CURVE_STEPS: usize = 60;

/// Rows of a relation.
pub(super) struct Rows {
    pub(super) satisfaction: Vec<f64>,
    pub(super) outcome: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// Position of the account of each row.
    pub(super) account: Vec<usize>,
    /// What is resampled together: the account, or its unit.
    pub(super) cluster: Vec<usize>,
}

impl Rows {
    /// Number of distinct accounts.
    pub(super) fn accounts(&self) -> usize {
        let mut seen = self.account.clone();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    }
}

/// Judges and draws one relation. Fewer than 100 accounts give no curve; outcomes that are 0 or 1 keep their band
/// inside 0 and 1.
pub(super) fn relate(
    rows: &Rows,
    rule: &Rule,
    bounds: (f64, f64),
) -> Result<(Relation, Vec<Warning>), Refusal> {
    let mut relation = nothing(rows);
    let n = relation.n;
    if relation.accounts < FEWEST_ACCOUNTS {
        return Ok((relation, Vec::new()));
    }
    let clusters = (rows.cluster.len() > distinct(&rows.cluster)).then_some(rows.cluster.as_slice());
    let found = verdict(&rows.satisfaction, &rows.outcome, Some(&rows.weights), clusters, rule)?;
    let estimate = |interval: Interval| Estimate {
        value: interval.estimate,
        low: interval.low,
        high: interval.high,
        level: 0.95,
        n,
    };
    relation.verdict = Some(found.verdict);
    relation.reasons.clone_from(&found.reasons);
    relation.candidates.clone_from(&found.candidates);
    relation.slope = found.slope.map(estimate);
    relation.slope_below = found.slope_below.map(estimate);
    relation.slope_above = found.slope_above.map(estimate);
    relation.plateau = found.plateau.map(estimate);
    relation.few_levels = !found.level_means.is_empty();
    relation.r_squared = r_squared(rows, &found);
    relation.groups = groups(rows, relation.few_levels);
    if found.verdict != Verdict::TooFew {
        relation.curve = curve(rows, &found, clusters, bounds);
    }
    Ok((relation, found.warnings))
}

/// A relation of which nothing can be said yet.
pub(super) fn nothing(rows: &Rows) -> Relation {
    let total_weight: f64 = rows.weights.iter().sum();
    let sum: f64 = rows.outcome.iter().zip(&rows.weights).map(|(y, w)| y * w).sum();
    Relation {
        verdict: None,
        reasons: Vec::new(),
        candidates: Vec::new(),
        n: rows.outcome.len(),
        accounts: rows.accounts(),
        mean: if total_weight > 0.0 { sum / total_weight } else { 0.0 },
        slope_below: None,
        slope_above: None,
        slope: None,
        plateau: None,
        curve: Vec::new(),
        groups: Vec::new(),
        few_levels: false,
        r_squared: None,
    }
}

fn distinct(ids: &[usize]) -> usize {
    ids.iter().collect::<std::collections::HashSet<_>>().len()
}

fn r_squared(rows: &Rows, found: &CurveVerdict) -> Option<f64> {
    let line = found.line?;
    let total_weight: f64 = rows.weights.iter().sum();
    let scale = rows.weights.len() as f64 / total_weight;
    let mean = rows.outcome.iter().zip(&rows.weights).map(|(y, w)| y * w).sum::<f64>() / total_weight;
    let total: f64 =
        rows.outcome.iter().zip(&rows.weights).map(|(y, w)| scale * w * (y - mean).powi(2)).sum();
    (total > 0.0).then(|| (1.0 - line.rss / total).clamp(0.0, 1.0))
}

/// The rows in order of satisfaction, in the groups that are drawn: the levels of a coarse scale that enough answers
/// stand on (the others would be all range and no figure), or ten groups of equal size.
fn groups(rows: &Rows, few_levels: bool) -> Vec<GroupPoint> {
    let mut order: Vec<usize> = (0..rows.outcome.len()).collect();
    order.sort_by(|&a, &b| rows.satisfaction[a].total_cmp(&rows.satisfaction[b]));
    if few_levels {
        return order
            .chunk_by(|&a, &b| rows.satisfaction[a].total_cmp(&rows.satisfaction[b]).is_eq())
            .filter(|members| members.len() >= FEWEST_IN_GROUP)
            .filter_map(|members| group(rows, members))
            .collect();
    }
    (0..GROUPS)
        .filter_map(|at| group(rows, &order[at * order.len() / GROUPS..(at + 1) * order.len() / GROUPS]))
        .collect()
}

/// Mean outcome of some rows: with Wilson's range where it is a share of rows that count alike, else with Student's.
fn group(rows: &Rows, members: &[usize]) -> Option<GroupPoint> {
    let take = |column: &[f64]| members.iter().map(|&row| column[row]).collect::<Vec<f64>>();
    let (outcome, weights) = (take(&rows.outcome), take(&rows.weights));
    let x = take(&rows.satisfaction).iter().sum::<f64>() / members.len() as f64;
    let share = is_binary(&rows.outcome);
    let found = outcome_interval(&outcome, &weights, share, RANGE)?;
    let (value, low, high) = (found.estimate, found.low, found.high);
    Some(GroupPoint { x, y: Estimate { value, low, high, level: RANGE, n: outcome.len() } })
}

/// A restricted cubic spline with a pointwise 90 % band from robust errors; a straight line where the scale is too
/// coarse for a spline. Drawn over the observed range only.
fn curve(
    rows: &Rows,
    found: &CurveVerdict,
    clusters: Option<&[usize]>,
    bounds: (f64, f64),
) -> Vec<CurvePoint> {
    let mut sorted = rows.satisfaction.clone();
    sorted.sort_by(f64::total_cmp);
    let spline = if found.level_means.is_empty() { Spline::through(&sorted) } else { None };
    let basis = |x: f64| spline.map_or_else(|| vec![x], |spline| spline.basis(x).to_vec());
    let width = basis(0.0).len();
    let columns: Vec<Vec<f64>> =
        (0..width).map(|column| rows.satisfaction.iter().map(|&x| basis(x)[column]).collect()).collect();
    let drivers: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let problem =
        Problem { outcome: &rows.outcome, drivers: &drivers, intercept: true, weights: Some(&rows.weights) };
    let errors =
        clusters.map_or(StandardErrors::HC3, |ids| StandardErrors::Clustered { ids, correction: None });
    let Ok(fit) = ols::fit(&problem, errors) else { return Vec::new() };
    let df = fit.coefficients.iter().filter_map(|coefficient| coefficient.df).fold(f64::INFINITY, f64::min);
    let quantile =
        cam_stats::quantile::t(f64::midpoint(1.0, RANGE), if df.is_finite() { df.max(1.0) } else { 1e6 });
    let (low, high) = found.observed;
    (0..=CURVE_STEPS)
        .map(|step| {
            let x = low + (high - low) * step as f64 / CURVE_STEPS as f64;
            let row: Vec<f64> = std::iter::once(1.0).chain(basis(x)).collect();
            let y: f64 = row.iter().zip(&fit.coefficients).map(|(x, c)| x * c.estimate).sum();
            let variance: f64 = (0..row.len())
                .flat_map(|a| (0..row.len()).map(move |b| (a, b)))
                .map(|(a, b)| row[a] * row[b] * fit.covariance[a][b])
                .sum();
            let reach = quantile * variance.max(0.0).sqrt();
            CurvePoint {
                x,
                y: y.clamp(bounds.0, bounds.1),
                low: (y - reach).clamp(bounds.0, bounds.1),
                high: (y + reach).clamp(bounds.0, bounds.1),
            }
        })
        .collect()
}
