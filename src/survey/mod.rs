//! Surveys as files: items, scales, constructs, their texts, and the way of a respondent through them; pure, no I/O.

mod check;
mod condition;
mod file;
mod fill;
mod flow;
mod instrument;
mod raw;
mod reply;
mod shipped;

pub use check::{Effort, Finding};
pub use condition::{Answers, Comparison, Condition, Given, Test};
pub use file::{SurveyFileError, item_places, parse, parse_all, schema};
pub use fill::{beside_hanzi, fill};
pub use instrument::{
    Choice, Construct, Instrument, Item, ItemKind, Jump, Label, Mail, MailKind, Role, Rotation, Scale, Texts,
};
pub use reply::{
    ByQuestion, LONG_TEXT, Reply, ReplyFault, SHORT_TEXT, StoredAnswer, decimal_sign, fields_of, is_whole,
    read_ballot, read_reply,
};
pub use shipped::{shipped, shipped_names};
