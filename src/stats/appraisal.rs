//! Whether an investment pays back: present value, return, internal rate and payback of yearly money.

use serde::{Deserialize, Serialize};

use crate::notice::{Column, Parameter, Refusal};

/// Sign changes of a present value beyond which bisection does not go: the rate is then above 10^9.
const HIGHEST_RATE: f64 = 1e9;

/// What an investment brings. Money is in the unit of the flows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Appraisal {
    /// Present value of all that comes after the investment.
    pub present_value: f64,
    /// Present value less the investment.
    pub net_present_value: f64,
    /// `(present value - investment) / investment`.
    pub roi: f64,
    /// The yearly rate at which the net present value is 0, or why there is none.
    pub internal_rate: Result<f64, Refusal>,
    /// Years until the money is back, with even flow inside a year; `None` if it does not come back.
    pub payback: Option<f64>,
    /// The same with every year discounted.
    pub discounted_payback: Option<f64>,
}

/// Appraises yearly flows: the first is the investment (negative, now), the others come at the ends of the years.
///
/// # Errors
///
/// [`Refusal::NotFinite`], [`Refusal::BadParameter`] for an investment that is not negative or a rate of -1 or below,
/// [`Refusal::OutOfRange`] where a number leaves the range of floating point.
///
/// # Source
///
/// `docs/methods.md` 5.6; Brealey and Myers, *Principles of Corporate Finance*, chs. 2 and 5.
pub fn appraise(flows: &[f64], rate: f64) -> Result<Appraisal, Refusal> {
    check(flows)?;
    if !(rate.is_finite() && rate > -1.0) {
        return Err(Refusal::BadParameter { parameter: Parameter::Rate, position: 0, value: rate });
    }
    let first = flows.first().copied().unwrap_or(0.0);
    if first >= 0.0 {
        return Err(Refusal::BadParameter { parameter: Parameter::Investment, position: 0, value: first });
    }
    let net = net_present_value(flows, rate);
    let found = Appraisal {
        present_value: net - first,
        net_present_value: net,
        roi: net / -first,
        internal_rate: internal_rate(flows),
        payback: payback(flows, 0.0),
        discounted_payback: payback(flows, rate),
    };
    let finite = [found.present_value, found.net_present_value, found.roi].iter().all(|v| v.is_finite());
    if finite { Ok(found) } else { Err(Refusal::OutOfRange) }
}

/// Finds the rate at which the net present value of the flows is 0.
///
/// # Errors
///
/// [`Refusal::NoSignChange`] where the flows all have one sign, so that no rate exists; [`Refusal::SignChanges`] where
/// they change it more than once, so that several rates may; [`Refusal::NotConverged`] for a rate above 10^9.
///
/// # Source
///
/// Descartes' rule of signs: with one change there is exactly one rate above -1.
pub fn internal_rate(flows: &[f64]) -> Result<f64, Refusal> {
    check(flows)?;
    let signs: Vec<bool> = flows.iter().filter(|flow| **flow != 0.0).map(|flow| *flow > 0.0).collect();
    match signs.windows(2).filter(|pair| pair[0] != pair[1]).count() {
        0 => return Err(Refusal::NoSignChange),
        1 => {}
        changes => return Err(Refusal::SignChanges { changes }),
    }
    // The largest flow is 1, so that no sum overflows; the sign of the value is all that counts.
    let largest = flows.iter().fold(0.0_f64, |most, flow| most.max(flow.abs()));
    let scaled: Vec<f64> = flows.iter().map(|flow| flow / largest).collect();
    let starts_positive = signs.first().copied().unwrap_or(false);
    // Below the rate the later flows prevail, above it the first ones. A factor of 1/(1+r) is searched in logarithms.
    let later_prevail = |log: f64| (value_by_factor(&scaled, -log) > 0.0) != starts_positive;
    let (mut low, mut high) = (-50.0_f64, HIGHEST_RATE.ln());
    if !later_prevail(low) || later_prevail(high) {
        return Err(Refusal::NotConverged);
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if later_prevail(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(f64::midpoint(low, high).exp_m1())
}

/// `(benefit - outlay) / outlay`: the return of Return on Marketing, with the rise in customer equity as the benefit.
///
/// # Errors
///
/// [`Refusal::BadParameter`] for an outlay that is not above 0, [`Refusal::OutOfRange`].
///
/// # Source
///
/// Rust, Lemon and Zeithaml 2004, J. Marketing 68(1):109-127.
pub fn return_on_marketing(benefit: f64, outlay: f64) -> Result<f64, Refusal> {
    if !(outlay.is_finite() && outlay > 0.0) {
        return Err(Refusal::BadParameter { parameter: Parameter::Investment, position: 0, value: outlay });
    }
    let found = (benefit - outlay) / outlay;
    if found.is_finite() { Ok(found) } else { Err(Refusal::OutOfRange) }
}

/// Sum of the flows, each discounted by its years.
pub fn net_present_value(flows: &[f64], rate: f64) -> f64 {
    flows.iter().rev().fold(0.0, |sum, flow| sum / (1.0 + rate) + flow)
}

/// The value when each year weighs `exp(log)` of the one before, up to a positive factor that keeps it in range.
fn value_by_factor(flows: &[f64], log: f64) -> f64 {
    if log <= 0.0 {
        flows.iter().rev().fold(0.0, |sum, flow| sum * log.exp() + flow)
    } else {
        flows.iter().fold(0.0, |sum, flow| sum * (-log).exp() + flow)
    }
}

fn payback(flows: &[f64], rate: f64) -> Option<f64> {
    let mut before = *flows.first()?;
    let mut factor = 1.0;
    for (year, flow) in flows.iter().enumerate().skip(1) {
        factor /= 1.0 + rate;
        let step = flow * factor;
        if before + step >= 0.0 && step > 0.0 {
            let years = year as f64 - 1.0 + (-before / step);
            return years.is_finite().then_some(years);
        }
        before += step;
    }
    None
}

fn check(flows: &[f64]) -> Result<(), Refusal> {
    match flows.iter().position(|flow| !flow.is_finite()) {
        Some(row) => Err(Refusal::NotFinite { column: Column::Outcome, row }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_that_comes_back_in_the_first_year_takes_part_of_it() {
        let found = appraise(&[-100.0, 200.0], 0.0).unwrap();
        assert!(
            (found.payback.unwrap() - 0.5).abs() < 1e-15
                && (found.internal_rate.unwrap() - 1.0).abs() < 1e-12
        );
    }

    #[test]
    fn money_that_does_not_come_back_has_no_payback_and_may_have_a_negative_rate() {
        let found = appraise(&[-100.0, 30.0, 60.0], 0.05).unwrap();
        assert_eq!((found.payback, found.discounted_payback), (None, None));
        let rate = found.internal_rate.unwrap();
        assert!(rate < 0.0 && net_present_value(&[-100.0, 30.0, 60.0], rate).abs() < 1e-10);
    }

    #[test]
    fn flows_of_one_sign_or_of_several_changes_have_no_rate() {
        assert_eq!(internal_rate(&[-1.0, -2.0]), Err(Refusal::NoSignChange));
        assert_eq!(internal_rate(&[-100.0, 230.0, -132.0]), Err(Refusal::SignChanges { changes: 2 }));
    }
}
