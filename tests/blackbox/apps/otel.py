"""A tracer provider around some instrumented calls; all spans are sent when it is left."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from opentelemetry import trace
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter


@contextlib.contextmanager
def traced(exporter: SpanExporter) -> Iterator[None]:
    """Spans of the openai SDK under a root span with a session and a user."""
    provider = TracerProvider(resource=Resource.create({"service.name": "blackbox"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    with trace.get_tracer("blackbox").start_as_current_span(
        "run", attributes={"session.id": "s-1", "user.id": "u-1"}
    ):
        yield
    provider.shutdown()
