//! Where a value comes from: columns, a constant, or one of three computations.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::map::{Map, MapError};

/// Where a value comes from; `C` names a column, by its name or by its place.
#[derive(Debug, Clone)]
pub struct Source<C> {
    /// The columns and what is done with them.
    pub form: Form<C>,
    /// The system that gives the identifier.
    pub scheme: Arc<str>,
    /// Cells that mean missing.
    pub missing: Vec<String>,
    /// Cells and what they mean; a cell that is not listed is a fault.
    pub values: Option<BTreeMap<String, String>>,
    /// How dates are written.
    pub date: String,
    pub(super) span: Range<usize>,
}

/// What is done with the columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Form<C> {
    /// The cells, joined by `|` where there are several.
    Cells(Vec<C>),
    /// Always the same text.
    Constant(String),
    /// The sum over the rows of one key.
    Sum(C),
    /// The first date minus the second, in days.
    Days(C, C),
    /// Whether the comparison holds: 1 or 0.
    Compare(C, Operator, C),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Operator {
    pub(super) fn parse(sign: &str) -> Option<Self> {
        Some(match sign {
            ">" => Self::Above,
            ">=" => Self::AtLeast,
            "<" => Self::Below,
            "<=" => Self::AtMost,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            _ => return None,
        })
    }

    /// Tells whether an ordering satisfies the comparison.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Above => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Below => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::Unequal => ordering.is_ne(),
        }
    }
}

impl<C> Form<C> {
    /// Returns the columns in use.
    pub fn columns(&self) -> Vec<&C> {
        match self {
            Self::Cells(columns) => columns.iter().collect(),
            Self::Constant(_) => Vec::new(),
            Self::Sum(column) => vec![column],
            Self::Days(first, second) | Self::Compare(first, _, second) => vec![first, second],
        }
    }

    fn bind<D, E>(&self, mut place: impl FnMut(&C) -> Result<D, E>) -> Result<Form<D>, E> {
        Ok(match self {
            Self::Cells(columns) => Form::Cells(columns.iter().map(place).collect::<Result<_, E>>()?),
            Self::Constant(text) => Form::Constant(text.clone()),
            Self::Sum(column) => Form::Sum(place(column)?),
            Self::Days(first, second) => Form::Days(place(first)?, place(second)?),
            Self::Compare(first, operator, second) => Form::Compare(place(first)?, *operator, place(second)?),
        })
    }
}

impl Source<String> {
    /// Finds the source's columns in a header.
    pub(super) fn bind(&self, map: &Map, header: &[String]) -> Result<Source<usize>, MapError> {
        let form = self.form.bind(|name| {
            let mut places = header.iter().enumerate().filter(|(_, column)| *column == name);
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Ok(place),
                (Some(_), Some(_)) => Err(map.fault(
                    &self.span,
                    format!("the file has the column {name:?} twice: rename one of them"),
                )),
                (None, _) => Err(map.fault(&self.span, missing_column(name, header))),
            }
        })?;
        Ok(Source {
            form,
            scheme: Arc::clone(&self.scheme),
            missing: self.missing.clone(),
            values: self.values.clone(),
            date: self.date.clone(),
            span: self.span.clone(),
        })
    }
}

fn missing_column(name: &str, header: &[String]) -> String {
    let nearest = header
        .iter()
        .map(|column| (distance(&column.to_lowercase(), &name.to_lowercase()), column))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, column)) if distance * 2 <= name.chars().count().max(2) => {
            format!("the file has no column {name:?}; did you mean {column:?}?")
        }
        _ => format!("the file has no column {name:?}; it has {}", header.join(", ")),
    }
}

/// Number of single-character edits between two texts (Levenshtein).
pub(super) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, sign) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (place, other_sign) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(sign != *other_sign);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_two_names_counts_edits() {
        assert_eq!(distance("name", "name"), 0);
        assert_eq!(distance("nane", "name"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_far_name_is_not_suggested() {
        let header = ["revenue".to_owned(), "customer".to_owned()];
        assert!(missing_column("zip", &header).ends_with("it has revenue, customer"));
        assert!(missing_column("Custommer", &header).contains("did you mean \"customer\""));
    }
}
