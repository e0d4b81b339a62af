//! What a survey asks of its respondents before anybody is asked: questions that nobody reaches, ways that end nowhere,
//! placeholders that stand for nothing, and how long it takes.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Answers, Condition, Given, Test};
use super::instrument::{Instrument, Item, ItemKind, Texts};

/// Ways that are walked at random.
const WALKS: u64 = 5_000;
/// Ways that are walked towards a question which no random way has reached.
const AIMED: u64 = 1_000;

/// Seconds to answer, without reading.
const RATE: f64 = 3.0;
/// Seconds for one option more.
const OPTION: f64 = 0.7;
/// Words read in a second; a Chinese character counts as half a word.
const WORDS_A_SECOND: f64 = 3.5;

/// What stands for a name in a text, besides `answer.KEY`.
const PLACEHOLDERS: [&str; 3] = ["name", "account", "organisation"];

/// A fault that only a walk finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Key of the item.
    pub item: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a survey asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Effort {
    /// Most questions that one respondent can be asked.
    pub most_questions: usize,
    /// Mean number of questions over random answers.
    pub mean_questions: f64,
    /// Mean seconds to answer them.
    pub mean_seconds: f64,
    /// Seconds of the longest way walked.
    pub most_seconds: f64,
}

impl Instrument {
    /// Walks the survey with random answers and returns what it asks and what is wrong with it.
    pub fn walk(&self) -> (Effort, Vec<Finding>) {
        let mut dice = Dice(1);
        let mut reached = BTreeSet::new();
        let (mut questions, mut seconds, mut longest) = (0.0, 0.0, 0.0_f64);
        for walk in 0..WALKS {
            let route = self.random_way(walk, &Wishes::new(), &mut dice);
            let time: f64 = route.iter().map(|&at| self.seconds(&self.items[at])).sum();
            questions += route.len() as f64;
            seconds += time;
            longest = longest.max(time);
            reached.extend(route);
        }
        for at in 0..self.items.len() {
            if let Some(route) = (!reached.contains(&at)).then(|| self.aimed_way(at, &mut dice)).flatten() {
                longest = longest.max(route.iter().map(|&at| self.seconds(&self.items[at])).sum());
                reached.extend(route);
            }
        }
        let most_questions =
            (0..200).map(|draw: u32| self.longest(&Answers::new(), &draw.to_string())).max().unwrap_or(0);
        let effort = Effort {
            most_questions,
            mean_questions: questions / WALKS as f64,
            mean_seconds: seconds / WALKS as f64,
            most_seconds: longest,
        };
        let unreached = (0..self.items.len()).filter(|at| !reached.contains(at)).map(|at| Finding {
            item: self.items[at].key.clone(),
            message: format!(
                "nobody reaches this question, neither in {WALKS} random ways nor in {AIMED} that give the answers it \
                 asks for: correct its `when` or the jumps over it"
            ),
        });
        let findings = unreached.chain(self.dead_ends()).chain(self.placeholders()).collect();
        (effort, findings)
    }

    /// A way to an item, if one is found among those that give the answers it asks for.
    fn aimed_way(&self, at: usize, dice: &mut Dice) -> Option<Vec<usize>> {
        (0..AIMED).find_map(|walk| {
            let mut wishes = Wishes::new();
            self.wish(at, dice, &mut wishes, &mut BTreeSet::new());
            let route = self.random_way(walk, &wishes, dice);
            route.contains(&at).then_some(route)
        })
    }

    /// Wishes for answers with which an item is asked: those of its `when`, those that do not jump over it, and those with
    /// which the items that these answers belong to are asked.
    fn wish<'a>(&'a self, at: usize, dice: &mut Dice, wishes: &mut Wishes<'a>, seen: &mut BTreeSet<usize>) {
        if !seen.insert(at) {
            return;
        }
        let mut tests = Vec::new();
        if let Some(when) = &self.items[at].when {
            draw(when, true, dice, &mut tests);
        }
        for (from, item) in self.items[..at].iter().enumerate() {
            let leads_on = |to: Option<usize>| to.is_some_and(|to| from < to && to <= at);
            if item.jumps.iter().all(|jump| leads_on(jump.to)) {
                continue;
            }
            let ends: Vec<_> = (0..=item.jumps.len())
                .filter(|&taken| item.jumps.get(taken).is_none_or(|jump| leads_on(jump.to)))
                .collect();
            let taken = ends[dice.below(ends.len())];
            for (place, jump) in item.jumps.iter().enumerate().take(taken + 1) {
                draw(&jump.when, place == taken, dice, &mut tests);
            }
        }
        for (key, test, holds) in tests {
            wishes.entry(key).or_default().push((test, holds));
            let asked = self.items[..at].iter().position(|item| item.key == key);
            if let Some(asked) = asked.filter(|_| holds) {
                self.wish(asked, dice, wishes, seen);
            }
        }
    }

    /// One respondent's way: answers what is asked, as wished or else at random, question by question.
    fn random_way(&self, walk: u64, wishes: &Wishes<'_>, dice: &mut Dice) -> Vec<usize> {
        let rotated_out = self.rotated_out(&walk.to_string());
        let mut answers = Answers::new();
        let mut skipped = BTreeSet::new();
        loop {
            let route = self.route_without(&answers, &rotated_out);
            let next = route
                .iter()
                .copied()
                .find(|at| !answers.contains_key(&self.items[*at].key) && !skipped.contains(at));
            let Some(at) = next else { return route };
            let item = &self.items[at];
            let compared = self.compared(item);
            let mut fitting = wishes
                .get(item.key.as_str())
                .map(|wanted| dice.fitting(item, &compared, wanted))
                .unwrap_or_default();
            let answer = if fitting.is_empty() {
                dice.answer(item, &compared).filter(|_| item.required.is_some() || dice.below(20) > 0)
            } else {
                fitting.swap_remove(dice.below(fitting.len()))
            };
            match answer {
                Some(given) => {
                    answers.insert(item.key.clone(), given);
                }
                None => {
                    skipped.insert(at);
                }
            }
        }
    }

    /// Numbers that the survey's conditions compare an item with.
    fn compared(&self, item: &Item) -> Vec<f64> {
        let jumps = self.items.iter().flat_map(|one| one.jumps.iter().map(|jump| &jump.when));
        let conditions = self.items.iter().filter_map(|one| one.when.as_ref()).chain(jumps);
        conditions
            .flat_map(|condition| condition.tests())
            .filter_map(|(key, test)| match test {
                Test::Number(_, number) if key == item.key => Some(*number),
                _ => None,
            })
            .collect()
    }

    /// Questions that stop who comes to them.
    fn dead_ends(&self) -> impl Iterator<Item = Finding> + '_ {
        let chosen = |item: &&Item| {
            matches!(item.kind, ItemKind::SingleChoice | ItemKind::MultipleChoice | ItemKind::Ranking)
        };
        self.items.iter().filter(chosen).filter(|item| item.options.len() < 2).map(|item| Finding {
            item: item.key.clone(),
            message: "a choice needs two options or more: here is nothing to choose".into(),
        })
    }

    fn placeholders(&self) -> Vec<Finding> {
        let of_items = self.items.iter().enumerate().flat_map(|(at, item)| {
            let texts = [Some(&item.text), item.stem.as_ref(), item.required.as_ref()].into_iter().flatten();
            let texts = texts.chain(item.options.iter().map(|option| &option.text));
            self.unknown(texts, at).into_iter().map(|message| Finding { item: item.key.clone(), message })
        });
        let mails = self.mails.values().flat_map(|mail| [&mail.subject, &mail.body]);
        let around = self.unknown(mails.chain([&self.title]), 0);
        let around = around.into_iter().map(|message| Finding { item: "title and mails".into(), message });
        of_items.chain(around).collect()
    }

    /// Says of every placeholder that stands for nothing before the item at a position.
    fn unknown<'a>(&self, texts: impl Iterator<Item = &'a Texts>, before: usize) -> Vec<String> {
        let earlier = |key: &str| self.items[..before].iter().any(|other| other.key == key);
        let known = |name: &String| {
            PLACEHOLDERS.contains(&name.as_str()) || name.strip_prefix("answer.").is_some_and(earlier)
        };
        texts
            .flat_map(placeholders)
            .filter(|name| !known(name))
            .map(|name| {
                format!(
                    "{{{name}}} stands for nothing: write {{name}}, {{account}}, {{organisation}} or {{answer.KEY}} of \
                     an earlier question"
                )
            })
            .collect()
    }

    /// Seconds to read a question and to answer it.
    fn seconds(&self, item: &Item) -> f64 {
        let read = self.languages.first().and_then(|language| item.text.get(language));
        let answer = match item.kind {
            ItemKind::Rating | ItemKind::Nps => RATE,
            ItemKind::SingleChoice => RATE + OPTION * item.options.len() as f64,
            ItemKind::MultipleChoice => RATE + 1.5 * OPTION * item.options.len() as f64,
            ItemKind::Ranking => RATE + 3.0 * OPTION * item.options.len() as f64,
            ItemKind::Number => 6.0,
            ItemKind::Date => 8.0,
            ItemKind::ShortText => 12.0,
            ItemKind::LongText => 30.0,
        };
        answer + read.map_or(0.0, |text| words(text) / WORDS_A_SECOND)
    }
}

/// What answers are to be like, by item key: tests, and whether they are to hold.
type Wishes<'a> = BTreeMap<&'a str, Vec<(&'a Test, bool)>>;

/// Draws tests with which a condition holds, or does not: of several that would do, one.
fn draw<'a>(
    condition: &'a Condition,
    holds: bool,
    dice: &mut Dice,
    tests: &mut Vec<(&'a str, &'a Test, bool)>,
) {
    match condition {
        Condition::Not(part) => draw(part, !holds, dice, tests),
        Condition::Item(key, test) => tests.push((key, test, holds)),
        Condition::All(parts) | Condition::Any(parts) => {
            if matches!(condition, Condition::All(_)) == holds {
                for part in parts {
                    draw(part, holds, dice, tests);
                }
            } else if let Some(part) = parts.get(dice.below(parts.len())) {
                draw(part, holds, dice, tests);
            }
        }
    }
}

/// Length of a text in words.
fn words(text: &str) -> f64 {
    let wide = text.chars().filter(|sign| *sign >= '\u{2E80}').count() as f64;
    let narrow = |word: &&str| !word.chars().any(|sign| sign >= '\u{2E80}');
    text.split_whitespace().filter(narrow).count() as f64 + wide / 2.0
}

/// Names in braces, over all languages of a text.
fn placeholders(texts: &Texts) -> Vec<String> {
    let mut names = Vec::new();
    for text in texts.values() {
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            names.push(name.trim().to_owned());
            rest = after;
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Random answers, the same on every run.
struct Dice(u64);

impl Dice {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count.max(1) as u64).unwrap_or(0)
    }

    /// Answers that are as wished; `None` among them is to leave it out.
    fn fitting(&mut self, item: &Item, compared: &[f64], wanted: &[(&Test, bool)]) -> Vec<Option<Given>> {
        let mut found: Vec<Option<Given>> = match item.kind {
            ItemKind::Rating | ItemKind::Nps => {
                item.steps().into_iter().map(|step| Some(Given::Number(step))).collect()
            }
            ItemKind::Number => {
                let mut near: Vec<f64> = compared.to_vec();
                near.sort_by(f64::total_cmp);
                let between: Vec<f64> = near.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect();
                let around = near.iter().flat_map(|number| [number - 1.0, *number, number + 1.0]);
                around.chain(between).map(|number| Some(Given::Number(number))).collect()
            }
            ItemKind::SingleChoice => {
                item.options.iter().map(|option| Some(Given::Option(option.key.clone()))).collect()
            }
            ItemKind::MultipleChoice | ItemKind::Ranking => {
                let says = |key: &str, wish: bool| {
                    wanted.iter().any(|(test, holds)| {
                        *holds == wish && matches!(test, Test::Has(option) if option == key)
                    })
                };
                let chosen = item.options.iter().map(|option| &option.key);
                let chosen =
                    chosen.filter(|key| !says(key, false) && (says(key, true) || self.below(2) == 0));
                vec![Some(Given::Options(chosen.cloned().collect()))]
            }
            ItemKind::Date | ItemKind::ShortText | ItemKind::LongText => vec![Some(Given::Text("x".into()))],
        };
        if item.required.is_none() {
            found.push(None);
        }
        found.retain(|given| {
            wanted
                .iter()
                .all(|(test, holds)| given.as_ref().is_some_and(|given| test.passes(given)) == *holds)
        });
        found
    }

    /// An answer; a number lies at, below or above one of those that it is `compared` with.
    fn answer(&mut self, item: &Item, compared: &[f64]) -> Option<Given> {
        let option =
            |dice: &mut Self| item.options.get(dice.below(item.options.len())).map(|one| one.key.clone());
        Some(match item.kind {
            ItemKind::Rating | ItemKind::Nps => {
                let scale = item.scale?;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a scale has few steps"
                )]
                let steps = (scale.high - scale.low) as usize;
                Given::Number(scale.low + self.below(steps + 1) as f64)
            }
            ItemKind::Number => {
                let near = compared.get(self.below(compared.len())).copied().unwrap_or(0.0);
                Given::Number(near + self.below(3) as f64 - 1.0)
            }
            ItemKind::SingleChoice => Given::Option(option(self)?),
            ItemKind::MultipleChoice | ItemKind::Ranking => {
                let chosen = item.options.iter().filter(|_| self.below(2) == 0).map(|one| one.key.clone());
                Given::Options(chosen.collect())
            }
            ItemKind::Date | ItemKind::ShortText | ItemKind::LongText => Given::Text("x".into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn survey(items: &str) -> Instrument {
        let head = "id = \"s\"\nversion = 1\nlanguages = [\"en\"]\nscale = [{ key = \"ten\", low = 1, high = 10 }]\n";
        parse("s.toml", &format!("{head}{items}")).unwrap()
    }

    fn rating(key: &str, more: &str) -> String {
        format!(
            "[[item]]\nkey = \"{key}\"\nkind = \"rating\"\nscale = \"ten\"\ntext = {{ en = \"How was it?\" }}\n{more}\n"
        )
    }

    #[test]
    fn a_question_that_no_answer_leads_to_is_named() {
        let survey = survey(&[rating("a", ""), rating("b", "when = \"a > 10\""), rating("c", "")].concat());
        let (effort, findings) = survey.walk();
        assert_eq!(findings.iter().map(|one| one.item.as_str()).collect::<Vec<_>>(), ["b"]);
        assert!((effort.mean_questions - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_question_behind_a_jump_that_is_always_taken_is_named() {
        let jump =
            "required = { en = \"It decides what we ask.\" }\ngo = [{ when = \"a >= 1\", to = \"end\" }]";
        let (_, findings) = survey(&[rating("a", jump), rating("b", "")].concat()).walk();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].item, "b");
    }

    #[test]
    fn a_choice_without_options_and_a_placeholder_for_nothing_are_named() {
        let items = [
            "[[item]]\nkey = \"x\"\nkind = \"single_choice\"\ntext = { en = \"Which, {name}?\" }\n"
                .to_owned(),
            rating("y", "").replace("How was it", "How was {answer.z}"),
        ];
        let (_, findings) = survey(&items.concat()).walk();
        assert_eq!(findings.iter().map(|one| one.item.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn questions_behind_great_negative_and_broken_numbers_are_reached() {
        let number = |key: &str| {
            format!("[[item]]\nkey = \"{key}\"\nkind = \"number\"\ntext = {{ en = \"How many?\" }}\n")
        };
        let items = [
            number("n"),
            rating("a", "when = \"n >= 250\""),
            rating("b", "when = \"n < -4\""),
            rating("c", "when = \"n = 0.5\""),
        ];
        let (_, findings) = survey(&items.concat()).walk();
        assert_eq!(findings, []);
    }

    fn choice(key: &str, options: usize, more: &str) -> String {
        let first = &key[..1];
        let options: Vec<String> = (1..=options)
            .map(|at| format!("{{ key = \"{first}{at}\", text = {{ en = \"{at}\" }} }}"))
            .collect();
        let options = options.join(",");
        format!(
            "[[item]]\nkey = \"{key}\"\nkind = \"single_choice\"\ntext = {{ en = \"Which?\" }}\noptions = [{options}]\n{more}\n"
        )
    }

    fn three_choices() -> String {
        [choice("country", 30, ""), choice("product", 20, ""), choice("reason", 12, "")].concat()
    }

    fn unreached(items: &[String]) -> Vec<String> {
        survey(&items.concat()).walk().1.into_iter().map(|one| one.item).collect()
    }

    /// One random way in 7,200 leads there.
    #[test]
    fn a_question_that_few_come_to_is_reached() {
        let when = "when = \"country = 'c3' and product = 'p4' and reason = 'r5'\"";
        assert_eq!(unreached(&[three_choices(), rating("x", when)]), [""; 0]);
        let behind =
            [rating("y", when), choice("z", 30, "when = \"y = 3\""), rating("x", "when = \"z = 'z9'\"")];
        assert_eq!(unreached(&[&[three_choices()][..], &behind].concat()), [""; 0]);
    }

    #[test]
    fn a_question_that_few_are_not_led_past_is_reached() {
        let jump = |key: &str, option: &str| {
            format!(
                "required = {{ en = \"It decides.\" }}\ngo = [{{ when = \"not {key} = '{option}'\", to = \"end\" }}]"
            )
        };
        let items = [
            choice("country", 30, &jump("country", "c3")),
            choice("product", 20, &jump("product", "p4")),
            choice("reason", 12, &jump("reason", "r5")),
            rating("x", ""),
        ];
        assert_eq!(unreached(&items), [""; 0]);
    }

    #[test]
    fn a_question_whose_answers_contradict_each_other_is_named() {
        for when in [
            "country = 'c3' and country = 'c4'",
            "country = 'c3' and product = 'p4' and not (product = 'p4' or reason = 'r5')",
            "country answered and not country answered",
        ] {
            let items = [three_choices(), rating("x", &format!("when = \"{when}\""))];
            assert_eq!(unreached(&items), ["x"], "{when}");
        }
    }

    #[test]
    fn words_of_any_alphabet_take_time() {
        assert!((words("für Qualität “größer” вопрос") - 4.0).abs() < 1e-12);
        assert!((words("您有多满意 ok") - 3.5).abs() < 1e-12);
    }

    /// Three words at 3.5 a second and 3 seconds for the tap, twice.
    #[test]
    fn the_time_is_reading_and_answering() {
        let (effort, _) = survey(&[rating("a", ""), rating("b", "")].concat()).walk();
        assert!((effort.mean_seconds - 2.0 * (3.0 + 3.0 / 3.5)).abs() < 1e-9, "{effort:?}");
        assert_eq!(effort.most_questions, 2);
    }
}
