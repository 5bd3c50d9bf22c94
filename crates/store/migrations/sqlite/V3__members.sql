ALTER TABLE org ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;

-- What an org has set for itself; a column that is null leaves it to the configuration. Lengths of time in seconds.
CREATE TABLE org_setting (
    org INTEGER PRIMARY KEY,
    runs INTEGER,
    bodies INTEGER,
    audit INTEGER,
    source_address TEXT,
    proxy TEXT
);

CREATE TABLE member (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    -- In lower case.
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,
    -- As the hash function writes it, with its parameters and salt.
    password TEXT NOT NULL,
    -- None: the member's own. Else it only serves to set one, until then.
    password_until INTEGER,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    login_at INTEGER
);
CREATE UNIQUE INDEX member_id ON member (org, id);
CREATE UNIQUE INDEX member_email ON member (org, email);

CREATE TABLE session (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    -- The member's ord.
    member INTEGER NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
);
CREATE INDEX session_member ON session (org, member);

-- Who did what; each row's hash is made of the row and the hash before it.
CREATE TABLE audit (
    org INTEGER NOT NULL,
    -- From 1, without gaps.
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    -- JSON.
    before TEXT,
    after TEXT,
    hash BLOB NOT NULL,
    PRIMARY KEY (org, number)
);

-- Where each org's rows begin and end: the last row, and the last of those that retention removed.
CREATE TABLE audit_chain (
    org INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL,
    cut INTEGER NOT NULL,
    cut_hash BLOB NOT NULL
);
INSERT INTO audit_chain (org, number, hash, cut, cut_hash)
    SELECT id, 0, zeroblob(32), 0, zeroblob(32) FROM org;

CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'rows of the audit log never change');
END;

CREATE TRIGGER audit_kept BEFORE DELETE ON audit
WHEN OLD.number > (SELECT cut FROM audit_chain WHERE org = OLD.org)
BEGIN
    SELECT RAISE(ABORT, 'rows of the audit log go from its beginning, by retention');
END;

-- How far an org's runs were gone through whose bodies are to go, and those before that were not over then.
CREATE TABLE body_cut (
    org INTEGER PRIMARY KEY,
    run BLOB NOT NULL
);
CREATE TABLE body_left (
    org INTEGER NOT NULL,
    run BLOB NOT NULL,
    PRIMARY KEY (org, run)
) WITHOUT ROWID;
