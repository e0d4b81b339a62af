-- Identifiers are UUIDv7, times are instants in UTC, money is in minor units of the ledger currency.

CREATE TABLE organisation (
    one_row BIGINT NOT NULL PRIMARY KEY CHECK (one_row = 1),
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    ledger_currency TEXT NOT NULL,
    fiscal_year_start BIGINT NOT NULL CHECK (fiscal_year_start BETWEEN 1 AND 12),
    default_language TEXT NOT NULL
);

CREATE TABLE import_batch (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    map_sha256 TEXT NOT NULL,
    rows_in BIGINT NOT NULL,
    rows_applied BIGINT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ
);

CREATE TABLE import_skip (
    batch_id UUID NOT NULL REFERENCES import_batch (id),
    line BIGINT NOT NULL,
    column_name TEXT,
    reason TEXT NOT NULL
);

CREATE INDEX import_skip_by_batch ON import_skip (batch_id, line);

-- The rows as they were before a batch touched them; before_json is NULL where the batch created the row.

CREATE TABLE import_change (
    batch_id UUID NOT NULL REFERENCES import_batch (id),
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    before_json JSONB,
    PRIMARY KEY (batch_id, table_name, row_id)
);

-- Outside identifiers: a clash is a second owner for one (kind, scheme, value), which the key refuses.

CREATE TABLE identifier (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('unit', 'account', 'contact', 'employee', 'ledger_entry', 'wave', 'response', 'investment', 'measure', 'goal')),
    scheme TEXT NOT NULL,
    value TEXT NOT NULL,
    owner_id UUID NOT NULL,
    batch_id UUID REFERENCES import_batch (id),
    PRIMARY KEY (owner_kind, scheme, value)
);

CREATE INDEX identifier_by_owner ON identifier (owner_id);

CREATE TABLE unit (
    id UUID NOT NULL PRIMARY KEY,
    parent_id UUID REFERENCES unit (id),
    kind TEXT NOT NULL CHECK (kind IN ('shop', 'department', 'channel')),
    name TEXT NOT NULL
);

CREATE TABLE account (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT,
    segment TEXT,
    state TEXT NOT NULL CHECK (state IN ('prospect', 'active', 'lapsed')),
    representative TEXT,
    bucket BIGINT NOT NULL CHECK (bucket BETWEEN 0 AND 63),
    first_seen TIMESTAMPTZ,
    erased_at TIMESTAMPTZ
);

CREATE TABLE account_unit (
    account_id UUID NOT NULL REFERENCES account (id),
    unit_id UUID NOT NULL REFERENCES unit (id),
    valid_from TIMESTAMPTZ NOT NULL,
    valid_to TIMESTAMPTZ,
    PRIMARY KEY (account_id, unit_id, valid_from)
);

CREATE TABLE contact (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES account (id),
    role TEXT CHECK (role IN ('decides', 'uses', 'pays')),
    name TEXT,
    email TEXT,
    language TEXT,
    timezone TEXT,
    erased_at TIMESTAMPTZ
);

CREATE INDEX contact_by_account ON contact (account_id);

CREATE TABLE employee (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT,
    language TEXT,
    timezone TEXT,
    active_from TIMESTAMPTZ,
    active_to TIMESTAMPTZ,
    erased_at TIMESTAMPTZ
);

CREATE TABLE employee_unit (
    employee_id UUID NOT NULL REFERENCES employee (id),
    unit_id UUID NOT NULL REFERENCES unit (id),
    valid_from TIMESTAMPTZ NOT NULL,
    valid_to TIMESTAMPTZ,
    PRIMARY KEY (employee_id, unit_id, valid_from)
);

-- The owner may be a ledger entry: its attributes are the operational drivers (late or not, days).

CREATE TABLE attribute (
    owner_kind TEXT NOT NULL,
    owner_id UUID NOT NULL,
    name TEXT NOT NULL,
    valid_from TIMESTAMPTZ,
    number DOUBLE PRECISION,
    text TEXT,
    PRIMARY KEY (owner_kind, owner_id, name)
);

CREATE TABLE indicator (
    name TEXT NOT NULL PRIMARY KEY,
    direction TEXT NOT NULL CHECK (direction IN ('up', 'down')),
    unit_of_measure TEXT
);

CREATE TABLE indicator_value (
    indicator TEXT NOT NULL REFERENCES indicator (name),
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('account', 'contact', 'unit', 'group')),
    owner_id UUID NOT NULL,
    period_start TIMESTAMPTZ NOT NULL,
    number DOUBLE PRECISION NOT NULL,
    batch_id UUID REFERENCES import_batch (id),
    PRIMARY KEY (indicator, owner_kind, owner_id, period_start)
);

CREATE TABLE ledger_entry (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES account (id),
    unit_id UUID REFERENCES unit (id),
    external_key TEXT NOT NULL UNIQUE,
    at TIMESTAMPTZ NOT NULL,
    revenue BIGINT,
    cost BIGINT,
    with_tax BOOLEAN NOT NULL,
    batch_id UUID REFERENCES import_batch (id)
);

CREATE INDEX ledger_entry_by_account ON ledger_entry (account_id, at);

CREATE TABLE account_period (
    account_id UUID NOT NULL REFERENCES account (id),
    period_start TIMESTAMPTZ NOT NULL,
    period_end TIMESTAMPTZ NOT NULL CHECK (period_end > period_start),
    revenue BIGINT,
    cost BIGINT,
    active BOOLEAN,
    source TEXT NOT NULL,
    batch_id UUID REFERENCES import_batch (id),
    PRIMARY KEY (account_id, period_start, period_end)
);

-- The official figure of a period, for reconciliation.

CREATE TABLE ledger_total (
    period_start TIMESTAMPTZ NOT NULL,
    period_end TIMESTAMPTZ NOT NULL CHECK (period_end > period_start),
    revenue BIGINT NOT NULL,
    source TEXT NOT NULL,
    batch_id UUID REFERENCES import_batch (id),
    PRIMARY KEY (period_start, period_end)
);

CREATE TABLE survey (
    id UUID NOT NULL PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
);

CREATE TABLE survey_version (
    id UUID NOT NULL PRIMARY KEY,
    survey_id UUID NOT NULL REFERENCES survey (id),
    version BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (survey_id, version)
);

CREATE TABLE construct (
    survey_version_id UUID NOT NULL REFERENCES survey_version (id),
    key TEXT NOT NULL,
    PRIMARY KEY (survey_version_id, key)
);

CREATE TABLE item (
    survey_version_id UUID NOT NULL REFERENCES survey_version (id),
    key TEXT NOT NULL,
    construct_key TEXT,
    kind TEXT NOT NULL,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    PRIMARY KEY (survey_version_id, key)
);

CREATE TABLE wave (
    id UUID NOT NULL PRIMARY KEY,
    survey_version_id UUID NOT NULL REFERENCES survey_version (id),
    -- NULL where answers came without naming their wave and were put together by quarter.
    name TEXT,
    mode TEXT NOT NULL CHECK (mode IN ('named', 'confidential', 'anonymous')),
    k BIGINT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    origin TEXT NOT NULL CHECK (origin IN ('imported', 'fielded'))
);

CREATE TABLE response (
    id UUID NOT NULL PRIMARY KEY,
    external_key TEXT UNIQUE,
    wave_id UUID NOT NULL REFERENCES wave (id),
    account_id UUID REFERENCES account (id),
    contact_id UUID REFERENCES contact (id),
    employee_id UUID REFERENCES employee (id),
    unit_id UUID REFERENCES unit (id),
    about_entry_id UUID REFERENCES ledger_entry (id),
    answered_at TIMESTAMPTZ NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    batch_id UUID REFERENCES import_batch (id)
);

CREATE INDEX response_by_wave ON response (wave_id);

CREATE INDEX response_by_account ON response (account_id);

-- A matrix row is its own item; multiple choice and ranking are a JSON list of option keys in choice.

CREATE TABLE answer (
    response_id UUID NOT NULL REFERENCES response (id),
    item_key TEXT NOT NULL,
    number DOUBLE PRECISION,
    choice TEXT,
    text TEXT,
    PRIMARY KEY (response_id, item_key)
);

CREATE TABLE investment (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    target_kind TEXT NOT NULL CHECK (target_kind IN ('customer', 'employee')),
    construct_key TEXT NOT NULL,
    one_off_cost BIGINT NOT NULL,
    yearly_cost BIGINT NOT NULL,
    life_years DOUBLE PRECISION,
    months_until_effect DOUBLE PRECISION NOT NULL,
    yearly_fade DOUBLE PRECISION NOT NULL,
    reach_share DOUBLE PRECISION NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('spent', 'planned')),
    reversible BOOLEAN NOT NULL,
    task TEXT CHECK (task IN ('awareness', 'win', 'grow', 'keep')),
    kind TEXT CHECK (kind IN ('people', 'process', 'technology')),
    owner TEXT,
    currency TEXT NOT NULL
);

CREATE TABLE cost_point (
    investment_id UUID NOT NULL REFERENCES investment (id),
    level DOUBLE PRECISION NOT NULL,
    yearly_cost BIGINT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('record', 'judgement')),
    given_by TEXT,
    given_at TIMESTAMPTZ,
    PRIMARY KEY (investment_id, level)
);

CREATE TABLE measure (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    investment_id UUID REFERENCES investment (id),
    finding_figure_id TEXT,
    starts_on TIMESTAMPTZ
);

CREATE TABLE measure_target (
    measure_id UUID NOT NULL REFERENCES measure (id),
    unit_id UUID REFERENCES unit (id),
    account_id UUID REFERENCES account (id),
    assigned_by TEXT,
    from_at TIMESTAMPTZ
);

CREATE TABLE measure_progress (
    measure_id UUID NOT NULL REFERENCES measure (id),
    unit_id UUID REFERENCES unit (id),
    month TIMESTAMPTZ NOT NULL,
    planned DOUBLE PRECISION,
    done DOUBLE PRECISION
);

CREATE TABLE goal (
    id UUID NOT NULL PRIMARY KEY,
    indicator_or_construct TEXT NOT NULL,
    baseline DOUBLE PRECISION,
    target DOUBLE PRECISION NOT NULL,
    due TIMESTAMPTZ NOT NULL,
    horizon TEXT CHECK (horizon IN ('short', 'middle', 'long')),
    owner TEXT
);

-- A run is immutable: its result, the hash of its question and the fingerprint of its data stay together.

CREATE TABLE analysis_run (
    id UUID NOT NULL PRIMARY KEY,
    spec_sha256 TEXT NOT NULL,
    data_fingerprint TEXT NOT NULL,
    seed BIGINT NOT NULL,
    program_version TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    result JSONB NOT NULL
);

CREATE TABLE run_exclusion (
    run_id UUID NOT NULL REFERENCES analysis_run (id),
    reason TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (run_id, reason)
);

CREATE TABLE figure (
    run_id UUID NOT NULL REFERENCES analysis_run (id),
    figure_id TEXT NOT NULL,
    value DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    level DOUBLE PRECISION,
    n BIGINT,
    unit TEXT NOT NULL,
    grade TEXT CHECK (grade IN ('A', 'B', 'C', 'D', 'E')),
    source TEXT NOT NULL,
    PRIMARY KEY (run_id, figure_id)
);

CREATE TABLE forecast (
    id UUID NOT NULL PRIMARY KEY,
    figure_id TEXT NOT NULL,
    run_id UUID NOT NULL REFERENCES analysis_run (id),
    due_period TEXT NOT NULL,
    scored_at TIMESTAMPTZ,
    actual DOUBLE PRECISION,
    inside BOOLEAN
);

CREATE TABLE report (
    id UUID NOT NULL PRIMARY KEY,
    period TEXT NOT NULL,
    language TEXT NOT NULL,
    run_id UUID NOT NULL REFERENCES analysis_run (id),
    document JSONB NOT NULL,
    sha256 TEXT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL
);
