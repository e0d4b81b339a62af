//! Guard rails: what a grade may rest on, and what it may not.

use cam_stats::verdict::Verdict;

use super::result::{DataSummary, Distribution, Grade, Guard, GuardKey, Nonresponse, Relation};

/// Linked accounts below which the grade is E.
pub(super) const NEEDED_ACCOUNTS: f64 = 200.0;

/// Lost (or, if they are fewer, kept) customers per model term below which the grade is E.
const LOST_PER_TERM: f64 = 10.0;

/// Points of renewal between those who answered and the silent above which the grade is E.
const RENEWAL_GAP: f64 = 5.0;

/// Relative difference from the official total above which the grade is capped at D.
const RECONCILED: f64 = 0.02;

/// Quarters from which a season can be told from a trend.
const SEASON_QUARTERS: f64 = 8.0;

/// Variance inflation factor above which a driver cannot be told apart.
pub(super) const INSEPARABLE: f64 = 10.0;

fn guard(key: GuardKey, value: Option<f64>, bound: f64, held: Option<bool>, caps_at: Grade) -> Guard {
    Guard { key, value, bound, held, caps_at }
}

/// Guards of the link from satisfaction to money. What is not computed is listed as such and caps at D.
pub(super) fn overall(
    data: &DataSummary,
    nonresponse: Option<&Nonresponse>,
    distribution: &Distribution,
    today: f64,
    money: &Relation,
) -> Vec<Guard> {
    let linked = money.accounts as f64;
    // A broken line has two slopes and a kink, a straight one only its slope.
    let terms = if matches!(money.verdict, Some(Verdict::Linear | Verdict::NoRelation)) { 1.0 } else { 3.0 };
    // A model learns from the rarer of the two outcomes; windows of one customer overlap, so customers are counted.
    let events = data.accounts_lost.min(data.accounts_linked.saturating_sub(data.accounts_lost));
    let per_term = events as f64 / terms;
    let gap = nonresponse.and_then(|found| found.renewal_gap_points).map(|gap| gap.value.abs());
    let (low, high) = distribution.observed;
    let off = data
        .reconciliation
        .iter()
        .filter(|row| row.comparable)
        .map(|row| (row.imported - row.official).abs() as f64 / (row.official.abs() as f64).max(1.0))
        .fold(None, |worst: Option<f64>, off| Some(worst.map_or(off, |worst| worst.max(off))));
    vec![
        guard(
            GuardKey::LinkedAccounts,
            Some(linked),
            NEEDED_ACCOUNTS,
            Some(linked >= NEEDED_ACCOUNTS),
            Grade::E,
        ),
        guard(
            GuardKey::LostPerTerm,
            Some(per_term),
            LOST_PER_TERM,
            Some(per_term >= LOST_PER_TERM),
            Grade::E,
        ),
        guard(GuardKey::AnsweredAgainstSilent, gap, RENEWAL_GAP, gap.map(|gap| gap <= RENEWAL_GAP), Grade::E),
        guard(GuardKey::TodayObserved, Some(today), high, Some((low..=high).contains(&today)), Grade::E),
        guard(GuardKey::Reconciled, off, RECONCILED, off.map(|off| off <= RECONCILED), Grade::D),
        guard(
            GuardKey::Season,
            Some(data.quarters as f64),
            SEASON_QUARTERS,
            Some(data.quarters as f64 >= SEASON_QUARTERS),
            Grade::D,
        ),
        guard(GuardKey::WeightedForNonresponse, None, 0.0, None, Grade::D),
        guard(GuardKey::SameCustomersOverTime, None, 0.0, None, Grade::D),
    ]
}

/// A question of the index that runs against the others, by how many do.
pub(super) fn items_agree(reversed: usize) -> Guard {
    guard(GuardKey::ItemsAgree, Some(reversed as f64), 0.0, Some(reversed == 0), Grade::E)
}

/// A judged cost curve caps a level's grade at C.
pub(super) fn cost_judged(judged: bool) -> Guard {
    guard(GuardKey::CostFromRecords, Some(f64::from(u8::from(judged))), 0.0, Some(!judged), Grade::C)
}

/// A driver that the others explain almost wholly gives no level.
pub(super) fn separable(vif: f64) -> Guard {
    guard(GuardKey::Vif, Some(vif), INSEPARABLE, Some(vif <= INSEPARABLE), Grade::E)
}

/// The best grade that the guards leave. A guard without data to hold it against caps as one that failed, but never
/// below D: what is not known is not too little data.
pub(super) fn grade(guards: &[Guard]) -> Grade {
    guards
        .iter()
        .map(|guard| match guard.held {
            Some(true) => Grade::A,
            Some(false) => guard.caps_at,
            None => guard.caps_at.min(Grade::D),
        })
        .max()
        .unwrap_or(Grade::D)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grade_is_the_lowest_that_any_guard_leaves() {
        let held = guard(GuardKey::Season, None, 0.0, Some(true), Grade::E);
        let not_computed = guard(GuardKey::Reconciled, None, 0.0, None, Grade::E);
        let failed = guard(GuardKey::LostPerTerm, None, 0.0, Some(false), Grade::E);
        assert_eq!(grade(std::slice::from_ref(&held)), Grade::A);
        assert_eq!(grade(&[held, not_computed]), Grade::D);
        assert_eq!(grade(&[held, failed]), Grade::E);
    }
}
