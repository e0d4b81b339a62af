//! One page on a wave for a works council or a data protection officer, in the language of who reads it.

mod words;

use askama::Template;

use self::words::Words;
use super::WaveError;
use super::file::{Mode, Notice, WaveFile};
use crate::disclosure::LEAST_COMMENTS;
use crate::mail::Language;
use crate::survey::{Instrument, Item, ItemKind, Texts};

#[derive(Template)]
#[template(path = "dossier.html", config = ".config/askama.toml")]
struct Page<'a> {
    words: &'static Words,
    language: &'static str,
    name: &'a str,
    facts: Vec<(&'static str, String)>,
    limits: Vec<&'static str>,
    notices: Vec<(&'a str, Vec<(&'static str, &'a str)>)>,
    groups: Vec<Group>,
}

/// Questions under one stem, or questions without any.
struct Group {
    stem: Option<Said>,
    /// How all of them are answered, under a stem.
    kind: Option<String>,
    /// Number of the first question.
    from: usize,
    questions: Vec<Question>,
}

/// A text with the language that it is in, where that is not the page's.
#[derive(PartialEq)]
struct Said {
    text: String,
    other: Option<String>,
}

/// A question as the page shows it.
struct Question {
    key: String,
    text: Said,
    /// How it is answered, where its group does not say so.
    kind: Option<String>,
    options: Vec<Said>,
    asked: Option<String>,
}

/// Writes the page: what is asked of whom under which contract, what is shown of it, who reads it, when it is deleted, and
/// what the contract cannot rule out.
///
/// # Errors
///
/// [`WaveError::Stored`] where the page cannot be rendered.
pub fn dossier(
    wave: &WaveFile,
    survey: &Instrument,
    organisation: &str,
    language: Language,
) -> Result<String, WaveError> {
    let words = Words::of(language);
    let writer = Writer { wave, survey, organisation, language, words };
    let page = Page {
        words,
        language: language.tag(),
        name: &wave.name,
        facts: vec![
            (words.contract, words.promise(wave.mode)),
            (words.asked, words.audience(wave)),
            (words.how, words.when(wave)),
            (words.shown, words.released(wave)),
            (words.deleted, words.deletion(wave)),
        ],
        limits: words.limits(wave),
        notices: writer.notices(),
        groups: writer.groups(),
    };
    page.render().map_err(|error| WaveError::Stored(error.to_string()))
}

struct Writer<'a> {
    wave: &'a WaveFile,
    survey: &'a Instrument,
    organisation: &'a str,
    language: Language,
    words: &'static Words,
}

impl<'a> Writer<'a> {
    /// The notice in the page's language, or all that there are.
    fn notices(&self) -> Vec<(&'a str, Vec<(&'static str, &'a str)>)> {
        let all = &self.wave.notice;
        let own = all.get_key_value(self.language.tag());
        let chosen: Vec<_> = own.map_or_else(|| all.iter().collect(), |one| vec![one]);
        chosen.into_iter().map(|(language, notice)| (language.as_str(), self.notice(notice))).collect()
    }

    fn notice(&self, notice: &'a Notice) -> Vec<(&'static str, &'a str)> {
        let texts = [
            &notice.controller,
            &notice.purpose,
            &notice.legal_basis,
            &notice.money,
            &notice.recipients,
            &notice.retention,
            &notice.rights,
        ];
        self.words.notice_heads.into_iter().zip(texts.map(String::as_str)).collect()
    }

    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for (at, item) in self.survey.items.iter().enumerate() {
            let stem = item.stem.as_ref().map(|stem| self.said(stem));
            let mut question = self.question(at, item);
            let kind = if stem.is_some() { question.kind.take() } else { None };
            match groups.last_mut().filter(|group| group.stem == stem && group.kind == kind) {
                Some(group) => group.questions.push(question),
                None => groups.push(Group { stem, kind, from: at + 1, questions: vec![question] }),
            }
        }
        groups
    }

    fn question(&self, at: usize, item: &Item) -> Question {
        let options = match item.kind {
            ItemKind::Rating | ItemKind::Nps => Vec::new(),
            _ => item.options.iter().map(|option| self.said(&option.text)).collect(),
        };
        Question {
            key: item.key.clone(),
            text: self.said(&item.text),
            kind: Some(self.kind(item)),
            options,
            asked: self.asked(at, item),
        }
    }

    /// The text in the page's language, or in the survey's first.
    fn said(&self, texts: &Texts) -> Said {
        let tag = self.language.tag();
        let first = self.survey.languages.first().map_or(tag, String::as_str);
        let (text, language) = match (texts.get(tag), texts.get(first)) {
            (Some(text), _) => (text.as_str(), tag),
            (None, Some(text)) => (text.as_str(), first),
            (None, None) => ("", tag),
        };
        let text = crate::survey::fill(text, &|word| (word == "organisation").then_some(self.organisation));
        Said { text, other: (language != tag).then(|| language.to_owned()) }
    }

    /// How it is answered; of a scale, its ends and what its steps are called.
    fn kind(&self, item: &Item) -> String {
        let (words, tag) = (self.words, self.language.tag());
        let name = words.kind(item.kind);
        let steps = item.steps();
        let scale = item.scale.filter(|_| matches!(item.kind, ItemKind::Rating | ItemKind::Nps));
        let Some(scale) = scale else { return name.to_owned() };
        let first = self.survey.languages.first().map_or(tag, String::as_str);
        let ends = if item.kind == ItemKind::Nps { words.likely_ends } else { words.ends };
        let label = |step: f64| {
            let own = item.label(step, tag).or_else(|| item.label(step, first));
            let end = if steps.first() == Some(&step) {
                Some(ends.0)
            } else {
                (steps.last() == Some(&step)).then_some(ends.1)
            };
            own.or(end).map(|label| format!("{step} = {label}"))
        };
        let labels: Vec<String> = steps.iter().filter_map(|&step| label(step)).collect();
        words.scale(name, (scale.low, scale.high), &labels)
    }

    /// Who is not asked it, and what is shown of words.
    fn asked(&self, at: usize, item: &Item) -> Option<String> {
        let words = self.words;
        let is_text = matches!(item.kind, ItemKind::ShortText | ItemKind::LongText);
        if self.wave.mode == Mode::Anonymous {
            // A ballot is one page: everybody is asked everything.
            return is_text.then(|| {
                if self.wave.free_text {
                    let k = usize::try_from(self.wave.k).unwrap_or(usize::MAX);
                    words.comments(LEAST_COMMENTS.max(k))
                } else {
                    words.no_text.to_owned()
                }
            });
        }
        let drawn = self
            .survey
            .rotations
            .iter()
            .any(|rotation| rotation.blocks.iter().flatten().any(|&one| one == at));
        let leads_past = |other: &Item| other.jumps.iter().any(|jump| jump.to.is_none_or(|to| to > at));
        let some = item.when.is_some() || self.survey.items[..at].iter().any(leads_past);
        let said = [(drawn, words.drawn), (some, words.some)];
        let said: Vec<_> = said.into_iter().filter(|(so, _)| *so).map(|(_, text)| text).collect();
        (!said.is_empty()).then(|| said.join(words.semicolon))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey;

    const STAFF: &str = include_str!("../demo/waves/staff.toml");

    fn shipped(name: &str) -> Instrument {
        survey::parse(name, survey::shipped(name).unwrap()).unwrap()
    }

    fn staff(change: impl FnOnce(&mut WaveFile), language: Language) -> String {
        let mut wave = WaveFile::parse("staff.toml", STAFF).unwrap();
        change(&mut wave);
        dossier(&wave, &shipped("employee_satisfaction"), "Harbour & Sons", language).unwrap()
    }

    #[test]
    fn the_stem_stands_once_over_its_rows_and_a_scale_names_its_ends() {
        let page = staff(|_| (), Language::En);
        assert_eq!(page.matches("How far do you agree? My work").count(), 1);
        assert!(page.contains("Rating, 1 to 5 (1 = Not at all likely, 5 = Extremely likely)"));
        let page = staff(|_| (), Language::ZhHans);
        assert_eq!(page.matches("您在多大程度上同意？我的工作").count(), 1);
        assert!(page.contains("评分，1 到 5（1 = 完全不可能，5 = 非常可能）"));
    }

    #[test]
    fn options_are_printed_in_the_language_of_the_page() {
        let wave = WaveFile::parse("staff.toml", STAFF).unwrap();
        let page = |language| dossier(&wave, &shipped("lost_customer"), "Harbour", language).unwrap();
        assert!(page(Language::En).contains("<li>We only paused</li>"));
        assert!(page(Language::ZhHans).contains("<li>只是暂停</li>"));
        assert!(!page(Language::ZhHans).contains("We only paused"));
    }

    #[test]
    fn reminders_are_those_of_the_file() {
        let reminders =
            |days: &[i64], language| staff(|wave| wave.remind_after_days = days.to_vec(), language);
        assert!(reminders(&[], Language::En).contains("; no reminders."));
        assert!(reminders(&[4], Language::En).contains("; one reminder, 4 days after the start."));
        assert!(reminders(&[4, 9], Language::En).contains("; two reminders, 4 and 9 days after the start."));
        assert!(reminders(&[], Language::ZhHans).contains("；不发提醒。"));
        assert!(reminders(&[4, 9], Language::ZhHans).contains("；开始后第 4、9 天提醒，共 2 次。"));
    }

    #[test]
    fn comments_need_ten_or_k_where_that_is_more() {
        let page = |k| {
            let mut wave = WaveFile::parse("staff.toml", STAFF).unwrap();
            (wave.k, wave.free_text) = (k, true);
            dossier(&wave, &shipped("lost_customer"), "Harbour", Language::En).unwrap()
        };
        assert!(page(5).contains("from 10 comments on"));
        assert!(page(15).contains("from 15 comments on"));
    }

    #[test]
    fn limits_are_those_of_the_contract() {
        let limits = |mode, language| staff(|wave| wave.mode = mode, language).matches("<li>").count();
        for language in Language::ALL {
            // Fourteen questions; mail, network, order, alike, program, copies and crash.
            assert_eq!(limits(Mode::Anonymous, language), 14 + 7);
            assert_eq!(limits(Mode::Confidential, language), 14 + 3);
            assert_eq!(limits(Mode::Named, language), 14);
        }
    }

    #[test]
    fn a_page_has_one_language_and_another_only_where_its_own_is_missing() {
        let chinese = staff(|_| (), Language::ZhHans);
        assert!(chinese.contains("<html lang=\"zh-Hans\">") && chinese.contains("码头街 1 号"));
        assert!(!chinese.contains("Agreement with the works council"));
        let foreign = staff(|wave| drop(wave.notice.remove("zh-Hans")), Language::ZhHans);
        assert!(foreign.contains("<dd lang=\"en\">Agreement with the works council</dd>"));
    }
}
