//! The words beside a curve: star, zone, open end, curve names, cost. Drawn after the line TODAY, each on a place
//! that is still free.

use super::curve::Plot;
use crate::chart::canvas::{Anchor, Canvas, Text, number};
use crate::chart::index_axis::height_at;
use crate::chart::input::{CurveWords, Ending};
use crate::chart::labels::{Area, Placer, Rank, Spot, stack};
use crate::chart::theme::Token;

const DOWN: (f64, f64) = (0.0, 1.0);

/// A caption that is written once, in the first row that has the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caption {
    Zone,
    BestRange,
    Bands,
    Cost,
    Judged,
    Past,
}

/// What has been said already and need not be said again in the rows below.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<Caption>);

impl Said {
    fn has(&self, caption: Caption) -> bool {
        self.0.contains(&caption)
    }

    fn mark(&mut self, caption: Caption) {
        self.0.push(caption);
    }
}

/// Draws the star with its level. Nothing is drawn where no star was given.
pub(super) fn star(canvas: &mut Canvas, plot: &Plot<'_>, placer: &mut Placer) {
    let Some(star) = plot.curve.zone.as_ref().and_then(|zone| zone.star.as_ref()) else { return };
    let Some(value) = height_at(&plot.lines.median, star.level) else { return };
    let (frame, sizes) = (&plot.frame, plot.sizes);
    let (left, right) = plot.observed();
    let at = (frame.px(star.level).clamp(left, right), frame.py(value).clamp(frame.top, frame.bottom()));
    let reach = sizes.star;
    canvas.star(at, reach);
    placer.take(Area::new(at.0 - reach, at.1 - reach, at.0 + reach, at.1 + reach));
    let text = Text::new(&star.label, 0.0, 0.0, sizes.star_label).bold().colour(Token::Green).halo();
    let spots = [
        Spot::new(at.0, at.1 - reach - 2.2 - 0.32 * sizes.star_label, Anchor::Middle),
        Spot::new(at.0, at.1 + reach + sizes.star_label + 2.0, Anchor::Middle),
        Spot::new(at.0 + reach + 3.0, at.1 + 4.0, Anchor::Start),
        Spot::new(at.0 - reach - 3.0, at.1 + 4.0, Anchor::End),
    ];
    placer.write(canvas, (&text, sizes.line), (&spots, (0.0, 0.0)), Rank::Must);
}

/// Writes GOOD ENOUGH over the zone, and the caveat of a zone without a star.
pub(super) fn zone(
    canvas: &mut Canvas,
    plot: &Plot<'_>,
    words: &CurveWords,
    placer: &mut Placer,
    said: &mut Said,
) {
    let Some(zone) = &plot.curve.zone else { return };
    let (frame, sizes) = (&plot.frame, plot.sizes);
    let (left, right) = plot.observed();
    let (from, to) = (frame.px(zone.low).clamp(left, right), frame.px(zone.high).clamp(left, right));
    let middle = f64::midpoint(from, to);
    let beside = frame.bottom() + sizes.block - 3.5;
    let first = frame.top + sizes.label + 2.4;
    let mut spots = vec![
        Spot::new(middle, first, Anchor::Middle),
        Spot::new(middle, first + 1.4 * sizes.label, Anchor::Middle),
        Spot::new(middle, frame.bottom() - 4.0, Anchor::Middle),
        Spot::new(from - 4.0, beside, Anchor::End),
        Spot::new(to + 6.0, beside + 6.0, Anchor::Start),
    ];
    for down in [0.0, 1.4, 2.8] {
        let y = first + down * sizes.label;
        spots.extend([Spot::new(to + 4.0, y, Anchor::Start), Spot::new(from - 4.0, y, Anchor::End)]);
    }
    if !said.has(Caption::Zone) {
        let text = Text::new(&words.good_enough, 0.0, 0.0, sizes.label).bold().colour(Token::Green).halo();
        placer.write(canvas, (&text, sizes.line), (&spots, DOWN), Rank::Must);
        said.mark(Caption::Zone);
    }
    if let Some(caveat) = &zone.caveat {
        let text = Text::new(caveat, 0.0, 0.0, sizes.label).colour(Token::Green).halo();
        placer.write(canvas, (&text, sizes.line), (&spots, DOWN), Rank::Must);
    }
}

/// Names the bracket of the best level and what lies past the zone, once.
pub(super) fn base(
    canvas: &mut Canvas,
    plot: &Plot<'_>,
    words: &CurveWords,
    placer: &mut Placer,
    said: &mut Said,
) {
    let Some(zone) = &plot.curve.zone else { return };
    let (frame, sizes) = (&plot.frame, plot.sizes);
    let (left, right) = plot.observed();
    let inside = |level: f64| frame.px(level).clamp(left, right);
    if !said.has(Caption::Past) && plot.ends_inside() && zone.high < plot.axis.observed.1 {
        let text = Text::new(&words.past_here, 0.0, 0.0, sizes.label * 0.96).colour(Token::Orange).halo();
        let first = frame.bottom() + sizes.label;
        let spots = [
            Spot::new(right + 8.0, first + 1.5, Anchor::Start),
            Spot::new(right + 8.0, first + 5.0, Anchor::Start),
            Spot::new(right + 8.0, first + 9.0, Anchor::Start),
            Spot::new(inside(zone.high) + 26.0, first + sizes.block, Anchor::Start),
            Spot::new(inside(zone.high) + 38.0, first + sizes.block, Anchor::Start),
            Spot::new(right, first + sizes.past_bar + 2.0, Anchor::End),
            Spot::new(frame.right() - 4.0, frame.bottom() - sizes.line - 8.0, Anchor::End),
        ];
        if placer.write(canvas, (&text, sizes.line * 0.93), (&spots, (0.0, 0.0)), Rank::May).is_some() {
            said.mark(Caption::Past);
        }
    }
    if let Some(best) = plot.curve.best_range.as_ref().filter(|_| !said.has(Caption::BestRange)) {
        let bracket = frame.bottom() + sizes.block + 3.0;
        let text = Text::new(&best.label, 0.0, 0.0, sizes.label).colour(Token::Green);
        let (from, to) = (inside(best.low), inside(best.high));
        let spots = [
            Spot::new(from - 6.0, bracket + 3.0, Anchor::End),
            Spot::new(frame.px(zone.low).min(from) - 47.0, bracket - 5.0, Anchor::End),
            Spot::new(frame.px(zone.low).min(from) - 70.0, bracket - 5.0, Anchor::End),
            Spot::new(frame.px(zone.low).min(from) - 100.0, bracket - 5.0, Anchor::End),
            Spot::new(to + 6.0, bracket + 3.0, Anchor::Start),
            Spot::new(to + 6.0, bracket + 1.0 + sizes.line, Anchor::Start),
        ];
        if let Some(found) = placer.write(canvas, (&text, sizes.line), (&spots, DOWN), Rank::May) {
            said.mark(Caption::BestRange);
            leader(canvas, found, (from, to, bracket), sizes.label);
        }
    }
}

/// A hairline from a label to the bracket, where it stands more than 12 px away.
fn leader(canvas: &mut Canvas, label: Spot, (from, to, bracket): (f64, f64, f64), size: f64) {
    let start = match label.anchor {
        Anchor::End => (label.x + 3.0, label.y - 0.3 * size),
        Anchor::Start | Anchor::Middle => (label.x - 3.0, label.y - 0.3 * size),
    };
    let end = if label.anchor == Anchor::End { (from - 4.0, bracket) } else { (to + 4.0, bracket) };
    if (end.0 - start.0).abs() > 12.0 {
        canvas.line("leader", start, end, (Token::Green, 0.75));
    }
}

/// Draws the open arrow of a best level that cannot be seen, or says that no effect was seen.
pub(super) fn ending(canvas: &mut Canvas, plot: &Plot<'_>, placer: &mut Placer) {
    let Some(end) = plot.lines.median.last().copied() else { return };
    let (frame, sizes) = (&plot.frame, plot.sizes);
    let (x, y) = (frame.px(end.0), frame.py(end.1).clamp(frame.top, frame.bottom()));
    match &plot.curve.ending {
        Ending::Inside => {}
        Ending::NotVisible(label) => {
            let before = plot.lines.median.iter().rev().find(|p| end.0 - p.0 > 4.0).copied().unwrap_or(end);
            let slope = (frame.py(before.1) - y) / (x - frame.px(before.0)).max(1.0);
            let rise = (21.0 * slope).clamp(4.0, 12.0).min((y - frame.top - 3.0).max(3.0));
            let (from, tip) = ((x + 3.0, y), (x + 24.0, y - rise));
            let paint = format!(
                "fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-linecap=\"round\" stroke-linejoin=\"round\"",
                canvas.colour(Token::Blue)
            );
            let angle = (tip.1 - from.1).atan2(tip.0 - from.0);
            let barb = |turn: f64| (tip.0 - 9.0 * (angle + turn).cos(), tip.1 - 9.0 * (angle + turn).sin());
            let (one, other) = (barb(0.5), barb(-0.5));
            let point = |p: (f64, f64)| format!("{} {}", number(p.0), number(p.1));
            let path =
                format!("M{}L{}M{}L{}L{}", point(from), point(tip), point(one), point(tip), point(other));
            canvas.path("open-end", &path, &paint);
            placer.take(Area::new(from.0, tip.1 - 4.0, tip.0 + 1.0, y + 1.0));
            let text = Text::new(label, 0.0, 0.0, sizes.strong).bold().colour(Token::Blue).halo();
            let lines = f64::from(u8::try_from(label.matches('\n').count()).unwrap_or(3));
            let spots = [
                Spot::new(x + 4.0, y + sizes.strong + 4.5, Anchor::Start),
                Spot::new(x + 4.0, y - rise - 8.0 - lines * 1.2 * sizes.strong, Anchor::Start),
                Spot::new(x + 32.0, y + 0.36 * sizes.strong - lines * 0.6 * sizes.strong, Anchor::Start),
                Spot::new(x - 6.0, y + sizes.strong + 16.0, Anchor::End),
            ];
            placer.write(canvas, (&text, 1.2 * sizes.strong), (&spots, DOWN), Rank::Must);
        }
        Ending::NoEffect(label) => {
            let text = Text::new(label, 0.0, 0.0, sizes.strong).bold().colour(Token::Blue).halo();
            let zero = frame.py(0.0);
            let spots = [
                Spot::new(x + 8.0, zero - 4.5, Anchor::Start),
                Spot::new(x + 8.0, zero + sizes.strong + 3.0, Anchor::Start),
                Spot::new(x, frame.top + sizes.strong, Anchor::End),
            ];
            placer.write(canvas, (&text, sizes.line), (&spots, DOWN), Rank::Must);
        }
    }
}

/// Names median and bands at their right ends, once, in the hatch where the curve reaches it.
pub(super) fn names(
    canvas: &mut Canvas,
    plot: &Plot<'_>,
    words: &CurveWords,
    placer: &mut Placer,
    said: &mut Said,
) {
    let (frame, sizes, lines) = (&plot.frame, plot.sizes, &plot.lines);
    let ends = [lines.median.last(), lines.high50.last(), lines.high90.last(), lines.low90.last()];
    let [Some(median), Some(high50), Some(high90), Some(low90)] = ends else { return };
    if said.has(Caption::Bands) {
        return;
    }
    said.mark(Caption::Bands);
    let seen = |value: f64| frame.py(value).clamp(frame.top + 5.0, frame.bottom() - 5.0);
    let (m, b50) = (seen(median.1), f64::midpoint(seen(high50.1), seen(median.1)));
    let b90 = if (seen(high90.1) - seen(high50.1)).abs() > (seen(low90.1) - m).abs() * 0.5 {
        f64::midpoint(seen(high90.1), seen(high50.1))
    } else {
        f64::midpoint(seen(low90.1), m)
    };
    let blocked = frame.px(median.0) + 4.0;
    let centres = stack(&[m, b50, b90], 1.25 * sizes.label, (frame.top + 5.0, frame.bottom() - 5.0));
    let texts = [
        (Text::new(&words.most_likely, 0.0, 0.0, sizes.label).bold().colour(Token::Blue).halo(), centres[0]),
        (Text::new(&words.fifty, 0.0, 0.0, sizes.label).colour(Token::Blue2).halo(), centres[1]),
        (Text::new(&words.ninety, 0.0, 0.0, sizes.label).halo(), centres[2]),
    ];
    for (text, centre) in texts {
        let spots = [
            Spot::new(blocked, centre + 0.36 * sizes.label, Anchor::Start),
            Spot::new(blocked, centre + 0.36 * sizes.label + 1.4 * sizes.label, Anchor::Start),
            Spot::new(blocked, centre + 0.36 * sizes.label - 1.4 * sizes.label, Anchor::Start),
            Spot::new(blocked - 10.0, centre + 0.36 * sizes.label, Anchor::End),
        ];
        placer.write(canvas, (&text, sizes.line), (&spots, DOWN), Rank::May);
    }
}

/// Names the cost line, once, and its judged part, once.
pub(super) fn cost(
    canvas: &mut Canvas,
    plot: &Plot<'_>,
    words: &CurveWords,
    placer: &mut Placer,
    said: &mut Said,
) {
    let (frame, sizes) = (&plot.frame, plot.sizes);
    let visible = |run: &[(f64, f64)]| -> Vec<(f64, f64)> {
        let inside = run.iter().map(|p| (frame.px(p.0), frame.py(p.1)));
        inside.filter(|p| (frame.top..=frame.bottom()).contains(&p.1)).collect()
    };
    for (judged, run) in &plot.lines.cost {
        let seen = visible(run);
        let (Some(first), Some(last)) = (seen.first(), seen.last()) else { continue };
        let middle = seen[seen.len() / 2];
        let caption = if *judged { Caption::Judged } else { Caption::Cost };
        if said.has(caption) {
            continue;
        }
        let (words, spots) = if *judged {
            let spots = [
                Spot::new(last.0 + 5.0, last.1 - 3.0, Anchor::Start),
                Spot::new(middle.0 + 6.0, middle.1 - 4.0, Anchor::Start),
                Spot::new(middle.0, middle.1 + sizes.label + 4.0, Anchor::Middle),
                Spot::new(last.0 + 6.0, last.1 + 3.0, Anchor::Start),
            ];
            (&words.judged, spots)
        } else {
            let spots = [
                Spot::new(first.0 - 4.0, first.1 - 2.0, Anchor::End),
                Spot::new(first.0 - 4.0, first.1 + sizes.label + 2.0, Anchor::End),
                Spot::new(last.0 - 6.0, last.1 + sizes.label, Anchor::End),
                Spot::new(middle.0, middle.1 + sizes.label + 4.0, Anchor::Middle),
            ];
            (&words.cost, spots)
        };
        let text = Text::new(words, 0.0, 0.0, sizes.label).colour(Token::Orange).halo();
        if placer.write(canvas, (&text, sizes.line), (&spots, (0.25, 0.25)), Rank::May).is_some() {
            said.mark(caption);
        }
    }
}
