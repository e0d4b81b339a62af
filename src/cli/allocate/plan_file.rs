//! The plan that `cam allocate` takes.

use std::ops::Range;
use std::path::PathBuf;

use cam_stats::allocation::Terms;
use cam_stats::allocation::plan::Lift;
use cam_stats::optimum::{Customers, ResponseFunction};
use cam_stats::response::{Answers, Response, ResponseCurve, Source as CurveSource};
use cam_stats::verdict::Verdict;
use cam_stats::{Column, Parameter, Refusal, Warning};
use serde::Deserialize;
use toml::Spanned;

use super::answer::Counted;
use crate::cli::adhoc::{Cells, Data, Fault, Missing, Wanted};
use crate::cli::toml_file::Source;

/// Steps of the budget where none are asked for.
const STEPS: usize = 200;

/// What `cam allocate --help` says below the options.
pub(super) const HELP: &str = "Examples:
  cam allocate plan.toml
  cam allocate --flows=-100000,30000,40000,40000,30000 --rate 0.1

plan.toml with a fixed value per point:
  budget = 100                   # leave it out for as much as pays
  least_return = 1               # what the last unit has to bring; 1.1 earns 10 %, 0 spends everything
  [[driver]]
  name = \"service\"
  value = 900                    # money that one point of the driver brings
  curve = { log = { b = 0.4, k = 20 } }                          # b ln(1 + x / k) points for x
  [[driver]]
  name = \"price\"
  value = 300
  curve = { power = { b = 0.9, c = 0.4 } }                       # b x^c
  cap = 40                       # the most that can be spent on it
  [[driver]]
  name = \"product\"
  value = 600
  curve = { adbudg = { answers = [0.1, 0.4, 0.5, 0.7], spent_today = 20 } }
    # points without spending, today, with half as much again, and at saturation
    # or { s_curve = { least = 0, most = 1, c = 2.5, half = 15 } }: half of the way is gone at 15
  history = { spent = [10, 20, 40], reached = [0.2, 0.4, 0.6] }  # replaces the judgement
    # a curve without history is a judgement, unless you say estimated = true

With the curve over your customers: each driver has impact (points of satisfaction per point of the driver, as
`cam pls` prints it) in place of value, and spent_today; and the plan has:
  [customers]
  file = \"accounts.csv\"          # from the folder of the plan
  satisfaction = \"index\"         # 0 to 100
  weight = \"weight\"              # may be left out
  count = 20000                  # customers that the rows stand for; may be left out
  [response]
  curve = \"curve.json\"           # what `cam curve … --json` printed; or its figures:
  # slope_below = 1.1, plateau = 72, slope_above = 0, observed = [35, 98]
  benefit = 3                    # what a unit of yearly money is worth: years, discounting";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    budget: Option<f64>,
    #[serde(default = "break_even")]
    least_return: f64,
    #[serde(default = "steps")]
    steps: usize,
    driver: Vec<Spanned<DriverFile>>,
    customers: Option<Spanned<CustomersFile>>,
    response: Option<Spanned<ResponseFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DriverFile {
    name: String,
    value: Option<f64>,
    impact: Option<f64>,
    curve: Spanned<CurveFile>,
    cap: Option<f64>,
    spent_today: Option<f64>,
    #[serde(default)]
    estimated: bool,
    history: Option<Spanned<History>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum CurveFile {
    Log { b: f64, k: f64 },
    Power { b: f64, c: f64 },
    Adbudg { answers: [f64; 4], spent_today: f64 },
    SCurve { least: f64, most: f64, c: f64, half: f64 },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    spent: Vec<f64>,
    reached: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomersFile {
    file: PathBuf,
    satisfaction: String,
    weight: Option<String>,
    count: Option<f64>,
    #[serde(default = "one")]
    reliability: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseFile {
    curve: Option<PathBuf>,
    slope_below: Option<f64>,
    plateau: Option<f64>,
    slope_above: Option<f64>,
    observed: Option<[f64; 2]>,
    #[serde(default = "one")]
    benefit: f64,
}

/// What `cam curve --json` prints, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct PrintedCurve {
    verdict: Verdict,
    plateau: Option<PrintedPlateau>,
    kink: Option<f64>,
    slope: Option<PrintedSlope>,
    slope_below: Option<PrintedSlope>,
    slope_above: Option<PrintedSlope>,
    observed: PrintedRange,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct PrintedPlateau {
    level: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct PrintedSlope {
    estimate: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct PrintedRange {
    p5: f64,
    p95: f64,
}

fn break_even() -> f64 {
    1.0
}

fn one() -> f64 {
    1.0
}

fn steps() -> usize {
    STEPS
}

/// A plan that can be calculated.
pub(super) struct Read {
    pub(super) drivers: Vec<Driver>,
    pub(super) customers: Option<Observed>,
    pub(super) terms: Terms,
}

pub(super) struct Driver {
    pub(super) name: String,
    /// Value per point, or points of satisfaction per point.
    pub(super) worth: f64,
    pub(super) response: Response,
    pub(super) cap: Option<f64>,
    pub(super) today: f64,
}

/// Customers and the curve of their money.
pub(super) struct Observed {
    pub(super) levels: Customers,
    pub(super) response: ResponseFunction,
    pub(super) benefit: f64,
    pub(super) warnings: Vec<Warning>,
    counted: Counted,
}

impl Observed {
    pub(super) fn counted(&self) -> Counted {
        self.counted.clone()
    }
}

impl Read {
    pub(super) fn name(&self, column: Column) -> String {
        let known = match column {
            Column::Driver(driver) => self.drivers.get(driver).map(|driver| driver.name.clone()),
            _ => None,
        };
        known.unwrap_or_else(|| "the response".to_owned())
    }

    pub(super) fn refused(&self, refusal: Refusal) -> Fault {
        Fault::Refused { code: refusal.code(), message: refusal.sentence(|column| self.name(column)) }
    }

    pub(super) fn lifts(&self) -> Vec<Lift> {
        let lift = |driver: &Driver| Lift {
            impact: driver.worth,
            response: driver.response,
            today: driver.today,
            cap: driver.cap,
        };
        self.drivers.iter().map(lift).collect()
    }
}

impl PlanFile {
    pub(super) fn read(&self, source: &Source) -> Result<Read, Fault> {
        let customers = match (&self.customers, &self.response) {
            (Some(customers), Some(response)) => Some(observed(source, customers, response)?),
            (None, None) => None,
            (Some(one), None) => {
                return Err(source.fault("E_PLAN", one.span(), "[customers] needs [response] beside it"));
            }
            (None, Some(one)) => {
                return Err(source.fault("E_PLAN", one.span(), "[response] needs [customers] beside it"));
            }
        };
        let drivers: Vec<Driver> = self
            .driver
            .iter()
            .map(|driver| driver.get_ref().read(source, driver.span(), customers.is_some()))
            .collect::<Result<_, _>>()?;
        let terms = Terms { budget: self.budget, least_return: self.least_return, steps: self.steps };
        Ok(Read { drivers, customers, terms })
    }
}

impl DriverFile {
    fn read(&self, source: &Source, span: Range<usize>, on_customers: bool) -> Result<Driver, Fault> {
        let worth = match (on_customers, self.value, self.impact) {
            (false, Some(value), None) => value,
            (true, None, Some(impact)) => impact,
            (false, ..) => {
                let message =
                    format!("{} needs value, the money that one point brings, and no impact", self.name);
                return Err(source.fault("E_PLAN", span, &message));
            }
            (true, ..) => {
                let message = format!(
                    "{} needs impact, the points of satisfaction that one point brings, and no value: [customers] \
                     and [response] say what they are worth",
                    self.name
                );
                return Err(source.fault("E_PLAN", span, &message));
            }
        };
        let refused = |span: Range<usize>, refusal: Refusal| {
            let message = format!("{}: {}", self.name, refusal.sentence(|_| self.name.clone()));
            source.fault(refusal.code(), span, &message)
        };
        let spent = |spent_today: f64| self.spent_today.unwrap_or(spent_today);
        let (curve, today) = match *self.curve.get_ref() {
            CurveFile::Log { b, k } => (ResponseCurve::Log { b, k }, spent(0.0)),
            CurveFile::Power { b, c } => (ResponseCurve::Power { b, c }, spent(0.0)),
            CurveFile::SCurve { least, most, c, half } => {
                (ResponseCurve::Adbudg { least, most, c, d: 1.0, unit: half }, spent(0.0))
            }
            CurveFile::Adbudg { answers: [without, today, half_more, saturation], spent_today } => {
                let answers = Answers { without, today, half_more, saturation };
                let judged =
                    answers.calibrate(spent_today).map_err(|refusal| refused(self.curve.span(), refusal))?;
                (judged.curve, spent(spent_today))
            }
        };
        let mut response = Response { curve, source: CurveSource::Judged };
        if self.estimated {
            response.source = CurveSource::Observed { levels: 0, rss: 0.0 };
        }
        if let Some(history) = &self.history {
            let History { spent, reached } = history.get_ref();
            response =
                response.updated(spent, reached).map_err(|refusal| refused(history.span(), refusal))?;
        }
        Ok(Driver { name: self.name.clone(), worth, response, cap: self.cap, today })
    }
}

fn observed(
    source: &Source,
    customers: &Spanned<CustomersFile>,
    response: &Spanned<ResponseFile>,
) -> Result<Observed, Fault> {
    let (span, customers) = (customers.span(), customers.get_ref());
    let names: Vec<String> =
        std::iter::once(&customers.satisfaction).chain(&customers.weight).cloned().collect();
    let wanted = Wanted {
        outcome: None,
        event: None,
        cells: &Cells::default(),
        drivers: &names,
        factors: &[],
        labels: &[],
        extras: &[],
        missing: Missing::Complete,
    };
    let data = Data::read(&source.beside(&customers.file), &wanted)?;
    let levels = data.columns.first().map(Vec::as_slice).unwrap_or_default();
    let ones = vec![1.0; levels.len()];
    let weights = data.columns.get(1).map_or(ones.as_slice(), Vec::as_slice);
    if let Some(row) = levels.iter().position(|level| !(0.0..=100.0).contains(level)) {
        return Err(data.refused(Refusal::OffScale { column: Column::Driver(0), row }));
    }
    let total: f64 = weights.iter().sum();
    if let Some(row) = weights.iter().position(|weight| *weight < 0.0).or((total <= 0.0).then_some(0)) {
        return Err(data.refused(Refusal::BadWeight { row }));
    }
    let reliability = customers.reliability;
    if !(reliability > 0.0 && reliability <= 1.0) {
        let (parameter, position) = (Parameter::Reliability, 0);
        return Err(data.refused(Refusal::BadParameter { parameter, position, value: reliability }));
    }
    let count = customers.count.unwrap_or(total);
    if !(count > 0.0 && count.is_finite()) {
        return Err(source.fault(
            "E_PLAN",
            span,
            "count has to be above 0: the customers that the rows stand for",
        ));
    }
    let pairs = levels.iter().zip(weights).map(|(level, weight)| (*level, weight * (count / total)));
    let observed =
        Customers::new(pairs, reliability).ok_or_else(|| data.refused(Refusal::BadWeight { row: 0 }))?;
    let (response, benefit) = (response.get_ref().read(source, response.span())?, response.get_ref().benefit);
    let counted = Counted {
        n: levels.len(),
        n_available: data.available,
        dropped: data.available - levels.len(),
        dropped_by: data.dropped_by.clone(),
        weight: observed.weight(),
        mean: observed.mean(),
    };
    Ok(Observed { levels: observed, response, benefit, warnings: data.warnings, counted })
}

impl ResponseFile {
    fn read(&self, source: &Source, span: Range<usize>) -> Result<ResponseFunction, Fault> {
        let fault = |message: &str| source.fault("E_PLAN", span.clone(), message);
        let given = [self.slope_below, self.plateau, self.slope_above];
        match (&self.curve, self.slope_below) {
            (Some(file), _) if given.iter().all(Option::is_none) && self.observed.is_none() => {
                printed(&source.beside(file))
            }
            (Some(_), _) => Err(fault("give the curve or its figures, not both")),
            (None, Some(left)) => {
                let [low, high] = self.observed.unwrap_or([0.0, 100.0]);
                if low.partial_cmp(&high) != Some(std::cmp::Ordering::Less) {
                    return Err(fault("observed has to rise: write the lower end first"));
                }
                let (psi, right) = match self.plateau {
                    Some(plateau) => (plateau, self.slope_above.unwrap_or(0.0)),
                    None => (high, left),
                };
                Ok(ResponseFunction { intercept: 0.0, left, psi, right, low, high })
            }
            (None, None) => Err(fault("name the curve's file, or give slope_below (and plateau)")),
        }
    }
}

/// The response by what `cam curve --json` printed.
fn printed(path: &std::path::Path) -> Result<ResponseFunction, Fault> {
    let refused =
        |code, message: String| Fault::Refused { code, message: format!("{}: {message}", path.display()) };
    let text = std::fs::read_to_string(path).map_err(|error| refused("E_FILE", error.to_string()))?;
    let curve: PrintedCurve = serde_json::from_str(&text)
        .map_err(|error| refused("E_CURVE", format!("{error}; save what `cam curve … --json` prints")))?;
    let estimate = |slope: Option<PrintedSlope>| slope.map(|slope| slope.estimate);
    let PrintedRange { p5: low, p95: high } = curve.observed;
    let shape = match curve.verdict {
        Verdict::Plateau => {
            estimate(curve.slope_below).zip(curve.plateau).map(|(left, plateau)| (left, plateau.level, 0.0))
        }
        Verdict::Diminishing => estimate(curve.slope_below)
            .zip(curve.kink)
            .zip(estimate(curve.slope_above))
            .map(|((left, kink), right)| (left, kink, right)),
        Verdict::Linear => estimate(curve.slope).map(|slope| (slope, high, slope)),
        Verdict::NoRelation | Verdict::Convex | Verdict::Declines | Verdict::TooFew => {
            let verdict = serde_json::to_value(curve.verdict).unwrap_or_default();
            let message = format!(
                "the verdict is {}: no budget can be set by this curve; only PLATEAU, DIMINISHING and LINEAR say \
                 what a point is worth",
                verdict.as_str().unwrap_or_default()
            );
            return Err(refused("E_VERDICT", message));
        }
    };
    let Some((left, psi, right)) = shape else {
        return Err(refused(
            "E_CURVE",
            "it names no slope for its verdict; give the figures instead".to_owned(),
        ));
    };
    Ok(ResponseFunction { intercept: 0.0, left, psi, right, low, high })
}
