//! The fixed words of the answering pages: one Fluent file per language under `surveys/pages/text/`, embedded.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::civil::Date;
use unic_langid::LanguageIdentifier;

const FILES: [(&str, &str); 2] = [
    ("en", include_str!("../../../surveys/pages/text/en.ftl")),
    ("zh-Hans", include_str!("../../../surveys/pages/text/zh-Hans.ftl")),
];

static WORDS: LazyLock<Vec<Words>> =
    LazyLock::new(|| FILES.into_iter().map(|(tag, text)| Words::read(tag, text)).collect());

/// A variable of a text.
pub(super) type Arg<'a> = (&'a str, FluentValue<'a>);

/// The fixed words of one language.
pub(super) struct Words {
    tag: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    fn read(tag: &'static str, text: &str) -> Self {
        // A fault in an embedded file leaves out the faulty message; the tests of this file find it.
        let resource = match FluentResource::try_new(text.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let identifier: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { tag, bundle }
    }

    /// Returns the words of a language, or the English ones.
    pub(super) fn of(language: &str) -> &'static Self {
        let primary = primary(language);
        let traditional = language.split('-').any(|part| part.eq_ignore_ascii_case("hant"));
        let found = WORDS.iter().find(|words| words.tag.split('-').next() == Some(primary.as_str()));
        found.filter(|words| words.tag != "zh-Hans" || !traditional).unwrap_or(&WORDS[0])
    }

    /// The language that the words are in.
    pub(super) fn tag(&self) -> &'static str {
        self.tag
    }

    /// Renders a text without marks.
    pub(super) fn plain(&self, key: &str, args: &[Arg<'_>]) -> String {
        self.raw(key, args).replace("**", "")
    }

    /// Renders a text with its marks.
    pub(super) fn raw(&self, key: &str, args: &[Arg<'_>]) -> String {
        let mut values = FluentArgs::new();
        for (name, value) in args {
            values.set(*name, value.clone());
        }
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return format!("⟨{key}⟩");
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&values), &mut errors);
        if errors.is_empty() { text.into_owned() } else { format!("⟨{key}⟩") }
    }

    /// Writes a day.
    pub(super) fn day(&self, day: Date) -> String {
        if self.tag == "zh-Hans" {
            format!("{} 年 {} 月 {} 日", day.year(), day.month(), day.day())
        } else {
            let month = MONTHS[usize::from(day.month().unsigned_abs()) - 1];
            format!("{}\u{A0}{month}\u{A0}{}", day.day(), day.year())
        }
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn primary(language: &str) -> String {
    language.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

/// Direction of a language (BCP 47) for the attribute `dir`.
pub fn direction(language: &str) -> &'static str {
    const RIGHT_TO_LEFT: [&str; 9] = ["ar", "he", "fa", "ur", "ps", "sd", "ug", "yi", "dv"];
    let script = language.split('-').skip(1).find(|part| part.len() == 4);
    let by_script = script.map(|script| ["arab", "hebr"].contains(&script.to_ascii_lowercase().as_str()));
    if by_script.unwrap_or_else(|| RIGHT_TO_LEFT.contains(&primary(language).as_str())) {
        "rtl"
    } else {
        "ltr"
    }
}

/// The name of a language in the language itself, or its tag.
pub fn own_name(language: &str) -> String {
    const NAMES: [(&str, &str); 30] = [
        ("ar", "العربية"),
        ("cs", "Čeština"),
        ("da", "Dansk"),
        ("de", "Deutsch"),
        ("en", "English"),
        ("es", "Español"),
        ("fa", "فارسی"),
        ("fi", "Suomi"),
        ("fr", "Français"),
        ("he", "עברית"),
        ("hi", "हिन्दी"),
        ("hu", "Magyar"),
        ("id", "Bahasa Indonesia"),
        ("it", "Italiano"),
        ("ja", "日本語"),
        ("ko", "한국어"),
        ("nb", "Norsk"),
        ("nl", "Nederlands"),
        ("pl", "Polski"),
        ("pt", "Português"),
        ("ro", "Română"),
        ("ru", "Русский"),
        ("sv", "Svenska"),
        ("th", "ไทย"),
        ("tr", "Türkçe"),
        ("uk", "Українська"),
        ("ur", "اردو"),
        ("vi", "Tiếng Việt"),
        ("zh-Hans", "简体中文"),
        ("zh-Hant", "繁體中文"),
    ];
    let named = |tag: &str| NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag));
    let found = named(language).or_else(|| named(&primary(language)));
    found.map_or_else(|| language.to_owned(), |(_, name)| (*name).to_owned())
}

/// Escapes a text for HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The words of a page in the page's language, or in English marked as such.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    pub(super) language: &'a str,
    words: &'static Words,
    /// Whether the words are of another language than the page.
    foreign: bool,
}

impl<'a> Voice<'a> {
    pub(super) fn new(language: &'a str) -> Self {
        let words = Words::of(language);
        Self {
            language,
            words,
            foreign: primary(language) != primary(words.tag()) || is_traditional(language),
        }
    }

    pub(super) fn is_chinese(&self) -> bool {
        primary(self.language) == "zh"
    }

    /// A text for an attribute or a title.
    pub(super) fn plain(&self, key: &str, args: &[Arg<'_>]) -> String {
        self.words.plain(key, args)
    }

    /// A text as HTML.
    pub(super) fn html(&self, key: &str, args: &[Arg<'_>]) -> String {
        let text = escaped(&self.words.raw(key, args));
        let mut html = String::with_capacity(text.len() + 32);
        for (at, run) in text.split("**").enumerate() {
            if at > 0 {
                html.push_str(if at % 2 == 1 { "<strong>" } else { "</strong>" });
            }
            html.push_str(run);
        }
        if self.foreign { format!("<bdi lang=\"{}\">{html}</bdi>", self.words.tag()) } else { html }
    }

    /// A text without variables as HTML.
    pub(super) fn say(&self, key: &str) -> String {
        self.html(key, &[])
    }

    pub(super) fn day(&self, day: Date) -> String {
        self.words.day(day)
    }
}

fn is_traditional(language: &str) -> bool {
    language.split('-').any(|part| part.eq_ignore_ascii_case("hant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<&str> {
        let begins = |line: &&str| line.starts_with(|sign: char| sign.is_ascii_lowercase());
        text.lines().filter(begins).filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
    }

    #[test]
    fn the_word_files_have_no_fault() {
        for (tag, text) in FILES {
            assert!(FluentResource::try_new(text.to_owned()).is_ok(), "{tag}");
        }
    }

    #[test]
    fn both_languages_have_the_same_texts_in_the_same_order() {
        assert_eq!(keys(FILES[0].1), keys(FILES[1].1));
    }

    #[test]
    fn no_english_word_is_left_in_the_chinese_texts() {
        for line in FILES[1].1.lines().filter(|line| !line.starts_with('#')) {
            let value = line.split_once(" =").map_or(line, |(_, value)| value);
            // Variables and selectors are for the machine.
            let mut rest = value.to_owned();
            while let Some((before, after)) = rest.clone().split_once('{') {
                let end = after.find(['}', '>']).map_or("", |end| &after[end + 1..]);
                rest = format!("{before}{end}");
            }
            let rest = rest.replace("*[other]", "");
            assert!(!rest.chars().any(|sign| sign.is_ascii_alphabetic()), "{line}");
        }
    }

    #[test]
    fn a_language_without_words_speaks_english_and_says_so() {
        assert_eq!(Voice::new("ar").say("back"), "<bdi lang=\"en\">Back</bdi>");
        assert_eq!(Voice::new("en-GB").say("back"), "Back");
        assert_eq!(Voice::new("zh-Hant").say("back"), "<bdi lang=\"en\">Back</bdi>");
        assert_eq!(Voice::new("zh-CN").say("back"), "上一题");
    }

    #[test]
    fn directions_follow_script_before_language() {
        for tag in ["ar", "he", "fa-IR", "ur-PK", "az-Arab"] {
            assert_eq!(direction(tag), "rtl", "{tag}");
        }
        for tag in ["en", "zh-Hans", "ku-Latn", "ur-Latn"] {
            assert_eq!(direction(tag), "ltr", "{tag}");
        }
    }

    #[test]
    fn a_variable_cannot_bring_markup() {
        let html = Voice::new("en").html("picked-in-mail", &[("answer", "<b>9</b>".into())]);
        assert!(html.contains("<strong>&lt;b&gt;9&lt;/b&gt;</strong>"), "{html}");
    }

    #[test]
    fn days_are_written_as_in_each_language() {
        let day = jiff::civil::date(2027, 4, 14);
        assert_eq!(Words::of("en").day(day), "14\u{A0}April\u{A0}2027");
        assert_eq!(Words::of("zh-Hans").day(day), "2027 年 4 月 14 日");
    }
}
