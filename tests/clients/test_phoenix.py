"""Phoenix's client: annotations, spans as JSON, prompts."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.store.registry import NewPrompt
from llmwatch.store.rows import SpanDetail
from llmwatch.store.writes import prompts
from tests.clients.asking import asked
from tests.clients.playing import play
from tests.clients.rearranged import FEW, arrivals, posted, stored
from tests.dialects.stored import writing

CAPTURE = "openinference-openai-0.1.66/phoenix-otel-0.17.2-http"
LISTS = {"_annotations": "data"}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
POSTED = {
    "name": "answer", "context": {"trace_id": TRACE, "span_id": SPAN}, "parent_id": None, "span_kind": "LLM",
    "start_time": "2026-11-21T05:14:25Z", "end_time": "2026-11-21T05:14:26Z", "status_code": "OK",
    "attributes": {"llm.model_name": "gpt-4o", "llm.token_count.prompt": 3, "llm.token_count.completion": 2},
}  # fmt: skip


def about(stored: list[SpanDetail], name: str, of: str = "span_id") -> set[tuple[Any, ...]]:
    """Scores of a name with what they are shown at."""
    return {
        (s.value, s.label, s.comment, s.source, getattr(detail.row, of))
        for detail in stored
        for s in detail.scores
        if s.name == name
    }


async def test_annotations_find_their_span_their_trace_and_their_session(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    assert about(played.stored, "user_feedback") == {
        (1.0, "thumbs_up", "helpful", "human", "72c0591cfa5569ac")
    }
    assert about(played.stored, "quality", "trace_id") == {
        (0.8, "good", None, "judge", "00affcf91f33684fceb68eb8a29c53d3")
    }
    sessions = {
        detail.span.context.session_id
        for detail in played.stored
        if "csat" in {score.name for score in detail.scores}
    }
    assert sessions == {"sess-42"}
    assert {told[:4] for told in about(played.stored, "csat")} == {(5.0, None, None, "human")}


async def test_its_requests_are_answered_as_it_needs(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    for path in ("/v1/span_annotations", "/v1/trace_annotations", "/v1/session_annotations"):
        (reply,) = played.replies(path)
        assert reply.status_code == 200
        assert [entry.keys() for entry in reply.json()["data"]] == [{"id"}]
    (version,) = played.replies("/arize_phoenix_version")
    assert version.text.count(".") == 2
    (prompt,) = played.replies("/v1/prompts")
    assert (prompt.status_code, "support-answer" in prompt.text) == (404, True)


@cache
def in_order() -> dict[str, Any]:
    with patch("time.time_ns", return_value=1_795_238_100_000_000_000):
        return stored([posted(CAPTURE, LISTS)])


@FEW
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    batches = data.draw(arrivals(posted(CAPTURE, LISTS)))
    with patch("time.time_ns", return_value=1_795_238_100_000_000_000):
        assert stored(batches) == in_order()


async def test_an_annotation_of_a_document_is_about_its_span(tmp_path: Path) -> None:
    items = [{"name": "relevant", "annotator_kind": "CODE", "span_id": SPAN, "document_position": at,
              "result": {"score": score}} for at, score in enumerate((0.9, 0.1))]  # fmt: skip
    await asked(tmp_path, "POST", "/v1/document_annotations", json={"data": items})
    _, stored = await asked(tmp_path, "POST", "/v1/projects/shop/spans", json={"data": [POSTED]})
    assert about(stored, "relevant") == {(score, None, None, "heuristic", SPAN) for score in (0.9, 0.1)}


async def test_notes_are_remarks(tmp_path: Path) -> None:
    await asked(tmp_path, "POST", "/v1/projects/shop/spans", json={"data": [POSTED]})
    body = {"data": {"span_id": SPAN, "note": "odd"}}
    reply, stored = await asked(tmp_path, "POST", "/v1/span_notes", json=body)
    assert reply.json()["data"]["id"]
    assert about(stored, "note") == {(None, None, "odd", "human", SPAN)}


async def test_spans_as_json(tmp_path: Path) -> None:
    body = {"data": [POSTED, {"name": "no ids"}]}
    reply, (detail,) = await asked(tmp_path, "POST", "/v1/projects/my%20shop/spans", json=body)
    assert reply.status_code == 202
    assert (reply.json()["total_queued"], reply.json()["total_invalid"]) == (1, 1)
    span = detail.span
    assert (span.name, span.kind, span.status, span.context.service) == ("answer", "llm", "ok", "my shop")
    assert span.call is not None
    assert span.call.usage is not None
    assert (span.call.response_model, span.call.usage.input_tokens) == ("gpt-4o", 3)


async def test_a_stored_prompt_in_phoenix_words(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Q: {{question}}"}]
    made = NewPrompt(name="answer", type="chat", prompt=turns, config={"model": "gpt-4o", "temperature": 0},
                     labels=("production",))  # fmt: skip
    write_prompt(tmp_path, made)
    for path in ("/v1/prompts/answer/latest", "/v1/prompts/answer/tags/production"):
        reply, _ = await asked(tmp_path, "GET", path)
        told = reply.json()["data"]
        assert told["template"] == {"type": "chat", "messages": turns}
        assert (told["template_type"], told["template_format"]) == ("CHAT", "MUSTACHE")
        assert (told["model_provider"], told["model_name"]) == ("OPENAI", "gpt-4o")
        assert told["invocation_parameters"] == {"type": "openai", "openai": {"temperature": 0}}
    reply, _ = await asked(tmp_path, "GET", "/v1/prompts/answer/tags/staging")
    assert reply.status_code == 404


def write_prompt(folder: Path, made: NewPrompt) -> None:
    with writing(folder / "llmwatch.db") as writer:
        writer.run(lambda db: prompts.create(db, made, 1_795_238_100_000_000_000)).result(timeout=30)


@pytest.mark.parametrize("path", ["/v1/span_annotations", "/v1/trace_notes", "/v1/projects/p/spans"])
@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"data": [1]}', '{"data": [{"span_id": "x", "name": "n"}]}', '{"data": "x"}']
)
async def test_a_bad_body_gets_phoenixs_error(path: str, body: str, tmp_path: Path) -> None:
    reply, stored = await asked(tmp_path, "POST", path, content=body)
    assert reply.status_code == 422
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.text
    assert not stored


async def test_one_bad_annotation_does_not_spoil_the_others(tmp_path: Path) -> None:
    good = {"name": "ok", "span_id": SPAN, "result": {"score": 1}}
    body = json.dumps({"data": [{"name": "no result", "span_id": SPAN, "result": {}}, good]})
    reply, _ = await asked(tmp_path, "POST", "/v1/span_annotations?sync=true", content=body)
    assert reply.status_code == 200
    assert len(reply.json()["data"]) == 1
