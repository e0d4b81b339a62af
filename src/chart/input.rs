//! What a caller hands to a chart: plain numbers, and words in the reader's language.
//!
//! Satisfaction levels are index points from 0 to 100. Money is in the unit that the axis names (millions, or
//! 万元), a year, against today. Points that are not finite numbers are left out. A `\n` in a label is a line break.

/// A number with its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// The number itself.
    pub estimate: f64,
    /// Upper end.
    pub high: f64,
}

/// What a screen reader is told: title and description of a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alt {
    /// Quantity by what.
    pub title: String,
    /// Verdict, today with range, zone, gain with range, refusals, in reading order; at most 350 signs.
    pub description: String,
}

/// The satisfaction axis, the same in all charts of a company.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexAxis {
    /// Left end, a multiple of ten (40, or lower where the observed 5 % point is).
    pub low: f64,
    /// Right end, 100.
    pub high: f64,
    /// Observed 5 % and 95 % points; outside them the plot is hatched and nothing is drawn.
    pub observed: (f64, f64),
    /// "customer satisfaction index".
    pub name: String,
    /// "nobody\nhas been\nhere", written once in the left hatch.
    pub nobody: String,
}

/// Where the company stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Today {
    /// The index and its range.
    pub level: Interval,
    /// "TODAY 69", the text of the pill.
    pub label: String,
    /// "range 67–71", beside the pill.
    pub range_label: String,
}

/// One bar of the strip of customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Left edge, index points.
    pub low: f64,
    /// Right edge, index points.
    pub high: f64,
    /// Share or number of customers; only the proportions count.
    pub share: f64,
}

/// A curve's value at one level, with its bands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Level of satisfaction.
    pub level: f64,
    /// 5 % point of the draws.
    pub low90: f64,
    /// 25 % point.
    pub low50: f64,
    /// Median.
    pub median: f64,
    /// 75 % point.
    pub high50: f64,
    /// 95 % point.
    pub high90: f64,
}

/// The cost of holding one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostPoint {
    /// Level of satisfaction.
    pub level: f64,
    /// Money a year more than today; drawn below zero.
    pub cost: f64,
    /// Judged rather than from records: the line up to this point is dotted.
    pub judged: bool,
}

/// GOOD ENOUGH: the levels whose gain is as good as the best.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Lower end.
    pub low: f64,
    /// Upper end; from here on the plot is washed amber.
    pub high: f64,
    /// The figures in the block, "74–81".
    pub label: String,
    /// Best level, "77"; only where the rule for a star is met. A star is drawn if and only if this is given.
    pub star: Option<Star>,
    /// "if the link is causal", written in place of a star at grade D.
    pub caveat: Option<String>,
}

/// The best level.
#[derive(Debug, Clone, PartialEq)]
pub struct Star {
    /// Where it stands.
    pub level: f64,
    /// "77".
    pub label: String,
}

/// The 80 % range of the best level: the bracket under the block.
#[derive(Debug, Clone, PartialEq)]
pub struct BestRange {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// "80 % range of the best level 72–83"; written in the first row that has one.
    pub label: String,
}

/// How a curve ends at the observed end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The best level lies inside what was observed.
    Inside,
    /// Still rising: an open arrow into the hatch with this label, "best level\nnot visible".
    NotVisible(String),
    /// No effect seen: this label at the curve's end.
    NoEffect(String),
}

/// A tick of the upper scale of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct SpendTick {
    /// Level of satisfaction.
    pub level: f64,
    /// Spend a year to get there, "+0.7".
    pub spend: String,
    /// The driver's own level there, "86".
    pub driver: String,
}

/// Profit against today by level, for one investment.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Points in rising order of level; what lies outside the observed range is cut off.
    pub points: Vec<CurvePoint>,
    /// Cost in rising order of level; may be empty.
    pub cost: Vec<CostPoint>,
    /// GOOD ENOUGH, if there is one.
    pub zone: Option<Zone>,
    /// Range of the best level, if there is one.
    pub best_range: Option<BestRange>,
    /// How the curve ends.
    pub ending: Ending,
    /// Upper scale; at most four are written, 40 px apart.
    pub spend_ticks: Vec<SpendTick>,
    /// The driver's own level today, "78".
    pub driver_today: Option<String>,
    /// Customers below this level are drawn solid, the others hollow.
    pub below: f64,
}

/// Words that all rows of the picture share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurveWords {
    /// "CNY m" over the y axis (the big picture: "Profit a year against today, CNY m").
    pub unit: String,
    /// "GOOD ENOUGH".
    pub good_enough: String,
    /// "90 % range".
    pub ninety: String,
    /// "50 % range".
    pub fifty: String,
    /// "most likely".
    pub most_likely: String,
    /// "cost, from records".
    pub cost: String,
    /// "judged".
    pub judged: String,
    /// "past here the next yuan\nlikely costs more than it brings".
    pub past_here: String,
    /// "spend a year to get there, CNY m".
    pub spend: String,
    /// "level of the driver itself, 0–100".
    pub driver: String,
}

/// The proven plateau.
#[derive(Debug, Clone, PartialEq)]
pub struct Plateau {
    /// Where satisfaction stops paying whatever it costs, with its range.
    pub level: Interval,
    /// "plateau 78".
    pub label: String,
}

/// A row that cannot be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// "cannot tell yet".
    pub label: String,
    /// What there is and what is needed, if more of the same would help.
    pub progress: Option<Progress>,
}

/// The bar of a refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Linked customers there are.
    pub have: f64,
    /// Linked customers needed.
    pub need: f64,
    /// "140 of 200".
    pub label: String,
}

/// What a row shows.
#[derive(Debug, Clone, PartialEq)]
pub enum RowState {
    /// A curve with all that belongs to it.
    Curve(Box<Curve>),
    /// Nothing but the reason.
    Refused(Refusal),
}

/// One investment: the row, and the words left and right of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// "Faster spare-parts delivery".
    pub name: String,
    /// First sentence, bold.
    pub verdict: String,
    /// The rest, regular; may be empty.
    pub explanation: String,
    /// "**42 %** of customers, …", beside the strip; may be empty.
    pub below: Vec<super::lettering::Span>,
    /// What the row shows.
    pub state: RowState,
    /// The right column.
    pub figures: Figures,
}

/// The right column of a row, ready-made; an en dash for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// "1.2 m".
    pub invest: String,
    /// "3.1 m".
    pub gain: String,
    /// "0.4–5.6".
    pub gain_range: String,
    /// "if held back"; may be empty.
    pub gain_note: String,
    /// "8 %".
    pub loss: String,
    /// "7 months".
    pub payback: String,
    /// Evidence grade.
    pub grade: Grade,
    /// "Linked, not proven".
    pub grade_words: String,
}

/// Evidence grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Tested.
    A,
    /// Strong comparison.
    B,
    /// Linked, not proven.
    C,
    /// Seen together, not proven.
    D,
    /// Too little data.
    E,
}

/// Heads of the columns of the whole picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// "Investment, by gain per yuan spent".
    pub investment: String,
    /// "invest\na year".
    pub invest: String,
    /// "likely gain\n80 % range".
    pub gain: String,
    /// "chance\nof loss".
    pub loss: String,
    /// "payback".
    pub payback: String,
    /// "grade".
    pub grade: String,
}

/// Input of [`investments`](super::investments): how good is good enough, investment by investment.
#[derive(Debug, Clone, PartialEq)]
pub struct Investments {
    /// For screen readers.
    pub alt: Alt,
    /// The x axis of all rows.
    pub axis: IndexAxis,
    /// "observed 5–95 %: 48–90", right of the axis.
    pub observed_label: String,
    /// The line through all rows.
    pub today: Today,
    /// The strip under each row.
    pub customers: Vec<Bar>,
    /// The tick under each strip.
    pub plateau: Option<Plateau>,
    /// Words of the plot.
    pub words: CurveWords,
    /// Heads of the columns, used by the whole picture only.
    pub heads: Heads,
    /// At most six, in the order in which they are shown.
    pub rows: Vec<Row>,
}

/// Input of [`answer`](super::answer): one investment, large.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// For screen readers.
    pub alt: Alt,
    /// The x axis.
    pub axis: IndexAxis,
    /// The line.
    pub today: Today,
    /// The strip.
    pub customers: Vec<Bar>,
    /// The tick under the strip.
    pub plateau: Option<Plateau>,
    /// Words of the plot; `spend` and `driver` are not used.
    pub words: CurveWords,
    /// The curve, or the reason why there is none.
    pub state: RowState,
    /// "42 % of customers, 55 % of revenue still below 74"; may be empty.
    pub below: String,
}

/// One wave of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Wave {
    /// "Q3 2026"; under the axis, `\n` for a second line.
    pub label: String,
    /// "n 412", under the label.
    pub n_label: String,
    /// The index with its 90 % range; `None` where the wave has none: the line is broken there.
    pub index: Option<Interval>,
}

/// A small chart beside the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// "Loyalty, index".
    pub heading: String,
    /// One per wave of the main chart, in the same order.
    pub waves: Vec<Option<Interval>>,
    /// Lowest and highest tick of the y axis.
    pub scale: (f64, f64),
    /// "71", beside the last point.
    pub last_label: String,
    /// "68–74", under it.
    pub last_range: String,
}

/// Input of [`waves`](super::waves): index by wave, with companions.
#[derive(Debug, Clone, PartialEq)]
pub struct Waves {
    /// For screen readers.
    pub alt: Alt,
    /// "Customer satisfaction, index 0–100".
    pub heading: String,
    /// Lowest and highest tick of the y axis, the same every quarter.
    pub scale: (f64, f64),
    /// In order of time; the last one is today.
    pub waves: Vec<Wave>,
    /// The pill over the last wave and the range beside it.
    pub today: Today,
    /// "90 % range".
    pub band_label: String,
    /// Loyalty, recommendation, repurchase; at most three.
    pub companions: Vec<Companion>,
}

/// One panel of [`outcomes`](super::outcomes).
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// "Renewed within 12 months, %".
    pub heading: String,
    /// Lowest and highest value of the y axis; widened to whole steps.
    pub scale: (f64, f64),
    /// A change against something: the ticks carry their sign and zero is a bold line.
    pub signed: bool,
    /// Smooth curve or straight line with its 90 % band: level and value; cut off outside the observed range.
    pub curve: Vec<(f64, Interval)>,
    /// Group means with their 90 % ranges: level and value.
    pub groups: Vec<(f64, Interval)>,
    /// "about 91 %" and, smaller, "at 80–90 (88–94)", beside the right end; an empty second is left out.
    pub end_label: Option<(String, String)>,
    /// What the curve says, at most three short lines, beside it.
    pub note: Option<String>,
    /// The plateau with its range, under the panel, if one was found: "plateau 78 (74–83)".
    pub plateau: Option<Plateau>,
}

/// Input of [`outcomes`](super::outcomes): money against satisfaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    /// For screen readers.
    pub alt: Alt,
    /// The shared x axis.
    pub axis: IndexAxis,
    /// The line through all panels.
    pub today: Today,
    /// One or two panels, from top to bottom.
    pub panels: Vec<Panel>,
    /// The strip under the last panel.
    pub customers: Vec<Bar>,
    /// "customers", beside the strip.
    pub customers_label: String,
    /// "ten equal groups of\ncustomers, 90 % range", written once.
    pub groups_label: String,
    /// "90 % range", written once.
    pub band_label: String,
}

/// One driver of the priority matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Driver {
    /// "Parts delivery".
    pub name: String,
    /// Level today with its 90 % range.
    pub level: Interval,
    /// Points of satisfaction per point of the driver, with its 90 % range.
    pub effect: Interval,
    /// First rank: blue, bold; the others are grey.
    pub strong: bool,
}

/// Input of [`priorities`](super::priorities): what moves satisfaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Priorities {
    /// For screen readers.
    pub alt: Alt,
    /// "Points of satisfaction per point of driver".
    pub heading: String,
    /// "level of the driver today, index 0–100".
    pub level_name: String,
    /// "arms of each cross: 90 % ranges".
    pub arms_label: String,
    /// Ends of the x axis, multiples of ten.
    pub levels: (f64, f64),
    /// The level and the effect at which the plot is split.
    pub split: (f64, f64),
    /// Words in the corners: top left (first), top right (keep), bottom left (watch), bottom right (enough).
    pub quadrants: [String; 4],
    /// The drivers, strongest first: earlier names get the better places.
    pub drivers: Vec<Driver>,
}
