"""What a decoder gives back, and the rules a single record must keep to be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from llmwatch.errors import IngestError

T = TypeVar("T")
R = TypeVar("R")

_LATEST_NS: Final = 1 << 63  # April 2262, and the largest integer SQLite keeps
_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_NO_ID: Final = (b"", bytes(_SPAN_ID_BYTES), bytes(_TRACE_ID_BYTES))
_BAD_RECORD: Final = (ValueError, OverflowError, RecursionError, IngestError)


@dataclass(frozen=True, slots=True)
class Decoded(Generic[R]):
    """The records of a request that can be taken, and how many cannot, with the first one's reason."""

    records: list[R]
    rejected: int = 0
    reason: str = ""


def gather(items: Iterable[T], read: Callable[[T], R]) -> Decoded[R]:
    """Every item that ``read`` can make a record of; one bad item does not spoil the others."""
    records: list[R] = []
    rejected, reason = 0, ""
    for item in items:
        try:
            records.append(read(item))
        except _BAD_RECORD as error:
            rejected += 1
            reason = reason or str(error)
    return Decoded(records, rejected, reason)


def trace_id(raw: bytes) -> str:
    """A trace id as lowercase hex. Raises ValueError unless it is 16 bytes, not all zero."""
    return _required(raw, _TRACE_ID_BYTES, "trace")


def span_id(raw: bytes) -> str:
    """A span id as lowercase hex. Raises ValueError unless it is 8 bytes, not all zero."""
    return _required(raw, _SPAN_ID_BYTES, "span")


def trace_id_if_any(raw: bytes) -> str:
    """As `trace_id`, and empty for none (no bytes, or only zeros)."""
    return "" if raw in _NO_ID else trace_id(raw)


def span_id_if_any(raw: bytes) -> str:
    """As `span_id`, and empty for none (no bytes, or only zeros)."""
    return "" if raw in _NO_ID else span_id(raw)


def start_time(ns: int) -> int:
    """A start in nanoseconds since 1970. Raises ValueError for none or one past the year 2262."""
    if not 0 < ns < _LATEST_NS:
        raise ValueError(f"a span starts at {ns} ns since 1970, which is no time")
    return ns


def end_time(ns: int) -> int | None:
    """An end in nanoseconds since 1970, None for 0: not ended. Raises ValueError past the year 2262."""
    if not 0 <= ns < _LATEST_NS:
        raise ValueError(f"a span or event ends at {ns} ns since 1970, which is no time")
    return ns or None


def _required(raw: bytes, size: int, what: str) -> str:
    if len(raw) != size or raw in _NO_ID:
        raise ValueError(
            f"a {what} id must be {size} bytes and not all zero, not {raw[:32].hex() or 'empty'}"
        )
    return raw.hex()
