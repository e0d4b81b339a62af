//! Pages and failures as HTTP responses: status codes are here and nowhere else.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{
    Look, Page, busy_page, failed_page, not_saved_page, stop_failed_page, too_large_page, unknown_link_page,
};
use super::service::Service;
use crate::store::StoreError;
use crate::wave::WaveError;

/// Seconds after which a browser may try again.
const AGAIN: &str = "5";

/// Why a request gets no page of its own.
#[derive(Debug)]
pub(super) enum WebError {
    /// The link opens nothing; why is not said.
    UnknownLink,
    /// The form was not written by this server for this link.
    Foreign,
    /// Something here failed.
    Failed,
}

/// What a request was for, as far as its failures have words of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// To answer, or to look at what was answered.
    Answer,
    /// To stop mails.
    Stop,
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed in the store");
        Self::Failed
    }
}

impl From<WaveError> for WebError {
    fn from(error: WaveError) -> Self {
        tracing::error!(%error, "a request failed");
        Self::Failed
    }
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page could not be written");
        Self::Failed
    }
}

/// A page as a response.
pub(super) fn page(status: StatusCode, html: String) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], html)
        .into_response()
}

/// Leads the browser on after a post.
pub(super) fn see_other(path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(path) => (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Service {
    /// The response to a request that came to no page of its own.
    ///
    /// `path` leads back to a page of the same link.
    pub(super) fn refuse(&self, error: &WebError, headers: &HeaderMap, (aim, path): (Aim, &str)) -> Response {
        let language = self.language_of(headers);
        let (look, organisation) = (&self.look, &self.organisation);
        let (status, html): (StatusCode, Page) = match (error, aim) {
            (WebError::UnknownLink, _) => {
                self.metrics.unknown_links.inc();
                (StatusCode::NOT_FOUND, unknown_link_page(look, organisation, &language))
            }
            (WebError::Foreign, Aim::Answer) => {
                (StatusCode::FORBIDDEN, not_saved_page(look, organisation, &language, path))
            }
            (WebError::Foreign, Aim::Stop) => {
                (StatusCode::FORBIDDEN, stop_failed_page(look, organisation, &language, path))
            }
            (WebError::Failed, aim) => {
                self.metrics.failures.inc();
                let html = match aim {
                    // Nothing is known of the link any more, so that nothing can be said of its answers.
                    Aim::Answer => failed_page(look, organisation, &language, path),
                    Aim::Stop => stop_failed_page(look, organisation, &language, path),
                };
                (StatusCode::SERVICE_UNAVAILABLE, html)
            }
        };
        let mut response = page(status, html.unwrap_or_default());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN));
        }
        response
    }

    /// Puts a page in the reader's language into a refusal of a layer, which says nothing or says it in English.
    pub(super) fn put_into_words(
        &self,
        refusal: &Response,
        language: &str,
        (aim, path): (Aim, &str),
    ) -> Response {
        let (look, organisation) = (&self.look, &self.organisation);
        let html = match (refusal.status(), aim) {
            (StatusCode::SERVICE_UNAVAILABLE, _) => busy_page(look, organisation, language, path),
            (StatusCode::PAYLOAD_TOO_LARGE, _) => too_large_page(look, organisation, language, path),
            (_, Aim::Stop) => stop_failed_page(look, organisation, language, path),
            (_, Aim::Answer) => failed_page(look, organisation, language, path),
        };
        let mut response = page(refusal.status(), html.unwrap_or_default());
        for name in [header::RETRY_AFTER, header::CONNECTION, header::ALLOW] {
            if let Some(value) = refusal.headers().get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        if refusal.status() == StatusCode::SERVICE_UNAVAILABLE {
            let again = HeaderValue::from_static(AGAIN);
            response.headers_mut().entry(header::RETRY_AFTER).or_insert(again);
        }
        response
    }

    /// The language of pages that belong to no link: the reader's first that there is, else the organisation's.
    pub(super) fn language_of(&self, headers: &HeaderMap) -> String {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let first = wanted.split([',', ';']).next().unwrap_or("").trim().to_ascii_lowercase();
        match first.split('-').next() {
            Some("zh") => "zh-Hans".into(),
            Some("en") => "en".into(),
            _ => self.language.clone(),
        }
    }
}

/// Headers of every response: nothing is kept, framed, sniffed or referred to.
pub(super) fn secure(headers: &mut HeaderMap, look: &Look, https: bool) {
    let fixed = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    if https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if let Ok(policy) = HeaderValue::from_str(look.content_security_policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
