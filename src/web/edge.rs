//! The door: accepts connections within limits, and lets requests that have begun end.
//!
//! An own accept loop, because `axum::serve` gives hyper no timer: its limit on how long headers may take would do nothing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use super::guests::Guests;
use super::public;
use super::receive::{BodyLimits, read_body};
use super::respond::{Aim, secure};
use super::service::Service;

/// What the door lets through.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// Connections at a time of one client; more are closed at once. Clients on this machine and in private networks, where
    /// reverse proxies stand, are not counted.
    pub of_one_client: usize,
    /// Requests at a time; more are turned away.
    pub requests: usize,
    /// Most bytes of a request's body.
    pub body: usize,
    /// How long the headers of a request may take, and how long a connection may rest.
    pub headers: Duration,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long a request may take.
    pub request: Duration,
    /// How long the door stays open once the service stops, for proxies to see that it is not ready any more.
    pub leaving: Duration,
    /// How long requests that have begun may take to end, once the service stops.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2_048,
            of_one_client: 64,
            requests: 256,
            body: 64 * 1024,
            headers: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            request: Duration::from_secs(15),
            leaving: Duration::from_secs(5),
            farewell: Duration::from_secs(30),
        }
    }
}

/// The service's door, bound and not yet open.
#[derive(Debug)]
pub struct Edge {
    listener: TcpListener,
    service: Arc<Service>,
    limits: Limits,
}

impl Edge {
    /// Binds an address such as `127.0.0.1:8080`; port 0 takes a free one.
    pub async fn bind(address: &str, service: Arc<Service>, limits: Limits) -> std::io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, service, limits })
    }

    /// Returns the address that it is bound to.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` says so and it has said for a while that it is not ready, and then until requests that have begun
    /// have ended.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) -> std::io::Result<()> {
        let app = app(public::routes(), Arc::clone(&self.service), self.limits);
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let guests = Arc::new(Guests::default());
        let graceful = GracefulShutdown::new();
        let service = Arc::clone(&self.service);
        let mut left = std::pin::pin!(async move {
            // Who could say so may also have gone.
            let _ = stop.wait_for(|stop| *stop).await;
            service.stopping.store(true, Ordering::Relaxed);
            tokio::time::sleep(self.limits.leaving).await;
        });
        loop {
            // Accepting and waiting for the end own nothing that a drop could break.
            let (stream, from, place) = tokio::select! {
                () = &mut left => break,
                accepted = accept(&self.listener, &places) => accepted,
            };
            let Some(guest) = guests.admit(from, self.limits.of_one_client) else { continue };
            let _ = stream.set_nodelay(true);
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(self.limits.headers).max_headers(64);
            let connection =
                builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()));
            let watched = graceful.watch(connection);
            tokio::spawn(async move {
                // A client that breaks off is its own affair.
                let _ = watched.await;
                drop((guest, place));
            });
        }
        drop(self.listener);
        if tokio::time::timeout(self.limits.farewell, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests had not ended when the service stopped");
        }
        Ok(())
    }
}

/// Takes the next connection, when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, IpAddr, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, from)) => return (stream, from.ip(), place),
            // Too many open files, or a connection that went away while it waited: the next one may do.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Routes with what stands around them.
///
/// No check of the origin: old browsers inside other programs send `null` for pages that refer to nobody, and a post needs the
/// secret of its link and a nonce that only this server can make.
fn app(routes: Router<Arc<Service>>, service: Arc<Service>, limits: Limits) -> Router {
    let shed = Arc::clone(&service);
    let body = BodyLimits { bytes: limits.body, time: limits.body_time };
    let around = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(Arc::clone(&service), around))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(body, read_body))
        .layer(HandleErrorLayer::new(move |_| std::future::ready(turn_away(&shed))))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(limits.requests))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limits.request))
        .layer(CompressionLayer::new());
    routes.layer(around).with_state(service)
}

/// There is too much to do; [`around`] puts a page into it where a person reads it.
fn turn_away(service: &Service) -> Response {
    service.metrics().shed.inc();
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "2")],
        "There is much to do here. Try again in a moment.",
    )
        .into_response()
}

/// Gives each request a number, logs it without its path, which holds the token, and adds the headers of every response.
async fn around(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let method = request.method().clone();
    let area = area(request.uri().path());
    let started = std::time::Instant::now();
    let asked = (request.uri().path().to_owned(), service.language_of(request.headers()));
    let mut response = next.run(request).await;
    if let Some(aim) = aim(area).filter(|_| is_wordless(&response)) {
        response = service.put_into_words(&response, &asked.1, (aim, &asked.0));
    }
    let status = response.status().as_u16();
    tracing::debug!(
        request = %id, %method, area, status, micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    if response.status().is_server_error() {
        tracing::warn!(request = %id, %method, area, status, "a request failed");
    }
    secure(response.headers_mut(), &service.look, service.https);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// Whether a response is a refusal of a layer, with no page in it.
fn is_wordless(response: &Response) -> bool {
    let refused = response.status().is_client_error() || response.status().is_server_error();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    refused && !kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// What is wanted in an area, where people are its readers.
fn aim(area: &str) -> Option<Aim> {
    match area {
        "answer" => Some(Aim::Answer),
        "unsubscribe" => Some(Aim::Stop),
        _ => None,
    }
}

/// The part of a path that holds no token.
fn area(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("s") => "answer",
        Some("u") => "unsubscribe",
        Some("health" | "ready") => "health",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::super::answer::Look;
    use super::super::service::Parts;
    use super::*;
    use crate::clock::Clock;
    use crate::seal::Keys;
    use crate::store::Db;

    #[tokio::test]
    async fn a_request_that_panics_is_answered_with_a_page_and_not_with_the_panic() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.path().join("cam.db").display())).await.unwrap();
        let service = Service::new(Parts {
            db,
            clock: Clock::System,
            keys: Keys::parse(&"3c".repeat(32)).unwrap(),
            organisation: "Kestrel Tools".into(),
            timezone: "Asia/Shanghai".into(),
            language: "zh-Hans".into(),
            base_url: "https://s.kestrel.example".into(),
            look: Look::plain().clone(),
        });
        let panics = get(async || -> &'static str { panic!("as the test wants it") });
        let app = app(Router::new().route("/s/{token}", panics), service, Limits::default());
        let response = app.oneshot(Request::get("/s/x").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("刚才没有成功。") && !body.contains("panic"), "{body}");
    }
}
