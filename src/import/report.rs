//! What an import did, for the person who ran it.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::line::Fault;
use crate::store::batch::{Outcome, Skip};

/// Different cells that are shown per reason.
const CELLS: usize = 5;

/// The result of an import.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The file as the user named it.
    pub file: String,
    /// What it holds.
    pub kind: String,
    /// The batch, to take it back by; `None` after a dry run.
    pub batch: Option<Uuid>,
    /// The batch that had brought in the same file by the same map already: nothing was done.
    pub already: Option<Uuid>,
    /// Whether everything was only tried.
    pub dry_run: bool,
    /// Rows in the file.
    pub rows: u64,
    /// Rows that brought something new.
    pub new: u64,
    /// Rows that changed something stored.
    pub changed: u64,
    /// Rows that say what is stored.
    pub same: u64,
    /// Rows that were added up into another row of their key.
    pub summed: u64,
    /// Rows that were left out.
    pub left_out: u64,
    /// Why rows were left out, the most frequent reason first.
    pub reasons: Vec<Reason>,
    /// How full the columns are.
    pub columns: Vec<Fill>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// Rows left out for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The reason.
    pub reason: String,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// The rows.
    pub rows: u64,
    /// Their lines in ascending order, as first and last of each run: two numbers per run is all that is kept.
    pub lines: Vec<(u64, u64)>,
    /// Some of the cells at fault.
    pub cells: Vec<String>,
}

/// How full a column is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fill {
    /// The column.
    pub column: String,
    /// What it fills.
    pub fills: String,
    /// Rows in which it has a value.
    pub filled: u64,
    /// Its first value.
    pub example: Option<String>,
}

/// Collects outcomes and faults while an import runs.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) report: Report,
    reasons: BTreeMap<(String, Option<String>), Reason>,
    skips: Vec<Skip>,
}

impl Tally {
    pub(super) fn new(report: Report) -> Self {
        Self { report, ..Self::default() }
    }

    pub(super) fn count(&mut self, outcome: Outcome, rows: u64) {
        self.report.rows += rows;
        self.report.summed += rows - 1;
        match outcome {
            Outcome::New => self.report.new += 1,
            Outcome::Changed => self.report.changed += 1,
            Outcome::Same => self.report.same += 1,
        }
    }

    pub(super) fn leave_out(&mut self, lines: impl Iterator<Item = u64>, fault: Fault) {
        let key = (fault.reason.clone(), fault.column.clone());
        let reason = self.reasons.entry(key).or_insert_with(|| Reason {
            reason: fault.reason.clone(),
            column: fault.column.clone(),
            rows: 0,
            lines: Vec::new(),
            cells: Vec::new(),
        });
        for line in lines {
            self.report.rows += 1;
            self.report.left_out += 1;
            reason.rows += 1;
            self.skips.push(Skip { line, column: fault.column.clone(), reason: fault.reason.clone() });
            match reason.lines.last_mut() {
                Some((_, last)) if *last + 1 == line => *last = line,
                _ => reason.lines.push((line, line)),
            }
        }
        if let Some(cell) = fault.cell
            && reason.cells.len() < CELLS
            && !reason.cells.contains(&cell)
        {
            reason.cells.push(cell);
        }
    }

    /// Takes the skips of the last set of rows.
    pub(super) fn take_skips(&mut self) -> Vec<Skip> {
        std::mem::take(&mut self.skips)
    }

    /// Completes the report.
    pub(super) fn finish(mut self, columns: Vec<Fill>) -> Report {
        self.report.columns = columns;
        self.report.reasons = self.reasons.into_values().collect();
        for reason in &mut self.report.reasons {
            // Rows that are added up per key arrive key by key, not line by line.
            reason.lines.sort_unstable();
            reason.lines.dedup_by(|next, run| {
                let adjoins = run.1 + 1 == next.0;
                if adjoins {
                    run.1 = next.1;
                }
                adjoins
            });
        }
        self.report.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
        self.report
    }
}

impl Report {
    /// Returns the rows that came in.
    pub fn applied(&self) -> u64 {
        self.rows - self.left_out
    }
}
