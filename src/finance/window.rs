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
    /// Distinct period starts of all accounts in ascending order; empty where the ledger has entries only.
    period_starts: Vec<Instant>,
    /// Length of the longest period, microseconds.
    longest: i64,
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
}

/// Why an account has no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWindow {
    /// It does not lie inside the data.
    Open,
    /// A period of the account runs across its end, and what a period brought cannot be parted.
    Crossed,
}

impl Ledger {
    /// Sorts the flows and notes what they cover. Of what begins before `until` all is kept: a period that runs on
    /// says that the customer is one, but no window reaches past `until`.
    pub fn new(flows: Vec<Flow>, until: Instant) -> Self {
        let mut flows: Vec<Flow> = flows.into_iter().filter(|flow| flow.from < until).collect();
        flows.sort_by_key(|flow| (flow.account, flow.from, flow.to));
        let first = flows.iter().map(|flow| flow.from).min();
        // One contract that runs on says nothing of how far the rows of the others reach.
        let last = flows.iter().map(|flow| if flow.to <= until { flow.to } else { flow.from }).max();
        let mut period_starts: Vec<_> =
            flows.iter().filter(|flow| !flow.is_entry()).map(|flow| flow.from).collect();
        period_starts.sort_unstable();
        period_starts.dedup();
        let longest = flows.iter().map(|flow| flow.to.as_micros() - flow.from.as_micros()).max().unwrap_or(0);
        Self { flows, covered: first.zip(last), period_starts, longest }
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

    /// Returns the account's window of `months` that begins after `answered`, so that no money precedes the answer: at
    /// once where the account has entries; where it has periods, at the end of the one that runs at the answer, or, where
    /// none does, with the next period that anybody has: who has left gets the window that others get.
    pub fn window_after(
        &self,
        account: Uuid,
        answered: Instant,
        months: u32,
        zone: &TimeZone,
    ) -> Result<(Instant, Instant), NoWindow> {
        let (_, last) = self.covered.ok_or(NoWindow::Open)?;
        let start = if self.has_periods(account) {
            let running = self.of(account).iter().filter(|flow| flow.from < answered && flow.to >= answered);
            running.map(|flow| flow.to).min().unwrap_or_else(|| self.next_start(answered))
        } else {
            answered
        };
        let months = i32::try_from(months).map_err(|_| NoWindow::Open)?;
        let end = start.plus_months(months, zone);
        if end > last {
            return Err(NoWindow::Open);
        }
        if self.crosses(account, start) || self.crosses(account, end) {
            return Err(NoWindow::Crossed);
        }
        Ok((start, end))
    }

    /// Returns the account's window of `months` that ends before `answered`; `None` where it does not lie inside the
    /// data, or a period of the account runs across one of its ends.
    pub fn window_before(
        &self,
        account: Uuid,
        answered: Instant,
        months: u32,
        zone: &TimeZone,
    ) -> Option<(Instant, Instant)> {
        let (first, _) = self.covered?;
        let end = if self.has_periods(account) {
            let running = self.of(account).iter().filter(|flow| flow.from <= answered && flow.to > answered);
            let begun = self.period_starts.partition_point(|&start| start <= answered);
            let begun = begun.checked_sub(1).map(|at| self.period_starts[at]);
            running.map(|flow| flow.from).max().or(begun)?
        } else {
            answered
        };
        let start = end.plus_months(-i32::try_from(months).ok()?, zone);
        let whole = start >= first && !self.crosses(account, start) && !self.crosses(account, end);
        whole.then_some((start, end))
    }

    /// Sums an account's flows after `start` and up to `end`. Periods count when they lie inside as a whole;
    /// an entry at `start` itself does not count, one at `end` does.
    pub fn sum(&self, account: Uuid, (start, end): (Instant, Instant)) -> WindowSum {
        let mut sum = WindowSum { revenue: 0, margin: Some(0), purchases: 0 };
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
        }
        sum
    }

    /// Tells whether a contract of the account runs up to an instant. Rows that have stopped say that it ended, as a
    /// row that is marked ended does.
    pub fn is_active(&self, account: Uuid, at: Instant) -> bool {
        let running = self.of(account).iter().filter(|flow| flow.from < at && flow.to >= at);
        running.filter_map(|flow| flow.active).next_back().unwrap_or(false)
    }

    /// The next period that anybody has, or the answer itself where none begins within the length of the longest: rows
    /// are then written only where somebody paid, and there is no period to wait for.
    fn next_start(&self, answered: Instant) -> Instant {
        let next = self.period_starts.partition_point(|&start| start < answered);
        let near = |start: &Instant| start.as_micros() - answered.as_micros() <= self.longest;
        self.period_starts.get(next).copied().filter(near).unwrap_or(answered)
    }

    fn has_periods(&self, account: Uuid) -> bool {
        self.of(account).iter().any(|flow| !flow.is_entry())
    }

    fn crosses(&self, account: Uuid, at: Instant) -> bool {
        self.of(account).iter().any(|flow| flow.from < at && flow.to > at)
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

    fn someone() -> Uuid {
        Uuid::from_u128(1)
    }

    fn ledger(flows: Vec<Flow>) -> Ledger {
        Ledger::new(flows, day(1_000_000))
    }

    #[test]
    fn money_at_or_before_the_answer_is_never_counted() {
        let ledger = ledger(vec![entry(1, 10, 100), entry(1, 11, 200), entry(1, 60, 400)]);
        let window = ledger.window_after(someone(), day(10), 1, &TimeZone::UTC).unwrap();
        let sum = ledger.sum(someone(), window);
        assert_eq!((sum.revenue, sum.margin, sum.purchases), (200, Some(100), 1));
    }

    #[test]
    fn a_window_that_runs_past_the_data_is_open() {
        let ledger = ledger(vec![entry(1, 0, 100), entry(2, 40, 100)]);
        let after = |at| ledger.window_after(someone(), day(at), 1, &TimeZone::UTC);
        assert!(after(5).is_ok());
        assert_eq!(after(15), Err(NoWindow::Open));
        let before = |at| ledger.window_before(someone(), day(at), 1, &TimeZone::UTC);
        assert!(before(15).is_none() && before(35).is_some());
    }

    #[test]
    fn with_periods_the_window_begins_with_the_next_whole_period() {
        let ledger = ledger(vec![
            period(1, 0, 31, 10, true),
            period(1, 31, 59, 20, true),
            period(1, 59, 90, 40, false),
            period(2, 90, 120, 80, true),
        ]);
        let window = ledger.window_after(someone(), day(5), 1, &TimeZone::UTC).unwrap();
        assert_eq!(window, (day(31), day(59)));
        let sum = ledger.sum(someone(), (day(31), day(90)));
        assert_eq!((sum.revenue, sum.margin), (60, None));
        assert!(ledger.is_active(someone(), day(59)) && !ledger.is_active(someone(), day(90)));
    }

    /// Two yearly contracts that begin in different months, both running on.
    #[test]
    fn each_account_has_the_window_of_its_own_periods() {
        let ledger = ledger(vec![
            period(1, 0, 365, 10, true),
            period(1, 365, 730, 20, true),
            period(2, 100, 465, 40, true),
            period(2, 465, 831, 80, true),
        ]);
        for (account, window, revenue) in [(1, (day(365), day(730)), 20), (2, (day(465), day(831)), 80)] {
            let id = Uuid::from_u128(account);
            assert_eq!(ledger.window_after(id, day(110), 12, &TimeZone::UTC), Ok(window));
            assert_eq!(ledger.sum(id, window).revenue, revenue);
            assert!(ledger.is_active(id, window.1));
        }
    }

    #[test]
    fn whose_rows_stop_has_left_and_brings_nothing() {
        let rows: Vec<Flow> = (0..4).map(|at| period(2, at * 365, (at + 1) * 365, 9, true)).collect();
        let ledger = ledger([vec![period(1, 0, 365, 10, true)], rows].concat());
        let window = ledger.window_after(someone(), day(200), 12, &TimeZone::UTC).unwrap();
        assert_eq!(window, (day(365), day(730)));
        assert_eq!(ledger.sum(someone(), window).revenue, 0);
        assert!(!ledger.is_active(someone(), window.1) && ledger.is_active(Uuid::from_u128(2), window.1));
    }

    /// The contract stops on the day of the answer and another begins two years later: the window is not put off till then.
    #[test]
    fn who_comes_back_years_later_was_lost_in_the_window() {
        let rows: Vec<Flow> = (0..6).map(|at| period(2, at * 365, (at + 1) * 365, 9, true)).collect();
        let own = vec![period(1, 0, 365, 10, true), period(1, 1_200, 1_565, 10, true)];
        let ledger = ledger([own, rows].concat());
        let window = ledger.window_after(someone(), day(365), 12, &TimeZone::UTC).unwrap();
        assert_eq!(window, (day(365), day(730)));
        assert!(!ledger.is_active(someone(), window.1));
        assert_eq!(ledger.window_after(someone(), day(400), 12, &TimeZone::UTC).unwrap().0, day(730));
    }

    /// Rows are written only for months in which somebody bought, and nobody did for a year.
    #[test]
    fn where_nobody_has_a_period_the_window_does_not_wait_for_one() {
        let ledger = ledger(vec![period(1, 0, 31, 10, true), period(1, 400, 431, 10, true)]);
        let window = ledger.window_after(someone(), day(40), 6, &TimeZone::UTC).unwrap();
        assert_eq!(window.0, day(40));
        assert_eq!(ledger.sum(someone(), window).purchases, 0);
    }

    #[test]
    fn one_contract_that_runs_on_does_not_stretch_what_the_data_cover() {
        let ledger = Ledger::new(
            vec![period(1, 0, 31, 10, true), period(1, 31, 59, 10, true), period(2, 20, 385, 90, true)],
            day(200),
        );
        assert_eq!(ledger.covered(), Some((day(0), day(59))));
        assert_eq!(ledger.window_after(someone(), day(40), 1, &TimeZone::UTC), Err(NoWindow::Open));
    }

    #[test]
    fn a_period_across_the_end_of_the_window_cannot_be_parted() {
        let ledger = ledger(vec![period(1, 0, 365, 10, true), period(1, 365, 730, 20, true)]);
        let window = ledger.window_after(someone(), day(100), 6, &TimeZone::UTC);
        assert_eq!(window, Err(NoWindow::Crossed));
    }

    #[test]
    fn a_contract_that_runs_past_the_report_counts_for_the_customer_and_not_for_money() {
        let ledger = Ledger::new(vec![period(1, 0, 365, 10, true), period(1, 365, 730, 20, true)], day(400));
        assert!(ledger.is_active(someone(), day(400)));
        assert_eq!(ledger.covered(), Some((day(0), day(365))));
        assert_eq!(ledger.window_after(someone(), day(100), 12, &TimeZone::UTC), Err(NoWindow::Open));
    }

    #[test]
    fn an_account_without_flows_in_the_window_brings_nothing() {
        let ledger = ledger(vec![entry(1, 0, 100), entry(2, 400, 100)]);
        let sum = ledger.sum(someone(), (day(10), day(375)));
        assert_eq!((sum.revenue, sum.margin, sum.purchases), (0, Some(0), 0));
    }
}
