"""Claude Code: log events (scope ``com.anthropic.claude_code.events``) and, in beta, spans (``….tracing``).

Both have bare attribute names (``model``, ``input_tokens``), which are read as ``claude_code.*``. Input
excludes cached tokens, as in Anthropic's API. Numbers may be texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.agents import Agent, Step
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.readers import maker_of
from llmwatch.collector.dialects.times import milliseconds
from llmwatch.collector.dialects.values import as_json, count, first, flag, nanousd, text, texts
from llmwatch.collector.records import RawSpan
from llmwatch.store.span import Kind

_SCOPE: Final = "com.anthropic.claude_code"
_KINDS: Final[dict[str, Kind]] = {"interaction": "agent", "llm_request": "llm", "tool": "tool"}
_CONVERSATION: Final = ("repl_main_thread", "sdk", None)
"""Sources of calls that answer the user; others suggest prompts or make titles."""


def _kind(value: Any) -> Kind | None:
    """The kind of a ``span.type``, which older versions write with the prefix; parts of a tool are spans."""
    return _KINDS.get((text(value) or "").removeprefix("claude_code."), "span")


def _speed(value: Any) -> str | None:
    speed = text(value)
    return None if speed == "normal" else speed


def _answered(attributes: Mapping[str, Any]) -> bool:
    return attributes.get("query_source") in _CONVERSATION


def _rejected(attributes: Mapping[str, Any]) -> bool:
    return attributes.get("decision") == "reject"


def _decided(value: Any) -> bool | None:
    return False if value == "reject" else None


def _amended(raw: RawSpan, facts: Facts) -> RawSpan:
    """A tool's result is an event of its span."""
    for event in raw.events:
        if event.name == "tool.output" and (
            result := as_json(first(event.attributes, ("output", "content", "diff")))
        ):
            facts["tool"].setdefault("result", result)
    return raw


CLAUDE_CODE_AGENT: Final = Agent(
    dialect="claude-code",
    prefix="claude_code.",
    scope=_SCOPE,
    prompt=("prompt.id",),
    steps={
        "user_prompt": Step("agent", root=True),
        "api_request": Step("llm", ("request_id",)),
        "assistant_response": Step("llm", ("request_id",), remark=True, answers=True, when=_answered),
        "api_error": Step("llm", ("event.sequence",), failed=True),
        "tool_result": Step("tool", ("tool_use_id",)),
        "tool_decision": Step("tool", ("tool_use_id",), when=_rejected),
    },
)

_CALL: Final = {
    "model": Fact("call", "request_model", text),
    "gen_ai.response.id": Fact("call", "response_id", text),
    "request_id": Fact("call", "response_id", text),
    "cost_usd": Fact("call", "sender_cost_nanousd", nanousd),
    "ttft_ms": Fact("call", "time_to_first_chunk_ns", milliseconds),
    "stop_reason": Fact("call", "finish_reasons", texts),
    "speed": Fact("parameters", "speed", _speed),
    "effort": Fact("parameters", "effort", text),
    "attempt": Fact("context", "retry_count", lambda value: max((count(value) or 1) - 1, 0) or None),
    "input_tokens": Fact("usage", "input_tokens", count),
    "output_tokens": Fact("usage", "output_tokens", count),
    "cache_read_tokens": Fact("usage", "cache_read_tokens", count),
    "cache_creation_tokens": Fact("usage", "cache_write_tokens", count),
}

_STEPS: Final = {
    "span.type": Fact("span", "kind", _kind),
    "error": Fact("span", "error_message", text),
    "error_type": Fact("span", "error_type", text),
    "error_class": Fact("span", "error_type", text),
    "status_code": Fact("span", "error_type", text, 1),
    "tool_name": Fact("tool", "name", text),
    "tool_use_id": Fact("tool", "call_id", text),
    "tool_input": Fact("tool", "arguments", as_json),
    "tool_parameters": Fact("tool", "arguments", as_json),
    "full_command": Fact("tool", "arguments", as_json),
    "success": Fact("tool", "success", flag),
    "decision": Fact("tool", "success", _decided),
    "prompt": Fact("content", "input_value", text),
    "user_prompt": Fact("content", "input_value", text),
    "new_context": Fact("content", "input_value", text),
    "response": Fact("content", "answer", text),
    "response.model_output": Fact("content", "answer", text),
}

_CONTEXT: Final = {
    "user.email": Fact("context", "user_id", text),
    "user.account_uuid": Fact("context", "user_id", text),
    "query_source": Fact("metadata", "query_source", text),
    "agent.name": Fact("metadata", "agent", text),
    "agent_id": Fact("metadata", "agent_id", text),
}

CLAUDE_CODE: Final = Dialect(
    name="claude-code",
    scopes=(_SCOPE,),
    rename=CLAUDE_CODE_AGENT.named,
    amend=_amended,
    facts={f"claude_code.{name}": fact for name, fact in {**_CALL, **_STEPS, **_CONTEXT}.items()},
    also={
        "claude_code.input_tokens": Fact("usage", "input_excludes_cache", lambda value: True),
        "claude_code.model": Fact("call", "provider", maker_of),
    },
)
