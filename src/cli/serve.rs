//! `cam serve`.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::service::{self, Jobs, stop_signal};
use super::{keys, log};
use crate::clock::Clock;
use crate::config::Config;
use crate::store;
use crate::web::{Edge, Limits, Parts, Service};

/// Serves the answering pages, sends mails, reminds and closes waves, reads what comes back. Only answering, unsubscribing and
/// health are reachable. Ctrl-C or SIGTERM ends it after requests and mails that have begun.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam serve")]
pub(super) struct Serve {}

impl Serve {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        log::start();
        let (db, keys) = (super::open(config).await?, keys::read(config)?);
        let organisation = store::organisation::find(&mut db.read().await?).await?;
        let jobs = Jobs::prepare(config, &db, &keys, Clock::System).await?;
        let pages = Service::new(Parts {
            db: db.clone(),
            clock: Clock::System,
            keys,
            organisation: organisation.name,
            timezone: organisation.timezone,
            language: organisation.default_language,
            base_url: config.web.base_url(),
            look: service::look(&config.web)?,
        });
        let edge = Edge::bind(&config.web.listen, Arc::clone(&pages), Limits::default())
            .await
            .with_context(|| format!("{} cannot be listened on", config.web.listen))?;
        let stop = stop_signal()?;
        if let Some(address) = &config.web.metrics {
            let listener = tokio::net::TcpListener::bind(address)
                .await
                .with_context(|| format!("{address} cannot be listened on for metrics"))?;
            tokio::spawn(serve_metrics(listener, Arc::clone(&pages)));
        }
        writeln!(std::io::stdout().lock(), "answering pages on {}", edge.address()?)?;
        if config.mail.is_none() {
            writeln!(std::io::stdout().lock(), "no mail goes out: the configuration has no [mail] section")?;
        }
        let serving = tokio::spawn(edge.serve(stop.clone()));
        jobs.run(stop).await?;
        serving.await??;
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Answers every connection with the metrics.
async fn serve_metrics(listener: tokio::net::TcpListener, service: Arc<Service>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let mut request = [0; 1024];
            // Whatever is asked, the answer is the same.
            let _ = stream.read(&mut request).await;
            let text = service.metrics().text();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                text.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(text.as_bytes()).await;
        });
    }
}
