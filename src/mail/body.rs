//! What a mail shows: the views of the two templates in `surveys/email/`.

use askama::Template;

use crate::survey::MailKind;

use super::letter::{
    LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT, Letter, LetterError, Score, filled, line, link,
};
use super::words::Words;

/// Cells that stand in one row on the narrowest phone, 320 px wide with 16 px at each side.
const CELLS_ON_A_PHONE: usize = 6;
/// Width of a cell with the gap after it, in px.
const CELL: usize = 48;
/// Narrowest line for the two anchors, in px.
const NARROWEST: usize = 288;

/// A letter that has been looked through, laid out for the templates.
pub(super) struct Body {
    words: &'static Words,
    tag: &'static str,
    pub(super) subject: String,
    preview: &'static str,
    organisation: String,
    greeting: String,
    paragraphs: Vec<String>,
    score: Option<ScoreRow>,
    hint: &'static str,
    closes: String,
    link: String,
    button: &'static str,
    signature: Option<Signature>,
    contract: &'static str,
    notice_link: String,
    reason: String,
    stop_link: String,
    other: Option<Other>,
    footer: String,
}

struct ScoreRow {
    question: String,
    low: String,
    high: String,
    width: usize,
    cells: Vec<Cell>,
}

struct Cell {
    number: i32,
    title: String,
    link: String,
}

struct Signature {
    name: String,
    role: String,
}

struct Other {
    name: &'static str,
    tag: &'static str,
    link: String,
}

#[derive(Template)]
#[template(path = "letter.html", config = ".config/askama.toml")]
struct Html<'a> {
    letter: &'a Body,
}

#[derive(Template)]
#[template(path = "letter.txt", config = ".config/askama.toml")]
struct Plain<'a> {
    letter: &'a Body,
}

impl ScoreRow {
    fn new(score: &Score, words: &Words, answer_link: &str) -> Result<Self, LetterError> {
        let (low, high) = (score.low, score.high);
        let count = high.checked_sub(low).filter(|span| (1..=10).contains(span));
        if count.is_none() {
            return Err(LetterError::Score { low, high });
        }
        let joint = if answer_link.contains('?') { '&' } else { '?' };
        let cells: Vec<Cell> = (low..=high)
            .map(|number| Cell {
                number,
                title: words.score_title(number, high),
                link: format!("{answer_link}{joint}r={number}"),
            })
            .collect();
        Ok(Self {
            question: filled("the question", &score.question, LONGEST_TEXT)?,
            low: words.anchor(low, &filled("the low anchor", &score.low_anchor, LONGEST_NAME)?),
            high: words.anchor(high, &filled("the high anchor", &score.high_anchor, LONGEST_NAME)?),
            width: (cells.len() * CELL - 4).max(NARROWEST),
            cells,
        })
    }

    /// Splits the cells into rows that float beside each other where there is room.
    fn rows(&self) -> impl Iterator<Item = &[Cell]> {
        let count = self.cells.len();
        self.cells.chunks(if count > CELLS_ON_A_PHONE { count.div_ceil(2) } else { count })
    }
}

impl Body {
    /// Looks through a letter's texts and links.
    pub(super) fn new(letter: &Letter) -> Result<Self, LetterError> {
        let words = letter.language.words();
        let texts = &letter.texts;
        let answer_link = link("the link to the questions", &letter.answer_link)?;
        let score = match &letter.score {
            Some(score) => Some(ScoreRow::new(score, words, answer_link)?),
            None => None,
        };
        let [name, role] = &texts.signature;
        let (name, role) =
            (line("the signature", name, LONGEST_NAME)?, line("the signature", role, LONGEST_NAME)?);
        let other = match &letter.other_language {
            Some((language, target)) => {
                let link = link("the link to the other language", target)?.to_owned();
                Some(Other { name: language.own_name(), tag: language.tag(), link })
            }
            None => None,
        };
        Ok(Self {
            words,
            tag: letter.language.tag(),
            subject: filled("the subject", &texts.subject, LONGEST_SUBJECT)?,
            preview: if score.is_some() { words.preview } else { "" },
            organisation: filled("the organisation", &letter.organisation.name, LONGEST_NAME)?,
            greeting: filled("the greeting", &texts.greeting, LONGEST_TEXT)?,
            paragraphs: paragraphs(&texts.body)?,
            hint: if score.is_some() { words.hint } else { "" },
            score,
            closes: line("the line on time", &texts.closes, LONGEST_TEXT)?,
            link: answer_link.to_owned(),
            button: match letter.kind {
                MailKind::Invitation | MailKind::Reminder => words.start,
                MailKind::Thanks => words.see_answers,
            },
            signature: (!name.is_empty()).then_some(Signature { name, role }),
            contract: words.contract(letter.contract),
            notice_link: link("the link to the notice", &letter.notice_link)?.to_owned(),
            reason: line("the reason", &texts.reason, LONGEST_TEXT)?,
            stop_link: link("the link to unsubscribe", &letter.unsubscribe_link)?.to_owned(),
            other,
            footer: filled("the footer", &letter.organisation.footer, LONGEST_TEXT)?,
        })
    }

    pub(super) fn html(&self) -> Result<String, askama::Error> {
        Html { letter: self }.render()
    }

    pub(super) fn plain(&self) -> Result<String, askama::Error> {
        Plain { letter: self }.render()
    }
}

/// Splits a body at its empty lines; a single line end is a space, as in the file of the survey.
fn paragraphs(body: &str) -> Result<Vec<String>, LetterError> {
    let body = body.replace("\r\n", "\n");
    body.split("\n\n")
        .map(|paragraph| line("the body", &paragraph.replace('\n', " "), LONGEST_TEXT))
        .filter(|paragraph| !paragraph.as_ref().is_ok_and(String::is_empty))
        .collect()
}
