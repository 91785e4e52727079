"""JSON of anyone's making, read into values that msgpack and SQLite can keep.

Strict JSON is read by msgspec. What it refuses but real programs write (NaN, half of a surrogate pair,
bytes that are not UTF-8) costs a second, lenient reading rather than the record.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

import msgspec

from llmwatch.collector.secrets import redact
from llmwatch.errors import IngestError

MAX_DEPTH: Final = 64
"""Deepest nesting of a value that is kept: protobuf's own limit allows fewer than 50."""

_INT64: Final = 1 << 63
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_READ_ERRORS: Final = (ValueError, RecursionError)  # msgspec's and json's own errors are ValueErrors
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def loads(data: bytes) -> Any:
    """The JSON value in ``data``, made plain and without credentials.

    Raises:
        IngestError: It is no JSON, however leniently read, or nested too deeply.
    """
    try:
        return plain(msgspec.json.decode(data))
    except _READ_ERRORS:
        return _lenient(data)


def items(data: bytes) -> list[bytes]:
    """The values of a JSON list, each still unread so that a bad one spoils no other; or the one value.

    Raises:
        IngestError: As `loads`.
    """
    if not data.lstrip().startswith(b"["):
        return [data]
    try:
        return [bytes(item) for item in _LIST.decode(data)]
    except _READ_ERRORS:
        return [bytes(item) for item in _LIST.decode(repaired(data))]


def items_of(data: bytes, key: str) -> list[bytes]:
    """The `items` that an object has under ``key``; none when it has no such key.

    Raises:
        IngestError: As `loads`, or it is no object.
    """
    if not data.lstrip().startswith(b"{"):
        raise IngestError(f"this is no JSON object with {key}")
    try:
        held = bytes(_OBJECT.decode(data).get(key, b"null"))
    except _READ_ERRORS:
        held = bytes(_OBJECT.decode(repaired(data)).get(key, b"null"))
    return [] if held == b"null" else items(held)


def repaired(data: bytes) -> bytes:
    """``data`` as strict JSON, for a typed reader that refused it.

    Raises:
        IngestError: As `loads`.
    """
    return msgspec.json.encode(_lenient(data))


def plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A parsed value of JSON or OTLP (which has bytes) with every part storable, and credentials taken out.

    Lone surrogates and NUL become U+FFFD, numbers beyond 64 bits and those that are none become text.

    Raises:
        ValueError: It is nested deeper than ``depth``.
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool | bytes) or value is None:
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else number_name(value)
    if depth == 0:
        raise ValueError(f"a value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        return [plain(item, depth - 1) for item in value]
    return redact({text(key): plain(item, depth - 1) for key, item in value.items()})


def text(value: str) -> str:
    """``value`` with U+FFFD for what UTF-8 cannot say (half a pair) and SQLite's functions stop at (NUL)."""
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)


def number_name(value: float) -> str:
    """OTLP/JSON's word for a float that JSON has no number for."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _lenient(data: bytes) -> Any:
    try:
        decoded = data.decode("utf-8", "replace")
        return plain(json.loads(decoded, parse_constant=str, parse_int=_whole_number))
    except _READ_ERRORS as error:
        raise IngestError(f"this is not JSON: {error}") from error


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) < 20 else digits  # int() of a megabyte of digits would take minutes
