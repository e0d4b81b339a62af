//! `cam pls`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::importance_map::{Field, ImportanceMap, importance_map};
use cam_stats::pls::{self, Model, PathModel, Scheme};
use cam_stats::spread::{Draws, Resampling, Spread};
use cam_stats::{Column, Interval, Refusal};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::adhoc::{Fault, Seconds, Told, digits, print, write_counts};
use super::toml_file::Source;
use crate::import::table;

/// Replicates that fit into a working day.
const MOST_DRAWS: i64 = 100_000;

/// Fits a path model of latent variables (partial least squares, as in ACSI and ECSI) to columns of answers.
///
/// Prints paths with bootstrap intervals, R-squared, loadings and weights, reliability (AVE, CR, alpha, `rho_A`),
/// HTMT, and total effects; with a scale also impacts in points per point and performances from 0 to 100. A missing
/// answer is filled with the item's mean if every item misses fewer than 5 %, else its row is left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam pls answers.csv --model model.toml --target Satisfaction\n\n\
    model.toml:\n  scale = [1, 10]                  # lowest and highest answer; leave it out for standardised units\n  \
    paths = [[\"Image\", \"Satisfaction\"], [\"Quality\", \"Satisfaction\"]]\n  \
    scheme = \"path\"                  # or \"centroid\", \"factor\"; may be left out\n\n  \
    [latent]\n  Image = [\"IMAG1\", \"IMAG2\"]\n  Quality = [\"PERQ1\", \"PERQ2\", \"PERQ3\"]\n  \
    Satisfaction = [\"CUSA1\", \"CUSA2\", \"CUSA3\"]\n\n  \
    [scales]                         # items with a scale of their own\n  IMAG2 = [0, 100]")]
pub(super) struct Pls {
    /// CSV file with a header (gzip too) or Parquet file; empty cells and NA are missing
    file: PathBuf,
    /// TOML file that describes the model, as below
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Replicates of the bootstrap; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=MOST_DRAWS))]
    draws: u32,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Column that says which rows belong together, for the bootstrap
    #[arg(long, value_name = "COLUMN")]
    cluster: Option<String>,
    /// Latent variable for which the importance-performance map is drawn up
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// Cells that mean "missing" besides empty ones and NA, separated by commas
    #[arg(long, value_name = "CODE", value_delimiter = ',', allow_hyphen_values = true)]
    na: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A model as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    #[serde(default)]
    scheme: Scheme,
    scale: Option<[f64; 2]>,
    #[serde(default)]
    scales: BTreeMap<String, Spanned<[f64; 2]>>,
    latent: BTreeMap<Spanned<String>, Vec<String>>,
    paths: Vec<[Spanned<String>; 2]>,
}

/// A model with the names of its latent variables and items, in the order of the file.
struct Named {
    latents: Vec<String>,
    items: Vec<String>,
    scales: Option<Vec<(f64, f64)>>,
    model: Model,
}

#[derive(Debug, Serialize)]
struct Answer {
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    filled: BTreeMap<String, usize>,
    scheme: Scheme,
    iterations: usize,
    bootstrap: Option<Draws>,
    paths: Vec<PathRow>,
    latents: Vec<LatentRow>,
    items: Vec<ItemRow>,
    effects: Vec<EffectRow>,
    htmt: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<Map>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

/// A number with its bootstrap.
#[derive(Debug, Clone, Copy, Serialize)]
struct Figure {
    estimate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    std_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ci_low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ci_high: Option<f64>,
}

impl Figure {
    fn new(estimate: f64, spread: Option<Spread>) -> Self {
        Self {
            estimate,
            std_error: spread.map(|spread| spread.sd),
            ci_low: spread.map(|spread| spread.low),
            ci_high: spread.map(|spread| spread.high),
        }
    }

    fn range(&self) -> String {
        match (self.ci_low, self.ci_high) {
            (Some(low), Some(high)) => format!("{} to {}", digits(low), digits(high)),
            _ => "-".to_owned(),
        }
    }
}

#[derive(Debug, Serialize)]
struct PathRow {
    from: String,
    to: String,
    #[serde(flatten)]
    coefficient: Figure,
    f_squared: Option<f64>,
    vif: f64,
}

#[derive(Debug, Serialize)]
struct LatentRow {
    latent: String,
    r_squared: Option<f64>,
    adjusted_r_squared: Option<f64>,
    ave: Option<f64>,
    composite_reliability: Option<f64>,
    alpha: Option<f64>,
    rho_a: Option<f64>,
    performance: Option<Figure>,
    sd: Option<f64>,
}

#[derive(Debug, Serialize)]
struct ItemRow {
    item: String,
    latent: String,
    loading: Figure,
    weight: Figure,
    index_weight: Option<f64>,
    missing: usize,
}

#[derive(Debug, Serialize)]
struct EffectRow {
    from: String,
    to: String,
    total: Figure,
    impact: Option<Figure>,
}

#[derive(Debug, Serialize)]
struct Pair {
    first: String,
    second: String,
    ratio: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Map {
    target: String,
    importance_split: f64,
    performance_split: f64,
    places: Vec<Place>,
}

#[derive(Debug, Serialize)]
struct Place {
    latent: String,
    field: Field,
    importance: f64,
    importance_low: f64,
    importance_high: f64,
    performance: f64,
    performance_low: f64,
    performance_high: f64,
}

/// Columns of answers in which NaN is missing.
struct Answers {
    columns: Vec<Vec<f64>>,
    clusters: Option<Vec<usize>>,
    available: usize,
    without_cluster: usize,
}

impl Named {
    fn read(path: &std::path::Path) -> Result<Self, Fault> {
        let (source, file): (Source, ModelFile) = Source::read(path)?;
        let mut latents: Vec<(&Spanned<String>, &Vec<String>)> = file.latent.iter().collect();
        latents.sort_by_key(|(name, _)| name.span().start);
        let names: Vec<String> = latents.iter().map(|(name, _)| name.get_ref().clone()).collect();
        let mut items: Vec<String> = Vec::new();
        let mut blocks = Vec::new();
        for (_, block) in &latents {
            // An item that stands twice keeps its position, so that the statistics can say so.
            blocks.push(block.iter().map(|item| position_or_push(&mut items, item)).collect());
        }
        let mut paths = Vec::new();
        for [from, to] in &file.paths {
            let end = |name: &Spanned<String>| {
                let at = names.iter().position(|known| known == name.get_ref());
                let message = format!(
                    "there is no latent variable {:?}; there are: {}",
                    name.get_ref(),
                    names.join(", ")
                );
                at.ok_or_else(|| source.fault("E_MODEL", name.span(), &message))
            };
            paths.push((end(from)?, end(to)?));
        }
        let scales = scales(&source, &file, &items)?;
        let model = Model { blocks, paths, scheme: file.scheme };
        Ok(Self { latents: names, items, scales, model })
    }

    fn name(&self, column: Column) -> String {
        let known = match column {
            Column::Driver(item) => self.items.get(item),
            Column::Latent(latent) => self.latents.get(latent),
            Column::Outcome | Column::Weight => None,
        };
        known.cloned().unwrap_or_else(|| "a column".to_owned())
    }

    fn latent(&self, latent: usize) -> String {
        self.name(Column::Latent(latent))
    }

    fn refused(&self, refusal: Refusal) -> Fault {
        Fault::Refused { code: refusal.code(), message: refusal.sentence(|column| self.name(column)) }
    }
}

fn position_or_push(items: &mut Vec<String>, item: &String) -> usize {
    items.iter().position(|known| known == item).unwrap_or_else(|| {
        items.push(item.clone());
        items.len() - 1
    })
}

/// The scale of every item, if there are scales.
fn scales(source: &Source, file: &ModelFile, items: &[String]) -> Result<Option<Vec<(f64, f64)>>, Fault> {
    for (name, scale) in &file.scales {
        if !items.contains(name) {
            let message = format!("{name:?} is no item of a latent variable");
            return Err(source.fault("E_MODEL", scale.span(), &message));
        }
    }
    if file.scale.is_none() && file.scales.is_empty() {
        return Ok(None);
    }
    let scale_of = |item: &String| -> Result<(f64, f64), Fault> {
        let own = file.scales.get(item).map(|scale| *scale.get_ref());
        let Some([low, high]) = own.or(file.scale) else {
            let message =
                format!("{item} has no scale; write scale = [1, 10] for all items, or one under [scales]");
            return Err(source.fault("E_SCALE", 0..0, &message));
        };
        if low < high && low.is_finite() && high.is_finite() {
            Ok((low, high))
        } else {
            let message =
                format!("the scale of {item} runs from {low} to {high}; write the lowest answer first");
            let span = file.scales.get(item).map_or(0..0, Spanned::span);
            Err(source.fault("E_SCALE", span, &message))
        }
    };
    items.iter().map(scale_of).collect::<Result<_, _>>().map(Some)
}

impl Answers {
    fn read(
        file: &std::path::Path,
        items: &[String],
        cluster: Option<&String>,
        missing: &[String],
    ) -> Result<Self, Fault> {
        let labels: Vec<String> = cluster.cloned().into_iter().collect();
        let read = table::read(file, items, &labels, missing)?;
        let keep: Option<Vec<bool>> =
            read.labels.first().map(|labels| labels.ids.iter().map(Option::is_some).collect());
        let kept = |column: &Vec<Option<f64>>| -> Vec<f64> {
            let filled = column.iter().map(|value| value.unwrap_or(f64::NAN));
            match &keep {
                Some(keep) => filled.zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| value).collect(),
                None => filled.collect(),
            }
        };
        Ok(Self {
            columns: read.numbers.iter().map(kept).collect(),
            clusters: read.labels.first().map(|labels| labels.ids.iter().flatten().copied().collect()),
            available: read.rows,
            without_cluster: keep.iter().flatten().filter(|keep| !**keep).count(),
        })
    }
}

impl Pls {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let named = Named::read(&self.model)?;
        let target = self.target.as_ref().map(|target| self.target(&named, target)).transpose()?;
        let start = Instant::now();
        let answers = Answers::read(&self.file, &named.items, self.cluster.as_ref(), &self.na)?;
        let read = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let columns: Vec<&[f64]> = answers.columns.iter().map(Vec::as_slice).collect();
        let resampling = Resampling {
            draws: usize::try_from(self.draws).unwrap_or(usize::MAX),
            seed: self.seed,
            ids: answers.clusters.as_deref(),
        };
        let resampling = (self.draws > 0).then_some(&resampling);
        let found = pls::fit(&columns, named.scales.as_deref(), &named.model, resampling)
            .map_err(|refusal| named.refused(refusal))?;
        let map = target.map(|target| map(&named, &found, target)).transpose()?;
        let missing: BTreeMap<String, usize> = found
            .indicators
            .iter()
            .filter(|item| item.missing > 0)
            .map(|item| (named.name(Column::Driver(item.item)), item.missing))
            .collect();
        let left_out = found.n < found.n_available;
        let (mut dropped_by, filled) =
            if left_out { (missing, BTreeMap::new()) } else { (BTreeMap::new(), missing) };
        if let Some(cluster) = self.cluster.clone().filter(|_| answers.without_cluster > 0) {
            dropped_by.insert(cluster, answers.without_cluster);
        }
        Ok(Answer {
            n: found.n,
            n_available: answers.available,
            dropped: answers.available - found.n,
            dropped_by,
            filled,
            scheme: named.model.scheme,
            iterations: found.iterations,
            bootstrap: found.draws,
            paths: paths(&named, &found),
            latents: latents(&named, &found),
            items: items(&named, &found),
            effects: effects(&named, &found),
            htmt: pairs(&named, &found),
            map,
            told: Told::of(&found.warnings, |column| named.name(column)),
            seconds: Seconds { read, fit: start.elapsed().as_secs_f64() },
        })
    }

    /// The position of the target, once it is clear that a map can be drawn.
    fn target(&self, named: &Named, target: &String) -> Result<usize, Fault> {
        let refused = |message| Err(Fault::Refused { code: "E_TARGET", message });
        let Some(at) = named.latents.iter().position(|name| name == target) else {
            let known = named.latents.join(", ");
            return refused(format!("there is no latent variable {target:?}; there are: {known}"));
        };
        if named.scales.is_none() {
            return refused("the map needs points: write scale = [1, 10] into the model".to_owned());
        }
        if self.draws < 2 {
            return refused("the map needs intervals: ask for 500 or more --draws".to_owned());
        }
        Ok(at)
    }
}

fn paths(named: &Named, found: &PathModel) -> Vec<PathRow> {
    let row = |path: &pls::Path| PathRow {
        from: named.latent(path.from),
        to: named.latent(path.to),
        coefficient: Figure::new(path.coefficient, path.coefficients),
        f_squared: path.f_squared,
        vif: path.vif,
    };
    found.paths.iter().map(row).collect()
}

fn latents(named: &Named, found: &PathModel) -> Vec<LatentRow> {
    let row = |(name, latent): (&String, &pls::Latent)| LatentRow {
        latent: name.clone(),
        r_squared: latent.r_squared,
        adjusted_r_squared: latent.adjusted_r_squared,
        ave: latent.variance_extracted,
        composite_reliability: latent.composite_reliability,
        alpha: latent.alpha,
        rho_a: latent.rho_a,
        performance: latent.performance.map(|mean| Figure::new(mean, latent.performances)),
        sd: latent.sd,
    };
    named.latents.iter().zip(&found.latents).map(row).collect()
}

fn items(named: &Named, found: &PathModel) -> Vec<ItemRow> {
    let row = |item: &pls::Indicator| ItemRow {
        item: named.name(Column::Driver(item.item)),
        latent: named.latent(item.latent),
        loading: Figure::new(item.loading, item.loadings),
        weight: Figure::new(item.weight, item.weights),
        index_weight: item.index_weight,
        missing: item.missing,
    };
    found.indicators.iter().map(row).collect()
}

fn effects(named: &Named, found: &PathModel) -> Vec<EffectRow> {
    let row = |effect: &pls::Effect| EffectRow {
        from: named.latent(effect.from),
        to: named.latent(effect.to),
        total: Figure::new(effect.total, effect.totals),
        impact: effect.impact.map(|impact| Figure::new(impact, effect.impacts)),
    };
    found.effects.iter().map(row).collect()
}

fn pairs(named: &Named, found: &PathModel) -> Vec<Pair> {
    let row = |pair: &pls::Heterotrait| Pair {
        first: named.latent(pair.first),
        second: named.latent(pair.second),
        ratio: pair.ratio,
    };
    found.heterotrait.iter().map(row).collect()
}

fn map(named: &Named, found: &PathModel, target: usize) -> Result<Map, Fault> {
    let Some(points) = found.points(target) else {
        let message = "too few replicates of the bootstrap have a result; the map cannot be drawn".to_owned();
        return Err(Fault::Refused { code: "E_TARGET", message });
    };
    let (causes, points): (Vec<usize>, Vec<_>) = points.into_iter().unzip();
    let ImportanceMap { places, importance_split, performance_split } =
        importance_map(&points).map_err(|refusal| named.refused(refusal))?;
    let places = causes.iter().zip(places).map(|(cause, place)| {
        let Interval { estimate: importance, low: importance_low, high: importance_high } =
            place.point.importance;
        let Interval { estimate: performance, low: performance_low, high: performance_high } =
            place.point.performance;
        Place {
            latent: named.latent(*cause),
            field: place.field,
            importance,
            importance_low,
            importance_high,
            performance,
            performance_low,
            performance_high,
        }
    });
    Ok(Map { target: named.latent(target), importance_split, performance_split, places: places.collect() })
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "path model of {} latent variables and {} items",
            self.latents.len(),
            self.items.len()
        )?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        for (item, count) in &self.filled {
            writeln!(out, "  {count} of {item} filled with its mean")?;
        }
        if let Some(draws) = self.bootstrap {
            writeln!(out, "ranges are 95 % of {} draws, seed {}", draws.used, draws.seed)?;
        }
        self.write_what_follows(out)?;
        self.write_paths(out)?;
        self.write_latents(out)?;
        self.write_items(out)?;
        let close: Vec<&Pair> = self.htmt.iter().filter(|pair| pair.ratio.is_some()).collect();
        if !close.is_empty() {
            writeln!(out, "\nheterotrait-monotrait ratio (above 0.85 two can hardly be told apart):")?;
        }
        for pair in close {
            let name = format!("{} - {}", pair.first, pair.second);
            writeln!(out, "  {name:width$} {:>10}", optional(pair.ratio), width = self.pair_width())?;
        }
        if let Some(map) = &self.map {
            map.write(out)?;
        }
        writeln!(out)?;
        self.told.write(out)
    }

    /// What raises each latent variable most.
    fn write_what_follows(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out)?;
        for latent in &self.latents {
            let Some(r_squared) = latent.r_squared else { continue };
            let into = self.paths.iter().filter(|path| path.to == latent.latent);
            let strongest = into.reduce(|most, path| {
                if path.coefficient.estimate.abs() > most.coefficient.estimate.abs() { path } else { most }
            });
            if let Some(path) = strongest {
                writeln!(
                    out,
                    "{}: {:.0} % explained, most by {} ({})",
                    latent.latent,
                    100.0 * r_squared,
                    path.from,
                    digits(path.coefficient.estimate)
                )?;
            }
        }
        Ok(())
    }

    fn write_paths(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let width = self.pair_width();
        writeln!(
            out,
            "\n{:width$} {:>10} {:>10} {:>24} {:>10} {:>8}",
            "paths", "estimate", "std. error", "95 %", "f2", "VIF"
        )?;
        for path in &self.paths {
            let name = format!("{} -> {}", path.from, path.to);
            let figure = &path.coefficient;
            writeln!(
                out,
                "{name:width$} {:>10} {:>10} {:>24} {:>10} {:>8.2}",
                digits(figure.estimate),
                optional(figure.std_error),
                figure.range(),
                optional(path.f_squared),
                path.vif
            )?;
        }
        writeln!(
            out,
            "\n{:width$} {:>10} {:>24} {:>10} {:>24}",
            "total effects", "total", "95 %", "impact", "95 %"
        )?;
        for effect in &self.effects {
            let name = format!("{} -> {}", effect.from, effect.to);
            let impact = effect.impact.as_ref();
            writeln!(
                out,
                "{name:width$} {:>10} {:>24} {:>10} {:>24}",
                digits(effect.total.estimate),
                effect.total.range(),
                optional(impact.map(|impact| impact.estimate)),
                impact.map_or_else(|| "-".to_owned(), Figure::range)
            )?;
        }
        if self.effects.iter().any(|effect| effect.impact.is_some()) {
            writeln!(out, "impact: points of the one (0 to 100) per point of the other")?;
        }
        Ok(())
    }

    fn write_latents(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let width =
            self.latents.iter().map(|latent| latent.latent.chars().count()).max().unwrap_or(0).max(16);
        write!(out, "\n{:width$}", "latent variables")?;
        for head in ["R2", "adjusted", "AVE", "CR", "alpha", "rho_A", "mean"] {
            write!(out, " {head:>10}")?;
        }
        writeln!(out)?;
        for latent in &self.latents {
            write!(out, "{:width$}", latent.latent)?;
            let cells = [
                latent.r_squared,
                latent.adjusted_r_squared,
                latent.ave,
                latent.composite_reliability,
                latent.alpha,
                latent.rho_a,
                latent.performance.map(|performance| performance.estimate),
            ];
            for cell in cells {
                write!(out, " {:>10}", optional(cell))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn write_items(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let width = self.items.iter().map(|item| item.item.chars().count()).max().unwrap_or(0).max(5);
        let of = self.items.iter().map(|item| item.latent.chars().count()).max().unwrap_or(0).max(2);
        writeln!(
            out,
            "\n{:width$} {:of$} {:>10} {:>24} {:>10} {:>10}",
            "items", "of", "loading", "95 %", "weight", "in index"
        )?;
        for item in &self.items {
            writeln!(
                out,
                "{:width$} {:of$} {:>10} {:>24} {:>10} {:>10}",
                item.item,
                item.latent,
                digits(item.loading.estimate),
                item.loading.range(),
                digits(item.weight.estimate),
                optional(item.index_weight)
            )?;
        }
        Ok(())
    }

    /// Characters of the longest pair of latent variables.
    fn pair_width(&self) -> usize {
        let longest = self.latents.iter().map(|latent| latent.latent.chars().count()).max().unwrap_or(0);
        (2 * longest + 4).max(16)
    }
}

impl Map {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let width = self.places.iter().map(|place| place.latent.chars().count()).max().unwrap_or(0);
        let first: Vec<&str> = self
            .places
            .iter()
            .filter(|place| place.field == Field::Improve)
            .map(|place| place.latent.as_str())
            .collect();
        writeln!(
            out,
            "\nimportance and performance for {}, split at their means {} and {}:",
            self.target,
            digits(self.importance_split),
            digits(self.performance_split)
        )?;
        for place in &self.places {
            writeln!(
                out,
                "  {:width$} {:>9} points per point ({} to {}), mean {} ({} to {}): {}",
                place.latent,
                digits(place.importance),
                digits(place.importance_low),
                digits(place.importance_high),
                digits(place.performance),
                digits(place.performance_low),
                digits(place.performance_high),
                words(place.field)
            )?;
        }
        if first.is_empty() {
            writeln!(out, "  none is both important and low beyond doubt: nothing here is first to improve")
        } else {
            writeln!(out, "  first to improve: {}", first.join(", "))
        }
    }
}

fn words(field: Field) -> &'static str {
    match field {
        Field::Improve => "improve",
        Field::Keep => "keep",
        Field::LowPriority => "low priority",
        Field::Ease => "effort may be moved elsewhere",
        Field::Undecided => "undecided",
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), digits)
}
