//! One page on a wave for a works council or a data protection officer.

use askama::Template;

use super::WaveError;
use super::file::{Channel, Mode, Notice, Population, WaveFile};
use crate::survey::{Instrument, ItemKind};

#[derive(Template)]
#[template(path = "dossier.html", config = ".config/askama.toml")]
struct Page<'a> {
    wave: &'a WaveFile,
    contract: &'static str,
    audience: String,
    when: String,
    cap: String,
    released: String,
    questions: Vec<Question<'a>>,
    notices: Vec<(&'a String, &'a Notice)>,
}

/// A question as the page shows it.
struct Question<'a> {
    key: &'a str,
    kind: &'static str,
    texts: Vec<(&'a String, &'a String)>,
    asked: &'static str,
}

/// Writes the page: what is asked of whom under which contract, what is shown of it, who reads it, when it is deleted.
pub fn dossier(wave: &WaveFile, survey: &Instrument) -> Result<String, WaveError> {
    let page = Page {
        wave,
        contract: contract(wave.mode),
        audience: audience(wave),
        when: when(wave),
        cap: format!("at most one invitation in {} days over all waves, and two reminders", wave.cap_days),
        released: released(wave),
        questions: survey.items.iter().map(|item| question(wave, item)).collect(),
        notices: wave.notice.iter().collect(),
    };
    page.render().map_err(|error| WaveError::Stored(error.to_string()))
}

fn contract(mode: Mode) -> &'static str {
    match mode {
        Mode::Named => "Named: answers are seen with the company's name.",
        Mode::Confidential => "Confidential: answers are linked to people inside and shown only in groups.",
        Mode::Anonymous => {
            "Anonymous: whoever holds the database, its files and its backups cannot join an answer to a person. Ballots are \
             sealed when they arrive; the key that opens them is locked under a passphrase that the program does not keep, is \
             used once when the wave closes, and is then removed. It cannot stop an operator who changes the program, nor \
             somebody who has both old copies of the sealed ballots and the passphrase."
        }
    }
}

fn audience(wave: &WaveFile) -> String {
    let of = &wave.audience;
    let mut text = match of.of {
        Population::Contacts => "Contacts of customers".to_owned(),
        Population::Employees => "Employees".to_owned(),
    };
    for (name, list) in
        [("segments", &of.segments), ("states", &of.states), ("roles", &of.roles), ("units", &of.units)]
    {
        if !list.is_empty() {
            text.extend(["; ", name, ": ", &list.join(", ")]);
        }
    }
    if of.file.is_some() {
        text.push_str("; only those on a list of addresses");
    }
    text
}

fn when(wave: &WaveFile) -> String {
    let by = match wave.channel {
        Channel::Mail => "by e-mail",
        Channel::Link => "by personal links that are handed over",
    };
    match (&wave.standing, wave.closes) {
        (Some(rule), _) => {
            format!("{by}, {} days after each event of the kind {}", rule.after_days, rule.event)
        }
        (None, Some(closes)) => format!("{by}, until {closes}"),
        (None, None) => by.to_owned(),
    }
}

fn released(wave: &WaveFile) -> String {
    match wave.mode {
        Mode::Named => "Single answers, to those named under \"recipients\" in the notice.".to_owned(),
        Mode::Confidential | Mode::Anonymous => format!(
            "One table, made once when the wave closes. A cell is shown from {} answers to that question, and only if no hidden \
             cell can be worked out from what is shown. No minimum, no maximum, no single answer.",
            wave.k
        ),
    }
}

fn question<'a>(wave: &WaveFile, item: &'a crate::survey::Item) -> Question<'a> {
    let text = matches!(item.kind, ItemKind::ShortText | ItemKind::LongText);
    Question {
        key: &item.key,
        kind: match item.kind {
            ItemKind::Rating => "rating",
            ItemKind::Nps => "0 to 10",
            ItemKind::SingleChoice => "one of several",
            ItemKind::MultipleChoice => "several of several",
            ItemKind::Ranking => "ranking",
            ItemKind::Number => "number",
            ItemKind::Date => "date",
            ItemKind::ShortText | ItemKind::LongText => "free text",
        },
        texts: item.text.iter().collect(),
        asked: match (text, wave.mode) {
            (true, Mode::Anonymous) if !wave.free_text => "not asked: free text is off",
            (true, Mode::Anonymous) => "shown only for the whole organisation, from 10 comments, shuffled",
            _ if item.when.is_some() => "to some, after their answers",
            _ => "",
        },
    }
}
