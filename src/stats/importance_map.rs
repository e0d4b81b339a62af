//! Importance against performance: where a point more is worth much and the level is low.

use serde::{Deserialize, Serialize};

use crate::factor::sum;
use crate::pls::PathModel;
use crate::{Count, Interval, Refusal};

/// A driver before it is placed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Points of the target per point of the driver, with its interval.
    pub importance: Interval,
    /// Mean of the driver's index, 0 to 100, with its interval.
    pub performance: Interval,
    /// What one more point costs, if known.
    pub cost: Option<f64>,
}

/// A field of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Important, and below the mean: first to improve.
    Improve,
    /// Important, and above the mean.
    Keep,
    /// Unimportant, and below the mean.
    LowPriority,
    /// Unimportant, and above the mean: effort may be moved elsewhere.
    Ease,
    /// An error bar crosses a split line.
    Undecided,
}

/// A driver in its field.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Where it lies.
    pub point: Point,
    /// Its field.
    pub field: Field,
    /// Points of the target per unit of money, where the cost is known and above 0.
    pub points_per_cost: Option<f64>,
}

/// The map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportanceMap {
    /// One per driver, in their order.
    pub places: Vec<Place>,
    /// Mean importance: the vertical line.
    pub importance_split: f64,
    /// Mean performance: the horizontal line.
    pub performance_split: f64,
}

/// Places drivers among four fields whose borders are the means of both axes. A driver is placed only if neither
/// of its error bars reaches a border.
///
/// # Errors
///
/// Refuses fewer than two drivers, and numbers that are not finite.
///
/// # Source
///
/// Ringle and Sarstedt 2016, Industrial Management & Data Systems 116:1865-1886.
pub fn importance_map(points: &[Point]) -> Result<ImportanceMap, Refusal> {
    if points.len() < 2 {
        return Err(Refusal::TooFew { what: Count::Drivers, have: points.len() as f64, need: 2.0 });
    }
    let count = points.len() as f64;
    let mean = |value: &dyn Fn(&Point) -> f64| {
        let parts: Vec<f64> = points.iter().map(|point| value(point) / count).collect();
        sum(&parts)
    };
    let importance_split = mean(&|point| point.importance.estimate);
    let performance_split = mean(&|point| point.performance.estimate);
    let intervals = points.iter().flat_map(|point| [point.importance, point.performance]);
    let numbers = intervals.flat_map(|interval| [interval.estimate, interval.low, interval.high]);
    if numbers.chain([importance_split, performance_split]).any(|number| !number.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let place = |point: &Point| {
        let important = side(point.importance, importance_split);
        let high = side(point.performance, performance_split);
        let field = match (important, high) {
            (Some(true), Some(false)) => Field::Improve,
            (Some(true), Some(true)) => Field::Keep,
            (Some(false), Some(false)) => Field::LowPriority,
            (Some(false), Some(true)) => Field::Ease,
            _ => Field::Undecided,
        };
        let per_cost = |cost: f64| point.importance.estimate / cost;
        let points_per_cost =
            point.cost.filter(|cost| *cost > 0.0).map(per_cost).filter(|value| value.is_finite());
        Place { point: *point, field, points_per_cost }
    };
    Ok(ImportanceMap { places: points.iter().map(place).collect(), importance_split, performance_split })
}

/// Whether the whole bar lies above the line; `None` if it reaches it.
fn side(bar: Interval, line: f64) -> Option<bool> {
    if bar.low > line {
        Some(true)
    } else if bar.high < line {
        Some(false)
    } else {
        None
    }
}

impl PathModel {
    /// The latent variables that lead to `target`, each with its point on the map: impact and performance with
    /// their bootstrap intervals. `None` without scales or without a bootstrap.
    pub fn points(&self, target: usize) -> Option<Vec<(usize, Point)>> {
        let effects = self.effects.iter().filter(|effect| effect.to == target);
        effects
            .map(|effect| {
                let cause = self.latents.get(effect.from)?;
                let (bar, level) = (effect.impacts?, cause.performances?);
                let importance = Interval { estimate: effect.impact?, low: bar.low, high: bar.high };
                let performance = Interval { estimate: cause.performance?, low: level.low, high: level.high };
                Some((effect.from, Point { importance, performance, cost: None }))
            })
            .collect()
    }
}
