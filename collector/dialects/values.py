"""Lenient reading of single values: senders put numbers in strings, JSON in strings, even Python's repr.

Every function returns None for a value that says nothing of its kind, also for the marks that scrubbers
leave behind ("<REDACTED>"), and never raises.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from llmwatch.collector.safejson import MAX_DEPTH, plain
from llmwatch.store.redaction import BEGINNINGS, redacted

_YES: Final = frozenset({"true", "yes", "1", "on"})
_NO: Final = frozenset({"false", "no", "0", "off"})
_LONGEST_REPR: Final = 100_000
"""Longer texts are not tried as Python's repr: its parser takes some 100 times their size in memory."""
_ESCAPE: Final = re.compile(r"""\\[\\'"nrtxuUN0abfv]""")
"""What repr writes; at others Python's parser prints a warning."""
_LONGEST_NUMBER: Final = 40
_LARGEST: Final = 1 << 53
"""No count of tokens is larger; what is, is a mistake or an attack on the sums."""

_read_json: Final = msgspec.json.Decoder().decode
_UNREADABLE: Final = (ValueError, RecursionError, MemoryError, SyntaxError, TypeError)


def text(value: Any) -> str | None:
    """A text with something in it; a number or flag in its JSON spelling."""
    if isinstance(value, str):
        return value if value and (value[0] not in BEGINNINGS or not redacted(value)) else None
    if value is None or isinstance(value, bytes | list | tuple | dict):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def first(item: Mapping[str, Any], keys: Iterable[str]) -> Any:
    """The first value that is there and not empty, of several names for the same thing."""
    for key in keys:
        found = item.get(key)
        if found is not None and found != "":
            return found
    return None


def clean(value: Any) -> str | None:
    """`text` for a value out of JSON, which may hold the NUL that SQLite's functions stop at."""
    if value.__class__ is str and value and value[0] not in BEGINNINGS and "\0" not in value:
        return str(value)
    found = text(value)
    return found and found.replace("\0", "\ufffd")


def number(value: Any) -> float | int | None:
    """A finite number, also one in a string."""
    if isinstance(value, str):
        value = _number_in(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _number_in(source: str) -> float | int | None:
    if source[:1].isalpha():  # a word, or "nan": two exceptions less, which take 2 µs
        return None
    for read in (int, float):
        try:
            return read(source) if len(source) < _LONGEST_NUMBER else None
        except ValueError:
            continue
    return None


def count(value: Any) -> int | None:
    """A whole number of things, none of them negative."""
    found = value if value.__class__ is int else number(value)
    if found is None or not 0 <= found < _LARGEST or found != int(found):
        return None
    return int(found)


def flag(value: Any) -> bool | None:
    """A truth, also as "True" or 1."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        word = str(value).strip().lower()
        return True if word in _YES else False if word in _NO else None
    return None


def parsed(value: Any) -> Any:
    """What ``value`` holds: the value in a JSON string, however often encoded, or in Python's repr.

    A string that is neither stays itself; no value is nested deeper than safejson's limit.
    """
    for _ in range(3):  # encoded three times is the most that was seen
        if not isinstance(value, str) or not value:
            break
        if value[0] not in '[{"' and not (value[0] == "(" and value[-1] == ")"):
            break
        found = _load(value)
        if found is None:
            break
        value = found
    return value


def mapping(value: Any) -> Mapping[str, Any] | None:
    """The mapping that ``value`` is or holds as text, with storable values only."""
    found = parsed(value)
    return storable(found) if isinstance(found, dict) and found else None


def storable(value: Any) -> Any:
    """``value`` with every part as msgpack and SQLite can keep it; None when it is nested too deeply."""
    try:
        return plain(dict(value) if isinstance(value, dict) else value)  # plain hides secrets in place
    except _UNREADABLE:
        return None


def texts(value: Any) -> tuple[str, ...] | None:
    """The texts of a list, of JSON of one, of a comma-separated string, or the one text."""
    if value.__class__ is not list:
        value = parsed(value)
        if isinstance(value, str):
            value = [item.strip() for item in value.split(",")]
    items = value if isinstance(value, list) else [value]
    return tuple([found for item in items if (found := clean(item))]) or None


def nanousd(value: Any) -> int | None:
    """Dollars as whole nano-dollars; a negative amount says nothing."""
    found = number(value)
    if found is None or not 0 <= found < 1e9:
        return None
    return int((Decimal(str(found)) * 1_000_000_000).to_integral_value())


def as_json(value: Any) -> str | None:
    """Text as it is, anything else as JSON: what a span's input, output or arguments are kept as."""
    if value is None or isinstance(value, str):
        return clean(value)
    return msgspec.json.encode(value).decode()


def _load(source: str) -> Any:
    """The value of JSON or of Python's repr; None when it is neither, or nested too deeply."""
    for read in (_strict, _lenient, _python):
        try:
            return read(source)
        except _UNREADABLE:
            continue
    return None


def _strict(source: str) -> Any:
    found = _read_json(source)
    # So few brackets cannot nest deeply; looking at every value costs 20 times the decoding.
    return found if source.count("[") + source.count("{") <= MAX_DEPTH else plain(found)


def _lenient(source: str) -> Any:
    return plain(json.loads(source, parse_constant=str))


def _python(source: str) -> Any:
    if len(source) > _LONGEST_REPR or "\\" in _ESCAPE.sub("", source):
        raise ValueError("not Python's repr")
    return plain(_without_tuples(ast.literal_eval(source)))


def _without_tuples(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_tuples(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _without_tuples(item) for key, item in value.items()}
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
