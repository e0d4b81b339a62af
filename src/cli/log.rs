//! What a service says while it runs: JSON lines on stderr, without addresses, tokens or answers.

use tracing_subscriber::EnvFilter;

/// Starts the log, once; `RUST_LOG` chooses what is said, by default `info`.
///
/// The database layer and the mail layer are held to warnings: they would log statements and dialogues.
pub(super) fn start() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,lettre=warn,hyper=warn"));
    let log = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first.
    let _ = log.try_init();
}
