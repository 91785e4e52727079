"""What the demo's services send: repeatable, in order, and worth looking at."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from llmwatch.demo.timeline import daily_budget_usd, hourly_budget_usd, outgoing
from llmwatch.demo.trace import DemoSpan, Outgoing, Post, due_ns
from llmwatch.providers.prices import price
from llmwatch.store.span import Call, Usage

NOON_S = int(datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp())
MINUTE_NS = 60 * 10**9


@cache
def history(opened_ns: int, seed: int = 1) -> list[Outgoing]:
    return list(itertools.takewhile(lambda item: due_ns(item) <= opened_ns, outgoing(seed, opened_ns)))


def spans(opened_ns: int = NOON_S * 10**9) -> list[DemoSpan]:
    return [item for item in history(opened_ns) if isinstance(item, DemoSpan)]


def calls(opened_ns: int = NOON_S * 10**9) -> list[DemoSpan]:
    return [span for span in spans(opened_ns) if span.attributes.get("gen_ai.operation.name") == "chat"]


def test_the_same_seed_sends_the_same() -> None:
    def first(seed: int) -> list[Outgoing]:
        return list(itertools.islice(outgoing(seed, NOON_S * 10**9), 500))

    assert first(7) == first(7)
    assert first(7) != first(8)


def test_everything_comes_when_it_is_due() -> None:
    due = [due_ns(item) for item in history(NOON_S * 10**9)]
    assert due == sorted(due)


def test_it_goes_on_after_it_was_opened() -> None:
    opened_ns = NOON_S * 10**9
    live = itertools.islice(outgoing(1, opened_ns), len(history(opened_ns)), len(history(opened_ns)) + 300)
    took_s = (due_ns(list(live)[-1]) - opened_ns) / 1e9
    assert 30 < took_s < 300  # a few a second


def test_children_lie_within_their_parents_and_come_before_them() -> None:
    position = {span.span_id: number for number, span in enumerate(spans())}
    by_id = {span.span_id: span for span in spans()}
    for span in spans():
        if span.parent_id in by_id:  # a trace under way at the end lacks its root
            parent = by_id[span.parent_id]
            assert parent.start_ns <= span.start_ns <= span.end_ns <= parent.end_ns
            assert position[span.span_id] < position[parent.span_id]


def test_there_is_something_of_everything() -> None:
    errors = Counter(str(span.attributes["error.type"]) for span in spans() if span.error)
    assert {
        "openai.RateLimitError", "openai.APITimeoutError", "anthropic.BadRequestError",
        "HTTPStatusError", "json.JSONDecodeError",
    } <= set(errors)  # fmt: skip
    assert {post.path for post in history(NOON_S * 10**9) if isinstance(post, Post)} == {
        "/api/spans", "/api/scores", "/api/feedback",
    }  # fmt: skip
    finishes = {json.dumps(span.attributes.get("gen_ai.response.finish_reasons")) for span in calls()}
    assert {'["stop"]', '["length"]', '["tool_call"]'} <= finishes
    sessions = Counter(str(span.attributes["session.id"]) for span in spans() if span.name == "rag-chat")
    assert max(sessions.values()) >= 4


def test_tools_of_an_agent_run_side_by_side() -> None:
    runs: dict[str, list[DemoSpan]] = {}
    for span in spans():
        if span.name.startswith("execute_tool"):
            runs.setdefault(span.trace_id, []).append(span)
    first = next(tools for tools in runs.values() if len(tools) == 3)
    assert max(tool.start_ns for tool in first) < min(tool.end_ns for tool in first)


def test_the_release_lowers_quality_and_is_slower() -> None:
    released_ns = NOON_S * 10**9 - 100 * MINUTE_NS
    version = {
        span.attributes["gen_ai.prompt.version"]: span for span in calls() if span.name == "chat gpt-4o-mini"
    }
    assert {"2.3", "2.4"} <= set(version)

    def quality(posts: list[Post]) -> float:
        values = [float(post.body["value"]) for post in posts if post.body.get("name") == "quality_score"]
        return sum(values) / len(values)

    posts = [item for item in history(NOON_S * 10**9) if isinstance(item, Post)]
    before = quality([post for post in posts if post.at_ns < released_ns])
    after = quality([post for post in posts if post.at_ns > released_ns + MINUTE_NS])
    assert before - after > 0.1

    def median_ns(version: str) -> int:
        took = sorted(
            s.end_ns - s.start_ns for s in calls() if s.attributes.get("gen_ai.prompt.version") == version
        )
        return took[len(took) // 2]

    assert median_ns("2.4") > 2 * median_ns("2.3")


def _nanousd(item: Outgoing) -> int:
    """What the price book says an item costs."""
    said: Mapping[str, Any] = item.attributes if isinstance(item, DemoSpan) else item.body
    inputs = said.get(
        "gen_ai.usage.input_tokens", said.get("llm.token_count.prompt", said.get("input_tokens"))
    )
    if inputs is None:
        return 0
    outputs = said.get(
        "gen_ai.usage.output_tokens", said.get("llm.token_count.completion", said.get("output_tokens"))
    )
    model = said.get("gen_ai.request.model", said.get("llm.model_name", said.get("model")))
    provider = said.get("gen_ai.provider.name", said.get("llm.provider", said.get("provider")))
    usage = Usage(input_tokens=int(inputs), output_tokens=int(outputs or 0))
    cost = price(Call(provider=str(provider), request_model=str(model), usage=usage), due_ns(item))
    return cost.nanousd or 0 if cost else 0


@pytest.mark.parametrize("hour", [0.1, 1, 6, 13, 23.9])
def test_the_budget_is_nearly_spent_at_any_hour(hour: float) -> None:
    midnight_ns = NOON_S * 10**9 - 12 * 60 * MINUTE_NS
    opened_ns = midnight_ns + int(hour * 60) * MINUTE_NS
    today = [item for item in history(opened_ns) if due_ns(item) >= midnight_ns]
    share = sum(map(_nanousd, today)) / 1e9 / daily_budget_usd(opened_ns)
    assert 0.7 < share < 0.97


@pytest.mark.parametrize("minute", [12, 25, 47])
def test_the_hours_budget_is_crossed_while_one_watches(minute: int) -> None:
    opened_ns = NOON_S * 10**9 + minute * MINUTE_NS
    later = itertools.takewhile(
        lambda item: due_ns(item) <= opened_ns + 25 * MINUTE_NS, outgoing(1, opened_ns)
    )
    spent, course = 0.0, []
    for item in later:
        if due_ns(item) >= NOON_S * 10**9:
            spent += _nanousd(item) / 1e9
            course.append((due_ns(item), spent / hourly_budget_usd(opened_ns)))

    def share(at_ns: int) -> float:
        return max(share for due, share in course if due <= at_ns)

    assert 0.6 < share(opened_ns) < 0.8
    assert share(opened_ns + 12 * MINUTE_NS) > 0.8
    assert share(opened_ns + 25 * MINUTE_NS) > 1


def test_people_pay_or_do_not() -> None:
    segments = {
        str(span.attributes["user.id"]): span.attributes["user.segment"]
        for span in spans()
        if "user.id" in span.attributes
    }
    assert segments["u_00"] == "pro" and segments["u_30"] == "free"
    assert set(segments.values()) == {"free", "pro"}


def test_the_provider_fails_for_two_minutes_of_every_twenty() -> None:
    opened_ns = NOON_S * 10**9
    watched = itertools.takewhile(
        lambda item: due_ns(item) < opened_ns + 6 * MINUTE_NS, outgoing(1, opened_ns)
    )
    asked: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    for item in watched:
        if isinstance(item, DemoSpan) and item.name == "classify" and due_ns(item) > opened_ns:
            minute = (item.start_ns - opened_ns) // MINUTE_NS
            asked[minute] += 1
            failed[minute] += item.error is not None
    assert failed[2] + failed[3] > 0.15 * (asked[2] + asked[3])
    assert failed[0] + failed[1] + failed[4] <= 0.1 * (asked[0] + asked[1] + asked[4])
