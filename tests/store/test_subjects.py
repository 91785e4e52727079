"""Scores find their span, by whatever name, before and after it has come."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader, prepare
from llmwatch.store.reads import spans as reads
from llmwatch.store.span import Call, Score, Span
from llmwatch.store.writer import Writer
from tests.store.builders import SECOND, T0, enrich, llm, old_file, span, who
from tests.store.state import state_of
from tests.store.strategies import records

UUID = "0192f3c4-a5b6-7788-9900-11223344ffee"
HEX = UUID.replace("-", "")

CALL = llm(
    UUID,
    trace_id=HEX,
    context=who(request_id="req-1", session_id="s"),
    call=Call(request_model="m", response_id="chatcmpl-Ab"),
)
OTHER = llm("other", trace_id=HEX, call=Call(request_model="m", response_id="chatcmpl-Cd"))


def score(score_id: str = "1", **about: Any) -> Score:
    return Score(score_id=score_id, name="helpful", time_ns=T0, value=1.0, **about)


def shown(path: Path, record: Span) -> tuple[Score, ...]:
    db = connect_reader(path)
    try:
        found = reads.detail(db, record.trace_id, record.span_id)
    finally:
        db.close()
    assert found is not None
    return found.scores


@pytest.mark.parametrize("score_first", [True, False])
@pytest.mark.parametrize(
    "about",
    [
        {"trace_id": HEX, "span_id": UUID},
        {"trace_id": UUID, "span_id": HEX},
        {"trace_id": f"tr-{HEX}", "span_id": UUID.upper()},
        {"span_id": UUID},
        {"span_id": HEX},
        {"span_id": f"weave:///team/shop/call/{UUID}"},
        {"request_id": "chatcmpl-Ab"},
        {"request_id": "req-1"},
        {"request_id": UUID},
        {"trace_id": HEX, "request_id": "chatcmpl-Ab"},
        {"span_id": "message-7", "request_id": "chatcmpl-Ab"},
        {"session_id": "elsewhere", "request_id": "req-1"},
    ],
)
def test_a_score_is_shown_on_its_span(
    writer: Writer, path: Path, about: dict[str, str], *, score_first: bool
) -> None:
    batches = [Batch(scores=[score(**about)]), Batch(spans=[OTHER, CALL])]
    for batch in batches if score_first else reversed(batches):
        writer.submit(batch).result(10)
    (found,) = shown(path, CALL)
    assert (found.trace_id, found.span_id) == (HEX, UUID)
    assert shown(path, OTHER) == ()


@pytest.mark.parametrize("score_first", [True, False])
@pytest.mark.parametrize("about", [{"trace_id": f"tr-{HEX}"}, {"request_id": HEX}, {"trace_id": UUID}])
def test_a_score_of_a_trace_is_shown_on_all_of_it(
    writer: Writer, path: Path, about: dict[str, str], *, score_first: bool
) -> None:
    call = replace(CALL, span_id="call")
    batches = [Batch(scores=[score(**about)]), Batch(spans=[OTHER, call])]
    for batch in batches if score_first else reversed(batches):
        writer.submit(batch).result(10)
    for record in (call, OTHER):
        (found,) = shown(path, record)
        assert (found.trace_id, found.span_id) == (HEX, None)


def test_a_score_of_another_trace_is_not_shown(writer: Writer, path: Path) -> None:
    scores = [
        score("1", trace_id="elsewhere", span_id=UUID),
        score("2", trace_id="elsewhere", request_id="chatcmpl-Ab"),
        score("3", request_id="chatcmpl-ab"),
        score("4", session_id="elsewhere"),
        score("5", trace_id=HEX, span_id="to come"),
    ]
    writer.submit(Batch(spans=[CALL], scores=scores)).result(10)
    assert shown(path, CALL) == ()


def test_a_score_is_shown_with_its_session_until_its_call_comes(writer: Writer, path: Path) -> None:
    early = llm("early", trace_id="t", context=who(session_id="s"))
    about = score(session_id="s", request_id="chatcmpl-Ab")
    writer.submit(Batch(spans=[early], scores=[about])).result(10)
    assert shown(path, early) == (about,)
    writer.submit(Batch(spans=[CALL])).result(10)
    assert shown(path, early) == ()
    assert [each.span_id for each in shown(path, CALL)] == [UUID]


def test_of_several_spans_with_a_name_the_outermost_is_meant(writer: Writer, path: Path) -> None:
    inner = span("inner", start_ns=T0 + 5, parent_id="outer", context=who(request_id="r"))
    outer = span("outer", start_ns=T0, context=who(request_id="r"))
    for batch in (Batch(spans=[inner]), Batch(scores=[score(request_id="r")]), Batch(spans=[outer])):
        writer.submit(batch).result(10)
    assert [each.span_id for each in shown(path, outer)] == ["outer"]
    assert shown(path, inner) == ()


def test_a_name_that_a_span_loses_loses_its_score(writer: Writer, path: Path) -> None:
    was = span("a", state="started", end_ns=None, call=Call(response_id="old"))
    now = span("a", call=Call(response_id="new"))
    scores = [score("1", request_id="old"), score("2", request_id="new")]
    for batch in (Batch(spans=[was], scores=scores), Batch(spans=[now])):
        writer.submit(batch).result(10)
    assert [each.score_id for each in shown(path, now)] == ["2"]


def test_a_score_that_is_sent_again_about_another_call_moves(writer: Writer, path: Path) -> None:
    first = score(request_id="chatcmpl-Cd")
    writer.submit(Batch(spans=[CALL, OTHER], scores=[first])).result(10)
    assert len(shown(path, OTHER)) == 1
    moved = replace(first, request_id="chatcmpl-Ab", time_ns=T0 + 1)
    writer.submit(Batch(scores=[moved])).result(10)
    assert shown(path, OTHER) == ()
    assert len(shown(path, CALL)) == 1


def test_calls_are_found_among_many(writer: Writer, path: Path, db: sqlite3.Connection) -> None:
    many = [
        llm(f"s{n}", trace_id=f"t{n}", call=Call(response_id=f"r{n}"), context=who(request_id=f"q{n}"))
        for n in range(9000)
    ]
    for start in range(0, 9000, 900):
        writer.submit(Batch(spans=many[start : start + 900])).result(30)
    scores = [score(f"{name}{n}", request_id=f"{name}{n}") for n in (0, 4095, 4096, 8999) for name in "srqt"]
    writer.submit(Batch(scores=scores)).result(10)
    rows = db.execute(
        "SELECT request_id, traces.trace_id, span FROM scores JOIN traces ON traces.id = trace"
    ).fetchall()
    assert len(rows) == 16
    for name, trace_id, number in rows:
        assert trace_id == f"t{name[1:]}"
        assert (number is None) == (name[0] == "t")


@st.composite
def named_spans(draw: st.DrawFn) -> Span:
    """Any record of a span with a request id."""
    record = draw(records("abcd", ("t", "u")))
    name = draw(st.sampled_from([None, "x", "q"]))
    return replace(record, context=replace(record.context, request_id=name))


any_score = st.builds(
    Score,
    score_id=st.sampled_from("1234"),
    name=st.just("n"),
    time_ns=st.integers(T0, T0 + 2),
    trace_id=st.sampled_from([None, None, "t", "u", "v"]),
    span_id=st.sampled_from([None, None, "a", "b", "e"]),
    request_id=st.sampled_from([None, "x", "y", "q", "a", "u"]),
    value=st.sampled_from([None, 0.0, 1.0]),
)
deliveries = st.lists(named_spans() | any_score, min_size=1, max_size=10)


def delivered(blank: Path, batches: Sequence[Sequence[Span | Score]]) -> dict[str, Any]:
    """What a writer makes of ``batches``: all rows, with what each score is joined to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(blank, folder))
        writer = Writer(path, enrich=enrich, queue_spans=100, synchronous="NORMAL")
        writer.start()
        for items in batches:
            spans = [item for item in items if isinstance(item, Span)]
            scores = [item for item in items if isinstance(item, Score)]
            writer.submit(Batch(spans=spans, scores=scores)).result(10)
        writer.close()
        db = connect_reader(path)
        columns = ", ".join(f"scores.{name}" for name in Score.__struct_fields__)
        state = {
            **state_of(db),
            "scores": db.execute(
                f"SELECT {columns}, traces.trace_id, spans.span_id FROM scores"
                " LEFT JOIN traces ON traces.id = scores.trace LEFT JOIN spans ON spans.id = scores.span"
                " ORDER BY score_id"
            ).fetchall(),
            "sums": db.execute("SELECT * FROM score_rollups ORDER BY width_s, start_s").fetchall(),
            "awaited": db.execute(
                "SELECT awaited.name, score_id FROM awaited JOIN scores ON scores.id = score ORDER BY 1, 2"
            ).fetchall(),
        }
        db.close()
    return state


@settings(max_examples=60, deadline=None)
@given(items=deliveries, random=st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(blank: Path, items: list[Span | Score], random: Any) -> None:
    once = delivered(blank, [items])
    again = items + random.choices(items, k=2)
    random.shuffle(again)
    cuts = sorted(random.choices(range(len(again) + 1), k=4))
    batches = [again[a:b] for a, b in zip([0, *cuts], [*cuts, len(again)], strict=True)]
    assert delivered(blank, batches) == once


def test_scores_of_an_older_file_are_joined(tmp_path: Path, make_writer: Callable[[Path], Writer]) -> None:
    path = tmp_path / "old.db"
    old = old_file(path, before="0003_subjects")
    old.execute(
        "INSERT INTO traces (id, trace_id, facets, name, start_ns, status, running, span_count, llm_calls,"
        " error_count, unpriced_calls, received_ns) VALUES (1, 't', ',', '', 1, 'ok', 0, 1, 0, 0, 0, 1)"
    )
    old.execute(
        "INSERT INTO spans (id, trace, trace_id, span_id, name, kind, state, dialect, start_ns, status,"
        " content, content_captured, received_ns) VALUES (1, 1, 't', 'a', '', 'span', 'ended', '', 1, 'ok',"
        " 1, 0, 1)"
    )
    old.executemany(
        "INSERT INTO scores (score_id, name, time_ns, span_id, source) VALUES (?, 'n', 1, ?, 'app')",
        [("1", "a"), ("2", "b")],
    )
    old.close()
    prepare(path)
    writer = make_writer(path)
    writer.submit(Batch(spans=[span("b", trace_id="u", end_ns=T0 + SECOND)])).result(10)
    db = connect_reader(path)
    found = db.execute("SELECT score_id, trace, span FROM scores ORDER BY 1").fetchall()
    db.close()
    assert found == [("1", 1, 1), ("2", 2, 2)]


TURNS = [
    llm(f"turn{turn}", trace_id=f"t{turn}", start_ns=T0 + turn * 60 * SECOND, context=who(session_id="s"))
    for turn in range(3)
]
TOOL = span("tool", trace_id="t1", start_ns=T0 + 70 * SECOND)
THUMB = Score(
    score_id="1", name="thumbs", time_ns=T0 + 100 * SECOND, value=0.0, session_id="s", source="user"
)


@pytest.mark.parametrize("score_first", [True, False])
def test_feedback_of_a_session_is_about_what_it_said_last(
    writer: Writer, path: Path, *, score_first: bool
) -> None:
    """At 100 s turn 1, of 60 s, had begun and turn 2, of 120 s, had not; a tool is nothing that was said."""
    batches = [Batch(scores=[THUMB]), Batch(spans=[TOOL]), *(Batch(spans=[turn]) for turn in TURNS)]
    for batch in batches if score_first else reversed(batches):
        writer.submit(batch).result(10)
    assert [len(shown(path, turn)) for turn in TURNS] == [0, 1, 0]
    (found,) = shown(path, TURNS[1])
    assert (found.trace_id, found.span_id) == ("t1", "turn1")


def test_feedback_before_anything_was_said_is_about_the_first(writer: Writer, path: Path) -> None:
    writer.submit(Batch(spans=TURNS, scores=[replace(THUMB, time_ns=T0 - SECOND)])).result(10)
    assert [len(shown(path, turn)) for turn in TURNS] == [1, 0, 0]


def test_a_session_without_model_calls_has_a_last_span(writer: Writer, path: Path) -> None:
    spans = [
        span(name, trace_id="t", start_ns=T0 + n, context=who(session_id="s")) for n, name in enumerate("ab")
    ]
    writer.submit(Batch(spans=spans, scores=[THUMB])).result(10)
    assert [len(shown(path, each)) for each in spans] == [0, 1]


def test_what_an_application_says_of_a_session_stays_of_the_session(writer: Writer, path: Path) -> None:
    writer.submit(Batch(spans=TURNS, scores=[replace(THUMB, source="app")])).result(10)
    assert [len(shown(path, turn)) for turn in TURNS] == [1, 1, 1]


def test_feedback_that_moves_to_another_session(writer: Writer, path: Path) -> None:
    writer.submit(Batch(scores=[THUMB])).result(10)
    writer.submit(Batch(scores=[replace(THUMB, session_id="else", time_ns=THUMB.time_ns + 1)])).result(10)
    writer.submit(Batch(spans=TURNS)).result(10)
    assert [len(shown(path, turn)) for turn in TURNS] == [0, 0, 0]
