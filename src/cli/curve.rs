//! `cam curve`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::bootstrap::Clusters;
use cam_stats::candidates::Candidate;
use cam_stats::measurement::item_score;
use cam_stats::verdict::{Clause, CurveVerdict, LevelMean, Reason, Rule, Verdict, refuse_leak, verdict};
use cam_stats::{Column, Count, Interval, Refusal, Warning};
use serde::Serialize;

use super::adhoc::{Cells, Data, Fault, Missing, Seconds, Told, Wanted, digits, print, write_counts};

/// Clusters below which clustered inference is refused.
const CLUSTERS_NEEDED: usize = 10;
/// Clusters below which it warns.
const CLUSTERS_WANTED: usize = 40;

/// Judges how an outcome depends on satisfaction: where more of it stops to pay, or that this cannot be seen.
///
/// Satisfaction is an index of 0 to 100. The verdict is one of PLATEAU, DIMINISHING, LINEAR, NO_RELATION,
/// CONVEX, DECLINES and TOO_FEW; each clause of the rule is printed with its figure.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cam curve accounts.csv --satisfaction index --outcome margin\n  \
                        cam curve accounts.csv --satisfaction index --outcome renewed --cluster account --json")]
pub(super) struct Curve {
    /// CSV file with a header (gzip too); empty cells and NA are missing
    file: PathBuf,
    /// Column of satisfaction, 0 to 100, or on the scale of --scale
    #[arg(long, value_name = "COLUMN")]
    satisfaction: String,
    /// Lowest and highest answer of satisfaction, where it is no index of 0 to 100: it becomes one
    #[arg(long, value_name = "LOW,HIGH", value_parser = ends, allow_hyphen_values = true)]
    scale: Option<(f64, f64)>,
    /// Column of the outcome: money per customer, or 0/1
    #[arg(long, value_name = "COLUMN")]
    outcome: String,
    /// Column that says which rows belong together (account, unit)
    #[arg(long, value_name = "COLUMN")]
    cluster: Option<String>,
    /// Seed N of the pairs bootstrap; the curvature test takes N + 1 [default: 42]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Label of the outcome that counts as 1, all others as 0, where its column holds labels
    #[arg(long, value_name = "LABEL")]
    event: Option<String>,
    #[command(flatten)]
    cells: Cells,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The ends of a scale.
fn ends(text: &str) -> Result<(f64, f64), String> {
    let ends = text
        .split_once(',')
        .and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    ends.filter(|(low, high): &(f64, f64)| low < high)
        .ok_or_else(|| "say the lowest and the highest answer, such as 1,10".into())
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Answer {
    satisfaction: String,
    outcome: String,
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    verdict: Verdict,
    plateau: Option<Plateau>,
    kink: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kink_low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kink_high: Option<f64>,
    slope: Option<Slope>,
    slope_below: Option<Slope>,
    slope_above: Option<Slope>,
    observed: Observed,
    reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<Candidate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    level_means: Vec<LevelMean>,
    draws: usize,
    seed: u64,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct Plateau {
    level: f64,
    ci_low: f64,
    ci_high: f64,
}

#[derive(Debug, Serialize)]
struct Slope {
    estimate: f64,
    ci_low: f64,
    ci_high: f64,
}

#[derive(Debug, Serialize)]
struct Observed {
    p5: f64,
    p95: f64,
}

impl From<Interval> for Slope {
    fn from(interval: Interval) -> Self {
        Self { estimate: interval.estimate, ci_low: interval.low, ci_high: interval.high }
    }
}

impl Curve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let names = [self.satisfaction.clone()];
        let labels: Vec<String> = self.cluster.clone().into_iter().collect();
        let wanted = Wanted {
            outcome: Some(&self.outcome),
            event: self.event.as_deref(),
            cells: &self.cells,
            drivers: &names,
            factors: &[],
            labels: &labels,
            extras: &[],
            missing: Missing::Complete,
        };
        let mut data = Data::read(&self.file, &wanted)?;
        if let Some((low, high)) = self.scale {
            self.rescale(&mut data.columns[0], low, high)?;
        }
        let mut rule = Rule::default();
        if let Some(seed) = self.seed {
            (rule.pairs_seed, rule.curvature_seed) = (seed, seed.wrapping_add(1));
        }
        let start = Instant::now();
        let mut found = Self::judge(&data, &rule).map_err(|refusal| data.refused(refusal))?;
        let seconds = Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() };
        let told = data.told(&std::mem::take(&mut found.warnings));
        Ok(Answer {
            satisfaction: self.satisfaction.clone(),
            outcome: self.outcome.clone(),
            n: found.n,
            n_available: data.available,
            dropped: data.available - found.n,
            dropped_by: data.dropped_by,
            verdict: found.verdict,
            plateau: found.plateau.map(|plateau| Plateau {
                level: plateau.estimate,
                ci_low: plateau.low,
                ci_high: plateau.high,
            }),
            kink: found.slope_above.and(found.broken).map(|broken| broken.psi),
            kink_low: found.kink.map(|kink| kink.low),
            kink_high: found.kink.map(|kink| kink.high),
            slope: found.slope.map(Slope::from),
            slope_below: found.slope_below.map(Slope::from),
            slope_above: found.slope_above.map(Slope::from),
            observed: Observed { p5: found.observed.0, p95: found.observed.1 },
            reasons: found.reasons,
            candidates: found.candidates,
            level_means: found.level_means,
            draws: rule.draws,
            seed: rule.pairs_seed,
            told,
            seconds,
        })
    }

    /// Puts answers on 0 to 100.
    fn rescale(&self, answers: &mut [f64], low: f64, high: f64) -> Result<(), Fault> {
        for answer in answers {
            *answer = item_score(*answer, low, high, false).ok_or_else(|| Fault::Refused {
                code: "E_SCALE",
                message: format!(
                    "{} holds {answer}, which is not on the scale {low} to {high}",
                    self.satisfaction
                ),
            })?;
        }
        Ok(())
    }

    fn judge(data: &Data, rule: &Rule) -> Result<CurveVerdict, Refusal> {
        let outcome = &data.outcome;
        if outcome.len() > 1 && outcome.iter().all(|value| value.total_cmp(&outcome[0]).is_eq()) {
            return Err(Refusal::NoVariance { column: Column::Outcome });
        }
        let ids = data.clusters();
        let clusters = ids.map(Clusters::of_ids).filter(|clusters| !clusters.are_single_rows());
        if let Some(have) = clusters.as_ref().map(Clusters::len).filter(|have| *have < CLUSTERS_NEEDED) {
            let (have, need) = (have as f64, CLUSTERS_NEEDED as f64);
            return Err(Refusal::TooFew { what: Count::Clusters, have, need });
        }
        let mut found = verdict(&data.columns[0], outcome, None, ids, rule)?;
        refuse_leak(&found, outcome)?;
        if let Some(have) = clusters.map(|clusters| clusters.len()).filter(|have| *have < CLUSTERS_WANTED) {
            let (have, need) = (have as f64, CLUSTERS_WANTED as f64);
            found.warnings.push(Warning::Few { what: Count::Clusters, have, need });
        }
        Ok(found)
    }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{} against {}", self.outcome, self.satisfaction)?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        let (p5, p95) = (digits(self.observed.p5), digits(self.observed.p95));
        writeln!(out, "observed from {p5} to {p95} (5 % to 95 %)\n")?;
        let name = serde_json::to_value(self.verdict)?;
        writeln!(out, "{}: {}\n", name.as_str().unwrap_or_default(), self.sentence())?;
        let off_the_line = |reason: &&Reason| reason.clause == Clause::LackOfFitP && !reason.held;
        if self.reasons.iter().any(|reason| off_the_line(&reason)) {
            writeln!(out, "the level means do not lie on a straight line: read them one by one\n")?;
        }
        let slopes = [
            ("slope of the straight line", &self.slope),
            ("slope below the kink", &self.slope_below),
            ("slope above the kink", &self.slope_above),
        ];
        for (what, slope) in slopes {
            if let Some(Slope { estimate, ci_low, ci_high }) = slope {
                let range = format!("{} to {}", digits(*ci_low), digits(*ci_high));
                writeln!(out, "{what}: {} (95 %: {range})", digits(*estimate))?;
            }
        }
        if let (Some(kink), Some(low), Some(high)) = (self.kink, self.kink_low, self.kink_high) {
            writeln!(out, "kink: {} (95 %: {} to {})", digits(kink), digits(low), digits(high))?;
        }
        for level in &self.level_means {
            let range = level.interval.map_or_else(
                || "one observation has no range".to_owned(),
                |interval| format!("95 %: {} to {}", digits(interval.low), digits(interval.high)),
            );
            let (level, mean, n) = (digits(level.level), digits(level.mean), level.n);
            writeln!(out, "mean at {level}: {mean} ({range}, n {n})")?;
        }
        if !self.candidates.is_empty() {
            writeln!(out, "\ncandidate curves (parameters, residual sum of squares, Akaike weight):")?;
        }
        for candidate in &self.candidates {
            let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let name = candidate.model.key().replace('_', " ");
            let parameters = or_dash(candidate.parameters.map(|count| count.to_string()));
            let weight = or_dash(candidate.weight.map(|weight| format!("{weight:.3}")));
            writeln!(out, "  {name:38} {parameters:>2} {:>14} {weight:>8}", digits(candidate.rss))?;
        }
        writeln!(out, "\nclauses of the rule:")?;
        for reason in &self.reasons {
            let held = if reason.held { "yes" } else { "no" };
            let (value, bound) = (digits(reason.value), digits(reason.bound));
            writeln!(
                out,
                "  {:38} {value:>12} against {bound:>12}  {held}",
                reason.clause.key().replace('_', " ")
            )?;
        }
        writeln!(out, "\n{} draws, seed {}", self.draws, self.seed)?;
        self.told.write(out)
    }

    fn sentence(&self) -> String {
        let (p5, p95) = (digits(self.observed.p5), digits(self.observed.p95));
        match (self.verdict, &self.plateau) {
            (Verdict::Plateau, Some(plateau)) => format!(
                "past about {} ({} to {}) more satisfaction is not seen to bring more",
                digits(plateau.level),
                digits(plateau.ci_low),
                digits(plateau.ci_high)
            ),
            (Verdict::Plateau, None) => "it rises up to a level and not past it".to_owned(),
            (Verdict::Diminishing | Verdict::Declines, _)
                if self.slope_below.as_ref().is_some_and(|slope| slope.estimate <= 0.0) =>
            {
                "it falls as satisfaction rises, and faster higher up".to_owned()
            }
            (Verdict::Diminishing, _) => "each further point still pays, but less".to_owned(),
            (Verdict::Linear, _) => format!(
                "no plateau found inside the observed range {p5} to {p95}; more satisfaction still paid at {p95}"
            ),
            (Verdict::NoRelation, _) if self.slope.as_ref().is_some_and(|slope| slope.ci_high < 0.0) => {
                "no rising relation found; the outcome falls as satisfaction rises".to_owned()
            }
            (Verdict::NoRelation, _) => format!(
                "no relation found; the largest slope that the data still allow is {}",
                self.slope.as_ref().map_or_else(|| "not computed".to_owned(), |slope| digits(slope.ci_high))
            ),
            (Verdict::Convex, _) if self.slope.as_ref().is_some_and(|slope| slope.ci_high < 0.0) => {
                "it falls as satisfaction rises, and less so higher up".to_owned()
            }
            (Verdict::Convex, _) => "each further point pays more; no best level inside the observed range".to_owned(),
            (Verdict::Declines, _) => format!(
                "past about {} it falls",
                self.kink.map_or_else(|| "a level".to_owned(), digits)
            ),
            (Verdict::TooFew, _) => "too few data for a curve: at least 100 rows, 5 levels of satisfaction and a \
                                     standard deviation of 5 points are needed (is satisfaction an index of 0 to 100?)"
                .to_owned(),
        }
    }
}
