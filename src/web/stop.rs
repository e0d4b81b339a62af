//! Stopping mails: by a page with a button, or by the one click that mail programs offer (RFC 8058). Opening a link stops
//! nothing: programs that check links open them all.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::answer::{Frame, Links, stop_page, stopped_page};
use super::public::answered;
use super::receive::Token;
use super::respond::WebError;
use super::service::Service;
use crate::seal::Purpose;
use crate::store::StoreError;
use crate::store::intake::{self, OpenLink};

/// What a mail program posts.
const ONE_CLICK: &[u8] = b"List-Unsubscribe=One-Click";

/// The same as a part of a multipart form.
const ONE_CLICK_VALUE: &[u8] = b"One-Click";

/// Asks before mails stop.
pub(super) async fn ask(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let html = confirm(&service, &token, Purpose::Unsubscribe, &query).await;
    answered(&service, html, &headers, &token)
}

/// Asks before mails stop, from an answering page.
pub(super) async fn ask_by_answer_link(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let html = confirm(&service, &token, Purpose::Answer, &query).await;
    answered(&service, html, &headers, &token)
}

/// Stops mails: the page's button, or a mail program's one click.
pub(super) async fn stop(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let html = decline(&service, &token, Purpose::Unsubscribe, &body).await;
    answered(&service, html, &headers, &token)
}

/// Stops mails, from an answering page; a mail program's one click has no business here.
pub(super) async fn stop_by_answer_link(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let html = decline(&service, &token, Purpose::Answer, &body).await;
    answered(&service, html, &headers, &token)
}

async fn confirm(
    service: &Service,
    token: &str,
    purpose: Purpose,
    query: &BTreeMap<String, String>,
) -> Result<String, WebError> {
    let link = service.stop_link(token, purpose).await?.ok_or(WebError::UnknownLink)?;
    let links = links(token, purpose);
    let language = query.get("l").cloned().filter(|tag| tag == "en" || tag == "zh-Hans");
    let language = language.unwrap_or_else(|| link.language.clone());
    let nonce = service.nonce(token, "stop");
    Ok(stop_page(&frame(service, &language, &links), link.email.as_deref().unwrap_or_default(), &nonce)?)
}

async fn decline(service: &Service, token: &str, purpose: Purpose, body: &[u8]) -> Result<String, WebError> {
    let link = service.stop_link(token, purpose).await?.ok_or(WebError::UnknownLink)?;
    let nonce = service.nonce(token, "stop");
    let ours = contains(body, format!("n={nonce}").as_bytes());
    let one_click = purpose == Purpose::Unsubscribe
        && (contains(body, ONE_CLICK)
            || contains(body, b"name=\"List-Unsubscribe\"") && contains(body, ONE_CLICK_VALUE));
    if !(ours || one_click) {
        return Err(WebError::Foreign);
    }
    write(service, &link).await?;
    service.metrics.unsubscribes.inc();
    Ok(stopped_page(&frame(service, &link.language, &links(token, purpose)))?)
}

async fn write(service: &Service, link: &OpenLink) -> Result<(), StoreError> {
    let (invitation, now) = (link.invitation_id, service.now());
    let mark = link.email.as_deref().map(|email| service.keys.suppression_mark(email));
    service
        .db
        .write(move |tx| Box::pin(async move { intake::decline(tx, invitation, mark.as_deref(), now).await }))
        .await
}

fn links(token: &str, purpose: Purpose) -> Links {
    match purpose {
        Purpose::Answer => {
            Links { survey: format!("/s/{token}"), stop: format!("/s/{token}/stop"), ..Links::default() }
        }
        Purpose::Unsubscribe => Links { stop: format!("/u/{token}"), ..Links::default() },
    }
}

fn frame<'a>(service: &'a Service, language: &'a str, links: &'a Links) -> Frame<'a> {
    Frame {
        look: &service.look,
        organisation: &service.organisation,
        language,
        languages: &[],
        chosen: false,
        contract: None,
        closes: None,
        links,
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
