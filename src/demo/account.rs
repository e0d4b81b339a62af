//! The accounts: what they experience, whether they stay, and what they pay, quarter by quarter.

use super::dice::Dice;
use super::model::{
    ACCOUNT_FACTOR, DRIVER_SPREAD, DRIVERS, FACET_SPREAD, MARGIN_RATE, MEDIUM_WITH_DECIDER, QUARTER_FACTOR,
    SATISFACTION_AT_ZERO, SATISFACTION_NOISE, SEASON, SIZES, margin_if_kept, renewal,
};

/// Accounts that the company ever had.
const ACCOUNTS: usize = 3_000;

/// Accounts that were there when the ledger begins; the others join while it runs.
const FROM_THE_START: usize = 2_500;

/// Quarters of the ledger, from the fourth of 2023.
pub(super) const LEDGER_QUARTERS: usize = 12;

/// The first quarter of the ledger in which a wave is fielded.
pub(super) const FIRST_WAVE: usize = 4;

/// Waves, one a quarter.
pub(super) const WAVES: usize = LEDGER_QUARTERS - FIRST_WAVE;

/// The last wave, which the demo sends.
pub(super) const LAST_WAVE: usize = WAVES - 1;

/// Items of a construct: two of a driver, three of satisfaction.
pub(super) struct Facets {
    /// The construct's level: the mean of its facets.
    pub(super) level: f64,
    /// Distance of each facet from the level; they sum to 0.
    pub(super) distances: Vec<f64>,
}

impl Facets {
    fn around(level: f64, count: usize, dice: &mut Dice) -> Self {
        let mut distances: Vec<f64> = (0..count).map(|_| FACET_SPREAD * dice.normal()).collect();
        let mean = distances.iter().sum::<f64>() / count as f64;
        for distance in &mut distances {
            *distance -= mean;
        }
        Self { level, distances }
    }
}

/// One quarter of an account's ledger.
#[derive(Clone, Copy)]
pub(super) struct QuarterMoney {
    /// Quarter of the ledger, from 0.
    pub(super) quarter: usize,
    /// Whole minor units.
    pub(super) revenue: i64,
    /// Whole minor units.
    pub(super) cost: i64,
    /// Whether the contract ran.
    pub(super) active: bool,
}

/// A customer.
///
/// What it experiences differs from other accounts for good and moves with the company's level: satisfaction today and
/// satisfaction kept at that level are then the same thing, and there is one true curve.
pub(super) struct Account {
    /// Position of its size in [`SIZES`].
    pub(super) size: usize,
    /// Position of its shop.
    pub(super) shop: usize,
    /// Roles of its contacts.
    pub(super) roles: &'static [&'static str],
    /// Days that it had been a customer when the ledger begins; 0 for those that join later.
    pub(super) days_before: i32,
    /// The drivers in the order of [`DRIVERS`], in the last quarter.
    pub(super) drivers: Vec<Facets>,
    /// Satisfaction in the last quarter.
    pub(super) satisfaction: Facets,
    /// How readily it answers: added to the log odds.
    pub(super) readiness: f64,
    /// Its ledger in order of time, from the first quarter as a customer; also after it left.
    pub(super) money: Vec<QuarterMoney>,
}

impl Account {
    /// Tells whether the contract runs in a quarter.
    pub(super) fn is_active(&self, quarter: usize) -> bool {
        self.money.iter().any(|money| money.quarter == quarter && money.active)
    }
}

/// How far below its last level a driver stood in a quarter of the ledger.
pub(super) fn below_last(driver: usize, quarter: usize) -> f64 {
    let since_first_wave = quarter.saturating_sub(FIRST_WAVE) as f64;
    DRIVERS[driver].risen * (1.0 - since_first_wave / (WAVES - 1) as f64)
}

/// How far below its last level satisfaction stood in a quarter of the ledger.
pub(super) fn satisfaction_below_last(quarter: usize) -> f64 {
    (0..DRIVERS.len()).map(|driver| DRIVERS[driver].impact * below_last(driver, quarter)).sum()
}

/// Makes all accounts.
pub(super) fn accounts(seed: u64, shops: usize) -> Vec<Account> {
    let mut experience = Dice::new(seed, 11);
    let mut ledger = Dice::new(seed, 12);
    (0..ACCOUNTS).map(|number| account(number, shops, &mut experience, &mut ledger)).collect()
}

fn account(number: usize, shops: usize, dice: &mut Dice, ledger: &mut Dice) -> Account {
    let at = dice.uniform();
    let size = if at < SIZES[0].share { 0 } else { 1 + usize::from(at >= SIZES[0].share + SIZES[1].share) };
    let roles = match size {
        1 if dice.chance(MEDIUM_WITH_DECIDER) => &["decides", "uses"][..],
        _ => SIZES[size].roles,
    };
    let first_quarter = if number < FROM_THE_START { 0 } else { 1 + dice.index(LEDGER_QUARTERS - 2) };
    #[expect(clippy::cast_possible_truncation, reason = "at most nine years of days")]
    let days_before = if first_quarter == 0 { 1 + (dice.uniform() * 3_200.0) as i32 } else { 0 };
    let general = dice.normal();
    let drivers: Vec<Facets> = DRIVERS
        .iter()
        .map(|driver| {
            let own = (1.0 - driver.loading * driver.loading).sqrt() * dice.normal();
            Facets::around(driver.level + DRIVER_SPREAD * (driver.loading * general + own), 2, dice)
        })
        .collect();
    let from_drivers: f64 =
        DRIVERS.iter().zip(&drivers).map(|(driver, facets)| driver.impact * facets.level).sum();
    let satisfaction =
        Facets::around(SATISFACTION_AT_ZERO + from_drivers + SATISFACTION_NOISE * dice.normal(), 3, dice);
    let shop = dice.index(shops);
    let readiness = 0.6 * dice.normal();
    let money = money(first_quarter, SIZES[size].factor, satisfaction.level, ledger);
    Account { size, shop, roles, days_before, drivers, satisfaction, readiness, money }
}

/// The ledger of one account. Business and renewal of a quarter follow the experience of the quarter before.
fn money(first: usize, size: f64, satisfaction: f64, dice: &mut Dice) -> Vec<QuarterMoney> {
    let own = size * dice.factor(ACCOUNT_FACTOR);
    // Contracts run for a year, from any quarter; a joiner's from the quarter in which it joins.
    let renewal_quarter = if first == 0 { dice.index(4) } else { first % 4 };
    let mut active = true;
    (first..LEDGER_QUARTERS)
        .map(|quarter| {
            let level = satisfaction - satisfaction_below_last(quarter.saturating_sub(1));
            if active && quarter > first && quarter % 4 == renewal_quarter {
                active = dice.chance(renewal(level));
            }
            if !active {
                return QuarterMoney { quarter, revenue: 0, cost: 0, active };
            }
            // The ledger begins in a fourth quarter of the year.
            let season = SEASON[(quarter + 3) % 4];
            let margin = margin_if_kept(level) / 4.0 * own * season * dice.factor(QUARTER_FACTOR);
            let revenue = margin / MARGIN_RATE * dice.factor(0.03);
            QuarterMoney { quarter, revenue: minor(revenue), cost: minor(revenue - margin), active }
        })
        .collect()
}

/// Rounds yuan to whole fen.
fn minor(yuan: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a quarter of one account stays far below 2^53 fen")]
    let fen = (yuan * 100.0).round() as i64;
    fen
}
