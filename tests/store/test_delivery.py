"""However records are delivered, the file says the same in the end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmwatch.store.database import connect_reader
from llmwatch.store.reads.status import overall
from llmwatch.store.span import Span
from llmwatch.store.writer import Batch, Writer, WriteResult
from llmwatch.store.writes import athand, families
from llmwatch.store.writes.family import Family, Kept
from tests.store.builders import brief, enrich, llm, span
from tests.store.state import recomputed, state_of
from tests.store.strategies import records

deliveries = st.lists(records("abcd", ("t", "u")), min_size=1, max_size=9)


def delivered(blank: Path, batches: Sequence[Sequence[Span]]) -> tuple[dict[str, Any], list[WriteResult]]:
    """What a writer makes of ``batches``, each waited for, and what it answers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(blank, folder))
        writer = Writer(path, enrich=enrich, queue_spans=100, synchronous="NORMAL")
        writer.start()
        results = [writer.submit(Batch(spans=batch)).result(10) for batch in batches]
        writer.close()
        db = connect_reader(path)
        state = state_of(db)
        db.close()
    return state, results


@pytest.fixture(scope="module", params=[1, 1000], ids=["kept at hand", "read back"])
def at_hand(request: pytest.FixtureRequest) -> Iterator[None]:
    """Traces are kept at hand from so many spans on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(families, "_LARGE", request.param)
        patch.setattr(families, "_FEW", 0)
        yield


@pytest.mark.usefixtures("at_hand")
@settings(max_examples=30, deadline=None)
@given(records=deliveries, random=st.randoms(use_true_random=False))
def test_order_grouping_and_repetition_do_not_matter(blank: Path, records: list[Span], random: Any) -> None:
    once, first = delivered(blank, [records])
    again = records + random.choices(records, k=3)
    random.shuffle(again)
    cuts = sorted(random.choices(range(len(again) + 1), k=4))
    batches = [again[a:b] for a, b in zip([0, *cuts], [*cuts, len(again)], strict=True)]
    twice, results = delivered(blank, batches)
    assert twice == once
    assert sum(r.inserted for r in results) == sum(r.inserted for r in first)
    assert sum(r.merged for r in results) == sum(r.merged for r in first)
    assert sum(r.duplicates for r in results) == sum(r.duplicates for r in first) + 3
    check_sums(twice)
    check_traces(twice)


def check_sums(state: dict[str, Any]) -> None:
    """What is kept on write is what adding up the spans gives."""
    for table, rows in recomputed(state["spans"]).items():
        assert state[table] == rows, table


def check_traces(state: dict[str, Any]) -> None:
    """A trace says what its spans say, and is found by it."""
    for trace in state["traces"]:
        spans = [span for span in state["spans"] if span["trace_id"] == trace["trace_id"]]
        counted = [span for span in spans if span["usage_role"] == "counted"]
        assert trace["span_count"] == len(spans)
        assert trace["error_count"] == sum(span["status"] == "error" for span in spans)
        assert (trace["input_tokens"] or 0) == sum(span["input_tokens"] or 0 for span in counted)
        assert (trace["cost_nanousd"] or 0) == sum(span["cost_nanousd"] or 0 for span in counted)
        found = {(key, value) for trace_id, key, value in state["facets"] if trace_id == trace["trace_id"]}
        assert {value for key, value in found if key == "kind"} == {span["kind"] for span in spans}
        users = {span["user_id"] for span in spans} - {None}
        assert {value for key, value in found if key == "user"} == users


def test_only_so_much_is_kept_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(athand, "_SPANS", 3)
    at_hand = athand.AtHand()
    for name in "abc":
        family = Family(1, name, new=True)
        family.kept = dict.fromkeys(("x", "y"), Kept(1, None, brief(span())))
        at_hand.put(family)
    assert at_hand.take("a") is at_hand.take("b") is None
    assert at_hand.take("c") is family
    assert at_hand.take("c") is None
    at_hand.put(family)
    at_hand.clear()
    assert at_hand.take("c") is None


def test_overall_adds_up(path: Path, writer: Writer) -> None:
    calls = [
        llm("agent", tokens=30),
        llm("a", tokens=10, parent_id="agent"),
        llm("b", tokens=20, parent_id="agent"),
    ]
    writer.submit(Batch(spans=[*calls, span("tool", parent_id="agent", status="error")])).result(10)
    db = connect_reader(path)
    result = overall(db, None)
    assert (result.spans, result.llm_calls, result.errors) == (4, 2, 0)
    assert (result.input_tokens, result.output_tokens, result.cost_nanousd) == (30, 30, 60)
    since = overall(db, calls[0].start_ns)
    assert since == result, "the same through the rollups, copies included"
    assert overall(db, calls[0].start_ns + 60 * 10**9).spans == 0
    db.close()
