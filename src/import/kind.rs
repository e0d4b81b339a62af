//! What can be imported, and which fields each kind has.

use crate::store::identity::Owner;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Shops, departments, channels.
    Units,
    /// Customers that pay.
    Accounts,
    /// Persons at accounts.
    Contacts,
    /// Staff.
    Employees,
    /// Transactions.
    LedgerEntries,
    /// Money and state per account and period.
    AccountPeriods,
    /// Official totals per period.
    LedgerTotals,
    /// Answers collected elsewhere.
    Answers,
    /// Named numbers per period.
    Indicators,
    /// Money that moves drivers.
    Investments,
    /// Points of cost curves.
    CostPoints,
    /// Actions whose effect is evaluated.
    Measures,
    /// Targets.
    Goals,
    /// What happened to customers: standing waves ask after it.
    Events,
}

/// What a field's cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The identifier of the row's own thing.
    Key(Owner),
    /// An identifier of another thing.
    Reference(Owner),
    /// An identifier of what another field of the row names.
    AnyReference,
    /// A text.
    Text,
    /// A day or an instant that may lie in the future.
    Date,
    /// A day or an instant up to now.
    PastDate,
    /// An amount in the currency's major unit.
    Money,
    /// A finite number.
    Number,
    /// 0/1, true/false, yes/no.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// A field that a map can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the map.
    pub name: &'static str,
    /// What its cells are.
    pub shape: Shape,
    /// Whether every row must have it.
    pub required: bool,
}

const fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

use Shape::{AnyReference, Choice, Date, Flag, Key, Money, Number, PastDate, Reference, Text};

const CURRENCY: Field = may("currency", Text);

const UNITS: &[Field] = &[
    must("key", Key(Owner::Unit)),
    must("name", Text),
    must("kind", Choice(&["shop", "department", "channel"])),
    may("parent", Reference(Owner::Unit)),
];

const ACCOUNTS: &[Field] = &[
    must("key", Key(Owner::Account)),
    may("name", Text),
    may("segment", Text),
    may("state", Choice(&["prospect", "active", "lapsed"])),
    may("representative", Text),
    may("first_seen", PastDate),
    may("unit", Reference(Owner::Unit)),
];

const CONTACTS: &[Field] = &[
    must("key", Key(Owner::Contact)),
    must("account", Reference(Owner::Account)),
    may("role", Choice(&["decides", "uses", "pays"])),
    may("name", Text),
    may("email", Text),
    may("language", Text),
    may("timezone", Text),
];

const EMPLOYEES: &[Field] = &[
    must("key", Key(Owner::Employee)),
    may("email", Text),
    may("language", Text),
    may("timezone", Text),
    may("active_from", Date),
    may("active_to", Date),
    may("unit", Reference(Owner::Unit)),
];

const LEDGER_ENTRIES: &[Field] = &[
    must("key", Key(Owner::LedgerEntry)),
    may("account", Reference(Owner::Account)),
    may("at", PastDate),
    may("revenue", Money),
    may("cost", Money),
    may("unit", Reference(Owner::Unit)),
    CURRENCY,
];

const ACCOUNT_PERIODS: &[Field] = &[
    must("account", Reference(Owner::Account)),
    must("period_start", PastDate),
    must("period_end", Date),
    may("revenue", Money),
    may("cost", Money),
    may("active", Flag),
    CURRENCY,
];

const LEDGER_TOTALS: &[Field] =
    &[must("period_start", PastDate), must("period_end", Date), must("revenue", Money), CURRENCY];

const ANSWERS: &[Field] = &[
    must("key", Key(Owner::Response)),
    may("wave", Text),
    may("account", Reference(Owner::Account)),
    may("contact", Reference(Owner::Contact)),
    may("about", Reference(Owner::LedgerEntry)),
    may("unit", Reference(Owner::Unit)),
    must("answered_at", PastDate),
    may("weight", Number),
];

const INDICATORS: &[Field] = &[
    must("name", Text),
    must("owner_kind", Choice(&["account", "contact", "unit", "group"])),
    may("owner", AnyReference),
    must("period_start", PastDate),
    must("number", Number),
    may("direction", Choice(&["up", "down"])),
    may("unit_of_measure", Text),
];

const INVESTMENTS: &[Field] = &[
    must("key", Key(Owner::Investment)),
    must("name", Text),
    must("target_kind", Choice(&["customer", "employee"])),
    must("construct", Text),
    may("one_off_cost", Money),
    must("yearly_cost", Money),
    may("life_years", Number),
    may("months_until_effect", Number),
    may("yearly_fade", Number),
    may("reach_share", Number),
    may("status", Choice(&["spent", "planned"])),
    may("reversible", Flag),
    may("task", Choice(&["awareness", "win", "grow", "keep"])),
    may("kind", Choice(&["people", "process", "technology"])),
    may("owner", Text),
    CURRENCY,
];

const COST_POINTS: &[Field] = &[
    must("investment", Reference(Owner::Investment)),
    must("level", Number),
    must("yearly_cost", Money),
    must("source", Choice(&["record", "judgement"])),
    may("given_by", Text),
    may("given_at", PastDate),
    CURRENCY,
];

const MEASURES: &[Field] = &[
    must("key", Key(Owner::Measure)),
    must("name", Text),
    may("investment", Reference(Owner::Investment)),
    may("starts_on", Date),
];

const GOALS: &[Field] = &[
    must("key", Key(Owner::Goal)),
    must("target_of", Text),
    may("baseline", Number),
    must("target", Number),
    must("due", Date),
    may("horizon", Choice(&["short", "middle", "long"])),
    may("owner", Text),
];

const EVENTS: &[Field] = &[
    must("key", Key(Owner::Event)),
    must("event", Choice(&["delivery", "service", "renewal", "complaint", "loss"])),
    may("account", Reference(Owner::Account)),
    may("contact", Reference(Owner::Contact)),
    may("about", Reference(Owner::LedgerEntry)),
    must("happened_at", PastDate),
];

impl Kind {
    /// All kinds, in the order in which an empty database is filled.
    pub const ALL: [Self; 14] = [
        Self::Units,
        Self::Accounts,
        Self::Contacts,
        Self::Employees,
        Self::LedgerEntries,
        Self::AccountPeriods,
        Self::LedgerTotals,
        Self::Answers,
        Self::Indicators,
        Self::Investments,
        Self::CostPoints,
        Self::Measures,
        Self::Goals,
        Self::Events,
    ];

    /// Returns the name on the command line and in the map.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Accounts => "accounts",
            Self::Contacts => "contacts",
            Self::Employees => "employees",
            Self::LedgerEntries => "ledger_entries",
            Self::AccountPeriods => "account_periods",
            Self::LedgerTotals => "ledger_totals",
            Self::Answers => "answers",
            Self::Indicators => "indicators",
            Self::Investments => "investments",
            Self::CostPoints => "cost_points",
            Self::Measures => "measures",
            Self::Goals => "goals",
            Self::Events => "events",
        }
    }

    /// Finds a kind by its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Returns the fields that a map of this kind can fill.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Units => UNITS,
            Self::Accounts => ACCOUNTS,
            Self::Contacts => CONTACTS,
            Self::Employees => EMPLOYEES,
            Self::LedgerEntries => LEDGER_ENTRIES,
            Self::AccountPeriods => ACCOUNT_PERIODS,
            Self::LedgerTotals => LEDGER_TOTALS,
            Self::Answers => ANSWERS,
            Self::Indicators => INDICATORS,
            Self::Investments => INVESTMENTS,
            Self::CostPoints => COST_POINTS,
            Self::Measures => MEASURES,
            Self::Goals => GOALS,
            Self::Events => EVENTS,
        }
    }

    /// Returns what a row of this kind is, where rows are things with identifiers of their own.
    pub fn owner(self) -> Option<Owner> {
        self.fields().iter().find_map(|field| match field.shape {
            Key(owner) => Some(owner),
            _ => None,
        })
    }

    /// Tells whether things of this kind carry attributes.
    pub const fn has_attributes(self) -> bool {
        matches!(self, Self::Accounts | Self::LedgerEntries)
    }
}
