//! Counters of the service, in the text format that Prometheus reads. No person, no wave, no answer is in them.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// Counters since the start of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Answers saved.
    pub answers: Counter,
    /// Ballots taken.
    pub ballots: Counter,
    /// Wishes for no more mails.
    pub unsubscribes: Counter,
    /// Links that opened nothing.
    pub unknown_links: Counter,
    /// Requests turned away because there were too many.
    pub shed: Counter,
    /// Writes that failed.
    pub failures: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("cam");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let answers = counter("answers", "Answers saved");
        let ballots = counter("ballots", "Ballots taken");
        let unsubscribes = counter("unsubscribes", "Wishes for no more mails");
        let unknown_links = counter("unknown_links", "Links that opened nothing");
        let shed = counter("shed_requests", "Requests turned away because there were too many");
        let failures = counter("failures", "Writes that failed");
        Self { registry, answers, ballots, unsubscribes, unknown_links, shed, failures }
    }
}

impl Metrics {
    /// Writes them as `OpenMetrics` text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
