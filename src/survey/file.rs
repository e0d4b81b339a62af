//! Reads a survey file (TOML) and checks it, with errors that point at line and column.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::instrument::{Construct, Instrument, Item, ItemKind, Role, Scale, Texts};

/// A fault of a survey file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct SurveyFileError {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSurvey {
    id: Spanned<String>,
    version: Spanned<u32>,
    languages: Spanned<Vec<String>>,
    #[serde(default)]
    scale: Vec<RawScale>,
    #[serde(default)]
    construct: Vec<RawConstruct>,
    #[serde(default)]
    item: Vec<RawItem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScale {
    key: Spanned<String>,
    low: Spanned<f64>,
    high: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConstruct {
    key: Spanned<String>,
    role: Role,
    name: Spanned<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    key: Spanned<String>,
    construct: Option<Spanned<String>>,
    kind: Spanned<ItemKind>,
    scale: Option<Spanned<String>>,
    #[serde(default)]
    reversed: bool,
    text: Spanned<Texts>,
}

/// Reads and checks the text of a survey file; `file` is its name in errors.
pub fn parse(file: &str, text: &str) -> Result<Instrument, SurveyFileError> {
    let source = Source { file, text };
    let raw: RawSurvey = toml::from_str(text)
        .map_err(|error| source.fault(error.span().unwrap_or(0..0), error.message().to_owned()))?;
    source.instrument(raw)
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn fault(&self, span: Range<usize>, message: impl Into<String>) -> SurveyFileError {
        let before = &self.text[..span.start.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        SurveyFileError {
            file: self.file.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }

    fn instrument(&self, raw: RawSurvey) -> Result<Instrument, SurveyFileError> {
        if !is_key(raw.id.get_ref()) {
            return Err(self.fault(raw.id.span(), KEY_RULE));
        }
        if *raw.version.get_ref() == 0 {
            return Err(self.fault(raw.version.span(), "versions count from 1"));
        }
        if raw.languages.get_ref().is_empty() {
            return Err(self.fault(raw.languages.span(), "name at least one language, for example [\"en\"]"));
        }
        let languages = raw.languages.get_ref().clone();
        let scales = self.scales(&raw.scale)?;
        let constructs = self.constructs(raw.construct, &languages)?;
        let items = self.items(raw.item, &scales, &constructs, &languages)?;
        let satisfaction: Vec<_> =
            constructs.iter().filter(|construct| construct.role == Role::Satisfaction).collect();
        if satisfaction.len() > 1 {
            return Err(self.fault(
                raw.id.span(),
                format!("one construct has the role satisfaction, not {}", satisfaction.len()),
            ));
        }
        Ok(Instrument {
            id: raw.id.into_inner(),
            version: raw.version.into_inner(),
            languages,
            constructs,
            items,
        })
    }

    fn scales(&self, raw: &[RawScale]) -> Result<BTreeMap<String, Scale>, SurveyFileError> {
        let mut scales = BTreeMap::new();
        for scale in raw {
            let low = *scale.low.get_ref();
            if !(low.is_finite() && scale.high.is_finite() && low < scale.high) {
                return Err(self.fault(scale.low.span(), "a scale runs from a low to a greater high number"));
            }
            let read = Scale { low, high: scale.high, reversed: false };
            if scales.insert(scale.key.get_ref().clone(), read).is_some() {
                return Err(self
                    .fault(scale.key.span(), format!("the scale {:?} is there twice", scale.key.get_ref())));
            }
        }
        Ok(scales)
    }

    fn constructs(
        &self,
        raw: Vec<RawConstruct>,
        languages: &[String],
    ) -> Result<Vec<Construct>, SurveyFileError> {
        let mut seen = BTreeSet::new();
        raw.into_iter()
            .map(|construct| {
                self.new_key(&construct.key, &mut seen)?;
                self.translated(&construct.name, languages)?;
                Ok(Construct {
                    key: construct.key.into_inner(),
                    role: construct.role,
                    name: construct.name.into_inner(),
                })
            })
            .collect()
    }

    fn items(
        &self,
        raw: Vec<RawItem>,
        scales: &BTreeMap<String, Scale>,
        constructs: &[Construct],
        languages: &[String],
    ) -> Result<Vec<Item>, SurveyFileError> {
        let mut seen = BTreeSet::new();
        let mut items = Vec::with_capacity(raw.len());
        for item in raw {
            self.new_key(&item.key, &mut seen)?;
            self.translated(&item.text, languages)?;
            if let Some(construct) = &item.construct
                && !constructs.iter().any(|known| known.key == *construct.get_ref())
            {
                return Err(self.fault(
                    construct.span(),
                    format!("no [[construct]] has the key {:?}", construct.get_ref()),
                ));
            }
            let scale = self.scale_of(&item, scales)?;
            items.push(Item {
                key: item.key.into_inner(),
                construct: item.construct.map(Spanned::into_inner),
                kind: item.kind.into_inner(),
                scale,
                text: item.text.into_inner(),
            });
        }
        Ok(items)
    }

    fn scale_of(
        &self,
        item: &RawItem,
        scales: &BTreeMap<String, Scale>,
    ) -> Result<Option<Scale>, SurveyFileError> {
        match (item.kind.get_ref(), &item.scale) {
            (ItemKind::Rating, Some(key)) => match scales.get(key.get_ref()) {
                Some(scale) => Ok(Some(Scale { reversed: item.reversed, ..*scale })),
                None => Err(self.fault(key.span(), format!("no [[scale]] has the key {:?}", key.get_ref()))),
            },
            (ItemKind::Rating, None) => Err(self.fault(item.key.span(), "a rating needs a scale")),
            (ItemKind::Nps, None) => Ok(Some(Scale { low: 0.0, high: 10.0, reversed: item.reversed })),
            (_, Some(key)) => Err(self.fault(key.span(), "only a rating has a scale")),
            (_, None) => Ok(None),
        }
    }

    fn new_key(&self, key: &Spanned<String>, seen: &mut BTreeSet<String>) -> Result<(), SurveyFileError> {
        if !is_key(key.get_ref()) {
            return Err(self.fault(key.span(), KEY_RULE));
        }
        if !seen.insert(key.get_ref().clone()) {
            return Err(self.fault(key.span(), format!("the key {:?} is there twice", key.get_ref())));
        }
        Ok(())
    }

    fn translated(&self, texts: &Spanned<Texts>, languages: &[String]) -> Result<(), SurveyFileError> {
        for language in languages {
            if texts.get_ref().get(language).is_none_or(|text| text.trim().is_empty()) {
                return Err(self.fault(texts.span(), format!("the text for {language:?} is missing")));
            }
        }
        match texts.get_ref().keys().find(|language| !languages.contains(language)) {
            Some(extra) => Err(self.fault(
                texts.span(),
                format!("{extra:?} is not among the survey's languages: add it there or remove the text"),
            )),
            None => Ok(()),
        }
    }
}

const KEY_RULE: &str = "a key is made of a-z, 0-9, _ and -, and begins with a letter";

fn is_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key
            .chars()
            .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_' || sign == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURVEY: &str = r#"
id = "customer"
version = 2
languages = ["en", "zh-Hans"]

[[scale]]
key = "ten"
low = 1
high = 10

[[construct]]
key = "satisfaction"
role = "satisfaction"
name = { en = "Satisfaction", zh-Hans = "满意度" }

[[item]]
key = "overall"
construct = "satisfaction"
kind = "rating"
scale = "ten"
text = { en = "How satisfied are you?", zh-Hans = "您有多满意？" }
"#;

    fn fault(from: &str, to: &str) -> (usize, usize, String) {
        let error = parse("s.toml", &SURVEY.replacen(from, to, 1)).unwrap_err();
        (error.line, error.column, error.message)
    }

    #[test]
    fn a_sound_file_becomes_an_instrument() {
        let survey = parse("s.toml", SURVEY).unwrap();
        assert_eq!((survey.id.as_str(), survey.version), ("customer", 2));
        let (item, scale) = survey.items_of("satisfaction").next().unwrap();
        assert_eq!((item.key.as_str(), scale.low, scale.high), ("overall", 1.0, 10.0));
    }

    #[test]
    fn an_unknown_scale_is_named_at_its_place() {
        let (line, column, message) = fault("scale = \"ten\"", "scale = \"five\"");
        assert_eq!((line, column), (20, 9));
        assert!(message.contains("\"five\""), "{message}");
    }

    #[test]
    fn a_missing_translation_is_named_at_its_place() {
        let (line, _, message) = fault("zh-Hans = \"您有多满意？\"", "fr = \"Content ?\"");
        assert_eq!(line, 21);
        assert!(message.contains("zh-Hans"), "{message}");
    }

    #[test]
    fn an_unknown_field_is_named_at_its_place() {
        let (line, _, message) = fault("low = 1", "lowest = 1");
        assert_eq!(line, 8);
        assert!(message.contains("lowest"), "{message}");
    }

    #[test]
    fn a_doubled_key_is_refused() {
        let doubled = format!("{SURVEY}{}", &SURVEY[SURVEY.find("[[item]]").unwrap()..]);
        assert!(parse("s.toml", &doubled).unwrap_err().message.contains("twice"));
    }
}
