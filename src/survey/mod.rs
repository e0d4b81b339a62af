//! Surveys as files: items, scales, constructs and their texts; pure, no I/O.

mod file;
mod instrument;

pub use file::{SurveyFileError, parse};
pub use instrument::{Construct, Instrument, Item, ItemKind, Role, Scale, Texts};
