//! The released table of a poll as one HTML page; it knows no more of the wave than that table and its names.

use std::collections::BTreeMap;

use askama::Template;
use jiff::civil::Date;

use super::words::Language;
use crate::disclosure::{Column, Released, Row, Table, UnitId};

/// Columns beside each other in one grid: more cannot be read on a page.
const ACROSS: usize = 6;
/// Points by which a cell has to lie below the whole to be named on top.
const NOTABLE: f64 = 5.0;
/// Lower ends of the second to the fifth step of the heat map, in index points.
const STEPS: [i64; 4] = [50, 60, 70, 75];

/// What a poll's page says besides its table.
#[derive(Debug, Clone)]
pub struct PollPage {
    /// The organisation's name.
    pub organisation: String,
    /// What was asked and when: the page's title.
    pub title: String,
    /// Anonymous, or confidential.
    pub anonymous: bool,
    /// People invited.
    pub invited: usize,
    /// The day of the release.
    pub released: Date,
    /// Names of the units.
    pub units: BTreeMap<UnitId, String>,
    /// Names of constructs and items by their keys; where one is missing the key stands.
    pub columns: BTreeMap<String, String>,
    /// Questions with comments; where none are released, `None`.
    pub comments: Vec<(String, Option<Vec<String>>)>,
}

/// The fixed words of the page in one language.
struct Words {
    anonymous: &'static str,
    confidential: &'static str,
    scale: &'static str,
    steps: [&'static str; 5],
    hidden: &'static str,
    unit: &'static str,
    whole: &'static str,
    unnamed: &'static str,
    participation: &'static str,
    by_topic: &'static str,
    by_question: &'static str,
    comments: &'static str,
    comments_rule: &'static str,
    no_comments: &'static str,
    made: &'static str,
}

const ENGLISH: Words = Words {
    anonymous: "Anonymous",
    confidential: "Confidential",
    scale: "Index 0–100",
    steps: ["under 50", "50–59", "60–69", "70–74", "75 and more"],
    hidden: "Hidden",
    unit: "Unit",
    whole: "Whole organisation",
    unnamed: "Unit without a name",
    participation: "Answered",
    by_topic: "By topic",
    by_question: "By question",
    comments: "Comments",
    comments_rule: "From the whole organisation, by alphabet, apart from all ratings; shown from 10 comments on.",
    no_comments: "Not shown.",
    made: "Every screen and file shows this same table. It was made once and does not change.",
};

const CHINESE: Words = Words {
    anonymous: "匿名",
    confidential: "保密",
    scale: "指数 0–100",
    steps: ["低于 50", "50–59", "60–69", "70–74", "75 及以上"],
    hidden: "不显示",
    unit: "部门",
    whole: "全公司",
    unnamed: "未命名的部门",
    participation: "参加",
    by_topic: "按主题",
    by_question: "按题目",
    comments: "留言",
    comments_rule: "全公司的留言按文字排序，与评分分开；满 10 条才显示。",
    no_comments: "不显示。",
    made: "所有页面和文件都只用这一张表。表只生成一次，以后不变。",
};

impl Words {
    const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::ZhHans => &CHINESE,
        }
    }
}

#[derive(Template)]
#[template(path = "poll.html", config = ".config/askama.toml")]
struct View<'a> {
    language: &'static str,
    style: &'static str,
    words: &'static Words,
    organisation: &'a str,
    title: &'a str,
    facts: String,
    finding: Option<String>,
    grids: Vec<Grid>,
    rule: String,
    comments: Vec<CommentsView<'a>>,
}

/// Some columns of the table, with all its rows.
struct Grid {
    title: String,
    heads: Vec<String>,
    rows: Vec<RowView>,
}

struct RowView {
    name: String,
    above: Option<String>,
    level: usize,
    whole: bool,
    cells: Vec<CellView>,
}

struct CellView {
    head: String,
    class: String,
    text: String,
    beside: Option<String>,
}

struct CommentsView<'a> {
    question: &'a str,
    texts: &'a [String],
}

impl PollPage {
    /// Renders the table as one page without scripts, for phones and desks, light and dark.
    ///
    /// # Errors
    ///
    /// [`askama::Error`] from the template.
    pub fn render(&self, table: &Table, language: Language) -> Result<String, askama::Error> {
        let writer = Writer { page: self, table, language, words: Words::of(language) };
        View {
            language: language.tag(),
            style: include_str!("../../reports/poll.css"),
            words: writer.words,
            organisation: &self.organisation,
            title: &self.title,
            facts: writer.facts(),
            finding: writer.finding(),
            grids: writer.grids(),
            rule: writer.rule(),
            comments: self
                .comments
                .iter()
                .map(|(question, texts)| CommentsView {
                    question,
                    texts: texts.as_deref().unwrap_or_default(),
                })
                .collect(),
        }
        .render()
    }
}

struct Writer<'a> {
    page: &'a PollPage,
    table: &'a Table,
    language: Language,
    words: &'static Words,
}

impl Writer<'_> {
    fn facts(&self) -> String {
        let (page, words) = (self.page, self.words);
        let mode = if page.anonymous { words.anonymous } else { words.confidential };
        let participation = self.table.columns.iter().position(|column| *column == Column::Participation);
        let whole = self.table.rows.iter().find(|row| row.unit.is_none());
        let answered = match whole.zip(participation).and_then(|(row, column)| row.cells.get(column)) {
            Some(Released::Shown { n, .. }) => Some(*n),
            _ => None,
        };
        let (invited, date) = (page.invited, page.released);
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self.language {
            Language::En => {
                let month = date.strftime("%B");
                let answered = answered.map(|n| format!("{n} of {invited} answered · ")).unwrap_or_default();
                format!("{mode} · {answered}released once, on {day}\u{A0}{month}\u{A0}{year}")
            }
            Language::ZhHans => {
                let answered = answered.map(|n| format!("{invited} 人中 {n} 人参加；")).unwrap_or_default();
                format!("{mode}；{answered}{year} 年 {month} 月 {day} 日一次性发布")
            }
        }
    }

    fn rule(&self) -> String {
        let k = self.table.k;
        match self.language {
            Language::En => format!(
                "Hidden cells have fewer than {k} answers, or would let someone work out a neighbour. We do not say which."
            ),
            Language::ZhHans => {
                format!("不显示的格子要么不足 {k} 人回答，要么会让人推算出旁边的格子。我们不说明是哪一种。")
            }
        }
    }

    /// Topics first, then questions; questions alone where there are no topics.
    fn grids(&self) -> Vec<Grid> {
        let of = |wanted: fn(&Column) -> bool| -> Vec<usize> {
            (0..self.table.columns.len()).filter(|&column| wanted(&self.table.columns[column])).collect()
        };
        let participation = of(|column| *column == Column::Participation);
        let topics = of(|column| matches!(column, Column::Construct(_)));
        let questions = of(|column| matches!(column, Column::Item(_)));
        let mut sets = Vec::new();
        sets.extend(even(&topics).map(|set| (self.words.by_topic, set)));
        sets.extend(even(&questions).map(|set| (self.words.by_question, set)));
        sets.iter()
            .enumerate()
            .map(|(place, (title, set))| {
                let parts = sets.iter().filter(|(other, _)| other == title).count();
                let part = sets[..=place].iter().filter(|(other, _)| other == title).count();
                let title = match (parts, self.language) {
                    (1, _) => (*title).to_owned(),
                    (_, Language::En) => format!("{title} ({part}/{parts})"),
                    (_, Language::ZhHans) => format!("{title}（{part}/{parts}）"),
                };
                let first: &[usize] = if place == 0 { &participation } else { &[] };
                self.grid(title, &[first, set].concat())
            })
            .collect()
    }

    fn grid(&self, title: String, columns: &[usize]) -> Grid {
        let heads: Vec<String> = columns.iter().map(|&column| self.head(column)).collect();
        let mut rows: Vec<&Row> = self.table.rows.iter().filter(|row| row.unit.is_some()).collect();
        rows.extend(self.table.rows.iter().filter(|row| row.unit.is_none()));
        let row = |row: &Row| RowView {
            name: self.unit(row.unit),
            above: self.above(row),
            level: row.level.min(4),
            whole: row.unit.is_none(),
            cells: columns.iter().zip(&heads).map(|(&column, head)| self.cell(row, column, head)).collect(),
        };
        Grid { title, rows: rows.into_iter().map(row).collect(), heads }
    }

    fn cell(&self, row: &Row, column: usize, head: &str) -> CellView {
        let head = head.to_owned();
        match (row.cells.get(column), &self.table.columns[column]) {
            (Some(Released::Shown { n, mean }), Column::Participation) => {
                let share = match self.language {
                    Language::En => format!("{}\u{A0}%", points(*mean)),
                    Language::ZhHans => format!("{}%", points(*mean)),
                };
                CellView { head, class: "part".to_owned(), text: share, beside: Some(self.count(*n)) }
            }
            (Some(Released::Shown { n, mean }), kind) => {
                let points = points(*mean);
                let step = 1 + STEPS.iter().filter(|&&end| points >= end).count();
                let beside = matches!(kind, Column::Item(_)).then(|| self.count(*n));
                CellView { head, class: format!("h{step}"), text: points.to_string(), beside }
            }
            _ => CellView { head, class: "sup".to_owned(), text: self.words.hidden.to_owned(), beside: None },
        }
    }

    fn count(&self, n: usize) -> String {
        match self.language {
            Language::En => format!("n\u{A0}{n}"),
            Language::ZhHans => format!("{n}\u{A0}人"),
        }
    }

    fn head(&self, column: usize) -> String {
        match &self.table.columns[column] {
            Column::Participation => self.words.participation.to_owned(),
            Column::Construct(key) | Column::Item(key) => self.page.columns.get(key).unwrap_or(key).clone(),
        }
    }

    fn unit(&self, unit: Option<UnitId>) -> String {
        match unit {
            None => self.words.whole.to_owned(),
            Some(id) => self.page.units.get(&id).cloned().unwrap_or_else(|| self.words.unnamed.to_owned()),
        }
    }

    /// The unit above, which on a phone no indent shows.
    fn above(&self, row: &Row) -> Option<String> {
        let place = self.table.rows.iter().position(|other| other == row)?;
        let above = self.table.rows[..place].iter().rev().find(|other| other.level < row.level)?;
        above.unit.map(|id| self.unit(Some(id)))
    }

    /// The shown cell of the topics, or else of the questions, that lies furthest below the whole.
    fn finding(&self) -> Option<String> {
        let whole = self.table.rows.iter().find(|row| row.unit.is_none())?;
        let topics = self.table.columns.iter().any(|column| matches!(column, Column::Construct(_)));
        let counts = |column: &Column| match column {
            Column::Participation => false,
            Column::Construct(_) => true,
            Column::Item(_) => !topics,
        };
        let mean = |row: &Row, column: usize| match row.cells.get(column) {
            Some(Released::Shown { mean, .. }) => Some(*mean),
            _ => None,
        };
        let mut lowest: Option<(f64, usize, &Row)> = None;
        for column in (0..self.table.columns.len()).filter(|&column| counts(&self.table.columns[column])) {
            for row in self.table.rows.iter().filter(|row| row.unit.is_some()) {
                let Some(below) = mean(whole, column).zip(mean(row, column)).map(|(all, one)| all - one)
                else {
                    continue;
                };
                if below >= NOTABLE && lowest.is_none_or(|(most, ..)| below > most) {
                    lowest = Some((below, column, row));
                }
            }
        }
        let (_, column, row) = lowest?;
        let (name, unit) = (self.head(column), self.unit(row.unit));
        let (here, all) = (points(mean(row, column)?), points(mean(whole, column)?));
        Some(match self.language {
            Language::En => {
                format!("Furthest below the whole: “{name}” in {unit}, {here} against {all}.")
            }
            Language::ZhHans => format!("与全公司差距最大的是{unit}的“{name}”：{here} 分，全公司 {all} 分。"),
        })
    }
}

/// Parts columns into grids of about the same width.
fn even(columns: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let grids = columns.len().div_ceil(ACROSS).max(1);
    columns.chunks(columns.len().div_ceil(grids).max(1)).map(<[usize]>::to_vec)
}

/// Whole index points, as they are printed and coloured.
fn points(mean: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "index points lie between 0 and 100")]
    let points = mean.round() as i64;
    points
}

#[cfg(test)]
#[path = "poll_tests.rs"]
mod tests;
