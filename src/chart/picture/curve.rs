//! One curve with its ground, bands, cost and zone, inside a frame.

use crate::chart::axis;
use crate::chart::canvas::{Anchor, Canvas, Text};
use crate::chart::frame::{self, Frame, Pen};
use crate::chart::index_axis::{cut, hatches, height_at};
use crate::chart::input::{Curve, Ending, IndexAxis};
use crate::chart::labels::{Area, Placer};
use crate::chart::lettering::{self, Weight};
use crate::chart::theme::Token;

/// Sizes of a curve and its words, px.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) median: f64,
    pub(super) edge: f64,
    pub(super) zero: f64,
    pub(super) cost: f64,
    pub(super) star: f64,
    pub(super) star_label: f64,
    pub(super) label: f64,
    pub(super) line: f64,
    pub(super) strong: f64,
    pub(super) tick: f64,
    pub(super) block: f64,
    pub(super) block_text: f64,
    pub(super) past_bar: f64,
    /// The grid has upright lines: rows far from the axis need them.
    pub(super) columns: bool,
    pub(super) bracket: f64,
}

/// Sizes in a row of page 5.
pub(super) const ROW: Sizes = Sizes {
    median: 2.4,
    edge: 0.6,
    zero: 1.6,
    cost: 1.5,
    star: 8.0,
    star_label: 10.5,
    label: 8.6,
    line: 11.0,
    strong: 9.4,
    tick: 9.0,
    block: 13.0,
    block_text: 9.5,
    past_bar: 4.0,
    columns: true,
    bracket: 1.4,
};

/// Sizes where one curve has the page.
pub(super) const LARGE: Sizes = Sizes {
    median: 3.0,
    edge: 0.7,
    zero: 1.8,
    cost: 1.6,
    star: 10.0,
    star_label: 12.0,
    label: 10.0,
    line: 13.0,
    strong: 11.0,
    tick: 10.5,
    block: 17.0,
    block_text: 11.5,
    past_bar: 5.0,
    columns: false,
    bracket: 1.6,
};

impl Sizes {
    /// Height of GOOD ENOUGH over what lies under it, px.
    pub(super) fn over_zone(&self) -> f64 {
        1.4 * self.label + 5.0
    }
}

/// A curve cut to what was observed, as lines of level and value.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) low90: Vec<(f64, f64)>,
    pub(super) low50: Vec<(f64, f64)>,
    pub(super) median: Vec<(f64, f64)>,
    pub(super) high50: Vec<(f64, f64)>,
    pub(super) high90: Vec<(f64, f64)>,
    /// Minus the cost, in runs that are all from records or all judged.
    pub(super) cost: Vec<(bool, Vec<(f64, f64)>)>,
}

impl Lines {
    pub(super) fn new(curve: &Curve, observed: (f64, f64)) -> Self {
        let part = |value: fn(&crate::chart::input::CurvePoint) -> f64| {
            let points: Vec<(f64, f64)> =
                curve.points.iter().map(|point| (point.level, value(point))).collect();
            cut(&points, observed)
        };
        let mut cost: Vec<(bool, Vec<(f64, f64)>)> = Vec::new();
        for pair in curve.cost.windows(2) {
            let (from, to) = ((pair[0].level, -pair[0].cost), (pair[1].level, -pair[1].cost));
            match cost.last_mut() {
                Some((judged, run)) if *judged == pair[1].judged => run.push(to),
                _ => cost.push((pair[1].judged, vec![from, to])),
            }
        }
        for (_, run) in &mut cost {
            *run = cut(run, observed);
        }
        cost.retain(|(_, run)| run.len() > 1);
        Self {
            low90: part(|p| p.low90),
            low50: part(|p| p.low50),
            median: part(|p| p.median),
            high50: part(|p| p.high50),
            high90: part(|p| p.high90),
            cost,
        }
    }

    /// A value, and the px over it that a star with its level, or the caveat of a zone without one, needs.
    pub(super) fn over(&self, curve: &Curve, sizes: &Sizes) -> Option<(f64, f64)> {
        let zone = curve.zone.as_ref()?;
        if let Some(star) = &zone.star {
            return Some((height_at(&self.median, star.level)?, sizes.star + 1.25 * sizes.star_label + 2.0));
        }
        let inside = cut(&self.high50, (zone.low, zone.high));
        let top = inside.iter().map(|point| point.1).fold(0.0, f64::max);
        Some((top, if zone.caveat.is_some() { 1.4 * sizes.label + 3.0 } else { 3.0 }))
    }

    /// The values that the row must show: all of the median and the upper 50 % band, the bands and the cost only as
    /// far as they do not squeeze the rest; zero always.
    pub(super) fn extent(&self) -> (f64, f64) {
        let most = |line: &[(f64, f64)]| line.iter().map(|p| p.1).fold(0.0, f64::max);
        let least = |line: &[(f64, f64)]| line.iter().map(|p| p.1).fold(0.0, f64::min);
        let (top50, top90) = (most(&self.high50).max(most(&self.median)), most(&self.high90));
        let bottom = least(&self.median);
        let cost = self.cost.iter().map(|(_, run)| least(run)).fold(0.0, f64::min);
        let high = top90.min(1.6 * top50.max(-0.5 * bottom)).max(top50);
        let room = (0.3 * high).max(-1.1 * bottom);
        let low = least(&self.low90).max(-room).min(cost.max(-room)).min(1.06 * bottom);
        let air = 0.04 * (high - low);
        (low - air, high + air)
    }
}

/// What one curve is drawn on.
#[derive(Debug)]
pub(super) struct Plot<'a> {
    pub(super) frame: Frame,
    pub(super) axis: &'a IndexAxis,
    pub(super) curve: &'a Curve,
    pub(super) lines: Lines,
    pub(super) sizes: &'a Sizes,
    /// Step of the y axis.
    pub(super) step: f64,
}

impl Plot<'_> {
    /// Observed range in px, inside the frame.
    pub(super) fn observed(&self) -> (f64, f64) {
        let (low, high) = self.axis.observed;
        (self.frame.px(low.max(self.frame.x.0)), self.frame.px(high.min(self.frame.x.1)))
    }

    /// Range of levels in px, cut to what was observed.
    fn inside(&self, low: f64, high: f64) -> (f64, f64) {
        let (left, right) = self.observed();
        (self.frame.px(low).clamp(left, right), self.frame.px(high).clamp(left, right))
    }

    /// Whether it is seen where more stops paying: otherwise nothing is said of what lies past the zone.
    pub(super) fn ends_inside(&self) -> bool {
        !matches!(self.curve.ending, Ending::NotVisible(_))
    }

    /// Draws hatches, washes and grid.
    pub(super) fn ground(&self, canvas: &mut Canvas) {
        let frame = &self.frame;
        hatches(canvas, frame, self.axis.observed);
        let (left, right) = self.observed();
        for tick in axis::ticks(frame.x.0, frame.x.1, 10.0) {
            let x = frame.px(tick);
            if self.sizes.columns && (left - 0.01..=right + 0.01).contains(&x) {
                canvas.line("grid", (x, frame.top), (x, frame.bottom()), (Token::Grid, 0.75));
            }
        }
        if let Some(zone) = &self.curve.zone {
            let (from, to) = self.inside(zone.low, zone.high);
            if self.ends_inside() {
                canvas.wash_past((to, frame.top, right - to, frame.height));
            }
            let paint = canvas.fill(Token::GreenWash, 0.15);
            canvas.rect("zone-wash", (from, frame.top, to - from, frame.height), &paint);
        }
        for tick in axis::ticks(frame.y.0, frame.y.1, self.step) {
            let y = frame.py(tick);
            if tick.abs() > self.step * 1e-6 {
                canvas.line("grid", (left, y), (right, y), (Token::Grid, 0.75));
            }
        }
    }

    /// Writes the figures of the y axis; zero is bold.
    pub(super) fn figures(&self, canvas: &mut Canvas, x: f64, placer: &mut Placer) {
        let frame = &self.frame;
        for tick in axis::ticks(frame.y.0, frame.y.1, self.step) {
            let (y, zero) = (frame.py(tick), tick.abs() <= self.step * 1e-6);
            if !zero && (y - frame.py(0.0)).abs() < self.sizes.tick + 1.0 {
                continue;
            }
            let figure = axis::figure(tick, self.step, true);
            let text = Text::new(&figure, x, y + 0.36 * self.sizes.tick, self.sizes.tick).anchor(Anchor::End);
            let text = if zero { text.bold().colour(Token::Ink) } else { text.colour(Token::Ink3) };
            let written = canvas.text(&text);
            placer.take(Area::new(written.left, written.top, written.right, written.bottom));
        }
    }

    /// Draws bands, zero, cost and median.
    pub(super) fn data(&self, canvas: &mut Canvas) {
        let (frame, lines, sizes) = (&self.frame, &self.lines, self.sizes);
        let (left, right) = self.observed();
        let clip = canvas.clip(left, frame.top, right - left, frame.height);
        frame::area(canvas, frame, &clip, ("band90", 0.2), (&lines.high90, &lines.low90));
        frame::area(canvas, frame, &clip, ("band50", 0.38), (&lines.high50, &lines.low50));
        let edge = Pen { part: "edge90", token: Token::Blue2, width: sizes.edge, dotted: false };
        frame::line(canvas, frame, &clip, &edge, &lines.high90);
        frame::line(canvas, frame, &clip, &edge, &lines.low90);
        let zero = frame.py(0.0);
        canvas.line("zero", (left, zero), (right, zero), (Token::Ink, sizes.zero));
        for (judged, run) in &lines.cost {
            let pen = Pen {
                part: if *judged { "cost-judged" } else { "cost" },
                token: Token::Orange,
                width: sizes.cost + if *judged { 0.1 } else { 0.0 },
                dotted: *judged,
            };
            frame::line(canvas, frame, &clip, &pen, run);
        }
        let median = Pen { part: "median", token: Token::Blue, width: sizes.median, dotted: false };
        frame::line(canvas, frame, &clip, &median, &lines.median);
    }

    /// Draws the base line with the block GOOD ENOUGH, the bar "past here" and the bracket of the best level.
    pub(super) fn base(&self, canvas: &mut Canvas, placer: &mut Placer) {
        let (frame, sizes) = (&self.frame, self.sizes);
        let base = frame.bottom();
        canvas.line("base", (frame.left, base), (frame.right(), base), (Token::Rule, 0.75));
        placer.take_line(frame, &self.lines.median);
        for (_, run) in &self.lines.cost {
            placer.take_line(frame, run);
        }
        let Some(zone) = &self.curve.zone else { return };
        let (from, to) = self.inside(zone.low, zone.high);
        let (_, right) = self.observed();
        if self.ends_inside() {
            let paint = canvas.fill(Token::AmberBar, 1.0);
            canvas.rect("past-bar", (to, base, right - to, sizes.past_bar), &paint);
            placer.take(Area::new(to, base, right, base + sizes.past_bar));
        }
        let paint = canvas.fill(Token::Green, 1.0);
        canvas.rect("zone", (from, base, (to - from).max(1.5), sizes.block), &paint);
        let wide = lettering::width(&zone.label, sizes.block_text, Weight::Bold);
        let y = base + sizes.block / 2.0 + 0.36 * sizes.block_text;
        let written = if wide + 8.0 <= to - from {
            let text = Text::new(&zone.label, f64::midpoint(from, to), y, sizes.block_text);
            canvas.text(&text.bold().middle().colour(Token::OnFill))
        } else {
            let text = Text::new(&zone.label, to.max(from + 1.5) + 4.0, y + 3.0, sizes.block_text);
            canvas.text(&text.bold().colour(Token::Green))
        };
        placer.take(Area::new(from, base, to.max(written.right), base + sizes.block));
        if let Some(best) = &self.curve.best_range {
            let (from, to) = self.inside(best.low, best.high);
            let y = base + sizes.block + 3.0;
            let pen = (Token::Green, sizes.bracket);
            canvas.line("best-range", (from, y), (to, y), pen);
            for x in [from, to] {
                canvas.line("best-end", (x, y - 2.5), (x, y + 2.5), pen);
            }
            placer.take(Area::new(from, y - 2.5, to, y + 2.5));
        }
    }
}
