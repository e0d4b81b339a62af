//! What holds for every input, not only for the samples: random companies, drawn in both languages.

use cam::chart::input::{
    Bar, BestRange, CostPoint, CurvePoint, Ending, IndexAxis, RowState, SpendTick, Star, Today, Zone,
};
use cam::chart::{self, Drawing, Form, Look, Palette};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::drawn::{collisions, parts};
use crate::samples::{self, Tongue, interval};

fn light() -> Look {
    Look { palette: Palette::Light, form: Form::Page, prefix: "law".into() }
}

/// A random company: where it is, and what was observed.
#[derive(Debug, Clone)]
struct Company {
    chinese: bool,
    observed: (f64, f64),
    today: (f64, f64),
    rows: Vec<Shape>,
}

/// A random row.
#[derive(Debug, Clone)]
struct Shape {
    refused: bool,
    /// Gain at the best level, its level as a share of the observed range, spread, cost at the end.
    gain: f64,
    best: f64,
    spread: f64,
    cost: f64,
    zone: bool,
    star: bool,
    ending: u8,
}

fn shape() -> impl Strategy<Value = Shape> {
    (
        prop::bool::weighted(0.2),
        -20.0..20.0f64,
        0.0..1.0f64,
        0.01..10.0f64,
        -5.0..20.0f64,
        any::<bool>(),
        any::<bool>(),
        0..3u8,
    )
        .prop_map(|(refused, gain, best, spread, cost, zone, star, ending)| Shape {
            refused,
            gain,
            best,
            spread,
            cost,
            zone,
            star,
            ending,
        })
}

fn company() -> impl Strategy<Value = Company> {
    (
        any::<bool>(),
        40.0..70.0f64,
        12.0..30.0f64,
        0.0..1.0f64,
        0.5..4.0f64,
        prop::collection::vec(shape(), 1..7),
    )
        .prop_map(|(chinese, low, wide, today, half, rows)| Company {
            chinese,
            observed: (low, low + wide),
            today: (low + today * wide, half),
            rows,
        })
}

impl Company {
    fn tongue(&self) -> Tongue {
        if self.chinese { Tongue::Chinese } else { Tongue::English }
    }

    fn axis(&self) -> IndexAxis {
        IndexAxis { observed: self.observed, ..samples::axis(self.tongue()) }
    }

    fn today(&self) -> Today {
        let (level, half) = self.today;
        Today { level: interval(level - half, level, level + half), ..samples::today(self.tongue()) }
    }

    fn state(&self, shape: &Shape) -> RowState {
        let tongue = self.tongue();
        if shape.refused {
            return RowState::Refused(samples::refusal(tongue));
        }
        let (low, high) = self.observed;
        let best = low + shape.best * (high - low);
        let gain = |level: f64| shape.gain * (1.0 - ((level - best) / 15.0).powi(2));
        let today = self.today.0;
        let mut curve = samples::parts(tongue);
        curve.points = (0..=40u8)
            .map(|at| low + (high - low) * f64::from(at) / 40.0)
            .map(|level| {
                let (g, s) = (gain(level) - gain(today), shape.spread * (level - today).abs() / 10.0);
                CurvePoint {
                    level,
                    low90: g - 1.6 * s,
                    low50: g - 0.7 * s,
                    median: g,
                    high50: g + 0.7 * s,
                    high90: g + 1.6 * s,
                }
            })
            .collect();
        curve.cost = curve
            .points
            .iter()
            .map(|p| CostPoint {
                level: p.level,
                cost: shape.cost * (p.level - today) / 20.0,
                judged: p.level > best,
            })
            .collect();
        let ends = ((best - 4.0).max(low), (best + 3.0).min(high));
        curve.zone = shape.zone.then(|| Zone {
            low: ends.0,
            high: ends.1,
            label: format!("{:.0}–{:.0}", ends.0, ends.1),
            star: shape.star.then(|| Star { level: best, label: format!("{best:.0}") }),
            caveat: (!shape.star).then(|| tongue.pick("if the link is causal", "若该关联为因果").into()),
        });
        curve.best_range = shape.zone.then(|| BestRange {
            low: (best - 6.0).max(low),
            high: (best + 6.0).min(high),
            ..samples::parts(tongue).best_range.unwrap()
        });
        curve.ending = match (shape.zone, shape.ending) {
            (true, _) | (_, 0) => Ending::Inside,
            (_, 1) => Ending::NotVisible(tongue.pick("best level\nnot visible", "最优点\n看不到").into()),
            _ => Ending::NoEffect(tongue.pick("no effect seen", "看不出效果").into()),
        };
        curve.spend_ticks = (0..8u8)
            .map(|at| SpendTick {
                level: low + f64::from(at) * (high - low) / 7.0,
                spend: "\u{2212}1,240".into(),
                driver: "100".into(),
            })
            .collect();
        RowState::Curve(Box::new(curve))
    }

    fn rows(&self, draw: fn(&cam::chart::input::Investments, &Look) -> Drawing) -> Drawing {
        let mut input = samples::investments(self.tongue());
        input.axis = self.axis();
        input.today = self.today();
        let models = input.rows.clone();
        input.rows = self
            .rows
            .iter()
            .enumerate()
            .map(|(at, shape)| {
                let mut row = models[at % models.len()].clone();
                row.state = self.state(shape);
                row
            })
            .collect();
        draw(&input, &light())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, rng_seed: RngSeed::Fixed(2026), ..ProptestConfig::default() })]

    #[test]
    fn no_text_lies_on_another_in_any_picture(company in company()) {
        let found = collisions(&company.rows(chart::investments_whole));
        prop_assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn no_text_lies_on_another_in_any_large_picture(company in company()) {
        let mut input = samples::answer(company.tongue());
        input.axis = company.axis();
        input.today = company.today();
        input.plateau = Some(samples::plateau(company.tongue()));
        input.state = company.state(&company.rows[0]);
        let found = collisions(&chart::answer(&input, &light()));
        prop_assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn curves_stay_inside_what_was_observed(company in company()) {
        let drawing = company.rows(chart::investments);
        let px = |level: f64| 218.0 + (level - 40.0) / 60.0 * 502.0;
        for part in ["median", "band90", "band50", "edge90", "cost", "cost-judged"] {
            for (x, _) in parts(&drawing, part).iter().flat_map(|part| part.points.clone()) {
                let (left, right) = (px(company.observed.0) - 0.11, px(company.observed.1) + 0.11);
                prop_assert!((left..=right).contains(&x), "{part}: {x} outside {left} to {right}");
            }
        }
    }

    #[test]
    fn no_text_lies_on_another_in_any_outcome(company in company()) {
        let tongue = company.tongue();
        let mut input = samples::outcomes(tongue);
        input.axis = company.axis();
        input.today = company.today();
        for (panel, shape) in input.panels.iter_mut().zip(company.rows.iter().cycle()) {
            let middle = f64::midpoint(panel.scale.0, panel.scale.1);
            let slope = shape.gain / 40.0;
            for (level, interval) in &mut panel.curve {
                let estimate = middle + slope * (*level - 69.0);
                *interval = samples::interval(estimate - shape.spread, estimate, estimate + shape.spread);
            }
        }
        input.customers = vec![Bar { low: 40.0, high: 100.0, share: 1.0 }];
        let found = collisions(&chart::outcomes(&input, &light()));
        prop_assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn no_text_lies_on_another_however_many_waves_there_are(count in 1..24usize, values in prop::collection::vec(42.0..98.0f64, 24)) {
        let mut input = samples::waves(Tongue::English);
        let model = input.waves[0].clone();
        input.waves = (0..count)
            .map(|at| cam::chart::input::Wave { index: Some(interval(values[at] - 2.0, values[at], values[at] + 2.0)), ..model.clone() })
            .collect();
        let found = collisions(&chart::waves(&input, &light()));
        prop_assert!(found.is_empty(), "{found:#?}");
    }
}
