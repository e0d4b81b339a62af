//! One respondent in a survey: what is asked next, how far they are, and how what they said reads.

use std::collections::BTreeSet;

use super::words::{Voice, escaped};
use crate::survey::{Answers, Given, Instrument, Item, ItemKind, Texts, is_whole};

/// The names that texts of a survey speak of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// `{organisation}`: who asks.
    pub organisation: &'a str,
    /// `{name}`: who is asked.
    pub name: &'a str,
    /// `{account}`: the company that the respondent answers for.
    pub account: &'a str,
}

/// A respondent in a survey, with what is stored of them.
#[derive(Debug, Clone, Copy)]
pub struct Respondent<'a> {
    /// What is asked.
    pub survey: &'a Instrument,
    /// The answers that are stored.
    pub answers: &'a Answers,
    /// Keys of the questions that were passed over.
    pub skipped: &'a BTreeSet<String>,
    /// What names the respondent to the rotations.
    pub draw: &'a str,
    /// What placeholders stand for.
    pub names: Names<'a>,
}

impl<'a> Respondent<'a> {
    /// Lists the questions of the respondent's way, those answered included, in order.
    pub fn asked(&self) -> Vec<&'a Item> {
        let route = self.survey.route(self.answers, self.draw);
        route.into_iter().map(|at| &self.survey.items[at]).collect()
    }

    /// Returns the first question that is neither answered nor passed over; `None` when the respondent is through.
    pub fn next(&self) -> Option<&'a Item> {
        self.asked().into_iter().find(|item| !self.is_done(item))
    }

    /// Returns the question before one on the respondent's way.
    pub fn before(&self, item: &Item) -> Option<&'a Item> {
        self.asked().into_iter().take_while(|other| other.key != item.key).last()
    }

    /// Returns the question's place on the way, from 1, and the most questions that the way can still have.
    pub fn progress(&self, item: &Item) -> (usize, usize) {
        let asked = self.asked();
        let place = asked.iter().position(|other| other.key == item.key).map_or(1, |at| at + 1);
        (place, self.survey.longest(self.answers, self.draw).max(asked.len()).max(place))
    }

    /// Tells whether a question needs nothing more.
    fn is_done(&self, item: &Item) -> bool {
        self.skipped.contains(&item.key)
            || self.answers.get(&item.key).is_some_and(|given| is_whole(item, given))
    }

    /// A text of the survey in a language, its placeholders filled.
    pub(super) fn text(&self, texts: &'a Texts, language: &str) -> String {
        self.filled(in_language(texts, self.survey, language), language, &|text| text.to_owned(), false)
    }

    /// A text of the survey as HTML; in Chinese the organisation's name stays on one line.
    pub(super) fn html(&self, texts: &'a Texts, language: &str) -> String {
        self.filled(in_language(texts, self.survey, language), language, &escaped, true)
    }

    fn filled(&self, text: &str, language: &str, shown: &dyn Fn(&str) -> String, marks: bool) -> String {
        let mut out = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            out.push_str(&shown(before));
            let value = self.placeholder(name.trim(), language);
            let whole = marks && name.trim() == "organisation" && language.starts_with("zh");
            let value = shown(&value);
            let (before, after_it) = if whole { ("<span class=\"nb\">", "</span>") } else { ("", "") };
            out.extend([before, &value, after_it]);
            rest = after;
        }
        out.push_str(&shown(rest));
        out
    }

    fn placeholder(&self, name: &str, language: &str) -> String {
        match name {
            "organisation" => self.names.organisation.to_owned(),
            "name" => self.names.name.to_owned(),
            "account" => self.names.account.to_owned(),
            other => {
                let item = other.strip_prefix("answer.").and_then(|key| self.survey.item(key));
                let given = item.and_then(|item| Some((item, self.answers.get(&item.key)?)));
                given.map_or_else(|| "…".into(), |(item, given)| self.words_of(item, given, language))
            }
        }
    }

    /// An answer within a sentence: the number, the option or the text alone.
    fn words_of(&self, item: &'a Item, given: &Given, language: &str) -> String {
        let voice = Voice::new(language);
        match given {
            Given::Number(number) => decimal(*number, language),
            Given::Option(key) => self.option(item, key, language),
            Given::Options(keys) => {
                let names: Vec<_> = keys.iter().map(|key| self.option(item, key, language)).collect();
                let joint = if item.kind == ItemKind::Ranking { "arrow" } else { "joint" };
                names.join(&voice.plain(joint, &[]))
            }
            Given::Text(text) if item.kind == ItemKind::Date => {
                text.parse().map_or_else(|_| text.clone(), |day| voice.day(day))
            }
            Given::Text(text) => text.clone(),
        }
    }

    /// What an option is called; an option may name the organisation, never another answer's option in turn.
    fn option(&self, item: &'a Item, key: &str, language: &str) -> String {
        let option = item.options.iter().find(|option| option.key == key);
        option.map_or_else(|| key.to_owned(), |option| self.text(&option.text, language))
    }

    /// An answer as the list of saved answers shows it.
    pub(super) fn shown(&self, item: &'a Item, given: &Given, language: &str) -> String {
        let voice = Voice::new(language);
        match (given, item.scale) {
            (Given::Number(number), Some(scale)) => {
                let answer = decimal(*number, language);
                match item.label(*number, language) {
                    Some(word) => {
                        voice.plain("shown-named", &[("answer", answer.into()), ("word", word.into())])
                    }
                    None => voice.plain(
                        "shown-of",
                        &[("answer", answer.into()), ("high", decimal(scale.high, language).into())],
                    ),
                }
            }
            (Given::Text(text), _) if item.kind != ItemKind::Date => {
                voice.plain("shown-text", &[("text", text.as_str().into())])
            }
            _ => self.words_of(item, given, language),
        }
    }

    /// The rows of the item's matrix, `None` where it is none.
    pub(super) fn group(&self, item: &Item) -> Option<Vec<&'a Item>> {
        let stem = item.stem.as_ref()?;
        let at = self.survey.items.iter().position(|other| other.key == item.key)?;
        let same = |other: &&Item| other.stem.as_ref() == Some(stem);
        let before: Vec<_> = self.survey.items[..at].iter().rev().take_while(same).collect();
        Some(before.into_iter().rev().chain(self.survey.items[at..].iter().take_while(same)).collect())
    }
}

/// A text in a language, or in the survey's first one.
pub(super) fn in_language<'a>(texts: &'a Texts, survey: &Instrument, language: &str) -> &'a str {
    let fallback = || survey.languages.first().and_then(|first| texts.get(first));
    texts.get(language).or_else(fallback).map_or("", String::as_str)
}

/// A number as a language writes it, without groups.
pub(super) fn decimal(number: f64, language: &str) -> String {
    let text = number.to_string();
    match crate::survey::decimal_sign(language) {
        '.' => text,
        sign => text.replace('.', &sign.to_string()),
    }
}
