-- First schema. Later changes are new migrations in migrations.py; this file is never edited after a release.
-- Unknown is NULL, except in the keys of series and versions, where '' stands for it so that they are unique.

CREATE TABLE spans (
    id INTEGER PRIMARY KEY,                 -- order of arrival, dense
    trace INTEGER NOT NULL,                 -- traces.id: the way from a trace to its spans
    trace_id TEXT NOT NULL,                 -- lowercase hex for OTel, the sender's id otherwise
    span_id TEXT NOT NULL,
    parent_id TEXT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- llm, embedding, retriever, reranker, tool, agent, chain, …, span
    state TEXT NOT NULL,                    -- partial, started, ended
    dialect TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER,
    duration_ns INTEGER,
    status TEXT NOT NULL,                   -- unset, ok, error
    error_type TEXT,
    error_message TEXT,
    level TEXT,
    service TEXT,
    app_version TEXT,
    environment TEXT,
    session_id TEXT,
    user_id TEXT,
    feature TEXT,
    request_id TEXT,
    prompt_name TEXT,
    prompt_version TEXT,
    tags TEXT,                              -- JSON array
    retry_count INTEGER,
    operation TEXT,
    provider TEXT,
    request_model TEXT,
    response_model TEXT,
    model TEXT,                             -- requested, else answered: what numbers are grouped by
    response_id TEXT,
    temperature REAL,
    max_tokens INTEGER,
    finish_reasons TEXT,                    -- JSON array
    stream INTEGER,
    time_to_first_chunk_ns INTEGER,
    cache_hit INTEGER,
    refused INTEGER,
    input_tokens INTEGER,                   -- cached ones included
    output_tokens INTEGER,                  -- reasoning included
    total_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    cache_write_1h_tokens INTEGER,
    reasoning_tokens INTEGER,
    input_audio_tokens INTEGER,
    output_audio_tokens INTEGER,
    tokens_estimated INTEGER,
    content INTEGER NOT NULL,               -- contents.id
    usage_role TEXT,                        -- counted, rollup, duplicate; NULL without usage
    cost_nanousd INTEGER,                   -- our price; NULL when unpriced
    sender_cost_nanousd INTEGER,
    tool_name TEXT,
    tool_call_id TEXT,
    tool_success INTEGER,
    document_count INTEGER,
    heuristics_failed TEXT,                 -- JSON array; NULL when none was run
    content_captured INTEGER NOT NULL,      -- 1 when a prompt, an answer, an input or an output is kept
    received_ns INTEGER NOT NULL,
    UNIQUE (trace, span_id)                 -- by number: appended in order where text ids would scatter
);

-- What was said and everything that was sent: zstd of a msgpack array of records (records.py). Spans of a
-- trace that came together share a row, because they repeat each other.
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    records BLOB NOT NULL
);

-- What the contents are compressed against. The file carries it, so that the file can be read for ever.
CREATE TABLE dictionary (
    data BLOB NOT NULL                      -- one row
);

-- One row a trace, recomputed from its spans on every write to it.
CREATE TABLE traces (
    id INTEGER PRIMARY KEY,                 -- order of arrival, dense: the live list's order
    trace_id TEXT NOT NULL UNIQUE,
    facets TEXT NOT NULL,                   -- numbers of the facets of all spans: ,1,5,12,
    root_span_id TEXT,                      -- NULL until the root has come
    name TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER,
    duration_ns INTEGER,
    status TEXT NOT NULL,                   -- the root's once it ended; error while any span has one and no root ended
    running INTEGER NOT NULL,               -- 1 while the root or any span that began has not ended
    span_count INTEGER NOT NULL,
    llm_calls INTEGER NOT NULL,
    error_count INTEGER NOT NULL,
    error_type TEXT,                        -- of the first failing span
    error_message TEXT,
    service TEXT,
    app_version TEXT,
    environment TEXT,
    session_id TEXT,
    user_id TEXT,
    feature TEXT,
    prompt_name TEXT,
    prompt_version TEXT,
    model TEXT,                             -- of the first LLM call
    time_to_first_chunk_ns INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cost_nanousd INTEGER,
    unpriced_calls INTEGER NOT NULL,
    finish_reason TEXT,                     -- of the last LLM call
    heuristics_failed TEXT,                 -- JSON array, all spans'
    received_ns INTEGER NOT NULL            -- last change
);
CREATE INDEX traces_start ON traces (start_ns);
CREATE INDEX traces_error ON traces (id) WHERE error_count > 0;

-- Words that spans share and traces are found by: models, kinds, tools, … A trace names them by number.
CREATE TABLE facets (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,                      -- a filter's key: model, kind, tool, …
    value TEXT NOT NULL,
    UNIQUE (key, value)
);

-- Which traces have a span of a user or a session: too many to look for in every trace.
CREATE TABLE people (
    key TEXT NOT NULL,                      -- user, session
    value TEXT NOT NULL,
    trace INTEGER NOT NULL,                 -- traces.id
    PRIMARY KEY (key, value, trace)
) WITHOUT ROWID;

CREATE TABLE scores (
    id INTEGER PRIMARY KEY,
    score_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    time_ns INTEGER NOT NULL,
    trace_id TEXT,
    span_id TEXT,
    session_id TEXT,
    value REAL,
    raw_value TEXT,
    label TEXT,
    comment TEXT,
    source TEXT NOT NULL,
    user_id TEXT
);
CREATE INDEX scores_time ON scores (time_ns);
CREATE INDEX scores_trace ON scores (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX scores_span ON scores (span_id) WHERE span_id IS NOT NULL;
CREATE INDEX scores_session ON scores (session_id) WHERE session_id IS NOT NULL;

-- One combination of the dimensions that panes group by.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    environment TEXT NOT NULL,
    app_version TEXT NOT NULL,
    feature TEXT NOT NULL,
    prompt_name TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    UNIQUE (kind, service, environment, app_version, feature, prompt_name, prompt_version, provider, model)
);

-- Sums and histograms per minute (width 60) and, as far as coarse_sums says, per hour (width 3600); a span counts
-- where it starts.
-- Histograms are msgpack maps of log bucket to count (histogram.py); NULL when empty.
CREATE TABLE rollups (
    width_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES series (id),
    spans INTEGER NOT NULL,
    copies INTEGER NOT NULL,                -- LLM spans left out of all else here: their usage counts elsewhere
    errors INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nanousd INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,              -- counted usage without a price
    refused INTEGER NOT NULL,
    truncated INTEGER NOT NULL,             -- finish reason length
    checked INTEGER NOT NULL,               -- heuristics were run
    passed INTEGER NOT NULL,                -- and none failed
    duration_hist BLOB,                     -- ns
    first_chunk_hist BLOB,                  -- ns
    input_hist BLOB,                        -- tokens
    output_hist BLOB,
    PRIMARY KEY (width_s, start_s, series)
) WITHOUT ROWID;

CREATE TABLE score_rollups (
    width_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    scores INTEGER NOT NULL,
    valued INTEGER NOT NULL,                -- those with a number
    total REAL NOT NULL,                    -- sum of the numbers
    negative INTEGER NOT NULL,              -- number below 0.5
    PRIMARY KEY (width_s, start_s, name, source)
) WITHOUT ROWID;

-- Sums since the first day, per model: what Prometheus reads. Retention never lowers them.
CREATE TABLE totals (
    model TEXT PRIMARY KEY,                 -- '' when the call names none
    success INTEGER NOT NULL,
    error INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_nanousd INTEGER NOT NULL,
    duration_sum_ns INTEGER NOT NULL,
    durations TEXT NOT NULL                 -- JSON array: calls per bucket 0.1 0.5 1 2 5 10 30 +Inf s, not cumulative
) WITHOUT ROWID;

CREATE TABLE versions (
    kind TEXT NOT NULL,                     -- prompt, model, app
    name TEXT NOT NULL,                     -- prompt name, requested model, service
    version TEXT NOT NULL,                  -- prompt version, answered model, app version
    first_seen_ns INTEGER NOT NULL,
    last_seen_ns INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    PRIMARY KEY (kind, name, version)
) WITHOUT ROWID;

CREATE TABLE replays (
    id INTEGER PRIMARY KEY,
    replay_id TEXT NOT NULL UNIQUE,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    time_ns INTEGER NOT NULL,
    provider TEXT NOT NULL,
    url TEXT NOT NULL,
    model TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cost_nanousd INTEGER,
    duration_ns INTEGER,
    time_to_first_chunk_ns INTEGER,
    finish_reason TEXT,
    record BLOB NOT NULL                    -- zstd of the msgpack Replay
);
CREATE INDEX replays_span ON replays (trace_id, span_id);

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,                     -- error_rate, p95_latency, …
    level TEXT NOT NULL,                    -- WARN, CRIT
    reason TEXT NOT NULL,
    fired_ns INTEGER NOT NULL,
    resolved_ns INTEGER                     -- NULL while it holds
);
CREATE INDEX alerts_open ON alerts (rule) WHERE resolved_ns IS NULL;

-- What the collector saw beside spans: duplicates, rejected, metric points, log records, …
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- Full text of prompts, answers, inputs and outputs, newest documents last; filled after the acknowledgement.
CREATE VIRTUAL TABLE search USING fts5 (text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE search_documents (
    id INTEGER PRIMARY KEY,                 -- rowid in search
    span INTEGER NOT NULL,
    trace INTEGER NOT NULL                  -- traces.id
);
CREATE INDEX search_documents_trace ON search_documents (trace);
CREATE TABLE search_queue (
    span INTEGER PRIMARY KEY                -- spans whose text is not indexed yet
);
