"""LiteLLM's OpenTelemetry callback: ``litellm_request`` and, below it, ``raw_gen_ai_request``.

The raw one holds what was sent to the provider and came back (``llm.<provider>.*``): the same call, which is
shown and never counted. Values are text where the SDK could not say them otherwise (``"True"``, JSON).
"""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.values import mapping, nanousd, text
from llmwatch.collector.records import RawSpan

_RAW: Final = "raw_gen_ai_request"


def _hidden_cost(value: Any) -> int | None:
    hidden = mapping(value)
    return nanousd(hidden.get("response_cost")) if hidden else None


def _shown(raw: RawSpan, facts: Facts) -> RawSpan:
    """The raw copy of a call as a plain step."""
    if raw.name == _RAW:
        facts["span"]["kind"] = "span"
        for group in ("call", "usage", "parameters"):
            facts[group].clear()
    return raw


LITELLM: Final = Dialect(
    name="litellm",
    marks=("hidden_params",),
    scopes=("litellm",),
    amend=_shown,
    facts={
        "gen_ai.cost.total_cost": Fact("call", "sender_cost_nanousd", nanousd),
        "hidden_params": Fact("call", "sender_cost_nanousd", _hidden_cost, 1),
        "gen_ai.request.id": Fact("context", "request_id", text, 1),
        "metadata.user_api_key_end_user_id": Fact("context", "user_id", text, 1),
        "metadata.requester_metadata": Fact("context", "metadata", mapping, 1),
    },
)
"""Its other names are OpenTelemetry's and OpenLLMetry's; ``metadata.*`` is read for every dialect."""
