//! The statistics of customer-asset measurement: matrices and slices in, numbers out.

pub mod optimum;
pub mod verdict;
