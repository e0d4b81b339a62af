//! Logit and Gamma models on compact data, by Fisher scoring.

use nalgebra::{DMatrix, DVector};

use super::Compact;
use super::basis::{Basis, by_blocks, square, well_conditioned};
use super::fit::{CompactErrors, CompactFit, Raw, add_meat, squares};
use super::kernel::{Column as Values, TILE, add_combination, add_gradient, add_products};
use super::plan::{Plan, Sum, Tile, add_all};
use crate::ols::SeKind;
use crate::{Column, Count, Refusal, Warning};

/// Relative step at which iterations stop.
const SETTLED: f64 = 1e-12;
/// Relative step that is accepted once rounding keeps steps from shrinking further.
const NEARLY_SETTLED: f64 = 1e-9;
/// Relative step at which the iterations on a part of the rows stop.
const ROUGHLY_SETTLED: f64 = 1e-3;
/// Iterations after which no finite solution is expected.
const ITERATIONS: usize = 60;
/// Blocks from which a part of them gives the values to begin with.
const MANY_BLOCKS: usize = 64;
/// One block in so many belongs to the part.
const PART: usize = 16;
/// Longest step, in units of the range of a column.
const LONGEST: f64 = 5.0;
/// Step, in the same units, below which the solution counts as near.
const NEAR: f64 = 0.1;
/// Shrinkage of a step above which the information is taken anew.
const SLOW: f64 = 0.1;
/// Distance of a fitted probability from 0 or 1 that points to separation.
const CERTAIN: f64 = 1e-8;
/// Coefficient per standard deviation of the driver that points to separation together with it.
const STEEP: f64 = 15.0;
/// Standard error per standard deviation of the driver that points to separation.
const VAGUE: f64 = 1e3;
/// Events per parameter below which a model is refused, and below which it warns.
const EVENTS: [f64; 2] = [5.0, 10.0];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Logit,
    Gamma,
}

pub(crate) fn fit(
    data: &Compact,
    outcome: usize,
    drivers: &[usize],
    errors: CompactErrors,
    kind: Kind,
) -> Result<CompactFit, Refusal> {
    let mut plan = Plan::new(data, outcome, drivers)?;
    let (low, _) = plan.outcome_range();
    match kind {
        Kind::Logit => {
            if let Some(row) = plan.find_outcome(|y| ![0.0, 1.0].contains(&y)) {
                return Err(Refusal::NotBinary { row });
            }
        }
        Kind::Gamma if low <= 0.0 => {
            let row = plan.find_outcome(|y| y <= 0.0).unwrap_or(0);
            return Err(Refusal::NotPositive { row });
        }
        Kind::Gamma => {}
    }
    let mean = plan.moments.last().map_or(0.0, |own| own.mean);
    if kind == Kind::Logit {
        let rarer = (mean.min(1.0 - mean) * plan.rows as f64).round();
        let (have, what) = (rarer / drivers.len().max(1) as f64, Count::EventsPerParameter);
        if have < EVENTS[0] {
            return Err(Refusal::TooFew { what, have, need: EVENTS[0] });
        }
        if have < EVENTS[1] {
            plan.warnings.push(Warning::Few { what, have, need: EVENTS[1] });
        }
    }
    let mut model = Model { plan: &plan, kind, width: plan.width(), mean, before: None };
    let solved = if let Some(solved) = model.solve()? {
        solved
    } else {
        // The products hold too few digits: columns are tested, and made orthonormal, by QR.
        model.before = Some(by_blocks(&plan)?.0);
        model.solve()?.ok_or(Refusal::NotConverged)?
    };
    model.describe(solved, errors)?.checked(None)
}

struct Model<'a> {
    plan: &'a Plan<'a>,
    kind: Kind,
    width: usize,
    /// Mean of the outcome.
    mean: f64,
    /// Makes the columns orthonormal first, where they are nearly dependent.
    before: Option<Basis>,
}

/// Coefficients of the centred, scaled columns, the basis in which the information there is one, and the sums
/// at the end.
struct Solved {
    b: DVector<f64>,
    basis: Basis,
    ends: Ends,
    iterations: usize,
}

/// What a pass over the rows sums up.
struct Pass {
    gradient: Vec<f64>,
    /// Upper triangle of `X'WX`, where it is asked for.
    information: Vec<f64>,
    ends: Ends,
}

/// What a pass does besides the gradient.
#[derive(Clone, Copy)]
struct Besides {
    information: bool,
    /// The information that was observed instead of that expected: the same for a logit, `X' diag(y / mean) X`
    /// for a Gamma model.
    observed: bool,
    ends: bool,
}

impl<T> Sum for (Pass, T) {
    fn add(&mut self, other: &Self) {
        add_all(&mut self.0.gradient, &other.0.gradient);
        add_all(&mut self.0.information, &other.0.information);
        self.0.ends.add(&other.0.ends);
    }
}

impl Model<'_> {
    /// Residual and weight of each row of a tile: the outcome less the mean over the derivative of the link's
    /// inverse, times the weight; a row that does not count has neither.
    fn rows(&self, tile: &Tile, eta: &Values, score: &mut Values, weight: &mut Values) {
        match self.kind {
            Kind::Logit => {
                for row in 0..TILE {
                    let p = 1.0 / (1.0 + (-eta[row]).exp());
                    score[row] = (tile.y[row] - p) * tile.counts[row];
                    weight[row] = p * (1.0 - p) * tile.counts[row];
                }
            }
            Kind::Gamma => {
                for row in 0..TILE {
                    score[row] = (tile.y[row] * (-eta[row]).exp() - 1.0) * tile.counts[row];
                }
                *weight = tile.counts;
            }
        }
    }

    fn pass(&self, b: &DVector<f64>, takes: impl Fn(usize) -> bool + Sync, besides: Besides) -> Pass {
        let width = self.width;
        let start = || {
            let information = if besides.information { vec![0.0; width * width] } else { Vec::new() };
            let pass = Pass { gradient: vec![0.0; width], information, ends: Ends::default() };
            (pass, vec![[0.0; TILE]; width])
        };
        let found = self.plan.sum(takes, start, |(pass, own), tile| {
            self.orthonormal(tile, own);
            let (mut eta, mut score, mut weight) = ([0.0; TILE], [0.0; TILE], [0.0; TILE]);
            add_combination(&tile.x, b.as_slice(), &mut eta);
            self.rows(tile, &eta, &mut score, &mut weight);
            add_gradient(&tile.x, &score, &mut pass.gradient);
            if besides.ends {
                self.add_deviance(&mut pass.ends, tile, &eta, &score);
            }
            if besides.information {
                if besides.observed && self.kind == Kind::Gamma {
                    for (weight, score) in weight.iter_mut().zip(&score) {
                        *weight += score;
                    }
                }
                for (target, column) in own.iter_mut().zip(&tile.x) {
                    for row in 0..TILE {
                        target[row] = column[row] * weight[row];
                    }
                }
                add_products(own, &tile.x, &mut pass.information);
            }
        });
        found.0
    }

    /// Replaces the columns of a tile by orthonormal ones, where they are nearly dependent.
    fn orthonormal(&self, tile: &mut Tile, own: &mut Vec<Values>) {
        if let Some(before) = &self.before {
            before.apply(tile, own);
            std::mem::swap(&mut tile.x, own);
        }
    }

    fn start(&self) -> DVector<f64> {
        let mut b = DVector::zeros(self.width);
        b[0] = match self.kind {
            Kind::Logit => (self.mean / (1.0 - self.mean)).ln(),
            Kind::Gamma => self.mean.ln(),
        };
        b
    }

    /// Coefficients to begin with: with many blocks, those of one block in sixteen, from where the rest is near.
    fn near(&self) -> DVector<f64> {
        let start = self.start();
        let mut b = start.clone();
        let mut kept: Option<DMatrix<f64>> = None;
        for _ in 0..ITERATIONS / 4 {
            let information = kept.is_none();
            let pass = self.pass(
                &b,
                |index| index.is_multiple_of(PART),
                Besides { information, observed: false, ends: false },
            );
            let Some(t) = kept.take().or_else(|| inverse_root(&pass.information, self.width)) else {
                return start;
            };
            let step = &t * (t.transpose() * DVector::from_column_slice(&pass.gradient));
            let size = relative(&step, &b);
            if !size.is_finite() || step.amax() > 10.0 {
                return start;
            }
            b += step;
            if size < ROUGHLY_SETTLED {
                break;
            }
            kept = (self.kind == Kind::Gamma).then_some(t);
        }
        b
    }

    /// Fisher scoring; the information of all rows is kept as long as each step is less than a tenth of the one
    /// before, since only the gradient decides where it ends. `None` where the columns are too nearly dependent
    /// for their products.
    fn solve(&self) -> Result<Option<Solved>, Refusal> {
        let mut b = if self.plan.blocks() >= MANY_BLOCKS { self.near() } else { self.start() };
        let mut kept: Option<DMatrix<f64>> = None;
        // The inverse information expected, which does not depend on the coefficients of a Gamma model.
        let mut expected: Option<DMatrix<f64>> = None;
        let (mut last, mut shrinks, mut longest, mut curved) = (f64::INFINITY, 1.0, f64::INFINITY, false);
        for iterations in 1..=ITERATIONS {
            // Where the next step is expected to be the last, all that is wanted at the end is summed as well.
            let ends = last * shrinks < SETTLED;
            // Near the solution the information observed points there more closely than that expected.
            let observed = self.kind == Kind::Gamma && longest < NEAR && !curved && !ends;
            curved |= observed;
            let information = kept.is_none() || observed || (ends && self.kind == Kind::Logit);
            let pass = self.pass(&b, |_| true, Besides { information, observed, ends });
            if information && self.before.is_none() && !well_conditioned(&pass.information, self.width) {
                return if iterations == 1 { Ok(None) } else { Err(self.diverged(&b)) };
            }
            let found = if information { inverse_root(&pass.information, self.width) } else { kept.take() };
            let found = found.ok_or_else(|| self.diverged(&b))?;
            if information && !observed {
                expected = Some(found.clone());
            }
            let step = &found * (found.transpose() * DVector::from_column_slice(&pass.gradient));
            let size = relative(&step, &b);
            if !size.is_finite() {
                return Err(self.diverged(&b));
            }
            let settled = size < SETTLED || (size < NEARLY_SETTLED && size >= last);
            if settled && ends {
                let basis = Basis::new(expected.unwrap_or(found));
                return Ok(Some(Solved { b, basis, ends: pass.ends, iterations }));
            }
            if settled {
                (last, shrinks, kept) = (size, 0.0, Some(found));
                continue;
            }
            // A long step may overshoot.
            longest = step.amax();
            b += if longest > LONGEST { step * (LONGEST / longest) } else { step };
            shrinks = if last.is_finite() { (size / last).min(1.0) } else { 1.0 };
            if shrinks < SLOW || self.kind == Kind::Gamma {
                kept = Some(found);
            }
            last = size;
        }
        Err(self.diverged(&b))
    }

    /// The refusal of iterations without an end.
    fn diverged(&self, b: &DVector<f64>) -> Refusal {
        if self.kind == Kind::Gamma {
            return Refusal::NotConverged;
        }
        let steepest = (1..self.width).max_by(|j, k| b[*j].abs().total_cmp(&b[*k].abs()));
        Refusal::Separation { column: steepest.map_or(Column::Outcome, |k| Column::Driver(k - 1)) }
    }

    fn describe(&self, solved: Solved, errors: CompactErrors) -> Result<CompactFit, Refusal> {
        let (n, p) = (self.plan.rows as f64, self.width as f64);
        let logit = self.kind == Kind::Logit;
        let Solved { b: own, basis: own_basis, ends, iterations } = solved;
        let (b, basis) = match &self.before {
            Some(before) => (&before.t * &own, Basis::new(&before.t * &own_basis.t)),
            None => (own.clone(), Basis::new(own_basis.t.clone())),
        };
        if logit {
            self.check_separation(&b, &basis, &ends)?;
        }
        let dispersion = if logit { 1.0 } else { ends.pearson / (n - p) };
        let (mut se_kind, mut exact) = (SeKind::Classic, None);
        let meat = if errors == CompactErrors::Classic {
            DMatrix::identity(self.width, self.width) * dispersion
        } else {
            let mut robust = self.robust(&own, &own_basis, errors);
            se_kind = if errors == CompactErrors::Hc0 { SeKind::Hc0 } else { SeKind::Hc3 };
            exact = robust.exact.filter(|_| errors == CompactErrors::Hc3);
            let mut factor = 1.0;
            if exact.is_some() {
                (robust, se_kind, factor) =
                    (self.robust(&own, &own_basis, CompactErrors::Hc0), SeKind::Hc1, n / (n - p));
            }
            square(&robust.meat, self.width) * factor
        };
        let null_deviance = match self.kind {
            Kind::Logit => {
                -2.0 * n * (self.mean * self.mean.ln() + (1.0 - self.mean) * (1.0 - self.mean).ln())
            }
            Kind::Gamma => 2.0 * (n * self.mean.ln() - ends.log_outcome),
        };
        let df = (!logit).then_some(n - p);
        let raw = Raw { plan: self.plan, outcome_scale: 1.0, outcome_mean: 0.0, se_kind, df };
        let mut fit = raw.describe(&basis, &b, &meat)?;
        fit.warnings.extend(exact.map(|row| Warning::Leverage { row }));
        Ok(CompactFit {
            r_squared: 1.0 - ends.deviance / null_deviance,
            deviance: ends.deviance,
            null_deviance,
            dispersion,
            vif: inflation(&basis.t),
            iterations,
            ..fit
        })
    }

    fn check_separation(&self, b: &DVector<f64>, basis: &Basis, ends: &Ends) -> Result<(), Refusal> {
        for k in 1..self.width {
            // Columns are scaled to a range of about 1, of which a standard deviation is at most a half.
            let spread = 0.5;
            let steep = b[k].abs() * spread > STEEP;
            if (ends.certain && steep) || basis.t.row(k).norm() * spread > VAGUE {
                return Err(self.diverged(b));
            }
        }
        Ok(())
    }

    /// The filling of robust errors at the solution.
    fn robust(&self, b: &DVector<f64>, basis: &Basis, errors: CompactErrors) -> Robust {
        let width = self.width;
        let columns = || vec![[0.0; TILE]; width];
        let start = || (Robust { meat: vec![0.0; width * width], exact: None }, (columns(), columns()));
        let found = self.plan.sum(
            |_| true,
            start,
            |(robust, (u, weighted)), tile| {
                self.orthonormal(tile, u);
                let (mut eta, mut score, mut weight) = ([0.0; TILE], [0.0; TILE], [0.0; TILE]);
                add_combination(&tile.x, b.as_slice(), &mut eta);
                self.rows(tile, &eta, &mut score, &mut weight);
                // Pearson residuals, and columns times the root of the weight.
                let mut residual = [0.0; TILE];
                for row in 0..TILE {
                    let root = weight[row].sqrt();
                    residual[row] = if root > 0.0 { score[row] / root } else { 0.0 };
                    weight[row] = root;
                }
                for column in &mut tile.x {
                    for row in 0..TILE {
                        column[row] *= weight[row];
                    }
                }
                basis.apply(tile, u);
                let exact = add_meat(u, weighted, &residual, errors, &mut robust.meat);
                robust.exact = robust.exact.or(exact.map(|row| tile.first + row));
            },
        );
        found.0
    }

    fn add_deviance(&self, ends: &mut Ends, tile: &Tile, eta: &Values, score: &Values) {
        match self.kind {
            Kind::Logit => {
                // -log of the chance of what happened; products of eight chances cost one logarithm.
                let (mut likely, mut extreme) = ([1.0; TILE], false);
                for row in 0..TILE {
                    likely[row] = 1.0 - score[row].abs();
                    let sure = likely[row].min(1.0 - likely[row]) < CERTAIN && tile.counts[row] > 0.0;
                    extreme |= sure;
                }
                ends.certain |= extreme;
                if extreme {
                    for row in (0..TILE).filter(|row| tile.counts[*row] > 0.0) {
                        let towards = if tile.y[row] > 0.5 { -eta[row] } else { eta[row] };
                        ends.deviance += 2.0 * (towards.max(0.0) + (-towards.abs()).exp().ln_1p());
                    }
                } else {
                    for eight in likely.chunks_exact(8) {
                        ends.deviance -= 2.0 * eight.iter().product::<f64>().ln();
                    }
                }
            }
            Kind::Gamma => {
                ends.pearson += squares(score);
                for row in 0..TILE {
                    // The logarithm of the outcome over its mean is that of the outcome less the predictor.
                    if tile.counts[row] > 0.0 {
                        let log = tile.y[row].ln();
                        ends.log_outcome += log;
                        ends.deviance += 2.0 * (score[row] - (log - eta[row]));
                    }
                }
            }
        }
    }
}

/// Sums at the solution.
#[derive(Default)]
struct Ends {
    deviance: f64,
    pearson: f64,
    log_outcome: f64,
    certain: bool,
}

impl Sum for Ends {
    fn add(&mut self, other: &Self) {
        self.deviance += other.deviance;
        self.pearson += other.pearson;
        self.log_outcome += other.log_outcome;
        self.certain |= other.certain;
    }
}

struct Robust {
    meat: Vec<f64>,
    /// A row that is fitted exactly.
    exact: Option<usize>,
}

impl<T> Sum for (Robust, T) {
    fn add(&mut self, other: &Self) {
        add_all(&mut self.0.meat, &other.0.meat);
        self.0.exact = self.0.exact.or(other.0.exact);
    }
}

/// `T` with `T T'` the inverse of a matrix given by its upper triangle.
fn inverse_root(upper: &[f64], width: usize) -> Option<DMatrix<f64>> {
    Basis::of_products(square(upper, width)).map(|basis| basis.t)
}

/// Variance inflation of the drivers by the information, as it is for a model with weights: the diagonals of its
/// inverse times those of the information without the intercept.
fn inflation(t: &DMatrix<f64>) -> Vec<f64> {
    let inverse = t * t.transpose();
    let width = inverse.nrows();
    let slopes = inverse.view((1, 1), (width - 1, width - 1)).into_owned();
    let back = Basis::of_products(slopes.clone());
    let one = |k: usize| {
        let back = back.as_ref().map_or(f64::INFINITY, |back| back.t.row(k).norm_squared());
        (slopes[(k, k)] * back).max(1.0)
    };
    (0..width - 1).map(one).collect()
}

fn relative(step: &DVector<f64>, b: &DVector<f64>) -> f64 {
    let one = |(step, b): (&f64, &f64)| step.abs() / (b.abs() + 1e-8);
    let sizes = step.iter().zip(b.iter()).map(one);
    sizes.fold(0.0, |most: f64, size| if size.is_nan() { f64::INFINITY } else { most.max(size) })
}
