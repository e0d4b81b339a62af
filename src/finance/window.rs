//! What an account did with its money in a window of time after an answer.

use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::clock::Instant;

/// Money of one account: a ledger entry at one instant (`from == to`), or a whole account period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flow {
    /// Whose money it is.
    pub account: Uuid,
    /// First instant.
    pub from: Instant,
    /// End, exclusive; equal to `from` for a ledger entry.
    pub to: Instant,
    /// Revenue in minor units, if known.
    pub revenue: Option<i64>,
    /// Cost in minor units, if known.
    pub cost: Option<i64>,
    /// Whether the contract was active, where the ledger says so.
    pub active: Option<bool>,
}

impl Flow {
    /// Tells whether this is a single entry rather than a period.
    pub fn is_entry(&self) -> bool {
        self.from == self.to
    }
}

/// All flows, sorted by account and time, with what the data cover.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    flows: Vec<Flow>,
    covered: Option<(Instant, Instant)>,
    /// Distinct period starts in ascending order; empty where the ledger has entries only.
    period_starts: Vec<Instant>,
}

/// Sums of one window, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSum {
    /// Revenue.
    pub revenue: i64,
    /// Revenue less cost; `None` where the cost of some flow is unknown.
    pub margin: Option<i64>,
    /// Flows that carry revenue above zero.
    pub purchases: usize,
    /// The contract's state in the last flow that says so.
    pub active: Option<bool>,
}

impl Ledger {
    /// Sorts the flows and notes what they cover.
    pub fn new(mut flows: Vec<Flow>) -> Self {
        flows.sort_by_key(|flow| (flow.account, flow.from, flow.to));
        let first = flows.iter().map(|flow| flow.from).min();
        let last = flows.iter().map(|flow| flow.to).max();
        let mut period_starts: Vec<_> =
            flows.iter().filter(|flow| !flow.is_entry()).map(|flow| flow.from).collect();
        period_starts.sort_unstable();
        period_starts.dedup();
        Self { flows, covered: first.zip(last), period_starts }
    }

    /// Returns first and last instant that the data cover.
    pub fn covered(&self) -> Option<(Instant, Instant)> {
        self.covered
    }

    /// Returns all flows, sorted by account and time.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// Returns the flows of one account in time order.
    pub fn of(&self, account: Uuid) -> &[Flow] {
        let start = self.flows.partition_point(|flow| flow.account < account);
        let end = self.flows.partition_point(|flow| flow.account <= account);
        &self.flows[start..end]
    }

    /// Tells whether any flow says whether a contract was active.
    pub fn knows_contracts(&self) -> bool {
        self.flows.iter().any(|flow| flow.active.is_some())
    }

    /// Returns the window of `months` that begins after `answered`: at once where the ledger has entries, with
    /// the next whole period where it has periods, so that no money precedes the answer. `None` where the
    /// window does not lie inside the data.
    pub fn window_after(
        &self,
        answered: Instant,
        months: u32,
        zone: &TimeZone,
    ) -> Option<(Instant, Instant)> {
        let (_, last) = self.covered?;
        let start = if self.period_starts.is_empty() {
            answered
        } else {
            *self.period_starts.get(self.period_starts.partition_point(|&start| start < answered))?
        };
        let end = start.plus_months(i32::try_from(months).ok()?, zone);
        (end <= last).then_some((start, end))
    }

    /// Returns the window of `months` that ends before `answered`, `None` where it does not lie inside the data.
    pub fn window_before(
        &self,
        answered: Instant,
        months: u32,
        zone: &TimeZone,
    ) -> Option<(Instant, Instant)> {
        let (first, _) = self.covered?;
        let end = if self.period_starts.is_empty() {
            answered
        } else {
            let after = self.period_starts.partition_point(|&start| start <= answered);
            *self.period_starts.get(after.checked_sub(1)?)?
        };
        let start = end.plus_months(-i32::try_from(months).ok()?, zone);
        (start >= first).then_some((start, end))
    }

    /// Sums an account's flows after `start` and up to `end`. Periods count when they lie inside as a whole;
    /// an entry at `start` itself does not count, one at `end` does.
    pub fn sum(&self, account: Uuid, (start, end): (Instant, Instant)) -> WindowSum {
        let mut sum = WindowSum { revenue: 0, margin: Some(0), purchases: 0, active: None };
        for flow in self.of(account) {
            let inside = if flow.is_entry() {
                flow.from > start && flow.from <= end
            } else {
                flow.from >= start && flow.to <= end
            };
            if !inside {
                continue;
            }
            let revenue = flow.revenue.unwrap_or(0);
            sum.revenue = sum.revenue.saturating_add(revenue);
            sum.margin = match (sum.margin, flow.cost) {
                (Some(margin), Some(cost)) => Some(margin.saturating_add(revenue).saturating_sub(cost)),
                (Some(margin), None) if revenue == 0 => Some(margin),
                _ => None,
            };
            sum.purchases += usize::from(revenue > 0);
            sum.active = flow.active.or(sum.active);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn day(number: i64) -> Instant {
        Instant::from_micros(number * DAY)
    }

    fn entry(account: u128, at: i64, revenue: i64) -> Flow {
        Flow {
            account: Uuid::from_u128(account),
            from: day(at),
            to: day(at),
            revenue: Some(revenue),
            cost: Some(revenue / 2),
            active: None,
        }
    }

    fn period(account: u128, from: i64, to: i64, revenue: i64, active: bool) -> Flow {
        Flow {
            account: Uuid::from_u128(account),
            from: day(from),
            to: day(to),
            revenue: Some(revenue),
            cost: None,
            active: Some(active),
        }
    }

    #[test]
    fn money_at_or_before_the_answer_is_never_counted() {
        let ledger = Ledger::new(vec![entry(1, 10, 100), entry(1, 11, 200), entry(1, 60, 400)]);
        let window = ledger.window_after(day(10), 1, &TimeZone::UTC).unwrap();
        let sum = ledger.sum(Uuid::from_u128(1), window);
        assert_eq!((sum.revenue, sum.margin, sum.purchases), (200, Some(100), 1));
    }

    #[test]
    fn a_window_that_runs_past_the_data_is_open() {
        let ledger = Ledger::new(vec![entry(1, 0, 100), entry(2, 40, 100)]);
        assert!(ledger.window_after(day(5), 1, &TimeZone::UTC).is_some());
        assert!(ledger.window_after(day(15), 1, &TimeZone::UTC).is_none());
        assert!(ledger.window_before(day(15), 1, &TimeZone::UTC).is_none());
        assert!(ledger.window_before(day(35), 1, &TimeZone::UTC).is_some());
    }

    #[test]
    fn with_periods_the_window_begins_with_the_next_whole_period() {
        let ledger = Ledger::new(vec![
            period(1, 0, 31, 10, true),
            period(1, 31, 59, 20, true),
            period(1, 59, 90, 40, false),
            period(2, 90, 120, 80, true),
        ]);
        let window = ledger.window_after(day(5), 1, &TimeZone::UTC).unwrap();
        assert_eq!(window, (day(31), day(59)));
        let sum = ledger.sum(Uuid::from_u128(1), (day(31), day(90)));
        assert_eq!((sum.revenue, sum.margin, sum.active), (60, None, Some(false)));
    }

    #[test]
    fn an_account_without_flows_in_the_window_brings_nothing() {
        let ledger = Ledger::new(vec![entry(1, 0, 100), entry(2, 400, 100)]);
        let sum = ledger.sum(Uuid::from_u128(1), (day(10), day(375)));
        assert_eq!((sum.revenue, sum.margin, sum.purchases), (0, Some(0), 0));
    }
}
