//! The words that pages 1 to 9 never say: they would claim more than the data can carry.

use super::words::Language;

/// A forbidden word with its surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// The word.
    pub word: String,
    /// The sentence that it stands in.
    pub sentence: String,
}

/// Words that claim a cause or a certainty, English; compared as whole words, any case.
const ENGLISH: [&str; 11] = [
    "drives",
    "drive",
    "driven",
    "causes",
    "caused",
    "proves",
    "prove",
    "proved",
    "statistically significant",
    "significantly",
    "guarantees",
];

/// The same in Chinese; compared as they stand.
const CHINESE: [&str; 8] = ["导致", "造成", "引起", "证明", "证实了", "统计显著", "统计上显著", "显著性"];

/// Fixed labels in which a forbidden word is allowed.
const ALLOWED: [&str; 3] = ["最优区间", "最优点看不到", "未证实因果"];

/// The first line of the label 最优点看不到, as a chart writes it.
const FIRST_LINE: &str = "最优点";

/// Stands between two texts of a page.
pub(super) const PART: char = '\u{1F}';

/// Words that need a range in the same sentence.
const NEEDS_RANGE: [&str; 4] = ["optimal", "optimum", "optimally", "最优"];

/// Finds forbidden words in the rendered text of a page.
///
/// ```
/// use cam::report::{Language, lint};
/// assert!(lint::forbidden("Visits go with more renewal", Language::En).is_empty());
/// assert_eq!(lint::forbidden("Satisfaction drives profit", Language::En)[0].word, "drives");
/// ```
pub fn forbidden(text: &str, language: Language) -> Vec<Forbidden> {
    let mut found = Vec::new();
    for sentence in sentences(text).filter(|sentence| sentence.trim_end_matches(PART) != FIRST_LINE) {
        let cleaned = ALLOWED.iter().fold(sentence.to_owned(), |text, label| text.replace(label, ""));
        let lower = cleaned.to_lowercase();
        let mut report = |word: &str| {
            found.push(Forbidden { word: word.into(), sentence: sentence.trim().into() });
        };
        match language {
            Language::En => {
                ENGLISH.iter().filter(|word| has_word(&lower, word)).for_each(|word| report(word));
            }
            Language::ZhHans => {
                CHINESE.iter().filter(|word| cleaned.contains(*word)).for_each(|word| report(word));
            }
        }
        if !has_range(&cleaned) {
            NEEDS_RANGE
                .iter()
                .filter(|word| if word.is_ascii() { has_word(&lower, word) } else { lower.contains(*word) })
                .for_each(|word| report(word));
        }
    }
    found
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['。', '；', PART])
        .flat_map(|part| part.split_inclusive(". "))
        .filter(|sentence| !sentence.trim().is_empty())
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let edge = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
        edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next())
    })
}

/// Whether two figures are joined as a range.
fn has_range(text: &str) -> bool {
    let signs: Vec<char> = text.chars().filter(|sign| *sign != '\u{A0}' && *sign != ' ').collect();
    signs.windows(3).any(|three| {
        let joined = matches!(three[1], '–' | '至');
        joined && three[0].is_ascii_digit() && (three[2].is_ascii_digit() || three[2] == '\u{2212}')
    }) || text.contains("\u{A0}to\u{A0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, language: Language) -> Vec<String> {
        forbidden(text, language).into_iter().map(|found| found.word).collect()
    }

    #[test]
    fn planted_english_words_are_found() {
        assert_eq!(words("Delivery drives satisfaction.", Language::En), ["drives"]);
        assert_eq!(words("This Causes loss. It proves it.", Language::En), ["causes", "proves"]);
        assert_eq!(words("A statistically significant rise.", Language::En), ["statistically significant"]);
        assert_eq!(words("The optimal level is 77.", Language::En), ["optimal"]);
    }

    #[test]
    fn planted_chinese_words_are_found() {
        assert_eq!(words("满意度导致续约。", Language::ZhHans), ["导致"]);
        assert_eq!(words("数据证明有效；统计显著。", Language::ZhHans), ["证明", "统计显著"]);
        assert_eq!(words("最优分数是 77 分。", Language::ZhHans), ["最优"]);
    }

    #[test]
    fn a_range_and_the_fixed_labels_are_allowed() {
        assert!(words("The optimal level is likely 72–83.", Language::En).is_empty());
        assert!(words("最优分数的 80% 范围 72–83", Language::ZhHans).is_empty());
        assert!(words("已超过最优区间。最优点看不到。有关联，未证实因果。", Language::ZhHans).is_empty());
        assert!(words("A driver of satisfaction; the causal link.", Language::En).is_empty());
    }
}
