//! What a respondent sends for a question: read from form fields, and to and from the columns of the database.

use super::condition::Given;
use super::instrument::{Item, ItemKind};

/// Most characters of a short text.
pub const SHORT_TEXT: usize = 200;
/// Most characters of a long text.
pub const LONG_TEXT: usize = 2_000;

/// Numbers up to here are kept to the last unit by a database that stores doubles.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// Years that a date may have.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// What came for a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// An answer; of a ranking the order so far, which [`is_whole`] tells from the whole order.
    Given(Given),
    /// The question was passed over.
    Skipped,
}

/// Why what came is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyFault {
    /// The question has to be answered, as its author says why.
    #[error("the question has to be answered")]
    Required,
    /// The step or the option is none of the question's.
    #[error("the answer is none of the question's steps or options")]
    Unknown,
    /// The text is no number, or one that is too large to keep.
    #[error("the text is no number")]
    Number,
    /// The three fields are no day, or one outside 1900 to 2199.
    #[error("the fields are no day")]
    Date,
    /// An option has two places in a ranking.
    #[error("an option has two places")]
    Twice,
    /// The text has too many characters.
    #[error("the text has {count} characters, more than {most}")]
    TooLong {
        /// Characters sent, line ends counted as one.
        count: usize,
        /// Characters allowed.
        most: usize,
    },
}

/// Reads the form fields of one question.
///
/// The field `v` holds the answer: a step, the key of an option (several times where several may be chosen), a number or
/// a text. A ranking has the places so far as `so`, in order, and the next one as `v`; a date has `y`, `m` and `d`. The
/// field `skip` passes the question over, and so does a form without an answer. Numbers are read with the decimal sign
/// of `language` (BCP 47), digits in any of the scripts that phones write.
///
/// # Errors
///
/// Says what is wrong with the fields; the caller still holds them and shows them again.
pub fn read_reply(item: &Item, fields: &[(String, String)], language: &str) -> Result<Reply, ReplyFault> {
    let skips = fields.iter().any(|(name, _)| name == "skip");
    let given = if skips { None } else { read(item, &Fields(fields), language)? };
    match given {
        Some(given) => Ok(Reply::Given(given)),
        None if item.required.is_some() => Err(ReplyFault::Required),
        None => Ok(Reply::Skipped),
    }
}

/// Something of several questions, each with the question's key.
pub type ByQuestion<T> = Vec<(String, T)>;

/// Reads a ballot: the fields of many questions in one form, each named after its question.
///
/// `KEY` is the field `v` of the question KEY, `KEY.so`, `KEY.y`, `KEY.m` and `KEY.d` are its other fields.
///
/// # Errors
///
/// Names every question whose fields are at fault, in the order of `items`.
pub fn read_ballot(
    items: &[&Item],
    fields: &[(String, String)],
    language: &str,
) -> Result<ByQuestion<Reply>, ByQuestion<ReplyFault>> {
    let mut replies = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for item in items {
        match read_reply(item, &fields_of(item, fields), language) {
            Ok(reply) => replies.push((item.key.clone(), reply)),
            Err(fault) => faults.push((item.key.clone(), fault)),
        }
    }
    if faults.is_empty() { Ok(replies) } else { Err(faults) }
}

/// Picks the fields of one question out of a ballot and names them as [`read_reply`] reads them.
pub fn fields_of(item: &Item, fields: &[(String, String)]) -> Vec<(String, String)> {
    let own = |(name, value): &(String, String)| {
        let rest = name.strip_prefix(&item.key)?;
        let part = if rest.is_empty() { "v" } else { rest.strip_prefix('.')? };
        Some((part.to_owned(), value.clone()))
    };
    fields.iter().filter_map(own).collect()
}

/// Tells whether an answer leaves nothing more to ask: a ranking is whole when each option has its place.
pub fn is_whole(item: &Item, given: &Given) -> bool {
    match given {
        Given::Options(options) if item.kind == ItemKind::Ranking => options.len() >= item.options.len(),
        _ => true,
    }
}

struct Fields<'a>(&'a [(String, String)]);

impl<'a> Fields<'a> {
    fn all(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(other, _)| other == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    fn one(&self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }
}

fn read(item: &Item, fields: &Fields<'_>, language: &str) -> Result<Option<Given>, ReplyFault> {
    match item.kind {
        ItemKind::Rating | ItemKind::Nps => fields.one("v").map(|value| step(item, value)).transpose(),
        ItemKind::SingleChoice => {
            fields.one("v").map(|value| Ok(Given::Option(option(item, value)?))).transpose()
        }
        ItemKind::MultipleChoice => {
            let mut chosen = Vec::new();
            for value in fields.all("v") {
                chosen.push(option(item, value)?);
            }
            // In the order of the survey, each once: a set has one spelling in the database.
            let ordered = item.options.iter().filter(|one| chosen.contains(&one.key));
            let ordered: Vec<_> = ordered.map(|one| one.key.clone()).collect();
            Ok(Some(ordered).filter(|chosen| !chosen.is_empty()).map(Given::Options))
        }
        ItemKind::Ranking => ranking(item, fields),
        ItemKind::Number => fields
            .one("v")
            .map(|value| number(value, language).map(Given::Number).ok_or(ReplyFault::Number))
            .transpose(),
        ItemKind::Date => date(fields),
        ItemKind::ShortText => fields.one("v").map_or(Ok(None), |value| {
            text(&value.split(['\r', '\n']).collect::<Vec<_>>().join(" "), SHORT_TEXT)
        }),
        ItemKind::LongText => fields.one("v").map_or(Ok(None), |value| text(value, LONG_TEXT)),
    }
}

fn step(item: &Item, value: &str) -> Result<Given, ReplyFault> {
    let wanted = number(value, "en").ok_or(ReplyFault::Unknown)?;
    let found = item.steps().into_iter().find(|step| (step - wanted).abs() < 1e-9);
    found.map(Given::Number).ok_or(ReplyFault::Unknown)
}

fn option(item: &Item, value: &str) -> Result<String, ReplyFault> {
    let found = item.options.iter().find(|option| option.key == value);
    found.map(|option| option.key.clone()).ok_or(ReplyFault::Unknown)
}

fn ranking(item: &Item, fields: &Fields<'_>) -> Result<Option<Given>, ReplyFault> {
    let mut order: Vec<String> = Vec::new();
    for value in fields.all("so").chain(fields.all("v")) {
        let key = option(item, value)?;
        if order.contains(&key) {
            return Err(ReplyFault::Twice);
        }
        order.push(key);
    }
    if order.len() + 1 == item.options.len() && !order.is_empty() {
        // One is left, and one place.
        order.extend(item.options.iter().map(|one| one.key.clone()).find(|key| !order.contains(key)));
    }
    Ok(Some(order).filter(|order| !order.is_empty()).map(Given::Options))
}

fn date(fields: &Fields<'_>) -> Result<Option<Given>, ReplyFault> {
    let parts = ["y", "m", "d"].map(|name| fields.one(name));
    if parts.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [year, month, day] = parts.map(|part| western(part.unwrap_or_default()).trim().to_owned());
    let day = year
        .parse::<i16>()
        .ok()
        .filter(|year| YEARS.contains(year))
        .zip(month.parse::<i8>().ok().zip(day.parse::<i8>().ok()))
        .and_then(|(year, (month, day))| jiff::civil::Date::new(year, month, day).ok());
    day.map(|day| Some(Given::Text(day.to_string()))).ok_or(ReplyFault::Date)
}

/// Takes out what no reader sees, and makes every line end the same.
fn text(value: &str, most: usize) -> Result<Option<Given>, ReplyFault> {
    let lines = value.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = lines.chars().filter(|sign| *sign == '\n' || !unseen(*sign)).collect();
    let kept = kept.trim();
    let count = kept.chars().count();
    if count > most {
        return Err(ReplyFault::TooLong { count, most });
    }
    Ok(Some(kept).filter(|kept| !kept.is_empty()).map(|kept| Given::Text(kept.into())))
}

/// Control characters, and the marks that turn the direction of what stands after them.
fn unseen(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Digits and signs of other scripts as the keyboard of a computer has them.
fn western(value: &str) -> String {
    let plain = |sign: char| {
        let digit = [0xFF10, 0x0660, 0x06F0, 0x0966]
            .into_iter()
            .find_map(|zero| u32::from(sign).checked_sub(zero).filter(|digit| *digit < 10))
            .and_then(|digit| char::from_digit(digit, 10));
        digit.unwrap_or(match sign {
            '．' | '。' => '.',
            '，' | '、' => ',',
            '\u{2212}' | '－' | '–' => '-',
            '＋' => '+',
            other => other,
        })
    };
    value.chars().map(plain).collect()
}

/// Languages that write a comma before the decimals.
const COMMA: &[&str] = &[
    "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "hr", "hu", "id", "it", "lt", "lv", "nb", "nl",
    "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi",
];

/// The decimal sign of a language (BCP 47).
pub fn decimal_sign(language: &str) -> char {
    let primary = language.split('-').next().unwrap_or_default();
    if COMMA.contains(&primary.to_ascii_lowercase().as_str()) { ',' } else { '.' }
}

/// Reads a number as people write it: grouped in threes or not, with the decimal sign of the language.
fn number(value: &str, language: &str) -> Option<f64> {
    let decimal = decimal_sign(language);
    let western = western(value.trim());
    // Arabic and Persian have signs of their own.
    let signs = western.replace('٫', &decimal.to_string());
    let (minus, digits) = match signs.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, signs.strip_prefix('+').unwrap_or(&signs)),
    };
    let (whole, decimals) = digits.split_once(decimal).map_or((digits, None), |(a, b)| (a, Some(b)));
    let other = if decimal == '.' { ',' } else { '.' };
    let groups: Vec<&str> =
        whole.split([other, ' ', '\'', '’', '٬', '\u{A0}', '\u{202F}', '\u{2009}']).collect();
    let plain = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let in_threes =
        groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    if !groups.iter().all(plain) || !in_threes || decimals.as_ref().is_some_and(|part| !plain(part)) {
        return None;
    }
    let number: f64 = format!("{}.{}", groups.concat(), decimals.unwrap_or("0")).parse().ok()?;
    let number = if minus { 0.0 - number } else { number };
    (number.abs() <= LARGEST).then_some(number)
}

/// An answer as the columns of the table `answer` hold it; a question that was passed over has none of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoredAnswer {
    /// A rating or a number.
    pub number: Option<f64>,
    /// The key of an option, or a JSON list of keys.
    pub choice: Option<String>,
    /// A text, or a day as `2027-04-14`.
    pub text: Option<String>,
}

impl Reply {
    /// Returns the columns that hold it.
    pub fn stored(&self) -> StoredAnswer {
        let nothing = StoredAnswer::default();
        match self {
            Self::Skipped => nothing,
            Self::Given(Given::Number(number)) => StoredAnswer { number: Some(*number), ..nothing },
            Self::Given(Given::Option(option)) => StoredAnswer { choice: Some(option.clone()), ..nothing },
            Self::Given(Given::Options(options)) => {
                StoredAnswer { choice: Some(serde_json::json!(options).to_string()), ..nothing }
            }
            Self::Given(Given::Text(text)) => StoredAnswer { text: Some(text.clone()), ..nothing },
        }
    }
}

impl StoredAnswer {
    /// Returns what the columns say for an item; columns that do not fit its kind are [`Reply::Skipped`].
    pub fn reply(&self, item: &Item) -> Reply {
        let given = match item.kind {
            ItemKind::Rating | ItemKind::Nps | ItemKind::Number => self.number.map(Given::Number),
            ItemKind::SingleChoice => self.choice.clone().map(Given::Option),
            ItemKind::MultipleChoice | ItemKind::Ranking => {
                let list = self.choice.as_deref().and_then(|choice| serde_json::from_str(choice).ok());
                list.map(Given::Options)
            }
            ItemKind::Date | ItemKind::ShortText | ItemKind::LongText => self.text.clone().map(Given::Text),
        };
        given.map_or(Reply::Skipped, Reply::Given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::{Instrument, parse};

    const SURVEY: &str = r#"
id = "s"
version = 1
languages = ["en"]
scale = [{ key = "five", low = 1, high = 5 }]
item = [
  { key = "rate", kind = "rating", scale = "five", text = { en = "?" } },
  { key = "nps", kind = "nps", text = { en = "?" } },
  { key = "one", kind = "single_choice", text = { en = "?" }, options = [
    { key = "a", text = { en = "A" } }, { key = "b", text = { en = "B" } }] },
  { key = "many", kind = "multiple_choice", text = { en = "?" }, options = [
    { key = "a", text = { en = "A" } }, { key = "b", text = { en = "B" } }, { key = "c", text = { en = "C" } }] },
  { key = "order", kind = "ranking", text = { en = "?" }, options = [
    { key = "a", text = { en = "A" } }, { key = "b", text = { en = "B" } }, { key = "c", text = { en = "C" } }] },
  { key = "number", kind = "number", text = { en = "?" } },
  { key = "date", kind = "date", text = { en = "?" } },
  { key = "short", kind = "short_text", text = { en = "?" } },
  { key = "long", kind = "long_text", text = { en = "?" } },
  { key = "must", kind = "rating", scale = "five", text = { en = "?" }, required = { en = "It decides." } },
]
"#;

    fn survey() -> Instrument {
        parse("s.toml", SURVEY).unwrap()
    }

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn reply(key: &str, pairs: &[(&str, &str)]) -> Result<Reply, ReplyFault> {
        read_reply(survey().item(key).unwrap(), &fields(pairs), "en")
    }

    fn number_in(language: &str, text: &str) -> Result<Reply, ReplyFault> {
        read_reply(survey().item("number").unwrap(), &fields(&[("v", text)]), language)
    }

    fn keys(list: &[&str]) -> Reply {
        Reply::Given(Given::Options(list.iter().map(|key| (*key).to_owned()).collect()))
    }

    fn said(text: &str) -> Reply {
        Reply::Given(Given::Text(text.into()))
    }

    #[test]
    fn a_rating_takes_its_steps_and_nothing_else() {
        assert_eq!(reply("rate", &[("v", "4")]), Ok(Reply::Given(Given::Number(4.0))));
        for wrong in ["0", "6", "4.5", "-1", "NaN", "inf", "1e0", "four", "99999999999999999999"] {
            assert_eq!(reply("rate", &[("v", wrong)]), Err(ReplyFault::Unknown), "{wrong}");
        }
        assert_eq!(reply("nps", &[("v", "0")]), Ok(Reply::Given(Given::Number(0.0))));
        assert_eq!(reply("nps", &[("v", "11")]), Err(ReplyFault::Unknown));
    }

    #[test]
    fn a_choice_takes_its_options_and_nothing_else() {
        assert_eq!(reply("one", &[("v", "b")]), Ok(Reply::Given(Given::Option("b".into()))));
        assert_eq!(reply("one", &[("v", "B")]), Err(ReplyFault::Unknown));
        assert_eq!(reply("many", &[("v", "a"), ("v", "x")]), Err(ReplyFault::Unknown));
    }

    #[test]
    fn several_options_are_kept_in_the_order_of_the_survey_each_once() {
        assert_eq!(reply("many", &[("v", "c"), ("v", "a"), ("v", "c")]), Ok(keys(&["a", "c"])));
    }

    #[test]
    fn a_ranking_grows_step_by_step_and_fills_its_last_place_itself() {
        let survey = survey();
        let item = survey.item("order").unwrap();
        let first = reply("order", &[("v", "b")]).unwrap();
        assert_eq!(first, keys(&["b"]));
        let Reply::Given(first) = first else { panic!("an answer") };
        assert!(!is_whole(item, &first));
        let second = reply("order", &[("so", "b"), ("v", "c")]).unwrap();
        assert_eq!(second, keys(&["b", "c", "a"]));
        let Reply::Given(second) = second else { panic!("an answer") };
        assert!(is_whole(item, &second));
    }

    #[test]
    fn an_option_has_one_place_in_a_ranking() {
        assert_eq!(reply("order", &[("so", "b"), ("v", "b")]), Err(ReplyFault::Twice));
    }

    #[test]
    fn what_is_passed_over_or_empty_is_skipped_in_every_kind() {
        for item in survey().items.iter().filter(|item| item.required.is_none()) {
            assert_eq!(read_reply(item, &fields(&[("v", "1"), ("skip", "1")]), "en"), Ok(Reply::Skipped));
            assert_eq!(read_reply(item, &fields(&[]), "en"), Ok(Reply::Skipped), "{}", item.key);
            assert_eq!(read_reply(item, &fields(&[("v", " \u{3000}")]), "en"), Ok(Reply::Skipped));
        }
    }

    #[test]
    fn a_required_question_is_not_skipped() {
        assert_eq!(reply("must", &[("skip", "1")]), Err(ReplyFault::Required));
        assert_eq!(reply("must", &[]), Err(ReplyFault::Required));
        assert_eq!(reply("must", &[("v", "1")]), Ok(Reply::Given(Given::Number(1.0))));
    }

    #[test]
    fn numbers_are_read_as_each_language_writes_them() {
        for (language, text, number) in [
            ("en", "1,234.5", 1234.5),
            ("en", " 12 ", 12.0),
            ("en", "+7", 7.0),
            ("en", "\u{2212}3.25", -3.25),
            ("en", "-0", 0.0),
            ("zh-Hans", "１２．５", 12.5),
            ("zh-Hans", "１，２３４", 1234.0),
            ("zh-Hans", "－４", -4.0),
            ("de", "1.234,5", 1234.5),
            ("de-CH", "1’234,5", 1234.5),
            ("fr", "1\u{202F}234,5", 1234.5),
            ("ar", "١٢٣٫٥", 123.5),
            ("fa", "۱۲۳", 123.0),
        ] {
            let read = number_in(language, text);
            assert_eq!(read, Ok(Reply::Given(Given::Number(number))), "{language} {text}");
        }
    }

    #[test]
    fn what_is_no_number_or_can_be_read_two_ways_is_a_fault() {
        for (language, text) in [
            ("en", "1,5"),
            ("de", "1.5"),
            ("en", "1.2.3"),
            ("en", "."),
            ("en", "1."),
            ("en", "-"),
            ("en", "--1"),
            ("en", "1e3"),
            ("en", "0x10"),
            ("en", "12 Uhr"),
            ("en", "1,23,456"),
            ("en", "99999999999999999999"),
            ("zh-Hans", "三"),
        ] {
            assert_eq!(number_in(language, text), Err(ReplyFault::Number), "{language} {text}");
        }
    }

    #[test]
    fn a_date_is_a_day_that_exists() {
        let date = |y, m, d| reply("date", &[("y", y), ("m", m), ("d", d)]);
        assert_eq!(date("2028", "2", "29"), Ok(said("2028-02-29")));
        assert_eq!(date("２０２７", "０４", " １４ "), Ok(said("2027-04-14")));
        for (y, m, d) in [
            ("2027", "2", "29"),
            ("27", "4", "14"),
            ("2027", "13", "1"),
            ("2027", "", "1"),
            ("99999", "1", "1"),
        ] {
            assert_eq!(date(y, m, d), Err(ReplyFault::Date), "{y} {m} {d}");
        }
    }

    #[test]
    fn a_text_is_counted_in_characters() {
        let longest = "意".repeat(LONG_TEXT);
        assert_eq!(reply("long", &[("v", &longest)]), Ok(said(&longest)));
        let fault = ReplyFault::TooLong { count: LONG_TEXT + 1, most: LONG_TEXT };
        assert_eq!(reply("long", &[("v", &format!("{longest}见"))]), Err(fault));
        let fault = ReplyFault::TooLong { count: SHORT_TEXT + 1, most: SHORT_TEXT };
        assert_eq!(reply("short", &[("v", &"x".repeat(SHORT_TEXT + 1))]), Err(fault));
    }

    #[test]
    fn a_text_keeps_its_lines_and_loses_what_nobody_sees() {
        assert_eq!(
            reply("long", &[("v", "\n one\r\ntwo\rthree\u{0}\u{7}\u{202E}\t")]),
            Ok(said("one\ntwo\nthree"))
        );
        assert_eq!(reply("short", &[("v", "one\r\ntwo")]), Ok(said("one  two")));
    }

    #[test]
    fn every_answer_comes_back_from_its_columns() {
        let survey = survey();
        for (key, pairs) in [
            ("rate", vec![("v", "2")]),
            ("one", vec![("v", "a")]),
            ("many", vec![("v", "a"), ("v", "b")]),
            ("order", vec![("so", "c"), ("v", "a")]),
            ("number", vec![("v", "-1.5")]),
            ("date", vec![("y", "2027"), ("m", "4"), ("d", "14")]),
            ("long", vec![("v", "a \"quoted\" line")]),
            ("long", vec![]),
        ] {
            let item = survey.item(key).unwrap();
            let reply = read_reply(item, &fields(&pairs), "en").unwrap();
            assert_eq!(reply.stored().reply(item), reply, "{key}");
        }
    }

    #[test]
    fn several_options_are_a_json_list_and_nothing_given_leaves_every_column_empty() {
        assert_eq!(keys(&["c", "a"]).stored().choice.as_deref(), Some("[\"c\",\"a\"]"));
        assert_eq!(Reply::Skipped.stored(), StoredAnswer::default());
    }

    #[test]
    fn a_ballot_is_read_question_by_question() {
        let survey = survey();
        let items: Vec<_> = ["rate", "many", "order", "date"].map(|key| survey.item(key).unwrap()).into();
        let sent = fields(&[
            ("rate", "3"),
            ("many", "b"),
            ("many", "a"),
            ("order.so", "c"),
            ("order.so", ""),
            ("order.so", "b"),
            ("date.y", ""),
            ("rated", "9"),
        ]);
        let replies = read_ballot(&items, &sent, "en").unwrap();
        let replies: Vec<_> = replies.iter().map(|(key, reply)| (key.as_str(), reply.clone())).collect();
        assert_eq!(
            replies,
            [
                ("rate", Reply::Given(Given::Number(3.0))),
                ("many", keys(&["a", "b"])),
                ("order", keys(&["c", "b", "a"])),
                ("date", Reply::Skipped),
            ]
        );
    }

    #[test]
    fn a_ballot_names_every_question_at_fault() {
        let survey = survey();
        let items: Vec<_> = ["rate", "number", "must"].map(|key| survey.item(key).unwrap()).into();
        let faults = read_ballot(&items, &fields(&[("rate", "9"), ("number", "?")]), "en").unwrap_err();
        let faults: Vec<_> = faults.iter().map(|(key, fault)| (key.as_str(), fault.clone())).collect();
        assert_eq!(
            faults,
            [("rate", ReplyFault::Unknown), ("number", ReplyFault::Number), ("must", ReplyFault::Required)]
        );
    }
}
