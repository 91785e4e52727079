"""Requests and facts that widgets, screens and the feed tell the app.

A request (``ShowTrace``) asks the app for another screen; a fact (``DataChanged``) says what happened.
Workers and threads only ever post these: handlers alone change widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from llmwatch.store.rows import SpanDetail


class ShowTrace(Message):
    """Open the trace ``trace_id``, at ``span_id`` when one is given."""

    def __init__(self, trace_id: str, span_id: str | None = None) -> None:
        super().__init__()
        self.trace_id = trace_id
        self.span_id = span_id


class ShowTraces(Message):
    """Show the traces that ``filter`` (store/filters.py) matches; ``title`` says whose number they are."""

    def __init__(self, filter: str, title: str) -> None:
        super().__init__()
        self.filter = filter
        self.title = title


class ShowReplay(Message):
    """Open the replay of one recorded call."""

    def __init__(self, detail: SpanDetail) -> None:
        super().__init__()
        self.detail = detail


class DataChanged(Message):
    """The database has been written to since the last of these; ``at_ns`` is when it was noticed."""

    def __init__(self, at_ns: int) -> None:
        super().__init__()
        self.at_ns = at_ns

    def can_replace(self, message: Message) -> bool:
        """A newer one says all that the older one did."""
        return isinstance(message, DataChanged)


class DataMissing(Message):
    """There is no database yet: it appears when a collector has started."""


class FeedFailed(Message):
    """The database cannot be read since ``since_ns``; what is on the screen is what was known by then."""

    def __init__(self, error: str, since_ns: int) -> None:
        super().__init__()
        self.error = error
        self.since_ns = since_ns

    def can_replace(self, message: Message) -> bool:
        """The latest failure is the one to show."""
        return isinstance(message, FeedFailed)


class FeedRecovered(Message):
    """The database can be read again."""
