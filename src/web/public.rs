//! The answering pages of named and confidential waves. A GET writes nothing; each POST saves one answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::answer::{
    Ask, Contract, Frame, Links, Names, Notice, Page, Respondent, delete_page, deleted_page, done_page,
    notice_page, question_page,
};
use super::poll;
use super::receive::Token;
use super::respond::{Aim, WebError, page, see_other};
use super::service::{Answered, Fielded, Service};
use super::stop;
use crate::clock::Instant;
use crate::store::intake::{self, OpenLink, Saving};
use crate::survey::{Answers, Item, Reply, ReplyFault, read_reply};
use crate::wave::{Mode, WaveError};

pub(super) type Fields = Vec<(String, String)>;

/// The routes of the answering pages.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/s/{token}", get(show).post(save))
        .route("/s/{token}/notice", get(notice))
        .route("/s/{token}/delete", get(ask_delete).post(delete))
        .route("/s/{token}/stop", get(stop::ask_by_answer_link).post(stop::stop_by_answer_link))
        .route("/s/{token}/ballot", get(poll::ballot).post(poll::cast))
        .route("/u/{token}", get(stop::ask).post(stop::stop))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
}

async fn health() -> &'static str {
    "ok"
}

/// Says whether the service goes on, and whether the database can be used and has this program's schema.
async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, &'static str) {
    if service.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    match service.db.check_schema().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready")
        }
    }
}

async fn nothing(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    service.refuse(&WebError::UnknownLink, &headers, (Aim::Answer, "/"))
}

/// A link that was followed, with what its pages need.
pub(super) struct Visit {
    pub(super) link: OpenLink,
    pub(super) fielded: Arc<Fielded>,
    pub(super) language: String,
    pub(super) chosen: bool,
    pub(super) links: Links,
}

impl Visit {
    /// Follows an answering link.
    pub(super) async fn follow(
        service: &Service,
        token: &str,
        wanted: Option<&str>,
    ) -> Result<Self, WebError> {
        let link = service.follow(token).await?.ok_or(WebError::UnknownLink)?;
        let fielded = service.fielded(&link).await?;
        let survey = format!("/s/{token}");
        let links = Links {
            notice: format!("{survey}/notice"),
            stop: format!("{survey}/stop"),
            delete: if link.mode == "named" { format!("{survey}/delete") } else { String::new() },
            survey,
        };
        let offered = &fielded.survey.languages;
        let chosen = wanted.and_then(|wanted| offered.iter().find(|tag| tag.eq_ignore_ascii_case(wanted)));
        Ok(Self {
            language: chosen.cloned().unwrap_or_else(|| link.language.clone()),
            chosen: chosen.is_some(),
            link,
            fielded,
            links,
        })
    }

    pub(super) fn frame<'a>(&'a self, service: &'a Service) -> Frame<'a> {
        Frame {
            look: &service.look,
            organisation: &service.organisation,
            language: &self.language,
            languages: &self.fielded.survey.languages,
            chosen: self.chosen,
            contract: Some(match self.fielded.file.mode {
                Mode::Named => Contract::Named,
                Mode::Confidential => Contract::Confidential,
                Mode::Anonymous => Contract::Anonymous,
            }),
            closes: Some(last_day(self.link.closes_at, &service.zone)),
            links: &self.links,
        }
    }

    /// The path of the survey, with the language that was chosen.
    pub(super) fn path(&self) -> String {
        if self.chosen {
            format!("{}?l={}", self.links.survey, self.language)
        } else {
            self.links.survey.clone()
        }
    }

    /// Who sees the answers, and for how long, as the notice of the page's language says.
    fn readers(&self) -> Vec<String> {
        let notice = self.fielded.file.notice.get(&self.language);
        notice.map(|notice| vec![notice.recipients.clone(), notice.retention.clone()]).unwrap_or_default()
    }

    fn names<'a>(&'a self, service: &'a Service) -> Names<'a> {
        Names {
            organisation: &service.organisation,
            name: self.link.name.as_deref().unwrap_or_default(),
            account: self.link.account.as_deref().unwrap_or_default(),
        }
    }
}

/// The last day on which a wave takes answers: one that closes at midnight takes none on the day that begins then.
fn last_day(closes_at: Instant, zone: &TimeZone) -> Date {
    Instant::from_micros(closes_at.as_micros().saturating_sub(1)).date(zone)
}

/// What is stored of a respondent.
struct Said {
    answers: Answers,
    skipped: BTreeSet<String>,
    draw: String,
}

impl Said {
    fn new(visit: &Visit) -> Self {
        let (mut answers, mut skipped) = (Answers::new(), BTreeSet::new());
        for (key, columns) in &visit.link.answers.0 {
            let Some(item) = visit.fielded.survey.item(key) else { continue };
            match columns.reply(item) {
                Reply::Given(given) => {
                    answers.insert(key.clone(), given);
                }
                Reply::Skipped => {
                    skipped.insert(key.clone());
                }
            }
        }
        Self { answers, skipped, draw: visit.link.invitation_id.to_string() }
    }

    fn respondent<'a>(&'a self, service: &'a Service, visit: &'a Visit) -> Respondent<'a> {
        Respondent {
            survey: &visit.fielded.survey,
            answers: &self.answers,
            skipped: &self.skipped,
            draw: &self.draw,
            names: visit.names(service),
        }
    }

    /// Takes a reply in.
    fn take(&mut self, key: &str, reply: &Reply) {
        self.answers.remove(key);
        self.skipped.remove(key);
        match reply {
            Reply::Given(given) => {
                self.answers.insert(key.to_owned(), given.clone());
            }
            Reply::Skipped => {
                self.skipped.insert(key.to_owned());
            }
        }
    }
}

/// Shows the next question, one that was asked for, or the last page.
async fn show(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let visit = Visit::follow(&service, &token, query.get("l").map(String::as_str)).await?;
        if visit.fielded.file.mode == Mode::Anonymous {
            return poll::promise(&service, &visit);
        }
        let said = Said::new(&visit);
        let respondent = said.respondent(&service, &visit);
        let asked_for =
            query.get("q").and_then(|key| respondent.asked().into_iter().find(|item| item.key == *key));
        let Some(item) = asked_for.or_else(|| respondent.next()) else {
            return Ok(done_page(&visit.frame(&service), &respondent, &visit.readers())?);
        };
        let nonce = service.nonce(&token, &item.key);
        // Only what was tapped in the mail for the first question is a choice for this one.
        let first = respondent.asked().first().is_some_and(|first| first.key == item.key);
        let picked = query.get("r").filter(|_| first).and_then(|step| step.parse::<f64>().ok());
        let picked =
            picked.filter(|step| item.scale.is_some_and(|scale| scale.low <= *step && *step <= scale.high));
        let ask = Ask { picked, again: query.contains_key("again"), ..Ask::new(item, &nonce) };
        Ok(question_page(&visit.frame(&service), &respondent, &ask)?)
    };
    answered(&service, shown.await, &headers, &token)
}

/// Saves one answer and leads on to the next question.
async fn save(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    match try_save(&service, &token, &fields).await {
        Ok(response) => response,
        Err(error) => service.refuse(&error, &headers, (Aim::Answer, &format!("/s/{token}"))),
    }
}

async fn try_save(service: &Arc<Service>, token: &str, fields: &Fields) -> Result<Response, WebError> {
    let visit = Visit::follow(service, token, field(fields, "l")).await?;
    if visit.fielded.file.mode == Mode::Anonymous {
        return Err(WebError::UnknownLink);
    }
    let key = field(fields, "q").unwrap_or_default();
    if field(fields, "n") != Some(service.nonce(token, key).as_str()) {
        return Err(WebError::Foreign);
    }
    let mut said = Said::new(&visit);
    // An answer that was changed meanwhile, on another device, can have taken the question off the way.
    let asked = said.respondent(service, &visit).asked().iter().any(|item| item.key == key);
    let Some(item) = visit.fielded.survey.item(key).filter(|_| asked) else {
        return Ok(see_other(&visit.path()));
    };
    let reply = match read_reply(item, fields, &visit.language) {
        Ok(reply) => reply,
        Err(fault) => {
            let html = again(service, &visit, &said, (item, fields), Some(&fault))?;
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html));
        }
    };
    let begun = !visit.link.answers.0.is_empty();
    said.take(key, &reply);
    let respondent = said.respondent(service, &visit);
    let on_the_way: BTreeSet<&str> = respondent.asked().iter().map(|item| item.key.as_str()).collect();
    let known = said.answers.keys().chain(&said.skipped);
    let saving = Saving {
        invitation: visit.link.invitation_id,
        item_key: key.to_owned(),
        answer: reply.stored(),
        begun,
        dropped: known.filter(|key| !on_the_way.contains(key.as_str())).cloned().collect(),
        finished: respondent.next().is_none(),
    };
    // Who finishes for the first time is thanked where the wave thanks.
    let thank = visit.fielded.file.thanks && saving.finished && !visit.link.finished;
    match service.save(Answered { saving, thank }).await {
        Ok(true) => {
            service.metrics.answers.inc();
            Ok(see_other(&visit.path()))
        }
        Ok(false) => Err(WebError::UnknownLink),
        Err(error) => {
            tracing::error!(%error, "an answer could not be saved");
            service.metrics.failures.inc();
            let html = again(service, &visit, &said, (item, fields), None)?;
            Ok(page(StatusCode::SERVICE_UNAVAILABLE, html))
        }
    }
}

/// The question once more, with what was sent: either it is no answer, or it could not be saved.
fn again(
    service: &Service,
    visit: &Visit,
    said: &Said,
    (item, fields): (&Item, &Fields),
    fault: Option<&ReplyFault>,
) -> Page {
    let nonce = field(fields, "n").unwrap_or_default();
    let ask = Ask { typed: fields, fault, unsaved: fault.is_none(), ..Ask::new(item, nonce) };
    question_page(&visit.frame(service), &said.respondent(service, visit), &ask)
}

/// Shows the notice.
async fn notice(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let visit = Visit::follow(&service, &token, query.get("l").map(String::as_str)).await?;
        let notice = visit.fielded.file.notice.get(&visit.language);
        let notice = notice.map_or_else(Notice::default, |notice| Notice {
            controller: &notice.controller,
            purpose: &notice.purpose,
            legal_basis: &notice.legal_basis,
            money: &notice.money,
            recipients: &notice.recipients,
            retention: &notice.retention,
            rights: &notice.rights,
        });
        Ok(notice_page(&visit.frame(&service), &notice)?)
    };
    answered(&service, shown.await, &headers, &token)
}

/// Asks before all answers are deleted.
async fn ask_delete(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let visit = Visit::follow(&service, &token, query.get("l").map(String::as_str)).await?;
        if visit.links.delete.is_empty() {
            return Err(WebError::UnknownLink);
        }
        let said = Said::new(&visit);
        let nonce = service.nonce(&token, "delete");
        Ok(delete_page(&visit.frame(&service), said.answers.len(), &nonce)?)
    };
    answered(&service, shown.await, &headers, &token)
}

/// Deletes all answers.
async fn delete(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let done = async {
        let visit = Visit::follow(&service, &token, field(&fields, "l")).await?;
        if visit.links.delete.is_empty() {
            return Err(WebError::UnknownLink);
        }
        if field(&fields, "n") != Some(service.nonce(&token, "delete").as_str()) {
            return Err(WebError::Foreign);
        }
        let (invitation, now) = (visit.link.invitation_id, service.now());
        let deleted: Result<bool, WaveError> = service
            .db
            .write(move |tx| Box::pin(async move { Ok(intake::delete(tx, invitation, now).await?) }))
            .await;
        if !deleted? {
            return Err(WebError::UnknownLink);
        }
        Ok(deleted_page(&visit.frame(&service))?)
    };
    answered(&service, done.await, &headers, &token)
}

/// A page, or what is shown in its place.
pub(super) fn answered(
    service: &Service,
    html: Result<String, WebError>,
    headers: &HeaderMap,
    token: &str,
) -> Response {
    match html {
        Ok(html) => page(StatusCode::OK, html),
        Err(error) => service.refuse(&error, headers, (Aim::Answer, &format!("/s/{token}"))),
    }
}

/// The first field of a name.
pub(super) fn field<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}
