//! Files of others: read, checked, and taken in.

pub mod table;
