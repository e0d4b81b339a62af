//! Round steps, ticks and the figures beside them.

/// Returns the smallest step of the form 1, 2 or 5 times a power of ten that cuts `span` into at most `parts`.
pub(super) fn round_step(span: f64, parts: f64) -> f64 {
    if !(span.is_finite() && span > 0.0) {
        return 1.0;
    }
    let rough = span / parts;
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Returns the multiples of `step` from `low` to `high`.
pub(super) fn ticks(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    (0..200).map(|at| (first + f64::from(at)) * step).take_while(|tick| *tick <= high + step * 1e-9).collect()
}

/// Writes a tick: as many decimals as its step needs, commas between thousands, a real minus, a plus if `signed`,
/// and never a minus before zero.
pub(super) fn figure(value: f64, step: f64, signed: bool) -> String {
    let decimals = (0u8..6)
        .find(|d| {
            (step * 10f64.powi(i32::from(*d))).fract().abs() < 1e-6
                || (step * 10f64.powi(i32::from(*d))).fract() > 1.0 - 1e-6
        })
        .unwrap_or(6);
    let power = 10f64.powi(i32::from(decimals));
    let text = format!("{:.*}", usize::from(decimals), (value.abs() * power).round() / power);
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if text.chars().all(|c| c == '0' || c == '.') {
        return "0".to_owned();
    }
    let sign = match (value < 0.0, signed) {
        (true, _) => "\u{2212}",
        (false, true) => "+",
        (false, false) => "",
    };
    format!("{sign}{grouped}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_one_two_or_five_times_a_power_of_ten() {
        assert!((round_step(9.4, 5.0) - 2.0).abs() < 1e-12);
        assert!((round_step(940.0, 5.0) - 200.0).abs() < 1e-9);
        assert!((round_step(0.45, 5.0) - 0.1).abs() < 1e-12);
        assert!((round_step(10.0, 5.0) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn figures_are_written_as_the_design_says() {
        assert_eq!(figure(2.0, 2.0, true), "+2");
        assert_eq!(figure(-2.0, 2.0, true), "\u{2212}2");
        assert_eq!(figure(-0.0, 2.0, true), "0");
        assert_eq!(figure(0.0, 0.1, false), "0");
        assert_eq!(figure(66.5, 1.0, false), "67");
        assert_eq!(figure(1200.0, 200.0, false), "1,200");
        assert_eq!(figure(0.3, 0.1, false), "0.3");
        assert_eq!(figure(-1_500_000.0, 500_000.0, true), "\u{2212}1,500,000");
    }

    #[test]
    fn ticks_are_the_multiples_of_the_step_inside_the_range() {
        assert_eq!(ticks(-2.6, 6.8, 2.0), vec![-2.0, 0.0, 2.0, 4.0, 6.0]);
        assert_eq!(ticks(40.0, 100.0, 10.0).len(), 7);
    }
}
