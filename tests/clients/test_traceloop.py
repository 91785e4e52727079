"""traceloop-sdk with an API key: users' feedback, and what it fetches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llmwatch.collector.protocols.traceloop.annotations import scores
from tests.clients.asking import asked
from tests.clients.playing import play

CAPTURE = "traceloop-sdk-0.62.4/with-api-key"
TRACE = "b75b6f5c6887318fb4515c7f5c46e548"


async def test_feedback_finds_its_trace_which_comes_later(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    assert {response.status_code for _, response in played.exchanges} == {200}
    found = {
        (score.name, score.value, score.label, score.source, detail.row.trace_id)
        for detail in played.stored
        for score in detail.scores
    }
    assert found == {
        ("answer_quality.sentiment", 1.0, "positive", "user", TRACE),
        ("answer_quality.score", 0.9, None, "user", TRACE),
    }


def test_sent_again_it_is_the_same() -> None:
    item = {"entity_instance_id": TRACE, "tags": {"score": 0.9, "topics": ["a", "b"]}}
    first, again = scores(item, "task"), scores(item, "task")
    assert [score.score_id for score in first] == [score.score_id for score in again]
    assert [(score.value, score.raw_value) for score in first] == [(0.9, "0.9"), (None, '["a","b"]')]


def test_another_entity_is_a_name_of_the_request() -> None:
    (score,) = scores({"entity_instance_id": "Chat-7", "tags": {"ok": True}}, "task")
    assert (score.trace_id, score.request_id, score.value, score.source) == (None, "Chat-7", 1.0, "app")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/traceloop/prompts", {"prompts": [], "environment": "default"}),
        ("/v1/traceloop/pii/tracing-allow-list", {"associationPropertyAllowList": []}),
    ],
)
async def test_what_it_fetches_is_there_and_empty(path: str, answer: Any, tmp_path: Path) -> None:
    reply, _ = await asked(tmp_path, "GET", path)
    assert (reply.status_code, reply.json()) == (200, answer)


@pytest.mark.parametrize("body", ["", "[]", "{", "{}", '{"entity_instance_id": "x", "tags": 7}'])
async def test_a_bad_body_gets_traceloops_error(body: str, tmp_path: Path) -> None:
    reply, stored = await asked(tmp_path, "POST", "/v2/annotation-tasks/t/annotations", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]
    assert not stored
