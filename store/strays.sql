-- Records about calls that name their response and no span. Each belongs to every span of that response,
-- whichever comes first.
CREATE TABLE strays (
    response_id TEXT NOT NULL,
    digest BLOB NOT NULL,                   -- of the record
    record BLOB NOT NULL,                   -- as in contents.records, of one
    PRIMARY KEY (response_id, digest)
) WITHOUT ROWID;
