//! The Hill curve (M4), `e0 + emax s^k / (ec50^k + s^k)`: S-shaped or saturating, and weakly identified.

use nalgebra::{Matrix4, Vector4};
use serde::{Deserialize, Serialize};

use crate::levels::Levels;

/// Above this condition of its Jacobian (unit columns) the curve is not told apart from its neighbours.
const WEAK: f64 = 1e3;

/// Levels on which the start is sought.
const COARSE: usize = 200;

/// Starts tried for each of ec50 and k.
const STARTS: u32 = 12;

/// Most steps of the search.
const STEPS: usize = 200;

/// A Hill curve with the standard errors of its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hill {
    /// Value at satisfaction 0.
    pub e0: f64,
    /// What is added in the limit.
    pub emax: f64,
    /// Satisfaction at which half of that is added.
    pub ec50: f64,
    /// Steepness: above 1 the curve is S-shaped.
    pub k: f64,
    /// Standard errors of e0, emax, ec50 and k, by the Jacobian at the solution.
    pub std_errors: [f64; 4],
    /// Condition of the Jacobian with its columns scaled to unit length.
    pub condition: f64,
    /// Residual sum of squares.
    pub rss: f64,
}

impl Hill {
    /// Fits the curve by least squares; `None` where it is too weakly identified to be shown: a condition of 1000 or
    /// more, ec50 outside what was observed, or a search that does not settle.
    ///
    /// # Source
    ///
    /// `docs/methods.md` 5.2, M4. Levenberg-Marquardt from the best of a grid over ec50 and k, for each of which e0 and emax are
    /// linear.
    pub fn fit(levels: &Levels) -> Option<Self> {
        let start = Self::start(&levels.merged(COARSE))?;
        let settled = settle(levels, start)?;
        let (low, high) = (levels.level(0), levels.level(levels.len() - 1));
        let shown = settled.condition < WEAK && (low..=high).contains(&settled.ec50);
        let finite = settled.std_errors.iter().chain([&settled.rss]).all(|value| value.is_finite());
        (shown && finite).then_some(settled)
    }

    /// Value at a level of satisfaction.
    pub fn value(&self, satisfaction: f64) -> f64 {
        self.e0 + self.emax * share(satisfaction, self.ec50, self.k)
    }

    /// Slope at a level of satisfaction above 0.
    pub fn slope(&self, satisfaction: f64) -> f64 {
        let h = share(satisfaction, self.ec50, self.k);
        self.emax * self.k * h * (1.0 - h) / satisfaction
    }

    fn start(levels: &Levels) -> Option<Vector4<f64>> {
        let highest = levels.level(levels.len().checked_sub(1)?);
        let lowest = (0..levels.len()).map(|at| levels.level(at)).find(|&level| level > 0.0)?;
        let between =
            |low: f64, high: f64, step: u32| low * (high / low).powf(f64::from(step) / f64::from(STARTS - 1));
        let mut best: Option<(f64, Vector4<f64>)> = None;
        for step in 0..STARTS * STARTS {
            let ec50 = between(lowest, 1.5 * highest, step / STARTS);
            let k = between(0.5, 12.0, step % STARTS);
            let basis = |s: f64| share(s, ec50, k);
            let (e0, emax) = levels.line_on(basis)?;
            let rss = levels.rss(|s| e0 + emax * basis(s));
            if rss.is_finite() && best.is_none_or(|(least, _)| rss < least) {
                best = Some((rss, Vector4::new(e0, emax, ec50, k)));
            }
        }
        best.map(|(_, start)| start)
    }

    fn at(parameters: &Vector4<f64>) -> Self {
        let [e0, emax, ec50, k] = [parameters[0], parameters[1], parameters[2], parameters[3]];
        Self { e0, emax, ec50, k, std_errors: [f64::NAN; 4], condition: f64::INFINITY, rss: f64::NAN }
    }

    /// `J'WJ` and `J'Wr` here.
    fn normal(&self, levels: &Levels) -> (Matrix4<f64>, Vector4<f64>) {
        let (mut cross, mut right) = (Matrix4::zeros(), Vector4::zeros());
        for (s, weight, outcome) in levels.iter() {
            let h = share(s, self.ec50, self.k);
            let bend = if s > 0.0 { h * (1.0 - h) } else { 0.0 };
            let log = if s > 0.0 { (self.ec50 / s).ln() } else { 0.0 };
            let row = Vector4::new(1.0, h, -self.emax * bend * self.k / self.ec50, -self.emax * bend * log);
            cross += weight * row * row.transpose();
            right += weight * (outcome - self.e0 - self.emax * h) * row;
        }
        (cross, right)
    }
}

/// Walks from the start to the least residual sum of squares.
fn settle(levels: &Levels, start: Vector4<f64>) -> Option<Hill> {
    let mut here = start;
    let mut rss = levels.rss(|s| Hill::at(&here).value(s));
    let mut damping = 1e-3;
    for _ in 0..STEPS {
        let (cross, right) = Hill::at(&here).normal(levels);
        let mut damped = cross;
        for at in 0..4 {
            damped[(at, at)] *= 1.0 + damping;
        }
        let step = damped.cholesky()?.solve(&right);
        let next = here + step;
        let candidate = Hill::at(&next);
        let next_rss =
            if next[2] > 0.0 && next[3] > 0.0 { levels.rss(|s| candidate.value(s)) } else { f64::INFINITY };
        let still = (0..4).all(|at| step[at].abs() <= 1e-10 * (here[at].abs() + 1e-8));
        if next_rss <= rss {
            (here, rss) = (next, next_rss);
            damping = (damping / 10.0).max(1e-14);
        } else if !still {
            damping *= 10.0;
        }
        if still {
            return described(levels, &here, rss);
        }
        if damping > 1e12 {
            return None;
        }
    }
    None
}

/// The curve at its solution, with what the Jacobian says of it.
fn described(levels: &Levels, here: &Vector4<f64>, rss: f64) -> Option<Hill> {
    let curve = Hill::at(here);
    let (cross, _) = curve.normal(levels);
    let scale = Vector4::from_fn(|at, _| cross[(at, at)].sqrt());
    let unit = Matrix4::from_fn(|a, b| cross[(a, b)] / (scale[a] * scale[b]));
    let eigen = unit.symmetric_eigenvalues();
    let condition = (eigen.max() / eigen.min()).sqrt();
    let factor = unit.cholesky()?;
    let variance = rss / (levels.rows() - 4.0);
    let std_errors = [0, 1, 2, 3].map(|at| {
        let mut one = Vector4::zeros();
        one[at] = 1.0;
        (variance * factor.solve(&one)[at]).sqrt() / scale[at]
    });
    Some(Hill { std_errors, condition, rss, ..curve })
}

/// `s^k / (ec50^k + s^k)`, from 0 to 1.
fn share(satisfaction: f64, ec50: f64, k: f64) -> f64 {
    if satisfaction <= 0.0 { 0.0 } else { 1.0 / (1.0 + (ec50 / satisfaction).powf(k)) }
}
