//! The way of one respondent through a survey: rotation, conditions, jumps.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::condition::Answers;
use super::instrument::{Instrument, Rotation};
use super::reply::{Reply, StoredAnswer};

impl Instrument {
    /// Positions of the items that a respondent is asked under these answers, in order. An item without an answer takes
    /// no jump and passes no condition.
    ///
    /// `draw` names the respondent to the rotations: the same text draws the same blocks on every day and every machine.
    pub fn route(&self, answers: &Answers, draw: &str) -> Vec<usize> {
        self.route_without(answers, &self.rotated_out(draw))
    }

    /// Keys of the items that a respondent is not asked under these answers: their rotation, a condition or a jump left
    /// them out, so that they are no silence.
    pub fn not_asked(&self, answers: &Answers, draw: &str) -> BTreeSet<String> {
        let route = self.route(answers, draw);
        let left_out = self.items.iter().enumerate().filter(|(at, _)| route.binary_search(at).is_err());
        left_out.map(|(_, item)| item.key.clone()).collect()
    }

    /// Tells whether a respondent may not be asked an item that measures something.
    pub fn leaves_out(&self) -> bool {
        let measures = |item: usize| self.items[item].construct.is_some();
        let rotates = self.rotations.iter().flat_map(|rotation| rotation.blocks.iter().flatten());
        rotates.copied().any(measures)
            || self.items.iter().any(|item| !item.jumps.is_empty())
            || self.items.iter().any(|item| item.when.is_some() && item.construct.is_some())
    }

    /// Reads stored answers; what was passed over, and items that the survey does not have, are not among them.
    pub fn given(&self, stored: impl IntoIterator<Item = (String, StoredAnswer)>) -> Answers {
        let said = stored.into_iter().filter_map(|(key, columns)| match columns.reply(self.item(&key)?) {
            Reply::Given(given) => Some((key, given)),
            Reply::Skipped => None,
        });
        said.collect()
    }

    /// The way past the items that the rotations leave out.
    pub(super) fn route_without(&self, answers: &Answers, rotated_out: &[bool]) -> Vec<usize> {
        let mut route = Vec::new();
        let mut at = 0;
        while let Some(item) = self.items.get(at) {
            let shown = !rotated_out[at] && item.when.as_ref().is_none_or(|when| when.holds(answers));
            if !shown {
                at += 1;
                continue;
            }
            route.push(at);
            match item.jumps.iter().find(|jump| jump.when.holds(answers)) {
                Some(jump) => match jump.to {
                    Some(to) => at = to,
                    None => break,
                },
                None => at += 1,
            }
        }
        route
    }

    /// The most questions that this respondent can still come to be asked, those answered included: it never grows while
    /// they answer, so that "question 3 of 8" keeps its word.
    pub fn longest(&self, answers: &Answers, draw: &str) -> usize {
        let rotated_out = self.rotated_out(draw);
        let mut asked = vec![false; self.items.len()];
        let mut certain = vec![false; self.items.len()];
        let mut open = vec![false; self.items.len()];
        // From the end: the longest way from each item on, over every jump that may still be taken.
        for (at, item) in self.items.iter().enumerate() {
            let is_open = |key: &str| {
                self.items.iter().position(|other| other.key == key).is_some_and(|other| open[other])
            };
            let shown = item.when.as_ref().map_or(Some(true), |when| when.settled(answers, &is_open));
            asked[at] = !rotated_out[at] && shown != Some(false);
            certain[at] = shown == Some(true);
            open[at] = asked[at] && !answers.contains_key(&item.key);
        }
        let is_open =
            |key: &str| self.items.iter().position(|other| other.key == key).is_some_and(|other| open[other]);
        let mut from = vec![0; self.items.len() + 1];
        for (at, item) in self.items.iter().enumerate().rev() {
            if !asked[at] {
                from[at] = from[at + 1];
                continue;
            }
            let mut longest = None;
            let mut leaves = false;
            for jump in &item.jumps {
                let taken = jump.when.settled(answers, &is_open);
                if taken != Some(false) {
                    longest = longest.max(Some(jump.to.map_or(0, |to| from[to])));
                }
                if taken == Some(true) {
                    leaves = true;
                    break;
                }
            }
            let onwards = if leaves { None } else { Some(from[at + 1]) };
            from[at] = 1 + longest.max(onwards).unwrap_or(0);
            if !certain[at] {
                from[at] = from[at].max(from[at + 1]);
            }
        }
        from[0]
    }

    /// Which items the rotations leave out for a respondent.
    pub(super) fn rotated_out(&self, draw: &str) -> Vec<bool> {
        let mut out = vec![false; self.items.len()];
        for rotation in &self.rotations {
            for block in rotation.left_out(draw) {
                for &item in block {
                    out[item] = true;
                }
            }
        }
        out
    }
}

impl Rotation {
    /// The blocks that a respondent is not asked: each block gets a place by a hash, and the first `take` are asked.
    fn left_out(&self, draw: &str) -> Vec<&Vec<usize>> {
        let mut order: Vec<([u8; 32], &Vec<usize>)> = self
            .blocks
            .iter()
            .enumerate()
            .map(|(at, block)| (Sha256::digest(format!("{draw}|{}|{at}", self.key)).into(), block))
            .collect();
        order.sort_by_key(|(place, _)| *place);
        order.into_iter().skip(self.take).map(|(_, block)| block).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::condition::Given;
    use super::super::parse;
    use super::*;

    const SURVEY: &str = r#"
id = "s"
version = 1
languages = ["en"]
scale = [{ key = "ten", low = 1, high = 10 }]
[[item]]
key = "overall"
kind = "rating"
scale = "ten"
text = { en = "Overall?" }
go = [{ when = "overall >= 9", to = "last" }]
[[item]]
key = "why"
kind = "long_text"
when = "overall <= 6"
text = { en = "Why?" }
[[item]]
key = "a"
kind = "rating"
scale = "ten"
text = { en = "A?" }
[[item]]
key = "b"
kind = "rating"
scale = "ten"
text = { en = "B?" }
[[item]]
key = "c"
kind = "rating"
scale = "ten"
text = { en = "C?" }
[[item]]
key = "last"
kind = "short_text"
text = { en = "Last?" }
[[rotate]]
key = "abc"
take = 2
blocks = [["a"], ["b"], ["c"]]
"#;

    fn keys(survey: &Instrument, answers: &Answers, draw: &str) -> Vec<String> {
        survey.route(answers, draw).into_iter().map(|at| survey.items[at].key.clone()).collect()
    }

    fn overall(given: f64) -> Answers {
        [("overall".to_owned(), Given::Number(given))].into()
    }

    #[test]
    fn a_condition_asks_and_a_jump_passes_over() {
        let survey = parse("s.toml", SURVEY).unwrap();
        let low = keys(&survey, &overall(5.0), "x");
        assert_eq!((low[1].as_str(), low.len()), ("why", 5));
        assert_eq!(keys(&survey, &overall(9.0), "x"), ["overall", "last"]);
        assert_eq!(keys(&survey, &overall(8.0), "x").len(), 4);
    }

    #[test]
    fn a_rotation_asks_every_block_equally_often_and_a_respondent_always_the_same() {
        let survey = parse("s.toml", SURVEY).unwrap();
        let mut asked = [0; 3];
        for respondent in 0..3_000 {
            let draw = respondent.to_string();
            let route = keys(&survey, &overall(8.0), &draw);
            assert_eq!(route, keys(&survey, &overall(8.0), &draw));
            for (count, key) in asked.iter_mut().zip(["a", "b", "c"]) {
                *count += usize::from(route.iter().any(|other| other == key));
            }
        }
        assert!(asked.iter().all(|count| (1_900..2_100).contains(count)), "{asked:?}");
    }

    #[test]
    fn what_a_rotation_a_condition_or_a_jump_leaves_out_is_not_asked() {
        let survey = parse("s.toml", SURVEY).unwrap();
        let out = |given| -> Vec<String> { survey.not_asked(&overall(given), "x").into_iter().collect() };
        // Of three blocks two are asked; `why` is for 6 and below; from 9 on, all but the last is jumped over.
        let rotated: Vec<String> = ["a", "b", "c"]
            .into_iter()
            .filter(|key| out(5.0).contains(&(*key).into()))
            .map(Into::into)
            .collect();
        assert_eq!((out(5.0).len(), rotated.len()), (1, 1));
        assert_eq!(out(8.0), [rotated[0].clone(), "why".into()]);
        assert_eq!(out(9.0), ["a", "b", "c", "why"]);
        // Who says nothing at all is asked what has no condition, and passed it over.
        let silent: Vec<_> = survey.not_asked(&Answers::new(), "x").into_iter().collect();
        assert_eq!(silent, out(8.0));
    }

    #[test]
    fn stored_answers_are_read_by_the_kind_of_their_item() {
        let survey = parse("s.toml", SURVEY).unwrap();
        let stored =
            |number, text: Option<&str>| StoredAnswer { number, choice: None, text: text.map(Into::into) };
        let rows = [
            ("overall", stored(Some(5.0), None)),
            ("a", stored(None, None)),
            ("last", stored(None, Some("x"))),
            ("gone", stored(Some(1.0), None)),
        ];
        let answers = survey.given(rows.map(|(key, answer)| (key.to_owned(), answer)));
        assert_eq!(
            answers,
            [("last".into(), Given::Text("x".into())), ("overall".into(), Given::Number(5.0))].into()
        );
    }

    #[test]
    fn the_number_of_questions_never_grows_on_the_way() {
        let survey = parse("s.toml", SURVEY).unwrap();
        for given in 1..=10 {
            let mut answers = Answers::new();
            let mut before = survey.longest(&answers, "x");
            assert_eq!(before, 5);
            answers.extend(overall(f64::from(given)));
            for key in ["why", "a", "b", "c", "last"] {
                let now = survey.longest(&answers, "x");
                assert!(now <= before, "{given} {key}: {before} then {now}");
                assert!(now >= survey.route(&answers, "x").len());
                before = now;
                answers.insert(key.into(), Given::Number(1.0));
            }
            assert_eq!(before, survey.route(&answers, "x").len());
        }
    }

    /// `why` ends the survey for whoever is asked it; whoever is not comes to the four questions after it.
    #[test]
    fn a_question_that_may_not_be_asked_does_not_end_the_longest_way() {
        let first =
            "[[item]]\nkey = \"first\"\nkind = \"rating\"\nscale = \"ten\"\ntext = { en = \"First?\" }\n";
        let ends = "when = \"overall <= 6\"\ngo = [{ when = \"first answered\", to = \"end\" }]";
        let text = SURVEY
            .replacen("[[item]]", &format!("{first}[[item]]"), 1)
            .replacen("when = \"overall <= 6\"", ends, 1)
            .replacen("take = 2", "take = 3", 1);
        let survey = parse("s.toml", &text).unwrap();
        let mut answers: Answers = [("first".to_owned(), Given::Number(1.0))].into();
        assert_eq!(survey.longest(&answers, "x"), 6);
        answers.extend(overall(8.0));
        assert_eq!((survey.longest(&answers, "x"), survey.route(&answers, "x").len()), (6, 6));
        answers.extend(overall(5.0));
        assert_eq!((survey.longest(&answers, "x"), survey.route(&answers, "x").len()), (3, 3));
    }
}
