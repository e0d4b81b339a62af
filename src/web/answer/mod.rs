//! The pages that respondents see, written as HTML from plain values; nothing here knows of HTTP or a database.
//!
//! Every page is one answer to one request: a single style sheet stands in it, no script, no picture, no font, and
//! [`Look::content_security_policy`] lets nothing else in.

mod frame;
mod last;
mod look;
mod plain;
mod poll;
mod question;
mod respondent;
#[cfg(test)]
mod tests;
mod theme;
mod words;

pub use frame::{Contract, Frame, Links};
pub use last::{delete_page, deleted_page, done_page};
pub use look::Look;
pub use plain::{
    Notice, busy_page, failed_page, not_saved_page, notice_page, stop_failed_page, stop_page, stopped_page,
    too_large_page, unknown_link_page,
};
pub use poll::{Ballot, Promise, ballot_items, ballot_page, promise_page, sent_page, used_page};
pub use question::{Ask, question_page};
pub use respondent::{Names, Respondent};
pub use theme::{Colour, ColourError, Colours, Theme, ThemeFault};
pub use words::{direction, own_name};

/// A page as HTML; a template fails only where the memory does.
pub type Page = Result<String, askama::Error>;
