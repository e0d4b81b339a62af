//! The mapping file: which column fills which field. Every fault points at file, line and column.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::Spanned;

use super::form::{Form, Operator, Source};
use super::kind::{Kind, Shape};
use super::raw::{RawField, RawMap, RawTable};
use super::source::{Encoding, Reading};
use crate::digest::{self, hex};
use crate::finance::{Currency, NumberStyle};
use crate::store::identity::Owner;
use crate::survey::{self, Instrument};

/// A fault of a mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct MapError {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// A checked mapping file.
#[derive(Debug, Clone)]
pub struct Map {
    /// What the file holds.
    pub kind: Kind,
    /// How the file is read.
    pub reading: Reading,
    /// How numbers are written.
    pub style: NumberStyle,
    /// The currency of the amounts, where the map names one.
    pub currency: Option<Currency>,
    /// Whether revenue includes tax.
    pub with_tax: bool,
    /// Whether rows without key are told apart by their content and their number.
    pub twins: bool,
    /// Whether account periods may have negative revenue.
    pub credit_notes: bool,
    /// The survey that answers belong to.
    pub survey: Option<SurveyFile>,
    /// Sources of the kind's fields, by their place in [`Kind::fields`].
    pub fields: Vec<(usize, Source<String>)>,
    /// Further identifiers of the row's own thing.
    pub aliases: Vec<Source<String>>,
    /// Attributes of the row's own thing.
    pub attributes: Vec<(Arc<str>, Source<String>)>,
    /// Sources of the survey's items, by their place in the instrument.
    pub answers: Vec<(usize, Source<String>)>,
    /// SHA-256 of the map and of the survey file, in hexadecimal digits.
    pub sha256: String,
    file: String,
    text: String,
}

/// A survey file as read beside its map.
#[derive(Debug, Clone)]
pub struct SurveyFile {
    /// What it says.
    pub instrument: Instrument,
    /// Its text.
    pub document: String,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// The sources of a map, bound to a file's header.
#[derive(Debug, Clone)]
pub struct Bound {
    /// Sources of the kind's fields; `None` where the map fills none.
    pub fields: Vec<Option<Source<usize>>>,
    /// Further identifiers.
    pub aliases: Vec<Source<usize>>,
    /// Attributes.
    pub attributes: Vec<(Arc<str>, Source<usize>)>,
    /// Answers.
    pub answers: Vec<(usize, Source<usize>)>,
}

impl Map {
    /// Reads and checks a mapping file, and the survey file that it names.
    pub fn read(path: &Path, kind: Kind) -> Result<Self, MapError> {
        let file = path.display().to_string();
        let unreadable = |message: String| MapError { file: file.clone(), line: 1, column: 1, message };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&file, text, kind, |name| {
            std::fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))
        })
    }

    /// Checks a map's text; `survey` reads the survey file that it names.
    pub fn parse(
        file: &str,
        text: String,
        kind: Kind,
        survey: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Self, MapError> {
        let raw: RawMap = toml::from_str(&text)
            .map_err(|error| fault(file, &text, &error.span().unwrap_or(0..0), error.message()))?;
        let mut map = Self {
            kind,
            reading: Reading { encoding: Encoding::Utf8, delimiter: b',', sheet: raw.sheet.clone() },
            style: NumberStyle::default(),
            currency: None,
            with_tax: raw.with_tax,
            twins: raw.twins,
            credit_notes: raw.credit_notes,
            survey: None,
            fields: Vec::new(),
            aliases: Vec::new(),
            attributes: Vec::new(),
            answers: Vec::new(),
            sha256: String::new(),
            file: file.into(),
            text,
        };
        map.read_head(&raw)?;
        if let Some(name) = &raw.survey {
            let document = survey(name.get_ref()).map_err(|error| map.fault(&name.span(), error))?;
            let instrument = survey::parse(name.get_ref(), &document)
                .map_err(|error| map.fault(&name.span(), error.to_string()))?;
            let sha256 = digest::sha256(&document);
            map.survey = Some(SurveyFile { instrument, document, sha256 });
        }
        map.read_sources(&raw)?;
        map.check(&raw)?;
        let mut hash = Sha256::new();
        hash.update(&map.text);
        hash.update(map.survey.as_ref().map_or("", |survey| survey.document.as_str()));
        map.sha256 = hex(&hash.finalize());
        Ok(map)
    }

    /// Finds the map's columns in a file's header.
    pub fn bind(&self, header: &[String]) -> Result<Bound, MapError> {
        let mut fields: Vec<Option<Source<usize>>> = self.kind.fields().iter().map(|_| None).collect();
        for (place, source) in &self.fields {
            fields[*place] = Some(source.bind(self, header)?);
        }
        let named = |sources: &[(Arc<str>, Source<String>)]| {
            sources
                .iter()
                .map(|(name, source)| Ok((Arc::clone(name), source.bind(self, header)?)))
                .collect::<Result<_, MapError>>()
        };
        Ok(Bound {
            fields,
            aliases: self.aliases.iter().map(|alias| alias.bind(self, header)).collect::<Result<_, _>>()?,
            attributes: named(&self.attributes)?,
            answers: self
                .answers
                .iter()
                .map(|(item, source)| Ok((*item, source.bind(self, header)?)))
                .collect::<Result<_, MapError>>()?,
        })
    }

    /// Tells whether any field is a sum per key.
    pub fn sums(&self) -> bool {
        self.fields.iter().any(|(_, source)| matches!(source.form, Form::Sum(_)))
    }

    /// Builds a fault of this map that has no place of its own in it.
    pub fn fault_as_a_whole(&self, message: impl Into<String>) -> MapError {
        self.fault(&(0..0), message)
    }

    pub(super) fn fault(&self, span: &Range<usize>, message: impl Into<String>) -> MapError {
        fault(&self.file, &self.text, span, message)
    }

    fn read_head(&mut self, raw: &RawMap) -> Result<(), MapError> {
        if raw.kind.get_ref() != self.kind.as_str() {
            return Err(self.fault(
                &raw.kind.span(),
                format!(
                    "this map is for {:?}, the command says {:?}",
                    raw.kind.get_ref(),
                    self.kind.as_str()
                ),
            ));
        }
        if let Some(encoding) = &raw.encoding {
            self.reading.encoding = match encoding.get_ref().to_ascii_lowercase().as_str() {
                "utf-8" | "utf8" => Encoding::Utf8,
                "gb18030" | "gbk" | "gb2312" => Encoding::Gb18030,
                _ => return Err(self.fault(&encoding.span(), "an encoding is \"utf-8\" or \"gb18030\"")),
            };
        }
        if let Some(delimiter) = &raw.delimiter {
            match delimiter.get_ref().as_bytes() {
                [sign] if sign.is_ascii() && !b"\"\r\n".contains(sign) => self.reading.delimiter = *sign,
                _ => {
                    return Err(
                        self.fault(&delimiter.span(), "a delimiter is one sign, such as \";\" or \"\\t\"")
                    );
                }
            }
        }
        self.style.decimal = self.one_sign(raw.decimal.as_ref())?.unwrap_or('.');
        self.style.thousands = self.one_sign(raw.thousands.as_ref())?;
        if let (Some(thousands), true) = (&raw.thousands, self.style.thousands == Some(self.style.decimal)) {
            return Err(self.fault(&thousands.span(), "the grouping sign is also the decimal sign"));
        }
        if let Some(currency) = &raw.currency {
            let known = Currency::parse(currency.get_ref())
                .map_err(|error| self.fault(&currency.span(), error.to_string()))?;
            self.currency = Some(known);
        }
        Ok(())
    }

    fn one_sign(&self, text: Option<&Spanned<String>>) -> Result<Option<char>, MapError> {
        let Some(text) = text else { return Ok(None) };
        let mut signs = text.get_ref().chars();
        match (signs.next(), signs.next()) {
            (Some(sign), None) if !sign.is_ascii_alphanumeric() && sign != '-' => Ok(Some(sign)),
            _ => Err(self.fault(&text.span(), "this is one sign, such as \",\" or \".\"")),
        }
    }

    fn read_sources(&mut self, raw: &RawMap) -> Result<(), MapError> {
        for (name, field) in &raw.fields {
            let place = self.known_field(name)?;
            let scheme = match self.kind.fields()[place].shape {
                Shape::Key(owner) | Shape::Reference(owner) => owner.as_str(),
                Shape::AnyReference => "",
                _ => name.get_ref().as_str(),
            };
            let source = self.source(raw, field, scheme)?;
            self.fields.push((place, source));
        }
        self.fields.sort_by_key(|(place, _)| *place);
        for alias in &raw.alias {
            let table = &alias.get_ref().0;
            if table.scheme.is_none() {
                return Err(
                    self.fault(&alias.span(), "an alias needs a scheme: who gives these identifiers?")
                );
            }
            let source = self.source(raw, alias, "")?;
            self.aliases.push(source);
        }
        for (name, field) in &raw.attributes {
            let source = self.source(raw, field, "")?;
            if matches!(source.form, Form::Sum(_)) {
                return Err(self.fault(&field.span(), "only a field that holds money can be a sum per key"));
            }
            self.attributes.push((name.get_ref().as_str().into(), source));
        }
        for (key, field) in &raw.answers {
            let place = self.known_item(key)?;
            let source = self.source(raw, field, "")?;
            if !matches!(source.form, Form::Cells(_) | Form::Constant(_)) {
                return Err(self.fault(&field.span(), "an answer is a column"));
            }
            self.answers.push((place, source));
        }
        Ok(())
    }

    fn known_field(&self, name: &Spanned<String>) -> Result<usize, MapError> {
        let fields = self.kind.fields();
        if let Some(place) = fields.iter().position(|field| field.name == name.get_ref()) {
            return Ok(place);
        }
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        Err(self.fault(
            &name.span(),
            format!(
                "{} have no field {:?}; they have {}",
                self.kind.as_str(),
                name.get_ref(),
                names.join(", ")
            ),
        ))
    }

    fn known_item(&self, key: &Spanned<String>) -> Result<usize, MapError> {
        let Some(survey) = &self.survey else {
            return Err(self.fault(&key.span(), "name the survey file first: survey = \"customer.toml\""));
        };
        survey.instrument.items.iter().position(|item| item.key == *key.get_ref()).ok_or_else(|| {
            self.fault(
                &key.span(),
                format!("the survey {:?} has no item {:?}", survey.instrument.id, key.get_ref()),
            )
        })
    }

    fn source(
        &self,
        raw: &RawMap,
        field: &Spanned<RawField>,
        scheme: &str,
    ) -> Result<Source<String>, MapError> {
        let table = &field.get_ref().0;
        let mut missing = raw.missing.clone();
        missing.extend(table.missing.iter().cloned());
        Ok(Source {
            form: self.form(table, &field.span())?,
            scheme: table.scheme.as_deref().unwrap_or(scheme).into(),
            missing,
            values: table.values.clone(),
            date: table.date.clone().or_else(|| raw.date.clone()).unwrap_or_else(|| "%Y-%m-%d".into()),
            span: field.span(),
        })
    }

    fn form(&self, table: &RawTable, span: &Range<usize>) -> Result<Form<String>, MapError> {
        let one = "give one of: column, columns, value, sum, days, compare";
        let given = [
            table.column.is_some(),
            !table.columns.is_empty(),
            table.value.is_some(),
            table.sum.is_some(),
            table.days.is_some(),
            table.compare.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() != 1 {
            return Err(self.fault(span, one));
        }
        if let Some(column) = &table.column {
            return Ok(Form::Cells(vec![column.clone()]));
        }
        if let Some(value) = &table.value {
            return Ok(Form::Constant(value.clone()));
        }
        if let Some(column) = &table.sum {
            return Ok(Form::Sum(column.clone()));
        }
        if let Some([first, second]) = &table.days {
            return Ok(Form::Days(first.clone(), second.clone()));
        }
        if let Some([first, sign, second]) = &table.compare {
            let operator = Operator::parse(sign)
                .ok_or_else(|| self.fault(span, "a comparison is one of > >= < <= == !="))?;
            return Ok(Form::Compare(first.clone(), operator, second.clone()));
        }
        Ok(Form::Cells(table.columns.clone()))
    }

    /// Checks what concerns several parts of the map.
    fn check(&mut self, raw: &RawMap) -> Result<(), MapError> {
        let kind_span = raw.kind.span();
        let filled: BTreeSet<usize> = self.fields.iter().map(|(place, _)| *place).collect();
        for (place, field) in self.kind.fields().iter().enumerate() {
            let replaced = self.twins && field.name == "key";
            if field.required && !filled.contains(&place) && !replaced {
                return Err(self.fault(
                    &kind_span,
                    format!(
                        "{} need the field {:?}: name its column in [fields]",
                        self.kind.as_str(),
                        field.name
                    ),
                ));
            }
        }
        if self.twins && (self.kind != Kind::LedgerEntries || self.has("key") || self.sums()) {
            return Err(
                self.fault(&kind_span, "twins = true is for ledger_entries without key and without sums")
            );
        }
        if !self.aliases.is_empty() && self.kind.owner().is_none() {
            return Err(
                self.fault(&raw.alias[0].span(), format!("{} have no identifiers", self.kind.as_str()))
            );
        }
        if !self.attributes.is_empty() && !self.kind.has_attributes() {
            return Err(self.fault(&kind_span, format!("{} carry no attributes", self.kind.as_str())));
        }
        if self.kind == Kind::Answers && self.survey.is_none() {
            return Err(self.fault(&kind_span, "answers need their survey file: survey = \"customer.toml\""));
        }
        if self.kind == Kind::Answers && !["account", "contact", "about"].iter().any(|name| self.has(name)) {
            return Err(self.fault(&kind_span, "answers need whose they are: account, contact or about"));
        }
        self.check_forms(raw)
    }

    fn check_forms(&self, raw: &RawMap) -> Result<(), MapError> {
        for (place, source) in &self.fields {
            let field = self.kind.fields()[*place];
            let money = field.shape == Shape::Money;
            if money && self.currency.is_none() {
                return Err(self.fault(&raw.kind.span(), "amounts need their currency: currency = \"EUR\""));
            }
            let fits = match source.form {
                Form::Cells(_) | Form::Constant(_) => true,
                Form::Sum(_) => money,
                Form::Days(..) => field.shape == Shape::Number,
                Form::Compare(..) => matches!(field.shape, Shape::Number | Shape::Flag),
            };
            if !fits {
                return Err(
                    self.fault(&source.span, format!("the field {:?} cannot be computed so", field.name))
                );
            }
        }
        if self.sums() && !self.has("key") {
            return Err(self.fault(&raw.kind.span(), "a sum per key needs the field \"key\""));
        }
        Ok(())
    }

    /// Tells whether the map fills a field.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(place, _)| self.kind.fields()[*place].name == name)
    }

    /// Returns what the rows are.
    pub fn owner(&self) -> Option<Owner> {
        self.kind.owner()
    }
}

fn fault(file: &str, text: &str, span: &Range<usize>, message: impl Into<String>) -> MapError {
    let before = &text[..span.start.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    MapError {
        file: file.into(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.into(),
    }
}
