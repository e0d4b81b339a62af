//! A made-up company whose truth is known, as files that come in like anybody's: what the analysis finds can be held
//! against what is true.
//!
//! Everything here is calculated from a seed; nothing is read, written or estimated.

mod account;
mod answer;
mod company;
mod dice;
mod field;
mod file;
mod model;
mod truth;

pub use company::{Company, LAST_QUARTER, Source, as_of};
pub use field::{Does, Employee, Respondent, launched_at};
pub use truth::{Case, TrueLevel};
