//! Anonymous waves: the promise, the ballot on one page, and casting it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::answer::{Ballot, Promise, ballot_items, ballot_page, promise_page, sent_page, used_page};
use super::public::{Fields, Visit, answered, field};
use super::receive::Token;
use super::respond::{Aim, WebError, page};
use super::service::Service;
use crate::store::intake::{self, Cast};
use crate::survey::{Item, Reply, ReplyFault, read_ballot};
use crate::wave::{self, LEAST_COMMENTS, Mode, WaveError};

/// Seconds that a question of a ballot takes.
const SECONDS_A_QUESTION: usize = 8;

/// The page that says what is promised, before anything is asked.
pub(super) fn promise(service: &Service, visit: &Visit) -> Result<String, WebError> {
    let frame = visit.frame(service);
    if visit.link.voted {
        return Ok(used_page(&frame)?);
    }
    let (survey, file) = (&visit.fielded.survey, &visit.fielded.file);
    let questions = ballot_items(survey, file.free_text).len();
    let ballot = format!("{}/ballot", visit.links.survey);
    let k = usize::try_from(visit.link.k).unwrap_or(usize::MAX);
    let promise = Promise {
        survey,
        questions,
        minutes: (questions * SECONDS_A_QUESTION).div_ceil(60).max(1),
        k,
        comments: file.free_text.then_some(LEAST_COMMENTS.max(k)),
        ballot: &ballot,
        sealing: "",
        decline: "",
    };
    Ok(promise_page(&frame, &promise)?)
}

/// Shows the ballot.
pub(super) async fn ballot(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let visit = anonymous(&service, &token, query.get("l").map(String::as_str)).await?;
        if visit.link.voted {
            return Ok(used_page(&visit.frame(&service))?);
        }
        form(&service, &visit, &token, (&Vec::new(), &[], false))
    };
    answered(&service, shown.await, &headers, &token)
}

/// Takes a ballot: seals it, stores it, and only then marks the ticket.
pub(super) async fn cast(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    match try_cast(&service, &token, &fields).await {
        Ok(response) => response,
        Err(error) => service.refuse(&error, &headers, (Aim::Answer, &format!("/s/{token}"))),
    }
}

async fn try_cast(service: &Arc<Service>, token: &str, fields: &Fields) -> Result<Response, WebError> {
    let visit = anonymous(service, token, field(fields, "l")).await?;
    if field(fields, "n") != Some(service.nonce(token, "ballot").as_str()) {
        return Err(WebError::Foreign);
    }
    let frame = visit.frame(service);
    let items = ballot_items(&visit.fielded.survey, visit.fielded.file.free_text);
    let replies: Vec<(String, Reply)> = match read_ballot(&items, fields, &visit.language) {
        Ok(replies) => replies,
        Err(faults) => {
            let html = form(service, &visit, token, (fields, &faults, false))?;
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html));
        }
    };
    match keep(service, &visit, &items, replies).await {
        Ok(Cast::Sent) => {
            service.metrics.ballots.inc();
            Ok(page(StatusCode::OK, sent_page(&frame)?))
        }
        Ok(Cast::Before) => Ok(page(StatusCode::OK, used_page(&frame)?)),
        Ok(Cast::Closed) => Err(WebError::UnknownLink),
        Err(error) => {
            tracing::error!(%error, "a ballot could not be kept");
            service.metrics.failures.inc();
            let html = form(service, &visit, token, (fields, &[], true))?;
            Ok(page(StatusCode::SERVICE_UNAVAILABLE, html))
        }
    }
}

/// Seals a ballot and stores it, after any other of the same person that is under way.
async fn keep(
    service: &Service,
    visit: &Visit,
    items: &[&Item],
    replies: Vec<(String, Reply)>,
) -> Result<Cast, WaveError> {
    // Only the outcome of the first tells whether a second one may be cast.
    let alone = service.cast_alone(visit.link.invitation_id).await;
    let now = service.now();
    let mut tx = service.db.read().await?;
    let units = wave::unit_paths(&mut tx, visit.link.invitation_id, now).await?;
    drop(tx);
    let public = visit.link.public_key.as_deref().unwrap_or_default();
    let sealed = wave::seal_ballot(public, items, replies, units)?;
    let ids = (visit.link.invitation_id, visit.link.wave_id);
    Ok(intake::cast(&service.db, ids, sealed, now, alone).await?)
}

/// Follows the link of an anonymous wave.
async fn anonymous(service: &Service, token: &str, language: Option<&str>) -> Result<Visit, WebError> {
    let visit = Visit::follow(service, token, language).await?;
    if visit.fielded.file.mode == Mode::Anonymous { Ok(visit) } else { Err(WebError::UnknownLink) }
}

fn form(
    service: &Service,
    visit: &Visit,
    token: &str,
    (typed, faults, unsaved): (&Fields, &[(String, ReplyFault)], bool),
) -> Result<String, WebError> {
    let items = ballot_items(&visit.fielded.survey, visit.fielded.file.free_text);
    let (action, nonce) = (format!("{}/ballot", visit.links.survey), service.nonce(token, "ballot"));
    let ballot = Ballot {
        survey: &visit.fielded.survey,
        items: &items,
        action: &action,
        nonce: &nonce,
        k: usize::try_from(visit.link.k).unwrap_or(usize::MAX),
        typed,
        faults,
        unsaved,
    };
    Ok(ballot_page(&visit.frame(service), &ballot)?)
}
