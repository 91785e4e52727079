-- What scores are about. trace_id, span_id, request_id and session_id stay as sent; trace and span are what
-- they mean here, as far as it has come.
ALTER TABLE scores ADD COLUMN request_id TEXT;
ALTER TABLE scores ADD COLUMN trace INTEGER;
ALTER TABLE scores ADD COLUMN span INTEGER;
DROP INDEX scores_trace;
DROP INDEX scores_span;
CREATE INDEX scores_subject ON scores (trace, span) WHERE trace IS NOT NULL;

-- Under which names a span or trace may still come that a score is about.
CREATE TABLE awaited (
    name TEXT NOT NULL,
    score INTEGER NOT NULL,                 -- scores.id
    PRIMARY KEY (name, score)
) WITHOUT ROWID;

-- Spans by their names, in runs of 4,096 spans: entries are added to a few pages, where an index over all
-- names at once would scatter them over all its pages. A search asks every run, 1 us each.
CREATE INDEX spans_by_id ON spans (id >> 12, span_id);
CREATE INDEX spans_by_response ON spans (id >> 12, response_id) WHERE response_id IS NOT NULL;
CREATE INDEX spans_by_request ON spans (id >> 12, request_id) WHERE request_id IS NOT NULL;
