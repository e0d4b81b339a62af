//! Brings files in: a file and a map become validated rows, and the rows become one write.
//!
//! The file is read on a thread of its own (`source`, `row`, `intake`); the rows go, a thousand at a time, to
//! the desk of their kind (`people`, `ledger`, `answers`, `investments`), which looks up their identifiers,
//! compares them with what is stored and lays down what to write. Everything happens in one transaction: a
//! fault of the file, a dry run, or too many rows left out, and nothing is written.

mod answers;
mod book;
mod desk;
mod events;
mod form;
mod guard;
mod intake;
mod investments;
mod kind;
mod ledger;
mod line;
mod map;
mod parquet;
mod people;
mod raw;
mod report;
mod row;
mod run;
mod sheet;
mod source;
pub mod table;

pub use crate::store::batch::Batch;
pub use kind::Kind;
pub use map::{Map, MapError};
pub use report::{Fill, Reason, Report};
pub use run::{ImportError, Order, Progress, run, undo};
pub use source::FileError;
