"""Braintrust's SDK: what it gets back, and what is stored of its rows."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.protocols.braintrust import rows
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Score, Span
from tests.clients.asking import asked
from tests.clients.playing import play
from tests.clients.rearranged import FEW, arrivals, posted, stored
from tests.dialects.captures import provider_calls
from tests.dialects.test_captures import as_seen, as_told, counted

CAPTURE = "braintrust-0.47.0/default"
ROW = {
    "id": "row-1", "span_id": "S", "root_span_id": "T", "span_parents": None, "project_id": "shop",
    "metrics": {"start": 1795238048.5}, "span_attributes": {"name": "answer", "type": "llm"},
}  # fmt: skip


def one(row: dict[str, Any]) -> Span:
    ((span,), _) = rows.spans_and_scores(row)
    return span


def scores(row: dict[str, Any]) -> list[Score]:
    return rows.spans_and_scores(row)[1]


def named(stored: list[SpanDetail], name: str) -> list[SpanDetail]:
    return [detail for detail in stored if detail.span.name == name]


async def test_every_call_is_counted_once_with_its_tokens(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    calls = counted(played.stored)
    # A failing call's row ends without output and without an error: only the function around it has one.
    assert Counter((model, *rest) for model, _, *rest in map(as_told, calls)) == Counter(
        (model, *rest) for model, _, *rest in map(as_seen, provider_calls(CAPTURE))
    )
    assert len(played.stored) == 16
    assert {detail.row.state for detail in played.stored} == {"ended"}
    failed = [detail.span for detail in played.stored if detail.span.status == "error"]
    assert [span.name for span in failed] == ["failing", "failing"]
    assert {span.error_type for span in failed} == {"openai.RateLimitError", "openai.InternalServerError"}
    assert {span.error_message for span in failed} == {
        "Error code: 429 - Rate limit reached for gpt-4o-mini-fail-429: Limit 3 / min."
        " Please try again in 1s.",
        "Error code: 500 - The server had an error while processing your request.",
    }
    told = [detail.span.call for detail in calls if detail.span.call]
    assert Counter(reason for call in told for reason in call.finish_reasons or ()) == {
        "stop": 4,
        "tool_calls": 1,
    }
    (stream,) = [call for call in told if call.time_to_first_chunk_ns is not None]
    assert stream.stream is True
    answers = {
        part.text
        for detail in calls
        for message in detail.span.content.output_messages
        for part in message.parts
        if part.type == "text"
    }
    assert answers >= {call.text for call in provider_calls(CAPTURE) if call.text and not call.failed}


async def test_what_the_program_said(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    (pipeline,) = named(played.stored, "rag-pipeline")
    context = pipeline.span.context
    assert (context.session_id, context.user_id, context.prompt_version) == ("sess-42", "user-7", "v3")
    assert context.tags == ("beta", "web")
    assert context.metadata == {"tenant": "acme"}
    assert {(s.name, s.value, s.source, s.user_id) for s in pipeline.scores if s.value is not None} == {
        ("groundedness", 0.9, "app", None),
        ("user_feedback", 1.0, "user", "user-7"),
    }
    assert [s.comment for s in pipeline.scores if s.name == "comment"] == ["helpful"]
    (long,) = named(played.stored, "long")
    assert long.span.context.metadata == {"a": 1, "b": 2}
    assert long.span.content.output_text == "y"
    (tool,) = named(played.stored, "get_weather")
    assert tool.span.tool is not None
    assert json.loads(tool.span.tool.arguments or "") == {"city": "Paris", "unit": "celsius"}
    kinds = Counter(detail.row.kind for detail in played.stored)
    assert kinds == {"llm": 8, "embedding": 1, "tool": 1, "chain": 6}


async def test_its_requests_are_answered_as_it_needs(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    assert {response.status_code for _, response in played.exchanges} == {200}
    (login,) = played.replies("/api/apikey/login")
    (organisation,) = login.json()["org_info"]
    assert organisation["api_url"] == "http://localhost:4318"
    assert {"id", "name", "proxy_url"} <= organisation.keys()
    (project,) = played.replies("/v1/project")
    assert (project.json()["id"], project.json()["name"]) == ("support-bot", "support-bot")
    (version,) = played.replies("/version")
    assert version.json()["version"]


@cache
def in_order() -> dict[str, Any]:
    with patch("time.time_ns", return_value=1_795_238_100_000_000_000):
        return stored([posted(CAPTURE, {"/logs3": "rows"})])


@FEW
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    batches = data.draw(arrivals(posted(CAPTURE, {"/logs3": "rows"})))
    with patch("time.time_ns", return_value=1_795_238_100_000_000_000):
        assert stored(batches) == in_order()


def test_a_project_is_its_name_unless_another_server_named_it() -> None:
    assert one(ROW).context.service == "shop"
    assert one({**ROW, "project_id": "44444444-4444-4444-8444-444444444444"}).context.service is None


def test_a_row_of_an_experiment_tells_its_project_and_name() -> None:
    span = one({**ROW, "project_id": None, "experiment_id": "shop::try-7"})
    assert (span.context.service, span.context.feature) == ("shop", "try-7")


def test_cached_tokens_of_anthropic_are_part_of_the_input() -> None:
    metrics = {"start": 1795238048.5, "prompt_tokens": 1311, "completion_tokens": 5, "tokens": 1316,
               "prompt_cached_tokens": 1024, "prompt_cache_creation_5m_tokens": 200,
               "prompt_cache_creation_1h_tokens": 56}  # fmt: skip
    call = one({**ROW, "metrics": metrics}).call
    assert call is not None
    assert call.usage is not None
    usage = call.usage
    assert (usage.input_tokens, usage.cache_read_tokens) == (1311, 1024)
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens) == (256, 56)


def test_a_manual_time_to_first_token_counts() -> None:
    call = one({**ROW, "metadata": {"model": "m"}, "metrics": {"start": 1795238048.5,
                "time_to_first_token": 0.25}}).call  # fmt: skip
    assert call is not None
    assert call.time_to_first_chunk_ns == 250_000_000


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: no\nnot at all\n",
         ("ValueError", "no\nnot at all")),
        ("TypeError: x is undefined\n    at f (a.js:1:2)\n    at g (a.js:3:4)",
         ("TypeError", "x is undefined")),
        ("it broke", (None, "it broke")),
        ({"code": 7}, (None, '{"code":7}')),
    ],
)  # fmt: skip
def test_an_error_in_any_form(error: Any, told: tuple[str | None, str]) -> None:
    span = one({**ROW, "error": error})
    assert (span.status, span.error_type, span.error_message) == ("error", *told)


def test_feedback_may_say_what_would_have_been_right() -> None:
    (score,) = scores({"id": "row-1", "_is_merge": True, "_audit_source": "app", "expected": {"a": 1}})
    assert (score.name, score.comment, score.request_id) == ("expected", '{"a":1}', "row-1")


async def test_one_bad_row_is_told_and_the_others_are_stored(tmp_path: Path) -> None:
    body = json.dumps({"rows": [ROW, {"id": "x"}, 7], "api_version": 2})
    reply, stored = await asked(tmp_path, "POST", "/logs3", content=body)
    assert reply.status_code == 200
    assert [error["index"] for error in reply.json()["errors"]] == [1, 2]
    assert [detail.span.name for detail in stored] == ["answer"]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"rows": [1]}', '{"rows": {"id": {}}}', '{"rows": "x"}'])
async def test_a_bad_body_gets_braintrusts_error(body: str, tmp_path: Path) -> None:
    reply, stored = await asked(tmp_path, "POST", "/logs3", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]
    assert not stored


@pytest.mark.parametrize(
    ("method", "path", "asks", "answer"),
    [
        ("POST", "/api/project/register", {"project_name": "shop", "org_id": "o"},
         {"project": {"id": "shop", "name": "shop"}}),
        ("POST", "/api/experiment/register", {"project_name": "shop", "experiment_name": "try"},
         {"project": {"id": "shop"}, "experiment": {"id": "shop::try", "name": "try"}}),
        ("POST", "/v1/experiment", {"project_id": "shop", "name": "try"},
         {"id": "shop::try", "name": "try", "project_id": "shop"}),
        ("GET", "/v1/project/shop", None, {"id": "shop", "name": "shop"}),
    ],
)  # fmt: skip
async def test_projects_and_experiments(
    method: str, path: str, asks: Any, answer: dict[str, Any], tmp_path: Path
) -> None:
    reply, _ = await asked(tmp_path, method, path, json=asks)
    assert reply.status_code == 200
    assert_has(reply.json(), answer)


@pytest.mark.parametrize(
    "path", ["/v1/experiment/shop%3A%3Atry/summarize", "/experiment-comparison2?experiment_id=shop::try"]
)
async def test_the_means_of_an_experiments_scores(path: str, tmp_path: Path) -> None:
    rows = [
        {**ROW, "id": f"row-{own}", "span_id": f"s{own}", "project_id": None,
         "experiment_id": f"shop::{experiment}", "scores": {"right": value, "unknown": None}}
        for own, (experiment, value) in enumerate([("try", 1), ("try", 0.5), ("other", 0)])
    ]  # fmt: skip
    await asked(tmp_path, "POST", "/logs3", json={"rows": rows})
    reply, _ = await asked(tmp_path, "GET", path)
    told = reply.json()
    assert (told["project_name"], told["experiment_name"]) == ("shop", "try")
    assert {name: score["score"] for name, score in told["scores"].items()} == {"right": 0.75}


async def test_no_experiment_is_the_base_of_another(tmp_path: Path) -> None:
    reply, _ = await asked(tmp_path, "POST", "/api/base_experiment/get_id", json={"id": "shop::try"})
    assert reply.status_code == 400


async def test_a_project_without_a_name_is_refused(tmp_path: Path) -> None:
    reply, _ = await asked(tmp_path, "POST", "/v1/project", json={})
    assert reply.status_code == 400


def assert_has(found: Any, wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        if isinstance(value, dict):
            assert_has(found[key], value)
        else:
            assert found[key] == value


async def test_the_path_of_the_version_is_mlflows_too(tmp_path: Path) -> None:
    headers = {"User-Agent": "mlflow-python-client/3.17.2"}
    reply: httpx.Response
    reply, _ = await asked(tmp_path, "GET", "/version", headers=headers)
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.text.count(".") == 2
