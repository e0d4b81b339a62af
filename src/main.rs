//! The `cam` program.
fn main() {}
