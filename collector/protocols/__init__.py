"""Other platforms' own protocols, so that their clients need nothing but another address.

A protocol is a package here: its routes, and pure readers that turn its bodies into spans and scores. A new
one is a package and its line in `PROTOCOLS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from llmwatch.collector.protocols.braintrust import routes as braintrust
from llmwatch.collector.protocols.langfuse import routes as langfuse
from llmwatch.collector.protocols.langsmith import routes as langsmith
from llmwatch.collector.protocols.mlflow import routes as mlflow
from llmwatch.collector.protocols.openai_agents import routes as openai_agents
from llmwatch.collector.protocols.phoenix import routes as phoenix
from llmwatch.collector.protocols.traceloop import routes as traceloop
from llmwatch.collector.protocols.weave import routes as weave
from llmwatch.collector.proxy import replies
from llmwatch.collector.proxy import routes as proxy


class Protocol(NamedTuple):
    """What one platform's clients talk to."""

    name: str
    routes: Sequence[Route]
    refuse: Callable[[int, str], Response]
    """An error, by HTTP status and message, in the terms that its clients know."""


PROTOCOLS: Final[tuple[Protocol, ...]] = (
    Protocol("openai", proxy.openai, replies.refuse_openai),
    Protocol("anthropic", proxy.anthropic, replies.refuse_anthropic),
    Protocol("proxy", proxy.named, replies.refuse_openai),
    Protocol("braintrust", braintrust.routes, braintrust.refuse),
    Protocol("langfuse", langfuse.routes, langfuse.refuse),
    Protocol("langsmith", langsmith.routes, langsmith.refuse),
    Protocol("openai_agents", openai_agents.routes, openai_agents.refuse),
    Protocol("phoenix", phoenix.routes, phoenix.refuse),
    Protocol("traceloop", traceloop.routes, traceloop.refuse),
    Protocol("mlflow", mlflow.routes, mlflow.refuse),
    Protocol("weave", weave.routes, weave.refuse),
)


def protocol_of(scope: Scope) -> Protocol | None:
    """Whose path the request asks for; None for OTLP's and our own."""
    for protocol in PROTOCOLS:
        if any(route.matches(scope)[0] != Match.NONE for route in protocol.routes):
            return protocol
    return None
