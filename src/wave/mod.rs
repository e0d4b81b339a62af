//! Fielding a survey: who is invited, when mails may reach them, reminders, the end, and who answered.

mod file;
mod window;

pub use file::{Audience, Channel, LEAST_K, Mode, Notice, Population, Standing, WaveFile, WaveFileError};
pub use window::{Day, HolidayBook, Holidays, SendWindow};
