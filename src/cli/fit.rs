//! `cam fit`.

mod many_rows;
mod models;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

use cam_stats::ols::{self, Coefficient, Problem, SeKind, StandardErrors, TestResult};
use cam_stats::sensitivity::sensitivity;
use cam_stats::{Warning, firth};
use serde::Serialize;

use super::adhoc::{
    Cells, Data, Fault, Missing, Seconds, Told, Wanted, digits, p_value, print, write_counts,
};

/// Fits a model to the columns of a CSV or Parquet file, without a database.
///
/// Least squares prints outcome units per unit of a driver; logistic and Firth print log-odds of the outcome 1; Cox prints
/// the logarithm of the hazard ratio; Gamma and Tweedie print log ratios of the mean amount; a hurdle is the chance of an
/// amount times its size; a panel takes the levels of units and periods out. Standard errors are HC3 for least squares, HC0
/// for Gamma and Tweedie, clustered by unit for a panel, else classic, unless --se says otherwise. A logistic model whose
/// outcome is separated is fitted by Firth, and says so. From 32 MB on, and with --missing mean, rows are held in a compact
/// copy and only figures of one pass are printed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cam fit ols answers.csv --outcome satisfaction --drivers service,price\n  \
                        cam fit ols answers.csv --outcome satisfaction --drivers service --se cluster:shop\n  \
                        cam fit logistic answers.csv --outcome renewed --drivers satisfaction --factors segment --json\n  \
                        cam fit cox customers.csv --time months --outcome left --drivers satisfaction\n  \
                        cam fit panel shops.csv --unit shop --period quarter --outcome sales --drivers satisfaction --lag 1"
)]
pub(super) struct Fit {
    /// What to fit
    model: Model,
    /// CSV file with a header (gzip too) or Parquet file; empty cells and NA are missing
    file: PathBuf,
    /// Column of the outcome; 0 or 1 for a logistic model, Firth and Cox (1: has left)
    #[arg(long, value_name = "COLUMN")]
    outcome: String,
    /// Columns of the drivers, separated by commas
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', required = true)]
    drivers: Vec<String>,
    /// Columns of labels, such as segments: each label but the first becomes a driver of 0 and 1
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    factors: Vec<String>,
    /// Column of the time until the end, for Cox
    #[arg(long, value_name = "COLUMN", required_if_eq("model", "cox"))]
    time: Option<String>,
    /// Column of the time from which on a row was watched, for Cox
    #[arg(long, value_name = "COLUMN", requires = "time")]
    entry: Option<String>,
    /// Column of the exposure (months active), for Gamma and Tweedie
    #[arg(long, value_name = "COLUMN")]
    exposure: Option<String>,
    /// Power of a Tweedie model, between 1 and 2; the likeliest without it
    #[arg(long, value_name = "P")]
    power: Option<f64>,
    /// Penalty of a logistic model: a number, or cv for the best on seeded tenths
    #[arg(long, value_name = "LAMBDA")]
    ridge: Option<Ridge>,
    /// Column of the unit, for a panel
    #[arg(long, value_name = "COLUMN", required_if_eq("model", "panel"))]
    unit: Option<String>,
    /// Column of the period, for a panel: whole numbers or quarters such as 2026Q3
    #[arg(long, value_name = "COLUMN", required_if_eq("model", "panel"))]
    period: Option<String>,
    /// Periods by which the drivers come before the outcome, for a panel
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=40))]
    lag: i64,
    /// Levels that a panel takes out besides those of units
    #[arg(long, value_enum, default_value_t = Levels::Period)]
    effects: Levels,
    /// Periods to the year, for --effects season
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=366))]
    season: u32,
    /// Fit no constant
    #[arg(long)]
    no_intercept: bool,
    /// Standard errors: classic, hc0, hc1, hc2, hc3 or cluster:COLUMN
    #[arg(long, value_name = "KIND")]
    se: Option<Errors>,
    /// What to do with rows that miss a driver
    #[arg(long, value_enum, default_value_t = Missing::Complete)]
    missing: Missing,
    /// Label of the outcome that counts as 1, all others as 0, where its column holds labels
    #[arg(long, value_name = "LABEL")]
    event: Option<String>,
    #[command(flatten)]
    cells: Cells,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Model {
    /// Least squares
    Ols,
    /// Logistic regression of a 0/1 outcome
    Logistic,
    /// Logistic regression with Firth's penalty
    Firth,
    /// Time until customers leave, by Cox
    Cox,
    /// Positive amounts, log link
    Gamma,
    /// Amounts with zeros, log link
    Tweedie,
    /// Amounts with zeros in two parts: the chance of any, and how much
    Hurdle,
    /// Units over periods, with fixed effects
    Panel,
}

/// Levels that a panel takes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Levels {
    /// Of units alone
    Unit,
    /// Of units and seasons
    Season,
    /// Of units and periods
    Period,
}

/// Strength of a penalty.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ridge {
    Lambda(f64),
    CrossValidated,
}

impl FromStr for Ridge {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "cv" => Ok(Self::CrossValidated),
            Ok(lambda) => Ok(Self::Lambda(lambda)),
            Err(_) => Err("say a number, or cv".to_owned()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Errors {
    Classic,
    Hc(u8),
    Cluster(String),
}

impl FromStr for Errors {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("cluster", column)) if !column.is_empty() => Ok(Self::Cluster(column.to_owned())),
            _ => match text {
                "classic" => Ok(Self::Classic),
                "hc0" => Ok(Self::Hc(0)),
                "hc1" => Ok(Self::Hc(1)),
                "hc2" => Ok(Self::Hc(2)),
                "hc3" => Ok(Self::Hc(3)),
                _ => Err("say classic, hc0, hc1, hc2, hc3 or cluster:COLUMN".to_owned()),
            },
        }
    }
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Answer {
    model: &'static str,
    outcome: String,
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coefficients: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
    se_kind: SeKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervals: Option<&'static str>,
    fit: BTreeMap<&'static str, f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    vif: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marginal_effects: Vec<Effect>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    proportional_hazards: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    robustness: Vec<Explained>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Default, Serialize)]
struct Row {
    term: String,
    estimate: f64,
    std_error: Option<f64>,
    statistic: Option<f64>,
    df: Option<f64>,
    p_value: Option<f64>,
    ci_low: Option<f64>,
    ci_high: Option<f64>,
}

impl From<&Coefficient> for Row {
    fn from(coefficient: &Coefficient) -> Self {
        Self {
            term: String::new(),
            estimate: coefficient.estimate,
            std_error: Some(coefficient.std_error),
            statistic: coefficient.statistic,
            df: coefficient.df,
            p_value: coefficient.p_value,
            ci_low: Some(coefficient.low),
            ci_high: Some(coefficient.high),
        }
    }
}

/// One of several tables of coefficients.
#[derive(Debug, Serialize)]
struct Part {
    part: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Effect {
    term: String,
    estimate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    std_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ci_low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ci_high: Option<f64>,
}

/// How strong an unmeasured cause would have to be to explain a coefficient away.
#[derive(Debug, Serialize)]
struct Explained {
    term: String,
    partial_r_squared: f64,
    robustness_value: f64,
    robustness_value_of_test: f64,
    /// The strongest measured driver, and what a cause as strong would leave of the estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_strong_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate_left: Option<f64>,
}

impl Fit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        if let Some(answer) = self.many_rows() {
            return answer;
        }
        let labels: Vec<String> = match (&self.se, &self.unit, &self.period) {
            (_, Some(unit), Some(period)) if self.model == Model::Panel => vec![unit.clone(), period.clone()],
            (Some(Errors::Cluster(column)), ..) => vec![column.clone()],
            _ => Vec::new(),
        };
        let extras: Vec<(&'static str, &String)> =
            [("time", &self.time), ("entry", &self.entry), ("exposure", &self.exposure)]
                .into_iter()
                .filter_map(|(use_as, column)| Some((use_as, column.as_ref()?)))
                .collect();
        let wanted = Wanted {
            outcome: Some(&self.outcome),
            event: self.event.as_deref(),
            cells: &self.cells,
            drivers: &self.drivers,
            factors: &self.factors,
            labels: &labels,
            extras: &extras,
            missing: self.missing,
        };
        let data = Data::read(&self.file, &wanted)?;
        let drivers = data.slices();
        let problem = Problem {
            outcome: &data.outcome,
            drivers: &drivers,
            intercept: !self.no_intercept,
            weights: None,
        };
        let start = Instant::now();
        let mut answer = match self.model {
            Model::Ols => self.least_squares(&data, &problem)?,
            Model::Logistic => self.log_odds(&data, &problem)?,
            Model::Firth => {
                self.firth(&data, &firth::fit(&problem).map_err(|refusal| data.refused(refusal))?)
            }
            Model::Cox => self.cox(&data, &drivers)?,
            Model::Gamma | Model::Tweedie => self.generalised(&data, &problem)?,
            Model::Hurdle => self.hurdle(&data, &problem)?,
            Model::Panel => self.panel(&data)?,
        };
        answer.seconds = Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() };
        Ok(answer)
    }

    fn errors<'a>(&self, data: &'a Data) -> StandardErrors<'a> {
        match (&self.se, self.model, data.clusters()) {
            (Some(Errors::Cluster(_)), _, Some(ids)) => StandardErrors::Clustered { ids, correction: None },
            (Some(Errors::Hc(0)), _, _) | (None, Model::Gamma | Model::Tweedie, _) => StandardErrors::HC0,
            (Some(Errors::Hc(1)), _, _) => StandardErrors::HC1,
            (Some(Errors::Hc(2)), _, _) => StandardErrors::HC2,
            (Some(Errors::Hc(_)), _, _) | (None, Model::Ols, _) => StandardErrors::HC3,
            _ => StandardErrors::Classic,
        }
    }

    fn is_clustered(&self) -> bool {
        matches!(self.se, Some(Errors::Cluster(_)))
    }

    fn least_squares(&self, data: &Data, problem: &Problem<'_>) -> Result<Answer, Fault> {
        let found = ols::fit(problem, self.errors(data)).map_err(|refusal| data.refused(refusal))?;
        let mut fit = BTreeMap::from([
            ("adjusted_r_squared", found.adjusted_r_squared),
            ("r_squared", found.r_squared),
            ("rss", found.rss),
            ("sigma", found.sigma),
        ]);
        let optional = [
            ("aic", found.aic),
            ("bic", found.bic),
            ("log_likelihood", found.log_likelihood),
            ("press", found.press),
        ];
        fit.extend(optional.into_iter().filter_map(|(key, value)| Some((key, value?))));
        insert_test(&mut fit, ["f_statistic", "f_df1", "f_df2", "f_p_value"], found.f_test);
        insert_test(
            &mut fit,
            ["breusch_pagan", "breusch_pagan_df", "", "breusch_pagan_p_value"],
            found.breusch_pagan,
        );
        let mut answer = self.common(data, &found.coefficients, found.se_kind, &found.warnings);
        answer.model = "ols";
        answer.fit = fit;
        answer.vif = data.drivers.iter().cloned().zip(found.vif).collect();
        answer.robustness = robustness(data, problem);
        Ok(answer)
    }

    fn common(
        &self,
        data: &Data,
        coefficients: &[Coefficient],
        se_kind: SeKind,
        warnings: &[Warning],
    ) -> Answer {
        let warnings: Vec<Warning> = warnings.iter().copied().chain([Warning::Observational]).collect();
        Answer {
            model: "",
            outcome: self.outcome.clone(),
            n: data.outcome.len(),
            n_available: data.available,
            dropped: data.available - data.outcome.len(),
            dropped_by: data.dropped_by.clone(),
            coefficients: rows(data, coefficients),
            parts: Vec::new(),
            se_kind,
            intervals: None,
            fit: BTreeMap::new(),
            vif: BTreeMap::new(),
            marginal_effects: Vec::new(),
            proportional_hazards: BTreeMap::new(),
            robustness: Vec::new(),
            told: data.told(&warnings),
            seconds: Seconds { read: data.seconds, fit: 0.0 },
        }
    }
}

/// Coefficients with their terms.
fn rows(data: &Data, coefficients: &[Coefficient]) -> Vec<Row> {
    let term = |coefficient: &Coefficient| match coefficient.driver {
        None => "(Intercept)".to_owned(),
        Some(driver) => data.drivers[driver].clone(),
    };
    coefficients.iter().map(|coefficient| Row { term: term(coefficient), ..Row::from(coefficient) }).collect()
}

/// Robustness values of all drivers; none where one has no standard error.
fn robustness(data: &Data, problem: &Problem<'_>) -> Vec<Explained> {
    let of = |driver: usize| {
        let found = sensitivity(problem, driver, 1.0, 0.05).ok()?;
        let strongest = found.strongest.first();
        Some(Explained {
            term: data.drivers[driver].clone(),
            partial_r_squared: found.partial_r_squared,
            robustness_value: found.robustness,
            robustness_value_of_test: found.robustness_of_test,
            as_strong_as: strongest.map(|bound| data.drivers[bound.driver].clone()),
            estimate_left: strongest.map(|bound| bound.estimate),
        })
    };
    (0..problem.drivers.len()).filter_map(of).collect()
}

/// Statistic, degrees of freedom and p-value under their keys; an empty key leaves its figure out.
fn insert_test(fit: &mut BTreeMap<&'static str, f64>, keys: [&'static str; 4], test: Option<TestResult>) {
    let Some(test) = test else { return };
    let values = [Some(test.statistic), Some(test.df1), test.df2, Some(test.p_value)];
    for (key, value) in keys.into_iter().zip(values) {
        if let (false, Some(value)) = (key.is_empty(), value) {
            fit.insert(key, value);
        }
    }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{} of {}", self.model, self.outcome)?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        if !self.coefficients.is_empty() {
            writeln!(out)?;
            write_rows(out, &self.coefficients)?;
        }
        for part in &self.parts {
            writeln!(out, "\n{}:", part.part)?;
            write_rows(out, &part.rows)?;
        }
        let kind = serde_json::to_value(self.se_kind)?;
        match self.intervals {
            Some(intervals) => writeln!(out, "\nintervals: {intervals}")?,
            None => writeln!(out, "\nstandard errors: {}", kind.as_str().unwrap_or_default())?,
        }
        for effect in &self.marginal_effects {
            let spread = match (effect.std_error, effect.ci_low, effect.ci_high) {
                (Some(std_error), ..) => digits(std_error),
                (None, Some(low), Some(high)) => format!("95 %: {} to {}", digits(low), digits(high)),
                _ => "-".to_owned(),
            };
            let of = if self.model == "hurdle" { "mean amount" } else { "probability" };
            writeln!(
                out,
                "average effect of {} on the {of}: {} ({spread})",
                effect.term,
                digits(effect.estimate)
            )?;
        }
        for (name, p) in &self.proportional_hazards {
            writeln!(out, "proportional hazards of {name}: p {}", p_value(Some(*p)))?;
        }
        for (name, vif) in &self.vif {
            writeln!(out, "variance inflation of {name}: {}", digits(*vif))?;
        }
        for row in &self.robustness {
            write!(
                out,
                "an unmeasured cause takes {} away if it explains {:.1} % of what is left of both sides",
                row.term,
                100.0 * row.robustness_value
            )?;
            match (&row.as_strong_as, row.estimate_left) {
                (Some(driver), Some(left)) => {
                    writeln!(out, "; one as strong as {driver} leaves {}", digits(left))?;
                }
                _ => writeln!(out)?,
            }
        }
        for (key, value) in &self.fit {
            writeln!(out, "{}: {}", key.replace('_', " "), digits(*value))?;
        }
        writeln!(out)?;
        self.told.write(out)
    }
}

fn write_rows(out: &mut dyn Write, rows: &[Row]) -> std::io::Result<()> {
    let width = rows.iter().map(|term| term.term.chars().count()).max().unwrap_or(0);
    let heads = ["estimate", "std. error", "statistic", "df", "p", "95 % from", "to"];
    write!(out, "{:width$}", "")?;
    for head in heads {
        write!(out, " {head:>12}")?;
    }
    writeln!(out)?;
    let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), digits);
    for row in rows {
        write!(out, "{:width$}", row.term)?;
        let cells = [
            digits(row.estimate),
            optional(row.std_error),
            optional(row.statistic),
            optional(row.df),
            p_value(row.p_value),
            optional(row.ci_low),
            optional(row.ci_high),
        ];
        for cell in cells {
            write!(out, " {cell:>12}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
