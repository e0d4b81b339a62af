//! Covariances of least-squares coefficients, in the coordinates of the orthogonal factor.
//!
//! With `X = Q R` every sandwich has its filling in `Q` (`M`, parameters × parameters) and the same two
//! slices outside (`T M T'`), so no inverse of `X'X` is formed.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use serde::{Deserialize, Serialize};

use crate::bootstrap::Clusters;
use crate::{Count, Refusal, Warning};

/// Clusters below which a clustered standard error is refused.
const CLUSTERS_NEEDED: usize = 10;
/// Clusters below which it warns.
const CLUSTERS_WANTED: usize = 40;
/// Clusters from which CR1 is the default.
const MANY_CLUSTERS: usize = 50;
/// Leverage from which a row counts as fitted exactly.
const EXACT: f64 = 1.0 - 1e-10;

/// How standard errors were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeKind {
    /// Equal, independent errors.
    Classic,
    /// White 1980.
    Hc0,
    /// HC0 times n / (n - p).
    Hc1,
    /// Squared residuals over 1 - h.
    Hc2,
    /// Squared residuals over (1 - h) squared.
    Hc3,
    /// Clustered, without correction.
    Cr0,
    /// CR0 times G / (G - 1) × (n - 1) / (n - p), t with G - 1 degrees of freedom.
    Cr1,
    /// Bell and McCaffrey 2002, Satterthwaite degrees of freedom.
    Cr2,
}

/// Small-sample correction of clustered standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClusterCorrection {
    /// None.
    Cr0,
    /// By counts.
    Cr1,
    /// By leverages.
    Cr2,
}

/// Which standard errors are asked for.
#[derive(Debug, Clone, Copy)]
pub enum StandardErrors<'a> {
    /// Equal, independent errors.
    Classic,
    /// White 1980.
    HC0,
    /// HC0 times n / (n - p).
    HC1,
    /// Squared residuals over 1 - h.
    HC2,
    /// Squared residuals over (1 - h) squared: the default.
    HC3,
    /// Rows with the same identifier belong together.
    Clustered {
        /// One identifier per row.
        ids: &'a [usize],
        /// CR2 below 50 clusters and CR1 from there, if not given.
        correction: Option<ClusterCorrection>,
    },
}

/// Covariance of the coefficients, degrees of freedom of each, and what was used.
pub(crate) struct Covariance {
    pub(crate) matrix: DMatrix<f64>,
    pub(crate) df: Vec<f64>,
    pub(crate) kind: SeKind,
    pub(crate) warnings: Vec<Warning>,
}

/// What every covariance is built from.
pub(crate) struct Parts<'a> {
    /// Columns of Q.
    pub(crate) q: &'a [Vec<f64>],
    /// `T`.
    pub(crate) transform: &'a DMatrix<f64>,
    /// Residuals (times the root of the weight).
    pub(crate) residuals: &'a [f64],
    /// Diagonal of `QQ'`.
    pub(crate) leverages: &'a [f64],
}

impl Parts<'_> {
    fn rows(&self) -> f64 {
        self.residuals.len() as f64
    }

    fn parameters(&self) -> usize {
        self.q.len()
    }

    /// `T M T'` with a symmetric filling.
    fn sandwich(&self, filling: &DMatrix<f64>) -> DMatrix<f64> {
        self.transform * filling * self.transform.transpose()
    }

    /// `Q' diag(w) Q`.
    fn filling(&self, weight: impl Fn(usize) -> f64) -> DMatrix<f64> {
        let weights: Vec<f64> = (0..self.residuals.len()).map(weight).collect();
        let p = self.parameters();
        let mut filling = DMatrix::zeros(p, p);
        for j in 0..p {
            let weighted: Vec<f64> = self.q[j].iter().zip(&weights).map(|(q, w)| q * w).collect();
            for k in j..p {
                let value = crate::factor::dot(&weighted, &self.q[k]);
                filling[(j, k)] = value;
                filling[(k, j)] = value;
            }
        }
        filling
    }

    pub(crate) fn covariance(&self, errors: StandardErrors<'_>) -> Result<Covariance, Refusal> {
        let p = self.parameters();
        let freedom = self.rows() - p as f64;
        let squared = |row: usize| self.residuals[row].powi(2);
        let mut warnings = Vec::new();
        let exact = self.leverages.iter().position(|h| *h > EXACT);
        let (filling, kind) = match errors {
            StandardErrors::Clustered { ids, correction } => return self.clustered(ids, correction),
            StandardErrors::Classic => {
                let variance = crate::factor::dot(self.residuals, self.residuals) / freedom;
                (DMatrix::identity(p, p) * variance, SeKind::Classic)
            }
            StandardErrors::HC0 => (self.filling(squared), SeKind::Hc0),
            StandardErrors::HC2 if exact.is_none() => {
                (self.filling(|row| squared(row) / (1.0 - self.leverages[row])), SeKind::Hc2)
            }
            StandardErrors::HC3 if exact.is_none() => {
                (self.filling(|row| squared(row) / (1.0 - self.leverages[row]).powi(2)), SeKind::Hc3)
            }
            StandardErrors::HC1 | StandardErrors::HC2 | StandardErrors::HC3 => {
                if let (Some(row), false) = (exact, matches!(errors, StandardErrors::HC1)) {
                    warnings.push(Warning::Leverage { row });
                }
                (self.filling(squared) * (self.rows() / freedom), SeKind::Hc1)
            }
        };
        Ok(Covariance { matrix: self.sandwich(&filling), df: vec![freedom; p], kind, warnings })
    }

    fn clustered(&self, ids: &[usize], correction: Option<ClusterCorrection>) -> Result<Covariance, Refusal> {
        if ids.len() != self.residuals.len() {
            return Err(Refusal::LengthMismatch { expected: self.residuals.len(), found: ids.len() });
        }
        let clusters = Clusters::of_ids(ids);
        let count = clusters.len();
        let have = count as f64;
        if count < CLUSTERS_NEEDED {
            let need = CLUSTERS_NEEDED as f64;
            return Err(Refusal::TooFew { what: Count::Clusters, have, need });
        }
        let mut warnings = Vec::new();
        if count < CLUSTERS_WANTED {
            warnings.push(Warning::Few { what: Count::Clusters, have, need: CLUSTERS_WANTED as f64 });
        }
        let by_count = if count < MANY_CLUSTERS { ClusterCorrection::Cr2 } else { ClusterCorrection::Cr1 };
        let p = self.parameters();
        let (filling, df, kind) = match correction.unwrap_or(by_count) {
            ClusterCorrection::Cr2 => {
                let (filling, df) = self.bell_mccaffrey(&clusters);
                (filling, df, SeKind::Cr2)
            }
            other => {
                let mut filling = DMatrix::zeros(p, p);
                for rows in clusters.iter() {
                    let score = self.score(rows);
                    filling += &score * score.transpose();
                }
                let factor = have / (have - 1.0) * (self.rows() - 1.0) / (self.rows() - p as f64);
                let (factor, kind) = match other {
                    ClusterCorrection::Cr1 => (factor, SeKind::Cr1),
                    _ => (1.0, SeKind::Cr0),
                };
                (filling * factor, vec![have - 1.0; p], kind)
            }
        };
        Ok(Covariance { matrix: self.sandwich(&filling), df, kind, warnings })
    }

    /// `Q_g'e_g`.
    fn score(&self, rows: &[usize]) -> DVector<f64> {
        DVector::from_iterator(
            self.parameters(),
            self.q.iter().map(|column| rows.iter().map(|row| column[*row] * self.residuals[*row]).sum()),
        )
    }

    /// CR2 and the Satterthwaite degrees of freedom of each coefficient under equal, independent errors.
    ///
    /// `A_g = (I - Q_g Q_g')^(-1/2)` acts on `Q_g` through the eigenvectors of the small matrix `Q_g'Q_g`, so
    /// that the cost does not grow with the size of a cluster. Directions that a cluster fits exactly
    /// (eigenvalue 1) get weight 0, the generalised inverse.
    ///
    /// Source: Bell and McCaffrey 2002, Survey Methodology 28:169-181; Pustejovsky and Tipton 2018, JBES
    /// 36:672-683.
    fn bell_mccaffrey(&self, clusters: &Clusters) -> (DMatrix<f64>, Vec<f64>) {
        let p = self.parameters();
        let mut filling = DMatrix::zeros(p, p);
        let mut own = vec![0.0; p];
        let mut own_squared = vec![0.0; p];
        let mut quartic = vec![0.0; p];
        let mut outer = vec![DMatrix::<f64>::zeros(p, p); p];
        for rows in clusters.iter() {
            let block = DMatrix::from_fn(rows.len(), p, |i, j| self.q[j][rows[i]]);
            let mut gram = DMatrix::zeros(p, p);
            gram.gemm_tr(1.0, &block, &block, 0.0);
            let eigen = SymmetricEigen::new(gram);
            let inverse =
                eigen.eigenvalues.map(|value| if value > EXACT { 0.0 } else { 1.0 / (1.0 - value) });
            let vectors = &eigen.eigenvectors;
            let through =
                |diagonal: DVector<f64>| vectors * DMatrix::from_diagonal(&diagonal) * vectors.transpose();
            let score = through(inverse.map(f64::sqrt)) * self.score(rows);
            filling += &score * score.transpose();
            let values = eigen.eigenvalues.map(|value| value.max(0.0));
            let first = through(values.zip_map(&inverse, |value, inv| value * inv.sqrt()));
            let second = through(values.component_mul(&inverse));
            for coefficient in 0..p {
                // Row of T, as a contrast in the coordinates of Q.
                let contrast = self.transform.row(coefficient).transpose();
                let w = &first * &contrast;
                let length = contrast.dot(&(&second * &contrast));
                let square = w.norm_squared();
                own[coefficient] += length - square;
                own_squared[coefficient] += (length - square).powi(2);
                quartic[coefficient] += square * square;
                outer[coefficient] += &w * w.transpose();
            }
        }
        let df = (0..p)
            .map(|k| {
                let pairs = own_squared[k] + outer[k].norm_squared() - quartic[k];
                let df = own[k] * own[k] / pairs;
                if df.is_finite() && df > 0.0 { df } else { clusters.len() as f64 - 1.0 }
            })
            .collect();
        (filling, df)
    }
}
