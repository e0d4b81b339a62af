//! `cam segment`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::segments::{Feature, Search, SegmentVerdict, Segments, segments};
use serde::Serialize;

use super::adhoc::{Cells, Data, Fault, Missing, Seconds, Told, Wanted, digits, print, write_counts};
use super::rows;

/// Looks for natural segments of customers (k-means), and says so where there are none.
///
/// Features are standardised, 2 to 8 segments are tried, and the number with the highest silhouette is kept.
/// It counts as natural only if the same segments come back in resampled customers (adjusted Rand index above
/// 0.75) and lie further apart than those into which 19 clouds without segments are cut.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cam segment customers.csv --features satisfaction,nps --money spend --out labels.csv"
)]
pub(super) struct Segment {
    /// CSV file with a header (gzip too) or Parquet file; empty cells and NA are missing
    file: PathBuf,
    /// Columns by which customers are told apart, separated by commas
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', required = true)]
    features: Vec<String>,
    /// Columns of money, 0 or more, separated by commas: their logarithm is used; added to the features
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    money: Vec<String>,
    /// Column that names the customer, for --out [default: the number of the row]
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Seed of the starts
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Write the segment of each customer to this CSV file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cells: Cells,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Answer {
    features: Vec<String>,
    money: Vec<String>,
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    verdict: SegmentVerdict,
    k: usize,
    segments: Vec<Row>,
    silhouettes: Vec<Silhouette>,
    silhouette: f64,
    silhouette_of_clouds: f64,
    stability: f64,
    within: f64,
    total: f64,
    calinski_harabasz: Option<f64>,
    sample: usize,
    starts: usize,
    draws: usize,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct Row {
    segment: usize,
    n: usize,
    share: f64,
    means: BTreeMap<String, f64>,
    centre: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize)]
struct Silhouette {
    k: usize,
    silhouette: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Label {
    customer: String,
    segment: usize,
}

impl Segment {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let mut names = self.features.clone();
        names.extend(self.money.iter().filter(|name| !self.features.contains(name)).cloned());
        let labels: Vec<String> = self.id.clone().into_iter().collect();
        let wanted = Wanted {
            outcome: None,
            event: None,
            cells: &self.cells,
            drivers: &names,
            factors: &[],
            labels: &labels,
            extras: &[],
            missing: Missing::Complete,
        };
        let data = Data::read(&self.file, &wanted)?;
        let start = Instant::now();
        let features: Vec<Feature<'_>> = names
            .iter()
            .zip(&data.columns)
            .map(|(name, values)| Feature { values, money: self.money.contains(name) })
            .collect();
        let search = Search { seed: self.seed, ..Search::default() };
        let found = segments(&features, search).map_err(|refusal| data.refused(refusal))?;
        let customers = labelled(&data, &found);
        if let Some(out) = &self.out {
            let rows = customers.iter().map(|label| vec![label.customer.clone(), label.segment.to_string()]);
            rows::write(out, &[self.id.as_deref().unwrap_or("row"), "segment"], rows)?;
        }
        let few = self.out.is_none() && customers.len() <= rows::FEW;
        let by_name =
            |values: &[f64]| names.iter().cloned().zip(values.iter().copied()).collect::<BTreeMap<_, _>>();
        let each = found.sizes.iter().zip(&found.means).zip(&found.centres).enumerate();
        let silhouettes =
            found.silhouettes.iter().enumerate().map(|(i, s)| Silhouette { k: i + 2, silhouette: *s });
        Ok(Answer {
            n: found.n,
            n_available: data.available,
            dropped: data.available - found.n,
            dropped_by: data.dropped_by.clone(),
            verdict: found.verdict,
            k: found.k,
            segments: each
                .map(|(place, ((n, means), centre))| Row {
                    segment: place + 1,
                    n: *n,
                    share: *n as f64 / found.n as f64,
                    means: by_name(means),
                    centre: by_name(centre),
                })
                .collect(),
            silhouettes: silhouettes.collect(),
            silhouette: found.silhouette,
            silhouette_of_clouds: found.silhouette_of_clouds,
            stability: found.stability,
            within: found.within,
            total: found.total,
            calinski_harabasz: found.calinski_harabasz,
            sample: found.sample,
            starts: found.search.starts,
            draws: found.search.draws,
            seed: found.search.seed,
            out: self.out.clone(),
            labels: if few { customers } else { Vec::new() },
            told: data.told(&[]),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
            features: names,
            money: self.money.clone(),
        })
    }
}

/// Segments from 1, by the customer's name or the number of the row.
fn labelled(data: &Data, found: &Segments) -> Vec<Label> {
    let ids = data.labels.first();
    let name = |place: usize, row: usize| {
        let named = ids.and_then(|ids| ids.ids.get(place).and_then(|id| ids.names.get(*id)));
        named.cloned().unwrap_or_else(|| row.to_string())
    };
    data.rows()
        .zip(&found.labels)
        .enumerate()
        .map(|(place, (row, label))| Label { customer: name(place, row), segment: label + 1 })
        .collect()
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "segments by {}", self.features.join(", "))?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        let (stable, apart, cloud) =
            (digits(self.stability), digits(self.silhouette), digits(self.silhouette_of_clouds));
        match self.verdict {
            SegmentVerdict::Natural => writeln!(
                out,
                "\n{} natural segments: they come back in resampled customers (adjusted Rand index {stable}, above \
                 0.75) and lie further apart (silhouette {apart}) than cuts through clouds without segments \
                 (up to {cloud})\n",
                self.k
            )?,
            SegmentVerdict::NoNaturalSegments => writeln!(
                out,
                "\nno natural segments: what follows is a cut through a cloud, of use as a grouping at most. \
                 Natural segments come back in resampled customers (adjusted Rand index {stable}, wanted: above \
                 0.75) and lie further apart (silhouette {apart}) than cuts through clouds without segments \
                 (up to {cloud})\n"
            )?,
        }
        let width = self.features.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(12);
        write!(out, "{:>8} {:>9} {:>7}", "segment", "customers", "share")?;
        for name in &self.features {
            write!(out, " {name:>width$}")?;
        }
        writeln!(out)?;
        for row in &self.segments {
            let share = format!("{:.1} %", 100.0 * row.share);
            write!(out, "{:>8} {:>9} {share:>7}", row.segment, row.n)?;
            for name in &self.features {
                let mean = row.means.get(name).copied().map_or_else(|| "-".to_owned(), digits);
                write!(out, " {mean:>width$}")?;
            }
            writeln!(out)?;
        }
        writeln!(out, "(means, in each column's own unit)\n")?;
        for Silhouette { k, silhouette } in &self.silhouettes {
            let silhouette = silhouette.map_or_else(|| "-".to_owned(), digits);
            let kept = if *k == self.k { "  kept" } else { "" };
            writeln!(out, "silhouette of {k} segments: {silhouette:>9}{kept}")?;
        }
        let (within, total) = (digits(self.within), digits(self.total));
        writeln!(out, "\nsum of squares within the segments: {within} of {total}")?;
        if self.sample < self.n {
            writeln!(out, "silhouettes and stability on a sample of {} customers", self.sample)?;
        }
        writeln!(out, "{} starts, {} draws, seed {}", self.starts, self.draws, self.seed)?;
        if let Some(path) = &self.out {
            writeln!(out, "the segment of each customer is in {}", path.display())?;
        }
        self.told.write(out)
    }
}
