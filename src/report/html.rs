//! The document as one HTML file: views for the templates in `reports/`.

use askama::Template;

use super::document::{Arg, Chart, Document, Figure, Message, Page, Table};
use super::draw::{self, Pen};
use super::number::{self, Quantity, Show};
use super::picture::{self, PictureView};
use super::words::{Language, Said, Words};
use crate::analysis::Grade;
use crate::chart::{Drawing, Form, Look, Palette, theme, web_font};

/// The whole page.
#[derive(Template)]
#[template(path = "report.html", config = ".config/askama.toml")]
struct ReportView {
    language: &'static str,
    version: String,
    organisation: String,
    period: String,
    tokens: String,
    sample: bool,
    sample_words: String,
    how_sure: String,
    what_to_do: String,
    pending_title: String,
    pending: Vec<PendingView>,
    pages: Vec<PageView>,
}

struct PendingView {
    number: String,
    name: String,
    state: String,
}

struct PageView {
    number: u8,
    name: String,
    title: String,
    deck: String,
    chart: Option<[String; 2]>,
    picture: Option<PictureView>,
    cells: Vec<CellView>,
    tables: Vec<TableView>,
    notes: Vec<String>,
    badge: Option<Badge>,
    sure: String,
    advice: String,
    foot: Vec<String>,
}

/// A grade with its word.
pub(super) struct Badge {
    pub(super) letter: String,
    pub(super) word: String,
}

struct CellView {
    name: String,
    id: String,
    large: String,
    beside: String,
    text: String,
    badge: Option<Badge>,
}

struct TableView {
    class: String,
    caption: String,
    heads: Vec<Head>,
    rows: Vec<Row>,
}

struct Head {
    words: String,
    text: bool,
}

struct Row {
    id: String,
    cells: Vec<TableCell>,
}

struct TableCell {
    class: &'static str,
    html: String,
}

/// HTML with what the charts could not write.
pub(super) struct Page1To10 {
    pub(super) html: String,
    /// Labels without a place and signs without a glyph.
    pub(super) remarks: Vec<String>,
    /// Plain text of pages 1 to 9, charts included, for the lint; parts are separated by U+001F.
    pub(super) text: String,
}

/// Renders the document in a language.
pub(super) fn render(document: &Document, language: Language) -> Result<Page1To10, askama::Error> {
    let words = Words::new(language, &document.figures);
    let mut writer =
        Writer { pen: Pen { words: &words, document }, remarks: Vec::new(), text: String::new() };
    let pages = document.pages.iter().map(|page| writer.page(page)).collect();
    let view = ReportView {
        language: language.tag(),
        version: document.frame.program_version.clone(),
        organisation: document.frame.organisation.clone(),
        period: words.period(&document.period),
        tokens: theme::css(),
        sample: document.frame.sample_data,
        sample_words: words.text("sample-data"),
        how_sure: words.text("how-sure"),
        what_to_do: words.text("what-to-do"),
        pending_title: words.text("pending-title"),
        pending: document
            .pending
            .iter()
            .map(|(number, name)| PendingView {
                number: number.clone(),
                name: words.text(name),
                state: words.text("not-computed"),
            })
            .collect(),
        pages,
    };
    let (remarks, text) = (writer.remarks, writer.text);
    Ok(Page1To10 { html: with_fonts(&view.render()?, words.language()), remarks, text })
}

/// Puts the fonts into the page: the signs that it prints, and no others, and the face of its titles.
fn with_fonts(html: &str, language: Language) -> String {
    let titles = match language {
        Language::En => web_font::title_css(),
        // Chinese titles are set in the text's own face.
        Language::ZhHans => String::new(),
    };
    html.replacen("</style>", &format!("{}{titles}</style>", web_font::css(html, html)), 1)
}

/// Renders pages one after the other and keeps what they say.
pub(super) struct Writer<'a> {
    pub(super) pen: Pen<'a>,
    remarks: Vec<String>,
    text: String,
}

impl Writer<'_> {
    fn page(&mut self, page: &Page) -> PageView {
        let before = self.text.len();
        let drawings = page.chart.as_ref().and_then(|chart| self.chart(page, chart));
        let picture = match &page.chart {
            Some(Chart::Investments { ground, plateau, investments }) => {
                let look = Look { palette: Palette::Page, form: Form::Page, prefix: "p5".into() };
                let both = (investments.as_slice(), page.rows.as_slice());
                let drawing = draw::investments(self.pen, ground, plateau.as_ref(), both, &look);
                self.keep_drawing(&drawing, page.number);
                Some(picture::view(self, page, drawing))
            }
            _ => None,
        };
        let mut tables: Vec<TableView> = page.tables.iter().map(|table| self.table(table)).collect();
        if page.number == 10 {
            tables.push(self.figures());
        }
        let view = PageView {
            number: page.number,
            name: self.pen.words.text(&page.name),
            title: self.title(&page.title),
            deck: self.sentences(&page.deck),
            chart: drawings.map(|drawings| drawings.map(|drawing| drawing.svg)),
            picture,
            cells: page
                .cells
                .iter()
                .map(|cell| CellView {
                    name: self.pen.words.text(&cell.name),
                    id: cell.id.clone(),
                    large: self.arg(&cell.large),
                    beside: cell.beside.as_ref().map(|beside| self.say(beside)).unwrap_or_default(),
                    text: self.sentences(&cell.text),
                    badge: cell.grade.map(|grade| self.badge(grade)),
                })
                .collect(),
            tables,
            notes: page.notes.iter().map(|note| self.say(note)).collect(),
            badge: page.grade.map(|grade| self.badge(grade)),
            sure: self.sentences(&page.sure),
            advice: self.sentences(&page.advice),
            foot: page.foot.iter().map(|part| self.say(part)).collect(),
        };
        if page.number == 10 {
            // What other people's files and the rule are called is not ours to choose.
            self.text.truncate(before);
        }
        view
    }

    /// Draws every chart but the picture of page 5, for a page and for a phone.
    fn chart(&mut self, page: &Page, chart: &Chart) -> Option<[Drawing; 2]> {
        let prefix = format!("p{}", page.number);
        let on_page = Look { palette: Palette::Page, form: Form::Page, prefix: prefix.clone() };
        let on_phone = Look { palette: Palette::Page, form: Form::Phone, prefix: format!("{prefix}s") };
        let drawing = self.draw(page, chart, &on_page)?;
        // What finds no place on a phone stands on the page.
        self.keep_drawing(&drawing, page.number);
        Some([drawing, self.draw(page, chart, &on_phone)?])
    }

    fn draw(&self, page: &Page, chart: &Chart, look: &Look) -> Option<Drawing> {
        Some(match chart {
            Chart::Answer { ground, plateau, investment, row } => {
                draw::answer(self.pen, ground, plateau.as_ref(), (investment, row), look)
            }
            Chart::Waves { waves, today, companions } => {
                draw::waves(self.pen, waves, today, companions, look)
            }
            Chart::Outcomes { ground, panels } => draw::outcomes(self.pen, ground, panels, &page.title, look),
            Chart::Priorities { drivers } => draw::priorities(self.pen, drivers, &page.title, look),
            Chart::Investments { .. } => return None,
        })
    }

    fn keep_drawing(&mut self, drawing: &Drawing, page: u8) {
        for text in &drawing.texts {
            self.keep(&text.text);
        }
        let left_out = drawing.left_out.iter().map(|label| format!("page {page}: no place for \"{label}\""));
        let lacking =
            drawing.lacking.iter().map(|sign| format!("page {page}: the chart fonts lack the sign {sign}"));
        self.remarks.extend(left_out.chain(lacking));
    }

    fn keep(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push(super::lint::PART);
    }

    fn html(&mut self, said: &Said) -> String {
        self.keep(&said.plain());
        said.html()
    }

    pub(super) fn say(&mut self, message: &Message) -> String {
        let said = self.pen.words.say(message);
        self.html(&said)
    }

    fn title(&mut self, message: &Message) -> String {
        let said = self.pen.words.say(message);
        self.keep(&said.plain());
        said.title_html()
    }

    pub(super) fn arg(&mut self, arg: &Arg) -> String {
        let said = self.pen.words.arg(arg);
        self.html(&said)
    }

    /// Joins sentences as the language does.
    pub(super) fn sentences(&mut self, messages: &[Message]) -> String {
        let joint = match self.pen.words.language() {
            Language::En => " ",
            Language::ZhHans => "",
        };
        messages.iter().map(|message| self.say(message)).collect::<Vec<_>>().join(joint)
    }

    pub(super) fn badge(&self, grade: Grade) -> Badge {
        let letter = format!("{grade:?}");
        Badge { word: self.pen.words.text(&format!("grade-{letter}")), letter }
    }

    fn table(&mut self, table: &Table) -> TableView {
        let is_text = |column: &str, at: usize| at == 0 || column.starts_with("text-");
        let heads = table.columns.iter().enumerate().map(|(at, column)| Head {
            words: self.pen.words.text(&format!("{}-{column}", table.name)),
            text: is_text(column, at),
        });
        let heads = heads.collect();
        let rows = table
            .rows
            .iter()
            .map(|row| Row {
                id: String::new(),
                cells: row
                    .iter()
                    .zip(&table.columns)
                    .enumerate()
                    .map(|(at, (cell, column))| TableCell {
                        class: if is_text(column, at) {
                            "t"
                        } else if column.contains("range") || cell.as_ref().is_some_and(is_not_computed) {
                            "q"
                        } else {
                            ""
                        },
                        html: cell.as_ref().map_or_else(|| "–".into(), |cell| self.arg(cell)),
                    })
                    .collect(),
            })
            .collect();
        let long = matches!(table.name.as_str(), "run" | "warnings" | "questions" | "batches");
        TableView {
            class: if long { "long".into() } else { String::new() },
            caption: self.pen.words.text(&format!("{}-caption", table.name)),
            heads,
            rows,
        }
    }

    /// The table of every number, which all ids lead to.
    fn figures(&self) -> TableView {
        let words = self.pen.words;
        let heads =
            ["id", "what", "value", "range", "level", "n", "unit", "grade", "source"].map(|column| Head {
                words: words.text(&format!("figures-{column}")),
                text: matches!(column, "id" | "what" | "unit" | "source"),
            });
        TableView {
            class: "figures".into(),
            caption: words.text("all-figures"),
            heads: heads.into(),
            rows: self.pen.document.figures.iter().map(|figure| figure_row(words, figure)).collect(),
        }
    }
}

fn is_not_computed(cell: &Arg) -> bool {
    matches!(cell, Arg::Message { message } if message.key == "not-computed")
}

fn figure_row(words: &Words, figure: &Figure) -> Row {
    let language = words.language();
    let write = |quantity: Quantity, show| number::write(&quantity, &figure.unit, show, language);
    let value = figure.value.and(figure.quantity()).map(|quantity| write(quantity, Show::Value));
    let range = figure
        .quantity()
        .filter(|quantity| quantity.range.is_some())
        .map(|quantity| write(quantity, Show::Range));
    let level = figure.level.map(|level| {
        number::write(&Quantity { value: level, range: None }, &number::Unit::Share, Show::Value, language)
    });
    let missing = if range.is_some() { "–".into() } else { words.text("not-computed") };
    let text = |class, text: String| TableCell { class, html: escape(&text) };
    let or_dash = |cell: Option<String>| text("", cell.unwrap_or_else(|| "–".into()));
    Row {
        id: figure.id.clone(),
        cells: vec![
            text("t", figure.id.clone()),
            text("t", words.say(&figure.label).plain()),
            text("", value.unwrap_or(missing)),
            or_dash(range),
            or_dash(level),
            or_dash(figure.n.map(number::count)),
            text("t", words.text(&format!("unit-{}", unit_key(&figure.unit)))),
            or_dash(figure.grade.map(|grade| format!("{grade:?}"))),
            text("t", words.text(&format!("source-{}", figure.source.replace(' ', "-")))),
        ],
    }
}

fn unit_key(unit: &number::Unit) -> &'static str {
    match unit {
        number::Unit::Index => "index",
        number::Unit::Share | number::Unit::Chance => "share",
        number::Unit::Change => "change",
        number::Unit::Money { .. } => "money",
        number::Unit::Ledger { .. } => "ledger",
        number::Unit::Points => "points",
        number::Unit::PointsPerPoint => "points-per-point",
        number::Unit::SharePerPoint => "share-per-point",
        number::Unit::Count => "count",
        number::Unit::Ratio | number::Unit::P => "ratio",
        number::Unit::Years => "years",
        number::Unit::Months => "months",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
