//! How often segments are named where there are none, and where there are.

use cam_stats::random::SplitMix64;
use cam_stats::segments::{Feature, Search, SegmentVerdict, segments};

const SETS: u64 = 40;
const ROWS: usize = 500;

fn normal(random: &mut SplitMix64) -> f64 {
    (-2.0 * (1.0 - random.uniform()).ln()).sqrt() * (std::f64::consts::TAU * random.uniform()).cos()
}

/// Sets in which segments came back (stability alone), and in which they were named (further apart than those of
/// a cloud too).
fn named(row: impl Fn(&mut SplitMix64) -> Vec<f64>) -> (usize, usize) {
    let (mut stable, mut natural) = (0, 0);
    for set in 0..SETS {
        let mut random = SplitMix64::new(1_000 + set);
        let rows: Vec<Vec<f64>> = (0..ROWS).map(|_| row(&mut random)).collect();
        let columns: Vec<Vec<f64>> =
            (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect();
        let features: Vec<Feature<'_>> =
            columns.iter().map(|values| Feature { values, money: false }).collect();
        let found = segments(&features, Search { seed: set, starts: 20, draws: 50 }).unwrap();
        stable += usize::from(found.stability > 0.75);
        natural += usize::from(found.verdict == SegmentVerdict::Natural);
    }
    (stable, natural)
}

#[test]
#[ignore = "a simulation"]
fn clouds_are_seldom_cut_into_segments_and_clumps_are_found() {
    let mut most = 0;
    let mut report = |name: &str, (stable, natural): (usize, usize)| {
        eprintln!("{name}: stable in {stable}, natural in {natural} of {SETS}");
        most = most.max(natural);
    };
    report("a square", named(|random| vec![random.uniform(), random.uniform()]));
    report("a cube", named(|random| vec![random.uniform(), random.uniform(), random.uniform()]));
    report("a normal cloud", named(|random| vec![normal(random), normal(random), normal(random)]));
    report(
        "a normal cloud, correlation 0.9",
        named(|random| {
            let (a, b) = (normal(random), normal(random));
            vec![a, 0.9 * a + 0.19_f64.sqrt() * b]
        }),
    );
    let scores = named(|random| {
        let common = normal(random);
        (0..3).map(|_| (7.0 + 1.7 * common + 1.1 * normal(random)).round().clamp(1.0, 10.0)).collect()
    });
    eprintln!(
        "scores of 1 to 10, correlation about 0.7: stable in {}, natural in {} of {SETS}",
        scores.0, scores.1
    );
    let clumps = |apart: f64| {
        named(move |random| {
            let (along, side) = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)][random.index(3)];
            vec![apart * along + normal(random), apart * side + normal(random), normal(random)]
        })
    };
    let (three, six) = (clumps(3.0), clumps(6.0));
    eprintln!(
        "three clumps 3 standard deviations apart: stable in {}, natural in {} of {SETS}",
        three.0, three.1
    );
    eprintln!(
        "three clumps 6 standard deviations apart: stable in {}, natural in {} of {SETS}",
        six.0, six.1
    );
    // One in twenty is meant: more than 5 of 40 come about once in thirty times.
    assert!(most <= 5, "{most}");
    // The ceiling of a scale is a clump of its own, so that scores are cut more often (6 of 40 as this is written).
    assert!(scores.1 <= 10, "{}", scores.1);
    assert!(six.1 >= 38, "{}", six.1);
}
