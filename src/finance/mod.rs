//! Money, periods and what a customer did after answering: pure, no I/O.

mod money;
mod period;
mod window;

pub use money::{Currency, CurrencyError, Money, MoneyError, NumberStyle};
pub use period::{Calendar, Quarter, QuarterError};
pub use window::{Flow, Ledger, NoWindow, WindowSum};
