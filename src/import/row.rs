//! Turns the cells of one row into typed values, by the map.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::form::{Form, Source};
use super::kind::{Field, Shape};
use super::line::{Carried, Fault, Given, Line, Value};
use super::map::{Bound, Map};
use super::source::{Native, Record};
use crate::clock::Instant;
use crate::finance::{Currency, Money, MoneyError, NumberStyle};
use crate::store::identity::{Identifier, Owner};
use crate::survey::{Item, ItemKind};

/// What reading a row needs beside its cells.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) map: Arc<Map>,
    pub(super) bound: Bound,
    pub(super) columns: Vec<String>,
    pub(super) labels: Arc<[Option<String>]>,
    pub(super) zone: TimeZone,
    pub(super) now: Instant,
}

impl Reader {
    /// Reads one row.
    pub(super) fn line(&self, record: &Record) -> Result<Line, Fault> {
        let fields = self.map.kind.fields();
        let mut given = Vec::with_capacity(fields.len());
        for (field, source) in fields.iter().zip(&self.bound.fields) {
            given.push(match source {
                None => Given::Unmapped,
                Some(source) => self.value(record, field, source)?,
            });
        }
        let mut aliases = Vec::with_capacity(self.bound.aliases.len());
        for source in &self.bound.aliases {
            if let (Some(owner), Some(cell)) = (self.map.owner(), self.cell(record, source)?) {
                aliases.push(Identifier { owner, scheme: Arc::clone(&source.scheme), value: cell });
            }
        }
        let mut attributes = Vec::with_capacity(self.bound.attributes.len());
        for (name, source) in &self.bound.attributes {
            attributes.push((Arc::clone(name), self.attribute(record, source)?));
        }
        let mut answers = Vec::with_capacity(self.bound.answers.len());
        if let Some(survey) = &self.map.survey {
            for (place, source) in &self.bound.answers {
                let item = &survey.instrument.items[*place];
                answers.push((*place, self.answer(record, item, source)?));
            }
        }
        let labels = Arc::clone(&self.labels);
        let mut line =
            Line { number_in_file: record.line, fields, labels, given, aliases, attributes, answers };
        line.settle_owner();
        Ok(line)
    }

    /// Returns the text of a source; `None` where it is missing.
    pub(super) fn cell(&self, record: &Record, source: &Source<usize>) -> Result<Option<String>, Fault> {
        let text = match &source.form {
            Form::Constant(text) => text.clone(),
            Form::Cells(columns) => match columns.as_slice() {
                [column] => record.cells.get(*column).unwrap_or("").trim().to_owned(),
                several => {
                    let cells: Vec<&str> =
                        several.iter().map(|column| record.cells.get(*column).unwrap_or("").trim()).collect();
                    if cells.iter().any(|cell| is_missing(source, cell)) {
                        return Ok(None);
                    }
                    cells.join("|")
                }
            },
            Form::Sum(column) | Form::Days(column, _) | Form::Compare(column, ..) => {
                record.cells.get(*column).unwrap_or("").trim().to_owned()
            }
        };
        if is_missing(source, &text) {
            return Ok(None);
        }
        if text.contains('\0') {
            return Err(self.fault(source, "the cell holds a zero byte", None));
        }
        match &source.values {
            None => Ok(Some(text)),
            Some(values) => match values.get(&text) {
                Some(meaning) => Ok(Some(meaning.clone())),
                None => Err(self.fault(source, "not among the values that the map lists", Some(&text))),
            },
        }
    }

    pub(super) fn fault(
        &self,
        source: &Source<usize>,
        reason: impl Into<String>,
        cell: Option<&str>,
    ) -> Fault {
        Fault {
            column: label(source, &self.columns),
            reason: reason.into(),
            cell: cell.map(|text| text.chars().take(40).collect()),
        }
    }

    fn value(&self, record: &Record, field: &Field, source: &Source<usize>) -> Result<Given, Fault> {
        if matches!(source.form, Form::Days(..) | Form::Compare(..)) {
            let number = self.computed(record, source)?;
            return Ok(match (number, field.shape) {
                (None, _) if field.required => return Err(self.fault(source, missing(field), None)),
                (None, _) => Given::Missing,
                (Some(number), Shape::Flag) => Given::Is(Value::Flag(number > 0.5)),
                (Some(number), _) => Given::Is(Value::Number(number)),
            });
        }
        let Some(cell) = self.cell(record, source)? else {
            return if field.required {
                Err(self.fault(source, missing(field), None))
            } else {
                Ok(Given::Missing)
            };
        };
        self.typed(record, field, source, cell).map(Given::Is)
    }

    fn typed(
        &self,
        record: &Record,
        field: &Field,
        source: &Source<usize>,
        cell: String,
    ) -> Result<Value, Fault> {
        let id =
            |owner: Owner, value: String| Identifier { owner, scheme: Arc::clone(&source.scheme), value };
        Ok(match field.shape {
            Shape::Text => Value::Text(cell),
            Shape::AnyReference => Value::Id(id(Owner::Account, cell)),
            Shape::Key(owner) | Shape::Reference(owner) => Value::Id(id(owner, cell)),
            Shape::Choice(words) => {
                let word = words.iter().find(|word| word.eq_ignore_ascii_case(&cell)).ok_or_else(|| {
                    self.fault(source, format!("not one of {}", words.join(", ")), Some(&cell))
                })?;
                Value::Text((*word).to_owned())
            }
            Shape::Flag => match cell.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" => Value::Flag(true),
                "0" | "false" | "no" => Value::Flag(false),
                _ => return Err(self.fault(source, "not yes or no (1/0, true/false, yes/no)", Some(&cell))),
            },
            Shape::Number => Value::Number(
                self.number(record, source, &cell)
                    .ok_or_else(|| self.fault(source, "not a finite number", Some(&cell)))?,
            ),
            Shape::Money => Value::Money(self.money(record, source, &cell)?),
            Shape::Date | Shape::PastDate => {
                let at = self.instant(record, source, &cell)?;
                if field.shape == Shape::PastDate && at > self.now {
                    return Err(self.fault(source, "lies in the future", Some(&cell)));
                }
                Value::Instant(at)
            }
        })
    }

    fn style(&self, record: &Record, source: &Source<usize>) -> NumberStyle {
        match native(record, source) {
            Some(Native::Number) => NumberStyle::default(),
            _ => self.map.style,
        }
    }

    fn money(&self, record: &Record, source: &Source<usize>, cell: &str) -> Result<i64, Fault> {
        let Some(currency) = self.map.currency else {
            return Err(self.fault(source, "an amount without currency", Some(cell)));
        };
        match Money::parse(cell, currency, self.style(record, source)) {
            Ok(money) => Ok(money.minor),
            Err(error) => Err(self.fault(source, money_reason(&error, currency), Some(cell))),
        }
    }

    fn number(&self, record: &Record, source: &Source<usize>, cell: &str) -> Option<f64> {
        plain_number(cell, self.style(record, source))
    }

    fn instant(&self, record: &Record, source: &Source<usize>, cell: &str) -> Result<Instant, Fault> {
        let date = self.date(source, native(record, source), cell)?;
        date.to_zoned(self.zone.clone())
            .map(|zoned| zoned.timestamp().into())
            .map_err(|_| self.fault(source, "a date outside the calendar", Some(cell)))
    }

    fn date(&self, source: &Source<usize>, native: Option<Native>, cell: &str) -> Result<DateTime, Fault> {
        if let Some(Native::Date(date)) = native {
            return Ok(date);
        }
        let wrong = || self.fault(source, format!("not a date written as {}", source.date), Some(cell));
        let parsed = jiff::fmt::strtime::parse(&source.date, cell).map_err(|_| wrong())?;
        match parsed.to_datetime() {
            Ok(date) => Ok(date),
            Err(_) => parsed.to_date().map(|day| day.at(0, 0, 0, 0)).map_err(|_| wrong()),
        }
    }

    /// Computes a difference of two dates in days, or a comparison of two columns.
    fn computed(&self, record: &Record, source: &Source<usize>) -> Result<Option<f64>, Fault> {
        let (Form::Days(first, second) | Form::Compare(first, _, second)) = &source.form else {
            return Ok(None);
        };
        let cells = [*first, *second].map(|column| (column, record.cells.get(column).unwrap_or("").trim()));
        if cells.iter().any(|(_, cell)| is_missing(source, cell)) {
            return Ok(None);
        }
        if let Form::Compare(_, operator, _) = &source.form
            && let Some(ordering) = self.compare_numbers(record, cells)
        {
            return Ok(Some(f64::from(u8::from(operator.holds(ordering)))));
        }
        let mut dates = [Instant::from_micros(0); 2];
        for (date, (column, cell)) in dates.iter_mut().zip(cells) {
            let native = record.native.iter().find(|(place, _)| *place == column).map(|(_, native)| *native);
            let civil = self.date(source, native, cell)?;
            *date = civil
                .to_zoned(self.zone.clone())
                .map_err(|_| self.fault(source, "a date outside the calendar", Some(cell)))?
                .timestamp()
                .into();
        }
        Ok(Some(match &source.form {
            Form::Compare(_, operator, _) => f64::from(u8::from(operator.holds(dates[0].cmp(&dates[1])))),
            _ => days_between(dates[1], dates[0]),
        }))
    }

    /// Compares two cells as numbers, if both are.
    fn compare_numbers(&self, record: &Record, cells: [(usize, &str); 2]) -> Option<Ordering> {
        let number = |(column, cell): (usize, &str)| {
            let native =
                record.native.iter().any(|(place, native)| *place == column && *native == Native::Number);
            plain_number(cell, if native { NumberStyle::default() } else { self.map.style })
        };
        number(cells[0])?.partial_cmp(&number(cells[1])?)
    }

    /// A computed attribute is a number; a cell is kept as its text, and as a number where it is one.
    fn attribute(&self, record: &Record, source: &Source<usize>) -> Result<Carried, Fault> {
        if matches!(source.form, Form::Days(..) | Form::Compare(..)) {
            return Ok(Carried { number: self.computed(record, source)?, ..Carried::default() });
        }
        let Some(cell) = self.cell(record, source)? else { return Ok(Carried::default()) };
        Ok(Carried { number: self.number(record, source, &cell), choice: None, text: Some(cell) })
    }

    fn answer(&self, record: &Record, item: &Item, source: &Source<usize>) -> Result<Carried, Fault> {
        let Some(cell) = self.cell(record, source)? else { return Ok(Carried::default()) };
        let number = |cell: &str| {
            self.number(record, source, cell)
                .ok_or_else(|| self.fault(source, "not a finite number", Some(cell)))
        };
        Ok(match item.kind {
            ItemKind::Rating | ItemKind::Nps => {
                let given = number(&cell)?;
                if let Some(scale) = item.scale
                    && !(scale.low..=scale.high).contains(&given)
                {
                    let reason =
                        format!("outside the scale of {} ({} to {})", item.key, scale.low, scale.high);
                    return Err(self.fault(source, reason, Some(&cell)));
                }
                Carried { number: Some(given), ..Carried::default() }
            }
            ItemKind::Number => Carried { number: Some(number(&cell)?), ..Carried::default() },
            ItemKind::SingleChoice => Carried { choice: Some(cell), ..Carried::default() },
            ItemKind::MultipleChoice | ItemKind::Ranking => {
                let options: Vec<&str> =
                    cell.split(';').map(str::trim).filter(|key| !key.is_empty()).collect();
                Carried { choice: serde_json::to_string(&options).ok(), ..Carried::default() }
            }
            ItemKind::Date => {
                let date = self.date(source, native(record, source), &cell)?;
                Carried { text: Some(date.date().to_string()), ..Carried::default() }
            }
            ItemKind::ShortText | ItemKind::LongText => Carried { text: Some(cell), ..Carried::default() },
        })
    }
}

fn is_missing(source: &Source<usize>, text: &str) -> bool {
    text.is_empty() || source.missing.iter().any(|missing| missing == text)
}

/// Names the columns of a source.
pub(super) fn label(source: &Source<usize>, columns: &[String]) -> Option<String> {
    let names: Vec<&str> =
        source.form.columns().iter().filter_map(|column| columns.get(**column)).map(String::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn missing(field: &Field) -> String {
    format!("{} is missing", field.name)
}

fn native(record: &Record, source: &Source<usize>) -> Option<Native> {
    let column = match &source.form {
        Form::Cells(columns) if columns.len() == 1 => columns[0],
        Form::Sum(column) => *column,
        _ => return None,
    };
    record.native.iter().find(|(place, _)| *place == column).map(|(_, native)| *native)
}

fn money_reason(error: &MoneyError, currency: Currency) -> String {
    match error {
        MoneyError::NotANumber(_) => "not an amount of money".into(),
        MoneyError::TooManyDecimals { .. } => {
            format!(
                "more decimals than {currency} has ({}): round it where it comes from",
                currency.decimals()
            )
        }
        MoneyError::TooLarge(_) => "too large an amount".into(),
    }
}

/// Reads digits with one decimal sign; exponents, infinities and not-a-numbers are no numbers here.
fn plain_number(text: &str, style: NumberStyle) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+', '\u{2212}']).unwrap_or(text);
    let mut plain = String::with_capacity(text.len());
    if text.starts_with(['-', '\u{2212}']) {
        plain.push('-');
    }
    let mut decimals = false;
    for sign in unsigned.chars() {
        if sign.is_ascii_digit() {
            plain.push(sign);
        } else if sign == style.decimal && !decimals {
            decimals = true;
            plain.push('.');
        } else if !(Some(sign) == style.thousands
            && !decimals
            && plain.ends_with(|last: char| last.is_ascii_digit()))
        {
            return None;
        }
    }
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Days from one instant to another, to a millionth of a day, so that a stored number reads back the same.
fn days_between(from: Instant, to: Instant) -> f64 {
    let micros = to.as_micros() - from.as_micros();
    ((micros as f64 / 86_400_000_000.0) * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COMMA: NumberStyle = NumberStyle { decimal: ',', thousands: Some('.') };

    #[test]
    fn a_number_is_read_in_the_style_that_the_map_declares() {
        assert_eq!(plain_number("-1.234,5", COMMA), Some(-1234.5));
        assert_eq!(plain_number("0.91", NumberStyle::default()), Some(0.91));
    }

    #[test]
    fn what_is_not_a_plain_finite_number_is_refused() {
        for text in ["", "-", "NaN", "inf", "-inf", "1e5", "0x10", "1.2.3", "1 000", "12a", "--1"] {
            assert_eq!(plain_number(text, NumberStyle::default()), None, "{text}");
        }
    }

    #[test]
    fn days_between_two_instants_have_a_fraction() {
        let day = 86_400_000_000;
        assert_eq!(
            days_between(Instant::from_micros(0), Instant::from_micros(day * 3 / 2)).to_string(),
            "1.5"
        );
        assert_eq!(days_between(Instant::from_micros(day), Instant::from_micros(0)).to_string(), "-1");
    }

    proptest! {
        /// A number written with the decimal comma reads back as the same number.
        #[test]
        fn a_number_with_a_decimal_comma_reads_back(number in -1e9..1e9_f64) {
            let written = format!("{number:.4}");
            let expected: f64 = written.parse().unwrap();
            prop_assert_eq!(plain_number(&written.replace('.', ","), COMMA), Some(expected));
        }
    }
}
