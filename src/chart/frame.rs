//! The plotting rectangle: plotters maps numbers into it and draws lines and areas.

use plotters::prelude::{ChartBuilder, IntoDrawingArea, LineSeries, Polygon, RGBColor, SVGBackend};
use plotters::style::{Color, ShapeStyle};

use super::canvas::{Canvas, number};
use super::theme::{self, Token};

/// plotters puts every point on a whole pixel; it draws this many times larger and is scaled back.
const SCALE: u32 = 10;

/// A rectangle of the drawing with the numbers that its edges stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    /// Left edge, px.
    pub(super) left: f64,
    /// Top edge, px.
    pub(super) top: f64,
    /// Width, px.
    pub(super) width: f64,
    /// Height, px.
    pub(super) height: f64,
    /// Numbers at the left and right edge.
    pub(super) x: (f64, f64),
    /// Numbers at the bottom and top edge.
    pub(super) y: (f64, f64),
}

impl Frame {
    /// Returns the px of a number on the x axis.
    pub(super) fn px(&self, value: f64) -> f64 {
        self.left + (value - self.x.0) / (self.x.1 - self.x.0) * self.width
    }

    /// Returns the px of a number on the y axis.
    pub(super) fn py(&self, value: f64) -> f64 {
        self.top + (self.y.1 - value) / (self.y.1 - self.y.0) * self.height
    }

    /// Right edge, px.
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Bottom edge, px.
    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// Points of a line, in numbers.
type Line = [(f64, f64)];

/// A line or the edge of a band.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen<'a> {
    /// Name of the part, written as `data-part`.
    pub(super) part: &'a str,
    /// Colour.
    pub(super) token: Token,
    /// Width, px, in tenths.
    pub(super) width: f64,
    /// Round dots instead of a line.
    pub(super) dotted: bool,
}

/// Draws a line through `points`, clipped to `clip`.
pub(super) fn line(canvas: &mut Canvas, frame: &Frame, clip: &str, pen: &Pen<'_>, points: &[(f64, f64)]) {
    if points.len() < 2 {
        return;
    }
    let style = stroke(pen.token, pen.width);
    let mut points = points.to_vec();
    let y = bounded(frame, &mut points);
    let (sheet, body) = plot(frame, y, |chart| chart.draw_series(LineSeries::new(points, style)).map(|_| ()));
    let dots = if pen.dotted {
        format!(" stroke-dasharray=\"1 {}\"", number(pen.width * 22.5))
    } else {
        String::new()
    };
    let attributes = format!(" stroke-linejoin=\"round\" stroke-linecap=\"round\"{dots}");
    push(canvas, &sheet, clip, (pen.part, &attributes), &body);
}

/// Fills the area between two lines over the same levels.
pub(super) fn area(
    canvas: &mut Canvas,
    frame: &Frame,
    clip: &str,
    (part, opacity): (&str, f64),
    (upper, lower): (&Line, &Line),
) {
    if upper.len() < 2 || lower.len() < 2 {
        return;
    }
    let mut outline: Vec<(f64, f64)> = upper.iter().chain(lower.iter().rev()).copied().collect();
    let y = bounded(frame, &mut outline);
    let (sheet, body) = plot(frame, y, |chart| {
        chart.draw_series([Polygon::new(outline, colour(Token::Band).mix(opacity).filled())]).map(|_| ())
    });
    push(canvas, &sheet, clip, (part, ""), &body);
}

type Chart<'a, 'b> = plotters::chart::ChartContext<
    'a,
    SVGBackend<'b>,
    plotters::coord::cartesian::Cartesian2d<
        plotters::coord::types::RangedCoordf64,
        plotters::coord::types::RangedCoordf64,
    >,
>;
type Failure = plotters::drawing::DrawingAreaErrorKind<std::io::Error>;

/// Lets plotters draw on a sheet that holds `y`, axes and grid off, and returns the sheet and what was written on it.
fn plot(
    frame: &Frame,
    y: (f64, f64),
    draw: impl FnOnce(&mut Chart<'_, '_>) -> Result<(), Failure>,
) -> (Frame, String) {
    let sheet = Frame { top: frame.py(y.1), height: frame.py(y.0) - frame.py(y.1), y, ..*frame };
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (tenths(sheet.width), tenths(sheet.height)))
            .into_drawing_area();
        ChartBuilder::on(&area)
            .build_cartesian_2d(sheet.x.0..sheet.x.1, y.0..y.1)
            .and_then(|mut chart| draw(&mut chart))
            .and_then(|()| area.present())
            .expect("a drawing in memory meets no file that could fail");
    }
    let start = text.find('>').map_or(0, |at| at + 1);
    let end = text.rfind("</svg>").unwrap_or(text.len());
    (sheet, text[start..end].trim().to_owned())
}

fn push(canvas: &mut Canvas, frame: &Frame, clip: &str, (part, attributes): (&str, &str), body: &str) {
    let body = colours_written(canvas, body);
    let back = 1.0 / f64::from(SCALE);
    // plotters cuts fractions of a pixel off: half a pixel of its sheet puts lines back to where they belong.
    let (left, top) = (format!("{:.2}", frame.left + back / 2.0), format!("{:.2}", frame.top + back / 2.0));
    canvas.raw(&format!(
        "<g clip-path=\"url(#{clip})\"><g data-part=\"{part}\" transform=\"translate({left} {top}) scale({back})\"{attributes}>\
         {body}</g></g>\n"
    ));
}

/// Replaces the numbers of tokens, which plotters carried as colours, by the palette's colours.
fn colours_written(canvas: &Canvas, body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find("#0102") {
        let token = rest
            .get(at + 5..at + 7)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .and_then(theme::from_index);
        let Some(token) = token else { break };
        out.push_str(&rest[..at]);
        out.push_str(&canvas.colour(token));
        rest = &rest[at + 7..];
    }
    out.push_str(rest);
    out
}

fn colour(token: Token) -> RGBColor {
    RGBColor(1, 2, theme::index(token))
}

fn stroke(token: Token, width: f64) -> ShapeStyle {
    colour(token).stroke_width(tenths(width))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of a page, rounded and positive"
)]
fn tenths(px: f64) -> u32 {
    (px * f64::from(SCALE)).round().clamp(1.0, 100_000.0) as u32
}

/// Returns the values of a sheet on which all points lie: plotters pushes what lies outside onto its edge, which would
/// bend the line. Points more than twenty frames away are brought nearer; they are clipped anyway.
fn bounded(frame: &Frame, points: &mut [(f64, f64)]) -> (f64, f64) {
    let reach = 20.0 * (frame.y.1 - frame.y.0);
    let mut ends = frame.y;
    for point in points {
        point.1 = point.1.clamp(frame.y.0 - reach, frame.y.1 + reach);
        ends = (ends.0.min(point.1), ends.1.max(point.1));
    }
    ends
}
