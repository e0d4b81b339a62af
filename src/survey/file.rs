//! Reads a survey file (TOML) and checks it, with errors that point at line and column.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::condition::{Condition, Test};
use super::instrument::{
    Choice, Construct, Instrument, Item, ItemKind, Jump, Label, Mail, Role, Rotation, Scale, Texts,
};
use super::raw::{RawConstruct, RawItem, RawJump, RawKind, RawRotation, RawScale, RawSurvey};

/// A fault of a survey file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct SurveyFileError {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// Reads and checks the text of a survey file; `file` is its name in errors, of which the first is returned.
pub fn parse(file: &str, text: &str) -> Result<Instrument, SurveyFileError> {
    parse_all(file, text).map_err(|mut faults| faults.remove(0))
}

/// Reads and checks the text of a survey file and returns all faults, by their place.
pub fn parse_all(file: &str, text: &str) -> Result<Instrument, Vec<SurveyFileError>> {
    let source = Source { file, text, faults: RefCell::new(Vec::new()) };
    let read = match toml::from_str::<RawSurvey>(text) {
        Ok(raw) => Some(source.instrument(raw)),
        Err(error) => {
            source.fault(error.span().unwrap_or(0..0), error.message().to_owned());
            None
        }
    };
    let mut faults = source.faults.into_inner();
    faults.sort_by_key(|fault| (fault.line, fault.column));
    read.filter(|_| faults.is_empty()).ok_or(faults)
}

/// The JSON Schema of survey files, for editors that complete and check TOML by one.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RawSurvey).to_value()
}

/// Line and column of each item's key in the text of a survey file, the rows of a matrix included.
pub fn item_places(text: &str) -> BTreeMap<String, (usize, usize)> {
    let Ok(raw) = toml::from_str::<RawSurvey>(text) else { return BTreeMap::new() };
    let keys = raw
        .item
        .iter()
        .flat_map(|item| std::iter::once(&item.key).chain(item.row.iter().map(|row| &row.key)));
    keys.map(|key| (key.get_ref().clone(), place(text, key.span().start))).collect()
}

/// Line and column, from 1, of a byte of a text.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
    faults: RefCell<Vec<SurveyFileError>>,
}

/// What items are checked against.
struct Known<'a> {
    scales: &'a BTreeMap<String, Scale>,
    labels: &'a BTreeMap<String, Vec<Label>>,
    constructs: &'a [Construct],
    languages: &'a [String],
}

impl Source<'_> {
    fn fault(&self, span: Range<usize>, message: impl Into<String>) {
        let (line, column) = place(self.text, span.start);
        let fault = SurveyFileError { file: self.file.into(), line, column, message: message.into() };
        self.faults.borrow_mut().push(fault);
    }

    fn instrument(&self, raw: RawSurvey) -> Instrument {
        if !is_key(raw.id.get_ref()) {
            self.fault(raw.id.span(), KEY_RULE);
        }
        if *raw.version.get_ref() == 0 {
            self.fault(raw.version.span(), "versions count from 1");
        }
        if raw.languages.get_ref().is_empty() {
            self.fault(raw.languages.span(), "name at least one language, for example [\"en\"]");
        }
        let languages = raw.languages.get_ref().clone();
        let scales = self.scales(&raw.scale);
        let constructs = self.constructs(raw.construct, &languages);
        let labels = self.labels(&raw.scale, &languages);
        let known =
            Known { scales: &scales, labels: &labels, constructs: &constructs, languages: &languages };
        let items = self.items(raw.item, &known);
        let satisfaction = constructs.iter().filter(|one| one.role == Role::Satisfaction).count();
        if satisfaction > 1 {
            self.fault(raw.id.span(), format!("one construct has the role satisfaction, not {satisfaction}"));
        }
        let rotations = self.rotations(raw.rotate, &items);
        if let Some(title) = &raw.title {
            self.translated(title, &languages);
        }
        let mails = raw.mail.into_iter().map(|(kind, mail)| {
            self.translated(&mail.subject, &languages);
            self.translated(&mail.body, &languages);
            (kind, Mail { subject: mail.subject.into_inner(), body: mail.body.into_inner() })
        });
        Instrument {
            id: raw.id.into_inner(),
            version: raw.version.into_inner(),
            mails: mails.collect(),
            title: raw.title.map(Spanned::into_inner).unwrap_or_default(),
            languages,
            constructs,
            items,
            rotations,
        }
    }

    fn scales(&self, raw: &[RawScale]) -> BTreeMap<String, Scale> {
        let mut scales = BTreeMap::new();
        for scale in raw {
            let low = *scale.low.get_ref();
            if !(low.is_finite() && scale.high.is_finite() && low < scale.high) {
                self.fault(scale.low.span(), "a scale runs from a low to a greater high number");
            } else if scale.high - low > MOST_STEPS {
                self.fault(scale.low.span(), format!("a scale has at most {MOST_STEPS} steps"));
            }
            let read = Scale { low, high: scale.high, reversed: false };
            if scales.insert(scale.key.get_ref().clone(), read).is_some() {
                self.fault(scale.key.span(), format!("the scale {:?} is there twice", scale.key.get_ref()));
            }
        }
        scales
    }

    /// What the steps of each scale are called.
    fn labels(&self, raw: &[RawScale], languages: &[String]) -> BTreeMap<String, Vec<Label>> {
        let of_scale = |scale: &RawScale| {
            let low = *scale.low.get_ref();
            let mut labels = Vec::new();
            for (step, text) in &scale.labels {
                self.translated(text, languages);
                match step.parse::<f64>() {
                    Ok(step) if low <= step && step <= scale.high && (step - low).fract() == 0.0 => {
                        labels.push(Label { step, text: text.get_ref().clone() });
                    }
                    _ => self.fault(text.span(), format!("{step:?} is no step of this scale")),
                }
            }
            labels.sort_by(|one, other| one.step.total_cmp(&other.step));
            labels
        };
        raw.iter().map(|scale| (scale.key.get_ref().clone(), of_scale(scale))).collect()
    }

    fn constructs(&self, raw: Vec<RawConstruct>, languages: &[String]) -> Vec<Construct> {
        let mut seen = BTreeSet::new();
        raw.into_iter()
            .map(|construct| {
                self.new_key(&construct.key, &mut seen);
                self.translated(&construct.name, languages);
                Construct {
                    key: construct.key.into_inner(),
                    role: construct.role,
                    name: construct.name.into_inner(),
                }
            })
            .collect()
    }

    /// Items in the order of the file, the rows of a matrix one by one.
    fn items(&self, raw: Vec<RawItem>, known: &Known<'_>) -> Vec<Item> {
        let mut seen = BTreeSet::new();
        let mut items: Vec<Item> = Vec::with_capacity(raw.len());
        let mut jumps = Vec::new();
        for item in raw {
            let before = items.len();
            self.item_key(&item.key, &mut seen);
            self.translated(&item.text, known.languages);
            self.of_construct(item.construct.as_ref(), known);
            if let Some(reason) = &item.required {
                self.translated(reason, known.languages);
            }
            let when = item.when.as_ref().and_then(|text| self.condition(text, &items));
            let scale = self.scale_of(&item, known.scales);
            let labels = item.scale.as_ref().and_then(|key| known.labels.get(key.get_ref()));
            let labels = labels.cloned().unwrap_or_default();
            if *item.kind.get_ref() == RawKind::Matrix {
                self.matrix(&item, (scale, &labels, when), known, (&mut seen, &mut items));
            } else {
                if let Some(row) = item.row.first() {
                    self.fault(row.key.span(), "only a matrix has rows");
                }
                items.push(Item {
                    options: self.options(&item, known.languages),
                    key: item.key.into_inner(),
                    construct: item.construct.map(Spanned::into_inner),
                    kind: plain(*item.kind.get_ref()),
                    scale,
                    labels,
                    text: item.text.into_inner(),
                    stem: None,
                    when,
                    jumps: Vec::new(),
                    required: item.required.map(Spanned::into_inner),
                });
            }
            // A matrix without rows is no item; that it has none is named already.
            if let Some(from) = items.len().checked_sub(1).filter(|_| items.len() > before) {
                jumps.extend(item.go.into_iter().map(|jump| (from, jump)));
            }
        }
        for (from, jump) in jumps {
            let read = self.jump(from, &jump, &items);
            items[from].jumps.extend(read);
        }
        items
    }

    fn matrix(
        &self,
        matrix: &RawItem,
        (scale, labels, when): (Option<Scale>, &[Label], Option<Condition>),
        known: &Known<'_>,
        (seen, items): (&mut BTreeSet<String>, &mut Vec<Item>),
    ) {
        if matrix.row.is_empty() {
            self.fault(matrix.kind.span(), "a matrix needs [[item.row]]s");
        }
        for row in &matrix.row {
            self.item_key(&row.key, seen);
            self.translated(&row.text, known.languages);
            self.of_construct(row.construct.as_ref(), known);
            let construct = row.construct.as_ref().or(matrix.construct.as_ref());
            items.push(Item {
                key: row.key.get_ref().clone(),
                construct: construct.map(|key| key.get_ref().clone()),
                kind: ItemKind::Rating,
                scale: scale.map(|scale| Scale { reversed: row.reversed, ..scale }),
                labels: labels.to_vec(),
                text: row.text.get_ref().clone(),
                stem: Some(matrix.text.get_ref().clone()),
                options: Vec::new(),
                when: when.clone(),
                jumps: Vec::new(),
                required: matrix.required.as_ref().map(|reason| reason.get_ref().clone()),
            });
        }
    }

    fn options(&self, item: &RawItem, languages: &[String]) -> Vec<Choice> {
        let mut seen = BTreeSet::new();
        let chosen =
            matches!(item.kind.get_ref(), RawKind::SingleChoice | RawKind::MultipleChoice | RawKind::Ranking);
        match item.options.first() {
            Some(option) if !chosen => {
                self.fault(option.key.span(), "only a choice or a ranking has options");
            }
            _ => {}
        }
        item.options
            .iter()
            .map(|option| {
                self.new_key(&option.key, &mut seen);
                self.translated(&option.text, languages);
                Choice { key: option.key.get_ref().clone(), text: option.text.get_ref().clone() }
            })
            .collect()
    }

    fn of_construct(&self, construct: Option<&Spanned<String>>, known: &Known<'_>) {
        if let Some(key) = construct
            && !known.constructs.iter().any(|construct| construct.key == *key.get_ref())
        {
            self.fault(key.span(), format!("no [[construct]] has the key {:?}", key.get_ref()));
        }
    }

    /// A condition over the items before it: what comes later cannot be known yet.
    fn condition(&self, text: &Spanned<String>, before: &[Item]) -> Option<Condition> {
        let condition = match Condition::parse(text.get_ref()) {
            Ok(condition) => condition,
            Err((at, message)) => {
                // As written in the file, unless escapes make it another text there.
                let written =
                    self.text.get(text.span()).and_then(|quoted| quoted.find(text.get_ref().as_str()));
                let place = text.span().start + written.map_or(0, |begins| begins + at);
                self.fault(place..place, message);
                return None;
            }
        };
        for (key, test) in condition.tests() {
            match before.iter().find(|item| item.key == key) {
                None => self.fault(
                    text.span(),
                    format!("{key:?} is no item before this one: a condition asks about earlier answers"),
                ),
                Some(item) => {
                    if let Some(message) = misfit(item, test) {
                        self.fault(text.span(), message);
                    }
                }
            }
        }
        Some(condition)
    }

    fn jump(&self, from: usize, jump: &RawJump, items: &[Item]) -> Option<Jump> {
        let when = self.condition(&jump.when, &items[..=from])?;
        let target = jump.to.get_ref();
        if target == "end" {
            return Some(Jump { when, to: None });
        }
        match items.iter().position(|item| item.key == *target) {
            Some(to) if to > from => Some(Jump { when, to: Some(to) }),
            Some(_) => {
                self.fault(jump.to.span(), format!("{target:?} comes before: this would ask in a loop"));
                None
            }
            None => {
                self.fault(
                    jump.to.span(),
                    format!("no item has the key {target:?}; \"end\" ends the survey"),
                );
                None
            }
        }
    }

    fn rotations(&self, raw: Vec<RawRotation>, items: &[Item]) -> Vec<Rotation> {
        let mut seen = BTreeSet::new();
        let mut used = BTreeSet::new();
        raw.into_iter()
            .map(|rotation| {
                self.new_key(&rotation.key, &mut seen);
                let count = rotation.blocks.get_ref().len();
                let take = *rotation.take.get_ref();
                if take == 0 || take > count {
                    self.fault(rotation.take.span(), format!("of {count} blocks take 1 to {count}"));
                }
                let blocks = rotation.blocks.get_ref().iter().map(|block| {
                    let found = block.iter().filter_map(|key| {
                        let at = items.iter().position(|item| item.key == *key.get_ref());
                        if at.is_none() {
                            self.fault(key.span(), format!("no item has the key {:?}", key.get_ref()));
                        }
                        if !used.insert(key.get_ref().clone()) {
                            self.fault(key.span(), format!("{:?} stands in two blocks", key.get_ref()));
                        }
                        at
                    });
                    found.collect()
                });
                Rotation { blocks: blocks.collect(), key: rotation.key.get_ref().clone(), take }
            })
            .collect()
    }

    fn scale_of(&self, item: &RawItem, scales: &BTreeMap<String, Scale>) -> Option<Scale> {
        match (item.kind.get_ref(), &item.scale) {
            (RawKind::Rating | RawKind::Matrix, Some(key)) => match scales.get(key.get_ref()) {
                Some(scale) => return Some(Scale { reversed: item.reversed, ..*scale }),
                None => self.fault(key.span(), format!("no [[scale]] has the key {:?}", key.get_ref())),
            },
            (RawKind::Rating | RawKind::Matrix, None) => {
                self.fault(item.key.span(), "a rating needs a scale");
            }
            (RawKind::Nps, None) => return Some(Scale { low: 0.0, high: 10.0, reversed: item.reversed }),
            (_, Some(key)) => self.fault(key.span(), "only a rating has a scale"),
            (_, None) => {}
        }
        None
    }

    /// A key that conditions and jumps can name.
    fn item_key(&self, key: &Spanned<String>, seen: &mut BTreeSet<String>) {
        self.new_key(key, seen);
        if ["end", "not"].contains(&key.get_ref().as_str()) {
            self.fault(
                key.span(),
                format!("{:?} means something else in jumps and conditions", key.get_ref()),
            );
        }
    }

    fn new_key(&self, key: &Spanned<String>, seen: &mut BTreeSet<String>) {
        if !is_key(key.get_ref()) {
            self.fault(key.span(), KEY_RULE);
        }
        if !seen.insert(key.get_ref().clone()) {
            self.fault(key.span(), format!("the key {:?} is there twice", key.get_ref()));
        }
    }

    fn translated(&self, texts: &Spanned<Texts>, languages: &[String]) {
        for language in languages {
            if texts.get_ref().get(language).is_none_or(|text| text.trim().is_empty()) {
                self.fault(texts.span(), format!("the text for {language:?} is missing"));
            }
        }
        for extra in texts.get_ref().keys().filter(|language| !languages.contains(language)) {
            self.fault(
                texts.span(),
                format!("{extra:?} is not among the survey's languages: add it there or remove the text"),
            );
        }
    }
}

fn plain(kind: RawKind) -> ItemKind {
    match kind {
        RawKind::Rating | RawKind::Matrix => ItemKind::Rating,
        RawKind::Nps => ItemKind::Nps,
        RawKind::SingleChoice => ItemKind::SingleChoice,
        RawKind::MultipleChoice => ItemKind::MultipleChoice,
        RawKind::Ranking => ItemKind::Ranking,
        RawKind::Number => ItemKind::Number,
        RawKind::Date => ItemKind::Date,
        RawKind::ShortText => ItemKind::ShortText,
        RawKind::LongText => ItemKind::LongText,
    }
}

/// Says why a test can never pass for an item, `None` where it can.
fn misfit(item: &Item, test: &Test) -> Option<String> {
    let key = &item.key;
    let option = |option: &str| {
        let known = item.options.is_empty() || item.options.iter().any(|choice| choice.key == option);
        (!known).then(|| format!("{key:?} has no option {option:?}"))
    };
    match (test, item.kind) {
        (Test::Answered, _) | (Test::Number(..), ItemKind::Rating | ItemKind::Nps | ItemKind::Number) => None,
        (Test::Number(..), _) => Some(format!("{key:?} is not answered with a number")),
        (Test::Option(_, wanted), ItemKind::SingleChoice) => option(wanted),
        (Test::Option(..), _) => {
            Some(format!("{key:?} is not a single choice; of several options one `has` one"))
        }
        (Test::Has(wanted), ItemKind::SingleChoice | ItemKind::MultipleChoice | ItemKind::Ranking) => {
            option(wanted)
        }
        (Test::Has(_), _) => Some(format!("{key:?} has no options")),
    }
}

/// Most steps of a scale.
const MOST_STEPS: f64 = 1000.0;

const KEY_RULE: &str = "a key is made of a-z, 0-9, _ and -, and begins with a letter";

fn is_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key
            .chars()
            .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_' || sign == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURVEY: &str = r#"
id = "customer"
version = 2
languages = ["en", "zh-Hans"]

[[scale]]
key = "ten"
low = 1
high = 10

[[construct]]
key = "satisfaction"
role = "satisfaction"
name = { en = "Satisfaction", zh-Hans = "满意度" }

[[item]]
key = "overall"
construct = "satisfaction"
kind = "rating"
scale = "ten"
text = { en = "How satisfied are you?", zh-Hans = "您有多满意？" }
"#;

    fn fault(from: &str, to: &str) -> (usize, usize, String) {
        let error = parse("s.toml", &SURVEY.replacen(from, to, 1)).unwrap_err();
        (error.line, error.column, error.message)
    }

    #[test]
    fn a_sound_file_becomes_an_instrument() {
        let survey = parse("s.toml", SURVEY).unwrap();
        assert_eq!((survey.id.as_str(), survey.version), ("customer", 2));
        let (item, scale) = survey.items_of("satisfaction").next().unwrap();
        assert_eq!((item.key.as_str(), scale.low, scale.high), ("overall", 1.0, 10.0));
    }

    #[test]
    fn an_unknown_scale_is_named_at_its_place() {
        let (line, column, message) = fault("scale = \"ten\"", "scale = \"five\"");
        assert_eq!((line, column), (20, 9));
        assert!(message.contains("\"five\""), "{message}");
    }

    #[test]
    fn a_missing_translation_is_named_at_its_place() {
        let (line, _, message) = fault("zh-Hans = \"您有多满意？\"", "fr = \"Content ?\"");
        assert_eq!(line, 21);
        assert!(message.contains("zh-Hans"), "{message}");
    }

    #[test]
    fn an_unknown_field_is_named_at_its_place() {
        let (line, _, message) = fault("low = 1", "lowest = 1");
        assert_eq!(line, 8);
        assert!(message.contains("lowest"), "{message}");
    }

    #[test]
    fn all_faults_are_named_in_the_order_of_their_places() {
        let text =
            SURVEY.replacen("low = 1", "low = 11", 1).replacen("scale = \"ten\"", "scale = \"five\"", 1);
        let faults = parse_all("s.toml", &text).unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [8, 20]);
    }

    fn with_item(item: &str) -> Result<Instrument, SurveyFileError> {
        parse("s.toml", &format!("{SURVEY}{item}"))
    }

    const TEXT: &str = "text = { en = \"Q?\", zh-Hans = \"问？\" }\n";

    #[test]
    fn the_rows_of_a_matrix_are_items_of_their_own() {
        let rows = "row = [{ key = \"fast\", text = { en = \"Fast\", zh-Hans = \"快\" } }, \
                    { key = \"kind\", construct = \"satisfaction\", text = { en = \"Kind\", zh-Hans = \"好\" } }]";
        let matrix = format!("[[item]]\nkey = \"staff\"\nkind = \"matrix\"\nscale = \"ten\"\n{TEXT}{rows}\n");
        let survey = with_item(&matrix).unwrap();
        let keys: Vec<&str> = survey.items.iter().map(|item| item.key.as_str()).collect();
        assert_eq!(keys, ["overall", "fast", "kind"]);
        assert_eq!(survey.items[1].stem.as_ref().unwrap()["en"], "Q?");
        assert_eq!(survey.items_of("satisfaction").count(), 2);
    }

    #[test]
    fn a_condition_on_a_later_item_and_a_jump_back_are_refused() {
        let item = |more: &str| format!("[[item]]\nkey = \"why\"\nkind = \"long_text\"\n{TEXT}{more}\n");
        let later = with_item(&item("when = \"why answered\"")).unwrap_err();
        assert!(later.message.contains("no item before"), "{later}");
        let back = with_item(&item("go = [{ when = \"overall = 1\", to = \"overall\" }]")).unwrap_err();
        assert!(back.message.contains("loop"), "{back}");
    }

    #[test]
    fn a_fault_inside_a_condition_is_named_at_its_column() {
        let item = format!("[[item]]\nkey = \"why\"\nkind = \"long_text\"\n{TEXT}when = \"overall << 6\"\n");
        let fault = with_item(&item).unwrap_err();
        assert_eq!((fault.line, fault.column), (26, 18), "{fault}");
    }

    #[test]
    fn a_fault_after_a_wide_sign_and_long_quotes_is_named_at_its_column() {
        let item =
            |when: &str| format!("[[item]]\nkey = \"why\"\nkind = \"long_text\"\n{TEXT}when = {when}\n");
        let fault = with_item(&item("\"\"\"overall = \"好\"~\"\"\"")).unwrap_err();
        // `when = """` is 10 signs, `overall = "好"` is 13.
        assert_eq!((fault.line, fault.column), (26, 24), "{fault}");
        let escaped = with_item(&item("\"overall = \\\"好\\\"~\"")).unwrap_err();
        assert_eq!((escaped.line, escaped.column), (26, 8), "{escaped}");
    }

    #[test]
    fn a_matrix_without_rows_is_named_whatever_jumps_it_has() {
        let matrix = "[[item]]\nkey = \"staff\"\nkind = \"matrix\"\nscale = \"ten\"\n";
        let matrix = format!("{matrix}{TEXT}go = [{{ when = \"staff answered\", to = \"end\" }}]\n");
        let first = SURVEY.replacen("[[item]]", &format!("{matrix}[[item]]"), 1);
        for text in [first, format!("{SURVEY}{matrix}")] {
            let faults = parse_all("s.toml", &text).unwrap_err();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].message.contains("a matrix needs"), "{faults:?}");
        }
    }

    #[test]
    fn words_of_jumps_and_conditions_are_no_keys_of_items() {
        for key in ["end", "not"] {
            let item = format!("[[item]]\nkey = \"{key}\"\nkind = \"long_text\"\n{TEXT}");
            assert!(with_item(&item).unwrap_err().message.contains("something else"));
        }
    }

    #[test]
    fn a_scale_without_end_is_refused() {
        assert!(fault("high = 10", "high = 1e20").2.contains("at most 1000 steps"));
    }

    #[test]
    fn a_doubled_key_is_refused() {
        let doubled = format!("{SURVEY}{}", &SURVEY[SURVEY.find("[[item]]").unwrap()..]);
        assert!(parse("s.toml", &doubled).unwrap_err().message.contains("twice"));
    }
}
