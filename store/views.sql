-- Views under the names that hand-made logs of LLM calls usually have, so that queries written for those run
-- here. Times are UTC text (2026-01-31 12:00:00.000), money is dollars, durations are milliseconds; unknown is
-- NULL. A call whose usage counts with another span (usage_role rollup or duplicate) is left out.

-- LLM calls, one row each.
CREATE VIEW llm_requests AS SELECT
    spans.id AS id,                         -- unique here
    spans.span_id AS request_id,            -- unique where the sender's span ids are
    spans.trace_id AS trace_id,
    strftime('%Y-%m-%d %H:%M:%f', spans.start_ns / 1e9, 'unixepoch') AS timestamp,
    strftime('%Y-%m-%d %H:%M:%f', spans.end_ns / 1e9, 'unixepoch') AS completed_at,
    coalesce(spans.user_id, traces.user_id) AS user_id,
    coalesce(spans.session_id, traces.session_id) AS session_id,
    coalesce(spans.segment, traces.segment) AS segment, -- the user's tier or plan
    spans.service AS service,
    spans.environment AS environment,
    spans.app_version AS app_version,
    coalesce(spans.feature, traces.feature) AS feature,
    spans.prompt_name AS prompt_name,
    spans.prompt_version AS prompt_version,
    spans.provider AS provider,
    spans.model AS model,                   -- requested, else answered
    spans.response_model AS response_model,
    spans.input_tokens AS input_tokens,     -- cached ones included
    spans.output_tokens AS output_tokens,   -- reasoning included
    coalesce(spans.total_tokens, spans.input_tokens + spans.output_tokens) AS total_tokens,
    spans.cost_nanousd / 1e9 AS cost,       -- NULL when unpriced
    spans.duration_ns / 1e6 AS latency_ms,
    spans.time_to_first_chunk_ns / 1e6 AS ttft_ms,
    CASE WHEN spans.status = 'error' THEN 0 WHEN spans.state = 'ended' THEN 1 END AS success, -- NULL while it runs
    CASE WHEN spans.status = 'error' THEN coalesce(spans.error_message, spans.error_type) END AS error,
    spans.error_type AS error_type,
    substr(spans.finish_reasons, 3, instr(substr(spans.finish_reasons, 3), '"') - 1) AS finish_reason,
    spans.retry_count AS retry_count,
    spans.cache_hit AS cache_hit,
    spans.refused AS refused
FROM spans JOIN traces ON traces.id = spans.trace
WHERE spans.kind = 'llm' AND spans.state != 'partial' AND coalesce(spans.usage_role, 'counted') = 'counted';

-- The same calls under the names of a minimal structured log. (llmwatch sql adds prompt, response and metadata.)
CREATE VIEW llm_logs AS SELECT
    id,
    request_id AS message_id,               -- what feedback_events name
    trace_id,
    timestamp,
    user_id,
    session_id,
    feature,
    model,
    prompt_name AS template_id,
    prompt_version AS template_version,
    input_tokens AS prompt_tokens,
    output_tokens AS completion_tokens,
    total_tokens,
    cost AS cost_usd,
    latency_ms,
    ttft_ms,
    success,
    error,
    finish_reason
FROM llm_requests;

-- Every operation of every trace: spans of any kind.
CREATE VIEW llm_traces AS SELECT
    spans.id AS id,
    spans.trace_id AS trace_id,
    spans.span_id AS span_id,
    spans.parent_id AS parent_id,
    strftime('%Y-%m-%d %H:%M:%f', spans.start_ns / 1e9, 'unixepoch') AS timestamp,
    spans.name AS operation_name,
    spans.kind AS kind,
    spans.service AS service,
    coalesce(spans.user_id, traces.user_id) AS user_id,
    coalesce(spans.session_id, traces.session_id) AS session_id,
    spans.duration_ns / 1e6 AS latency_ms,
    spans.status AS status,                 -- unset, ok, error
    CASE WHEN spans.status = 'error' THEN coalesce(spans.error_message, spans.error_type) END AS error
FROM spans JOIN traces ON traces.id = spans.trace
WHERE spans.state != 'partial';

-- Tools that ran.
CREATE VIEW tool_logs AS SELECT
    spans.id AS id,
    spans.trace_id AS trace_id,
    spans.span_id AS span_id,
    strftime('%Y-%m-%d %H:%M:%f', spans.start_ns / 1e9, 'unixepoch') AS timestamp,
    coalesce(spans.user_id, traces.user_id) AS user_id,
    coalesce(spans.session_id, traces.session_id) AS session_id,
    coalesce(spans.tool_name, spans.name) AS tool_name,
    spans.duration_ns / 1e6 AS latency_ms,
    CASE WHEN spans.status = 'error' THEN 0 WHEN spans.state = 'ended' THEN coalesce(spans.tool_success, 1) END AS success, -- NULL while it runs
    CASE WHEN spans.status = 'error' THEN coalesce(spans.error_message, spans.error_type) END AS error
FROM spans JOIN traces ON traces.id = spans.trace
WHERE spans.kind = 'tool' AND spans.state != 'partial';

-- Searches for documents.
CREATE VIEW retrieval_logs AS SELECT
    spans.id AS id,
    spans.trace_id AS trace_id,
    spans.span_id AS span_id,
    strftime('%Y-%m-%d %H:%M:%f', spans.start_ns / 1e9, 'unixepoch') AS timestamp,
    coalesce(spans.user_id, traces.user_id) AS user_id,
    coalesce(spans.session_id, traces.session_id) AS session_id,
    spans.name AS operation_name,
    spans.document_count AS doc_count,
    spans.duration_ns / 1e6 AS latency_ms,
    CASE WHEN spans.status = 'error' THEN 0 WHEN spans.state = 'ended' THEN 1 END AS success, -- NULL while it runs
    CASE WHEN spans.status = 'error' THEN coalesce(spans.error_message, spans.error_type) END AS error
FROM spans JOIN traces ON traces.id = spans.trace
WHERE spans.kind = 'retriever' AND spans.state != 'partial';

-- What users said and did about answers. Feedback on a whole trace or session, or on a span that is no LLM call,
-- is about the last LLM call in it, whose answer the user saw.
CREATE VIEW feedback_events AS SELECT
    scores.id AS id,                        -- scores.id
    strftime('%Y-%m-%d %H:%M:%f', scores.time_ns / 1e9, 'unixepoch') AS timestamp,
    scores.name AS name,
    CASE
        WHEN scores.value IS NULL THEN lower(coalesce(scores.label, scores.name))
        WHEN scores.value NOT IN (0, 1) OR CAST(scores.raw_value AS REAL) > 1 THEN 'rating'
        WHEN scores.value = 1 THEN 'thumbs_up'
        ELSE 'thumbs_down'
    END AS feedback_type,                   -- thumbs_up, thumbs_down, rating, retry, edit, abandon, or a label
    scores.value AS value,                  -- 0 to 1 where the scale is known
    scores.comment AS feedback_text,
    scores.source AS source,
    scores.time_ns AS time_ns,
    about.id AS call,                       -- llm_requests.id
    about.span_id AS message_id,            -- llm_requests.request_id, llm_logs.message_id
    coalesce(about.trace_id, scores.trace_id) AS trace_id,
    coalesce(scores.user_id, about.user_id, traces.user_id) AS user_id,
    coalesce(scores.session_id, about.session_id, traces.session_id) AS session_id
FROM scores
LEFT JOIN traces ON traces.id = scores.trace
LEFT JOIN spans AS about ON about.id = coalesce(
    (SELECT id FROM spans WHERE id = scores.span AND kind = 'llm' AND coalesce(usage_role, 'counted') = 'counted'),
    (SELECT id FROM spans WHERE trace = scores.trace AND kind = 'llm' AND state != 'partial'
        AND coalesce(usage_role, 'counted') = 'counted' ORDER BY start_ns DESC, id DESC LIMIT 1)
)
WHERE scores.source IN ('user', 'human')
    OR (scores.source = 'app' AND (scores.name LIKE 'user%' OR scores.name LIKE '%rating%'
        OR scores.name LIKE '%feedback%' OR scores.name LIKE 'thumb%'));

-- The last word of users on each LLM call: at most one row a call, so that joining it multiplies nothing.
CREATE VIEW llm_feedback AS SELECT
    call,                                   -- llm_requests.id
    message_id AS request_id,
    timestamp,
    CASE WHEN value <= 1 THEN value * 5 ELSE value END AS score, -- stars: 4 is good, thumbs up is 5, down is 0
    feedback_text AS comment,
    feedbacks                               -- how many there were about the call
FROM (
    SELECT *,
        row_number() OVER (PARTITION BY call ORDER BY timestamp DESC, id DESC) AS newest,
        count(*) OVER (PARTITION BY call) AS feedbacks
    FROM feedback_events WHERE call IS NOT NULL AND value IS NOT NULL
)
WHERE newest = 1;
