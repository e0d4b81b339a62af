//! Taking requests in: the token of a path, and bodies whole before anything waits for them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::respond::{Aim, WebError};
use super::service::Service;

/// The token in a path. What is no text looks like any other link that opens nothing.
pub(super) struct Token(pub(super) String);

impl FromRequestParts<Arc<Service>> for Token {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Response> {
        match Path::<String>::from_request_parts(parts, service).await {
            Ok(Path(token)) => Ok(Self(token)),
            Err(_) => Err(service.refuse(&WebError::UnknownLink, &parts.headers, (Aim::Answer, "/"))),
        }
    }
}

/// Most bytes of a body, and how long it may take to arrive.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// Reads a request's body before the request takes one of the places of those that are worked on: slow senders must not
/// hold them.
pub(super) async fn read_body(State(limits): State<BodyLimits>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let most = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    if body.size_hint().lower() > most {
        return refused(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match tokio::time::timeout(limits.time, to_bytes(body, limits.bytes)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        // Too long, or broken off: then nobody reads the response.
        Ok(Err(_)) => refused(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Ends the connection: the rest of the body is not waited for.
fn refused(status: StatusCode) -> Response {
    (status, [(header::CONNECTION, HeaderValue::from_static("close"))]).into_response()
}
