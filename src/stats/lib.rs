//! The statistics of customer-asset measurement.
