//! The pages of an anonymous poll: the promise, the ballot, and what stands after it.

use askama::Template;

use super::Page;
use super::frame::{Frame, Link, Top};
use super::plain::PlainView;
use super::question::{ScaleView, Tile, fault_words, thousands};
use super::respondent::{Names, Respondent, decimal};
use super::words::Voice;
use crate::survey::{Answers, Instrument, Item, ItemKind, LONG_TEXT, ReplyFault, SHORT_TEXT, fields_of};

/// What the page of the promise says of a poll.
#[derive(Debug, Clone, Copy)]
pub struct Promise<'a> {
    /// What is asked.
    pub survey: &'a Instrument,
    /// How many questions the ballot has.
    pub questions: usize,
    /// Minutes to answer them.
    pub minutes: usize,
    /// Fewest answers behind an average that is shown.
    pub k: usize,
    /// Fewest comments that are shown, where the poll asks for any.
    pub comments: Option<usize>,
    /// Path of the ballot.
    pub ballot: &'a str,
    /// Path of the words on sealing, or nothing.
    pub sealing: &'a str,
    /// Path for who does not take part, or nothing.
    pub decline: &'a str,
}

#[derive(Template)]
#[template(path = "promise.html", config = ".config/askama.toml")]
struct PromiseView<'a> {
    top: Top<'a>,
    voice: Voice<'a>,
    title: String,
    facts: String,
    means: String,
    comments: Option<String>,
    start: String,
}

/// Writes the page that says what an anonymous poll promises, what it gives up and what it cannot rule out.
pub fn promise_page(frame: &Frame<'_>, promise: &Promise<'_>) -> Page {
    let voice = frame.voice();
    let title = Title::new(frame, promise.survey);
    let mut facts = vec![("questions", promise.questions.into()), ("minutes", promise.minutes.into())];
    let facts = match frame.closes {
        Some(day) => {
            facts.push(("date", voice.day(day).into()));
            voice.html("poll-facts-until", &facts)
        }
        None => voice.html("poll-facts", &facts),
    };
    let mut top = frame.top(&title.plain, &[]);
    top.contract = None;
    let feet = [
        (frame.links.notice.as_str(), "poll-notice"),
        (promise.sealing, "poll-sealing"),
        (promise.decline, "poll-decline"),
    ];
    top.feet = feet_of(frame, &feet);
    let view = PromiseView {
        top,
        voice,
        title: title.html,
        facts,
        means: voice.html("poll-can-means", &[("k", promise.k.into())]),
        comments: promise
            .comments
            .map(|comments| voice.html("poll-can-comments", &[("comments", comments.into())])),
        start: frame.link(promise.ballot, &[]),
    };
    view.render()
}

/// What a ballot asks and shows again.
#[derive(Debug, Clone, Copy)]
pub struct Ballot<'a> {
    /// The survey.
    pub survey: &'a Instrument,
    /// Its questions, as [`ballot_items`] picks them.
    pub items: &'a [&'a Item],
    /// Path that the ballot is sent to.
    pub action: &'a str,
    /// Goes into the form as `n`.
    pub nonce: &'a str,
    /// Fewest answers behind an average that is shown.
    pub k: usize,
    /// What was sent and not taken, to be shown again.
    pub typed: &'a [(String, String)],
    /// What was wrong with it, by key of the question.
    pub faults: &'a [(String, ReplyFault)],
    /// Whether a good ballot could not be kept.
    pub unsaved: bool,
}

/// Picks the questions of a ballot: all of a survey's, those for words only where `words` lets them in.
///
/// A ballot is one page, so a question's condition cannot be known and a rotation has nobody to draw for.
pub fn ballot_items(survey: &Instrument, words: bool) -> Vec<&Item> {
    let is_words = |item: &&Item| matches!(item.kind, ItemKind::ShortText | ItemKind::LongText);
    survey.items.iter().filter(|item| words || !is_words(item)).collect()
}

#[derive(Template)]
#[template(path = "ballot.html", config = ".config/askama.toml")]
struct BallotView<'a> {
    top: Top<'a>,
    voice: Voice<'a>,
    unsaved: bool,
    faults: Vec<FaultView>,
    faults_title: String,
    title: String,
    see: String,
    action: &'a str,
    hidden: Vec<(String, String)>,
    questions: Vec<QuestionView>,
}

struct FaultView {
    href: String,
    words: String,
}

struct QuestionView {
    number: usize,
    key: String,
    stem: Option<String>,
    question: String,
    label: String,
    fault: Option<String>,
    required: Option<String>,
    described: String,
    body: BallotBody,
}

enum BallotBody {
    Tiles { class: &'static str, ends: Option<(String, String)>, all: Vec<Tile>, none: Option<String> },
    Several(Vec<Tile>),
    Places(Vec<Place>),
    Day([Part; 3]),
    Field { lines: usize, most: usize, decimal: bool, value: String, hint: String },
}

struct Place {
    name: String,
    none: String,
    all: Vec<Tile>,
}

struct Part {
    name: String,
    field: &'static str,
    value: String,
}

/// Writes the one page of a ballot. It has no link into another page but the notice: taps would be lost.
pub fn ballot_page(frame: &Frame<'_>, ballot: &Ballot<'_>) -> Page {
    let voice = frame.voice();
    let title = Title::new(frame, ballot.survey);
    let nothing = (Answers::new(), std::collections::BTreeSet::new());
    let respondent = Respondent {
        survey: ballot.survey,
        answers: &nothing.0,
        skipped: &nothing.1,
        draw: "",
        names: names(frame),
    };
    let mut questions: Vec<QuestionView> = Vec::with_capacity(ballot.items.len());
    let mut faults = Vec::new();
    for (at, item) in ballot.items.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| ballot.items[before].stem.as_ref());
        let scene = Scene { frame, ballot, respondent: &respondent, voice, item, number: at + 1 };
        let mut view = scene.question();
        if item.stem.as_ref() == before {
            view.stem = None;
        }
        if view.fault.is_some() {
            let words = format!("{}. {}", at + 1, view.question);
            faults.push(FaultView { href: format!("q{}", at + 1), words });
        }
        questions.push(view);
    }
    let mut name = title.plain;
    if !faults.is_empty() {
        name = voice.plain("error-title", &[("title", name.into())]);
    }
    let mut top = frame.bare(&name);
    top.feet = feet_of(frame, &[(frame.links.notice.as_str(), "poll-notice")]);
    let view = BallotView {
        top,
        voice,
        unsaved: ballot.unsaved,
        faults_title: voice.html("errors", &[("count", faults.len().into())]),
        faults,
        title: title.html,
        see: voice.html("poll-see", &[("k", ballot.k.into())]),
        action: ballot.action,
        hidden: frame.hidden("", ballot.nonce),
        questions,
    };
    view.render()
}

/// What one question of a ballot is made from.
struct Scene<'a> {
    frame: &'a Frame<'a>,
    ballot: &'a Ballot<'a>,
    respondent: &'a Respondent<'a>,
    voice: Voice<'a>,
    item: &'a Item,
    number: usize,
}

impl Scene<'_> {
    fn question(&self) -> QuestionView {
        let language = self.frame.language;
        let item = self.item;
        let fault = self.ballot.faults.iter().find(|(key, _)| *key == item.key);
        let fault = fault.map(|(_, fault)| fault_words(fault, item, self.respondent, language));
        let required = item.required.as_ref().map(|reason| self.respondent.html(reason, language));
        let body = self.body();
        let hint = matches!(body, BallotBody::Several(_) | BallotBody::Field { .. });
        let ids = [(fault.is_some(), 'e'), (required.is_some(), 'w'), (hint, 'h')];
        let ids: Vec<_> = ids
            .into_iter()
            .filter(|(there, _)| *there)
            .map(|(_, id)| format!("{id}{}", self.number))
            .collect();
        let described =
            if ids.is_empty() { String::new() } else { format!(" aria-describedby=\"{}\"", ids.join(" ")) };
        QuestionView {
            number: self.number,
            key: item.key.clone(),
            stem: item.stem.as_ref().map(|stem| self.respondent.html(stem, language)),
            question: self.respondent.html(&item.text, language),
            label: self.respondent.text(&item.text, language),
            fault,
            required,
            described,
            body,
        }
    }

    /// Values of one field that were sent.
    fn typed(&self, name: &str) -> Vec<String> {
        let fields = fields_of(self.item, self.ballot.typed);
        fields.into_iter().filter(|(other, _)| other == name).map(|(_, value)| value).collect()
    }

    fn one_typed(&self, name: &str) -> String {
        self.typed(name).into_iter().next().unwrap_or_default()
    }

    fn options(&self, current: impl Fn(&str) -> bool) -> Vec<Tile> {
        let tile = |option: &crate::survey::Choice| Tile {
            value: option.key.clone(),
            words: self.respondent.html(&option.text, self.frame.language),
            current: current(&option.key),
        };
        self.item.options.iter().map(tile).collect()
    }

    fn body(&self) -> BallotBody {
        let item = self.item;
        let language = self.frame.language;
        let none = item.required.is_none().then(|| self.voice.say("poll-none"));
        let chosen = self.typed("v");
        match item.kind {
            ItemKind::Rating | ItemKind::Nps => {
                let scale = ScaleView::new(item, language);
                BallotBody::Tiles {
                    class: scale.class(),
                    ends: (!scale.is_list).then(|| scale.ends()),
                    all: scale.tiles(|step| chosen.iter().any(|one| *one == step.to_string())),
                    none,
                }
            }
            ItemKind::SingleChoice => BallotBody::Tiles {
                class: "list",
                ends: None,
                all: self.options(|key| chosen.iter().any(|one| one == key)),
                none,
            },
            ItemKind::MultipleChoice => {
                BallotBody::Several(self.options(|key| chosen.iter().any(|one| one == key)))
            }
            ItemKind::Ranking => {
                let so = self.typed("so");
                let place = |at: usize| Place {
                    name: self.voice.html("rank-place", &[("place", (at + 1).into())]),
                    none: self.voice.plain("poll-none", &[]),
                    all: self.options(|key| so.get(at).is_some_and(|one| one == key)),
                };
                BallotBody::Places((0..item.options.len()).map(place).collect())
            }
            ItemKind::Date => {
                BallotBody::Day([("year", "y"), ("month", "m"), ("day", "d")].map(|(name, field)| Part {
                    name: self.voice.say(name),
                    field,
                    value: self.one_typed(field),
                }))
            }
            ItemKind::Number | ItemKind::ShortText | ItemKind::LongText => self.field(),
        }
    }

    fn field(&self) -> BallotBody {
        let is_long = self.item.kind == ItemKind::LongText;
        let most = if is_long { LONG_TEXT } else { SHORT_TEXT };
        let decimal_field = self.item.kind == ItemKind::Number;
        let hint = if decimal_field {
            let example = decimal(12.5, self.frame.language);
            self.voice.html("number-hint", &[("example", example.into())])
        } else {
            let joint = if self.voice.is_chinese() { "" } else { " " };
            let up_to = self.voice.html("up-to", &[("most", thousands(most).into())]);
            format!("{}{joint}{up_to}", self.voice.say("poll-comment"))
        };
        BallotBody::Field {
            lines: if is_long { 4 } else { 1 },
            most,
            decimal: decimal_field,
            value: self.one_typed("v"),
            hint,
        }
    }
}

/// Writes the page after a ballot has been taken.
pub fn sent_page(frame: &Frame<'_>) -> Page {
    after(frame, "sent")
}

/// Writes the page for a link whose ballot was sent before.
pub fn used_page(frame: &Frame<'_>) -> Page {
    after(frame, "used")
}

fn after(frame: &Frame<'_>, kind: &str) -> Page {
    let voice = frame.voice();
    let title = format!("{kind}-title");
    let mut top = frame.bare(&voice.plain(&title, &[]));
    top.feet = feet_of(frame, &[(frame.links.notice.as_str(), "poll-notice")]);
    PlainView::of(top, voice.say(&title), vec![voice.say(&format!("{kind}-text"))]).render()
}

fn feet_of(frame: &Frame<'_>, feet: &[(&str, &str)]) -> Vec<Link> {
    let offered = feet.iter().filter(|(path, _)| !path.is_empty());
    offered.map(|(path, key)| frame.foot(path, key)).collect()
}

fn names<'a>(frame: &Frame<'a>) -> Names<'a> {
    Names { organisation: frame.organisation, ..Names::default() }
}

/// The survey's title, or the organisation's name where it has none.
struct Title {
    plain: String,
    html: String,
}

impl Title {
    fn new(frame: &Frame<'_>, survey: &Instrument) -> Self {
        let nothing = (Answers::new(), std::collections::BTreeSet::new());
        let respondent =
            Respondent { survey, answers: &nothing.0, skipped: &nothing.1, draw: "", names: names(frame) };
        let plain = respondent.text(&survey.title, frame.language);
        let html = respondent.html(&survey.title, frame.language);
        if plain.is_empty() {
            let organisation = frame.organisation;
            return Self { plain: organisation.to_owned(), html: super::words::escaped(organisation) };
        }
        Self { plain, html }
    }
}
