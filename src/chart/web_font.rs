//! The fonts for a page that asks nobody for anything: only the glyphs that the page prints, as WOFF.
//!
//! The outlines of all other glyphs are blanked in place, so that no offset in the font moves, and compression makes
//! the blank stretches vanish. The table of characters is written anew, so that a reader's own fonts serve what was
//! not embedded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use ttf_parser::{RawFace, Tag};

use super::lettering::{self, FAMILY, Weight};

/// Type 2 operator that ends an outline.
const END_CHAR: u8 = 14;
/// Type 2 operator that ends a subroutine.
const RETURN: u8 = 11;
/// Tables that a page needs. Kerning and ligatures stay out: a text then is as wide in the page as it was measured.
const TABLES: [&[u8; 4]; 9] =
    [b"CFF ", b"OS/2", b"cmap", b"head", b"hhea", b"hmtx", b"maxp", b"name", b"post"];

/// Returns two `@font-face` rules that carry both weights of the report's font with the characters of `regular` and
/// `bold`; pass all that a page prints in each weight, in any order. Same characters, same bytes.
pub fn css(regular: &str, bold: &str) -> String {
    let mut out = String::new();
    for (weight, text, number) in [(Weight::Regular, regular, 400), (Weight::Bold, bold, 700)] {
        let _ = writeln!(
            out,
            "@font-face{{font-family:\"{FAMILY}\";font-weight:{number};src:url(data:font/woff;base64,{}) format(\"woff\")}}",
            base64(&woff(weight, text))
        );
    }
    out
}

/// The Latin letters of Libertinus Serif, semibold: the face of English titles.
const TITLE: &[u8] = include_bytes!("fonts/LibertinusSerif-Semibold.woff");

/// Returns the `@font-face` rule of English titles.
pub fn title_css() -> String {
    format!(
        "@font-face{{font-family:\"Libertinus Serif\";font-weight:600;src:url(data:font/woff;base64,{}) format(\"woff\")}}\n",
        base64(TITLE)
    )
}

/// Returns a WOFF file of one weight with the characters of `text`.
pub fn woff(weight: Weight, text: &str) -> Vec<u8> {
    let file = lettering::file(weight);
    let wanted: BTreeSet<char> = text.chars().chain([lettering::LACKING, ' ']).collect();
    let glyphs: BTreeMap<char, u16> =
        wanted.into_iter().filter_map(|c| lettering::glyph(weight, c).map(|glyph| (c, glyph))).collect();
    let raw = RawFace::parse(file, 0).expect("the embedded font files are whole");
    let mut tables = Vec::new();
    for tag in TABLES {
        let Some(table) = raw.table(Tag::from_bytes(tag)) else { continue };
        let table = match tag {
            b"cmap" => characters(&glyphs),
            b"CFF " => {
                let keep: BTreeSet<usize> =
                    glyphs.values().map(|glyph| usize::from(*glyph)).chain([0]).collect();
                blanked(table, &keep).expect("the embedded font files are whole")
            }
            _ => table.to_vec(),
        };
        tables.push((*tag, table));
    }
    packed(&tables)
}

/// Writes a table of characters: one subtable of format 12.
fn characters(glyphs: &BTreeMap<char, u16>) -> Vec<u8> {
    let count = u32::try_from(glyphs.len()).unwrap_or(u32::MAX);
    let mut out = Vec::new();
    for short in [0u16, 1, 3, 10] {
        out.extend(short.to_be_bytes());
    }
    out.extend(12u32.to_be_bytes());
    out.extend([0, 12, 0, 0]);
    for long in [16 + 12 * count, 0, count] {
        out.extend(long.to_be_bytes());
    }
    for (character, glyph) in glyphs {
        for long in [u32::from(*character), u32::from(*character), u32::from(*glyph)] {
            out.extend(long.to_be_bytes());
        }
    }
    out
}

/// Returns the outlines with every glyph blanked that is not in `keep`, and the subroutines of alphabets that none of
/// them uses. `None` if the table is not a character-keyed CFF.
fn blanked(table: &[u8], keep: &BTreeSet<usize>) -> Option<Vec<u8>> {
    let mut out = table.to_vec();
    let names = index(table, usize::from(*table.get(2)?))?;
    let tops = index(table, names.end)?;
    let top = dictionary(table.get(tops.items.first()?.clone())?);
    let offset = |key: u16| top.get(&key).and_then(|values| values.first()).copied();
    let glyphs = index(table, offset(17)?)?;
    for (glyph, place) in glyphs.items.iter().enumerate() {
        if !keep.contains(&glyph) {
            out.get_mut(place.clone())?.fill(END_CHAR);
        }
    }
    let groups = groups(table, offset(1237)?, glyphs.items.len())?;
    let used: BTreeSet<usize> = keep.iter().filter_map(|glyph| groups.get(*glyph).copied()).collect();
    for (group, place) in index(table, offset(1236)?)?.items.into_iter().enumerate() {
        let font = dictionary(table.get(place)?);
        let [size, start] = font.get(&18)?.as_slice() else { return None };
        let private = dictionary(table.get(*start..start + size)?);
        let Some(subroutines) = private.get(&19).and_then(|values| values.first()) else { continue };
        if !used.contains(&group) {
            for place in index(table, start + subroutines)?.items {
                out.get_mut(place)?.fill(RETURN);
            }
        }
    }
    Some(out)
}

/// Items of a CFF INDEX, as places in the table, and where the INDEX ends.
struct Index {
    items: Vec<Range<usize>>,
    end: usize,
}

fn index(table: &[u8], at: usize) -> Option<Index> {
    let count = number(table, at, 2)?;
    if count == 0 {
        return Some(Index { items: Vec::new(), end: at + 2 });
    }
    let size = usize::from(*table.get(at + 2)?);
    let base = at + 2 + (count + 1) * size;
    let ends: Option<Vec<usize>> = (0..=count)
        .map(|item| number(table, at + 3 + item * size, size).map(|offset| base + offset))
        .collect();
    let ends = ends?;
    Some(Index { items: ends.windows(2).map(|pair| pair[0]..pair[1]).collect(), end: *ends.last()? })
}

fn number(table: &[u8], at: usize, size: usize) -> Option<usize> {
    Some(table.get(at..at + size)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

/// Reads a CFF DICT: operator to operands; two-byte operators count from 1200. Fractions and negative numbers, which
/// no offset is, become zero.
fn dictionary(bytes: &[u8]) -> BTreeMap<u16, Vec<usize>> {
    let mut found = BTreeMap::new();
    let mut operands = Vec::new();
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        let mut next = || usize::from(rest.next().unwrap_or(0));
        match byte {
            12 => {
                let key = 1200 + u16::try_from(next()).unwrap_or(0);
                found.insert(key, std::mem::take(&mut operands));
            }
            0..=21 => {
                found.insert(u16::from(byte), std::mem::take(&mut operands));
            }
            28 => operands.push(next() << 8 | next()),
            29 => operands.push(next() << 24 | next() << 16 | next() << 8 | next()),
            30 => {
                while !matches!(next(), byte if byte & 15 == 15 || byte >> 4 == 15) {}
                operands.push(0);
            }
            32..=246 => operands.push(usize::from(byte).saturating_sub(139)),
            247..=250 => operands.push((usize::from(byte) - 247) * 256 + next() + 108),
            251..=254 => {
                next();
                operands.push(0);
            }
            _ => {}
        }
    }
    found
}

/// Reads which alphabet each glyph belongs to (`FDSelect`, formats 0 and 3).
fn groups(table: &[u8], at: usize, count: usize) -> Option<Vec<usize>> {
    if *table.get(at)? == 0 {
        return Some(table.get(at + 1..at + 1 + count)?.iter().map(|group| usize::from(*group)).collect());
    }
    let ranges = number(table, at + 1, 2)?;
    let mut out = Vec::with_capacity(count);
    for range in 0..ranges {
        let entry = at + 3 + 3 * range;
        let (group, end) = (usize::from(*table.get(entry + 2)?), number(table, entry + 3, 2)?);
        out.resize(end, group);
    }
    Some(out)
}

/// Packs tables as WOFF 1.0.
fn packed(tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let long = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
    let count = tables.len();
    let (mut directory, mut data) = (Vec::new(), Vec::new());
    let start = 44 + 20 * count;
    for (tag, table) in tables {
        let small = compressed(table);
        let body = if small.len() < table.len() { small.as_slice() } else { table.as_slice() };
        directory.extend(tag);
        for value in [start + data.len(), body.len(), table.len()] {
            directory.extend(long(value));
        }
        directory.extend(checksum(table).to_be_bytes());
        data.extend_from_slice(body);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let unpacked =
        12 + 16 * count + tables.iter().map(|(_, table)| table.len().next_multiple_of(4)).sum::<usize>();
    let mut out = b"wOFFOTTO".to_vec();
    out.extend(long(start + data.len()));
    out.extend(&long(count)[2..]);
    out.extend([0, 0]);
    out.extend(long(unpacked));
    out.extend([0, 1, 0, 0]);
    out.extend([0; 20]);
    out.extend(directory);
    out.extend(data);
    out
}

fn compressed(table: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(table).and_then(|()| encoder.finish()).expect("memory takes every byte")
}

fn checksum(table: &[u8]) -> u32 {
    let (words, rest) = table.as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().chain([&last]).fold(0u32, |sum, word| sum.wrapping_add(u32::from_be_bytes(*word)))
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for sign in 0..4 {
            let sextet = word >> (18 - 6 * sign) & 63;
            out.push(if sign <= chunk.len() { char::from(SIGNS[sextet]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;
    use ttf_parser::{Face, OutlineBuilder};

    use super::*;

    /// Unpacks a WOFF file into the OpenType file it stands for, as the standard says.
    fn unpacked(woff: &[u8]) -> Vec<u8> {
        let long = |at: usize| u32::from_be_bytes(woff[at..at + 4].try_into().unwrap()) as usize;
        let count = usize::from(u16::from_be_bytes([woff[12], woff[13]]));
        assert_eq!(long(8), woff.len());
        let (mut directory, mut data) = (Vec::new(), Vec::new());
        for entry in (0..count).map(|table| 44 + 20 * table) {
            let (offset, small, full) = (long(entry + 4), long(entry + 8), long(entry + 12));
            let mut table = Vec::new();
            if small < full {
                ZlibDecoder::new(&woff[offset..offset + small]).read_to_end(&mut table).unwrap();
            } else {
                table.extend(&woff[offset..offset + full]);
            }
            assert_eq!(table.len(), full);
            directory.extend(&woff[entry..entry + 4]);
            directory.extend(&woff[entry + 16..entry + 20]);
            directory.extend(u32::try_from(12 + 16 * count + data.len()).unwrap().to_be_bytes());
            directory.extend(u32::try_from(full).unwrap().to_be_bytes());
            data.extend(table);
            data.resize(data.len().next_multiple_of(4), 0);
        }
        let mut out = woff[4..8].to_vec();
        out.extend(u16::try_from(count).unwrap().to_be_bytes());
        out.extend([0; 6]);
        out.extend(directory);
        out.extend(data);
        assert_eq!(long(16), out.len());
        out
    }

    /// Writes an outline down.
    #[derive(Default, PartialEq, Debug)]
    struct Drawn(String);

    impl OutlineBuilder for Drawn {
        fn move_to(&mut self, x: f32, y: f32) {
            let _ = write!(self.0, "M{x} {y}");
        }
        fn line_to(&mut self, x: f32, y: f32) {
            let _ = write!(self.0, "L{x} {y}");
        }
        fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
            let _ = write!(self.0, "Q{x1} {y1} {x} {y}");
        }
        fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
            let _ = write!(self.0, "C{x1} {y1} {x2} {y2} {x} {y}");
        }
        fn close(&mut self) {
            self.0.push('Z');
        }
    }

    fn outline(file: &[u8], character: char) -> Option<Drawn> {
        let face = Face::parse(file, 0).unwrap();
        let mut drawn = Drawn::default();
        face.outline_glyph(face.glyph_index(character)?, &mut drawn)?;
        Some(drawn)
    }

    #[test]
    fn embedded_characters_keep_their_outlines_and_others_are_absent() {
        let text = "Good enough 74–81: 满意度做到多少分才够好？喆玥";
        for weight in [Weight::Regular, Weight::Bold] {
            let file = unpacked(&woff(weight, text));
            for character in text.chars().filter(|c| *c != ' ') {
                assert!(outline(&file, character).is_some(), "{character}");
                assert_eq!(
                    outline(&file, character),
                    outline(lettering::file(weight), character),
                    "{character}"
                );
            }
            assert_eq!(outline(&file, '鑫'), None);
            assert_eq!(outline(&file, 'Q'), None);
        }
    }

    #[test]
    fn an_english_page_carries_less_than_a_tenth_of_the_font() {
        let text: String = (' '..='~').collect();
        let size = woff(Weight::Regular, &text).len();
        assert!(size < lettering::REGULAR.len() / 10, "{size}");
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, section 10.
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
