//! Customer-asset measurement: how satisfied employees and customers are, what that is worth, and how far it
//! pays to raise it.
//!
//! The rooms, from the door inwards; an import points only downwards (`tests/architecture.rs` checks it):
//! `cli` calls `import`, `analysis`, `report` and `demo`; they read and write through `store`; `dataset`,
//! `finance`, `survey`, `disclosure`, `seal` and `chart` are pure; the statistics are a package of their own,
//! `cam-stats`.

pub mod analysis;
pub mod chart;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dataset;
pub mod demo;
pub mod digest;
pub mod disclosure;
pub mod finance;
pub mod import;
pub mod job;
pub mod mail;
pub mod report;
pub mod seal;
pub mod store;
pub mod survey;
pub mod wave;
pub mod web;
