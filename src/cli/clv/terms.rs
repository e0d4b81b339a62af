//! Value from margin and retention.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cam_stats::clv::{Clv as Value, Terms, Timing, from_survival};
use cam_stats::{Column, Refusal, ValueFault};
use serde::Serialize;

use super::super::adhoc::{Data, Fault, Seconds, Told, digits, write_counts};
use super::super::rows;
use super::{Clv, When, numbers, refused};

/// A point of retention.
const POINT: f64 = 0.01;

fn timing(when: Option<When>) -> Timing {
    match when.unwrap_or(When::Now) {
        When::Now => Timing::Now,
        When::AfterRenewal => Timing::AfterRenewal,
        When::PeriodEnd => Timing::PeriodEnd,
    }
}

fn words(timing: Timing) -> &'static str {
    match timing {
        Timing::Now => "the first margin now, the next after each renewal",
        Timing::AfterRenewal => "no margin now, one after each renewal",
        Timing::PeriodEnd => "margins at the end of each period",
    }
}

fn terms(command: &Clv) -> Terms {
    Terms {
        timing: timing(command.timing),
        discount: command.discount.unwrap_or_default(),
        growth: command.growth.unwrap_or_default(),
        periods: command.periods,
    }
}

/// The value of each customer of a file.
#[derive(Debug, Serialize)]
pub(super) struct Customers {
    margin: String,
    retention: String,
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    terms: Terms,
    customer_equity: f64,
    mean_value: f64,
    value_of_mean_customer: f64,
    customer_equity_at_means: f64,
    per_retention: f64,
    plus_one_point: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<f64>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

impl Customers {
    pub(super) fn of(command: &Clv, file: &Path, margin: &str, retention: &str) -> Result<Self, Fault> {
        let data = numbers(file, &[margin.to_owned(), retention.to_owned()], &[], &command.cells)?;
        let [margins, retentions] = data.columns.as_slice() else {
            return Err(refused("E_TOO_FEW", "two columns are needed".to_owned()));
        };
        let start = Instant::now();
        let terms = terms(command);
        let found = terms.equity(margins, retentions).map_err(|refusal| at_row(&data, refusal, retention))?;
        if let Some(out) = &command.out {
            let lines = data.rows().zip(&found.values).map(|(row, v)| vec![row.to_string(), v.to_string()]);
            rows::write(out, &["row", "value"], lines)?;
        }
        let n = found.values.len();
        let few = command.out.is_none() && n <= rows::FEW;
        Ok(Self {
            margin: margin.to_owned(),
            retention: retention.to_owned(),
            n,
            n_available: data.available,
            dropped: data.available - n,
            dropped_by: data.dropped_by.clone(),
            terms,
            customer_equity: found.total,
            mean_value: found.total / n as f64,
            value_of_mean_customer: found.at_means / n as f64,
            customer_equity_at_means: found.at_means,
            per_retention: found.per_retention,
            plus_one_point: found.per_retention * POINT,
            out: command.out.clone(),
            values: if few { found.values } else { Vec::new() },
            told: data.told(&[]),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
        })
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "value of customers by {} and {}", self.margin, self.retention)?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        write_terms(out, &self.terms)?;
        writeln!(out, "\ncustomer equity (sum of the values): {}", digits(self.customer_equity))?;
        writeln!(out, "mean value of a customer: {}", digits(self.mean_value))?;
        writeln!(
            out,
            "value of a customer with the mean margin and the mean retention: {}; it is not the mean value, since \
             value is convex in retention and margin goes with retention",
            digits(self.value_of_mean_customer)
        )?;
        writeln!(
            out,
            "one more point of everybody's retention: about {} more equity (its slope, {} per unit, times 0.01)",
            digits(self.plus_one_point),
            digits(self.per_retention)
        )?;
        if let Some(path) = &self.out {
            writeln!(out, "the value of each customer is in {}", path.display())?;
        }
        self.told.write(out)
    }
}

/// A refusal that names the row of the file, not that among the rows used.
fn at_row(data: &Data, refusal: Refusal, retention: &str) -> Fault {
    if let Refusal::Value(ValueFault::NotProbability { row }) = refusal
        && let Some(row) = data.rows().nth(row)
    {
        let message =
            format!("{retention} is not between 0 and 1 in row {row} below the header; 80 % is written 0.8");
        return refused(refusal.code(), message);
    }
    data.refused(refusal)
}

fn write_terms(out: &mut dyn Write, terms: &Terms) -> std::io::Result<()> {
    let counted = terms.periods.map_or_else(|| "all".to_owned(), |periods| periods.to_string());
    writeln!(
        out,
        "{}; discount {}, growth {}, periods counted: {counted}",
        words(terms.timing),
        digits(terms.discount),
        digits(terms.growth)
    )
}

/// The value at given numbers.
#[derive(Debug, Serialize)]
pub(super) struct Numbers {
    margin: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    survival: Vec<f64>,
    discount: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Terms>,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_retention: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_elasticity: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plus_one_point: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    by_timing: BTreeMap<&'static str, Value>,
}

impl Numbers {
    pub(super) fn of(command: &Clv, margin: &str) -> Result<Self, Fault> {
        let margin = number("--margin", margin)?;
        let terms = terms(command);
        let Some(retention) = &command.retention else {
            let value = from_survival(margin, &command.survival, terms.discount).map_err(named)?;
            return Ok(Self {
                margin,
                retention: None,
                survival: command.survival.clone(),
                discount: terms.discount,
                terms: None,
                value,
                per_retention: None,
                retention_elasticity: None,
                plus_one_point: None,
                by_timing: BTreeMap::new(),
            });
        };
        let retention = number("--retention", retention)?;
        let value = terms.clv(margin, retention).map_err(named)?;
        let mut by_timing = BTreeMap::new();
        let all = [
            ("now", Timing::Now),
            ("after_renewal", Timing::AfterRenewal),
            ("period_end", Timing::PeriodEnd),
        ];
        for (name, timing) in all {
            by_timing.insert(name, Terms { timing, ..terms }.clv(margin, retention).map_err(named)?);
        }
        // Nobody stays more often than always, and an endless sum may have no limit a point on.
        let more = terms.clv(margin, retention + POINT).ok().map(|more| more.value - value.value);
        Ok(Self {
            margin,
            retention: Some(retention),
            survival: Vec::new(),
            discount: terms.discount,
            terms: Some(terms),
            value: value.value,
            per_retention: Some(value.per_retention),
            retention_elasticity: value.retention_elasticity,
            plus_one_point: more,
            by_timing,
        })
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let margin = digits(self.margin);
        if let Some(terms) = &self.terms {
            let retention = digits(self.retention.unwrap_or_default());
            writeln!(
                out,
                "value of a customer with margin {margin} and retention {retention}: {}",
                digits(self.value)
            )?;
            write_terms(out, terms)?;
        } else {
            writeln!(
                out,
                "value of a customer with margin {margin} and the survival stated: {}",
                digits(self.value)
            )?;
            writeln!(out, "{}; discount {}", words(Timing::Now), digits(self.discount))?;
        }
        writeln!(out)?;
        for (name, value) in &self.by_timing {
            writeln!(out, "timing {:14} {:>12}", name.replace('_', "-"), digits(value.value))?;
        }
        if let Some(more) = self.plus_one_point {
            writeln!(out, "one more point of retention: {} more", digits(more))?;
        }
        if let Some(slope) = self.per_retention {
            writeln!(out, "slope by retention (per unit; a point is 0.01): {}", digits(slope))?;
        }
        if let Some(elasticity) = self.retention_elasticity {
            writeln!(out, "one percent more retention: {} percent more value", digits(elasticity))?;
        }
        Ok(())
    }
}

fn number(option: &str, text: &str) -> Result<f64, Fault> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => {
            let message =
                format!("{option} {text:?} is not a number; name the FILE whose column it is, or a number");
            Err(refused("E_NOT_A_NUMBER", message))
        }
    }
}

fn named(refusal: Refusal) -> Fault {
    let message = match refusal {
        Refusal::Value(ValueFault::NotProbability { .. }) => {
            "retention and survival lie between 0 and 1, and survival never rises; 80 % is written 0.8"
                .to_owned()
        }
        _ => refusal.sentence(|column| match column {
            Column::Outcome => "the margin".to_owned(),
            _ => "the retention".to_owned(),
        }),
    };
    refused(refusal.code(), message)
}
