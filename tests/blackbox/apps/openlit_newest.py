# needs: openlit==1.45.0 openai>=2,<3 httpx opentelemetry-api==1.45.1 opentelemetry-sdk==1.45.1
# needs: opentelemetry-instrumentation==0.66b1 opentelemetry-semantic-conventions==0.66b1
"""OpenLIT, which sends traces, logs and metrics."""

from __future__ import annotations

import json
import tempfile

import openlit
from ledger import ORIGIN, said
from openai_calls import client, make_calls
from opentelemetry import trace

with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as prices:
    json.dump({"chat": {}, "embeddings": {}}, prices)  # else it asks the Internet for them
openlit.init(otlp_endpoint=ORIGIN, application_name="blackbox", disable_batch=True, pricing_json=prices.name)
with trace.get_tracer("blackbox").start_as_current_span(
    "run", attributes={"session.id": "s-1", "user.id": "u-1"}
):
    make_calls(client())
said(session="s-1", user="u-1")
