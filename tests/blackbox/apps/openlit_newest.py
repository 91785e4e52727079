# needs: openlit openai>=2,<3 httpx
"""OpenLIT, which sends traces, logs and metrics."""

from __future__ import annotations

import openlit
from ledger import ORIGIN, said
from openai_calls import client, make_calls
from opentelemetry import trace

openlit.init(otlp_endpoint=ORIGIN, application_name="blackbox", disable_batch=True)
with trace.get_tracer("blackbox").start_as_current_span(
    "run", attributes={"session.id": "s-1", "user.id": "u-1"}
):
    make_calls(client())
said(session="s-1", user="u-1")
