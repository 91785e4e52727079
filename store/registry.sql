-- What applications keep here and fetch again: prompts, and datasets with the experiments run on them.
-- Columns that say JSON hold the JSON text of any value; NULL is "never said", the text null is null.

CREATE TABLE prompts (
    id INTEGER PRIMARY KEY,
    prompt_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,                     -- may have folders: support/answer
    version INTEGER NOT NULL,               -- 1, 2, … per name
    type TEXT NOT NULL,                     -- text, chat
    prompt TEXT NOT NULL,                   -- JSON: the text, or the list of messages
    config TEXT NOT NULL,                   -- JSON object
    tags TEXT NOT NULL,                     -- JSON array; the same for all versions of a name
    commit_message TEXT,
    created_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL,
    UNIQUE (name, version)
);

-- Names for versions. A label is at one version of a prompt; latest is always at the newest.
CREATE TABLE prompt_labels (
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (name, label)
) WITHOUT ROWID;

CREATE TABLE datasets (
    id INTEGER PRIMARY KEY,
    dataset_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    metadata TEXT,                          -- JSON
    input_schema TEXT,                      -- JSON schema of the items' inputs
    output_schema TEXT,                     -- JSON schema of their expected outputs
    extra TEXT,                             -- JSON: what only the platform whose client made it knows
    created_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL
);

CREATE TABLE dataset_items (
    id INTEGER PRIMARY KEY,
    item_id TEXT NOT NULL UNIQUE,
    dataset_id TEXT NOT NULL,
    input TEXT,                             -- JSON
    expected_output TEXT,                   -- JSON
    metadata TEXT,                          -- JSON
    source_trace_id TEXT,                   -- where it was taken from
    source_span_id TEXT,
    archived INTEGER NOT NULL DEFAULT 0,
    extra TEXT,                             -- JSON, as in datasets
    created_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL
);
CREATE INDEX dataset_items_dataset ON dataset_items (dataset_id, id);

-- Experiments: an application run over the items of a dataset.
CREATE TABLE dataset_runs (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    dataset_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    metadata TEXT,                          -- JSON
    extra TEXT,                             -- JSON, as in datasets
    created_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL,
    UNIQUE (dataset_id, name)
);

-- The trace (or the span of it) in which an item was run.
CREATE TABLE dataset_run_items (
    id INTEGER PRIMARY KEY,
    run_item_id TEXT NOT NULL UNIQUE,
    run_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT,
    created_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL
);
CREATE INDEX dataset_run_items_run ON dataset_run_items (run_id, id);
CREATE INDEX dataset_run_items_item ON dataset_run_items (item_id);
