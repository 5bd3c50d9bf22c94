-- What a list says of a draft without reading its document; null where the document does not say it.
ALTER TABLE flow ADD COLUMN description TEXT;
ALTER TABLE flow ADD COLUMN trigger_type TEXT;
ALTER TABLE flow ADD COLUMN trigger_event TEXT;
-- Slug and name in lower case.
ALTER TABLE flow ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE flow SET search = lower(slug || char(10) || name);

-- Runs that ended in a slice of time, by how they did. It follows the watermark, and holds no runs that ended before it was there.
CREATE TABLE run_tally (
    org INTEGER NOT NULL,
    flow INTEGER NOT NULL,
    slice INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (org, slice, flow)
) WITHOUT ROWID;
