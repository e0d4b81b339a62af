//! The partial likelihood and its derivatives.
//!
//! Rows stand in the order of their times of leaving, the latest first, so that those at risk at an event are
//! all rows before it, less those who had not entered yet. A time with events costs work for its sums only; the
//! information is one weighted cross product over all rows less one over the (at most two) mean vectors of each
//! time with events: the weight of a row is the sum of what the times it was at risk at ask of it. So an
//! iteration takes O(n p^2) whatever the ties.

use nalgebra::{DMatrix, DVector};

use crate::Refusal;
use crate::design::{Design, Gram, Level};
use crate::survival::Lifetimes;

use super::fit::Ties;

/// Rows of mean vectors collected before they are multiplied.
const MEANS: usize = 128;

/// Rows that leave at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub(crate) time: f64,
    pub(crate) begin: usize,
    pub(crate) end: usize,
    pub(crate) deaths: usize,
}

/// The data in the order of the likelihood.
pub(crate) struct Risk {
    pub(crate) design: Design,
    /// Row of the data at each position.
    pub(crate) order: Vec<usize>,
    pub(crate) event: Vec<bool>,
    /// The latest time first.
    pub(crate) groups: Vec<Group>,
    /// Group of each position.
    pub(crate) group: Vec<usize>,
    /// First group at which a position is no longer at risk; empty where all enter at 0.
    until: Vec<usize>,
    /// Positions by `until`, ascending.
    entering: Vec<usize>,
    ties: Ties,
}

/// Sums over the events of one time, `q = 1 / (S0 - f D0)` and `f = l / d` for `l = 0..d`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shares {
    /// Sum of q.
    pub(crate) a: f64,
    /// Sum of f q.
    pub(crate) b: f64,
    /// Sum of q squared.
    pub(crate) aa: f64,
    /// Sum of f q squared.
    pub(crate) ab: f64,
    /// Sum of f squared q squared.
    pub(crate) bb: f64,
}

/// Sums over rows at a time with events.
#[derive(Clone, Copy)]
pub(crate) struct Sums<'a> {
    /// `hazard x` of those at risk.
    pub(crate) at_risk: &'a [f64],
    /// `hazard x` of those who leave.
    pub(crate) leaving: &'a [f64],
    /// `x` of those who leave.
    pub(crate) seen: &'a [f64],
}

/// The likelihood at some coefficients.
pub(crate) struct State {
    pub(crate) log_likelihood: f64,
    /// `exp(xb)` of each position, divided by the largest.
    pub(crate) hazards: Vec<f64>,
    /// Logarithm of that divisor.
    pub(crate) shift: f64,
    /// One per group; zero where nobody leaves.
    pub(crate) shares: Vec<Shares>,
}

/// Score and information.
pub(crate) struct Slope {
    pub(crate) score: DVector<f64>,
    pub(crate) information: DMatrix<f64>,
}

impl Risk {
    pub(crate) fn new(lifetimes: &Lifetimes<'_>, drivers: &[&[f64]], ties: Ties) -> Result<Self, Refusal> {
        let order = lifetimes.latest_first();
        let design = Design::new(drivers, Level::Free, Some(&order))?;
        let event: Vec<bool> = order.iter().map(|row| lifetimes.event[*row]).collect();
        let mut groups: Vec<Group> = Vec::new();
        let mut group = Vec::with_capacity(order.len());
        for (position, row) in order.iter().enumerate() {
            let time = lifetimes.stop[*row];
            match groups.last_mut() {
                Some(last) if last.time <= time => last.end = position + 1,
                _ => groups.push(Group { time, begin: position, end: position + 1, deaths: 0 }),
            }
            if let Some(last) = groups.last_mut() {
                last.deaths += usize::from(event[position]);
            }
            group.push(groups.len() - 1);
        }
        let until: Vec<usize> = lifetimes.start.map_or_else(Vec::new, |start| {
            order.iter().map(|row| groups.partition_point(|group| group.time > start[*row])).collect()
        });
        let mut entering: Vec<usize> = (0..until.len()).collect();
        entering.sort_by_key(|position| until[*position]);
        Ok(Self { design, order, event, groups, group, until, entering, ties })
    }

    /// Group that ends the time at risk of a position.
    pub(crate) fn until(&self, position: usize) -> usize {
        self.until.get(position).copied().unwrap_or(self.groups.len())
    }

    /// Walks through the groups, the latest first; `step` gets the group, who comes under risk and who is no
    /// longer (since it enters later).
    pub(crate) fn walk(&self, mut step: impl FnMut(usize, std::ops::Range<usize>, &[usize])) {
        let mut late = 0;
        for (index, group) in self.groups.iter().enumerate() {
            let first = late;
            while self.entering.get(late).is_some_and(|position| self.until[*position] <= index) {
                late += 1;
            }
            step(index, group.begin..group.end, &self.entering[first..late]);
        }
    }

    /// Fractions of the tied events taken out of the risk set.
    pub(crate) fn fractions(&self, deaths: usize) -> impl Iterator<Item = f64> + use<> {
        let efron = self.ties == Ties::Efron;
        (0..deaths).map(move |l| if efron { l as f64 / deaths as f64 } else { 0.0 })
    }

    pub(crate) fn evaluate(&self, coefficients: &DVector<f64>) -> State {
        let mut hazards = self.design.predict(coefficients);
        let shift = hazards.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut log_likelihood = 0.0;
        let mut summed = Sum::default();
        for (eta, event) in hazards.iter_mut().zip(&self.event) {
            *eta -= shift;
            if *event {
                summed.add(*eta);
            }
            *eta = eta.exp();
        }
        log_likelihood += summed.total();
        let mut shares = vec![Shares::default(); self.groups.len()];
        let (mut at_risk, mut logs) = (Sum::default(), Sum::default());
        self.walk(|index, rows, late| {
            let (begin, end) = (rows.start, rows.end);
            for hazard in &hazards[begin..end] {
                at_risk.add(*hazard);
            }
            for position in late {
                at_risk.add(-hazards[*position]);
            }
            let deaths = self.groups[index].deaths;
            if deaths == 0 {
                return;
            }
            let tied: f64 = rows.filter(|row| self.event[*row]).map(|row| hazards[row]).sum();
            let total = at_risk.total();
            let share = &mut shares[index];
            let mut product = 1.0_f64;
            for f in self.fractions(deaths) {
                let left = total - f * tied;
                let q = 1.0 / left;
                // One logarithm for several factors, as long as their product keeps its digits.
                product *= left;
                if !(1e-200..1e200).contains(&product) {
                    logs.add(product.ln());
                    product = 1.0;
                }
                share.a += q;
                share.b += f * q;
                share.aa += q * q;
                share.ab += f * q * q;
                share.bb += f * f * q * q;
            }
            logs.add(product.ln());
        });
        State { log_likelihood: log_likelihood - logs.total(), hazards, shift, shares }
    }

    /// Expected events of each position, each group's part times `scale` of its time: with 1 for all times the
    /// cumulative hazard.
    pub(crate) fn expected(&self, state: &State, scale: impl Fn(usize) -> f64) -> Vec<f64> {
        let groups = self.groups.len();
        let mut cumulative = vec![0.0; groups + 1];
        for g in (0..groups).rev() {
            cumulative[g] = cumulative[g + 1] + scale(g) * state.shares[g].a;
        }
        (0..self.order.len())
            .map(|row| {
                let g = self.group[row];
                let tied = if self.event[row] { scale(g) * state.shares[g].b } else { 0.0 };
                state.hazards[row] * (cumulative[g] - cumulative[self.until(row)] - tied)
            })
            .collect()
    }

    /// The sums of each time with events.
    pub(crate) fn sums(&self, state: &State, mut each: impl FnMut(usize, Sums<'_>)) {
        let stride = self.design.stride();
        let mut at_risk = vec![0.0; stride];
        let mut lost = vec![0.0; stride];
        let mut total = vec![0.0; stride];
        let (mut leaving, mut seen) = (vec![0.0; stride], vec![0.0; stride]);
        let truncated = !self.until.is_empty();
        self.walk(|index, rows, late| {
            for row in rows.clone() {
                let w = state.hazards[row];
                if truncated {
                    add_compensated(&mut at_risk, &mut lost, self.design.row(row), w);
                } else {
                    for (sum, x) in at_risk.iter_mut().zip(self.design.row(row)) {
                        *sum += w * x;
                    }
                }
            }
            for position in late {
                let w = -state.hazards[*position];
                add_compensated(&mut at_risk, &mut lost, self.design.row(*position), w);
            }
            if self.groups[index].deaths == 0 {
                return;
            }
            leaving.fill(0.0);
            seen.fill(0.0);
            for row in rows.filter(|row| self.event[*row]) {
                let w = state.hazards[row];
                for ((sum, plain), x) in leaving.iter_mut().zip(&mut seen).zip(self.design.row(row)) {
                    *sum += w * x;
                    *plain += x;
                }
            }
            for (target, (high, low)) in total.iter_mut().zip(at_risk.iter().zip(&lost)) {
                *target = high + low;
            }
            each(index, Sums { at_risk: &total, leaving: &leaving, seen: &seen });
        });
    }

    /// Information, each time's part times `scale` (not negative).
    pub(crate) fn information(&self, state: &State, scale: impl Fn(usize) -> f64) -> DMatrix<f64> {
        self.slope_by(state, scale).information
    }

    pub(crate) fn slope(&self, state: &State) -> Slope {
        self.slope_by(state, |_| 1.0)
    }

    /// Score and information, each time's part times `scale` (not negative).
    pub(crate) fn slope_by(&self, state: &State, scale: impl Fn(usize) -> f64) -> Slope {
        let (width, stride) = (self.design.width(), self.design.stride());
        let mut means = Gram::new(width);
        let (mut rows, mut weights) = (Vec::with_capacity(2 * MEANS * stride), Vec::new());
        let mut score = vec![0.0; stride];
        self.sums(state, |g, Sums { at_risk, leaving, seen }| {
            // Sum over l of the outer products of q (S1 - f D1), as two vectors.
            let (Shares { a, b, aa, ab, bb }, factor) = (state.shares[g], scale(g));
            let along = ab / aa;
            rows.extend(at_risk.iter().zip(leaving).map(|(s, d)| s - along * d));
            weights.push(factor * aa);
            if ab > 0.0 {
                rows.extend_from_slice(leaving);
                weights.push(factor * (bb - ab * along).max(0.0));
            }
            if weights.len() >= MEANS {
                means.add(&rows, &weights);
                rows.clear();
                weights.clear();
            }
            for (sum, (x, (s, d))) in score.iter_mut().zip(seen.iter().zip(at_risk.iter().zip(leaving))) {
                *sum += factor * (x - (a * s - b * d));
            }
        });
        means.add(&rows, &weights);
        let information = self.design.gram(&self.expected(state, scale)) - means.matrix();
        Slope { score: DVector::from_column_slice(&score[..width]), information }
    }
}

/// Adds `w x` with what rounding takes, so that taking it away again leaves nothing behind.
fn add_compensated(high: &mut [f64], low: &mut [f64], x: &[f64], w: f64) {
    for ((high, low), x) in high.iter_mut().zip(low.iter_mut()).zip(x) {
        let value = w * x;
        let sum = *high + value;
        let part = sum - *high;
        *low += (*high - (sum - part)) + (value - part);
        *high = sum;
    }
}

/// A running sum with what rounding took.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let sum = self.high + value;
        let part = sum - self.high;
        self.low += (self.high - (sum - part)) + (value - part);
        self.high = sum;
    }

    fn total(&self) -> f64 {
        self.high + self.low
    }
}
