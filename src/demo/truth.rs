//! The true best level of every investment, by trying all levels on the true curves.

use super::account::{FIRST_WAVE, LEDGER_QUARTERS, WAVES};
use super::company::{Company, mean};
use super::model::{DISCOUNT_RATE, DRIVERS, HORIZON_YEARS, INVESTMENTS, Investment, SIZES, margin_in_window};

/// Step of the driver's level between two tries, in points.
const STEP: f64 = 0.1;

/// What is true of an investment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// More money pays, up to a level inside what has been observed.
    RoomToGrow,
    /// The next unit of money costs more than it brings.
    PastBest,
    /// Its driver does not move satisfaction at all.
    NoEffect,
}

/// The true best level of an investment.
#[derive(Debug, Clone, PartialEq)]
pub struct TrueLevel {
    /// Key of the investment.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Construct that it moves.
    pub driver: &'static str,
    /// Points of satisfaction per point of the driver.
    pub impact: f64,
    /// What is true of it.
    pub case: Case,
    /// Satisfaction index today: mean of the accounts that answered the last wave.
    pub today: f64,
    /// Level of the driver today.
    pub driver_today: f64,
    /// Satisfaction index at which the yearly profit is greatest.
    pub best_level: f64,
    /// Level of the driver there.
    pub driver_best: f64,
    /// What it takes a year to be there, above today's cost; negative where money is saved.
    pub spend: f64,
    /// Yearly profit there against today.
    pub gain: f64,
}

/// The true best level of every investment.
///
/// The gain of a level is summed over the accounts that answered the last wave, at the satisfaction that they have (not
/// the index that they gave: money does not follow an error of measurement), weighted to all customers of that quarter;
/// it follows the true curve of money, the true impact, and the cost curve through the
/// cost points. As in the product's definition of the gain, money is held constant outside the observed 5-95 % of
/// satisfaction: what customers would bring where hardly anybody has been is counted for nothing, also here. Levels
/// lie within that range and within what the cost points cover.
pub(super) fn levels(company: &Company) -> Vec<TrueLevel> {
    let ground = Ground::of(company);
    INVESTMENTS.iter().map(|investment| ground.level(investment)).collect()
}

/// What every investment is tried on.
struct Ground {
    /// True satisfaction of those who answered the last wave, with the margin that it brings.
    customers: Vec<(f64, f64)>,
    today: f64,
    driver_today: Vec<f64>,
    /// Customers that one who answered stands for, times the mean size of an account.
    weight: f64,
    observed: (f64, f64),
}

impl Ground {
    fn of(company: &Company) -> Self {
        let scores = company.scores(WAVES - 1);
        let mut linked: Vec<f64> = (0..WAVES)
            .filter(|wave| FIRST_WAVE + wave + 4 < LEDGER_QUARTERS)
            .flat_map(|wave| company.scores(wave))
            .filter_map(|(_, levels)| levels[0])
            .collect();
        linked.sort_by(f64::total_cmp);
        let observed = (quantile(&linked, 0.05), quantile(&linked, 0.95));
        let customers: Vec<(f64, f64)> = scores
            .iter()
            .filter(|(_, levels)| levels[0].is_some())
            .map(|&(account, _)| company.accounts[account].satisfaction.level)
            .map(|level| (level, money(level, observed)))
            .collect();
        let level = |construct: usize| {
            mean(scores.iter().filter_map(|(_, levels)| levels[construct])).unwrap_or(50.0)
        };
        let base = company.accounts.iter().filter(|account| account.is_active(LEDGER_QUARTERS - 1));
        let size: f64 = base.map(|account| SIZES[account.size].factor).sum();
        Self {
            today: level(0),
            driver_today: (1..=DRIVERS.len()).map(level).collect(),
            weight: size / customers.len() as f64,
            observed,
            customers,
        }
    }

    fn level(&self, investment: &Investment) -> TrueLevel {
        let driver = &DRIVERS[investment.driver];
        let driver_today = self.driver_today[investment.driver];
        let best = self.tries(investment).into_iter().max_by(|a, b| a.gain.total_cmp(&b.gain));
        let best = best.unwrap_or(Try { step: 0.0, spend: 0.0, gain: 0.0 });
        let case = if driver.impact <= 0.0 {
            Case::NoEffect
        } else if best.step > 0.0 {
            Case::RoomToGrow
        } else {
            Case::PastBest
        };
        TrueLevel {
            key: investment.key,
            name: investment.name,
            driver: driver.key,
            impact: driver.impact,
            case,
            today: self.today,
            driver_today,
            best_level: self.today + driver.impact * best.step,
            driver_best: driver_today + best.step,
            spend: best.spend,
            gain: best.gain,
        }
    }

    /// Every step of the driver that the cost points cover and that stays within the observed satisfaction.
    fn tries(&self, investment: &Investment) -> Vec<Try> {
        let impact = DRIVERS[investment.driver].impact;
        let cost = Cost::of(investment, self.driver_today[investment.driver]);
        let share = benefit(investment.months_until_effect);
        let mut steps: Vec<f64> = vec![0.0];
        for sign in [-1.0, 1.0] {
            steps.extend((1..1_000_u32).map(|count| sign * STEP * f64::from(count)));
        }
        steps
            .into_iter()
            .filter_map(|step| {
                let level = self.today + impact * step;
                if !(self.observed.0..=self.observed.1).contains(&level) {
                    return None;
                }
                let spend = cost.above_today(step)?;
                Some(Try { step, spend, gain: share * self.worth(impact * step) - spend })
            })
            .collect()
    }

    /// What a change of every customer's satisfaction brings a year.
    fn worth(&self, change: f64) -> f64 {
        let gains = self
            .customers
            .iter()
            .map(|&(level, today)| money((level + change).clamp(0.0, 100.0), self.observed) - today);
        self.weight * gains.sum::<f64>()
    }
}

/// What an average account brings, held constant outside the observed range.
fn money(satisfaction: f64, (low, high): (f64, f64)) -> f64 {
    margin_in_window(satisfaction.clamp(low, high))
}

/// A level that was tried.
struct Try {
    /// Points of the driver above today.
    step: f64,
    spend: f64,
    gain: f64,
}

/// Cost above today's: `a u^c` on either side, through the cost points.
struct Cost {
    above: Option<Side>,
    below: Option<Side>,
    one_off_a_year: f64,
}

/// `a u^c` up to `reach`.
struct Side {
    a: f64,
    c: f64,
    reach: f64,
}

impl Cost {
    fn of(investment: &Investment, today: f64) -> Self {
        let side = |sign: f64| {
            let mut points: Vec<(f64, f64)> = investment
                .points
                .iter()
                .map(|&(level, cost, _)| (sign * (level - today), sign * (cost - investment.yearly_cost)))
                .filter(|&(step, _)| step > 0.0)
                .collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let [(near, little), (reach, much)] = points[..] else {
                return points.first().map(|&(reach, cost)| Side { a: cost / reach, c: 1.0, reach });
            };
            let c = (much / little).ln() / (reach / near).ln();
            Some(Side { a: little / near.powf(c), c, reach })
        };
        let rate = DISCOUNT_RATE;
        let annuity = rate / (1.0 - (1.0 + rate).powf(-investment.life_years));
        Self {
            above: side(1.0),
            below: side(-1.0).filter(|_| investment.reversible),
            one_off_a_year: investment.one_off_cost * annuity,
        }
    }

    /// Cost a year of a step of the driver; `None` beyond the cost points.
    fn above_today(&self, step: f64) -> Option<f64> {
        let at = |side: &Side, u: f64| (u <= side.reach).then(|| side.a * u.powf(side.c));
        if step > 0.0 {
            Some(at(self.above.as_ref()?, step)? + self.one_off_a_year)
        } else if step < 0.0 {
            Some(-at(self.below.as_ref()?, -step)?)
        } else {
            Some(0.0)
        }
    }
}

/// Share of a full year's effect that arrives over the horizon when the first months bring nothing; years are
/// discounted at their ends.
fn benefit(months_until_effect: f64) -> f64 {
    let weights = (1..=HORIZON_YEARS).map(|year| (1.0 + DISCOUNT_RATE).powf(-f64::from(year)));
    let total: f64 = weights.sum();
    1.0 - months_until_effect / 12.0 / (1.0 + DISCOUNT_RATE) / total
}

/// Quantile of type 7 of sorted values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= position < len")]
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_have_room_to_grow_one_is_past_its_best_and_one_moves_nothing() {
        for seed in 1..=20 {
            let company = Company::generate(seed);
            let observed = Ground::of(&company).observed;
            let found = company.truth();
            let cases: Vec<Case> = found.iter().map(|level| level.case).collect();
            let wanted = [Case::RoomToGrow, Case::RoomToGrow, Case::PastBest, Case::NoEffect];
            assert_eq!(cases, wanted, "seed {seed}");
            for level in &found[..2] {
                assert!(
                    level.best_level > level.today + 1.0 && level.best_level < observed.1 - 5.0,
                    "{level:?}"
                );
                assert!(level.gain > 0.0 && level.spend > 0.0, "{level:?}");
            }
        }
    }

    #[test]
    fn the_best_level_beats_its_neighbours_and_is_no_end_of_the_cost_points() {
        let company = Company::generate(7);
        let ground = Ground::of(&company);
        for (investment, level) in INVESTMENTS.iter().zip(company.truth()).take(2) {
            let tries = ground.tries(investment);
            let step = level.driver_best - level.driver_today;
            let near = |by: f64| {
                tries.iter().find(|tried| (tried.step - step - by).abs() < STEP / 2.0).unwrap().gain
            };
            for by in [-4.0 * STEP, -STEP, STEP, 4.0 * STEP] {
                assert!(near(by) < near(0.0), "{} by {by}", level.name);
            }
        }
    }

    /// 12 months of 36 without effect, at 8 %: 1 - (1/1.08) / (1/1.08 + 1/1.08^2 + 1/1.08^3) = 1 - 0.359290.
    #[test]
    fn a_year_of_waiting_costs_more_than_a_third_of_three_discounted_years() {
        assert!((benefit(12.0) - 0.640_710).abs() < 1e-6, "{}", benefit(12.0));
        assert!((benefit(0.0) - 1.0).abs() < 1e-12);
    }
}
