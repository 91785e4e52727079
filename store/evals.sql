-- Answers that a model judges, or will: what it cost is kept apart from what the applications spend.
CREATE TABLE judgements (
    span INTEGER PRIMARY KEY,               -- spans.id
    reason TEXT NOT NULL,                   -- why it was chosen: slow, long, short, checks, feedback, sample
    state TEXT NOT NULL,                    -- due, done, failed
    due_ns INTEGER NOT NULL,                -- from when on it may be asked about
    attempts INTEGER NOT NULL,
    asked_ns INTEGER,                       -- the last time
    endpoint TEXT,
    model TEXT,
    input_tokens INTEGER,                   -- of all attempts, as all that follow; NULL when not told
    output_tokens INTEGER,
    cost_nanousd INTEGER,
    unpriced INTEGER NOT NULL,              -- attempts without a price
    error TEXT                              -- of the last attempt
);
CREATE INDEX judgements_due ON judgements (due_ns) WHERE state = 'due';
CREATE INDEX judgements_asked ON judgements (asked_ns) WHERE asked_ns IS NOT NULL;

-- Up to which span it has been decided which are judged.
CREATE TABLE judged_up_to (
    span INTEGER NOT NULL                   -- one row
);

-- Which configuration of a model's servers answered: a change of it changes answers without a deployment.
ALTER TABLE spans ADD COLUMN fingerprint TEXT;

-- What people look at again: answers that failed a check, and low scores.
CREATE INDEX spans_flagged ON spans (id) WHERE heuristics_failed <> '[]';
CREATE INDEX scores_low ON scores (time_ns) WHERE value < 0.5;
