"""LiteLLM's OpenTelemetry callback: ``litellm_request`` and, below it, ``raw_gen_ai_request``.

The raw one holds what was sent to the provider and came back (``llm.<provider>.*``): the same call, which is
shown and never counted. Values are text where nothing else could be sent (``"True"``, JSON, Python's
repr). Its messages leave out tool calls, which are in ``gen_ai.completion.N.function_call``, a number each.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.kinds import kind_of_operation
from llmwatch.collector.dialects.messages import output_messages
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import mapping, nanousd, text
from llmwatch.collector.records import RawSpan

_RAW: Final = "raw_gen_ai_request"
_NOTHING: Final = ("[]", "{}")


def _cost(value: Any) -> int | None:
    """A cost; it is 0 for calls whose usage nobody told."""
    return nanousd(value) or None


def _hidden_cost(value: Any) -> int | None:
    hidden = mapping(value)
    return _cost(hidden.get("response_cost")) if hidden else None


def _meant(raw: RawSpan, facts: Facts) -> RawSpan:
    call, metadata = facts["call"], facts["metadata"]
    if raw.name == _RAW:
        facts["span"]["kind"] = "span"
        for group in (call, facts["usage"], facts["parameters"]):
            group.clear()
        return raw
    for name in [name for name, value in metadata.items() if value in _NOTHING]:
        del metadata[name]
    if usage := call.get("usage"):
        facts["usage"].clear()
        if kind_of_operation(call.get("operation")) == "embedding":  # it tells an output of 0
            call["usage"] = replace(usage, output_tokens=None)
    if call.get("response_id") == raw.attributes.get("litellm.call_id"):  # its own, where nobody answered
        call.pop("response_id", None)
    _add_tool_calls(facts)
    return raw


def _add_tool_calls(facts: Facts) -> None:
    answered, apart = facts["content"].get("output_messages"), facts["lists"].get("output_messages")
    if not answered or not apart:
        return
    called = [part for message in output_messages(apart) or () for part in message.parts]
    first, *rest = answered
    if not any(part.type == "tool_call" for part in first.parts):
        parts = (*first.parts, *(part for part in called if part.type == "tool_call"))
        facts["content"]["output_messages"] = (replace(first, parts=parts), *rest)


LITELLM: Final = Dialect(
    name="litellm",
    marks=("hidden_params", "litellm.call_id"),
    scopes=("litellm",),
    amend=_meant,
    facts={
        "gen_ai.cost.total_cost": Fact("call", "sender_cost_nanousd", _cost),
        "hidden_params": Fact("call", "sender_cost_nanousd", _hidden_cost, 1),
        "metadata.usage_object": Fact("call", "usage", usage_of_body),
        "litellm.call_id": Fact("context", "request_id", text, 1),
        "metadata.user_api_key_end_user_id": Fact("context", "user_id", text, 1),
        "metadata.requester_metadata": Fact("context", "metadata", mapping, 1),
    },
)
"""Its other names are OpenTelemetry's and OpenLLMetry's; ``metadata.*`` is read for every dialect."""
