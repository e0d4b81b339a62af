//! How far it pays to raise satisfaction: the expected yearly gain of each level, over the observed customers
//! and over the draws of a bootstrap.
//!
//! An investment moves a driver; the driver moves satisfaction by `impact` points per point; satisfaction moves
//! money along the response function `f`. The gain of lifting the mean satisfaction from `x0` to `x` is
//!
//! ```text
//! gain(x) = benefit · reach · Σ wᵢ [ f(min(100, sᵢ + (x − x0)/reach)) − f(sᵢ) ] − C(d(x)),
//! d(x)    = d0 + (x − x0) / (reach · impact)
//! ```
//!
//! over the observed satisfaction `sᵢ` with weights `wᵢ` that sum to the customer base: a mean would hide that
//! part of the customers are past the level at which `f` still rises. `d0` and `d` are levels of the driver, `C`
//! is the yearly cost above today's.

use serde::{Deserialize, Serialize};

use crate::quantile::sorted_quantile;

/// Money per customer and year as a function of satisfaction: one straight line, or two that meet at `psi`,
/// held constant outside the observed range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResponseFunction {
    /// Value that the left line takes at satisfaction 0.
    pub intercept: f64,
    /// Slope below `psi`.
    pub left: f64,
    /// Where the slope changes.
    pub psi: f64,
    /// Slope above `psi`: 0 for a plateau.
    pub right: f64,
    /// Lower end of the observed range (5 % quantile).
    pub low: f64,
    /// Upper end of the observed range (95 % quantile).
    pub high: f64,
}

impl ResponseFunction {
    /// Returns the money per customer and year at a level of satisfaction.
    pub fn value(&self, satisfaction: f64) -> f64 {
        let s = satisfaction.clamp(self.low, self.high);
        self.intercept + self.left * s.min(self.psi) + self.right * (s - self.psi).max(0.0)
    }
}

/// Observed satisfaction with weights that sum to the customer base.
#[derive(Debug, Clone, PartialEq)]
pub struct Customers {
    levels: Vec<(f64, f64)>,
    mean: f64,
}

impl Customers {
    /// Merges equal levels; pairs are (satisfaction as measured, weight). `None` without any weight.
    ///
    /// Error spreads a measured index wider than what it measures: its variance is that of satisfaction over the
    /// `reliability`. The levels are therefore drawn together about their mean by the root of the reliability, so that
    /// they spread as satisfaction itself does, which the response function is fitted to. With 1 they stay as they are.
    pub fn new(pairs: impl IntoIterator<Item = (f64, f64)>, reliability: f64) -> Option<Self> {
        let mut levels: Vec<(f64, f64)> = pairs.into_iter().filter(|&(_, weight)| weight > 0.0).collect();
        let total: f64 = levels.iter().map(|&(_, weight)| weight).sum();
        let mean = levels.iter().map(|&(level, weight)| level * weight).sum::<f64>() / total;
        for (level, _) in &mut levels {
            *level = mean + reliability.sqrt() * (*level - mean);
        }
        levels.sort_by(|a, b| a.0.total_cmp(&b.0));
        levels.dedup_by(|next, kept| {
            let same = next.0.total_cmp(&kept.0).is_eq();
            if same {
                kept.1 += next.1;
            }
            same
        });
        mean.is_finite().then_some(Self { levels, mean })
    }

    /// Returns the weighted mean satisfaction.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns the sum of the weights.
    pub fn weight(&self) -> f64 {
        self.levels.iter().map(|&(_, weight)| weight).sum()
    }

    /// Returns the share of the weight above a level.
    pub fn share_above(&self, level: f64) -> f64 {
        let above: f64 = self.levels.iter().filter(|&&(s, _)| s > level).map(|&(_, weight)| weight).sum();
        above / self.weight()
    }

    /// Sums what `f` brings more when every customer moves by `change` points, at most to 100 and at least to 0.
    pub fn gain(&self, f: &ResponseFunction, change: f64) -> f64 {
        self.levels
            .iter()
            .map(|&(level, weight)| weight * (f.value((level + change).clamp(0.0, 100.0)) - f.value(level)))
            .sum()
    }
}

/// Yearly cost of a driver's level, above (or below) what is spent today.
///
/// Above today `C(d) = a (d − d0)^c` through the points above; below today the same form on the other side,
/// as savings, where the spending is reversible. The cost is not extrapolated beyond the outermost points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CostCurve {
    /// Level of the driver today.
    pub today: f64,
    above: Option<Power>,
    below: Option<Power>,
    /// Yearly share of a one-off cost, due at any level above today.
    pub one_off_per_year: f64,
}

/// `a u^c` for `0 <= u <= reach`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Power {
    a: f64,
    c: f64,
    reach: f64,
}

/// Why no cost curve can be drawn through the points.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CostError {
    /// There is no point above today's level, nor one below it that counts.
    #[error("no cost point lies above today's level of the driver, {today:.1}")]
    NoPoint {
        /// Today's level.
        today: f64,
    },
    /// A higher level does not cost more.
    #[error(
        "the cost at level {level:.1} is not above that of the level before it: a higher level must cost more"
    )]
    NotRising {
        /// The level at fault.
        level: f64,
    },
    /// A level or a cost is not a finite number.
    #[error("a level or a cost is not a finite number")]
    NotFinite,
}

impl CostCurve {
    /// Draws the curve through `points` of (level of the driver, total yearly cost), given today's level and
    /// cost. Two points on a side determine `a` and `c`; one gives a straight line; of more, the least squares in
    /// logarithms. Points below today count only if the spending is `reversible`.
    pub fn through(
        today: (f64, f64),
        points: &[(f64, f64)],
        reversible: bool,
        one_off_per_year: f64,
    ) -> Result<Self, CostError> {
        let (level_today, cost_today) = today;
        if !points.iter().chain([&today]).all(|(level, cost)| level.is_finite() && cost.is_finite()) {
            return Err(CostError::NotFinite);
        }
        let side = |sign: f64| {
            let mut steps: Vec<(f64, f64)> = points
                .iter()
                .map(|&(level, cost)| (sign * (level - level_today), sign * (cost - cost_today)))
                .filter(|&(step, _)| step > 1e-9)
                .collect();
            steps.sort_by(|a, b| a.0.total_cmp(&b.0));
            Power::through(&steps).map_err(|step| CostError::NotRising { level: level_today + sign * step })
        };
        let above = side(1.0)?;
        let below = if reversible { side(-1.0)? } else { None };
        if above.is_none() && below.is_none() {
            return Err(CostError::NoPoint { today: level_today });
        }
        Ok(Self { today: level_today, above, below, one_off_per_year })
    }

    /// Returns the yearly cost above today's at a driver level, negative where money is saved; `None` beyond
    /// the outermost cost points.
    pub fn at(&self, level: f64) -> Option<f64> {
        let step = level - self.today;
        if step.abs() < 1e-9 {
            return Some(0.0);
        }
        if step > 0.0 {
            Some(self.above?.value(step)? + self.one_off_per_year)
        } else {
            Some(-self.below?.value(-step)?)
        }
    }

    /// Returns the lowest and the highest driver level that the points cover.
    pub fn covers(&self) -> (f64, f64) {
        let reach = |side: Option<Power>| side.map_or(0.0, |power| power.reach);
        (self.today - reach(self.below), self.today + reach(self.above))
    }

    /// Returns the exponent above today: below 1 each further step costs less than the one before, which is unusual.
    pub fn exponent(&self) -> Option<f64> {
        self.above.map(|power| power.c)
    }
}

impl Power {
    /// Fits `a u^c` to steps in ascending order; the error is the step at which the cost does not rise.
    fn through(steps: &[(f64, f64)]) -> Result<Option<Self>, f64> {
        let Some(&(reach, _)) = steps.last() else { return Ok(None) };
        let mut before = 0.0;
        for &(step, cost) in steps {
            if cost <= before {
                return Err(step);
            }
            before = cost;
        }
        if let [(step, cost)] = steps {
            return Ok(Some(Self { a: cost / step, c: 1.0, reach }));
        }
        let n = steps.len() as f64;
        let mean_u = steps.iter().map(|(step, _)| step.ln()).sum::<f64>() / n;
        let mean_v = steps.iter().map(|(_, cost)| cost.ln()).sum::<f64>() / n;
        let (mut uv, mut uu) = (0.0, 0.0);
        for (step, cost) in steps {
            uv += (step.ln() - mean_u) * (cost.ln() - mean_v);
            uu += (step.ln() - mean_u).powi(2);
        }
        let c = uv / uu;
        Ok(Some(Self { a: (mean_v - c * mean_u).exp(), c, reach }))
    }

    fn value(self, step: f64) -> Option<f64> {
        // The outermost point itself is covered, whatever rounding did to it.
        (step <= self.reach * (1.0 + 1e-9)).then(|| self.a * step.powf(self.c))
    }
}

/// One draw of the whole chain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Money against satisfaction in this draw.
    pub response: ResponseFunction,
    /// Points of satisfaction per point of the driver in this draw.
    pub impact: f64,
}

/// What an optimum is sought for.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Today's customers.
    pub customers: &'a Customers,
    /// The cost of the driver's levels.
    pub cost: &'a CostCurve,
    /// Share of the customers that the investment reaches, above 0 and at most 1.
    pub reach: f64,
    /// Share of a full year's effect that arrives on average over the horizon (delay, fade, discount), 0 to 1.
    pub benefit: f64,
    /// 5 % and 95 % quantiles of satisfaction: no level outside is named.
    pub observed: (f64, f64),
    /// Regret a year that does not matter, in money.
    pub materiality: Option<f64>,
    /// What a level stands for: with `None` the satisfaction that is reached, whatever it costs in each draw.
    /// With an impact, the spending that would reach it at this impact, whatever satisfaction each draw reaches:
    /// for a driver whose own impact may be zero, which cannot reach any level at any price.
    pub nominal_impact: Option<f64>,
}

/// Gain at one level over the draws, in money a year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelGain {
    /// Satisfaction index.
    pub level: f64,
    /// 5 %, 10 %, 25 %, 50 %, 75 %, 90 % and 95 % points of the gain.
    pub quantiles: [f64; 7],
    /// Mean gain.
    pub expected: f64,
    /// Median cost above today's.
    pub cost: f64,
    /// Share of the draws in which this level lies within what the cost points cover.
    pub reachable: f64,
    /// Share of these draws in which money is lost here.
    pub loss: f64,
}

/// How far an investment pays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Optimum {
    /// Levels that at least nine draws in ten can reach, ascending; today is one of them.
    pub levels: Vec<LevelGain>,
    /// Today's mean satisfaction.
    pub today: f64,
    /// Position in `levels` of the greatest expected gain.
    pub best: usize,
    /// Median and 80 % range of the level that is best in each draw.
    pub best_level: (f64, f64, f64),
    /// Share of the draws whose best level lies at an end of what was observed or costed.
    pub share_at_end: f64,
    /// Share of the draws in which it is the cost points that end there, short of what was observed.
    pub share_at_cost_end: f64,
    /// Levels that are good enough; `None` unless the 80 % range of the best gain lies above 0.
    pub zone: Option<(f64, f64)>,
}

/// Distance between the levels that are tried, in index points.
const STEP: f64 = 0.25;

/// Share of the draws that must reach a level before it is drawn.
const REACHABLE: f64 = 0.9;

/// A level is good enough when its expected gain is within this share of the best.
const GOOD_ENOUGH: f64 = 0.05;

/// Finds the best level in every draw and what each level brings over the draws.
///
/// `None` without draws, or where the mean satisfaction lies outside the observed range.
///
/// # Source
///
/// `docs/methods.md` 5.4.
pub fn optimum(plan: &Plan<'_>, draws: &[Draw]) -> Option<Optimum> {
    let today = plan.customers.mean();
    let (low, high) = plan.observed;
    if draws.is_empty() || !(low..=high).contains(&today) {
        return None;
    }
    let (levels, at_today) = grid(today, low, high);
    let paths: Vec<Path> = draws.iter().map(|draw| Path::of(plan, draw, &levels, at_today)).collect();
    let kept: Vec<usize> = (0..levels.len())
        .filter(|&at| {
            let reached = paths.iter().filter(|path| path.gains[at].is_some()).count();
            reached as f64 >= REACHABLE * paths.len() as f64
        })
        .collect();
    let gains: Vec<LevelGain> = kept.iter().map(|&at| level_gain(levels[at], at, &paths)).collect();
    let best = (0..gains.len()).max_by(|&a, &b| gains[a].expected.total_cmp(&gains[b].expected))?;
    let mut best_levels: Vec<f64> = paths.iter().map(|path| path.best_level).collect();
    best_levels.sort_by(f64::total_cmp);
    let at_end = paths.iter().filter(|path| path.at_end).count();
    Some(Optimum {
        today,
        best,
        best_level: (quantile(&best_levels, 0.5), quantile(&best_levels, 0.1), quantile(&best_levels, 0.9)),
        share_at_end: at_end as f64 / paths.len() as f64,
        share_at_cost_end: paths.iter().filter(|path| path.at_cost_end).count() as f64 / paths.len() as f64,
        zone: zone(&gains, best, &paths, &kept, plan.materiality),
        levels: gains,
    })
}

/// Levels from `low` to `high` in steps through `today`, and the position of `today`.
fn grid(today: f64, low: f64, high: f64) -> (Vec<f64>, usize) {
    let mut below: Vec<f64> = steps().map(|step| today - step).take_while(|&level| level >= low).collect();
    below.reverse();
    let at_today = below.len();
    let above = steps().map(|step| today + step).take_while(|&level| level <= high);
    (below.into_iter().chain([today]).chain(above).collect(), at_today)
}

fn steps() -> impl Iterator<Item = f64> {
    (1..=400).map(|step| f64::from(step) * STEP)
}

/// One draw along the grid.
struct Path {
    /// Gain and cost where the cost points reach.
    gains: Vec<Option<(f64, f64)>>,
    best: usize,
    /// Satisfaction that the best position reaches in this draw.
    best_level: f64,
    at_end: bool,
    /// At an end of the cost points, within what was observed.
    at_cost_end: bool,
}

impl Path {
    fn of(plan: &Plan<'_>, draw: &Draw, levels: &[f64], at_today: usize) -> Self {
        let today = levels[at_today];
        // Points that the reached customers move, and the step of the driver that it takes.
        let moves = |level: f64| {
            let shift = (level - today) / plan.reach;
            match plan.nominal_impact {
                Some(nominal) => Some((draw.impact * shift / nominal, shift / nominal)),
                // A driver without effect cannot move satisfaction at any price.
                None => (draw.impact > 0.0).then(|| (shift, shift / draw.impact)),
            }
        };
        let gains: Vec<Option<(f64, f64)>> = levels
            .iter()
            .enumerate()
            .map(|(at, &level)| {
                if at == at_today {
                    return Some((0.0, 0.0));
                }
                let (change, step) = moves(level)?;
                let cost = plan.cost.at(plan.cost.today + step)?;
                let gain = plan.benefit * plan.reach * plan.customers.gain(&draw.response, change) - cost;
                Some((gain, cost))
            })
            .collect();
        let worth = |at: usize| gains[at].map_or(f64::NEG_INFINITY, |(gain, _)| gain);
        // On a tie today stands, then the nearer level: nothing is spent for nothing.
        let best = (0..levels.len())
            .min_by(|&a, &b| {
                worth(b).total_cmp(&worth(a)).then(a.abs_diff(at_today).cmp(&b.abs_diff(at_today)))
            })
            .unwrap_or(at_today);
        let beyond = |at: Option<usize>| at.and_then(|at| gains.get(at)).is_none_or(Option::is_none);
        let at_end = best != at_today && (beyond(best.checked_sub(1)) || beyond(Some(best + 1)));
        let at_cost_end = at_end && best > 0 && best + 1 < levels.len();
        let peak = levels[best] + if best == at_today { 0.0 } else { peak_offset(&gains, best) };
        let best_level = today + moves(peak).map_or(0.0, |(change, _)| change * plan.reach);
        Self { gains, best, best_level, at_end, at_cost_end }
    }
}

/// Where the parabola through a position and its two neighbours peaks, as a distance from that position: the best
/// level is not tied to the grid.
fn peak_offset(gains: &[Option<(f64, f64)>], at: usize) -> f64 {
    let neighbour =
        |at: Option<usize>| at.and_then(|at| gains.get(at).copied().flatten()).map(|(gain, _)| gain);
    let (Some(before), Some(here), Some(after)) =
        (neighbour(at.checked_sub(1)), neighbour(Some(at)), neighbour(Some(at + 1)))
    else {
        return 0.0;
    };
    let bend = before - 2.0 * here + after;
    if bend < 0.0 { (STEP * 0.5 * (before - after) / bend).clamp(-STEP, STEP) } else { 0.0 }
}

fn level_gain(level: f64, at: usize, paths: &[Path]) -> LevelGain {
    let known: Vec<(f64, f64)> = paths.iter().filter_map(|path| path.gains[at]).collect();
    let mut gains: Vec<f64> = known.iter().map(|&(gain, _)| gain).collect();
    let mut costs: Vec<f64> = known.iter().map(|&(_, cost)| cost).collect();
    gains.sort_by(f64::total_cmp);
    costs.sort_by(f64::total_cmp);
    LevelGain {
        level,
        quantiles: [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95].map(|share| quantile(&gains, share)),
        expected: gains.iter().sum::<f64>() / gains.len() as f64,
        cost: quantile(&costs, 0.5),
        reachable: known.len() as f64 / paths.len() as f64,
        loss: gains.iter().filter(|&&gain| gain < 0.0).count() as f64 / gains.len() as f64,
    }
}

/// The run of levels around the best whose expected gain is close enough to it, or whose expected regret does
/// not matter.
fn zone(
    gains: &[LevelGain],
    best: usize,
    paths: &[Path],
    kept: &[usize],
    materiality: Option<f64>,
) -> Option<(f64, f64)> {
    let best_gain = &gains[best];
    if best_gain.quantiles[1] <= 0.0 {
        return None;
    }
    let good_enough = |position: usize| {
        let close = gains[position].expected >= (1.0 - GOOD_ENOUGH) * best_gain.expected;
        close || materiality.is_some_and(|bound| expected_regret(kept[position], paths) < bound)
    };
    let first = (0..=best).rev().take_while(|&position| good_enough(position)).last().unwrap_or(best);
    let last = (best..gains.len()).take_while(|&position| good_enough(position)).last().unwrap_or(best);
    Some((gains[first].level, gains[last].level))
}

/// Mean over the draws of what is missed at a level against the draw's own best.
fn expected_regret(at: usize, paths: &[Path]) -> f64 {
    let missed: Vec<f64> = paths
        .iter()
        .filter_map(|path| {
            let (best, _) = path.gains[path.best]?;
            Some(best - path.gains[at]?.0)
        })
        .collect();
    missed.iter().sum::<f64>() / missed.len().max(1) as f64
}

/// Quantile of type 7 of sorted values, of which there is at least one.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted_quantile(sorted, share).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLATEAU: ResponseFunction =
        ResponseFunction { intercept: 20.0, left: 1.1, psi: 72.0, right: 0.0, low: 35.0, high: 98.0 };

    fn one_customer_group(level: f64, weight: f64) -> Customers {
        Customers::new([(level, weight)], 1.0).unwrap()
    }

    fn plan<'a>(customers: &'a Customers, cost: &'a CostCurve) -> Plan<'a> {
        Plan {
            customers,
            cost,
            reach: 1.0,
            benefit: 1.0,
            observed: (35.0, 98.0),
            materiality: None,
            nominal_impact: None,
        }
    }

    /// `docs/methods.md` 5.1: N = 1000, f = 20 + 1.1 min(s, 72), start 55, C = 40 (s - 55)^2: best 68.75, net 7562.5.
    #[test]
    fn the_economic_optimum_is_where_the_marginal_value_meets_the_marginal_cost() {
        let customers = one_customer_group(55.0, 1000.0);
        let cost = CostCurve::through((55.0, 0.0), &[(65.0, 4_000.0), (95.0, 64_000.0)], false, 0.0).unwrap();
        let plan = plan(&customers, &cost);
        let found = optimum(&plan, &[Draw { response: PLATEAU, impact: 1.0 }]).unwrap();
        let best = &found.levels[found.best];
        assert!((best.level - 68.75).abs() <= STEP / 2.0 + 1e-9, "{}", best.level);
        assert!((found.best_level.0 - 68.75).abs() < 1e-6, "{:?}", found.best_level);
        assert!((best.expected - 7562.5).abs() < 40.0 * STEP * STEP, "{}", best.expected);
    }

    /// `docs/methods.md` 5.1: with C = 25 (s - 55)^2 the best level is the corner at the plateau, 72, not 77.
    #[test]
    fn a_plateau_stops_the_optimum_where_the_gain_ends() {
        let customers = one_customer_group(55.0, 1000.0);
        let cost = CostCurve::through((55.0, 0.0), &[(65.0, 2_500.0), (95.0, 40_000.0)], false, 0.0).unwrap();
        let plan = plan(&customers, &cost);
        let found = optimum(&plan, &[Draw { response: PLATEAU, impact: 1.0 }]).unwrap();
        assert!((found.levels[found.best].level - 72.0).abs() < 1e-9);
    }

    /// The product's own example: plateau 72, mean 75.8, SD 14: one more point for all is worth 0.41 of the
    /// slope (normal distribution of satisfaction).
    #[test]
    fn one_more_point_is_worth_the_share_of_customers_still_below() {
        let normal = (0..=400).map(|step| {
            let z = f64::from(step - 200) / 40.0;
            (75.8 + 14.0 * z, (-z * z / 2.0).exp())
        });
        let total: f64 = normal.clone().map(|(_, weight)| weight).sum();
        let customers = Customers::new(normal.map(|(level, weight)| (level, weight / total)), 1.0).unwrap();
        let f = ResponseFunction { low: 0.0, high: 200.0, left: 1.0, ..PLATEAU };
        let per_point = customers.gain(&f, -0.001) / -0.001;
        assert!((per_point - 0.3935).abs() < 0.005, "{per_point}");
    }

    /// Half measured at 50 and half at 90 with reliability 0.25: satisfaction itself spreads half as wide, 60 and 80. Of
    /// 20 points, those at 60 gain 12 until the plateau at 72 and those at 80 nothing.
    #[test]
    fn the_gain_is_summed_over_satisfaction_and_not_over_its_error() {
        let customers = Customers::new([(50.0, 1.0), (90.0, 1.0)], 0.25).unwrap();
        let f = ResponseFunction { left: 1.0, ..PLATEAU };
        assert!((customers.gain(&f, 20.0) - 12.0).abs() < 1e-12);
        assert!((customers.mean() - 70.0).abs() < 1e-12);
    }

    #[test]
    fn a_cost_curve_goes_through_its_points_and_not_beyond() {
        let cost =
            CostCurve::through((60.0, 100.0), &[(50.0, 70.0), (70.0, 140.0), (80.0, 260.0)], true, 0.0)
                .unwrap();
        for (level, above) in [(60.0, 0.0), (70.0, 40.0), (80.0, 160.0), (50.0, -30.0)] {
            assert!((cost.at(level).unwrap() - above).abs() < 1e-9, "{level}");
        }
        assert_eq!((cost.at(81.0), cost.at(49.0)), (None, None));
        assert_eq!(cost.covers(), (50.0, 80.0));
        assert!((cost.exponent().unwrap() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_cost_that_falls_with_the_level_is_refused() {
        let refused = CostCurve::through((60.0, 100.0), &[(70.0, 140.0), (80.0, 130.0)], false, 0.0);
        assert_eq!(refused, Err(CostError::NotRising { level: 80.0 }));
        let refused = CostCurve::through((60.0, 100.0), &[(50.0, 70.0)], false, 0.0);
        assert_eq!(refused, Err(CostError::NoPoint { today: 60.0 }));
    }

    #[test]
    fn without_effect_today_is_best_and_no_zone_is_named() {
        let customers = one_customer_group(55.0, 1000.0);
        let cost = CostCurve::through((55.0, 0.0), &[(65.0, 4_000.0)], false, 0.0).unwrap();
        let plan = plan(&customers, &cost);
        let found = optimum(&plan, &[Draw { response: PLATEAU, impact: -0.1 }]).unwrap();
        assert_eq!((found.zone, found.best_level), (None, (55.0, 55.0, 55.0)));
        assert!(found.share_at_end.abs() < 1e-12);
    }

    #[test]
    fn a_nominal_impact_draws_the_cost_of_a_driver_without_effect() {
        let customers = one_customer_group(55.0, 1000.0);
        let cost = CostCurve::through((55.0, 0.0), &[(65.0, 4_000.0)], false, 0.0).unwrap();
        let plan = Plan { nominal_impact: Some(0.5), ..plan(&customers, &cost) };
        let found = optimum(&plan, &[Draw { response: PLATEAU, impact: 0.0 }]).unwrap();
        let last = found.levels.last().unwrap();
        assert!((last.level - 60.0).abs() < 1e-9 && (last.expected + 4_000.0).abs() < 1e-9, "{last:?}");
        assert_eq!(found.best_level, (55.0, 55.0, 55.0));
    }

    #[test]
    fn a_best_level_at_the_last_cost_point_counts_as_at_an_end() {
        let customers = one_customer_group(55.0, 1000.0);
        let cost = CostCurve::through((55.0, 0.0), &[(60.0, 100.0)], false, 0.0).unwrap();
        let plan = plan(&customers, &cost);
        let found = optimum(&plan, &[Draw { response: PLATEAU, impact: 1.0 }]).unwrap();
        assert!((found.share_at_end - 1.0).abs() < 1e-12);
        assert!((found.levels[found.best].level - 60.0).abs() < 1e-9);
    }
}
