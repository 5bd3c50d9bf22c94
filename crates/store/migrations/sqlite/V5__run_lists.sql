-- What a list shows of a run stands before its blobs, so the table is made anew.
CREATE TABLE run_next (
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
    -- The event's name; the code of the fault that ended it; the last odd outcome of its calls.
    event TEXT,
    error TEXT,
    outcome TEXT,
    -- Of the commit that inserted the row; those of later ones are in run_part.
    tallies TEXT,
    head BLOB NOT NULL,
    steps BLOB,
    effects BLOB,
    state BLOB,
    tail BLOB
);
INSERT INTO run_next (org, ord, id, flow, version, status, due, epoch, seq, recoveries, parts, started_at, ended_at, contact,
        event, error, tallies, head, steps, effects, state, tail)
    SELECT org, ord, id, flow, version, status, due, epoch, seq, recoveries, parts, started_at, ended_at, contact,
        CASE WHEN json_valid('{' || CAST(head AS TEXT) || '}') AND json_type('{' || CAST(head AS TEXT) || '}', '$.event.name') = 'text'
            THEN json_extract('{' || CAST(head AS TEXT) || '}', '$.event.name') END,
        CASE WHEN json_valid('{' || CAST(tail AS TEXT) || '}') AND json_type('{' || CAST(tail AS TEXT) || '}', '$.error.code') = 'text'
            THEN json_extract('{' || CAST(tail AS TEXT) || '}', '$.error.code') END,
        tallies, head, steps, effects, state, tail
    FROM run;
DROP TABLE run;
ALTER TABLE run_next RENAME TO run;
CREATE UNIQUE INDEX run_id ON run (org, id);
CREATE INDEX run_due ON run (org, due) WHERE due IS NOT NULL;
CREATE INDEX run_flow ON run (org, flow, id);

-- As in the first migration: they went with the table.
DELETE FROM sqlite_stat1 WHERE tbl = 'run';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('run', 'run_id', '1000000 100000 1'),
    ('run', 'run_flow', '1000000 100000 5000 1'),
    ('run', 'run_due', '10000 1000 2');
ANALYZE sqlite_schema;
