//! Stopping mails: by a page with a button, or by the one click that mail programs offer (RFC 8058). Opening a link stops
//! nothing: programs that check links open them all.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::answer::{Frame, Links, stop_page, stopped_page};
use super::public::{Fields, field};
use super::receive::Token;
use super::respond::{Aim, WebError, page};
use super::service::Service;
use crate::seal::Purpose;
use crate::store::StoreError;
use crate::store::intake::{self, OpenLink};

/// Asks before mails stop.
pub(super) async fn ask(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let html = confirm(&service, &token, Purpose::Unsubscribe, &query).await;
    answered(&service, html, &headers, &links(&token, Purpose::Unsubscribe).stop)
}

/// Asks before mails stop, from an answering page.
pub(super) async fn ask_by_answer_link(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let html = confirm(&service, &token, Purpose::Answer, &query).await;
    answered(&service, html, &headers, &links(&token, Purpose::Answer).stop)
}

/// Stops mails: the page's button, or a mail program's one click.
pub(super) async fn stop(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let html = decline(&service, &token, Purpose::Unsubscribe, &sent(&headers, &body)).await;
    answered(&service, html, &headers, &links(&token, Purpose::Unsubscribe).stop)
}

/// Stops mails, from an answering page; a mail program's one click has no business here.
pub(super) async fn stop_by_answer_link(
    State(service): State<Arc<Service>>,
    Token(token): Token,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let html = decline(&service, &token, Purpose::Answer, &sent(&headers, &body)).await;
    answered(&service, html, &headers, &links(&token, Purpose::Answer).stop)
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

async fn decline(
    service: &Service,
    token: &str,
    purpose: Purpose,
    fields: &Fields,
) -> Result<String, WebError> {
    let link = service.stop_link(token, purpose).await?.ok_or(WebError::UnknownLink)?;
    let ours = field(fields, "n") == Some(service.nonce(token, "stop").as_str());
    let one_click = purpose == Purpose::Unsubscribe
        && field(fields, "List-Unsubscribe").is_some_and(|value| value.trim() == "One-Click");
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

/// A page, or what is shown in its place; `path` is that of the page that asks.
fn answered(service: &Service, html: Result<String, WebError>, headers: &HeaderMap, path: &str) -> Response {
    match html {
        Ok(html) => page(StatusCode::OK, html),
        Err(error) => service.refuse(&error, headers, (Aim::Stop, path)),
    }
}

/// The fields of a form in either of its encodings (RFC 8058 section 3.1); without a type it is read as the plain one.
fn sent(headers: &HeaderMap, body: &[u8]) -> Fields {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    if kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty());
        boundary.map(|boundary| parts(&String::from_utf8_lossy(body), boundary)).unwrap_or_default()
    } else {
        form_urlencoded::parse(body).into_owned().collect()
    }
}

/// The fields of a multipart form (RFC 7578) whose values are texts.
fn parts(body: &str, boundary: &str) -> Fields {
    let delimiter = format!("--{boundary}");
    let pieces = body.split(&delimiter).skip(1).take_while(|piece| !piece.starts_with("--"));
    pieces
        .filter_map(|piece| {
            let (head, value) = piece.split_once("\r\n\r\n").or_else(|| piece.split_once("\n\n"))?;
            let disposition =
                head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
                    name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
                })?;
            Some((
                parameter(disposition, "name")?.to_owned(),
                value.trim_end_matches(['\r', '\n']).to_owned(),
            ))
        })
        .collect()
}

/// A parameter of a header, with or without quotation marks.
fn parameter<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let parameters = header.split(';').filter_map(|parameter| parameter.split_once('='));
    let mut found = parameters.filter(|(other, _)| other.trim().eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim().trim_matches('"'))
}
