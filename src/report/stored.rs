//! A report as the store keeps it: the run, its figures, its forecasts and the documents.

use sqlx::types::Json;
use uuid::Uuid;

use super::document::Document;
use super::render::Rendered;
use super::words::Language;
use crate::analysis::Analysis;
use crate::clock::Instant;
use crate::digest::sha256;
use crate::store::report::{FigureRow, ForecastRow, ReportRow, Run, RunExclusion};
use crate::store::{Db, StoreError, report};

/// A failure to keep a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The result cannot be written as JSON.
    #[error("the analysis cannot be stored: {0}")]
    Json(#[from] serde_json::Error),
}

/// Returns the figures of a document as the store keeps them.
pub fn figures(document: &Document) -> Vec<FigureRow> {
    document
        .figures
        .iter()
        .map(|figure| FigureRow {
            figure_id: figure.id.clone(),
            value: figure.value,
            low: figure.low,
            high: figure.high,
            level: figure.level,
            n: figure.n.and_then(|n| i64::try_from(n).ok()),
            unit: figure.unit.key(),
            grade: figure.grade.map(|grade| format!("{grade:?}")),
            source: figure.source.clone(),
        })
        .collect()
}

/// Returns every number about the future as a forecast of a run, with the quarter in which it can be judged.
pub fn forecasts(document: &Document, run: Uuid) -> Vec<ForecastRow> {
    document
        .figures
        .iter()
        .filter_map(|figure| {
            Some(ForecastRow {
                id: Uuid::now_v7(),
                figure_id: figure.id.clone(),
                run_id: run,
                due_period: figure.due.clone()?,
                scored_at: None,
                actual: None,
                inside: None,
            })
        })
        .collect()
}

/// Stores a run with its figures, forecasts and reports in one transaction, and returns its id.
pub async fn keep(
    db: &Db,
    analysis: &Analysis,
    document: &Document,
    reports: &[(Language, Rendered)],
    now: Instant,
) -> Result<Uuid, KeepError> {
    let frame = &analysis.frame;
    let id = Uuid::now_v7();
    let run = Run {
        id,
        spec_sha256: frame.spec_sha256.clone(),
        data_fingerprint: frame.data_fingerprint.clone(),
        // The column holds the seed's bits; a seed above i64::MAX comes back by the same cast.
        seed: frame.seed.cast_signed(),
        program_version: frame.program_version.clone(),
        created_at: now,
        result: Json(serde_json::to_value(analysis)?),
    };
    let exclusions: Vec<RunExclusion> = analysis
        .data
        .exclusions
        .iter()
        .map(|one| RunExclusion {
            reason: one.reason.key().into(),
            count: i64::try_from(one.count).unwrap_or(i64::MAX),
        })
        .collect();
    let (figures, forecasts) = (figures(document), forecasts(document, id));
    let json = serde_json::to_value(document)?;
    let reports: Vec<ReportRow> = reports
        .iter()
        .map(|(language, rendered)| ReportRow {
            id: Uuid::now_v7(),
            period: document.period.clone(),
            language: language.tag().into(),
            run_id: id,
            document: Json(json.clone()),
            sha256: sha256(rendered.html.as_bytes()),
            published_at: now,
        })
        .collect();
    db.write(move |tx| {
        Box::pin(async move {
            report::add_run(tx, &run, &exclusions).await?;
            report::add_figures(tx, id, &figures).await?;
            report::add_forecasts(tx, &forecasts).await?;
            for row in &reports {
                report::add_report(tx, row).await?;
            }
            Ok::<_, StoreError>(())
        })
    })
    .await?;
    Ok(id)
}
