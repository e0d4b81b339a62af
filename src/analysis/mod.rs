//! Snapshot, link, fit, optimum, store: one straight way from the database to a stored result.

mod describe;
mod drive;
mod error;
mod guard;
mod invest;
mod question;
mod read;
mod relate;
mod result;
mod run;

pub use error::AnalysisError;
pub use question::{Cluster, Operational, Question, QuestionError, Unit};
pub use result::*;
pub use run::run;
