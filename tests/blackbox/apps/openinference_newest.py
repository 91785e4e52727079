# needs: openinference-instrumentation-openai openai httpx opentelemetry-sdk
# needs: opentelemetry-exporter-otlp-proto-http
"""OpenInference's instrumentation with an ordinary OTLP exporter."""

from __future__ import annotations

from ledger import ORIGIN, said
from openai_calls import client, make_calls
from openinference.instrumentation import using_session, using_user
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{ORIGIN}/v1/traces")))
OpenAIInstrumentor().instrument(tracer_provider=provider)
with using_session("s-1"), using_user("u-1"):
    make_calls(client())
provider.shutdown()
said(session="s-1", user="u-1")
