//! Whether customers fall into natural segments, and into which.

use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

use crate::bootstrap::replicates;
use crate::factor::dot;
use crate::kmeans::{
    Clustering, adjusted_rand, assign, kmeans, lloyd, run, seeded, silhouettes, total_squares,
};
use crate::ols::check_finite;
use crate::random::SplitMix64;
use crate::{Column, Count, Refusal, ValueFault};

/// Numbers of clusters that are tried.
const CLUSTERS: std::ops::RangeInclusive<usize> = 2..=8;
/// Rows up to which everything is computed on all of them. Above, the starts, the silhouette (whose cost grows
/// with the square) and the bootstrap use a sample of this size, and the winner runs on to its end on all rows.
const SAMPLE: usize = 5_000;
/// Fewest rows.
const FEWEST: usize = 20;
/// Starts of a bootstrap replicate.
const REPLICATE_STARTS: usize = 10;
/// Mean adjusted Rand index above which segments count as natural.
const STABLE: f64 = 0.75;
/// Clouds without segments whose silhouettes the segments have to exceed, all of them: one in twenty by chance.
const CLOUDS: usize = 19;
/// Most rows of such a cloud; its silhouette hardly depends on their number.
const CLOUD_ROWS: usize = 1_000;

/// Something by which customers are told apart.
#[derive(Debug, Clone, Copy)]
pub struct Feature<'a> {
    /// One value per customer.
    pub values: &'a [f64],
    /// An amount of money, 0 or more: its logarithm, `ln(1 + value)`, is used, since amounts are skewed.
    pub money: bool,
}

/// How the search is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Seed of the starts; the seed + 1 resamples, the seed + 2 draws the sample, the seed + 3 the clouds.
    pub seed: u64,
    /// Starts for each number of clusters.
    pub starts: usize,
    /// Bootstrap replicates.
    pub draws: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { seed: 42, starts: 50, draws: 100 }
    }
}

/// Whether the segments are there, or made by the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentVerdict {
    /// The same segments are found again in resampled customers, and they are further apart than those into
    /// which a cloud without segments is cut.
    Natural,
    /// Not so: no natural segments. What was found is a cut through a cloud.
    NoNaturalSegments,
}

/// The best division of the customers that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    /// Whether it counts.
    pub verdict: SegmentVerdict,
    /// Number of segments with the highest silhouette.
    pub k: usize,
    /// Segment of each customer, from 0, the largest first.
    pub labels: Vec<usize>,
    /// Customers in each.
    pub sizes: Vec<usize>,
    /// Mean of each feature in each segment, in the feature's own unit.
    pub means: Vec<Vec<f64>>,
    /// Centre of each segment in standard deviations (of the logarithm, for money).
    pub centres: Vec<Vec<f64>>,
    /// Mean silhouette for each number of clusters that was tried, from 2 on.
    pub silhouettes: Vec<Option<f64>>,
    /// Mean adjusted Rand index between the segments and those of resampled customers; natural above 0.75. A
    /// square filled evenly has stable corners, so that this alone is not enough.
    pub stability: f64,
    /// Silhouette of the segments.
    pub silhouette: f64,
    /// Highest silhouette of 2 to 8 clusters in 19 evenly filled boxes along the principal axes of the customers;
    /// natural only above it.
    pub silhouette_of_clouds: f64,
    /// Sum of squares within the segments, of standardised features.
    pub within: f64,
    /// Sum of squares in all.
    pub total: f64,
    /// Index of Calinski and Harabasz.
    pub calinski_harabasz: Option<f64>,
    /// Customers.
    pub n: usize,
    /// Customers in the sample on which starts, silhouettes and stability were taken; all of them up to 5,000.
    pub sample: usize,
    /// How the search was done.
    pub search: Search,
}

/// Looks for segments: features standardised, k-means++ for 2 to 8 clusters, the number with the highest
/// silhouette, and a bootstrap that shows whether the same segments come back.
///
/// # Errors
///
/// Refuses fewer than 20 customers, no feature, columns of different length, values that are not finite, a
/// negative amount of money, and a feature that is constant.
///
/// # Source
///
/// Arthur and Vassilvitskii 2007; Rousseeuw 1987; Dolnicar and Leisch 2010, Marketing Letters 21:83-101, for
/// the bootstrap; Tibshirani, Walther and Hastie 2001, JRSS B 63:411-423, for the boxes.
pub fn segments(features: &[Feature<'_>], search: Search) -> Result<Segments, Refusal> {
    let columns = standardised(features)?;
    let n = columns[0].len();
    let sample = if n > SAMPLE { sampled(&columns, search.seed.wrapping_add(2)) } else { columns.clone() };
    let most = distinct(&sample, *CLUSTERS.end());
    let found = CLUSTERS
        .filter(|k| *k <= most)
        .map(|k| kmeans(&sample, k, search.starts, search.seed))
        .collect::<Result<Vec<Clustering>, Refusal>>()?;
    let labellings: Vec<&[usize]> = found.iter().map(|clustering| clustering.labels.as_slice()).collect();
    let silhouettes = silhouettes(&sample, &labellings)?;
    // Of equal silhouettes the fewest clusters.
    let mut best: Option<(f64, &Clustering)> = None;
    for (silhouette, clustering) in silhouettes.iter().zip(&found) {
        if let Some(silhouette) = silhouette
            && best.is_none_or(|(highest, _)| *silhouette > highest)
        {
            best = Some((*silhouette, clustering));
        }
    }
    let Some((silhouette, best)) = best else {
        return Err(Refusal::NoVariance { column: Column::Driver(0) });
    };
    let stability = stability(&sample, best, search);
    let silhouette_of_clouds = clouds(&sample, most, search)?;
    let all = if n > SAMPLE { lloyd(&columns, best.centres.clone())? } else { best.clone() };
    let total = total_squares(&columns)?;
    let calinski_harabasz = all.calinski_harabasz(total);
    let order = by_size(&all.sizes);
    let place: Vec<usize> =
        (0..order.len()).map(|old| order.iter().position(|o| *o == old).unwrap_or(old)).collect();
    let labels: Vec<usize> = all.labels.iter().map(|label| place[*label]).collect();
    let sizes: Vec<usize> = order.iter().map(|old| all.sizes[*old]).collect();
    let means = means(features, &labels, &sizes);
    if !means.iter().flatten().all(|mean| mean.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    Ok(Segments {
        verdict: if stability > STABLE && silhouette > silhouette_of_clouds {
            SegmentVerdict::Natural
        } else {
            SegmentVerdict::NoNaturalSegments
        },
        k: sizes.len(),
        labels,
        sizes,
        means,
        centres: order.iter().map(|old| all.centres[*old].clone()).collect(),
        silhouettes,
        stability,
        silhouette,
        silhouette_of_clouds,
        within: all.within,
        total,
        calinski_harabasz,
        n,
        sample: sample[0].len(),
        search,
    })
}

/// Columns with mean 0 and standard deviation 1 (n - 1); money by its logarithm.
///
/// # Errors
///
/// As [`segments`].
pub fn standardised(features: &[Feature<'_>]) -> Result<Vec<Vec<f64>>, Refusal> {
    let Some(first) = features.first() else {
        return Err(Refusal::TooFew { what: Count::Drivers, have: 0.0, need: 1.0 });
    };
    let n = first.values.len();
    if n < FEWEST {
        return Err(Refusal::TooFew { what: Count::Observations, have: n as f64, need: FEWEST as f64 });
    }
    features
        .iter()
        .enumerate()
        .map(|(position, feature)| {
            let column = Column::Driver(position);
            if feature.values.len() != n {
                return Err(Refusal::LengthMismatch { expected: n, found: feature.values.len() });
            }
            check_finite(feature.values, column)?;
            if feature.money
                && let Some(row) = feature.values.iter().position(|amount| *amount < 0.0)
            {
                return Err(Refusal::Value(ValueFault::NegativeAmount { row }));
            }
            standard(feature).ok_or(Refusal::NoVariance { column })
        })
        .collect()
}

fn standard(feature: &Feature<'_>) -> Option<Vec<f64>> {
    let taken: Vec<f64> = if feature.money {
        feature.values.iter().map(|value| value.ln_1p()).collect()
    } else {
        feature.values.to_vec()
    };
    // In units of the largest, so that squares neither overflow nor vanish.
    let largest = taken.iter().fold(0.0_f64, |most, value| value.abs().max(most));
    let scaled: Vec<f64> = taken.iter().map(|value| value / largest).collect();
    let mean = crate::factor::sum(&scaled) / scaled.len() as f64;
    let spread = crate::measurement::variance(&scaled).sqrt();
    let varies = spread > 0.0 && taken.iter().any(|value| (value - taken[0]).abs() > 0.0);
    let standard: Vec<f64> = scaled.iter().map(|value| (value - mean) / spread).collect();
    (varies && standard.iter().all(|value| value.is_finite())).then_some(standard)
}

/// A sample of rows without replacement, in their order.
fn sampled(columns: &[Vec<f64>], seed: u64) -> Vec<Vec<f64>> {
    let mut rows: Vec<usize> = (0..columns[0].len()).collect();
    let mut random = SplitMix64::new(seed);
    for place in 0..SAMPLE {
        let other = place + random.index(rows.len() - place);
        rows.swap(place, other);
    }
    rows.truncate(SAMPLE);
    rows.sort_unstable();
    taken(columns, &rows)
}

fn taken(columns: &[Vec<f64>], rows: &[usize]) -> Vec<Vec<f64>> {
    columns.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect()
}

/// How many different rows there are, counted up to `most`: there cannot be more clusters.
fn distinct(columns: &[Vec<f64>], most: usize) -> usize {
    let mut seen: Vec<Vec<f64>> = Vec::new();
    for row in 0..columns[0].len() {
        if seen.len() == most {
            break;
        }
        let here = crate::kmeans::row_of(columns, row);
        if !seen.contains(&here) {
            seen.push(here);
        }
    }
    seen.len()
}

/// Mean adjusted Rand index over replicates: the rows are resampled and clustered anew, and the rows of the
/// sample given to the nearest of the new centres.
fn stability(columns: &[Vec<f64>], best: &Clustering, search: Search) -> f64 {
    let (rows, k) = (columns[0].len(), best.centres.len());
    let draws = (rows + REPLICATE_STARTS * k) as u64;
    let indices = replicates(search.draws.max(1), |replicate| {
        let mut random = SplitMix64::for_replicate(search.seed.wrapping_add(1), replicate, draws);
        let picks: Vec<usize> = (0..rows).map(|_| random.index(rows)).collect();
        let resampled = taken(columns, &picks);
        let again = best_of(&resampled, k, &mut random);
        let (mut labels, mut nearest) = (vec![0; rows], vec![0.0; rows]);
        assign(columns, &again.centres, &mut labels, &mut nearest);
        adjusted_rand(&best.labels, &labels).unwrap_or(0.0)
    });
    indices.iter().sum::<f64>() / indices.len() as f64
}

/// Highest silhouette of any number of clusters up to `most` in boxes filled evenly, as wide along each principal
/// axis of the rows as these are. The number is chosen anew in each box, as it was for the customers: a fixed one
/// would be compared with the luckiest of seven.
fn clouds(columns: &[Vec<f64>], most: usize, search: Search) -> Result<f64, Refusal> {
    let (rows, width) = (columns[0].len(), columns.len());
    // The columns have mean 0.
    let covariance = DMatrix::from_fn(width, width, |j, k| dot(&columns[j], &columns[k]) / rows as f64);
    let axes = SymmetricEigen::new(covariance).eigenvectors;
    let ranges: Vec<(f64, f64)> = (0..width)
        .map(|axis| {
            (0..rows)
                .map(|row| columns.iter().enumerate().map(|(j, column)| axes[(j, axis)] * column[row]).sum())
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at: f64| (low.min(at), high.max(at)))
        })
        .collect();
    let size = rows.min(CLOUD_ROWS);
    let draws = (size * width + REPLICATE_STARTS * CLUSTERS.sum::<usize>()) as u64;
    // Distances do not change with the direction of the box, so its own axes serve.
    let highest = replicates(CLOUDS, |replicate| {
        let mut random = SplitMix64::for_replicate(search.seed.wrapping_add(3), replicate, draws);
        let cloud: Vec<Vec<f64>> = ranges
            .iter()
            .map(|(low, high)| (0..size).map(|_| low + (high - low) * random.uniform()).collect())
            .collect();
        let found: Vec<Clustering> =
            CLUSTERS.filter(|k| *k <= most).map(|k| best_of(&cloud, k, &mut random)).collect();
        let labellings: Vec<&[usize]> = found.iter().map(|clustering| clustering.labels.as_slice()).collect();
        Ok(silhouettes(&cloud, &labellings)?.into_iter().flatten().fold(-1.0, f64::max))
    });
    highest.into_iter().try_fold(-1.0, |most, silhouette| silhouette.map(|value: f64| value.max(most)))
}

/// The best of a replicate's starts.
fn best_of(columns: &[Vec<f64>], k: usize, random: &mut SplitMix64) -> Clustering {
    let mut best = run(columns, seeded(columns, k, random));
    for _ in 1..REPLICATE_STARTS {
        let other = run(columns, seeded(columns, k, random));
        if other.within < best.within {
            best = other;
        }
    }
    best
}

/// Clusters in descending order of size.
fn by_size(sizes: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).filter(|cluster| sizes[*cluster] > 0).collect();
    order.sort_by(|a, b| sizes[*b].cmp(&sizes[*a]));
    order
}

fn means(features: &[Feature<'_>], labels: &[usize], sizes: &[usize]) -> Vec<Vec<f64>> {
    let mut means = vec![vec![0.0; features.len()]; sizes.len()];
    for (position, feature) in features.iter().enumerate() {
        for (value, label) in feature.values.iter().zip(labels) {
            // Divided before it is added, so that sums of huge amounts stay in range.
            means[*label][position] += value / sizes[*label] as f64;
        }
    }
    means
}
