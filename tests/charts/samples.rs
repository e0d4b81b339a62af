//! Inputs of the gallery: a made-up company, "Harbour Instruments", in both languages. Sample data, nobody's figures.

use cam::chart::input::*;
use cam::chart::lettering::Span;

/// The language of a sample's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    Chinese,
}

impl Tongue {
    pub(crate) fn pick<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// Money in millions, or in units of ten thousand.
    fn money(self) -> f64 {
        match self {
            Self::English => 1.0,
            Self::Chinese => 100.0,
        }
    }
}

pub(crate) fn interval(low: f64, estimate: f64, high: f64) -> Interval {
    Interval { low, estimate, high }
}

pub(crate) fn axis(tongue: Tongue) -> IndexAxis {
    IndexAxis {
        low: 40.0,
        high: 100.0,
        observed: (48.0, 90.0),
        name: tongue.pick("customer satisfaction index", "客户满意度指数（分）").into(),
        nobody: tongue.pick("nobody\nhas been\nhere", "尚无\n客户\n到过").into(),
    }
}

pub(crate) fn today(tongue: Tongue) -> Today {
    Today {
        level: interval(67.0, 69.0, 71.0),
        label: tongue.pick("TODAY 69", "今天 69").into(),
        range_label: tongue.pick("range 67–71", "范围 67–71").into(),
    }
}

pub(crate) fn customers() -> Vec<Bar> {
    let tall = [
        0.2, 0.5, 0.6, 1.3, 2.1, 2.9, 5.3, 5.3, 6.2, 9.9, 9.5, 12.4, 13.0, 9.3, 13.0, 12.6, 11.0, 12.4, 7.8,
        6.8, 7.3, 4.6, 3.9, 2.6, 1.2, 1.1, 0.6, 0.3, 0.2, 0.1,
    ];
    tall.iter()
        .zip(0u8..)
        .map(|(share, at)| {
            let low = 40.0 + 2.0 * f64::from(at);
            Bar { low, high: low + 2.0, share: *share }
        })
        .collect()
}

pub(crate) fn words(tongue: Tongue) -> CurveWords {
    CurveWords {
        unit: tongue.pick("CNY m", "万元").into(),
        good_enough: tongue.pick("GOOD ENOUGH", "最优区间").into(),
        ninety: tongue.pick("90\u{a0}% range", "90% 范围").into(),
        fifty: tongue.pick("50\u{a0}% range", "50% 范围").into(),
        most_likely: tongue.pick("most likely", "最可能").into(),
        cost: tongue.pick("cost, from records", "成本，有账可查").into(),
        judged: tongue.pick("judged", "估算").into(),
        past_here: tongue
            .pick(
                "past here the next yuan\nlikely costs more than it brings",
                "过此处，再投一元\n很可能得不偿失",
            )
            .into(),
        spend: tongue.pick("spend a year to get there, CNY m", "到达该分所需年投入，万元").into(),
        driver: tongue.pick("level of the driver itself, 0–100", "驱动因素自身得分，0–100").into(),
    }
}

/// Points of a curve through a gain, with bands that open away from today.
fn points(
    levels: (f64, f64),
    money: f64,
    gain: impl Fn(f64) -> f64,
    spread: impl Fn(f64) -> f64,
) -> Vec<CurvePoint> {
    (0..=96u8)
        .map(|at| levels.0 + (levels.1 - levels.0) * f64::from(at) / 96.0)
        .map(|level| {
            let (g, s) = (gain(level) * money, spread(level) * money);
            CurvePoint {
                level,
                low90: g - 1.645 * s,
                low50: g - 0.674 * s,
                median: g,
                high50: g + 0.674 * s,
                high90: g + 1.645 * s,
            }
        })
        .collect()
}

fn cost(levels: (f64, f64), money: f64, judged_from: f64, spend: impl Fn(f64) -> f64) -> Vec<CostPoint> {
    (0..=60u8)
        .map(|at| levels.0 + (levels.1 - levels.0) * f64::from(at) / 60.0)
        .map(|level| CostPoint { level, cost: spend(level) * money, judged: level > judged_from })
        .collect()
}

fn tick(level: f64, spend: &str, driver: &str) -> SpendTick {
    SpendTick { level, spend: spend.into(), driver: driver.into() }
}

/// Rises fast, is best at 77, falls after.
pub(crate) fn parts(tongue: Tongue) -> Curve {
    let money = tongue.money();
    let gain = |s: f64| {
        let d = s - 69.0;
        if d < 0.0 {
            -2.3 * (1.0 - (d / 2.6).exp())
        } else if d < 8.0 {
            3.05 * (1.0 - ((d - 8.0) / 8.0).powi(2))
        } else {
            3.05 - 4.88 * ((d - 8.0) / 13.0).powf(1.75)
        }
    };
    let spread = |s: f64| 0.02 + 0.25 * (s - 69.0).abs().powf(0.88);
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    Curve {
        points: points((63.0, 90.0), money, gain, spread),
        cost: cost((63.0, 90.0), money, 78.5, |s| {
            let d = s - 69.0;
            if d < 0.0 { 0.06 * d } else { 0.0168 * d * d + 0.01 * d }
        }),
        zone: Some(Zone {
            low: 74.0,
            high: 81.0,
            label: "74–81".into(),
            star: Some(Star { level: 77.0, label: "77".into() }),
            caveat: None,
        }),
        best_range: Some(BestRange {
            low: 72.0,
            high: 83.0,
            label: pick("80\u{a0}% range of the best level 72–83", "最优分数的 80% 范围 72–83"),
        }),
        ending: Ending::Inside,
        spend_ticks: vec![
            tick(75.0, &pick("+0.7", "+70"), "86"),
            tick(80.0, &pick("+2.2", "+220"), "91"),
            tick(85.0, &pick("+4.6", "+460"), "95"),
            tick(90.0, &pick("+7.8", "+780"), "98"),
        ],
        driver_today: Some("78".into()),
        below: 74.0,
    }
}

/// Still rising at the observed end.
pub(crate) fn invoices(tongue: Tongue) -> Curve {
    let money = tongue.money();
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    Curve {
        points: points(
            (66.0, 90.0),
            money,
            |s| 0.255 * (s - 69.0) - 0.0027 * (s - 69.0).powi(2),
            |s| 0.02 + 0.085 * (s - 69.0).abs(),
        ),
        cost: cost((66.0, 90.0), money, 69.0, |s| {
            0.0034 * (s - 69.0) * (s - 69.0).max(0.0) + 0.01 * (s - 69.0)
        }),
        zone: None,
        best_range: None,
        ending: Ending::NotVisible(pick("best level\nnot visible", "最优点\n看不到")),
        spend_ticks: vec![
            tick(75.0, &pick("+0.2", "+21"), "95"),
            tick(80.0, &pick("+0.5", "+51"), "97"),
            tick(85.0, &pick("+0.9", "+93"), "98"),
            tick(90.0, &pick("+1.5", "+150"), "99"),
        ],
        driver_today: Some("93".into()),
        below: 90.0,
    }
}

/// Already past its best level.
pub(crate) fn visits(tongue: Tongue) -> Curve {
    let money = tongue.money();
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    let gain = |s: f64| 0.8 - 0.0222 * (s - 63.0).powi(2) + 0.00042 * (s - 63.0).powi(3);
    Curve {
        points: points((55.0, 84.0), money, |s| gain(s) - gain(69.0), |s| 0.02 + 0.085 * (s - 69.0).abs()),
        cost: cost((55.0, 84.0), money, 99.0, |s| {
            let d = s - 69.0;
            if d < 0.0 { 0.2 * d + 0.0055 * d * d } else { 0.2 * d + 0.016 * d * d }
        }),
        zone: Some(Zone {
            low: 60.0,
            high: 66.0,
            label: "60–66".into(),
            star: Some(Star { level: 63.0, label: "63".into() }),
            caveat: None,
        }),
        best_range: Some(BestRange {
            low: 58.0,
            high: 68.0,
            label: pick("80\u{a0}% range of the best level 58–68", "最优分数的 80% 范围 58–68"),
        }),
        ending: Ending::Inside,
        spend_ticks: vec![
            tick(60.0, &pick("\u{2212}1.4", "\u{2212}140"), "71"),
            tick(64.0, &pick("\u{2212}1.1", "\u{2212}110"), "75"),
            tick(75.0, &pick("+1.8", "+180"), "86"),
            tick(79.0, &pick("+3.4", "+340"), "89"),
        ],
        driver_today: Some("80".into()),
        below: 60.0,
    }
}

/// No effect seen.
pub(crate) fn gifts(tongue: Tongue) -> Curve {
    let money = tongue.money();
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    Curve {
        points: points((60.0, 80.0), money, |s| -0.06 * (s - 69.0), |s| 0.03 + 0.055 * (s - 69.0).abs()),
        cost: cost((60.0, 80.0), money, 99.0, |s| 0.09 * (s - 69.0)),
        zone: None,
        best_range: None,
        ending: Ending::NoEffect(pick("no effect seen", "看不出效果")),
        spend_ticks: vec![tick(75.0, &pick("+0.5", "+50"), "78"), tick(80.0, &pick("+1.1", "+110"), "81")],
        driver_today: Some("74".into()),
        below: 48.0,
    }
}

fn figures(cells: [&str; 6], grade: Grade, words: &str) -> Figures {
    let [invest, gain, gain_range, gain_note, loss, payback] = cells.map(str::to_owned);
    Figures { invest, gain, gain_range, gain_note, loss, payback, grade, grade_words: words.to_owned() }
}

fn below(tongue: Tongue, customers: &str, revenue: &str, level: &str) -> Vec<Span> {
    match tongue {
        Tongue::English => vec![
            Span::bold(format!("{customers}\u{a0}%")),
            Span::regular(" of customers, "),
            Span::bold(format!("{revenue}\u{a0}%")),
            Span::regular(format!(" of revenue still below {level}")),
        ],
        Tongue::Chinese => vec![
            Span::bold(format!("{customers}%")),
            Span::regular(" 的客户、"),
            Span::bold(format!("{revenue}%")),
            Span::regular(format!(" 的收入仍低于 {level} 分")),
        ],
    }
}

type Cells = [&'static str; 6];

fn cells(tongue: Tongue, english: Cells, chinese: Cells) -> Cells {
    match tongue {
        Tongue::English => english,
        Tongue::Chinese => chinese,
    }
}

pub(crate) fn rows(tongue: Tongue) -> Vec<Row> {
    let mut rows = judged(tongue);
    rows.extend(doubtful(tongue));
    rows
}

/// Three rows with a gain.
fn judged(tongue: Tongue) -> Vec<Row> {
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    let linked = pick("Linked, not proven", "有关联，未证实因果");
    vec![
        row(
            [
                pick("Faster spare-parts delivery", "加快备件配送"),
                pick("Good enough is 74–81; we are at 69.", "做到 74–81 分才够好，现为 69 分。"),
                pick(
                    "Each further point still pays, but less; it stops covering its cost above about 81.",
                    "继续提高仍有回报，但递减；约 81 分以上不再抵得上投入。",
                ),
            ],
            below(tongue, "42", "55", "74"),
            RowState::Curve(Box::new(parts(tongue))),
            figures(
                cells(
                    tongue,
                    ["1.2 m", "3.1 m", "0.4–5.6", "", "8\u{a0}%", "7 months"],
                    ["120", "310", "40–560", "", "8%", "7 个月"],
                ),
                Grade::C,
                &linked,
            ),
        ),
        row(
            [
                pick("Fewer wrong invoices", "减少发票差错"),
                pick(
                    "Still worth it at the highest level anyone has reached;",
                    "在已观测到的最高水平仍然划算，",
                ),
                pick("where it stops we cannot see.", "终点尚看不到。"),
            ],
            below(tongue, "96", "97", "90"),
            RowState::Curve(Box::new(invoices(tongue))),
            figures(
                cells(
                    tongue,
                    ["0.8 m", "2.0 m", "0.3–3.8", "", "9\u{a0}%", "5 months"],
                    ["80", "200", "30–380", "", "9%", "5 个月"],
                ),
                Grade::C,
                &linked,
            ),
        ),
        row(
            [
                pick("Account-manager visits", "客户经理拜访"),
                pick("Already past good enough (60–66).", "已超过最优区间（60–66 分）。"),
                pick(
                    "Do not add. Test holding back with 80 of 400 customers before any cut.",
                    "不宜追加；削减前先在 400 家客户中抽 80 家做缩减试验。",
                ),
            ],
            below(tongue, "27", "21", "60"),
            RowState::Curve(Box::new(visits(tongue))),
            figures(
                cells(
                    tongue,
                    ["hold", "0.8 m", "0.1–1.5", "if held back", "7\u{a0}%", "–"],
                    ["维持", "80", "10–150", "若缩减", "7%", "–"],
                ),
                Grade::C,
                &linked,
            ),
        ),
    ]
}

/// A row that cannot be judged, and one without effect.
fn doubtful(tongue: Tongue) -> Vec<Row> {
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    vec![
        row(
            [
                pick("Operator training", "操作员培训"),
                pick("Cannot tell yet:", "暂不能判断："),
                pick("140 linked customers, 200 needed.", "已关联客户 140 家，需 200 家。"),
            ],
            vec![Span::regular(pick("about 2 more waves until it can be judged", "约再测 2 次即可判断"))],
            RowState::Refused(refusal(tongue)),
            figures(["–", "–", "", "", "–", "–"], Grade::E, &pick("Too little data", "数据不足，暂不能判断")),
        ),
        row(
            [
                pick("Customer gifts", "客户礼品"),
                pick("No effect that we can see.", "看不出效果。"),
                pick(
                    "The largest gain that the data still allow is 0.3 m a year.",
                    "数据所允许的最大年收益为 30 万元。",
                ),
            ],
            Vec::new(),
            RowState::Curve(Box::new(gifts(tongue))),
            figures(
                cells(
                    tongue,
                    ["0.5 m", "\u{2212}0.4 m", "\u{2212}0.9 to 0.3", "", "78\u{a0}%", "never"],
                    ["50", "\u{2212}40", "\u{2212}90 至 30", "", "78%", "收不回"],
                ),
                Grade::D,
                &pick("Seen together, not proven", "同时出现，未证实因果"),
            ),
        ),
    ]
}

fn row(words: [String; 3], below: Vec<Span>, state: RowState, figures: Figures) -> Row {
    let [name, verdict, explanation] = words;
    Row { name, verdict, explanation, below, state, figures }
}

pub(crate) fn refusal(tongue: Tongue) -> Refusal {
    Refusal {
        label: tongue.pick("cannot tell yet", "暂不能判断").into(),
        progress: Some(Progress {
            have: 140.0,
            need: 200.0,
            label: tongue.pick("140 of 200", "140 / 200").into(),
        }),
    }
}

pub(crate) fn plateau(tongue: Tongue) -> Plateau {
    Plateau { level: interval(74.0, 78.0, 83.0), label: tongue.pick("plateau 78", "平台 78").into() }
}

fn alt(title: &str, description: &str) -> Alt {
    Alt { title: title.into(), description: description.into() }
}

pub(crate) fn investments(tongue: Tongue) -> Investments {
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    Investments {
        alt: alt(
            tongue.pick("How good is good enough, investment by investment", "每项投资，满意度做到多少分才够好"),
            tongue.pick(
                "Five investments on one axis of customer satisfaction. Today is 69 (67 to 71). Parts delivery: good enough \
                 is 74 to 81, likely gain 3.1 m a year (0.4 to 5.6). Training: cannot tell.",
                "五项投资共用一条满意度横轴。今天 69 分（67–71）。备件配送：做到 74–81 分才够好，可能年收益 310 万元（40–560）。培训：暂不能判断。",
            ),
        ),
        axis: axis(tongue),
        observed_label: pick("observed 5–95\u{a0}%: 48–90", "已观测 5–95%：48–90 分"),
        today: today(tongue),
        customers: customers(),
        plateau: Some(plateau(tongue)),
        words: words(tongue),
        heads: Heads {
            investment: pick("Investment, by gain per yuan spent", "投资项目（按每元投入的收益排序）"),
            invest: pick("invest\na year", "每年\n投入"),
            gain: pick("likely gain\n80\u{a0}% range", "可能收益\n80% 范围"),
            loss: pick("chance\nof loss", "亏损\n概率"),
            payback: pick("payback", "回收期"),
            grade: pick("grade", "等级"),
        },
        rows: rows(tongue),
    }
}

pub(crate) fn answer(tongue: Tongue) -> Answer {
    let mut words = words(tongue);
    words.unit = tongue.pick("Profit a year against today, CNY m", "与今天相比的年利润，万元").into();
    words.cost = tongue.pick("what it costs", "成本").into();
    Answer {
        alt: alt(
            tongue.pick("Profit against today by level of satisfaction", "不同满意度水平下与今天相比的利润"),
            tongue.pick(
                "The gain rises to about 3.1 m a year at 77 and falls beyond 81.",
                "收益在 77 分处约 310 万元，81 分以上下降。",
            ),
        ),
        axis: axis(tongue),
        today: today(tongue),
        customers: customers(),
        plateau: None,
        words,
        state: RowState::Curve(Box::new(parts(tongue))),
        below: tongue
            .pick(
                "42\u{a0}% of customers, 55\u{a0}% of revenue still below 74",
                "42% 的客户、55% 的收入仍低于 74 分",
            )
            .into(),
    }
}

pub(crate) fn outcomes(tongue: Tongue) -> Outcomes {
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    let levels = [52.0, 58.0, 63.0, 67.0, 70.5, 74.0, 77.5, 81.0, 84.5, 88.0];
    let renewed = [62.0, 74.0, 80.0, 86.0, 87.0, 90.0, 90.2, 92.0, 91.0, 90.0];
    let half = [6.5, 5.0, 4.0, 3.4, 3.2, 2.8, 2.6, 2.6, 3.0, 3.6];
    let revenue = [-7.2, -5.0, -0.2, 0.6, 2.9, 3.2, 5.4, 5.0, 7.6, 7.3];
    let groups = |values: [f64; 10], times: f64| {
        levels
            .iter()
            .zip(values)
            .zip(half)
            .map(|((level, value), half)| {
                (*level, interval(value - half * times, value, value + half * times))
            })
            .collect::<Vec<_>>()
    };
    let curve = |value: &dyn Fn(f64) -> f64, half: &dyn Fn(f64) -> f64| {
        (0..=84u8)
            .map(|at| 48.0 + f64::from(at) / 2.0)
            .map(|s| (s, interval(value(s) - half(s), value(s), value(s) + half(s))))
            .collect::<Vec<_>>()
    };
    let logistic =
        |s: f64| 50.0 + 41.2 / (1.0 + (-(s - 57.0) / 6.4).exp()) + 3.0 / (1.0 + ((s - 50.0) / 4.0).exp());
    Outcomes {
        alt: alt(
            tongue.pick("Renewal and revenue change against satisfaction", "续约率与收入变化随满意度的变化"),
            tongue.pick("Renewal rises to about 90 % at 78, then stays level. Revenue still rises beyond, but slower.", "续约率到 78 分约 90%，之后持平；收入仍增长，但放缓。"),
        ),
        axis: axis(tongue),
        today: today(tongue),
        panels: vec![
            Panel {
                heading: pick("Renewed within 12 months, %", "12 个月内续约的比例，%"),
                scale: (50.0, 100.0),
                signed: false,
                curve: curve(&logistic, &|s| 1.6 + 0.011 * (s - 70.0).powi(2)),
                groups: groups(renewed, 1.0),
                end_label: Some((pick("about 91\u{a0}%", "约 91%"), pick("at 80–90 (88–94)", "80–90 分（88–94）"))),
                note: Some(pick(
                    "up to 78: +1.4 points of\nrenewal per point (0.9–1.9);\nabove 78: about level",
                    "78 分以下：每提高 1 分\n续约率约增 1.4 点（0.9–1.9）；\n78 分以上：大致持平",
                )),
                plateau: Some(Plateau { level: interval(74.0, 78.0, 83.0), label: pick("plateau 78 (74–83)", "平台 78 分（74–83）") }),
            },
            Panel {
                heading: pick("Change of yearly revenue per customer, %", "每位客户年收入的变化，%"),
                scale: (-15.0, 15.0),
                signed: true,
                curve: curve(&|s| -9.6 + 0.72 * (s - 48.0) - 0.0072 * (s - 48.0).powi(2), &|s| 1.6 + 0.011 * (s - 70.0).powi(2)),
                groups: groups(revenue, 1.0),
                end_label: Some((pick("about +8\u{a0}%", "约 +8%"), pick("at 90 (2–14)", "90 分（2–14）"))),
                note: Some(pick("still rising, but slower;\nno plateau found", "仍在上升，但放缓；\n未见平台")),
                plateau: None,
            },
        ],
        customers: customers(),
        customers_label: pick("customers", "客户"),
        groups_label: pick("ten equal groups of\ncustomers, 90\u{a0}% range", "十个等量客户组，\n90% 范围"),
        band_label: pick("90\u{a0}% range", "90% 范围"),
    }
}

/// Few levels: five answers, their means, and a straight line.
pub(crate) fn few_levels(tongue: Tongue) -> Outcomes {
    let mut input = outcomes(tongue);
    input.axis = IndexAxis { low: 0.0, observed: (0.0, 100.0), ..input.axis };
    input.today = Today {
        level: interval(76.0, 77.0, 78.0),
        label: tongue.pick("TODAY 77", "今天 77").into(),
        range_label: tongue.pick("range 76–78", "范围 76–78").into(),
    };
    let line = |level: f64| 2.9 + 0.001 * level;
    input.panels = vec![Panel {
        heading: tongue.pick("Bought again within 6 months, %", "6 个月内再次购买的比例，%").into(),
        scale: (0.0, 6.0),
        signed: false,
        curve: [0.0, 50.0, 100.0]
            .map(|level| (level, interval(line(level) - 0.6, line(level), line(level) + 0.6)))
            .to_vec(),
        groups: vec![
            (0.0, interval(2.2, 3.1, 4.0)),
            (25.0, interval(1.3, 2.6, 3.9)),
            (50.0, interval(2.0, 2.9, 3.8)),
            (75.0, interval(2.4, 3.0, 3.6)),
            (100.0, interval(2.6, 3.0, 3.4)),
        ],
        end_label: Some((
            tongue.pick("about 3\u{a0}%", "约 3%").into(),
            tongue.pick("at every level", "各分数段").into(),
        )),
        note: Some(
            tongue
                .pick(
                    "no effect seen; at most\n+0.8 points from 0 to 100",
                    "看不出效果；从 0 到 100 分\n至多 +0.8 点",
                )
                .into(),
        ),
        plateau: None,
    }];
    input.customers = (0..5u8)
        .zip([11.0, 3.0, 8.0, 19.0, 59.0])
        .map(|(at, share)| {
            let level = 25.0 * f64::from(at);
            Bar { low: (level - 4.0).max(0.0), high: (level + 4.0).min(100.0), share }
        })
        .collect();
    input.groups_label =
        tongue.pick("mean of each answer,\n90\u{a0}% range", "每个评分的均值，\n90% 范围").into();
    input
}

pub(crate) fn priorities(tongue: Tongue) -> Priorities {
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    let driver = |name: String, level: (f64, f64), effect: (f64, f64), strong: bool| Driver {
        name,
        level: interval(level.0 - level.1, level.0, level.0 + level.1),
        effect: interval(effect.0 - effect.1, effect.0, effect.0 + effect.1),
        strong,
    };
    Priorities {
        alt: alt(
            tongue.pick(
                "Drivers: level today and effect on satisfaction",
                "各驱动因素：当前得分与对满意度的影响",
            ),
            tongue.pick(
                "Parts delivery has the strongest effect and a low level.",
                "备件配送影响最大而得分偏低。",
            ),
        ),
        heading: pick("Points of satisfaction per point of driver", "驱动因素每提高 1 分，满意度提高的分数"),
        level_name: pick("level of the driver today, index 0–100", "驱动因素当前得分，0–100"),
        arms_label: pick("arms of each cross: 90\u{a0}% ranges", "十字的两臂：90% 范围"),
        levels: (50.0, 100.0),
        split: (80.0, 0.15),
        quadrants: [
            pick("Strong effect, low level: first", "影响大、得分低：优先"),
            pick("Strong effect, high level: keep", "影响大、得分高：保持"),
            pick("Weak effect, low level: watch", "影响小、得分低：关注"),
            pick("Weak effect, high level: enough", "影响小、得分高：足够"),
        ],
        drivers: vec![
            driver(pick("Parts delivery", "备件配送"), (78.0, 1.6), (0.335, 0.075), true),
            driver(pick("Easy to reach", "容易联系"), (66.0, 2.1), (0.24, 0.08), true),
            driver(pick("Invoices right", "发票准确"), (93.0, 1.1), (0.2, 0.07), true),
            driver(pick("Repair time", "维修用时"), (72.0, 1.9), (0.185, 0.075), true),
            driver(pick("Account visits", "客户拜访"), (80.5, 1.5), (0.09, 0.06), false),
            driver(pick("Product range", "产品品类"), (76.0, 1.7), (0.075, 0.07), false),
            driver(pick("Price as agreed", "价格守约"), (88.5, 1.3), (0.06, 0.08), false),
            driver(pick("Customer gifts", "客户礼品"), (74.0, 2.2), (0.01, 0.045), false),
        ],
    }
}

pub(crate) fn waves(tongue: Tongue) -> Waves {
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    let values = [64.0, 65.5, 65.0, 66.0, 67.0, 66.5, 68.0, 69.0];
    let n = [312, 330, 341, 352, 371, 388, 402, 412];
    let labels = ["Q4 2024", "Q1 2025", "Q2", "Q3", "Q4", "Q1 2026", "Q2", "Q3"];
    let chinese = ["2024 四季", "2025 一季", "二季", "三季", "四季", "2026 一季", "二季", "三季"];
    let around = |shift: f64, half: f64| {
        values
            .iter()
            .zip(0u8..)
            .map(|(value, at)| {
                let value = value + shift + if at % 3 == 1 { 0.8 } else { -0.2 };
                Some(interval(value - half, value, value + half))
            })
            .collect::<Vec<_>>()
    };
    let companion = |heading: String, shift: f64, scale: (f64, f64), last: &str, range: &str| Companion {
        heading,
        waves: around(shift, 3.0),
        scale,
        last_label: last.into(),
        last_range: range.into(),
    };
    let mut repurchase =
        companion(pick("Repurchase, index", "再次购买意愿，指数"), 3.0, (40.0, 100.0), "72", "69–75");
    repurchase.waves[2] = None;
    Waves {
        alt: alt(
            tongue.pick("Customer satisfaction by wave", "各期客户满意度"),
            tongue.pick(
                "The index rose from 64 to 69 (67 to 71) over eight waves.",
                "八期调查中指数由 64 升至 69（67–71）。",
            ),
        ),
        heading: pick("Customer satisfaction, index 0–100", "客户满意度，指数 0–100"),
        scale: (40.0, 100.0),
        waves: (0..8)
            .map(|at| Wave {
                label: pick(labels[at], chinese[at]),
                n_label: format!("n\u{a0}{}", n[at]),
                index: Some(interval(values[at] - 2.3, values[at], values[at] + 2.3)),
            })
            .collect(),
        today: today(tongue),
        band_label: pick("90\u{a0}% range", "90% 范围"),
        companions: vec![
            companion(pick("Loyalty, index", "忠诚度，指数"), 2.0, (40.0, 100.0), "71", "68–74"),
            companion(pick("Recommendation, index", "推荐意愿，指数"), -7.0, (40.0, 100.0), "62", "59–65"),
            repurchase,
        ],
    }
}

/// Page 1 when nothing can be judged yet.
pub(crate) fn answer_refused(tongue: Tongue) -> Answer {
    Answer { state: RowState::Refused(refusal(tongue)), below: String::new(), ..answer(tongue) }
}

/// Page 5 with a single investment.
pub(crate) fn one(tongue: Tongue) -> Investments {
    let mut input = investments(tongue);
    input.rows.truncate(1);
    input
}

/// Six rows with the longest words that a report may hand over.
pub(crate) fn six_long(tongue: Tongue) -> Investments {
    let pick = |english: &str, chinese: &str| tongue.pick(english, chinese).to_owned();
    let mut input = investments(tongue);
    let mut sixth = input.rows[1].clone();
    sixth.name = pick("Spare parts kept nearer by", "就近储备常用备件");
    input.rows.push(sixth);
    let long = pick(
        "Each further point still pays, but less; it stops covering its cost at about 79–83. Wait for two more waves first.",
        "满意度继续提高仍有回报，但递减；约 79–83 分时不再抵得上投入，请先再等待两次调查的结果。",
    );
    for row in &mut input.rows {
        row.explanation.clone_from(&long);
        row.figures.gain = pick("\u{2212}12.4 m", "\u{2212}1,240");
        row.figures.gain_range = pick("\u{2212}24.9 to 10.3", "\u{2212}2,490 至 1,030");
        row.figures.payback = pick("over 3 years", "3 年以上");
        row.figures.grade_words = pick("Seen together, not proven", "前后与对照比较，较强");
    }
    input
}

/// A matrix in which all drivers stand close together.
pub(crate) fn crowded(tongue: Tongue) -> Priorities {
    let mut input = priorities(tongue);
    for (driver, at) in input.drivers.iter_mut().zip(0u8..) {
        let (column, line) = (f64::from(at % 4), f64::from(at / 4));
        let level = 70.0 + 2.6 * column;
        let effect = 0.22 - 0.05 * line - 0.012 * column;
        driver.level = interval(level - 1.5, level, level + 1.5);
        driver.effect = interval(effect - 0.06, effect, effect + 0.06);
    }
    input
}

/// Page 5 at grade D: zones without a star, narrow ones too.
pub(crate) fn at_d(tongue: Tongue) -> Investments {
    let mut input = investments(tongue);
    for row in &mut input.rows {
        if let RowState::Curve(curve) = &mut row.state
            && let Some(zone) = &mut curve.zone
        {
            zone.high = zone.low + 2.0;
            zone.label = format!("{:.0}–{:.0}", zone.low, zone.high);
            zone.star = None;
            zone.caveat = Some(tongue.pick("if the link is causal", "若该关联为因果").into());
        }
    }
    input
}
