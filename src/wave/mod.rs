//! Fielding a survey: who is invited, when mails may reach them, reminders, the end, and who answered.

mod ballot;
mod dossier;
mod error;
mod file;
mod launch;
mod poll;
mod remind;
mod standing;
mod status;
mod window;

pub use crate::disclosure::LEAST_COMMENTS;
pub use ballot::{seal_ballot, unit_paths};
pub use dossier::dossier;
pub use error::WaveError;
pub use file::{Audience, Channel, LEAST_K, Mode, Notice, Population, Standing, WaveFile, WaveFileError};
pub use launch::{CheckedLaunch, Launch, Launched, LeftOut, launch};
pub use poll::{PollClosed, PollResults, close_poll, discard_poll, poll_keys, poll_results};
pub use remind::{Link, answer_link, close, links, remind, resume, thank, unsubscribe_link};
pub(crate) use remind::{due_reminders, find};
pub use standing::{end_standing, invite_after_events, start_standing};
pub use status::{APART, Board, Compared, keys, status};
pub use window::{Day, HolidayBook, Holidays, SendWindow};
