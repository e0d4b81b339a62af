//! Snapshot, link, fit, optimum, store: one straight way from the database to a stored result.

mod result;

pub use result::*;
