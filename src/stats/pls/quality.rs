//! How well items measure their latent variables, and how far those can be told apart.

/// Reliability and convergence of one block; all from correlations.
pub(super) struct Quality {
    pub(super) variance_extracted: f64,
    pub(super) composite: f64,
    pub(super) alpha: Option<f64>,
    pub(super) rho_a: Option<f64>,
}

/// Quality of a block of two or more items: its correlations row by row, weights and loadings.
///
/// Source: Fornell and Larcker 1981, J. Marketing Research 18:39-50 (average variance extracted, composite
/// reliability); Dijkstra and Henseler 2015, MIS Quarterly 39:297-316 (`rho_A`).
pub(super) fn quality(items: &[Vec<f64>], weights: &[f64], loadings: &[f64]) -> Quality {
    let k = loadings.len() as f64;
    let squares: f64 = loadings.iter().map(|loading| loading * loading).sum();
    let sum: f64 = loadings.iter().sum();
    let pairs = |term: &dyn Fn(usize, usize) -> f64| -> f64 {
        (0..loadings.len())
            .flat_map(|j| (0..loadings.len()).filter(move |i| *i != j).map(move |i| (j, i)))
            .map(|(j, i)| term(j, i))
            .sum()
    };
    let mean = pairs(&|j, i| items[j][i]) / (k * (k - 1.0));
    let length: f64 = weights.iter().map(|weight| weight * weight).sum();
    let shared = pairs(&|j, i| weights[j] * weights[i] * items[j][i]);
    let implied = pairs(&|j, i| (weights[j] * weights[i]).powi(2));
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    Quality {
        variance_extracted: squares / k,
        composite: sum * sum / (sum * sum + k - squares),
        alpha: finite(k * mean / (1.0 + (k - 1.0) * mean)),
        rho_a: finite(length * length * shared / implied),
    }
}

/// Heterotrait-monotrait ratio of two blocks: the mean absolute correlation between them over the geometric mean of
/// those within; a single item has 1 within. `None` where items of a block are uncorrelated.
///
/// Source: Henseler, Ringle and Sarstedt 2015, J. Academy of Marketing Science 43:115-135, with absolute values.
pub(super) fn heterotrait(
    items: &[f64],
    side: usize,
    a: std::ops::Range<usize>,
    b: std::ops::Range<usize>,
) -> Option<f64> {
    let within = |block: &std::ops::Range<usize>| -> f64 {
        let pairs = block.len() * (block.len() - 1) / 2;
        if pairs == 0 {
            return 1.0;
        }
        let sum: f64 =
            block.clone().flat_map(|j| (block.start..j).map(move |k| items[j * side + k].abs())).sum();
        sum / pairs as f64
    };
    let (within_a, within_b) = (within(&a), within(&b));
    let size = (a.len() * b.len()) as f64;
    let between: f64 = a.flat_map(|j| b.clone().map(move |k| items[j * side + k].abs())).sum();
    Some(between / size / (within_a * within_b).sqrt()).filter(|ratio| ratio.is_finite())
}
