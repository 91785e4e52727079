"""What a decoder gives back, and the rules a single record must keep to be taken."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from llmwatch.errors import IngestError

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")

_log = logging.getLogger(__name__)

_LATEST_NS: Final = 1 << 63  # April 2262, and the largest integer SQLite keeps
_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_NO_ID: Final = (b"", bytes(_SPAN_ID_BYTES), bytes(_TRACE_ID_BYTES))
_BAD_RECORD: Final = (ValueError, OverflowError, RecursionError)  # UnicodeError is a ValueError
_FAILURES_TOLD: Final = 100


@dataclass(frozen=True, slots=True)
class Decoded(Generic[R]):
    """The records of a request that can be taken, and what is wrong with the others."""

    records: list[R]
    rejected: int = 0
    failures: tuple[tuple[int, str], ...] = ()
    """Position and reason of the first hundred that are rejected: enough to see the pattern."""

    @property
    def reason(self) -> str:
        """Why the first of them is rejected."""
        return self.failures[0][1] if self.failures else ""

    def then(self, read: Callable[[R], S]) -> Decoded[S]:
        """What ``read`` makes of the records; positions of new failures are those among the records."""
        more = gather(self.records, read)
        return Decoded(
            more.records, self.rejected + more.rejected, (*self.failures, *more.failures)[:_FAILURES_TOLD]
        )


def gather(items: Iterable[T], read: Callable[[T], R]) -> Decoded[R]:
    """Every item that ``read`` can make a record of; one bad item does not spoil the others."""
    records: list[R] = []
    rejected = 0
    failures: list[tuple[int, str]] = []
    for index, item in enumerate(items):
        try:
            records.append(read(item))
            continue
        except IngestError as error:
            reason = error.explain()
        except _BAD_RECORD as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - told to the sender, and to the log
            _log.exception("a record could not be read, which is a mistake in llmwatch")
            reason = f"llmwatch failed at it ({type(error).__name__}); its log says more"
        rejected += 1
        if len(failures) < _FAILURES_TOLD:
            failures.append((index, reason))
    return Decoded(records, rejected, tuple(failures))


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
