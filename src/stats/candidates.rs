//! All candidate curves side by side, with the evidence for each.

use serde::{Deserialize, Serialize};

use crate::concave::Concave;
use crate::curve::{BrokenLine, Line, LinearPlateau};
use crate::hill::Hill;
use crate::levels::Levels;
use crate::saturation::Saturation;
use crate::spline::Spline;

/// A form of curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// M0, a straight line.
    Linear,
    /// M1, a line that ends in a plateau.
    LinearPlateau,
    /// M2, a broken line.
    BrokenLine,
    /// M3, exponential saturation.
    Saturation,
    /// M4, the Hill curve.
    Hill,
    /// M5, a restricted cubic spline with four knots.
    Spline,
    /// M6, a non-decreasing concave curve.
    Concave,
}

impl Model {
    /// Stable key, as in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::LinearPlateau => "linear_plateau",
            Self::BrokenLine => "broken_line",
            Self::Saturation => "saturation",
            Self::Hill => "hill",
            Self::Spline => "spline",
            Self::Concave => "concave",
        }
    }
}

/// A candidate curve as it was fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its form.
    pub model: Model,
    /// Parameters of the mean; `None` where the data decide how many.
    pub parameters: Option<usize>,
    /// Residual sum of squares.
    pub rss: f64,
    /// Akaike weight among the candidates with a fixed number of parameters: how much of the evidence it has.
    pub weight: Option<f64>,
}

/// Fits every candidate that the data identify; the first three come fitted.
///
/// # Source
///
/// `docs/methods.md` 5.2; Burnham and Anderson, *Model Selection and Multimodel Inference*, 2nd ed., 2.4 (`AICc`) and 2.9 (weights).
pub fn candidates(
    levels: &Levels,
    line: Option<&Line>,
    plateau: Option<&LinearPlateau>,
    broken: Option<&BrokenLine>,
) -> Vec<Candidate> {
    let fitted = [
        (Model::Linear, Some(2), line.map(|fit| fit.rss)),
        (Model::LinearPlateau, Some(3), plateau.map(|fit| fit.rss)),
        (Model::BrokenLine, Some(4), broken.map(|fit| fit.rss)),
        (Model::Saturation, Some(3), Saturation::fit(levels).map(|fit| fit.rss)),
        (Model::Hill, Some(4), Hill::fit(levels).map(|fit| fit.rss)),
        (Model::Spline, Some(4), spline(levels)),
        (Model::Concave, None, Concave::fit(levels).ok().map(|fit| fit.rss)),
    ];
    let mut found: Vec<Candidate> = fitted
        .into_iter()
        .filter_map(|(model, parameters, rss)| {
            Some(Candidate { model, parameters, rss: rss.filter(|rss| rss.is_finite())?, weight: None })
        })
        .collect();
    weigh(&mut found, levels.rows());
    found
}

/// Residual sum of squares of the spline.
fn spline(levels: &Levels) -> Option<f64> {
    let spline = Spline::through(levels.sorted_rows())?;
    let fit = levels.linear(&|s| spline.basis(s).to_vec())?;
    let value = |s: f64| fit[0] + spline.basis(s).iter().zip(&fit[1..]).map(|(x, b)| x * b).sum::<f64>();
    Some(levels.rss(value))
}

/// Akaike weights by the corrected criterion; the error variance counts as a parameter.
fn weigh(candidates: &mut [Candidate], n: f64) {
    let criterion = |candidate: &Candidate| {
        let k = candidate.parameters? as f64 + 1.0;
        let fit = n * (candidate.rss.max(f64::MIN_POSITIVE) / n).ln();
        (n > k + 1.0).then(|| fit + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0))
    };
    let least = candidates.iter().filter_map(criterion).fold(f64::INFINITY, f64::min);
    let share = |candidate: &Candidate| Some((-(criterion(candidate)? - least) / 2.0).exp());
    let total: f64 = candidates.iter().filter_map(share).sum();
    for candidate in candidates {
        candidate.weight = share(candidate).map(|share| share / total);
    }
}
