"""Records in any order, in any batches, any number of times, give the same rows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from llmwatch.collector.records import RawLog, RawSpan
from tests.dialects.captures import NAMES, records
from tests.dialects.stored import batch_of, snapshot, writing

Raw = RawSpan | RawLog


def stored(batches: Sequence[Sequence[Raw]]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "llmwatch.db"
        with writing(database) as writer:
            for done in [writer.submit(batch_of(batch)) for batch in batches]:
                assert done.result(timeout=30).rejected == 0
        return snapshot(database)


@cache
def in_order(name: str) -> dict[str, Any]:
    return stored([records(name)])


@st.composite
def arrivals(draw: st.DrawFn, name: str) -> list[list[Raw]]:
    """The records of a capture, shuffled, some repeated, in up to four batches."""
    sent = records(name)
    repeated = draw(st.lists(st.sampled_from(range(len(sent))), max_size=6))
    order = draw(st.permutations([*range(len(sent)), *repeated]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=3)))
    edges = pairwise([0, *cuts, len(order)])
    return [[sent[index] for index in order[low:high]] for low, high in edges]


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a smaller failing order would say no more
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing(name: str, data: st.DataObject) -> None:
    assert stored(data.draw(arrivals(name))) == in_order(name)
