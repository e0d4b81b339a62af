//! Numbers as readers see them: units, significant figures, ranges, in both languages.
//!
//! A number and its range share one step and one unit, chosen from the largest of the three, so that a reader can
//! compare them. Figures of one number never part: the blanks inside are no-break spaces.

use serde::{Deserialize, Serialize};

use super::words::Language;

/// What a figure counts, which decides how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unit {
    /// Index points from 0 to 100, whole.
    Index,
    /// A share from 0 to 1, written in per cent.
    Share,
    /// A probability that was counted in draws, so that it is never written as 0 or as certain.
    Chance,
    /// A relative change (0.05 = +5 %), written in per cent.
    Change,
    /// Estimated money, major units, at most two significant figures.
    Money {
        /// ISO 4217 code.
        currency: String,
    },
    /// Counted money, major units, written in full.
    Ledger {
        /// ISO 4217 code.
        currency: String,
    },
    /// A difference in points.
    Points,
    /// Points of one index per point of another.
    PointsPerPoint,
    /// A share per index point, written in percentage points.
    SharePerPoint,
    /// Things counted.
    Count,
    /// A pure number such as a reliability or a standardised difference; below 0.01 it keeps two figures.
    Ratio,
    /// A p-value, with four decimals or as "< 0.0001".
    P,
    /// Years.
    Years,
    /// Months.
    Months,
}

impl Unit {
    /// Returns the stable name under which a stored figure keeps its unit.
    pub fn key(&self) -> String {
        match self {
            Self::Index => "index points".into(),
            Self::Share => "share".into(),
            Self::Chance => "probability".into(),
            Self::Change => "relative change".into(),
            Self::Money { currency } | Self::Ledger { currency } => currency.clone(),
            Self::Points => "points".into(),
            Self::PointsPerPoint => "points per point".into(),
            Self::SharePerPoint => "share per index point".into(),
            Self::Count => "count".into(),
            Self::Ratio => "ratio".into(),
            Self::P => "p-value".into(),
            Self::Years => "years".into(),
            Self::Months => "months".into(),
        }
    }
}

/// A number with its range, where it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// Lower and upper end of its range.
    pub range: Option<(f64, f64)>,
}

/// Which part of a quantity is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// The number with its unit: `CNY 3.1 m`, `42 %`.
    Value,
    /// The number without its currency, under a head that names it: `3.1 m`.
    Bare,
    /// The number with its sign: `+3.1 m`.
    Signed,
    /// The range: `0.4–5.6`; in per cent with its sign: `85–89 %`.
    Range,
    /// Number and range: `CNY 3.1 m (0.4–5.6)`.
    Full,
    /// Number and range without currency.
    BareFull,
    /// Number and range without any unit, under words that name it.
    Figures,
    /// The lower end of the range, with the unit.
    Low,
    /// The upper end of the range, with the unit.
    High,
}

/// No-break space.
const NBSP: &str = "\u{A0}";
/// Minus sign.
const MINUS: &str = "\u{2212}";

/// How all parts of one quantity are written: divisor, decimals, and the words before and after.
struct Style {
    /// Numbers are rounded to a multiple of this first; 0 for none.
    step: f64,
    divisor: f64,
    decimals: usize,
    /// Whether a range is rounded outwards: an interval promises no more than it holds.
    outwards: bool,
    before: String,
    after: String,
}

/// Writes a quantity.
///
/// ```
/// use cam::report::{Language, number::{Quantity, Show, Unit, write}};
/// let gain = Quantity { value: 3_140_000.0, range: Some((430_000.0, 5_620_000.0)) };
/// let unit = Unit::Money { currency: "CNY".into() };
/// assert_eq!(write(&gain, &unit, Show::Full, Language::En), "CNY\u{A0}3.1\u{A0}m (0.4–5.6)");
/// assert_eq!(write(&gain, &unit, Show::Full, Language::ZhHans), "310\u{A0}万元（40–560）");
/// ```
pub fn write(quantity: &Quantity, unit: &Unit, show: Show, language: Language) -> String {
    let style = style(quantity, unit, language);
    if *unit == Unit::Chance && !(0.01..=0.99).contains(&quantity.value) {
        let (sign, bound) = if quantity.value < 0.5 { ("<", 0.01) } else { (">", 0.99) };
        let space = if language == Language::En { NBSP } else { "" };
        return format!("{sign}{space}{}{}", style.number(bound), style.after);
    }
    if *unit == Unit::P && quantity.value < 0.0001 {
        let space = if language == Language::En { NBSP } else { "" };
        return format!("<{space}0.0001");
    }
    let with_unit = |value: f64| format!("{}{}{}", style.before, style.number(value), style.after);
    let bare = |value: f64| format!("{}{}", style.number(value), style.after);
    let value = match show {
        Show::Value | Show::Full => with_unit(quantity.value),
        Show::Bare | Show::BareFull => bare(quantity.value),
        Show::Figures => style.number(quantity.value),
        Show::Signed => {
            let text = bare(quantity.value);
            if quantity.value > 0.0 && style.number(quantity.value) != style.number(0.0) {
                format!("+{text}")
            } else {
                text
            }
        }
        Show::Range => {
            return quantity.range.map_or_else(
                || bare(quantity.value),
                |range| format!("{}{}", style.range(range, language), style.after_range(unit)),
            );
        }
        Show::Low => return with_unit(quantity.range.map_or(quantity.value, |range| range.0)),
        Show::High => return with_unit(quantity.range.map_or(quantity.value, |range| range.1)),
    };
    match (show, quantity.range) {
        (Show::Full | Show::BareFull | Show::Figures, Some(range)) => {
            let range = style.range(range, language);
            match language {
                Language::En => format!("{value} ({range})"),
                Language::ZhHans => format!("{value}（{range}）"),
            }
        }
        _ => value,
    }
}

/// Writes money with its sign in the unit of an axis, at most two figures: `+0.7`, `+220`.
pub fn in_unit(value: f64, divisor: f64) -> String {
    let scaled = value / divisor;
    let decimals = match scaled.abs() {
        size if size >= 10.0 || size == 0.0 => 0,
        size if size >= 0.095 => 1,
        _ => 2,
    };
    let step = money_step(scaled.abs()).max(0.01);
    let rounded = if scaled.abs() >= 10.0 { (scaled / step).round() * step } else { scaled };
    let text = Style {
        step: 0.0,
        divisor: 1.0,
        decimals,
        outwards: false,
        before: String::new(),
        after: String::new(),
    }
    .number(rounded);
    let nothing = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    if rounded > 0.0 && !nothing { format!("+{text}") } else { text }
}

/// Writes a whole number with its thousands parted.
pub fn count(value: usize) -> String {
    group(&value.to_string())
}

/// Returns what one unit of a currency is called after "the next".
pub fn currency_word(code: &str, language: Language) -> &str {
    let (english, chinese) = match code {
        "CNY" => ("yuan", "元"),
        "USD" => ("dollar", "美元"),
        "EUR" => ("euro", "欧元"),
        "GBP" => ("pound", "英镑"),
        "JPY" => ("yen", "日元"),
        "BRL" => ("real", "雷亚尔"),
        "HKD" => ("dollar", "港元"),
        "SGD" => ("dollar", "新加坡元"),
        "CHF" => ("franc", "瑞士法郎"),
        "KRW" => ("won", "韩元"),
        "INR" => ("rupee", "卢比"),
        _ => (code, code),
    };
    match language {
        Language::En => english,
        Language::ZhHans => chinese,
    }
}

/// Returns the divisor and the words of the unit in which money of this size is written: `(1e6, "m")`.
pub fn money_scale(largest: f64, currency: &str, language: Language) -> (f64, String) {
    match language {
        Language::En if largest >= 1e9 => (1e9, "bn".into()),
        Language::En if largest >= 2e5 => (1e6, "m".into()),
        Language::En => (1.0, String::new()),
        Language::ZhHans => {
            let name = currency_word(currency, language);
            if largest >= 1e8 {
                (1e8, format!("亿{name}"))
            } else if largest >= 1e4 {
                (1e4, format!("万{name}"))
            } else {
                (1.0, name.into())
            }
        }
    }
}

fn style(quantity: &Quantity, unit: &Unit, language: Language) -> Style {
    let plain = |divisor: f64, decimals: usize| Style {
        step: 0.0,
        divisor,
        decimals,
        outwards: false,
        before: String::new(),
        after: String::new(),
    };
    let points = |divisor: f64, decimals: usize| Style {
        after: match language {
            Language::En => format!("{NBSP}points"),
            Language::ZhHans => format!("{NBSP}个百分点"),
        },
        ..plain(divisor, decimals)
    };
    let percent = |decimals: usize| Style {
        after: match language {
            Language::En => format!("{NBSP}%"),
            Language::ZhHans => "%".into(),
        },
        ..plain(0.01, decimals)
    };
    let width = quantity.range.map(|(low, high)| (high - low).abs());
    match unit {
        // A set of levels such as a zone has no middle of its own; its ends are rounded to the nearest.
        Unit::Index => Style {
            outwards: quantity.range.is_some_and(|(low, high)| low < quantity.value && quantity.value < high),
            ..plain(1.0, 0)
        },
        Unit::Count | Unit::Months => plain(1.0, 0),
        Unit::Years => plain(1.0, usize::from(quantity.value.fract() != 0.0)),
        Unit::Chance => percent(0),
        Unit::Share | Unit::Change => percent(share_decimals(quantity.value, width)),
        Unit::Points => points(1.0, usize::from(width.is_none_or(|width| width < 10.0))),
        Unit::Ratio if quantity.value.abs() < 0.01 => {
            plain(1.0, two_figures(quantity.value.abs()).clamp(2, 6))
        }
        Unit::PointsPerPoint | Unit::Ratio => plain(1.0, 2),
        Unit::P => plain(1.0, 4),
        Unit::SharePerPoint => {
            points(0.01, two_figures(100.0 * width.unwrap_or(quantity.value.abs())).clamp(0, 3))
        }
        Unit::Ledger { currency } => Style {
            before: if language == Language::En { format!("{currency}{NBSP}") } else { String::new() },
            after: match language {
                Language::En => String::new(),
                Language::ZhHans => format!("{NBSP}{}", currency_word(currency, language)),
            },
            ..plain(1.0, 0)
        },
        Unit::Money { currency } => money_style(quantity, currency, language),
    }
}

fn money_style(quantity: &Quantity, currency: &str, language: Language) -> Style {
    let ends = quantity.range.map_or([0.0; 2], |(low, high)| [low, high]);
    let largest = ends.iter().fold(quantity.value.abs(), |largest, end| largest.max(end.abs()));
    let width = quantity.range.map_or(0.0, |(low, high)| (high - low).abs());
    let step = money_step(largest).max(money_step(width));
    let (divisor, word) = money_scale((largest / step).round() * step, currency, language);
    // The step is a power of ten, so its logarithm is whole up to rounding.
    let decimals = if largest > 0.0 { (divisor / step).log10().round().max(0.0) } else { 0.0 };
    Style {
        step,
        divisor,
        decimals: whole(decimals),
        outwards: false,
        before: if language == Language::En { format!("{currency}{NBSP}") } else { String::new() },
        after: if word.is_empty() { word } else { format!("{NBSP}{word}") },
    }
}

/// The step of two significant figures of `largest`, counted after rounding: 9.96 rounds to 10, in steps of 1.
fn money_step(largest: f64) -> f64 {
    if largest <= 0.0 || !largest.is_finite() {
        return 0.001;
    }
    let exponent = largest.log10().floor();
    let step = 10_f64.powf(exponent - 1.0);
    let step = if (largest / step).round() >= 100.0 { step * 10.0 } else { step };
    step.max(0.001)
}

fn share_decimals(value: f64, width: Option<f64>) -> usize {
    match width {
        Some(width) if width >= 0.02 => 0,
        Some(width) if width >= 0.002 => 1,
        Some(_) => 2,
        None => usize::from(value.abs() < 0.01 && value.abs() > 0.0),
    }
}

/// Decimals that keep two figures of `width`.
fn two_figures(width: f64) -> usize {
    if width > 0.0 && width.is_finite() { whole((1.0 - width.log10().floor()).max(0.0)) } else { 1 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small whole number, zero or above"
)]
fn whole(value: f64) -> usize {
    value as usize
}

impl Style {
    fn number(&self, value: f64) -> String {
        let rounded = if self.step > 0.0 { (value / self.step).round() * self.step } else { value };
        let text = format!("{:.*}", self.decimals, (rounded / self.divisor).abs());
        let text = group(&text);
        if value < 0.0 && text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0') {
            format!("{MINUS}{text}")
        } else {
            text
        }
    }

    fn range(&self, (low, high): (f64, f64), language: Language) -> String {
        // An index lies between 0 and 100, though an interval of its mean may not; and a whole number stays one.
        let outwards = || ((low + 1e-9).floor().max(0.0), (high - 1e-9).ceil().min(100.0));
        let (low, high) = if self.outwards { outwards() } else { (low, high) };
        let (low_text, high_text) = (self.number(low), self.number(high));
        if low_text.starts_with(MINUS) || high_text.starts_with(MINUS) {
            let to = match language {
                Language::En => "to",
                Language::ZhHans => "至",
            };
            format!("{low_text}{NBSP}{to}{NBSP}{high_text}")
        } else {
            format!("{low_text}–{high_text}")
        }
    }

    fn after_range(&self, unit: &Unit) -> &str {
        if matches!(unit, Unit::Share | Unit::Change) { &self.after } else { "" }
    }
}

fn group(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan() -> Unit {
        Unit::Money { currency: "CNY".into() }
    }

    fn both(value: f64, range: Option<(f64, f64)>, unit: &Unit, show: Show) -> [String; 2] {
        let quantity = Quantity { value, range };
        [Language::En, Language::ZhHans]
            .map(|language| write(&quantity, unit, show, language).replace('\u{A0}', "~"))
    }

    #[test]
    fn money_has_two_figures_and_the_unit_of_its_language() {
        for (value, english, chinese) in [
            (1_200_000.0, "CNY~1.2~m", "120~万元"),
            (3_149_999.0, "CNY~3.1~m", "310~万元"),
            (850_000.0, "CNY~0.85~m", "85~万元"),
            (85_000.0, "CNY~85,000", "8.5~万元"),
            (8_460.0, "CNY~8,500", "8,500~元"),
            (996_000.0, "CNY~1.0~m", "100~万元"),
            (12_400_000.0, "CNY~12~m", "1,200~万元"),
            (123_000_000.0, "CNY~120~m", "1.2~亿元"),
            (2_340_000_000.0, "CNY~2.3~bn", "23~亿元"),
            (0.0, "CNY~0", "0~元"),
            (-400_000.0, "CNY~−0.40~m", "−40~万元"),
        ] {
            assert_eq!(both(value, None, &yuan(), Show::Value), [english, chinese], "{value}");
        }
    }

    #[test]
    fn a_range_shares_unit_and_step_with_its_number() {
        let range = Some((430_000.0, 5_620_000.0));
        assert_eq!(both(3_140_000.0, range, &yuan(), Show::Range), ["0.4–5.6", "40–560"]);
        assert_eq!(
            both(3_140_000.0, range, &yuan(), Show::BareFull),
            ["3.1~m (0.4–5.6)", "310~万元（40–560）"]
        );
        assert_eq!(both(3_140_000.0, range, &yuan(), Show::High), ["CNY~5.6~m", "560~万元"]);
    }

    #[test]
    fn a_range_with_a_negative_end_is_joined_by_a_word() {
        let range = Some((-910_000.0, 320_000.0));
        assert_eq!(both(-420_000.0, range, &yuan(), Show::Bare), ["−0.4~m", "−40~万元"]);
        assert_eq!(both(-420_000.0, range, &yuan(), Show::Range), ["−0.9~to~0.3", "−90~至~30"]);
    }

    #[test]
    fn nothing_is_written_as_minus_zero() {
        assert_eq!(both(-0.3, None, &Unit::Index, Show::Full), ["0", "0"]);
        assert_eq!(both(0.3, Some((-0.4, 2.0)), &Unit::Index, Show::Full), ["0 (0–2)", "0（0–2）"]);
        assert_eq!(both(-0.001, None, &Unit::PointsPerPoint, Show::Value), ["0.00", "0.00"]);
        assert_eq!(both(0.000_1, Some((-0.1, 0.1)), &Unit::Change, Show::Signed), ["0~%", "0%"]);
    }

    #[test]
    fn the_range_of_an_index_stays_on_its_scale_and_a_whole_end_stays_whole() {
        assert_eq!(both(99.6, Some((98.9, 100.1)), &Unit::Index, Show::Full)[0], "100 (98–100)");
        assert_eq!(both(72.0, Some((70.0 - 1e-11, 74.0 + 1e-11)), &Unit::Index, Show::Full)[0], "72 (70–74)");
    }

    #[test]
    fn per_cent_has_a_blank_in_english_and_none_in_chinese() {
        assert_eq!(both(0.42, None, &Unit::Share, Show::Value), ["42~%", "42%"]);
        assert_eq!(
            both(0.87, Some((0.85, 0.89)), &Unit::Share, Show::Full),
            ["87~% (85–89)", "87%（85–89）"]
        );
        assert_eq!(both(0.87, Some((0.85, 0.89)), &Unit::Share, Show::Range), ["85–89~%", "85–89%"]);
        assert_eq!(
            both(0.031, Some((0.027, 0.036)), &Unit::Share, Show::Full),
            ["3.1~% (2.7–3.6)", "3.1%（2.7–3.6）"]
        );
        assert_eq!(both(0.08, Some((0.02, 0.14)), &Unit::Change, Show::Signed), ["+8~%", "+8%"]);
    }

    #[test]
    fn an_interval_of_levels_is_rounded_outwards_and_a_set_of_levels_to_the_nearest() {
        let range = Some((72.8, 74.3));
        assert_eq!(both(73.6, range, &Unit::Index, Show::Range), ["72–75", "72–75"]);
        assert_eq!(both(72.8, range, &Unit::Index, Show::Range), ["73–74", "73–74"]);
    }

    #[test]
    fn a_p_value_has_four_decimals_and_is_never_nothing() {
        assert_eq!(both(0.031_25, None, &Unit::P, Show::Value), ["0.0312", "0.0312"]);
        assert_eq!(both(0.000_02, None, &Unit::P, Show::Value), ["<~0.0001", "<0.0001"]);
    }

    #[test]
    fn a_small_ratio_keeps_two_figures() {
        let ratio = |value| both(value, None, &Unit::Ratio, Show::Value)[0].clone();
        assert_eq!([0.843, 0.031, 0.002_04, 3.2].map(ratio), ["0.84", "0.03", "0.0020", "3.20"]);
    }

    #[test]
    fn a_chance_is_never_nothing_and_never_certain() {
        let chance = |value| both(value, None, &Unit::Chance, Show::Value);
        assert_eq!(chance(0.0), ["<~1~%", "<1%"]);
        assert_eq!(chance(0.08), ["8~%", "8%"]);
        assert_eq!(chance(1.0), [">~99~%", ">99%"]);
    }

    #[test]
    fn slopes_keep_two_figures_of_their_range() {
        let slope = |value, low, high| both(value, Some((low, high)), &Unit::SharePerPoint, Show::Full);
        assert_eq!(slope(0.014, 0.009, 0.019), ["1.4~points (0.9–1.9)", "1.4~个百分点（0.9–1.9）"]);
        assert_eq!(slope(0.000_1, -0.000_5, 0.000_8)[0], "0.01~points (−0.05~to~0.08)");
        assert_eq!(
            both(0.335, Some((0.262, 0.409)), &Unit::PointsPerPoint, Show::Full)[0],
            "0.34 (0.26–0.41)"
        );
    }

    #[test]
    fn other_currencies_are_written_alike() {
        let real = Unit::Money { currency: "BRL".into() };
        assert_eq!(both(153.4, None, &real, Show::Value), ["BRL~150", "150~雷亚尔"]);
        assert_eq!(
            both(1_250_000.0, None, &Unit::Money { currency: "XAU".into() }, Show::Value)[1],
            "130~万XAU"
        );
        let ledger = Unit::Ledger { currency: "EUR".into() };
        assert_eq!(both(48_200_500.0, None, &ledger, Show::Value), ["EUR~48,200,500", "48,200,500~欧元"]);
    }

    #[test]
    fn spend_on_an_axis_carries_its_sign() {
        let written = [0.7e6, 2.2e6, -1.4e6, 0.0, 0.04e6, 12.4e6].map(|value| in_unit(value, 1e6));
        assert_eq!(written, ["+0.7", "+2.2", "−1.4", "0", "+0.04", "+12"]);
        assert_eq!(in_unit(7_840_000.0, 1e4), "+780");
    }

    #[test]
    fn counts_are_parted_in_thousands() {
        assert_eq!(count(1_204), "1,204");
        assert_eq!(count(999), "999");
        assert_eq!(both(1_234_567.0, None, &Unit::Count, Show::Value), ["1,234,567", "1,234,567"]);
    }
}
