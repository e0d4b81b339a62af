//! The company as a whole: its files in the order in which they come in, and its truth.

use jiff::civil::{Date, date};

use super::account::{self, Account};
use super::answer::{self, Answer};
use super::file;
use super::truth::{self, TrueLevel};

/// Shops of the company.
pub(super) const SHOPS: usize = 48;

/// The quarter that the report is for.
pub const LAST_QUARTER: &str = "2026Q3";

/// The day on which the made-up company looks at itself: a few days after its last quarter.
pub fn as_of() -> Date {
    date(2026, 10, 8)
}

/// A file to import with its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Kind of import.
    pub kind: &'static str,
    /// Name of the file.
    pub file: &'static str,
    /// Name of its map.
    pub map: &'static str,
}

/// A made-up company.
///
/// ```
/// let company = cam::demo::Company::generate(1);
/// assert_eq!(company.imports()[0].kind, "units");
/// assert!(company.files().iter().any(|(name, _)| name == "cam.toml"));
/// ```
pub struct Company {
    pub(super) seed: u64,
    pub(super) accounts: Vec<Account>,
    pub(super) answers: Vec<Answer>,
}

impl Company {
    /// Makes the company of a seed; the same seed makes the same company.
    pub fn generate(seed: u64) -> Self {
        let accounts = account::accounts(seed, SHOPS);
        let answers = answer::answers(seed, &accounts);
        Self { seed, accounts, answers }
    }

    /// Returns what to import, in order.
    pub fn imports(&self) -> &'static [Source] {
        file::IMPORTS
    }

    /// Returns every file as (name, text): data, maps, survey, `cam.toml`, `analysis.toml` and a `README`.
    pub fn files(&self) -> Vec<(String, String)> {
        file::all(self)
    }

    /// Returns the true best level of every investment, in the order of the investments' file.
    pub fn truth(&self) -> Vec<TrueLevel> {
        truth::levels(self)
    }
}

/// First day of a quarter of the ledger; the quarter after the last is allowed.
pub(super) fn first_day(quarter: usize) -> Date {
    // October 2023 is month 9 of year 2023, counted from 0.
    let months = 9 + 3 * quarter;
    let (years, month) = (months / 12, months % 12);
    let number = |value: usize| i16::try_from(value).unwrap_or(i16::MAX);
    date(2023 + number(years), i8::try_from(month + 1).unwrap_or(1), 1)
}

/// Name of a quarter of the ledger, for example `2024Q4`.
pub(super) fn quarter_name(quarter: usize) -> String {
    let day = first_day(quarter);
    format!("{}Q{}", day.year(), (day.month() + 2) / 3)
}

/// Satisfaction, then the drivers, as the survey scores them; `None` where too few items were answered.
pub(super) type Levels = Vec<Option<f64>>;

impl Company {
    /// Scores a wave: items to 0-100, their mean per construct where at least half were answered, contacts averaged.
    /// Returns (position of the account, levels); accounts without a satisfaction index are left out.
    pub(super) fn scores(&self, wave: usize) -> Vec<(usize, Levels)> {
        let answers: Vec<&Answer> = self.answers.iter().filter(|answer| answer.wave == wave).collect();
        answers
            .chunk_by(|a, b| a.account == b.account)
            .filter_map(|chunk| {
                let persons: Vec<Levels> = chunk
                    .iter()
                    .map(|answer| constructs(&answer.ticks))
                    .filter(|levels| levels[0].is_some())
                    .collect();
                let count = persons.first()?.len();
                let levels = (0..count)
                    .map(|construct| mean(persons.iter().filter_map(|person| person[construct])))
                    .collect();
                Some((chunk[0].account, levels))
            })
            .collect()
    }
}

/// Scores of one person: satisfaction and the five drivers.
fn constructs(ticks: &[Option<i32>]) -> Levels {
    let items = std::iter::once(3).chain(std::iter::repeat_n(2, 5));
    let mut first = 0;
    items
        .map(|count| {
            let answered: Vec<f64> = ticks[first..first + count]
                .iter()
                .flatten()
                .map(|&tick| 100.0 * (f64::from(tick) - 1.0) / 9.0)
                .collect();
            first += count;
            if answered.len() * 2 >= count { mean(answered.into_iter()) } else { None }
        })
        .collect()
}

/// The mean; `None` of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::account::{FIRST_WAVE, LEDGER_QUARTERS};
    use super::*;

    #[test]
    fn the_ledger_runs_from_the_end_of_2023_to_the_last_quarter() {
        assert_eq!((quarter_name(0), first_day(0)), ("2023Q4".to_owned(), date(2023, 10, 1)));
        assert_eq!(quarter_name(FIRST_WAVE), "2024Q4");
        assert_eq!(quarter_name(LEDGER_QUARTERS - 1), LAST_QUARTER);
        assert_eq!(first_day(LEDGER_QUARTERS), date(2026, 10, 1));
    }

    /// The margin of an account in the four quarters after a wave's, in yuan; `None` where the ledger ends before.
    fn margin_after(company: &Company, account: usize, wave: usize) -> Option<f64> {
        let quarter = FIRST_WAVE + wave;
        if quarter + 4 >= LEDGER_QUARTERS {
            return None;
        }
        let money = company.accounts[account].money.iter();
        let window = money.filter(|money| (quarter + 1..=quarter + 4).contains(&money.quarter));
        Some(window.map(|money| (money.revenue - money.cost) as f64 / 100.0).sum())
    }

    /// R-squared of the margin in the window on the index, as the survey scores it.
    fn r_squared(company: &Company) -> f64 {
        let rows: Vec<(f64, f64)> = (0..4)
            .flat_map(|wave| company.scores(wave).into_iter().map(move |score| (wave, score)))
            .filter_map(|(wave, (account, levels))| Some((levels[0]?, margin_after(company, account, wave)?)))
            .collect();
        let mx = mean(rows.iter().map(|row| row.0)).unwrap();
        let my = mean(rows.iter().map(|row| row.1)).unwrap();
        let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
        for (x, y) in rows {
            xx += (x - mx).powi(2);
            yy += (y - my).powi(2);
            xy += (x - mx) * (y - my);
        }
        xy * xy / (xx * yy)
    }

    #[test]
    fn satisfaction_explains_between_a_tenth_and_four_tenths_of_the_money() {
        for seed in 1..=20 {
            let found = r_squared(&Company::generate(seed));
            assert!((0.1..0.4).contains(&found), "seed {seed}: {found}");
        }
    }

    #[test]
    fn two_customers_in_five_answer_each_wave() {
        let company = Company::generate(3);
        for wave in 0..account::WAVES {
            let asked =
                company.accounts.iter().filter(|account| account.is_active(FIRST_WAVE + wave)).count();
            let share = company.scores(wave).len() as f64 / asked as f64;
            assert!((0.35..0.47).contains(&share), "wave {wave}: {share}");
        }
    }

    /// Cronbach's alpha by its definition, over complete answers of the last wave.
    fn alpha(company: &Company, first: usize, count: usize) -> f64 {
        let rows: Vec<Vec<f64>> = company
            .answers
            .iter()
            .filter(|answer| answer.wave == account::WAVES - 1)
            .filter_map(|answer| {
                answer.ticks[first..first + count].iter().map(|tick| tick.map(f64::from)).collect()
            })
            .collect();
        let variance = |values: &dyn Fn(&Vec<f64>) -> f64| {
            let centre = mean(rows.iter().map(values)).unwrap();
            mean(rows.iter().map(|row| (values(row) - centre).powi(2))).unwrap()
        };
        let items: f64 = (0..count).map(|item| variance(&|row: &Vec<f64>| row[item])).sum();
        let total = variance(&|row: &Vec<f64>| row.iter().sum());
        let k = count as f64;
        k / (k - 1.0) * (1.0 - items / total)
    }

    #[test]
    fn constructs_are_measured_reliably_but_not_perfectly() {
        let company = Company::generate(5);
        for (first, count) in [(0, 3), (3, 2), (5, 2), (7, 2), (9, 2), (11, 2)] {
            let found = alpha(&company, first, count);
            assert!((0.85..0.94).contains(&found), "items from {first}: {found}");
        }
    }
}
