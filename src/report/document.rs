//! The typed document that every form of the report is written from. It holds no words: messages are keys with
//! numbers, and every number is a figure with an id that leads to page 10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::number::{self, Quantity, Show, Unit};
use crate::analysis::{
    Analysis, Distribution, Driver, Estimate, Frame, Grade, InvestmentFinding, Relation, WavePoint,
};

use crate::store::report::ImportedFile;
use crate::survey::Instrument;

/// A whole quarterly report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The quarter that it is for.
    pub period: String,
    /// What was asked and of whom, with seed, hashes and program version.
    pub frame: Frame,
    /// The pages that are built, in order; the last one is page 10.
    pub pages: Vec<Page>,
    /// Pages that are not computed: number and key of the name.
    pub pending: Vec<(String, String)>,
    /// Every number of the report.
    pub figures: Vec<Figure>,
}

impl Document {
    /// Builds the document of an analysis for a quarter: no words, no files, the same every time.
    pub fn build(analysis: &Analysis, period: &str) -> Self {
        super::build::build(analysis, period)
    }

    /// Lists on page 10 the files that are in the data.
    pub fn list_files(&mut self, files: &[ImportedFile]) {
        let rows = files.iter().map(|file| {
            vec![
                Some(Arg::text(&file.kind)),
                Some(Arg::text(&file.file_sha256)),
                Some(Arg::text(number::count(usize::try_from(file.rows_in).unwrap_or_default()))),
                Some(Arg::text(number::count(usize::try_from(file.rows_applied).unwrap_or_default()))),
                Some(Arg::text(number::count(
                    usize::try_from(file.rows_in - file.rows_applied).unwrap_or_default(),
                ))),
            ]
        });
        self.append("batches", &["text-kind", "text-file", "rows", "applied", "left"], rows.collect());
    }

    /// Lists on page 10 the questions in full.
    pub fn list_questions(&mut self, survey: &Instrument) {
        let rows = survey.items.iter().map(|item| {
            vec![
                Some(Arg::text(&item.key)),
                Some(Arg::Names { key: item.key.clone(), names: item.text.clone() }),
            ]
        });
        self.append("questions", &["text-key", "text-question"], rows.collect());
    }

    fn append(&mut self, name: &str, columns: &[&str], rows: Vec<Vec<Option<Arg>>>) {
        let columns = columns.iter().map(|&column| column.into()).collect();
        if let Some(page) = self.pages.last_mut().filter(|_| !rows.is_empty()) {
            page.tables.push(Table { name: name.into(), columns, rows });
        }
    }
}

/// A number of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Where it leads, for example `O5.12`.
    pub id: String,
    /// What it is.
    pub label: Message,
    /// The number; `None` where it is not computed.
    pub value: Option<f64>,
    /// Lower end of its range.
    pub low: Option<f64>,
    /// Upper end of its range.
    pub high: Option<f64>,
    /// Share of draws or samples that the range covers.
    pub level: Option<f64>,
    /// Observations that it rests on.
    pub n: Option<usize>,
    /// How it is written.
    pub unit: Unit,
    /// Evidence grade, where it is a claim.
    pub grade: Option<Grade>,
    /// What it was taken from: `answers`, `ledger`, `curve`, `draws`, `investment file`, `counts`, `analysis file`.
    pub source: String,
    /// The quarter in which it can be held against what happened, where it speaks of the future.
    pub due: Option<String>,
}

impl Figure {
    /// Returns the number with its range.
    pub fn quantity(&self) -> Option<Quantity> {
        let range = self.low.zip(self.high);
        // A range without a middle of its own is written as a range only.
        Some(Quantity { value: self.value.or(range.map(|range| range.0))?, range })
    }
}

/// A sentence: a key of the text files and what stands in its places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Key of `reports/text/*.ftl`.
    pub key: String,
    /// Variables by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, Arg>,
}

impl Message {
    /// A sentence without variables.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), args: BTreeMap::new() }
    }

    /// Sets a variable.
    pub fn with(mut self, name: &str, arg: Arg) -> Self {
        self.args.insert(name.into(), arg);
        self
    }

    /// Sets a variable to a number of the report.
    pub fn figure(self, name: &str, id: &str, show: Show) -> Self {
        self.with(name, Arg::Figure { id: id.into(), show })
    }

    /// Sets a variable to a number of the report, or to "not computed" where it has none.
    pub fn figure_or(self, name: &str, id: Option<&str>, show: Show) -> Self {
        match id {
            Some(id) => self.figure(name, id, show),
            None => self.message(name, Self::new("not-computed")),
        }
    }

    /// Sets a variable to a name as it was imported.
    pub fn name(self, name: &str, text: &str) -> Self {
        self.with(name, Arg::Text { text: text.into() })
    }

    /// Sets a variable to another sentence.
    pub fn message(self, name: &str, message: Self) -> Self {
        self.with(name, Arg::Message { message })
    }

    /// Sets a variable to a quarter.
    pub fn period(self, name: &str, period: &str) -> Self {
        self.with(name, Arg::Period { period: period.into() })
    }
}

/// What stands in a place of a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Arg {
    /// A number of the report.
    Figure {
        /// Its id.
        id: String,
        /// Which part of it.
        show: Show,
    },
    /// A name as it was imported.
    Text {
        /// The name.
        text: String,
    },
    /// A name by language.
    Names {
        /// What is written where no language has a name.
        key: String,
        /// Names by language tag.
        names: BTreeMap<String, String>,
    },
    /// A sentence inside the sentence.
    Message {
        /// The inner sentence.
        message: Message,
    },
    /// A quarter.
    Period {
        /// As in `2026Q3`.
        period: String,
    },
    /// Several, joined as the language does.
    List {
        /// The parts.
        items: Vec<Arg>,
    },
}

impl Arg {
    /// A sentence as an argument or a cell.
    pub fn say(message: Message) -> Self {
        Self::Message { message }
    }

    /// A number as an argument or a cell.
    pub fn figure(id: &str, show: Show) -> Self {
        Self::Figure { id: id.into(), show }
    }

    /// A name as an argument or a cell.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Its number.
    pub number: u8,
    /// Key of its name.
    pub name: String,
    /// The finding.
    pub title: Message,
    /// One or two sentences on how to read it.
    pub deck: Vec<Message>,
    /// The one chart.
    pub chart: Option<Chart>,
    /// Number cells, on page 1.
    pub cells: Vec<NumberCell>,
    /// Tables under the chart.
    pub tables: Vec<Table>,
    /// Short remarks under the tables.
    pub notes: Vec<Message>,
    /// Rows of page 5, beside the chart's rows.
    pub rows: Vec<InvestmentRow>,
    /// The grade beside "how sure", where the page makes a claim.
    pub grade: Option<Grade>,
    /// How sure.
    pub sure: Vec<Message>,
    /// What to do.
    pub advice: Vec<Message>,
    /// The foot line.
    pub foot: Vec<Message>,
}

/// A number cell of page 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberCell {
    /// Key of its name.
    pub name: String,
    /// The id in the corner.
    pub id: String,
    /// The large words or number.
    pub large: Arg,
    /// What stands beside it.
    pub beside: Option<Message>,
    /// One or two sentences.
    pub text: Vec<Message>,
    /// Its grade, where it is a claim.
    pub grade: Option<Grade>,
}

/// A row of page 5.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvestmentRow {
    /// The investment's name.
    pub name: String,
    /// The verdict.
    pub verdict: Message,
    /// What else is to be said; one or two sentences.
    pub explanation: Vec<Message>,
    /// Customers and revenue still below, or when a refusal ends.
    pub below: Option<Message>,
    /// Spend a year.
    pub invest: Option<Arg>,
    /// Likely gain.
    pub gain: Option<Arg>,
    /// Its range.
    pub gain_range: Option<Arg>,
    /// A condition of the gain.
    pub gain_note: Option<Message>,
    /// Chance of loss.
    pub loss: Option<Arg>,
    /// Its grade.
    pub grade: Grade,
    /// What the picture's labels say.
    pub labels: RowLabels,
}

/// Numbers that stand inside the picture of a row, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RowLabels {
    /// The zone.
    pub zone: Option<String>,
    /// The best level.
    pub best: Option<String>,
    /// Ticks: spend and driver level.
    pub ticks: Vec<(String, String)>,
    /// Driver's level today.
    pub driver_today: Option<String>,
    /// What a refusal has and needs, where more of the same would help.
    pub progress: Option<(String, String)>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Key of its name; its column heads are `NAME-COLUMN`.
    pub name: String,
    /// Column keys; the first is text, the others are numbers unless they begin with `text-`.
    pub columns: Vec<String>,
    /// Rows, as many cells as columns; `None` is an en dash.
    pub rows: Vec<Vec<Option<Arg>>>,
}

/// What a chart is drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Chart {
    /// One investment, large.
    Answer {
        /// The axis and the strip.
        ground: Ground,
        /// The proven plateau's id and estimate.
        plateau: Option<(String, Estimate)>,
        /// The investment.
        investment: Box<InvestmentFinding>,
        /// Its row, for the words.
        row: Box<InvestmentRow>,
    },
    /// The index by wave.
    Waves {
        /// Oldest first.
        waves: Vec<WavePoint>,
        /// Id of today's index.
        today: String,
        /// Last companions: name key and id.
        companions: Vec<(String, String)>,
    },
    /// Outcomes against satisfaction.
    Outcomes {
        /// The axis and the strip.
        ground: Ground,
        /// From top to bottom.
        panels: Vec<OutcomePanel>,
    },
    /// The priority matrix.
    Priorities {
        /// Strongest first.
        drivers: Vec<Driver>,
    },
    /// Row by row.
    Investments {
        /// The axis and the strip.
        ground: Ground,
        /// The proven plateau's id and estimate.
        plateau: Option<(String, Estimate)>,
        /// As many as rows, in the same order.
        investments: Vec<InvestmentFinding>,
    },
}

/// What charts over the satisfaction axis share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ground {
    /// Where customers are.
    pub distribution: Distribution,
    /// The index today.
    pub today: Estimate,
    /// Its id.
    pub today_id: String,
    /// Id of the observed range.
    pub observed_id: String,
}

/// One panel of outcomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomePanel {
    /// The heading.
    pub heading: Message,
    /// Which outcome: `retention`, `revenue`, `money`.
    pub outcome: String,
    /// The relation.
    pub relation: Relation,
    /// What the curve says, at most three short lines.
    pub note: Option<Message>,
    /// The value at the right end of the curve, by id, with the level.
    pub end: Option<String>,
    /// Id of the plateau.
    pub plateau: Option<String>,
}
