//! Error rates of the verdict rule on made-up data; slow, so run by `cargo test -- --ignored`.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "simulation/segments.rs"]
mod segments;

use cam_stats::quantile;
use cam_stats::random::SplitMix64;
use cam_stats::verdict::{Rule, Verdict, verdict};

const SETS: u64 = 60;

/// Share of data sets that get the verdict: 400 rows, satisfaction even on 35 to 98, normal noise.
fn rate(wanted: Verdict, sd: f64, truth: impl Fn(f64) -> f64) -> f64 {
    let found = (0..SETS).filter(|set| {
        let mut random = SplitMix64::new(1_000_003 * (set + 1));
        let s: Vec<f64> = (0..400).map(|_| 35.0 + 63.0 * random.uniform()).collect();
        let noise = |random: &mut SplitMix64| quantile::normal(random.uniform().clamp(1e-12, 1.0 - 1e-12));
        let y: Vec<f64> = s.iter().map(|s| truth(*s) + sd * noise(&mut random)).collect();
        verdict(&s, &y, None, None, &Rule { draws: 499, ..Rule::default() }).unwrap().verdict == wanted
    });
    found.count() as f64 / SETS as f64
}

/// The reference simulation finds .94 to .95 with these settings, and a rate of .95 in 60 sets is below .85 once in
/// a thousand times.
#[test]
#[ignore = "a simulation"]
fn a_line_is_seldom_called_anything_else() {
    let (precise, noisy) =
        (rate(Verdict::Linear, 6.0, |s| 0.8 * s), rate(Verdict::Linear, 15.0, |s| 0.8 * s));
    assert!(precise >= 0.85 && noisy >= 0.85, "{precise} {noisy}");
}

#[test]
#[ignore = "a simulation"]
fn no_relation_is_seldom_called_one() {
    let found = rate(Verdict::NoRelation, 15.0, |_| 50.0);
    assert!(found >= 0.8, "{found}");
}

#[test]
#[ignore = "a simulation"]
fn a_plateau_is_found_and_a_smaller_slope_is_not_called_one() {
    let plateau = rate(Verdict::Plateau, 6.0, |s| 1.1 * s.min(72.0));
    let kink = rate(Verdict::Plateau, 6.0, |s| 1.1 * s.min(72.0) + 0.4 * (s - 72.0).max(0.0));
    let declines = rate(Verdict::Declines, 6.0, |s| 1.1 * s.min(72.0) - 0.4 * (s - 72.0).max(0.0));
    assert!(plateau >= 0.75 && kink <= 0.1 && declines >= 0.9, "{plateau} {kink} {declines}");
}
