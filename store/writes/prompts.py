"""Writing prompts; call these in a task of the writer (`Writer.run`).

- `create(db, NewPrompt(…), now_ns)`: the next version of a prompt; its labels move to it.
- `add_labels(db, name, version, labels, now_ns)`: labels move to a version that is there.
- `delete(db, name, version=…, label=…)`: all versions, or one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from llmwatch.store.reads.prompts import LATEST, prompt
from llmwatch.store.registry import NewPrompt, PromptRow, new_id
from llmwatch.store.writes.upsert import json_text, upsert


def create(db: sqlite3.Connection, new: NewPrompt, now_ns: int) -> PromptRow:
    """Write the next version of a prompt."""
    newest = prompt(db, new.name)
    tags = new.tags if new.tags is not None else newest.tags if newest else ()
    version = newest.version + 1 if newest else 1
    row = {
        "prompt_id": new_id(), "name": new.name, "version": version, "type": new.type,
        "prompt": json_text(new.prompt), "config": json_text(new.config), "tags": json_text(tags),
        "commit_message": new.commit_message,
    }  # fmt: skip
    upsert(db, "prompts", ("name", "version"), row, now_ns)
    if newest and tags != newest.tags:
        db.execute("UPDATE prompts SET tags = ? WHERE name = ?", (json_text(tags), new.name))
    _label(db, new.name, version, (*new.labels, LATEST))
    return _there(db, new.name, version)


def add_labels(
    db: sqlite3.Connection, name: str, version: int, labels: Iterable[str], now_ns: int
) -> PromptRow | None:
    """Put labels to a version, away from those that have them; None when there is no such version."""
    found = prompt(db, name, version=version)
    if found is None:
        return None
    _label(db, name, version, [label for label in labels if label != LATEST])
    db.execute("UPDATE prompts SET updated_ns = ? WHERE (name, version) = (?, ?)", (now_ns, name, version))
    return _there(db, name, version)


def delete(db: sqlite3.Connection, name: str, *, version: int | None = None, label: str | None = None) -> int:
    """Take out all versions of a prompt, or the one with that number or label; says how many there were."""
    if version is None and label is None:
        db.execute("DELETE FROM prompt_labels WHERE name = ?", (name,))
        return db.execute("DELETE FROM prompts WHERE name = ?", (name,)).rowcount
    found = prompt(db, name, version=version, label=label)
    if found is None:
        return 0
    for table in ("prompt_labels", "prompts"):
        db.execute(f"DELETE FROM {table} WHERE (name, version) = (?, ?)", (name, found.version))
    newest = db.execute("SELECT max(version) FROM prompts WHERE name = ?", (name,)).fetchone()[0]
    if newest is not None:
        _label(db, name, newest, (LATEST,))
    return 1


def _label(db: sqlite3.Connection, name: str, version: int, labels: Iterable[str]) -> None:
    db.executemany(
        "INSERT INTO prompt_labels VALUES (?, ?, ?)"
        " ON CONFLICT (name, label) DO UPDATE SET version = excluded.version",
        [(name, label, version) for label in labels],
    )


def _there(db: sqlite3.Connection, name: str, version: int) -> PromptRow:
    found = prompt(db, name, version=version)
    assert found is not None
    return found
