//! Fits of files too large to be held as numbers of eight bytes: a compact copy, read and summed up in blocks.

use std::collections::BTreeMap;
use std::time::Instant;

use cam_stats::Warning;
use cam_stats::compact::{self, Compact, CompactErrors, CompactFit};

use super::{Answer, Errors, Fit, Model};
use crate::cli::adhoc::{Data, Fault, Missing, Seconds};
use crate::import::table;

/// Bytes of a file from which on it is read so, where nothing else is asked for.
const LARGE: u64 = 32 << 20;

impl Fit {
    /// The answer where the model, its errors and the file allow it: least squares, log-odds or Gamma of columns with an
    /// intercept, missing drivers filled with their means or none missing.
    ///
    /// A file with a fault goes the other way, which names it.
    pub(super) fn many_rows(&self) -> Option<Result<Answer, Fault>> {
        let errors = match (&self.se, self.model) {
            (None | Some(Errors::Hc(3)), Model::Ols) | (Some(Errors::Hc(3)), _) => CompactErrors::Hc3,
            (None, Model::Logistic) | (Some(Errors::Classic), _) => CompactErrors::Classic,
            (None | Some(Errors::Hc(0)), Model::Gamma) | (Some(Errors::Hc(0)), _) => CompactErrors::Hc0,
            _ => return None,
        };
        let model = match self.model {
            Model::Ols => compact::linear,
            Model::Logistic if self.ridge.is_none() => compact::logit,
            Model::Gamma if self.exposure.is_none() => compact::gamma,
            _ => return None,
        };
        let large = std::fs::metadata(&self.file).is_ok_and(|data| data.len() >= LARGE);
        let plain = self.event.is_none() && self.cells.na.is_empty() && self.cells.leave_out.is_empty();
        if !plain
            || self.no_intercept
            || !self.factors.is_empty()
            || !(large || self.missing == Missing::Mean)
        {
            return None;
        }
        let start = Instant::now();
        let names: Vec<&str> =
            self.drivers.iter().map(String::as_str).chain([self.outcome.as_str()]).collect();
        let rows: Compact = compact::read(table::open_text(&self.file).ok()?, &names).ok()?;
        let read = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let drivers: Vec<usize> = (0..self.drivers.len()).collect();
        let data = Data::of_names(&self.outcome, &self.drivers, rows.rows());
        let found = match model(&rows, drivers.len(), &drivers, errors) {
            Ok(found) => found,
            Err(refusal) => return Some(Err(data.refused(refusal))),
        };
        let filled = |warning: &Warning| matches!(warning, Warning::Imputed { .. });
        if self.missing == Missing::Complete && found.warnings.iter().any(filled) {
            return None;
        }
        let mut answer = self.compact(&data, &found);
        answer.seconds = Seconds { read, fit: start.elapsed().as_secs_f64() };
        Some(Ok(answer))
    }

    fn compact(&self, data: &Data, found: &CompactFit) -> Answer {
        let mut answer = self.common(data, &found.coefficients, found.se_kind, &found.warnings);
        (answer.n, answer.dropped) = (found.n, data.available - found.n);
        if answer.dropped > 0 {
            answer.dropped_by.insert(self.outcome.clone(), answer.dropped);
        }
        let (model, fit) = match self.model {
            Model::Ols => (
                "ols",
                vec![
                    ("r_squared", found.r_squared),
                    ("rss", found.deviance),
                    ("sigma", found.dispersion.sqrt()),
                ],
            ),
            Model::Logistic => (
                "logistic",
                vec![
                    ("deviance", found.deviance),
                    ("mcfadden", found.r_squared),
                    ("null_deviance", found.null_deviance),
                ],
            ),
            _ => (
                "gamma",
                vec![
                    ("deviance", found.deviance),
                    ("dispersion", found.dispersion),
                    ("null_deviance", found.null_deviance),
                ],
            ),
        };
        answer.model = model;
        answer.fit = fit.into_iter().collect::<BTreeMap<_, _>>();
        answer.vif = self.drivers.iter().cloned().zip(found.vif.iter().copied()).collect();
        answer
    }
}
