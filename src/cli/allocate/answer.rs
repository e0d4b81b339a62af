//! What `cam allocate` prints of a plan.

use std::collections::BTreeMap;
use std::io::Write;

use cam_stats::allocation::Method;
use serde::Serialize;

use super::words;
use crate::cli::adhoc::{Seconds, Told, digits, write_counts};

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) basis: Basis,
    pub(super) budget: Option<f64>,
    pub(super) least_return: f64,
    pub(super) method: Method,
    pub(super) drivers: Vec<Row>,
    pub(super) total: f64,
    pub(super) value: f64,
    pub(super) gain: f64,
    pub(super) net: f64,
    pub(super) lambda: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<f64>,
    pub(super) budget_binds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customers: Option<Counted>,
    pub(super) path: Vec<Step>,
    #[serde(flatten)]
    pub(super) told: Told,
    pub(super) seconds: Seconds,
}

/// What a point is worth by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Basis {
    /// A fixed value of each driver.
    FixedValues,
    /// The curve over observed customers.
    Customers,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) driver: String,
    pub(super) spending: f64,
    pub(super) share: Option<f64>,
    pub(super) points: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_unit: Option<f64>,
    pub(super) judged: bool,
}

/// The best division of one budget.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) budget: f64,
    pub(super) gain: f64,
    pub(super) net: f64,
    pub(super) next_unit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<f64>,
    pub(super) spending: Vec<f64>,
}

/// The customers that were counted.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Counted {
    pub(super) n: usize,
    pub(super) n_available: usize,
    pub(super) dropped: usize,
    pub(super) dropped_by: BTreeMap<String, usize>,
    pub(super) weight: f64,
    pub(super) mean: f64,
}

impl Answer {
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        match self.budget {
            Some(budget) => writeln!(out, "allocation of a budget of {}", digits(budget))?,
            None => writeln!(out, "allocation of a free budget")?,
        }
        if let Some(customers) = &self.customers {
            write_counts(out, (customers.n, customers.n_available), &customers.dropped_by)?;
            let (weight, mean) = (digits(customers.weight), digits(customers.mean));
            writeln!(out, "they stand for {weight} customers with a mean satisfaction of {mean}")?;
        }
        writeln!(out, "\n{}\n", self.sentence())?;
        self.write_drivers(out)?;
        writeln!(out, "\nspent in all             {:>12}", digits(self.total))?;
        writeln!(out, "brings                   {:>12}", digits(self.gain))?;
        writeln!(out, "less what is spent       {:>12}", digits(self.net))?;
        if let Some(points) = self.points {
            writeln!(out, "points of satisfaction   {:>12}", digits(points))?;
        }
        if let Some(lambda) = self.lambda {
            writeln!(out, "the next unit brings     {:>12}", digits(lambda))?;
        }
        writeln!(out, "found by {}", words(self.method))?;
        self.write_path(out)?;
        writeln!(out)?;
        self.told.write(out)
    }

    fn sentence(&self) -> String {
        let least = if self.least_return.total_cmp(&1.0).is_ne() {
            format!("the {} that was asked", digits(self.least_return))
        } else {
            "it costs".to_owned()
        };
        if self.total <= 0.0 {
            return format!("spend nothing: the first unit brings less than {least}");
        }
        if self.budget_binds {
            let next = self.lambda.map_or_else(|| "more".to_owned(), digits);
            return format!("the budget ends before the return does: one more unit would bring {next}");
        }
        let total = digits(self.total);
        if self.least_return <= 0.0 {
            return format!("{total} is all that the budget and the caps allow, or all that brings anything");
        }
        let left = match self.budget {
            Some(budget) if budget - self.total > 1e-9 * budget => {
                format!(" and keep {}", digits(budget - self.total))
            }
            _ => String::new(),
        };
        format!("stop here: spend {total}{left}; the next unit brings less than {least}")
    }

    fn write_drivers(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let width = self.drivers.iter().map(|row| row.driver.chars().count()).max().unwrap_or(0);
        writeln!(
            out,
            "{:width$} {:>12} {:>8} {:>12} {:>12} {:>12}",
            "", "spending", "share", "points", "brings", "next unit"
        )?;
        for row in &self.drivers {
            let share = row.share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
            writeln!(
                out,
                "{:width$} {:>12} {share:>8} {:>12} {:>12} {:>12}{}",
                row.driver,
                digits(row.spending),
                digits(row.points),
                optional(row.value),
                optional(row.next_unit),
                if row.judged { "  judged" } else { "" }
            )?;
        }
        Ok(())
    }

    fn write_path(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.path.is_empty() {
            return Ok(());
        }
        let unit = match self.basis {
            Basis::FixedValues => "next unit",
            Basis::Customers => "last unit",
        };
        writeln!(out, "\nthe best of each budget, spent whole:")?;
        write!(out, "{:>12} {:>12} {:>12} {unit:>12}", "budget", "brings", "net")?;
        for row in &self.drivers {
            write!(out, " {:>12}", row.driver.chars().take(12).collect::<String>())?;
        }
        writeln!(out)?;
        for step in &self.path {
            write!(
                out,
                "{:>12} {:>12} {:>12} {:>12}",
                digits(step.budget),
                digits(step.gain),
                digits(step.net),
                optional(step.next_unit)
            )?;
            for spending in &step.spending {
                write!(out, " {:>12}", digits(*spending))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), digits)
}
