//! All SQL of the service, one file per table group. No business rule, no HTTP, no formula.

pub mod batch;
mod db;
mod error;
pub(crate) mod event;
pub(crate) mod fielding;
mod gather;
pub mod identity;
pub(crate) mod inbound;
mod instant;
pub mod intake;
pub(crate) mod investment;
pub(crate) mod ledger;
pub mod organisation;
pub mod outbox;
pub(crate) mod people;
pub(crate) mod poll;
pub(crate) mod record;
pub mod report;
pub(crate) mod response;
pub(crate) mod retention;
pub mod snapshot;
mod writer;

pub use db::{Db, Sql, Tx, Work};
pub use error::StoreError;
pub(crate) use gather::Gather;
pub use writer::Writer;

/// Lists every named statement as (module, name, text), for the test that prepares them all on both databases.
pub fn statements() -> impl Iterator<Item = (&'static str, &'static str, Sql)> {
    [
        ("batch", batch::STATEMENTS),
        ("event", event::STATEMENTS),
        ("fielding", fielding::STATEMENTS),
        ("identity", identity::STATEMENTS),
        ("inbound", inbound::STATEMENTS),
        ("intake", intake::STATEMENTS),
        ("ledger", ledger::STATEMENTS),
        ("organisation", organisation::STATEMENTS),
        ("outbox", outbox::STATEMENTS),
        ("people", people::STATEMENTS),
        ("poll", poll::STATEMENTS),
        ("report", report::STATEMENTS),
        ("response", response::STATEMENTS),
        ("retention", retention::STATEMENTS),
        ("rows", batch::ROW_STATEMENTS),
        ("snapshot", snapshot::STATEMENTS),
    ]
    .into_iter()
    .flat_map(|(module, list)| list.iter().map(move |&(name, sql)| (module, name, sql)))
}
