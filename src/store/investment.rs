//! Investments with their cost points, measures, goals and indicators.

use super::record::{from_json, record, rust_type};

record! {
    /// Money that moves a driver.
    Investment = "investment" (id: uuid) {
        name: text, target_kind: text, construct_key: text, one_off_cost: integer, yearly_cost: integer,
        life_years: opt_real, months_until_effect: real, yearly_fade: real, reach_share: real, status: text,
        reversible: flag, task: opt_text, kind: opt_text, owner: opt_text, currency: text,
    }
}

record! {
    /// What a year costs at one level of the driver.
    CostPoint = "cost_point" (investment_id: uuid, level: real) {
        yearly_cost: integer, source: text, given_by: opt_text, given_at: opt_instant,
    }
}

record! {
    /// An action whose effect is evaluated.
    Measure = "measure" (id: uuid) {
        name: text, investment_id: opt_uuid, finding_figure_id: opt_text, starts_on: opt_instant,
    }
}

record! {
    /// A target for an indicator or a construct.
    Goal = "goal" (id: uuid) {
        indicator_or_construct: text, baseline: opt_real, target: real, due: instant, horizon: opt_text,
        owner: opt_text,
    }
}

record! {
    /// A named number that accounts, contacts, units or groups have per period.
    Indicator = "indicator" (name: text) { direction: text, unit_of_measure: opt_text }
}

record! {
    /// An indicator's value.
    IndicatorValue = "indicator_value" (indicator: text, owner_kind: text, owner_id: uuid, period_start: instant) {
        number: real,
    } stamped by batch_id
}
