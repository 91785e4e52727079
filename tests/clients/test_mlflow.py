"""MLflow's tracking server: experiments, traces told as a whole, as files and by OTLP, assessments.

The bodies are those that mlflow 3.17 sends, with the ids of one trace of two spans.
"""

from __future__ import annotations

import base64
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from llmwatch.collector.protocols.mlflow.experiments import id_of, name_of
from llmwatch.store.rows import SpanDetail
from tests.clients.asking import asked
from tests.dialects.stored import details

TRACE, ROOT, CALL = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "c7ad6b7169203332"
START = 1_795_238_048_000_000_000
SECOND = 1_000_000_000
AGENT = {"User-Agent": "mlflow-python-client/3.17.2"}

REQUEST = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
RESPONSE = {"id": "chatcmpl-1", "model": "gpt-4o-mini-2024-07-18", "choices": [
    {"finish_reason": "stop", "index": 0, "message": {"role": "assistant", "content": "yes"}}]}  # fmt: skip
USAGE = {"input_tokens": 7, "output_tokens": 4, "total_tokens": 11}
INFO: dict[str, Any] = {
    "trace_id": f"tr-{TRACE}",
    "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "support-bot"}},
    "request_preview": '{"q": "hi"}', "response_preview": '"yes"',
    "request_time": "2026-11-21T05:14:08Z", "execution_duration": "1.5s", "state": "OK",
    "trace_metadata": {"mlflow.trace.session": "sess-42", "mlflow.trace.user": "user-7", "tenant": "acme"},
    "tags": {"mlflow.traceName": "answer", "env": "dev"},
}  # fmt: skip
START_TRACE = ("POST", "/api/3.0/mlflow/traces", {"trace": {"trace_info": INFO}})


def in_base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def in_file(own: str, parent: str | None, name: str, attributes: dict[str, str]) -> dict[str, Any]:
    return {
        "trace_id": in_base64(TRACE), "span_id": in_base64(own),
        "parent_span_id": parent and in_base64(parent), "name": name, "start_time_unix_nano": START,
        "end_time_unix_nano": START + SECOND, "events": [], "attributes": attributes,
        "status": {"code": "STATUS_CODE_OK", "message": ""},
    }  # fmt: skip


CALLED = {
    "mlflow.spanType": '"CHAT_MODEL"',
    "mlflow.spanInputs": '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}',
    "mlflow.spanOutputs": '{"id": "chatcmpl-1", "model": "gpt-4o-mini-2024-07-18", "choices": [{"index": 0,'
    ' "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}]}',
    "mlflow.chat.tokenUsage": '{"input_tokens": 7, "output_tokens": 4, "total_tokens": 11}',
    "model": '"gpt-4o-mini"',
}
FILE = {"spans": [in_file(ROOT, None, "answer", {"mlflow.spanType": '"AGENT"'}),
                  in_file(CALL, ROOT, "Completions", CALLED)]}  # fmt: skip
PUT_FILE = (
    "PUT",
    f"/api/2.0/mlflow-artifacts/artifacts/support-bot/traces/tr-{TRACE}/artifacts/traces.json",
    FILE,
)


def over_otlp(own: str, parent: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        "traceId": TRACE, "spanId": own, "parentSpanId": parent, "name": name, "status": {"code": 1},
        "startTimeUnixNano": str(START), "endTimeUnixNano": str(START + SECOND),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }  # fmt: skip


OTLP = ("POST", "/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": [
    over_otlp(ROOT, "", "answer", {"mlflow.spanType": "AGENT"}),
    over_otlp(CALL, ROOT, "Completions", {**CALLED, "mlflow.spanType": "CHAT_MODEL", "model": "gpt-4o-mini"}),
]}]}]})  # fmt: skip
ASSESS = ("POST", f"/api/3.0/mlflow/traces/tr-{TRACE}/assessments", {"assessment": {
    "assessment_name": "correct", "trace_id": f"tr-{TRACE}", "source": {"source_type": "HUMAN",
    "source_id": "ann"}, "feedback": {"value": True}, "rationale": "because",
    "create_time": "2026-11-21T05:14:10Z",
}})  # fmt: skip


async def sent(folder: Path, requests: Any) -> list[SpanDetail]:
    for method, path, body in requests:
        reply, _ = await asked(folder, method, path, json=body, headers=AGENT)
        assert reply.status_code == 200, reply.text
    return details(folder / "llmwatch.db")


@pytest.mark.parametrize("requests", permutations([OTLP, START_TRACE, PUT_FILE]), ids=lambda _: "")
async def test_one_row_a_span_in_whatever_order(requests: Any, tmp_path: Path) -> None:
    stored = {
        detail.row.span_id: detail
        for detail in await sent(tmp_path, [requests[0], ASSESS, *requests[1:], requests[0]])
    }
    assert stored.keys() == {TRACE, ROOT, CALL}
    whole, root, call = stored[TRACE], stored[ROOT], stored[CALL]
    assert {detail.row.trace_id for detail in stored.values()} == {TRACE}
    assert (whole.row.state, root.row.state, call.row.state) == ("partial", "ended", "ended")
    context = whole.span.context
    assert (context.service, context.session_id, context.user_id) == ("support-bot", "sess-42", "user-7")
    assert context.metadata == {"tenant": "acme", "env": "dev"}
    assert (whole.span.name, (whole.span.end_ns or 0) - whole.span.start_ns) == ("answer", 1.5 * SECOND)
    assert (root.row.kind, call.row.kind, call.span.parent_id) == ("agent", "llm", ROOT)
    told = call.span.call
    assert told is not None
    assert told.usage is not None
    assert (told.request_model, told.response_model) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    assert (told.usage.input_tokens, told.usage.output_tokens, told.finish_reasons) == (7, 4, ("stop",))
    assert [message.role for message in call.span.content.input_messages] == ["user"]
    assert {(s.name, s.value, s.comment, s.source, s.user_id) for s in root.scores} == {
        ("correct", 1.0, "because", "human", "ann")
    }


async def test_a_trace_gets_a_place_for_its_files(tmp_path: Path) -> None:
    method, path, body = START_TRACE
    reply, _ = await asked(tmp_path, method, path, json=body)
    info = reply.json()["trace"]["trace_info"]
    assert info["tags"]["mlflow.artifactLocation"].startswith("mlflow-artifacts:/support-bot/")
    assert (info["trace_id"], info["request_time"]) == (INFO["trace_id"], INFO["request_time"])
    reply, _ = await asked(tmp_path, "GET", f"{path}/tr-{TRACE}")
    assert reply.json()["trace"]["trace_info"]["trace_metadata"] == INFO["trace_metadata"]
    reply, _ = await asked(tmp_path, "GET", f"{path}/tr-{ROOT}")
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


async def test_tags_that_come_later(tmp_path: Path) -> None:
    _, path, _ = START_TRACE
    tag = ("PATCH", f"/api/2.0/mlflow/traces/tr-{TRACE}/tags", {"key": "verdict", "value": "good"})
    (whole,) = await sent(tmp_path, [tag, START_TRACE])
    assert whole.span.context.metadata == {"tenant": "acme", "env": "dev", "verdict": "good"}
    reply, _ = await asked(tmp_path, "GET", f"{path}/tr-{TRACE}")
    tags = reply.json()["trace"]["trace_info"]["tags"]
    assert {**tags, "mlflow.artifactLocation": ""} == {
        **INFO["tags"], "verdict": "good", "mlflow.artifactLocation": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("assessment", "told"),
    [
        ({"source": {"source_type": "LLM_JUDGE"}, "feedback": {"value": 0.25}},
         (0.25, "0.25", None, "judge")),
        ({"source": {"source_type": "CODE"}, "feedback": {"value": {"a": 1}}, "rationale": "r"},
         (None, '{"a":1}', "r", "heuristic")),
        ({"feedback": {"error": {"error_code": "TIMEOUT", "error_message": "too slow"}}},
         (None, None, "too slow", "app")),
        ({"source": {"source_type": "HUMAN"}, "expectation": {"value": "Paris"}},
         (None, None, "Paris", "human")),
    ],
)  # fmt: skip
async def test_assessments_in_every_form(assessment: Any, told: Any, tmp_path: Path) -> None:
    method, path, _ = ASSESS
    item = {"assessment_name": "a", "trace_id": f"tr-{TRACE}", "span_id": CALL, **assessment}
    reply, _ = await asked(tmp_path, method, path, json={"assessment": item})
    made = reply.json()["assessment"]
    assert made["assessment_id"]
    assert made["create_time"]
    stored = await sent(tmp_path, [PUT_FILE])
    (call,) = [detail for detail in stored if detail.row.span_id == CALL]
    ((score),) = call.scores
    assert (score.value, score.raw_value, score.comment, score.source) == told


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=support-bot", None),
        ("GET", "/api/2.0/mlflow/experiments/get?experiment_id=support-bot", None),
    ],
)
async def test_every_experiment_is_there(method: str, path: str, body: Any, tmp_path: Path) -> None:
    reply, _ = await asked(tmp_path, method, path, json=body)
    experiment = reply.json()["experiment"]
    assert (experiment["experiment_id"], experiment["name"]) == ("support-bot", "support-bot")
    assert experiment["lifecycle_stage"] == "active"


async def test_experiments_are_created_and_searched(tmp_path: Path) -> None:
    path = "/api/2.0/mlflow/experiments"
    reply, _ = await asked(tmp_path, "POST", f"{path}/create", json={"name": "support-bot"})
    assert reply.json() == {"experiment_id": "support-bot"}
    reply, _ = await asked(tmp_path, "POST", f"{path}/search", json={"max_results": 1})
    assert [found["experiment_id"] for found in reply.json()["experiments"]] == ["0"]


@pytest.mark.parametrize(
    ("name", "own"),
    [("support-bot", "support-bot"), ("Default", "0"), ("/Users/ann/my bot", "Users-ann-my-bot"),
     ("é", "experiment"), ("x" * 99, "x" * 64)],
)  # fmt: skip
def test_ids_are_what_the_client_takes_as_one(name: str, own: str) -> None:
    assert id_of(name) == own
    assert name_of("0") == "Default"


@pytest.mark.parametrize("request_", [START_TRACE, PUT_FILE, ASSESS], ids=["trace", "file", "assessment"])
@pytest.mark.parametrize("body", ["{", "[]", '{"spans": [1], "trace": 2, "assessment": 3}', '{"spans": "x"}'])
async def test_a_bad_body_gets_mlflows_error(request_: Any, body: str, tmp_path: Path) -> None:
    method, path, _ = request_
    reply, stored = await asked(tmp_path, method, path, content=body)
    assert (reply.status_code, reply.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert not stored


async def test_one_bad_span_of_a_file_does_not_spoil_the_others(tmp_path: Path) -> None:
    method, path, body = PUT_FILE
    reply, stored = await asked(tmp_path, method, path, json={"spans": [*body["spans"], {"span_id": "%"}]})
    assert reply.status_code == 200
    assert len(stored) == 2


async def test_the_file_of_a_trace_is_read_back(tmp_path: Path) -> None:
    await sent(tmp_path, [OTLP, START_TRACE])
    _, path, _ = PUT_FILE
    reply, _ = await asked(tmp_path, "GET", path)
    root, call = reply.json()["spans"]
    assert (root["span_id"], root["parent_span_id"]) == (in_base64(ROOT), None)
    wanted = in_file(CALL, ROOT, "Completions", CALLED)
    assert {name: value for name, value in call.items() if name != "attributes"} == {
        name: value for name, value in wanted.items() if name != "attributes"
    }
    assert call["attributes"] == {**CALLED, "mlflow.traceRequestId": f'"tr-{TRACE}"'}
    reply, _ = await asked(tmp_path, "GET", path.replace("traces.json", "picture.png"))
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


async def test_other_files_are_taken_and_not_kept(tmp_path: Path) -> None:
    path = "/api/2.0/mlflow-artifacts/artifacts/support-bot/traces/tr-1/artifacts/attachments/picture"
    reply, stored = await asked(tmp_path, "PUT", path, content=b"\x89PNG")
    assert (reply.status_code, stored) == (200, [])


async def test_what_is_not_there_is_said_in_mlflows_words(tmp_path: Path) -> None:
    reply, _ = await asked(tmp_path, "POST", "/api/2.0/mlflow/runs/create", json={})
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
