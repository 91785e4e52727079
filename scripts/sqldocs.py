"""docs/sql.md: the tables and views of a new database, with what the SQL that makes them says of each."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from llmwatch.store.database import connect_reader, prepare
from llmwatch.store.questions import schema

_MADE = re.compile(r"((?:--.*\n)*)CREATE (?:VIRTUAL )?(?:TABLE|VIEW) (\w+)")
_COLUMN = re.compile(r"^\s+(\w+) (?:TEXT|INTEGER|REAL|BLOB)\b.*?--\s*(.*)$", re.MULTILINE)
_OF_VIEW = re.compile(r"(\w+),?\s+--\s*(.*)$", re.MULTILINE)
_ADDED = re.compile(r"^ALTER TABLE (\w+) ADD COLUMN (\w+)[^;\n]*;[ \t]*--\s*(.*)$", re.MULTILINE)
_TITLES = {"view": "Views", "table": "Tables"}

INTRODUCTION = """# SQL

Everything is in one SQLite file. `llmwatch sql "SELECT …"` asks it, as do `sqlite3`, Datasette or DuckDB,
while the collector goes on writing.

```sh
llmwatch sql "SELECT model, sum(cost) FROM llm_requests WHERE timestamp > date('now') GROUP BY model"
llmwatch sql - --format csv < question.sql > answer.csv
llmwatch sql .tables
llmwatch sql ".schema llm_requests"
```

- `llmwatch sql` can change nothing: the file is opened for reading, only SELECT is allowed, an answer may
  take 60 s. Text is made harmless for the terminal, and CSV has no formulas.
- What was said is kept compressed. `llmwatch sql` adds it to the views: `input` and `output` of
  `llm_requests` and `llm_traces`; `prompt`, `response` and `variables` of `llm_logs`; `args` and `result` of
  `tool_logs`; `query`, `top_k` and `retrieved_context` (JSON) of `retrieval_logs`. For any span there is
  `said(id, 'prompt')`, or `'answer'`, `'args'`, `'result'`, `'query'`, `'retrieved'`, `'metadata'`. It takes
  0.2 ms a span: ask for few.
- `llm_logs` has `metadata` there, too: `metadata->>'user_id'`, `session_id`, `feature`, `template_id`,
  `template_version`. What else the sender put there is in `said(id, 'metadata')->>'team'`.
- It has `percentile(column, 95)` and `median(column)`; both leave NULL out.
- SQLite divides whole numbers without a remainder: write `AVG(CASE WHEN score >= 4 THEN 1.0 ELSE 0.0 END)`,
  not `SUM(CASE …) / COUNT(*)`.
- `NOW() - INTERVAL '7 days'` is `datetime('now', '-7 days')`. Times are UTC.
- A call can have several scores: join `llm_feedback`, which has at most one row a call, not
  `feedback_events`.
- Scores of a judge: `JOIN scores ON scores.span = llm_requests.id`.
"""


def page(note: str) -> str:
    """The whole file; ``note`` says where it comes from."""
    told = _comments()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.db"
        prepare(path)
        db = connect_reader(path)
        try:
            return "\n".join([note, INTRODUCTION, *_sections(db, told)])
        finally:
            db.close()


def _sections(db: sqlite3.Connection, told: Mapping[tuple[str, str], str]) -> Iterator[str]:
    names = schema(db)
    for kind, title in _TITLES.items():
        yield f"## {title}\n"
        query = "SELECT name FROM sqlite_schema WHERE type = ? ORDER BY name"
        for name in [name for (name,) in db.execute(query, (kind,)) if name in names]:
            yield f"### {name}\n"
            if about := told.get((name, "")):
                yield f"{about}\n"
            yield "| column | type | |\n|---|---|---|"
            for column, type_ in db.execute("SELECT name, type FROM pragma_table_xinfo(?)", (name,)):
                yield f"| `{column}` | {type_.lower()} | {told.get((name, column), '')} |"
            yield ""


def _comments() -> dict[tuple[str, str], str]:
    """What is said of tables and views (with an empty column) and of their columns."""
    found: dict[tuple[str, str], str] = {}
    for script in sorted(files("llmwatch.store").iterdir(), key=lambda each: each.name):
        if script.name.endswith(".sql"):
            text = script.read_text(encoding="utf-8")
            for statement in text.split(";\n"):
                found |= _of_statement(statement)
            found |= {(name, column): said for name, column, said in _ADDED.findall(text)}
    return found


def _of_statement(statement: str) -> dict[tuple[str, str], str]:
    made = _MADE.search(statement)
    if made is None:
        return {}
    name, body = made[2], statement[made.end() :]
    about = " ".join(line.removeprefix("--").strip() for line in made[1].splitlines())
    columns = (_OF_VIEW if body.startswith(" AS SELECT") else _COLUMN).findall(body)
    return {(name, ""): about, **{(name, column): said.replace("|", "\\|") for column, said in columns}}
