"""Items that a client posts in lists, sent in another order, in other batches and more than once."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.clients.playing import play
from tests.dialects.captures import Sent, sent
from tests.dialects.stored import snapshot

FEW = settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a smaller failing order would say no more
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


T = TypeVar("T")


@dataclass(frozen=True)
class Item:
    """One object of the list ``key`` in the body of ``request``."""

    request: Sent
    key: str
    value: Any


def posted(name: str, keys: dict[str, str]) -> list[Item]:
    """Every item of a capture; ``keys`` says for each end of a path under which name its list is."""
    return [
        Item(request, key, value)
        for request in sent(name)
        for path, key in keys.items()
        if request.path.endswith(path)
        for value in json.loads(request.body)[key]
    ]


@st.composite
def arrivals(draw: st.DrawFn, items: Sequence[T]) -> list[list[T]]:
    """``items`` shuffled, some repeated, in up to four batches."""
    repeated = draw(st.lists(st.sampled_from(range(len(items))), max_size=6))
    order = draw(st.permutations([*range(len(items)), *repeated]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=3)))
    edges = pairwise([0, *cuts, len(order)])
    return [[items[index] for index in order[low:high]] for low, high in edges]


def stored(batches: Iterable[Sequence[Item]]) -> dict[str, Any]:
    """What is in a new database after the batches were posted, each path's neighbours in one request."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "llmwatch.db"
        played = asyncio.run(play("", database, [again for batch in batches for again in _requests(batch)]))
        assert all(response.status_code < 300 for _, response in played.exchanges)
        return snapshot(database)


def _requests(batch: Sequence[Item]) -> Iterable[Sent]:
    for (_, key), group in groupby(batch, lambda item: (item.request.path, item.key)):
        items = list(group)
        body = json.dumps({key: [item.value for item in items]}).encode()
        yield replace(items[0].request, body=body)
