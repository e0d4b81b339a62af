//! What is said of units and panels.

use serde::{Deserialize, Serialize};

use crate::Column;

/// What limits an answer about units, or about units over periods.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelWarning {
    /// Means of units do not tell the units apart well enough.
    WeakUnits {
        /// Share of the variance of one person that lies between units, ICC(1).
        single: f64,
        /// The same of a unit's mean, ICC(2).
        mean: f64,
    },
    /// Both directions in time are about as strong, or neither is there.
    Direction {
        /// Standardised slope forwards.
        forward: f64,
        /// Standardised slope backwards.
        backward: f64,
    },
    /// The outcome's own past is a driver beside the levels of the units, in a short panel.
    Nickell {
        /// Which driver.
        column: Column,
        /// About how much its coefficient is off.
        bias: f64,
        /// Average number of periods.
        periods: f64,
    },
    /// Rows of a panel that stand alone in their unit or period were left out.
    Singletons {
        /// How many.
        rows: usize,
    },
    /// Random effects and fixed effects differ.
    Hausman {
        /// p-value of Hausman's test.
        p_value: f64,
    },
    /// The slope between units is not that within units.
    WithinBetween {
        /// Of which driver.
        column: Column,
        /// p-value of the difference.
        p_value: f64,
    },
}

impl PanelWarning {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WeakUnits { .. } => "W_ICC",
            Self::Direction { .. } => "W_DIRECTION",
            Self::Nickell { .. } => "W_NICKELL",
            Self::Singletons { .. } => "W_SINGLETON",
            Self::Hausman { .. } => "W_HAUSMAN",
            Self::WithinBetween { .. } => "W_BETWEEN",
        }
    }

    /// The column that it is about, where it is one.
    pub fn column(&self) -> Option<Column> {
        match self {
            Self::Nickell { column, .. } | Self::WithinBetween { column, .. } => Some(*column),
            _ => None,
        }
    }

    pub(crate) fn sentence(&self, name: impl Fn(Column) -> String) -> String {
        match self {
            Self::WeakUnits { single, mean } => format!(
                "the means of units are uncertain (ICC(1) {single:.3}, ICC(2) {mean:.2}); slopes on them come \
                 out too small: ask more persons per unit"
            ),
            Self::Direction { forward, backward } => format!(
                "forwards in time the standardised slope is {forward:.3}, backwards {backward:.3}; which of \
                 the two drives the other is unproven"
            ),
            Self::Nickell { column, bias, periods } => format!(
                "{} is the outcome's own past; with {periods:.1} periods per unit its coefficient is off by \
                 about {bias:.2}, and the others with it: leave it out",
                name(*column)
            ),
            Self::Singletons { rows } => format!(
                "{rows} rows stand alone in their unit or period, say nothing about change, and were left out"
            ),
            Self::Hausman { p_value } => format!(
                "units with other levels differ in their drivers too (Hausman p {p_value:.4}); use fixed effects"
            ),
            Self::WithinBetween { column, p_value } => format!(
                "{} has another slope between units than within them (p {p_value:.4}); a comparison across \
                 units mixes in what else sets them apart: trust the slope within",
                name(*column)
            ),
        }
    }
}
