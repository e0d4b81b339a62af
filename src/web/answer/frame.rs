//! What stands around every answering page: head, languages, contract and links.

use super::look::Look;
use super::words::{Voice, direction, own_name};

/// What the people who are asked were promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// Answers are seen with the company's name.
    Named,
    /// Answers can be linked inside and are shown in groups.
    Confidential,
    /// Answers cannot be joined to a person.
    Anonymous,
}

impl Contract {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Confidential => "confidential",
            Self::Anonymous => "anonymous",
        }
    }
}

/// Where the pages of one link lead; empty paths are not offered.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// Path of the survey with its token, for example `/s/7Q2m9xV0aKcE4t1sJw3bNw`; forms post to it.
    pub survey: String,
    /// Path of the privacy notice.
    pub notice: String,
    /// Path of the page that stops the mails.
    pub stop: String,
    /// Path of the page that asks before it deletes all answers; named waves alone have it.
    pub delete: String,
}

/// What all pages of one link have in common.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The style sheet.
    pub look: &'a Look,
    /// Who asks.
    pub organisation: &'a str,
    /// Language of the page (BCP 47), one of the survey's.
    pub language: &'a str,
    /// The survey's languages; the others are offered in the head, except in an open ballot.
    pub languages: &'a [String],
    /// Whether the respondent chose the language themselves, so that every link and form has to carry it (`l`).
    pub chosen: bool,
    /// What was promised; printed at the foot.
    pub contract: Option<Contract>,
    /// The last day on which answers can be given and changed.
    pub closes: Option<jiff::civil::Date>,
    /// Where the page's links lead.
    pub links: &'a Links,
}

/// A link with its words as HTML.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) words: String,
}

/// A language that the page can be read in.
pub(super) struct Other {
    pub(super) href: String,
    pub(super) tag: String,
    pub(super) name: String,
}

/// What the outer template prints.
pub(super) struct Top<'a> {
    pub(super) language: &'a str,
    pub(super) direction: &'static str,
    pub(super) title: String,
    pub(super) sheet: &'a str,
    pub(super) organisation: &'a str,
    pub(super) languages: Vec<Other>,
    pub(super) languages_label: String,
    pub(super) contract: Option<String>,
    pub(super) feet: Vec<Link>,
}

impl<'a> Frame<'a> {
    pub(super) fn voice(&self) -> Voice<'a> {
        Voice::new(self.language)
    }

    /// A path with parameters, the chosen language among them.
    pub(super) fn link(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let language = ("l", self.language);
        let chosen = self.chosen.then_some(&language);
        with_parameters(path, parameters.iter().chain(chosen))
    }

    /// The path of a question.
    pub(super) fn question(&self, key: &str) -> String {
        self.link(&self.links.survey, &[("q", key)])
    }

    /// The outer part of a page; `parameters` are those that the page itself was asked for with.
    pub(super) fn top(&self, title: &str, parameters: &[(&str, &str)]) -> Top<'a> {
        let voice = self.voice();
        let others = self.languages.iter().filter(|tag| *tag != self.language);
        let languages = others.map(|tag| Other {
            href: with_parameters(&self.links.survey, parameters.iter().chain(&[("l", tag.as_str())])),
            tag: tag.clone(),
            name: own_name(tag),
        });
        let feet = [
            (format!("{}#who", self.links.notice), &self.links.notice, "who-link"),
            (self.links.notice.clone(), &self.links.notice, "notice-link"),
            (self.links.stop.clone(), &self.links.stop, "stop-link"),
        ];
        let feet = feet.into_iter().filter(|(_, path, _)| !path.is_empty());
        let mut top = self.bare(title);
        top.languages = languages.collect();
        top.contract = self.contract.map(|contract| voice.say(contract.key()));
        top.feet = feet.map(|(href, _, key)| self.foot(&href, key)).collect();
        top
    }

    /// The outer part of a page that leads nowhere else.
    pub(super) fn bare(&self, title: &str) -> Top<'a> {
        let joint = if title.is_empty() || self.organisation.is_empty() { "" } else { " · " };
        Top {
            language: self.language,
            direction: direction(self.language),
            title: format!("{title}{joint}{}", self.organisation),
            sheet: self.look.sheet(),
            organisation: self.organisation,
            languages: Vec::new(),
            languages_label: self.voice().plain("languages", &[]),
            contract: None,
            feet: Vec::new(),
        }
    }

    pub(super) fn foot(&self, href: &str, key: &str) -> Link {
        let (path, fragment) = href.split_once('#').map_or((href, ""), |(path, fragment)| (path, fragment));
        let joint = if fragment.is_empty() { "" } else { "#" };
        Link { href: format!("{}{joint}{fragment}", self.link(path, &[])), words: self.voice().say(key) }
    }

    /// Hidden fields of a form: the question, the nonce and the chosen language.
    pub(super) fn hidden(&self, question: &str, nonce: &str) -> Vec<(String, String)> {
        let fields = [("q", question), ("n", nonce), ("l", if self.chosen { self.language } else { "" })];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// Adds parameters to a path; values are keys, tags and numbers, which need no escaping, and anything else is left out.
fn with_parameters<'b>(path: &str, parameters: impl Iterator<Item = &'b (&'b str, &'b str)>) -> String {
    let mut out = path.to_owned();
    let plain =
        |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    for (name, value) in parameters.filter(|(_, value)| plain(value)) {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}
