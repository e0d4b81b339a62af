//! What moves satisfaction: drivers by level today and effect, each a cross of its two ranges.

use super::axis;
use super::canvas::{Anchor, Canvas, Drawing, Form, Look, Text};
use super::frame::Frame;
use super::input::{Driver, Priorities};
use super::labels::{Area, Placer, Rank, Spot};
use super::theme::Token;

/// Left edge and top of the plot, and what is kept free right of it.
const PLOT: (f64, f64, f64) = (40.0, 26.0, 4.0);
/// Height of the plot and of what stands under it: on a page, and on a phone, where the words take two lines.
const PAGE: (f64, f64) = (440.0, 44.0);
const PHONE: (f64, f64) = (340.0, 60.0);

/// Draws the priority matrix.
pub fn priorities(input: &Priorities, look: &Look) -> Drawing {
    let width = look.form.width();
    let (tall, foot) = if look.form == Form::Page { PAGE } else { PHONE };
    let mut canvas = Canvas::new(width, PLOT.1 + tall + foot, look);
    let mut placer = Placer::new(Area::new(PLOT.0, PLOT.1, width - PLOT.2 + 2.0, PLOT.1 + tall));
    let drivers: Vec<&Driver> = input.drivers.iter().filter(|driver| whole(driver)).collect();
    let (low, high) = drivers.iter().fold((0.0f64, input.split.1), |(low, high), driver| {
        (low.min(driver.effect.low), high.max(driver.effect.high))
    });
    let air = 0.08 * (high - low).max(1e-6);
    let frame = Frame {
        left: PLOT.0,
        top: PLOT.1,
        width: width - PLOT.0 - PLOT.2,
        height: tall,
        x: input.levels,
        y: (low - air, high + air),
    };
    ground(&mut canvas, input, (&frame, foot), &mut placer);
    for driver in drivers.iter().rev() {
        cross(&mut canvas, driver, &frame, &mut placer);
    }
    for driver in &drivers {
        name(&mut canvas, driver, &frame, &mut placer);
    }
    canvas.finish(&input.alt.title, &input.alt.description)
}

fn whole(driver: &Driver) -> bool {
    let (a, b) = (driver.level, driver.effect);
    [a.low, a.estimate, a.high, b.low, b.estimate, b.high].iter().all(|value| value.is_finite())
}

/// Draws grid, split lines, corner words and axes, with `foot` px of words under the plot.
fn ground(canvas: &mut Canvas, input: &Priorities, (frame, foot): (&Frame, f64), placer: &mut Placer) {
    let (split_x, split_y) = (frame.px(input.split.0), frame.py(input.split.1));
    let paint = canvas.fill(Token::Blue2, 0.06);
    canvas.rect("first", (frame.left, frame.top, split_x - frame.left, split_y - frame.top), &paint);
    let step = axis::round_step(frame.y.1 - frame.y.0, 6.0);
    for tick in axis::ticks(frame.y.0, frame.y.1, step) {
        let (y, zero) = (frame.py(tick), tick.abs() <= step * 1e-6);
        let pen = if zero { (Token::Ink, 1.6) } else { (Token::Grid, 0.75) };
        canvas.line(if zero { "zero" } else { "grid" }, (frame.left, y), (frame.right(), y), pen);
        if zero {
            placer.take(Area::new(frame.left, y - 1.0, frame.right(), y + 1.0));
        }
        let figure = axis::figure(tick, step, false);
        let text = Text::new(&figure, frame.left - 8.0, y + 3.6, 10.5).end();
        canvas.text(&if zero { text.bold().colour(Token::Ink) } else { text.colour(Token::Ink3) });
    }
    let dashes = format!("fill=\"none\" stroke=\"{}\" stroke-dasharray=\"4 3\"", canvas.colour(Token::Ink3));
    let n = super::canvas::number;
    canvas.path("split", &format!("M{} {}V{}", n(split_x), n(frame.top), n(frame.bottom())), &dashes);
    canvas.path("split", &format!("M{} {}H{}", n(frame.left), n(split_y), n(frame.right())), &dashes);
    // A name rather crosses a split than another name or the zero line.
    placer.take_line(frame, &[(input.split.0, frame.y.0), (input.split.0, frame.y.1)]);
    placer.take_line(frame, &[(frame.x.0, input.split.1), (frame.x.1, input.split.1)]);
    canvas.text(&Text::new(&input.heading, 0.0, 12.0, 11.0).bold().colour(Token::Ink));
    let (left, right) = (frame.left + 10.0, frame.right() - 8.0);
    let (upper, lower) = (frame.top + 20.0, frame.bottom() - 9.0);
    let corners = [
        (left, upper, Anchor::Start),
        (right, upper, Anchor::End),
        (left, lower, Anchor::Start),
        (right, lower, Anchor::End),
    ];
    for (at, (words, (x, y, anchor))) in input.quadrants.iter().zip(corners).enumerate() {
        let text = Text::new(words, x, y, 10.5).anchor(anchor).halo();
        let written = canvas.text(&if at == 0 { text.bold().colour(Token::Blue) } else { text });
        placer.take(Area::new(written.left, written.top, written.right, written.bottom));
    }
    let bottom = frame.bottom();
    canvas.line("axis", (frame.left, bottom), (frame.right(), bottom), (Token::Rule, 1.0));
    for tick in axis::ticks(frame.x.0, frame.x.1, 10.0) {
        let x = frame.px(tick);
        canvas.line("tick", (x, bottom), (x, bottom + 4.0), (Token::Ink, 1.0));
        let anchor = if x > frame.right() - 8.0 { Anchor::End } else { Anchor::Middle };
        let figure = axis::figure(tick, 10.0, false);
        canvas.text(&Text::new(&figure, x, bottom + 17.0, 10.5).anchor(anchor).colour(Token::Ink));
    }
    canvas.text(&Text::new(&input.level_name, frame.right(), bottom + 34.0, 10.5).end().colour(Token::Ink3));
    let line = if foot > PAGE.1 { 50.0 } else { 34.0 };
    canvas.text(&Text::new(&input.arms_label, frame.left, bottom + line, 10.5).colour(Token::Ink3));
}

/// Draws one cross, arms cut at the plot's edge.
fn cross(canvas: &mut Canvas, driver: &Driver, frame: &Frame, placer: &mut Placer) {
    let (token, width) = if driver.strong { (Token::Blue, 2.2) } else { (Token::Ink3, 1.6) };
    let across = |level: f64| frame.px(level).clamp(frame.left, frame.right());
    let up = |effect: f64| frame.py(effect).clamp(frame.top, frame.bottom());
    let (x, y) = (across(driver.level.estimate), up(driver.effect.estimate));
    let (left, right) = (across(driver.level.low), across(driver.level.high));
    let (top, bottom) = (up(driver.effect.high), up(driver.effect.low));
    canvas.line("arm", (left, y), (right, y), (token, width));
    canvas.line("arm", (x, top), (x, bottom), (token, width));
    canvas.dot("driver", (x, y, 3.4), token, (Token::Paper, 1.2));
    placer.take(Area::new(left, y - 1.0, right, y + 1.0));
    placer.take(Area::new(x - 1.0, top, x + 1.0, bottom));
}

/// Writes a driver's name in a free corner of its cross.
fn name(canvas: &mut Canvas, driver: &Driver, frame: &Frame, placer: &mut Placer) {
    let (x, y) = (frame.px(driver.level.estimate), frame.py(driver.effect.estimate));
    let text = Text::new(&driver.name, 0.0, 0.0, 11.5).halo();
    let text = if driver.strong { text.bold().colour(Token::Ink) } else { text };
    let (top, bottom) = (frame.py(driver.effect.high), frame.py(driver.effect.low));
    let (left, right) = (frame.px(driver.level.low), frame.px(driver.level.high));
    let spots = [
        Spot::new(x - 7.0, y - 8.0, Anchor::End),
        Spot::new(x + 7.0, y - 8.0, Anchor::Start),
        Spot::new(x + 7.0, y + 16.0, Anchor::Start),
        Spot::new(x - 7.0, y + 16.0, Anchor::End),
        Spot::new(right + 6.0, y + 4.0, Anchor::Start),
        Spot::new(left - 6.0, y + 4.0, Anchor::End),
        Spot::new(x - 2.0, top - 6.0, Anchor::Start),
        Spot::new(x + 2.0, top - 6.0, Anchor::End),
        Spot::new(x - 2.0, bottom + 14.0, Anchor::Start),
        Spot::new(x + 2.0, bottom + 14.0, Anchor::End),
        Spot::new(x + 7.0, f64::midpoint(y, top), Anchor::Start),
        Spot::new(x - 7.0, f64::midpoint(y, top), Anchor::End),
        Spot::new(x + 7.0, f64::midpoint(y, bottom), Anchor::Start),
        Spot::new(x - 7.0, f64::midpoint(y, bottom), Anchor::End),
    ];
    placer.write(canvas, (&text, 14.0), (&spots, (0.0, 1.0)), Rank::Must);
}
