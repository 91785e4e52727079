"""Which traces a filter finds."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.errors import FilterError
from llmwatch.store.database import connect_reader
from llmwatch.store.filters import KEYS, Filter, parse, quoted
from llmwatch.store.filterterms import Not
from llmwatch.store.reads import traces
from llmwatch.store.span import Call, Content, Context, Cost, Replay, Retrieval, Span, Tool, Usage
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import SECOND, T0, enrich, llm, said, span, spoken, who
from tests.store.indexing import index_everything, wait_until_indexed

_MODELS = ("gpt-4o", "claude")


def _chat(trace_id: str) -> list[Span]:
    """A root, a model call and a tool."""
    at = T0 + int(trace_id[1:]) * 60 * SECOND
    call = Call(
        request_model=_MODELS[0], response_model=f"{_MODELS[0]}-2026", finish_reasons=("stop",),
        time_to_first_chunk_ns=SECOND // 4, usage=Usage(input_tokens=900, output_tokens=100),
    )  # fmt: skip
    return [
        span("root", trace_id=trace_id, name="ask", kind="chain", start_ns=at, end_ns=at + 3 * SECOND,
             context=who(user_id="ann", session_id=f"s-{trace_id}", service="web", environment="prod")),
        llm("call", trace_id=trace_id, parent_id="root", start_ns=at, call=call,
            content=spoken("refund?", "no"),
            context=who(feature="faq", prompt_name="p", prompt_version="v1", app_version="1.0")),
        span("tool", trace_id=trace_id, parent_id="root", kind="tool", start_ns=at, tool=Tool(name="sql")),
    ]  # fmt: skip


def _changed(spans: list[Span], span_id: str, **fields: object) -> list[Span]:
    return [enrich(replace(s, **fields)) if s.span_id == span_id else s for s in spans]


@pytest.fixture(scope="module")
def stored(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """Traces t1, t2, …: the plain one, and each of the others different in one thing."""
    path = Path(shutil.copy(blank, tmp_path_factory.mktemp("filters") / "f.db"))
    failed = {
        "status": "error",
        "error_type": "RateLimitError",
        "error_message": "429: 100% of [quota] used_up",
    }
    claude = Call(request_model="claude", finish_reasons=("length",), usage=Usage(input_tokens=1))
    groups = [
        _chat("t1"),
        _changed(_chat("t2"), "call", **failed),
        _changed(_chat("t3"), "tool", **failed),
        _changed(_chat("t4"), "call", call=claude),
        _changed(_chat("t5"), "root", state="started", end_ns=None),
        _changed(_chat("t6"), "call", content=spoken("我要退款", "好的")),
        _changed(_chat("t7"), "tool", end_ns=T0 + 7 * 60 * SECOND + 60 * SECOND),
        [replace(s, cost=Cost(nanousd=None)) if s.cost else s for s in _chat("t8")],
        [span("odd", trace_id="t9", start_ns=T0 + 540 * SECOND, name='a "quoted" % [name]',
              context=who(user_id="o'neil; DROP TABLE spans"), content=Content(input_text="x"))],
    ]  # fmt: skip
    writer = Writer(path, enrich=enrich, queue_spans=99, synchronous="NORMAL")
    writer.start()
    for spans in groups:
        writer.submit(Batch(spans=spans)).result(10)
    replay = Replay(
        replay_id="r", trace_id="t1", span_id="call", time_ns=T0, provider="p", url="u", model="m",
        request="{}", response="", status="ok",
    )  # fmt: skip
    writer.submit(Batch(replays=[replay])).result(10)
    writer.close()
    index_everything(path)
    return connect_reader(path)


ALL = "t1 t2 t3 t4 t5 t6 t7 t8 t9"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALL),
        ("status:error", "t2 t3"),
        ("status:ok", "t1 t4 t6 t7 t8 t9"),
        ("status:running", "t5"),
        ("status:running|error", "t2 t3 t5"),
        ("!status:ok", "t2 t3 t5"),
        ("model:gpt-4o", "t1 t2 t3 t5 t6 t7 t8"),
        ("model:gpt-4o-2026", "t1 t2 t3 t5 t6 t7 t8"),
        ("model:claude", "t4"),
        ("model:gpt*|cl*", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ("model:GPT-4O", ""),
        ("model:gpt", ""),
        ("!model:gpt-4o", "t4 t9"),
        ("kind:tool", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ("kind:agent", ""),
        ("name:ask", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ("name:a*", ALL),
        ('name:"a ""quoted"" % [name]"', "t9"),
        ('name:"*[name]"', "t9"),
        ("name:a?k", ""),
        ("user:ann", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ('user:"o\'neil; DROP TABLE spans"', "t9"),
        ("session:s-t3", "t3"),
        ("feature:faq service:web env:prod", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ("user:ann kind:llm model:claude", "t4"),  # only the root names the user
        ("feature:faq kind:tool", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ("prompt:p version:v1 app:1.0", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ("error:ratelimit", "t2 t3"),
        ("error:429", "t2 t3"),
        ("error:100%", "t2 t3"),
        ("error:[quota]", "t2 t3"),
        ("error:used_up", "t2 t3"),
        ("error:usedXup", ""),
        ("error:429*used", "t2 t3"),
        ("finish:length", "t4"),
        ("tool:sql finish:stop", "t1 t2 t3 t5 t6 t7 t8"),
        ("trace:t4", "t4"),
        ("trace:t*", ALL),
        ("unpriced:yes", "t8"),
        ("unpriced:no", "t1 t2 t3 t4 t5 t6 t7 t9"),
        ("replayed:yes", "t1"),
        ("cost>0", "t1 t2 t3 t4 t5 t6 t7"),
        ("cost>=0.000001", "t1 t2 t3 t5 t6 t7"),
        ("cost<0.000001", "t4"),
        ("!cost>0", "t8 t9"),
        ("dur>3s", "t7"),
        ("dur<=1s", "t9"),
        ("ttft>200ms", "t1 t2 t3 t5 t6 t7 t8"),
        ("ttft>300ms", ""),
        ("tokens>999", "t1 t2 t3 t5 t6 t7 t8"),
        ("tokens<10", "t4"),
        ("in>899 out<101", "t1 t2 t3 t5 t6 t7 t8"),
        ("spans>2", "t1 t2 t3 t4 t5 t6 t7 t8"),
        ("after:2026-01-01T00:08:00Z", "t8 t9"),
        ("before:2026-01-01T00:02:00Z", "t1"),
        ("since:15m", ""),
        ("refund", "t1 t2 t3 t4 t5 t7 t8"),
        ("REFUND", "t1 t2 t3 t4 t5 t7 t8"),
        ("refu*", "t1 t2 t3 t4 t5 t7 t8"),
        ("refu", ""),
        ("退款", "t6"),
        ("款退", ""),
        ('"refund no"', ""),
        ('"no refund"', ""),
        ("refund !status:error", "t1 t4 t5 t7 t8"),
        ('"refund"" OR no"', ""),
        ("refund* OR", ""),
        ("refund AND no NEAR x", ""),
        ("status:error | model:claude", "t2 t3 t4"),
        ("status:error model:claude", ""),
        # `kind:` makes its neighbours speak of one span.
        ("kind:llm status:error", "t2"),
        ("kind:tool status:error", "t3"),
        ("kind:tool error:429", "t3"),
        ("kind:tool dur>30s", "t7"),
        ("kind:llm dur>30s", ""),
        ("kind:llm model:claude finish:length", "t4"),
        ("kind:llm model:claude finish:stop", ""),
        ("kind:tool model:claude", ""),
        ("kind:chain status:running", "t5"),
        ("kind:llm status:ok", "t1 t3 t4 t5 t6 t7 t8"),
        ("kind:llm unpriced:yes", "t8"),
        ("kind:llm cost>0.0000005", "t1 t2 t3 t5 t6 t7"),
        ("kind:llm tokens<10", "t4"),
        ("kind:llm !status:error", "t1 t4 t5 t6 t7 t8"),
        ("kind:tool|llm status:error", "t2 t3"),
        ("kind:llm status:error | kind:tool status:error", "t2 t3"),
    ],
)
def test_found(stored: sqlite3.Connection, text: str, expected: str) -> None:
    filter = parse(text)
    found = [row.trace_id for row in traces.page(stored, filter, before_id=None, limit=50)]
    assert found == expected.split()[::-1]
    ids = traces.matching_ids(stored, filter)
    assert [row.trace_id for row in traces.by_ids(stored, ids)] == found
    ranked = traces.ranked(stored, filter, by="duration_ns", ascending=True, limit=50)
    assert sorted(row.trace_id for row in ranked) == expected.split()


_values = st.text("a*?[]%_\\'\";-|1", min_size=1).map(quoted)
_numbers = st.sampled_from(["cost", "tokens", "in", "out", "spans"])
_terms = st.one_of(
    st.builds("{}:{}".format, st.sampled_from(sorted(KEYS)), _values),
    st.builds("!{}:{}".format, st.sampled_from(sorted(KEYS)), _values),
    st.builds("{}>{}".format, _numbers, st.integers(0, 99)),
    st.builds("{}<={}s".format, st.sampled_from(["dur", "ttft"]), st.integers(0, 99)),
    st.sampled_from(["kind:llm", "status:error", "!status:ok", "unpriced:no", "since:1h", "refund"]),
    st.text(min_size=1).map(quoted),
    st.just("|"),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_terms, max_size=6))
def test_what_can_be_read_can_be_asked(stored: sqlite3.Connection, terms: list[str]) -> None:
    try:
        filter = parse(" ".join(terms))
    except FilterError:
        return
    found = list(traces.matching_ids(stored, filter))
    assert found == sorted(found, reverse=True)
    without = list(traces.matching_ids(stored, Filter("", Not(filter.node))))
    assert sorted(found + without) == list(range(1, 10)), "a trace matches, or its opposite does"


def test_an_llm_span_that_repeats_a_call_is_no_subject(writer: Writer, db: sqlite3.Connection) -> None:
    agent = llm("agent", status="error")
    writer.submit(Batch(spans=[agent, llm("call", parent_id="agent")])).result(10)
    assert not traces.page(db, parse("kind:llm status:error"), before_id=None, limit=5)
    assert len(traces.page(db, parse("status:error"), before_id=None, limit=5)) == 1


def test_pages_follow_each_other(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [span(trace_id=f"t{n}", status="error" if n % 7 == 0 else "ok") for n in range(3000)]
    for start in range(0, 3000, 500):
        writer.submit(Batch(spans=spans[start : start + 500])).result(10)
    filter = parse("status:error")
    everything = traces.matching_ids(db, filter)
    assert list(everything) == [n + 1 for n in range(2999, -1, -1) if n % 7 == 0]
    pages: list[int] = []
    while page := traces.page(db, filter, before_id=pages[-1] if pages else None, limit=40):
        pages += [row.id for row in page]
    assert pages == list(everything)
    assert (
        list(traces.matching_ids(db, filter, before_id=500, limit=3))
        == [i for i in everything if i < 500][:3]
    )


def test_a_trace_without_its_root_goes_on_for_a_while(
    path: Path, writer: Writer, db: sqlite3.Connection
) -> None:
    writer.submit(Batch(spans=[span("child", parent_id="elsewhere")])).result(10)
    row = traces.trace(db, "t")
    assert row is not None
    assert (row.running, row.duration_ns, row.end_ns) == (True, None, None)
    hand = sqlite3.connect(path)
    hand.execute("UPDATE traces SET received_ns = received_ns - 3600 * 1000000000")
    hand.commit()
    hand.close()
    row = traces.trace(db, "t")
    assert row is not None
    assert (row.running, row.duration_ns, row.end_ns) == (False, SECOND, T0 + SECOND)
    assert len(traces.page(db, parse("status:ok"), before_id=None, limit=5)) == 1


def test_since_slides(writer: Writer, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    writer.submit(Batch(spans=[span()])).result(10)
    filter = parse("since:15m")
    found: Callable[[], int] = lambda: len(traces.page(db, filter, before_id=None, limit=5))  # noqa: E731
    monkeypatch.setattr("time.time_ns", lambda: T0 + 14 * 60 * SECOND)
    assert found() == 1
    monkeypatch.setattr("time.time_ns", lambda: T0 + 16 * 60 * SECOND)
    assert found() == 0


def test_texts_that_are_searched(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [
        span("a", trace_id="tool", tool=Tool(arguments='{"city": "Oslo"}', result="snow")),
        span("a", trace_id="retriever", retrieval=Retrieval(query="whales")),
        span("a", trace_id="chain", content=Content(input_text="question", output_text="reply")),
        span("a", trace_id="error", status="error", error_message="boom", content=Content(input_text="i")),
        span("a", trace_id="late", state="partial", content=Content(input_messages=(said("early bird"),))),
        span("a", trace_id="context", context=Context(feature="notsearched")),
    ]
    writer.submit(Batch(spans=spans)).result(10)
    wait_until_indexed(db)
    late = span("a", trace_id="late", content=Content(output_text="worm"))
    writer.submit(Batch(spans=[late])).result(10)
    wait_until_indexed(db)

    def found(text: str) -> list[str]:
        return [row.trace_id for row in traces.page(db, parse(text), before_id=None, limit=9)]

    assert found("oslo") == found("snow") == ["tool"]
    assert found("whales") == ["retriever"]
    assert found("question") == found("reply") == ["chain"]
    assert found("boom") == ["error"]
    assert found("bird") == found("worm") == ["late"]
    assert found("notsearched") == []
