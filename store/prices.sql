-- The prices that calls were billed with, as they were then. A row is never changed: its id is a digest of it.
-- Rates are nano-dollars per million tokens; NULL where a sort has none of its own and costs what it is part of.
CREATE TABLE prices (
    id INTEGER PRIMARY KEY,
    provider TEXT,                          -- as the list calls it; NULL in the configuration: for all
    model TEXT NOT NULL,
    condition TEXT NOT NULL,                -- batch, flex, …; '' for the ordinary price
    source TEXT NOT NULL,                   -- the list and its version, or configuration
    listed TEXT,                            -- day of the list
    since TEXT,                             -- day from which it has had this price
    custom INTEGER NOT NULL,                -- 1 when it is from the configuration
    input INTEGER,
    output INTEGER,
    cache_read INTEGER,
    cache_write INTEGER,
    cache_write_1h INTEGER,
    input_audio INTEGER,
    cache_read_audio INTEGER,
    output_audio INTEGER,
    reasoning INTEGER,
    request INTEGER,                        -- nano-dollars per million requests
    tiers TEXT NOT NULL                     -- JSON: [[above so many input tokens, {rates}], …]
);
-- prices.id of what cost_nanousd was computed with
ALTER TABLE spans ADD COLUMN price INTEGER;
-- What is dear or long, few of many
CREATE INDEX spans_dear ON spans (start_ns) WHERE cost_nanousd > 100000000 OR input_tokens + output_tokens > 10000;
