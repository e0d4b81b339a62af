//! HTTP: the answering pages, and written reports on the loopback interface.

pub mod answer;
mod edge;
mod guests;
mod metrics;
mod poll;
mod public;
mod receive;
mod reports;
mod respond;
mod service;
mod stop;

pub use edge::{Edge, Limits};
pub use metrics::Metrics;
pub use reports::ReportServer;
pub use service::{Parts, Service};
