"""The window that numbers are compared with, if a person chose one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from llmwatch.store.mapping import Mapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A time in which everything was as it should be, in Unix seconds; the end is not included."""

    start_s: int
    end_s: int
    set_ns: int
    """When it was chosen."""


_GOLDEN: Final = Mapper(Golden)


def golden(db: sqlite3.Connection) -> Golden | None:
    """The window that was chosen, if any."""
    return _GOLDEN.first(db.execute(f"SELECT {_GOLDEN.columns} FROM golden"))
