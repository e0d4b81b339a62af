//! Mail: what goes out to a person, and what comes back.

pub mod inbound;
