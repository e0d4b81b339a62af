//! What every chart over the satisfaction axis shares: hatches, TODAY, the strip of customers, the bottom axis.

use super::axis;
use super::canvas::{Anchor, Canvas, Text, number};
use super::frame::Frame;
use super::input::{Bar, IndexAxis, Today};
use super::labels::{Area, Placer};
use super::lettering::{self, Weight};
use super::theme::Token;

/// Sizes of the line TODAY and its pill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pill {
    /// Top edge of the pill, px.
    pub(super) top: f64,
    /// Height of the pill, px.
    pub(super) height: f64,
    /// Type in the pill, px.
    pub(super) size: f64,
    /// Type of the range beside it, px.
    pub(super) range_size: f64,
    /// The range stands left of the pill as long as it keeps right of this, px; else right of it.
    pub(super) range_left: Option<f64>,
    /// Lower end of the line, px.
    pub(super) bottom: f64,
    /// Width of the line, px.
    pub(super) stroke: f64,
}

/// The pill where one or a few charts have a portrait page; `range_left` and `bottom` are the chart's own.
pub(super) const LARGE: Pill =
    Pill { top: 2.0, height: 18.0, size: 11.5, range_size: 10.5, range_left: None, bottom: 0.0, stroke: 1.6 };

/// Where a pill and the range beside it stand, px.
pub(super) struct PillPlace {
    /// Left and right edge of the pill.
    pill: (f64, f64),
    /// The range stands on the left.
    on_left: bool,
    /// Left and right edge of both together.
    pub(super) both: (f64, f64),
}

/// Places the pill over the line, moved as far as the page needs.
pub(super) fn pill_place(frame: &Frame, today: &Today, pill: &Pill, page_right: f64) -> PillPlace {
    let x = frame.px(today.level.estimate).clamp(frame.left, frame.right());
    let width = lettering::width(&today.label, pill.size, Weight::Bold) + 14.0;
    let left = (x - width / 2.0).clamp(0.0, (page_right - width).max(0.0));
    let beside = lettering::width(&today.range_label, pill.range_size, Weight::Regular) + 7.0;
    let fits_left = left - beside >= pill.range_left.unwrap_or(0.0);
    let fits_right = left + width + beside <= page_right;
    let on_left = (pill.range_left.is_some() && fits_left) || !fits_right;
    let both = if on_left { (left - beside, left + width) } else { (left, left + width + beside) };
    PillPlace { pill: (left, left + width), on_left, both }
}

/// Washes the range of today, from under the pill to the line's end.
pub(super) fn today_range(canvas: &mut Canvas, frame: &Frame, today: &Today, pill: &Pill) {
    let (from, to) = (frame.px(today.level.low.max(frame.x.0)), frame.px(today.level.high.min(frame.x.1)));
    let top = pill.top + pill.height;
    let paint = canvas.fill(Token::Ink, 0.07);
    canvas.rect("today-range", (from, top, to - from, pill.bottom - top), &paint);
}

/// Draws the line TODAY with its pill and range, and takes their places. A level off the axis stands at its end.
pub(super) fn today_line(
    canvas: &mut Canvas,
    frame: &Frame,
    today: &Today,
    pill: &Pill,
    placer: &mut Placer,
) {
    let x = frame.px(today.level.estimate).clamp(frame.left, frame.right());
    let under = pill.top + pill.height;
    canvas.line("today", (x, under - 1.0), (x, pill.bottom), (Token::Ink, pill.stroke));
    let place = pill_place(frame, today, pill, placer.right());
    let (left, right) = place.pill;
    let paint = format!("{} rx=\"2\"", canvas.fill(Token::Ink, 1.0));
    canvas.rect("pill", (left, pill.top, right - left, pill.height), &paint);
    let base = pill.top + pill.height / 2.0 + 0.36 * pill.size;
    let label = Text::new(&today.label, f64::midpoint(left, right), base, pill.size);
    canvas.text(&label.bold().middle().colour(Token::Paper));
    let range = if place.on_left {
        Text::new(&today.range_label, left - 7.0, base, pill.range_size).end()
    } else {
        Text::new(&today.range_label, right + 7.0, base, pill.range_size)
    };
    canvas.text(&range.colour(Token::Ink3));
    placer.take(Area::new(place.both.0, pill.top, place.both.1, under));
    placer.take(Area::new(x - 4.0, under, x + 4.0, pill.bottom));
}

/// Hatches the plot left and right of what was observed.
pub(super) fn hatches(canvas: &mut Canvas, frame: &Frame, observed: (f64, f64)) {
    let (from, to) = (frame.px(observed.0.max(frame.x.0)), frame.px(observed.1.min(frame.x.1)));
    canvas.hatch((frame.left, frame.top, from - frame.left, frame.height));
    canvas.hatch((to, frame.top, frame.right() - to, frame.height));
}

/// How the strip of customers is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strip {
    /// Base line, px.
    pub(super) base: f64,
    /// Height of the tallest bar, px.
    pub(super) height: f64,
    /// Customers below this level are solid; `None` greys the whole strip, as for a refused row.
    pub(super) below: Option<f64>,
}

/// Draws the strip: solid for customers still below the level, hollow for the others; a bar that holds the level is
/// parted there.
pub(super) fn strip(
    canvas: &mut Canvas,
    frame: &Frame,
    customers: &[Bar],
    strip: Strip,
    placer: &mut Placer,
) {
    let known = customers.iter().filter(|bar| bar.share.is_finite() && bar.share > 0.0 && bar.high > bar.low);
    let most = known.clone().map(|bar| bar.share).fold(0.0, f64::max);
    for bar in known {
        let tall = bar.share / most * strip.height;
        let (left, right) = (frame.px(bar.low.max(frame.x.0)), frame.px(bar.high.min(frame.x.1)));
        placer.take(Area::new(left, strip.base - tall, right, strip.base));
        let level = strip.below.unwrap_or(f64::NEG_INFINITY).clamp(bar.low, bar.high);
        for (low, high, solid) in [(bar.low, level, true), (level, bar.high, false)] {
            let (from, to) = (frame.px(low.max(frame.x.0)) + 0.9, frame.px(high.min(frame.x.1)) - 0.9);
            let place = (from, strip.base - tall, to - from, tall);
            if solid {
                let paint = canvas.fill(Token::Mute, 1.0);
                canvas.rect("below", place, &paint);
            } else {
                let paint = canvas.hollow(if strip.below.is_some() { Token::Mute } else { Token::Rule }, 0.8);
                canvas.rect("above", place, &paint);
            }
        }
    }
}

/// Draws the bottom axis with a tick every ten points, and takes the places of its figures.
pub(super) fn bottom_axis(canvas: &mut Canvas, frame: &Frame, y: f64, size: f64, placer: &mut Placer) {
    canvas.line("axis", (frame.left, y), (frame.right(), y), (Token::Ink, 1.0));
    for tick in axis::ticks(frame.x.0, frame.x.1, 10.0) {
        let x = frame.px(tick);
        canvas.line("tick", (x, y), (x, y + 4.0), (Token::Ink, 1.0));
        let figure = axis::figure(tick, 10.0, false);
        let half = lettering::width(&figure, size, Weight::Regular) / 2.0;
        let text = Text::new(&figure, x.min(placer.right() - half), y + 5.5 + size * 0.95, size);
        let written = canvas.text(&text.anchor(Anchor::Middle).colour(Token::Ink));
        placer.take(Area::new(written.left, y, written.right, written.bottom + 1.0));
    }
}

/// Draws the triangle of the plateau, `half` wide to each side, its tip pointing up at `(x, y)`.
pub(super) fn plateau_mark(canvas: &mut Canvas, (x, y): (f64, f64), half: f64) {
    let base = number(y + 1.5 * half);
    let path =
        format!("M{} {base}L{} {base}L{} {}Z", number(x - half), number(x + half), number(x), number(y));
    let paint = canvas.fill(Token::Ink2, 1.0);
    canvas.path("plateau", &path, &paint);
}

/// Writes "nobody has been here" in the left hatch, or in the right one where the left is too narrow.
pub(super) fn nobody(
    canvas: &mut Canvas,
    frame: &Frame,
    axis: &IndexAxis,
    (size, line): (f64, f64),
    placer: &mut Placer,
) {
    use super::labels::{Rank, Spot};
    let right = frame.px(axis.observed.1.min(frame.x.1));
    let lines = f64::from(u8::try_from(axis.nobody.matches('\n').count()).unwrap_or(2));
    let heights = [
        frame.top + size + 4.0,
        frame.bottom() - lines * line - 6.0,
        f64::midpoint(frame.top, frame.bottom()),
        frame.top + 0.25 * frame.height,
        frame.top + 0.75 * frame.height,
    ];
    let in_left = heights.map(|y| Spot::new(frame.left + 4.0, y, Anchor::Start));
    let in_right = heights.map(|y| Spot::new(right + 4.0, y, Anchor::Start));
    let text = Text::new(&axis.nobody, 0.0, 0.0, size).halo();
    let widest =
        axis.nobody.split('\n').map(|part| lettering::width(part, size, Weight::Regular)).fold(0.0, f64::max);
    let left_room = frame.px(axis.observed.0) - frame.left;
    let right_room = frame.right() - right;
    let mut spots = Vec::new();
    if left_room >= widest + 8.0 {
        spots.extend(in_left);
    }
    if right_room >= widest + 8.0 {
        spots.extend(in_right);
    }
    if spots.is_empty() {
        return;
    }
    placer.write(canvas, (&text, line), (&spots, (0.0, 1.0)), Rank::May);
}

/// Cuts a line to a range of levels; the ends are put in between.
pub(super) fn cut(points: &[(f64, f64)], (low, high): (f64, f64)) -> Vec<(f64, f64)> {
    let points: Vec<(f64, f64)> =
        points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let mut out = Vec::with_capacity(points.len() + 2);
    for (at, point) in points.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).map(|b| points[b]) {
            for edge in [low, high] {
                if before.0 < edge && edge < point.0 {
                    let share = (edge - before.0) / (point.0 - before.0);
                    out.push((edge, before.1 + share * (point.1 - before.1)));
                }
            }
        }
        if (low..=high).contains(&point.0) {
            out.push(*point);
        }
    }
    out
}

/// Returns the height of a line at a level; its nearest end outside.
pub(super) fn height_at(points: &[(f64, f64)], level: f64) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    if level <= first.0 {
        return Some(first.1);
    }
    if level >= last.0 {
        return Some(last.1);
    }
    points.windows(2).find(|pair| (pair[0].0..=pair[1].0).contains(&level)).map(|pair| {
        pair[0].1 + (level - pair[0].0) / (pair[1].0 - pair[0].0).max(1e-12) * (pair[1].1 - pair[0].1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_both_ends_of_what_was_observed() {
        let line = [(40.0, 0.0), (60.0, 2.0), (100.0, 6.0)];
        assert_eq!(cut(&line, (50.0, 90.0)), vec![(50.0, 1.0), (60.0, 2.0), (90.0, 5.0)]);
        assert_eq!(cut(&[(0.0, 0.0), (100.0, 10.0)], (48.0, 90.0)), vec![(48.0, 4.8), (90.0, 9.0)]);
    }

    #[test]
    fn points_that_are_not_numbers_are_left_out() {
        assert_eq!(cut(&[(50.0, 1.0), (60.0, f64::NAN), (70.0, 3.0)], (0.0, 100.0)).len(), 2);
    }

    #[test]
    fn the_height_between_two_points_lies_on_the_line() {
        assert!((height_at(&[(50.0, 1.0), (60.0, 3.0)], 55.0).unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(height_at(&[], 55.0), None);
    }
}
