//! From a row of the outbox to a letter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::clock::Instant;
use crate::mail::{self, Contract, Letter, LetterError, Party, Reference, Score, Separator, Signer, Texts};
use crate::seal::Keys;
use crate::store::outbox::Leased;
use crate::store::{Db, StoreError};
use crate::survey::{self, Instrument, ItemKind, MailKind};
use crate::wave::{self, Mode, Population, WaveError, WaveFile};

/// Most steps of a rating that a mail shows as a row of links.
const MOST_STEPS: usize = 11;

/// Who writes, and with what.
#[derive(Debug)]
pub struct Desk {
    /// The installation's key.
    pub keys: Keys,
    /// What links begin with.
    pub base_url: String,
    /// The sender.
    pub sender: Party,
    /// Where replies go, where it is another address.
    pub reply_to: Option<String>,
    /// The domain of the Message-ID and of the list's name.
    pub domain: String,
    /// The domain at which bounces come home; `None` where nothing is read that comes back: then it goes to the sender.
    pub bounce_domain: Option<String>,
    /// What stands before the reference in the envelope sender.
    pub separator: Separator,
    /// Name and address of the organisation.
    pub organisation: mail::Organisation,
    /// The organisation's time zone.
    pub timezone: String,
    /// A signing key.
    pub signer: Option<Signer>,
    /// Waves whose texts have been read.
    pub waves: Mutex<HashMap<Uuid, Arc<WaveTexts>>>,
}

/// A wave as its letters need it.
#[derive(Debug)]
pub struct WaveTexts {
    pub(super) file: WaveFile,
    survey: Instrument,
    closes_at: Instant,
}

/// A mail as it is handed to the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) bytes: Vec<u8>,
}

/// Why a mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The wave cannot be read.
    #[error(transparent)]
    Wave(#[from] WaveError),
    /// The survey has no text for the mail.
    #[error("the survey has no text for the mail")]
    NoText,
    /// The letter cannot be written.
    #[error("the letter cannot be written: {0}")]
    Letter(#[from] LetterError),
    /// A reference is none.
    #[error("the mail's reference cannot be used: {0}")]
    Reference(#[from] mail::ReferenceError),
}

impl Desk {
    /// The texts of a wave, read once.
    pub(super) async fn texts(&self, db: &Db, row: &Leased) -> Result<Arc<WaveTexts>, DeskError> {
        if let Some(known) = self.known(row.wave_id) {
            return Ok(known);
        }
        let (state, file) = wave::find(&mut db.read().await?, &row.wave_key).await?;
        let survey =
            survey::parse("survey", &state.document).map_err(|error| WaveError::Stored(error.to_string()))?;
        let texts = Arc::new(WaveTexts { file, survey, closes_at: state.closes_at });
        self.lock().insert(row.wave_id, Arc::clone(&texts));
        Ok(texts)
    }

    fn known(&self, wave: Uuid) -> Option<Arc<WaveTexts>> {
        self.lock().get(&wave).map(Arc::clone)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<WaveTexts>>> {
        // A map that another thread panicked over is still a map.
        self.waves.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Writes the mail of a row; the same row gives the same bytes each time.
    pub(super) fn post(&self, texts: &WaveTexts, row: &Leased) -> Result<Post, DeskError> {
        let bounce = Reference::new(&row.reference)?;
        let letter = self.letter(texts, row, &bounce)?;
        Ok(Post {
            from: self.bounce_address(&bounce)?.unwrap_or_else(|| self.sender.address.clone()),
            to: letter.recipient.address.clone(),
            bytes: mail::compose(&letter, self.signer.as_ref())?,
        })
    }

    fn letter(&self, texts: &WaveTexts, row: &Leased, bounce: &Reference) -> Result<Letter, DeskError> {
        let kind = match row.kind.as_str() {
            "reminder" => MailKind::Reminder,
            "thanks" => MailKind::Thanks,
            _ => MailKind::Invitation,
        };
        let mail = texts.survey.mails.get(&kind).ok_or(DeskError::NoText)?;
        let language: mail::Language = row.language.parse().unwrap_or(mail::Language::En);
        let words = Words::of(language);
        let name = row.name.as_deref().unwrap_or_default().trim();
        let fill = |text: &survey::Texts| {
            let text = text.get(&row.language).or_else(|| text.values().next()).map_or("", String::as_str);
            survey::fill(text, &|word| match word {
                "organisation" => Some(self.organisation.name.as_str()),
                "name" => Some(name),
                "account" => Some(row.account.as_deref().unwrap_or_default()),
                _ => None,
            })
        };
        let answer_link = wave::answer_link(&self.keys, &self.base_url, row.invitation_id, row.token_version);
        let unsubscribe =
            wave::unsubscribe_link(&self.keys, &self.base_url, row.invitation_id, row.token_version);
        let thanks = kind == MailKind::Thanks;
        Ok(Letter {
            kind,
            language,
            sender: self.sender.clone(),
            reply_to: self.reply_to.clone(),
            recipient: Party { name: name.to_owned(), address: row.email.clone().unwrap_or_default() },
            message: Reference::new(&self.keys.message_reference(&row.dedupe_key))?,
            message_domain: self.domain.clone(),
            returned: bounce.clone(),
            date: row.dated_at,
            texts: Texts {
                subject: fill(&mail.subject),
                greeting: if name.is_empty() {
                    words.hello.to_owned()
                } else {
                    words.dear.replace("{name}", name)
                },
                body: fill(&mail.body),
                closes: if thanks {
                    String::new()
                } else {
                    self.closes(words, texts.closes_at, &row.timezone)
                },
                reason: self.reason(words, &texts.file),
                signature: [self.sender.name.clone(), String::new()],
            },
            score: if thanks || texts.file.mode == Mode::Anonymous {
                None
            } else {
                score(&texts.survey, row, language, &fill)
            },
            contract: match texts.file.mode {
                Mode::Named => Contract::Named,
                Mode::Confidential => Contract::Confidential,
                Mode::Anonymous => Contract::Anonymous,
            },
            notice_link: format!("{answer_link}/notice"),
            other_language: other_language(&texts.survey, language, &answer_link),
            answer_link,
            unsubscribe_address: self.bounce_address(bounce)?,
            unsubscribe_link: unsubscribe,
            organisation: self.organisation.clone(),
            list_id: format!("{}.{}", row.wave_key, self.domain),
            feedback_id: format!("{}:{}:cam", row.wave_key, row.kind),
        })
    }

    /// Where what comes back for a mail is read, where it is.
    fn bounce_address(&self, bounce: &Reference) -> Result<Option<String>, DeskError> {
        let domain = self.bounce_domain.as_ref();
        Ok(domain.map(|domain| bounce.bounce_address(self.separator, domain)).transpose()?)
    }

    /// Why the recipient gets this mail, and how often that may happen.
    fn reason(&self, words: &Words, file: &WaveFile) -> String {
        let why = match file.audience.of {
            Population::Contacts => words.customer,
            Population::Employees => words.employee,
        };
        let name = &self.organisation.name;
        let name = if words.hanzi { survey::beside_hanzi(name) } else { name.clone() };
        let why = why.replace("{organisation}", &name);
        let often = words.often.replace("{days}", &file.cap_days.to_string());
        if file.cap_days > 0 { format!("{why}{often}") } else { why }
    }

    /// Until when answers are taken, on the recipient's clock.
    fn closes(&self, words: &Words, closes_at: Instant, zone: &str) -> String {
        let zone = TimeZone::get(zone).or_else(|_| TimeZone::get(&self.timezone)).unwrap_or(TimeZone::UTC);
        let local = closes_at.timestamp().to_zoned(zone);
        local.strftime(words.until).to_string()
    }
}

/// The first question as a row of links, where everybody is asked it first and it is a rating of at most eleven steps.
fn score(
    survey: &Instrument,
    row: &Leased,
    language: mail::Language,
    fill: &dyn Fn(&survey::Texts) -> String,
) -> Option<Score> {
    let first = survey.route(&survey::Answers::new(), &row.invitation_id.to_string());
    let item = &survey.items[*first.first()?];
    let steps = item.steps();
    let (low, high) = (*steps.first()?, *steps.last()?);
    if !matches!(item.kind, ItemKind::Rating | ItemKind::Nps) || steps.len() > MOST_STEPS {
        return None;
    }
    let [worst, best] = Words::of(language).ends;
    let end = |step: f64, other: &str| item.label(step, &row.language).unwrap_or(other).to_owned();
    Some(Score {
        question: fill(&item.text),
        low: whole(low),
        high: whole(high),
        low_anchor: end(low, worst),
        high_anchor: end(high, best),
    })
}

/// A step as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "steps have at most four digits, by the check of survey files"
)]
fn whole(step: f64) -> i32 {
    step as i32
}

fn other_language(
    survey: &Instrument,
    language: mail::Language,
    link: &str,
) -> Option<(mail::Language, String)> {
    let other = mail::Language::ALL.into_iter().find(|other| {
        *other != language && survey.languages.iter().any(|tag| tag.eq_ignore_ascii_case(other.tag()))
    })?;
    Some((other, format!("{link}?l={}", other.tag())))
}

/// The words around a survey's own texts.
struct Words {
    hello: &'static str,
    dear: &'static str,
    customer: &'static str,
    employee: &'static str,
    often: &'static str,
    until: &'static str,
    ends: [&'static str; 2],
    hanzi: bool,
}

impl Words {
    const fn of(language: mail::Language) -> &'static Self {
        match language {
            mail::Language::En => &Self {
                hello: "Hello,",
                dear: "Hello {name},",
                customer: "You get this mail because you deal with {organisation}.",
                employee: "You get this mail because you work at {organisation}.",
                often: " We ask at most once in {days} days.",
                until: "Open until %-d %B %Y, %H:%M.",
                ends: ["Not at all", "Completely"],
                hanzi: false,
            },
            mail::Language::ZhHans => &Self {
                hello: "您好：",
                dear: "{name}，您好：",
                customer: "您收到这封邮件，是因为您与{organisation}有业务往来。",
                employee: "您收到这封邮件，是因为您在{organisation}工作。",
                often: "我们在 {days} 天内最多询问一次。",
                until: "%Y 年 %-m 月 %-d 日 %H:%M 前可以回答。",
                ends: ["完全不", "完全如此"],
                hanzi: true,
            },
        }
    }
}
