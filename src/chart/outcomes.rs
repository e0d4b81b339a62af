//! Money against satisfaction: panels over one satisfaction axis, with groups, bands and the line TODAY.

use super::axis;
use super::canvas::{Anchor, Canvas, Drawing, Form, Look, Text};
use super::frame::{self, Frame, Pen};
use super::index_axis::{self, Pill, Strip, cut, height_at};
use super::input::{Interval, Outcomes, Panel};
use super::labels::{Area, Placer, Rank, Spot};
use super::lettering::{self, Weight};
use super::theme::Token;

/// Left edge of the plots, and what is kept free right of them: for words on a page, for half a figure on a phone.
const PLOT: (f64, f64, f64) = (44.0, 112.0, 8.0);
/// Height of a panel, one alone and one of two, and the gap from one to the next.
const PANEL: (f64, f64, f64) = (360.0, 300.0, 70.0);
/// The same on a phone.
const PHONE: (f64, f64, f64) = (270.0, 230.0, 60.0);
/// Top of the first panel.
const TOP: f64 = 34.0;
/// From the last panel to the base of the strip; height of the strip.
const STRIP: (f64, f64) = (36.0, 28.0);
/// Under the axis: figures and name.
const FOOT: f64 = 36.0;
/// Size and line height of notes; of small notes.
const NOTE: (f64, f64) = (10.5, 14.3);
const SMALL: (f64, f64) = (10.0, 13.0);

/// Draws one or two panels of an outcome against satisfaction.
pub fn outcomes(input: &Outcomes, look: &Look) -> Drawing {
    let page = look.form == Form::Page;
    let width = look.form.width();
    let (alone, of_two, gap) = if page { PANEL } else { PHONE };
    let tall = if input.panels.len() > 1 { of_two } else { alone };
    let wide = width - PLOT.0 - if page { PLOT.1 } else { PLOT.2 };
    let count = f64::from(u8::try_from(input.panels.len().max(1)).unwrap_or(u8::MAX));
    let x = (input.axis.low, input.axis.high);
    let place = |top: f64, y: (f64, f64)| Frame { left: PLOT.0, top, width: wide, height: tall, x, y };
    let top = top(input, &place(TOP, (0.0, 1.0)), width);
    let bottom = top + count * tall + (count - 1.0) * gap;
    let strip = bottom + STRIP.0;
    let height = strip + FOOT;
    let mut canvas = Canvas::new(width, height, look);
    let mut placer = Placer::new(Area::new(0.0, 0.0, width, height));
    let pill = Pill { bottom: strip, ..index_axis::LARGE };
    let whole = place(top, (0.0, 1.0));
    index_axis::today_range(&mut canvas, &whole, &input.today, &pill);
    let mut panels = Vec::new();
    for (at, panel) in (0u8..).zip(&input.panels) {
        let step = axis::round_step(panel.scale.1 - panel.scale.0, 6.0);
        let y = ((panel.scale.0 / step + 1e-9).floor() * step, (panel.scale.1 / step - 1e-9).ceil() * step);
        let frame = place(top + f64::from(at) * (tall + gap), y);
        let placed = Placed { panel, frame, step, observed: input.axis.observed };
        placed.ground(&mut canvas, &mut placer);
        panels.push(placed);
    }
    index_axis::strip(
        &mut canvas,
        &whole,
        &input.customers,
        Strip { base: strip, height: STRIP.1, below: Some(input.axis.high) },
        &mut placer,
    );
    let (x, y) = if page { (whole.right() + 10.0, strip - 8.0) } else { (whole.left, strip + 32.0) };
    canvas.text(&Text::new(&input.customers_label, x, y, SMALL.0).colour(Token::Ink3));
    index_axis::bottom_axis(&mut canvas, &whole, strip, 10.5, &mut placer);
    canvas.text(&Text::new(&input.axis.name, whole.right(), strip + 32.0, 10.5).end().colour(Token::Ink3));
    index_axis::today_line(&mut canvas, &whole, &input.today, &pill, &mut placer);
    words(&mut canvas, input, &panels, (&mut placer, look.form));
    canvas.finish(&input.alt.title, &input.alt.description)
}

/// Top of the first panel: lower where the pill would stand on the heading.
fn top(input: &Outcomes, whole: &Frame, width: f64) -> f64 {
    let heading = input.panels.first().map_or("", |panel| panel.heading.as_str());
    let pill = index_axis::pill_place(whole, &input.today, &index_axis::LARGE, width);
    let clear = lettering::width(heading, 11.0, Weight::Bold) + 8.0 <= pill.both.0;
    if clear { TOP } else { TOP + 18.0 }
}

/// A panel at its place.
struct Placed<'a> {
    panel: &'a Panel,
    frame: Frame,
    /// Step of the y axis.
    step: f64,
    observed: (f64, f64),
}

impl Placed<'_> {
    /// One line of the curve, cut to what was observed.
    fn line(&self, value: fn(&Interval) -> f64) -> Vec<(f64, f64)> {
        let points: Vec<(f64, f64)> =
            self.panel.curve.iter().map(|(level, interval)| (*level, value(interval))).collect();
        cut(&points, self.observed)
    }

    /// Draws the panel without its words.
    fn ground(&self, canvas: &mut Canvas, placer: &mut Placer) {
        index_axis::hatches(canvas, &self.frame, self.observed);
        self.grid(canvas);
        self.data(canvas, placer);
        if !self.panel.signed {
            let (frame, y) = (&self.frame, self.frame.bottom());
            canvas.line("base", (frame.left, y), (frame.right(), y), (Token::Rule, 0.75));
        }
    }

    fn grid(&self, canvas: &mut Canvas) {
        let (frame, step) = (&self.frame, self.step);
        let (left, right) = (frame.px(self.observed.0), frame.px(self.observed.1));
        for tick in axis::ticks(frame.y.0, frame.y.1, step) {
            let (y, zero) = (frame.py(tick), self.panel.signed && tick.abs() <= step * 1e-6);
            let pen = if zero { (Token::Ink, 1.6) } else { (Token::Grid, 0.75) };
            canvas.line(if zero { "zero" } else { "grid" }, (left, y), (right, y), pen);
            let figure = axis::figure(tick, step, self.panel.signed);
            let text = Text::new(&figure, frame.left - 8.0, y + 3.6, 10.5).end();
            canvas.text(&if zero { text.bold().colour(Token::Ink) } else { text.colour(Token::Ink3) });
        }
    }

    /// Draws band, whiskers, curve and dots, and takes their places.
    fn data(&self, canvas: &mut Canvas, placer: &mut Placer) {
        let frame = &self.frame;
        let (left, right) = (frame.px(self.observed.0), frame.px(self.observed.1));
        let (low, estimate, high) = (self.line(|i| i.low), self.line(|i| i.estimate), self.line(|i| i.high));
        let clip = canvas.clip(left, frame.top, right - left, frame.height);
        frame::area(canvas, frame, &clip, ("band90", 0.22), (&high, &low));
        let edge = Pen { part: "edge90", token: Token::Blue2, width: 0.7, dotted: false };
        frame::line(canvas, frame, &clip, &edge, &low);
        frame::line(canvas, frame, &clip, &edge, &high);
        for (level, group) in self.groups() {
            let x = frame.px(level);
            let shown = |value: f64| frame.py(value).clamp(frame.top, frame.bottom());
            canvas.line("whisker", (x, shown(group.high)), (x, shown(group.low)), (Token::Mute, 1.0));
            placer.take(Area::new(x - 1.0, shown(group.high), x + 1.0, shown(group.low)));
        }
        let median = Pen { part: "median", token: Token::Blue, width: 2.8, dotted: false };
        frame::line(canvas, frame, &clip, &median, &estimate);
        placer.take_line(frame, &estimate);
        for (level, group) in self.groups() {
            let (x, y) = (frame.px(level), frame.py(group.estimate));
            if (frame.top..=frame.bottom()).contains(&y) {
                canvas.dot("group", (x, y, 3.0), Token::Paper, (Token::Ink2, 1.2));
                placer.take(Area::new(x - 4.0, y - 4.0, x + 4.0, y + 4.0));
            }
        }
    }

    /// The groups inside what was observed.
    fn groups(&self) -> impl Iterator<Item = (f64, Interval)> + '_ {
        self.panel.groups.iter().copied().filter(|(level, group)| {
            (self.observed.0..=self.observed.1).contains(level)
                && [group.low, group.estimate, group.high].iter().all(|value| value.is_finite())
        })
    }
}

/// Writes the words of all panels, by rank.
fn words(canvas: &mut Canvas, input: &Outcomes, panels: &[Placed<'_>], (placer, form): (&mut Placer, Form)) {
    for placed in panels {
        let heading = Text::new(&placed.panel.heading, 0.0, placed.frame.top - 12.0, 11.0).bold();
        canvas.text(&heading.colour(Token::Ink).halo());
        match form {
            Form::Page => end_label(canvas, placed, placer),
            Form::Phone => end_label_inside(canvas, placed, placer),
        }
        if let Some(plateau) = &placed.panel.plateau {
            let (x, y) = (placed.frame.px(plateau.level.estimate), placed.frame.bottom());
            index_axis::plateau_mark(canvas, (x, y + 1.5), 5.0);
            let label = canvas.text(&Text::new(&plateau.label, x + 9.0, y + 10.5, NOTE.0));
            placer.take(Area::new(x - 5.0, y, label.right, label.bottom));
            let ends = (placed.frame.px(plateau.level.low), placed.frame.px(plateau.level.high));
            canvas.line("plateau-range", (ends.0, y + 16.0), (ends.1, y + 16.0), (Token::Ink2, 1.4));
        }
    }
    let Some(first) = panels.first() else { return };
    index_axis::nobody(canvas, &first.frame, &input.axis, SMALL, placer);
    band(canvas, input, first, placer);
    for placed in panels {
        note(canvas, placed, placer);
    }
    key(canvas, input, &first.frame, placer);
}

/// Writes what is left at the right end, with a hairline through the hatch.
fn end_label(canvas: &mut Canvas, placed: &Placed<'_>, placer: &mut Placer) {
    let Some((strong, weak)) = &placed.panel.end_label else { return };
    let frame = &placed.frame;
    let Some(end) = placed.line(|i| i.estimate).last().copied() else { return };
    let y = frame.py(end.1).clamp(frame.top + 4.0, frame.bottom() - 16.0);
    let x = frame.px(end.0);
    if frame.right() - x > 12.0 {
        canvas.line("leader", (x + 2.0, y), (frame.right() + 4.0, y), (Token::Blue, 0.75));
        placer.take(Area::new(x, y - 2.0, frame.right(), y + 2.0));
    }
    canvas.text(&Text::new(strong, frame.right() + 8.0, y + 3.5, 11.5).bold().colour(Token::Blue));
    canvas.lines(&Text::new(weak, frame.right() + 8.0, y + 17.5, SMALL.0), SMALL.1);
}

/// Writes what is left at the right end over or under the curve, where nothing stands right of the plot.
fn end_label_inside(canvas: &mut Canvas, placed: &Placed<'_>, placer: &mut Placer) {
    let Some((strong, weak)) = &placed.panel.end_label else { return };
    let Some(end) = placed.line(|i| i.estimate).last().copied() else { return };
    let reach = |value: fn(&Interval) -> f64| placed.line(value).last().map_or(end.1, |last| last.1);
    let frame = &placed.frame;
    let (right, high, low) = (frame.right(), frame.py(reach(|i| i.high)), frame.py(reach(|i| i.low)));
    let label = format!("{strong}\n{}", weak.replace('\n', " "));
    let text = Text::new(&label, 0.0, 0.0, NOTE.0).bold().colour(Token::Blue).halo();
    let spots = [
        Spot::new(right, high - 12.0 - NOTE.1, Anchor::End),
        Spot::new(right, low + 20.0, Anchor::End),
        Spot::new(right, low + 44.0, Anchor::End),
        Spot::new(right, frame.bottom() - 8.0 - NOTE.1, Anchor::End),
    ];
    placer.write(canvas, (&text, NOTE.1), (&spots, (0.0, 1.0)), Rank::May);
}

/// Writes what the curve says: under it where there is room inside the plot, else over it.
fn note(canvas: &mut Canvas, placed: &Placed<'_>, placer: &mut Placer) {
    let Some(note) = &placed.panel.note else { return };
    let (frame, observed) = (&placed.frame, placed.observed);
    let lower = placed.line(|i| i.low);
    let text = Text::new(note, 0.0, 0.0, NOTE.0).halo();
    let wide =
        note.split('\n').map(|line| lettering::width(line, NOTE.0, Weight::Regular)).fold(0.0, f64::max);
    let lines = f64::from(u8::try_from(note.matches('\n').count()).unwrap_or(3));
    let lowest = frame.bottom() - 8.0 - lines * NOTE.1;
    let edge = frame.px(observed.1) - 6.0;
    let mut spots = Vec::new();
    for down in [60.0, 36.0, 84.0, 120.0] {
        for share in [0.6, 0.5, 0.68, 0.4, 0.05] {
            let level = observed.0 + share * (observed.1 - observed.0);
            let x = frame.px(level).min(edge - wide);
            let Some(low) = height_at(&lower, level) else { continue };
            let y = frame.py(low) + down;
            if y <= lowest {
                spots.push(Spot::new(x, y, Anchor::Start));
            }
        }
    }
    let left = frame.px(observed.0) + 10.0;
    spots.push(Spot::new(edge - wide, lowest, Anchor::Start));
    spots.push(Spot::new(left, lowest, Anchor::Start));
    spots.push(Spot::new(left, frame.top + 18.0, Anchor::Start));
    spots.push(Spot::new(edge - wide, frame.top + 18.0, Anchor::Start));
    for share in [0.3, 0.15, 0.55, 0.7] {
        let x = frame.px(observed.0 + share * (observed.1 - observed.0));
        spots.push(Spot::new(x, frame.top + 30.0, Anchor::Start));
    }
    placer.write(canvas, (&text, NOTE.1), (&spots, (0.0, 1.0)), Rank::May);
}

/// Names the band once, under its lower edge, with a hairline into it.
fn band(canvas: &mut Canvas, input: &Outcomes, placed: &Placed<'_>, placer: &mut Placer) {
    let (frame, observed) = (&placed.frame, placed.observed);
    let lower = placed.line(|i| i.low);
    let text = Text::new(&input.band_label, 0.0, 0.0, SMALL.0).halo();
    let spots: Vec<(Spot, f64)> = [0.88, 0.8, 0.94, 0.7, 0.3, 0.2]
        .into_iter()
        .filter_map(|share| {
            let level = observed.0 + share * (observed.1 - observed.0);
            let y = frame.py(height_at(&lower, level)?);
            Some((Spot::new(frame.px(level), y + 34.0, Anchor::Middle), y))
        })
        .collect();
    let only: Vec<Spot> = spots.iter().map(|(spot, _)| *spot).collect();
    if let Some(found) = placer.write(canvas, (&text, SMALL.1), (&only, (0.0, 1.0)), Rank::May) {
        let edge = spots.iter().find(|(spot, _)| (spot.x - found.x).abs() < 0.5).map(|(_, y)| *y);
        if let Some(edge) = edge {
            canvas.line(
                "leader",
                (found.x, found.y - 11.0),
                (found.x + 4.0, edge - 5.0),
                (Token::Ink3, 0.75),
            );
            placer.take(Area::new(found.x - 1.0, edge, found.x + 5.0, found.y - 11.0));
        }
    }
}

/// Explains the dots once, in the first panel.
fn key(canvas: &mut Canvas, input: &Outcomes, frame: &Frame, placer: &mut Placer) {
    let (left, right) = (frame.px(input.axis.observed.0) + 23.0, frame.px(input.axis.observed.1) - 110.0);
    let text = Text::new(&input.groups_label, 0.0, 0.0, SMALL.0).halo();
    let spots = [
        Spot::new(left, frame.top + 42.0, Anchor::Start),
        Spot::new(left, frame.top + 20.0, Anchor::Start),
        Spot::new(left, frame.bottom() - 24.0, Anchor::Start),
        Spot::new(right, frame.bottom() - 24.0, Anchor::Start),
        Spot::new(right, frame.top + 20.0, Anchor::Start),
        Spot::new(frame.px(input.today.level.high) + 20.0, frame.top + 20.0, Anchor::Start),
    ];
    if let Some(found) = placer.write(canvas, (&text, SMALL.1), (&spots, (0.0, 1.0)), Rank::May) {
        let (x, y) = (found.x - 9.0, found.y + 2.0);
        canvas.line("whisker-key", (x, y - 12.0), (x, y + 12.0), (Token::Mute, 1.0));
        canvas.dot("group-key", (x, y, 3.0), Token::Paper, (Token::Ink2, 1.2));
    }
}
