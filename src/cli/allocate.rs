//! `cam allocate`.

mod answer;
mod flows;
mod plan_file;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::allocation::plan::{BudgetPath, Plan};
use cam_stats::allocation::{self, Method, Offer, Terms};
use cam_stats::response::Source as CurveSource;
use cam_stats::{Column, Warning};

use self::answer::{Answer, Basis, Row, Step};
use self::flows::Appraised;
use self::plan_file::{PlanFile, Read};
use super::adhoc::{Fault, Seconds, Told, print};
use super::toml_file::Source;

/// Budgets that the path shows.
const PATH: usize = 10;

/// Divides a budget among drivers so that it brings most, and says where the next unit of money no longer pays.
///
/// A driver has either a fixed value per point, or, with [customers] and [response], an impact on satisfaction whose
/// worth follows from the curve over the customers. With --flows it appraises yearly money instead.
#[derive(Debug, clap::Args)]
#[command(after_help = plan_file::HELP)]
pub(super) struct Allocate {
    /// TOML file that describes the drivers, as below
    #[arg(required_unless_present = "flows")]
    plan: Option<PathBuf>,
    /// Yearly money instead of a plan: what goes out now (negative), then what comes in at the end of each year
    #[arg(
        long,
        value_name = "MONEY",
        value_delimiter = ',',
        allow_hyphen_values = true,
        conflicts_with = "plan",
        requires = "rate"
    )]
    flows: Vec<f64>,
    /// Yearly rate of discount for --flows, such as 0.1
    #[arg(long, value_name = "RATE", requires = "flows")]
    rate: Option<f64>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Allocate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match (&self.plan, self.rate) {
            (Some(plan), _) => print(allocate(plan), self.json, Answer::write),
            (None, rate) => {
                print(Appraised::of(&self.flows, rate.unwrap_or(0.0)), self.json, Appraised::write)
            }
        }
    }
}

fn allocate(plan: &std::path::Path) -> Result<Answer, Fault> {
    let start = Instant::now();
    let (source, file): (Source, PlanFile) = Source::read(plan)?;
    let read = file.read(&source)?;
    let seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut answer = if read.customers.is_some() { along_the_curve(&read) } else { at_fixed_values(&read) }?;
    answer.seconds = Seconds { read: seconds, fit: start.elapsed().as_secs_f64() };
    Ok(answer)
}

/// Fixed values per point: one division, and those of smaller budgets for the path.
fn at_fixed_values(read: &Read) -> Result<Answer, Fault> {
    let offers: Vec<Offer> = read
        .drivers
        .iter()
        .map(|driver| Offer { value: driver.worth, curve: driver.response.curve, cap: driver.cap })
        .collect();
    let refused = |refusal| read.refused(refusal);
    let best = allocation::allocate(&offers, &read.terms).map_err(refused)?;
    let start = allocation::value(&offers, &vec![0.0; offers.len()]);
    let rows = read.drivers.iter().zip(&offers).zip(&best.spending).map(|((driver, offer), x)| Row {
        driver: driver.name.clone(),
        spending: *x,
        share: (best.total > 0.0).then(|| x / best.total),
        points: offer.curve.value(*x) - offer.curve.value(0.0),
        value: Some(offer.value * (offer.curve.value(*x) - offer.curve.value(0.0))),
        next_unit: Some(offer.value * offer.curve.slope(*x)),
        judged: driver.response.source == CurveSource::Judged,
    });
    // Without a budget the path goes as far again as it pays.
    let whole = read.terms.budget.unwrap_or(2.0 * best.total);
    let mut path = Vec::new();
    for step in 1..=PATH {
        let budget = whole * step as f64 / PATH as f64;
        if budget <= 0.0 {
            break;
        }
        let terms = Terms { budget: Some(budget), least_return: 0.0, ..read.terms };
        let found = allocation::allocate(&offers, &terms).map_err(refused)?;
        path.push(Step {
            budget,
            gain: found.value - start,
            net: found.value - start - found.total,
            next_unit: Some(found.lambda),
            points: None,
            spending: found.spending,
        });
    }
    let judged =
        read.drivers.iter().enumerate().filter(|(_, driver)| driver.response.source == CurveSource::Judged);
    let warnings: Vec<Warning> =
        judged.map(|(at, _)| Warning::Judged { column: Column::Driver(at) }).collect();
    let budget_binds = read.terms.budget.is_some_and(|budget| best.total >= budget * (1.0 - 1e-9))
        && best.lambda > read.terms.least_return;
    Ok(Answer {
        basis: Basis::FixedValues,
        budget: read.terms.budget,
        least_return: read.terms.least_return,
        method: best.method,
        drivers: rows.collect(),
        total: best.total,
        value: best.value,
        gain: best.value - start,
        net: best.value - start - best.total,
        lambda: Some(best.lambda),
        points: None,
        budget_binds,
        customers: None,
        path,
        told: Told::of(&warnings, |column| read.name(column)),
        seconds: Seconds { read: 0.0, fit: 0.0 },
    })
}

/// Drivers that raise the satisfaction of observed customers together.
fn along_the_curve(read: &Read) -> Result<Answer, Fault> {
    let Some(customers) = &read.customers else { return at_fixed_values(read) };
    let lifts = read.lifts();
    let plan = Plan {
        customers: &customers.levels,
        response: customers.response,
        benefit: customers.benefit,
        lifts: &lifts,
        terms: read.terms,
    };
    let BudgetPath { steps, best, budget_binds, method, warnings } =
        plan.path().map_err(|refusal| read.refused(refusal))?;
    let rows = read.drivers.iter().zip(&lifts).zip(&best.spending).map(|((driver, lift), x)| Row {
        driver: driver.name.clone(),
        spending: *x,
        share: (best.total > 0.0).then(|| x / best.total),
        points: lift.response.curve.value(*x) - lift.response.curve.value(lift.today),
        value: None,
        next_unit: None,
        judged: lift.response.source == CurveSource::Judged,
    });
    let every = (steps.len().saturating_sub(1) / PATH).max(1);
    let path = steps.iter().skip(every).step_by(every).map(|step| Step {
        budget: step.total,
        gain: step.value,
        net: step.net,
        next_unit: step.marginal,
        points: Some(step.points),
        spending: step.spending.clone(),
    });
    Ok(Answer {
        basis: Basis::Customers,
        budget: read.terms.budget,
        least_return: read.terms.least_return,
        method,
        drivers: rows.collect(),
        total: best.total,
        value: best.value,
        gain: best.value,
        net: best.net,
        lambda: best.marginal,
        points: Some(best.points),
        budget_binds,
        customers: Some(customers.counted()),
        path: path.collect(),
        told: Told::of(customers.warnings.iter().chain(&warnings), |column| read.name(column)),
        seconds: Seconds { read: 0.0, fit: 0.0 },
    })
}

/// How the division was found, in words.
fn words(method: Method) -> &'static str {
    match method {
        Method::WaterFilling => "equal return of the next unit everywhere, exact",
        Method::DynamicProgramming => "dynamic programming over whole steps, since a curve is S-shaped",
    }
}
