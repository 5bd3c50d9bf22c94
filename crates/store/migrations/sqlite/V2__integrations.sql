-- A slug stands for one integration for good: flows pin slug and version, so that a removed one that is written again goes on
-- counting.
CREATE TABLE integration (
    org INTEGER NOT NULL,
    number INTEGER NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    draft_at INTEGER NOT NULL,
    version INTEGER,
    published_revision INTEGER,
    published_at INTEGER,
    removed_at INTEGER,
    json INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (org, number)
);
CREATE UNIQUE INDEX integration_slug ON integration (org, slug);

CREATE TABLE integration_version (
    org INTEGER NOT NULL,
    -- The integration's number.
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    json INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (org, number, version)
);

-- The public side. No secret stands here, in any form.
CREATE TABLE connection (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    integration TEXT,
    -- Fixed when it is made, and bound into each of its secrets.
    allowed_hosts TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    expires_at INTEGER,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    last_used_at INTEGER,
    verified_at INTEGER,
    verified_ok INTEGER,
    verified_text TEXT,
    token_expires_at INTEGER,
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX connection_id ON connection (org, id);
CREATE INDEX connection_integration ON connection (org, integration, id);

CREATE TABLE secret (
    org INTEGER NOT NULL,
    -- The connection's id.
    connection TEXT NOT NULL,
    field TEXT NOT NULL,
    -- Whether Callout got it by itself, as an access token; no author writes or sees those.
    fetched INTEGER NOT NULL,
    -- The number of the data key that `sealed` names too.
    data_key INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (org, connection, field)
);
CREATE INDEX secret_key ON secret (org, data_key);

-- One that is not retired for each org that has secrets. The highest number is never removed, so that none comes again.
CREATE TABLE data_key (
    org INTEGER NOT NULL,
    number INTEGER NOT NULL,
    -- The id of the master key that seals it.
    master TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    sealed BLOB NOT NULL,
    PRIMARY KEY (org, number)
);
CREATE UNIQUE INDEX data_key_current ON data_key (org) WHERE retired_at IS NULL;

-- A known text, sealed by the master key: by it a wrong key is told before there is anything to open. One row.
CREATE TABLE master_check (
    master TEXT NOT NULL,
    sealed BLOB NOT NULL
);
