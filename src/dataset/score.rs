//! From the answers of an account's contacts to one score per construct.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::clock::Instant;
use crate::survey::Instrument;

/// A wave with the survey version that it asked.
#[derive(Debug, Clone)]
pub struct Wave {
    /// Its id.
    pub id: Uuid,
    /// When it opened.
    pub opened_at: Instant,
    /// Whether it was put to the customers of that time, so that those who did not answer were silent. Answers that
    /// came without a wave, or that are about single purchases, leave open who was asked.
    pub of_all_customers: bool,
    /// What it asked.
    pub instrument: Instrument,
}

/// Who at the account answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contact {
    /// Decides whether to buy.
    Decides,
    /// Uses what was bought.
    Uses,
    /// Pays for it.
    Pays,
    /// Unknown, or the account itself.
    Unspecified,
}

/// Weights of the roles when an account's contacts are averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoleWeights {
    /// Weight of those who decide.
    pub decides: f64,
    /// Weight of those who use.
    pub uses: f64,
    /// Weight of those who pay.
    pub pays: f64,
}

impl Default for RoleWeights {
    fn default() -> Self {
        Self { decides: 1.0, uses: 1.0, pays: 1.0 }
    }
}

impl RoleWeights {
    fn of(self, contact: Contact) -> f64 {
        match contact {
            Contact::Decides => self.decides,
            Contact::Uses => self.uses,
            Contact::Pays => self.pays,
            Contact::Unspecified => 1.0,
        }
    }
}

/// One response with its scaled answers.
#[derive(Debug, Clone)]
pub struct Response {
    /// The account, where the response has one.
    pub account: Option<Uuid>,
    /// Who answered.
    pub contact: Contact,
    /// Position of the wave.
    pub wave: usize,
    /// The unit as of the answer.
    pub unit: Option<Uuid>,
    /// When it was answered.
    pub answered_at: Instant,
    /// Base weight.
    pub weight: f64,
    /// Numeric answers by item key.
    pub answers: BTreeMap<String, f64>,
    /// Keys of the items that the survey's design left out for the respondent; empty where that is not known, as with
    /// answers from elsewhere.
    pub not_asked: BTreeSet<String>,
    /// Operational drivers of the ledger entry that it is about, by name.
    pub attributes: BTreeMap<String, f64>,
}

/// What one response says of each construct.
#[derive(Debug, Default)]
pub(super) struct Scores {
    /// Constructs of which an item was asked.
    pub(super) asked: BTreeSet<String>,
    /// Index points 0-100, for constructs with at least half of the items answered that were asked.
    pub(super) points: BTreeMap<String, f64>,
}

/// Scores one response. An item that was not asked does not count; an answer outside its scale is missing, never
/// clamped.
pub(super) fn construct_scores(instrument: &Instrument, response: &Response) -> Scores {
    let mut scores = Scores::default();
    for construct in &instrument.constructs {
        let asked: Vec<_> = instrument
            .items_of(&construct.key)
            .filter(|(item, _)| !response.not_asked.contains(&item.key))
            .collect();
        if asked.is_empty() {
            continue;
        }
        scores.asked.insert(construct.key.clone());
        let answered: Vec<f64> =
            asked.iter().filter_map(|(item, scale)| scale.score(*response.answers.get(&item.key)?)).collect();
        if !answered.is_empty() && answered.len() * 2 >= asked.len() {
            let points = answered.iter().sum::<f64>() / answered.len() as f64;
            scores.points.insert(construct.key.clone(), points);
        }
    }
    scores
}

/// Averages values within each role, then over the roles by weight; `None` without any value.
pub(super) fn over_roles(values: &[(Contact, f64)], weights: RoleWeights) -> Option<f64> {
    let mut roles: BTreeMap<Contact, (f64, usize)> = BTreeMap::new();
    for &(contact, value) in values {
        let role = roles.entry(contact).or_default();
        role.0 += value;
        role.1 += 1;
    }
    let (mut sum, mut weight_sum) = (0.0, 0.0);
    for (contact, (total, count)) in roles {
        let weight = weights.of(contact);
        sum += weight * total / count as f64;
        weight_sum += weight;
    }
    (weight_sum > 0.0).then(|| sum / weight_sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_averaged_within_a_role_before_roles_are_weighted() {
        let values = [(Contact::Uses, 40.0), (Contact::Uses, 60.0), (Contact::Decides, 80.0)];
        let weights = RoleWeights { decides: 3.0, uses: 1.0, pays: 1.0 };
        // (3 * 80 + 1 * 50) / 4
        assert_eq!(over_roles(&values, weights), Some(72.5));
        assert_eq!(over_roles(&[], weights), None);
    }

    /// The points of satisfaction, and whether it was asked.
    fn score(answers: &[(&str, f64)], not_asked: &[&str]) -> (Option<f64>, bool) {
        let survey = crate::survey::parse("s.toml", SURVEY).unwrap();
        let response = Response {
            account: None,
            contact: Contact::Unspecified,
            wave: 0,
            unit: None,
            answered_at: Instant::from_micros(0),
            weight: 1.0,
            answers: answers.iter().map(|&(key, value)| (key.to_owned(), value)).collect(),
            not_asked: not_asked.iter().map(|&key| key.to_owned()).collect(),
            attributes: BTreeMap::new(),
        };
        let scores = construct_scores(&survey, &response);
        (scores.points.get("satisfaction").copied(), scores.asked.contains("satisfaction"))
    }

    #[test]
    fn a_construct_with_fewer_than_half_of_its_items_answered_has_no_score() {
        assert_eq!(score(&[("a", 10.0), ("b", 10.0), ("c", 10.0)], &[]).0, Some(100.0));
        assert_eq!(score(&[("a", 10.0), ("b", 1.0)], &[]).0, Some(50.0));
        assert_eq!(score(&[("a", 10.0)], &[]).0, None);
        assert_eq!(score(&[("a", 10.0), ("b", 99.0), ("c", 10.0)], &[]).0, Some(100.0));
    }

    #[test]
    fn a_construct_is_scored_over_the_items_that_were_asked() {
        // One of one asked, one of two asked, none of two asked.
        assert_eq!(score(&[("a", 10.0)], &["b", "c"]), (Some(100.0), true));
        assert_eq!(score(&[("a", 5.5)], &["c"]), (Some(50.0), true));
        assert_eq!(score(&[], &["c"]), (None, true));
        assert_eq!(score(&[], &["a", "b", "c"]), (None, false));
    }

    const SURVEY: &str = r#"
id = "s"
version = 1
languages = ["en"]
scale = [{ key = "ten", low = 1, high = 10 }]
construct = [{ key = "satisfaction", role = "satisfaction", name = { en = "Satisfaction" } }]
item = [
  { key = "a", construct = "satisfaction", kind = "rating", scale = "ten", text = { en = "A" } },
  { key = "b", construct = "satisfaction", kind = "rating", scale = "ten", text = { en = "B" } },
  { key = "c", construct = "satisfaction", kind = "rating", scale = "ten", text = { en = "C" } },
]
"#;
}
