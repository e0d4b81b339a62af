//! The company's files, as its systems would export them, and the maps that read them.

use std::fmt::Write;

use super::account::{FIRST_WAVE, LAST_WAVE, LEDGER_QUARTERS, WAVES};
use super::company::{Company, SHOPS, Source, as_of, first_day, quarter_name};
use super::dice::Dice;
use super::model::{DISCOUNT_RATE, HORIZON_YEARS, INVESTMENTS, SIZES};

/// Regions, each with six shops.
const REGIONS: [&str; 8] = ["North", "East", "South", "West", "Coast", "Hills", "Lakes", "Plains"];

/// Ways to sell that are no place.
const CHANNELS: [&str; 4] = ["Direct sales", "Web shop", "Distributors", "Telephone"];

/// Employees that the company ever had.
pub(super) const EMPLOYEES: usize = 900;

/// Persons who look after customers.
const REPRESENTATIVES: usize = 40;

/// What to import, in order: what is referred to comes first.
pub(super) const IMPORTS: &[Source] = &[
    Source { kind: "units", file: "units.csv", map: "units.toml" },
    Source { kind: "accounts", file: "accounts.csv", map: "accounts.toml" },
    Source { kind: "contacts", file: "contacts.csv", map: "contacts.toml" },
    Source { kind: "employees", file: "employees.csv", map: "employees.toml" },
    Source { kind: "account_periods", file: "account_periods.csv", map: "account_periods.toml" },
    Source { kind: "ledger_totals", file: "ledger_totals.csv", map: "ledger_totals.toml" },
    Source { kind: "answers", file: "answers.csv", map: "answers.toml" },
    Source { kind: "indicators", file: "indicators.csv", map: "indicators.toml" },
    Source { kind: "investments", file: "investments.csv", map: "investments.toml" },
    Source { kind: "cost_points", file: "cost_points.csv", map: "cost_points.toml" },
    Source { kind: "measures", file: "measures.csv", map: "measures.toml" },
    Source { kind: "goals", file: "goals.csv", map: "goals.toml" },
];

const CONFIGURATION: &str = r#"# A made-up company; see README.
database = "sqlite:cam.db"

[organisation]
name = "Harbour Instruments (sample data)"
timezone = "Asia/Shanghai"
currency = "CNY"
fiscal_year_start = 1
language = "en"
"#;

const README: &str = "\
These are MADE-UP DATA. No company, customer, employee or number in this folder is real.

They describe an invented maker of measuring instruments with 48 service shops: 60 units, 900 employees, 3,000
customers, twelve quarters of its ledger, seven quarters of a customer survey, and four investments. The files were
calculated from a seed by the program, so that the truth behind them is known and can be held against what an
analysis finds. The eighth quarter is asked by the program itself: wave.toml is the wave, poll.toml an anonymous poll
of the employees beside it, mail.en.eml and mail.zh-Hans.eml are two of its mails.

Every .csv file is read with the .toml file of the same name, which says what its columns mean. customer.toml is the
survey, analysis.toml the question, cam.toml the organisation. To bring them in by hand:

    cam migrate
    cam import units units.csv --map units.toml
    ... and so on: accounts, contacts, employees, account_periods, ledger_totals, answers, indicators,
    investments, cost_points, measures, goals
    cam wave status 2026q3-customers
    cam poll results 2026q3-staff --out poll
    cam report --period 2026Q3 --lang en --out report
";

/// Every file of the company.
pub(super) fn all(company: &Company) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = [
        ("README", README),
        ("cam.toml", CONFIGURATION),
        ("customer.toml", include_str!("../../surveys/customer.toml")),
        ("wave.toml", include_str!("waves/customers.toml")),
        ("poll.toml", include_str!("waves/staff.toml")),
        ("units.toml", include_str!("maps/units.toml")),
        ("accounts.toml", include_str!("maps/accounts.toml")),
        ("contacts.toml", include_str!("maps/contacts.toml")),
        ("employees.toml", include_str!("maps/employees.toml")),
        ("account_periods.toml", include_str!("maps/account_periods.toml")),
        ("ledger_totals.toml", include_str!("maps/ledger_totals.toml")),
        ("answers.toml", include_str!("maps/answers.toml")),
        ("indicators.toml", include_str!("maps/indicators.toml")),
        ("investments.toml", include_str!("maps/investments.toml")),
        ("cost_points.toml", include_str!("maps/cost_points.toml")),
        ("measures.toml", include_str!("maps/measures.toml")),
        ("goals.toml", include_str!("maps/goals.toml")),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    let calculated = [
        ("analysis.toml", analysis(company)),
        ("units.csv", units()),
        ("accounts.csv", accounts(company)),
        ("contacts.csv", contacts(company)),
        ("employees.csv", employees(company)),
        ("account_periods.csv", account_periods(company)),
        ("ledger_totals.csv", ledger_totals(company)),
        ("answers.csv", answers(company)),
        ("indicators.csv", indicators(company)),
        ("investments.csv", investments()),
        ("cost_points.csv", cost_points()),
        ("measures.csv", MEASURES.to_owned()),
        ("goals.csv", GOALS.to_owned()),
    ];
    files.extend(calculated.map(|(name, text)| (name.to_owned(), text)));
    files
}

const MEASURES: &str = "\
measure,name,investment,starts_on
M-1,Second shift in twelve large shops,INV-1,2025-01-15
M-2,Two days of training for every technician,INV-2,2025-03-01
";

const GOALS: &str = "\
goal,target_of,baseline,target,due,horizon,owner
G-1,satisfaction,64,70,2027-12-31,middle,Board
G-2,on-time repairs,78,90,2027-06-30,short,Head of service
";

/// Adds one line; writing to a text cannot fail.
macro_rules! line {
    ($text:expr, $($part:tt)*) => { writeln!($text, $($part)*).expect("a text takes every line") };
}

fn analysis(company: &Company) -> String {
    format!(
        r#"# What is asked of the made-up company's data.
survey = "customer"
sample_data = true

[outcome]
window_months = 12
money = "margin"
retention = {{ kind = "contractual" }}

[adjust]
segment = true
cluster = "account"

[optimum]
horizon_years = {HORIZON_YEARS}
discount_rate = {DISCOUNT_RATE}
materiality = 250000
draws = 999
seed = {seed}
"#,
        // TOML's integers are signed.
        seed = company.seed & 0x7FFF_FFFF_FFFF_FFFF,
    )
}

fn shop_key(shop: usize) -> String {
    format!("S{:02}", shop + 1)
}

fn units() -> String {
    let mut text = String::from("unit,name,kind,region\n");
    for (at, region) in REGIONS.iter().enumerate() {
        line!(text, "R{},Region {region},department,", at + 1);
    }
    for shop in 0..SHOPS {
        let region = shop % REGIONS.len();
        let number = shop / REGIONS.len() + 1;
        line!(text, "{},{} shop {number},shop,R{}", shop_key(shop), REGIONS[region], region + 1);
    }
    for (at, channel) in CHANNELS.iter().enumerate() {
        line!(text, "C{},{channel},channel,", at + 1);
    }
    text
}

fn customer_key(account: usize) -> String {
    format!("A{:05}", account + 1)
}

fn contact_key(account: usize, contact: usize) -> String {
    format!("{}-{}", customer_key(account), contact + 1)
}

/// A contact's e-mail address: under an ending that belongs to nobody (RFC 2606).
pub(super) fn contact_address(account: usize, contact: usize) -> String {
    format!("contact{}@sample{:04}.example", contact + 1, account + 1)
}

/// An employee's e-mail address.
pub(super) fn employee_address(number: usize) -> String {
    format!("e{:04}@harbour.example", number + 1)
}

/// The ledger's number of a customer.
fn debtor(account: usize) -> usize {
    700_001 + account
}

fn accounts(company: &Company) -> String {
    let mut text = String::from("customer,debtor,name,size,state,representative,customer_since,shop\n");
    for (at, account) in company.accounts.iter().enumerate() {
        let first = account.money.first().map_or(0, |money| money.quarter);
        let since = first_day(first).saturating_add(jiff::Span::new().days(-account.days_before));
        let state = if account.is_active(LEDGER_QUARTERS - 1) { "active" } else { "lapsed" };
        let shop = shop_key(account.shop);
        line!(
            text,
            "{},{},Sample customer {:04},{},{state},Representative {:02},{since},{shop}",
            customer_key(at),
            debtor(at),
            at + 1,
            SIZES[account.size].code,
            account.shop % REPRESENTATIVES + 1,
        );
    }
    text
}

fn contacts(company: &Company) -> String {
    let mut text = String::from("contact,customer,role,name,email,language\n");
    for (at, account) in company.accounts.iter().enumerate() {
        for (contact, role) in account.roles.iter().enumerate() {
            let language = if at % 5 == 0 { "en" } else { "zh-Hans" };
            let (key, customer) = (contact_key(at, contact), customer_key(at));
            let email = contact_address(at, contact);
            line!(text, "{key},{customer},{role},Contact {key},{email},{language}");
        }
    }
    text
}

fn employees(company: &Company) -> String {
    let mut dice = Dice::new(company.seed, 31);
    let mut text = String::from("employee,email,language,joined,left,unit\n");
    for number in 0..EMPLOYEES {
        let unit = match dice.index(10) {
            0 => format!("C{}", dice.index(CHANNELS.len()) + 1),
            1 => format!("R{}", dice.index(REGIONS.len()) + 1),
            _ => shop_key(dice.index(SHOPS)),
        };
        #[expect(clippy::cast_possible_truncation, reason = "at most ten years of days")]
        let days = (3_650.0 * dice.uniform()) as i32;
        let joined = as_of().saturating_add(jiff::Span::new().days(-30 - days));
        // One in eight has left, after a third to two thirds of the time since.
        #[expect(clippy::cast_possible_truncation, reason = "fewer days than above")]
        let stayed = (f64::from(days) * (1.0 + dice.uniform()) / 3.0) as i32;
        let left = dice.chance(0.125).then(|| joined.saturating_add(jiff::Span::new().days(stayed)));
        let left = left.map(|day| day.to_string()).unwrap_or_default();
        let language = if number % 8 == 0 { "en" } else { "zh-Hans" };
        let email = employee_address(number);
        line!(text, "E{:04},{email},{language},{joined},{left},{unit}", number + 1);
    }
    text
}

/// Writes minor units with two decimals.
fn amount(minor: i64, mark: char) -> String {
    format!("{}{mark}{:02}", minor / 100, minor % 100)
}

fn account_periods(company: &Company) -> String {
    let days: Vec<String> =
        (0..=LEDGER_QUARTERS).map(|quarter| first_day(quarter).strftime("%d.%m.%Y").to_string()).collect();
    let mut text = String::from("debtor;from;to;revenue;cost;contract\n");
    for (at, account) in company.accounts.iter().enumerate() {
        for money in &account.money {
            let contract = if money.active { "running" } else { "ended" };
            line!(
                text,
                "{};{};{};{};{};{contract}",
                debtor(at),
                days[money.quarter],
                days[money.quarter + 1],
                amount(money.revenue, ','),
                amount(money.cost, ','),
            );
        }
    }
    text
}

/// The official revenue of each quarter: what the ledger export holds and up to one per cent of bookings by hand.
fn ledger_totals(company: &Company) -> String {
    let mut dice = Dice::new(company.seed, 32);
    let mut text = String::from("from,to,official_revenue\n");
    for quarter in 0..LEDGER_QUARTERS {
        let imported: i64 = company
            .accounts
            .iter()
            .flat_map(|account| &account.money)
            .filter(|money| money.quarter == quarter)
            .map(|money| money.revenue)
            .sum();
        #[expect(clippy::cast_possible_truncation, reason = "a share of a sum far below 2^53")]
        let by_hand = (imported as f64 * (0.002 + 0.008 * dice.uniform())) as i64;
        let official = grouped(imported + by_hand);
        line!(text, "{},{},\"{official}\"", first_day(quarter), first_day(quarter + 1));
    }
    text
}

/// Writes minor units with two decimals and a comma between thousands.
fn grouped(minor: i64) -> String {
    let digits = (minor / 100).to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text}.{:02}", minor % 100)
}

fn answers(company: &Company) -> String {
    let mut text = String::from("answer,wave,contact,answered_at");
    for item in 1..=16 {
        write!(text, ",q{item}").expect("a text takes every word");
    }
    text.push('\n');
    // The last wave is no history: it is sent, and answered on the pages.
    for answer in company.answers.iter().filter(|answer| answer.wave < LAST_WAVE) {
        let quarter = FIRST_WAVE + answer.wave;
        let wave = quarter_name(quarter);
        let day = first_day(quarter).saturating_add(jiff::Span::new().days(answer.day));
        let contact = contact_key(answer.account, answer.contact);
        write!(
            text,
            "{wave}-{contact},{wave},{contact},{day} {:02}:{:02}",
            answer.minute / 60,
            answer.minute % 60
        )
        .expect("a text takes every word");
        for tick in &answer.ticks {
            // The questionnaire's own code for "left open".
            write!(text, ",{}", tick.unwrap_or(-99)).expect("a text takes every word");
        }
        text.push('\n');
    }
    text
}

fn indicators(company: &Company) -> String {
    let mut dice = Dice::new(company.seed, 33);
    let mut text = String::from("indicator,unit,from,value,good_is,measured_in\n");
    for shop in 0..SHOPS {
        let own = 5.0 * dice.normal();
        for quarter in FIRST_WAVE..FIRST_WAVE + WAVES {
            let (unit, day) = (shop_key(shop), first_day(quarter));
            let on_time = (78.0 + own + quarter as f64 / 2.0 + 3.0 * dice.normal()).clamp(40.0, 100.0);
            let leaving = (4.0 - own / 10.0 + 2.0 * dice.normal()).clamp(0.0, 20.0);
            line!(text, "on-time repairs,{unit},{day},{on_time:.1},up,%");
            line!(text, "staff leaving,{unit},{day},{leaving:.1},down,%");
        }
    }
    text
}

fn investments() -> String {
    let mut text = String::from(
        "investment,name,moves,one_off_cost,yearly_cost,life_years,months_until_effect,reversible,task,kind,owner\n",
    );
    for investment in &INVESTMENTS {
        line!(
            text,
            "{},{},{},{:.2},{:.2},{},{},{},{},{},Head of service",
            investment.key,
            investment.name,
            super::model::DRIVERS[investment.driver].key,
            investment.one_off_cost,
            investment.yearly_cost,
            investment.life_years,
            investment.months_until_effect,
            if investment.reversible { "yes" } else { "no" },
            investment.task,
            investment.kind,
        );
    }
    text
}

fn cost_points() -> String {
    let mut text = String::from("investment,level,yearly_cost,source,given_by,given_at\n");
    for investment in &INVESTMENTS {
        for (level, cost, source) in investment.points {
            let by = if *source == "record" { "Controlling" } else { "Head of service" };
            line!(text, "{},{level},{cost:.2},{source},{by},2026-09-15", investment.key);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(files: &[(String, String)], name: &str) -> usize {
        files.iter().find(|(file, _)| file == name).unwrap().1.lines().count() - 1
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes_and_another_seed_others() {
        let files = all(&Company::generate(4));
        assert!(files == all(&Company::generate(4)));
        assert!(files != all(&Company::generate(5)));
    }

    #[test]
    fn the_company_has_the_promised_size() {
        let company = Company::generate(6);
        let files = all(&company);
        assert_eq!(rows(&files, "units.csv"), 60);
        assert_eq!(rows(&files, "employees.csv"), 900);
        assert_eq!(rows(&files, "accounts.csv"), 3_000);
        assert_eq!(rows(&files, "ledger_totals.csv"), 12);
        assert_eq!(rows(&files, "investments.csv"), 4);
        let waves: std::collections::BTreeSet<usize> =
            company.answers.iter().map(|answer| answer.wave).collect();
        assert_eq!(waves.len(), 8);
        let several = company.accounts.iter().filter(|account| account.roles.len() > 1).count();
        assert!((300..900).contains(&several), "{several}");
    }

    #[test]
    fn every_import_has_its_file_and_its_map() {
        let files = all(&Company::generate(1));
        for source in IMPORTS {
            for name in [source.file, source.map] {
                assert!(files.iter().any(|(file, _)| file == name), "{name}");
            }
            let map = &files.iter().find(|(file, _)| file == source.map).unwrap().1;
            assert!(map.contains(&format!("kind = {:?}", source.kind)), "{}", source.map);
        }
    }

    #[test]
    fn every_column_that_a_map_names_is_in_its_file() {
        let files = all(&Company::generate(1));
        let text = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
        for source in IMPORTS {
            let map: toml::Table = text(source.map).parse().unwrap();
            let mark = map.get("delimiter").and_then(toml::Value::as_str).unwrap_or(",");
            let header: Vec<&str> = text(source.file).lines().next().unwrap().split(mark).collect();
            let sections = ["fields", "answers"].into_iter().filter_map(|name| map.get(name)?.as_table());
            let alias = map.get("alias").and_then(toml::Value::as_array);
            let columns = sections
                .flat_map(toml::Table::values)
                .chain(alias.into_iter().flatten())
                .filter_map(|field| field.as_str().or_else(|| field.get("column")?.as_str()));
            for column in columns {
                assert!(header.contains(&column), "{}: {column}", source.map);
            }
        }
    }

    #[test]
    fn amounts_are_written_to_the_last_fen() {
        assert_eq!(amount(123_405, ','), "1234,05");
        assert_eq!(grouped(12_345_678_901), "123,456,789.01");
        assert_eq!(grouped(99_900), "999.00");
    }
}
