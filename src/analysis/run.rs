//! One analysis from end to end: read a snapshot, link, describe, relate, drive, invest.

use std::collections::{BTreeSet, HashMap};

use cam_stats::chain::{Chain, DriverRows, MoneyRows, chain};
use cam_stats::ols::{self, Problem, StandardErrors};
use cam_stats::verdict::Rule;
use cam_stats::{Column, Refusal, Warning};
use jiff::tz::TimeZone;

use super::drive::{self, DriverTable};
use super::invest::{self, Ground};
use super::question::{Cluster, Question, Unit};
use super::read::Input;
use super::relate::{self, Rows};
use super::result::{
    Analysis, DataSummary, Distribution, Exclusion, Frame, MoneyKind, Nonresponse, Notice, Relation,
    Reliability, RetentionRule, Subject,
};
use super::{AnalysisError, describe, guard};
use crate::dataset::{LinkRule, Linked, Observation, Outcome, RoleWeights, link};
use crate::finance::{Calendar, Currency, Quarter};
use crate::store::organisation::{self, Organisation};
use crate::store::snapshot::{self, Snapshot};
use crate::store::{Db, StoreError, report};
use crate::survey::Role;

/// Analyses a quarter: everything that the database knew of waves opened before its end.
///
/// The calculation runs off the asynchronous threads. The same data, analysis file and seed give the same
/// result on any number of threads.
///
/// # Errors
///
/// [`AnalysisError`] where there is nothing to analyse. Too few data, no relation or a missing cost curve are
/// findings with grade E, not errors.
pub async fn run(db: &Db, question: Question, period: Quarter) -> Result<Analysis, AnalysisError> {
    let mut tx = db.read().await?;
    let organisation = organisation::find(&mut tx).await?;
    let zone = TimeZone::get(&organisation.timezone)
        .map_err(|error| AnalysisError::Organisation(error.to_string()))?;
    let month = i8::try_from(organisation.fiscal_year_start)
        .map_err(|error| AnalysisError::Organisation(error.to_string()))?;
    let calendar = Calendar { zone, fiscal_year_start: month };
    let snapshot = snapshot::read(&mut tx, &question.survey, calendar.end(period)).await?;
    let axis = first_axis(report::first_run(&mut tx).await?);
    drop(tx);
    let work = move || Run::new(&snapshot, &question, &organisation, &calendar, period)?.analyse(axis);
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(failure) => match failure.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(AnalysisError::Store(StoreError::Stopped)),
        },
    }
}

/// Standardised difference from which those who answered count as different from the silent.
const SMD: f64 = 0.1;

/// Rows without cost above which money is not modelled, and above which it is said.
const MOST_DROPPED: f64 = 0.4;
const MANY_DROPPED: f64 = 0.1;

/// Cronbach's alpha below which a construct is named as unreliable.
const RELIABLE: f64 = 0.7;

/// Where the satisfaction axis of the first report began: it stays there, so that quarters can be laid side by side.
fn first_axis(first: Option<report::Run>) -> Option<f64> {
    first?.result.0.get("distribution")?.get("axis_low")?.as_f64().filter(|low| (0.0..=40.0).contains(low))
}

struct Run<'a> {
    snapshot: &'a Snapshot,
    question: &'a Question,
    organisation: &'a Organisation,
    calendar: &'a Calendar,
    period: Quarter,
    currency: Currency,
    rule: LinkRule,
    input: Input,
    linked: Linked,
    /// Customers at the end of the quarter.
    base: usize,
    last_wave: usize,
    /// Cluster of each observation.
    cluster: Vec<usize>,
    reliability: Vec<Reliability>,
    notices: Vec<Notice>,
}

impl<'a> Run<'a> {
    fn new(
        snapshot: &'a Snapshot,
        question: &'a Question,
        organisation: &'a Organisation,
        calendar: &'a Calendar,
        period: Quarter,
    ) -> Result<Self, AnalysisError> {
        let currency = Currency::parse(&organisation.ledger_currency)
            .map_err(|error| AnalysisError::Organisation(error.to_string()))?;
        let input = Input::new(snapshot, question, currency, calendar.end(period))?;
        if input.waves.is_empty() {
            return Err(AnalysisError::NoWave {
                survey: question.survey.clone(),
                period: period.to_string(),
            });
        }
        let (start, end) = (calendar.start(period), calendar.end(period));
        let answered = input.waves.iter().any(|wave| wave.opened_at >= start);
        let paid = input.ledger.flows().iter().any(|flow| flow.from >= start || flow.to > start);
        if !answered && !paid {
            return Err(AnalysisError::NothingInPeriod { period: period.to_string() });
        }
        let weights = question.role_weights;
        let rule = LinkRule {
            window_months: question.window_months,
            bought_again_within: match question.retention {
                RetentionRule::Contractual => None,
                RetentionRule::BoughtAgain { within_months } => Some(within_months),
            },
            role_weights: RoleWeights { decides: weights.decides, uses: weights.uses, pays: weights.pays },
            first_wave_only: question.unit == Unit::Account,
            zone: calendar.zone.clone(),
        };
        let mut linked = link(&input.responses, &input.waves, &input.ledger, &rule);
        let paid_until = input.ledger.covered().map_or(end, |(_, last)| last.min(end));
        let base = describe::base_at(&input, paid_until, &rule);
        if question.adjust_segment {
            describe::weight_to_base(&mut linked, &input, &base);
        }
        let last_wave =
            linked.observations.iter().map(|observation| observation.wave).max().ok_or_else(|| {
                AnalysisError::NoIndex {
                    survey: question.survey.clone(),
                    period: period.to_string(),
                    responses: linked.responses_in,
                }
            })?;
        let cluster =
            describe::cluster_ids(linked.observations.iter().map(|observation| match question.cluster {
                Cluster::Account => observation.account,
                Cluster::Unit => observation.unit.unwrap_or(observation.account),
            }));
        let reliability = describe::reliability(&input, &linked, last_wave);
        Ok(Self {
            snapshot,
            question,
            organisation,
            calendar,
            period,
            currency,
            rule,
            input,
            linked,
            base: base.len(),
            last_wave,
            cluster,
            reliability,
            notices: Vec::new(),
        })
    }

    /// `first_axis` is where the satisfaction axis of the first report begins, if there is one.
    fn analyse(mut self, first_axis: Option<f64>) -> Result<Analysis, AnalysisError> {
        let waves = describe::waves(&self.input, &self.linked, self.calendar, &self.rule);
        let distribution =
            describe::distribution(&self.input, &self.linked, self.last_wave, (&self.rule, first_axis));
        let today = waves.last().map(|wave| wave.satisfaction).ok_or_else(|| AnalysisError::NoIndex {
            survey: self.question.survey.clone(),
            period: self.period.to_string(),
            responses: self.linked.responses_in,
        })?;
        let data = self.data_summary();
        let nonresponse =
            describe::nonresponse(&self.input, &self.linked, self.last_wave, self.calendar, &self.rule);
        self.warn_of_answers(nonresponse.as_ref());
        let retention = self
            .relate(Subject::Retention, (0.0, 1.0), |outcome| Some(f64::from(u8::from(outcome.retained))));
        let unbounded = (f64::NEG_INFINITY, f64::INFINITY);
        let revenue_change = self.relate(Subject::RevenueChange, unbounded, |outcome| {
            let before = outcome.revenue_before.filter(|&before| before > 0)? as f64;
            Some(outcome.revenue as f64 / before - 1.0)
        });
        let (money, rows) = self.money()?;
        let mut guards = guard::overall(&data, nonresponse.as_ref(), &distribution, today.value, &money);
        guards.push(guard::items_agree(self.reversed_items()));
        let specs = drive::specs(&self.input, self.question, self.last_wave)?;
        let table = DriverTable::new(specs, &self.linked, &self.cluster);
        let (drivers, notices) = drive::drive(&table, &self.linked, self.last_wave, self.question.cluster);
        self.notices.extend(notices);
        let chain = self.chain(&money, &rows, &table, &distribution);
        let grade = guard::grade(&guards);
        let ground = Ground {
            question: self.question,
            currency: self.currency,
            chain: chain.as_ref(),
            specs: &table.specs,
            drivers: &drivers,
            verdict: money.verdict,
            falls: money.falls(),
            distribution: &distribution,
            base: data.accounts_in_base,
            reliability: self.index_reliability(),
            accounts_linked: money.accounts,
            grade,
        };
        let (investments, warned) =
            invest::invest(&self.snapshot.investments, &self.snapshot.cost_points, &ground);
        for (subject, warning) in warned {
            self.note_warnings(&subject, &[warning]);
        }
        Ok(Analysis {
            frame: self.frame(),
            reliability: self.reliability,
            waves,
            nonresponse,
            today,
            distribution,
            retention,
            revenue_change,
            money,
            drivers,
            investments,
            guards,
            grade,
            warnings: self.notices,
            data,
        })
    }

    /// What the answers themselves give reason to doubt: who gave them, and how reliably.
    fn warn_of_answers(&mut self, nonresponse: Option<&Nonresponse>) {
        if self.input.asked_unknown > 0 {
            self.notices.push(Notice {
                code: "W_ASKED_UNKNOWN".into(),
                subject: Subject::Answers,
                message: format!(
                    "{} of {} responses came from elsewhere to a survey that leaves questions out: which ones is not \
                     known, so that what is empty counts as not answered",
                    self.input.asked_unknown,
                    self.input.responses.len()
                ),
            });
        }
        let differences = nonresponse.into_iter().flat_map(|found| &found.rows).map(|row| row.smd.abs());
        let difference = differences.fold(0.0, f64::max);
        if difference > SMD {
            self.note_warnings(&Subject::Answers, &[Warning::Nonresponse { difference }]);
        }
        let unreliable: Vec<Reliability> =
            self.reliability.iter().filter(|row| row.alpha.value < RELIABLE).cloned().collect();
        for row in unreliable {
            let subject = Subject::Driver { key: row.construct, names: row.names };
            self.note_warnings(&subject, &[Warning::LowReliability { alpha: row.alpha.value }]);
        }
    }

    /// Questions of the index that run against the others; of every construct they are named.
    fn reversed_items(&mut self) -> usize {
        let mut of_index = 0;
        let instrument = self.input.waves[self.last_wave].instrument.clone();
        for construct in &instrument.constructs {
            let Some(refusal) = describe::reversed(&self.input, self.last_wave, &construct.key) else {
                continue;
            };
            let subject = Subject::Driver { key: construct.key.clone(), names: construct.name.clone() };
            self.note_refusal(subject, &refusal);
            of_index += usize::from(construct.role == Role::Satisfaction);
        }
        of_index
    }

    fn frame(&self) -> Frame {
        let instrument = &self.input.waves[self.last_wave].instrument;
        let each_wave = self.input.waves.len() > 1 && self.question.unit == Unit::AccountWave;
        Frame {
            organisation: self.organisation.name.clone(),
            currency: self.currency.to_string(),
            period: self.period.to_string(),
            sample_data: self.question.sample_data,
            unit_of_analysis: if each_wave { Unit::AccountWave } else { Unit::Account },
            window_months: self.question.window_months,
            retention: self.question.retention,
            money: self.question.money,
            horizon_years: self.question.horizon_years,
            discount_rate: self.question.discount_rate,
            draws: self.question.draws,
            seed: self.question.seed,
            cluster: self.question.cluster.key().into(),
            survey: instrument.id.clone(),
            survey_version: instrument.version,
            spec_sha256: self.question.sha256.clone(),
            data_fingerprint: self.input.fingerprint.clone(),
            program_version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    fn data_summary(&self) -> DataSummary {
        let until = self.calendar.end(self.period);
        let with_money: Vec<(&Observation, Outcome)> = self.linked.with_money().collect();
        let accounts: BTreeSet<_> = with_money.iter().map(|(observation, _)| observation.account).collect();
        let lost = with_money.iter().filter(|(_, outcome)| !outcome.retained);
        let accounts_lost: BTreeSet<_> = lost.map(|(observation, _)| observation.account).collect();
        DataSummary {
            accounts_lost: accounts_lost.len(),
            contacts_apart: describe::contacts_apart(&self.linked, self.last_wave),
            accounts_in_base: self.base,
            responses_in: self.linked.responses_in,
            accounts_linked: accounts.len(),
            observations: with_money.len(),
            lost: with_money.iter().filter(|(_, outcome)| !outcome.retained).count(),
            exclusions: self
                .linked
                .exclusions
                .iter()
                .map(|(&reason, &count)| Exclusion { reason, count })
                .collect(),
            reconciliation: describe::reconciliation(
                &self.snapshot.totals,
                &self.input.ledger,
                self.calendar,
                until,
            ),
            quarters: describe::quarters(&self.input.ledger, self.calendar, until),
        }
    }

    /// Rows of the observations that have an outcome.
    fn rows(&self, outcome: impl Fn(&Outcome) -> Option<f64>) -> Rows {
        let mut rows = Rows {
            satisfaction: Vec::new(),
            outcome: Vec::new(),
            weights: Vec::new(),
            account: Vec::new(),
            cluster: Vec::new(),
        };
        let accounts =
            describe::cluster_ids(self.linked.observations.iter().map(|observation| observation.account));
        for (at, observation) in self.linked.observations.iter().enumerate() {
            let Some(value) = observation.outcome.ok().and_then(|found| outcome(&found)) else { continue };
            rows.satisfaction.push(observation.satisfaction);
            rows.outcome.push(value);
            rows.weights.push(observation.weight);
            rows.account.push(accounts[at]);
            rows.cluster.push(self.cluster[at]);
        }
        rows
    }

    fn relate(
        &mut self,
        subject: Subject,
        bounds: (f64, f64),
        outcome: impl Fn(&Outcome) -> Option<f64>,
    ) -> Relation {
        let rows = self.rows(outcome);
        self.relate_rows(subject, bounds, &rows)
    }

    fn relate_rows(&mut self, subject: Subject, bounds: (f64, f64), rows: &Rows) -> Relation {
        let alike = |values: &[f64]| values.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
        if rows.outcome.len() > 1 && alike(&rows.outcome) {
            self.note_refusal(subject, &Refusal::NoVariance { column: Column::Outcome });
            return relate::nothing(rows);
        }
        match relate::relate(rows, &self.verdict_rule(), bounds) {
            Ok((relation, warnings)) => {
                self.note_warnings(&subject, &warnings);
                relation
            }
            Err(refusal) => {
                self.note_refusal(subject, &refusal);
                relate::nothing(rows)
            }
        }
    }

    /// Yearly money per account against satisfaction, compared within segments where the question says so.
    fn money(&mut self) -> Result<(Relation, Rows), AnalysisError> {
        let major = self.currency.minor_per_major() as f64 * f64::from(self.question.window_months) / 12.0;
        let kind = self.question.money;
        let mut rows = self.rows(|outcome| match kind {
            MoneyKind::Margin => outcome.margin.map(|minor| minor as f64 / major),
            MoneyKind::Revenue => Some(outcome.revenue as f64 / major),
        });
        if rows.outcome.is_empty() && kind == MoneyKind::Margin && self.linked.with_money().next().is_some() {
            return Err(AnalysisError::NoCost);
        }
        if self.question.adjust_segment {
            self.adjust_for_segment(&mut rows);
        }
        let available = self.linked.with_money().count();
        let dropped = available - rows.outcome.len();
        let share = dropped as f64 / available.max(1) as f64;
        if share > MOST_DROPPED {
            self.note_refusal(Subject::Money, &Refusal::TooManyDropped { dropped, available });
            return Ok((relate::nothing(&rows), rows));
        }
        if share > MANY_DROPPED {
            self.note_warnings(&Subject::Money, &[Warning::Missing { dropped, available }]);
        }
        let relation = self.relate_rows(Subject::Money, (f64::NEG_INFINITY, f64::INFINITY), &rows);
        Ok((relation, rows))
    }

    /// Takes out of the money what belongs to the segment at equal satisfaction, keeping its mean.
    fn adjust_for_segment(&mut self, rows: &mut Rows) {
        let segments: BTreeSet<&str> =
            self.input.accounts.iter().filter_map(|account| account.segment.as_deref()).collect();
        let of_account: HashMap<_, _> =
            self.input.accounts.iter().map(|account| (account.id, account.segment.as_deref())).collect();
        let ids =
            describe::cluster_ids(self.linked.observations.iter().map(|observation| observation.account));
        let mut segment_of = vec![None; ids.len()];
        for (observation, &id) in self.linked.observations.iter().zip(&ids) {
            segment_of[id] = of_account.get(&observation.account).copied().flatten();
        }
        // The first segment is what the others are compared with.
        let dummies: Vec<Vec<f64>> = segments
            .iter()
            .skip(1)
            .map(|segment| {
                rows.account.iter().map(|&id| f64::from(u8::from(segment_of[id] == Some(*segment)))).collect()
            })
            .filter(|dummy: &Vec<f64>| dummy.iter().any(|&x| x > 0.5) && dummy.iter().any(|&x| x < 0.5))
            .collect();
        if dummies.is_empty() {
            return;
        }
        let columns: Vec<&[f64]> =
            std::iter::once(rows.satisfaction.as_slice()).chain(dummies.iter().map(Vec::as_slice)).collect();
        let problem = Problem {
            outcome: &rows.outcome,
            drivers: &columns,
            intercept: true,
            weights: Some(&rows.weights),
        };
        match ols::fit(&problem, StandardErrors::Classic) {
            Ok(fit) => {
                for (at, dummy) in dummies.iter().enumerate() {
                    let effect = fit
                        .coefficients
                        .iter()
                        .find(|coefficient| coefficient.driver == Some(at + 1))
                        .map_or(0.0, |coefficient| coefficient.estimate);
                    let total: f64 = rows.weights.iter().sum();
                    let mean =
                        dummy.iter().zip(&rows.weights).map(|(x, weight)| x * weight).sum::<f64>() / total;
                    for (value, x) in rows.outcome.iter_mut().zip(dummy) {
                        *value -= effect * (x - mean);
                    }
                }
            }
            Err(refusal) => self.note_refusal(Subject::Segments, &refusal),
        }
    }

    /// The joint bootstrap of both links, where the verdict has an optimum to look for.
    fn chain(
        &mut self,
        money: &Relation,
        rows: &Rows,
        table: &DriverTable,
        distribution: &Distribution,
    ) -> Option<Chain> {
        use cam_stats::verdict::Verdict::{Declines, Diminishing, Linear, Plateau};
        let verdict =
            money.verdict.filter(|verdict| matches!(verdict, Plateau | Diminishing | Linear | Declines))?;
        if table.specs.is_empty() || money.falls() {
            return None;
        }
        let reliabilities: Vec<f64> = table
            .specs
            .iter()
            .map(|spec| if spec.operational { 1.0 } else { self.reliability_of(&spec.key) })
            .collect();
        let money_rows = MoneyRows {
            reliability: self.index_reliability(),
            satisfaction: &rows.satisfaction,
            money: &rows.outcome,
            weights: &rows.weights,
            cluster: &rows.cluster,
        };
        let driver_rows = DriverRows {
            satisfaction: &table.satisfaction,
            drivers: &table.columns,
            reliabilities: &reliabilities,
            weights: &table.weights,
            cluster: &table.cluster,
        };
        let clusters = self.cluster.iter().max().map_or(0, |last| last + 1);
        let draws = (self.question.draws, self.question.seed);
        match chain(&money_rows, &driver_rows, clusters, verdict, distribution.observed, draws) {
            Ok(chain) => Some(chain),
            Err(refusal) => {
                self.note_refusal(Subject::Chain, &refusal);
                None
            }
        }
    }

    /// Reliability that a construct is corrected by; what has one question or comes from the ledger is taken as it is.
    fn reliability_of(&self, key: &str) -> f64 {
        self.reliability.iter().find(|row| row.construct == key).map_or(1.0, |row| row.used)
    }

    fn index_reliability(&self) -> f64 {
        let instrument = &self.input.waves[self.last_wave].instrument;
        instrument
            .construct_of(Role::Satisfaction)
            .map_or(1.0, |construct| self.reliability_of(&construct.key))
    }

    fn verdict_rule(&self) -> Rule {
        let seed = self.question.seed;
        Rule {
            draws: self.question.draws,
            pairs_seed: seed,
            curvature_seed: seed.wrapping_add(1),
            ..Rule::default()
        }
    }

    fn note_warnings(&mut self, subject: &Subject, warnings: &[Warning]) {
        self.notices.extend(warnings.iter().map(|warning| Notice {
            code: warning.code().into(),
            subject: subject.clone(),
            message: warning.sentence(|_| "satisfaction".into()),
        }));
    }

    fn note_refusal(&mut self, subject: Subject, refusal: &Refusal) {
        self.notices.push(Notice {
            code: refusal.code().into(),
            subject,
            message: refusal.sentence(|column| match column {
                Column::Outcome => "the outcome".into(),
                _ => "satisfaction".into(),
            }),
        });
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
