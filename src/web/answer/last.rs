//! The last page, where the respondent sees what is saved, and the pages that delete it.

use askama::Template;

use super::Page;
use super::frame::{Frame, Link, Top};
use super::plain::{Form, PlainView};
use super::question::RowView;
use super::respondent::Respondent;
use super::words::{Voice, escaped};

#[derive(Template)]
#[template(path = "done.html", config = ".config/askama.toml")]
struct DoneView<'a> {
    top: Top<'a>,
    voice: Voice<'a>,
    title: String,
    until: String,
    rows: Vec<RowView>,
    promise: Option<String>,
    readers: &'a [String],
    acts: Vec<Link>,
}

/// Writes the page that thanks: what is saved, with a way to change each answer, and who sees it.
///
/// `readers` are sentences in the page's language that say who sees the answers, and for how long.
pub fn done_page(frame: &Frame<'_>, respondent: &Respondent<'_>, readers: &[String]) -> Page {
    let voice = frame.voice();
    let language = frame.language;
    let asked = respondent.asked();
    let given = asked.iter().filter(|item| respondent.answers.contains_key(&item.key)).count();
    let rows = asked.iter().map(|item| {
        let given = respondent.answers.get(&item.key);
        let shown = given.map(|given| escaped(&respondent.shown(item, given, language)));
        RowView {
            question: respondent.html(&item.text, language),
            answer: shown.unwrap_or_else(|| voice.say("shown-skipped")),
            href: frame.question(&item.key),
            verb: voice.say(if given.is_some() { "change" } else { "answer" }),
        }
    });
    let until = match frame.closes {
        Some(day) => voice.html("done-until", &[("date", voice.day(day).into())]),
        None => voice.say("done-change"),
    };
    let acts = [(&frame.links.delete, "delete"), (&frame.links.stop, "stop-link")];
    let acts = acts.into_iter().filter(|(path, key)| !path.is_empty() && (*key != "delete" || given > 0));
    let args = [("count", given.into())];
    let mut top = frame.top(&voice.plain("done-title", &args), &[]);
    // The promise stands in the page, and the way to stop the mails is a button of it.
    top.contract = None;
    top.feet = if frame.links.notice.is_empty() {
        Vec::new()
    } else {
        vec![frame.foot(&frame.links.notice, "notice-link")]
    };
    let view = DoneView {
        top,
        voice,
        title: voice.html("done-title", &args),
        until,
        rows: rows.collect(),
        promise: frame.contract.map(|contract| voice.say(contract.key())),
        readers,
        acts: acts.map(|(path, key)| frame.foot(path, key)).collect(),
    };
    view.render()
}

/// Writes the page that asks before all `count` answers are deleted; its button posts to the path of deletion.
pub fn delete_page(frame: &Frame<'_>, count: usize, nonce: &str) -> Page {
    let voice = frame.voice();
    let args = [("count", count.into())];
    let form = Form {
        action: frame.links.delete.clone(),
        hidden: frame.hidden("", nonce),
        class: "danger",
        button: voice.html("delete-button", &args),
    };
    let view = PlainView {
        top: frame.bare(&voice.plain("delete-title", &args)),
        title: voice.html("delete-title", &args),
        texts: vec![voice.html("delete-text", &args)],
        form: Some(form),
        links: vec![frame.foot(&frame.links.survey, "delete-keep")],
    };
    view.render()
}

/// Writes the page after all answers have been deleted.
pub fn deleted_page(frame: &Frame<'_>) -> Page {
    let voice = frame.voice();
    let mut top = frame.top(&voice.plain("deleted-title", &[]), &[]);
    top.contract = None;
    PlainView::of(top, voice.say("deleted-title"), vec![voice.say("deleted-text")]).render()
}
