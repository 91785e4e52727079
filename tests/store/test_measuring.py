"""Measuring: the same from sums as from spans, whatever came in which order, and windows that add up."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.store.database import connect_reader
from llmwatch.store.reads.measuring import measure, measure_by, measure_hours
from llmwatch.store.reads.sliced import Where
from llmwatch.store.rows import Dimension, Measured, Totals
from llmwatch.store.span import Context, Score, Span
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import SECOND, T0, enrich, llm, span
from tests.store.strategies import records

S0 = T0 // SECOND
HOUR = 3600
DAY = 24 * HOUR


def plain(totals: Totals) -> Counter[str]:
    """All numbers of totals by name, without those that are zero."""
    found: Counter[str] = Counter()
    for name, value in asdict(totals).items():
        if isinstance(value, int):
            found[name] = value
        else:
            counts = value.get("buckets", value)
            found.update({f"{name}:{key}": count for key, count in counts.items()})
    return +found


def parts(measured: Measured) -> dict[str, Counter[str]]:
    """The totals of what was measured, in plain numbers."""
    names = ("spans", "calls", "tools", "retrievals", "embeddings")
    return {name: plain(getattr(measured, name)) for name in names}


def total(found: Sequence[Measured]) -> dict[str, Counter[str]]:
    """What was measured together."""
    whole: dict[str, Counter[str]] = {name: Counter() for name in parts(found[0])} if found else {}
    for measured in found:
        for name, counts in parts(measured).items():
            whole[name] += counts
    return whole


def written(blank: Path, batches: Sequence[Batch]) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(blank, Path(folder) / "m.db"))
        writer = Writer(path, enrich=enrich, queue_spans=1000, synchronous="NORMAL")
        writer.start()
        for batch in batches:
            writer.submit(batch).result(10)
        writer.close()
        copy = sqlite3.connect(":memory:")
        with connect_reader(path) as reader:
            reader.backup(copy)
        reader.close()
    return copy


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records(("a", "b", "c"), ("t", "u")), min_size=1, max_size=8), st.randoms())
def test_sums_and_spans_say_the_same(blank: Path, found: list[Span], dice: random.Random) -> None:
    """Slices by user are read from the spans; those of all users together are what the rollups say."""
    dice.shuffle(found)
    db = written(blank, [Batch(spans=[each]) for each in found])
    window = (S0 - DAY, S0 + DAY)
    slices: list[Where] = [{}]
    for dimension in get_args(Dimension):
        slices += [{dimension: value or ""} for value, _ in measure_by(db, *window, dimension, {})]
    for where in slices:
        by_user = [measured for _, measured in measure_by(db, *window, "user", {**where, "session": ""})]
        by_user += [
            measure(db, *window, {**where, "session": value or ""})
            for value, _ in measure_by(db, *window, "session", {})
        ]
        assert total(by_user) == parts(measure(db, *window, where)) if by_user else True
    for by in ("user", "session"):
        for value, measured in measure_by(db, *window, by, {}):
            alone = measure(db, *window, {by: value or ""})
            assert measured.spans.cost_nanousd == alone.spans.cost_nanousd
            assert (measured.calls.spans, measured.calls.errors) == (alone.calls.spans, alone.calls.errors)
    db.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(records(("a", "b", "c"), ("t", "u", "v")), min_size=1, max_size=8),
    st.lists(st.integers(-120, 240), max_size=3).map(sorted),
)
def test_windows_add_up(blank: Path, found: list[Span], cuts: list[int]) -> None:
    db = written(blank, [Batch(spans=found)])
    edges = [-2 * HOUR, *(cut * 60 for cut in cuts), 4 * HOUR]
    pieces = [measure(db, S0 + low, S0 + high, {}) for low, high in pairwise(edges)]
    assert total(pieces) == parts(measure(db, S0 + edges[0], S0 + edges[-1], {}))
    hours = measure_hours(db, S0 + edges[0], S0 + edges[-1], {})
    assert total(hours) == (total(pieces) if hours else {})
    assert all(hour.end_s - hour.start_s == HOUR for hour in hours)
    db.close()


def test_who_asked_is_known_from_the_trace_in_any_order(blank: Path) -> None:
    """The root says it, and comes last, first or in between."""
    root = span("root", kind="chain", context=Context(user_id="ann", segment="pro", feature="chat"))
    calls = [llm("b", parent_id="root", tokens=10), llm("c", parent_id="root", tokens=20)]
    for order in ([root, *calls], [*calls, root], [calls[0], root, calls[1]]):
        db = written(blank, [Batch(spans=[each]) for each in order])
        for where in ({"user": "ann"}, {"segment": "pro"}, {"feature": "chat"}):
            measured = measure(db, S0, S0 + 60, where)  # type: ignore[arg-type]
            assert (measured.spans.spans, measured.calls.input_tokens) == (3, 30), where
        assert measure(db, S0, S0 + 60, {"segment": ""}).spans.spans == 0
        (value, ann), *_ = measure_by(db, S0, S0 + 60, "user", {})
        assert (value, ann.calls.spans, ann.spans.cost_nanousd) == ("ann", 2, 60)
        db.close()


def _score(score_id: str, **fields: Any) -> Score:
    known: dict[str, Any] = {"name": "user_feedback", "time_ns": T0, "value": 1.0, "source": "user"}
    return Score(score_id=score_id, **(known | fields))


@pytest.mark.parametrize("first", ["scores", "spans"])
def test_scores_are_of_the_slice_of_their_subject(blank: Path, first: str) -> None:
    spans = Batch(
        spans=[
            span("root", kind="chain", context=Context(user_id="ann", session_id="s")),
            llm("call", parent_id="root", context=Context(prompt_version="v2")),
            llm("other", trace_id="u", context=Context(prompt_version="v1", user_id="bob")),
        ]
    )
    scores = Batch(
        scores=[
            _score("of the call", trace_id="t", span_id="call"),
            _score("of its trace", trace_id="t", value=0.0),
            _score("of its session", session_id="s", value=0.0),
            _score("of the other", trace_id="u", span_id="other", value=0.75),
            _score("of nothing known", trace_id="x", user_id="cy", value=None),
        ]
    )
    db = written(blank, [spans, scores] if first == "spans" else [scores, spans])
    for where, given_, negative in [
        ({}, 5, 2),
        ({"prompt_version": "v2"}, 3, 2),
        ({"prompt_version": "v1"}, 1, 0),
        ({"prompt_version": ""}, 1, 0),
        ({"user": "ann"}, 3, 2),
        ({"session": "s"}, 3, 2),
        ({"user": "cy"}, 1, 0),
        ({"model": "m", "kind": "llm"}, 4, 2),
    ]:
        found = measure(db, S0, S0 + 60, where)  # type: ignore[arg-type]
        assert (found.feedback.scores, found.feedback.negative) == (given_, negative), where
    assert measure(db, S0 + 60, S0 + 120, {}).scores == {}
    by = {value: each.feedback.scores for value, each in measure_by(db, S0, S0 + 60, "prompt_version", {})}
    assert by == {"v2": 3, "v1": 1, None: 1}
    db.close()


def test_what_a_span_no_longer_says_no_longer_counts(blank: Path) -> None:
    begun = llm("a", state="started", tokens=None, context=Context(user_id="ann", segment="free"))
    ended = replace(llm("a", tokens=5), context=Context(user_id="bob", segment="pro"))
    db = written(blank, [Batch(spans=[begun]), Batch(spans=[ended])])
    assert [value for value, _ in measure_by(db, S0, S0 + 60, "user", {})] == ["bob"]
    assert [value for value, _ in measure_by(db, S0, S0 + 60, "segment", {})] == ["pro"]
    db.close()


def test_a_dimension_that_does_not_exist(db: sqlite3.Connection) -> None:
    for where in ({"1 = 1 --": "x"}, {"user": "x", "1 = 1 --": "x"}):
        with pytest.raises(ValueError, match="no dimension"):
            measure(db, 0, 60, where)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no dimension"):
        measure_by(db, 0, 60, "1 = 1 --", {})  # type: ignore[arg-type]
