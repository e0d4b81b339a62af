//! At which stage of its life a customer stands, by stated rules.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quantile::sorted_quantile;
use crate::{Column, Refusal, ValueFault};

/// What is known of a customer; times in days before the day of the report.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Customer {
    /// Since the first purchase or the first contract; `None` before it.
    pub since_first: Option<f64>,
    /// The contract has ended, or nothing was bought for longer than the company counts as gone.
    pub gone: bool,
    /// Chance that the customer is still one, where a model says so (without contracts).
    pub alive: Option<f64>,
    /// Risk of leaving in the next period, where a model says so (with contracts).
    pub hazard: Option<f64>,
    /// Revenue of the last period over that of the one before, less 1; `None` where one is missing or 0.
    pub growth: Option<f64>,
}

/// Stage of a customer's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Never bought.
    Prospect,
    /// Bought for the first time lately.
    New,
    /// Buys more than before.
    Growing,
    /// Buys as before.
    Mature,
    /// May be leaving.
    AtRisk,
    /// Left.
    Lapsed,
}

/// The rule that put a customer into a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No purchase yet.
    NeverBought,
    /// Contract ended or silent for too long.
    Gone,
    /// The chance of still being a customer is low.
    ProbablyGone,
    /// Among those with the highest hazard.
    HighHazard,
    /// The first purchase was lately.
    FirstLately,
    /// Revenue rose.
    Rose,
    /// None of these.
    NoneOfThese,
}

/// The limits of the rules; `Display` prints the rules.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Days from the first purchase in which a customer is new.
    pub new_days: f64,
    /// Chance of still being a customer below which one is at risk.
    pub alive_below: f64,
    /// Share of the customers with the highest hazard who are at risk.
    pub hazard_share: f64,
    /// Growth of revenue above which a customer is growing.
    pub growth_above: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { new_days: 90.0, alive_below: 0.5, hazard_share: 0.1, growth_above: 0.1 }
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { new_days, alive_below, hazard_share, growth_above } = self;
        write!(
            f,
            "The first that holds: prospect, never bought; lapsed, the contract has ended or nothing was bought \
             for too long; at risk, the chance of still being a customer is below {alive_below} or the hazard is \
             above that of all but {:.0} % of the customers; new, first bought within {new_days} days; growing, \
             revenue rose by more than {:.0} %; mature, all others.",
            hazard_share * 100.0,
            growth_above * 100.0
        )
    }
}

/// Stages of all customers, in their order; whose hazard ranks high is taken among those who bought and are not
/// gone.
///
/// # Errors
///
/// Refuses numbers that are not finite, and chances or hazards outside 0 to 1.
pub fn stages(customers: &[Customer], rules: &Rules) -> Result<Vec<(Stage, Reason)>, Refusal> {
    for (row, customer) in customers.iter().enumerate() {
        let chances = [customer.alive, customer.hazard];
        if chances.iter().flatten().any(|chance| !(0.0..=1.0).contains(chance)) {
            return Err(Refusal::Value(ValueFault::NotProbability { row }));
        }
        if [customer.since_first, customer.growth].iter().flatten().any(|value| !value.is_finite()) {
            return Err(Refusal::NotFinite { column: Column::Outcome, row });
        }
    }
    let mut hazards: Vec<f64> = customers
        .iter()
        .filter(|customer| customer.since_first.is_some() && !customer.gone)
        .filter_map(|customer| customer.hazard)
        .collect();
    hazards.sort_unstable_by(f64::total_cmp);
    let limit = sorted_quantile(&hazards, 1.0 - rules.hazard_share);
    Ok(customers.iter().map(|customer| stage(customer, rules, limit)).collect())
}

fn stage(customer: &Customer, rules: &Rules, hazard_limit: Option<f64>) -> (Stage, Reason) {
    let Some(since_first) = customer.since_first else { return (Stage::Prospect, Reason::NeverBought) };
    // Strictly above: where all have the same hazard nobody ranks high.
    let high = customer.hazard.zip(hazard_limit).is_some_and(|(hazard, limit)| hazard > limit);
    if customer.gone {
        (Stage::Lapsed, Reason::Gone)
    } else if customer.alive.is_some_and(|alive| alive < rules.alive_below) {
        (Stage::AtRisk, Reason::ProbablyGone)
    } else if high {
        (Stage::AtRisk, Reason::HighHazard)
    } else if since_first <= rules.new_days {
        (Stage::New, Reason::FirstLately)
    } else if customer.growth.is_some_and(|growth| growth > rules.growth_above) {
        (Stage::Growing, Reason::Rose)
    } else {
        (Stage::Mature, Reason::NoneOfThese)
    }
}
