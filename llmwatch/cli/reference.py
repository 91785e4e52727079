"""Which span a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmwatch.errors import UsageError

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.rows import SpanDetail


def span_of(db: sqlite3.Connection, reference: str) -> SpanDetail:
    """The span that ``reference`` means, in any form that `llmwatch.store.reads.spans.find` takes.

    Raises:
        UsageError: It means no span, or several.
    """
    from llmwatch.store.reads import spans

    found = spans.find(db, reference)
    detail = spans.detail(db, *found) if found else None
    if detail is None:
        raise UsageError(
            f"{reference} means no span, or several",
            hint="Give a whole span id, TRACE:SPAN or a trace id; y in the screen copies them.",
        )
    return detail
