//! Customer value as a vector of three indices: how much of it there is, and of what kind.

use serde::{Deserialize, Serialize};

use crate::ols::correlation;
use crate::{Count, Refusal, ValueFault};

/// Length and direction of a value vector (economic, functional, psychological), each an index of 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValueVector {
    /// Length in index points, 0 to `100 sqrt 3`.
    pub norm: f64,
    /// Length over `sqrt 3`: 0 to 100.
    pub length: f64,
    /// The vector over its length; `None` for the vector 0, which has no direction.
    pub direction: Option<[f64; 3]>,
    /// Squared directions: shares that sum to 1.
    pub shares: Option<[f64; 3]>,
    /// Angle to the axis on which all three are equal, in degrees. Since no index is negative it never passes
    /// 54.74, so small angles say little.
    pub degrees_off_balance: Option<f64>,
}

/// What changed between two value vectors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Angle between them in degrees; `None` if one of them is 0.
    pub degrees: Option<f64>,
    /// Cosine of that angle.
    pub cosine: Option<f64>,
    /// Length of the difference, in index points.
    pub distance: f64,
    /// Change of the length that runs from 0 to 100.
    pub length_change: f64,
}

/// Length, direction, shares and balance of a vector.
///
/// # Errors
///
/// Refuses indices outside 0 to 100.
pub fn value_vector(v: [f64; 3]) -> Result<ValueVector, Refusal> {
    check(v, 0)?;
    let norm = length(v);
    let direction = (norm > 0.0).then(|| unit(v));
    Ok(ValueVector {
        norm,
        length: norm / 3.0_f64.sqrt(),
        direction,
        shares: direction.map(|parts| parts.map(|part| part * part)),
        degrees_off_balance: degrees(v, [1.0; 3]),
    })
}

/// From one vector to the next.
///
/// # Errors
///
/// Refuses indices outside 0 to 100; row 0 is `before`, row 1 `after`.
pub fn turn(before: [f64; 3], after: [f64; 3]) -> Result<Turn, Refusal> {
    check(before, 0)?;
    check(after, 1)?;
    let difference = [after[0] - before[0], after[1] - before[1], after[2] - before[2]];
    let degrees = degrees(before, after);
    Ok(Turn {
        degrees,
        cosine: degrees.map(|_| dot(unit(before), unit(after)).min(1.0)),
        distance: length(difference),
        length_change: (length(after) - length(before)) / 3.0_f64.sqrt(),
    })
}

/// Correlations of the three indices over customers: economic with functional, economic with psychological,
/// functional with psychological; `None` where an index is constant. Highly correlated indices are one index
/// in three names, and a direction then says nothing.
///
/// # Errors
///
/// Refuses fewer than three customers, and indices outside 0 to 100.
pub fn correlations(vectors: &[[f64; 3]]) -> Result<[Option<f64>; 3], Refusal> {
    for (row, v) in vectors.iter().enumerate() {
        check(*v, row)?;
    }
    if vectors.len() < 3 {
        return Err(Refusal::TooFew { what: Count::Observations, have: vectors.len() as f64, need: 3.0 });
    }
    let column = |index: usize| -> Vec<f64> { vectors.iter().map(|v| v[index]).collect() };
    let (economic, functional, psychological) = (column(0), column(1), column(2));
    let both = |a: &[f64], b: &[f64]| {
        let varies = |values: &[f64]| values.iter().any(|value| (value - values[0]).abs() > 0.0);
        correlation(a, b, true).filter(|_| varies(a) && varies(b)).map(|r| r.clamp(-1.0, 1.0))
    };
    Ok([both(&economic, &functional), both(&economic, &psychological), both(&functional, &psychological)])
}

fn check(v: [f64; 3], row: usize) -> Result<(), Refusal> {
    if v.iter().all(|part| (0.0..=100.0).contains(part)) {
        Ok(())
    } else {
        Err(Refusal::Value(ValueFault::OffScale { row }))
    }
}

fn dot(u: [f64; 3], v: [f64; 3]) -> f64 {
    u[0] * v[0] + u[1] * v[1] + u[2] * v[2]
}

fn largest(v: [f64; 3]) -> f64 {
    v.iter().fold(0.0, |most, part| part.abs().max(most))
}

/// Scaled by its largest part, so that tiny indices do not vanish in their squares.
fn length(v: [f64; 3]) -> f64 {
    let most = largest(v);
    if most > 0.0 {
        let scaled = v.map(|part| part / most);
        most * dot(scaled, scaled).sqrt()
    } else {
        0.0
    }
}

fn unit(v: [f64; 3]) -> [f64; 3] {
    let most = largest(v);
    let scaled = v.map(|part| part / most);
    let norm = dot(scaled, scaled).sqrt();
    scaled.map(|part| part / norm)
}

/// `atan2(|u x v|, u.v)`, which keeps its digits near 0, where `acos` loses half of them.
fn degrees(u: [f64; 3], v: [f64; 3]) -> Option<f64> {
    if largest(u) <= 0.0 || largest(v) <= 0.0 {
        return None;
    }
    let (u, v) = (unit(u), unit(v));
    let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    Some(length(cross).atan2(dot(u, v)).to_degrees()).filter(|angle| angle.is_finite())
}
