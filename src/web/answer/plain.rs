//! Pages of a heading, a few sentences and at most one button.

use askama::Template;

use super::Page;
use super::frame::{Frame, Link, Links, Top};
use super::look::Look;
use super::words::Words;
use crate::survey::beside_hanzi;

#[derive(Template)]
#[template(path = "plain.html", config = ".config/askama.toml")]
pub(super) struct PlainView<'a> {
    pub(super) top: Top<'a>,
    pub(super) title: String,
    pub(super) texts: Vec<String>,
    pub(super) form: Option<Form>,
    pub(super) links: Vec<Link>,
}

/// A form of one button.
pub(super) struct Form {
    pub(super) action: String,
    pub(super) hidden: Vec<(String, String)>,
    pub(super) class: &'static str,
    pub(super) button: String,
}

impl<'a> PlainView<'a> {
    pub(super) fn of(top: Top<'a>, title: String, texts: Vec<String>) -> Self {
        Self { top, title, texts, form: None, links: Vec::new() }
    }
}

/// A page without a survey around it.
fn alone(look: &Look, organisation: &str, language: &str, kind: &str, link: Option<(&str, &str)>) -> Page {
    let links = Links::default();
    let frame = Frame {
        look,
        organisation,
        language,
        languages: &[],
        chosen: false,
        contract: None,
        closes: None,
        links: &links,
    };
    let voice = frame.voice();
    let title = format!("{kind}-title");
    let texts = match kind {
        "unknown" => vec![voice.say("unknown-text"), voice.say("unknown-hint")],
        _ => vec![voice.say(&format!("{kind}-text"))],
    };
    let mut view = PlainView::of(frame.bare(&voice.plain(&title, &[])), voice.say(&title), texts);
    view.links = link.into_iter().map(|(href, key)| frame.foot(href, key)).collect();
    view.render()
}

/// Writes the page for links that are unknown, expired or revoked: all get the same one, with status 404.
pub fn unknown_link_page(look: &Look, organisation: &str, language: &str) -> Page {
    alone(look, organisation, language, "unknown", None)
}

/// Writes the page for an answer that could not be saved where the question itself cannot be shown again, status 500;
/// where it can, [`Ask::unsaved`](super::Ask::unsaved) keeps the answer on its page.
pub fn not_saved_page(look: &Look, organisation: &str, language: &str, survey: &str) -> Page {
    alone(look, organisation, language, "not-saved", Some((survey, "not-saved-back")))
}

/// Writes the page for a server that has too much to do, status 503; `again` is the path that was asked for.
pub fn busy_page(look: &Look, organisation: &str, language: &str, again: &str) -> Page {
    alone(look, organisation, language, "busy", Some((again, "busy-again")))
}

/// Writes the page for a failure that leaves open what has become of the request; `again` is the path that was asked for.
pub fn failed_page(look: &Look, organisation: &str, language: &str, again: &str) -> Page {
    alone(look, organisation, language, "failed", Some((again, "failed-again")))
}

/// Writes the page for a form that is larger than any page of the survey sends, status 413.
pub fn too_large_page(look: &Look, organisation: &str, language: &str, again: &str) -> Page {
    alone(look, organisation, language, "too-large", Some((again, "too-large-again")))
}

/// Writes the page for mails that could not be stopped; `again` is the path of the page that asks.
pub fn stop_failed_page(look: &Look, organisation: &str, language: &str, again: &str) -> Page {
    alone(look, organisation, language, "stop-failed", Some((again, "stop-failed-again")))
}

/// The organisation within a sentence of the page's language.
fn named(frame: &Frame<'_>) -> String {
    let chinese = Words::of(frame.language).tag() == "zh-Hans";
    if chinese {
        beside_hanzi(frame.organisation).trim_start().to_owned()
    } else {
        frame.organisation.to_owned()
    }
}

/// Writes the page that asks before mails to an address stop; its button posts to the path that stops them.
///
/// `address` is shown as it is given, so the caller masks what the reader may not see.
pub fn stop_page(frame: &Frame<'_>, address: &str, nonce: &str) -> Page {
    let voice = frame.voice();
    let names = [("address", address.into()), ("organisation", named(frame).into())];
    let form = Form {
        action: frame.links.stop.clone(),
        hidden: frame.hidden("", nonce),
        class: "plain",
        button: voice.say("stop-button"),
    };
    let keep = Some(&frame.links.survey).filter(|path| !path.is_empty());
    let view = PlainView {
        top: frame.bare(&voice.plain("stop-title", &names)),
        title: voice.html("stop-title", &names),
        texts: vec![voice.html("stop-text", &names)],
        form: Some(form),
        links: keep.into_iter().map(|path| frame.foot(path, "stop-keep")).collect(),
    };
    view.render()
}

/// Writes the page after mails have been stopped.
pub fn stopped_page(frame: &Frame<'_>) -> Page {
    let voice = frame.voice();
    let names = [("organisation", named(frame).into())];
    let top = frame.bare(&voice.plain("stopped-title", &names));
    PlainView::of(top, voice.html("stopped-title", &names), vec![voice.say("stopped-text")]).render()
}

/// The texts of a privacy notice, in the page's language.
#[derive(Debug, Clone, Copy, Default)]
pub struct Notice<'a> {
    /// Who is responsible, with an address to write to.
    pub controller: &'a str,
    /// What the answers are for.
    pub purpose: &'a str,
    /// What allows the company to ask.
    pub legal_basis: &'a str,
    /// What money the answers are joined with.
    pub money: &'a str,
    /// Who sees the answers.
    pub recipients: &'a str,
    /// How long they are kept.
    pub retention: &'a str,
    /// What the respondent can ask for.
    pub rights: &'a str,
}

#[derive(Template)]
#[template(path = "notice.html", config = ".config/askama.toml")]
struct NoticeView<'a> {
    top: Top<'a>,
    title: String,
    parts: Vec<Part<'a>>,
    back: Option<Link>,
}

struct Part<'a> {
    id: Option<&'static str>,
    head: String,
    text: &'a str,
}

/// Writes the privacy notice; `#who` leads to who sees the answers.
pub fn notice_page(frame: &Frame<'_>, notice: &Notice<'_>) -> Page {
    let voice = frame.voice();
    let parts = [
        (None, "notice-controller", notice.controller),
        (None, "notice-purpose", notice.purpose),
        (None, "notice-basis", notice.legal_basis),
        (None, "notice-money", notice.money),
        (Some("who"), "notice-recipients", notice.recipients),
        (None, "notice-retention", notice.retention),
        (None, "notice-rights", notice.rights),
    ];
    let parts = parts.into_iter().filter(|(_, _, text)| !text.is_empty());
    let back = Some(&frame.links.survey).filter(|path| !path.is_empty());
    let view = NoticeView {
        top: frame.bare(&voice.plain("notice-title", &[])),
        title: voice.say("notice-title"),
        parts: parts.map(|(id, head, text)| Part { id, head: voice.say(head), text }).collect(),
        back: back.map(|path| frame.foot(path, "notice-return")),
    };
    view.render()
}
