"""Whatever is posted, the answer is an answer: never a crash, and 5xx only when nothing can be written."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmwatch.collector.guards import NDJSON
from llmwatch.collector.otlp.replies import JSON, PROTOBUF
from tests.collector.conftest import Collector
from tests.collector.requests import TRACE, attributes, encoded, logs, metrics, span, traces

OTLP = ("/v1/traces", "/v1/logs", "/v1/metrics")
PLAIN = ("/api/spans", "/api/scores", "/api/feedback", "/api/replays")
ROUTES = [
    *((path, encoding) for path in OTLP for encoding in (PROTOBUF, JSON)),
    *((path, encoding) for path in PLAIN for encoding in (JSON, NDJSON)),
]
VALID = {
    PROTOBUF: [
        encoded(r, PROTOBUF) for r in (traces(span(attributes=attributes(a=[1, {"b": "c"}]))), logs({}))
    ],
    JSON: [
        *(encoded(r, JSON) for r in (traces(span()), logs({"body": {"stringValue": "x"}}), metrics({}))),
        b'{"trace_id": "t", "span_id": "s", "model": "gpt-4o", "prompt": "hi", "response": "ho"}',
        b'[{"trace_id": "t", "name": "quality", "value": 0.5}]',
    ],
    NDJSON: [b'{"model": "m", "prompt": "p"}\n{"trace_id": "t", "feedback": "thumbs_up"}\n'],
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "a\0b"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["trace_id", "span_id", "model", "messages", "usage", "start_time", "value", "name", "score",
                 "resourceSpans", "scopeSpans", "spans", "traceId", "attributes", "key", "intValue", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, encoding: str) -> bytes:
    """A valid body with some bytes changed, left out or doubled."""
    body = bytearray(draw(st.sampled_from(VALID[encoding])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body) - 1))
        match draw(st.sampled_from(["change", "cut", "repeat"])):
            case "change":
                body[at] = draw(st.integers(0, 255))
            case "cut":
                del body[at : at + draw(st.integers(1, 8))]
            case "repeat":
                body[at:at] = body[at : at + draw(st.integers(1, 30))]
        if not body:
            break
    return bytes(body)


def bodies(encoding: str) -> st.SearchStrategy[bytes]:
    if encoding == PROTOBUF:
        return st.binary(max_size=200) | damaged(encoding)
    texts = json_values.map(lambda value: json.dumps(value).encode())
    return st.binary(max_size=50) | texts | damaged(encoding)


@pytest.mark.parametrize(("path", "encoding"), ROUTES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_bytes_are_answered(
    collector: Collector, path: str, encoding: str, data: st.DataObject
) -> None:
    body = data.draw(bodies(encoding))
    response = await collector.export(path, body, encoding)  # an error in the app is raised here
    assert response.status_code in (200, 400)


NOTORIOUS = (
    b"[" * 100_000, b'{"a":' * 100_000, b'"\\ud800"', b"NaN", b"[NaN]", b"1" * 10_000, b"\xff", b"null",
    b"[]",
)  # fmt: skip


@pytest.mark.parametrize(("path", "encoding"), ROUTES)
async def test_notorious_bodies_are_answered(collector: Collector, path: str, encoding: str) -> None:
    for body in NOTORIOUS:
        response = await collector.export(path, body, encoding)
        assert response.status_code in (200, 400)


HOSTILE_VALUES: dict[str, Any] = {
    "huge": 2**63 - 1,
    "small": -(2**63),
    "not a number": float("nan"),
    "endless": float("inf"),
    "nul": "a\0b",
    "escape": "\x1b]0;title\x07\x1b[2J",
    "bidi": "\u202eevil\u2066",
    "tags": "\U000e0041\U000e0042",
    "empty": "",
    "long": "x" * 20_000,
    "bytes": b"\xff\x00",
    "list": [[[[["x"] * 50] * 5]]],
    "json": '{"role": "user", "content": ' * 200,
    "deep json": "[" * 20_000,
    "number": "9" * 400,
    "date": "999999-99-99T99:99:99",
}
KEYS = (
    "gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.response.finish_reasons",
    "gen_ai.request.temperature", "gen_ai.usage.cost", "gen_ai.response.time_to_first_chunk",
    "openinference.span.kind", "llm.token_count.prompt", "llm.input_messages.0.message.content",
    "llm.input_messages.99999999.message.role", "llm.invocation_parameters", "input.value",
    "output.value", "session.id", "user.id", "tag.tags", "metadata",
    "retrieval.documents.0.document.score", "eval.quality_score", "llm.cost_usd", "error.type",
    "service.name",
)  # fmt: skip


@pytest.mark.parametrize("encoding", [PROTOBUF, JSON])
@pytest.mark.parametrize("name", HOSTILE_VALUES)
async def test_a_hostile_value_under_every_key_costs_no_span(
    collector: Collector, name: str, encoding: str
) -> None:
    value = HOSTILE_VALUES[name]
    sent = [
        span(f"{number:016x}", attributes=attributes(**{key: value}), name=str(value)[:100])
        for number, key in enumerate(KEYS, 1)
    ]
    sent.append(span("f" * 16, attributes=attributes(**dict.fromkeys(KEYS, value))))
    response = await collector.export("/v1/traces", traces(*sent, **{"service.name": value}), encoding)
    assert (response.status_code, response.content) == (200, b"" if encoding == PROTOBUF else b"{}")
    assert collector.rows("SELECT count(*) FROM spans") == [(len(KEYS) + 1,)]
    for (span_id,) in collector.rows("SELECT span_id FROM spans"):
        collector.detail(TRACE, span_id)


async def test_a_gzip_bomb_is_refused(collector: Collector) -> None:
    bomb = gzip.compress(bytes(16 << 20), 9)
    response = await collector.export("/v1/traces", bomb, PROTOBUF, Content_Encoding="gzip")
    assert response.status_code == 413


async def test_repeated_prompts_that_compress_well_are_taken(collector: Collector) -> None:
    many = [span(f"{number:016x}", attributes=attributes(prompt="again " * 300)) for number in range(1, 1000)]
    body = gzip.compress(encoded(traces(*many), PROTOBUF), 9)
    response = await collector.export("/v1/traces", body, PROTOBUF, Content_Encoding="gzip")
    assert response.status_code == 200
    assert collector.rows("SELECT count(*) FROM spans") == [(999,)]


def nested(levels: int) -> bytes:
    """An AnyValue of arrays in arrays, by hand: protobuf itself refuses to build one this deep."""
    value = b"\x0a\x01x"
    for _ in range(levels):
        values = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(values)) + values
    return value


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


@pytest.mark.parametrize("levels", [30, 60, 1000])
async def test_protobuf_nested_too_deeply_is_refused(collector: Collector, levels: int) -> None:
    pair = b"\x0a\x01k\x12" + varint(len(nested(levels))) + nested(levels)
    resource = b"\x0a" + varint(len(pair)) + pair
    group = b"\x0a" + varint(len(resource)) + resource
    body = b"\x0a" + varint(len(group)) + group
    response = await collector.export("/v1/traces", body, PROTOBUF)
    assert response.status_code == (200 if levels == 30 else 400)
