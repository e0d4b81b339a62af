-- The half that asks: waves that are fielded, invitations, their mails, what comes back, and anonymous ballots.

-- Events have identifiers too.

CREATE TABLE identifier_with_events (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('unit', 'account', 'contact', 'employee', 'ledger_entry', 'wave', 'response', 'investment', 'measure', 'goal', 'event')),
    scheme TEXT NOT NULL,
    value TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    batch_id BLOB REFERENCES import_batch (id),
    PRIMARY KEY (owner_kind, scheme, value)
) STRICT;

INSERT INTO identifier_with_events SELECT owner_kind, scheme, value, owner_id, batch_id FROM identifier;

DROP TABLE identifier;

ALTER TABLE identifier_with_events RENAME TO identifier;

CREATE INDEX identifier_by_owner ON identifier (owner_id);

-- What a wave was launched with. The mode stands in `wave` and no statement changes it.

CREATE TABLE fielding (
    wave_id BLOB NOT NULL PRIMARY KEY REFERENCES wave (id),
    key TEXT NOT NULL UNIQUE,
    standing_key TEXT,
    settings TEXT NOT NULL,
    settings_sha256 TEXT NOT NULL,
    closes_at INTEGER NOT NULL,
    -- Of anonymous waves: ballots are sealed to the one half; the other is locked under a passphrase and is removed at close.
    public_key BLOB,
    locked_key BLOB,
    paused_at INTEGER,
    resumed_at INTEGER,
    pause_reason TEXT
) STRICT;

CREATE TABLE notice (
    wave_id BLOB NOT NULL REFERENCES wave (id),
    language TEXT NOT NULL,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (wave_id, language)
) STRICT;

-- A rule by which a standing wave invites after events; each quarter's invitations are a wave of their own.

CREATE TABLE standing (
    key TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    settings_sha256 TEXT NOT NULL,
    survey TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

-- Something that happened to a customer, after which a standing wave may ask.

CREATE TABLE event (
    id BLOB NOT NULL PRIMARY KEY,
    external_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('delivery', 'service', 'renewal', 'complaint', 'loss')),
    account_id BLOB REFERENCES account (id),
    contact_id BLOB REFERENCES contact (id),
    about_entry_id BLOB REFERENCES ledger_entry (id),
    happened_at INTEGER NOT NULL,
    batch_id BLOB REFERENCES import_batch (id)
) STRICT;

CREATE INDEX event_by_time ON event (kind, happened_at);

CREATE TABLE invitation (
    id BLOB NOT NULL PRIMARY KEY,
    wave_id BLOB NOT NULL REFERENCES wave (id),
    contact_id BLOB REFERENCES contact (id),
    employee_id BLOB REFERENCES employee (id),
    event_id BLOB REFERENCES event (id),
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'link')),
    notice_version TEXT NOT NULL,
    token_version INTEGER NOT NULL,
    invited_at INTEGER NOT NULL,
    handed_over_at INTEGER,
    response_id BLOB UNIQUE REFERENCES response (id),
    finished_at INTEGER,
    declined_at INTEGER,
    withdrawn_at INTEGER,
    UNIQUE (wave_id, contact_id),
    UNIQUE (wave_id, employee_id),
    CHECK ((contact_id IS NULL) <> (employee_id IS NULL))
) STRICT;

CREATE INDEX invitation_by_contact ON invitation (contact_id);

CREATE INDEX invitation_by_employee ON invitation (employee_id);

-- A token is 128 bits of an HMAC whose key is not in the database; here is only its SHA-256.

CREATE TABLE invitation_token (
    hash TEXT NOT NULL PRIMARY KEY,
    invitation_id BLOB NOT NULL REFERENCES invitation (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('answer', 'unsubscribe')),
    version INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX invitation_token_by_invitation ON invitation_token (invitation_id);

-- A mail to be sent. `reference` comes home with bounces, `message_reference` with replies; both are HMACs of the row's
-- dedupe key. `address_mark` is the HMAC of the address that it was last handed over for: a contact's address may change
-- before the bounce comes home. Neither of the two is known before the first attempt.

CREATE TABLE delivery (
    id BLOB NOT NULL PRIMARY KEY,
    invitation_id BLOB REFERENCES invitation (id),
    wave_id BLOB REFERENCES wave (id),
    kind TEXT NOT NULL CHECK (kind IN ('invitation', 'reminder', 'thanks', 'report')),
    sequence INTEGER NOT NULL,
    dedupe_key TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL UNIQUE,
    domain_group TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'sending', 'sent', 'deferred', 'failed', 'unknown', 'cancelled')),
    on_unknown TEXT NOT NULL CHECK (on_unknown IN ('resend', 'hold')),
    attempts INTEGER NOT NULL,
    unknowns INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    dated_at INTEGER NOT NULL,
    lease_owner BLOB,
    lease_generation INTEGER NOT NULL,
    lease_until INTEGER,
    ended_at INTEGER,
    last_class TEXT,
    message_reference TEXT UNIQUE,
    address_mark TEXT,
    bounce TEXT CHECK (bounce IN ('hard', 'soft', 'complaint'))
) STRICT;

CREATE INDEX delivery_due ON delivery (run_at, id) WHERE state IN ('queued', 'deferred');

CREATE INDEX delivery_lease ON delivery (lease_until) WHERE state IN ('leased', 'sending');

CREATE INDEX delivery_by_invitation ON delivery (invitation_id);

CREATE INDEX delivery_by_wave ON delivery (wave_id);

CREATE TABLE attempt (
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'not_sent', 'unknown')),
    phase TEXT,
    class TEXT,
    code INTEGER,
    enhanced TEXT,
    detail TEXT,
    PRIMARY KEY (delivery_id, number)
) STRICT;

-- Whom no mail may reach: an HMAC of the address, so that an erased person stays suppressed.

CREATE TABLE suppression (
    hmac TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL CHECK (reason IN ('hard_bounce', 'soft_bounces', 'complaint', 'unsubscribed', 'manual')),
    suppressed_at INTEGER NOT NULL
) STRICT;

-- When a person was invited last, over all waves: the frequency cap is kept by one conditional write.

CREATE TABLE contact_budget (
    person_id BLOB NOT NULL PRIMARY KEY,
    invited_at INTEGER NOT NULL
) STRICT;

CREATE TABLE inbound_mail (
    id BLOB NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    delivery_id BLOB REFERENCES delivery (id),
    raw BLOB NOT NULL
) STRICT;

CREATE INDEX inbound_mail_by_time ON inbound_mail (received_at);

CREATE TABLE mailbox (
    name TEXT NOT NULL PRIMARY KEY,
    uid_validity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL
) STRICT;

-- Anonymous waves. A ticket says that somebody has voted; a ballot does not say who. The two are written in two
-- transactions that share no key, and a ticket knows no time.

CREATE TABLE ticket (
    invitation_id BLOB NOT NULL PRIMARY KEY REFERENCES invitation (id),
    used INTEGER NOT NULL CHECK (used IN (0, 1))
) STRICT;

CREATE TABLE sealed_ballot (
    id BLOB NOT NULL PRIMARY KEY,
    wave_id BLOB NOT NULL REFERENCES wave (id),
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The one table of a poll that screens, files and analyses read. `unit_id` is NULL for the whole organisation; a hidden
-- cell has neither count nor mean.

CREATE TABLE released_cell (
    wave_id BLOB NOT NULL REFERENCES wave (id),
    row_number INTEGER NOT NULL,
    column_key TEXT NOT NULL,
    unit_id BLOB REFERENCES unit (id),
    respondents INTEGER,
    mean REAL,
    PRIMARY KEY (wave_id, row_number, column_key)
) STRICT;

CREATE TABLE released_comment (
    wave_id BLOB NOT NULL REFERENCES wave (id),
    item_key TEXT NOT NULL,
    place INTEGER NOT NULL,
    comment TEXT NOT NULL,
    PRIMARY KEY (wave_id, item_key, place)
) STRICT;
