//! Conditions of a survey: what must have been answered for a question to be asked.
//!
//! ```text
//! overall <= 6 and not (reason has 'price' or complaint = 'no') and since answered
//! ```

use std::collections::BTreeMap;

/// An answer as the flow of a survey sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A rating or a number.
    Number(f64),
    /// One option.
    Option(String),
    /// Several options; of a ranking in their order.
    Options(Vec<String>),
    /// A text or a date.
    Text(String),
}

/// Answers by item key; what is not in it was not answered.
pub type Answers = BTreeMap<String, Given>;

/// A condition over answers.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub enum Condition {
    /// All of them hold.
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// An item answers to a test.
    Item(String, Test),
}

/// What is asked of one answer. An item without an answer passes none of them.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub enum Test {
    /// It was answered at all.
    Answered,
    /// The number compares so with another.
    Number(Comparison, f64),
    /// The option is this one, or with `false` another one.
    Option(bool, String),
    /// The options hold this one.
    Has(String),
}

/// A comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        let order = left.total_cmp(&right);
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Above => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

impl Condition {
    /// Tells whether the condition holds; what is not answered passes no test.
    pub fn holds(&self, answers: &Answers) -> bool {
        self.settled(answers, &|_| false).unwrap_or(false)
    }

    /// Tells whether the condition holds, as far as it is settled: `None` where it hangs on an item that is still `open`.
    pub fn settled(&self, answers: &Answers, open: &dyn Fn(&str) -> bool) -> Option<bool> {
        match self {
            Self::All(parts) => {
                let found: Vec<_> = parts.iter().map(|part| part.settled(answers, open)).collect();
                if found.contains(&Some(false)) { Some(false) } else { all_known(&found).then_some(true) }
            }
            Self::Any(parts) => {
                let found: Vec<_> = parts.iter().map(|part| part.settled(answers, open)).collect();
                if found.contains(&Some(true)) { Some(true) } else { all_known(&found).then_some(false) }
            }
            Self::Not(part) => part.settled(answers, open).map(|holds| !holds),
            Self::Item(key, test) => match answers.get(key) {
                Some(given) => Some(test.passes(given)),
                None if open(key) => None,
                None => Some(false),
            },
        }
    }

    /// Lists the items that the condition asks about, with what it asks.
    pub fn tests(&self) -> Vec<(&str, &Test)> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Not(part) => part.tests(),
            Self::Item(key, test) => vec![(key, test)],
        }
    }

    /// Reads a condition; the error names the place in the text, in bytes from its beginning.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut reader = Reader { words: words(text)?, next: 0, end: text.len(), depth: 0 };
        let condition = reader.any()?;
        match reader.peek() {
            None => Ok(condition),
            Some(word) => Err(reader.fault(format!("expected `and`, `or` or the end, found {word}"))),
        }
    }
}

fn all_known(found: &[Option<bool>]) -> bool {
    found.iter().all(Option::is_some)
}

impl Test {
    /// Tells whether an answer passes.
    pub(super) fn passes(&self, given: &Given) -> bool {
        match (self, given) {
            (Self::Answered, _) => true,
            (Self::Number(comparison, wanted), Given::Number(number)) => comparison.holds(*number, *wanted),
            (Self::Option(same, wanted), Given::Option(option)) => (option == wanted) == *same,
            (Self::Has(wanted), Given::Options(options)) => options.contains(wanted),
            (Self::Has(wanted), Given::Option(option)) => option == wanted,
            _ => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Word {
    Name(String),
    Number(f64),
    Text(String),
    Sign(&'static str),
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Number(number) => write!(f, "`{number}`"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
        }
    }
}

/// Most brackets and `not`s within each other.
const DEEPEST: usize = 50;

/// Longer signs stand before those that begin them.
const SIGNS: [&str; 8] = ["!=", "<=", ">=", "=", "<", ">", "(", ")"];

/// Cuts a text into words with their places.
fn words(text: &str) -> Result<Vec<(usize, Word)>, (usize, String)> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            words.push((at, Word::Sign(sign)));
            sign.len()
        } else if first == '\'' || first == '"' {
            let inside = &rest[1..];
            let end = inside.find(first).ok_or((at, format!("the text has no closing {first}")))?;
            words.push((at, Word::Text(inside[..end].into())));
            end + 2
        } else {
            let length = rest
                .find(|sign: char| !(sign.is_ascii_alphanumeric() || "_-.".contains(sign)))
                .unwrap_or(rest.len());
            let word = &rest[..length];
            if length == 0 {
                return Err((at, format!("{first:?} does not belong into a condition")));
            }
            let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
            words.push((at, number.map_or_else(|| Word::Name(word.into()), Word::Number)));
            length
        };
        at += length;
    }
    Ok(words)
}

struct Reader {
    words: Vec<(usize, Word)>,
    next: usize,
    end: usize,
    /// Brackets and `not`s around the place.
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.next).map(|(_, word)| word)
    }

    fn fault(&self, message: impl Into<String>) -> (usize, String) {
        (self.words.get(self.next).map_or(self.end, |(at, _)| *at), message.into())
    }

    /// Steps over a word if it is this one.
    fn took(&mut self, wanted: &Word) -> bool {
        let found = self.peek() == Some(wanted);
        self.next += usize::from(found);
        found
    }

    fn took_name(&mut self, name: &str) -> bool {
        self.took(&Word::Name(name.into()))
    }

    fn any(&mut self) -> Result<Condition, (usize, String)> {
        let mut parts = vec![self.all()?];
        while self.took_name("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, (usize, String)> {
        let mut parts = vec![self.one()?];
        while self.took_name("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, (usize, String)> {
        // Each level is a call within a call.
        if self.depth > DEEPEST {
            return Err(self.fault(format!("a condition goes at most {DEEPEST} levels deep")));
        }
        self.depth += 1;
        let found = self.inner();
        self.depth -= 1;
        found
    }

    fn inner(&mut self) -> Result<Condition, (usize, String)> {
        if self.took_name("not") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.took(&Word::Sign("(")) {
            let inside = self.any()?;
            return if self.took(&Word::Sign(")")) { Ok(inside) } else { Err(self.fault("expected `)`")) };
        }
        let Some(Word::Name(key)) = self.peek().cloned() else {
            return Err(self.fault("expected the key of an item, `not` or `(`"));
        };
        self.next += 1;
        let test = self.test()?;
        Ok(Condition::Item(key, test))
    }

    fn test(&mut self) -> Result<Test, (usize, String)> {
        if self.took_name("answered") {
            return Ok(Test::Answered);
        }
        if self.took_name("has") {
            return match self.peek().cloned() {
                Some(Word::Text(option)) => {
                    self.next += 1;
                    Ok(Test::Has(option))
                }
                _ => Err(self.fault("expected an option in quotes after `has`")),
            };
        }
        let comparison = match self.peek() {
            Some(Word::Sign("=")) => Comparison::Equal,
            Some(Word::Sign("!=")) => Comparison::NotEqual,
            Some(Word::Sign("<")) => Comparison::Below,
            Some(Word::Sign("<=")) => Comparison::AtMost,
            Some(Word::Sign(">")) => Comparison::Above,
            Some(Word::Sign(">=")) => Comparison::AtLeast,
            _ => return Err(self.fault("expected a comparison, `has` or `answered`")),
        };
        self.next += 1;
        let test = match (self.peek().cloned(), comparison) {
            (Some(Word::Number(number)), _) => Test::Number(comparison, number),
            (Some(Word::Text(option)), Comparison::Equal) => Test::Option(true, option),
            (Some(Word::Text(option)), Comparison::NotEqual) => Test::Option(false, option),
            (Some(Word::Text(_)), _) => return Err(self.fault("an option is only equal or not equal")),
            _ => return Err(self.fault("expected a number, or an option in quotes")),
        };
        self.next += 1;
        Ok(test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Answers {
        [
            ("overall".to_owned(), Given::Number(6.0)),
            ("complaint".to_owned(), Given::Option("yes".into())),
            ("reason".to_owned(), Given::Options(vec!["price".into(), "speed".into()])),
        ]
        .into()
    }

    fn holds(text: &str) -> bool {
        Condition::parse(text).unwrap().holds(&answers())
    }

    #[test]
    fn and_binds_closer_than_or_and_not_closest() {
        assert!(holds("overall > 9 and overall > 8 or overall = 6"));
        assert!(!holds("overall > 9 and (overall > 8 or overall = 6)"));
        assert!(holds("not overall > 9 and overall <= 6"));
    }

    #[test]
    fn a_condition_without_bottom_is_refused() {
        for (deep, bottom) in [("(", ""), ("not ", "overall > 1")] {
            let fault = Condition::parse(&format!("{}{bottom}", deep.repeat(200_000))).unwrap_err();
            assert!(fault.1.contains("levels deep"), "{fault:?}");
        }
        assert!(holds(&format!("{}overall = 6{}", "(".repeat(50), ")".repeat(50))));
    }

    #[test]
    fn options_are_compared_by_name() {
        assert!(holds("complaint = 'yes' and reason has 'speed' and not reason has \"service\""));
        assert!(holds("complaint != 'no'"));
    }

    #[test]
    fn what_is_not_answered_passes_no_test() {
        for test in ["other = 1", "other != 1", "other answered", "other != 'a'", "other has 'a'"] {
            assert!(!holds(test), "{test}");
        }
        assert!(holds("not other answered"));
    }

    #[test]
    fn a_condition_is_settled_only_where_no_open_item_can_turn_it() {
        let settled = |text: &str| Condition::parse(text).unwrap().settled(&answers(), &|key| key == "later");
        assert_eq!(settled("later = 1"), None);
        assert_eq!(settled("later = 1 and overall > 9"), Some(false));
        assert_eq!(settled("later = 1 or overall = 6"), Some(true));
    }

    #[test]
    fn a_fault_is_named_at_its_place() {
        for (text, at) in [
            ("overall <=", 10),
            ("overall ! 6", 8),
            ("(overall = 6", 12),
            ("overall = 6 6", 12),
            ("reason has price", 11),
            ("complaint < 'yes'", 12),
            ("complaint = 'yes", 12),
            ("", 0),
        ] {
            assert_eq!(Condition::parse(text).unwrap_err().0, at, "{text}");
        }
    }
}
