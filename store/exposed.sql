-- The largest value that each counter was ever shown to Prometheus with. A correction can lower a sum (a call
-- turns out to repeat another one); shown lower, it would be read as a restart from zero and counted again.
CREATE TABLE exposed (
    sample TEXT PRIMARY KEY,                -- JSON array: the counter and its labels
    value REAL NOT NULL
) WITHOUT ROWID;
