//! How a command ends: one rule for all commands, and the only exit codes there are.

use std::process::ExitCode;

use super::adhoc::Fault;
use crate::analysis::{AnalysisError, QuestionError};
use crate::config::ConfigError;
use crate::import::ImportError;
use crate::report::RenderError;
use crate::store::StoreError;
use crate::wave::WaveError;

/// What `cam --help` says about exit codes.
pub(super) const HELP: &str = "Exit codes:\n  \
    0   done\n  \
    1   failed: the machine or the database server did not do its part\n  \
    2   refused: a file or the database is not as it has to be; the message says what to do\n  \
    64  the command line cannot be understood";

/// The machine, the database server or this program did not do its part.
const FAILED: u8 = 1;
/// The user has to change something first.
const REFUSED: u8 = 2;
/// The command line cannot be understood (`EX_USAGE`).
const USAGE: u8 = 64;

/// A refusal of a command itself; those of the rooms below have types of their own.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(pub(super) String);

/// The exit code of a command that ended with an error.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    ExitCode::from(if error.chain().any(is_refusal) { REFUSED } else { FAILED })
}

/// Tells whether a command ended because nobody reads its output any more, as in `cam … | head`: what it had to do is
/// done by then.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let of_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    };
    error.chain().any(of_pipe)
}

/// The exit code of a command line that cannot be understood.
pub(super) fn usage() -> ExitCode {
    ExitCode::from(USAGE)
}

fn is_refusal(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return refused_by_store(error);
    }
    if let Some(error) = error.downcast_ref::<ImportError>() {
        return match error {
            ImportError::Store(error) => refused_by_store(error),
            _ => true,
        };
    }
    if let Some(error) = error.downcast_ref::<AnalysisError>() {
        return match error {
            AnalysisError::Store(error) => refused_by_store(error),
            AnalysisError::StoredSurvey(_) | AnalysisError::Organisation(_) => false,
            _ => true,
        };
    }
    if let Some(error) = error.downcast_ref::<WaveError>() {
        return match error {
            WaveError::Store(error) => refused_by_store(error),
            WaveError::Stored(_) => false,
            _ => true,
        };
    }
    if let Some(error) = error.downcast_ref::<RenderError>() {
        return matches!(error, RenderError::Forbidden(_));
    }
    error.is::<Refused>() || error.is::<Fault>() || error.is::<ConfigError>() || error.is::<QuestionError>()
}

/// A row or a database that is not as it has to be is for the user to mend; the rest is not.
fn refused_by_store(error: &StoreError) -> bool {
    match error {
        StoreError::NotMigrated { .. }
        | StoreError::NoDatabase
        | StoreError::NewerSchema
        | StoreError::NotFound { .. }
        | StoreError::Conflict { .. } => true,
        StoreError::Database(_)
        | StoreError::Migration(_)
        | StoreError::Inconsistent { .. }
        | StoreError::Busy
        | StoreError::Stopped => false,
    }
}
