//! Money, periods and what a customer did after answering: pure, no I/O.

mod money;

pub use money::{Currency, CurrencyError, Money, MoneyError, NumberStyle};
