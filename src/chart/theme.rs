//! The colour tokens of the report and the palettes they come in.
//!
//! Colour is never named twice: a chart asks for a token, the palette says what is written. Inline in a page the
//! tokens are CSS variables, so that one SVG serves a light and a dark reader; alone they are colours.

use std::fmt::Write as _;

/// The palette that a drawing is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// Colours on white: PDF, PNG, e-mail.
    Light,
    /// Colours on near-black, for screens.
    Dark,
    /// Greys that survive a black-and-white printer; the wash "past here" becomes dots.
    Grey,
    /// CSS variables (`var(--blue)`), for SVG that stands inside a page which carries [`css`].
    Page,
}

/// A colour by its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Ground.
    Paper,
    /// Ground of a refused row.
    Panel,
    /// Text, zero line, today.
    Ink,
    /// Labels.
    Ink2,
    /// Small grey text.
    Ink3,
    /// Bars and whiskers.
    Mute,
    /// Hairlines that carry no data.
    Rule,
    /// Lines of the grid.
    Grid,
    /// Median and first-rank data.
    Blue,
    /// Edges of bands, intervals, second-rank data.
    Blue2,
    /// Fill of bands.
    Band,
    /// Cost and caution.
    Orange,
    /// Wash "past here".
    Amber,
    /// Bar of "past here".
    AmberBar,
    /// Good enough, and nothing else.
    Green,
    /// Wash of good enough.
    GreenWash,
    /// Where nobody has been.
    Hatch,
    /// Text on blue and green.
    OnFill,
}

/// One row of the table of tokens: CSS name, then the colour in light, dark and grey.
struct Entry {
    token: Token,
    name: &'static str,
    colours: [&'static str; 3],
}

const fn entry(token: Token, name: &'static str, colours: [&'static str; 3]) -> Entry {
    Entry { token, name, colours }
}

/// The table, in the order of [`Token`].
const TOKENS: [Entry; 18] = [
    entry(Token::Paper, "paper", ["#FFFFFF", "#0F151B", "#FFFFFF"]),
    entry(Token::Panel, "panel", ["#F4F6F8", "#18212A", "#F5F5F5"]),
    entry(Token::Ink, "ink", ["#14202B", "#E9EEF2", "#111111"]),
    entry(Token::Ink2, "ink2", ["#45525E", "#B9C4CE", "#444444"]),
    entry(Token::Ink3, "ink3", ["#626E79", "#93A1AE", "#666666"]),
    entry(Token::Mute, "mute", ["#7A858F", "#7F8C98", "#7F7F7F"]),
    entry(Token::Rule, "rule", ["#BAC3CB", "#44525F", "#BBBBBB"]),
    entry(Token::Grid, "grid", ["#E3E8EC", "#232E38", "#E4E4E4"]),
    entry(Token::Blue, "blue", ["#0F4C86", "#9CCBF7", "#1A1A1A"]),
    entry(Token::Blue2, "blue2", ["#2A74B5", "#6FAEE6", "#555555"]),
    entry(Token::Band, "band", ["#2A74B5", "#5B9FDC", "#6A6A6A"]),
    entry(Token::Orange, "orange", ["#B04A06", "#F3A35C", "#4A4A4A"]),
    entry(Token::Amber, "amber", ["#F0A030", "#C9822B", "#666666"]),
    entry(Token::AmberBar, "amberb", ["#C67700", "#D9902F", "#858585"]),
    entry(Token::Green, "green", ["#0B7350", "#53CFA1", "#262626"]),
    entry(Token::GreenWash, "greenw", ["#12966A", "#35B486", "#5E5E5E"]),
    entry(Token::Hatch, "hatch", ["#8A96A1", "#6C7A87", "#8C8C8C"]),
    entry(Token::OnFill, "onfill", ["#FFFFFF", "#0F151B", "#FFFFFF"]),
];

impl Palette {
    /// Returns what is written for `token`: `#RRGGBB`, or `var(--name)` for [`Palette::Page`].
    pub fn colour(self, token: Token) -> String {
        let entry = &TOKENS[token as usize];
        match self {
            Self::Light => entry.colours[0].to_owned(),
            Self::Dark => entry.colours[1].to_owned(),
            Self::Grey => entry.colours[2].to_owned(),
            Self::Page => format!("var(--{})", entry.name),
        }
    }
}

/// Returns the style rules that give a page the tokens as CSS variables: light, and dark for a reader whose screen
/// asks for it. Paper always gets the light ones. `data-theme="light"` or `"dark"` on the root element overrides.
pub fn css() -> String {
    let variables = |palette: Palette| {
        TOKENS.iter().fold(String::new(), |mut out, entry| {
            let _ = write!(out, "--{}:{};", entry.name, palette.colour(entry.token));
            out
        })
    };
    let (light, dark) = (variables(Palette::Light), variables(Palette::Dark));
    format!(
        ":root{{{light}color-scheme:light dark}}\n\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         @media screen{{:root[data-theme=dark]{{{dark}color-scheme:dark}}}}\n"
    )
}

/// Returns the token as the number under which plotters carries it.
pub(super) fn index(token: Token) -> u8 {
    token as u8
}

/// Returns the token of a number given by [`index`].
pub(super) fn from_index(index: u8) -> Option<Token> {
    TOKENS.get(usize::from(index)).map(|entry| entry.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of WCAG 2.2 for `#RRGGBB`.
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    const PALETTES: [Palette; 3] = [Palette::Light, Palette::Dark, Palette::Grey];

    #[test]
    fn black_on_white_has_the_contrast_that_the_standard_gives() {
        assert!((contrast("#000000", "#FFFFFF") - 21.0).abs() < 1e-9);
        assert!((contrast("#777777", "#FFFFFF") - 4.48).abs() < 0.005);
    }

    #[test]
    fn text_has_four_and_a_half_to_one_on_its_ground() {
        use Token::{Blue, Blue2, Green, Ink, Ink2, Ink3, OnFill, Orange, Panel, Paper};
        for palette in PALETTES {
            for token in [Ink, Ink2, Ink3, Blue, Blue2, Orange, Green] {
                let found = contrast(&palette.colour(token), &palette.colour(Paper));
                assert!(found >= 4.5, "{palette:?} {token:?} on paper: {found:.2}");
            }
            for (text, ground) in
                [(OnFill, Green), (OnFill, Blue), (Paper, Ink), (Ink2, Panel), (Ink3, Panel)]
            {
                let found = contrast(&palette.colour(text), &palette.colour(ground));
                assert!(found >= 4.5, "{palette:?} {text:?} on {ground:?}: {found:.2}");
            }
        }
    }

    #[test]
    fn marks_have_three_to_one_on_paper() {
        use Token::{AmberBar, Blue, Blue2, Green, Ink, Mute, Orange, Paper};
        for palette in PALETTES {
            for token in [Ink, Mute, Blue, Blue2, Orange, AmberBar, Green] {
                let found = contrast(&palette.colour(token), &palette.colour(Paper));
                assert!(found >= 3.0, "{palette:?} {token:?}: {found:.2}");
            }
        }
    }

    #[test]
    fn every_token_stands_in_the_table_at_its_own_place() {
        for (at, entry) in TOKENS.iter().enumerate() {
            assert_eq!(entry.token as usize, at, "{}", entry.name);
        }
    }

    #[test]
    fn the_style_rules_define_every_variable_that_a_drawing_may_name() {
        let css = css();
        for entry in &TOKENS {
            assert!(css.contains(&format!("--{}:{};", entry.name, entry.colours[1])), "{}", entry.name);
        }
    }
}
