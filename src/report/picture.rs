//! Page 5's text columns, set beside the rows of the drawing.

use super::document::{InvestmentRow, Message, Page};
use super::html::{Badge, Writer};
use super::number::currency_word;
use crate::chart::lettering::{Weight, width};
use crate::chart::{Drawing, RowPlace};

/// Where a name must end, px: the spend scale of the first row begins further right.
const NAME: f64 = 210.0;
/// Size of a name.
const NAME_SIZE: f64 = 12.5;

/// The picture with its columns.
pub(super) struct PictureView {
    pub(super) svg: String,
    pub(super) height: String,
    pub(super) heads_top: i32,
    pub(super) heads: Heads,
    pub(super) rows: Vec<RowView>,
}

/// Heads of the columns.
pub(super) struct Heads {
    pub(super) investment: String,
    pub(super) invest: String,
    pub(super) gain: String,
    pub(super) loss: String,
    pub(super) payback: String,
    pub(super) grade: String,
}

/// The words of one row with their places, px.
pub(super) struct RowView {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) whole_name: String,
    pub(super) verdict: String,
    pub(super) explanation: String,
    pub(super) below: String,
    pub(super) invest: String,
    pub(super) gain: String,
    pub(super) gain_range: String,
    pub(super) gain_note: String,
    pub(super) loss: String,
    pub(super) payback: String,
    pub(super) badge: Badge,
    pub(super) refused: bool,
    pub(super) top: String,
    pub(super) said_top: String,
    pub(super) below_top: String,
    pub(super) base: String,
    pub(super) word_top: String,
}

/// Sets the columns beside a drawing.
pub(super) fn view(writer: &mut Writer, page: &Page, drawing: Drawing) -> PictureView {
    let words = writer.pen.words;
    let unit = currency_word(&writer.pen.document.frame.currency, words.language()).to_owned();
    let heads = Heads {
        investment: writer.say(&Message::new("head-investment").name("unit", &unit)),
        invest: words.text("head-invest"),
        gain: words.text("head-gain"),
        loss: words.text("head-loss"),
        payback: words.text("head-payback"),
        grade: words.text("head-grade"),
    };
    let places = drawing.rows.clone();
    PictureView {
        svg: drawing.svg,
        height: px(drawing.height),
        heads_top: 22,
        heads,
        rows: page
            .rows
            .iter()
            .zip(&places)
            .enumerate()
            .map(|(at, (row, place))| row_view(writer, at + 1, row, place))
            .collect(),
    }
}

fn row_view(writer: &mut Writer, number: usize, row: &InvestmentRow, place: &RowPlace) -> RowView {
    let mut cell = |cell: Option<&super::document::Arg>| match cell {
        Some(cell) => writer.arg(cell),
        None => "–".into(),
    };
    let (invest, gain, loss) = (cell(row.invest.as_ref()), cell(row.gain.as_ref()), cell(row.loss.as_ref()));
    let refused = row.labels.zone.is_none() && row.gain.is_none();
    let text = |key: &str| writer.pen.words.text(key);
    let payback = if row.gain.is_some() { text("not-computed") } else { "–".into() };
    RowView {
        number,
        name: shortened(&row.name),
        whole_name: row.name.clone(),
        verdict: writer.say(&row.verdict),
        explanation: writer.sentences(&row.explanation),
        below: row.below.as_ref().map(|below| writer.say(below)).unwrap_or_default(),
        gain_range: row.gain_range.as_ref().map(|range| writer.arg(range)).unwrap_or_default(),
        gain_note: row.gain_note.as_ref().map(|note| writer.say(note)).unwrap_or_default(),
        invest,
        gain,
        loss,
        payback,
        badge: writer.badge(row.grade),
        refused,
        top: px(place.top - 1.0),
        said_top: px(place.top + 16.5),
        below_top: px(place.strip_base - 12.0),
        base: px(place.plot_top + 5.0),
        word_top: px(place.plot_top + 26.0),
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// Shortens a name that would run into the plot; the whole name stays in the title attribute and in the title of
/// the page.
fn shortened(name: &str) -> String {
    if width(name, NAME_SIZE, Weight::Bold) <= NAME {
        return name.to_owned();
    }
    let mut kept = String::new();
    for sign in name.chars() {
        if width(&format!("{kept}{sign}…"), NAME_SIZE, Weight::Bold) > NAME {
            break;
        }
        kept.push(sign);
    }
    format!("{}…", kept.trim_end())
}
