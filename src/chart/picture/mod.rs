//! THE picture: profit against today by level of satisfaction, investment by investment, and its large version for
//! one investment.

mod answer;
mod captions;
mod columns;
mod curve;
mod rows;

pub use answer::answer;
pub use columns::whole as investments_whole;
pub use rows::investments;
