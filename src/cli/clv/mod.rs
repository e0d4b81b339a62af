//! `cam clv`: the value of customers, from margins and retention, from purchases, or from renewals of contracts.

mod contracts;
mod purchases;
mod terms;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::adhoc::{Cells, Data, Fault, Missing, Wanted, print};

/// Values customers: what they will still bring.
///
/// By margin and retention (--margin), for each customer of FILE or, without one, for numbers; by a log of
/// purchases (--customer), without contracts; by renewals of contracts (--due). Money is in the unit of the file.
#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("way").required(true).args(["margin", "customer", "due"])),
    after_help = "Examples:\n  cam clv --margin 100 --retention 0.8 --discount 0.1\n  \
                  cam clv customers.csv --margin margin --retention retention --discount 0.1 --out values.csv\n  \
                  cam clv purchases.csv --customer id --date date --amount amount --date-format %Y%m%d --unit week --horizon 39\n  \
                  cam clv cohorts.csv --due due --kept kept --discount 0.1"
)]
pub(super) struct Clv {
    /// CSV file with a header (gzip too) or Parquet file; empty cells and NA are missing
    #[arg(required_unless_present = "margin")]
    file: Option<PathBuf>,
    /// Column of the margin of a period; a number where there is no FILE
    #[arg(long, value_name = "COLUMN", requires = "discount", allow_negative_numbers = true)]
    margin: Option<String>,
    /// Column of the chance of staying from one period to the next, 0 to 1; a number where there is no FILE
    #[arg(long, value_name = "COLUMN", requires = "margin", required_unless_present_any = ["survival", "customer", "due"])]
    retention: Option<String>,
    /// Shares of a cohort that are still there after 0, 1, … periods, in place of a retention rate
    #[arg(
        long, value_name = "SHARE", value_delimiter = ',', requires = "margin",
        conflicts_with_all = ["file", "retention", "growth", "periods", "timing"]
    )]
    survival: Vec<f64>,
    /// Discount rate of a period; 0.1 is ten percent [default for contracts: 0.1]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    discount: Option<f64>,
    /// When a margin comes in; the values differ by one margin or one discount
    #[arg(long, value_enum, requires = "margin")]
    timing: Option<When>,
    /// Growth of the margin from one period to the next
    #[arg(long, value_name = "RATE", requires = "margin", allow_negative_numbers = true)]
    growth: Option<f64>,
    /// Margins that are counted [default: all]
    #[arg(long, value_name = "T", requires = "margin")]
    periods: Option<u32>,
    /// Column that names the customer
    #[arg(long, value_name = "COLUMN", requires_all = ["date", "amount", "horizon"])]
    customer: Option<String>,
    /// Column of the day of a purchase
    #[arg(long, value_name = "COLUMN", requires = "customer")]
    date: Option<String>,
    /// Column of the amount of a purchase
    #[arg(long, value_name = "COLUMN", requires = "customer")]
    amount: Option<String>,
    /// How days are written, as in strftime
    #[arg(long, value_name = "FORMAT", default_value = "%Y-%m-%d")]
    date_format: String,
    /// Unit of time of the model
    #[arg(long, value_enum, default_value_t = Unit::Week)]
    unit: Unit,
    /// Units of time ahead for which purchases are expected
    #[arg(long, value_name = "N", requires = "customer")]
    horizon: Option<f64>,
    /// Last day of observation, written as the others [default: the last day of a purchase]
    #[arg(long, value_name = "DATE", requires = "customer")]
    end: Option<String>,
    /// Units of time without a purchase after which a customer counts as lapsed [default: never]
    #[arg(long, value_name = "N", requires = "customer")]
    gone_after: Option<f64>,
    /// Column of the contracts that came up for renewal; row 1 the first renewal, row 2 the second, …
    #[arg(long, value_name = "COLUMN", requires = "kept")]
    due: Option<String>,
    /// Column of those that were renewed
    #[arg(long, value_name = "COLUMN", requires = "due")]
    kept: Option<String>,
    /// Write a line for each customer to this CSV file
    #[arg(long, value_name = "FILE", requires = "file", conflicts_with = "due")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cells: Cells,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Timing of margins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// The first margin now, the next after each renewal
    Now,
    /// No margin now, one after each renewal
    AfterRenewal,
    /// At the end of each period, from those who were there at its beginning
    PeriodEnd,
}

/// Unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Unit {
    /// A day
    Day,
    /// Seven days
    Week,
    /// A twelfth of 365.25 days
    Month,
    /// 365.25 days
    Year,
}

impl Unit {
    fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            Self::Month => 365.25 / 12.0,
            Self::Year => 365.25,
        }
    }

    fn many(self) -> &'static str {
        match self {
            Self::Day => "days",
            Self::Week => "weeks",
            Self::Month => "months",
            Self::Year => "years",
        }
    }
}

/// What is printed, one of four.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answer {
    Customers(terms::Customers),
    Numbers(terms::Numbers),
    Purchases(Box<purchases::Log>),
    Contracts(contracts::Cohort),
}

impl Clv {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        if let (Some(file), Some(customer), Some(date), Some(amount)) =
            (&self.file, &self.customer, &self.date, &self.amount)
        {
            let columns = purchases::Columns { customer, date, amount };
            return Ok(Answer::Purchases(Box::new(purchases::Log::of(self, file, &columns)?)));
        }
        if let (Some(file), Some(due), Some(kept)) = (&self.file, &self.due, &self.kept) {
            return Ok(Answer::Contracts(contracts::Cohort::of(self, file, due, kept)?));
        }
        let margin = self.margin.as_deref().unwrap_or_default();
        match (&self.file, &self.retention) {
            (Some(file), Some(retention)) => {
                Ok(Answer::Customers(terms::Customers::of(self, file, margin, retention)?))
            }
            _ => Ok(Answer::Numbers(terms::Numbers::of(self, margin)?)),
        }
    }
}

/// Reads columns of numbers, complete cases.
fn numbers(
    file: &std::path::Path,
    names: &[String],
    labels: &[String],
    cells: &Cells,
) -> Result<Data, Fault> {
    let wanted = Wanted {
        outcome: None,
        event: None,
        cells,
        drivers: names,
        factors: &[],
        labels,
        extras: &[],
        missing: Missing::Complete,
    };
    Data::read(file, &wanted)
}

fn refused(code: &'static str, message: String) -> Fault {
    Fault::Refused { code, message }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Self::Customers(answer) => answer.write(out),
            Self::Numbers(answer) => answer.write(out),
            Self::Purchases(answer) => answer.write(out),
            Self::Contracts(answer) => answer.write(out),
        }
    }
}
