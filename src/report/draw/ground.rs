//! What all charts share: the words, the axis, today, the strip of customers.

use crate::analysis::Estimate;
use crate::chart::input::{Alt, Bar, IndexAxis, Interval, Plateau, Today};
use crate::report::document::{Document, Ground, Message};
use crate::report::number::{Show, money_scale};
use crate::report::words::Words;

/// Longest description that a screen reader is given, in signs.
const DESCRIPTION: usize = 350;
/// Width of one bar of the strip, index points.
const BAR: f64 = 2.0;

/// The words of one language and the document that they speak of.
#[derive(Clone, Copy)]
pub(in crate::report) struct Pen<'a> {
    pub(in crate::report) words: &'a Words,
    pub(in crate::report) document: &'a Document,
}

impl Pen<'_> {
    /// A text without variables.
    pub(super) fn text(&self, key: &str) -> String {
        self.words.text(key)
    }

    /// A message as plain text.
    pub(super) fn say(&self, message: &Message) -> String {
        self.words.say(message).plain()
    }

    /// A figure as plain text.
    pub(super) fn figure(&self, id: &str, show: Show) -> String {
        self.words.figure(id, show).plain()
    }

    /// Divisor and name of the unit of money in which values up to `largest` are drawn.
    pub(super) fn unit(&self, largest: f64) -> (f64, String) {
        let currency = &self.document.frame.currency;
        let (divisor, word) = money_scale(largest, currency, self.words.language());
        let name = match self.words.language() {
            crate::report::Language::En if word.is_empty() => currency.clone(),
            crate::report::Language::En => format!("{currency}\u{A0}{word}"),
            crate::report::Language::ZhHans => word,
        };
        (divisor, name)
    }

    pub(super) fn axis(&self, ground: &Ground) -> IndexAxis {
        IndexAxis {
            low: ground.distribution.axis_low,
            high: 100.0,
            observed: ground.distribution.observed,
            name: self.text("chart-index"),
            nobody: self.text("chart-nobody"),
        }
    }

    pub(super) fn today(&self, estimate: &Estimate, id: &str) -> Today {
        Today {
            level: interval(estimate, 1.0),
            label: self.say(&Message::new("chart-today").figure("today", id, Show::Value)),
            range_label: self.say(&Message::new("chart-range").figure("range", id, Show::Range)),
        }
    }

    pub(super) fn plateau(&self, plateau: Option<(&str, &Estimate)>, show: Show) -> Option<Plateau> {
        plateau.map(|(id, estimate)| Plateau {
            level: interval(estimate, 1.0),
            label: self.say(&Message::new("chart-plateau").figure("plateau", id, show)),
        })
    }
}

/// The strip of customers.
pub(super) fn bars(ground: &Ground) -> Vec<Bar> {
    let steps = std::iter::successors(Some(ground.distribution.axis_low), |low| Some(low + BAR));
    let shares = ground.distribution.histogram.iter();
    shares.zip(steps).map(|(&share, low)| Bar { low, high: low + BAR, share }).collect()
}

/// An estimate divided by the unit of an axis.
pub(super) fn interval(estimate: &Estimate, divisor: f64) -> Interval {
    Interval {
        low: estimate.low / divisor,
        estimate: estimate.value / divisor,
        high: estimate.high / divisor,
    }
}

/// Title and description for screen readers; a description that is too long ends at a whole sentence.
pub(super) fn alt(title: String, description: &str) -> Alt {
    let mut kept = description;
    if let Some((end, _)) = description.char_indices().nth(DESCRIPTION) {
        let whole = description[..end].rfind(['.', '。', ';', '；']);
        let signs = |at: usize| description[at..].chars().next().map_or(0, char::len_utf8);
        kept = &description[..whole.map_or(end, |at| at + signs(at))];
    }
    Alt { title, description: kept.into() }
}
