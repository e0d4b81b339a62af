-- Identifiers are UUIDv7, times are instants in UTC, money is in minor units of the ledger currency.

CREATE TABLE organisation (
    one_row INTEGER NOT NULL PRIMARY KEY CHECK (one_row = 1),
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    ledger_currency TEXT NOT NULL,
    fiscal_year_start INTEGER NOT NULL CHECK (fiscal_year_start BETWEEN 1 AND 12),
    default_language TEXT NOT NULL
) STRICT;

CREATE TABLE import_batch (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    map_sha256 TEXT NOT NULL,
    rows_in INTEGER NOT NULL,
    rows_applied INTEGER NOT NULL,
    applied_at INTEGER NOT NULL,
    undone_at INTEGER
) STRICT;

CREATE TABLE import_skip (
    batch_id BLOB NOT NULL REFERENCES import_batch (id),
    line INTEGER NOT NULL,
    column_name TEXT,
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX import_skip_by_batch ON import_skip (batch_id, line);

-- The rows as they were before a batch touched them; before_json is NULL where the batch created the row.

CREATE TABLE import_change (
    batch_id BLOB NOT NULL REFERENCES import_batch (id),
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    before_json TEXT,
    PRIMARY KEY (batch_id, table_name, row_id)
) STRICT;

-- Outside identifiers: a clash is a second owner for one (kind, scheme, value), which the key refuses.

CREATE TABLE identifier (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('unit', 'account', 'contact', 'employee', 'ledger_entry', 'wave', 'response', 'investment', 'measure', 'goal')),
    scheme TEXT NOT NULL,
    value TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    batch_id BLOB REFERENCES import_batch (id),
    PRIMARY KEY (owner_kind, scheme, value)
) STRICT;

CREATE INDEX identifier_by_owner ON identifier (owner_id);

CREATE TABLE unit (
    id BLOB NOT NULL PRIMARY KEY,
    parent_id BLOB REFERENCES unit (id),
    kind TEXT NOT NULL CHECK (kind IN ('shop', 'department', 'channel')),
    name TEXT NOT NULL
) STRICT;

CREATE TABLE account (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT,
    segment TEXT,
    state TEXT NOT NULL CHECK (state IN ('prospect', 'active', 'lapsed')),
    representative TEXT,
    bucket INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 63),
    first_seen INTEGER,
    erased_at INTEGER
) STRICT;

CREATE TABLE account_unit (
    account_id BLOB NOT NULL REFERENCES account (id),
    unit_id BLOB NOT NULL REFERENCES unit (id),
    valid_from INTEGER NOT NULL,
    valid_to INTEGER,
    PRIMARY KEY (account_id, unit_id, valid_from)
) STRICT;

CREATE TABLE contact (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    role TEXT CHECK (role IN ('decides', 'uses', 'pays')),
    name TEXT,
    email TEXT,
    language TEXT,
    timezone TEXT,
    erased_at INTEGER
) STRICT;

CREATE INDEX contact_by_account ON contact (account_id);

CREATE TABLE employee (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT,
    language TEXT,
    timezone TEXT,
    active_from INTEGER,
    active_to INTEGER,
    erased_at INTEGER
) STRICT;

CREATE TABLE employee_unit (
    employee_id BLOB NOT NULL REFERENCES employee (id),
    unit_id BLOB NOT NULL REFERENCES unit (id),
    valid_from INTEGER NOT NULL,
    valid_to INTEGER,
    PRIMARY KEY (employee_id, unit_id, valid_from)
) STRICT;

-- The owner may be a ledger entry: its attributes are the operational drivers (late or not, days).

CREATE TABLE attribute (
    owner_kind TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    name TEXT NOT NULL,
    valid_from INTEGER,
    number REAL,
    text TEXT,
    PRIMARY KEY (owner_kind, owner_id, name)
) STRICT;

CREATE TABLE indicator (
    name TEXT NOT NULL PRIMARY KEY,
    direction TEXT NOT NULL CHECK (direction IN ('up', 'down')),
    unit_of_measure TEXT
) STRICT;

CREATE TABLE indicator_value (
    indicator TEXT NOT NULL REFERENCES indicator (name),
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('account', 'contact', 'unit', 'group')),
    owner_id BLOB NOT NULL,
    period_start INTEGER NOT NULL,
    number REAL NOT NULL,
    batch_id BLOB REFERENCES import_batch (id),
    PRIMARY KEY (indicator, owner_kind, owner_id, period_start)
) STRICT;

CREATE TABLE ledger_entry (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    unit_id BLOB REFERENCES unit (id),
    external_key TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    revenue INTEGER,
    cost INTEGER,
    with_tax INTEGER NOT NULL CHECK (with_tax IN (0, 1)),
    batch_id BLOB REFERENCES import_batch (id)
) STRICT;

CREATE INDEX ledger_entry_by_account ON ledger_entry (account_id, at);

CREATE TABLE account_period (
    account_id BLOB NOT NULL REFERENCES account (id),
    period_start INTEGER NOT NULL,
    period_end INTEGER NOT NULL CHECK (period_end > period_start),
    revenue INTEGER,
    cost INTEGER,
    active INTEGER CHECK (active IN (0, 1)),
    source TEXT NOT NULL,
    batch_id BLOB REFERENCES import_batch (id),
    PRIMARY KEY (account_id, period_start, period_end)
) STRICT;

-- The official figure of a period, for reconciliation.

CREATE TABLE ledger_total (
    period_start INTEGER NOT NULL,
    period_end INTEGER NOT NULL CHECK (period_end > period_start),
    revenue INTEGER NOT NULL,
    source TEXT NOT NULL,
    batch_id BLOB REFERENCES import_batch (id),
    PRIMARY KEY (period_start, period_end)
) STRICT;

CREATE TABLE survey (
    id BLOB NOT NULL PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE survey_version (
    id BLOB NOT NULL PRIMARY KEY,
    survey_id BLOB NOT NULL REFERENCES survey (id),
    version INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (survey_id, version)
) STRICT;

CREATE TABLE construct (
    survey_version_id BLOB NOT NULL REFERENCES survey_version (id),
    key TEXT NOT NULL,
    PRIMARY KEY (survey_version_id, key)
) STRICT;

CREATE TABLE item (
    survey_version_id BLOB NOT NULL REFERENCES survey_version (id),
    key TEXT NOT NULL,
    construct_key TEXT,
    kind TEXT NOT NULL,
    low REAL,
    high REAL,
    PRIMARY KEY (survey_version_id, key)
) STRICT;

CREATE TABLE wave (
    id BLOB NOT NULL PRIMARY KEY,
    survey_version_id BLOB NOT NULL REFERENCES survey_version (id),
    -- NULL where answers came without naming their wave and were put together by quarter.
    name TEXT,
    mode TEXT NOT NULL CHECK (mode IN ('named', 'confidential', 'anonymous')),
    k INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    origin TEXT NOT NULL CHECK (origin IN ('imported', 'fielded'))
) STRICT;

CREATE TABLE response (
    id BLOB NOT NULL PRIMARY KEY,
    external_key TEXT UNIQUE,
    wave_id BLOB NOT NULL REFERENCES wave (id),
    account_id BLOB REFERENCES account (id),
    contact_id BLOB REFERENCES contact (id),
    employee_id BLOB REFERENCES employee (id),
    unit_id BLOB REFERENCES unit (id),
    about_entry_id BLOB REFERENCES ledger_entry (id),
    answered_at INTEGER NOT NULL,
    weight REAL NOT NULL,
    batch_id BLOB REFERENCES import_batch (id)
) STRICT;

CREATE INDEX response_by_wave ON response (wave_id);

CREATE INDEX response_by_account ON response (account_id);

-- A matrix row is its own item; multiple choice and ranking are a JSON list of option keys in choice.

CREATE TABLE answer (
    response_id BLOB NOT NULL REFERENCES response (id),
    item_key TEXT NOT NULL,
    number REAL,
    choice TEXT,
    text TEXT,
    PRIMARY KEY (response_id, item_key)
) STRICT;

CREATE TABLE investment (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    target_kind TEXT NOT NULL CHECK (target_kind IN ('customer', 'employee')),
    construct_key TEXT NOT NULL,
    one_off_cost INTEGER NOT NULL,
    yearly_cost INTEGER NOT NULL,
    life_years REAL,
    months_until_effect REAL NOT NULL,
    yearly_fade REAL NOT NULL,
    reach_share REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('spent', 'planned')),
    reversible INTEGER NOT NULL CHECK (reversible IN (0, 1)),
    task TEXT CHECK (task IN ('awareness', 'win', 'grow', 'keep')),
    kind TEXT CHECK (kind IN ('people', 'process', 'technology')),
    owner TEXT,
    currency TEXT NOT NULL
) STRICT;

CREATE TABLE cost_point (
    investment_id BLOB NOT NULL REFERENCES investment (id),
    level REAL NOT NULL,
    yearly_cost INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('record', 'judgement')),
    given_by TEXT,
    given_at INTEGER,
    PRIMARY KEY (investment_id, level)
) STRICT;

CREATE TABLE measure (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    investment_id BLOB REFERENCES investment (id),
    finding_figure_id TEXT,
    starts_on INTEGER
) STRICT;

CREATE TABLE measure_target (
    measure_id BLOB NOT NULL REFERENCES measure (id),
    unit_id BLOB REFERENCES unit (id),
    account_id BLOB REFERENCES account (id),
    assigned_by TEXT,
    from_at INTEGER
) STRICT;

CREATE TABLE measure_progress (
    measure_id BLOB NOT NULL REFERENCES measure (id),
    unit_id BLOB REFERENCES unit (id),
    month INTEGER NOT NULL,
    planned REAL,
    done REAL
) STRICT;

CREATE TABLE goal (
    id BLOB NOT NULL PRIMARY KEY,
    indicator_or_construct TEXT NOT NULL,
    baseline REAL,
    target REAL NOT NULL,
    due INTEGER NOT NULL,
    horizon TEXT CHECK (horizon IN ('short', 'middle', 'long')),
    owner TEXT
) STRICT;

-- A run is immutable: its result, the hash of its question and the fingerprint of its data stay together.

CREATE TABLE analysis_run (
    id BLOB NOT NULL PRIMARY KEY,
    spec_sha256 TEXT NOT NULL,
    data_fingerprint TEXT NOT NULL,
    seed INTEGER NOT NULL,
    program_version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    result TEXT NOT NULL
) STRICT;

CREATE TABLE run_exclusion (
    run_id BLOB NOT NULL REFERENCES analysis_run (id),
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (run_id, reason)
) STRICT;

CREATE TABLE figure (
    run_id BLOB NOT NULL REFERENCES analysis_run (id),
    figure_id TEXT NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    level REAL,
    n INTEGER,
    unit TEXT NOT NULL,
    grade TEXT CHECK (grade IN ('A', 'B', 'C', 'D', 'E')),
    source TEXT NOT NULL,
    PRIMARY KEY (run_id, figure_id)
) STRICT;

CREATE TABLE forecast (
    id BLOB NOT NULL PRIMARY KEY,
    figure_id TEXT NOT NULL,
    run_id BLOB NOT NULL REFERENCES analysis_run (id),
    due_period TEXT NOT NULL,
    scored_at INTEGER,
    actual REAL,
    inside INTEGER CHECK (inside IN (0, 1))
) STRICT;

CREATE TABLE report (
    id BLOB NOT NULL PRIMARY KEY,
    period TEXT NOT NULL,
    language TEXT NOT NULL,
    run_id BLOB NOT NULL REFERENCES analysis_run (id),
    document TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;
