"""What is put before people: why, in which order, and when it is done with."""

from __future__ import annotations

import sqlite3
from typing import Any

from llmwatch.store.batch import Batch
from llmwatch.store.reads.review import review_queue
from llmwatch.store.span import Score, Span
from llmwatch.store.writer import Writer
from tests.store.builders import SECOND, T0, llm, span, spoken


def answered(span_id: str, second: int = 0, answer: str = "four", **fields: Any) -> Span:
    return llm(span_id, start_ns=T0 + second * SECOND, content=spoken("two and two?", answer), **fields)


def flagged(span_id: str, second: int = 0, **fields: Any) -> Span:
    """The builders' one check fails where no token was counted."""
    return answered(span_id, second, tokens=0, **fields)


def score(name: str, value: float | None, source: str = "user", **about: Any) -> Score:
    fields: dict[str, Any] = {"trace_id": "t", "time_ns": T0, "score_id": f"{name}{about}", **about}
    return Score(name=name, value=value, source=source, **fields)


def queue(writer: Writer, db: sqlite3.Connection, limit: int = 10, **batch: Any) -> list[tuple[str, str]]:
    writer.submit(Batch(**batch)).result()
    return [(row.span_id, row.why) for row in review_queue(db, limit)]


def test_each_reason(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [flagged("a", 1), answered("b", 2), answered("c", 3), answered("d", 4)]
    scores = [
        score("user_feedback", 0.0, span_id="b", raw_value='"thumbs_down"', comment="wrong  sum"),
        score("judge_correctness", 0.3, "judge", span_id="c"),
        score("quality_score", 0.49, "judge", span_id="c", time_ns=T0 + 1),
        score("judge_safety", 1.0, "judge", span_id="c"),
        score("user_feedback", 1.0, span_id="d"),
    ]
    assert queue(writer, db, spans=spans, scores=scores) == [
        ("c", "judge: correctness 0.30, quality score 0.49"),
        ("b", "user feedback: thumbs_down (wrong sum)"),
        ("a", "checks: empty"),
    ]


def test_what_it_shows(writer: Writer, db: sqlite3.Connection) -> None:
    writer.submit(Batch(spans=[flagged("a", answer="a\n" + "b" * 400, name="chat m")])).result()
    (row,) = review_queue(db, 1)
    assert (row.trace_id, row.span_id, row.name, row.time_ns) == ("t", "a", "chat m", T0)
    assert row.question == "two and two?"
    assert row.answer == "a " + "b" * 297 + "…"


def test_a_human_score_takes_it_out(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [flagged("a", 1), flagged("b", 2), flagged("c", 3, trace_id="u")]
    reviews = [
        score("review", 1.0, "human", span_id="a"),
        score("label", None, "human", trace_id="u", label="of the whole trace"),
    ]
    assert queue(writer, db, spans=spans, scores=reviews) == [("b", "checks: empty")]


def test_reasons_of_one_span_are_one_entry(writer: Writer, db: sqlite3.Connection) -> None:
    low = [score("thumbs", 0.0, span_id="a"), score("rating", 0.2, span_id="a", time_ns=T0 + 1)]
    assert queue(writer, db, spans=[flagged("a")], scores=low) == [
        ("a", "checks: empty; thumbs: 0; rating: 0.2")
    ]


def test_a_score_of_a_trace_is_about_its_last_call(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [
        span("root", kind="chain"),
        answered("a", 1),
        answered("b", 2),
        span("tool", start_ns=T0 + 3 * SECOND),
    ]
    assert queue(writer, db, spans=spans, scores=[score("user_feedback", 0.0)]) == [("b", "user feedback: 0")]


def test_an_applications_score_is_on_a_scale_of_its_own(writer: Writer, db: sqlite3.Connection) -> None:
    assert (
        queue(writer, db, spans=[answered("a")], scores=[score("toxicity", 0.01, "app", span_id="a")]) == []
    )


def test_the_newest_are_shown(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [flagged(str(second), second) for second in range(5)]
    scores = [score(f"m{n}", 0.0, "judge", span_id="0", time_ns=T0 + n) for n in range(8)]
    assert [span_id for span_id, _ in queue(writer, db, 2, spans=spans, scores=scores)] == ["4", "3"]


def test_what_is_not_captured_is_empty(writer: Writer, db: sqlite3.Connection) -> None:
    writer.submit(Batch(spans=[llm("a")], scores=[score("thumbs", 0.0, span_id="a")])).result()
    (row,) = review_queue(db, 1)
    assert (row.question, row.answer) == ("", "")
