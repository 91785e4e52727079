"""OpenLIT: OpenTelemetry's names with its own beside them, and values where nothing is known.

- ``gen_ai.usage.cost`` is 0 when it could not fetch its price list.
- Parameters nobody set have a value (``gen_ai.request.seed`` 0, ``max_tokens`` -1, Anthropic's ``top_k`` 1).
- ``gen_ai.server.time_to_first_token`` of a call that was not streamed is its duration.
- Anthropic's input is what Anthropic counted: without cached tokens.
- The usage of a stream that reported none is its own estimate, which nothing tells apart from a count.

A function it was asked to trace has its arguments in ``function.args`` and what it returned, whatever that
is, in ``gen_ai.output.messages``.
"""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.kinds import kind_of_operation
from llmwatch.collector.dialects.values import as_json, nanousd, text, texts
from llmwatch.collector.records import RawSpan

_FILLED: Final[dict[str, Any]] = {"seed": 0, "max_tokens": -1, "top_k": 1, "stop_sequences": []}
"""Parameters, and what they are when nobody set them; other fillers are the providers' own defaults."""
_ANTHROPIC: Final = "anthropic"


def _known(raw: RawSpan, facts: Facts) -> RawSpan:
    call, parameters = facts["call"], facts["parameters"]
    for name, filled in _FILLED.items():
        if parameters.get(name) == filled:
            del parameters[name]
    if not call.get("stream"):
        call.pop("time_to_first_chunk_ns", None)
    if call.get("provider") == _ANTHROPIC or raw.source.scope_name.endswith(_ANTHROPIC):
        facts["usage"]["input_excludes_cache"] = True
    if "operation" not in call and "gen_ai.output.messages" in raw.attributes:
        facts["content"].pop("output_messages", None)
        facts["content"].setdefault("output_value", as_json(raw.attributes["gen_ai.output.messages"]))
    return raw


OPENLIT: Final = Dialect(
    name="openlit",
    marks=("gen_ai.sdk.version", "gen_ai.client.token.usage", "openlit.agent.version_hash"),
    scopes=("openlit",),
    amend=_known,
    facts={
        "gen_ai.operation.type": Fact("span", "kind", kind_of_operation),
        "gen_ai.usage.cost": Fact("call", "sender_cost_nanousd", lambda value: nanousd(value) or None),
        "gen_ai.tool.args": Fact("tool", "arguments", as_json, 1),
        "gen_ai.tool.input": Fact("tool", "arguments", as_json, 1),
        "gen_ai.tool.output": Fact("tool", "result", as_json, 1),
        "gen_ai.workflow.input": Fact("content", "input_value", as_json, 1),
        "gen_ai.workflow.output": Fact("content", "output_value", as_json, 1),
        "function.args": Fact("content", "input_value", as_json, 1),
        "gen_ai.application_name": Fact("context", "service", text, 1),
        "gen_ai.environment": Fact("context", "environment", text, 1),
        "gen_ai.framework.tags": Fact("context", "tags", texts, 1),
    },
)  # fmt: skip
