-- What is spent of budgets: per budget, value (a user, a feature, …; '' for all) and period, signed changes added.
CREATE TABLE budget_spend (
    budget TEXT NOT NULL,
    start_s INTEGER NOT NULL,               -- when the period began, Unix seconds
    value TEXT NOT NULL,
    cost_nanousd INTEGER NOT NULL,
    tokens INTEGER NOT NULL,                -- input and output
    calls INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,              -- counted usage without a price
    PRIMARY KEY (budget, start_s, value)
) WITHOUT ROWID;

-- Whose spend is kept, and by which definition: what was kept under another one says nothing.
CREATE TABLE budget_definitions (
    budget TEXT PRIMARY KEY,
    definition TEXT NOT NULL                -- period, zone, by, match
) WITHOUT ROWID;

-- Which edges were told: each once per budget, value and period.
CREATE TABLE budget_marks (
    budget TEXT NOT NULL,
    start_s INTEGER NOT NULL,
    value TEXT NOT NULL,
    edge TEXT NOT NULL,                     -- warn, limit
    time_ns INTEGER NOT NULL,
    PRIMARY KEY (budget, start_s, value, edge)
) WITHOUT ROWID;
