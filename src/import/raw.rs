//! The mapping file as TOML holds it, before it is checked.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;

/// The whole file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMap {
    pub(super) kind: Spanned<String>,
    pub(super) encoding: Option<Spanned<String>>,
    pub(super) delimiter: Option<Spanned<String>>,
    pub(super) decimal: Option<Spanned<String>>,
    pub(super) thousands: Option<Spanned<String>>,
    pub(super) date: Option<String>,
    pub(super) sheet: Option<String>,
    pub(super) currency: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) with_tax: bool,
    #[serde(default)]
    pub(super) twins: bool,
    #[serde(default)]
    pub(super) credit_notes: bool,
    #[serde(default)]
    pub(super) missing: Vec<String>,
    pub(super) survey: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) fields: BTreeMap<Spanned<String>, Spanned<RawField>>,
    #[serde(default)]
    pub(super) alias: Vec<Spanned<RawField>>,
    #[serde(default)]
    pub(super) attributes: BTreeMap<Spanned<String>, Spanned<RawField>>,
    #[serde(default)]
    pub(super) answers: BTreeMap<Spanned<String>, Spanned<RawField>>,
}

/// One source: a column's name alone, or a table.
#[derive(Debug)]
pub(super) struct RawField(pub(super) RawTable);

/// A source as a table.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTable {
    pub(super) column: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) value: Option<String>,
    pub(super) sum: Option<String>,
    pub(super) days: Option<[String; 2]>,
    pub(super) compare: Option<[String; 3]>,
    pub(super) scheme: Option<String>,
    pub(super) missing: Vec<String>,
    pub(super) values: Option<BTreeMap<String, String>>,
    pub(super) date: Option<String>,
}

impl<'de> Deserialize<'de> for RawField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrTable)
    }
}

struct TextOrTable;

impl<'de> Visitor<'de> for TextOrTable {
    type Value = RawField;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a column's name, or a table with column, columns, value, sum, days or compare")
    }

    fn visit_str<E: serde::de::Error>(self, column: &str) -> Result<RawField, E> {
        Ok(RawField(RawTable { column: Some(column.into()), ..RawTable::default() }))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<RawField, M::Error> {
        RawTable::deserialize(MapAccessDeserializer::new(map)).map(RawField)
    }
}
