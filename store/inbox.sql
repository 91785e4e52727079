-- Spans that were acknowledged and are written everywhere else in a moment, many at a time: a transaction that writes
-- one takes as long as one that writes ten. A row goes in the transaction that writes its spans.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,                 -- one request
    records BLOB NOT NULL,                  -- msgpack array of records (records.py)
    reason TEXT                             -- why it cannot be written, if it cannot; it is kept, and not tried again
);
