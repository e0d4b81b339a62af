//! Customer-asset measurement.
