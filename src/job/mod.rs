//! What runs by itself: sending mails, reading what comes back, reminding, closing, deleting. Loops that end when asked to.

mod deliver;
mod keep;
mod letter;
mod returns;
mod schedule;
mod settle;

pub use deliver::{Outbox, SendReport, Settings};
pub use letter::{Desk, DeskError};
pub use returns::{Place, ReturnError, ReturnReport, Returns};
pub use schedule::Schedule;
