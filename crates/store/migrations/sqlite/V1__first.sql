-- Says whose file this is; SQLite keeps it in the file's head. "Call" in ASCII.
PRAGMA application_id = 1130458220;

-- How often the database was opened: the upper half of every lease's number.
CREATE TABLE boot (number INTEGER NOT NULL);
INSERT INTO boot (number) VALUES (0);

CREATE TABLE org (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO org (id, name) VALUES (1, 'default');

CREATE TABLE flow (
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
CREATE UNIQUE INDEX flow_slug ON flow (org, slug) WHERE removed_at IS NULL;

CREATE TABLE flow_version (
    org INTEGER NOT NULL,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    json INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (org, number, version)
);

-- One row for each run, written once by the run that ends in its first commit. What lists and counts read stands
-- before the blobs, so that they need not be walked over.
CREATE TABLE run (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    flow INTEGER NOT NULL,
    version INTEGER NOT NULL,
    status INTEGER NOT NULL,
    -- None: over. The largest integer: under a lease. Else claimable from then on.
    due INTEGER,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    recoveries INTEGER NOT NULL,
    -- Commits with a part so far: the number of the last one.
    parts INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    contact TEXT,
    -- Of the commit that inserted the row; those of later ones are in run_part.
    tallies TEXT,
    head BLOB NOT NULL,
    steps BLOB,
    effects BLOB,
    state BLOB,
    tail BLOB
);
CREATE UNIQUE INDEX run_id ON run (org, id);
CREATE INDEX run_due ON run (org, due) WHERE due IS NOT NULL;
CREATE INDEX run_flow ON run (org, flow, id);

-- What later commits of a run added: never changed.
CREATE TABLE run_part (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    -- The run's ord.
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    tallies TEXT,
    steps BLOB NOT NULL,
    effects BLOB NOT NULL
);
CREATE INDEX run_part_run ON run_part (org, run, number);

CREATE TABLE accept_key (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    text TEXT NOT NULL,
    digest BLOB NOT NULL,
    -- Ids of the runs, sixteen bytes each.
    runs BLOB NOT NULL,
    at INTEGER NOT NULL
);
CREATE UNIQUE INDEX accept_key_text ON accept_key (org, scope, text);
CREATE INDEX accept_key_at ON accept_key (org, at);

-- AUTOINCREMENT: a number that was heeded must not come again for something else.
CREATE TABLE inbox (
    org INTEGER NOT NULL,
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The run's ord.
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX inbox_run ON inbox (org, run);

CREATE TABLE token (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
);
CREATE UNIQUE INDEX token_id ON token (org, id);
CREATE UNIQUE INDEX token_name ON token (org, name);

-- Visits that ended in a slice of time.
CREATE TABLE tally (
    org INTEGER NOT NULL,
    ord INTEGER PRIMARY KEY,
    flow INTEGER NOT NULL,
    slice INTEGER NOT NULL,
    version INTEGER NOT NULL,
    node TEXT NOT NULL,
    way TEXT NOT NULL,
    success INTEGER NOT NULL,
    fail INTEGER NOT NULL,
    histogram BLOB NOT NULL
);
CREATE UNIQUE INDEX tally_slice ON tally (org, flow, slice, version, node, way);
CREATE INDEX tally_age ON tally (org, slice);

-- What runs are searched by beside flow, time and being under way. No blobs, so that one tree holds it all.
CREATE TABLE run_mark (
    org INTEGER NOT NULL,
    mark TEXT NOT NULL,
    run BLOB NOT NULL,
    PRIMARY KEY (org, mark, run)
) WITHOUT ROWID;

-- Rows of run and run_part up to here are in tally and run_mark.
CREATE TABLE watermark (
    run INTEGER NOT NULL,
    part INTEGER NOT NULL
);
INSERT INTO watermark (run, part) VALUES (0, 0);

-- How many rows stand behind one value of an index's first column, of its first two, and so on: a database that has long
-- been used. Without it SQLite takes ids for a better way to a flow's runs than the index of flows.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('run', 'run_id', '1000000 100000 1'),
    ('run', 'run_flow', '1000000 100000 5000 1'),
    ('run', 'run_due', '10000 1000 2'),
    ('run_part', 'run_part_run', '1000000 100000 3 1'),
    ('run_mark', 'run_mark', '500000 50000 50 1'),
    ('tally', 'tally_slice', '100000 10000 500 10 10 3 1'),
    ('tally', 'tally_age', '100000 10000 20'),
    ('inbox', 'inbox_run', '1000 100 2'),
    ('accept_key', 'accept_key_text', '100000 10000 1000 1'),
    ('accept_key', 'accept_key_at', '100000 10000 1');
ANALYZE sqlite_schema;
