//! The page of one question.

use askama::Template;

use super::Page;
use super::frame::{Frame, Top};
use super::respondent::{Respondent, decimal};
use super::words::{Voice, escaped};
use crate::survey::{Given, Item, ItemKind, LONG_TEXT, ReplyFault, SHORT_TEXT, is_whole};

/// What a question's page shows besides the question.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The question.
    pub item: &'a Item,
    /// Goes into the form as `n`; the key of the question goes in as `q`.
    pub nonce: &'a str,
    /// The step that was tapped in the mail (`r`); it is marked, never taken as saved.
    pub picked: Option<f64>,
    /// What was sent and not saved, to be shown again.
    pub typed: &'a [(String, String)],
    /// Why what was sent is no answer.
    pub fault: Option<&'a ReplyFault>,
    /// Whether a good answer was sent and could not be saved.
    pub unsaved: bool,
    /// Whether a ranking starts again, whatever is stored of it.
    pub again: bool,
}

impl<'a> Ask<'a> {
    /// Asks a question as it stands.
    pub fn new(item: &'a Item, nonce: &'a str) -> Self {
        Self { item, nonce, picked: None, typed: &[], fault: None, unsaved: false, again: false }
    }

    fn typed(&self, name: &str) -> Option<&'a str> {
        let found = self.typed.iter().find(|(other, value)| other == name && !value.trim().is_empty());
        found.map(|(_, value)| value.as_str())
    }

    fn all_typed(&self, name: &str) -> Vec<String> {
        let named = self.typed.iter().filter(|(other, value)| other == name && !value.trim().is_empty());
        named.map(|(_, value)| value.clone()).collect()
    }
}

#[derive(Template)]
#[template(path = "question.html", config = ".config/askama.toml")]
struct QuestionView<'a> {
    top: Top<'a>,
    voice: Voice<'a>,
    error: Option<ErrorView>,
    faulty: bool,
    unsaved: bool,
    progress: String,
    number: usize,
    of: usize,
    back: Option<String>,
    action: &'a str,
    hidden: Vec<(String, String)>,
    stem: Option<String>,
    question: String,
    required: Option<String>,
    privacy: Option<String>,
    saved: Option<String>,
    notice: Option<String>,
    confirm: Option<(String, String)>,
    keep: Option<String>,
    skip: Option<String>,
    described: String,
    body: Body,
    answered: Vec<RowView>,
}

struct ErrorView {
    title: String,
    question: String,
    message: String,
}

/// A line of a list of answers, in HTML.
pub(super) struct RowView {
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) href: String,
    pub(super) verb: String,
}

enum Body {
    Tiles(Tiles),
    Several(Vec<Tile>),
    Order(Order),
    Field(Field),
    Day([String; 3]),
}

struct Tiles {
    class: &'static str,
    hint: Option<String>,
    ends: Option<(String, String)>,
    all: Vec<Tile>,
}

/// Something to tap.
pub(super) struct Tile {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) current: bool,
}

struct Order {
    next: Option<String>,
    left: Vec<Tile>,
    ranked: Vec<String>,
    ranked_title: String,
    again: String,
}

struct Field {
    lines: usize,
    most: usize,
    decimal: bool,
    value: String,
    hint: String,
}

/// Writes the page of a question; nothing is taken as answered that is not stored.
pub fn question_page(frame: &Frame<'_>, respondent: &Respondent<'_>, ask: &Ask<'_>) -> Page {
    Scene { frame, respondent, ask, item: ask.item, voice: frame.voice(), language: frame.language }.page()
}

/// What the parts of the page are made from.
struct Scene<'a> {
    frame: &'a Frame<'a>,
    respondent: &'a Respondent<'a>,
    ask: &'a Ask<'a>,
    item: &'a Item,
    voice: Voice<'a>,
    language: &'a str,
}

impl<'a> Scene<'a> {
    fn page(&self) -> Page {
        let (number, of) = self.respondent.progress(self.item);
        let progress = [("number", number.into()), ("of", of.into())];
        let mut title = self.voice.plain("question-of", &progress);
        if self.ask.fault.is_some() {
            title = self.voice.plain("error-title", &[("title", title.into())]);
        }
        let stored = self.stored();
        let picked = self.picked();
        // What another language of this page has to be asked for with.
        let step = picked.map(|step| step.to_string()).unwrap_or_default();
        let mut parameters = vec![("q", self.item.key.as_str()), ("r", step.as_str())];
        parameters.retain(|(_, value)| !value.is_empty());
        let body = self.body(picked, number);
        let mut hidden = self.frame.hidden(&self.item.key, self.ask.nonce);
        if let (Body::Order(order), true) = (&body, self.item.kind == ItemKind::Ranking) {
            let so = if order.next.is_some() { self.order_so_far() } else { Vec::new() };
            hidden.extend(so.into_iter().map(|key| ("so".to_owned(), key)));
        }
        let whole = stored.is_some_and(|given| is_whole(self.item, given)) && !self.ask.again;
        let tiles = matches!(body, Body::Tiles(_));
        let tapped = tiles || matches!(body, Body::Order(_));
        let saved = stored.filter(|_| tiles && picked.is_none() && !self.ask.unsaved);
        let view = QuestionView {
            top: self.frame.top(&title, &parameters),
            voice: self.voice,
            error: self.error(),
            faulty: self.ask.fault.is_some(),
            unsaved: self.ask.unsaved,
            progress: self.voice.html("question-of", &progress),
            number,
            of,
            back: self.respondent.before(self.item).map(|item| self.frame.question(&item.key)),
            action: &self.frame.links.survey,
            hidden,
            stem: self.item.stem.as_ref().map(|stem| self.respondent.html(stem, self.language)),
            question: self.respondent.html(&self.item.text, self.language),
            required: self.item.required.as_ref().map(|text| self.respondent.html(text, self.language)),
            privacy: self.is_text().then(|| self.voice.say("private")),
            saved: saved.map(|given| {
                let shown = self.respondent.shown(self.item, given, self.language);
                self.voice.html("saved-mark", &[("answer", shown.into())])
            }),
            notice: picked.map(|step| {
                let shown = decimal(step, self.language);
                self.voice.html("picked-in-mail", &[("answer", shown.into())])
            }),
            confirm: self.confirm(picked),
            keep: (whole && tapped && picked.is_none() && !self.ask.unsaved)
                .then(|| self.frame.link(&self.frame.links.survey, &[])),
            skip: self
                .item
                .required
                .is_none()
                .then(|| self.voice.say(if whole && !self.ask.unsaved { "remove" } else { "skip" })),
            described: String::new(),
            body,
            answered: self.answered(),
        };
        QuestionView { described: described(&view), ..view }.render()
    }

    fn stored(&self) -> Option<&'a Given> {
        self.respondent.answers.get(&self.item.key)
    }

    fn is_text(&self) -> bool {
        matches!(self.item.kind, ItemKind::ShortText | ItemKind::LongText)
    }

    /// The step tapped in the mail, where the question has it.
    fn picked(&self) -> Option<f64> {
        let wanted = self.ask.picked.filter(|_| !self.ask.unsaved && self.ask.fault.is_none())?;
        self.item.steps().into_iter().find(|step| (step - wanted).abs() < 1e-9)
    }

    fn error(&self) -> Option<ErrorView> {
        let fault = self.ask.fault?;
        Some(ErrorView {
            title: self.voice.html("errors", &[("count", 1.into())]),
            question: self.respondent.html(&self.item.text, self.language),
            message: fault_words(fault, self.item, self.respondent, self.language),
        })
    }

    /// The button that saves what is marked and not saved.
    fn confirm(&self, picked: Option<f64>) -> Option<(String, String)> {
        let value = match picked {
            Some(step) => step.to_string(),
            None if self.ask.unsaved => self.ask.typed("v")?.to_owned(),
            None => return None,
        };
        let words = if self.item.scale.is_some() {
            self.voice.html("save-picked", &[("answer", value.clone().into())])
        } else {
            self.voice.say("save-shown")
        };
        Some((value, words))
    }

    fn body(&self, picked: Option<f64>, number: usize) -> Body {
        match self.item.kind {
            ItemKind::Rating | ItemKind::Nps => Body::Tiles(self.steps(picked, number)),
            ItemKind::SingleChoice => {
                let stored = match self.stored() {
                    Some(Given::Option(key)) => Some(key.as_str()),
                    _ => None,
                };
                let current = if self.ask.unsaved { self.ask.typed("v") } else { stored };
                let hint = stored.is_none() && !self.ask.unsaved;
                Body::Tiles(Tiles {
                    class: "list",
                    hint: hint.then(|| self.one_tap()),
                    ends: None,
                    all: self.options(|key| current == Some(key)),
                })
            }
            ItemKind::MultipleChoice => {
                let stored = match self.stored() {
                    Some(Given::Options(keys)) => keys.clone(),
                    _ => Vec::new(),
                };
                let typed = self.ask.all_typed("v");
                let chosen = if self.ask.typed.is_empty() { stored } else { typed };
                Body::Several(self.options(|key| chosen.iter().any(|one| one == key)))
            }
            ItemKind::Ranking => Body::Order(self.order()),
            ItemKind::Date => Body::Day(self.day()),
            ItemKind::Number | ItemKind::ShortText | ItemKind::LongText => Body::Field(self.field()),
        }
    }

    fn one_tap(&self) -> String {
        match self.frame.closes {
            Some(day) => self.voice.html("one-tap-until", &[("date", self.voice.day(day).into())]),
            None => self.voice.say("one-tap"),
        }
    }

    fn steps(&self, picked: Option<f64>, number: usize) -> Tiles {
        let stored = match self.stored() {
            Some(Given::Number(number)) => Some(*number),
            _ => None,
        };
        let typed = self.ask.typed("v").and_then(|value| value.parse().ok());
        let current = if self.ask.unsaved { typed } else { picked.or(stored) };
        let marked = |step: f64| current.is_some_and(|current| (current - step).abs() < 1e-9);
        let scale = ScaleView::new(self.item, self.language);
        let hint = number == 1 && current.is_none();
        Tiles {
            class: scale.class(),
            hint: hint.then(|| self.one_tap()),
            ends: (!scale.is_list).then(|| scale.ends()),
            all: scale.tiles(marked),
        }
    }

    fn options(&self, current: impl Fn(&str) -> bool) -> Vec<Tile> {
        let tile = |option: &'a crate::survey::Choice| Tile {
            value: option.key.clone(),
            words: self.respondent.html(&option.text, self.language),
            current: current(&option.key),
        };
        self.item.options.iter().map(tile).collect()
    }

    fn order_so_far(&self) -> Vec<String> {
        match self.stored() {
            _ if !self.ask.typed.is_empty() => self.ask.all_typed("so"),
            Some(Given::Options(keys)) if !self.ask.again => keys.clone(),
            _ => Vec::new(),
        }
    }

    fn order(&self) -> Order {
        let so = self.order_so_far();
        let left: Vec<_> =
            self.options(|_| false).into_iter().filter(|tile| !so.contains(&tile.value)).collect();
        let words = |key: &String| {
            let option = self.item.options.iter().find(|option| option.key == *key);
            option.map(|option| self.respondent.html(&option.text, self.language))
        };
        let place = so.len() + 1;
        Order {
            next: (!left.is_empty()).then(|| match place {
                1..=5 => self.voice.say(&format!("rank-{place}")),
                _ => self.voice.html("rank-n", &[("place", place.into())]),
            }),
            ranked: so.iter().filter_map(words).collect(),
            ranked_title: self.voice.say(if left.is_empty() { "rank-done" } else { "rank-so-far" }),
            again: self
                .frame
                .link(&self.frame.links.survey, &[("q", self.item.key.as_str()), ("again", "1")]),
            left,
        }
    }

    fn day(&self) -> [String; 3] {
        if !self.ask.typed.is_empty() {
            return ["y", "m", "d"].map(|name| self.ask.typed(name).unwrap_or_default().to_owned());
        }
        match self.stored() {
            Some(Given::Text(text)) => {
                let mut parts = text.split('-').map(|part| part.trim_start_matches('0').to_owned());
                [(); 3].map(|()| parts.next().unwrap_or_default())
            }
            _ => [(); 3].map(|()| String::new()),
        }
    }

    fn field(&self) -> Field {
        let stored = match self.stored() {
            Some(Given::Text(text)) => text.clone(),
            Some(Given::Number(number)) => decimal(*number, self.language),
            _ => String::new(),
        };
        let value = if self.ask.typed.is_empty() {
            stored
        } else {
            self.ask.typed("v").unwrap_or_default().to_owned()
        };
        let decimal_field = self.item.kind == ItemKind::Number;
        let most = if self.item.kind == ItemKind::LongText { LONG_TEXT } else { SHORT_TEXT };
        let hint = if decimal_field {
            self.voice.html("number-hint", &[("example", decimal(12.5, self.language).into())])
        } else {
            self.voice.html("up-to", &[("most", thousands(most).into())])
        };
        let lines = if self.item.kind == ItemKind::LongText { 6 } else { 1 };
        Field { lines, most, decimal: decimal_field, value, hint }
    }

    /// The rows of the same matrix that are answered.
    fn answered(&self) -> Vec<RowView> {
        let asked = self.respondent.asked();
        let rows = self.respondent.group(self.item).unwrap_or_default();
        let others = rows.into_iter().filter(|row| row.key != self.item.key);
        others
            .filter(|row| asked.iter().any(|item| item.key == row.key))
            .filter_map(|row| {
                let given = self.respondent.answers.get(&row.key)?;
                Some(RowView {
                    question: self.respondent.html(&row.text, self.language),
                    answer: escaped(&self.respondent.shown(row, given, self.language)),
                    href: self.frame.question(&row.key),
                    verb: self.voice.say("change"),
                })
            })
            .collect()
    }
}

/// Ids of what explains the answer's field, in the order of the page.
fn described(view: &QuestionView<'_>) -> String {
    let hint = match &view.body {
        Body::Tiles(tiles) => tiles.hint.is_some(),
        Body::Order(order) => order.next.is_some(),
        _ => true,
    };
    let ids = [
        (view.unsaved, "u"),
        (view.error.is_some(), "e"),
        (view.required.is_some(), "w"),
        (view.privacy.is_some(), "pv"),
        (view.saved.is_some(), "s"),
        (hint, "h"),
        (view.notice.is_some() && matches!(view.body, Body::Tiles(_)), "n"),
    ];
    let ids: Vec<_> = ids.into_iter().filter(|(there, _)| *there).map(|(_, id)| id).collect();
    let invalid = view.faulty && matches!(view.body, Body::Field(_));
    let invalid = if invalid { " aria-invalid=\"true\"" } else { "" };
    if ids.is_empty() {
        return invalid.to_owned();
    }
    format!("{invalid} aria-describedby=\"{}\"", ids.join(" "))
}

/// Says what is wrong with what was sent, as HTML.
pub(super) fn fault_words(
    fault: &ReplyFault,
    item: &Item,
    respondent: &Respondent<'_>,
    language: &str,
) -> String {
    let voice = Voice::new(language);
    match fault {
        ReplyFault::Required => {
            let reason = item.required.as_ref();
            let reason = reason.map(|texts| respondent.text(texts, language)).unwrap_or_default();
            voice.html("fault-required", &[("reason", reason.into())])
        }
        ReplyFault::Number => voice.html("fault-number", &[("example", decimal(12.5, language).into())]),
        ReplyFault::Date => voice.say("fault-date"),
        ReplyFault::Twice => voice.say("fault-twice"),
        ReplyFault::TooLong { count, most } => voice
            .html("fault-long", &[("most", thousands(*most).into()), ("count", thousands(*count).into())]),
        _ => voice.say("fault-unknown"),
    }
}

/// A count with a sign between thousands.
pub(super) fn thousands(count: usize) -> String {
    if count < 1_000 { count.to_string() } else { format!("{},{:03}", count / 1_000, count % 1_000) }
}

/// The steps of a rating as tiles.
pub(super) struct ScaleView<'a> {
    item: &'a Item,
    language: &'a str,
    steps: Vec<f64>,
    /// Whether every step has a name, so that they stand below one another.
    pub(super) is_list: bool,
}

/// Most named steps that stand below one another.
const MOST_NAMED: usize = 7;

impl<'a> ScaleView<'a> {
    pub(super) fn new(item: &'a Item, language: &'a str) -> Self {
        let steps = item.steps();
        let named = steps.iter().all(|step| item.label(*step, language).is_some());
        let is_list = named && steps.len() <= MOST_NAMED;
        Self { item, language, steps, is_list }
    }

    pub(super) fn class(&self) -> &'static str {
        match self.steps.len() {
            _ if self.is_list => "list",
            0..=2 => "score p2",
            3 => "score p3",
            4 => "score p4",
            5 => "score p5",
            6 => "score p3 w6",
            7 => "score p4 w7",
            8 => "score p4 w8",
            9 => "score p5 w9",
            10 => "score p5 w10",
            _ => "score p6 w11",
        }
    }

    /// The names of the lowest and the highest step, as HTML.
    fn names(&self) -> (String, String) {
        let voice = Voice::new(self.language);
        let nps = self.item.kind == ItemKind::Nps;
        let keys = if nps { ("nps-low", "nps-high") } else { ("low", "high") };
        let name = |step: Option<&f64>, key: &str| {
            let label = step.and_then(|step| self.item.label(*step, self.language));
            label.map_or_else(|| voice.say(key), escaped)
        };
        (name(self.steps.first(), keys.0), name(self.steps.last(), keys.1))
    }

    /// The ends as they stand over the tiles, as HTML.
    pub(super) fn ends(&self) -> (String, String) {
        let joint = if Voice::new(self.language).is_chinese() { "=" } else { "–" };
        let end = |step: Option<&f64>, name: String| {
            let step = step.map(|step| decimal(*step, self.language)).unwrap_or_default();
            format!("{step} {joint} {name}")
        };
        let (low, high) = self.names();
        (end(self.steps.first(), low), end(self.steps.last(), high))
    }

    pub(super) fn tiles(&self, current: impl Fn(f64) -> bool) -> Vec<Tile> {
        let (low, high) = self.names();
        let last = self.steps.len().saturating_sub(1);
        let words = |at: usize, step: f64| {
            let number = decimal(step, self.language);
            match self.item.label(step, self.language) {
                Some(label) if self.is_list => format!("<b>{number}</b> {}", escaped(label)),
                _ if at == 0 => format!("{number} <span class=\"vh\">{low}</span>"),
                _ if at == last => format!("{number} <span class=\"vh\">{high}</span>"),
                _ => number,
            }
        };
        let tiles = self.steps.iter().enumerate().map(|(at, &step)| Tile {
            value: step.to_string(),
            words: words(at, step),
            current: current(step),
        });
        tiles.collect()
    }
}
