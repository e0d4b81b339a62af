//! How far each investment pays: its cost curve against what its driver brings, draw by draw.

use cam_stats::Warning;
use cam_stats::chain::Chain;
use cam_stats::optimum::{CostCurve, CostError, Customers, Draw, LevelGain, Optimum, Plan, optimum};
use cam_stats::power::Samples;
use cam_stats::quantile::sorted_quantile;
use cam_stats::verdict::Verdict;
use uuid::Uuid;

use super::drive::DriverSpec;
use super::guard;
use super::question::Question;
use super::result::{
    Advice, Distribution, DriverFinding, Estimate, Grade, InvestmentCurve, InvestmentFinding,
    InvestmentOutcome, ProfitPoint, SpendTick, Subject, Unjudged, UnseenEnd,
};
use crate::finance::Currency;
use crate::store::snapshot::{CostPointRow, InvestmentRow};

/// Share of the draws at an end from which the best level counts as not visible.
const AT_END: f64 = 0.1;

/// Chance that a test of holding back shows what it looks for.
const TEST_POWER: f64 = 0.8;

/// Two-sided error rate of such a test.
const TEST_ALPHA: f64 = 0.05;

/// Most marks of the upper scale.
const MOST_TICKS: usize = 4;

/// Distance between marks of the upper scale, in index points.
const TICK_STEP: f64 = 5.0;

/// What every investment is judged against.
pub(super) struct Ground<'a> {
    pub(super) question: &'a Question,
    pub(super) currency: Currency,
    pub(super) chain: Option<&'a Chain>,
    pub(super) specs: &'a [DriverSpec],
    pub(super) drivers: &'a DriverFinding,
    pub(super) verdict: Option<Verdict>,
    /// Whether money is seen to fall as satisfaction rises.
    pub(super) falls: bool,
    pub(super) distribution: &'a Distribution,
    /// Customers that gains are summed over.
    pub(super) base: usize,
    /// Reliability of the satisfaction index.
    pub(super) reliability: f64,
    pub(super) accounts_linked: usize,
    pub(super) grade: Grade,
}

/// Judges all investments and sorts them by expected gain per unit spent; names the cost curves that bend the wrong
/// way.
pub(super) fn invest(
    rows: &[InvestmentRow],
    cost_points: &[CostPointRow],
    ground: &Ground<'_>,
) -> (Vec<InvestmentFinding>, Vec<(Subject, Warning)>) {
    let mut warned = Vec::new();
    let mut findings: Vec<InvestmentFinding> = rows
        .iter()
        .map(|row| {
            let points = points_of(row.id, cost_points);
            let driver = ground.drivers.drivers.iter().find(|driver| driver.key == row.construct_key);
            let cost = driver.and_then(|driver| cost_curve(row, &points, driver.level.value, ground).ok());
            if let Some(exponent) = cost.and_then(|cost| cost.exponent()).filter(|&exponent| exponent < 1.0) {
                warned.push((Subject::Investment(row.name.clone()), Warning::ConcaveCost { exponent }));
            }
            judge(row, &points, ground)
        })
        .collect();
    findings.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    (findings, warned)
}

fn points_of(investment: Uuid, cost_points: &[CostPointRow]) -> Vec<&CostPointRow> {
    cost_points.iter().filter(|point| point.investment_id == investment).collect()
}

/// Expected gain per unit spent; what cannot be judged comes last.
fn worth(finding: &InvestmentFinding) -> f64 {
    match &finding.outcome {
        InvestmentOutcome::Refused { .. } => f64::NEG_INFINITY,
        InvestmentOutcome::Curve(curve) if curve.no_effect => -1e12,
        InvestmentOutcome::Curve(curve) if curve.spend > 0.0 => curve.gain.value / curve.spend,
        InvestmentOutcome::Curve(curve) => -1e6 + curve.gain.value.min(1e5),
    }
}

fn judge(row: &InvestmentRow, points: &[&CostPointRow], ground: &Ground<'_>) -> InvestmentFinding {
    let driver = ground.drivers.drivers.iter().find(|driver| driver.key == row.construct_key);
    let judged = points.iter().any(|point| point.source == "judgement");
    let mut guards = vec![guard::cost_judged(judged)];
    if let Some(driver) = driver {
        guards.push(guard::separable(driver.vif));
    }
    let outcome = match curve(row, points, ground) {
        Ok(curve) => InvestmentOutcome::Curve(Box::new(curve)),
        Err(refused) => refused,
    };
    let own = guards.iter().filter(|guard| guard.held != Some(true)).map(|guard| guard.caps_at);
    let capped = own.fold(ground.grade, Ord::max);
    // Where a guard leaves no grade above E, no level, gain or advice is named.
    let outcome = match outcome {
        InvestmentOutcome::Curve(_) if capped == Grade::E => refused(Unjudged::Guard, 0.0, 0.0),
        other => other,
    };
    let grade = match &outcome {
        InvestmentOutcome::Refused { .. } => Grade::E,
        // The range covers both "worth it" and "not worth it".
        InvestmentOutcome::Curve(curve) if curve.advice == Advice::CannotTell && !curve.no_effect => Grade::E,
        InvestmentOutcome::Curve(_) => capped,
    };
    InvestmentFinding {
        name: row.name.clone(),
        construct: row.construct_key.clone(),
        planned: row.status == "planned",
        reversible: row.reversible,
        yearly_cost: major(row.yearly_cost, ground.currency),
        driver_level: driver.map_or(0.0, |driver| driver.level.value),
        outcome,
        grade,
        guards,
    }
}

fn major(minor: i64, currency: Currency) -> f64 {
    crate::finance::Money { minor, currency }.major()
}

fn refused(reason: Unjudged, have: f64, need: f64) -> InvestmentOutcome {
    InvestmentOutcome::Refused { reason, have, need }
}

fn curve(
    row: &InvestmentRow,
    points: &[&CostPointRow],
    ground: &Ground<'_>,
) -> Result<InvestmentCurve, InvestmentOutcome> {
    let linked = ground.accounts_linked as f64;
    if linked < guard::NEEDED_ACCOUNTS {
        return Err(refused(Unjudged::LinkedAccounts, linked, guard::NEEDED_ACCOUNTS));
    }
    if row.target_kind != "customer" {
        return Err(refused(Unjudged::EmployeeChain, 0.0, 0.0));
    }
    let driver = ground
        .drivers
        .drivers
        .iter()
        .find(|driver| driver.key == row.construct_key)
        .ok_or_else(|| refused(Unjudged::NoDriver, 0.0, 0.0))?;
    let column = ground
        .specs
        .iter()
        .position(|spec| spec.key == row.construct_key)
        .ok_or_else(|| refused(Unjudged::NoDriver, 0.0, 0.0))?;
    let chain = ground.chain.ok_or_else(|| match ground.verdict {
        _ if ground.falls => refused(Unjudged::Falls, 0.0, 0.0),
        Some(Verdict::NoRelation) => refused(Unjudged::NoRelation, 0.0, 0.0),
        Some(Verdict::Convex) => refused(Unjudged::Convex, 0.0, 0.0),
        _ => refused(Unjudged::NoCurve, 0.0, 0.0),
    })?;
    let cost = cost_curve(row, points, driver.level.value, ground)?;
    let customers = Customers::new(
        ground
            .distribution
            .accounts
            .iter()
            .map(|account| (account.satisfaction, account.customers * ground.base as f64)),
        ground.reliability,
    )
    .ok_or_else(|| refused(Unjudged::NoCurve, 0.0, 0.0))?;
    let draws: Vec<Draw> = chain
        .draws
        .iter()
        .map(|draw| Draw { response: draw.response, impact: draw.impacts[column] })
        .collect();
    let impact = impact(&draws, chain.point.impacts[column]);
    let no_effect = impact.low <= 0.0;
    let plan = Plan {
        customers: &customers,
        cost: &cost,
        reach: row.reach_share.clamp(0.01, 1.0),
        benefit: benefit(row, ground.question),
        observed: ground.distribution.observed,
        materiality: ground.question.materiality,
        nominal_impact: no_effect.then(|| impact.high.max(0.05)),
    };
    let found = optimum(&plan, &draws).ok_or_else(|| refused(Unjudged::TodayOutsideObserved, 0.0, 0.0))?;
    Ok(Drawing { row, points, plan: &plan, found: &found, impact, no_effect, ground }.curve())
}

fn cost_curve(
    row: &InvestmentRow,
    points: &[&CostPointRow],
    level: f64,
    ground: &Ground<'_>,
) -> Result<CostCurve, InvestmentOutcome> {
    let at: Vec<(f64, f64)> =
        points.iter().map(|point| (point.level, major(point.yearly_cost, ground.currency))).collect();
    let today = (level, major(row.yearly_cost, ground.currency));
    let one_off = annuity(
        major(row.one_off_cost, ground.currency),
        row.life_years.unwrap_or(f64::from(ground.question.horizon_years)),
        ground.question.discount_rate,
    );
    CostCurve::through(today, &at, row.reversible, one_off).map_err(|error| match error {
        CostError::NotRising { level } => refused(Unjudged::CostNotRising, level, 0.0),
        CostError::NoPoint { .. } | CostError::NotFinite => refused(Unjudged::NoCostCurve, 0.0, 1.0),
    })
}

/// Equal yearly payments over `years` that are worth `cost` today.
fn annuity(cost: f64, years: f64, rate: f64) -> f64 {
    let years = years.max(1.0);
    if rate > 0.0 { cost * rate / (1.0 - (1.0 + rate).powf(-years)) } else { cost / years }
}

/// Share of a full year's effect that arrives on average over the horizon: nothing before the delay is over, a
/// share less each year by the fade, later years discounted.
fn benefit(row: &InvestmentRow, question: &Question) -> f64 {
    let (mut arrived, mut weight) = (0.0, 0.0);
    for year in 0..question.horizon_years {
        let start = 12.0 * f64::from(year);
        let active = ((start + 12.0 - row.months_until_effect.max(start)) / 12.0).clamp(0.0, 1.0);
        let discount = (1.0 + question.discount_rate).powi(-(i32::try_from(year).unwrap_or(i32::MAX) + 1));
        arrived += discount * active * (1.0 - row.yearly_fade).powf(f64::from(year));
        weight += discount;
    }
    arrived / weight
}

/// The driver's impact with its 90 % range over the draws.
fn impact(draws: &[Draw], point: f64) -> Estimate {
    let mut impacts: Vec<f64> = draws.iter().map(|draw| draw.impact).collect();
    impacts.sort_by(f64::total_cmp);
    let at = |share| sorted_quantile(&impacts, share).unwrap_or(point);
    Estimate { value: point, low: at(0.05), high: at(0.95), level: 0.9, n: draws.len() }
}

/// What an investment's curve is drawn from.
struct Drawing<'a> {
    row: &'a InvestmentRow,
    points: &'a [&'a CostPointRow],
    plan: &'a Plan<'a>,
    found: &'a Optimum,
    impact: Estimate,
    no_effect: bool,
    ground: &'a Ground<'a>,
}

impl Drawing<'_> {
    fn curve(&self) -> InvestmentCurve {
        let found = self.found;
        let best = self.judged_level();
        let (median, low, high) = found.best_level;
        let advice = self.advice();
        let below_level = found.zone.map_or(best.level, |zone| zone.0);
        let below = self.ground.distribution.accounts.iter().filter(|at| at.satisfaction < below_level);
        let n = self.ground.accounts_linked;
        let visible = found.share_at_end <= AT_END;
        InvestmentCurve {
            points: found.levels.iter().map(profit).collect(),
            cost_judged_from: self.judged_from(),
            zone: found.zone.filter(|_| !self.no_effect),
            best_level: Estimate { value: median, low, high, level: 0.8, n },
            share_at_end: found.share_at_end,
            star: visible && found.zone.is_some() && !self.no_effect && self.ground.grade <= Grade::C,
            unseen_end: (!visible && found.zone.is_some() && !self.no_effect).then(|| {
                if found.share_at_cost_end > found.share_at_end / 2.0 {
                    UnseenEnd::Priced
                } else {
                    UnseenEnd::Observed
                }
            }),
            cost_exponent: self.plan.cost.exponent(),
            no_effect: self.no_effect,
            gain: Estimate {
                value: best.quantiles[3],
                low: best.quantiles[1],
                high: best.quantiles[5],
                level: 0.8,
                n,
            },
            gain_level: best.level,
            spend: best.cost,
            chance_of_loss: best.loss,
            advice,
            customers_below: below.clone().map(|at| at.customers).sum(),
            revenue_below: below.map(|at| at.revenue).sum(),
            below_level,
            ticks: self.ticks(),
            largest_gain_allowed: self.largest_gain(),
            impact: self.impact,
            test_per_group: matches!(advice, Advice::TestHoldingBack | Advice::TestStopping)
                .then(|| self.test_per_group())
                .flatten(),
        }
    }

    /// Customers that a test of holding back to the lowest level drawn needs in each group.
    fn test_per_group(&self) -> Option<f64> {
        let accounts = &self.ground.distribution.accounts;
        let change = self.found.today - self.found.levels.first()?.level;
        let mean: f64 = accounts.iter().map(|at| at.customers * at.satisfaction).sum();
        let variance: f64 = accounts.iter().map(|at| at.customers * (at.satisfaction - mean).powi(2)).sum();
        (change > 0.0).then(|| Samples::TwoGroups.size(change / variance.sqrt(), TEST_POWER, TEST_ALPHA))?
    }

    /// The level whose gain is reported: the best expected one, or for a driver without visible effect what the dearest
    /// step would bring, since there is no best.
    fn judged_level(&self) -> &LevelGain {
        let best = &self.found.levels[self.found.best];
        let dearest =
            self.found.levels.last().filter(|level| self.no_effect && level.level > self.found.today);
        dearest.unwrap_or(best)
    }

    /// More money is advised only where the 80 % range of the best gain lies above 0 and the zone above today.
    fn advice(&self) -> Advice {
        let found = self.found;
        if self.no_effect {
            return if self.row.status == "spent" { Advice::TestStopping } else { Advice::CannotTell };
        }
        match found.zone {
            Some((_, high)) if high < found.today => Advice::TestHoldingBack,
            Some((low, _)) if low <= found.today => Advice::Hold,
            Some(_) if found.share_at_end > AT_END => Advice::SpendMoreEndUnknown,
            Some(_) => Advice::SpendMore,
            None if found.best_level.2 <= found.today && self.row.reversible => Advice::TestHoldingBack,
            None if found.best_level.2 <= found.today => Advice::Hold,
            None => Advice::CannotTell,
        }
    }

    /// Largest upper end of the gain over the levels above today.
    fn largest_gain(&self) -> f64 {
        let above = self.found.levels.iter().filter(|level| level.level > self.found.today);
        above.map(|level| level.quantiles[5]).fold(0.0, f64::max)
    }

    fn per_point(&self) -> f64 {
        self.plan.nominal_impact.unwrap_or(self.impact.value) * self.plan.reach
    }

    fn driver_level(&self, satisfaction: f64) -> f64 {
        self.plan.cost.today + (satisfaction - self.found.today) / self.per_point()
    }

    /// From which satisfaction level upwards the cost rests on judgement: past the last recorded point.
    fn judged_from(&self) -> Option<f64> {
        let today = self.plan.cost.today;
        let above = || self.points.iter().filter(move |point| point.level > today);
        if !above().any(|point| point.source == "judgement") {
            return None;
        }
        let recorded = above().filter(|point| point.source == "record").map(|point| point.level);
        let last = recorded.fold(today, f64::max);
        Some(self.found.today + (last - today) * self.per_point())
    }

    fn ticks(&self) -> Vec<SpendTick> {
        let levels = &self.found.levels;
        let marks: Vec<SpendTick> = levels
            .iter()
            .filter(|level| (level.level - self.found.today).abs() > TICK_STEP / 2.0)
            .filter_map(|level| {
                let mark = (level.level / TICK_STEP).round() * TICK_STEP;
                let nearest =
                    levels.iter().min_by(|a, b| (a.level - mark).abs().total_cmp(&(b.level - mark).abs()))?;
                (nearest.level.total_cmp(&level.level).is_eq() && (level.level - mark).abs() < 0.3)
                    .then(|| SpendTick { x: mark, spend: level.cost, driver_level: self.driver_level(mark) })
            })
            .collect();
        let step = marks.len().div_ceil(MOST_TICKS).max(1);
        marks.into_iter().step_by(step).collect()
    }
}

fn profit(level: &LevelGain) -> ProfitPoint {
    let [p05, _, p25, median, p75, _, p95] = level.quantiles;
    ProfitPoint { x: level.level, median, p05, p25, p75, p95, cost: level.cost }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annuity_is_worth_its_cost() {
        let payment = annuity(1000.0, 5.0, 0.08);
        let worth: f64 = (1..=5).map(|year| payment / 1.08_f64.powi(year)).sum();
        assert!((worth - 1000.0).abs() < 1e-9);
        assert!((annuity(1000.0, 5.0, 0.0) - 200.0).abs() < 1e-9);
    }
}
