-- What metrics need of a span, and their sums by the minute and the hour.
-- segment is what sort of user: a tier, a plan. Lengths are of what was said; NULL when not captured.
ALTER TABLE spans ADD COLUMN segment TEXT;
ALTER TABLE spans ADD COLUMN request_chars INTEGER;
ALTER TABLE spans ADD COLUMN request_bytes INTEGER;
ALTER TABLE spans ADD COLUMN response_chars INTEGER;
ALTER TABLE spans ADD COLUMN response_bytes INTEGER;
ALTER TABLE traces ADD COLUMN segment TEXT;

-- A window's spans, for questions that sums do not answer.
CREATE INDEX spans_start ON spans (start_ns);

-- Two dimensions more; a UNIQUE constraint cannot be altered.
CREATE TABLE wider_series (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    environment TEXT NOT NULL,
    app_version TEXT NOT NULL,
    feature TEXT NOT NULL,
    segment TEXT NOT NULL,
    prompt_name TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    tool_name TEXT NOT NULL,
    UNIQUE (
        kind, service, environment, app_version, feature, segment, prompt_name, prompt_version, provider, model,
        tool_name
    )
);
INSERT INTO wider_series
    SELECT id, kind, service, environment, app_version, feature, '', prompt_name, prompt_version, provider, model, ''
    FROM series;
DROP TABLE series;
ALTER TABLE wider_series RENAME TO series;

-- Spans: priced have counted usage with a price; answered, of which it is known whether the model refused;
-- retry_told, whose sender says how often they were tried, and retried, more than once; cache_lookups, of which it
-- is known whether a cache helped; tool_failures, tools that failed or said so; texts, of which text was captured.
ALTER TABLE rollups ADD COLUMN priced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN retry_told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN retried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN cache_lookups INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN cache_hits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN tool_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN texts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN request_chars INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN request_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN response_chars INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN response_bytes INTEGER NOT NULL DEFAULT 0;
-- cost in nano-dollars, speed in output tokens per 1,000 s after the first chunk, request and response in
-- characters; words are a msgpack map of word to count (rollups.py).
ALTER TABLE rollups ADD COLUMN cost_hist BLOB;
ALTER TABLE rollups ADD COLUMN speed_hist BLOB;
ALTER TABLE rollups ADD COLUMN request_hist BLOB;
ALTER TABLE rollups ADD COLUMN response_hist BLOB;
ALTER TABLE rollups ADD COLUMN words BLOB;

-- Scores with a number below 0.7, and of 0.8 or more.
ALTER TABLE score_rollups ADD COLUMN low INTEGER NOT NULL DEFAULT 0;
ALTER TABLE score_rollups ADD COLUMN high INTEGER NOT NULL DEFAULT 0;

-- The window that numbers are compared with, if a person chose one.
CREATE TABLE golden (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    start_s INTEGER NOT NULL,
    end_s INTEGER NOT NULL,
    set_ns INTEGER NOT NULL
);

-- Sums per hour (width 3600) and, as far as coarse_sums says, per day UTC (width 86400) of users and sessions: too many to be series.
CREATE TABLE person_rollups (
    width_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    key TEXT NOT NULL,                      -- user, session
    value TEXT NOT NULL,
    calls INTEGER NOT NULL,                 -- LLM calls
    errors INTEGER NOT NULL,                -- those that failed
    input_tokens INTEGER NOT NULL,          -- of every kind of span, as all that follow
    output_tokens INTEGER NOT NULL,
    cost_nanousd INTEGER NOT NULL,
    priced INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    PRIMARY KEY (width_s, key, start_s, value)
) WITHOUT ROWID;
