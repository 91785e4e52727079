"""Plain JSON over the real app into a real database."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec
import pytest

from llmwatch.collector.guards import NDJSON
from llmwatch.collector.otlp.replies import JSON
from llmwatch.store.span import Replay
from tests.collector.conftest import Collector


def call(span_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "trace_id": "t1",
        "span_id": span_id,
        "model": "gpt-4o",
        "prompt": "hi",
        "response": "ho",
        **fields,
    }


async def post(collector: Collector, path: str, body: Any, content_type: str = JSON) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await collector.client.post(path, content=content, headers={"Content-Type": content_type})


async def test_one_object_is_one_span(collector: Collector) -> None:
    response = await post(collector, "/api/spans", call("s1", input_tokens=1000, output_tokens=100))
    assert (response.status_code, response.json()) == (200, {"accepted": 1, "rejected": 0})
    # gpt-4o: $2.50 and $10 a million tokens.
    assert collector.rows("SELECT span_id, kind, cost_nanousd FROM spans") == [("s1", "llm", 3_500_000)]


async def test_a_list_is_many_spans(collector: Collector) -> None:
    response = await post(collector, "/api/spans", [call("s1"), call("s2")])
    assert response.json() == {"accepted": 2, "rejected": 0}
    assert collector.rows("SELECT span_id FROM spans ORDER BY span_id") == [("s1",), ("s2",)]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\n\n"])
async def test_ndjson_is_a_span_a_line(collector: Collector, line_end: bytes) -> None:
    body = line_end.join(json.dumps(call(name)).encode() for name in ("s1", "s2")) + line_end
    response = await post(collector, "/api/spans", body, NDJSON)
    assert response.json() == {"accepted": 2, "rejected": 0}


@pytest.mark.parametrize("content_type", [JSON, NDJSON])
async def test_a_bad_item_is_named_and_the_others_are_taken(collector: Collector, content_type: str) -> None:
    items = [json.dumps(call("s1")).encode(), b"7", json.dumps(call("s2")).encode()]
    body = b"[" + b",".join(items) + b"]" if content_type == JSON else b"\n".join(items)
    response = await post(collector, "/api/spans", body, content_type)
    answer = response.json()
    assert (response.status_code, answer["accepted"], answer["rejected"]) == (200, 2, 1)
    assert [error["index"] for error in answer["errors"]] == [1]
    assert collector.rows("SELECT span_id FROM spans ORDER BY span_id") == [("s1",), ("s2",)]


async def test_a_broken_line_is_named_and_the_others_are_taken(collector: Collector) -> None:
    body = b'{"trace_id": "t1", "span_id": "s1", "prompt": "x"}\n{"trace_id": "t1", "span\n'
    answer = (await post(collector, "/api/spans", body, NDJSON)).json()
    assert (answer["accepted"], answer["rejected"], answer["errors"][0]["index"]) == (1, 1, 1)
    assert "JSON" in answer["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/api/spans", "/api/scores", "/api/feedback", "/api/replays"])
@pytest.mark.parametrize("body", [b"", b"{", b"7", b'"x"', b"[7]"])
async def test_nothing_usable_is_a_400_that_says_why(collector: Collector, path: str, body: bytes) -> None:
    response = await post(collector, path, body)
    assert (response.status_code, response.json()["code"]) == (400, 3)
    assert response.json()["message"]


async def test_an_empty_list_is_nothing(collector: Collector) -> None:
    response = await post(collector, "/api/spans", [])
    assert (response.status_code, response.json()) == (200, {"accepted": 0, "rejected": 0})


async def test_numbers_and_texts_that_json_does_not_have_are_taken(collector: Collector) -> None:
    body = json.dumps(call("s1", temperature=float("nan"), note="\ud800", big=2**70)).encode()
    assert (await post(collector, "/api/spans", b"[" + body + b"]")).json() == {"accepted": 1, "rejected": 0}


async def test_credentials_are_hidden(collector: Collector) -> None:
    await post(collector, "/api/spans", call("s1", api_key="sk-canary0123456789"))
    detail = repr(collector.detail("t1", "s1"))
    assert "canary" not in detail
    assert "[redacted]" in detail


async def test_the_same_again_changes_nothing(collector: Collector) -> None:
    for _ in range(2):
        await post(collector, "/api/spans", call("s1", start_time=1_792_000_000))
    assert collector.rows("SELECT count(*), sum(span_count) FROM traces, spans") == [(1, 1)]


async def test_scores_and_feedback(collector: Collector) -> None:
    score = {"trace_id": "t1", "name": "quality", "value": 0.5}
    assert (await post(collector, "/api/scores", score)).json() == {"accepted": 1, "rejected": 0}
    up = {"trace_id": "t1", "span_id": "s1", "feedback": "thumbs_up"}
    assert (await post(collector, "/api/feedback", [up])).json() == {"accepted": 1, "rejected": 0}
    stored = collector.rows("SELECT name, value, source, trace_id FROM scores ORDER BY id")
    assert stored[0] == ("quality", 0.5, "app", "t1")
    assert stored[1][1:] == (1.0, "user", "t1")


async def test_a_replay_is_stored_once(collector: Collector) -> None:
    replay = Replay(
        replay_id="r1", trace_id="t1", span_id="s1", time_ns=1_792_000_000_000_000_000, provider="stub",
        url="http://127.0.0.1:1/v1", model="gpt-4o", request="{}", response="ho", status="ok",
    )  # fmt: skip
    await post(collector, "/api/spans", call("s1"))
    for _ in range(2):
        response = await post(collector, "/api/replays", msgspec.json.encode(replay))
        assert (response.status_code, response.json()) == (200, {"accepted": 1})
    assert collector.detail("t1", "s1").replays == (replay,)


async def test_long_texts_are_cut(collector: Collector) -> None:
    await post(collector, "/api/spans", call("s1", prompt="x" * 20_000))
    truncated = collector.detail("t1", "s1").span.content.truncated
    assert "prompt: 20000" in truncated
    assert any(cut.startswith("input_messages.0.parts.0.text") for cut in truncated)
