//! What moves satisfaction: impact, level and importance of each driver.

use std::collections::BTreeMap;

use cam_stats::importance::{self, DriverShare};
use cam_stats::ols::{self, LinearFit, Problem, StandardErrors};
use cam_stats::{Column, Refusal};

use super::question::Question;
use super::read::Input;
use super::result::{Driver, DriverFinding, Estimate, Notice, Subject};
use super::{AnalysisError, Cluster};
use super::{describe, guard};
use crate::dataset::{Linked, Observation};
use crate::survey::Role;

/// Range that impacts and levels carry.
const RANGE: f64 = 0.9;

/// More rows left out than this share, and the model is refused.
const MOST_DROPPED: f64 = 0.4;

/// Share of rows left out from which it warns.
const MANY_DROPPED: f64 = 0.1;

/// A driver as the question names it.
#[derive(Debug, Clone)]
pub(super) struct DriverSpec {
    pub(super) key: String,
    pub(super) names: BTreeMap<String, String>,
    pub(super) operational: bool,
}

impl DriverSpec {
    fn value(&self, observation: &Observation) -> Option<f64> {
        let values = if self.operational { &observation.attributes } else { &observation.constructs };
        values.get(&self.key).copied()
    }

    /// Whether an item of it was asked; what the ledger holds is not asked of anybody.
    fn asked(&self, observation: &Observation) -> bool {
        self.operational || observation.asked.contains(&self.key)
    }
}

/// Complete rows of satisfaction on all drivers.
pub(super) struct DriverTable {
    pub(super) specs: Vec<DriverSpec>,
    /// Positions in the observations.
    pub(super) rows: Vec<usize>,
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) satisfaction: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) cluster: Vec<usize>,
    available: usize,
    /// Observations that were not asked every driver.
    not_asked: usize,
}

/// The drivers that the question names, or all driver constructs of the last wave, then the operational ones.
pub(super) fn specs(
    input: &Input,
    question: &Question,
    last_wave: usize,
) -> Result<Vec<DriverSpec>, AnalysisError> {
    let instrument = &input.waves[last_wave].instrument;
    let keys: Vec<String> = match &question.constructs {
        Some(keys) => keys.clone(),
        None => instrument
            .constructs
            .iter()
            .filter(|construct| construct.role == Role::Driver)
            .map(|construct| construct.key.clone())
            .collect(),
    };
    if let Some(driver) = keys.iter().find(|key| instrument.construct(key).is_none()) {
        return Err(AnalysisError::UnknownDriver { driver: driver.clone(), survey: question.survey.clone() });
    }
    let constructs = keys.into_iter().map(|key| DriverSpec {
        names: describe::construct_names(instrument, &key),
        key,
        operational: false,
    });
    let operational = question.operational.iter().map(|driver| DriverSpec {
        key: driver.attribute.clone(),
        names: driver.name.clone(),
        operational: true,
    });
    Ok(constructs.chain(operational).collect())
}

impl DriverTable {
    /// Takes the observations that have every driver.
    pub(super) fn new(specs: Vec<DriverSpec>, linked: &Linked, cluster: &[usize]) -> Self {
        let observations = &linked.observations;
        let rows: Vec<usize> = (0..observations.len())
            .filter(|&row| specs.iter().all(|spec| spec.value(&observations[row]).is_some()))
            .collect();
        let columns = specs
            .iter()
            .map(|spec| rows.iter().filter_map(|&row| spec.value(&observations[row])).collect())
            .collect();
        Self {
            columns,
            satisfaction: rows.iter().map(|&row| observations[row].satisfaction).collect(),
            weights: rows.iter().map(|&row| observations[row].weight).collect(),
            cluster: rows.iter().map(|&row| cluster[row]).collect(),
            available: observations.len(),
            not_asked: observations
                .iter()
                .filter(|observation| !specs.iter().all(|spec| spec.asked(observation)))
                .count(),
            rows,
            specs,
        }
    }
}

/// Fits satisfaction on all drivers together.
pub(super) fn drive(
    table: &DriverTable,
    linked: &Linked,
    last_wave: usize,
    unit: Cluster,
) -> (DriverFinding, Vec<Notice>) {
    let mut finding = DriverFinding {
        drivers: Vec::new(),
        n: table.rows.len(),
        n_available: table.available,
        n_not_asked: table.not_asked,
        r_squared: None,
        inseparable: Vec::new(),
        refusal: None,
        se_kind: String::new(),
    };
    let mut notices = Vec::new();
    // What was not asked is no answer that is missing.
    let asked = table.available - table.not_asked;
    let lacking = asked - table.rows.len();
    let dropped = lacking as f64 / asked.max(1) as f64;
    if table.specs.is_empty() {
        finding.refusal = Some(Notice {
            code: "E_NO_DRIVERS".into(),
            subject: Subject::Drivers,
            message: "the survey has no driver constructs and the analysis file names no operational drivers"
                .into(),
        });
        return (finding, notices);
    }
    if asked == 0 {
        finding.refusal = Some(Notice {
            code: "E_NOT_ASKED".into(),
            subject: Subject::Drivers,
            message: format!(
                "none of {} observations was asked every driver: name in the analysis file drivers that the survey asks together",
                table.available
            ),
        });
        return (finding, notices);
    }
    if dropped > MOST_DROPPED {
        finding.refusal = Some(Notice {
            code: "E_TOO_MANY_DROPPED".into(),
            subject: Subject::Drivers,
            message: format!(
                "{lacking} of {asked} observations lack a driver, more than {:.0} %: leave out the driver that is missing most",
                100.0 * MOST_DROPPED
            ),
        });
        return (finding, notices);
    }
    if dropped > MANY_DROPPED {
        notices.push(Notice {
            code: "W_MISSING".into(),
            subject: Subject::Drivers,
            message: format!(
                "{lacking} of {asked} observations lack a driver and are not in the model of what moves satisfaction"
            ),
        });
    }
    match fit(table) {
        Ok((fit, shares)) => {
            let name = |column| column_name(table, column);
            notices.extend(fit.warnings.iter().map(|warning| Notice {
                code: warning.code().into(),
                subject: subject(table, warning.column()),
                message: warning.sentence(name),
            }));
            finding.r_squared = Some(fit.r_squared);
            finding.se_kind = format!("{:?}, {}", fit.se_kind, unit.key()).to_lowercase();
            finding.inseparable = inseparable(table, &fit);
            finding.drivers = drivers(table, &fit, &shares, linked, last_wave);
        }
        Err(refusal) => {
            finding.refusal = Some(Notice {
                code: refusal.code().into(),
                subject: subject(table, refusal.column()),
                message: refusal.sentence(|column| column_name(table, column)),
            });
        }
    }
    (finding, notices)
}

/// The driver that a notice is about, or the model as a whole.
fn subject(table: &DriverTable, column: Option<Column>) -> Subject {
    match column {
        Some(Column::Driver(at)) => table.specs.get(at).map_or(Subject::Drivers, |spec| Subject::Driver {
            key: spec.key.clone(),
            names: spec.names.clone(),
        }),
        _ => Subject::Drivers,
    }
}

fn column_name(table: &DriverTable, column: Column) -> String {
    match column {
        Column::Driver(at) => table.specs.get(at).map_or_else(|| "a driver".into(), |spec| spec.key.clone()),
        Column::Outcome => "satisfaction".into(),
        Column::Weight => "the weight".into(),
        Column::Latent(latent) => format!("latent variable {}", latent + 1),
    }
}

fn fit(table: &DriverTable) -> Result<(LinearFit, Vec<DriverShare>), Refusal> {
    let drivers: Vec<&[f64]> = table.columns.iter().map(Vec::as_slice).collect();
    let problem = Problem {
        outcome: &table.satisfaction,
        drivers: &drivers,
        intercept: true,
        weights: Some(&table.weights),
    };
    let clustered = table.cluster.len() > distinct(&table.cluster);
    let errors = if clustered {
        StandardErrors::Clustered { ids: &table.cluster, correction: None }
    } else {
        StandardErrors::HC3
    };
    let fit = ols::fit(&problem, errors)?;
    Ok((fit, importance::importance(&problem)?.drivers))
}

fn distinct(ids: &[usize]) -> usize {
    ids.iter().collect::<std::collections::HashSet<_>>().len()
}

fn drivers(
    table: &DriverTable,
    fit: &LinearFit,
    shares: &[DriverShare],
    linked: &Linked,
    last_wave: usize,
) -> Vec<Driver> {
    let mut drivers: Vec<Driver> = table
        .specs
        .iter()
        .enumerate()
        .filter_map(|(at, spec)| {
            let coefficient = fit.coefficients.iter().find(|coefficient| coefficient.driver == Some(at))?;
            let df = coefficient.df.unwrap_or(1e6).max(1.0);
            let reach = cam_stats::quantile::t(f64::midpoint(1.0, RANGE), df) * coefficient.std_error;
            let (now, weights): (Vec<f64>, Vec<f64>) = linked
                .observations
                .iter()
                .filter(|observation| observation.wave == last_wave)
                .filter_map(|observation| Some((spec.value(observation)?, observation.weight)))
                .unzip();
            Some(Driver {
                key: spec.key.clone(),
                names: spec.names.clone(),
                operational: spec.operational,
                impact: Estimate {
                    value: coefficient.estimate,
                    low: coefficient.estimate - reach,
                    high: coefficient.estimate + reach,
                    level: RANGE,
                    n: fit.n,
                },
                level: describe::mean(&now, &weights)?,
                share: shares.get(at).map_or(0.0, |share| share.lmg),
                vif: fit.vif.get(at).copied().unwrap_or(1.0),
                suppressor: shares.get(at).is_some_and(|share| share.suppressor),
            })
        })
        .collect();
    drivers.sort_by(|a, b| b.impact.value.total_cmp(&a.impact.value));
    drivers
}

/// Drivers that cannot be told apart, as one group: those with a variance inflation factor above 10.
fn inseparable(table: &DriverTable, fit: &LinearFit) -> Vec<Vec<String>> {
    let keys: Vec<String> = table
        .specs
        .iter()
        .zip(&fit.vif)
        .filter(|&(_, &vif)| vif > guard::INSEPARABLE)
        .map(|(spec, _)| spec.key.clone())
        .collect();
    if keys.is_empty() { Vec::new() } else { vec![keys] }
}
