"""What Langfuse's clients ask beside traces: prompts, datasets, runs, media, and reading back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.protocols.langfuse.routes import routes
from tests.clients.asking import client_of
from tests.clients.rearranged import FEW

API = "/api/public"
T0 = "2026-01-01T00:00:00.000Z"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tmp_path / "llmwatch.db") as found:
        yield found


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    reply = await client.post(f"{API}/{path}", json=body)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def get(client: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    reply = await client.get(f"{API}/{path}", params=query)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def refused(reply: httpx.Response, status: int, error: str) -> None:
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["message"]


async def test_any_key_has_the_project(client: httpx.AsyncClient) -> None:
    (project,) = (await get(client, "projects"))["data"]
    assert project.keys() == {"id", "name", "organization", "metadata", "retentionDays"}
    assert (await get(client, "health"))["status"] == "OK"


async def test_a_prompt_with_folders_in_its_name(client: httpx.AsyncClient) -> None:
    made = await post(
        client, "v2/prompts", name="a/b c", prompt="Hi {{x}}", labels=["production"], tags=["t"]
    )
    assert (made["version"], made["type"], made["labels"]) == (1, "text", ["latest", "production"])
    assert (made["config"], made["tags"], made["commitMessage"]) == ({}, ["t"], None)
    for path in ("v2/prompts/a%2Fb%20c", "v2/prompts/a/b%20c"):
        assert await get(client, path) == made
    changed = await client.patch(f"{API}/v2/prompts/a%2Fb%20c/versions/1", json={"newLabels": ["eu"]})
    assert changed.json()["labels"] == ["eu", "latest", "production"]


async def test_versions_and_labels(client: httpx.AsyncClient) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"type": "placeholder", "name": "history"}]
    await post(client, "v2/prompts", name="p", type="chat", prompt=messages, labels=["production"])
    second = await post(
        client, "v2/prompts", name="p", type="chat", prompt=messages[:1], config={"m": 1}, commitMessage="c"
    )
    assert (second["version"], second["commitMessage"]) == (2, "c")
    served = await get(client, "v2/prompts/p")
    assert (served["version"], served["prompt"]) == (1, messages), "production is served"
    assert (await get(client, "v2/prompts/p", label="latest"))["version"] == 2
    assert (await get(client, "v2/prompts/p", version=2))["config"] == {"m": 1}
    moved = await client.patch(f"{API}/v2/prompts/p/versions/2", json={"newLabels": ["production"]})
    assert moved.json()["labels"] == ["latest", "production"]
    assert (await get(client, "v2/prompts/p"))["version"] == 2
    listed = await get(client, "v2/prompts")
    assert listed["meta"] == {"page": 1, "limit": 50, "totalItems": 1, "totalPages": 1}
    (row,) = listed["data"]
    assert (row["versions"], row["labels"], row["lastConfig"]) == ([1, 2], ["latest", "production"], {"m": 1})
    assert (await client.delete(f"{API}/v2/prompts/p?version=2")).status_code == 204
    assert (await get(client, "v2/prompts/p", label="latest"))["version"] == 1


async def test_a_prompt_that_is_not_there(client: httpx.AsyncClient) -> None:
    refused(await client.get(f"{API}/v2/prompts/p"), 404, "LangfuseNotFoundError")
    await post(client, "v2/prompts", name="p", prompt="x")
    refused(await client.get(f"{API}/v2/prompts/p"), 404, "LangfuseNotFoundError")
    refused(await client.get(f"{API}/v2/prompts/p?version=2"), 404, "LangfuseNotFoundError")
    refused(await client.delete(f"{API}/v2/prompts/q"), 404, "LangfuseNotFoundError")
    moved = await client.patch(f"{API}/v2/prompts/p/versions/2", json={"newLabels": ["a"]})
    refused(moved, 404, "LangfuseNotFoundError")


@pytest.mark.parametrize(
    "body",
    [
        {}, [], {"name": "p"}, {"name": "", "prompt": "x"}, {"name": "p", "prompt": 5},
        {"name": "p", "prompt": "x", "type": "chat"}, {"name": "p", "prompt": ["x"], "type": "chat"},
        {"name": "p", "prompt": "x", "type": "poem"}, {"name": "p", "prompt": "x", "labels": "production"},
        {"name": "p", "prompt": "x", "labels": [1]}, {"name": "p", "prompt": "x", "tags": {"a": 1}},
    ],
    ids=repr,
)  # fmt: skip
async def test_what_is_no_prompt(body: Any, client: httpx.AsyncClient) -> None:
    refused(await client.post(f"{API}/v2/prompts", json=body), 400, "InvalidRequestError")
    assert (await get(client, "v2/prompts"))["data"] == []


@pytest.mark.parametrize(
    "path",
    ["v2/prompts?page=0", "v2/prompts?limit=x", "v2/prompts?limit=-1", "v2/prompts?page=99999999999999999",
     "v2/prompts/p?version=x", "v2/prompts/p?version=1&label=a", "dataset-run-items?datasetId=d",
     "dataset-items?version=2026-01-01T00:00:00Z", "traces?fromTimestamp=soon", "v3/scores?cursor=x"],
)  # fmt: skip
async def test_what_is_no_question(path: str, client: httpx.AsyncClient) -> None:
    refused(await client.get(f"{API}/{path}"), 400, "InvalidRequestError")


async def test_a_dataset_and_a_run_over_it(client: httpx.AsyncClient) -> None:
    made = await post(client, "v2/datasets", name="qa/eu", description="d", metadata={"a": 1})
    again = await post(client, "datasets", name="qa/eu", description="e")
    assert (again["id"], again["description"], again["metadata"]) == (made["id"], "e", {"a": 1})
    assert await get(client, "v2/datasets/qa%2Feu") == again
    item = await post(
        client, "dataset-items", datasetName="qa/eu", input={"q": 1}, expectedOutput="one", sourceTraceId="s"
    )
    assert (item["status"], item["datasetName"], item["mediaReferences"]) == ("ACTIVE", "qa/eu", [])
    second = await post(client, "dataset-items", datasetName="qa/eu", id="two", input=[2], metadata=None)
    changed = await post(client, "dataset-items", datasetName="qa/eu", id="two", expectedOutput=2)
    assert (changed["input"], changed["expectedOutput"], changed["createdAt"]) == (
        [2],
        2,
        second["createdAt"],
    )
    assert await get(client, "dataset-items/two") == changed
    listed = await get(client, "dataset-items", datasetName="qa/eu", limit=1, page=2)
    assert [row["id"] for row in listed["data"]] == ["two"]
    assert listed["meta"] == {"page": 2, "limit": 1, "totalItems": 2, "totalPages": 2}
    link = {"runName": "june 1", "datasetItemId": "two", "traceId": "t", "metadata": {"m": 1}}
    linked = await post(client, "dataset-run-items", **link, runDescription="first")
    assert (await post(client, "dataset-run-items", **link))["id"] == linked["id"], "sent twice, kept once"
    run = await get(client, "datasets/qa%2Feu/runs/june%201")
    assert (run["name"], run["description"], run["metadata"]) == ("june 1", "first", {"m": 1})
    assert [(row["traceId"], row["datasetItemId"]) for row in run["datasetRunItems"]] == [("t", "two")]
    assert [row["name"] for row in (await get(client, "datasets/qa%2Feu/runs"))["data"]] == ["june 1"]
    asked = await get(client, "dataset-run-items", datasetId=made["id"], runName="june 1")
    assert asked["meta"]["totalItems"] == 1
    whole = await get(client, "datasets/qa%2Feu")
    assert ([row["id"] for row in whole["items"]], whole["runs"]) == ([item["id"], "two"], ["june 1"])
    await post(client, "dataset-items", datasetName="qa/eu", id="two", status="ARCHIVED")
    assert (await get(client, "dataset-items", datasetName="qa/eu"))["meta"]["totalItems"] == 1
    assert (await client.delete(f"{API}/datasets/qa%2Feu/runs/june%201")).status_code == 200
    assert (await client.delete(f"{API}/dataset-items/two")).status_code == 200
    assert (await get(client, "v2/datasets"))["meta"]["totalItems"] == 1


async def test_what_is_not_there_in_datasets(client: httpx.AsyncClient) -> None:
    for path in ("v2/datasets/x", "datasets/x/runs", "datasets/x/runs/y", "dataset-items/x",
                 "dataset-items?datasetName=x", "dataset-run-items?datasetId=x&runName=y"):  # fmt: skip
        refused(await client.get(f"{API}/{path}"), 404, "LangfuseNotFoundError")
    reply = await client.post(f"{API}/dataset-items", json={"datasetName": "x", "input": 1})
    refused(reply, 404, "LangfuseNotFoundError")
    link = {"runName": "r", "datasetItemId": "i", "traceId": "t"}
    refused(await client.post(f"{API}/dataset-run-items", json=link), 404, "LangfuseNotFoundError")
    for name in ("a", "b"):
        await post(client, "v2/datasets", name=name)
    await post(client, "dataset-items", datasetName="a", id="i", input=1)
    reply = await client.post(f"{API}/dataset-items", json={"datasetName": "b", "id": "i"})
    refused(reply, 409, "LangfuseConflictError")
    reply = await client.post(f"{API}/dataset-items", json={"datasetName": "a", "status": "GONE"})
    refused(reply, 400, "InvalidRequestError")
    reply = await client.post(f"{API}/dataset-run-items", json={"runName": "r", "datasetItemId": "i"})
    refused(reply, 400, "InvalidRequestError")
    assert (await get(client, "datasets/a/runs"))["data"] == [], "nothing was made of a bad request"


async def test_a_run_item_may_name_only_the_observation(client: httpx.AsyncClient) -> None:
    await post(client, "v2/datasets", name="d")
    await post(client, "dataset-items", datasetName="d", id="i", input=1)
    body = {"id": "obs-1", "traceId": "trace-1", "startTime": T0}
    event = {"id": "e", "type": "span-create", "timestamp": T0, "body": body}
    await client.post(f"{API}/ingestion", json={"batch": [event]})
    linked = await post(client, "dataset-run-items", runName="r", datasetItemId="i", observationId="obs-1")
    assert (linked["traceId"], linked["observationId"]) == ("trace-1", "obs-1")


async def test_a_file_need_not_be_uploaded(client: httpx.AsyncClient) -> None:
    """The id is the SDK's own (langfuse.media.LangfuseMedia), or it would complain of a mismatch."""
    digest = hashlib.sha256(b"an image").digest()
    sha = base64.b64encode(digest).decode()
    asked = {"traceId": "t", "field": "input", "contentType": "image/png", "contentLength": 8}
    told = await post(client, "media", **asked, sha256Hash=sha)
    media_id = sha.replace("+", "-").replace("/", "_")[:22]
    assert told == {"mediaId": media_id, "uploadUrl": None}
    body = {"uploadedAt": T0, "uploadHttpStatus": 200}
    assert (await client.patch(f"{API}/media/{media_id}", json=body)).status_code == 204
    for bad in ({}, {"sha256Hash": "???"}, {"sha256Hash": "YWJj"}):
        refused(await client.post(f"{API}/media", json=bad), 400, "InvalidRequestError")


async def test_what_was_sent_can_be_read_back(client: httpx.AsyncClient) -> None:
    def event(type_: str, **body: Any) -> dict[str, Any]:
        return {"id": f"{type_}{body.get('id')}", "type": type_, "timestamp": T0, "body": body}

    batch = [
        event("trace-create", id="t-1", name="ask", timestamp=T0, input={"q": 1}, output="a", sessionId="s",
              userId="u", tags=["b"], metadata={"k": 1}, release="r1"),
        event("generation-create", id="gen-1", traceId="t-1", name="answer", startTime=T0,
              model="gpt-4o-mini", endTime="2026-01-01T00:00:02.000Z", output="a",
              input=[{"role": "user", "content": "hi"}], usage={"input": 10, "output": 5},
              promptName="p", promptVersion=3, level="WARNING"),
        event("event-create", id="event-1", traceId="t-1", parentObservationId="gen-1", startTime=T0),
        event("score-create", id="sc", traceId="t-1", observationId="gen-1", name="good", value=0.5),
        event("score-create", id="sd", traceId="t-1", name="tone", value="kind", dataType="CATEGORICAL"),
    ]  # fmt: skip
    reply = await client.post(f"{API}/ingestion", json={"batch": batch})
    assert reply.json()["errors"] == []
    trace = await get(client, "traces/t-1")
    assert {name: trace[name] for name in ("name", "input", "output", "sessionId", "userId", "release")} == {
        "name": "ask", "input": {"q": 1}, "output": "a", "sessionId": "s", "userId": "u", "release": "r1",
    }  # fmt: skip
    assert (trace["tags"], trace["metadata"], trace["timestamp"]) == (["b"], {"k": 1}, T0)
    assert (trace["latency"], trace["htmlPath"]) == (2.0, "/project/llmwatch/traces/t-1")
    generation = await get(client, "observations/gen-1")
    observations = {row["id"]: row for row in trace["observations"]}
    assert observations.keys() == {"gen-1", "event-1"}, "the trace is no observation"
    assert observations["gen-1"] == generation
    assert (generation["type"], generation["parentObservationId"]) == ("GENERATION", None)
    assert (observations["event-1"]["type"], observations["event-1"]["parentObservationId"]) == (
        "EVENT",
        "gen-1",
    )
    assert generation["usage"] == {"input": 10, "output": 5, "total": 15, "unit": "TOKENS"}
    assert generation["usageDetails"] == {"input": 10, "output": 5, "total": 15}
    assert (generation["model"], generation["level"]) == ("gpt-4o-mini", "WARNING")
    assert (generation["promptName"], generation["promptVersion"]) == ("p", 3)
    assert (generation["input"], generation["output"]) == ([{"role": "user", "content": "hi"}], "a")
    assert generation["endTime"] == "2026-01-01T00:00:02.000Z"
    scores = {row["id"]: row for row in trace["scores"]}
    assert (scores["sc"]["dataType"], scores["sc"]["value"]) == ("NUMERIC", 0.5)
    assert scores["sc"]["observationId"] == "gen-1"
    assert (scores["sd"]["dataType"], scores["sd"]["stringValue"]) == ("CATEGORICAL", "kind")
    session = await get(client, "sessions/s")
    assert [row["id"] for row in session["traces"]] == ["t-1"]
    for query in ({"userId": "u"}, {"sessionId": "s"}, {"name": "ask"}, {"fromTimestamp": T0}, {}):
        (row,) = (await get(client, "traces", **query))["data"]
        assert row["id"] == "t-1"
    assert (set(row["observations"]), set(row["scores"])) == ({"gen-1", "event-1"}, {"sc", "sd"})
    assert (await get(client, "traces", userId="nobody"))["meta"]["totalItems"] == 0
    assert (await get(client, "scores/sc"))["name"] == "good"
    (found,) = (await get(client, "v2/scores", name="tone"))["data"]
    assert found["trace"]["userId"] == "u"
    first = await get(client, "v3/scores", limit=1)
    second = await get(client, "v3/scores", limit=1, cursor=first["meta"]["cursor"])
    values = {row["value"] for row in (*first["data"], *second["data"])}
    assert values == {0.5, "kind"}
    assert "cursor" not in second["meta"]


async def test_observations_are_found_by_what_is_known_of_them(client: httpx.AsyncClient) -> None:
    def event(type_: str, at: int, **body: Any) -> dict[str, Any]:
        start = f"2026-01-01T00:00:0{at}.000Z"
        return {"id": str(at), "type": type_, "timestamp": T0, "body": {"startTime": start, **body}}

    batch = [
        event("span-create", 1, id="a", traceId="t", name="retrieve", level="WARNING"),
        event("generation-create", 2, id="b", traceId="t", name="answer", model="m", userId="u"),
        event("generation-create", 3, id="c", traceId="t", parentObservationId="a", level="ERROR"),
        event("tool-create", 4, id="d", traceId="t2", name="answer", sessionId="s"),
    ]
    assert (await client.post(f"{API}/ingestion", json={"batch": batch})).json()["errors"] == []
    asked: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["d", "c", "b", "a"]), ({"traceId": "t"}, ["c", "b", "a"]), ({"traceId": "none"}, []),
        ({"traceId": "t", "type": "GENERATION"}, ["c", "b"]), ({"type": "TOOL"}, ["d"]),
        ({"name": "answer"}, ["d", "b"]), ({"userId": "u"}, ["b"]), ({"sessionId": "s"}, ["d"]),
        ({"parentObservationId": "a"}, ["c"]), ({"level": "ERROR"}, ["c"]),
        ({"level": "WARNING"}, ["a"]), ({"level": "DEFAULT"}, ["d", "b"]),
        ({"fromStartTime": "2026-01-01T00:00:02Z", "toStartTime": "2026-01-01T00:00:04Z"}, ["c", "b"]),
    ]  # fmt: skip
    for query, ids in asked:
        for path in ("observations", "v2/observations"):
            found = await get(client, path, **query)
            assert [row["id"] for row in found["data"]] == ids, query
    paged = await get(client, "observations", limit=3, page=2)
    assert ([row["id"] for row in paged["data"]], paged["meta"]["totalItems"]) == (["a"], 4)
    first = await get(client, "v2/observations", limit=3)
    rest = await get(client, "v2/observations", limit=3, cursor=first["meta"]["cursor"])
    assert [row["id"] for row in (*first["data"], *rest["data"])] == ["d", "c", "b", "a"]
    assert rest["meta"] == {"limit": 3}
    refused(await client.get(f"{API}/observations?type=POEM"), 400, "InvalidRequestError")


@pytest.mark.parametrize("path", ["traces/x", "observations/x", "sessions/x", "scores/x", "v2/scores/x"])
async def test_what_was_never_sent(path: str, client: httpx.AsyncClient) -> None:
    refused(await client.get(f"{API}/{path}"), 404, "LangfuseNotFoundError")


async def test_a_part_of_an_id_is_none(client: httpx.AsyncClient) -> None:
    body = {"id": "observation-1", "traceId": "trace-1", "startTime": T0}
    event = {"id": "e", "type": "span-create", "timestamp": T0, "body": body}
    await client.post(f"{API}/ingestion", json={"batch": [event]})
    refused(await client.get(f"{API}/observations/observ"), 404, "LangfuseNotFoundError")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", T0]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
FIELDS = (
    "batch", "id", "type", "timestamp", "body", "name", "prompt", "labels", "tags", "config", "newLabels",
    "datasetName", "datasetItemId", "runName", "input", "expectedOutput", "metadata", "status", "traceId",
    "observationId", "value", "dataType", "comment", "sha256Hash", "description", "sourceTraceId",
)  # fmt: skip
WRITES = [
    (method, route.path.replace("{name:path}", "a").replace("{version}", "1").replace("{id}", "i"))
    for route in routes
    for method in sorted({"POST", "PATCH"} & (route.methods or set()))
]


@FEW
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=8), max_size=8), ANYTHING)
def test_no_body_breaks_anything(bodies: list[dict[str, Any]], other: Any) -> None:
    async def send() -> set[int]:
        with tempfile.TemporaryDirectory() as folder:
            async with client_of(Path(folder) / "llmwatch.db") as found:
                await found.post(f"{API}/v2/datasets", json={"name": "a"})
                await found.post(f"{API}/v2/prompts", json={"name": "a", "prompt": "x"})
                return {
                    (await found.request(method, path, content=json.dumps(body))).status_code
                    for method, path in WRITES
                    for body in (*bodies, other, bodies)
                }

    assert asyncio.run(send()) <= {200, 202, 204, 207, 400, 404, 409}
