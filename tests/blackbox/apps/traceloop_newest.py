# needs: traceloop-sdk==0.62.4 openai>=2,<3 httpx opentelemetry-api==1.45.1 opentelemetry-sdk==1.45.1
# needs: opentelemetry-instrumentation==0.66b1 opentelemetry-semantic-conventions==0.66b1
"""Traceloop's SDK (OpenLLMetry)."""

from __future__ import annotations

from ledger import ORIGIN, said
from openai_calls import client, make_calls
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import workflow

Traceloop.init(app_name="blackbox", api_endpoint=ORIGIN, disable_batch=True, telemetry_enabled=False)


@workflow(name="answer")
def answer() -> None:
    """One workflow with all calls."""
    Traceloop.set_association_properties({"session_id": "s-1", "user_id": "u-1"})
    make_calls(client())


answer()
said(session="s-1", user="u-1")
