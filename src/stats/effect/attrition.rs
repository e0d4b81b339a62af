//! Who was lost between the waves.

use serde::{Deserialize, Serialize};

use crate::change::shares;
use crate::measurement::wilson;
use crate::{Count, Interval, Refusal, Warning};

/// Difference of the shares that stayed from which it warns, whatever its interval.
const UNEVEN: f64 = 0.05;

/// Shares of the people before the measure that answered again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attrition {
    /// Of the treated, with Wilson's interval.
    pub treated: Interval,
    /// Of the control.
    pub control: Interval,
    /// Treated less control, with Newcombe's interval.
    pub difference: Interval,
    /// An uneven loss.
    pub warnings: Vec<Warning>,
}

/// Compares the arms by who answered again, at `level`; one row per person before the measure.
///
/// # Errors
///
/// Refuses an arm without anybody, and columns of different length.
pub fn attrition(treated: &[bool], stayed: &[bool], level: f64) -> Result<Attrition, Refusal> {
    if treated.len() != stayed.len() {
        return Err(Refusal::LengthMismatch { expected: treated.len(), found: stayed.len() });
    }
    let counts = |arm: bool| {
        let own = treated.iter().zip(stayed).filter(|(own, _)| **own == arm);
        own.fold((0, 0), |(stayers, n), (_, stayed)| (stayers + usize::from(*stayed), n + 1))
    };
    let (one, other) = (counts(true), counts(false));
    let none = Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 };
    let difference = shares(other, one, level, UNEVEN).ok_or(none)?.interval;
    let warnings = if difference.low > 0.0 || difference.high < 0.0 || difference.estimate.abs() > UNEVEN {
        vec![Warning::Attrition { difference: difference.estimate }]
    } else {
        Vec::new()
    };
    Ok(Attrition {
        treated: wilson(one.0, one.1, level).ok_or(none)?,
        control: wilson(other.0, other.1, level).ok_or(none)?,
        difference,
        warnings,
    })
}
