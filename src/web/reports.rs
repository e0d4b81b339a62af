//! Serves written reports on the loopback interface, for a look before there is a sign-in.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

/// A report server that is bound and not yet answering.
#[derive(Debug)]
pub struct ReportServer {
    listener: tokio::net::TcpListener,
    files: Arc<BTreeMap<String, Vec<u8>>>,
}

impl ReportServer {
    /// Reads the report files of a folder and binds `127.0.0.1:port`; port 0 takes a free one.
    pub async fn bind(folder: &Path, port: u16) -> std::io::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if entry.file_type()?.is_file() && media_type(&name).is_some() {
                files.insert(name, std::fs::read(entry.path())?);
            }
        }
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self { listener, files: Arc::new(files) })
    }

    /// Returns the address that it is bound to.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the future `stop` ends.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let routes = Router::new().route("/", get(index)).route("/{file}", get(file)).with_state(self.files);
        axum::serve(self.listener, routes).with_graceful_shutdown(stop).await
    }
}

const HTML: &str = "text/html; charset=utf-8";

type Files = Arc<BTreeMap<String, Vec<u8>>>;

async fn index(State(files): State<Files>) -> Html<String> {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Reports</title><h1>Reports</h1><ul>",
    );
    for name in files.keys().filter(|name| media_type(name) == Some(HTML)) {
        page.push_str("<li><a href=\"/");
        page.push_str(name);
        page.push_str("\">");
        page.push_str(name);
        page.push_str("</a></li>");
    }
    page.push_str("</ul></html>");
    Html(page)
}

async fn file(State(files): State<Files>, UrlPath(name): UrlPath<String>) -> Response {
    match (files.get(&name), media_type(&name)) {
        (Some(bytes), Some(kind)) => ([(header::CONTENT_TYPE, kind)], bytes.clone()).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn media_type(name: &str) -> Option<&'static str> {
    match Path::new(name).extension()?.to_str()? {
        "html" => Some(HTML),
        "json" => Some("application/json"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn answer(address: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn only_reports_of_the_folder_are_served() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("report.en.html"), "<p>69</p>").unwrap();
        std::fs::write(folder.path().join("cam.db"), "secret").unwrap();
        let server = ReportServer::bind(folder.path(), 0).await.unwrap();
        let address = server.address().unwrap();
        assert!(address.ip().is_loopback());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async { drop(stopped.await) }));
        assert!(answer(address, "/").await.contains("href=\"/report.en.html\""));
        assert!(answer(address, "/report.en.html").await.ends_with("<p>69</p>"));
        assert!(answer(address, "/cam.db").await.starts_with("HTTP/1.1 404"));
        assert!(answer(address, "/..%2Fcam.db").await.starts_with("HTTP/1.1 404"));
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
    }
}
