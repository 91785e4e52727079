"""An app under the official instrumentation: makes real calls and prints what it saw, one JSON object a call.

usage: app.py STUB_ORIGIN OTLP_ORIGIN {protobuf|gzip|json}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from openai import APIStatusError, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from tests.sdk.json_exporter import JsonSpanExporter

QUESTION = "How long does a refund take once you have the Fjell stove back?"
SYSTEM = "You answer customers of Harbor & Pine."
TOOLS: list[ChatCompletionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "get_order",
            "description": "The state of an order.",
            "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}},
        },
    }
]
MESSAGES: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": QUESTION},
]
tracer = trace.get_tracer("tests.sdk.app", "1.2.3")


def main(stub: str, origin: str, transport: str) -> None:
    """Make every call within a span of its own and send all spans and logs before the end."""
    resource = Resource.create(
        {"service.name": "sdk-app", "service.version": "4.5.6", "deployment.environment.name": "test"}
    )
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(BatchSpanProcessor(_span_exporter(origin, transport)))
    trace.set_tracer_provider(spans)
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{origin}/v1/logs")))
    _logs.set_logger_provider(logs)
    OpenAIInstrumentor().instrument(tracer_provider=spans, logger_provider=logs)
    with OpenAI(base_url=f"{stub}/v1", api_key="sk-none", max_retries=0) as client:
        for case in (chat, streamed, tools, failing, embeddings, responses):
            _run(case, client)
    spans.shutdown()
    logs.shutdown()


def _span_exporter(origin: str, transport: str) -> SpanExporter:
    if transport == "json":
        return JsonSpanExporter(f"{origin}/v1/traces")
    compression = Compression.Gzip if transport == "gzip" else Compression.NoCompression
    return OTLPSpanExporter(endpoint=f"{origin}/v1/traces", compression=compression)


def _run(case: Callable[[OpenAI], dict[str, Any]], client: OpenAI) -> None:
    attributes: dict[str, str | bool] = {
        "session.id": "s-1",
        "user.id": "u-1",
        "feature": case.__name__,
        "app.cached": False,
    }
    with tracer.start_as_current_span(case.__name__, attributes=attributes) as span:
        span.add_event("cache.miss", {"key": case.__name__})
        context = span.get_span_context()
        seen = case(client)
    identifiers = {"trace_id": f"{context.trace_id:032x}", "root_id": f"{context.span_id:016x}"}
    print(json.dumps({"case": case.__name__, **identifiers, **seen}))


def chat(client: OpenAI) -> dict[str, Any]:
    """A plain call with parameters."""
    answer = client.chat.completions.create(
        model="gpt-4o-mini", messages=MESSAGES, temperature=0.25, max_tokens=321, top_p=0.9, seed=7
    )
    return answer.model_dump()


def streamed(client: OpenAI) -> dict[str, Any]:
    """A streamed call."""
    stream = client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    usage = chunks[-1].usage
    return {
        "id": chunks[0].id,
        "text": "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices),
        "usage": usage.model_dump() if usage else None,
    }


def tools(client: OpenAI) -> dict[str, Any]:
    """A call that is answered with tool calls."""
    return client.chat.completions.create(model="gpt-4o", messages=MESSAGES, tools=TOOLS).model_dump()


def failing(client: OpenAI) -> dict[str, Any]:
    """A call that is refused with 429."""
    try:
        client.chat.completions.create(model="fail-429", messages=MESSAGES)
    except APIStatusError as error:
        return {"error": type(error).__name__, "message": str(error)}
    raise AssertionError("the stub did not fail")


def embeddings(client: OpenAI) -> dict[str, Any]:
    """Two embeddings."""
    answer = client.embeddings.create(model="text-embedding-3-small", input=["a tent", "a stove"])
    return {"usage": answer.usage.model_dump()}


def responses(client: OpenAI) -> dict[str, Any]:
    """The same question by the responses API."""
    answer = client.responses.create(model="gpt-4o", instructions=SYSTEM, input=QUESTION, temperature=0.5)
    return {"id": answer.id, "text": answer.output_text, "usage": answer.usage and answer.usage.model_dump()}


if __name__ == "__main__":
    main(*sys.argv[1:])
