//! `cam fit`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

use cam_stats::ols::{self, Coefficient, Problem, SeKind, StandardErrors, TestResult};
use cam_stats::{Warning, logistic};
use serde::Serialize;

use super::adhoc::{Data, Fault, Missing, Seconds, Told, Wanted, digits, p_value, print, write_counts};

/// Fits a model to the columns of a CSV file, without a database.
///
/// Least squares prints outcome units per unit of a driver; a logistic model prints log-odds of the outcome 1.
/// Standard errors are HC3 for least squares and classic for a logistic model, unless --se says otherwise.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cam fit ols answers.csv --outcome satisfaction --drivers service,price\n  \
                        cam fit ols answers.csv --outcome satisfaction --drivers service --se cluster:shop\n  \
                        cam fit logistic answers.csv --outcome renewed --drivers satisfaction --json"
)]
pub(super) struct Fit {
    /// What to fit
    model: Model,
    /// CSV file with a header (gzip too); empty cells and NA are missing
    file: PathBuf,
    /// Column of the outcome; 0 or 1 for a logistic model
    #[arg(long, value_name = "COLUMN")]
    outcome: String,
    /// Columns of the drivers, separated by commas
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', required = true)]
    drivers: Vec<String>,
    /// Fit no constant
    #[arg(long)]
    no_intercept: bool,
    /// Standard errors: classic, hc0, hc1, hc2, hc3 or cluster:COLUMN
    #[arg(long, value_name = "KIND")]
    se: Option<Errors>,
    /// What to do with rows that miss a driver
    #[arg(long, value_enum, default_value_t = Missing::Complete)]
    missing: Missing,
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
    coefficients: Vec<Row>,
    se_kind: SeKind,
    fit: BTreeMap<&'static str, f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    vif: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marginal_effects: Vec<Effect>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct Row {
    term: String,
    estimate: f64,
    std_error: f64,
    statistic: Option<f64>,
    df: Option<f64>,
    p_value: Option<f64>,
    ci_low: f64,
    ci_high: f64,
}

#[derive(Debug, Serialize)]
struct Effect {
    term: String,
    estimate: f64,
    std_error: f64,
}

impl Fit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let labels: Vec<String> = match &self.se {
            Some(Errors::Cluster(column)) => vec![column.clone()],
            _ => Vec::new(),
        };
        let wanted = Wanted {
            outcome: Some(&self.outcome),
            drivers: &self.drivers,
            factors: &[],
            labels: &labels,
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
            Model::Logistic => self.logistic(&data, &problem)?,
        };
        answer.seconds = Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() };
        Ok(answer)
    }

    fn errors<'a>(&self, data: &'a Data) -> StandardErrors<'a> {
        match (&self.se, self.model, data.clusters()) {
            (Some(Errors::Cluster(_)), _, Some(ids)) => StandardErrors::Clustered { ids, correction: None },
            (Some(Errors::Hc(0)), _, _) => StandardErrors::HC0,
            (Some(Errors::Hc(1)), _, _) => StandardErrors::HC1,
            (Some(Errors::Hc(2)), _, _) => StandardErrors::HC2,
            (Some(Errors::Hc(_)), _, _) | (None, Model::Ols, _) => StandardErrors::HC3,
            _ => StandardErrors::Classic,
        }
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
        answer.vif = self.drivers.iter().cloned().zip(found.vif).collect();
        Ok(answer)
    }

    fn logistic(&self, data: &Data, problem: &Problem<'_>) -> Result<Answer, Fault> {
        let found = logistic::fit(problem, self.errors(data)).map_err(|refusal| data.refused(refusal))?;
        let mut answer = self.common(data, &found.coefficients, found.se_kind, &found.warnings);
        answer.model = "logistic";
        answer.fit = BTreeMap::from([
            ("aic", found.aic),
            ("bic", found.bic),
            ("deviance", found.deviance),
            ("events", found.events as f64),
            ("log_likelihood", found.log_likelihood),
            ("mcfadden", found.mcfadden),
            ("null_deviance", found.null_deviance),
        ]);
        answer.marginal_effects = found
            .marginal_effects
            .iter()
            .map(|effect| Effect {
                term: self.drivers[effect.driver].clone(),
                estimate: effect.estimate,
                std_error: effect.std_error,
            })
            .collect();
        Ok(answer)
    }

    fn common(
        &self,
        data: &Data,
        coefficients: &[Coefficient],
        se_kind: SeKind,
        warnings: &[Warning],
    ) -> Answer {
        let terms = coefficients.iter().map(|coefficient| Row {
            term: coefficient
                .driver
                .map_or_else(|| "(Intercept)".to_owned(), |driver| self.drivers[driver].clone()),
            estimate: coefficient.estimate,
            std_error: coefficient.std_error,
            statistic: coefficient.statistic,
            df: coefficient.df,
            p_value: coefficient.p_value,
            ci_low: coefficient.low,
            ci_high: coefficient.high,
        });
        let warnings: Vec<Warning> = warnings.iter().copied().chain([Warning::Observational]).collect();
        Answer {
            model: "",
            outcome: self.outcome.clone(),
            n: data.outcome.len(),
            n_available: data.available,
            dropped: data.available - data.outcome.len(),
            dropped_by: data.dropped_by.clone(),
            coefficients: terms.collect(),
            se_kind,
            fit: BTreeMap::new(),
            vif: BTreeMap::new(),
            marginal_effects: Vec::new(),
            told: data.told(&warnings),
            seconds: Seconds { read: data.seconds, fit: 0.0 },
        }
    }
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
        let width = self.coefficients.iter().map(|term| term.term.chars().count()).max().unwrap_or(0);
        let heads = ["estimate", "std. error", "statistic", "df", "p", "95 % from", "to"];
        write!(out, "\n{:width$}", "")?;
        for head in heads {
            write!(out, " {head:>12}")?;
        }
        writeln!(out)?;
        let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), digits);
        for term in &self.coefficients {
            write!(out, "{:width$}", term.term)?;
            let cells = [
                digits(term.estimate),
                digits(term.std_error),
                optional(term.statistic),
                optional(term.df),
                p_value(term.p_value),
                digits(term.ci_low),
                digits(term.ci_high),
            ];
            for cell in cells {
                write!(out, " {cell:>12}")?;
            }
            writeln!(out)?;
        }
        let kind = serde_json::to_value(self.se_kind)?;
        writeln!(out, "\nstandard errors: {}", kind.as_str().unwrap_or_default())?;
        for effect in &self.marginal_effects {
            let (estimate, std_error) = (digits(effect.estimate), digits(effect.std_error));
            writeln!(out, "average effect of {} on the probability: {estimate} ({std_error})", effect.term)?;
        }
        for (name, vif) in &self.vif {
            writeln!(out, "variance inflation of {name}: {}", digits(*vif))?;
        }
        for (key, value) in &self.fit {
            writeln!(out, "{}: {}", key.replace('_', " "), digits(*value))?;
        }
        writeln!(out)?;
        self.told.write(out)
    }
}
