//! Where the company stands: index by wave, reliability, who answered, what the ledger adds up to.

use std::collections::{BTreeMap, HashMap, HashSet};

use cam_stats::response_rate::standardised_difference;
use cam_stats::{Refusal, measurement, reliability};
use uuid::Uuid;

use super::read::Input;
use super::result::{
    AccountShare, Distribution, Estimate, Nonresponse, NonresponseRow, Reconciliation, Reliability, Variable,
    WavePoint,
};
use crate::clock::Instant;
use crate::dataset::{LinkRule, Linked, Observation, Wave, outcome};
use crate::finance::{Calendar, Ledger, Money, Quarter};
use crate::store::snapshot::{AccountRow, TotalRow};
use crate::survey::{Instrument, Role};

/// Range that descriptive figures carry.
const RANGE: f64 = 0.9;

/// A correction by a smaller reliability would rest on noise.
const LEAST_RELIABLE: f64 = 0.5;

/// Segments of the answered-against-silent table, the largest ones.
const MOST_SEGMENTS: usize = 6;

/// Width of a bar of the customers strip, in index points.
const BAR: f64 = 2.0;

/// The weighted mean of some values with its 90 % range; `None` without two values.
pub(super) fn mean(values: &[f64], weights: &[f64]) -> Option<Estimate> {
    let found = measurement::weighted_mean(values, weights, RANGE).ok()?;
    Some(Estimate {
        value: found.interval.estimate,
        low: found.interval.low,
        high: found.interval.high,
        level: RANGE,
        n: values.len(),
    })
}

/// The accounts that were customers at an instant: with an active contract period around it or, where the ledger
/// knows no contracts, with a purchase in the window before it.
pub(super) fn base_at(input: &Input, at: Instant, rule: &LinkRule) -> Vec<Uuid> {
    let ledger = &input.ledger;
    let before = at.plus_months(-i32::try_from(rule.window_months).unwrap_or(12), &rule.zone);
    let is_customer = |account: &&AccountRow| {
        account.state != "prospect"
            && ledger.of(account.id).iter().any(|flow| match flow.active {
                Some(active) => active && flow.from < at && flow.to >= at,
                None if ledger.knows_contracts() => false,
                None => flow.from < at && flow.to >= before && flow.revenue.unwrap_or(0) > 0,
            })
    };
    input.accounts.iter().filter(is_customer).map(|account| account.id).collect()
}

/// The accounts that a wave was put to: the customers of its time. `None` where nobody can say who was asked, or where
/// the ledger does not reach back far enough to say who was a customer.
fn asked(input: &Input, wave: &Wave, rule: &LinkRule) -> Option<Vec<Uuid>> {
    let ledger = &input.ledger;
    let before = wave.opened_at.plus_months(-i32::try_from(rule.window_months).unwrap_or(12), &rule.zone);
    let known = ledger.knows_contracts() || ledger.covered().is_some_and(|(first, _)| first <= before);
    (wave.of_all_customers && known)
        .then(|| base_at(input, wave.opened_at, rule))
        .filter(|asked| !asked.is_empty())
}

/// Weights the segments of every wave to their shares of the customer base, since large customers answer more readily.
/// A segment that has left the base altogether keeps its own weight. A wave's weights keep their sum as long as the same
/// segments stand in the wave and in the base: a wave in which a segment kept silent counts for less.
pub(super) fn weight_to_base(linked: &mut Linked, input: &Input, base: &[Uuid]) {
    let segments: HashMap<Uuid, Option<&str>> =
        input.accounts.iter().map(|account| (account.id, account.segment.as_deref())).collect();
    let segment = |account: &Uuid| segments.get(account).copied().flatten();
    let mut in_base: HashMap<Option<&str>, f64> = HashMap::new();
    for account in base {
        *in_base.entry(segment(account)).or_default() += 1.0 / base.len() as f64;
    }
    let mut in_wave: HashMap<usize, f64> = HashMap::new();
    let mut answered: HashMap<(usize, Option<&str>), f64> = HashMap::new();
    for observation in &linked.observations {
        *in_wave.entry(observation.wave).or_default() += observation.weight;
        *answered.entry((observation.wave, segment(&observation.account))).or_default() += observation.weight;
    }
    for observation in &mut linked.observations {
        let segment = segment(&observation.account);
        let key = (observation.wave, segment);
        if let (Some(share), Some(answered), Some(all)) =
            (in_base.get(&segment), answered.get(&key), in_wave.get(&observation.wave))
        {
            observation.weight *= share * all / answered;
        }
    }
}

/// The index wave by wave, with loyalty, recommendation and repurchase beside it.
pub(super) fn waves(input: &Input, linked: &Linked, calendar: &Calendar, rule: &LinkRule) -> Vec<WavePoint> {
    let mut points = Vec::new();
    for (at, wave) in input.waves.iter().enumerate() {
        let observed: Vec<&Observation> =
            linked.observations.iter().filter(|observation| observation.wave == at).collect();
        let mean_of = |level: &dyn Fn(&Observation) -> Option<f64>| {
            let (levels, weights): (Vec<f64>, Vec<f64>) = observed
                .iter()
                .filter_map(|observation| Some((level(observation)?, observation.weight)))
                .unzip();
            mean(&levels, &weights)
        };
        let Some(satisfaction) = mean_of(&|observation| Some(observation.satisfaction)) else { continue };
        let of_role = |role: Role| {
            let key = &wave.instrument.construct_of(role)?.key;
            mean_of(&|observation| observation.constructs.get(key).copied())
        };
        points.push(WavePoint {
            label: calendar.quarter_of(wave.opened_at).to_string(),
            satisfaction,
            loyalty: of_role(Role::Loyalty),
            recommendation: of_role(Role::Recommendation),
            repurchase: of_role(Role::Repurchase),
            accounts_asked: asked(input, wave, rule).map(|asked| asked.len()),
        });
    }
    points
}

/// How far the contacts of one account lie apart in a wave, over the accounts of which several answered.
pub(super) fn contacts_apart(linked: &Linked, wave: usize) -> Option<Estimate> {
    let several = |observation: &&Observation| observation.wave == wave && observation.contacts > 1;
    let (apart, weights): (Vec<f64>, Vec<f64>) = linked
        .observations
        .iter()
        .filter(several)
        .map(|observation| (observation.spread, observation.weight))
        .unzip();
    mean(&apart, &weights)
}

/// Reliability of every construct with two items or more: Cronbach's alpha over the last wave's complete answers,
/// and the agreement of each customer's own answers over the waves.
pub(super) fn reliability(input: &Input, linked: &Linked, last_wave: usize) -> Vec<Reliability> {
    let instrument = &input.waves[last_wave].instrument;
    instrument
        .constructs
        .iter()
        .filter_map(|construct| {
            let (alpha, items) = alpha(input, instrument, last_wave, &construct.key)?;
            let over_waves = over_waves(linked, &construct.key);
            Some(Reliability {
                construct: construct.key.clone(),
                names: construct.name.clone(),
                is_index: construct.role == Role::Satisfaction,
                items,
                over_waves,
                used: over_waves.unwrap_or(0.0).max(alpha.value).clamp(LEAST_RELIABLE, 1.0),
                alpha,
            })
        })
        .collect()
}

fn alpha(input: &Input, instrument: &Instrument, wave: usize, construct: &str) -> Option<(Estimate, usize)> {
    let columns = complete_answers(input, instrument, wave, construct)?;
    let found = reliability::cronbach_alpha(&columns, 0.95).ok()?;
    let (low, high) = (found.interval.low, found.interval.high);
    Some((Estimate { value: found.raw, low, high, level: 0.95, n: columns[0].len() }, columns.len()))
}

/// The refusal of a construct one of whose questions runs against the others.
pub(super) fn reversed(input: &Input, wave: usize, construct: &str) -> Option<Refusal> {
    let columns = complete_answers(input, &input.waves[wave].instrument, wave, construct)?;
    reliability::cronbach_alpha(&columns, 0.95)
        .err()
        .filter(|refusal| matches!(refusal, Refusal::ReversedItem { .. }))
}

/// The scored items of a construct over the answers of a wave that have all of them, a column per item.
fn complete_answers(
    input: &Input,
    instrument: &Instrument,
    wave: usize,
    construct: &str,
) -> Option<Vec<Vec<f64>>> {
    let items: Vec<_> = instrument.items_of(construct).collect();
    if items.len() < 2 {
        return None;
    }
    let rows: Vec<Vec<f64>> = input
        .responses
        .iter()
        .filter(|response| response.wave == wave)
        .filter_map(|response| {
            items.iter().map(|(item, scale)| scale.score(*response.answers.get(&item.key)?)).collect()
        })
        .collect();
    Some((0..items.len()).map(|item| rows.iter().map(|row| row[item]).collect()).collect())
}

/// ICC(1) of an account's index over the waves, each wave's mean taken out; `None` where nobody answered twice.
fn over_waves(linked: &Linked, construct: &str) -> Option<f64> {
    let values: Vec<(usize, Uuid, f64)> = linked
        .observations
        .iter()
        .filter_map(|observation| {
            Some((observation.wave, observation.account, *observation.constructs.get(construct)?))
        })
        .collect();
    let mut means: HashMap<usize, (f64, f64)> = HashMap::new();
    for (wave, _, value) in &values {
        let mean = means.entry(*wave).or_default();
        mean.0 += value;
        mean.1 += 1.0;
    }
    let deviations: Vec<f64> = values
        .iter()
        .map(|(wave, _, value)| {
            let (sum, count) = means[wave];
            value - sum / count
        })
        .collect();
    let accounts = cluster_ids(values.iter().map(|(_, account, _)| account));
    cam_stats::agreement::agreement(&deviations, &accounts).ok().map(|found| found.single)
}

/// Where the linked customers have been observed, and where the last wave's customers are.
pub(super) fn distribution(
    input: &Input,
    linked: &Linked,
    last_wave: usize,
    (rule, first_axis): (&LinkRule, Option<f64>),
) -> Distribution {
    let (ledger, instrument) = (&input.ledger, &input.waves[last_wave].instrument);
    let mut with_money: Vec<f64> =
        linked.with_money().map(|(observation, _)| observation.satisfaction).collect();
    let now: Vec<&Observation> =
        linked.observations.iter().filter(|observation| observation.wave == last_wave).collect();
    if with_money.is_empty() {
        with_money = now.iter().map(|observation| observation.satisfaction).collect();
    }
    with_money.sort_by(f64::total_cmp);
    let at = |share| cam_stats::quantile::sorted_quantile(&with_money, share).unwrap_or(50.0);
    let observed = (at(0.05), at(0.95));
    let needed = if observed.0 < 40.0 { (observed.0 / 10.0).floor() * 10.0 } else { 40.0 };
    let axis_low = first_axis.unwrap_or(needed).min(needed);
    let revenue: Vec<f64> = now.iter().map(|observation| revenue_before(observation, ledger, rule)).collect();
    let weight: f64 = now.iter().map(|observation| observation.weight).sum();
    let total_revenue: f64 =
        now.iter().zip(&revenue).map(|(observation, revenue)| observation.weight * revenue).sum();
    let mut accounts: Vec<AccountShare> = now
        .iter()
        .zip(&revenue)
        .map(|(observation, revenue)| AccountShare {
            satisfaction: observation.satisfaction,
            customers: observation.weight / weight,
            revenue: if total_revenue > 0.0 { observation.weight * revenue / total_revenue } else { 0.0 },
        })
        .collect();
    accounts.sort_by(|a, b| a.satisfaction.total_cmp(&b.satisfaction));
    let histogram = histogram(&accounts, axis_low, resolution(instrument));
    Distribution { observed, axis_low, histogram, accounts }
}

/// Distance between two neighbouring values of one person's index, in points.
fn resolution(instrument: &Instrument) -> f64 {
    let Some(construct) = instrument.construct_of(Role::Satisfaction) else { return 0.0 };
    let steps: f64 = instrument.items_of(&construct.key).map(|(_, scale)| scale.high - scale.low).sum();
    if steps > 0.0 { 100.0 / steps } else { 0.0 }
}

/// Shares of customers per two points from `axis_low` to 100; those below the axis stand in the first bar. An index
/// that is not much coarser than a bar is spread over its own step, or the bars would beat against the steps.
fn histogram(accounts: &[AccountShare], axis_low: f64, resolution: f64) -> Vec<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "axis_low lies in 0..100")]
    let bars = ((100.0 - axis_low) / BAR).round() as usize;
    let mut shares = vec![0.0; bars];
    let parts = if resolution <= 3.0 * BAR { 8 } else { 1 };
    for account in accounts {
        for part in 0..parts {
            let offset = resolution * ((f64::from(part) + 0.5) / f64::from(parts) - 0.5);
            let level = (account.satisfaction + offset).min(100.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the bars"
            )]
            let bar = ((level - axis_low) / BAR).clamp(0.0, (bars - 1) as f64) as usize;
            shares[bar] += account.customers / f64::from(parts);
        }
    }
    shares
}

/// Revenue in the window that ends before the answer, as far back as the data go, in minor units.
fn revenue_before(observation: &Observation, ledger: &Ledger, rule: &LinkRule) -> f64 {
    let (account, end) = (observation.account, observation.answered_at);
    let start = end.plus_months(-i32::try_from(rule.window_months).unwrap_or(12), &rule.zone);
    // Of a contract that runs on, its own rate is what is known.
    let running = ledger.of(account).iter().find(|flow| flow.from < end && flow.to > end);
    let window = ledger.window_before(account, end, rule.window_months, &rule.zone);
    if let (None, Some(flow)) = (window, running) {
        let share = (end.as_micros() - start.as_micros()) as f64
            / (flow.to.as_micros() - flow.from.as_micros()) as f64;
        return flow.revenue.unwrap_or(0).max(0) as f64 * share;
    }
    let window = window.or_else(|| ledger.covered().map(|(first, _)| (start.max(first), end)));
    window.map_or(0.0, |window| ledger.sum(account, window).revenue.max(0) as f64)
}

/// Imported against official revenue for every official total that the data cover whole.
pub(super) fn reconciliation(
    totals: &[TotalRow],
    ledger: &Ledger,
    calendar: &Calendar,
    until: Instant,
) -> Vec<Reconciliation> {
    totals
        .iter()
        .filter(|total| total.period_end <= until)
        .map(|total| {
            let crosses = |at: Instant| ledger.flows().iter().any(|flow| flow.from < at && flow.to > at);
            let imported = ledger
                .flows()
                .iter()
                .filter(|flow| {
                    let end = if flow.is_entry() {
                        flow.from < total.period_end
                    } else {
                        flow.to <= total.period_end
                    };
                    flow.from >= total.period_start && end
                })
                .filter_map(|flow| flow.revenue)
                .sum();
            Reconciliation {
                period: calendar.quarter_of(total.period_start).to_string(),
                imported,
                official: total.revenue,
                comparable: !crosses(total.period_start) && !crosses(total.period_end),
            }
        })
        .collect()
}

/// Number of quarters in which money flowed, up to `until`.
pub(super) fn quarters(ledger: &Ledger, calendar: &Calendar, until: Instant) -> usize {
    let quarters: HashSet<Quarter> = ledger
        .flows()
        .iter()
        .filter(|flow| flow.from < until)
        .map(|flow| calendar.quarter_of(flow.from))
        .collect();
    quarters.len()
}

/// Who answered in a wave against who did not, over the customers of that time.
///
/// Renewal is compared in the last wave whose outcome windows are over.
pub(super) fn nonresponse(
    input: &Input,
    linked: &Linked,
    last_wave: usize,
    calendar: &Calendar,
    rule: &LinkRule,
) -> Option<Nonresponse> {
    let split = Split::of(input, linked, last_wave, rule)?;
    if split.answered.len() < 2 || split.silent.len() < 2 {
        return None;
    }
    let opened = input.waves[last_wave].opened_at;
    let mut rows = vec![split.row(Variable::RevenueBefore, |account| {
        let window = input.ledger.window_before(account.id, opened, rule.window_months, &rule.zone)?;
        let minor = input.ledger.sum(account.id, window).revenue;
        Some(Money { minor, currency: input.currency }.major())
    })];
    rows.push(split.row(Variable::TenureYears, |account| {
        let micros = opened.as_micros() - account.first_seen?.as_micros();
        Some(micros as f64 / (365.25 * 86_400e6))
    }));
    let mut segments: BTreeMap<&str, usize> = BTreeMap::new();
    for account in split.answered.iter().chain(&split.silent) {
        if let Some(segment) = account.segment.as_deref() {
            *segments.entry(segment).or_default() += 1;
        }
    }
    let mut segments: Vec<(&str, usize)> = segments.into_iter().collect();
    segments.sort_by_key(|&(_, accounts)| std::cmp::Reverse(accounts));
    segments.truncate(MOST_SEGMENTS);
    for (segment, _) in segments {
        rows.push(split.row(Variable::Segment(segment.into()), |account| {
            Some(f64::from(u8::from(account.segment.as_deref() == Some(segment))))
        }));
    }
    let renewal_gap_points = (0..=last_wave).rev().find_map(|wave| renewal_gap(input, linked, wave, rule));
    Some(Nonresponse {
        wave: calendar.quarter_of(opened).to_string(),
        answered: split.answered.len(),
        silent: split.silent.len(),
        rows: rows.into_iter().flatten().collect(),
        renewal_gap_points,
    })
}

/// The customers of a wave, by whether they answered.
struct Split<'a> {
    answered: Vec<&'a AccountRow>,
    silent: Vec<&'a AccountRow>,
}

impl<'a> Split<'a> {
    /// `None` where nobody can say who was asked.
    fn of(input: &'a Input, linked: &Linked, wave: usize, rule: &LinkRule) -> Option<Self> {
        let base: HashSet<Uuid> = asked(input, &input.waves[wave], rule)?.into_iter().collect();
        let answered: HashSet<Uuid> = linked
            .observations
            .iter()
            .filter(|observation| observation.wave == wave)
            .map(|observation| observation.account)
            .chain(linked.not_asked.iter().filter(|(of, _)| *of == wave).map(|&(_, account)| account))
            .collect();
        let (answered, silent) = input
            .accounts
            .iter()
            .filter(|account| base.contains(&account.id))
            .partition(|account| answered.contains(&account.id));
        Some(Self { answered, silent })
    }

    /// Means of both sides and their standardised difference `(m1 - m0) / sqrt((v1 + v0) / 2)`.
    fn row(&self, variable: Variable, value: impl Fn(&AccountRow) -> Option<f64>) -> Option<NonresponseRow> {
        let side = |accounts: &[&AccountRow]| -> Vec<f64> {
            accounts.iter().filter_map(|account| value(account)).collect()
        };
        let found = standardised_difference(&side(&self.answered), &side(&self.silent))?;
        Some(NonresponseRow { variable, answered: found.first, silent: found.second, smd: found.difference })
    }
}

/// Renewal of those who answered less that of the silent, in points, with a 90 % range; `None` where the
/// windows of that wave are still open.
fn renewal_gap(input: &Input, linked: &Linked, wave: usize, rule: &LinkRule) -> Option<Estimate> {
    let split = Split::of(input, linked, wave, rule)?;
    let after = linked
        .observations
        .iter()
        .filter(|observation| observation.wave == wave)
        .map(|observation| observation.answered_at)
        .max()?;
    let kept = |accounts: &[&AccountRow]| {
        let outcomes: Vec<bool> = accounts
            .iter()
            .filter_map(|account| outcome(account.id, after, &input.ledger, rule).ok())
            .map(|outcome| outcome.retained)
            .collect();
        let share = outcomes.iter().filter(|&&kept| kept).count() as f64 / outcomes.len() as f64;
        (outcomes.len() > 1).then_some((share, outcomes.len()))
    };
    let (answered, n1) = kept(&split.answered)?;
    let (silent, n0) = kept(&split.silent)?;
    let variance = answered * (1.0 - answered) / n1 as f64 + silent * (1.0 - silent) / n0 as f64;
    let gap = 100.0 * (answered - silent);
    let reach = 100.0 * cam_stats::quantile::normal(f64::midpoint(1.0, RANGE)) * variance.sqrt();
    Some(Estimate { value: gap, low: gap - reach, high: gap + reach, level: RANGE, n: n1 + n0 })
}

/// Position of each cluster's rows: 0, 1, 2 … in order of first appearance.
pub(super) fn cluster_ids<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> Vec<usize> {
    let mut seen = HashMap::new();
    keys.map(|key| {
        let next = seen.len();
        *seen.entry(key).or_insert(next)
    })
    .collect()
}

/// Names of a construct for readers.
pub(super) fn construct_names(instrument: &Instrument, key: &str) -> BTreeMap<String, String> {
    instrument.construct(key).map(|construct| construct.name.clone()).unwrap_or_default()
}
