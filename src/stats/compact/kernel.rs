//! Arithmetic on tiles of rows that stay in the nearest cache.
//!
//! Every sum has two running parts, added at the end: the compiler keeps them in one register of any processor
//! of the last twenty years, and the result has the same bits on all of them.

/// Rows of a tile: 22 columns of them fill 22 KB.
pub(crate) const TILE: usize = 128;
/// Values of one column in a tile.
pub(crate) type Column = [f64; TILE];

/// Adds `A'B` to the upper triangle (`j <= k`) of `sums`, row by row of a square matrix.
pub(crate) fn add_products(a: &[Column], b: &[Column], sums: &mut [f64]) {
    let width = a.len();
    for j in (0..width).step_by(2) {
        for k in (j..width).step_by(4) {
            match (a.get(j..j + 2), b.get(k..k + 4)) {
                (Some([a0, a1]), Some([b0, b1, b2, b3])) => {
                    let found = products([a0, a1], [b0, b1, b2, b3]);
                    for (row, products) in found.iter().enumerate() {
                        let start = (j + row) * width + k;
                        for (sum, product) in sums[start..start + 4].iter_mut().zip(products) {
                            *sum += product;
                        }
                    }
                }
                _ => {
                    for row in j..width.min(j + 2) {
                        for column in k..width.min(k + 4) {
                            sums[row * width + column] += products([&a[row]], [&b[column]])[0][0];
                        }
                    }
                }
            }
        }
    }
}

/// Inner products of each of `a` with each of `b`.
#[inline]
fn products<const A: usize, const B: usize>(a: [&Column; A], b: [&Column; B]) -> [[f64; B]; A] {
    let mut sums = [[[0.0; 2]; B]; A];
    for row in (0..TILE).step_by(2) {
        for (own, sums) in a.iter().zip(&mut sums) {
            for (other, sum) in b.iter().zip(sums) {
                sum[0] += own[row] * other[row];
                sum[1] += own[row + 1] * other[row + 1];
            }
        }
    }
    sums.map(|sums| sums.map(|[even, odd]| even + odd))
}

/// Adds `X'v` to `sums`.
pub(crate) fn add_gradient(x: &[Column], v: &Column, sums: &mut [f64]) {
    let mut quads = x.chunks_exact(4);
    let mut targets = sums.chunks_exact_mut(4);
    for (quad, target) in quads.by_ref().zip(targets.by_ref()) {
        if let [a, b, c, d] = quad {
            for (sum, product) in target.iter_mut().zip(products([v], [a, b, c, d])[0]) {
                *sum += product;
            }
        }
    }
    for (column, sum) in quads.remainder().iter().zip(targets.into_remainder()) {
        *sum += products([v], [column])[0][0];
    }
}

/// Adds `X c` to `target`.
pub(crate) fn add_combination(x: &[Column], c: &[f64], target: &mut Column) {
    let (quads, factors) = (x.chunks_exact(4), c.chunks_exact(4));
    let rest = quads.remainder().iter().zip(factors.remainder());
    for (quad, factor) in quads.zip(factors) {
        if let ([x0, x1, x2, x3], [c0, c1, c2, c3]) = (quad, factor) {
            for row in 0..TILE {
                target[row] += (x0[row] * c0 + x1[row] * c1) + (x2[row] * c2 + x3[row] * c3);
            }
        }
    }
    for (column, factor) in rest {
        for row in 0..TILE {
            target[row] += column[row] * factor;
        }
    }
}

/// `U = X T`, of whose column `k` only the first `depth[k]` rows are not 0.
pub(crate) fn transform(x: &[Column], t: &[f64], depth: &[usize], u: &mut [Column]) {
    let width = x.len();
    for (k, target) in u.iter_mut().enumerate() {
        *target = [0.0; TILE];
        let factors: [f64; 64] = std::array::from_fn(|j| if j < width { t[j * width + k] } else { 0.0 });
        let used = depth[k].min(64);
        add_combination(&x[..used], &factors[..used], target);
        for j in used..depth[k] {
            add_combination(&x[j..=j], &[t[j * width + k]], target);
        }
    }
}

/// Fills the lower triangle of a square matrix from the upper one.
pub(crate) fn mirror(sums: &mut [f64], width: usize) {
    for row in 0..width {
        for column in 0..row {
            sums[row * width + column] = sums[column * width + row];
        }
    }
}
