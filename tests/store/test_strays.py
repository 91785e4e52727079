"""Records that name a response and no span belong to the spans of that response, whichever comes first."""

from __future__ import annotations

from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any

from llmwatch.store.batch import Batch, WriteResult
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.spans import detail
from llmwatch.store.span import Call, Content, Span, Usage
from llmwatch.store.writer import Writer
from tests.store.builders import T0, enrich, llm, said
from tests.store.state import state_of


def stray(response: str = "r", trace_id: str = "", answer: str = "Paris") -> Span:
    return Span(
        trace_id=trace_id,
        span_id="",
        kind="llm",
        state="partial",
        start_ns=T0 + 5,
        call=Call(response_id=response, usage=Usage(input_tokens=13, output_tokens=7)),
        content=Content(output_messages=(said(answer, "assistant"),)),
    )


def call(span_id: str, response: str | None = "r", **fields: Any) -> Span:
    return llm(span_id, call=Call(request_model="m", response_id=response), **fields)


def write(database: Path, *batches: list[Span]) -> list[WriteResult]:
    writer = Writer(database, enrich=enrich, queue_spans=1000, synchronous="NORMAL")
    writer.start()
    try:
        return [writer.submit(Batch(spans=batch)).result(timeout=30) for batch in batches]
    finally:
        writer.close()


def answer_of(database: Path, span_id: str, trace_id: str = "t") -> str | None:
    with closing(connect_reader(database)) as db:
        found = detail(db, trace_id, span_id)
    assert found is not None
    messages = found.span.content.output_messages
    return messages[0].parts[0].text if messages else None


def state(database: Path) -> dict[str, Any]:
    with closing(connect_reader(database)) as db:
        return state_of(db)


def test_whichever_comes_first(tmp_path: Path) -> None:
    records = [call("a"), call("b", "other"), stray()]
    states = []
    for number, order in enumerate(permutations(records)):
        database = tmp_path / f"{number}.db"
        write(database, *([record] for record in order))
        assert (answer_of(database, "a"), answer_of(database, "b")) == ("Paris", None)
        states.append(state(database))
    write(tmp_path / "at-once.db", records)
    states.append(state(tmp_path / "at-once.db"))
    assert all(found == states[0] for found in states)
    (row,) = [row for row in states[0]["spans"] if row["span_id"] == "a"]
    assert (row["input_tokens"], row["output_tokens"], row["state"]) == (13, 7, "ended")


def test_sent_again_it_changes_nothing(tmp_path: Path) -> None:
    first, again, more = write(tmp_path / "a.db", [call("a"), stray()], [stray()], [stray(), call("a")])
    assert (first.inserted, again.duplicates, more.duplicates) == (2, 1, 2)
    assert write(tmp_path / "b.db", [call("a"), stray()])
    assert state(tmp_path / "a.db") == state(tmp_path / "b.db")


def test_it_belongs_to_every_span_of_its_response(tmp_path: Path) -> None:
    write(tmp_path / "a.db", [call("a")], [stray()], [call("b", trace_id="u")])
    assert answer_of(tmp_path / "a.db", "a") == answer_of(tmp_path / "a.db", "b", "u") == "Paris"


def test_a_trace_that_it_names_is_meant(tmp_path: Path) -> None:
    write(tmp_path / "a.db", [call("a"), call("b", trace_id="u")], [stray(trace_id="u")])
    assert (answer_of(tmp_path / "a.db", "a"), answer_of(tmp_path / "a.db", "b", "u")) == (None, "Paris")


def test_a_span_whose_response_is_told_later(tmp_path: Path) -> None:
    write(tmp_path / "a.db", [stray()], [call("a", None, state="started")], [call("a")])
    assert answer_of(tmp_path / "a.db", "a") == "Paris"


def test_alone_it_is_no_span(tmp_path: Path) -> None:
    (result,) = write(tmp_path / "a.db", [stray()])
    assert (result.inserted, result.rejected) == (1, 0)
    assert state(tmp_path / "a.db")["spans"] == []
