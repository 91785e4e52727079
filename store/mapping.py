"""Rows to dataclasses and Structs, strictly: a column for every field, or an error.

A mapper that took what it gets would hide that a column and its field have drifted apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, Generic, TypeVar

import msgspec

_T = TypeVar("_T")


class Mapper(Generic[_T]):
    """Makes instances of a dataclass or a msgspec Struct from rows.

    Args:
        cls: The class.
        convert: For fields whose column holds something else, what makes the one from the other.
        compute: For fields that are no column, the SQL expression.
    """

    def __init__(
        self,
        cls: type[_T],
        *,
        convert: Mapping[str, Callable[[Any], Any]] | None = None,
        compute: Mapping[str, str] | None = None,
    ) -> None:
        self._cls = cls
        self._names = _fields(cls)
        converted, computed = convert or {}, compute or {}
        if unknown := (converted.keys() | computed.keys()) - set(self._names):
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
        self._convert = [(self._names.index(name), change) for name, change in converted.items()]
        self._by_position = issubclass(cls, msgspec.Struct) and bool(cls.__match_args__)  # not kw_only
        self.columns = ", ".join(
            f"{computed[name]} AS {name}" if name in computed else name for name in self._names
        )
        """What to select, in order."""

    def rows(self, cursor: sqlite3.Cursor) -> list[_T]:
        """One instance per row of ``cursor``, whose query selected `columns`.

        Raises:
            TypeError: It selected something else.
        """
        found = [column[0] for column in cursor.description]
        if found != self._names:
            raise TypeError(f"{self._cls.__name__} needs {self._names}, the query gives {found}")
        return [self._make(row) for row in cursor]

    def first(self, cursor: sqlite3.Cursor) -> _T | None:
        """The instance of the first row, None when there is none."""
        return next(iter(self.rows(cursor)), None)

    def _make(self, row: Iterable[Any]) -> _T:
        values = list(row)
        for index, convert in self._convert:
            values[index] = convert(values[index])
        if self._by_position:
            return self._cls(*values)
        return self._cls(**dict(zip(self._names, values, strict=True)))


def _fields(cls: type[Any]) -> list[str]:
    if issubclass(cls, msgspec.Struct):
        return list(cls.__struct_fields__)
    return [field.name for field in fields(cls)]


def names(array: str | None) -> tuple[str, ...] | None:
    """A JSON array as a tuple; None stays None."""
    return None if array is None else tuple(msgspec.json.decode(array))
