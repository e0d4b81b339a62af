//! What follows from sums by adding and subtracting them.

/// A prime: arithmetic is exact modulo it, and a false zero has a chance of one in 10^18.
const PRIME: u64 = (1 << 61) - 1;

fn times(a: u64, b: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) % u128::from(PRIME)).unwrap_or(0)
}

fn minus(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

/// The inverse by Fermat: `a^(p-2)`.
fn inverse(a: u64) -> u64 {
    let (mut base, mut power, mut result) = (a, PRIME - 2, 1);
    while power > 0 {
        if power & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        power >>= 1;
    }
    result
}

/// The sums that are shown, as rows over atoms, brought to steps; each row remembers of which sums it is made.
pub(super) struct Span {
    atoms: usize,
    rows: Vec<Row>,
    sums: usize,
}

struct Row {
    first: usize,
    values: Vec<u64>,
    made_of: Vec<u64>,
}

impl Span {
    /// Takes the sums, each as the ascending positions of its atoms.
    pub(super) fn of<'a>(sums: impl Iterator<Item = &'a [usize]>, atoms: usize) -> Self {
        let sums: Vec<&[usize]> = sums.collect();
        let mut span = Self { atoms, rows: Vec::new(), sums: sums.len() };
        for (at, sum) in sums.iter().enumerate() {
            let mut made_of = vec![0; span.sums];
            made_of[at] = 1;
            let mut row = Row { first: 0, values: span.row(sum), made_of };
            span.reduce(&mut row);
            if let Some(first) = row.values.iter().position(|&value| value != 0) {
                let scale = inverse(row.values[first]);
                for value in row.values.iter_mut().chain(&mut row.made_of) {
                    *value = times(*value, scale);
                }
                row.first = first;
                span.rows.push(row);
            }
        }
        span
    }

    /// Which sums give the sum over `target` when added and subtracted; `None` where none do.
    pub(super) fn combination(&self, target: &[usize]) -> Option<Vec<usize>> {
        let mut row = Row { first: 0, values: self.row(target), made_of: vec![0; self.sums] };
        self.reduce(&mut row);
        let found = row.values.iter().all(|&value| value == 0);
        found.then(|| (0..self.sums).filter(|&sum| row.made_of[sum] != 0).collect())
    }

    fn row(&self, atoms: &[usize]) -> Vec<u64> {
        let mut values = vec![0; self.atoms];
        for &atom in atoms {
            values[atom] = 1;
        }
        values
    }

    /// Takes from a row what the rows before it explain.
    fn reduce(&self, row: &mut Row) {
        for step in &self.rows {
            let factor = row.values[step.first];
            if factor == 0 {
                continue;
            }
            for (value, other) in row.values.iter_mut().zip(&step.values) {
                *value = minus(*value, times(factor, *other));
            }
            for (value, other) in row.made_of.iter_mut().zip(&step.made_of) {
                *value = minus(*value, times(factor, *other));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_whole_follows_from_the_whole_and_its_other_parts() {
        let sums: [&[usize]; 3] = [&[0, 1, 2, 3], &[0], &[1, 2]];
        let span = Span::of(sums.into_iter(), 4);
        assert_eq!(span.combination(&[3]), Some(vec![0, 1, 2]));
        assert_eq!(span.combination(&[0, 3]), Some(vec![0, 2]));
        assert_eq!(span.combination(&[1]), None);
    }

    #[test]
    fn what_needs_three_sums_at_once_is_found() {
        // ab + bc - (abc) = b
        let sums: [&[usize]; 3] = [&[0, 1], &[1, 2], &[0, 1, 2]];
        assert_eq!(Span::of(sums.into_iter(), 3).combination(&[1]), Some(vec![0, 1, 2]));
    }
}
