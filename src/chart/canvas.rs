//! The sheet: SVG elements as text, and a record of every text box that was written on it.

use std::fmt::Write as _;

use super::lettering::{self, FAMILY, Span, Weight};
use super::theme::{Palette, Token};

/// The width that a drawing is made for. The picture of page 5 has one form only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The measure of a portrait page, 666 px.
    Page,
    /// A phone, 358 px: the same type, less room.
    Phone,
}

impl Form {
    /// Width of the drawing, px.
    pub(super) const fn width(self) -> f64 {
        match self {
            Self::Page => 666.0,
            Self::Phone => 358.0,
        }
    }
}

/// How a drawing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its colours.
    pub palette: Palette,
    /// Its width.
    pub form: Form,
    /// Begins every id inside the drawing, so that several can stand in one page; letters, digits and hyphens.
    pub prefix: String,
}

/// A finished chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// One `svg` element.
    pub svg: String,
    /// Width in px of a page at 96 per inch, with the border if there is one.
    pub width: f64,
    /// Height in px.
    pub height: f64,
    /// Where the rows stand, for a chart that has rows.
    pub rows: Vec<RowPlace>,
    /// Every text with its box, in drawing order.
    pub texts: Vec<TextBox>,
    /// Labels that found no place; never a star, a zone, today or a refusal.
    pub left_out: Vec<String>,
    /// Characters that the fonts lack; each is printed as 〓 and must be reported as an error.
    pub lacking: Vec<char>,
}

/// Where a row stands in a drawing; px from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowPlace {
    /// Top of the row: its name goes here.
    pub top: f64,
    /// Height of the row, to the line under it.
    pub height: f64,
    /// Top of the plot.
    pub plot_top: f64,
    /// Bottom of the plot.
    pub plot_bottom: f64,
    /// Base of the strip of customers: the sentence beside it stands on this line.
    pub strip_base: f64,
}

/// A written text and the box of its ink, counted from inside the border.
#[derive(Debug, Clone, PartialEq)]
pub struct TextBox {
    /// The words.
    pub text: String,
    /// Left edge, px.
    pub left: f64,
    /// Top edge, px.
    pub top: f64,
    /// Right edge, px.
    pub right: f64,
    /// Bottom edge, px.
    pub bottom: f64,
    /// Size of the type, px.
    pub size: f64,
}

/// Which point of a text stands at its x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) words: &'a str,
    pub(super) x: f64,
    /// Base line, px.
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) anchor: Anchor,
    pub(super) token: Token,
    /// Outline in the ground's colour, px; 0 for none.
    pub(super) halo: f64,
}

impl<'a> Text<'a> {
    /// A regular text that begins at `x`, in the colour of labels.
    pub(super) fn new(words: &'a str, x: f64, y: f64, size: f64) -> Self {
        Self {
            words,
            x,
            y,
            size,
            weight: Weight::Regular,
            anchor: Anchor::Start,
            token: Token::Ink2,
            halo: 0.0,
        }
    }

    pub(super) fn bold(mut self) -> Self {
        self.weight = Weight::Bold;
        self
    }

    pub(super) fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub(super) fn end(self) -> Self {
        self.anchor(Anchor::End)
    }

    pub(super) fn middle(self) -> Self {
        self.anchor(Anchor::Middle)
    }

    pub(super) fn colour(mut self, token: Token) -> Self {
        self.token = token;
        self
    }

    pub(super) fn halo(mut self) -> Self {
        self.halo = 3.0;
        self
    }

    /// Left edge of the text, px.
    fn left(&self) -> f64 {
        let width = lettering::width(self.words, self.size, self.weight);
        match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2.0,
            Anchor::End => self.x - width,
        }
    }
}

/// The sheet that a chart is drawn on.
#[derive(Debug)]
pub(super) struct Canvas {
    width: f64,
    height: f64,
    palette: Palette,
    prefix: String,
    definitions: String,
    body: String,
    clips: usize,
    texts: Vec<TextBox>,
    lacking: Vec<char>,
    pub(super) left_out: Vec<String>,
    pub(super) rows: Vec<RowPlace>,
    /// Blank border around the sheet, px; places are counted from inside it.
    pub(super) margin: f64,
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64, look: &Look) -> Self {
        let prefix = look.prefix.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        Self {
            width,
            height,
            palette: look.palette,
            prefix,
            definitions: String::new(),
            body: String::new(),
            clips: 0,
            texts: Vec::new(),
            lacking: Vec::new(),
            left_out: Vec::new(),
            rows: Vec::new(),
            margin: 0.0,
        }
    }

    pub(super) fn colour(&self, token: Token) -> String {
        self.palette.colour(token)
    }

    /// Appends an SVG element as it is.
    pub(super) fn raw(&mut self, element: &str) {
        self.body.push_str(element);
    }

    /// Defines a clipping rectangle and returns its id.
    pub(super) fn clip(&mut self, left: f64, top: f64, width: f64, height: f64) -> String {
        let id = format!("{}-clip{}", self.prefix, self.clips);
        self.clips += 1;
        let _ = writeln!(
            self.definitions,
            "<clipPath id=\"{id}\"><rect {}/></clipPath>",
            box_attributes(left, top, width, height)
        );
        id
    }

    pub(super) fn rect(&mut self, part: &str, (left, top, width, height): (f64, f64, f64, f64), paint: &str) {
        if width > 0.0 && height > 0.0 {
            let place = box_attributes(left, top, width, height);
            let _ = writeln!(self.body, "<rect data-part=\"{part}\" {place} {paint}/>");
        }
    }

    /// A paint for [`Canvas::rect`]: filled, at an opacity.
    pub(super) fn fill(&self, token: Token, opacity: f64) -> String {
        let colour = self.colour(token);
        if opacity < 1.0 {
            format!("fill=\"{colour}\" fill-opacity=\"{opacity}\"")
        } else {
            format!("fill=\"{colour}\"")
        }
    }

    /// A paint for [`Canvas::rect`]: hollow, on the ground.
    pub(super) fn hollow(&self, token: Token, width: f64) -> String {
        format!(
            "fill=\"{}\" stroke=\"{}\" stroke-width=\"{width}\"",
            self.colour(Token::Paper),
            self.colour(token)
        )
    }

    /// A straight line, px.
    pub(super) fn line(
        &mut self,
        part: &str,
        from: (f64, f64),
        to: (f64, f64),
        (token, width): (Token, f64),
    ) {
        let colour = self.colour(token);
        let _ = writeln!(
            self.body,
            "<line data-part=\"{part}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        );
    }

    /// A path, px, with its paint.
    pub(super) fn path(&mut self, part: &str, path: &str, paint: &str) {
        let _ = writeln!(self.body, "<path data-part=\"{part}\" d=\"{path}\" {paint}/>");
    }

    /// A dot with a ring.
    pub(super) fn dot(
        &mut self,
        part: &str,
        (x, y, radius): (f64, f64, f64),
        fill: Token,
        ring: (Token, f64),
    ) {
        let (fill, stroke) = (self.colour(fill), self.colour(ring.0));
        let _ = writeln!(
            self.body,
            "<circle data-part=\"{part}\" cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{}\"/>",
            number(x),
            number(y),
            ring.1
        );
    }

    /// The five-pointed star of the best level.
    pub(super) fn star(&mut self, (x, y): (f64, f64), radius: f64) {
        let mut path = String::new();
        for corner in 0..10 {
            let reach = if corner % 2 == 0 { radius } else { radius * 0.42 };
            let angle = std::f64::consts::PI * (f64::from(corner) / 5.0 - 0.5);
            let letter = if corner == 0 { 'M' } else { 'L' };
            let _ = write!(
                path,
                "{letter}{} {}",
                number(x + reach * angle.cos()),
                number(y + reach * angle.sin())
            );
        }
        path.push('Z');
        let paint = format!(
            "data-x=\"{}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.6\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
            number(x),
            self.colour(Token::Green),
            self.colour(Token::Paper)
        );
        self.path("star", &path, &paint);
    }

    /// Hatches a rectangle: nobody has been here.
    pub(super) fn hatch(&mut self, place: (f64, f64, f64, f64)) {
        let paint = format!("fill=\"url(#{}-hatch)\"", self.prefix);
        self.rect("hatch", place, &paint);
    }

    /// Washes a rectangle: past here the next unit of money likely costs more than it brings.
    pub(super) fn wash_past(&mut self, place: (f64, f64, f64, f64)) {
        let paint = if self.palette == Palette::Grey {
            format!("fill=\"url(#{}-dots)\"", self.prefix)
        } else {
            self.fill(Token::Amber, 0.17)
        };
        self.rect("past", place, &paint);
    }

    /// Writes one line of text and returns its box.
    pub(super) fn text(&mut self, text: &Text<'_>) -> TextBox {
        let placed = ink(text);
        if text.words.is_empty() {
            return placed;
        }
        for character in lettering::lacking(text.words) {
            if !self.lacking.contains(&character) {
                self.lacking.push(character);
            }
        }
        let anchor = match text.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if text.weight == Weight::Bold { " font-weight=\"700\"" } else { "" };
        let halo = if text.halo > 0.0 {
            let paper = self.colour(Token::Paper);
            format!(
                " paint-order=\"stroke\" stroke=\"{paper}\" stroke-width=\"{}\" stroke-linejoin=\"round\"",
                text.halo
            )
        } else {
            String::new()
        };
        let _ = writeln!(
            self.body,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{anchor}{weight} fill=\"{}\"{halo}>{}</text>",
            number(text.x),
            number(text.y),
            text.size,
            self.colour(text.token),
            escaped(&lettering::printable(text.words))
        );
        self.texts.push(placed.clone());
        placed
    }

    /// Writes lines broken at `\n`, the first on the text's base line, and returns their boxes.
    pub(super) fn lines(&mut self, text: &Text<'_>, height: f64) -> Vec<TextBox> {
        text.words
            .split('\n')
            .zip(0u8..)
            .map(|(line, at)| self.text(&Text { words: line, y: text.y + f64::from(at) * height, ..*text }))
            .collect()
    }

    /// Writes runs of both weights one after the other; `text` gives place, size and colour of the regular runs, bold
    /// runs take `strong`. Only its start and end anchors are meant.
    pub(super) fn spans(&mut self, spans: &[Span], text: &Text<'_>, strong: Token) {
        let width: f64 = spans.iter().map(|span| lettering::width(&span.text, text.size, span.weight)).sum();
        let mut x = if text.anchor == Anchor::End { text.x - width } else { text.x };
        for span in spans {
            let token = if span.weight == Weight::Bold { strong } else { text.token };
            let run =
                Text { words: &span.text, x, weight: span.weight, anchor: Anchor::Start, token, ..*text };
            let lead = span.text.chars().take_while(|c| *c == ' ').collect::<String>();
            let indent = lettering::width(&lead, text.size, span.weight);
            self.text(&Text { words: span.text.trim(), x: x + indent, ..run });
            x += lettering::width(&span.text, text.size, span.weight);
        }
    }

    /// Closes the sheet.
    pub(super) fn finish(self, title: &str, description: &str) -> Drawing {
        let (wide, tall) = (self.width + 2.0 * self.margin, self.height + 2.0 * self.margin);
        let (width, height, origin) = (number(wide), number(tall), number(-self.margin));
        let prefix = &self.prefix;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"{origin} {origin} {width} {height}\" \
             role=\"img\" aria-labelledby=\"{prefix}-title {prefix}-desc\" \
             font-family=\"'{FAMILY}','Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif\">\n\
             <title id=\"{prefix}-title\">{}</title>\n<desc id=\"{prefix}-desc\">{}</desc>\n<defs>\n",
            escaped(title),
            escaped(description)
        );
        let _ = writeln!(
            svg,
            "<pattern id=\"{prefix}-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><path d=\"M0 0V6\" stroke=\"{}\" stroke-width=\"1\" stroke-opacity=\".55\"/></pattern>",
            self.palette.colour(Token::Hatch)
        );
        if self.palette == Palette::Grey {
            let _ = writeln!(
                svg,
                "<pattern id=\"{prefix}-dots\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">\
                 <circle cx=\"2.5\" cy=\"2.5\" r=\".75\" fill=\"{}\"/></pattern>",
                self.palette.colour(Token::Ink3)
            );
        }
        svg.push_str(&self.definitions);
        svg.push_str("</defs>\n");
        if self.palette != Palette::Page {
            let paper = self.palette.colour(Token::Paper);
            let _ = writeln!(
                svg,
                "<rect x=\"{origin}\" y=\"{origin}\" width=\"{width}\" height=\"{height}\" fill=\"{paper}\"/>"
            );
        }
        svg.push_str(&self.body);
        svg.push_str("</svg>\n");
        Drawing {
            svg,
            width: wide,
            height: tall,
            rows: self.rows,
            texts: self.texts,
            left_out: self.left_out,
            lacking: self.lacking,
        }
    }
}

/// Returns the box of a text's ink.
pub(super) fn ink(text: &Text<'_>) -> TextBox {
    let left = text.left();
    let (above, below) = lettering::ink(text.words, text.size, text.weight);
    TextBox {
        text: text.words.to_owned(),
        left,
        top: text.y - above,
        right: left + lettering::width(text.words, text.size, text.weight),
        bottom: text.y + below,
        size: text.size,
    }
}

/// Writes px with at most one decimal (two below ten would not be seen) and no minus before zero.
pub(super) fn number(px: f64) -> String {
    let tenths = (px * 10.0).round();
    if tenths.abs() < 0.5 || !tenths.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{:.1}", tenths / 10.0);
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn box_attributes(left: f64, top: f64, width: f64, height: f64) -> String {
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        number(left),
        number(top),
        number(width),
        number(height)
    )
}

/// Escapes a text for SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
