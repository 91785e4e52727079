"""How far the files that are followed have been read."""

from __future__ import annotations

import sqlite3
from typing import Annotated, TypeAlias

import msgspec

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


class Mark(msgspec.Struct, frozen=True):
    """A file up to a point: the lines before it are committed."""

    file: str
    """``device:inode``, which stays when the file is renamed."""
    path: str
    bytes: _Count
    lines: _Count
    fingerprint: str
    """Of what stood at the file's beginning and just before the point: other content is another file."""


def load(db: sqlite3.Connection) -> list[Mark]:
    """All marks."""
    return [Mark(*row) for row in db.execute("SELECT file, path, bytes, lines, fingerprint FROM followed")]


def put(db: sqlite3.Connection, mark: Mark) -> None:
    """Keep ``mark`` in place of the one its file had."""
    db.execute("INSERT OR REPLACE INTO followed VALUES (?, ?, ?, ?, ?)", msgspec.structs.astuple(mark))
