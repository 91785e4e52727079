"""What the screen asks the store about answers to judge: functions for the feed's threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.rows import ReviewRow

_MOST: Final = 200


def read_queue(db: sqlite3.Connection) -> list[ReviewRow]:
    """The first answers of the queue."""
    from llmwatch.store.reads.review import review_queue  # noqa: PLC0415 - not before the first paint

    return review_queue(db, _MOST)


def read_said(db: sqlite3.Connection, row: ReviewRow) -> tuple[str | None, str | None]:
    """All of the question and the answer of which ``row`` has the beginning."""
    from llmwatch.store.reads.spans import detail  # noqa: PLC0415
    from llmwatch.store.said import answer_of, question_of  # noqa: PLC0415

    found = detail(db, row.trace_id, row.span_id)
    return (question_of(found.span), answer_of(found.span)) if found else (row.question, row.answer)
