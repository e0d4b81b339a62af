//! Maximum likelihood over parameters that are positive.

use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::{Refusal, ValueFault};

/// Newton step in the logarithm of a parameter at which a maximum counts as found.
const SETTLED: f64 = 1e-11;
/// Newton step that is accepted once rounding keeps steps from shrinking further.
const NEARLY_SETTLED: f64 = 1e-6;
/// Newton step that is taken without asking whether the likelihood rises: its gain, of the order of the square,
/// may be less than rounding, and steps so short shrink by themselves.
const SHORT: f64 = 1e-3;
/// Longest step in the logarithm of a parameter.
const LONGEST: f64 = 2.0;
/// Distance from the start, in the logarithm of a parameter, at which the likelihood counts as rising without
/// end: a factor of a million.
const FAR: f64 = 14.0;
/// Steps after which no maximum is expected.
const STEPS: usize = 300;

/// A parameter above 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Maximum-likelihood estimate.
    pub estimate: f64,
    /// Standard error from the observed information, by the delta method on the logarithm.
    pub std_error: f64,
    /// Lower end of the 95 % interval, a Wald interval of the logarithm.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Value and derivatives of a log-likelihood.
pub(crate) struct Likelihood {
    pub(crate) value: f64,
    pub(crate) gradient: DVector<f64>,
    pub(crate) hessian: DMatrix<f64>,
}

/// The maximum of a log-likelihood.
pub(crate) struct Maximum {
    pub(crate) value: f64,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) iterations: usize,
}

/// Newton's method in the logarithms of the parameters, damped after Levenberg and Marquardt where the
/// likelihood is not concave or does not rise.
pub(crate) fn maximise(start: &[f64], likelihood: impl Fn(&[f64]) -> Likelihood) -> Result<Maximum, Refusal> {
    let at = |logs: &DVector<f64>| {
        let parameters: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
        let raw = likelihood(&parameters);
        // The chain rule: d/d ln p = p d/dp.
        let p = DVector::from_vec(parameters);
        let gradient = raw.gradient.component_mul(&p);
        let mut curvature = -raw.hessian.component_mul(&(&p * p.transpose()));
        for (j, slope) in gradient.iter().enumerate() {
            curvature[(j, j)] -= slope;
        }
        let finite = raw.value.is_finite() && gradient.iter().chain(curvature.iter()).all(|v| v.is_finite());
        finite.then_some(Likelihood { value: raw.value, gradient, hessian: curvature })
    };
    let origin = DVector::from_iterator(start.len(), start.iter().map(|value| value.ln()));
    let mut logs = origin.clone();
    let mut here = at(&logs).ok_or(Refusal::OutOfRange)?;
    let (mut damping, mut last_length) = (0.0, f64::INFINITY);
    for iterations in 1..=STEPS {
        let newton = Cholesky::new(here.hessian.clone()).map(|factor| factor.solve(&here.gradient));
        if let Some(step) = &newton {
            let length = step.amax();
            if length < SETTLED || (length < NEARLY_SETTLED && length >= last_length) {
                return describe(&logs, &here, iterations);
            }
            last_length = length;
            if length < SHORT {
                let next = &logs + step;
                here = at(&next).ok_or(Refusal::NotConverged)?;
                logs = next;
                continue;
            }
        }
        let distance = (&logs - &origin).amax();
        let Some((next, there)) = rise(&logs, &here, &mut damping, &at) else {
            // Far out the rise is smaller than the rounding of what it is a difference of.
            let no_maximum = Refusal::Value(ValueFault::NoMaximum);
            return Err(if distance > FAR / 2.0 { no_maximum } else { Refusal::NotConverged });
        };
        if distance > FAR {
            return Err(Refusal::Value(ValueFault::NoMaximum));
        }
        (logs, here) = (next, there);
    }
    Err(Refusal::NotConverged)
}

/// A step uphill, and the damping for the next one; `None` where there is none.
fn rise(
    logs: &DVector<f64>,
    here: &Likelihood,
    damping: &mut f64,
    at: &impl Fn(&DVector<f64>) -> Option<Likelihood>,
) -> Option<(DVector<f64>, Likelihood)> {
    let size = here.hessian.diagonal().amax().max(f64::MIN_POSITIVE);
    for _ in 0..60 {
        let mut damped = here.hessian.clone();
        for j in 0..damped.nrows() {
            damped[(j, j)] += *damping;
        }
        if let Some(factor) = Cholesky::new(damped) {
            let mut step = factor.solve(&here.gradient);
            let length = step.amax();
            if length > LONGEST {
                step *= LONGEST / length;
            }
            let next = logs + step;
            if let Some(there) = at(&next)
                && there.value >= here.value
            {
                *damping = if *damping > 1e-10 * size { *damping / 10.0 } else { 0.0 };
                return Some((next, there));
            }
        }
        *damping = (*damping * 10.0).max(1e-6 * size);
    }
    None
}

fn describe(logs: &DVector<f64>, here: &Likelihood, iterations: usize) -> Result<Maximum, Refusal> {
    let factor = Cholesky::new(here.hessian.clone()).ok_or(Refusal::NotConverged)?;
    let covariance = factor.inverse();
    let z = crate::quantile::normal(0.975);
    let parameters: Vec<Parameter> = logs
        .iter()
        .zip(covariance.diagonal().iter())
        .map(|(log, variance)| {
            let (estimate, error) = (log.exp(), variance.sqrt());
            Parameter {
                estimate,
                std_error: estimate * error,
                low: (log - z * error).exp(),
                high: (log + z * error).exp(),
            }
        })
        .collect();
    let finite = parameters.iter().all(|p| p.std_error.is_finite() && p.high.is_finite());
    if finite {
        Ok(Maximum { value: here.value, parameters, iterations })
    } else {
        Err(Refusal::Value(ValueFault::NoMaximum))
    }
}

impl Parameter {
    /// The same in another unit.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self {
            estimate: self.estimate * factor,
            std_error: self.std_error * factor,
            low: self.low * factor,
            high: self.high * factor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events at a constant rate: the estimate is events over time, its standard error the estimate over the root
    /// of the events.
    #[test]
    fn a_constant_rate_has_its_closed_form() {
        let (events, time) = (25.0, 1e4);
        let found = maximise(&[1.0], |p| Likelihood {
            value: events * p[0].ln() - p[0] * time,
            gradient: DVector::from_element(1, events / p[0] - time),
            hessian: DMatrix::from_element(1, 1, -events / (p[0] * p[0])),
        });
        let rate = found.unwrap().parameters[0];
        assert!((rate.estimate / 0.0025 - 1.0).abs() < 1e-12, "{rate:?}");
        assert!((rate.std_error / 0.0005 - 1.0).abs() < 1e-9, "{rate:?}");
        let factor = (1.959_963_984_540_054_f64 / 5.0).exp();
        assert!(
            (rate.high / rate.estimate - factor).abs() < 1e-9
                && (rate.low * factor / rate.estimate - 1.0).abs() < 1e-9
        );
    }

    #[test]
    fn a_likelihood_that_rises_without_end_is_refused() {
        // -1 / p, highest at infinity.
        let found = maximise(&[1.0], |p| Likelihood {
            value: -1.0 / p[0],
            gradient: DVector::from_element(1, 1.0 / (p[0] * p[0])),
            hessian: DMatrix::from_element(1, 1, -2.0 / (p[0] * p[0] * p[0])),
        });
        assert_eq!(found.map(|found| found.iterations), Err(Refusal::Value(ValueFault::NoMaximum)));
    }
}
