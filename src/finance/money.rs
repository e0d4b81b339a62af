//! Sums of money in whole minor units.

use std::fmt;

/// An ISO 4217 currency with its number of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    code: [u8; 3],
    decimals: u32,
}

/// A currency that is not three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a currency: give its ISO 4217 code, for example EUR")]
pub struct CurrencyError(String);

/// Currencies without minor unit (ISO 4217, decimals 0).
const NO_DECIMALS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF",
];

/// Currencies whose minor unit is a thousandth (ISO 4217, decimals 3).
const THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

impl Currency {
    /// Reads an ISO 4217 code.
    ///
    /// ```
    /// let yuan = cam::finance::Currency::parse("CNY")?;
    /// assert_eq!(yuan.decimals(), 2);
    /// # Ok::<(), cam::finance::CurrencyError>(())
    /// ```
    pub fn parse(code: &str) -> Result<Self, CurrencyError> {
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| CurrencyError(code.into()))?;
        if !bytes.iter().all(u8::is_ascii_uppercase) {
            return Err(CurrencyError(code.into()));
        }
        let decimals = match code {
            _ if NO_DECIMALS.contains(&code) => 0,
            _ if THREE_DECIMALS.contains(&code) => 3,
            _ => 2,
        };
        Ok(Self { code: bytes, decimals })
    }

    /// Returns the three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// Returns the number of decimals of the minor unit.
    pub const fn decimals(self) -> u32 {
        self.decimals
    }

    /// Returns how many minor units make one major unit.
    pub const fn minor_per_major(self) -> i64 {
        10_i64.pow(self.decimals)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A sum in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Whole minor units; negative for credits.
    pub minor: i64,
    /// The currency that they count.
    pub currency: Currency,
}

/// A text that is not a sum of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Something else than digits, one sign, one decimal mark and grouping marks.
    #[error("{0:?} is not an amount of money")]
    NotANumber(String),
    /// More decimals than the currency has.
    #[error("{text:?} has more decimals than {currency} ({decimals}): round it where it comes from")]
    TooManyDecimals {
        /// The text as found.
        text: String,
        /// The currency.
        currency: String,
        /// Its number of decimals.
        decimals: u32,
    },
    /// More than an `i64` of minor units holds.
    #[error("{0:?} is too large an amount")]
    TooLarge(String),
}

/// How amounts are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberStyle {
    /// The decimal mark.
    pub decimal: char,
    /// The grouping mark that may stand between digits of the whole part.
    pub thousands: Option<char>,
}

impl Default for NumberStyle {
    fn default() -> Self {
        Self { decimal: '.', thousands: None }
    }
}

impl Money {
    /// Reads an amount in the currency's major unit, digit by digit: no binary fraction on the way.
    ///
    /// Trailing zeros beyond the currency's decimals are accepted, other digits there are an error.
    pub fn parse(text: &str, currency: Currency, style: NumberStyle) -> Result<Self, MoneyError> {
        let not_a_number = || MoneyError::NotANumber(text.into());
        let too_large = || MoneyError::TooLarge(text.into());
        let trimmed = text.trim();
        let (negative, unsigned) = match trimmed.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        let (whole, fraction) = unsigned.split_once(style.decimal).unwrap_or((unsigned, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(not_a_number());
        }
        let mut minor = 0_i64;
        let mut previous_was_digit = false;
        for sign in whole.chars() {
            if let Some(digit) = sign.to_digit(10) {
                minor = append_digit(minor, digit).ok_or_else(too_large)?;
                previous_was_digit = true;
            } else if Some(sign) == style.thousands && previous_was_digit {
                previous_was_digit = false;
            } else {
                return Err(not_a_number());
            }
        }
        let mut decimals = 0;
        for sign in fraction.chars() {
            let digit = sign.to_digit(10).ok_or_else(not_a_number)?;
            if decimals < currency.decimals {
                minor = append_digit(minor, digit).ok_or_else(too_large)?;
                decimals += 1;
            } else if digit != 0 {
                return Err(MoneyError::TooManyDecimals {
                    text: text.into(),
                    currency: currency.to_string(),
                    decimals: currency.decimals,
                });
            }
        }
        for _ in decimals..currency.decimals {
            minor = append_digit(minor, 0).ok_or_else(too_large)?;
        }
        Ok(Self { minor: if negative { -minor } else { minor }, currency })
    }

    /// Returns the sum in major units, for models and charts only.
    pub fn major(self) -> f64 {
        self.minor as f64 / self.currency.minor_per_major() as f64
    }
}

fn append_digit(minor: i64, digit: u32) -> Option<i64> {
    minor.checked_mul(10)?.checked_add(i64::from(digit))
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let unit = self.currency.minor_per_major().unsigned_abs();
        let magnitude = self.minor.unsigned_abs();
        let (whole, rest) = (magnitude / unit, magnitude % unit);
        match self.currency.decimals as usize {
            0 => write!(formatter, "{} {sign}{whole}", self.currency),
            width => write!(formatter, "{} {sign}{whole}.{rest:0width$}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn yuan() -> Currency {
        Currency::parse("CNY").unwrap()
    }

    #[test]
    fn an_amount_is_read_digit_by_digit() {
        let style = NumberStyle { decimal: '.', thousands: Some(',') };
        let read = |text| Money::parse(text, yuan(), style).map(|money| money.minor);
        assert_eq!(read("48,200.50"), Ok(4_820_050));
        assert_eq!(read("-0.1"), Ok(-10));
        assert_eq!(read(".5"), Ok(50));
        assert_eq!(read("7."), Ok(700));
        assert_eq!(read("1.230"), Ok(123));
    }

    #[test]
    fn a_decimal_comma_is_read_where_it_is_declared() {
        let style = NumberStyle { decimal: ',', thousands: Some('.') };
        assert_eq!(Money::parse("1.234,56", yuan(), style).unwrap().minor, 123_456);
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        let style = NumberStyle::default();
        for text in ["", "-", ".", "NaN", "inf", "1e5", "1,000", "12 34", "--1", "1.2.3"] {
            assert_eq!(Money::parse(text, yuan(), style), Err(MoneyError::NotANumber(text.into())), "{text}");
        }
        assert!(matches!(Money::parse("1.005", yuan(), style), Err(MoneyError::TooManyDecimals { .. })));
        assert!(matches!(Money::parse("99999999999999999999", yuan(), style), Err(MoneyError::TooLarge(_))));
    }

    #[test]
    fn a_currency_without_minor_unit_has_no_decimals() {
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(Money::parse("1500", yen, NumberStyle::default()).unwrap().minor, 1_500);
        assert!(Currency::parse("eur").is_err());
    }

    proptest! {
        /// Printing a sum and reading it again gives the same sum.
        #[test]
        fn a_printed_sum_reads_back(minor in any::<i32>()) {
            let money = Money { minor: i64::from(minor), currency: yuan() };
            let printed = money.to_string();
            let read = Money::parse(printed.trim_start_matches("CNY "), yuan(), NumberStyle::default());
            prop_assert_eq!(read, Ok(money));
        }
    }
}
