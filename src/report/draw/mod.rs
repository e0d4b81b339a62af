//! From a page's chart to the chart room: numbers are passed on, words are put in.

mod ground;
mod investments;
mod panels;

pub(super) use ground::Pen;
pub(super) use investments::{answer, investments, picture};
pub(super) use panels::{outcomes, priorities, waves};
