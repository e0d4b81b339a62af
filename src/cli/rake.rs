//! `cam rake`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::measurement::mean;
use cam_stats::raking::{Margin, rake, raked_mean};
use cam_stats::{Interval, Refusal};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::adhoc::{Cells, Data, Fault, Kept, Missing, Seconds, Told, Wanted, digits, print, write_counts};
use super::rows;
use crate::import::table::TableError;

/// Level of the intervals.
const LEVEL: f64 = 0.95;
/// Distance of a sum from what it has to be that is put down to rounding, relative.
const ROUNDING: f64 = 1e-6;
/// Cells whose weights are printed.
const CELLS: usize = 100;

/// Weights answers so that known groups of customers count as much as they do among all (raking).
///
/// MARGINS.toml names one table for each grouping, [margin.COLUMN], and in it for each label its share of all
/// customers (shares sum to 1) or its number of customers.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cam rake answers.csv --margins margins.toml --value satisfaction --out weights.csv\n\n\
                  with this margins.toml:\n  population = 5000\n  [margin.segment]\n  A = 0.40\n  B = 0.35\n  C = 0.25\n  \
                  [margin.region]\n  north = 0.40\n  south = 0.60"
)]
pub(super) struct Rake {
    /// CSV file with a header (gzip too) or Parquet file; empty cells and NA are missing
    file: PathBuf,
    /// TOML file of the population and of the margins
    #[arg(long, value_name = "FILE")]
    margins: PathBuf,
    /// Column of the weights to begin with [default: the population over the rows, for each]
    #[arg(long, value_name = "COLUMN")]
    start: Option<String>,
    /// Column whose mean is estimated
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// Write the weight of each row to this CSV file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cells: Cells,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// MARGINS.toml.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    population: Option<Spanned<f64>>,
    margin: BTreeMap<String, BTreeMap<String, Spanned<f64>>>,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Answer {
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    population: f64,
    margins: Vec<Grouping>,
    cycles: usize,
    margin_error: f64,
    trimmed: usize,
    design_effect: f64,
    effective_n: f64,
    cells: Vec<Cell>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<Means>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weights: Vec<f64>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

/// A margin and the sample beside it.
#[derive(Debug, Serialize)]
struct Grouping {
    margin: String,
    groups: Vec<Group>,
    #[serde(skip)]
    of_rows: Vec<usize>,
    #[serde(skip)]
    totals: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Group {
    label: String,
    n: usize,
    share_of_rows: f64,
    population: f64,
    share_of_population: f64,
}

/// Rows with the same labels.
#[derive(Debug, Serialize)]
struct Cell {
    labels: BTreeMap<String, String>,
    n: usize,
    weight_low: f64,
    weight_high: f64,
}

#[derive(Debug, Serialize)]
struct Means {
    value: String,
    unweighted: f64,
    mean: f64,
    std_error_fixed: f64,
    ci_low_fixed: f64,
    ci_high_fixed: f64,
    std_error: f64,
    ci_low: f64,
    ci_high: f64,
}

fn refused(code: &'static str, message: String) -> Fault {
    Fault::Refused { code, message }
}

impl Plan {
    fn read(path: &Path) -> Result<(Self, String), Fault> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Fault::Table(TableError::File { path: path.to_owned(), source }))?;
        let plan: Self = toml::from_str(&text)
            .map_err(|error| refused("E_MARGINS", format!("{}: {error}", path.display())))?;
        if plan.margin.is_empty() || plan.margin.values().any(BTreeMap::is_empty) {
            let message =
                format!("{}: each margin is a table [margin.COLUMN] of labels and shares", path.display());
            return Err(refused("E_MARGINS", message));
        }
        Ok((plan, text))
    }
}

/// The margins with their place in the file, for messages.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    /// File and line of a value.
    fn at(&self, value: &Spanned<f64>) -> String {
        let before = self.text.get(..value.span().start).unwrap_or_default();
        format!("{}, line {}", self.path.display(), before.matches('\n').count() + 1)
    }

    /// Totals of a margin in customers; shares are known by their sum or, without one, by none being above 1.
    fn totals(
        &self,
        name: &str,
        groups: &BTreeMap<String, Spanned<f64>>,
        population: Option<f64>,
        rows: usize,
    ) -> Result<Vec<f64>, Fault> {
        for (label, value) in groups {
            let number = *value.get_ref();
            if !(number >= 0.0 && number.is_finite()) {
                let message =
                    format!("{}: {label} of margin {name} is {number}, not 0 or more", self.at(value));
                return Err(refused("E_NEGATIVE", message));
            }
        }
        let values: Vec<f64> = groups.values().map(|value| *value.get_ref()).collect();
        let sum: f64 = values.iter().sum();
        let place = groups.values().next().map(|value| self.at(value)).unwrap_or_default();
        if values.iter().all(|value| *value <= 1.0) {
            if (sum - 1.0).abs() > ROUNDING {
                let message =
                    format!("{place}: the shares of margin {name} sum to {sum}, not to 1; correct them");
                return Err(refused("E_MARGIN_TOTALS", message));
            }
            let all = population.unwrap_or(rows as f64);
            return Ok(values.iter().map(|share| share * all).collect());
        }
        match population {
            Some(all) if (sum - all).abs() > ROUNDING * all => {
                let message = format!(
                    "{place}: the customers of margin {name} sum to {sum}, where the population is {all}; take \
                     all margins from the same customers"
                );
                Err(refused("E_MARGIN_TOTALS", message))
            }
            _ => Ok(values),
        }
    }

    /// Puts each row into its group of the margin.
    fn group(
        &self,
        name: &str,
        wanted: &BTreeMap<String, Spanned<f64>>,
        totals: Vec<f64>,
        kept: &Kept,
    ) -> Result<Grouping, Fault> {
        let labels: Vec<&String> = wanted.keys().collect();
        let mut counts = vec![0; labels.len()];
        let mut places = Vec::with_capacity(kept.ids.len());
        for id in &kept.ids {
            let label = kept.names.get(*id).map_or("", String::as_str);
            let Ok(place) = labels.binary_search_by(|wanted| wanted.as_str().cmp(label)) else {
                let rows = kept.ids.iter().filter(|other| *other == id).count();
                let message = format!(
                    "{}: {name} holds the label {label:?} in {rows} rows, which [margin.{name}] does not name; add \
                     it, or merge it with another label in the file",
                    self.path.display()
                );
                return Err(refused("E_UNKNOWN_LABEL", message));
            };
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
            places.push(place);
        }
        let all: f64 = totals.iter().sum();
        let rows = kept.ids.len() as f64;
        let groups: Vec<Group> = labels
            .iter()
            .zip(&counts)
            .zip(&totals)
            .map(|((label, n), total)| Group {
                label: (*label).clone(),
                n: *n,
                share_of_rows: *n as f64 / rows,
                population: *total,
                share_of_population: total / all,
            })
            .collect();
        if let Some(group) = groups.iter().find(|group| group.n == 0 && group.population > 0.0) {
            let place = wanted.get(&group.label).map(|value| self.at(value)).unwrap_or_default();
            return Err(empty(&place, name, &group.label));
        }
        Ok(Grouping { margin: name.to_owned(), groups, of_rows: places, totals })
    }
}

fn empty(place: &str, margin: &str, label: &str) -> Fault {
    let message = format!(
        "{place}: nobody in the file has {margin} {label:?} (or a weight there), so that no weight can bring that \
         group to its size; merge it with a neighbouring group, in both files"
    );
    refused("E_EMPTY_MARGIN", message)
}

impl Rake {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let (plan, text) = Plan::read(&self.margins)?;
        let source = Source { path: &self.margins, text: &text };
        let population = plan.population.as_ref().map(|population| *population.get_ref());
        if let Some(value) = &plan.population
            && !(*value.get_ref() > 0.0 && value.get_ref().is_finite())
        {
            let message = format!("{}: the population has to be a number above 0", source.at(value));
            return Err(refused("E_MARGIN_TOTALS", message));
        }
        let names: Vec<String> = plan.margin.keys().cloned().collect();
        let starts: Vec<String> = self.start.clone().into_iter().collect();
        let wanted = Wanted {
            outcome: self.value.as_deref(),
            event: None,
            cells: &self.cells,
            drivers: &starts,
            factors: &[],
            labels: &names,
            extras: &[],
            missing: Missing::Complete,
        };
        let data = Data::read(&self.file, &wanted)?;
        let start_of_fit = Instant::now();
        let rows = data.rows().count();
        // Counts say how many customers there are, where nothing else does.
        let counted = || plan.margin.values().map(counted).find(|sum| *sum > 0.0);
        let population = population.or_else(counted);
        let mut margins = Vec::new();
        for ((name, groups), kept) in plan.margin.iter().zip(&data.labels) {
            let totals = source.totals(name, groups, population, rows)?;
            margins.push(source.group(name, groups, totals, kept)?);
        }
        let population = population.unwrap_or(rows as f64);
        let base = data.columns.first().cloned().unwrap_or_else(|| vec![population / rows as f64; rows]);
        let taken: Vec<Margin<'_>> =
            margins.iter().map(|m| Margin { groups: &m.of_rows, totals: &m.totals }).collect();
        let named = |refusal| name_margin(&data, &self.margins, &margins, refusal);
        let found = rake(&base, &taken).map_err(named)?;
        let mean = self.value.as_ref().map(|value| -> Result<Means, Refusal> {
            let raked = raked_mean(&data.outcome, &found.weights, &taken, LEVEL)?;
            let Interval { low, high, .. } = raked.interval;
            Ok(Means {
                value: value.clone(),
                unweighted: mean(&data.outcome, LEVEL, None)?.mean,
                mean: raked.fixed.mean,
                std_error_fixed: raked.fixed.std_error,
                ci_low_fixed: raked.fixed.interval.low,
                ci_high_fixed: raked.fixed.interval.high,
                std_error: raked.std_error,
                ci_low: low,
                ci_high: high,
            })
        });
        let mean = mean.transpose().map_err(named)?;
        if let Some(out) = &self.out {
            let lines = data.rows().zip(&found.weights).map(|(row, w)| vec![row.to_string(), w.to_string()]);
            rows::write(out, &["row", "weight"], lines)?;
        }
        let few = self.out.is_none() && rows <= rows::FEW;
        Ok(Answer {
            n: rows,
            n_available: data.available,
            dropped: data.available - rows,
            dropped_by: data.dropped_by.clone(),
            population,
            cells: cells(&margins, &found.weights),
            margins,
            cycles: found.cycles,
            margin_error: found.margin_error,
            trimmed: found.trimmed,
            design_effect: found.design_effect,
            effective_n: found.effective_n,
            mean,
            out: self.out.clone(),
            weights: if few { found.weights } else { Vec::new() },
            told: data.told(&[]),
            seconds: Seconds { read: data.seconds, fit: start_of_fit.elapsed().as_secs_f64() },
        })
    }
}

/// Customers of a margin of counts; 0 for one of shares.
fn counted(groups: &BTreeMap<String, Spanned<f64>>) -> f64 {
    let values = || groups.values().map(|value| *value.get_ref());
    if values().all(|value| value <= 1.0) { 0.0 } else { values().sum() }
}

/// A refusal with the names of margin and label.
fn name_margin(data: &Data, path: &Path, margins: &[Grouping], refusal: Refusal) -> Fault {
    if let Refusal::EmptyMargin { margin, group } = refusal
        && let Some(margin) = margins.get(margin)
        && let Some(group) = margin.groups.get(group)
    {
        return empty(&path.display().to_string(), &margin.margin, &group.label);
    }
    if let Refusal::MarginTotals { margin } = refusal
        && let (Some(margin), Some(first)) = (margins.get(margin), margins.first())
    {
        let (name, first) = (&margin.margin, &first.margin);
        let message = format!(
            "margin {name} sums to another population than {first}; take both from the same customers"
        );
        return refused(refusal.code(), message);
    }
    data.refused(refusal)
}

/// Weights by the labels of all margins.
fn cells(margins: &[Grouping], weights: &[f64]) -> Vec<Cell> {
    let mut cells: BTreeMap<Vec<usize>, (usize, f64, f64)> = BTreeMap::new();
    for (row, weight) in weights.iter().enumerate() {
        let key = margins.iter().filter_map(|margin| margin.of_rows.get(row).copied()).collect();
        let cell = cells.entry(key).or_insert((0, f64::INFINITY, 0.0));
        *cell = (cell.0 + 1, cell.1.min(*weight), cell.2.max(*weight));
    }
    if cells.len() > CELLS {
        return Vec::new();
    }
    cells
        .into_iter()
        .map(|(key, (n, weight_low, weight_high))| Cell {
            labels: margins
                .iter()
                .zip(key)
                .filter_map(|(margin, place)| {
                    Some((margin.margin.clone(), margin.groups.get(place)?.label.clone()))
                })
                .collect(),
            n,
            weight_low,
            weight_high,
        })
        .collect()
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "weights for {} customers", digits(self.population))?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        writeln!(
            out,
            "\nweighting costs precision: {} rows are worth {} of equal weight (design effect {})\n",
            self.n,
            digits(self.effective_n),
            digits(self.design_effect)
        )?;
        for margin in &self.margins {
            let width = margin.groups.iter().map(|group| group.label.chars().count()).max().unwrap_or(0);
            let width = width.max(margin.margin.chars().count());
            writeln!(
                out,
                "{:width$} {:>8} {:>10} {:>12} {:>10}",
                margin.margin, "rows", "share", "customers", "share"
            )?;
            for group in &margin.groups {
                let rows = format!("{:.2} %", 100.0 * group.share_of_rows);
                let all = format!("{:.2} %", 100.0 * group.share_of_population);
                let (label, n, size) = (&group.label, group.n, digits(group.population));
                writeln!(out, "{label:width$} {n:>8} {rows:>10} {size:>12} {all:>10}")?;
            }
            writeln!(out)?;
        }
        for cell in &self.cells {
            let labels: Vec<String> =
                cell.labels.iter().map(|(margin, label)| format!("{margin} {label}")).collect();
            let (low, high) = (digits(cell.weight_low), digits(cell.weight_high));
            let weight = if low == high { low } else { format!("{low} to {high}") };
            writeln!(out, "weight of {}: {weight} ({} rows)", labels.join(", "), cell.n)?;
        }
        if let Some(mean) = &self.mean {
            let interval = |low, high| format!("95 %: {} to {}", digits(low), digits(high));
            let (unweighted, raked) = (digits(mean.unweighted), digits(mean.mean));
            writeln!(out, "\nmean of {}: {raked} ({unweighted} without weights)", mean.value)?;
            let (error, range) = (digits(mean.std_error), interval(mean.ci_low, mean.ci_high));
            writeln!(out, "  std. error {error} that knows of the raking ({range})")?;
            let range = interval(mean.ci_low_fixed, mean.ci_high_fixed);
            writeln!(
                out,
                "  std. error {} as if the weights were fixed ({range})",
                digits(mean.std_error_fixed)
            )?;
        }
        let error = digits(self.margin_error);
        writeln!(out, "\n{} cycles, largest relative distance from a margin {error}", self.cycles)?;
        if self.trimmed > 0 {
            writeln!(out, "{} weights were cut to five times the median, then raked again", self.trimmed)?;
        }
        if let Some(path) = &self.out {
            writeln!(out, "the weight of each row is in {}", path.display())?;
        }
        self.told.write(out)
    }
}
