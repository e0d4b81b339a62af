//! Investments with their cost points, measures, goals and indicators.

use uuid::Uuid;

use super::book::Book;
use super::desk::{Context, Desk, own_ids, stored_or, twice};
use super::ledger::same_currency;
use super::line::{Fault, Line};
use super::people::named;
use crate::store::batch::{Outcome, Staged};
use crate::store::investment::{CostPoint, Goal, Indicator, IndicatorValue, Investment, Measure};
use crate::store::record::Record;
use crate::store::{StoreError, Tx};

/// Takes investments.
pub(super) struct Investments {
    context: Context,
    rows: Staged<Investment>,
}

impl Desk for Investments {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = own_ids(lines, book).iter().map(Investment::key_of).collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        same_currency(line, &self.context)?;
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let mut row = stored_or(&self.rows, &Investment::key_of(&id), || Investment {
            id,
            name: String::new(),
            target_kind: String::new(),
            construct_key: String::new(),
            one_off_cost: 0,
            yearly_cost: 0,
            life_years: None,
            months_until_effect: 0.0,
            yearly_fade: 0.0,
            reach_share: 1.0,
            status: "planned".into(),
            reversible: false,
            task: None,
            kind: None,
            owner: None,
            currency: self.context.currency.clone(),
        });
        row.name = line.text("name").unwrap_or_default().into();
        row.target_kind = line.text("target_kind").unwrap_or_default().into();
        row.construct_key = line.text("construct").unwrap_or_default().into();
        row.one_off_cost =
            not_negative(line, "one_off_cost", line.money("one_off_cost"))?.unwrap_or(row.one_off_cost);
        row.yearly_cost =
            not_negative(line, "yearly_cost", line.money("yearly_cost"))?.unwrap_or(row.yearly_cost);
        line.lay("life_years", &mut row.life_years, Line::number);
        if row.life_years.is_some_and(|years| years <= 0.0) {
            return Err(line.fault("life_years", "a life is longer than zero years"));
        }
        row.months_until_effect =
            not_negative(line, "months_until_effect", line.number("months_until_effect"))?
                .unwrap_or(row.months_until_effect);
        row.yearly_fade = share(line, "yearly_fade")?.unwrap_or(row.yearly_fade);
        row.reach_share = share(line, "reach_share")?.unwrap_or(row.reach_share);
        row.status = line.text("status").map_or(row.status, str::to_owned);
        row.reversible = line.flag("reversible").unwrap_or(row.reversible);
        line.lay_text("task", &mut row.task);
        line.lay_text("kind", &mut row.kind);
        line.lay_text("owner", &mut row.owner);
        let outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}

fn not_negative<T: PartialOrd + Default>(
    line: &Line,
    field: &str,
    number: Option<T>,
) -> Result<Option<T>, Fault> {
    match number {
        Some(number) if number < T::default() => Err(line.fault(field, "this is never negative")),
        number => Ok(number),
    }
}

fn share(line: &Line, field: &str) -> Result<Option<f64>, Fault> {
    match line.number(field) {
        Some(share) if !(0.0..=1.0).contains(&share) => {
            Err(line.fault(field, "a share lies between 0 and 1: write 0.25 for 25 %"))
        }
        share => Ok(share),
    }
}

/// Takes cost points.
pub(super) struct CostPoints {
    context: Context,
    rows: Staged<CostPoint>,
}

impl Desk for CostPoints {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = lines
            .iter()
            .filter_map(|line| {
                Some(CostPoint::key_of(&book.find(line.id("investment")?)?, &line.number("level")?))
            })
            .collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        same_currency(line, &self.context)?;
        let investment = book
            .refer(line, "investment")?
            .ok_or_else(|| line.fault("investment", "investment is missing"))?;
        // Zero has two signs; a key has one.
        let level = line.number("level").unwrap_or_default() + 0.0;
        if !(0.0..=100.0).contains(&level) {
            return Err(line.fault("level", "a level is an index from 0 to 100"));
        }
        let yearly_cost = not_negative(line, "yearly_cost", line.money("yearly_cost"))?.unwrap_or_default();
        let source = line.text("source").unwrap_or_default().to_owned();
        let mut row = stored_or(&self.rows, &CostPoint::key_of(&investment, &level), || CostPoint {
            investment_id: investment,
            level,
            yearly_cost,
            source: source.clone(),
            given_by: None,
            given_at: None,
        });
        row.yearly_cost = yearly_cost;
        row.source = source;
        line.lay_text("given_by", &mut row.given_by);
        line.lay("given_at", &mut row.given_at, Line::instant);
        self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "level"))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}

/// Takes measures.
pub(super) struct Measures {
    context: Context,
    rows: Staged<Measure>,
}

impl Desk for Measures {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = own_ids(lines, book).iter().map(Measure::key_of).collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let investment = book.refer(line, "investment")?;
        let mut row = stored_or(&self.rows, &Measure::key_of(&id), || Measure {
            id,
            name: String::new(),
            investment_id: None,
            finding_figure_id: None,
            starts_on: None,
        });
        row.name = line.text("name").unwrap_or_default().into();
        line.lay("investment", &mut row.investment_id, |_, _| investment);
        line.lay("starts_on", &mut row.starts_on, Line::instant);
        let outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}

/// Takes goals.
pub(super) struct Goals {
    context: Context,
    rows: Staged<Goal>,
}

impl Desk for Goals {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = own_ids(lines, book).iter().map(Goal::key_of).collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let due = line.instant("due").ok_or_else(|| line.fault("due", "due is missing"))?;
        let mut row = stored_or(&self.rows, &Goal::key_of(&id), || Goal {
            id,
            indicator_or_construct: String::new(),
            baseline: None,
            target: 0.0,
            due,
            horizon: None,
            owner: None,
        });
        row.indicator_or_construct = line.text("target_of").unwrap_or_default().into();
        row.target = line.number("target").unwrap_or_default();
        row.due = due;
        line.lay("baseline", &mut row.baseline, Line::number);
        line.lay_text("horizon", &mut row.horizon);
        line.lay_text("owner", &mut row.owner);
        let outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}

/// Takes indicators and their values.
pub(super) struct Indicators {
    context: Context,
    names: Staged<Indicator>,
    rows: Staged<IndicatorValue>,
}

impl Indicators {
    /// Returns whose value it is; a group's value has the nil id.
    fn owner(line: &Line, book: &Book) -> Result<Uuid, Fault> {
        match (line.text("owner_kind"), line.id("owner")) {
            (Some("group"), _) => Ok(Uuid::nil()),
            (_, Some(_)) => Ok(book.refer(line, "owner")?.unwrap_or_default()),
            (_, None) => Err(line.fault("owner", "owner is missing")),
        }
    }
}

impl Desk for Indicators {
    fn open(context: Context) -> Self {
        Self { context, names: Staged::default(), rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let names: Vec<_> = lines
            .iter()
            .filter_map(|line| line.text("name"))
            .map(|name| Indicator::key_of(&name.to_owned()))
            .collect();
        let mut distinct = names;
        distinct.sort_by_key(|key| format!("{key:?}"));
        distinct.dedup();
        self.names.load(tx, &distinct).await?;
        let keys: Vec<_> = lines
            .iter()
            .filter_map(|line| {
                Some(IndicatorValue::key_of(
                    &line.text("name")?.to_owned(),
                    &line.text("owner_kind")?.to_owned(),
                    &Self::owner(line, book).ok()?,
                    &line.instant("period_start")?,
                ))
            })
            .collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let batch = self.context.batch;
        let name = line.text("name").unwrap_or_default().to_owned();
        let owner_kind = line.text("owner_kind").unwrap_or_default().to_owned();
        let owner_id = Self::owner(line, book)?;
        let period_start = line
            .instant("period_start")
            .ok_or_else(|| line.fault("period_start", "period_start is missing"))?;
        let number = line.number("number").unwrap_or_default();
        let mut indicator = stored_or(&self.names, &Indicator::key_of(&name), || Indicator {
            name: name.clone(),
            direction: "up".into(),
            unit_of_measure: None,
        });
        indicator.direction = line.text("direction").map_or(indicator.direction, str::to_owned);
        line.lay_text("unit_of_measure", &mut indicator.unit_of_measure);
        let row =
            IndicatorValue { indicator: name, owner_kind, owner_id, period_start, number, batch_id: None };
        let stored_by = self.rows.get(&row.key()).and_then(|known| known.batch_id);
        let row = IndicatorValue { batch_id: stored_by, ..row };
        let outcome = self.rows.put_once(row, batch).ok_or_else(|| twice(line, "name"))?;
        Ok(outcome.max(self.names.put(indicator, batch).min(Outcome::Changed)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.names.save(tx, self.context.batch).await?;
        self.rows.save(tx, self.context.batch).await
    }
}
