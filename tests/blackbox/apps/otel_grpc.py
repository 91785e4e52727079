# needs: openai>=2,<4 httpx opentelemetry-sdk opentelemetry-exporter-otlp-proto-grpc
# needs: opentelemetry-instrumentation-genai-openai
"""OpenTelemetry over gRPC with the official GenAI instrumentation."""

from __future__ import annotations

import os

import grpc
from ledger import said
from openai_calls import client, make_calls
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from otel import traced

endpoint = f"127.0.0.1:{os.environ['BLACKBOX_GRPC_PORT']}"
with traced(OTLPSpanExporter(endpoint=endpoint, insecure=True, compression=grpc.Compression.Gzip)):
    make_calls(client())
    said(session="s-1", user="u-1")
