"""What LangSmith's clients ask beside their traces, and what happens to what cannot be taken."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmwatch.collector.protocols.langsmith.ingestion import read_item
from llmwatch.store.registry import NewPrompt
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Document, Span
from llmwatch.store.writes import prompts
from tests.clients.asking import client_of
from tests.dialects.stored import details, writing

RUN, CHILD, FEEDBACK = (str(uuid.UUID(int=number)) for number in (0xA, 0xB, 0xC))
START = "2026-11-21T05:13:32.385440+00:00"
TRACEBACK = "Traceback (most recent call last):\nopenai.RateLimitError: x"
START_NS = 1_795_238_012_385_440_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "llmwatch.db"


@pytest.fixture
async def client(database: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(database) as client:
        yield client


def run(**fields: Any) -> dict[str, Any]:
    return {"id": RUN, "trace_id": RUN, "name": "work", "run_type": "chain", "start_time": START, **fields}


def span(**fields: Any) -> Span:
    """The span of a posted run."""
    (found,), _ = read_item({"post": run(**fields)})
    return found


def form(parts: dict[str, tuple[str, bytes]]) -> dict[str, Any]:
    """A body of parts with their content types, as keywords of a request."""
    body = b"".join(
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, (kind, data) in parts.items()
    )
    return {
        "content": body + b"--xyz--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=xyz"},
    }


async def ended(database: Path, *requests: tuple[str, str, dict[str, Any]]) -> list[SpanDetail]:
    """What is stored after ``requests``, all of which are taken."""
    async with client_of(database) as client:
        for method, path, request in requests:
            assert (await client.request(method, path, **request)).status_code in (200, 202)
    return details(database)


# Runs


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_a_run_is_created_and_updated_one_by_one(prefix: str, database: Path) -> None:
    patch = {"outputs": {"output": "done"}, "end_time": "2026-11-21T05:13:33.385440+00:00", "error": None}
    (found,) = await ended(
        database,
        ("POST", f"{prefix}/runs", {"json": run(inputs={"input": "do it"}, session_name="bot")}),
        ("PATCH", f"{prefix}/runs/{RUN}", {"json": patch}),
    )
    assert (found.row.name, found.row.kind, found.row.state, found.row.status) == (
        "work",
        "chain",
        "ended",
        "ok",
    )
    assert (found.row.start_ns, found.row.duration_ns) == (START_NS, 10**9)
    assert (found.span.content.input_text, found.span.content.output_text) == ("do it", "done")
    assert found.span.context.service == "bot"


async def test_an_update_of_a_child_finds_its_trace(database: Path) -> None:
    child = {"id": CHILD, "parent_run_id": RUN, "name": "step", "run_type": "tool", "start_time": START}
    stored = await ended(
        database,
        ("POST", "/runs", {"json": run()}),
        ("POST", "/runs", {"json": child}),
        ("PATCH", f"/runs/{CHILD}", {"json": {"error": "ValueError('no')", "end_time": START}}),
    )
    assert {(d.row.trace_id, d.row.span_id, d.span.parent_id) for d in stored} == {
        (RUN, RUN, None),
        (RUN, CHILD, RUN),
    }
    failed = stored[1].span
    assert (failed.status, failed.error_type, failed.error_message) == ("error", "ValueError", "no")


async def test_an_update_wins_over_its_run_even_when_it_comes_first(database: Path) -> None:
    batch = {"patch": [run(name="new", end_time=START, outputs={"output": 1})]}
    (found,) = await ended(
        database,
        ("POST", "/runs/batch", {"json": batch}),
        ("POST", "/runs/batch", {"json": {"post": [run(name="old", outputs={"output": 0})]}}),
    )
    assert (found.row.name, found.row.state, found.span.content.output_text) == ("new", "ended", "1")


def test_javascript_sends_its_end_in_milliseconds() -> None:
    found = span(end_time=1_795_238_013_500)
    assert (found.state, found.end_ns) == ("ended", 1_795_238_013_500_000_000)


@pytest.mark.parametrize("name", ["output", "outputs"])
def test_what_a_function_gives_is_unwrapped(name: str) -> None:
    assert span(outputs={name: "done"}).content.output_text == "done"
    assert span(outputs={name: "done", "x": 1}).content.output_text == f'{{"{name}":"done","x":1}}'
    answered = span(run_type="llm", outputs={name: "hello"}).content.output_messages
    assert [(message.role, message.parts[0].text) for message in answered] == [("assistant", "hello")]


def test_the_order_says_when_and_where_a_run_began() -> None:
    order = f"20261121T051332385440Z{RUN}.20261121T051332390178Z{CHILD}"
    (found,), _ = read_item({"patch": {"id": CHILD, "dotted_order": order, "end_time": START}})
    assert (found.trace_id, found.start_ns, found.state) == (RUN, START_NS + 4_738_000, "partial")


async def test_a_form_brings_fields_feedback_and_attachments(database: Path) -> None:
    as_json = "application/json; length=9"  # JavaScript's SDK gives the length here
    parts = {
        f"post.{RUN}": (as_json, json.dumps(run()).encode()),
        f"post.{RUN}.inputs": (as_json, b'{"question":"why?"}'),
        f"post.{RUN}.outputs": (as_json, b""),
        f"post.{RUN}.later": (as_json, b"1"),
        f"attachment.{RUN}.photo": ("image/png; length=4", b"\x89PNG"),
        f"feedback.{FEEDBACK}": (
            as_json,
            json.dumps({"id": FEEDBACK, "run_id": RUN, "trace_id": RUN, "key": "ok", "score": True}).encode(),
        ),
    }
    (found,) = await ended(database, ("POST", "/runs/multipart", form(parts)))
    attributes = found.span.content.attributes
    assert attributes["inputs"] == {"question": "why?"}
    assert attributes["later"] == 1
    assert attributes["attachments"] == {"photo": {"mime_type": "image/png", "size_bytes": 4}}
    assert [(score.name, score.value) for score in found.scores] == [("ok", 1.0)]


def test_a_call_of_langchain() -> None:
    message = {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", "AIMessage"],
        "kwargs": {
            "content": "18 °C",
            "usage_metadata": {
                "input_tokens": 1311,
                "output_tokens": 9,
                "total_tokens": 1320,
                "input_token_details": {"cache_read": 1024, "cache_creation": 256},
            },
            "response_metadata": {"id": "msg_1", "model_name": "claude-sonnet-4-5-20250929"},
        },
    }
    found = span(
        run_type="llm",
        inputs={"messages": [[{"lc": 1, "id": ["HumanMessage"], "kwargs": {"content": "weather?"}}]]},
        outputs={"generations": [[{"text": "18 °C", "message": message}]], "llm_output": None},
        extra={
            "metadata": {"ls_provider": "anthropic", "ls_temperature": 0.5, "thread_id": "t-1"},
            "invocation_params": {"model": "claude-sonnet-4-5", "_type": "anthropic-chat", "top_k": 3},
        },
        end_time=START,
    )
    assert found.call is not None and found.call.usage is not None
    assert (found.call.request_model, found.call.response_model) == (
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
    )
    assert (found.call.provider, found.call.response_id) == ("anthropic", "msg_1")
    assert found.call.parameters == {"temperature": 0.5, "top_k": 3}
    assert (found.call.usage.input_tokens, found.call.usage.cache_read_tokens) == (1311, 1024)
    assert found.call.usage.cache_write_tokens == 256
    assert [message.role for message in found.content.input_messages] == ["user"]
    assert found.content.output_messages[0].parts[0].text == "18 °C"
    assert found.context.session_id == "t-1"


@pytest.mark.parametrize(
    "outputs",
    [
        {"llm_output": {"token_usage": {"prompt_tokens": 7, "completion_tokens": 2}}},
        {"llmOutput": {"tokenUsage": {"promptTokens": 7, "completionTokens": 2}}},
        {"usage": {"prompt_tokens": 7, "completion_tokens": 2}},
    ],
)
def test_tokens_of_older_answers(outputs: dict[str, Any]) -> None:
    found = span(run_type="llm", outputs=outputs)
    assert found.call and found.call.usage
    assert (found.call.usage.input_tokens, found.call.usage.output_tokens) == (7, 2)


def test_what_was_not_set_is_no_parameter() -> None:
    inputs = {"temperature": "<openai.Omit object at 0x7f72>", "seed": "NOT_GIVEN", "top_p": 0.5}
    found = span(run_type="llm", inputs=inputs)
    assert found.call and found.call.parameters == {"top_p": 0.5}


def test_a_tool_of_langchain() -> None:
    message = {"type": "tool", "content": "18 °C", "tool_call_id": "c1"}
    found = span(run_type="tool", inputs={"input": "{'city': 'Paris'}"}, outputs={"output": message})
    assert found.tool and (found.tool.call_id, found.tool.result) == ("c1", "18 °C")
    assert found.tool.arguments == "{'city': 'Paris'}"


def test_metadata_is_what_the_program_said() -> None:
    metadata = {"tenant": "acme", "lc_versions": {}, "temperature": 0.5, "ls_method": "traceable"}
    found = span(extra={"metadata": metadata, "invocation_params": {"temperature": 0.5}})
    assert found.context.metadata == {"tenant": "acme"}


def test_langchain_counts_what_was_cached_for_how_long() -> None:
    details = {
        "cache_read": 0,
        "cache_creation": 0,
        "ephemeral_5m_input_tokens": 200,
        "ephemeral_1h_input_tokens": 56,
    }
    usage = {"input_tokens": 300, "output_tokens": 9, "total_tokens": 309, "input_token_details": details}
    found = span(run_type="llm", outputs={"usage_metadata": usage})
    assert found.call and found.call.usage
    assert (found.call.usage.input_tokens, found.call.usage.cache_write_tokens) == (300, 256)
    assert found.call.usage.cache_write_1h_tokens == 56


def test_a_wrapper_without_counts_of_its_own_is_no_call() -> None:
    found = span(inputs={"model": "gpt-4o"}, outputs={"usage": {"prompt_tokens": 7}, "model": "gpt-4o"})
    assert found.call is None


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (f"RateLimitError('slow down')\n\n{TRACEBACK}", "RateLimitError", "slow down"),
        ("KeyboardInterrupt()", "KeyboardInterrupt", "KeyboardInterrupt()"),
        ("TypeError: x is not a function\n    at f (a.js:1:2)", "TypeError", "x is not a function"),
        ("it broke", None, "it broke"),
        ("E(" + "'" * 100_000, None, "E(" + "'" * 100_000),
    ],
)
def test_errors(error: str, kind: str | None, message: str) -> None:
    found = span(error=error, end_time=START)
    assert (found.status, found.error_type, found.error_message) == ("error", kind, message)


def test_documents_of_a_retriever() -> None:
    sent = {"documents": [{"page_content": "a", "metadata": {"id": "d1", "score": 0.5}}]}
    found = span(run_type="retriever", inputs={"query": "why?"}, outputs=sent)
    assert found.retrieval and found.retrieval.query == "why?"
    (document,) = found.retrieval.documents
    assert document == Document(id="d1", content="a", score=0.5, metadata={"id": "d1", "score": 0.5})


async def test_credentials_in_the_environment_are_not_kept(database: Path) -> None:
    metadata = {
        "LANGSMITH_API_KEY": "lsv2_secret",
        "LANGSMITH_RUNS_ENDPOINTS": '{"https://a": "lsv2_secret"}',
        "LANGSMITH_PROJECT": "bot",
    }
    sent = {"post": [run(extra={"metadata": metadata})]}
    (found,) = await ended(database, ("POST", "/runs/batch", {"json": sent}))
    assert "lsv2_secret" not in str(found)
    assert found.span.content.attributes["extra"]["metadata"]["LANGSMITH_PROJECT"] == "bot"


# What cannot be taken


async def test_one_bad_run_is_left_out_and_counted(database: Path) -> None:
    async with client_of(database) as client:
        batch = {"post": [run(), {"name": "without an id"}, 3], "patch": [None]}
        reply = await client.post("/runs/batch", json=batch)
        assert (reply.status_code, reply.json()["rejected"]) == (202, 3)
        broken = {f"post.{CHILD}": ("application/json", b"{"), "other.part": ("", b"x")}
        whole = {f"patch.{RUN}": ("application/json", json.dumps(run(end_time=START)).encode())}
        reply = await client.post("/runs/multipart", **form({**broken, **whole}))
        assert (reply.status_code, reply.json()["rejected"]) == (202, 2)
    assert [detail.row.state for detail in details(database)] == ["ended"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/runs", b"", 400),
        ("POST", "/runs", b"[]", 400),
        ("POST", "/runs/batch", b"nonsense", 400),
        ("POST", "/runs/batch", b'{"post": 3}', 400),
        ("POST", "/runs/batch", b'{"post": [{}]}', 400),
        ("POST", "/runs/multipart", b"nonsense", 415),
        ("PATCH", f"/runs/{RUN}", b"[]", 400),
        ("GET", f"/runs/{RUN}", b"", 404),
        ("POST", "/runs/query", b'{"filter": "eq(name, \\"x\\")"}', 400),
        ("POST", "/feedback", b"3", 400),
        ("POST", "/feedback", b'{"score": 1}', 400),
        ("GET", f"/feedback/{FEEDBACK}", b"", 404),
        ("PATCH", f"/feedback/{FEEDBACK}", b"{}", 404),
        ("POST", "/sessions", b"{}", 400),
        ("GET", f"/sessions/{RUN}", b"", 404),
        ("PATCH", f"/sessions/{RUN}", b"{}", 404),
        ("GET", "/sessions?limit=many", b"", 422),
        ("POST", "/datasets", b"null", 400),
        ("GET", f"/datasets/{RUN}", b"", 404),
        ("DELETE", f"/datasets/{RUN}", b"", 404),
        ("POST", "/examples", b'{"inputs": {}}', 422),
        ("POST", "/examples/bulk", b"{}", 400),
        ("PATCH", f"/examples/{RUN}", b"{}", 404),
        ("POST", f"/v1/platform/datasets/{RUN}/examples", b"x", 415),
        ("GET", "/commits/-/none/latest", b"", 404),
    ],
)
async def test_bad_requests_get_the_api_s_own_error(
    method: str, path: str, body: bytes, status: int, client: httpx.AsyncClient
) -> None:
    reply = await client.request(method, path, content=body)
    assert (reply.status_code, list(reply.json())) == (status, ["detail"])


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "name", "run_type", "trace_id", "parent_run_id", "dotted_order", "start_time", "end_time", "inputs",
    "outputs", "error", "events", "extra", "tags", "session_name", "serialized",
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), ANY),
    outputs=st.dictionaries(
        st.sampled_from(["generations", "choices", "usage_metadata", "llm_output", "output"]), ANY
    ),
    metadata=st.dictionaries(st.sampled_from(["usage_metadata", "ls_provider", "session_id"]), ANY),
)
def test_any_run_is_read(fields: dict[str, Any], outputs: dict[str, Any], metadata: dict[str, Any]) -> None:
    item = {"patch": {"id": RUN, "outputs": outputs, "extra": {"metadata": metadata}, **fields}}
    (found,), _ = read_item(item)
    assert found.span_id == RUN


# Projects, datasets, feedback, prompts


async def test_projects_are_made_found_and_changed(client: httpx.AsyncClient) -> None:
    made = (await client.post("/sessions", json={"name": "p", "extra": {"metadata": {"a": 1}}})).json()
    assert (made["name"], made["extra"]["metadata"], made["reference_dataset_id"]) == ("p", {"a": 1}, None)
    assert (await client.post("/sessions", json={"name": "p"})).status_code == 409
    again = (await client.post("/sessions?upsert=true", json={"name": "p", "description": "d"})).json()
    assert (again["id"], again["description"], again["extra"]["metadata"]) == (made["id"], "d", {"a": 1})
    other = (await client.post("/sessions", json={"name": "q"})).json()
    assert (await client.patch(f"/sessions/{other['id']}", json={"name": "p"})).status_code == 409
    assert (await client.delete(f"/sessions/{other['id']}")).status_code == 200
    changed = await client.patch(f"/sessions/{made['id']}", json={"end_time": START, "name": None})
    assert (changed.json()["end_time"], changed.json()["name"]) == (START, "p")
    await client.post("/runs", json=run(session_name="implied"))
    (implied,) = (await client.get("/sessions", params={"name": "implied"})).json()
    assert (await client.get(f"/sessions/{implied['id']}")).json() == implied
    names = [project["name"] for project in (await client.get("/sessions")).json()]
    assert names == ["p", "implied"]
    (stored,) = (await client.post("/runs/query", json={"session": [implied["id"]]})).json()["runs"]
    assert (stored["id"], stored["session_id"], stored["status"]) == (RUN, implied["id"], "pending")


async def test_datasets_and_examples(client: httpx.AsyncClient) -> None:
    body = {"name": "d", "data_type": "kv", "extra": {"metadata": {"team": "x"}}}
    dataset = (await client.post("/datasets", json=body)).json()
    assert (await client.post("/datasets", json={"name": "d"})).status_code == 409
    of = {"dataset_id": dataset["id"]}
    first = (await client.post("/examples", json={"inputs": {"q": 1}, "outputs": {"a": 2}, **of})).json()
    bulk = [{"inputs": {"q": 2}, "split": ["s"], "metadata": {"k": "v"}, **of}, {"inputs": {"q": 3}, **of}]
    second, third = (await client.post("/examples/bulk", json=bulk)).json()
    parts = {
        RUN: ("application/json", b'{"split": "s"}'),
        f"{RUN}.inputs": ("application/json", b'{"q": 4}'),
        f"{RUN}.attachment.photo": ("image/png; length=1", b"x"),
    }
    sent = await client.post(f"/v1/platform/datasets/{dataset['id']}/examples", **form(parts))
    assert (sent.status_code, sent.json()["example_ids"]) == (201, [RUN])

    async def listed(**params: Any) -> list[Any]:
        found = (await client.get("/examples", params={"dataset": dataset["id"], **params})).json()
        return [example["inputs"]["q"] for example in found]

    assert await listed() == [1, 2, 3, 4]
    assert await listed(splits="s") == [2, 4]
    assert await listed(splits="base") == [1, 3]
    assert await listed(metadata='{"k": "v"}') == [2]
    assert await listed(offset=1, limit=2) == [2, 3]
    assert await listed(id=[first["id"], third["id"]]) == [1, 3]
    await client.patch(f"/examples/{first['id']}", json={"outputs": {"a": 5}})
    assert (await client.get(f"/examples/{first['id']}")).json()["outputs"] == {"a": 5}
    await client.delete(f"/examples/{second['id']}")
    (found,) = (await client.get("/datasets", params={"name": "d"})).json()
    assert (found["id"], found["example_count"], found["metadata"]) == (dataset["id"], 3, {"team": "x"})
    other = (await client.post("/datasets", json={"name": "e"})).json()
    assert (await client.patch(f"/datasets/{other['id']}", json={"name": "d"})).status_code == 409
    renamed = (await client.patch(f"/datasets/{other['id']}", json={"name": "f"})).json()
    assert (renamed["id"], renamed["name"]) == (other["id"], "f")
    await client.delete(f"/datasets/{dataset['id']}")
    assert (await client.get("/datasets")).json() == [renamed]


async def test_an_example_made_of_a_run(client: httpx.AsyncClient) -> None:
    await client.post("/runs", json=run(inputs={"q": "why?"}, outputs={"a": "so"}, end_time=START))
    dataset = (await client.post("/datasets", json={"name": "d"})).json()
    asked = {"dataset_id": dataset["id"], "source_run_id": RUN, "use_source_run_io": True}
    example = (await client.post("/examples", json=asked)).json()
    assert (example["inputs"], example["outputs"]) == ({"q": "why?"}, {"a": "so"})
    assert example["source_run_id"] == RUN


async def test_runs_of_an_experiment_are_found_by_their_example(client: httpx.AsyncClient) -> None:
    dataset = (await client.post("/datasets", json={"name": "d"})).json()
    example = (await client.post("/examples", json={"dataset_id": dataset["id"], "inputs": {}})).json()
    experiment = {"name": "first", "reference_dataset_id": dataset["id"], "id": CHILD}
    assert (await client.post("/sessions", json=experiment)).json()["id"] == CHILD
    await client.post("/runs", json=run(session_name="first", reference_example_id=example["id"]))
    (found,) = (await client.post("/runs/query", json={"reference_example": [example["id"]]})).json()["runs"]
    assert (found["id"], found["session_id"], found["reference_example_id"]) == (RUN, CHILD, example["id"])
    assert (await client.get(f"/datasets/{dataset['id']}")).json()["session_count"] == 1


async def test_runs_are_listed_page_by_page(client: httpx.AsyncClient) -> None:
    ids = [str(uuid.UUID(int=number)) for number in range(100, 105)]
    runs = [run(id=one, trace_id=one, error="x" if one == ids[0] else None) for one in ids]
    await client.post("/runs/batch", json={"post": runs})
    asked: dict[str, Any] = {"limit": 2, "is_root": True, "start_time": START}
    seen: list[str] = []
    while (page := (await client.post("/runs/query", json=asked)).json())["runs"]:
        seen += [found["id"] for found in page["runs"]]
        if not (cursor := page["cursors"]["next"]):
            break
        asked["cursor"] = cursor
    assert seen == ids[::-1]
    (failed,) = (await client.post("/runs/query", json={"error": True, "trace": ids[0]})).json()["runs"]
    assert (failed["id"], failed["error"], failed["status"]) == (ids[0], "x", "error")


async def test_runs_are_asked_for_at_the_second_version_too(client: httpx.AsyncClient) -> None:
    order = f"20261121T051332385440Z{RUN}"
    child = run(id=CHILD, parent_run_id=RUN, run_type="llm", session_name="p", end_time=START,
                dotted_order=f"{order}.20261121T051332390178Z{CHILD}")  # fmt: skip
    sent = {"post": [run(session_name="p", dotted_order=order), child]}
    await client.post("/runs/batch", json=sent)
    (project,) = (await client.get("/sessions", params={"name": "p"})).json()
    asked = {"project_ids": [project["id"]], "run_type": "LLM", "page_size": 1, "max_start_time": START}
    page = (await client.post("/api/v2/runs/query", json=asked)).json()
    (found,) = page["items"]
    assert (found["id"], found["project_id"], found["status"]) == (CHILD, project["id"], "SUCCESS")
    assert (found["run_type"], found["parent_run_ids"]) == ("LLM", [RUN])
    asked["cursor"] = page["next_cursor"]
    assert (await client.post("/api/v2/runs/query", json=asked)).json() == {"items": [], "next_cursor": None}
    (root,) = (await client.post("/api/v2/runs/query", json={"ids": [RUN]})).json()["items"]
    assert root == (await client.get(f"/api/v2/runs/{RUN}")).json()
    assert (root["status"], root["is_root"]) == ("PENDING", True)
    refused = await client.post("/api/v2/runs/query", json={"filter": "eq(name, 1)"})
    assert (refused.status_code, list(refused.json())) == (400, ["detail"])


async def test_feedback_is_read_and_changed(client: httpx.AsyncClient) -> None:
    await client.post("/runs", json=run())
    sent = {"id": FEEDBACK, "run_id": RUN, "trace_id": RUN, "key": "stars", "score": 4, "comment": "good",
            "feedback_config": {"type": "continuous", "min": 0, "max": 5}, "created_at": START,
            "feedback_source": {"type": "model"}}  # fmt: skip
    await client.post("/feedback", json=sent)
    (found,) = (await client.get("/feedback", params={"run": RUN, "key": "stars"})).json()
    assert (found["score"], found["comment"], found["feedback_source"]["type"]) == (0.8, "good", "model")
    await client.patch(f"/feedback/{FEEDBACK}", json={"score": 0.5, "comment": None})
    changed = (await client.get(f"/feedback/{FEEDBACK}")).json()
    assert (changed["score"], changed["comment"], changed["feedback_source"]["type"]) == (0.5, None, "model")
    assert (await client.get("/feedback", params={"run": CHILD})).json() == []
    stats = (await client.get(f"/runs/{RUN}")).json()["feedback_stats"]
    assert stats == {"stars": {"n": 1, "avg": 0.5}}


async def test_prompts_of_the_store_are_pulled(database: Path) -> None:
    chat = [
        {"role": "system", "content": "Answer {{name}}."},
        {"type": "placeholder", "name": "history"},
        {"role": "critic", "content": "{{ question }}"},
    ]
    with writing(database) as writer:
        for prompt, labels in (("Q: {{question}}", ("production",)), (chat, ())):
            new = NewPrompt(name="support/answer", type="chat", prompt=prompt, config={}, labels=labels)
            writer.run(lambda db, new=new: prompts.create(db, new, START_NS)).result(timeout=30)  # type: ignore[misc]
    async with client_of(database) as client:
        latest = (await client.get("/commits/-/support/answer/latest")).json()
        first = (await client.get("/commits/-/support/answer/production")).json()
        assert first == (await client.get(f"/commits/-/support/answer/{first['commit_hash']}")).json()
    assert first["manifest"]["kwargs"] == {
        "input_variables": ["question"],
        "template": "Q: {{question}}",
        "template_format": "mustache",
    }
    manifest = latest["manifest"]
    assert manifest["id"] == ["langchain", "prompts", "chat", "ChatPromptTemplate"]
    assert manifest["kwargs"]["input_variables"] == ["history", "name", "question"]
    assert [message["id"][-1] for message in manifest["kwargs"]["messages"]] == [
        "SystemMessagePromptTemplate",
        "MessagesPlaceholder",
        "ChatMessagePromptTemplate",
    ]


async def test_the_workspace_is_named(client: httpx.AsyncClient) -> None:
    settings = (await client.get("/api/v1/settings")).json()
    assert uuid.UUID(settings["id"]) and settings["tenant_handle"] is None
