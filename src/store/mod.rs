//! All SQL of the service, one file per table group. No business rule, no HTTP, no formula.

mod db;
mod error;
mod instant;
pub mod organisation;
pub mod snapshot;

pub use db::{Db, Sql, Tx, Work};
pub use error::StoreError;

/// Lists every named statement as (module, name, text), for the test that prepares them all on both databases.
pub fn statements() -> impl Iterator<Item = (&'static str, &'static str, Sql)> {
    [("organisation", organisation::STATEMENTS), ("snapshot", snapshot::STATEMENTS)]
        .into_iter()
        .flat_map(|(module, list)| list.iter().map(move |&(name, sql)| (module, name, sql)))
}
