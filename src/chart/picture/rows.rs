//! The rows of page 5: their heights on one scale, the line through all of them, and what each one shows.

use super::captions::{self, Said};
use super::curve::{Lines, Plot, ROW};
use crate::chart::axis::round_step;
use crate::chart::canvas::{Anchor, Canvas, Drawing, Look, RowPlace, Text};
use crate::chart::frame::Frame;
use crate::chart::index_axis::{self, Pill, Strip};
use crate::chart::input::{Curve, Investments, Refusal, Row, RowState};
use crate::chart::labels::{Area, Placer, Rank, Spot};
use crate::chart::lettering::{self, Span, Weight, wrap};
use crate::chart::theme::Token;

/// Width of the picture, px: the measure of a landscape A4 page.
pub(super) const WIDTH: f64 = 1019.0;
/// Height that fills the page, px; more rows than fit make it higher.
const HEIGHT: f64 = 610.0;
/// Width of the text column.
pub(super) const TEXT: f64 = 174.0;
/// Plot, left and right edge.
const PLOT: (f64, f64) = (218.0, 720.0);
/// Right edge of what the words of the plot may use: further right stands the table.
const WORDS: f64 = 782.0;
/// Left edge of the table; height of a row's figures in it.
const TABLE: (f64, f64) = (734.0, 52.0);
/// Right edge of the figures of the y axis, and of the sentences beside the strips.
pub(super) const FIGURES: f64 = 211.0;
/// Top of the first row.
const FIRST: f64 = 24.0;
/// From a row's top to its plot: room for the name and the spend scale.
const HEAD: f64 = 24.0;
/// The same for a refused row, which has no spend scale.
const REFUSED_HEAD: f64 = 8.0;
/// From the plot to the base of the strip, with and without a block.
const UNDER: (f64, f64) = (32.0, 22.0);
/// From the strip to the line under the row, and from there to the next row.
const AFTER: (f64, f64) = (6.0, 7.0);
/// Under the last strip: axis and its words.
const FOOT: f64 = 27.0;
/// A plot is never lower than this, nor higher than that.
const PLOT_HEIGHT: (f64, f64) = (27.0, 210.0);
/// What curves may add to the height of rows whose words fill the page.
const SPARE: f64 = 40.0;
/// Height of a refused plot.
const REFUSED_PLOT: f64 = 30.0;
/// Size of the sentence beside a strip.
pub(super) const BELOW: f64 = 8.6;
/// Line height and size of the verdict.
pub(super) const VERDICT: (f64, f64) = (13.0, 10.0);

/// Draws the picture without the words left and right of the plot: those are set by the page, beside the rows that
/// the drawing names. The drawing is as wide as the page's measure; columns stay free.
pub fn investments(input: &Investments, look: &Look) -> Drawing {
    let (canvas, _) = draw(input, look);
    canvas.finish(&input.alt.title, &input.alt.description)
}

/// One row with its place and scale.
struct Laid<'a> {
    row: &'a Row,
    place: RowPlace,
    /// Values at the bottom and top of the plot.
    y: (f64, f64),
}

/// Draws everything between the text columns and returns the sheet with the places that are taken.
pub(super) fn draw(input: &Investments, look: &Look) -> (Canvas, Placer) {
    let (laid, step, bottom) = lay_out(input);
    let height = bottom + FOOT;
    let mut canvas = Canvas::new(WIDTH, height, look);
    let mut placer = Placer::new(Area::new(TEXT + 2.0, 0.0, WORDS, height));
    canvas.rows = laid.iter().map(|row| row.place).collect();
    placer.take(Area::new(TABLE.0, 0.0, WIDTH, FIRST + HEAD));
    let whole = frame(input, FIRST, bottom - FIRST, (0.0, 1.0));
    let pill = Pill {
        top: 0.0,
        height: 15.0,
        size: 10.0,
        range_size: 9.0,
        range_left: Some(TEXT + 2.0),
        bottom: bottom + 2.0,
        stroke: 1.5,
    };
    index_axis::today_range(&mut canvas, &whole, &input.today, &pill);
    let plots: Vec<Option<Plot<'_>>> = laid.iter().map(|row| plot(input, row, step)).collect();
    for (row, plot) in laid.iter().zip(&plots) {
        ground(&mut canvas, input, row, plot.as_ref(), &mut placer);
    }
    index_axis::today_line(&mut canvas, &whole, &input.today, &pill, &mut placer);
    foot(&mut canvas, input, &whole, bottom + 7.0, &mut placer);
    words(&mut canvas, input, &laid, &plots, &mut placer);
    (canvas, placer)
}

fn frame(input: &Investments, top: f64, height: f64, y: (f64, f64)) -> Frame {
    Frame { left: PLOT.0, top, width: PLOT.1 - PLOT.0, height, x: (input.axis.low, input.axis.high), y }
}

/// Places the rows: one scale for all, each as high as its numbers or its words need. Returns the step of the y axis
/// and the base of the last strip.
fn lay_out(input: &Investments) -> (Vec<Laid<'_>>, f64, f64) {
    let mut needs: Vec<Need> = input.rows.iter().map(|row| Need::new(row, input.axis.observed)).collect();
    if let Some(first) = needs.first_mut() {
        // The heads of the table stand over the first row, whatever it shows.
        first.head = HEAD;
    }
    let zoned = |row: &Row| matches!(&row.state, RowState::Curve(curve) if curve.zone.is_some());
    if let Some(first) = input.rows.iter().position(zoned) {
        needs[first].over = needs[first].over.map(|(value, px)| (value, px + ROW.over_zone()));
    }
    let fixed: f64 = needs.iter().map(|need| need.head + need.under + AFTER.0 + AFTER.1).sum();
    let room = HEIGHT - FIRST - fixed - FOOT + AFTER.0 + AFTER.1;
    let scale = scale(&needs, room);
    let widest =
        needs.iter().filter_map(|need| need.extent).map(|(low, high)| high - low).fold(0.0, f64::max);
    let tallest = needs.iter().map(|need| need.height(scale)).fold(0.0, f64::max);
    let step = round_step(widest, (tallest / 16.0).clamp(2.0, 7.0));
    let mut top = FIRST;
    let mut laid = Vec::with_capacity(needs.len());
    for (row, need) in input.rows.iter().zip(&needs) {
        let tall = need.height(scale);
        let plot_top = top + need.head;
        let strip_base = plot_top + tall + need.under;
        let height = strip_base + AFTER.0 - top;
        let place = RowPlace { top, height, plot_top, plot_bottom: plot_top + tall, strip_base };
        laid.push(Laid { row, place, y: need.values(scale, tall) });
        top += height + AFTER.1;
    }
    let bottom = laid.last().map_or(FIRST, |row| row.place.strip_base);
    (laid, step, bottom)
}

/// What a row needs.
struct Need {
    head: f64,
    under: f64,
    /// Height that the words need.
    least: f64,
    /// Values to be shown; none for a refused row.
    extent: Option<(f64, f64)>,
    /// A value, and the px over it that the words of star and zone need.
    over: Option<(f64, f64)>,
}

impl Need {
    fn new(row: &Row, observed: (f64, f64)) -> Self {
        let sentences = f64::from(u8::try_from(verdict(row).len()).unwrap_or(u8::MAX)) * VERDICT.0;
        let beside = if row.below.is_empty() { 2.0 } else { 15.0 };
        let text = 18.0 + sentences + beside;
        match &row.state {
            RowState::Curve(curve) => {
                let under = if curve.zone.is_some() { UNDER.0 } else { UNDER.1 };
                let lines = Lines::new(curve, observed);
                let over = lines.over(curve, &ROW);
                let least = (text - HEAD - under).max(PLOT_HEIGHT.0);
                Self { head: HEAD, under, least, extent: Some(lines.extent()), over }
            }
            RowState::Refused(_) => {
                let least = (text - REFUSED_HEAD - UNDER.1).max(REFUSED_PLOT);
                Self { head: REFUSED_HEAD, under: UNDER.1, least, extent: None, over: None }
            }
        }
    }

    fn height(&self, scale: f64) -> f64 {
        let Some((low, _)) = self.extent else { return self.least };
        (scale * (self.top(scale) - low)).max(self.least)
    }

    /// The value at the top of the plot: all that must be shown, and room for the words of star and zone.
    fn top(&self, scale: f64) -> f64 {
        let high = self.extent.map_or(1.0, |(_, high)| high);
        self.over.map_or(high, |(value, px)| high.max(value + px / scale))
    }

    /// Values at bottom and top of a plot that is `tall` px high: all rows have the same px per unit.
    fn values(&self, scale: f64, tall: f64) -> (f64, f64) {
        let Some((low, _)) = self.extent else { return (0.0, 1.0) };
        let high = self.top(scale);
        let spare = ((tall / scale) - (high - low)).max(0.0);
        (low - spare / 2.0, high + spare / 2.0)
    }
}

/// Returns the px per unit of money that fills `room`, the same in all rows.
fn scale(needs: &[Need], room: f64) -> f64 {
    let widest =
        needs.iter().filter_map(|need| need.extent).map(|(low, high)| high - low).fold(0.0, f64::max);
    if widest <= 0.0 {
        return 1.0;
    }
    let mut ends = (PLOT_HEIGHT.0 / widest, PLOT_HEIGHT.1 / widest);
    // Words that fill the page already make plots high: then the curves take what the words leave them.
    let room = room.max(needs.iter().map(|need| need.least).sum::<f64>() + SPARE);
    if needs.iter().map(|need| need.height(ends.1)).sum::<f64>() <= room {
        return ends.1;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(ends.0, ends.1);
        if needs.iter().map(|need| need.height(middle)).sum::<f64>() <= room {
            ends.0 = middle;
        } else {
            ends.1 = middle;
        }
    }
    ends.0
}

/// Returns the verdict of a row in lines.
pub(super) fn verdict(row: &Row) -> Vec<Vec<Span>> {
    let space = if row.verdict.is_ascii() || row.verdict.ends_with(['.', ';', ':', ' ']) { " " } else { "" };
    let spans = [Span::bold(format!("{}{space}", row.verdict)), Span::regular(row.explanation.clone())];
    wrap(&spans, VERDICT.1, TEXT - 14.0)
}

fn plot<'a>(input: &'a Investments, row: &Laid<'a>, step: f64) -> Option<Plot<'a>> {
    let RowState::Curve(curve) = &row.row.state else { return None };
    let height = row.place.plot_bottom - row.place.plot_top;
    let frame = frame(input, row.place.plot_top, height, row.y);
    let lines = Lines::new(curve, input.axis.observed);
    Some(Plot { frame, axis: &input.axis, curve, lines, sizes: &ROW, step })
}

/// Draws what lies under the line TODAY: plot, strip, and the rule under the row.
fn ground(
    canvas: &mut Canvas,
    input: &Investments,
    row: &Laid<'_>,
    plot: Option<&Plot<'_>>,
    placer: &mut Placer,
) {
    let place = row.place;
    let frame = frame(input, place.plot_top, place.plot_bottom - place.plot_top, row.y);
    let below = if let Some(plot) = plot {
        plot.ground(canvas);
        plot.figures(canvas, FIGURES, placer);
        plot.data(canvas);
        plot.base(canvas, placer);
        spend(canvas, plot, input, placer);
        Some(plot.curve.below)
    } else {
        index_axis::hatches(canvas, &frame, input.axis.observed);
        let (from, to) = (frame.px(input.axis.observed.0), frame.px(input.axis.observed.1));
        let paint = canvas.fill(Token::Panel, 1.0);
        canvas.rect("refused", (from, frame.top, to - from, frame.height), &paint);
        canvas.line(
            "base",
            (frame.left, frame.bottom()),
            (frame.right(), frame.bottom()),
            (Token::Rule, 0.75),
        );
        None
    };
    index_axis::strip(
        canvas,
        &frame,
        &input.customers,
        Strip { base: place.strip_base, height: 13.0, below },
        placer,
    );
    canvas.line("base", (PLOT.0, place.strip_base), (PLOT.1, place.strip_base), (Token::Rule, 0.75));
    let beside: f64 = row.row.below.iter().map(|span| lettering::width(&span.text, BELOW, span.weight)).sum();
    placer.take(Area::new(FIGURES + 1.0 - beside, place.strip_base - 12.0, FIGURES + 1.0, place.strip_base));
    placer.take(Area::new(TABLE.0, place.plot_top, WIDTH, place.plot_top + TABLE.1));
    if let Some(plateau) = &input.plateau {
        index_axis::plateau_mark(canvas, (frame.px(plateau.level.estimate), place.strip_base + 0.8), 3.0);
    }
    let line = place.top + place.height;
    canvas.line("rule", (0.0, line), (WIDTH, line), (Token::Rule, 0.75));
}

/// Draws the upper scale of a row: spend a year to get there, and the driver's own level in small grey.
fn spend(canvas: &mut Canvas, plot: &Plot<'_>, input: &Investments, placer: &mut Placer) {
    let (frame, lines) = (&plot.frame, &plot.lines);
    let (Some(first), Some(last)) = (lines.median.first(), lines.median.last()) else { return };
    let top = frame.top;
    canvas.line("scale", (frame.px(first.0), top), (frame.px(last.0), top), (Token::Ink2, 0.75));
    let today = frame.px(input.today.level.estimate);
    for tick in chosen(plot.curve, frame, today, input.axis.observed) {
        let x = frame.px(tick.level);
        canvas.line("spend", (x, top), (x, top - 4.0), (Token::Ink2, 0.75));
        for (words, y, size, token) in
            [(&tick.spend, top - 14.5, 9.5, Token::Orange), (&tick.driver, top - 6.0, 8.0, Token::Ink3)]
        {
            let written = canvas.text(&Text::new(words, x, y, size).middle().colour(token));
            placer.take(Area::new(written.left, written.top, written.right, written.bottom));
        }
    }
    if let Some(driver) = &plot.curve.driver_today {
        let text = if driver_left(today) {
            Text::new(driver, today - 4.0, top - 6.0, 8.0).end()
        } else {
            Text::new(driver, today + 4.0, top - 6.0, 8.0)
        };
        let written = canvas.text(&text);
        placer.take(Area::new(written.left, written.top, written.right, written.bottom));
    }
}

/// The driver's level stands left of TODAY, as long as there is plot.
fn driver_left(today: f64) -> bool {
    today - 20.0 >= PLOT.0
}

/// Chooses at most four ticks, 40 px apart and clear of TODAY: the ends first, then from left to right.
fn chosen<'a>(
    curve: &'a Curve,
    frame: &Frame,
    today: f64,
    observed: (f64, f64),
) -> Vec<&'a crate::chart::input::SpendTick> {
    let mut order: Vec<&crate::chart::input::SpendTick> =
        curve.spend_ticks.iter().filter(|tick| (observed.0..=observed.1).contains(&tick.level)).collect();
    order.sort_by(|a, b| a.level.total_cmp(&b.level));
    if order.len() > 2 {
        let last = order.remove(order.len() - 1);
        order.insert(1, last);
    }
    let mut kept: Vec<&crate::chart::input::SpendTick> = Vec::new();
    for tick in order {
        let x = frame.px(tick.level);
        let half = lettering::width(&tick.spend, 9.5, Weight::Regular) / 2.0;
        let driver = if (x < today) == driver_left(today) { 14.0 } else { 0.0 };
        let clear = (x - today).abs() > half + 5.0 + driver && x - half >= PLOT.0 - 2.0;
        if kept.len() < 4 && clear && kept.iter().all(|other| (frame.px(other.level) - x).abs() >= 39.9) {
            kept.push(tick);
        }
    }
    kept
}

/// Writes what stands over the line TODAY, by rank.
fn words(
    canvas: &mut Canvas,
    input: &Investments,
    laid: &[Laid<'_>],
    plots: &[Option<Plot<'_>>],
    placer: &mut Placer,
) {
    let mut said = Said::default();
    let curves: Vec<&Plot<'_>> = plots.iter().flatten().collect();
    for plot in &curves {
        captions::star(canvas, plot, placer);
    }
    for plot in &curves {
        captions::zone(canvas, plot, &input.words, placer, &mut said);
    }
    for row in laid {
        if let RowState::Refused(refusal) = &row.row.state {
            refused(canvas, input, row, refusal, placer);
        }
    }
    for plot in &curves {
        captions::ending(canvas, plot, placer);
    }
    if let Some(plot) = curves.first() {
        captions::names(canvas, plot, &input.words, placer, &mut said);
        heads(canvas, plot, input, placer);
    }
    for plot in &curves {
        captions::base(canvas, plot, &input.words, placer, &mut said);
    }
    for plot in &curves {
        captions::cost(canvas, plot, &input.words, placer, &mut said);
    }
    if let Some(first) = laid.first() {
        let frame =
            frame(input, first.place.plot_top, first.place.plot_bottom - first.place.plot_top, first.y);
        index_axis::nobody(canvas, &frame, &input.axis, (ROW.label, ROW.line), placer);
    }
}

/// Names the y axis and both upper scales, once, over the first curve.
fn heads(canvas: &mut Canvas, plot: &Plot<'_>, input: &Investments, placer: &mut Placer) {
    let top = plot.frame.top;
    let unit = Text::new(&input.words.unit, FIGURES + 1.0, top - 4.0, 9.0).end().colour(Token::Ink3);
    let unit = canvas.text(&unit);
    placer.take(Area::new(unit.left, unit.top, unit.right, unit.bottom));
    let first = plot.lines.median.first().map_or(plot.frame.left, |p| plot.frame.px(p.0));
    let right = plot.lines.median.last().map_or(PLOT.1, |p| plot.frame.px(p.0)) + 24.0;
    let both = format!("{}\n{}", input.words.spend, input.words.driver);
    let text = Text::new(&both, 0.0, 0.0, 9.0);
    let spots = [
        Spot::new(first - 6.7, top - 14.5, Anchor::End),
        Spot::new(first - 50.0, top - 14.5, Anchor::End),
        Spot::new(PLOT.0 + 2.0, top - 14.5, Anchor::Start),
        Spot::new(right, top - 14.5, Anchor::Start),
    ];
    match placer.place(&text, 9.5, (&spots, (0.0, 0.0)), Rank::May) {
        Some(spot) => {
            let line = |words, y, size| Text::new(words, spot.x, y, size).anchor(spot.anchor);
            canvas.text(&line(&input.words.spend, spot.y, 9.0).colour(Token::Orange));
            canvas.text(&line(&input.words.driver, spot.y + 9.5, 8.4).colour(Token::Ink3));
        }
        None => canvas.left_out.push(both),
    }
}

/// Says that a row cannot be judged, left of TODAY, and how much there is of what is needed, right of it.
fn refused(canvas: &mut Canvas, input: &Investments, row: &Laid<'_>, refusal: &Refusal, placer: &mut Placer) {
    let (place, frame) = (row.place, frame(input, row.place.plot_top, 30.0, (0.0, 1.0)));
    let today = frame.px(input.today.level.estimate);
    let middle = f64::midpoint(place.plot_top, place.plot_bottom);
    let text = Text::new(&refusal.label, 0.0, 0.0, 11.0).bold();
    let (from, to) = (frame.px(input.axis.observed.0), frame.px(input.axis.observed.1));
    let spots = [
        Spot::new(today - 25.0, middle + 4.0, Anchor::End),
        Spot::new(today - 8.0, middle + 4.0, Anchor::End),
        Spot::new(today + 12.0, middle + 4.0, Anchor::Start),
    ];
    let found = placer.write(canvas, (&text, 12.0), (&spots, (0.0, 0.0)), Rank::Must);
    let Some(progress) = &refusal.progress else { return };
    let left_taken = found.is_none_or(|spot| spot.anchor == Anchor::End);
    let width = 126.0f64.min(if left_taken { to - today - 36.0 } else { today - from - 36.0 });
    if width < 50.0 || progress.need <= 0.0 {
        canvas.left_out.push(progress.label.clone());
        return;
    }
    let left = if left_taken { today + 33.0 } else { today - 33.0 - width };
    let text = canvas.text(&Text::new(&progress.label, left, middle - 7.0, ROW.label));
    placer.take(Area::new(text.left, text.top, left + width, middle + 4.0));
    let paint = canvas.hollow(Token::Mute, 0.8);
    canvas.rect("needed", (left, middle - 3.5, width, 7.0), &paint);
    let paint = canvas.fill(Token::Mute, 1.0);
    let share = (progress.have / progress.need).clamp(0.0, 1.0);
    canvas.rect("have", (left, middle - 3.5, width * share, 7.0), &paint);
}

/// Draws the shared x axis with its name, what was observed, and the plateau.
fn foot(canvas: &mut Canvas, input: &Investments, whole: &Frame, y: f64, placer: &mut Placer) {
    index_axis::bottom_axis(canvas, whole, y, 10.0, placer);
    let base = y + 14.5;
    canvas.text(&Text::new(&input.axis.name, PLOT.0 - 16.0, base, 10.0).end().colour(Token::Ink));
    canvas.text(&Text::new(&input.observed_label, PLOT.1 + 16.0, base, 9.0).colour(Token::Ink3));
    let Some(plateau) = &input.plateau else { return };
    let x = whole.px(plateau.level.estimate);
    index_axis::plateau_mark(canvas, (x, y + 1.6), 3.4);
    placer.take(Area::new(x - 3.5, y, x + 3.5, y + 7.0));
    let text = Text::new(&plateau.label, 0.0, 0.0, ROW.label);
    let spots = [Spot::new(x - 6.0, base, Anchor::End), Spot::new(x + 6.0, base, Anchor::Start)];
    placer.write(canvas, (&text, ROW.line), (&spots, (1.0, 0.0)), Rank::May);
}
