//! Who answers, when, and what they tick.

use super::account::{Account, FIRST_WAVE, Facets, WAVES, below_last, satisfaction_below_last};
use super::dice::Dice;
use super::model::{ANSWER_NOISE, CONTACT_SPREAD, DRIVERS};

/// Log odds of an answer from one contact of an average customer: a third; of accounts, with several contacts in
/// some, two in five answer.
const READINESS: f64 = -0.7;

/// Share of single items left open.
const ITEM_MISSING: f64 = 0.012;

/// Ticks of one questionnaire, in the order of the survey; `None` where left open.
pub(super) struct Answer {
    /// Position of the account.
    pub(super) account: usize,
    /// Position of the contact within it.
    pub(super) contact: usize,
    /// Position of the wave.
    pub(super) wave: usize,
    /// Days after the first day of the wave's quarter.
    pub(super) day: i32,
    /// Minutes after midnight.
    pub(super) minute: u32,
    /// One per item.
    pub(super) ticks: Vec<Option<i32>>,
}

/// All answers in order of wave and account.
pub(super) fn answers(seed: u64, accounts: &[Account]) -> Vec<Answer> {
    let mut persons = Dice::new(seed, 21);
    let moods: Vec<Vec<f64>> = accounts
        .iter()
        .map(|account| {
            let spread = if account.roles.len() > 1 { CONTACT_SPREAD } else { 0.0 };
            account.roles.iter().map(|_| spread * persons.normal()).collect()
        })
        .collect();
    let mut dice = Dice::new(seed, 22);
    let mut answers = Vec::new();
    for wave in 0..WAVES {
        for (at, account) in accounts.iter().enumerate() {
            if !account.is_active(FIRST_WAVE + wave) {
                continue;
            }
            for (contact, &mood) in moods[at].iter().enumerate() {
                // The content answer a little more readily, large accounts too.
                let odds = READINESS
                    + account.readiness
                    + 0.006 * (account.satisfaction.level - 66.0)
                    + if account.size == 2 { 0.2 } else { 0.0 };
                if dice.chance(1.0 / (1.0 + (-odds).exp())) {
                    answers.push(answer((at, contact, wave), account, mood, &mut dice));
                }
            }
        }
    }
    answers
}

fn answer(
    (at, contact, wave): (usize, usize, usize),
    account: &Account,
    mood: f64,
    dice: &mut Dice,
) -> Answer {
    let quarter = FIRST_WAVE + wave;
    let felt = account.satisfaction.level - satisfaction_below_last(quarter) + mood;
    let mut ticks = Vec::with_capacity(16);
    let below = mood - satisfaction_below_last(quarter);
    ticks.extend(rate(&account.satisfaction, below, dice));
    for (driver, facets) in account.drivers.iter().enumerate() {
        ticks.extend(rate(facets, mood - below_last(driver, quarter), dice));
    }
    // What people say that they will do goes with satisfaction, loosely.
    ticks.push(tick(felt + 4.0 + 12.0 * dice.normal(), 1.0, 10.0, dice));
    ticks.push(tick(felt + 2.0 + 14.0 * dice.normal(), 0.0, 10.0, dice));
    ticks.push(tick(felt + 1.0 + 13.0 * dice.normal(), 1.0, 10.0, dice));
    debug_assert_eq!(ticks.len(), 3 + 2 * DRIVERS.len() + 3);
    #[expect(clippy::cast_possible_truncation, reason = "below 31 days")]
    let day = 40 + (31.0 * dice.uniform()) as i32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 1320 minutes")]
    let minute = 480 + (720.0 * dice.uniform()) as u32;
    Answer { account: at, contact, wave, day, minute, ticks }
}

/// Ticks the items of a construct that stands `shift` above its last level.
fn rate(facets: &Facets, shift: f64, dice: &mut Dice) -> Vec<Option<i32>> {
    facets
        .distances
        .iter()
        .map(|distance| {
            let meant = facets.level + shift + distance + ANSWER_NOISE * dice.normal();
            tick(meant, 1.0, 10.0, dice)
        })
        .collect()
}

/// The step of a scale nearest to a level in index points.
fn tick(level: f64, low: f64, high: f64, dice: &mut Dice) -> Option<i32> {
    let step = (low + (high - low) * level / 100.0).round().clamp(low, high);
    #[expect(clippy::cast_possible_truncation, reason = "a step of 0 to 10")]
    let step = step as i32;
    (!dice.chance(ITEM_MISSING)).then_some(step)
}
