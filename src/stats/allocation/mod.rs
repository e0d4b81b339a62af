//! How one budget is divided among drivers.
//!
//! [`allocate`] takes a fixed value per point of each driver; [`plan::Plan`] takes the response function over the
//! observed customers, which several drivers climb together.

use serde::{Deserialize, Serialize};

use crate::notice::{Column, Count, Parameter, Refusal};
use crate::response::ResponseCurve;

pub mod plan;
pub mod uncertainty;

/// Most steps of the grid of dynamic programming.
pub const MOST_STEPS: usize = 1000;

/// Halvings of the price of money.
const HALVINGS: u32 = 200;

/// What money can buy at one driver.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Money that one point of the driver brings.
    pub value: f64,
    /// Points by spending.
    pub curve: ResponseCurve,
    /// Most that can be spent here.
    pub cap: Option<f64>,
}

/// The conditions of an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// What there is to spend; `None` where only the return limits it.
    pub budget: Option<f64>,
    /// What the last unit of money has to bring: 1 breaks even, 1 + hurdle earns the hurdle, 0 spends everything.
    pub least_return: f64,
    /// Steps of the budget where dynamic programming divides it, at most [`MOST_STEPS`].
    pub steps: usize,
}

/// How the allocation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Equal marginal return, exact for curves that flatten.
    WaterFilling,
    /// Dynamic programming over whole steps, exact on its grid for curves of any shape.
    DynamicProgramming,
}

/// Money by driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    /// Spending on each driver.
    pub spending: Vec<f64>,
    /// Their sum.
    pub total: f64,
    /// Money that the points bring, before the spending.
    pub value: f64,
    /// What one more unit of money would bring; where money is left over, the least return that was asked. By dynamic
    /// programming it is the mean of the last step.
    pub lambda: f64,
    /// How it was found.
    pub method: Method,
}

/// Divides the budget so that it brings most, and stops where the last unit of money would bring less than asked.
///
/// # Errors
///
/// Parameters out of their domain, no driver, more than [`MOST_STEPS`] steps, or a free budget without a limit: one
/// needs a least return above 0, and with S-shaped curves a cap on every driver.
///
/// # Source
///
/// `docs/methods.md` 5.6. Water filling: Boyd and Vandenberghe, *Convex Optimization*, 5.5.3. Dynamic programming:
/// Bellman 1957.
pub fn allocate(offers: &[Offer], terms: &Terms) -> Result<Allocation, Refusal> {
    check(offers, terms)?;
    let (spending, lambda, method) = if offers.iter().any(|offer| offer.curve.is_s_shaped()) {
        let budget = bound(offers, terms)?;
        let step = budget / terms.steps as f64;
        let table = Table::of(&grid(offers, step, terms.steps), terms.steps);
        let units = table.best_total(terms.least_return * step);
        let spending: Vec<f64> = table.split(units).into_iter().map(|units| units as f64 * step).collect();
        let last = units.checked_sub(1).map_or(0.0, |before| table.best[units] - table.best[before]);
        let lambda = if units < terms.steps { terms.least_return } else { last / step };
        (spending, lambda, Method::DynamicProgramming)
    } else {
        let (spending, lambda) = water_filling(offers, terms.budget, terms.least_return)?;
        (spending, lambda, Method::WaterFilling)
    };
    let total = spending.iter().sum();
    let value = value(offers, &spending);
    let finite = [total, value, lambda].iter().all(|number: &f64| number.is_finite());
    if finite { Ok(Allocation { spending, total, value, lambda, method }) } else { Err(Refusal::OutOfRange) }
}

/// Money that a division brings.
pub fn value(offers: &[Offer], spending: &[f64]) -> f64 {
    offers.iter().zip(spending).map(|(offer, x)| offer.value * offer.curve.value(*x)).sum()
}

fn check(offers: &[Offer], terms: &Terms) -> Result<(), Refusal> {
    if offers.is_empty() {
        return Err(Refusal::TooFew { what: Count::Drivers, have: 0.0, need: 1.0 });
    }
    for (position, offer) in offers.iter().enumerate() {
        offer.curve.check(position)?;
        if !offer.value.is_finite() {
            return Err(Refusal::NotFinite { column: Column::Driver(position), row: 0 });
        }
        if let Some(cap) = offer.cap.filter(|cap| !(cap.is_finite() && *cap >= 0.0)) {
            return Err(Refusal::BadParameter { parameter: Parameter::Spending, position, value: cap });
        }
    }
    check_terms(terms)
}

fn check_terms(terms: &Terms) -> Result<(), Refusal> {
    let wrong = |parameter, value| Err(Refusal::BadParameter { parameter, position: 0, value });
    if let Some(budget) = terms.budget.filter(|budget| !(budget.is_finite() && *budget > 0.0)) {
        return wrong(Parameter::Budget, budget);
    }
    let least = terms.least_return;
    if !(least.is_finite() && least >= 0.0) {
        return wrong(Parameter::Return, least);
    }
    if terms.steps == 0 {
        return Err(Refusal::TooFew { what: Count::Steps, have: 0.0, need: 1.0 });
    }
    if terms.steps > MOST_STEPS {
        let (have, limit) = (terms.steps as f64, MOST_STEPS as f64);
        return Err(Refusal::TooMany { what: Count::Steps, have, limit });
    }
    Ok(())
}

/// The budget, or what all caps allow.
fn bound(offers: &[Offer], terms: &Terms) -> Result<f64, Refusal> {
    let caps: Option<f64> = offers.iter().map(|offer| offer.cap).sum();
    let free = Refusal::BadParameter { parameter: Parameter::Budget, position: 0, value: 0.0 };
    terms.budget.or(caps).filter(|budget| *budget > 0.0).ok_or(free)
}

/// Spending at equal marginal return, and that return.
pub(crate) fn water_filling(
    offers: &[Offer],
    budget: Option<f64>,
    least_return: f64,
) -> Result<(Vec<f64>, f64), Refusal> {
    let most = budget.unwrap_or(f64::INFINITY);
    let demand = |lambda: f64| -> Vec<f64> {
        let wanted = |offer: &Offer| {
            if offer.value <= 0.0 {
                return 0.0;
            }
            offer.curve.spending_at(lambda / offer.value).min(offer.cap.unwrap_or(f64::INFINITY))
        };
        offers.iter().map(wanted).collect()
    };
    let total = |lambda: f64| demand(lambda).iter().sum::<f64>();
    let unbounded = |offer: &Offer| offer.cap.is_none() && offer.value > 0.0;
    if budget.is_none() && least_return <= 0.0 && offers.iter().any(unbounded) {
        return Err(Refusal::BadParameter { parameter: Parameter::Budget, position: 0, value: 0.0 });
    }
    // A price of 0 lets every driver ask for its cap.
    let floor = least_return.max(f64::MIN_POSITIVE);
    if total(floor) <= most {
        let spending = demand(floor);
        return if spending.iter().all(|x| x.is_finite()) {
            Ok((spending, least_return))
        } else {
            Err(Refusal::BadParameter { parameter: Parameter::Budget, position: 0, value: 0.0 })
        };
    }
    let (mut low, mut high) = (floor, floor.max(1.0));
    while total(high) > most {
        high *= 4.0;
        if !high.is_finite() {
            return Err(Refusal::OutOfRange);
        }
    }
    for _ in 0..HALVINGS {
        let middle = low.sqrt() * high.sqrt();
        if total(middle) > most {
            low = middle;
        } else {
            high = middle;
        }
        if high <= low * (1.0 + 4.0 * f64::EPSILON) {
            break;
        }
    }
    Ok((demand(high), high))
}

/// Value of each driver at each number of steps, as far as its cap.
pub(crate) fn grid(offers: &[Offer], step: f64, steps: usize) -> Vec<Vec<f64>> {
    let column = |offer: &Offer| {
        let allowed = |units: &usize| offer.cap.is_none_or(|cap| *units as f64 * step <= cap * (1.0 + 1e-12));
        let start = offer.curve.value(0.0);
        (0..=steps)
            .take_while(allowed)
            .map(|units| offer.value * (offer.curve.value(units as f64 * step) - start))
            .collect()
    };
    offers.iter().map(column).collect()
}

/// The best of every total, driver by driver.
pub(crate) struct Table {
    /// Value of the best division of at most so many steps.
    pub(crate) best: Vec<f64>,
    /// Steps of each driver in the best division among it and those before.
    choice: Vec<Vec<usize>>,
}

impl Table {
    /// Fills the table up to a number of steps; a tie takes the fewer.
    pub(crate) fn of(values: &[Vec<f64>], steps: usize) -> Self {
        let mut best = vec![0.0; steps + 1];
        let mut choice = Vec::with_capacity(values.len());
        for column in values {
            let mut with = best.clone();
            let mut chosen = vec![0; steps + 1];
            for total in 0..=steps {
                for (units, value) in column.iter().enumerate().take(total + 1).skip(1) {
                    let reached = best[total - units] + value;
                    if reached > with[total] {
                        (with[total], chosen[total]) = (reached, units);
                    }
                }
            }
            best = with;
            choice.push(chosen);
        }
        Self { best, choice }
    }

    /// The total that brings most when each step has to bring `price`; a tie takes the smaller.
    pub(crate) fn best_total(&self, price: f64) -> usize {
        let net = |units: usize| self.best[units] - price * units as f64;
        (0..self.best.len()).fold(0, |best, units| if net(units) > net(best) { units } else { best })
    }

    /// The steps of each driver in the best division of a total.
    pub(crate) fn split(&self, total: usize) -> Vec<usize> {
        let mut left = total;
        let mut units: Vec<usize> = self
            .choice
            .iter()
            .rev()
            .map(|chosen| {
                let taken = chosen[left];
                left -= taken;
                taken
            })
            .collect();
        units.reverse();
        units
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_of_all_leaves_money_over() {
        let offer = Offer { value: 100.0, curve: ResponseCurve::Log { b: 1.0, k: 1.0 }, cap: Some(3.0) };
        let terms = Terms { budget: Some(50.0), least_return: 1.0, steps: 100 };
        let found = allocate(&[offer, offer], &terms).unwrap();
        assert!((found.total - 6.0).abs() < 1e-12 && (found.lambda - 1.0).abs() < 1e-12);
        // Nothing is asked of the last unit, and still nothing goes beyond the caps.
        let found = allocate(&[offer, offer], &Terms { least_return: 0.0, ..terms }).unwrap();
        assert!((found.total - 6.0).abs() < 1e-12 && found.lambda.abs() < 1e-12);
    }

    #[test]
    fn an_s_curve_that_does_not_pay_gets_nothing() {
        let curve = ResponseCurve::Adbudg { least: 0.0, most: 1.0, c: 3.0, d: 1.0, unit: 50.0 };
        let terms = Terms { budget: Some(100.0), least_return: 1.0, steps: 100 };
        let found = allocate(&[Offer { value: 30.0, curve, cap: None }], &terms).unwrap();
        assert_eq!(found.spending, [0.0]);
        let found = allocate(&[Offer { value: 300.0, curve, cap: None }], &terms).unwrap();
        assert!(found.value > found.total && found.total > 50.0);
    }

    #[test]
    fn a_free_budget_needs_an_end() {
        let offer = Offer { value: 1.0, curve: ResponseCurve::Log { b: 1.0, k: 1.0 }, cap: None };
        let free = Terms { budget: None, least_return: 0.0, steps: 10 };
        assert_eq!(allocate(&[offer], &free).unwrap_err().code(), "E_PARAMETER");
    }
}
