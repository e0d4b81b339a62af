//! The embedded fonts: what a text measures, which signs they lack, where a line may break.

use std::sync::LazyLock;

use ttf_parser::Face;

/// Noto Sans CJK SC Regular, an OpenType file.
pub static REGULAR: &[u8] = include_bytes!("fonts/NotoSansCJKsc-Regular.otf");
/// Noto Sans CJK SC Bold, an OpenType file.
pub static BOLD: &[u8] = include_bytes!("fonts/NotoSansCJKsc-Bold.otf");
/// The family name of both files.
pub const FAMILY: &str = "Noto Sans CJK SC";
/// The sign printed for a character that the fonts lack.
pub const LACKING: char = '〓';

static FACES: LazyLock<[Face<'static>; 2]> = LazyLock::new(|| {
    [REGULAR, BOLD].map(|file| Face::parse(file, 0).expect("the embedded font files are whole"))
});

/// The two weights of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// 400.
    Regular,
    /// 700.
    Bold,
}

fn face(weight: Weight) -> &'static Face<'static> {
    &FACES[usize::from(weight == Weight::Bold)]
}

/// Returns the font file of a weight.
pub(super) fn file(weight: Weight) -> &'static [u8] {
    match weight {
        Weight::Regular => REGULAR,
        Weight::Bold => BOLD,
    }
}

/// Returns the number of a character's glyph, if the font has it.
pub(super) fn glyph(weight: Weight, character: char) -> Option<u16> {
    face(weight).glyph_index(character).map(|glyph| glyph.0)
}

/// Returns the width of `text` in px at `size` px: the sum of the advances of the embedded font.
///
/// ```
/// use cam::chart::lettering::{Weight, width};
/// assert_eq!(width("满意度", 10.0, Weight::Regular), 30.0);
/// ```
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let face = face(weight);
    let units: u32 = text.chars().map(|c| advance(face, c)).sum();
    f64::from(units) * size / f64::from(face.units_per_em())
}

fn advance(face: &Face<'_>, character: char) -> u32 {
    let glyph = face.glyph_index(character).or_else(|| face.glyph_index(LACKING));
    u32::from(glyph.and_then(|g| face.glyph_hor_advance(g)).unwrap_or(face.units_per_em()))
}

/// Returns how far the ink of `text` reaches above and below its base line, px.
pub(super) fn ink(text: &str, size: f64, weight: Weight) -> (f64, f64) {
    let face = face(weight);
    let boxes =
        text.chars().filter_map(|c| face.glyph_index(c)).filter_map(|glyph| face.glyph_bounding_box(glyph));
    let (low, high) = boxes.fold((0, 0), |(low, high), glyph| (glyph.y_min.min(low), glyph.y_max.max(high)));
    let scale = size / f64::from(face.units_per_em());
    (f64::from(high) * scale, -f64::from(low) * scale)
}

/// Returns the characters of `text` that the fonts lack, each once, in order.
pub fn lacking(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    for character in text.chars() {
        if character != '\n'
            && face(Weight::Regular).glyph_index(character).is_none()
            && !found.contains(&character)
        {
            found.push(character);
        }
    }
    found
}

/// Returns `text` with every character that the fonts lack replaced by [`LACKING`].
pub(super) fn printable(text: &str) -> String {
    let face = face(Weight::Regular);
    text.chars().map(|c| if face.glyph_index(c).is_some() { c } else { LACKING }).collect()
}

/// A run of text in one weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The words.
    pub text: String,
    /// Their weight.
    pub weight: Weight,
}

impl Span {
    /// A run in the regular weight.
    pub fn regular(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Regular }
    }

    /// A run in bold.
    pub fn bold(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Bold }
    }
}

/// Signs that must not begin a line.
const NOT_FIRST: &str = "，。；：、！？）》」』】”’%‰·–—…,.;:!?)]}";
/// Signs that must not end a line.
const NOT_LAST: &str = "（《「『【“‘([{";

fn is_wide(character: char) -> bool {
    matches!(u32::from(character), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

/// Says whether a line may break between `before` and `after`: at spaces, and between Chinese characters outside
/// their punctuation rules. A no-break space, a figure and its range never part.
fn may_break(before: char, after: char) -> bool {
    if before == ' ' {
        return true;
    }
    if after == ' ' || NOT_FIRST.contains(after) || NOT_LAST.contains(before) {
        return false;
    }
    let no_break = |c: char| c == '\u{A0}';
    !no_break(before) && !no_break(after) && (is_wide(before) || is_wide(after))
}

/// Breaks `spans` into lines of at most `measure` px at `size` px. A piece wider than the measure stands alone.
pub fn wrap(spans: &[Span], size: f64, measure: f64) -> Vec<Vec<Span>> {
    let characters: Vec<(char, Weight)> =
        spans.iter().flat_map(|span| span.text.chars().map(|c| (c, span.weight))).collect();
    let mut lines: Vec<Vec<(char, Weight)>> = Vec::new();
    let mut line: Vec<(char, Weight)> = Vec::new();
    let mut start = 0;
    for end in 1..=characters.len() {
        if end < characters.len() && !may_break(characters[end - 1].0, characters[end].0) {
            continue;
        }
        let piece = &characters[start..end];
        let mut longer = line.clone();
        longer.extend_from_slice(piece);
        if !line.is_empty() && run_width(trimmed(&longer), size) > measure {
            lines.push(trimmed(&line).to_vec());
            line = piece.to_vec();
        } else {
            line = longer;
        }
        start = end;
    }
    if !line.is_empty() {
        lines.push(trimmed(&line).to_vec());
    }
    lines.into_iter().map(|line| into_spans(&line)).collect()
}

fn trimmed(line: &[(char, Weight)]) -> &[(char, Weight)] {
    let end = line.iter().rposition(|(c, _)| *c != ' ').map_or(0, |at| at + 1);
    &line[..end]
}

fn run_width(line: &[(char, Weight)], size: f64) -> f64 {
    line.iter().map(|(c, weight)| f64::from(advance(face(*weight), *c)) * size / 1000.0).sum()
}

fn into_spans(line: &[(char, Weight)]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (character, weight) in line {
        match spans.last_mut() {
            Some(last) if last.weight == *weight => last.text.push(*character),
            _ => spans.push(Span { text: character.to_string(), weight: *weight }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[Vec<Span>]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect()
    }

    #[test]
    fn a_chinese_sign_is_as_wide_as_the_type_is_high() {
        assert!((width("最优区间", 10.5, Weight::Bold) - 42.0).abs() < 1e-9);
    }

    #[test]
    fn figures_are_tabular_in_both_weights() {
        for weight in [Weight::Regular, Weight::Bold] {
            assert!((width("1111", 10.0, weight) - width("8888", 10.0, weight)).abs() < 1e-9);
        }
    }

    #[test]
    fn names_with_characters_outside_gb_2312_are_printable() {
        assert!(lacking("喆玥昇堃 Ångström Ωμεγα Жуков −0.9–5.6 %").is_empty());
    }

    #[test]
    fn a_character_that_the_fonts_lack_is_named_and_printed_as_a_geta() {
        assert_eq!(lacking("a\u{1F600}b\u{1F600}"), vec!['\u{1F600}']);
        assert_eq!(printable("a\u{1F600}b"), "a〓b");
    }

    #[test]
    fn english_breaks_at_spaces_only() {
        let lines = wrap(&[Span::bold("Good enough is 74–81; "), Span::regular("we are at 69.")], 10.0, 80.0);
        assert_eq!(plain(&lines), vec!["Good enough is", "74–81; we are at", "69."]);
        for line in &lines {
            let wide: f64 = line.iter().map(|span| width(&span.text, 10.0, span.weight)).sum();
            assert!(wide <= 80.0, "{wide}");
        }
    }

    #[test]
    fn no_chinese_line_begins_with_a_stop_or_ends_with_an_opening_bracket() {
        let text = "继续提高仍有回报，但递减；约 81 分以上不再抵得上投入（见第 10 页）。";
        for measure in 40..120 {
            for line in plain(&wrap(&[Span::regular(text)], 10.0, f64::from(measure))) {
                assert!(!NOT_FIRST.contains(line.chars().next().unwrap()), "{line}");
                assert!(!NOT_LAST.contains(line.chars().last().unwrap()), "{line}");
            }
        }
    }

    #[test]
    fn a_no_break_space_holds_a_figure_to_its_unit() {
        let lines = plain(&wrap(&[Span::regular("about 42\u{A0}% of all")], 10.0, 45.0));
        assert!(lines.iter().any(|line| line.contains("42\u{A0}%")), "{lines:?}");
    }
}
