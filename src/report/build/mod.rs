//! Analysis in, document out: one file per page, no words, no I/O.

mod answer;
mod draft;
mod drivers;
mod investments;
mod made;
mod outcomes;
mod standing;

pub(super) use draft::build;
