"""Reading traces and spans back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from llmwatch.store.filters import parse
from llmwatch.store.mapping import Mapper
from llmwatch.store.price import Price, Rates, Tariff
from llmwatch.store.reads import spans, traces
from llmwatch.store.span import Call, Cost, CostLine, Replay, Score, Usage
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import SECOND, T0, enrich, llm, span, spoken, who


def test_a_trace_row(writer: Writer, db: sqlite3.Connection) -> None:
    root = span("root", name="ask", status="ok", context=who(user_id="ann", session_id="s"))
    writer.submit(Batch(spans=[root, replace(llm("call", parent_id="root"), heuristics=("empty",))])).result(
        10
    )
    row = traces.trace(db, "t")
    assert row is not None
    assert (row.id, row.trace_id, row.root_span_id, row.name) == (1, "t", "root", "ask")
    assert (row.status, row.running, row.duration_ns) == ("ok", False, SECOND)
    assert (row.llm_calls, row.model, row.input_tokens, row.cost_nanousd) == (1, "m", 100, 200)
    assert (row.user_id, row.feature, row.heuristics_failed) == ("ann", None, ("empty",))
    assert traces.trace(db, "other") is None


def test_windows(writer: Writer, db: sqlite3.Connection) -> None:
    assert traces.id_range(db) is None
    writer.submit(Batch(spans=[span(trace_id=f"t{n}") for n in range(1, 8)])).result(10)
    assert traces.id_range(db) == (1, 7)
    assert [row.trace_id for row in traces.window(db, 3, 5)] == ["t5", "t4", "t3"]
    assert [row.trace_id for row in traces.by_ids(db, [2, 99, 6, 4])] == ["t2", "t6", "t4"]
    assert traces.by_ids(db, []) == traces.window(db, 8, 9) == []


def test_a_trace_that_grows_keeps_its_place(writer: Writer, db: sqlite3.Connection) -> None:
    for spans_ in ([span(trace_id="t1", parent_id="r")], [span(trace_id="t2")], [span("r", trace_id="t1")]):
        writer.submit(Batch(spans=spans_)).result(10)
    assert [(row.trace_id, row.span_count) for row in traces.window(db, 1, 9)] == [("t2", 1), ("t1", 2)]


def test_ranked(writer: Writer, db: sqlite3.Connection) -> None:
    for trace_id, tokens in (("t1", 5), ("t2", 9), ("t3", None), ("t4", 7)):
        writer.submit(Batch(spans=[llm(tokens=tokens, trace_id=trace_id)])).result(10)

    def order(by: Any, *, ascending: bool) -> list[str]:
        rows = traces.ranked(db, parse(""), by=by, ascending=ascending, limit=9)
        return [row.trace_id for row in rows]

    assert order("tokens", ascending=False) == ["t2", "t4", "t1", "t3"]
    assert order("cost_nanousd", ascending=True) == ["t1", "t4", "t2", "t3"]


def test_the_spans_of_a_trace(writer: Writer, db: sqlite3.Connection) -> None:
    late = span("a", start_ns=T0 + 5)
    early = replace(llm("b", parent_id="a"), call=Call(request_model="m", finish_reasons=("stop",)))
    writer.submit(Batch(spans=[late, early, span(trace_id="other")])).result(10)
    rows = spans.spans_of(db, "t")
    assert [row.span_id for row in rows] == ["b", "a"]
    assert (rows[0].kind, rows[0].model, rows[0].finish_reasons, rows[0].content_captured) == (
        "llm", "m", ("stop",), False,
    )  # fmt: skip
    assert (rows[1].model, rows[1].finish_reasons, rows[1].heuristics_failed) == (None, (), None)
    assert spans.spans_of(db, "nothing") == []


def test_everything_about_a_span(writer: Writer, db: sqlite3.Connection) -> None:
    priced = replace(
        llm("call", content=spoken("hi", "ho"), context=who(session_id="s")),
        cost=Cost(
            nanousd=3,
            lines=(CostLine(what="input", tokens=1, nanousd_per_million=3),),
            price=Price(model="m", tariff=Tariff(Rates(input=1)), source="book"),
        ),
    )

    def score(score_id: str, at: int, **where: Any) -> Score:
        return Score(score_id=score_id, name="n", time_ns=at, **where)

    replay = Replay(
        replay_id="r", trace_id="t", span_id="call", time_ns=T0, provider="p", url="u", model="m",
        request="{}", response="hey", status="ok", usage=Usage(output_tokens=1),
    )  # fmt: skip
    scores = [
        score("of the span", 3, trace_id="t", span_id="call"),
        score("of the span alone", 1, span_id="call"),
        score("of the trace", 2, trace_id="t"),
        score("of the session", 0, session_id="s"),
        score("of another span", 4, trace_id="t", span_id="other"),
        score("of another trace", 5, trace_id="other", span_id="call"),
        score("of another session", 6, session_id="other"),
        score("of another trace of the session", 7, trace_id="other", session_id="s"),
    ]
    writer.submit(Batch(spans=[priced], scores=scores, replays=[replay])).result(10)
    detail = spans.detail(db, "t", "call")
    assert detail is not None
    assert detail.span == priced
    assert detail.row.span_id == "call"
    assert detail.row.content_captured
    assert [each.score_id for each in detail.scores] == [
        "of the session", "of the span alone", "of the trace", "of the span",
    ]  # fmt: skip
    assert detail.replays == (replay,)
    assert spans.detail(db, "t", "other") is None


def test_a_merged_span_keeps_its_price(writer: Writer, db: sqlite3.Connection) -> None:
    started = span(state="started", kind="llm")
    ended = span(call=Call(request_model="m", usage=Usage(input_tokens=7)))
    writer.submit(Batch(spans=[started])).result(10)
    writer.submit(Batch(spans=[enrich(ended)])).result(10)
    detail = spans.detail(db, "t", "a")
    assert detail is not None
    assert (detail.span.kind, detail.span.cost, detail.row.cost_nanousd) == ("llm", Cost(nanousd=7), 7)


def test_sessions(writer: Writer, db: sqlite3.Connection) -> None:
    writer.submit(
        Batch(
            spans=[
                span(trace_id="second", start_ns=T0 + 9, context=who(session_id="s")),
                span(trace_id="first", context=who(session_id="s")),
                span(trace_id="other", context=who(session_id="o")),
            ]
        )
    ).result(10)
    assert [row.trace_id for row in spans.session_traces(db, "s")] == ["first", "second"]
    assert spans.session_traces(db, "nobody") == []


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("t1:call2", ("t1", "call2")),
        ("t1:nothing", None),
        ("t1", ("t1", "tool1")),
        ("t2", ("t2", "abcd1")),
        ("t3", None),
        ("t4", ("t4", "call4b")),
        ("with:colon", ("with:colon", "call5")),
        ("tool1", ("t1", "tool1")),
        ("tool", ("t1", "tool1")),
        ("too", None),
        ("abcd", None),
        ("abcd1", ("t2", "abcd1")),
        ("abcd2", ("t2", "abcd2")),
        ("twice", ("t6", "twice")),
        ("nothing", None),
        ("", None),
        ("%", None),
        (":", None),
    ],
)
def test_references(writer: Writer, db: sqlite3.Connection, reference: str, expected: object) -> None:
    writer.submit(
        Batch(
            spans=[
                llm("call1", trace_id="t1"),
                llm("call2", trace_id="t1", start_ns=T0 + 5),
                span("tool1", trace_id="t1", kind="tool", status="error", start_ns=T0 + 7),
                llm("abcd2", trace_id="t2", start_ns=T0 + 1),
                llm("abcd1", trace_id="t2"),
                span("plain", trace_id="t3"),
                span("step", trace_id="t4", status="error"),
                llm("call4b", trace_id="t4", status="error", start_ns=T0 + 1),
                llm("call5", trace_id="with:colon"),
                llm("twice", trace_id="t5"),
                llm("twice", trace_id="t6"),
            ]
        )
    ).result(10)
    assert spans.find(db, reference) == expected


@dataclass
class _Row:
    name: str
    value: int


def test_rows_must_fit_their_class(db: sqlite3.Connection) -> None:
    mapper = Mapper(_Row, convert={"value": lambda n: -n})
    db.execute("SELECT 1")
    assert mapper.rows(db.execute("SELECT 'a' AS name, 1 AS value")) == [_Row("a", -1)]
    with pytest.raises(TypeError, match="needs"):
        mapper.rows(db.execute("SELECT 1 AS value, 'a' AS name"))
    with pytest.raises(TypeError, match="no field"):
        Mapper(_Row, compute={"other": "1"})
