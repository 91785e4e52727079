DROP TABLE alerts;

-- One time a rule held: it waits (pending), tells (firing), is over (resolved). What never fired is deleted.
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,                     -- its name in the configuration: error_rate, error_rate.chat, …
    slice TEXT NOT NULL,                    -- what of the traffic, as filter terms: feature:chat; '' for all
    tier INTEGER NOT NULL,                  -- 1 page now, 2 within the hour, 3 daily digest
    state TEXT NOT NULL,                    -- pending, firing, resolved
    reason TEXT NOT NULL,                   -- for a person
    value REAL,
    threshold REAL,
    filter TEXT NOT NULL,                   -- opens the traces that made it fire
    traces TEXT NOT NULL,                   -- JSON array: ids of the worst of them
    pending_ns INTEGER NOT NULL,            -- since when it holds
    seen_ns INTEGER NOT NULL,               -- when it was last seen to hold
    fired_ns INTEGER,
    resolved_ns INTEGER,
    acknowledged_ns INTEGER,
    snoozed_until_ns INTEGER
);
CREATE UNIQUE INDEX alerts_open ON alerts (rule, slice) WHERE state != 'resolved';
CREATE INDEX alerts_last ON alerts (rule, slice, id);

-- What is to be told to whom: written with the alert's change, so that no end of the process loses it.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,                  -- its name in the configuration
    event TEXT NOT NULL,                    -- firing, resolved, test, digest
    alert INTEGER REFERENCES alerts (id),   -- NULL for a digest and a test
    message BLOB NOT NULL,                  -- msgpack of what is told
    created_ns INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_ns INTEGER,                        -- when to try (again); NULL when delivered or given up
    delivered_ns INTEGER,
    error TEXT                              -- of the last attempt that failed
);
CREATE INDEX deliveries_due ON deliveries (next_ns) WHERE next_ns IS NOT NULL;
CREATE INDEX deliveries_channel ON deliveries (channel, id);
CREATE INDEX deliveries_alert ON deliveries (alert, channel, id) WHERE alert IS NOT NULL;
