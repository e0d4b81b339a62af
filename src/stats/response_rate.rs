//! Who answered: outcome rates of a survey, and how those who answered differ from those who did not.

use serde::{Deserialize, Serialize};

use crate::measurement::{average, variance};

/// Final dispositions of everybody who was invited, as counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispositions {
    /// Complete answers (I).
    pub complete: usize,
    /// Partial answers (P).
    pub partial: usize,
    /// Refusals and break-offs (R).
    pub refusal: usize,
    /// Reached, but silent (NC).
    pub non_contact: usize,
    /// Reached, and silent for another reason (O).
    pub other: usize,
    /// Not known whether there is such a person (UH).
    pub unknown_person: usize,
    /// Not known for another reason, for example a bounce (UO).
    pub unknown_other: usize,
}

/// Outcome rates between 0 and 1; `None` where nobody stands under the line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutcomeRates {
    /// Complete over all, unknown included.
    pub rr1: Option<f64>,
    /// Complete or partial over all.
    pub rr2: Option<f64>,
    /// As `rr1`, of the unknown only the share that is estimated to be eligible.
    pub rr3: Option<f64>,
    /// As `rr3`, complete or partial.
    pub rr4: Option<f64>,
    /// Complete over those known to be eligible.
    pub rr5: Option<f64>,
    /// Complete or partial over those known to be eligible.
    pub rr6: Option<f64>,
    /// Cooperation: complete over those who were reached.
    pub coop1: Option<f64>,
    /// Refusals over all.
    pub ref1: Option<f64>,
    /// Contact over all.
    pub con1: Option<f64>,
}

impl Dispositions {
    /// Outcome rates, where `eligible_share` (0 to 1) of the unknown are taken to be eligible.
    ///
    /// ```
    /// use cam_stats::response_rate::Dispositions;
    /// let wave = Dispositions { complete: 40, non_contact: 60, ..Dispositions::default() };
    /// assert_eq!(wave.rates(1.0).rr1, Some(0.4));
    /// ```
    ///
    /// # Source
    ///
    /// The American Association for Public Opinion Research, *Standard Definitions*.
    pub fn rates(&self, eligible_share: f64) -> OutcomeRates {
        let of = |count: usize, whole: f64| (whole > 0.0).then(|| count as f64 / whole);
        let (interviewed, unknown) = (self.complete + self.partial, self.unknown_person + self.unknown_other);
        let known = (interviewed + self.refusal + self.non_contact + self.other) as f64;
        let all = known + unknown as f64;
        let likely = known + eligible_share * unknown as f64;
        let reached = interviewed + self.refusal + self.other;
        OutcomeRates {
            rr1: of(self.complete, all),
            rr2: of(interviewed, all),
            rr3: of(self.complete, likely),
            rr4: of(interviewed, likely),
            rr5: of(self.complete, known),
            rr6: of(interviewed, known),
            coop1: of(self.complete, reached as f64),
            ref1: of(self.refusal, all),
            con1: of(reached, all),
        }
    }
}

/// Share of the unknown that is taken to be eligible as among the known, the rule of CASRO: `eligible / (eligible +
/// ineligible)`; `None` where nobody's eligibility is known.
///
/// ```
/// assert_eq!(cam_stats::response_rate::eligible_share(70, 30), Some(0.7));
/// ```
///
/// # Source
///
/// Council of American Survey Research Organizations 1982, *On the Definition of Response Rates*.
pub fn eligible_share(eligible: usize, ineligible: usize) -> Option<f64> {
    let known = eligible + ineligible;
    (known > 0).then(|| eligible as f64 / known as f64)
}

/// Means of two groups and their standardised difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standardised {
    /// Mean of the first group.
    pub first: f64,
    /// Mean of the second group.
    pub second: f64,
    /// `(m1 - m0) / sqrt((v1 + v0) / 2)`; 0 where neither group varies and both means agree to the digit that is left.
    pub difference: f64,
}

/// Compares two groups by their standardised mean difference; `None` where one has fewer than two values.
pub fn standardised_difference(first: &[f64], second: &[f64]) -> Option<Standardised> {
    if first.len() < 2 || second.len() < 2 {
        return None;
    }
    let (one, other) = (average(first), average(second));
    let spread = f64::midpoint(variance(first), variance(second)).sqrt();
    let difference = if spread > 0.0 { (one - other) / spread } else { 0.0 };
    Some(Standardised { first: one, second: other, difference })
}
