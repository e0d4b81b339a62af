//! Where we stand: the index wave by wave, and up to three companions below it.

use super::axis;
use super::canvas::{Anchor, Canvas, Drawing, Form, Look, Text};
use super::frame::{self, Frame, Pen};
use super::index_axis::{self, Pill};
use super::input::{Companion, Interval, Today, Wave, Waves};
use super::labels::{Area, Placer, Rank, Spot};
use super::lettering::{self, Weight};
use super::theme::Token;

/// Left edge of the main plot, its top, what is kept free right of it, its height.
const MAIN: (f64, f64, f64, f64) = (44.0, 34.0, 38.0, 230.0);
/// Top of the first companion's plot; height without companions.
const SMALL: (f64, f64) = (366.0, 312.0);
/// Three companions side by side: gap between two, height of a plot.
const BESIDE: (f64, f64) = (28.0, 96.0);
/// One under the other: from top to top, height of a plot.
const UNDER: (f64, f64) = (118.0, 64.0);

/// The pill over the last wave, its range on the left.
const PILL: Pill = Pill { range_left: Some(0.0), ..index_axis::LARGE };

/// Draws the index by wave with its band, and its companions.
pub fn waves(input: &Waves, look: &Look) -> Drawing {
    let count = input.waves.len();
    let width = look.form.width();
    let x = (-0.4, count.max(2) as f64 - 1.0);
    let mut frame = Frame {
        left: MAIN.0,
        top: MAIN.1,
        width: width - MAIN.0 - MAIN.2,
        height: MAIN.3,
        x,
        y: input.scale,
    };
    let pill = index_axis::pill_place(&frame, &last(input), &PILL, width);
    if lettering::width(&input.heading, 11.0, Weight::Bold) + 8.0 > pill.both.0 {
        frame.top += 18.0;
    }
    let down = frame.top - MAIN.1;
    let companions = places(input.companions.len(), look.form);
    let height = companions.last().map_or(SMALL.1, |place| place.top + place.height + 10.0);
    let mut canvas = Canvas::new(width, down + height, look);
    let mut placer = Placer::new(Area::new(0.0, frame.top - 6.0, width, frame.bottom() - 1.0));
    canvas.text(&Text::new(&input.heading, 0.0, frame.top - 12.0, 11.0).bold().colour(Token::Ink));
    grid(&mut canvas, &frame, 10.5, 5.0);
    let indices: Vec<Option<Interval>> = input.waves.iter().map(|wave| wave.index).collect();
    series(&mut canvas, &frame, &indices, 2.8);
    let shown = labelled(input, &frame);
    for ((wave, at), shown) in input.waves.iter().zip(0u32..).zip(shown) {
        let x = frame.px(f64::from(at));
        canvas.line("tick", (x, frame.bottom()), (x, frame.bottom() + 4.0), (Token::Ink, 1.0));
        if shown {
            wave_label(&mut canvas, wave, (x, frame.bottom()));
        }
    }
    canvas.line("axis", (frame.left, frame.bottom()), (frame.right(), frame.bottom()), (Token::Ink, 1.0));
    let line = (0u32..).map(f64::from).zip(&indices);
    let line: Vec<(f64, f64)> = line.filter_map(|(at, wave)| Some((at, wave.as_ref()?.estimate))).collect();
    placer.take_line(&frame, &line);
    today(&mut canvas, input, &frame, &mut placer);
    values(&mut canvas, &frame, &indices, &mut placer);
    band(&mut canvas, input, &frame, &indices, &mut placer);
    for (companion, place) in input.companions.iter().zip(companions) {
        small(&mut canvas, companion, &Place { top: place.top + down, ..place }, count);
    }
    canvas.finish(&input.alt.title, &input.alt.description)
}

/// Says which waves are labelled: the last, and as many before it as fit at even steps.
fn labelled(input: &Waves, frame: &Frame) -> Vec<bool> {
    let wide = |text: &str, size: f64| {
        text.split('\n').map(|line| lettering::width(line, size, Weight::Regular)).fold(0.0, f64::max)
    };
    let widest = input.waves.iter().map(|wave| wide(&wave.label, 10.5).max(wide(&wave.n_label, 9.5)));
    let widest = widest.fold(0.0, f64::max) + 6.0;
    let apart = frame.px(1.0) - frame.px(0.0);
    let count = input.waves.len();
    let step = (1..count).find(|step| *step as f64 * apart >= widest).unwrap_or(count.max(1));
    (0..count).map(|at| (count - 1 - at).is_multiple_of(step)).collect()
}

/// Writes the label and the number of answers under a wave's tick.
fn wave_label(canvas: &mut Canvas, wave: &Wave, (x, bottom): (f64, f64)) {
    canvas.lines(&Text::new(&wave.label, x, bottom + 17.0, 10.5).middle().colour(Token::Ink), 13.0);
    let further = f64::from(u8::try_from(wave.label.matches('\n').count()).unwrap_or(1));
    let y = bottom + 31.0 + 13.0 * further;
    canvas.text(&Text::new(&wave.n_label, x, y, 9.5).middle().colour(Token::Ink3));
}

/// Draws the grid and its figures.
fn grid(canvas: &mut Canvas, frame: &Frame, size: f64, parts: f64) {
    let step = axis::round_step(frame.y.1 - frame.y.0, parts);
    for tick in axis::ticks(frame.y.0, frame.y.1, step) {
        let y = frame.py(tick);
        canvas.line("grid", (frame.left, y), (frame.right(), y), (Token::Grid, 0.75));
        let figure = axis::figure(tick, step, false);
        let text = Text::new(&figure, frame.left - 8.0, y + 0.34 * size, size).end().colour(Token::Ink3);
        canvas.text(&text);
    }
}

/// Draws a line with its band; broken where a wave is missing. A lone wave is a dot with a whisker.
fn series(canvas: &mut Canvas, frame: &Frame, waves: &[Option<Interval>], width: f64) {
    let clip = canvas.clip(frame.left, frame.top, frame.width + 8.0, frame.height);
    let known: Vec<(f64, Option<Interval>)> = (0u32..).map(f64::from).zip(waves.iter().copied()).collect();
    for run in known.split(|(_, wave)| wave.is_none()) {
        let line = |value: fn(&Interval) -> f64| -> Vec<(f64, f64)> {
            run.iter().filter_map(|(at, wave)| wave.as_ref().map(|wave| (*at, value(wave)))).collect()
        };
        let (low, estimate, high) = (line(|i| i.low), line(|i| i.estimate), line(|i| i.high));
        frame::area(canvas, frame, &clip, ("band90", 0.22), (&high, &low));
        let edge = Pen { part: "edge90", token: Token::Blue2, width: 0.7, dotted: false };
        frame::line(canvas, frame, &clip, &edge, &low);
        frame::line(canvas, frame, &clip, &edge, &high);
        let median = Pen { part: "median", token: Token::Blue, width, dotted: false };
        frame::line(canvas, frame, &clip, &median, &estimate);
    }
    for (at, wave) in &known {
        let Some(wave) = wave else { continue };
        let (x, y) = (frame.px(*at), frame.py(wave.estimate));
        canvas.line("whisker", (x, frame.py(wave.high)), (x, frame.py(wave.low)), (Token::Blue2, 1.0));
        canvas.dot("wave", (x, y, width * 1.35), Token::Blue, (Token::Paper, 1.4));
    }
}

/// Today as a place on the axis of waves: the last of them.
fn last(input: &Waves) -> Today {
    let at = input.waves.len().saturating_sub(1) as f64;
    Today { level: Interval { low: at, estimate: at, high: at }, ..input.today.clone() }
}

/// Draws the line TODAY through the last wave.
fn today(canvas: &mut Canvas, input: &Waves, frame: &Frame, placer: &mut Placer) {
    let today = last(input);
    index_axis::today_line(canvas, frame, &today, &Pill { bottom: frame.bottom(), ..PILL }, placer);
    if let Some(wave) = input.waves.last().and_then(|wave| wave.index) {
        let place = (frame.px(today.level.estimate), frame.py(wave.estimate), 4.6);
        canvas.dot("wave", place, Token::Blue, (Token::Paper, 1.4));
    }
}

/// Writes the index over every wave but the last, whose figure stands in the pill.
fn values(canvas: &mut Canvas, frame: &Frame, waves: &[Option<Interval>], placer: &mut Placer) {
    let earlier = waves.len().saturating_sub(1);
    for (at, wave) in (0u32..).map(f64::from).zip(waves).take(earlier) {
        let Some(wave) = wave else { continue };
        let figure = axis::figure(wave.estimate, 1.0, false);
        let spots = [
            Spot::new(frame.px(at), frame.py(wave.high) - 6.0, Anchor::Middle),
            Spot::new(frame.px(at), frame.py(wave.low) + 14.0, Anchor::Middle),
        ];
        let text = Text::new(&figure, 0.0, 0.0, 10.5).colour(Token::Ink2).halo();
        placer.write(canvas, (&text, 13.0), (&spots, (0.0, 0.0)), Rank::May);
    }
}

/// Names the band once.
fn band(canvas: &mut Canvas, input: &Waves, frame: &Frame, waves: &[Option<Interval>], placer: &mut Placer) {
    let text = Text::new(&input.band_label, 0.0, 0.0, 10.0).halo();
    let spots: Vec<Spot> = (0u32..)
        .map(f64::from)
        .zip(waves)
        .skip(1)
        .filter_map(|(at, wave)| wave.map(|wave| (frame.px(at), frame.py(wave.low))))
        .map(|(x, y)| Spot::new(x, y + 18.0, Anchor::Middle))
        .collect();
    if let Some(found) = placer.write(canvas, (&text, 13.0), (&spots, (0.0, 1.0)), Rank::May) {
        canvas.line("leader", (found.x, found.y - 9.0), (found.x, found.y - 20.0), (Token::Ink3, 0.75));
    }
}

/// Where a companion stands: left edge and width with its figures, top and height of its plot.
struct Place {
    left: f64,
    width: f64,
    top: f64,
    height: f64,
}

/// Places at most three companions: side by side on a page, one under the other on a phone.
fn places(count: usize, form: Form) -> Vec<Place> {
    (0u8..3)
        .take(count)
        .map(|at| match form {
            Form::Page => {
                let width = (form.width() - 2.0 * BESIDE.0) / 3.0;
                let left = f64::from(at) * (width + BESIDE.0);
                Place { left, width, top: SMALL.0, height: BESIDE.1 }
            }
            Form::Phone => {
                let top = SMALL.0 + f64::from(at) * UNDER.0;
                Place { left: 0.0, width: form.width(), top, height: UNDER.1 }
            }
        })
        .collect()
}

/// Draws one companion.
fn small(canvas: &mut Canvas, companion: &Companion, place: &Place, count: usize) {
    let &Place { left, width, top, height } = place;
    let frame = Frame {
        left: left + 26.0,
        top,
        width: width - 26.0 - 48.0,
        height,
        x: (-0.3, count.max(2) as f64 - 1.0),
        y: companion.scale,
    };
    canvas.line("rule", (left, top - 32.0), (left + width, top - 32.0), (Token::Rule, 0.75));
    canvas.text(&Text::new(&companion.heading, left, top - 14.0, 11.0).bold().colour(Token::Ink));
    grid(canvas, &frame, 10.0, 3.0);
    series(canvas, &frame, &companion.waves, 2.0);
    canvas.line("axis", (frame.left, frame.bottom()), (frame.right(), frame.bottom()), (Token::Ink, 1.0));
    let Some(last) = companion.waves.last().copied().flatten() else { return };
    let y = frame.py(last.estimate).clamp(frame.top + 4.0, frame.bottom() - 14.0);
    let x = frame.right() + 9.0;
    canvas.text(&Text::new(&companion.last_label, x, y + 4.0, 11.5).bold().colour(Token::Blue));
    canvas.text(&Text::new(&companion.last_range, x, y + 17.0, 9.5));
}
