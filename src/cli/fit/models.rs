//! The models that `cam fit` knows besides least squares and the plain logistic one.

use std::collections::BTreeMap;

use cam_stats::cox::{self, Ties};
use cam_stats::firth::{FirthFit, ProfileInterval};
use cam_stats::glm::{self, Family, GlmFit};
use cam_stats::panel::{self, Effects, Panel};
use cam_stats::ridge::{self, RidgeFit, Strength};
use cam_stats::survival::{Lifetimes, concordance};
use cam_stats::{Interval, Refusal, Warning, firth, hurdle, logistic};

use super::{Answer, Effect, Fit, Levels, Model, Part, Ridge, Row, rows};
use crate::cli::adhoc::{Data, Fault};

/// Replicates of the bootstrap of a two-part model.
const DRAWS: usize = 499;
/// Seed of bootstraps and of the dealing into tenths.
const SEED: u64 = 42;

impl Fit {
    /// Log-odds by maximum likelihood, by Firth where the outcome is separated, or with a penalty.
    pub(super) fn log_odds(
        &self,
        data: &Data,
        problem: &cam_stats::ols::Problem<'_>,
    ) -> Result<Answer, Fault> {
        let refused = |refusal| data.refused(refusal);
        if let Some(strength) = self.ridge {
            let strength = match strength {
                Ridge::Lambda(lambda) => Strength::Lambda(lambda),
                Ridge::CrossValidated => Strength::CrossValidated { seed: SEED },
            };
            return Ok(self.ridge(data, &ridge::fit(problem, strength).map_err(refused)?));
        }
        match firth::fit_where_separated(problem, self.errors(data)).map_err(refused)? {
            firth::LogisticModel::MaximumLikelihood(found) => Ok(self.logistic(data, &found)),
            firth::LogisticModel::Firth(found) => Ok(self.firth(data, &found)),
        }
    }

    fn logistic(&self, data: &Data, found: &logistic::LogisticFit) -> Answer {
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
        discriminate(data, &found.fitted, &mut answer);
        let effects = found.marginal_effects.iter().map(|effect| Effect {
            term: data.drivers[effect.driver].clone(),
            estimate: effect.estimate,
            std_error: Some(effect.std_error),
            ci_low: None,
            ci_high: None,
        });
        answer.marginal_effects = effects.collect();
        answer
    }

    pub(super) fn firth(&self, data: &Data, found: &FirthFit) -> Answer {
        let mut answer =
            self.common(data, &found.coefficients, cam_stats::ols::SeKind::Classic, &found.warnings);
        for (row, profile) in answer.coefficients.iter_mut().zip(&found.profiles) {
            let ProfileInterval { low, high, statistic, p_value, .. } = *profile;
            (row.ci_low, row.ci_high, row.statistic, row.p_value) = (low, high, statistic, p_value);
            row.df = statistic.map(|_| 1.0);
        }
        answer.model = "firth";
        answer.intervals = Some("profile of the penalised likelihood; the statistic is its likelihood ratio");
        answer.fit = BTreeMap::from([
            ("events", found.events as f64),
            ("log_likelihood", found.log_likelihood),
            ("penalised_log_likelihood", found.penalised_log_likelihood),
        ]);
        answer.fit.extend(found.prediction_intercept.map(|intercept| ("prediction_intercept", intercept)));
        discriminate(data, &found.predicted, &mut answer);
        answer
    }

    fn ridge(&self, data: &Data, found: &RidgeFit) -> Answer {
        let mut answer = self.common(data, &[], cam_stats::ols::SeKind::Classic, &[]);
        let names = std::iter::once("(Intercept)".to_owned()).chain(data.drivers.iter().cloned());
        let rows = names.zip(&found.coefficients).map(|(term, estimate)| Row {
            term,
            estimate: *estimate,
            ..Row::default()
        });
        answer.coefficients = rows.collect();
        answer.model = "ridge";
        answer.intervals = Some("none: a penalised coefficient is biased on purpose");
        answer.fit = BTreeMap::from([
            ("effective_parameters", found.effective_parameters),
            ("lambda", found.lambda),
            ("log_likelihood", found.log_likelihood),
        ]);
        discriminate(data, &found.fitted, &mut answer);
        answer
    }

    pub(super) fn generalised(
        &self,
        data: &Data,
        problem: &cam_stats::ols::Problem<'_>,
    ) -> Result<Answer, Fault> {
        let refused = |refusal| data.refused(refusal);
        let offset: Option<Vec<f64>> =
            data.extra("exposure").map(|months| months.iter().map(|months| months.ln()).collect());
        let (offset, errors) = (offset.as_deref(), self.errors(data));
        if self.model == Model::Gamma {
            let found = glm::fit(problem, Family::GammaLog, offset, errors).map_err(refused)?;
            return Ok(self.glm(data, "gamma", &found));
        }
        if let Some(power) = self.power {
            let found = glm::fit(problem, Family::TweedieLog { power }, offset, errors).map_err(refused)?;
            let mut answer = self.glm(data, "tweedie", &found);
            answer.fit.insert("power", power);
            return Ok(answer);
        }
        let found = glm::profile(problem, offset, errors).map_err(refused)?;
        let mut answer = self.glm(data, "tweedie", &found.fit);
        answer.fit.extend([
            ("aic", found.aic),
            ("dispersion_likelihood", found.dispersion),
            ("log_likelihood", found.log_likelihood),
            ("power", found.power),
        ]);
        Ok(answer)
    }

    fn glm(&self, data: &Data, model: &'static str, found: &GlmFit) -> Answer {
        let mut answer = self.common(data, &found.coefficients, found.se_kind, &found.warnings);
        answer.model = model;
        answer.fit = BTreeMap::from([("deviance", found.deviance), ("dispersion", found.dispersion)]);
        let optional = [
            ("aic", found.aic),
            ("bic", found.bic),
            ("log_likelihood", found.log_likelihood),
            ("null_deviance", found.null_deviance),
        ];
        answer.fit.extend(optional.into_iter().filter_map(|(key, value)| Some((key, value?))));
        answer.vif = data.drivers.iter().cloned().zip(found.vif.iter().copied()).collect();
        answer
    }

    pub(super) fn hurdle(&self, data: &Data, problem: &cam_stats::ols::Problem<'_>) -> Result<Answer, Fault> {
        let found =
            hurdle::fit(problem, self.errors(data), SEED, DRAWS).map_err(|refusal| data.refused(refusal))?;
        let warnings: Vec<Warning> =
            found.chance.warnings.iter().chain(&found.amount.warnings).copied().collect();
        let mut answer = self.common(data, &[], found.chance.se_kind, &warnings);
        answer.model = "hurdle";
        answer.parts = vec![
            Part { part: "chance", rows: rows(data, &found.chance.coefficients) },
            Part { part: "amount", rows: rows(data, &found.amount.coefficients) },
        ];
        let effects = found.effects.iter().map(|effect| Effect {
            term: data.drivers[effect.driver].clone(),
            estimate: effect.effect.estimate,
            std_error: None,
            ci_low: Some(effect.effect.low),
            ci_high: Some(effect.effect.high),
        });
        answer.marginal_effects = effects.collect();
        answer.fit = BTreeMap::from([
            ("bootstrap_draws", found.draws_used as f64),
            ("dispersion", found.amount.dispersion),
            ("mean_observed", found.mean_observed),
            ("mean_predicted", found.mean_predicted),
            ("positive", found.amount.n as f64),
        ]);
        Ok(answer)
    }

    pub(super) fn cox(&self, data: &Data, drivers: &[&[f64]]) -> Result<Answer, Fault> {
        let refused = |refusal| data.refused(refusal);
        if let Some(row) = data.outcome.iter().position(|event| ![0.0, 1.0].contains(event)) {
            return Err(refused(Refusal::NotBinary { row }));
        }
        let event: Vec<bool> = data.outcome.iter().map(|event| *event > 0.5).collect();
        let stop = data.extra("time").unwrap_or_default();
        let lifetimes = Lifetimes { start: data.extra("entry"), stop, event: &event };
        let clusters = if self.is_clustered() { data.clusters() } else { None };
        let found = cox::fit_where_monotone(&lifetimes, drivers, Ties::Efron, clusters).map_err(refused)?;
        let each: Vec<Vec<usize>> = (0..drivers.len()).map(|driver| vec![driver]).collect();
        let terms: Vec<&[usize]> = each.iter().map(Vec::as_slice).collect();
        let mut warnings = found.warnings.clone();
        let mut fit = BTreeMap::from([
            ("events", found.events as f64),
            ("log_likelihood", found.log_likelihood),
            ("null_log_likelihood", found.null_log_likelihood),
        ]);
        if let Some(test) = found.likelihood_ratio {
            fit.extend([("likelihood_ratio", test.statistic), ("likelihood_ratio_p_value", test.p_value)]);
        }
        fit.extend(concordance(&lifetimes, &found.risk).map_err(refused)?.map(|c| ("concordance", c)));
        let mut proportional = BTreeMap::new();
        // Of a penalised fit the score is not zero, and the test has no meaning.
        if found.method == cox::Method::MaximumLikelihood {
            let test = cox::proportional_hazards(&lifetimes, drivers, &found, &terms).map_err(refused)?;
            warnings.extend(&test.warnings);
            fit.extend([
                ("proportional_hazards", test.global.statistic),
                ("proportional_hazards_p_value", test.global.p_value),
            ]);
            proportional =
                data.drivers.iter().cloned().zip(test.terms.iter().map(|term| term.p_value)).collect();
        }
        let mut answer = self.common(data, &found.coefficients, found.se_kind, &warnings);
        answer.model = "cox";
        answer.fit = fit;
        answer.proportional_hazards = proportional;
        Ok(answer)
    }

    pub(super) fn panel(&self, data: &Data) -> Result<Answer, Fault> {
        let refused = |refusal| data.refused(refusal);
        let [units, times] = data.labels.as_slice() else { return Err(usage("say --unit and --period")) };
        let periods = times
            .ids
            .iter()
            .map(|id| {
                period(&times.names[*id]).ok_or_else(|| {
                    usage(&format!(
                        "the period {:?} is neither a whole number nor a quarter such as 2026Q3",
                        times.names[*id]
                    ))
                })
            })
            .collect::<Result<Vec<i64>, Fault>>()?;
        let lagged = |column: &Vec<f64>| panel::lagged(column, &units.ids, &periods, self.lag);
        let columns = data.columns.iter().map(lagged).collect::<Result<Vec<_>, _>>().map_err(refused)?;
        let rows: Vec<usize> = (0..data.outcome.len())
            .filter(|row| columns.iter().all(|column| column[*row].is_some()))
            .collect();
        let pick = |column: &[f64]| rows.iter().map(|row| column[*row]).collect::<Vec<f64>>();
        let outcome = pick(&data.outcome);
        let drivers: Vec<Vec<f64>> =
            columns.iter().map(|column| rows.iter().filter_map(|row| column[*row]).collect()).collect();
        let slices: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
        let unit_ids: Vec<usize> = rows.iter().map(|row| units.ids[*row]).collect();
        let row_periods: Vec<i64> = rows.iter().map(|row| periods[*row]).collect();
        let panel = Panel { outcome: &outcome, drivers: &slices, units: &unit_ids, periods: &row_periods };
        let effects = match self.effects {
            Levels::Unit => Effects::Unit,
            Levels::Season => Effects::UnitAndSeason(self.season),
            Levels::Period => Effects::UnitAndPeriod,
        };
        let found = panel::fixed_effects(&panel, effects).map_err(refused)?;
        let split = panel::within_between(&panel).map_err(refused)?;
        let warnings: Vec<Warning> = found.warnings.iter().chain(&split.warnings).copied().collect();
        let mut answer = self.common(data, &found.coefficients, cam_stats::ols::SeKind::Cr1, &warnings);
        answer.model = "panel";
        answer.n = found.n;
        answer.dropped = data.available - found.n;
        if rows.len() < data.outcome.len() {
            answer.dropped_by.insert("an earlier period".into(), data.outcome.len() - rows.len());
        }
        answer.fit = BTreeMap::from([
            ("levels", found.levels as f64),
            ("r_squared_within", found.r_squared_within),
            ("sigma", found.sigma),
            ("singletons", found.singletons as f64),
            ("units", found.units as f64),
        ]);
        let side = |pick: fn(&panel::DriverSplit) -> Option<cam_stats::ols::Coefficient>| {
            let rows = split.drivers.iter().zip(&data.drivers);
            rows.filter_map(|(driver, name)| Some(Row { term: name.clone(), ..Row::from(&pick(driver)?) }))
                .collect()
        };
        answer.parts = vec![
            Part { part: "within units", rows: side(|driver| driver.within) },
            Part { part: "between units", rows: side(|driver| driver.between) },
            Part { part: "between less within", rows: side(|driver| driver.gap) },
        ];
        Ok(answer)
    }
}

/// How well the fitted probabilities tell events from the others, on the rows of the fit.
fn discriminate(data: &Data, fitted: &[f64], answer: &mut Answer) {
    if let Ok(found) = cam_stats::discrimination::auc(&data.outcome, fitted, 0.95) {
        let Interval { estimate, low, high } = found.interval;
        answer.fit.extend([("auc", estimate), ("auc_low", low), ("auc_high", high)]);
    }
    if let Ok(found) = cam_stats::calibration::calibration(&data.outcome, fitted, 0.95) {
        answer.fit.extend([("brier", found.brier), ("scaled_brier", found.scaled_brier)]);
    }
}

/// A period in whole steps: a number, or a quarter as `2026Q3`.
fn period(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (year, quarter) = text.split_once(['Q', 'q'])?;
    let (year, quarter): (i64, i64) = (year.trim_end_matches('-').parse().ok()?, quarter.parse().ok()?);
    ((1..=4).contains(&quarter) && (0..10_000).contains(&year)).then_some(4 * year + quarter - 1)
}

fn usage(message: &str) -> Fault {
    Fault::Refused { code: "E_USAGE", message: message.to_owned() }
}
