//! Labels must not collide: the first free place in a fixed order of candidates, so that a chart looks the same
//! every time.

use super::canvas::{Anchor, Canvas, Text};
use super::frame::Frame;
use super::lettering;

/// A rectangle that is taken, px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { left, top, right, bottom }
    }

    /// How deep two areas lie in each other: the smaller of both overlaps, px; negative is the gap.
    pub(super) fn overlap(&self, other: &Self) -> f64 {
        let across = self.right.min(other.right) - self.left.max(other.left);
        let down = self.bottom.min(other.bottom) - self.top.max(other.top);
        across.min(down)
    }

    fn holds(&self, other: &Self) -> bool {
        other.left >= self.left
            && other.top >= self.top
            && other.right <= self.right
            && other.bottom <= self.bottom
    }
}

/// One candidate: base line of the first line, and the side on which the text stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) anchor: Anchor,
}

impl Spot {
    pub(super) fn new(x: f64, y: f64, anchor: Anchor) -> Self {
        Self { x, y, anchor }
    }
}

/// What to do when no candidate is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Star, zone, today, refusal: takes the least bad candidate.
    Must,
    /// Everything else: is left out and listed.
    May,
}

/// Gap between a label and what is taken, px.
const GAP: f64 = 2.0;
/// Shifts that are tried for each candidate, px.
const SHIFTS: [f64; 7] = [0.0, -4.0, 4.0, -8.0, 8.0, -12.0, 12.0];

/// The list of taken areas of a drawing.
#[derive(Debug)]
pub(super) struct Placer {
    page: Area,
    taken: Vec<Area>,
    /// Drawn lines: a label of the first rank stands on a line, with its halo, rather than on a word.
    lines: Vec<Area>,
}

impl Placer {
    /// An empty page.
    pub(super) fn new(page: Area) -> Self {
        Self { page, taken: Vec::new(), lines: Vec::new() }
    }

    /// Right margin of the page, px.
    pub(super) fn right(&self) -> f64 {
        self.page.right
    }

    /// Marks an area as taken.
    pub(super) fn take(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// Marks a drawn line as taken, in pieces of at most 8 px.
    pub(super) fn take_line(&mut self, frame: &Frame, points: &[(f64, f64)]) {
        for pair in points.windows(2) {
            let (from, to) =
                ((frame.px(pair[0].0), frame.py(pair[0].1)), (frame.px(pair[1].0), frame.py(pair[1].1)));
            let long = (to.0 - from.0).abs().max((to.1 - from.1).abs());
            let (mut at, step) = (0.0, 8.0 / long.clamp(8.0, 8000.0));
            while at < 1.0 {
                let end: f64 = (at + step).min(1.0);
                let on = |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                let (one, other) = (on(at), on(end));
                let area = Area::new(one.0, one.1.min(other.1) - 1.0, other.0, one.1.max(other.1) + 1.0);
                if area.bottom >= frame.top && area.top <= frame.bottom() {
                    self.lines.push(area);
                }
                at = end;
            }
        }
    }

    /// Finds the first free place for `text` (lines broken at `\n`, `line` px apart) among `spots`, takes it and
    /// returns it; `shift` is the direction in which a candidate may slide.
    pub(super) fn place(
        &mut self,
        text: &Text<'_>,
        line: f64,
        (spots, shift): (&[Spot], (f64, f64)),
        rank: Rank,
    ) -> Option<Spot> {
        let mut least: Option<(f64, Spot, Area)> = None;
        let deepest = |taken: &[Area], area: &Area| {
            taken.iter().map(|taken| taken.overlap(area)).fold(f64::NEG_INFINITY, f64::max)
        };
        for spot in spots {
            for by in SHIFTS {
                let moved = Spot { x: spot.x + by * shift.0, y: spot.y + by * shift.1, ..*spot };
                let area = area(text, line, moved);
                let (words, lines) = (deepest(&self.taken, &area), deepest(&self.lines, &area));
                let inside = self.page.holds(&area);
                if inside && words.max(lines) <= -GAP {
                    self.taken.push(area);
                    return Some(moved);
                }
                let cost = if words <= -GAP { -1e6 + lines } else { words };
                let cost = if inside { cost } else { cost.max(0.0) + 1e6 };
                if least.as_ref().is_none_or(|(found, ..)| cost < *found - 1e-9) {
                    least = Some((cost, moved, area));
                }
            }
        }
        let (_, spot, area) = least.filter(|_| rank == Rank::Must)?;
        self.taken.push(area);
        Some(spot)
    }

    /// Places `text` and writes it, or lists it among what was left out. Returns where it stands.
    pub(super) fn write(
        &mut self,
        canvas: &mut Canvas,
        (text, line): (&Text<'_>, f64),
        spots: (&[Spot], (f64, f64)),
        rank: Rank,
    ) -> Option<Spot> {
        if text.words.is_empty() {
            return None;
        }
        let found = self.place(text, line, spots, rank);
        match found {
            Some(spot) => {
                canvas.lines(&Text { x: spot.x, y: spot.y, anchor: spot.anchor, ..*text }, line);
            }
            None => canvas.left_out.push(text.words.replace('\n', " ")),
        }
        found
    }
}

/// Returns the area of a label: widest line by 1.25 em a line.
pub(super) fn area(text: &Text<'_>, line: f64, spot: Spot) -> Area {
    let width =
        text.words.split('\n').map(|part| lettering::width(part, text.size, text.weight)).fold(0.0, f64::max);
    let further = f64::from(u16::try_from(text.words.matches('\n').count()).unwrap_or(u16::MAX));
    let left = match spot.anchor {
        Anchor::Start => spot.x,
        Anchor::Middle => spot.x - width / 2.0,
        Anchor::End => spot.x - width,
    };
    let top = spot.y - 0.93 * text.size;
    Area::new(left, top, left + width, top + 1.25 * text.size + further * line)
}

/// Moves the centres `wanted` (any order) as little as needed so that they stand at least `gap` apart inside
/// `low..=high`; the answer is in the order given. More than fit are spread evenly.
pub(super) fn stack(wanted: &[f64], gap: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed: Vec<f64> = order.iter().map(|at| wanted[*at].clamp(low, high)).collect();
    let fitting = (high - low) / (wanted.len().max(2) - 1) as f64;
    let gap = gap.min(fitting);
    for at in 1..placed.len() {
        placed[at] = placed[at].max(placed[at - 1] + gap);
    }
    let mut ceiling = high;
    for at in (0..placed.len()).rev() {
        placed[at] = placed[at].min(ceiling);
        ceiling = placed[at] - gap;
    }
    let mut out = vec![0.0; wanted.len()];
    for (place, at) in placed.iter().zip(order) {
        out[at] = *place;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn page() -> Area {
        Area::new(0.0, 0.0, 300.0, 200.0)
    }

    fn spots(x: f64, y: f64) -> Vec<Spot> {
        vec![
            Spot::new(x, y, Anchor::Start),
            Spot::new(x, y - 12.0, Anchor::Middle),
            Spot::new(x, y + 12.0, Anchor::Middle),
            Spot::new(x, y, Anchor::End),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, rng_seed: RngSeed::Fixed(2026), ..ProptestConfig::default()
        })]

        #[test]
        fn no_two_placed_labels_overlap_and_none_leaves_the_page(
            wanted in proptest::collection::vec((0.0..300.0f64, 0.0..200.0f64, "[a-z]{1,14}"), 1..30)
        ) {
            let mut placer = Placer::new(page());
            let mut placed: Vec<Area> = Vec::new();
            for (x, y, words) in &wanted {
                let text = Text::new(words, *x, *y, 10.0);
                if let Some(spot) = placer.place(&text, 12.0, (&spots(*x, *y), (0.0, 1.0)), Rank::May) {
                    let found = area(&text, 12.0, spot);
                    prop_assert!(page().holds(&found));
                    for other in &placed {
                        prop_assert!(found.overlap(other) <= -GAP + 1e-9);
                    }
                    placed.push(found);
                }
            }
            prop_assert!(!placed.is_empty() || wanted.iter().all(|(x, y, _)| *x > 150.0 || *y < 20.0 || *y > 180.0));
        }

        #[test]
        fn a_label_of_the_first_rank_is_never_dropped(x in 0.0..300.0f64, y in 0.0..200.0f64) {
            let mut placer = Placer::new(page());
            placer.take(page());
            let text = Text::new("GOOD ENOUGH", x, y, 10.0);
            prop_assert!(placer.place(&text, 12.0, (&spots(x, y), (0.0, 1.0)), Rank::Must).is_some());
            prop_assert!(placer.place(&text, 12.0, (&spots(x, y), (0.0, 1.0)), Rank::May).is_none());
        }

        #[test]
        fn stacked_labels_keep_their_order_and_their_gap(wanted in proptest::collection::vec(0.0..100.0f64, 1..8)) {
            let placed = stack(&wanted, 11.0, (0.0, 100.0));
            for a in 0..wanted.len() {
                prop_assert!((-1e-9..=100.0 + 1e-9).contains(&placed[a]));
                for b in 0..wanted.len() {
                    if a != b {
                        prop_assert!((placed[a] - placed[b]).abs() >= 11.0 - 1e-6);
                    }
                    if wanted[a] < wanted[b] {
                        prop_assert!(placed[a] < placed[b]);
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_free_candidate_is_taken() {
        let mut placer = Placer::new(page());
        placer.take(Area::new(100.0, 60.0, 140.0, 140.0));
        let text = Text::new("cost", 102.0, 100.0, 10.0);
        let spots = [Spot::new(102.0, 100.0, Anchor::Start), Spot::new(96.0, 100.0, Anchor::End)];
        let found = placer.place(&text, 12.0, (&spots, (0.0, 1.0)), Rank::May).unwrap();
        assert_eq!(found.anchor, Anchor::End);
    }

    #[test]
    fn labels_that_have_room_stay_where_they_were_wanted() {
        assert_eq!(stack(&[80.0, 10.0, 40.0], 11.0, (0.0, 100.0)), vec![80.0, 10.0, 40.0]);
    }
}
