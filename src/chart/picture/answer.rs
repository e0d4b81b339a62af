//! One investment, large: the chart of page 1.

use super::captions::{self, Said};
use super::curve::{LARGE, Lines, Plot};
use crate::chart::axis::round_step;
use crate::chart::canvas::{Anchor, Canvas, Drawing, Form, Look, Text};
use crate::chart::frame::Frame;
use crate::chart::index_axis::{self, Pill, Strip};
use crate::chart::input::{Answer, Refusal, RowState};
use crate::chart::labels::{Area, Placer, Rank, Spot};
use crate::chart::theme::Token;

/// Height on a page; on a phone the words under the axis take two lines.
const HEIGHT: (f64, f64) = (440.0, 456.0);
/// The plot: left, top, what is kept free right of it, height.
const PLOT: (f64, f64, f64, f64) = (46.0, 52.0, 8.0, 286.0);
/// Base of the strip, and the bottom axis.
const STRIP: f64 = 404.0;
const PILL: Pill = Pill { top: 16.0, bottom: STRIP, ..index_axis::LARGE };

/// Draws profit against today by level of satisfaction for one investment.
pub fn answer(input: &Answer, look: &Look) -> Drawing {
    let width = look.form.width();
    let height = if look.form == Form::Page { HEIGHT.0 } else { HEIGHT.1 };
    let mut canvas = Canvas::new(width, height, look);
    let mut placer = Placer::new(Area::new(0.0, 0.0, width, height));
    let lines = match &input.state {
        RowState::Curve(curve) => Some((curve, Lines::new(curve, input.axis.observed))),
        RowState::Refused(_) => None,
    };
    let y = lines.as_ref().map_or((0.0, 1.0), |(curve, lines)| {
        let (low, high) = lines.extent();
        // The words of star and zone take px, not money: the top is where both fit.
        let words = lines.over(curve, &LARGE).map(|(value, px)| {
            let px = px + LARGE.over_zone();
            (value * PLOT.3 - px * low) / (PLOT.3 - px)
        });
        (low, words.map_or(high, |top| high.max(top)))
    });
    let frame = Frame {
        left: PLOT.0,
        top: PLOT.1,
        width: width - PLOT.0 - PLOT.2,
        height: PLOT.3,
        x: (input.axis.low, input.axis.high),
        y: if y.1 - y.0 > 1e-9 { y } else { (-1.0, 1.0) },
    };
    let plot = lines.map(|(curve, lines)| {
        let step = round_step(frame.y.1 - frame.y.0, 8.0);
        Plot { frame, axis: &input.axis, curve, lines, sizes: &LARGE, step }
    });
    if let Some(plot) = &plot {
        let unit = canvas.text(&Text::new(&input.words.unit, 0.0, 44.0, 10.5).colour(Token::Ink3));
        placer.take(Area::new(unit.left, unit.top, unit.right, unit.bottom));
        plot.ground(&mut canvas);
        plot.figures(&mut canvas, 38.0, &mut placer);
    } else {
        index_axis::hatches(&mut canvas, &frame, input.axis.observed);
        let (from, to) = (frame.px(input.axis.observed.0), frame.px(input.axis.observed.1));
        let paint = canvas.fill(Token::Panel, 1.0);
        canvas.rect("refused", (from, frame.top, to - from, frame.height), &paint);
    }
    index_axis::today_range(&mut canvas, &frame, &input.today, &PILL);
    if let Some(plot) = &plot {
        plot.data(&mut canvas);
        plot.base(&mut canvas, &mut placer);
    }
    foot(&mut canvas, input, (&frame, height), &mut placer);
    index_axis::today_line(&mut canvas, &frame, &input.today, &PILL, &mut placer);
    match (&plot, &input.state) {
        (Some(plot), _) => words(&mut canvas, plot, input, &mut placer),
        (None, RowState::Refused(refusal)) => refused(&mut canvas, input, &frame, refusal, &mut placer),
        (None, RowState::Curve(_)) => {}
    }
    index_axis::nobody(&mut canvas, &frame, &input.axis, (LARGE.label, LARGE.line), &mut placer);
    canvas.finish(&input.alt.title, &input.alt.description)
}

fn words(canvas: &mut Canvas, plot: &Plot<'_>, input: &Answer, placer: &mut Placer) {
    let mut said = Said::default();
    captions::star(canvas, plot, placer);
    captions::zone(canvas, plot, &input.words, placer, &mut said);
    captions::ending(canvas, plot, placer);
    captions::names(canvas, plot, &input.words, placer, &mut said);
    captions::base(canvas, plot, &input.words, placer, &mut said);
    captions::cost(canvas, plot, &input.words, placer, &mut said);
}

/// Draws the strip, the axis, the plateau and the words under it.
fn foot(canvas: &mut Canvas, input: &Answer, (frame, height): (&Frame, f64), placer: &mut Placer) {
    let below = match &input.state {
        RowState::Curve(curve) => Some(curve.below),
        RowState::Refused(_) => None,
    };
    index_axis::strip(canvas, frame, &input.customers, Strip { base: STRIP, height: 29.0, below }, placer);
    index_axis::bottom_axis(canvas, frame, STRIP, 10.5, placer);
    canvas.text(&Text::new(&input.axis.name, frame.right(), 435.0, 10.5).end().colour(Token::Ink3));
    canvas.text(&Text::new(&input.below, 0.0, height - 5.0, 10.5));
    if let Some(plateau) = &input.plateau {
        let x = frame.px(plateau.level.estimate);
        index_axis::plateau_mark(canvas, (x, STRIP + 1.6), 3.5);
        let text = Text::new(&plateau.label, 0.0, 0.0, LARGE.label);
        let spots = [Spot::new(x + 6.0, 420.0, Anchor::Start), Spot::new(x - 6.0, 420.0, Anchor::End)];
        placer.write(canvas, (&text, LARGE.line), (&spots, (1.0, 0.0)), Rank::May);
    }
}

/// Says that no curve can be drawn, and how much there is of what is needed.
fn refused(canvas: &mut Canvas, input: &Answer, frame: &Frame, refusal: &Refusal, placer: &mut Placer) {
    let (from, to) = (frame.px(input.axis.observed.0), frame.px(input.axis.observed.1));
    let (before, after) = (frame.px(input.today.level.low) - 12.0, frame.px(input.today.level.high) + 12.0);
    let middle = frame.top + frame.height / 2.0;
    let text = Text::new(&refusal.label, 0.0, 0.0, 15.0).bold();
    let spots = [
        Spot::new(before, middle, Anchor::End),
        Spot::new(after, middle, Anchor::Start),
        Spot::new(f64::midpoint(from, to), middle, Anchor::Middle),
    ];
    placer.write(canvas, (&text, 19.0), (&spots, (0.0, 0.0)), Rank::Must);
    let Some(progress) = refusal.progress.as_ref().filter(|progress| progress.need > 0.0) else { return };
    let text = Text::new(&progress.label, 0.0, 0.0, 10.5);
    let width = 140.0;
    let spots = [
        Spot::new(after, middle - 14.0, Anchor::Start),
        Spot::new(before - width, middle + 28.0, Anchor::Start),
    ];
    let Some(spot) = placer.write(canvas, (&text, 13.0), (&spots, (0.0, 0.0)), Rank::Must) else { return };
    let share = (progress.have / progress.need).clamp(0.0, 1.0);
    let paint = canvas.hollow(Token::Mute, 0.8);
    canvas.rect("needed", (spot.x, spot.y + 5.0, width, 9.0), &paint);
    let paint = canvas.fill(Token::Mute, 1.0);
    canvas.rect("have", (spot.x, spot.y + 5.0, width * share, 9.0), &paint);
}
