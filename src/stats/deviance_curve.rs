//! Curves of an outcome 0/1, or of positive money, inside the linear predictor: M0, M1 and M2 by profile deviance.
//!
//! Left or stayed is no money: a line on the share runs out of 0 to 1. Here the same shapes are fitted to the log-odds
//! (logit link), or to the logarithm of the mean of a Gamma outcome.

use serde::{Deserialize, Serialize};

use self::table::Table;
use crate::bootstrap::{Clusters, replicates};
use crate::curve::{Data, GRID};
use crate::notice::{Column, Count, Refusal, Warning};
use crate::quantile::{chi_squared, order_statistic};
use crate::random::SplitMix64;
use crate::segmented::{ProfileInterval, crossing};
use crate::verdict::Rule;
use crate::{Interval, measurement};

mod table;

/// Levels that are tried as the beginning of a plateau, at most.
const TRIED: usize = 1000;

/// Levels that are told apart; where there are more, neighbours are merged: on a scale of 100 points a fiftieth of a
/// point, far inside any interval.
const LEVELS: usize = 5000;

/// Levels that are tried in a replicate of the bootstrap.
const TRIED_IN_REPLICATE: usize = 60;

/// Levels that a replicate tells apart.
const LEVELS_IN_REPLICATE: usize = 400;

/// Clusters below which a bootstrap of clusters is refused.
const FEWEST_CLUSTERS: usize = 10;

/// Clusters below which it warns.
const FEW_CLUSTERS: usize = 40;

/// Events, or non-events, per parameter below which nothing is fitted.
const EVENTS_NEEDED: f64 = 5.0;

/// The same below which it warns.
const EVENTS_WANTED: f64 = 10.0;

/// Parameters of the broken line, its kink among them.
const PARAMETERS: f64 = 4.0;

/// Share of the replicates that must be fitted before an interval is given.
const FITTED: f64 = 0.9;

/// What the outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// 0 or 1, logit link.
    Binomial,
    /// Above 0, log link.
    Gamma,
}

/// `intercept + slope s` in the linear predictor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinkLine {
    /// Predictor at satisfaction 0.
    pub intercept: f64,
    /// Per point of satisfaction.
    pub slope: f64,
    /// Deviance.
    pub deviance: f64,
}

/// `a + b min(s, psi)` in the linear predictor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinkPlateau {
    /// Predictor at satisfaction 0.
    pub a: f64,
    /// Slope below the plateau, above 0.
    pub b: f64,
    /// Where it begins.
    pub psi: f64,
    /// Mean outcome on the plateau.
    pub level: f64,
    /// Deviance.
    pub deviance: f64,
    /// Beginnings that a likelihood-ratio test at 5 % does not reject, out to the outermost.
    pub interval: ProfileInterval,
}

/// `intercept + left s + (right - left) (s - psi)+` in the linear predictor, the kink on the grid of quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinkBroken {
    /// Predictor at satisfaction 0.
    pub intercept: f64,
    /// Slope below the kink.
    pub left: f64,
    /// Slope above it.
    pub right: f64,
    /// The kink.
    pub psi: f64,
    /// Deviance.
    pub deviance: f64,
}

/// 95 % intervals of a bootstrap of rows, or of clusters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinkBootstrap {
    /// Where the plateau begins; `None` where too few replicates have one.
    pub psi: Option<Interval>,
    /// Slope of the broken line below its kink.
    pub left: Interval,
    /// Above it.
    pub right: Interval,
    /// Change of the slope at the kink.
    pub change: Interval,
    /// Replicates that could be fitted.
    pub fitted: usize,
    /// Replicates.
    pub draws: usize,
    /// Seed.
    pub seed: u64,
}

/// The three curves side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DevianceCurve {
    /// What the outcome is.
    pub family: Family,
    /// Observations.
    pub n: usize,
    /// What a difference of deviances is divided by: 1, or of a Gamma outcome Pearson's dispersion.
    pub dispersion: f64,
    /// The straight line.
    pub line: LinkLine,
    /// The line that ends in a plateau; `None` where none rises.
    pub plateau: Option<LinkPlateau>,
    /// The broken line.
    pub broken: Option<LinkBroken>,
    /// Fall of the deviance from the line to the broken line, over the dispersion.
    pub likelihood_ratio: Option<f64>,
    /// Its p-value by a parametric bootstrap under the line; of rows 0/1 without clusters only.
    pub curvature_p: Option<f64>,
    /// Intervals; `None` where too few replicates can be fitted.
    pub bootstrap: Option<LinkBootstrap>,
    /// What limits the answer.
    pub warnings: Vec<Warning>,
}

/// Fits the three curves to an outcome; seeds and replicates are those of the rule.
///
/// # Errors
///
/// What [`crate::curve::Points::new`] refuses; [`Refusal::NotBinary`]; of a Gamma outcome a value that is not above 0
/// ([`Refusal::BadParameter`]); too few events or clusters; [`Refusal::Separation`] where the line has no finite
/// slope.
///
/// # Source
///
/// `docs/methods.md` 5.2 and 5.4; profile likelihood: McCullagh and Nelder 1989, 7.2.4 and 8.3.
pub fn deviance_curve(data: &Data<'_>, family: Family, rule: &Rule) -> Result<DevianceCurve, Refusal> {
    let Data { satisfaction: s, outcome: y, weights, clusters } = *data;
    let mut warnings = vec![Warning::Observational];
    let table = Table::new(s, y, weights, family)?.merged(LEVELS);
    check_outcome(y, family, &mut warnings)?;
    let groups = grouping(s.len(), clusters, &mut warnings)?;
    let all = table.sample(None);
    let line = all.line().ok_or(Refusal::Separation { column: Column::Driver(0) })?;
    let dispersion = match family {
        Family::Binomial => 1.0,
        Family::Gamma => table.pearson(&line) / (s.len() as f64 - 2.0).max(1.0),
    };
    let broken = all.broken(&line);
    let plateau = all.plateau(&line, TRIED).map(|(mut plateau, profile)| {
        let bound = plateau.deviance + chi_squared(0.95, 1.0) * dispersion;
        plateau.interval = interval(&profile, bound, |psi| all.deviance_at(psi, &plateau));
        plateau
    });
    let fall = broken.map(|broken| (line.deviance - broken.deviance).max(0.0));
    let coarse = table.merged(LEVELS_IN_REPLICATE);
    let curvature_p = match (family, clusters, fall) {
        (Family::Binomial, None, Some(fall)) => Some(coarse.curvature(&line, fall, rule)),
        _ => None,
    };
    let numbers = [line.intercept, line.slope, line.deviance, dispersion];
    let curves =
        [plateau.map_or(0.0, |fit| fit.a + fit.b), broken.map_or(0.0, |fit| fit.intercept + fit.right)];
    if !numbers.iter().chain(&curves).all(|number| number.is_finite()) || dispersion <= 0.0 {
        return Err(Refusal::OutOfRange);
    }
    Ok(DevianceCurve {
        family,
        n: s.len(),
        dispersion,
        line,
        plateau,
        broken,
        likelihood_ratio: fall.map(|fall| fall / dispersion),
        curvature_p,
        bootstrap: broken.and_then(|broken| bootstrap(&coarse, &groups, plateau.as_ref(), &broken, rule)),
        warnings,
    })
}

fn check_outcome(y: &[f64], family: Family, warnings: &mut Vec<Warning>) -> Result<(), Refusal> {
    match family {
        Family::Binomial => {
            let events = y.iter().filter(|value| **value > 0.5).count();
            let ratio = events.min(y.len() - events) as f64 / PARAMETERS;
            let what = Count::EventsPerParameter;
            if ratio < EVENTS_NEEDED {
                return Err(Refusal::TooFew { what, have: ratio, need: EVENTS_NEEDED });
            }
            if ratio < EVENTS_WANTED {
                warnings.push(Warning::Few { what, have: ratio, need: EVENTS_WANTED });
            }
        }
        Family::Gamma => {
            let (have, need) = (y.len() as f64, PARAMETERS + 10.0);
            if have < need {
                return Err(Refusal::TooFew { what: Count::Observations, have, need });
            }
            if measurement::variance(y) <= 0.0 {
                return Err(Refusal::NoVariance { column: Column::Outcome });
            }
        }
    }
    Ok(())
}

fn grouping(
    rows: usize,
    clusters: Option<&[usize]>,
    warnings: &mut Vec<Warning>,
) -> Result<Clusters, Refusal> {
    if let Some(found) = clusters.map(<[usize]>::len).filter(|length| *length != rows) {
        return Err(Refusal::LengthMismatch { expected: rows, found });
    }
    let groups = Clusters::new(rows, clusters);
    let (what, have) = (Count::Clusters, groups.len() as f64);
    if clusters.is_some() && groups.len() < FEWEST_CLUSTERS {
        return Err(Refusal::TooFew { what, have, need: FEWEST_CLUSTERS as f64 });
    }
    if clusters.is_some() && groups.len() < FEW_CLUSTERS {
        warnings.push(Warning::Few { what, have, need: FEW_CLUSTERS as f64 });
    }
    Ok(groups)
}

/// Where the profile of the deviance crosses a bound, outermost.
fn interval(profile: &[(f64, f64)], bound: f64, deviance: impl Fn(f64) -> f64) -> ProfileInterval {
    let outermost = |places: &mut dyn Iterator<Item = &(f64, f64)>| {
        let mut before = None;
        for &(psi, reached) in places {
            if reached <= bound {
                return before.map(|outside| crossing(outside, psi, |psi| deviance(psi) > bound));
            }
            before = Some(psi);
        }
        None
    };
    ProfileInterval { low: outermost(&mut profile.iter()), high: outermost(&mut profile.iter().rev()) }
}

fn bootstrap(
    table: &Table,
    groups: &Clusters,
    plateau: Option<&LinkPlateau>,
    broken: &LinkBroken,
    rule: &Rule,
) -> Option<LinkBootstrap> {
    let seed = rule.pairs_seed;
    let fits: Vec<Option<(LinkBroken, Option<f64>)>> = replicates(rule.draws, |replicate| {
        let sample = table.sample(Some(&groups.counts(seed, replicate)));
        let line = sample.line()?;
        let broken = sample.broken(&line)?;
        let psi = sample.plateau(&line, TRIED_IN_REPLICATE).map(|(plateau, _)| plateau.psi);
        Some((broken, psi))
    });
    let fits: Vec<(LinkBroken, Option<f64>)> = fits.into_iter().flatten().collect();
    let needed = FITTED * rule.draws as f64;
    let range = |estimate: f64, values: Vec<f64>| {
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        let enough = sorted.len() as f64 >= needed;
        let (low, high) = (order_statistic(&sorted, 0.025)?, order_statistic(&sorted, 0.975)?);
        enough.then_some(Interval { estimate, low, high })
    };
    let of = |value: fn(&LinkBroken) -> f64| {
        range(value(broken), fits.iter().map(|(fit, _)| value(fit)).collect())
    };
    let psi =
        plateau.and_then(|plateau| range(plateau.psi, fits.iter().filter_map(|(_, psi)| *psi).collect()));
    Some(LinkBootstrap {
        psi,
        left: of(|fit| fit.left)?,
        right: of(|fit| fit.right)?,
        change: of(|fit| fit.right - fit.left)?,
        fitted: fits.len(),
        draws: rule.draws,
        seed,
    })
}

impl Table {
    /// Share of outcomes made up under the line whose broken line gains as much as the observed one.
    fn curvature(&self, line: &LinkLine, fall: f64, rule: &Rule) -> f64 {
        let rows = self.rows() as u64;
        let exceeding = replicates(rule.draws, |replicate| {
            let mut random = SplitMix64::for_replicate(rule.curvature_seed, replicate, rows);
            let sample = self.made_up(line, || random.uniform());
            let Some(line) = sample.line() else { return false };
            sample.broken(&line).is_some_and(|broken| line.deviance - broken.deviance >= fall)
        });
        let count = exceeding.into_iter().filter(|exceeds| *exceeds).count();
        (1 + count) as f64 / (1 + rule.draws) as f64
    }
}

impl table::Sample<'_> {
    /// The broken line over the grid of quantiles.
    fn broken(&self, line: &LinkLine) -> Option<LinkBroken> {
        let mut best: Option<LinkBroken> = None;
        let mut start = [line.intercept, line.slope, 0.0];
        for psi in self.quantiles(GRID) {
            let Some(fit) = self.fit(|s| [1.0, s, (s - psi).max(0.0)], start) else { continue };
            start = fit.coefficients;
            if best.is_none_or(|best| fit.deviance < best.deviance) {
                let [intercept, left, change] = fit.coefficients;
                best =
                    Some(LinkBroken { intercept, left, right: left + change, psi, deviance: fit.deviance });
            }
        }
        best
    }

    /// The plateau over all beginnings with ten rows on each side, and the profile of its deviance.
    fn plateau(&self, line: &LinkLine, tried: usize) -> Option<(LinkPlateau, Vec<(f64, f64)>)> {
        let levels = self.inner_levels();
        let stride = levels.len().div_ceil(tried).max(1);
        let mut start = LinkPlateau {
            a: line.intercept,
            b: line.slope,
            psi: 0.0,
            level: 0.0,
            deviance: line.deviance,
            interval: ProfileInterval { low: None, high: None },
        };
        let mut found: Vec<LinkPlateau> = Vec::new();
        for psi in levels.iter().rev().step_by(stride) {
            let Some(fit) = self.plateau_at(*psi, &start) else { continue };
            start = fit;
            found.push(fit);
        }
        found.reverse();
        let rising = |fit: &&LinkPlateau| fit.b > 0.0;
        let mut best = *found.iter().filter(rising).min_by(|a, b| a.deviance.total_cmp(&b.deviance))?;
        // Between two neighbouring levels the deviance is smooth; look on both sides of the best few.
        let mut by_deviance: Vec<usize> = (0..found.len()).filter(|at| found[*at].b > 0.0).collect();
        by_deviance.sort_by(|a, b| found[*a].deviance.total_cmp(&found[*b].deviance));
        for at in by_deviance.into_iter().take(if tried == TRIED { 5 } else { 1 }) {
            let start = found[at];
            for other in [at.checked_sub(1), Some(at + 1)].into_iter().flatten() {
                let Some(other) = found.get(other) else { continue };
                let (low, high) = (start.psi.min(other.psi), start.psi.max(other.psi));
                if let Some(fit) = self.plateau_within(low, high, &start).filter(|fit| fit.b > 0.0)
                    && fit.deviance < best.deviance
                {
                    best = fit;
                }
            }
        }
        let mut profile: Vec<(f64, f64)> = found.iter().map(|fit| (fit.psi, fit.deviance)).collect();
        profile.push((best.psi, best.deviance));
        profile.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some((best, profile))
    }

    /// The best beginning between two neighbouring levels, where the deviance is smooth: where its derivative turns from
    /// falling to rising, which is found to more digits than a least value is. Bisection ends where the derivative is
    /// lost in rounding.
    fn plateau_within(&self, low: f64, high: f64, start: &LinkPlateau) -> Option<LinkPlateau> {
        let (mut low, mut high) = (low, high);
        let mut fit = *start;
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            fit = self.plateau_at(middle, &fit)?;
            // While more is observed beyond than the plateau says, it should begin later.
            if self.pull_beyond(middle, fit.a + fit.b * middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(fit)
    }

    fn deviance_at(&self, psi: f64, start: &LinkPlateau) -> f64 {
        self.plateau_at(psi, start).map_or(f64::INFINITY, |fit| fit.deviance)
    }

    fn plateau_at(&self, psi: f64, start: &LinkPlateau) -> Option<LinkPlateau> {
        let fit = self.fit(|s| [1.0, s.min(psi)], [start.a, start.b])?;
        let [a, b] = fit.coefficients;
        Some(LinkPlateau { a, b, psi, level: self.mean(a + b * psi), deviance: fit.deviance, ..*start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows 0/1 at 41 levels, in tenths: ten rows a level, `stays(level)` of them 1.
    fn tenths(stays: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
        (0..410_u32)
            .map(|row| {
                let level = 20.0 + 2.0 * f64::from(row / 10);
                (level, f64::from(u8::from(f64::from(row % 10) < stays(level))))
            })
            .unzip()
    }

    #[test]
    fn a_bend_of_the_log_odds_is_told_from_none_and_whole_clusters_are_drawn() {
        let rule = Rule { draws: 99, ..Rule::default() };
        let of = |s: &[f64], y: &[f64], clusters: Option<&[usize]>| {
            let data = Data { satisfaction: s, outcome: y, weights: None, clusters };
            deviance_curve(&data, Family::Binomial, &rule).unwrap()
        };
        let (s, y) = tenths(|level| (1.0 + (level - 20.0) / 5.0).min(8.0).round());
        let bent = of(&s, &y, None);
        assert!(bent.curvature_p.unwrap() < 0.02, "{:?}", bent.curvature_p);
        let odds = |level: f64| 10.0 / (1.0 + (2.0 - 0.04 * level).exp());
        let (s, straight) = tenths(|level| odds(level).round());
        assert!(of(&s, &straight, None).curvature_p.unwrap() > 0.2);
        let ids: Vec<usize> = (0..410).map(|row| row % 41).collect();
        let clustered = of(&s, &y, Some(&ids));
        let drawn = clustered.bootstrap.unwrap();
        assert_eq!((clustered.curvature_p, drawn.draws, drawn.seed), (None, 99, 42));
        let (psi, change) = (drawn.psi.unwrap(), drawn.change);
        assert!(psi.low <= psi.estimate && psi.estimate <= psi.high && change.high < 0.0, "{drawn:?}");
    }

    /// 100,000 rows 0/1, all levels different, 99 replicates of each bootstrap.
    #[test]
    #[ignore = "a measurement: prints the seconds of one answer"]
    fn how_long_many_rows_take() {
        let mut random = SplitMix64::new(5);
        let (s, y): (Vec<f64>, Vec<f64>) = (0..100_000)
            .map(|_| {
                let level = 30.0 + 70.0 * random.uniform();
                let stays = 1.0 / (1.0 + (4.0 - 0.08 * level.min(75.0)).exp());
                (level, f64::from(u8::from(random.uniform() < stays)))
            })
            .unzip();
        let rule = Rule { draws: 99, ..Rule::default() };
        let start = std::time::Instant::now();
        let data = Data { satisfaction: &s, outcome: &y, weights: None, clusters: None };
        let found = deviance_curve(&data, Family::Binomial, &rule).unwrap();
        let psi = found.plateau.unwrap().psi;
        eprintln!("psi {psi:.2}: {:.2} s on all threads", start.elapsed().as_secs_f64());
        assert!((psi - 75.0).abs() < 2.0);
    }

    #[test]
    fn gamma_means_without_noise_about_a_plateau_are_found() {
        // Two rows per level, a quarter above and below the mean: the fitted mean is exact.
        let mean = |s: f64| (1.0 + 0.03 * s.min(63.0)).exp();
        let (s, y): (Vec<f64>, Vec<f64>) = (0..200_u32)
            .map(|row| {
                let level = 20.0 + f64::from(row / 2) * 0.8;
                (level, mean(level) * if row % 2 == 0 { 0.75 } else { 1.25 })
            })
            .unzip();
        let rule = Rule { draws: 39, ..Rule::default() };
        let found = deviance_curve(
            &Data { satisfaction: &s, outcome: &y, weights: None, clusters: None },
            Family::Gamma,
            &rule,
        )
        .unwrap();
        let plateau = found.plateau.unwrap();
        assert!((plateau.psi - 63.0).abs() < 1e-4, "{plateau:?}");
        assert!((plateau.b - 0.03).abs() < 1e-6 && (plateau.level / mean(100.0) - 1.0).abs() < 1e-6);
        let (low, high) = (plateau.interval.low.unwrap(), plateau.interval.high.unwrap());
        assert!(low < 63.0 && high > 63.0 && high - low < 15.0);
    }
}
