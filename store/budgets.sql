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
    definition TEXT NOT NULL,               -- period, zone, by, match
    since_s INTEGER NOT NULL                -- the first period that is kept, by its start
) WITHOUT ROWID;
