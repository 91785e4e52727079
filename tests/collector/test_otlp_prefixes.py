"""OTLP under other platforms' paths, with what their clients say in headers."""

from __future__ import annotations

import pytest

from llmwatch.collector.otlp.replies import JSON, PROTOBUF
from tests.collector.conftest import Collector
from tests.collector.requests import ENCODINGS, SPAN, TRACE, logs, metrics, span, traces

PREFIXES = [
    "/api/public/otel",  # Langfuse
    "/otel",  # LangSmith, Braintrust
    "/api/v1/otel",
    "/api/otel",
    "/api/v1/private/otel",  # Opik
    "/v1/otlp",
    "/s/space/otel",
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("prefix", PREFIXES)
async def test_every_platforms_path(collector: Collector, prefix: str, encoding: str) -> None:
    credentials = {"Authorization": "Basic cGs6c2s=", "x-langfuse-ingestion-version": "4"}
    for path, body in (("traces", traces(span())), ("logs", logs()), ("metrics", metrics())):
        reply = await collector.export(f"{prefix}/v1/{path}", body, encoding, **credentials)
        assert (reply.status_code, reply.content) == (200, b"" if encoding == PROTOBUF else b"{}")
    assert collector.rows("SELECT trace_id, span_id FROM spans") == [(TRACE, SPAN)]


@pytest.mark.parametrize(
    ("header", "value", "service"),
    [
        ("Langsmith-Project", "shop", "shop"),
        ("projectName", "shop", "shop"),
        ("x-bt-parent", "project_name:shop", "shop"),
        ("x-bt-parent", "project_id:7f3a", None),
        ("x-langfuse-public-key", "pk", None),
        ("x-mlflow-experiment-id", "0", None),
    ],
)
async def test_a_project_is_the_service_of_what_names_none(
    collector: Collector, header: str, value: str, service: str | None
) -> None:
    unnamed = traces(span(), service__name="unknown_service:node")
    reply = await collector.client.post("/otel/v1/traces", json=unnamed, headers={header: value})
    assert reply.status_code == 200
    assert collector.detail(TRACE, SPAN).span.context.service == (service or "unknown_service:node")


async def test_a_service_with_a_name_keeps_it(collector: Collector) -> None:
    named = traces(span(), service__name="api")
    await collector.export("/otel/v1/traces", named, JSON, Langsmith_Project="shop")
    assert collector.detail(TRACE, SPAN).span.context.service == "api"
