//! A survey file as it is written, before anything is checked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::instrument::{MailKind, Role, Texts};

/// A survey file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Survey")]
pub(super) struct RawSurvey {
    /// Key of the survey, the same in all its versions.
    #[schemars(with = "String")]
    pub(super) id: Spanned<String>,
    /// Version, from 1; a version that was asked never changes.
    #[schemars(with = "u32")]
    pub(super) version: Spanned<u32>,
    /// Languages that every text exists in (BCP 47), the first being the fallback.
    #[schemars(with = "Vec<String>")]
    pub(super) languages: Spanned<Vec<String>>,
    /// What respondents read as its name.
    #[schemars(with = "Option<Texts>")]
    pub(super) title: Option<Spanned<Texts>>,
    /// Rating scales.
    #[serde(default)]
    pub(super) scale: Vec<RawScale>,
    /// What the items measure.
    #[serde(default)]
    pub(super) construct: Vec<RawConstruct>,
    /// The questions, in the order in which they are asked.
    #[serde(default)]
    pub(super) item: Vec<RawItem>,
    /// Blocks of which each respondent is asked some.
    #[serde(default)]
    pub(super) rotate: Vec<RawRotation>,
    /// Texts of the mails.
    #[serde(default)]
    pub(super) mail: BTreeMap<MailKind, RawMail>,
}

/// A rating scale.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scale")]
pub(super) struct RawScale {
    /// Key of the scale.
    #[schemars(with = "String")]
    pub(super) key: Spanned<String>,
    /// Lowest step.
    #[schemars(with = "f64")]
    pub(super) low: Spanned<f64>,
    /// Highest step.
    pub(super) high: f64,
    /// What steps are called, by step and language: the two ends, or all of them.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Texts>")]
    pub(super) labels: BTreeMap<String, Spanned<Texts>>,
}

/// Something that items measure.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Construct")]
pub(super) struct RawConstruct {
    /// Key of the construct, which analyses and investments name.
    #[schemars(with = "String")]
    pub(super) key: Spanned<String>,
    /// What it is for.
    pub(super) role: Role,
    /// Its name, by language.
    #[schemars(with = "Texts")]
    pub(super) name: Spanned<Texts>,
}

/// A question.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Item")]
pub(super) struct RawItem {
    /// Key of the question, which answers name.
    #[schemars(with = "String")]
    pub(super) key: Spanned<String>,
    /// Key of the construct that it measures.
    #[schemars(with = "Option<String>")]
    pub(super) construct: Option<Spanned<String>>,
    /// How it is answered.
    #[schemars(with = "RawKind")]
    pub(super) kind: Spanned<RawKind>,
    /// Key of the scale of a rating or a matrix.
    #[schemars(with = "Option<String>")]
    pub(super) scale: Option<Spanned<String>>,
    /// Whether the lowest step is the best one.
    #[serde(default)]
    pub(super) reversed: bool,
    /// The question, by language; {name}, {account}, {organisation} and {answer.KEY} are filled in.
    #[schemars(with = "Texts")]
    pub(super) text: Spanned<Texts>,
    /// What can be chosen, for choices and rankings.
    #[serde(default)]
    pub(super) options: Vec<RawOption>,
    /// Rows of a matrix; each is a question of its own.
    #[serde(default)]
    pub(super) row: Vec<RawRow>,
    /// When it is asked, for example: overall <= 6 and not reason has 'price'.
    #[schemars(with = "Option<String>")]
    pub(super) when: Option<Spanned<String>>,
    /// Jumps after it; the first that holds is taken.
    #[serde(default)]
    pub(super) go: Vec<RawJump>,
    /// Why it has to be answered, by language; without it, it may be skipped.
    #[schemars(with = "Option<Texts>")]
    pub(super) required: Option<Spanned<Texts>>,
}

/// A matrix is written as one item and asked row by row: each row is an item of its own.
#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Kind")]
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

/// An option of a choice or a ranking.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Option")]
pub(super) struct RawOption {
    /// What is stored.
    #[schemars(with = "String")]
    pub(super) key: Spanned<String>,
    /// What is read, by language.
    #[schemars(with = "Texts")]
    pub(super) text: Spanned<Texts>,
}

/// A row of a matrix.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Row")]
pub(super) struct RawRow {
    /// Key of the row, which answers name.
    #[schemars(with = "String")]
    pub(super) key: Spanned<String>,
    /// Key of the construct that it measures, where it is not the matrix's own.
    #[schemars(with = "Option<String>")]
    pub(super) construct: Option<Spanned<String>>,
    /// Whether the lowest step is the best one.
    #[serde(default)]
    pub(super) reversed: bool,
    /// The statement, by language.
    #[schemars(with = "Texts")]
    pub(super) text: Spanned<Texts>,
}

/// A jump to a later question.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Jump")]
pub(super) struct RawJump {
    /// When it is taken.
    #[schemars(with = "String")]
    pub(super) when: Spanned<String>,
    /// Key of a later question, or "end".
    #[schemars(with = "String")]
    pub(super) to: Spanned<String>,
}

/// Blocks that are asked in turn.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rotation")]
pub(super) struct RawRotation {
    /// Key of the rotation.
    #[schemars(with = "String")]
    pub(super) key: Spanned<String>,
    /// How many blocks a respondent is asked.
    #[schemars(with = "usize")]
    pub(super) take: Spanned<usize>,
    /// Blocks of keys of questions.
    #[schemars(with = "Vec<Vec<String>>")]
    pub(super) blocks: Spanned<Vec<Vec<Spanned<String>>>>,
}

/// The texts of a mail.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mail")]
pub(super) struct RawMail {
    /// Subject, by language.
    #[schemars(with = "Texts")]
    pub(super) subject: Spanned<Texts>,
    /// Body, by language, without greeting, link and footer.
    #[schemars(with = "Texts")]
    pub(super) body: Spanned<Texts>,
}
