//! The file of a wave: who is asked what, until when, under which contract.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::DateTime;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::window::{HolidayBook, SendWindow};

/// Fewest answers that a shown cell needs, whatever a wave asks for.
pub const LEAST_K: i64 = 5;

/// Most mails that one person gets in a wave, the invitation included.
const MOST_MAILS: usize = 3;

/// Days between two invitations of one person, where the file does not say.
const CAP_DAYS: i64 = 30;

/// A fault of a wave file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct WaveFileError {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// What is promised about the answers; it never changes after the first invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Answers are seen with the company's name.
    Named,
    /// Answers are linked inside and shown only in groups.
    Confidential,
    /// Answers cannot be joined to a person by anyone.
    Anonymous,
}

impl Mode {
    /// Returns the word that the database holds.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Confidential => "confidential",
            Self::Anonymous => "anonymous",
        }
    }

    /// Reads the word that the database holds.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Named, Self::Confidential, Self::Anonymous].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// How the link reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By e-mail.
    #[default]
    Mail,
    /// By another channel, from the list that `cam wave links` writes.
    Link,
}

/// Whom a wave asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// Persons at customers.
    Contacts,
    /// Staff.
    Employees,
}

/// Which of a population are asked; a list that is empty asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Customers or staff.
    pub of: Population,
    /// Segments of the account.
    #[serde(default)]
    pub segments: Vec<String>,
    /// States of the account: `prospect`, `active`, `lapsed`.
    #[serde(default)]
    pub states: Vec<String>,
    /// Roles of the contact: `decides`, `uses`, `pays`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Names of units: of the account, or of the employee; units below them count.
    #[serde(default)]
    pub units: Vec<String>,
    /// A CSV file with a column `email`, of whom only those are asked; relative to the wave file.
    #[serde(default)]
    pub file: Option<String>,
}

/// An event after which a standing wave asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// `delivery`, `service`, `renewal`, `complaint` or `loss`.
    pub event: String,
    /// Days between the event and the invitation.
    pub after_days: i64,
    /// Events older than this many days when they become known are passed over.
    #[serde(default = "fortnight")]
    pub at_most_days: i64,
}

fn fortnight() -> i64 {
    14
}

/// What a person is told about the use of the answers, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Who is responsible, with an address.
    pub controller: String,
    /// What the answers are for.
    pub purpose: String,
    /// On what legal ground.
    pub legal_basis: String,
    /// Whether and how answers are joined to money.
    pub money: String,
    /// Who receives what.
    pub recipients: String,
    /// How long what is kept.
    pub retention: String,
    /// What a person can ask for, and of whom.
    pub rights: String,
}

/// A wave as its file describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaveFile {
    /// Its key, the same for ever: launching a key twice changes nothing.
    pub key: String,
    /// Its name in reports.
    pub name: String,
    /// Survey file, relative to the wave file.
    pub survey: String,
    /// The contract.
    pub mode: Mode,
    /// Fewest answers that a shown cell needs.
    pub k: i64,
    /// When it closes, on the organisation's clock; a standing wave has none of its own.
    pub closes: Option<DateTime>,
    /// How links reach people.
    pub channel: Channel,
    /// Who is asked.
    pub audience: Audience,
    /// When mails may go out.
    pub send: SendWindow,
    /// The holidays that `send` names, by time zone. They are read at the launch and kept with the wave, so that a reminder
    /// keeps to them too.
    #[serde(default)]
    pub holidays: HolidayBook,
    /// Days between two invitations of one person, over all waves.
    pub cap_days: i64,
    /// Days after the launch on which who has not answered is reminded, at most two.
    pub remind_after_days: Vec<i64>,
    /// Whether who has finished is thanked by mail.
    pub thanks: bool,
    /// Whether an anonymous wave takes comments.
    pub free_text: bool,
    /// What a mail of which it is not known whether it was taken becomes: resent, or held back.
    pub hold_unknown: bool,
    /// The event of a standing wave.
    pub standing: Option<Standing>,
    /// After which day the answers are deleted; printed in the dossier and kept to.
    pub delete_after: jiff::civil::Date,
    /// The notice, by language.
    pub notice: BTreeMap<String, Notice>,
}

/// A day and an hour, with quotes as everything else in the file or without as TOML has it.
struct Moment(DateTime);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = date_text(from)?;
        let hour = text.contains(['T', 't', ' ']);
        let moment = text.parse().ok().filter(|_| hour);
        moment.map(Self).ok_or_else(|| D::Error::custom("write day and hour as \"2026-12-15T18:00\""))
    }
}

/// A day, likewise.
struct Day(jiff::civil::Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let day = date_text(from)?.parse().ok();
        day.map(Self).ok_or_else(|| D::Error::custom("write the day as \"2028-12-31\""))
    }
}

fn date_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match toml::Value::deserialize(from)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    key: Spanned<String>,
    name: String,
    survey: Spanned<String>,
    mode: Mode,
    #[serde(default)]
    k: Option<Spanned<i64>>,
    closes: Option<Spanned<Moment>>,
    #[serde(default)]
    channel: Channel,
    audience: Spanned<Audience>,
    #[serde(default)]
    send: Option<Spanned<SendWindow>>,
    cap_days: Option<Spanned<i64>>,
    #[serde(default)]
    remind_after_days: Option<Spanned<Vec<i64>>>,
    #[serde(default)]
    thanks: bool,
    free_text: Option<Spanned<bool>>,
    #[serde(default)]
    hold_unknown: bool,
    standing: Option<Spanned<Standing>>,
    delete_after: Spanned<Day>,
    notice: Spanned<BTreeMap<String, Notice>>,
}

impl WaveFile {
    /// Reads and checks the text of a wave file; `file` is its name in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, WaveFileError> {
        let fault = |span: Range<usize>, message: String| {
            let before = &text[..text.floor_char_boundary(span.start)];
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            WaveFileError {
                file: file.into(),
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                message,
            }
        };
        let raw: Raw = toml::from_str(text)
            .map_err(|error| fault(error.span().unwrap_or(0..0), error.message().to_owned()))?;
        match raw.problem() {
            Some((span, message)) => Err(fault(span, message)),
            None => Ok(raw.accept()),
        }
    }
}

impl Raw {
    /// The first thing that is wrong with the values, and where.
    fn problem(&self) -> Option<(Range<usize>, String)> {
        let key = self.key.get_ref();
        if key.is_empty()
            || !key
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
        {
            return Some((
                self.key.span(),
                "a key is small letters, digits, - and _, for example \"2026q4-customers\"".into(),
            ));
        }
        if let Some(k) = self.k.as_ref().filter(|k| *k.get_ref() < LEAST_K) {
            return Some((k.span(), format!("k may be raised, never lowered below {LEAST_K}")));
        }
        if let Some(days) = self.cap_days.as_ref().filter(|days| !(0..=3650).contains(days.get_ref())) {
            return Some((days.span(), "cap_days is 0 to 3650".into()));
        }
        if let Some(days) = &self.remind_after_days {
            let list = days.get_ref();
            if list.len() >= MOST_MAILS
                || list.iter().any(|day| !(1..=365).contains(day))
                || !list.is_sorted_by(|a, b| a < b)
            {
                return Some((
                    days.span(),
                    format!("at most {} reminders, on growing days from 1 to 365", MOST_MAILS - 1),
                ));
            }
        }
        self.contract_problem().or_else(|| self.people_problem())
    }

    fn contract_problem(&self) -> Option<(Range<usize>, String)> {
        let anonymous = self.mode == Mode::Anonymous;
        if let Some(free_text) = self.free_text.as_ref().filter(|_| !anonymous) {
            return Some((
                free_text.span(),
                "only an anonymous wave decides on free text; elsewhere the survey does".into(),
            ));
        }
        match (&self.standing, &self.closes) {
            (None, None) => {
                Some((self.key.span(), "say when the wave closes: closes = \"2026-12-15T18:00\"".into()))
            }
            (Some(_), Some(closes)) => {
                Some((closes.span(), "a standing wave closes with each quarter; remove `closes`".into()))
            }
            (Some(standing), None) if anonymous => Some((
                standing.span(),
                "a standing wave cannot be anonymous: single answers would have a time".into(),
            )),
            (Some(standing), None) => {
                standing_problem(standing.get_ref()).map(|text| (standing.span(), text))
            }
            (None, Some(closes)) => (closes.get_ref().0.date() >= self.delete_after.get_ref().0).then(|| {
                (self.delete_after.span(), "answers cannot be deleted before the wave has closed".into())
            }),
        }
    }

    fn people_problem(&self) -> Option<(Range<usize>, String)> {
        let audience = self.audience.get_ref();
        if audience.of == Population::Employees
            && !(audience.segments.is_empty() && audience.states.is_empty() && audience.roles.is_empty())
        {
            return Some((
                self.audience.span(),
                "segments, states and roles are of customers; staff is chosen by units or by a file".into(),
            ));
        }
        if audience.of == Population::Employees && self.standing.is_some() {
            return Some((
                self.audience.span(),
                "events happen to customers: a standing wave asks contacts".into(),
            ));
        }
        if audience.of == Population::Employees && self.mode == Mode::Named {
            return Some((
                self.audience.span(),
                "employees are never asked by name: mode = \"anonymous\", or \"confidential\" where answers are linked and \
                 shown in groups only"
                    .into(),
            ));
        }
        if audience.file.is_some() && self.standing.is_some() {
            return Some((
                self.audience.span(),
                "a standing wave asks whoever has the event: choose them by segments, states, roles or units, not by a file".into(),
            ));
        }
        let unknown = |word: &String, known: &[&str]| !known.contains(&word.as_str());
        if let Some(word) =
            audience.states.iter().find(|word| unknown(word, &["prospect", "active", "lapsed"]))
        {
            return Some((self.audience.span(), format!("{word:?} is no state: prospect, active or lapsed")));
        }
        if let Some(word) = audience.roles.iter().find(|word| unknown(word, &["decides", "uses", "pays"])) {
            return Some((self.audience.span(), format!("{word:?} is no role: decides, uses or pays")));
        }
        if let Some(window) = &self.send
            && let Some(problem) = window.get_ref().problem()
        {
            return Some((window.span(), problem));
        }
        let notices = self.notice.get_ref();
        if notices.is_empty() {
            return Some((
                self.notice.span(),
                "no wave without a notice: write [notice.en] and one for each language of the survey".into(),
            ));
        }
        let blank = |notice: &Notice| {
            [
                &notice.controller,
                &notice.purpose,
                &notice.legal_basis,
                &notice.money,
                &notice.recipients,
                &notice.retention,
                &notice.rights,
            ]
            .iter()
            .any(|text| text.trim().is_empty())
        };
        notices.iter().find(|(_, notice)| blank(notice)).map(|(language, _)| {
            (
                self.notice.span(),
                format!("[notice.{language}] has an empty entry: a notice answers all seven"),
            )
        })
    }

    fn accept(self) -> WaveFile {
        WaveFile {
            key: self.key.into_inner(),
            name: self.name,
            survey: self.survey.into_inner(),
            mode: self.mode,
            k: self.k.map_or(LEAST_K, Spanned::into_inner),
            closes: self.closes.map(|closes| closes.into_inner().0),
            channel: self.channel,
            audience: self.audience.into_inner(),
            send: self.send.map(Spanned::into_inner).unwrap_or_default(),
            holidays: HolidayBook::new(),
            cap_days: self.cap_days.map_or(CAP_DAYS, Spanned::into_inner),
            remind_after_days: self.remind_after_days.map(Spanned::into_inner).unwrap_or_default(),
            thanks: self.thanks,
            free_text: self.free_text.is_some_and(Spanned::into_inner),
            hold_unknown: self.hold_unknown,
            standing: self.standing.map(Spanned::into_inner),
            delete_after: self.delete_after.into_inner().0,
            notice: self.notice.into_inner(),
        }
    }
}

fn standing_problem(standing: &Standing) -> Option<String> {
    if !["delivery", "service", "renewal", "complaint", "loss"].contains(&standing.event.as_str()) {
        return Some(format!(
            "{:?} is no event: delivery, service, renewal, complaint or loss",
            standing.event
        ));
    }
    if !(0..=365).contains(&standing.after_days)
        || !(standing.after_days..=365).contains(&standing.at_most_days)
    {
        return Some("after_days is 0 to 365, and at_most_days no less".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const FILE: &str = r#"
key = "2026q4-customers"
name = "Customers, autumn 2026"
survey = "customer_satisfaction.toml"
mode = "named"
closes = "2026-12-15T18:00"
remind_after_days = [4, 9]
delete_after = "2028-12-31"

[audience]
of = "contacts"
states = ["active"]

[notice.en]
controller = "Kestrel Tools, Harbour Road 1"
purpose = "To serve customers better"
legal_basis = "Legitimate interest"
money = "Answers are joined to your company's purchases"
recipients = "Our customer team"
retention = "Two years"
rights = "Ask us to see, correct or delete them"
"#;

    #[test]
    fn a_plain_file_reads_with_the_defaults_of_the_house() {
        let wave = WaveFile::parse("w.toml", FILE).unwrap();
        assert_eq!((wave.k, wave.cap_days, wave.channel), (5, 30, Channel::Mail));
        assert_eq!(wave.remind_after_days, [4, 9]);
        assert!(!wave.free_text && !wave.hold_unknown && wave.standing.is_none());
    }

    #[test]
    fn what_a_wave_may_not_ask_for_is_named_at_its_line() {
        let cases = [
            ("mode = \"named\"", "mode = \"named\"\nk = 3", 6, "never lowered below 5"),
            ("[4, 9]", "[4, 9, 14]", 7, "at most 2 reminders"),
            ("closes = \"2026-12-15T18:00\"\n", "", 2, "say when the wave closes"),
            ("2028-12-31", "2026-12-01", 8, "before the wave has closed"),
            ("[\"active\"]", "[\"asleep\"]", 10, "is no state"),
            ("Two years", " ", 14, "empty entry"),
            ("mode = \"named\"", "mode = \"secret\"", 5, "unknown variant"),
            ("2026-12-15T18:00", "15.12.2026 18:00", 6, "write day and hour as \"2026-12-15T18:00\""),
            ("2026-12-15T18:00", "2026-12-15", 6, "write day and hour"),
            ("2028-12-31", "31/12/2028", 8, "write the day as \"2028-12-31\""),
            ("mode = \"named\"", "mode = \"named\"\nfree_text = true", 6, "only an anonymous wave"),
            ("key = \"2026q4-customers\"", "key = \"Q4 customers\"", 2, "a key is small letters"),
        ];
        for (from, to, line, message) in cases {
            let error = WaveFile::parse("w.toml", &FILE.replace(from, to)).unwrap_err();
            assert!(error.message.contains(message), "{to}: {error}");
            if !from.contains("Two years") {
                assert_eq!(error.line, line, "{to}: {error}");
            }
        }
    }

    #[test]
    fn days_may_stand_without_quotes() {
        let bare = FILE
            .replace("\"2026-12-15T18:00\"", "2026-12-15T18:00:00")
            .replace("\"2028-12-31\"", "2028-12-31");
        assert_ne!(bare, FILE);
        assert_eq!(WaveFile::parse("w.toml", &bare), WaveFile::parse("w.toml", FILE));
    }

    #[test]
    fn a_standing_wave_has_an_event_and_no_end_and_is_never_anonymous() {
        let standing = FILE
            .replace("closes = \"2026-12-15T18:00\"\n", "")
            .replace("[notice.en]", "[standing]\nevent = \"delivery\"\nafter_days = 2\n\n[notice.en]");
        assert!(WaveFile::parse("w.toml", &standing).unwrap().standing.is_some());
        let anonymous = standing.replace("named", "anonymous");
        assert!(WaveFile::parse("w.toml", &anonymous).unwrap_err().message.contains("cannot be anonymous"));
        let odd = standing.replace("\"delivery\"", "\"birthday\"");
        assert!(WaveFile::parse("w.toml", &odd).unwrap_err().message.contains("is no event"));
    }
}
