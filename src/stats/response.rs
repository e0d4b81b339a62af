//! What money does to a driver: response curves, by judgement or by the history of spending.

use serde::{Deserialize, Serialize};

use crate::notice::{Column, Count, Parameter, Refusal};

/// Different levels of spending that a history needs before a judged curve gives way to it.
const LEVELS: usize = 3;

/// Steps of the grid that precedes a search.
const GRID: u32 = 60;

/// Points of a driver as a function of money. Spending and `k` are in the same unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "form")]
pub enum ResponseCurve {
    /// `b ln(1 + x / k)`.
    Log {
        /// Points that spending multiplied by e brings.
        b: f64,
        /// Spending from which the return falls off.
        k: f64,
    },
    /// `b x^c`, `0 < c < 1`.
    Power {
        /// Points that the first unit of money brings.
        b: f64,
        /// Exponent.
        c: f64,
    },
    /// `least + (most - least) u^c / (d + u^c)` with `u = x / unit` (Little 1970): S-shaped where `c > 1`.
    Adbudg {
        /// Response without spending.
        least: f64,
        /// Response at saturation.
        most: f64,
        /// Steepness.
        c: f64,
        /// How far today is from saturation.
        d: f64,
        /// Today's spending, of which `x` is counted in multiples.
        unit: f64,
    },
}

/// Where a curve comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Somebody's judgement; no estimate.
    Judged,
    /// Least squares on what was spent and reached.
    Observed {
        /// Different levels of spending.
        levels: usize,
        /// Residual sum of squares, points squared.
        rss: f64,
    },
}

/// A curve with its source.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The curve.
    pub curve: ResponseCurve,
    /// Where it comes from.
    pub source: Source,
}

/// Four answers about a driver, in its points (or as a share).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// Where it falls to without spending.
    pub without: f64,
    /// Where it is today.
    pub today: f64,
    /// Where it would be with half as much again.
    pub half_more: f64,
    /// Where it ends however much is spent.
    pub saturation: f64,
}

impl Answers {
    /// Draws the ADBUDG curve through the answers, given today's spending; it is marked as judged.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFinite`]; [`Refusal::NotRising`] with the position of the answer that does not lie above the one
    /// before, in the order of the fields; [`Refusal::BadParameter`] for spending that is not above 0;
    /// [`Refusal::OutOfRange`].
    ///
    /// # Source
    ///
    /// Little 1970, Management Science 16:B466-B485.
    pub fn calibrate(&self, spent_today: f64) -> Result<Response, Refusal> {
        let rising = [self.without, self.today, self.half_more, self.saturation];
        if let Some(row) = rising.iter().position(|answer| !answer.is_finite()) {
            return Err(Refusal::NotFinite { column: Column::Outcome, row });
        }
        if let Some(at) = rising.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(Refusal::NotRising { position: at + 1 });
        }
        let [least, today, half_more, most] = rising;
        let d = (most - today) / (today - least);
        let reached = (half_more - least) / (most - half_more);
        let c = (d * reached).ln() / 1.5_f64.ln();
        let curve = ResponseCurve::Adbudg { least, most, c, d, unit: spent_today };
        curve.check(0)?;
        Ok(Response { curve, source: Source::Judged })
    }
}

impl ResponseCurve {
    /// Refuses parameters that make no rising curve; `position` is that of the driver.
    pub(crate) fn check(&self, position: usize) -> Result<(), Refusal> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let needed = match *self {
            Self::Log { b, k } => {
                vec![(Parameter::Scale, b, b.is_finite()), (Parameter::HalfPoint, k, positive(k))]
            }
            Self::Power { b, c } => {
                vec![(Parameter::Scale, b, b.is_finite()), (Parameter::Exponent, c, positive(c) && c < 1.0)]
            }
            Self::Adbudg { least, most, c, d, unit } => vec![
                (Parameter::Scale, most, least.is_finite() && positive(most - least)),
                (Parameter::Exponent, c, positive(c)),
                (Parameter::HalfPoint, d, positive(d)),
                (Parameter::Spending, unit, positive(unit)),
            ],
        };
        match needed.into_iter().find(|(.., fine)| !fine) {
            Some((_, value, _)) if !value.is_finite() => Err(Refusal::OutOfRange),
            Some((parameter, value, _)) => Err(Refusal::BadParameter { parameter, position, value }),
            None => Ok(()),
        }
    }

    /// Points at a level of spending of 0 or more.
    pub fn value(&self, spending: f64) -> f64 {
        match *self {
            Self::Log { b, k } => b * (spending / k).ln_1p(),
            Self::Power { b, c } => b * spending.powf(c),
            Self::Adbudg { least, most, .. } => least + (most - least) * self.share(spending),
        }
    }

    /// Points per unit of money at a level of spending; the largest number where the curve starts straight up.
    pub fn slope(&self, spending: f64) -> f64 {
        let slope = match *self {
            Self::Log { b, k } => b / (k + spending),
            Self::Power { b, c } => b * c * spending.powf(c - 1.0),
            Self::Adbudg { least, most, c, d, unit } => {
                if spending > 0.0 {
                    let ahead = d * (spending / unit).powf(-c);
                    let rest = if ahead.is_finite() { ahead / (1.0 + ahead) } else { 1.0 };
                    (most - least) * c * self.share(spending) * rest / spending
                } else if c > 1.0 {
                    0.0
                } else if c < 1.0 {
                    f64::MAX
                } else {
                    (most - least) / (d * unit)
                }
            }
        };
        slope.clamp(f64::MIN, f64::MAX)
    }

    /// Where an S-shaped curve is steepest; `None` for a curve that only flattens.
    pub fn inflection(&self) -> Option<f64> {
        match *self {
            Self::Adbudg { c, d, unit, .. } if c > 1.0 => {
                Some(unit * (d * (c - 1.0) / (c + 1.0)).powf(1.0 / c)).filter(|at| at.is_finite())
            }
            _ => None,
        }
    }

    /// Whether the return first rises, so that no equal-return rule finds the best allocation.
    pub fn is_s_shaped(&self) -> bool {
        matches!(*self, Self::Adbudg { c, .. } if c > 1.0)
    }

    /// The spending up to which a flattening curve brings at least `slope` points per unit of money.
    pub(crate) fn spending_at(&self, slope: f64) -> f64 {
        match *self {
            Self::Log { b, .. } | Self::Power { b, .. } if b <= 0.0 => 0.0,
            Self::Log { b, k } => (b / slope - k).max(0.0),
            Self::Power { b, c } => (b * c / slope).powf(1.0 / (1.0 - c)),
            Self::Adbudg { least, most, c, unit, .. } => {
                // share (1 - share) is at most a quarter.
                let (mut low, mut high) =
                    ((unit * 1e-150).max(f64::MIN_POSITIVE), 0.25 * (most - least) * c / slope);
                if !high.is_finite() {
                    return f64::INFINITY;
                }
                if self.slope(low) < slope || high <= low {
                    return 0.0;
                }
                // In logarithms, since spending may differ by hundreds of orders of magnitude.
                for _ in 0..200 {
                    let middle = low.sqrt() * high.sqrt();
                    if self.slope(middle) >= slope {
                        low = middle;
                    } else {
                        high = middle;
                    }
                    if high <= low * (1.0 + 4.0 * f64::EPSILON) {
                        break;
                    }
                }
                low
            }
        }
    }

    /// The curve when everything costs `price` times as much.
    pub(crate) fn at_price(&self, price: f64) -> Self {
        match *self {
            Self::Log { b, k } => Self::Log { b, k: k * price },
            Self::Power { b, c } => Self::Power { b: b * price.powf(-c), c },
            Self::Adbudg { least, most, c, d, unit } => {
                Self::Adbudg { least, most, c, d, unit: unit * price }
            }
        }
    }

    /// How much of the way to saturation is gone, 0 to 1.
    fn share(&self, spending: f64) -> f64 {
        match *self {
            Self::Adbudg { c, d, unit, .. } if spending > 0.0 => 1.0 / (1.0 + d * (spending / unit).powf(-c)),
            _ => 0.0,
        }
    }
}

impl Response {
    /// Fits the same form to a history of spending and what it reached, by least squares. Of an ADBUDG curve the two
    /// ends stay as they were judged, since a history seldom shows them, and `c` and `d` are fitted.
    ///
    /// # Errors
    ///
    /// Lengths, values that are not finite, spending below 0; [`Refusal::TooFew`] below three levels of spending;
    /// [`Refusal::BadParameter`] for a history that does not rise; [`Refusal::NotConverged`] where the best curve is a
    /// straight line or a step.
    pub fn updated(&self, spending: &[f64], reached: &[f64]) -> Result<Self, Refusal> {
        self.curve.check(0)?;
        let levels = levels(spending, reached)?;
        let least = spending.iter().copied().filter(|x| *x > 0.0).fold(f64::INFINITY, f64::min);
        let most = spending.iter().copied().fold(0.0, f64::max);
        let points: Vec<(f64, f64)> = spending.iter().copied().zip(reached.iter().copied()).collect();
        let rss = |curve: &ResponseCurve| -> f64 {
            points.iter().map(|(x, y)| (y - curve.value(*x)).powi(2)).sum()
        };
        // The best scale of a basis without constant.
        let scale = |basis: &dyn Fn(f64) -> f64| {
            let (mut xy, mut xx) = (0.0, 0.0);
            for (x, y) in &points {
                xy += basis(*x) * y;
                xx += basis(*x).powi(2);
            }
            xy / xx
        };
        let found = match self.curve {
            ResponseCurve::Log { .. } => {
                let at = |log: f64| {
                    let k = log.exp();
                    ResponseCurve::Log { b: scale(&|x| (x / k).ln_1p()), k }
                };
                least_at((1e-3 * least).ln(), (1e3 * most).ln(), |log| rss(&at(log))).map(at)
            }
            ResponseCurve::Power { .. } => {
                let at = |c: f64| ResponseCurve::Power { b: scale(&|x| x.powf(c)), c };
                least_at(1e-3, 1.0 - 1e-3, |c| rss(&at(c))).map(at)
            }
            ResponseCurve::Adbudg { least: bottom, most: top, unit, .. } => {
                let at = |log_c: f64, half: f64| {
                    let c = log_c.exp();
                    let d = (half / unit).powf(c);
                    ResponseCurve::Adbudg { least: bottom, most: top, c, d, unit }
                };
                let (low, high) = ((0.1 * least).ln(), (10.0 * most).ln());
                let half = |log_c: f64| least_at(low, high, |log| rss(&at(log_c, log.exp())));
                let profile =
                    |log_c: f64| half(log_c).map_or(f64::INFINITY, |log| rss(&at(log_c, log.exp())));
                least_at(0.2_f64.ln(), 20.0_f64.ln(), profile)
                    .and_then(|log_c| Some(at(log_c, half(log_c)?.exp())))
            }
        };
        let curve = found.ok_or(Refusal::NotConverged)?;
        curve.check(0)?;
        if let ResponseCurve::Log { b, .. } | ResponseCurve::Power { b, .. } = curve
            && b <= 0.0
        {
            return Err(Refusal::BadParameter { parameter: Parameter::Scale, position: 0, value: b });
        }
        let rss = rss(&curve);
        if !rss.is_finite() {
            return Err(Refusal::OutOfRange);
        }
        Ok(Self { curve, source: Source::Observed { levels, rss } })
    }
}

/// Counts the different levels of spending, of which there must be enough.
fn levels(spending: &[f64], reached: &[f64]) -> Result<usize, Refusal> {
    if spending.len() != reached.len() {
        return Err(Refusal::LengthMismatch { expected: reached.len(), found: spending.len() });
    }
    for (values, column) in [(spending, Column::Driver(0)), (reached, Column::Outcome)] {
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(Refusal::NotFinite { column, row });
        }
    }
    if let Some((position, value)) = spending.iter().enumerate().find(|(_, x)| **x < 0.0) {
        return Err(Refusal::BadParameter { parameter: Parameter::Spending, position, value: *value });
    }
    let mut sorted = spending.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    if sorted.len() < LEVELS {
        let (have, need) = (sorted.len() as f64, LEVELS as f64);
        return Err(Refusal::TooFew { what: Count::SpendLevels, have, need });
    }
    Ok(sorted.len())
}

/// Where a function is least, by a grid and golden section around its best step; `None` at an end of the range.
fn least_at(low: f64, high: f64, f: impl Fn(f64) -> f64) -> Option<f64> {
    let at = |step: u32| low + (high - low) * f64::from(step) / f64::from(GRID);
    let best = (0..=GRID).map(|step| (f(at(step)), step)).min_by(|a, b| a.0.total_cmp(&b.0))?.1;
    if best == 0 || best == GRID {
        return None;
    }
    Some(golden(at(best - 1), at(best + 1), f))
}

/// Golden-section search for the least value.
pub(crate) fn golden(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut f_left, mut f_right) = (f(left), f(right));
    for _ in 0..80 {
        if f_left <= f_right {
            (high, right, f_right) = (right, left, f_left);
            left = high - ratio * (high - low);
            f_left = f(left);
        } else {
            (low, left, f_left) = (left, right, f_right);
            right = low + ratio * (high - low);
            f_right = f(right);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(curve: ResponseCurve) -> Response {
        Response { curve, source: Source::Judged }
    }

    #[test]
    fn a_history_without_noise_gives_the_curve_back() {
        let spending = [0.0, 5.0, 10.0, 20.0, 40.0, 80.0];
        for (truth, start) in [
            (ResponseCurve::Log { b: 3.0, k: 12.0 }, ResponseCurve::Log { b: 1.0, k: 1.0 }),
            (ResponseCurve::Power { b: 2.0, c: 0.6 }, ResponseCurve::Power { b: 1.0, c: 0.2 }),
            (
                ResponseCurve::Adbudg { least: 10.0, most: 60.0, c: 2.2, d: 0.8, unit: 20.0 },
                ResponseCurve::Adbudg { least: 10.0, most: 60.0, c: 1.0, d: 1.0, unit: 20.0 },
            ),
        ] {
            let reached: Vec<f64> = spending.iter().map(|x| truth.value(*x)).collect();
            let found = judged(start).updated(&spending, &reached).unwrap();
            for x in [3.0, 33.0, 90.0] {
                assert!((found.curve.value(x) / truth.value(x) - 1.0).abs() < 1e-5, "{found:?}");
            }
            assert!(matches!(found.source, Source::Observed { levels: 6, .. }));
        }
    }

    #[test]
    fn two_levels_of_spending_leave_the_judgement() {
        let curve = judged(ResponseCurve::Log { b: 1.0, k: 1.0 });
        let refused = curve.updated(&[0.0, 5.0, 5.0], &[0.0, 1.0, 1.2]).unwrap_err();
        assert_eq!(refused.code(), "E_TOO_FEW");
    }

    #[test]
    fn answers_have_to_rise() {
        let answers = Answers { without: 0.1, today: 0.4, half_more: 0.4, saturation: 0.7 };
        assert_eq!(answers.calibrate(1.0), Err(Refusal::NotRising { position: 2 }));
    }
}
