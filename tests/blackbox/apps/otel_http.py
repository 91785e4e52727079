# needs: openai>=2,<4 httpx opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
# needs: opentelemetry-instrumentation-genai-openai
"""OpenTelemetry over HTTP with the official GenAI instrumentation."""

from __future__ import annotations

from ledger import ORIGIN, said
from openai_calls import client, make_calls
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from otel import traced

with traced(OTLPSpanExporter(endpoint=f"{ORIGIN}/v1/traces")):
    make_calls(client())
    said(session="s-1", user="u-1")
