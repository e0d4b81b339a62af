//! Snapshot, link, fit, optimum, store: one straight way from the database to a stored result.

mod question;
mod result;

pub use question::{Cluster, Operational, Question, QuestionError};
pub use result::*;
