"""What good and bad answers go with, worked out by hand from a few calls and scores."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from llmwatch.store.batch import Batch
from llmwatch.store.reads import correlations
from llmwatch.store.reads.correlations import Satisfied, ScoredGroup
from llmwatch.store.span import Score, Span
from llmwatch.store.writer import Writer
from tests.store.builders import SECOND, T0, llm, span, who

END = T0 + 3600 * SECOND


def call(name: str, seconds: float, **context: Any) -> Span:
    return llm(name, trace_id=f"t-{name}", end_ns=T0 + round(seconds * SECOND), context=who(**context))


def search(name: str, span_id: str, seconds: float) -> Span:
    return span(span_id, trace_id=f"t-{name}", kind="retriever", end_ns=T0 + round(seconds * SECOND))


def score(
    number: int, name: str, about: str, value: float | None, source: str = "judge", **fields: Any
) -> Score:
    return Score(
        score_id=f"s{number}", name=name, time_ns=fields.pop("time_ns", T0 + number), trace_id=f"t-{about}",
        span_id=fields.pop("span_id", about), value=value, source=source, **fields,
    )  # fmt: skip


SPANS = [
    call("a", 0.5, feature="chat", prompt_name="ask", prompt_version="1"),
    call("b", 2, feature="chat", prompt_name="ask", prompt_version="2"),
    call("c", 3, feature="code", prompt_name="ask", prompt_version="2"),
    call("d", 9),
    search("a", "ra", 2.5),
    search("b", "rb", 0.1),
    search("b", "rb2", 2.0),  # two seconds are not more than two seconds
    search("c", "rc", 4),
]
SCORES = [
    score(1, "judge_correctness", "a", 0.2),
    score(2, "judge_correctness", "b", 0.9),
    score(3, "judge_correctness", "c", 0.6),
    score(4, "judge_correctness", "d", 1.0),  # there was no search
    score(5, "quality_score", "b", 0.7),
    score(6, "quality_score", "b", None),  # a judge that said nothing
    score(7, "quality_score", "b", 0.1, time_ns=T0 - 1),  # before the window
    score(8, "quality_score", "b", 0.1, time_ns=END),  # after it
    score(11, "user_feedback", "a", 1.0, "user"),
    score(12, "user_feedback", "b", 0.0, "user"),
    score(13, "rating", "c", 0.8, "user"),
    score(14, "rating", "c", 0.4, "user"),
    score(15, "user_feedback", "d", 0.0, "user", span_id=None),  # about the trace: its last call
    score(16, "retry", "d", None, "user"),
]


@pytest.fixture
def filled(writer: Writer, db: sqlite3.Connection) -> sqlite3.Connection:
    writer.submit(Batch(spans=SPANS, scores=SCORES)).result(10)
    return db


def test_scores_where_the_search_was_slow(filled: sqlite3.Connection) -> None:
    assert correlations.scores_by_retrieval(filled, T0, END) == [
        ScoredGroup(name="judge_correctness", value="slow retrieval", scores=2, mean=0.4, low=1.0),
        ScoredGroup(name="judge_correctness", value="fast retrieval", scores=1, mean=0.9, low=0.0),
        ScoredGroup(name="quality_score", value="fast retrieval", scores=1, mean=0.7, low=0.0),
    ]


def test_which_version_is_best(filled: sqlite3.Connection) -> None:
    assert correlations.scores_by_version(filled, T0, END) == [
        ScoredGroup(name="judge_correctness", value=None, scores=1, mean=1.0, low=0.0),
        ScoredGroup(name="judge_correctness", value="ask 2", scores=2, mean=0.75, low=0.5),
        ScoredGroup(name="judge_correctness", value="ask 1", scores=1, mean=0.2, low=1.0),
        ScoredGroup(name="quality_score", value="ask 2", scores=1, mean=0.7, low=0.0),
    ]


def test_what_users_say_of_fast_and_slow_answers(filled: sqlite3.Connection) -> None:
    assert correlations.satisfaction_by_speed(filled, T0, END) == [
        Satisfied(value="fast", feedback=1, satisfied=1.0),
        Satisfied(value="medium", feedback=1, satisfied=0.0),
        Satisfied(value="slow", feedback=3, satisfied=1 / 3),
    ]


def test_what_users_say_of_each_feature(filled: sqlite3.Connection) -> None:
    assert correlations.satisfaction_by_feature(filled, T0, END) == [
        Satisfied(value=None, feedback=1, satisfied=0.0),
        Satisfied(value="chat", feedback=2, satisfied=0.5),
        Satisfied(value="code", feedback=2, satisfied=0.5),
    ]


def test_nothing_was_scored(db: sqlite3.Connection) -> None:
    for question in (
        correlations.scores_by_retrieval, correlations.scores_by_version, correlations.satisfaction_by_speed,
        correlations.satisfaction_by_feature,
    ):  # fmt: skip
        assert question(db, T0, END) == []
