//! A budget along its path over the response function: every driver raises the same satisfaction, of customers some of
//! whom are past the level at which money still rises.
//!
//! ```text
//! points(x) = Σⱼ impactⱼ [ gⱼ(xⱼ) − gⱼ(todayⱼ) ]
//! net(x)    = benefit · Σᵢ wᵢ [ f(min(100, sᵢ + points)) − f(sᵢ) ] − Σⱼ (xⱼ − todayⱼ)
//! ```
//!
//! Money depends on the points alone, so the best way to any level of points is the cheapest: the division that brings
//! most points for its budget. What is left is one search along the budget. That is the shared ceiling: past a proven
//! plateau no driver is worth anything.

use serde::{Deserialize, Serialize};

use super::{MOST_STEPS, Method, Offer, Table, Terms, check, check_terms, grid, water_filling};
use crate::notice::{Column, Parameter, Refusal, Warning};
use crate::optimum::{Customers, ResponseFunction};
use crate::response::{Response, Source, golden};

/// A driver that money can raise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lift {
    /// Points of satisfaction per point of the driver.
    pub impact: f64,
    /// Points of the driver by spending.
    pub response: Response,
    /// What is spent on it today; 0 where the curve counts money on top.
    pub today: f64,
    /// Most that can be spent on it.
    pub cap: Option<f64>,
}

/// What is divided, and what it is worth.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Observed satisfaction.
    pub customers: &'a Customers,
    /// Money per customer as a function of satisfaction.
    pub response: ResponseFunction,
    /// What a unit of that money is worth: years, discounting.
    pub benefit: f64,
    /// The drivers.
    pub lifts: &'a [Lift],
    /// Budget (with today's spending in it), least return, and steps of the path.
    pub terms: Terms,
}

/// One budget, divided best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathStep {
    /// Spending on each driver.
    pub spending: Vec<f64>,
    /// Their sum.
    pub total: f64,
    /// Points of satisfaction above today.
    pub points: f64,
    /// Money above today, before the spending.
    pub value: f64,
    /// The same less what is spent above today.
    pub net: f64,
    /// Money that the last unit brought: of the first step, `None`.
    pub marginal: Option<f64>,
}

/// The path and the best point on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetPath {
    /// From no spending to the whole budget, in equal steps.
    pub steps: Vec<PathStep>,
    /// The best budget, by the value less the least return on what is spent; between two steps where the curves
    /// flatten. Its marginal value is that of the next thousandth of a step.
    pub best: PathStep,
    /// Whether the budget ends before the return does.
    pub budget_binds: bool,
    /// How each step was divided.
    pub method: Method,
    /// Judged curves, and customers lifted past what was observed.
    pub warnings: Vec<Warning>,
}

impl Plan<'_> {
    /// Walks along the budget and finds where to stop.
    ///
    /// # Errors
    ///
    /// What [`super::allocate`] refuses, and a benefit or a response function that is not finite.
    pub fn path(&self) -> Result<BudgetPath, Refusal> {
        self.check()?;
        let offers = self.offers();
        let budget = self.bound(&offers)?;
        if budget <= 0.0 {
            return self.nothing();
        }
        let division = Division::of(&offers, budget, self.terms.steps)?;
        let mut steps = Vec::with_capacity(self.terms.steps + 1);
        for step in 0..=self.terms.steps {
            let mut found = self.at(division.spending(step)?);
            let before: Option<&PathStep> = steps.last();
            found.marginal = before.map(|before| (found.value - before.value) / division.step);
            steps.push(found);
        }
        let mut best = self.best_of(&steps);
        if let Division { method: Method::WaterFilling, .. } = division {
            best = self.refined(best, &offers, &division)?;
        }
        best.marginal = self.next_marginal(&best, &offers, &division)?;
        let binds = best.total >= budget * (1.0 - 1e-9)
            && best.marginal.is_none_or(|marginal| marginal > self.terms.least_return);
        let warnings = self.warnings(&best);
        let finite = steps.iter().chain([&best]).all(PathStep::is_finite);
        if !finite {
            return Err(Refusal::OutOfRange);
        }
        Ok(BudgetPath { steps, best, budget_binds: binds, method: division.method, warnings })
    }

    /// The path of a free budget when no driver is worth its first unit of money.
    fn nothing(&self) -> Result<BudgetPath, Refusal> {
        let best = self.at(vec![0.0; self.lifts.len()]);
        let (warnings, steps) = (self.warnings(&best), vec![best.clone()]);
        let path = BudgetPath { steps, budget_binds: false, method: Method::WaterFilling, warnings, best };
        if path.best.is_finite() { Ok(path) } else { Err(Refusal::OutOfRange) }
    }

    /// Points, value and net gain of any division.
    pub fn at(&self, spending: Vec<f64>) -> PathStep {
        let points = self.lifts.iter().zip(&spending).map(|(lift, x)| lift.points(*x)).sum();
        let total: f64 = spending.iter().sum();
        let today: f64 = self.lifts.iter().map(|lift| lift.today).sum();
        let value = self.benefit * self.customers.gain(&self.response, points);
        PathStep { points, value, net: value - (total - today), total, spending, marginal: None }
    }

    fn worth(&self, step: &PathStep) -> f64 {
        step.value - self.terms.least_return * step.total
    }

    /// The first of the best steps: nothing is spent for nothing.
    fn best_of(&self, steps: &[PathStep]) -> PathStep {
        let best =
            steps.iter().reduce(|best, step| if self.worth(step) > self.worth(best) { step } else { best });
        best.cloned().unwrap_or_else(|| self.at(vec![0.0; self.lifts.len()]))
    }

    /// Looks between the neighbours of the best step.
    fn refined(&self, best: PathStep, offers: &[Offer], division: &Division) -> Result<PathStep, Refusal> {
        let divide = |total: f64| divide(offers, total).map(|spending| self.at(spending));
        let (low, high) =
            ((best.total - division.step).max(0.0), (best.total + division.step).min(division.budget));
        let loss = |total: f64| divide(total).map_or(f64::INFINITY, |step| -self.worth(&step));
        let near = divide(golden(low, high, loss))?;
        Ok(if self.worth(&near) > self.worth(&best) { near } else { best })
    }

    /// What a little more money than the best budget would bring.
    fn next_marginal(
        &self,
        best: &PathStep,
        offers: &[Offer],
        division: &Division,
    ) -> Result<Option<f64>, Refusal> {
        let more = match division.method {
            Method::WaterFilling => self.at(divide(offers, best.total + 1e-3 * division.step)?),
            Method::DynamicProgramming => match division.next(best.total) {
                Some(spending) => self.at(spending),
                None => return Ok(None),
            },
        };
        let step = more.total - best.total;
        Ok((step > 0.0).then(|| (more.value - best.value) / step))
    }

    /// Points that the drivers bring, as offers of one unit of money each.
    fn offers(&self) -> Vec<Offer> {
        self.lifts
            .iter()
            .map(|lift| Offer { value: lift.impact, curve: lift.response.curve, cap: lift.cap })
            .collect()
    }

    /// The budget, or the spending past which no customer's money could still pay for it.
    fn bound(&self, offers: &[Offer]) -> Result<f64, Refusal> {
        let free = Refusal::BadParameter { parameter: Parameter::Budget, position: 0, value: 0.0 };
        if let Some(budget) = self.terms.budget {
            return Ok(budget);
        }
        let caps: Option<f64> = offers.iter().map(|offer| offer.cap).sum();
        if let Some(caps) = caps.filter(|caps| *caps > 0.0) {
            return Ok(caps);
        }
        if offers.iter().any(|offer| offer.curve.is_s_shaped()) || self.terms.least_return <= 0.0 {
            return Err(free);
        }
        let steepest = self.response.left.max(self.response.right).max(0.0);
        let per_point = self.benefit * self.customers.weight() * steepest;
        let rich: Vec<Offer> =
            offers.iter().map(|offer| Offer { value: offer.value * per_point, ..*offer }).collect();
        let (spending, _) = water_filling(&rich, None, self.terms.least_return)?;
        let total: f64 = spending.iter().sum();
        Ok(total)
    }

    fn check(&self) -> Result<(), Refusal> {
        let offers = self.offers();
        check(&offers, &self.terms)?;
        check_terms(&self.terms)?;
        for (position, lift) in self.lifts.iter().enumerate() {
            if !(lift.today.is_finite() && lift.today >= 0.0) {
                let parameter = Parameter::Spending;
                return Err(Refusal::BadParameter { parameter, position, value: lift.today });
            }
        }
        let f = &self.response;
        let numbers = [self.benefit, f.intercept, f.left, f.psi, f.right, f.low, f.high];
        if numbers.iter().any(|number| !number.is_finite()) || f.low > f.high {
            return Err(Refusal::NotFinite { column: Column::Outcome, row: 0 });
        }
        Ok(())
    }

    fn warnings(&self, best: &PathStep) -> Vec<Warning> {
        let judged = self.lifts.iter().enumerate().filter(|(_, lift)| lift.response.source == Source::Judged);
        let mut warnings: Vec<Warning> =
            judged.map(|(driver, _)| Warning::Judged { column: Column::Driver(driver) }).collect();
        let share = self.customers.share_above(self.response.high - best.points);
        let before = self.customers.share_above(self.response.high);
        if best.points > 0.0 && share > before {
            warnings.push(Warning::Extrapolate { share });
        }
        warnings
    }
}

impl Lift {
    /// Points of satisfaction above today at a level of spending.
    pub fn points(&self, spending: f64) -> f64 {
        self.impact * (self.response.curve.value(spending) - self.response.curve.value(self.today))
    }
}

impl PathStep {
    fn is_finite(&self) -> bool {
        let numbers = [self.total, self.points, self.value, self.net, self.marginal.unwrap_or(0.0)];
        numbers.iter().chain(&self.spending).all(|number| number.is_finite())
    }
}

/// The division of one budget among curves that flatten.
fn divide(offers: &[Offer], total: f64) -> Result<Vec<f64>, Refusal> {
    if total <= 0.0 {
        return Ok(vec![0.0; offers.len()]);
    }
    water_filling(offers, Some(total), 0.0).map(|(spending, _)| spending)
}

/// The best division of every step of the budget.
struct Division<'a> {
    offers: &'a [Offer],
    table: Option<Table>,
    method: Method,
    budget: f64,
    step: f64,
}

impl<'a> Division<'a> {
    fn of(offers: &'a [Offer], budget: f64, steps: usize) -> Result<Self, Refusal> {
        let step = budget / steps.clamp(1, MOST_STEPS) as f64;
        if !(step > 0.0 && budget.is_finite()) {
            return Err(Refusal::OutOfRange);
        }
        let s_shaped = offers.iter().any(|offer| offer.curve.is_s_shaped());
        let table = s_shaped.then(|| Table::of(&grid(offers, step, steps), steps));
        let method = if s_shaped { Method::DynamicProgramming } else { Method::WaterFilling };
        Ok(Self { offers, table, method, budget, step })
    }

    fn spending(&self, step: usize) -> Result<Vec<f64>, Refusal> {
        match &self.table {
            Some(table) => {
                let units = table.split(step.min(table.best.len() - 1));
                Ok(units.into_iter().map(|units| units as f64 * self.step).collect())
            }
            None => divide(self.offers, step as f64 * self.step),
        }
    }

    /// The division of the table's next total that spends more.
    fn next(&self, total: f64) -> Option<Vec<f64>> {
        let table = self.table.as_ref()?;
        (0..table.best.len())
            .map(|step| table.split(step).into_iter().map(|units| units as f64 * self.step).collect())
            .find(|spending: &Vec<f64>| spending.iter().sum::<f64>() > total + 0.5 * self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::ResponseCurve;

    const PLATEAU: ResponseFunction =
        ResponseFunction { intercept: 20.0, left: 1.1, psi: 72.0, right: 0.0, low: 35.0, high: 98.0 };

    fn lift(impact: f64, curve: ResponseCurve) -> Lift {
        Lift { impact, response: Response { curve, source: Source::Judged }, today: 0.0, cap: None }
    }

    /// All customers at 60 and a plateau at 72: twelve points are worth something and the thirteenth nothing. One
    /// driver, 5 ln(1 + x / 100) points: they cost 100 (e^2.4 - 1).
    #[test]
    fn spending_ends_at_the_shared_ceiling() {
        let customers = Customers::new([(60.0, 1000.0)], 1.0).unwrap();
        let lifts = [lift(1.0, ResponseCurve::Log { b: 5.0, k: 100.0 })];
        let terms = Terms { budget: Some(5000.0), least_return: 1.0, steps: 500 };
        let plan = Plan { customers: &customers, response: PLATEAU, benefit: 1.0, lifts: &lifts, terms };
        let found = plan.path().unwrap();
        let cost = 100.0 * 2.4_f64.exp_m1();
        assert!((found.best.total / cost - 1.0).abs() < 1e-6, "{:?}", found.best);
        assert!((found.best.points - 12.0).abs() < 1e-6 && !found.budget_binds);
        assert!((found.best.net - (13_200.0 - cost)).abs() < 1e-2);
    }

    /// Where no customer reaches the plateau the value of a point is constant, and the path ends where water filling
    /// says.
    #[test]
    fn with_a_constant_value_per_point_it_is_water_filling() {
        let customers = Customers::new([(40.0, 100.0)], 1.0).unwrap();
        let lifts = [
            lift(0.5, ResponseCurve::Log { b: 3.0, k: 20.0 }),
            lift(0.8, ResponseCurve::Log { b: 1.0, k: 10.0 }),
        ];
        let terms = Terms { budget: None, least_return: 1.25, steps: 200 };
        let plan = Plan { customers: &customers, response: PLATEAU, benefit: 2.0, lifts: &lifts, terms };
        let found = plan.path().unwrap().best;
        // V b / lambda - k with V = 2 * 100 * 1.1 * impact.
        let by_hand = [220.0 * 0.5 * 3.0 / 1.25 - 20.0, 220.0 * 0.8 / 1.25 - 10.0];
        for (x, wanted) in found.spending.iter().zip(by_hand) {
            assert!((x / wanted - 1.0).abs() < 1e-5, "{found:?}");
        }
        assert!((found.marginal.unwrap() - 1.25).abs() < 1e-3);
    }
}
