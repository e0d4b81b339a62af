//! What a survey asks, after its file has been checked.

use std::collections::BTreeMap;

use super::condition::Condition;

/// A text per language, keyed by BCP 47 tag.
pub type Texts = BTreeMap<String, String>;

/// One version of a survey.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Instrument {
    /// The survey's own key, the same in all versions.
    pub id: String,
    /// The version, from 1 upwards.
    pub version: u32,
    /// The languages that every text exists in, the first being the fallback.
    pub languages: Vec<String>,
    /// What the items measure.
    pub constructs: Vec<Construct>,
    /// The questions, in the order of the file.
    pub items: Vec<Item>,
    /// Blocks of which a respondent is asked some: planned missingness, not silence.
    pub rotations: Vec<Rotation>,
    /// What the survey is called; empty where only answers from elsewhere name it.
    pub title: Texts,
    /// The mails that invite to it, by kind.
    pub mails: BTreeMap<MailKind, Mail>,
}

/// A kind of mail.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// The first mail.
    Invitation,
    /// A mail to who has not answered.
    Reminder,
    /// A mail to who has answered.
    Thanks,
}

/// The texts of a mail.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Mail {
    /// Its subject.
    pub subject: Texts,
    /// Its body, without greeting, link and footer.
    pub body: Texts,
}

/// Blocks of questions of which each respondent is asked `take`, drawn for that respondent.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rotation {
    /// Its key.
    pub key: String,
    /// Blocks that a respondent is asked.
    pub take: usize,
    /// Positions of each block's items.
    pub blocks: Vec<Vec<usize>>,
}

/// An option of a choice or a ranking.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Choice {
    /// What is stored.
    pub key: String,
    /// What is read.
    pub text: Texts,
}

/// A jump after a question, where its condition holds.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Jump {
    /// When it is taken.
    pub when: Condition,
    /// Position of the item that it leads to, always a later one; `None` ends the survey.
    pub to: Option<usize>,
}

/// A driver or an outcome that items measure.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Construct {
    /// The key that analyses and investments name.
    pub key: String,
    /// What it is for.
    pub role: Role,
    /// Its name for readers.
    pub name: Texts,
}

/// What a construct is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Something the company can change.
    Driver,
    /// The satisfaction index.
    Satisfaction,
    /// Staying a customer, as the customer says.
    Loyalty,
    /// Recommending the company.
    Recommendation,
    /// Buying again, as the customer says.
    Repurchase,
    /// Any other outcome.
    Outcome,
}

/// A question.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Item {
    /// The key that answers name.
    pub key: String,
    /// The construct that it measures, if any.
    pub construct: Option<String>,
    /// How it is answered.
    pub kind: ItemKind,
    /// The scale of a rating.
    pub scale: Option<Scale>,
    /// What steps of the scale are called, from the lowest up; most scales name the ends alone, or nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// The question.
    pub text: Texts,
    /// What stands over all rows of a matrix, for one of its rows.
    pub stem: Option<Texts>,
    /// What can be chosen, for choices and rankings.
    pub options: Vec<Choice>,
    /// When it is asked; always, where there is none.
    pub when: Option<Condition>,
    /// Jumps after it, the first that holds being taken.
    pub jumps: Vec<Jump>,
    /// Why it has to be answered; most questions may be skipped.
    pub required: Option<Texts>,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A step on a scale.
    Rating,
    /// 0 to 10, read as promoters, passives and detractors.
    Nps,
    /// One option of several.
    SingleChoice,
    /// Any options of several.
    MultipleChoice,
    /// Options in order.
    Ranking,
    /// A number.
    Number,
    /// A day.
    Date,
    /// A line of text.
    ShortText,
    /// Several lines of text.
    LongText,
}

/// The name of a step of a scale.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Label {
    /// The step.
    pub step: f64,
    /// Its name.
    pub text: Texts,
}

impl Item {
    /// Returns the steps of a rating's scale, from the lowest up; none, where it is not a rating.
    pub fn steps(&self) -> Vec<f64> {
        let mut steps = Vec::new();
        if let Some(scale) = self.scale {
            let mut step = scale.low;
            while step <= scale.high {
                steps.push(step);
                step += 1.0;
            }
        }
        steps
    }

    /// Returns the name of a step in a language.
    pub fn label(&self, step: f64, language: &str) -> Option<&str> {
        let found = self.labels.iter().find(|label| (label.step - step).abs() < 1e-9)?;
        found.text.get(language).map(String::as_str)
    }
}

/// The ends of a rating scale.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Scale {
    /// The lowest step.
    pub low: f64,
    /// The highest step.
    pub high: f64,
    /// Whether the lowest step is the best one.
    pub reversed: bool,
}

impl Scale {
    /// Scores an answer in index points, 0 (worst) to 100 (best): `100 (x - low) / (high - low)`.
    ///
    /// An answer outside the scale is no answer.
    pub fn score(&self, answer: f64) -> Option<f64> {
        let share = (answer - self.low) / (self.high - self.low);
        (0.0..=1.0).contains(&share).then_some(100.0 * if self.reversed { 1.0 - share } else { share })
    }
}

impl Instrument {
    /// Finds an item by its key.
    pub fn item(&self, key: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.key == key)
    }

    /// Finds a construct by its key.
    pub fn construct(&self, key: &str) -> Option<&Construct> {
        self.constructs.iter().find(|construct| construct.key == key)
    }

    /// Returns the construct of a role, the first where several have it.
    pub fn construct_of(&self, role: Role) -> Option<&Construct> {
        self.constructs.iter().find(|construct| construct.role == role)
    }

    /// Returns the scaled items that measure a construct.
    pub fn items_of<'a>(&'a self, construct: &'a str) -> impl Iterator<Item = (&'a Item, Scale)> {
        self.items
            .iter()
            .filter(move |item| item.construct.as_deref() == Some(construct))
            .filter_map(|item| Some((item, item.scale?)))
    }
}
