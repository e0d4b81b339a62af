//! A log of purchases.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cam_stats::concentration::{Concentration, concentration};
use cam_stats::lifecycle::{Customer, Rules, Stage, stages};
use cam_stats::purchases::{History, summarise};
use cam_stats::rfm::{Rfm, rfm};
use cam_stats::{Column, Refusal, bgnbd, gamma_gamma};
use jiff::civil::Date;
use serde::Serialize;

use super::super::adhoc::{Data, Fault, Kept, Seconds, Told, digits, write_counts};
use super::super::rows::{self, cell};
use super::contracts::{Fitted, write_parameters};
use super::{Clv, Unit, numbers, refused};

/// Columns of the log.
pub(super) struct Columns<'a> {
    pub(super) customer: &'a str,
    pub(super) date: &'a str,
    pub(super) amount: &'a str,
}

/// What is printed.
#[derive(Debug, Serialize)]
pub(super) struct Log {
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    repeated_rows: usize,
    zero_amounts: usize,
    rows_after_end: usize,
    first_day: String,
    end: String,
    unit: Unit,
    horizon: f64,
    customers: usize,
    repeaters: usize,
    bg_nbd: Model,
    gamma_gamma: Spending,
    expected_purchases: f64,
    expected_money: f64,
    alive: f64,
    rfm: BTreeMap<&'static str, [usize; 5]>,
    concentration: Concentration,
    stages: BTreeMap<&'static str, usize>,
    stage_rules: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    each: Vec<Each>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct Model {
    parameters: BTreeMap<&'static str, Fitted>,
    log_likelihood: f64,
    n: usize,
    iterations: usize,
}

#[derive(Debug, Serialize)]
struct Spending {
    #[serde(flatten)]
    model: Model,
    mean: f64,
    correlation: Option<f64>,
    expected_amount: f64,
}

/// One customer.
#[derive(Debug, Serialize)]
struct Each {
    customer: String,
    frequency: u32,
    recency: f64,
    age: f64,
    mean_amount: Option<f64>,
    money: f64,
    alive: f64,
    expected_purchases: f64,
    expected_amount: f64,
    expected_money: f64,
    rfm: Rfm,
    stage: Stage,
}

/// Purchases of one customer.
struct Buyer {
    name: String,
    history: History,
    mean_amount: Option<f64>,
    /// Up to the end.
    money: f64,
    /// In the last horizon and in the one before.
    lately: (f64, f64),
}

/// Sorted purchases of all customers.
struct Diary {
    /// By customer: days and amounts.
    purchases: Vec<(String, Vec<(i32, f64)>)>,
    repeated: usize,
    zero: usize,
    first: i32,
    last: i32,
}

fn days(date: Date) -> i32 {
    let hours = date.duration_since(Date::new(1970, 1, 1).unwrap_or(Date::ZERO)).as_hours();
    i32::try_from(hours / 24).unwrap_or(i32::MAX)
}

fn shown(day: i32) -> String {
    let epoch = Date::new(1970, 1, 1).unwrap_or(Date::ZERO);
    epoch.checked_add(jiff::Span::new().days(day)).map_or_else(|_| day.to_string(), |date| date.to_string())
}

fn day(text: &str, format: &str, place: &str) -> Result<i32, Fault> {
    Date::strptime(format, text).map(days).map_err(|error| {
        let message = format!(
            "{place}: {text:?} is not a day written as {format} ({error}); state how with --date-format, as in \
             %Y-%m-%d, %Y%m%d or %d.%m.%Y"
        );
        refused("E_DATE", message)
    })
}

impl Diary {
    fn of(data: &Data, columns: &Columns<'_>, format: &str) -> Result<Self, Fault> {
        let (Some(amounts), [customers, dates]) = (data.columns.first(), data.labels.as_slice()) else {
            return Err(refused("E_TOO_FEW", "no purchase".to_owned()));
        };
        // Each way to write a day is read once.
        let mut known: Vec<Option<i32>> = vec![None; dates.names.len()];
        let mut purchases: Vec<(String, Vec<(i32, f64)>)> =
            customers.names.iter().map(|name| (name.clone(), Vec::new())).collect();
        let (mut seen, mut repeated, mut zero) = (HashSet::new(), 0, 0);
        for (((amount, customer), date), row) in
            amounts.iter().zip(&customers.ids).zip(&dates.ids).zip(data.rows())
        {
            let when = match known.get(*date).copied().flatten() {
                Some(day) => day,
                None => day(
                    label(dates, *date),
                    format,
                    &format!("{}, row {row} below the header", columns.date),
                )?,
            };
            if let Some(known) = known.get_mut(*date) {
                *known = Some(when);
            }
            repeated += usize::from(!seen.insert((*customer, when, amount.to_bits())));
            zero += usize::from(amount.abs() == 0.0);
            if let Some((_, purchases)) = purchases.get_mut(*customer) {
                purchases.push((when, *amount));
            }
        }
        purchases.retain(|(_, days)| !days.is_empty());
        for (_, days) in &mut purchases {
            days.sort_by_key(|(day, _)| *day);
        }
        let all = || purchases.iter().flat_map(|(_, days)| days.iter().map(|(day, _)| *day));
        let (first, last) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
        Ok(Self { purchases, repeated, zero, first, last })
    }

    fn buyers(&self, end: i32, unit_days: f64, horizon: f64) -> Result<Vec<Buyer>, Fault> {
        let mut buyers = Vec::new();
        for (name, purchases) in &self.purchases {
            let (days, amounts): (Vec<i32>, Vec<f64>) = purchases.iter().copied().unzip();
            let found = summarise(&days, &amounts, end, unit_days).map_err(|refusal| {
                refused(
                    refusal.code(),
                    format!("customer {name}: {}", refusal.sentence(|_| "amount".to_owned())),
                )
            })?;
            let Some(found) = found else { continue };
            if let Some(mean) = found.mean_amount.filter(|mean| *mean < 0.0) {
                let message = format!(
                    "customer {name} pays {} on average over repeat purchases, less than nothing; set returns against \
                     their purchase first",
                    digits(mean)
                );
                return Err(refused("E_NEGATIVE", message));
            }
            let ago = |day: i32| (f64::from(end) - f64::from(day)) / unit_days;
            let known = || purchases.iter().filter(|(day, _)| *day <= end);
            let within = |from: f64, to: f64| {
                known().filter(|(day, _)| ago(*day) >= from && ago(*day) < to).map(|(_, amount)| amount).sum()
            };
            buyers.push(Buyer {
                name: name.clone(),
                history: found.history,
                mean_amount: found.mean_amount,
                money: known().map(|(_, amount)| amount).sum(),
                lately: (within(0.0, horizon), within(horizon, 2.0 * horizon)),
            });
        }
        Ok(buyers)
    }
}

fn label(kept: &Kept, id: usize) -> &str {
    kept.names.get(id).map_or("", String::as_str)
}

/// A refusal of a model of all customers, in words for a log of purchases.
fn named(refusal: Refusal) -> Fault {
    refused(
        refusal.code(),
        refusal.sentence(|column| match column {
            Column::Driver(0) => "the number of repeat purchases of a customer".to_owned(),
            _ => "the mean amount of a repeat purchase".to_owned(),
        }),
    )
}

/// What models and rules say of the buyers, in their order.
struct Forecast {
    repeat: bgnbd::Fit,
    spending: gamma_gamma::Fit,
    all_mean: f64,
    each: Vec<Each>,
}

impl Forecast {
    fn of(buyers: Vec<Buyer>, command: &Clv, horizon: f64) -> Result<Self, Fault> {
        let histories: Vec<History> = buyers.iter().map(|buyer| buyer.history).collect();
        let repeat = bgnbd::fit(&histories).map_err(named)?;
        let frequencies: Vec<u32> = histories.iter().map(|history| history.frequency).collect();
        let means: Vec<f64> = buyers.iter().map(|buyer| buyer.mean_amount.unwrap_or(0.0)).collect();
        let spending = gamma_gamma::fit(&frequencies, &means).map_err(named)?;
        let predictions = bgnbd::predict(&repeat.model(), &histories, horizon).map_err(named)?;
        let silent: Vec<f64> = histories.iter().map(|history| history.age - history.recency).collect();
        // All days with a purchase count, the first too.
        let counts: Vec<f64> = frequencies.iter().map(|frequency| f64::from(*frequency) + 1.0).collect();
        let money: Vec<f64> = buyers.iter().map(|buyer| buyer.money).collect();
        let scores = rfm(&silent, &counts, &money).map_err(named)?;
        let life: Vec<Customer> = buyers
            .iter()
            .zip(&predictions)
            .zip(&silent)
            .map(|((buyer, prediction), silent)| Customer {
                since_first: Some(buyer.history.age * command.unit.days()),
                gone: command.gone_after.is_some_and(|limit| *silent > limit),
                alive: Some(prediction.alive),
                hazard: None,
                growth: growth(buyer, horizon),
            })
            .collect();
        let stages = stages(&life, &Rules::default()).map_err(named)?;
        let model = spending.model();
        let all_mean = model.mean().map_err(named)?;
        let mut each = Vec::with_capacity(buyers.len());
        for (((buyer, prediction), rfm), (stage, _)) in
            buyers.into_iter().zip(predictions).zip(scores).zip(stages)
        {
            let History { frequency, recency, age } = buyer.history;
            let amount = model.expected_amount(frequency, buyer.mean_amount.unwrap_or(0.0)).map_err(named)?;
            each.push(Each {
                customer: buyer.name,
                frequency,
                recency,
                age,
                mean_amount: buyer.mean_amount,
                money: buyer.money,
                alive: prediction.alive,
                expected_purchases: prediction.expected_purchases,
                expected_amount: amount,
                expected_money: prediction.expected_purchases * amount,
                rfm,
                stage,
            });
        }
        Ok(Self { repeat, spending, all_mean, each })
    }
}

/// Of who was a customer before both horizons.
fn growth(buyer: &Buyer, horizon: f64) -> Option<f64> {
    let (last, before) = buyer.lately;
    (buyer.history.age >= 2.0 * horizon && before > 0.0)
        .then(|| last / before - 1.0)
        .filter(|g| g.is_finite())
}

fn named_stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Prospect => "prospect",
        Stage::New => "new",
        Stage::Growing => "growing",
        Stage::Mature => "mature",
        Stage::AtRisk => "at_risk",
        Stage::Lapsed => "lapsed",
    }
}

impl Log {
    pub(super) fn of(command: &Clv, file: &Path, columns: &Columns<'_>) -> Result<Self, Fault> {
        let horizon = command.horizon.unwrap_or_default();
        let positive = |value: f64| value > 0.0 && value.is_finite();
        if !positive(horizon) || command.gone_after.is_some_and(|limit| !positive(limit)) {
            let message = "--horizon and --gone-after are numbers above 0, in the unit of time".to_owned();
            return Err(refused("E_OUT_OF_RANGE", message));
        }
        let labels = [columns.customer.to_owned(), columns.date.to_owned()];
        let data = numbers(file, &[columns.amount.to_owned()], &labels, &command.cells)?;
        let start = Instant::now();
        let diary = Diary::of(&data, columns, &command.date_format)?;
        let end = match &command.end {
            Some(end) => day(end, &command.date_format, "--end")?,
            None => diary.last,
        };
        let buyers = diary.buyers(end, command.unit.days(), horizon)?;
        let Forecast { repeat, spending, all_mean, each } = Forecast::of(buyers, command, horizon)?;
        let money: Vec<f64> = each.iter().map(|each| each.money).collect();
        let concentrated = concentration(&money).map_err(named)?;
        let mut warnings = repeat.warnings;
        warnings.extend(spending.warnings.iter().chain(&concentrated.warnings).copied());
        if let Some(out) = &command.out {
            write_each(out, columns.customer, &each)?;
        }
        let sum = |value: fn(&Each) -> f64| each.iter().map(value).sum::<f64>();
        let after = diary.purchases.iter().flat_map(|(_, days)| days).filter(|(day, _)| *day > end).count();
        let mut by_stage = BTreeMap::new();
        for each in &each {
            *by_stage.entry(named_stage(each.stage)).or_insert(0) += 1;
        }
        let parameters = [("r", repeat.r), ("alpha", repeat.alpha), ("a", repeat.a), ("b", repeat.b)];
        let of_spending = [("p", spending.p), ("q", spending.q), ("gamma", spending.gamma)];
        let n = data.rows().count();
        Ok(Self {
            n,
            n_available: data.available,
            dropped: data.available - n,
            dropped_by: data.dropped_by.clone(),
            repeated_rows: diary.repeated,
            zero_amounts: diary.zero,
            rows_after_end: after,
            first_day: shown(diary.first),
            end: shown(end),
            unit: command.unit,
            horizon,
            customers: each.len(),
            repeaters: repeat.repeaters,
            bg_nbd: Model {
                parameters: parameters.map(|(name, parameter)| (name, parameter.into())).into(),
                log_likelihood: repeat.log_likelihood,
                n: repeat.n,
                iterations: repeat.iterations,
            },
            gamma_gamma: Spending {
                model: Model {
                    parameters: of_spending.map(|(name, parameter)| (name, parameter.into())).into(),
                    log_likelihood: spending.log_likelihood,
                    n: spending.n,
                    iterations: spending.iterations,
                },
                mean: spending.mean,
                correlation: spending.correlation,
                expected_amount: all_mean,
            },
            expected_purchases: sum(|each| each.expected_purchases),
            expected_money: sum(|each| each.expected_money),
            alive: sum(|each| each.alive),
            rfm: fifths(&each),
            concentration: concentrated,
            stages: by_stage,
            stage_rules: Rules::default().to_string(),
            out: command.out.clone(),
            told: data.told(&warnings),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
            each: if command.out.is_none() && each.len() <= rows::FEW { each } else { Vec::new() },
        })
    }
}

/// Customers with the scores 1 to 5.
fn fifths(each: &[Each]) -> BTreeMap<&'static str, [usize; 5]> {
    let mut counts = BTreeMap::from([("recency", [0; 5]), ("frequency", [0; 5]), ("money", [0; 5])]);
    for Rfm { recency, frequency, money } in each.iter().map(|each| each.rfm) {
        for (name, score) in [("recency", recency), ("frequency", frequency), ("money", money)] {
            let place = usize::from(score).saturating_sub(1);
            if let Some(count) = counts.get_mut(name).and_then(|counts| counts.get_mut(place)) {
                *count += 1;
            }
        }
    }
    counts
}

fn write_each(out: &Path, customer: &str, each: &[Each]) -> Result<(), Fault> {
    let header = [
        customer,
        "frequency",
        "recency",
        "age",
        "mean_amount",
        "money",
        "alive",
        "expected_purchases",
        "expected_amount",
        "expected_money",
        "rfm",
        "stage",
    ];
    let lines = each.iter().map(|each| {
        let Rfm { recency, frequency, money } = each.rfm;
        vec![
            each.customer.clone(),
            each.frequency.to_string(),
            each.recency.to_string(),
            each.age.to_string(),
            cell(each.mean_amount),
            each.money.to_string(),
            each.alive.to_string(),
            each.expected_purchases.to_string(),
            each.expected_amount.to_string(),
            each.expected_money.to_string(),
            format!("{recency}{frequency}{money}"),
            named_stage(each.stage).to_owned(),
        ]
    });
    rows::write(out, &header, lines)
}

impl Log {
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "value of customers by their purchases (BG/NBD and Gamma-Gamma)")?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        let unit = self.unit.many();
        writeln!(out, "observed from {} to {}; time in {unit}", self.first_day, self.end)?;
        if self.rows_after_end > 0 {
            writeln!(out, "{} rows lie after the end and are not used", self.rows_after_end)?;
        }
        if self.repeated_rows > 0 {
            writeln!(
                out,
                "{} rows repeat customer, day and amount of another; they are kept (two equal articles make two equal \
                 rows) and all rows of a day are one purchase: remove them first if they were entered twice",
                self.repeated_rows
            )?;
        }
        if self.zero_amounts > 0 {
            writeln!(out, "{} rows with the amount 0 count as purchases", self.zero_amounts)?;
        }
        let horizon = digits(self.horizon);
        writeln!(
            out,
            "\nin the next {horizon} {unit} {} purchases are expected of {} customers, worth {} (not discounted)",
            digits(self.expected_purchases),
            self.customers,
            digits(self.expected_money)
        )?;
        writeln!(
            out,
            "about {} of them still are customers; the {} who never bought again count fully, since in this model \
             customers leave after a repeat purchase only\n",
            digits(self.alive),
            self.customers - self.repeaters
        )?;
        writeln!(out, "how often (BG/NBD, {} customers):", self.bg_nbd.n)?;
        write_parameters(out, &self.bg_nbd.parameters)?;
        writeln!(out, "log-likelihood: {}\n", digits(self.bg_nbd.log_likelihood))?;
        let spending = &self.gamma_gamma;
        writeln!(out, "how much (Gamma-Gamma, {} customers who bought again):", spending.model.n)?;
        write_parameters(out, &spending.model.parameters)?;
        writeln!(out, "log-likelihood: {}", digits(spending.model.log_likelihood))?;
        let correlation = spending.correlation.map_or_else(|| "-".to_owned(), digits);
        writeln!(out, "expected amount of a purchase: {}", digits(spending.expected_amount))?;
        writeln!(out, "correlation of how often and how much (the model takes 0): {correlation}\n")?;
        self.write_description(out)?;
        if let Some(path) = &self.out {
            writeln!(out, "a line for each customer is in {}", path.display())?;
        }
        self.told.write(out)
    }

    /// What is no forecast.
    fn write_description(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let found = &self.concentration;
        let percent =
            |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |s| format!("{:.1} %", 100.0 * s));
        writeln!(
            out,
            "concentration of the money so far: the first fifth of the customers brings {}, 80 % come from {} of them \
             (Gini {})",
            percent(found.top_fifth),
            percent(found.customers_for_80_percent),
            found.gini.map_or_else(|| "-".to_owned(), digits)
        )?;
        writeln!(out, "\n{:10} {:>8} {:>8} {:>8} {:>8} {:>8}", "score", 1, 2, 3, 4, 5)?;
        for (name, [one, two, three, four, five]) in &self.rfm {
            writeln!(out, "{name:10} {one:>8} {two:>8} {three:>8} {four:>8} {five:>8}")?;
        }
        writeln!(out, "(customers by fifths, 5 the best; ties share a score)\n")?;
        for (stage, count) in &self.stages {
            writeln!(out, "{:10} {count:>8}", stage.replace('_', " "))?;
        }
        writeln!(out, "{}\n", self.stage_rules)
    }
}
