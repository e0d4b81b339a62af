//! Analyses written by hand, clearly samples: a rich one, one without relation on a coarse scale, a tiny one.

use std::collections::BTreeMap;

use cam::analysis::*;
use cam::dataset::Exclude;
use cam_stats::candidates::{Candidate, Model};
use cam_stats::verdict::{Clause, Reason, Verdict};

/// An estimate with a 90 % range.
fn ninety(value: f64, low: f64, high: f64, n: usize) -> Estimate {
    Estimate { value, low, high, level: 0.9, n }
}

fn eighty(value: f64, low: f64, high: f64) -> Estimate {
    Estimate { value, low, high, level: 0.8, n: 999 }
}

fn guard(key: GuardKey, value: Option<f64>, bound: f64, held: Option<bool>, caps_at: Grade) -> Guard {
    Guard { key, value, bound, held, caps_at }
}

fn frame(organisation: &str, currency: &str) -> Frame {
    Frame {
        organisation: organisation.into(),
        currency: currency.into(),
        period: "2026Q3".into(),
        sample_data: true,
        unit_of_analysis: Unit::AccountWave,
        window_months: 12,
        retention: RetentionRule::Contractual,
        money: MoneyKind::Margin,
        horizon_years: 3,
        discount_rate: 0.08,
        draws: 999,
        seed: 20_260_101,
        cluster: "account".into(),
        survey: "customer".into(),
        survey_version: 3,
        spec_sha256: "3f5a".repeat(16),
        data_fingerprint: "9c01".repeat(16),
        program_version: "0.1.0".into(),
    }
}

/// A bell of customers around `mean`, in steps of two points from `low` to 100.
fn histogram(low: f64, mean: f64, spread: f64) -> Vec<f64> {
    let middles = std::iter::successors(Some(low + 1.0), |at| Some(at + 2.0)).take_while(|at| *at < 100.0);
    let heights: Vec<f64> = middles.map(|at| (-0.5 * ((at - mean) / spread).powi(2)).exp()).collect();
    let sum: f64 = heights.iter().sum();
    heights.into_iter().map(|height| height / sum).collect()
}

fn distribution(observed: (f64, f64), low: f64, mean: f64, spread: f64) -> Distribution {
    Distribution {
        observed,
        axis_low: low,
        histogram: histogram(low, mean, spread),
        accounts: vec![
            AccountShare { satisfaction: mean - spread, customers: 0.5, revenue: 0.6 },
            AccountShare { satisfaction: mean + spread, customers: 0.5, revenue: 0.4 },
        ],
    }
}

/// A smooth curve with a band that widens towards the ends.
fn curve(observed: (f64, f64), centre: f64, band: f64, value: impl Fn(f64) -> f64) -> Vec<CurvePoint> {
    (0..=42)
        .map(|step| {
            let x = observed.0 + (observed.1 - observed.0) * f64::from(step) / 42.0;
            let half = band * (1.0 + ((x - centre) / 16.0).powi(2));
            CurvePoint { x, y: value(x), low: value(x) - half, high: value(x) + half }
        })
        .collect()
}

fn groups(levels: &[f64], band: f64, value: impl Fn(f64) -> f64) -> Vec<GroupPoint> {
    levels
        .iter()
        .zip([0.3, -0.4, 0.2, 0.1, -0.2, 0.4, -0.1, 0.3, -0.3, 0.1].into_iter().cycle())
        .map(|(&x, off)| {
            let y = value(x) + off * band;
            GroupPoint { x, y: ninety(y, y - band, y + band, 420) }
        })
        .collect()
}

const DECILES: [f64; 10] = [52.0, 58.0, 63.0, 67.0, 70.5, 74.0, 77.5, 81.0, 84.5, 88.0];

fn reason(clause: Clause, value: f64, bound: f64, held: bool) -> Reason {
    Reason { clause, value, bound, held }
}

fn wave(label: &str, index: f64, n: usize) -> WavePoint {
    WavePoint {
        label: label.into(),
        satisfaction: ninety(index, index - 2.1, index + 2.0, n),
        loyalty: Some(ninety(index + 3.0, index + 0.4, index + 5.5, n)),
        recommendation: Some(ninety(index - 6.0, index - 8.9, index - 3.2, n)),
        repurchase: Some(ninety(index + 8.0, index + 5.6, index + 10.3, n)),
        accounts_asked: Some(1_260),
    }
}

fn names(key: &str, english: &str, chinese: &str) -> (String, BTreeMap<String, String>) {
    (key.into(), [("en".into(), english.into()), ("zh-Hans".into(), chinese.into())].into())
}

fn driver(key: (&str, &str, &str), impact: (f64, f64, f64), level: f64, share: f64) -> Driver {
    let (key, names) = names(key.0, key.1, key.2);
    Driver {
        key,
        names,
        operational: false,
        impact: ninety(impact.0, impact.1, impact.2, 4_102),
        level: ninety(level, level - 1.6, level + 1.5, 1_204),
        share,
        vif: 1.8,
        suppressor: false,
    }
}

/// Yearly profit that rises from `today`, peaks at `best` with `gain`, and its cost.
fn profit(today: f64, best: f64, gain: f64, reach: (f64, f64), cost: f64) -> Vec<ProfitPoint> {
    (0..=40)
        .map(|step| {
            let x = reach.0 + (reach.1 - reach.0) * f64::from(step) / 40.0;
            let t = (x - today) / (best - today);
            let median = gain * (2.0 * t - t * t);
            let spread = gain.abs() * 0.75 * ((x - today).abs() / (best - today).abs()).powf(0.8);
            let steep = ((x - today) / (best - today)).max(-1.0);
            ProfitPoint {
                x,
                median,
                p05: median - 1.6 * spread,
                p25: median - 0.6 * spread,
                p75: median + 0.6 * spread,
                p95: median + 1.6 * spread,
                cost: cost * (steep + 0.6 * steep * steep.abs()),
            }
        })
        .collect()
}

fn investment(name: &str, construct: &str, cost: f64, level: f64, grade: Grade) -> InvestmentFinding {
    InvestmentFinding {
        name: name.into(),
        construct: construct.into(),
        planned: false,
        reversible: true,
        yearly_cost: cost,
        driver_level: level,
        outcome: InvestmentOutcome::Refused { reason: Unjudged::LinkedAccounts, have: 140.0, need: 200.0 },
        grade,
        guards: Vec::new(),
    }
}

fn ticks(list: &[(f64, f64, f64)]) -> Vec<SpendTick> {
    list.iter().map(|&(x, spend, driver_level)| SpendTick { x, spend, driver_level }).collect()
}

fn deliveries() -> InvestmentFinding {
    InvestmentFinding {
        outcome: InvestmentOutcome::Curve(Box::new(InvestmentCurve {
            points: profit(69.0, 77.0, 3_100_000.0, (63.0, 90.0), 1_500_000.0),
            cost_judged_from: Some(80.0),
            zone: Some((74.0, 81.0)),
            best_level: eighty(77.0, 72.0, 83.0),
            share_at_end: 0.02,
            star: true,
            unseen_end: None,
            cost_exponent: Some(1.8),
            no_effect: false,
            gain: eighty(3_140_000.0, 430_000.0, 5_620_000.0),
            gain_level: 77.0,
            spend: 1_200_000.0,
            chance_of_loss: 0.08,
            advice: Advice::SpendMore,
            customers_below: 0.42,
            revenue_below: 0.55,
            below_level: 74.0,
            ticks: ticks(&[
                (75.0, 700_000.0, 86.0),
                (80.0, 2_200_000.0, 91.0),
                (85.0, 4_600_000.0, 95.0),
                (90.0, 7_800_000.0, 98.0),
            ]),
            largest_gain_allowed: 5_620_000.0,
            test_per_group: None,
            impact: ninety(0.34, 0.26, 0.41, 4_102),
        })),
        ..investment("Faster spare-parts delivery", "parts", 2_400_000.0, 78.0, Grade::C)
    }
}

fn invoices() -> InvestmentFinding {
    InvestmentFinding {
        outcome: InvestmentOutcome::Curve(Box::new(InvestmentCurve {
            points: profit(69.0, 104.0, 3_200_000.0, (66.0, 90.0), 700_000.0),
            cost_judged_from: Some(70.0),
            zone: None,
            best_level: eighty(90.0, 86.0, 90.0),
            share_at_end: 0.64,
            star: false,
            unseen_end: Some(UnseenEnd::Observed),
            cost_exponent: Some(1.8),
            no_effect: false,
            gain: eighty(2_040_000.0, 310_000.0, 3_790_000.0),
            gain_level: 90.0,
            spend: 810_000.0,
            chance_of_loss: 0.09,
            advice: Advice::SpendMoreEndUnknown,
            customers_below: 0.96,
            revenue_below: 0.97,
            below_level: 90.0,
            ticks: ticks(&[(75.0, 210_000.0, 95.0), (80.0, 510_000.0, 97.0), (90.0, 1_500_000.0, 99.0)]),
            largest_gain_allowed: 3_790_000.0,
            test_per_group: None,
            impact: ninety(0.20, 0.13, 0.27, 4_102),
        })),
        ..investment("Fewer wrong invoices", "invoices", 400_000.0, 93.0, Grade::C)
    }
}

fn visits() -> InvestmentFinding {
    InvestmentFinding {
        outcome: InvestmentOutcome::Curve(Box::new(InvestmentCurve {
            points: profit(69.0, 63.0, 800_000.0, (55.0, 84.0), -1_300_000.0),
            cost_judged_from: None,
            zone: Some((60.0, 66.0)),
            best_level: eighty(63.0, 58.0, 68.0),
            share_at_end: 0.01,
            star: true,
            unseen_end: None,
            cost_exponent: Some(1.8),
            no_effect: false,
            gain: eighty(780_000.0, 110_000.0, 1_490_000.0),
            gain_level: 63.0,
            spend: -1_300_000.0,
            chance_of_loss: 0.07,
            advice: Advice::TestHoldingBack,
            customers_below: 0.27,
            revenue_below: 0.21,
            below_level: 60.0,
            ticks: ticks(&[
                (60.0, -1_400_000.0, 71.0),
                (64.0, -1_100_000.0, 75.0),
                (75.0, 1_800_000.0, 86.0),
                (79.0, 3_400_000.0, 89.0),
            ]),
            largest_gain_allowed: 1_490_000.0,
            test_per_group: Some(250_000.0),
            impact: ninety(0.09, 0.03, 0.15, 4_102),
        })),
        ..investment("Account-manager visits", "visits", 3_600_000.0, 80.0, Grade::C)
    }
}

fn gifts() -> InvestmentFinding {
    InvestmentFinding {
        outcome: InvestmentOutcome::Curve(Box::new(InvestmentCurve {
            points: profit(69.0, 61.0, 120_000.0, (60.0, 80.0), -500_000.0),
            cost_judged_from: None,
            zone: None,
            best_level: eighty(69.0, 60.0, 80.0),
            share_at_end: 0.55,
            star: false,
            unseen_end: None,
            cost_exponent: Some(1.8),
            no_effect: true,
            gain: eighty(-420_000.0, -910_000.0, 320_000.0),
            gain_level: 75.0,
            spend: 500_000.0,
            chance_of_loss: 0.78,
            advice: Advice::TestStopping,
            customers_below: 0.5,
            revenue_below: 0.52,
            below_level: 69.0,
            ticks: ticks(&[(75.0, 500_000.0, 78.0), (80.0, 1_100_000.0, 81.0)]),
            largest_gain_allowed: 320_000.0,
            test_per_group: Some(1_234.0),
            impact: ninety(0.01, -0.03, 0.06, 4_102),
        })),
        ..investment("Customer gifts", "gifts", 900_000.0, 74.0, Grade::D)
    }
}

fn relation(verdict: Verdict, n: usize, mean: f64) -> Relation {
    Relation {
        verdict: Some(verdict),
        reasons: vec![
            reason(Clause::CurvatureP, 0.001, 0.05, true),
            reason(Clause::RightSlope95BelowShareOfLeft, 0.18, 0.2, true),
            reason(Clause::ObservationsAboveKink, 412.0, 120.0, true),
        ],
        candidates: vec![
            Candidate { model: Model::Linear, parameters: Some(2), rss: 26_016.1, weight: Some(0.000_2) },
            Candidate { model: Model::LinearPlateau, parameters: Some(3), rss: 13_726.3, weight: Some(0.47) },
            Candidate { model: Model::BrokenLine, parameters: Some(4), rss: 13_648.1, weight: Some(0.53) },
            Candidate { model: Model::Concave, parameters: None, rss: 13_569.4, weight: None },
        ],
        n,
        accounts: 1_204,
        mean,
        slope_below: None,
        slope_above: None,
        slope: None,
        plateau: None,
        curve: Vec::new(),
        groups: Vec::new(),
        few_levels: false,
        r_squared: Some(0.18),
    }
}

fn renewal(observed: (f64, f64)) -> Relation {
    let value = |x: f64| 0.91 - 0.30 * (1.0 - ((x - 48.0) / 30.0).min(1.0)).powf(1.8);
    Relation {
        slope_below: Some(ninety(0.014, 0.009, 0.019, 4_210)),
        slope_above: Some(ninety(0.000_4, -0.001_8, 0.002_5, 4_210)),
        slope: Some(ninety(0.008, 0.006, 0.01, 4_210)),
        plateau: Some(ninety(78.0, 74.0, 83.0, 4_210)),
        curve: curve(observed, 72.0, 0.016, value),
        groups: groups(&DECILES, 0.03, value),
        ..relation(Verdict::Plateau, 4_210, 0.84)
    }
}

fn revenue(observed: (f64, f64)) -> Relation {
    let value = |x: f64| 0.10 - 0.20 * (-(x - 48.0) / 24.0).exp();
    Relation {
        slope_below: Some(ninety(0.005, 0.003, 0.007, 4_210)),
        slope_above: Some(ninety(0.002, 0.000_5, 0.003_4, 4_210)),
        slope: Some(ninety(0.003_6, 0.002_4, 0.004_9, 4_210)),
        curve: curve(observed, 72.0, 0.014, value),
        groups: groups(&DECILES, 0.024, value),
        ..relation(Verdict::Diminishing, 4_210, 0.021)
    }
}

fn margin(observed: (f64, f64)) -> Relation {
    let value = |x: f64| 41_000.0 - 14_000.0 * (-(x - 48.0) / 22.0).exp();
    Relation {
        slope_below: Some(ninety(410.0, 260.0, 560.0, 4_210)),
        slope_above: Some(ninety(120.0, 10.0, 230.0, 4_210)),
        slope: Some(ninety(280.0, 190.0, 370.0, 4_210)),
        plateau: None,
        curve: curve(observed, 72.0, 900.0, value),
        groups: groups(&DECILES, 1_500.0, value),
        ..relation(Verdict::Diminishing, 4_210, 36_400.0)
    }
}

fn harbour_drivers() -> DriverFinding {
    let mut drivers = vec![
        driver(("parts", "Parts delivery", "备件配送"), (0.34, 0.26, 0.41), 78.0, 0.41),
        driver(("contact", "Easy to reach", "容易联系"), (0.24, 0.16, 0.32), 66.0, 0.22),
        driver(("invoices", "Invoices right", "发票正确"), (0.20, 0.13, 0.27), 93.0, 0.14),
        driver(("repair", "Repair time", "维修时长"), (0.18, 0.11, 0.26), 72.0, 0.11),
        driver(("visits", "Visits", "客户拜访"), (0.09, 0.03, 0.15), 80.0, 0.05),
        driver(("range", "Product range", "产品范围"), (0.07, 0.00, 0.15), 76.0, 0.04),
        driver(("price", "Prices kept", "价格守约"), (0.06, -0.02, 0.14), 88.0, 0.02),
        driver(("gifts", "Gifts", "客户礼品"), (0.01, -0.03, 0.06), 74.0, 0.01),
    ];
    drivers[6].suppressor = true;
    DriverFinding {
        drivers,
        n: 4_102,
        n_available: 4_210,
        n_not_asked: 0,
        r_squared: Some(0.46),
        inseparable: vec![vec!["repair".into(), "stock".into()]],
        refusal: None,
        se_kind: "cr2".into(),
    }
}

fn harbour_data() -> DataSummary {
    DataSummary {
        accounts_in_base: 1_260,
        responses_in: 9_850,
        accounts_linked: 1_204,
        observations: 4_210,
        lost: 184,
        accounts_lost: 171,
        contacts_apart: Some(ninety(9.4, 8.1, 10.7, 212)),
        exclusions: [
            (Exclude::NoAccount, 41),
            (Exclude::NoSatisfaction, 212),
            (Exclude::Averaged, 3_914),
            (Exclude::NotInLedger, 63),
            (Exclude::WindowOpen, 1_398),
            (Exclude::RetentionUnknown, 12),
        ]
        .map(|(reason, count)| Exclusion { reason, count })
        .into(),
        reconciliation: vec![
            Reconciliation {
                period: "2026Q2".into(),
                imported: 18_204_550_000,
                official: 18_210_000_000,
                comparable: true,
            },
            Reconciliation {
                period: "2026Q3".into(),
                imported: 18_930_120_050,
                official: 19_010_500_000,
                comparable: true,
            },
        ],
        quarters: 8,
    }
}

fn harbour_silent() -> Nonresponse {
    let row = |variable: Variable, answered: f64, silent: f64, smd: f64| NonresponseRow {
        variable,
        answered,
        silent,
        smd,
    };
    Nonresponse {
        wave: "2026Q3".into(),
        answered: 655,
        silent: 605,
        rows: vec![
            row(Variable::RevenueBefore, 148_200.0, 131_900.0, 0.11),
            row(Variable::TenureYears, 5.4, 4.9, 0.08),
            row(Variable::Segment("industry".into()), 0.46, 0.41, 0.10),
            row(Variable::Segment("laboratory".into()), 0.31, 0.33, -0.04),
        ],
        renewal_gap_points: Some(ninety(3.6, 0.4, 6.8, 1_260)),
    }
}

/// A made-up company with five investments: three that pay differently, one refused, one without effect.
pub(crate) fn harbour() -> Analysis {
    let observed = (48.0, 90.0);
    let training = investment("Operator training", "training", 300_000.0, 61.0, Grade::E);
    let waves = ["2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"];
    let levels = [64.5, 65.2, 66.0, 67.1, 66.4, 68.0, 68.6, 69.0];
    Analysis {
        frame: frame("Harbour Instruments", "CNY"),
        data: harbour_data(),
        waves: waves.iter().zip(levels).map(|(label, level)| wave(label, level, 655)).collect(),
        reliability: vec![
            Reliability {
                construct: "satisfaction".into(),
                names: names("", "Satisfaction", "满意度").1,
                is_index: true,
                alpha: Estimate { value: 0.88, low: 0.86, high: 0.9, level: 0.95, n: 655 },
                items: 3,
                over_waves: Some(0.71),
                used: 0.88,
            },
            Reliability {
                construct: "visits".into(),
                names: names("", "Service visits", "上门服务").1,
                is_index: false,
                alpha: Estimate { value: 0.58, low: 0.51, high: 0.64, level: 0.95, n: 655 },
                items: 2,
                over_waves: None,
                used: 0.58,
            },
        ],
        nonresponse: Some(harbour_silent()),
        today: ninety(69.0, 67.0, 71.0, 655),
        distribution: distribution(observed, 40.0, 69.0, 11.0),
        retention: renewal(observed),
        revenue_change: revenue(observed),
        money: margin(observed),
        drivers: harbour_drivers(),
        investments: vec![deliveries(), invoices(), visits(), training, gifts()],
        guards: vec![
            guard(GuardKey::LinkedAccounts, Some(1_204.0), 200.0, Some(true), Grade::E),
            guard(GuardKey::LostPerTerm, Some(30.7), 10.0, Some(true), Grade::E),
            guard(GuardKey::AnsweredAgainstSilent, Some(3.6), 5.0, Some(true), Grade::E),
            guard(GuardKey::Reconciled, Some(0.004_2), 0.02, Some(true), Grade::D),
            guard(GuardKey::Season, Some(8.0), 8.0, Some(true), Grade::C),
        ],
        grade: Grade::C,
        warnings: vec![Notice {
            code: "W_VIF".into(),
            subject: Subject::Driver { key: "price".into(), names: names("", "Price", "价格").1 },
            message: "price is largely explained by the other drivers".into(),
        }],
    }
}

/// The same company where a guard is not computed: grade D, no star.
pub(crate) fn harbour_at_d() -> Analysis {
    let mut analysis = harbour();
    analysis.grade = Grade::D;
    analysis.guards.push(guard(GuardKey::SameCustomersOverTime, None, 0.0, None, Grade::D));
    for investment in &mut analysis.investments {
        investment.grade = investment.grade.max(Grade::D);
        if let InvestmentOutcome::Curve(curve) = &mut investment.outcome {
            curve.star = false;
        }
    }
    analysis
}

fn flat(mean: f64, band: f64, slope: Estimate) -> Relation {
    let levels = [0.0, 25.0, 50.0, 75.0, 100.0];
    Relation {
        slope: Some(slope),
        groups: groups(&levels, band, |_| mean),
        few_levels: true,
        candidates: Vec::new(),
        r_squared: Some(0.000_2),
        reasons: vec![
            reason(Clause::DistinctLevels, 5.0, 20.0, false),
            reason(Clause::SlopeLowAboveZero, -0.000_1, 0.0, false),
        ],
        ..relation(Verdict::NoRelation, 8_034, mean)
    }
}

/// Orders of a marketplace, each with a score from 1 to 5: no effect of the score on buying again.
pub(crate) fn marketplace() -> Analysis {
    let mut late = driver(("late", "Delivered on time", "准时送达"), (0.374, 0.352, 0.396), 91.0, 0.87);
    late.operational = true;
    let mut delay = driver(("delay", "Days early", "提前天数"), (0.08, 0.05, 0.11), 62.0, 0.13);
    delay.operational = true;
    Analysis {
        frame: Frame {
            retention: RetentionRule::BoughtAgain { within_months: 6 },
            money: MoneyKind::Revenue,
            window_months: 6,
            unit_of_analysis: Unit::Account,
            survey: "review, version 1".into(),
            ..frame("Sample marketplace", "BRL")
        },
        data: DataSummary {
            accounts_in_base: 8_034,
            responses_in: 8_135,
            accounts_linked: 8_034,
            observations: 8_034,
            lost: 7_790,
            accounts_lost: 7_790,
            contacts_apart: None,
            exclusions: vec![Exclusion { reason: Exclude::Averaged, count: 101 }],
            reconciliation: Vec::new(),
            quarters: 7,
        },
        waves: vec![WavePoint {
            loyalty: None,
            recommendation: None,
            repurchase: None,
            accounts_asked: None,
            ..wave("2018Q2", 53.0, 8_034)
        }],
        reliability: Vec::new(),
        nonresponse: None,
        today: ninety(53.0, 52.2, 53.8, 8_034),
        distribution: distribution((0.0, 100.0), 0.0, 60.0, 30.0),
        retention: flat(0.030_4, 0.006, ninety(0.000_01, -0.000_1, 0.000_12, 8_034)),
        revenue_change: flat(-0.96, 0.02, ninety(0.000_02, -0.000_2, 0.000_24, 8_034)),
        money: flat(4.7, 1.6, ninety(0.002, -0.018, 0.022, 8_034)),
        drivers: DriverFinding {
            drivers: vec![late, delay],
            n: 7_960,
            n_available: 8_034,
            n_not_asked: 0,
            r_squared: Some(0.17),
            inseparable: Vec::new(),
            refusal: None,
            se_kind: "hc3".into(),
        },
        investments: Vec::new(),
        guards: vec![
            guard(GuardKey::LinkedAccounts, Some(8_034.0), 200.0, Some(true), Grade::E),
            guard(GuardKey::AnsweredAgainstSilent, None, 5.0, None, Grade::D),
            guard(GuardKey::Season, Some(7.0), 8.0, Some(false), Grade::D),
        ],
        grade: Grade::D,
        warnings: vec![Notice {
            code: "W_FEW_LEVELS".into(),
            subject: Subject::Retention,
            message: "5 levels: no plateau is named".into(),
        }],
    }
}

/// Forty customers and one wave: nothing can be judged.
pub(crate) fn tiny() -> Analysis {
    let none = || Relation {
        verdict: None,
        reasons: vec![reason(Clause::Observations, 38.0, 100.0, false)],
        accounts: 38,
        candidates: Vec::new(),
        r_squared: None,
        ..relation(Verdict::TooFew, 38, 0.9)
    };
    Analysis {
        data: DataSummary {
            accounts_in_base: 41,
            responses_in: 40,
            accounts_linked: 38,
            observations: 38,
            lost: 4,
            accounts_lost: 4,
            contacts_apart: None,
            exclusions: vec![Exclusion { reason: Exclude::WindowOpen, count: 2 }],
            reconciliation: Vec::new(),
            quarters: 2,
        },
        waves: vec![wave("2026Q3", 71.0, 38)],
        reliability: Vec::new(),
        nonresponse: None,
        retention: none(),
        revenue_change: none(),
        money: none(),
        drivers: DriverFinding {
            drivers: Vec::new(),
            n: 0,
            n_available: 38,
            n_not_asked: 0,
            r_squared: None,
            inseparable: Vec::new(),
            refusal: Some(Notice {
                code: "E_TOO_FEW".into(),
                subject: Subject::Drivers,
                message: "too few".into(),
            }),
            se_kind: "hc3".into(),
        },
        investments: vec![InvestmentFinding {
            outcome: InvestmentOutcome::Refused { reason: Unjudged::LinkedAccounts, have: 38.0, need: 200.0 },
            ..investment(
                "Faster answers on the telephone for every customer",
                "contact",
                80_000.0,
                60.0,
                Grade::E,
            )
        }],
        guards: vec![guard(GuardKey::LinkedAccounts, Some(38.0), 200.0, Some(false), Grade::E)],
        grade: Grade::E,
        today: ninety(71.0, 66.0, 76.0, 38),
        distribution: distribution((52.0, 92.0), 40.0, 71.0, 12.0),
        warnings: Vec::new(),
        frame: frame("Corner Bakery Supplies", "EUR"),
    }
}
