//! The report's words: one Fluent file per language under `reports/text/`, embedded.

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

use super::document::{Arg, Figure, Message};
use super::number;

const ENGLISH: &str = include_str!("../../reports/text/en.ftl");
const CHINESE: &str = include_str!("../../reports/text/zh-Hans.ftl");

/// A language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    ZhHans,
}

/// A language that the report is not written in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no report in {0:?}: choose en or zh-Hans")]
pub struct LanguageError(String);

impl Language {
    /// All languages of the report.
    pub const ALL: [Self; 2] = [Self::En, Self::ZhHans];

    /// Returns the BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhHans => "zh-Hans",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::En => ENGLISH,
            Self::ZhHans => CHINESE,
        }
    }
}

impl std::str::FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(text))
            .ok_or_else(|| LanguageError(text.into()))
    }
}

/// Begins a number's id in a linked text; private use, so no text contains it.
const ID_BEGINS: char = '\u{E000}';
/// Ends the id; the number follows.
const ID_ENDS: char = '\u{E001}';
/// Ends the number.
const NUMBER_ENDS: char = '\u{E002}';

/// A rendered text in which every number knows its id and `**…**` is bold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said(String);

impl Said {
    /// Returns the words alone.
    pub fn plain(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        let mut in_id = false;
        for character in self.0.replace("**", "").chars() {
            match character {
                ID_BEGINS => in_id = true,
                ID_ENDS => in_id = false,
                NUMBER_ENDS => {}
                _ if in_id => {}
                _ => out.push(character),
            }
        }
        out
    }

    /// Returns HTML: every number leads to its row on page 10, `**…**` is `<b>`.
    pub fn html(&self) -> String {
        let mut out = String::with_capacity(self.0.len() * 2);
        let mut bold = false;
        let mut signs = self.0.chars().peekable();
        while let Some(sign) = signs.next() {
            match sign {
                ID_BEGINS => out.push_str("<a class=\"n\" href=\"#"),
                ID_ENDS => out.push_str("\">"),
                NUMBER_ENDS => out.push_str("</a>"),
                '*' if signs.peek() == Some(&'*') => {
                    signs.next();
                    out.push_str(if bold { "</b>" } else { "<b>" });
                    bold = !bold;
                }
                // A line may break after an en dash; the ends of a range stay together.
                '–' => out.push_str("–\u{2060}"),
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                other => out.push(other),
            }
        }
        if bold {
            out.push_str("</b>");
        }
        out
    }

    /// Returns HTML in which the clauses of a title break before anything else does.
    pub fn title_html(&self) -> String {
        let html = self.html();
        let mut out = String::with_capacity(html.len() + 64);
        let mut clause = String::new();
        let mut signs = html.chars().peekable();
        while let Some(sign) = signs.next() {
            clause.push(sign);
            let ends = match sign {
                ';' | ',' => signs.next_if_eq(&' ').is_some(),
                '；' | '，' | '：' => true,
                _ => false,
            };
            if ends {
                let joint = if sign.is_ascii() { " " } else { "" };
                out.push_str(&clause_html(&std::mem::take(&mut clause)));
                out.push_str(joint);
            }
        }
        out.push_str(&clause_html(&clause));
        out
    }

    /// Returns the words as runs of regular and bold (`true`) text.
    pub fn runs(&self) -> Vec<(String, bool)> {
        self.0
            .split("**")
            .zip([false, true].into_iter().cycle())
            .map(|(run, bold)| (Said(run.to_owned()).plain(), bold))
            .filter(|(run, _)| !run.is_empty())
            .collect()
    }

    /// Returns the ids of the numbers in the text, in order.
    pub fn ids(&self) -> Vec<String> {
        self.0
            .split(ID_BEGINS)
            .skip(1)
            .filter_map(|rest| rest.split_once(ID_ENDS).map(|(id, _)| id.to_owned()))
            .collect()
    }
}

/// Keeps a clause of a title together unless it is longer than a line.
fn clause_html(clause: &str) -> String {
    let mut in_tag = false;
    let wide = clause.chars().filter(|&sign| {
        in_tag = (in_tag || sign == '<') && sign != '>';
        !in_tag
    });
    // A Chinese sign is about as wide as two Latin ones.
    let signs: usize = wide.map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum();
    if signs > CLAUSE { clause.to_owned() } else { format!("<span class=\"c\">{clause}</span>") }
}

/// Longest clause, in Latin signs, that is kept on one line.
const CLAUSE: usize = 44;

/// The words of one language, over the figures of one document.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
    figures: BTreeMap<String, Figure>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Words").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Words {
    /// Loads a language's words and the figures that messages refer to.
    pub fn new(language: Language, figures: &[Figure]) -> Self {
        // A fault in an embedded file leaves out the faulty message; the tests of this file find it.
        let resource = match FluentResource::try_new(language.text().to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![identifier]);
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        let figures = figures.iter().map(|figure| (figure.id.clone(), figure.clone())).collect();
        Self { language, bundle, figures }
    }

    /// Returns the language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Says whether there is a text under `key`.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// Returns the text under `key` that has no variables.
    pub fn text(&self, key: &str) -> String {
        self.say(&Message::new(key)).plain()
    }

    /// Renders a message.
    pub fn say(&self, message: &Message) -> Said {
        let mut args = FluentArgs::new();
        for (name, arg) in &message.args {
            args.set(name.clone(), self.arg(arg).0);
        }
        let Some(pattern) = self.bundle.get_message(&message.key).and_then(|found| found.value()) else {
            return Said(format!("⟨{}⟩", message.key));
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors);
        Said(match (errors.is_empty(), self.language) {
            (false, _) => format!("⟨{}: {errors:?}⟩", message.key),
            (true, Language::En) => keep_short_words(&text),
            (true, Language::ZhHans) => keep_units(&text),
        })
    }

    /// Renders one number of a figure, linked to its id.
    pub fn figure(&self, id: &str, show: number::Show) -> Said {
        let Some(figure) = self.figures.get(id) else {
            return Said(format!("⟨{id}⟩"));
        };
        let text = figure.quantity().map_or_else(
            || self.text("not-computed"),
            |quantity| number::write(&quantity, &figure.unit, show, self.language),
        );
        Said(format!("{ID_BEGINS}{id}{ID_ENDS}{text}{NUMBER_ENDS}"))
    }

    /// Renders a variable of a message.
    pub fn arg(&self, arg: &Arg) -> Said {
        match arg {
            Arg::Figure { id, show } => self.figure(id, *show),
            Arg::Text { text } => Said(text.clone()),
            Arg::Names { key, names } => Said(self.name(key, names)),
            Arg::Message { message } => self.say(message),
            Arg::Period { period } => Said(self.period(period)),
            Arg::List { items } => self.list(items),
        }
    }

    fn list(&self, items: &[Arg]) -> Said {
        let separator = match self.language {
            Language::En => "; ",
            Language::ZhHans => "；",
        };
        let items: Vec<String> = items.iter().map(|item| self.arg(item).0).collect();
        Said(items.join(separator))
    }

    fn name(&self, key: &str, names: &BTreeMap<String, String>) -> String {
        let known = names.get(self.language.tag()).or_else(|| names.get("en"));
        known.or_else(|| names.values().next()).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// Writes a wave under an axis, short and in two lines: `Q3` over `2026`.
    pub fn wave(&self, period: &str) -> String {
        match period.split_once('Q') {
            Some((year, quarter)) => format!("Q{quarter}\n{year}"),
            None => period.to_owned(),
        }
    }

    /// Writes a quarter: `Q3 2026`, `2026 年第三季度`; anything else stays as it is.
    pub fn period(&self, period: &str) -> String {
        let Some((year, quarter)) = period.split_once('Q') else {
            return period.to_owned();
        };
        match (self.language, quarter) {
            (Language::En, _) => format!("Q{quarter}\u{A0}{year}"),
            (Language::ZhHans, "1") => format!("{year}\u{A0}年第一季度"),
            (Language::ZhHans, "2") => format!("{year}\u{A0}年第二季度"),
            (Language::ZhHans, "3") => format!("{year}\u{A0}年第三季度"),
            (Language::ZhHans, "4") => format!("{year}\u{A0}年第四季度"),
            (Language::ZhHans, _) => period.to_owned(),
        }
    }
}

/// Keeps a short word such as "at" or "of" on the line of the figure after it.
fn keep_short_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(' ') {
        let word = out.rsplit([' ', '\u{A0}', '\n']).nth(1).unwrap_or("");
        let short = out.ends_with(' ') && (1..=3).contains(&word.len());
        if short && part.starts_with(ID_BEGINS) {
            out.pop();
            out.push('\u{A0}');
        }
        out.push_str(part);
    }
    out
}

/// Sets Chinese text: a no-break space between a figure and the unit after it, a space between Latin letters and
/// Chinese characters.
fn keep_units(text: &str) -> String {
    let chinese = |sign: char| ('\u{4E00}'..='\u{9FFF}').contains(&sign);
    let signs: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (at, &sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| signs[at]);
        let after = signs.get(at + 1).copied();
        if before.is_some_and(|before| {
            (before.is_ascii_alphabetic() && chinese(sign)) || (chinese(before) && sign.is_ascii_alphabetic())
        }) {
            out.push(' ');
        }
        let figure = before.is_some_and(|sign| sign.is_ascii_digit() || sign == NUMBER_ENDS);
        out.push(if sign == ' ' && figure && after.is_some_and(chinese) { '\u{A0}' } else { sign });
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Keys with the set of variables that their text uses, read from the file itself.
    fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            if !line.starts_with(' ') {
                current = line.split(" =").next().unwrap().to_owned();
                assert!(!found.contains_key(&current), "{current} stands twice");
            }
            let variables = found.entry(current.clone()).or_default();
            for rest in line.split('$').skip(1) {
                variables.insert(rest.split(|sign: char| !sign.is_alphanumeric()).next().unwrap().to_owned());
            }
        }
        found
    }

    #[test]
    fn both_languages_have_the_same_keys_and_variables() {
        let (english, chinese) = (keys(ENGLISH), keys(CHINESE));
        for (key, variables) in &english {
            assert_eq!(Some(variables), chinese.get(key), "{key}");
        }
        for key in chinese.keys() {
            assert!(english.contains_key(key), "{key} is missing in English");
        }
        assert!(english.len() > 100, "only {} keys were read", english.len());
    }

    #[test]
    fn both_files_are_whole() {
        for language in Language::ALL {
            let fault = FluentResource::try_new(language.text().to_owned()).err();
            assert!(fault.is_none(), "{language:?}: {:?}", fault.map(|(_, errors)| errors));
        }
    }

    #[test]
    fn the_chart_fonts_have_every_sign_of_the_texts() {
        for language in Language::ALL {
            assert_eq!(crate::chart::lettering::lacking(language.text()), Vec::<char>::new(), "{language:?}");
        }
    }

    #[test]
    fn a_linked_number_leads_to_its_row_and_reads_plainly() {
        let said = Said(format!("about **{ID_BEGINS}A1.2{ID_ENDS}3 < 4{NUMBER_ENDS}** a year"));
        assert_eq!(said.plain(), "about 3 < 4 a year");
        assert_eq!(said.html(), "about <b><a class=\"n\" href=\"#A1.2\">3 &lt; 4</a></b> a year");
        assert_eq!(said.ids(), ["A1.2"]);
    }

    #[test]
    fn a_short_word_stays_with_the_figure_after_it() {
        let text = format!("we are at {ID_BEGINS}A1.1{ID_ENDS}69{NUMBER_ENDS} now");
        assert_eq!(Said(keep_short_words(&text)).plain(), "we are at\u{A0}69 now");
    }

    #[test]
    fn a_chinese_figure_stays_with_its_unit() {
        assert_eq!(keep_units("现为 69 分；约 8 家"), "现为 69\u{A0}分；约 8\u{A0}家");
        assert_eq!(keep_units("其次是Gifts。"), "其次是 Gifts。");
    }

    #[test]
    fn a_quarter_is_written_in_the_language() {
        assert_eq!(Words::new(Language::En, &[]).period("2026Q3"), "Q3\u{A0}2026");
        assert_eq!(Words::new(Language::ZhHans, &[]).period("2026Q3"), "2026\u{A0}年第三季度");
    }
}
