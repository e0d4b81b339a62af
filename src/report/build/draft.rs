//! The document under construction: figures get their ids here.

use std::collections::BTreeMap;

use super::{answer, drivers, investments, made, outcomes, standing};
use crate::analysis::{
    Advice, Analysis, Estimate, Grade, Guard, GuardKey, InvestmentFinding, InvestmentOutcome, MoneyKind,
    RetentionRule,
};
use crate::report::document::{Arg, Document, Figure, Ground, Message};
use crate::report::number::{Show, Unit};

/// Pages that are not computed yet, with the keys of their names.
const PENDING: [(&str, &str); 5] =
    [("5b", "name-5b"), ("6", "name-6"), ("7", "name-7"), ("8", "name-8"), ("9", "name-9")];

/// Builds the document of an analysis for a quarter.
pub(in crate::report) fn build(analysis: &Analysis, period: &str) -> Document {
    let mut draft = Draft::new(analysis, period);
    let facts = Facts::new(&mut draft);
    let rows = investments::rows(&mut draft, &facts);
    let (outcomes, evidence) = outcomes::page(&mut draft, &facts);
    let pages = vec![
        answer::page(&mut draft, &facts, &rows),
        standing::page(&mut draft, &facts),
        outcomes,
        drivers::page(&mut draft, &facts),
        investments::page(&mut draft, &facts, &rows),
        made::page(&mut draft, &facts, evidence),
    ];
    Document {
        period: period.into(),
        frame: analysis.frame.clone(),
        pages,
        pending: PENDING.map(|(number, name)| (number.into(), name.into())).into(),
        figures: draft.finish(),
    }
}

/// The document under construction.
pub(super) struct Draft<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) period: &'a str,
    figures: BTreeMap<(usize, usize), Figure>,
}

/// Prefixes of figure ids in the order of their pages.
const PREFIXES: [&str; 6] = ["A1", "S2", "R3", "D4", "O5", "M10"];

/// A figure before it has an id.
pub(super) struct Entry(Figure);

impl Entry {
    /// A number without range.
    pub(super) fn value(label: Message, value: f64, unit: Unit, source: &str) -> Self {
        Self(Figure {
            id: String::new(),
            label,
            value: value.is_finite().then_some(value),
            low: None,
            high: None,
            level: None,
            n: None,
            unit,
            grade: None,
            source: source.into(),
            due: None,
        })
    }

    /// Things counted.
    pub(super) fn count(label: Message, count: usize, source: &str) -> Self {
        Self::value(label, count as f64, Unit::Count, source)
    }

    /// An estimate with its range.
    pub(super) fn estimate(label: Message, estimate: &Estimate, unit: Unit, source: &str) -> Self {
        let mut entry = Self::value(label, estimate.value, unit, source);
        let finite = estimate.low.is_finite() && estimate.high.is_finite();
        entry.0.low = finite.then_some(estimate.low);
        entry.0.high = finite.then_some(estimate.high);
        entry.0.level = finite.then_some(estimate.level);
        entry.0.n = Some(estimate.n);
        entry
    }

    /// A range that has no middle of its own.
    pub(super) fn range(label: Message, range: (f64, f64), unit: Unit, source: &str) -> Self {
        let mut entry = Self::value(label, f64::NAN, unit, source);
        (entry.0.low, entry.0.high) = (Some(range.0), Some(range.1));
        entry
    }

    pub(super) fn n(mut self, n: usize) -> Self {
        self.0.n = Some(n);
        self
    }

    pub(super) fn level(mut self, level: f64) -> Self {
        self.0.level = Some(level);
        self
    }

    pub(super) fn grade(mut self, grade: Grade) -> Self {
        self.0.grade = Some(grade);
        self
    }

    pub(super) fn due(mut self, period: &str) -> Self {
        self.0.due = Some(period.into());
        self
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(analysis: &'a Analysis, period: &'a str) -> Self {
        Self { analysis, period, figures: BTreeMap::new() }
    }

    /// Gives a figure the next id of its page and returns the id.
    pub(super) fn add(&mut self, prefix: &str, entry: Entry) -> String {
        let page = PREFIXES.iter().position(|&known| known == prefix).unwrap_or(PREFIXES.len());
        let next =
            self.figures.range((page, 0)..=(page, usize::MAX)).next_back().map_or(1, |last| last.0.1 + 1);
        let id = format!("{prefix}.{next}");
        self.figures.insert((page, next), Figure { id: id.clone(), ..entry.0 });
        id
    }

    /// Returns the id of the first figure of a page whose label fits.
    pub(super) fn find(&self, prefix: &str, fits: impl Fn(&Message) -> bool) -> Option<String> {
        let page = PREFIXES.iter().position(|&known| known == prefix)?;
        self.figures
            .range((page, 0)..=(page, usize::MAX))
            .find(|(_, figure)| fits(&figure.label))
            .map(|(_, figure)| figure.id.clone())
    }

    /// Money in major units a year.
    pub(super) fn money(&self) -> Unit {
        Unit::Money { currency: self.analysis.frame.currency.clone() }
    }

    /// First and last id of a page, as they stand in its foot.
    pub(super) fn ids(&self, prefix: &str) -> Message {
        let page = PREFIXES.iter().position(|&known| known == prefix).unwrap_or(PREFIXES.len());
        let of_page = || self.figures.range((page, 0)..=(page, usize::MAX));
        match (of_page().next(), of_page().next_back()) {
            (Some(first), Some(last)) => {
                Message::new("foot-ids").name("first", &first.1.id).name("last", &last.1.id)
            }
            _ => Message::new("foot-every"),
        }
    }

    /// The key with the retention rule at its end: `KEY-contractual` or `KEY-again`.
    pub(super) fn by_rule(&self, key: &str) -> String {
        match self.analysis.frame.retention {
            RetentionRule::Contractual => format!("{key}-contractual"),
            RetentionRule::BoughtAgain { .. } => format!("{key}-again"),
        }
    }

    /// The key with the kind of money at its end.
    pub(super) fn by_money(&self, key: &str) -> String {
        match self.analysis.frame.money {
            MoneyKind::Margin => format!("{key}-margin"),
            MoneyKind::Revenue => format!("{key}-revenue"),
        }
    }

    /// The quarter in which the outcome window after `period` is closed.
    pub(super) fn due(&self) -> String {
        let quarters = self.analysis.frame.window_months.div_ceil(3) as usize;
        self.period
            .parse::<crate::finance::Quarter>()
            .map_or_else(|_| self.period.to_owned(), |quarter| quarter.later(quarters).to_string())
    }

    /// Where the next money goes: the first investment, in order of gain per unit spent, that is worth more.
    pub(super) fn next_money(&self) -> Option<usize> {
        self.advised(&[Advice::SpendMore, Advice::SpendMoreEndUnknown])
    }

    /// The investment that the first page speaks of: that of the next money, else one that is at or past its best.
    pub(super) fn lead(&self) -> Option<usize> {
        self.next_money().or_else(|| self.advised(&[Advice::Hold, Advice::TestHoldingBack]))
    }

    fn advised(&self, wanted: &[Advice]) -> Option<usize> {
        self.analysis.investments.iter().position(|investment| match &investment.outcome {
            InvestmentOutcome::Curve(curve) => {
                investment.grade < Grade::E
                    && wanted.contains(&curve.advice)
                    && (curve.zone.is_some() || curve.unseen_end.is_some())
            }
            InvestmentOutcome::Refused { .. } => false,
        })
    }

    pub(super) fn investment(&self, at: usize) -> &'a InvestmentFinding {
        &self.analysis.investments[at]
    }

    fn finish(self) -> Vec<Figure> {
        self.figures.into_values().collect()
    }
}

/// Figures that several pages speak of.
pub(super) struct Facts {
    pub(super) today: String,
    pub(super) linked: String,
    pub(super) base: String,
    pub(super) lost: String,
    pub(super) observations: String,
    pub(super) quarters: String,
    pub(super) observed: String,
    pub(super) horizon: String,
    pub(super) rate: String,
    pub(super) window: String,
    /// Months in which a customer is held to be kept.
    pub(super) within: String,
    pub(super) open_guards: Option<String>,
}

impl Facts {
    fn new(draft: &mut Draft) -> Self {
        let analysis = draft.analysis;
        let (data, frame) = (&analysis.data, &analysis.frame);
        let label = |key: &str| Message::new(format!("label-{key}"));
        let count = |draft: &mut Draft, key: &str, count: usize, source: &str| {
            draft.add("M10", Entry::count(label(key), count, source))
        };
        let today = draft.add("A1", Entry::estimate(label("today"), &analysis.today, Unit::Index, "answers"));
        let observed =
            Entry::range(label("observed"), analysis.distribution.observed, Unit::Index, "answers");
        let window =
            Entry::value(label("window"), f64::from(frame.window_months), Unit::Months, "analysis file");
        let window = draft.add("M10", window);
        let not_computed = analysis.guards.iter().filter(|guard| guard.held.is_none()).count();
        Self {
            today,
            observed: draft.add("R3", observed.n(data.observations)),
            linked: count(draft, "linked", data.accounts_linked, "counts"),
            base: count(draft, "base", data.accounts_in_base, "ledger"),
            observations: count(draft, "observations", data.observations, "counts"),
            lost: count(draft, &draft.by_rule("lost"), data.lost, "ledger"),
            quarters: count(draft, "quarters", data.quarters, "ledger"),
            within: match frame.retention {
                RetentionRule::Contractual => window.clone(),
                RetentionRule::BoughtAgain { within_months } => draft.add(
                    "M10",
                    Entry::value(label("within"), f64::from(within_months), Unit::Months, "analysis file"),
                ),
            },
            window,
            horizon: draft.add(
                "M10",
                Entry::value(label("horizon"), f64::from(frame.horizon_years), Unit::Years, "analysis file"),
            ),
            rate: draft
                .add("M10", Entry::value(label("rate"), frame.discount_rate, Unit::Share, "analysis file")),
            open_guards: (not_computed > 0).then(|| count(draft, "open-guards", not_computed, "counts")),
        }
    }

    /// The axis and the strip that charts over satisfaction share.
    pub(super) fn ground(&self, draft: &Draft) -> Ground {
        Ground {
            distribution: draft.analysis.distribution.clone(),
            today: draft.analysis.today,
            today_id: self.today.clone(),
            observed_id: self.observed.clone(),
        }
    }

    /// How sure a page with this grade is: what the grade rests on, and the guard that lowers it.
    pub(super) fn sure(&self, draft: &mut Draft, grade: Grade) -> Vec<Message> {
        let basis = Message::new(format!("sure-{grade:?}"))
            .figure("linked", &self.linked, Show::Value)
            .figure("quarters", &self.quarters, Show::Value);
        let failed = draft.analysis.guards.iter().find(|guard| guard.held == Some(false));
        let mut sentences = vec![basis];
        if let Some(guard) = failed
            && guard.caps_at >= grade
            && grade >= Grade::D
        {
            sentences.push(match guard.key {
                GuardKey::Season => self.season_sentence(),
                key => Message::new("sure-failed").message("guard", super::made::guard_name(key)),
            });
        } else if grade == Grade::D
            && let Some(open) = &self.open_guards
        {
            sentences.push(Message::new("sure-open").figure("count", open, Show::Value));
        }
        sentences
    }

    /// Says that season cannot be told from trend, where it cannot.
    pub(super) fn season(&self, draft: &Draft) -> Option<Message> {
        let failed = |guard: &Guard| guard.key == GuardKey::Season && guard.held == Some(false);
        draft.analysis.guards.iter().any(failed).then(|| self.season_sentence())
    }

    fn season_sentence(&self) -> Message {
        Message::new("season").figure("quarters", &self.quarters, Show::Value)
    }

    pub(super) fn foot_linked(&self) -> Message {
        Message::new("foot-linked").figure("linked", &self.linked, Show::Value).figure(
            "base",
            &self.base,
            Show::Value,
        )
    }

    pub(super) fn foot_observed(&self) -> Message {
        Message::new("foot-observed").figure("observed", &self.observed, Show::Range)
    }

    pub(super) fn foot_horizon(&self) -> Message {
        Message::new("foot-horizon").figure("horizon", &self.horizon, Show::Value).figure(
            "rate",
            &self.rate,
            Show::Value,
        )
    }
}

/// The name of an investment as an argument.
pub(super) fn name(investment: &InvestmentFinding) -> Arg {
    Arg::text(investment.name.clone())
}
