//! How long customers stay: Kaplan-Meier curve, comparison of groups, concordance, censoring before a horizon.

use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::ols::{TestResult, check_finite};
use crate::quantile;
use crate::{Column, Count, Interval, Refusal, Warning};

/// Durations of n customers.
///
/// A customer enters at `start` (at time 0 if absent, and then counts from the first moment on), is watched
/// until `stop`, and has left there if `event` is set; otherwise it is censored. A customer whose satisfaction
/// is known from a survey on enters at the survey, not at the beginning of its contract: otherwise the model
/// looks ahead. An event at the same time as a censoring comes first.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes<'a> {
    /// Times of entry, each before its `stop`.
    pub start: Option<&'a [f64]>,
    /// Times of leaving or of the last look.
    pub stop: &'a [f64],
    /// Whether the customer left.
    pub event: &'a [bool],
}

impl Lifetimes<'_> {
    /// Refuses other lengths, times that are not finite or negative, and ends that do not follow their start.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let rows = self.stop.len();
        for found in self.start.map(<[f64]>::len).into_iter().chain([self.event.len()]) {
            if found != rows {
                return Err(Refusal::LengthMismatch { expected: rows, found });
            }
        }
        if rows == 0 {
            return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
        }
        check_finite(self.stop, Column::Outcome)?;
        if let Some(start) = self.start {
            check_finite(start, Column::Outcome)?;
        }
        let bad = |row: &usize| {
            let from = self.start.map_or(0.0, |start| start[*row]);
            self.stop[*row] < 0.0 || from < 0.0 || (self.start.is_some() && self.stop[*row] <= from)
        };
        match (0..rows).find(bad) {
            Some(row) => Err(Refusal::BadTime { row }),
            None => Ok(()),
        }
    }

    /// Positions by time of leaving, the latest first; equal times in the order of the rows.
    pub(crate) fn latest_first(&self) -> Vec<usize> {
        let mut keys: Vec<(f64, usize)> = self.stop.iter().copied().zip(0..).collect();
        keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        keys.into_iter().map(|(_, row)| row).collect()
    }

    /// Distinct times of leaving, the earliest first: time, who leaves, who is censored, who is at risk.
    fn steps(&self) -> Vec<Step> {
        let order = self.latest_first();
        let mut entries: Vec<f64> = self.start.map_or_else(Vec::new, <[f64]>::to_vec);
        entries.sort_unstable_by(|a, b| b.total_cmp(a));
        let mut late = 0;
        let mut steps: Vec<Step> = Vec::new();
        for (seen, row) in order.iter().enumerate() {
            let (time, event) = (self.stop[*row], self.event[*row]);
            if steps.last().is_none_or(|step| step.time > time) {
                steps.push(Step { time, events: 0, censored: 0, at_risk: 0 });
            }
            // Who has not entered yet is watched later, but not at risk now.
            while entries.get(late).is_some_and(|entry| *entry >= time) {
                late += 1;
            }
            if let Some(step) = steps.last_mut() {
                step.events += usize::from(event);
                step.censored += usize::from(!event);
                step.at_risk = seen + 1 - late;
            }
        }
        steps.reverse();
        steps
    }
}

#[derive(Debug, Clone, Copy)]
struct Step {
    time: f64,
    events: usize,
    censored: usize,
    at_risk: usize,
}

/// A step of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurveStep {
    /// Time.
    pub time: f64,
    /// Customers at risk just before it.
    pub at_risk: usize,
    /// Customers who left at it.
    pub events: usize,
    /// Customers last seen at it.
    pub censored: usize,
    /// Share still there after it.
    pub survival: f64,
    /// Greenwood's standard error of the share; absent where nobody is left.
    pub std_error: Option<f64>,
    /// Interval of the share on the scale of `log(-log S)`; absent where nobody is left.
    pub interval: Option<Interval>,
}

/// A share still there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KaplanMeier {
    /// Customers.
    pub n: usize,
    /// Those who left.
    pub events: usize,
    /// Confidence level of the intervals.
    pub level: f64,
    /// One per distinct time, ascending.
    pub steps: Vec<CurveStep>,
}

/// Median time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Median {
    /// First time at which at most half are left; absent where more than half stay throughout.
    pub time: Option<f64>,
    /// First time at which the lower end of the interval of the share is at most a half.
    pub low: Option<f64>,
    /// The same of the upper end.
    pub high: Option<f64>,
}

/// Mean time up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RestrictedMean {
    /// The limit.
    pub limit: f64,
    /// Area under the curve up to it.
    pub mean: f64,
    /// Greenwood's standard error.
    pub std_error: f64,
}

/// The curve of the share still there, with intervals at `level`.
///
/// # Errors
///
/// No rows; times that are not finite, negative, or not after their start.
///
/// # Source
///
/// Kaplan and Meier 1958, JASA 53:457-481; Greenwood 1926 for the variance; Kalbfleisch and Prentice 2002,
/// *The Statistical Analysis of Failure Time Data*, §1.4, for the interval, which stays between 0 and 1.
pub fn kaplan_meier(lifetimes: &Lifetimes<'_>, level: f64) -> Result<KaplanMeier, Refusal> {
    lifetimes.check()?;
    let z = quantile::normal(f64::midpoint(1.0, level));
    let (mut survival, mut variance) = (1.0_f64, 0.0_f64);
    let mut steps = Vec::new();
    for Step { time, events, censored, at_risk } in lifetimes.steps() {
        let (d, n) = (events as f64, at_risk as f64);
        survival = if events == at_risk { 0.0 } else { survival * (n - d) / n };
        variance += if events == at_risk { 0.0 } else { d / (n * (n - d)) };
        let left = survival > 0.0;
        let end = |side: f64| {
            if survival < 1.0 {
                survival.powf((side * z * variance.sqrt() / survival.ln()).exp())
            } else {
                1.0
            }
        };
        let interval = left.then(|| Interval { estimate: survival, low: end(-1.0), high: end(1.0) });
        steps.push(CurveStep {
            time,
            at_risk,
            events,
            censored,
            survival,
            std_error: left.then(|| survival * variance.sqrt()),
            interval,
        });
    }
    let events = lifetimes.event.iter().filter(|event| **event).count();
    Ok(KaplanMeier { n: lifetimes.stop.len(), events, level, steps })
}

impl KaplanMeier {
    /// The last step at or before `time`; `None` before the first.
    pub fn at(&self, time: f64) -> Option<&CurveStep> {
        let after = self.steps.partition_point(|step| step.time <= time);
        after.checked_sub(1).and_then(|last| self.steps.get(last))
    }

    /// Customers at risk just before `time`, entries after the last step not counted.
    pub fn at_risk(&self, time: f64) -> usize {
        let next = self.steps.partition_point(|step| step.time < time);
        self.steps.get(next).map_or(0, |step| step.at_risk)
    }

    /// Share still there just before `time`.
    pub fn before(&self, time: f64) -> f64 {
        let next = self.steps.partition_point(|step| step.time < time);
        next.checked_sub(1).and_then(|last| self.steps.get(last)).map_or(1.0, |step| step.survival)
    }

    /// The median time and its interval (Brookmeyer and Crowley 1982).
    pub fn median(&self) -> Median {
        let first = |share: &dyn Fn(&CurveStep) -> f64| {
            // A share of exactly a half has to be met although it was multiplied together.
            self.steps.iter().find(|step| share(step) <= 0.5 + 1e-12).map(|step| step.time)
        };
        Median {
            time: first(&|step| step.survival),
            low: first(&|step| step.interval.map_or(0.0, |interval| interval.low)),
            high: first(&|step| step.interval.map_or(1.0, |interval| interval.high)),
        }
    }

    /// Mean time up to `limit`, for which the curve has to be known: `None` beyond the last time seen unless
    /// nobody is left there, and for a limit that is not above 0.
    pub fn restricted_mean(&self, limit: f64) -> Option<RestrictedMean> {
        let last = self.steps.last()?;
        if !limit.is_finite() || limit <= 0.0 || (limit > last.time && last.survival > 0.0) {
            return None;
        }
        let (mut mean, mut from, mut height) = (0.0, 0.0, 1.0);
        // Areas between one step and the next, the first before any step.
        let mut areas = Vec::new();
        let inside = self.steps.partition_point(|step| step.time < limit);
        for step in &self.steps[..inside] {
            areas.push((step.time - from) * height);
            (from, height) = (step.time, step.survival);
        }
        areas.push((limit - from) * height);
        mean += crate::factor::sum(&areas);
        let (mut behind, mut variance) = (0.0, 0.0);
        for (step, area) in self.steps[..inside].iter().zip(areas.iter().skip(1)).rev() {
            behind += area;
            let (d, n) = (step.events as f64, step.at_risk as f64);
            variance += if step.events < step.at_risk { behind * behind * d / (n * (n - d)) } else { 0.0 };
        }
        Some(RestrictedMean { limit, mean, std_error: variance.sqrt() })
    }
}

/// Log-rank test that the groups (one identifier per row) leave at the same rate.
///
/// # Errors
///
/// As [`kaplan_meier`]; no event; fewer than two groups that are ever at risk together.
///
/// # Source
///
/// Mantel 1966, Cancer Chemotherapy Reports 50:163-170; Peto and Peto 1972, JRSS A 135:185-207.
pub fn log_rank(lifetimes: &Lifetimes<'_>, groups: &[usize]) -> Result<TestResult, Refusal> {
    lifetimes.check()?;
    let rows = lifetimes.stop.len();
    if groups.len() != rows {
        return Err(Refusal::LengthMismatch { expected: rows, found: groups.len() });
    }
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    let group: Vec<usize> = groups.iter().map(|id| names.partition_point(|name| name < id)).collect();
    let order = lifetimes.latest_first();
    let mut entering: Vec<usize> = lifetimes.start.map_or_else(Vec::new, |_| (0..rows).collect());
    if let Some(start) = lifetimes.start {
        entering.sort_unstable_by(|a, b| start[*b].total_cmp(&start[*a]));
    }
    let count = names.len();
    let (mut at_risk, mut surplus) = (vec![0.0; count], vec![0.0; count]);
    let mut expected = vec![0.0; count];
    let mut covariance = DMatrix::zeros(count, count);
    let (mut position, mut late) = (0, 0);
    while let Some(first) = order.get(position) {
        let time = lifetimes.stop[*first];
        let mut deaths = vec![0.0; count];
        while let Some(row) = order.get(position).filter(|row| lifetimes.stop[**row] >= time) {
            at_risk[group[*row]] += 1.0;
            deaths[group[*row]] += f64::from(u8::from(lifetimes.event[*row]));
            position += 1;
        }
        while let (Some(row), Some(start)) = (entering.get(late), lifetimes.start) {
            if start[*row] < time {
                break;
            }
            at_risk[group[*row]] -= 1.0;
            late += 1;
        }
        let (n, d) = (at_risk.iter().sum::<f64>(), deaths.iter().sum::<f64>());
        if d <= 0.0 {
            continue;
        }
        let spread = if n > 1.0 { d * (n - d) / (n - 1.0) } else { 0.0 };
        for j in 0..count {
            let share = at_risk[j] / n;
            expected[j] += d * share;
            surplus[j] += deaths[j] - d * share;
            for k in 0..count {
                let own = if j == k { share } else { 0.0 };
                covariance[(j, k)] += spread * (own - share * at_risk[k] / n);
            }
        }
    }
    compare(&surplus, &expected, &covariance)
}

/// The quadratic form over all groups but the last that is ever expected to lose somebody.
fn compare(surplus: &[f64], expected: &[f64], covariance: &DMatrix<f64>) -> Result<TestResult, Refusal> {
    let mut used: Vec<usize> = (0..surplus.len()).filter(|k| expected[*k] > 0.0).collect();
    let few = Refusal::TooFew { what: Count::Groups, have: used.len() as f64, need: 2.0 };
    used.pop();
    if used.is_empty() {
        return Err(few);
    }
    let matrix = DMatrix::from_fn(used.len(), used.len(), |j, k| covariance[(used[j], used[k])]);
    let u = DVector::from_iterator(used.len(), used.iter().map(|k| surplus[*k]));
    let factor = Cholesky::new(matrix).ok_or(few)?;
    let (statistic, df1) = (u.dot(&factor.solve(&u)), used.len() as f64);
    if !statistic.is_finite() {
        return Err(few);
    }
    Ok(TestResult { statistic, df1, df2: None, p_value: quantile::chi_squared_sf(statistic, df1) })
}

/// Share of comparable pairs in which the customer with the higher risk leaves first; equal risks count a half.
///
/// A pair is comparable if one leaves while the other is at risk and stays longer. `None` without such a pair.
/// The work is that of sorting.
///
/// # Errors
///
/// As [`kaplan_meier`]; risks of another length or not finite.
///
/// # Source
///
/// Harrell, Lee and Mark 1996, Statistics in Medicine 15:361-387.
pub fn concordance(lifetimes: &Lifetimes<'_>, risk: &[f64]) -> Result<Option<f64>, Refusal> {
    lifetimes.check()?;
    let rows = lifetimes.stop.len();
    if risk.len() != rows {
        return Err(Refusal::LengthMismatch { expected: rows, found: risk.len() });
    }
    check_finite(risk, Column::Driver(0))?;
    let mut sorted: Vec<f64> = risk.iter().map(|value| value + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    let rank: Vec<usize> = risk.iter().map(|value| sorted.partition_point(|other| other < value)).collect();
    let mut tree = CountTree::new(sorted.len());
    let order = lifetimes.latest_first();
    let mut entering: Vec<usize> = lifetimes.start.map_or_else(Vec::new, |_| (0..rows).collect());
    if let Some(start) = lifetimes.start {
        entering.sort_unstable_by(|a, b| start[*b].total_cmp(&start[*a]));
    }
    let (mut agree, mut pairs, mut position, mut late) = (0.0_f64, 0.0_f64, 0, 0);
    while let Some(first) = order.get(position) {
        let time = lifetimes.stop[*first];
        let tied = order[position..].iter().take_while(|row| lifetimes.stop[**row] >= time).count();
        let leaving = &order[position..position + tied];
        position += tied;
        while let (Some(row), Some(start)) = (entering.get(late), lifetimes.start) {
            if start[*row] < time {
                break;
            }
            tree.add(rank[*row], -1);
            late += 1;
        }
        // Who is censored at this time stays longer than who leaves at it.
        for row in leaving.iter().filter(|row| !lifetimes.event[**row]) {
            tree.add(rank[*row], 1);
        }
        for row in leaving.iter().filter(|row| lifetimes.event[**row]) {
            let (below, equal) = (tree.below(rank[*row]), tree.below(rank[*row] + 1));
            agree += (below + equal) as f64 * 0.5;
            pairs += tree.total as f64;
        }
        for row in leaving.iter().filter(|row| lifetimes.event[**row]) {
            tree.add(rank[*row], 1);
        }
    }
    Ok((pairs > 0.0).then(|| agree / pairs))
}

/// Counts by rank with sums over the lower ranks (Fenwick 1994).
struct CountTree {
    counts: Vec<i64>,
    total: i64,
}

impl CountTree {
    fn new(ranks: usize) -> Self {
        Self { counts: vec![0; ranks + 1], total: 0 }
    }

    fn add(&mut self, rank: usize, count: i64) {
        self.total += count;
        let mut node = rank + 1;
        while let Some(value) = self.counts.get_mut(node) {
            *value += count;
            node += node & node.wrapping_neg();
        }
    }

    /// How many have a rank below this one.
    fn below(&self, rank: usize) -> i64 {
        let (mut node, mut sum) = (rank.min(self.counts.len() - 1), 0);
        while node > 0 {
            sum += self.counts[node];
            node &= node - 1;
        }
        sum
    }
}

/// Who left within a horizon, and what each row counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HorizonOutcome {
    /// 1 if the customer left within the horizon, 0 if it was seen to stay; absent where it was censored
    /// before.
    pub outcome: Vec<Option<f64>>,
    /// One over the chance of being watched that long; 0 where the outcome is absent.
    pub weight: Vec<f64>,
    /// Rows censored before the horizon.
    pub censored: usize,
    /// Named where rows are censored before the horizon: leaving them out without weights biases.
    pub warnings: Vec<Warning>,
}

/// The outcome "left by the horizon" with inverse-probability-of-censoring weights: the chance of being watched
/// is the Kaplan-Meier curve of the censoring time, just before the event or the horizon.
///
/// Give the weights to a logistic model together with a robust standard error, since they are base weights.
///
/// # Errors
///
/// As [`kaplan_meier`]; a horizon that is not above 0. Customers that entered late are not for this outcome:
/// those who had left before are missing.
///
/// # Source
///
/// Robins and Finkelstein 2000, Biometrics 56:779-788; Graf et al. 1999, Statistics in Medicine 18:2529-2545.
pub fn within_horizon(stop: &[f64], event: &[bool], horizon: f64) -> Result<HorizonOutcome, Refusal> {
    let lifetimes = Lifetimes { start: None, stop, event };
    lifetimes.check()?;
    if !horizon.is_finite() || horizon <= 0.0 {
        return Err(Refusal::OutOfRange);
    }
    let watched = censoring(&lifetimes);
    let mut found = HorizonOutcome {
        outcome: Vec::with_capacity(stop.len()),
        weight: Vec::with_capacity(stop.len()),
        censored: 0,
        warnings: Vec::new(),
    };
    for (time, event) in stop.iter().zip(event) {
        let outcome = match (*event && *time <= horizon, *time >= horizon) {
            (true, _) => Some(1.0),
            (false, true) => Some(0.0),
            (false, false) => None,
        };
        let until = time.min(horizon);
        let next = watched.partition_point(|(time, _)| *time < until);
        let chance = next.checked_sub(1).map_or(1.0, |last| watched[last].1);
        // Somebody was watched that long, so the chance is above 0.
        found.weight.push(if outcome.is_some() && chance > 0.0 { 1.0 / chance } else { 0.0 });
        found.censored += usize::from(outcome.is_none());
        found.outcome.push(outcome);
    }
    if found.censored > 0 {
        found.warnings.push(Warning::Censored { rows: found.censored, available: stop.len() });
    }
    Ok(found)
}

/// The curve of the censoring time: those who leave at a time are no longer at risk of being censored at it.
fn censoring(lifetimes: &Lifetimes<'_>) -> Vec<(f64, f64)> {
    let mut share = 1.0;
    let at = |step: Step| {
        let n = (step.at_risk - step.events) as f64;
        if n > 0.0 {
            share *= 1.0 - step.censored as f64 / n;
        }
        (step.time, share)
    };
    lifetimes.steps().into_iter().map(at).collect()
}
