//! The import itself: one file, one map, one transaction.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use jiff::tz::TimeZone;
use tokio::sync::mpsc::{self, Receiver};
use uuid::Uuid;

use super::answers::Answers;
use super::book::Book;
use super::desk::{Context, Desk};
use super::events::Events;
use super::intake::{self, Parcel, Parsed};
use super::investments::{CostPoints, Goals, Indicators, Investments, Measures};
use super::kind::Kind;
use super::ledger::{AccountPeriods, LedgerEntries, LedgerTotals};
use super::line::Line;
use super::map::{Map, MapError};
use super::people::{Accounts, Contacts, Employees, Units};
use super::report::{Fill, Report, Tally};
use super::row::{Reader, label};
use super::source::{FileError, Table, sha256};
use crate::clock::{Clock, Instant};
use crate::finance::Calendar;
use crate::store::batch::{self, Batch};
use crate::store::organisation::{self, Organisation};
use crate::store::{Db, StoreError, Tx, response};

/// Sets of rows that may wait between the reading thread and the database.
const WAITING: usize = 4;

/// Why an import did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The map cannot be used, or does not fit the file.
    #[error(transparent)]
    Map(#[from] MapError),
    /// The database failed or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// More than half of the rows would be left out.
    #[error(
        "{} of {} rows would be left out: the map probably does not fit the file. Nothing was written",
        .0.left_out, .0.rows
    )]
    DoesNotFit(Box<Report>),
    /// The batch to take back does not exist, or other batches stand in the way.
    #[error("{0}")]
    Undo(String),
    /// A dry run came to its end: what it did is rolled back.
    #[error("dry run")]
    Tried(Box<Report>),
}

/// What to import.
#[derive(Debug, Clone)]
pub struct Order {
    /// What the file holds.
    pub kind: Kind,
    /// The file.
    pub file: PathBuf,
    /// The mapping file.
    pub map: PathBuf,
    /// Whether everything is only tried.
    pub dry_run: bool,
}

/// Says how far an import is: bytes read, bytes in the file, rows so far.
pub type Progress = Box<dyn Fn(u64, u64, u64) + Send + Sync>;

/// Imports a file, wholly or not at all.
pub async fn run(db: &Db, clock: Clock, order: &Order, progress: Progress) -> Result<Report, ImportError> {
    let started = Stopwatch::now();
    let organisation = organisation::find(&mut db.read().await?).await?;
    let (map, path) = (Map::read(&order.map, order.kind)?, order.file.clone());
    check_currency(&map, &organisation)?;
    let zone = TimeZone::get(&organisation.timezone)
        .map_err(|error| StoreError::Inconsistent { table: "organisation", detail: error.to_string() })?;
    let batch = Batch {
        id: Uuid::nil(),
        kind: order.kind.as_str().into(),
        file_sha256: sha256(&path)?,
        map_sha256: map.sha256.clone(),
        rows_in: 0,
        rows_applied: 0,
        applied_at: clock.now(),
        undone_at: None,
    };
    let mut report = Report {
        file: order.file.display().to_string(),
        kind: batch.kind.clone(),
        dry_run: order.dry_run,
        ..Report::default()
    };
    if let Some(before) = batch::applied_before(&mut db.read().await?, &batch).await? {
        report.already = Some(before.id);
        report.rows = u64::try_from(before.rows_in).unwrap_or(0);
        report.same = u64::try_from(before.rows_applied).unwrap_or(0);
        report.left_out = report.rows.saturating_sub(report.same);
        report.seconds = started.elapsed().as_secs_f64();
        return Ok(report);
    }
    let job = Job { map: Arc::new(map), batch, organisation, zone, dry_run: order.dry_run, report };
    let outcome = job.run(db, &path, progress).await;
    let mut report = match outcome {
        Ok(report) => report,
        Err(ImportError::Tried(report)) => *report,
        Err(error) => return Err(error),
    };
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Amounts in another currency than the ledger's need rates, which are not built yet.
fn check_currency(map: &Map, organisation: &Organisation) -> Result<(), MapError> {
    match &map.currency {
        Some(currency) if currency.code() != organisation.ledger_currency => Err(map.fault_as_a_whole(format!(
            "the amounts are in {}, the ledger is in {}: other currencies need a rate file, not built yet",
            currency, organisation.ledger_currency
        ))),
        _ => Ok(()),
    }
}

struct Job {
    map: Arc<Map>,
    batch: Batch,
    organisation: Organisation,
    zone: TimeZone,
    dry_run: bool,
    report: Report,
}

impl Job {
    async fn run(self, db: &Db, path: &Path, progress: Progress) -> Result<Report, ImportError> {
        let table = Table::open(path, &self.map.reading)?;
        let bound = self.map.bind(&table.columns)?;
        let labels = bound
            .fields
            .iter()
            .map(|source| source.as_ref().and_then(|source| label(source, &table.columns)))
            .collect();
        let reader = Reader {
            map: Arc::clone(&self.map),
            columns: table.columns.clone(),
            bound,
            labels,
            zone: self.zone.clone(),
            now: self.batch.applied_at,
        };
        let (sender, receiver) = mpsc::channel(WAITING);
        let reading = tokio::task::spawn_blocking(move || intake::send(table, reader, &sender));
        let outcome =
            db.write(move |tx| Box::pin(async move { self.write(tx, receiver, progress).await })).await;
        // The thread ends by itself once its channel is closed; a panic in it is passed on.
        if let Err(failure) = reading.await
            && let Ok(panic) = failure.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
        outcome
    }

    async fn write(
        mut self,
        tx: &mut Tx,
        from: Receiver<Parcel>,
        progress: Progress,
    ) -> Result<Report, ImportError> {
        batch::lock(tx).await?;
        // Named in its turn: undo takes the order of the names for the order of the imports.
        self.batch.id = Uuid::now_v7();
        batch::begin(tx, &self.batch).await?;
        let survey_version = match &self.map.survey {
            Some(survey) => {
                Some(response::register(tx, &survey.instrument, &survey.document, &survey.sha256).await?)
            }
            None => None,
        };
        let context = Context {
            batch: self.batch.id,
            now: self.batch.applied_at,
            map: Arc::clone(&self.map),
            calendar: Calendar {
                zone: self.zone.clone(),
                fiscal_year_start: i8::try_from(self.organisation.fiscal_year_start).unwrap_or(1),
            },
            currency: self.organisation.ledger_currency.clone(),
            survey_version,
        };
        let line = Pipeline { tx, from, progress, context, tally: Tally::new(self.report) };
        let (tally, fills) = match self.map.kind {
            Kind::Units => line.run::<Units>().await?,
            Kind::Accounts => line.run::<Accounts>().await?,
            Kind::Contacts => line.run::<Contacts>().await?,
            Kind::Employees => line.run::<Employees>().await?,
            Kind::LedgerEntries => line.run::<LedgerEntries>().await?,
            Kind::AccountPeriods => line.run::<AccountPeriods>().await?,
            Kind::LedgerTotals => line.run::<LedgerTotals>().await?,
            Kind::Answers => line.run::<Answers>().await?,
            Kind::Indicators => line.run::<Indicators>().await?,
            Kind::Investments => line.run::<Investments>().await?,
            Kind::CostPoints => line.run::<CostPoints>().await?,
            Kind::Measures => line.run::<Measures>().await?,
            Kind::Goals => line.run::<Goals>().await?,
            Kind::Events => line.run::<Events>().await?,
        };
        let mut report = tally.finish(fills);
        if report.left_out * 2 > report.rows {
            return Err(ImportError::DoesNotFit(Box::new(report)));
        }
        if self.dry_run {
            return Err(ImportError::Tried(Box::new(report)));
        }
        batch::finish(tx, self.batch.id, report.rows, report.applied()).await?;
        report.batch = Some(self.batch.id);
        Ok(report)
    }
}

struct Pipeline<'t> {
    tx: &'t mut Tx,
    from: Receiver<Parcel>,
    progress: Progress,
    context: Context,
    tally: Tally,
}

impl Pipeline<'_> {
    async fn run<D: Desk>(mut self) -> Result<(Tally, Vec<Fill>), ImportError> {
        let mut desk = D::open(self.context.clone());
        let mut book = Book::default();
        loop {
            match self.from.recv().await {
                Some(Parcel::Rows { rows, read }) => {
                    self.take(&mut desk, &mut book, rows).await?;
                    (self.progress)(read.0, read.1, self.tally.report.rows);
                }
                Some(Parcel::End(fills)) => return Ok((self.tally, fills)),
                Some(Parcel::Failed(error)) => return Err(error.into()),
                None => return Err(StoreError::Stopped.into()),
            }
        }
    }

    async fn take<D: Desk>(
        &mut self,
        desk: &mut D,
        book: &mut Book,
        rows: Vec<Parsed>,
    ) -> Result<(), ImportError> {
        let lines: Vec<&Line> = rows.iter().filter_map(|row| row.result.as_ref().ok()).collect();
        book.look_up(self.tx, &lines, &desk.others(&lines)).await?;
        desk.load(self.tx, &lines, book).await?;
        for Parsed { line, others, result } in rows {
            match result.and_then(|row| desk.take(&row, book)) {
                Ok(outcome) => self.tally.count(outcome, 1 + others.len() as u64),
                Err(fault) => self.tally.leave_out(std::iter::once(line).chain(others), fault),
            }
        }
        desk.save(self.tx).await?;
        book.save(self.tx, self.context.batch).await?;
        batch::add_skips(self.tx, self.context.batch, &self.tally.take_skips()).await?;
        Ok(())
    }
}

/// Takes an import back: rows are again as they were before it.
///
/// # Errors
///
/// [`ImportError::Undo`] if there is no such batch, if it was taken back already, or if a later batch touched
/// the same rows, which is named.
pub async fn undo(db: &Db, now: Instant, id: Uuid) -> Result<Batch, ImportError> {
    db.write(move |tx| {
        Box::pin(async move {
            batch::lock(tx).await?;
            let found = batch::find(tx, id).await?;
            let batch = found.ok_or_else(|| ImportError::Undo(format!("there is no import {id}")))?;
            if batch.undone_at.is_some() {
                return Err(ImportError::Undo(format!("the import {id} was taken back already")));
            }
            let later = batch::later_batches(tx, id).await?;
            if !later.is_empty() {
                let named: Vec<String> = later.iter().map(Uuid::to_string).collect();
                return Err(ImportError::Undo(format!(
                    "later imports changed the same rows; take them back first: {}",
                    named.join(", ")
                )));
            }
            batch::undo(tx, id, now).await?;
            Ok(batch)
        })
    })
    .await
}
