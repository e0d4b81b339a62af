//! Placeholders of a survey's texts.

/// Fills in `{word}`s; what stands for nothing stays as it is.
pub fn fill<'a>(text: &'a str, value: &dyn Fn(&str) -> Option<&'a str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let found = rest.find('}').and_then(|close| Some((close, value(&rest[1..close])?)));
        if let Some((close, word)) = found {
            filled.push_str(word);
            rest = &rest[close + 1..];
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled.push_str(rest);
    filled
}

/// A name as it stands within a Chinese sentence: Latin letters and figures keep a space from what is beside them.
pub fn beside_hanzi(name: &str) -> String {
    let latin = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii());
    let before = if latin(name.chars().next()) { " " } else { "" };
    let after = if latin(name.chars().next_back()) { " " } else { "" };
    format!("{before}{name}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_filled_in_once_and_an_unknown_one_stays() {
        let value = |word: &str| (word == "name").then_some("{account}");
        assert_eq!(fill("Hello {name}, {who}? {", &value), "Hello {account}, {who}? {");
    }

    #[test]
    fn latin_letters_keep_a_space_from_hanzi_and_hanzi_do_not() {
        assert_eq!(beside_hanzi("Kestrel Tools"), " Kestrel Tools ");
        assert_eq!(beside_hanzi("科川工具"), "科川工具");
        assert_eq!(beside_hanzi("科川 Tools"), "科川 Tools ");
    }
}
