//! Analysis runs, their figures and forecasts, and the reports written from them. A run is never changed.

use sqlx::types::Json;
use uuid::Uuid;

use super::db::{on, sql, statements};
use super::{StoreError, Tx};
use crate::clock::Instant;

/// An analysis as it was found, immutable.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// SHA-256 of the analysis file.
    pub spec_sha256: String,
    /// SHA-256 over the rows that were read.
    pub data_fingerprint: String,
    /// Seed of the draws.
    pub seed: i64,
    /// The program's version.
    pub program_version: String,
    /// When it was stored.
    pub created_at: Instant,
    /// The whole result.
    pub result: Json<serde_json::Value>,
}

/// Why responses were left out of a run.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RunExclusion {
    /// Stable key of the reason.
    pub reason: String,
    /// Responses left out for it.
    pub count: i64,
}

/// A number of a report, as page 10 shows it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct FigureRow {
    /// Its id in the report, for example `O5.12`.
    pub figure_id: String,
    /// The number, `None` where it is not computed.
    pub value: Option<f64>,
    /// Lower end of its range.
    pub low: Option<f64>,
    /// Upper end of its range.
    pub high: Option<f64>,
    /// Share that the range covers.
    pub level: Option<f64>,
    /// Observations.
    pub n: Option<i64>,
    /// What it counts.
    pub unit: String,
    /// Evidence grade.
    pub grade: Option<String>,
    /// What it was taken from.
    pub source: String,
}

/// A number about the future, to be held against what happens.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ForecastRow {
    /// Its id.
    pub id: Uuid,
    /// The figure that holds it.
    pub figure_id: String,
    /// The run that made it.
    pub run_id: Uuid,
    /// The quarter in which it can be judged.
    pub due_period: String,
    /// When it was judged.
    pub scored_at: Option<Instant>,
    /// What happened.
    pub actual: Option<f64>,
    /// Whether that lies in the range.
    pub inside: Option<bool>,
}

/// A report in one language.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ReportRow {
    /// Its id.
    pub id: Uuid,
    /// The quarter.
    pub period: String,
    /// BCP 47 tag.
    pub language: String,
    /// The run that it is written from.
    pub run_id: Uuid,
    /// The document, without words.
    pub document: Json<serde_json::Value>,
    /// SHA-256 of the HTML file.
    pub sha256: String,
    /// When it was written.
    pub published_at: Instant,
}

/// A file that is in the data.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ImportedFile {
    /// What it holds.
    pub kind: String,
    /// SHA-256 of the file.
    pub file_sha256: String,
    /// Rows in the file.
    pub rows_in: i64,
    /// Rows that came in.
    pub rows_applied: i64,
}

statements! {
    ADD_RUN = ["INSERT INTO analysis_run
                   (id, spec_sha256, data_fingerprint, seed, program_version, created_at, result)
                VALUES ($1, $2, $3, $4, $5, $6, $7)"];

    FIND_RUN = ["SELECT id, spec_sha256, data_fingerprint, seed, program_version, created_at, result
                   FROM analysis_run WHERE id = $1"];

    FIRST_RUN = ["SELECT id, spec_sha256, data_fingerprint, seed, program_version, created_at, result
                    FROM analysis_run ORDER BY created_at, id LIMIT 1"];

    ADD_EXCLUSION = ["INSERT INTO run_exclusion (run_id, reason, count) VALUES ($1, $2, $3)"];

    EXCLUSIONS = ["SELECT reason, count FROM run_exclusion WHERE run_id = $1 ORDER BY reason"];

    ADD_FIGURE = ["INSERT INTO figure
                      (run_id, figure_id, value, low, high, level, n, unit, grade, source)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"];

    FIGURES = ["SELECT figure_id, value, low, high, level, n, unit, grade, source
                  FROM figure WHERE run_id = $1 ORDER BY figure_id"];

    ADD_FORECAST = ["INSERT INTO forecast (id, figure_id, run_id, due_period) VALUES ($1, $2, $3, $4)"];

    FORECASTS = ["SELECT id, figure_id, run_id, due_period, scored_at, actual, inside
                    FROM forecast WHERE run_id = $1 ORDER BY figure_id"];

    ADD_REPORT = ["INSERT INTO report (id, period, language, run_id, document, sha256, published_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)"];

    REPORTS = ["SELECT id, period, language, run_id, document, sha256, published_at
                  FROM report WHERE period = $1 ORDER BY published_at, language"];

    /// The document of a survey version holds the questions in full.
    SURVEY = ["SELECT survey_version.document
                 FROM survey_version
                 JOIN survey ON survey.id = survey_version.survey_id
                WHERE survey.key = $1 AND survey_version.version = $2"];

    FILES = ["SELECT kind, file_sha256, rows_in, rows_applied
                FROM import_batch WHERE undone_at IS NULL ORDER BY applied_at, id"];
}

/// Stores a run with its exclusions.
pub async fn add_run(tx: &mut Tx, run: &Run, exclusions: &[RunExclusion]) -> Result<(), StoreError> {
    on!(tx, ADD_RUN, |c, q| sqlx::query(q)
        .bind(run.id)
        .bind(&run.spec_sha256)
        .bind(&run.data_fingerprint)
        .bind(run.seed)
        .bind(&run.program_version)
        .bind(run.created_at)
        .bind(&run.result)
        .execute(c)
        .await
        .map(drop))?;
    for exclusion in exclusions {
        on!(tx, ADD_EXCLUSION, |c, q| sqlx::query(q)
            .bind(run.id)
            .bind(&exclusion.reason)
            .bind(exclusion.count)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Finds a run by its id.
pub async fn find_run(tx: &mut Tx, id: Uuid) -> Result<Option<Run>, StoreError> {
    Ok(on!(tx, FIND_RUN, |c, q| sqlx::query_as(q).bind(id).fetch_optional(c).await)?)
}

/// Finds the first run that was stored.
pub async fn first_run(tx: &mut Tx) -> Result<Option<Run>, StoreError> {
    Ok(on!(tx, FIRST_RUN, |c, q| sqlx::query_as(q).fetch_optional(c).await)?)
}

/// Lists the exclusions of a run by reason.
pub async fn exclusions(tx: &mut Tx, run: Uuid) -> Result<Vec<RunExclusion>, StoreError> {
    Ok(on!(tx, EXCLUSIONS, |c, q| sqlx::query_as(q).bind(run).fetch_all(c).await)?)
}

/// Stores the figures of a run.
pub async fn add_figures(tx: &mut Tx, run: Uuid, figures: &[FigureRow]) -> Result<(), StoreError> {
    for figure in figures {
        on!(tx, ADD_FIGURE, |c, q| sqlx::query(q)
            .bind(run)
            .bind(&figure.figure_id)
            .bind(figure.value)
            .bind(figure.low)
            .bind(figure.high)
            .bind(figure.level)
            .bind(figure.n)
            .bind(&figure.unit)
            .bind(&figure.grade)
            .bind(&figure.source)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Lists the figures of a run by id.
pub async fn figures(tx: &mut Tx, run: Uuid) -> Result<Vec<FigureRow>, StoreError> {
    Ok(on!(tx, FIGURES, |c, q| sqlx::query_as(q).bind(run).fetch_all(c).await)?)
}

/// Stores forecasts that are not judged yet.
pub async fn add_forecasts(tx: &mut Tx, forecasts: &[ForecastRow]) -> Result<(), StoreError> {
    for forecast in forecasts {
        on!(tx, ADD_FORECAST, |c, q| sqlx::query(q)
            .bind(forecast.id)
            .bind(&forecast.figure_id)
            .bind(forecast.run_id)
            .bind(&forecast.due_period)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Lists the forecasts of a run by figure.
pub async fn forecasts(tx: &mut Tx, run: Uuid) -> Result<Vec<ForecastRow>, StoreError> {
    Ok(on!(tx, FORECASTS, |c, q| sqlx::query_as(q).bind(run).fetch_all(c).await)?)
}

/// Stores a report.
pub async fn add_report(tx: &mut Tx, report: &ReportRow) -> Result<(), StoreError> {
    Ok(on!(tx, ADD_REPORT, |c, q| sqlx::query(q)
        .bind(report.id)
        .bind(&report.period)
        .bind(&report.language)
        .bind(report.run_id)
        .bind(&report.document)
        .bind(&report.sha256)
        .bind(report.published_at)
        .execute(c)
        .await
        .map(drop))?)
}

/// Lists the reports of a quarter, oldest first.
pub async fn reports(tx: &mut Tx, period: &str) -> Result<Vec<ReportRow>, StoreError> {
    Ok(on!(tx, REPORTS, |c, q| sqlx::query_as(q).bind(period).fetch_all(c).await)?)
}

/// Returns the document of a survey's version.
pub async fn survey(tx: &mut Tx, key: &str, version: u32) -> Result<Option<String>, StoreError> {
    let version = i64::from(version);
    Ok(on!(tx, SURVEY, |c, q| sqlx::query_scalar(q).bind(key).bind(version).fetch_optional(c).await)?)
}

/// Lists the files that are in the data, oldest first.
pub async fn files(tx: &mut Tx) -> Result<Vec<ImportedFile>, StoreError> {
    Ok(on!(tx, FILES, |c, q| sqlx::query_as(q).fetch_all(c).await)?)
}
