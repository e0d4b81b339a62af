//! How the arms moved before the measure.

use serde::{Deserialize, Serialize};

use crate::measurement::average;
use crate::ols::check_finite;
use crate::{Column, Refusal, Warning};

use super::arms::{Arms, Comparison, excludes_zero};

/// Means of the arms in one wave before the measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ArmPoint {
    /// Treated.
    pub treated: f64,
    /// Control.
    pub control: f64,
}

/// The arms before the measure: whether the assumption of parallel trends holds as far as can be seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreTrend {
    /// Means of each wave, for a plot.
    pub means: Vec<ArmPoint>,
    /// Difference of the arms' slopes per wave, treated less control: what the difference in differences would find per
    /// wave without a measure. Absent with fewer than two waves: parallel trends are then untestable.
    pub slope: Option<Comparison>,
    /// Trends that are untestable, or differ. Those of which it is not shown that they differ may differ still: read the
    /// interval.
    pub warnings: Vec<Warning>,
}

/// Compares the arms over the waves before the measure: each person's slope by least squares, between the arms on the
/// same basis as the effect. `waves` holds one column per wave, oldest first, of the same people.
///
/// # Errors
///
/// What [`super::effect`] refuses.
///
/// # Source
///
/// Angrist and Pischke 2009, *Mostly Harmless Econometrics*, 5.2; Roth 2022, AER: Insights 4:305-322, on what such a test
/// cannot show.
pub fn pre_trend(
    waves: &[&[f64]],
    treated: &[bool],
    units: Option<&[usize]>,
    seed: u64,
) -> Result<PreTrend, Refusal> {
    let arms = Arms::new(treated, units)?;
    for wave in waves {
        if wave.len() != treated.len() {
            return Err(Refusal::LengthMismatch { expected: treated.len(), found: wave.len() });
        }
        check_finite(wave, Column::Outcome)?;
    }
    let mean = |values: &[f64], arm: bool| {
        let own = values.iter().zip(treated).filter(|(_, own)| **own == arm).map(|(value, _)| *value);
        average(&own.collect::<Vec<_>>())
    };
    let means = waves.iter().map(|wave| ArmPoint { treated: mean(wave, true), control: mean(wave, false) });
    let means = means.collect();
    if waves.len() < 2 {
        return Ok(PreTrend { means, slope: None, warnings: vec![Warning::TrendsUntestable] });
    }
    let middle = (waves.len() as f64 - 1.0) / 2.0;
    let squares: f64 = (0..waves.len()).map(|wave| (wave as f64 - middle).powi(2)).sum();
    let slopes: Vec<f64> = (0..treated.len())
        .map(|row| {
            waves
                .iter()
                .enumerate()
                .map(|(wave, values)| (wave as f64 - middle) / squares * values[row])
                .sum()
        })
        .collect();
    let slope = arms.compare(&slopes, seed)?;
    let mut warnings = Vec::new();
    if excludes_zero(&slope.effect) {
        // Without an error, a slope other than 0 is certain.
        warnings.push(Warning::TrendsDiffer { p_value: slope.effect.p_value.unwrap_or(0.0) });
    }
    Ok(PreTrend { means, slope: Some(slope), warnings })
}
