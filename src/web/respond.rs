//! Pages and failures as HTTP responses: status codes are here and nowhere else.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{Look, Page, not_saved_page, unknown_link_page};
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
    pub(super) fn refuse(&self, error: &WebError, headers: &HeaderMap, path: &str) -> Response {
        let language = self.language_of(headers);
        let (status, html): (StatusCode, Page) = match error {
            WebError::UnknownLink => {
                self.metrics.unknown_links.inc();
                (StatusCode::NOT_FOUND, unknown_link_page(&self.look, &self.organisation, &language))
            }
            WebError::Foreign => {
                (StatusCode::FORBIDDEN, not_saved_page(&self.look, &self.organisation, &language, path))
            }
            WebError::Failed => {
                self.metrics.failures.inc();
                let html = not_saved_page(&self.look, &self.organisation, &language, path);
                (StatusCode::SERVICE_UNAVAILABLE, html)
            }
        };
        let mut response = page(status, html.unwrap_or_default());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN));
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
