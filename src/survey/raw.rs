//! A survey file as it is written, before anything is checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::instrument::{MailKind, Role, Texts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSurvey {
    pub(super) id: Spanned<String>,
    pub(super) version: Spanned<u32>,
    pub(super) languages: Spanned<Vec<String>>,
    pub(super) title: Option<Spanned<Texts>>,
    #[serde(default)]
    pub(super) scale: Vec<RawScale>,
    #[serde(default)]
    pub(super) construct: Vec<RawConstruct>,
    #[serde(default)]
    pub(super) item: Vec<RawItem>,
    #[serde(default)]
    pub(super) rotate: Vec<RawRotation>,
    #[serde(default)]
    pub(super) mail: BTreeMap<MailKind, RawMail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScale {
    pub(super) key: Spanned<String>,
    pub(super) low: Spanned<f64>,
    pub(super) high: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConstruct {
    pub(super) key: Spanned<String>,
    pub(super) role: Role,
    pub(super) name: Spanned<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawItem {
    pub(super) key: Spanned<String>,
    pub(super) construct: Option<Spanned<String>>,
    pub(super) kind: Spanned<RawKind>,
    pub(super) scale: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) reversed: bool,
    pub(super) text: Spanned<Texts>,
    #[serde(default)]
    pub(super) options: Vec<RawOption>,
    #[serde(default)]
    pub(super) row: Vec<RawRow>,
    pub(super) when: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) go: Vec<RawJump>,
    pub(super) required: Option<Spanned<Texts>>,
}

/// A matrix is written as one item and asked row by row: each row is an item of its own.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawKind {
    Rating,
    Nps,
    SingleChoice,
    MultipleChoice,
    Ranking,
    Number,
    Date,
    ShortText,
    LongText,
    Matrix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOption {
    pub(super) key: Spanned<String>,
    pub(super) text: Spanned<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRow {
    pub(super) key: Spanned<String>,
    pub(super) construct: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) reversed: bool,
    pub(super) text: Spanned<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJump {
    pub(super) when: Spanned<String>,
    pub(super) to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRotation {
    pub(super) key: Spanned<String>,
    pub(super) take: Spanned<usize>,
    pub(super) blocks: Spanned<Vec<Vec<Spanned<String>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMail {
    pub(super) subject: Spanned<Texts>,
    pub(super) body: Spanned<Texts>,
}
