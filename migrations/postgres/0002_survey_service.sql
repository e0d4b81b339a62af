-- The half that asks: waves that are fielded, invitations, their mails, what comes back, and anonymous ballots.

-- Events have identifiers too.

ALTER TABLE identifier DROP CONSTRAINT identifier_owner_kind_check;

ALTER TABLE identifier ADD CONSTRAINT identifier_owner_kind_check
    CHECK (owner_kind IN ('unit', 'account', 'contact', 'employee', 'ledger_entry', 'wave', 'response', 'investment', 'measure', 'goal', 'event'));

-- What a wave was launched with. The mode stands in `wave` and no statement changes it.

CREATE TABLE fielding (
    wave_id UUID NOT NULL PRIMARY KEY REFERENCES wave (id),
    key TEXT NOT NULL UNIQUE,
    standing_key TEXT,
    settings TEXT NOT NULL,
    settings_sha256 TEXT NOT NULL,
    closes_at TIMESTAMPTZ NOT NULL,
    -- Of anonymous waves: ballots are sealed to the one half; the other is locked under a passphrase and is removed at close.
    public_key BYTEA,
    locked_key BYTEA,
    paused_at TIMESTAMPTZ,
    resumed_at TIMESTAMPTZ,
    pause_reason TEXT
);

CREATE TABLE notice (
    wave_id UUID NOT NULL REFERENCES wave (id),
    language TEXT NOT NULL,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (wave_id, language)
);

-- A rule by which a standing wave invites after events; each quarter's invitations are a wave of their own.

CREATE TABLE standing (
    key TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    settings_sha256 TEXT NOT NULL,
    survey TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

-- Something that happened to a customer, after which a standing wave may ask.

CREATE TABLE event (
    id UUID NOT NULL PRIMARY KEY,
    external_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('delivery', 'service', 'renewal', 'complaint', 'loss')),
    account_id UUID REFERENCES account (id),
    contact_id UUID REFERENCES contact (id),
    about_entry_id UUID REFERENCES ledger_entry (id),
    happened_at TIMESTAMPTZ NOT NULL,
    batch_id UUID REFERENCES import_batch (id)
);

CREATE INDEX event_by_time ON event (kind, happened_at);

CREATE TABLE invitation (
    id UUID NOT NULL PRIMARY KEY,
    wave_id UUID NOT NULL REFERENCES wave (id),
    contact_id UUID REFERENCES contact (id),
    employee_id UUID REFERENCES employee (id),
    event_id UUID REFERENCES event (id),
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'link')),
    notice_version TEXT NOT NULL,
    token_version BIGINT NOT NULL,
    invited_at TIMESTAMPTZ NOT NULL,
    handed_over_at TIMESTAMPTZ,
    response_id UUID UNIQUE REFERENCES response (id),
    finished_at TIMESTAMPTZ,
    declined_at TIMESTAMPTZ,
    withdrawn_at TIMESTAMPTZ,
    UNIQUE (wave_id, contact_id),
    UNIQUE (wave_id, employee_id),
    CHECK ((contact_id IS NULL) <> (employee_id IS NULL))
);

CREATE INDEX invitation_by_contact ON invitation (contact_id);

CREATE INDEX invitation_by_employee ON invitation (employee_id);

-- A token is 128 bits of an HMAC whose key is not in the database; here is only its SHA-256.

CREATE TABLE invitation_token (
    hash TEXT NOT NULL PRIMARY KEY,
    invitation_id UUID NOT NULL REFERENCES invitation (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('answer', 'unsubscribe')),
    version BIGINT NOT NULL,
    revoked_at TIMESTAMPTZ
);

CREATE INDEX invitation_token_by_invitation ON invitation_token (invitation_id);

-- A mail to be sent. `reference` comes home with bounces, `message_reference` with replies; both are HMACs of the row's
-- dedupe key. `address_mark` is the HMAC of the address that it was last handed over for: a contact's address may change
-- before the bounce comes home. Neither of the two is known before the first attempt.

CREATE TABLE delivery (
    id UUID NOT NULL PRIMARY KEY,
    invitation_id UUID REFERENCES invitation (id),
    wave_id UUID REFERENCES wave (id),
    kind TEXT NOT NULL CHECK (kind IN ('invitation', 'reminder', 'thanks', 'report')),
    sequence BIGINT NOT NULL,
    dedupe_key TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL UNIQUE,
    domain_group TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'sending', 'sent', 'deferred', 'failed', 'unknown', 'cancelled')),
    on_unknown TEXT NOT NULL CHECK (on_unknown IN ('resend', 'hold')),
    attempts BIGINT NOT NULL,
    unknowns BIGINT NOT NULL,
    run_at TIMESTAMPTZ NOT NULL,
    not_after TIMESTAMPTZ NOT NULL,
    dated_at TIMESTAMPTZ NOT NULL,
    lease_owner UUID,
    lease_generation BIGINT NOT NULL,
    lease_until TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    last_class TEXT,
    message_reference TEXT UNIQUE,
    address_mark TEXT,
    bounce TEXT CHECK (bounce IN ('hard', 'soft', 'complaint'))
);

CREATE INDEX delivery_due ON delivery (run_at, id) WHERE state IN ('queued', 'deferred');

CREATE INDEX delivery_lease ON delivery (lease_until) WHERE state IN ('leased', 'sending');

CREATE INDEX delivery_by_invitation ON delivery (invitation_id);

CREATE INDEX delivery_by_wave ON delivery (wave_id);

CREATE TABLE attempt (
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    number BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'not_sent', 'unknown')),
    phase TEXT,
    class TEXT,
    code BIGINT,
    enhanced TEXT,
    detail TEXT,
    PRIMARY KEY (delivery_id, number)
);

-- Whom no mail may reach: an HMAC of the address, so that an erased person stays suppressed.

CREATE TABLE suppression (
    hmac TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL CHECK (reason IN ('hard_bounce', 'soft_bounces', 'complaint', 'unsubscribed', 'manual')),
    suppressed_at TIMESTAMPTZ NOT NULL
);

-- When a person was invited last, over all waves: the frequency cap is kept by one conditional write.

CREATE TABLE contact_budget (
    person_id UUID NOT NULL PRIMARY KEY,
    invited_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE inbound_mail (
    id UUID NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    received_at TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL,
    delivery_id UUID REFERENCES delivery (id),
    raw BYTEA NOT NULL
);

CREATE INDEX inbound_mail_by_time ON inbound_mail (received_at);

CREATE TABLE mailbox (
    name TEXT NOT NULL PRIMARY KEY,
    uid_validity BIGINT NOT NULL,
    last_uid BIGINT NOT NULL
);

-- Anonymous waves. A ticket says that somebody has voted; a ballot does not say who. The two are written in two
-- transactions that share no key, and a ticket knows no time.

CREATE TABLE ticket (
    invitation_id UUID NOT NULL PRIMARY KEY REFERENCES invitation (id),
    used BOOLEAN NOT NULL
);

CREATE TABLE sealed_ballot (
    id UUID NOT NULL PRIMARY KEY,
    wave_id UUID NOT NULL REFERENCES wave (id),
    body BYTEA NOT NULL
);

-- The one table of a poll that screens, files and analyses read. `unit_id` is NULL for the whole organisation; a hidden
-- cell has neither count nor mean.

CREATE TABLE released_cell (
    wave_id UUID NOT NULL REFERENCES wave (id),
    row_number BIGINT NOT NULL,
    column_key TEXT NOT NULL,
    unit_id UUID REFERENCES unit (id),
    respondents BIGINT,
    mean DOUBLE PRECISION,
    PRIMARY KEY (wave_id, row_number, column_key)
);

CREATE TABLE released_comment (
    wave_id UUID NOT NULL REFERENCES wave (id),
    item_key TEXT NOT NULL,
    place BIGINT NOT NULL,
    comment TEXT NOT NULL,
    PRIMARY KEY (wave_id, item_key, place)
);
