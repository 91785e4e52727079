"""What sort of user it was: under the names that apps use."""

from __future__ import annotations

import pytest

from llmwatch.collector.dialects import normalise_span
from tests.dialects.raw import raw_span


@pytest.mark.parametrize(
    "name",
    [
        "user.segment", "user.tier", "user.plan", "llmwatch.user.segment", "user_segment", "segment", "tier",
        "langfuse.trace.metadata.tier", "langfuse.observation.metadata.user_segment", "metadata.plan",
        "langsmith.metadata.user_tier",
    ],
)  # fmt: skip
def test_names(name: str) -> None:
    span = normalise_span(raw_span({"gen_ai.request.model": "m", name: "pro"}))
    assert span.context.segment == "pro"


def test_a_segment_of_its_own_beats_metadata() -> None:
    span = normalise_span(raw_span({"user.segment": "pro", "metadata.plan": "free"}))
    assert span.context.segment == "pro"


def test_nobody_says() -> None:
    assert normalise_span(raw_span({"gen_ai.request.model": "m"})).context.segment is None
    assert normalise_span(raw_span({"user.segment": ""})).context.segment is None
