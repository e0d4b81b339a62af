//! A company's colours, let in only where everybody can read them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A colour of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Colour([u8; 3]);

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no colour: write # and six figures, for example #0f57a6")]
pub struct ColourError(String);

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, ColourError> {
        let fault = || ColourError(text.to_owned());
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(fault)?;
        let part = |at: usize| {
            let part =
                digits.get(at..at + 2).filter(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
            part.and_then(|part| u8::from_str_radix(part, 16).ok()).ok_or_else(fault)
        };
        Ok(Self([part(0)?, part(2)?, part(4)?]))
    }
}

impl TryFrom<String> for Colour {
    type Error = ColourError;

    fn try_from(text: String) -> Result<Self, ColourError> {
        text.parse()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Colour {
    const WHITE: Self = Self([255; 3]);
    const BLACK: Self = Self([0; 3]);

    /// Contrast with another colour, 1 to 21, as WCAG 2.2 defines it.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The colour `steps` of 255 equal steps on the way to another one.
    fn towards(self, other: Self, steps: u16) -> Self {
        let mut parts = [0; 3];
        for (part, (from, to)) in parts.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            let mixed = (u16::from(from) * (255 - steps) + u16::from(to) * steps + 127) / 255;
            *part = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        Self(parts)
    }

    /// The colour nearest to this one, darker or lighter, that contrasts enough with another.
    fn nearest(self, other: Self, least: f64) -> Self {
        let passing = (0..=255).find_map(|steps| {
            let ways = [self.towards(Self::BLACK, steps), self.towards(Self::WHITE, steps)];
            ways.into_iter().find(|colour| colour.contrast(other) >= least)
        });
        passing.unwrap_or(Self::BLACK)
    }
}

/// The colours of a theme on one ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colours {
    /// Links, the edge of what is chosen, the filled button.
    pub accent: Colour,
    /// Text on the filled button.
    pub on_accent: Colour,
    /// The ground of notices and of what the pointer is over.
    pub accent_soft: Colour,
}

/// A company's colours for both schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// On white.
    pub light: Colours,
    /// In the dark.
    pub dark: Colours,
}

/// A theme that not everybody could read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "{scheme}: {first} on {second} has a contrast of {found:.2}, less than {least}: take {nearest} for {change} or another \
     that passes"
)]
pub struct ThemeFault {
    /// `light` or `dark`.
    pub scheme: &'static str,
    /// What stands on the ground.
    pub first: &'static str,
    /// The ground.
    pub second: &'static str,
    /// The contrast that the pair has.
    pub found: f64,
    /// The contrast that it needs: 4.5 for text, 3 for controls.
    pub least: f64,
    /// Which colour of the theme to change.
    pub change: &'static str,
    /// The nearest colour that passes.
    pub nearest: Colour,
}

/// Colours of the style sheet that no theme changes.
struct Fixed {
    ground: Colour,
    ink: Colour,
    dim: Colour,
    edge: Colour,
}

const LIGHT: Fixed = Fixed {
    ground: Colour([0xff, 0xff, 0xff]),
    ink: Colour([0x1b, 0x21, 0x30]),
    dim: Colour([0x4b, 0x54, 0x65]),
    edge: Colour([0x6f, 0x79, 0x88]),
};
const DARK: Fixed = Fixed {
    ground: Colour([0x14, 0x17, 0x1d]),
    ink: Colour([0xec, 0xef, 0xf4]),
    dim: Colour([0xb4, 0xbc, 0xc9]),
    edge: Colour([0x88, 0x92, 0xa3]),
};

const TEXT: f64 = 4.5;
const CONTROL: f64 = 3.0;

impl Theme {
    /// Refuses the first pair of colours that contrasts too little.
    pub(super) fn check(&self) -> Result<(), ThemeFault> {
        check("light", &self.light, &LIGHT)?;
        check("dark", &self.dark, &DARK)
    }

    /// Rules that take the place of the plain colours.
    pub(super) fn rules(&self) -> String {
        let of = |colours: &Colours| {
            format!(
                ":root{{--accent:{};--on-accent:{};--accent-soft:{}}}",
                colours.accent, colours.on_accent, colours.accent_soft
            )
        };
        format!("{}\n@media (prefers-color-scheme:dark){{{}}}", of(&self.light), of(&self.dark))
    }
}

fn check(scheme: &'static str, theme: &Colours, fixed: &Fixed) -> Result<(), ThemeFault> {
    let (accent, on_accent, soft) =
        (("accent", theme.accent), ("on_accent", theme.on_accent), ("accent_soft", theme.accent_soft));
    let ground = ("the page", fixed.ground);
    let pairs = [
        (accent, ground, TEXT, accent, ground),
        (on_accent, accent, TEXT, on_accent, accent),
        (("text", fixed.ink), soft, TEXT, soft, ("text", fixed.ink)),
        (("small text", fixed.dim), soft, TEXT, soft, ("small text", fixed.dim)),
        (accent, soft, TEXT, soft, accent),
        (("the edge of a button", fixed.edge), soft, CONTROL, soft, ("the edge of a button", fixed.edge)),
    ];
    for (first, second, least, change, against) in pairs {
        let found = first.1.contrast(second.1);
        if found < least {
            return Err(ThemeFault {
                scheme,
                first: first.0,
                second: second.0,
                found,
                least,
                change: change.0,
                nearest: change.1.nearest(against.1, least),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::look::Look;
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    fn plain() -> Theme {
        let colours = |accent, on_accent, accent_soft| Colours {
            accent: colour(accent),
            on_accent: colour(on_accent),
            accent_soft: colour(accent_soft),
        };
        Theme {
            light: colours("#0f57a6", "#ffffff", "#e8f0fa"),
            dark: colours("#8abdf8", "#0b1a2c", "#1b2f49"),
        }
    }

    /// Ratios from the definition of WCAG, as its own examples round them.
    #[test]
    fn contrast_is_that_of_the_guidelines() {
        for (one, two, ratio) in [
            ("#000000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.48),
            ("#0f57a6", "#ffffff", 7.2),
            ("#6f7988", "#ffffff", 4.4),
        ] {
            assert!((colour(one).contrast(colour(two)) - ratio).abs() < 0.06, "{one} on {two}");
        }
    }

    #[test]
    fn the_plain_colours_pass_their_own_rules() {
        assert_eq!(plain().check(), Ok(()));
    }

    #[test]
    fn a_pale_theme_is_refused_and_the_nearest_colour_that_passes_is_named() {
        let mut theme = plain();
        theme.light.accent = colour("#5fa8f5");
        let fault = theme.check().unwrap_err();
        assert_eq!(
            (fault.scheme, fault.first, fault.second, fault.change),
            ("light", "accent", "the page", "accent")
        );
        assert!(fault.nearest.contrast(Colour::WHITE) >= TEXT);
        assert!(fault.nearest.contrast(Colour::WHITE) < 4.6, "{}", fault.nearest);
        assert!(fault.to_string().contains(&fault.nearest.to_string()));
    }

    #[test]
    fn each_pair_is_looked_at() {
        let mut theme = plain();
        theme.dark.on_accent = colour("#ffffff");
        assert_eq!(theme.check().unwrap_err().first, "on_accent");
        let mut theme = plain();
        theme.light.accent_soft = colour("#4b5465");
        assert_eq!(theme.check().unwrap_err().second, "accent_soft");
    }

    #[test]
    fn a_theme_changes_the_sheet_and_its_policy() {
        let mut theme = plain();
        theme.light.accent = colour("#7a1f5c");
        let look = Look::themed(&theme).unwrap();
        assert!(look.sheet().contains(":root{--accent:#7a1f5c;"));
        assert_ne!(look.content_security_policy(), Look::plain().content_security_policy());
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["0f57a6", "#0f57a", "#0f57ag", "#+f57a6", "#é5é5", "red", ""] {
            assert!(text.parse::<Colour>().is_err(), "{text}");
        }
    }
}
