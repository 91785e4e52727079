"""Prompts: one version of one, and all of them.

- `prompt(db, name, version=…, label=…)`: that version, that label's version, or the newest.
- `summaries(db, name=…, label=…, tag=…, …, limit=…, offset=…)`: every prompt with its versions and labels.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from llmwatch.store.mapping import Mapper, names
from llmwatch.store.reads.paging import page
from llmwatch.store.registry import Page, PromptRow, PromptSummary

LATEST: Final = "latest"
"""The label that is always at the newest version."""


def _sorted(array: str) -> tuple[Any, ...]:
    return tuple(sorted(msgspec.json.decode(array)))


_LABELS: Final = (
    "(SELECT json_group_array(label) FROM prompt_labels"
    " WHERE prompt_labels.name = prompts.name AND prompt_labels.version = prompts.version)"
)
_PROMPT: Final = Mapper(
    PromptRow,
    convert={
        "prompt": msgspec.json.decode,
        "config": msgspec.json.decode,
        "tags": names,
        "labels": _sorted,
    },
    compute={"labels": _LABELS},
)
_UPDATED: Final = "(SELECT max(updated_ns) FROM prompts AS p WHERE p.name = prompts.name)"
_SUMMARY: Final = Mapper(
    PromptSummary,
    convert={
        "config": msgspec.json.decode,
        "tags": names,
        "versions": _sorted,
        "labels": _sorted,
    },
    compute={
        "versions": "(SELECT json_group_array(version) FROM prompts AS p WHERE p.name = prompts.name)",
        "labels": "(SELECT json_group_array(label) FROM prompt_labels AS p WHERE p.name = prompts.name)",
        "updated_ns": _UPDATED,
    },
)
_NEWEST: Final = "(name, version) IN (SELECT name, version FROM prompt_labels WHERE label = ?)"


def prompt(
    db: sqlite3.Connection, name: str, *, version: int | None = None, label: str | None = None
) -> PromptRow | None:
    """The version of a prompt with that number, else with that label, else the newest; None without one."""
    query = f"SELECT {_PROMPT.columns} FROM prompts WHERE name = ? AND version = "
    if version is not None:
        return _PROMPT.first(db.execute(f"{query}?", (name, version)))
    labelled = f"{query}(SELECT version FROM prompt_labels WHERE name = prompts.name AND label = ?)"
    return _PROMPT.first(db.execute(labelled, (name, label or LATEST)))


def summaries(
    db: sqlite3.Connection,
    *,
    name: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    since_ns: int | None = None,
    before_ns: int | None = None,
    limit: int,
    offset: int = 0,
) -> Page[PromptSummary]:
    """Every prompt, by name.

    Only those of that name, with that label on a version, with that tag, changed in that time.
    """
    wanted = {
        _NEWEST: LATEST,
        "name = ?": name,
        "name IN (SELECT name FROM prompt_labels WHERE label = ?)": label,
        "EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)": tag,
        f"{_UPDATED} >= ?": since_ns,
        f"{_UPDATED} < ?": before_ns,
    }
    return page(db, _SUMMARY, "prompts", wanted, limit=limit, offset=offset, order="name")
