"""OpenAI's Codex: log events (``codex.*``) and its own spans (scopes ``codex_cli_rs``, ``codex_exec``).

Events have bare attribute names, which are read as ``codex.*``; they say the conversation and not the prompt.
A call is told by the end of its stream, without how long it took.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.agents import Agent, Step
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.readers import maker_of
from llmwatch.collector.dialects.values import as_json, count, flag, text
from llmwatch.collector.records import RawSpan

_TURN: Final = "session_task.turn"
_RESPONSE: Final = "handle_responses"
_REFUSED: Final = ("denied", "abort")


def _completed(attributes: Mapping[str, Any]) -> bool:
    return attributes.get("event.kind") == "response.completed" and "error.message" not in attributes


def _failed(attributes: Mapping[str, Any]) -> bool:
    return text(attributes.get("error.message")) is not None


def _denied(attributes: Mapping[str, Any]) -> bool:
    return attributes.get("decision") in _REFUSED


def _decided(value: Any) -> bool | None:
    return False if value in _REFUSED else None


def _amended(raw: RawSpan, facts: Facts) -> RawSpan:
    """A turn is the agent's; a response's usage is in the turn's too, which alone knows the model."""
    if raw.name == _TURN:
        facts["span"].setdefault("kind", "agent")
    elif raw.name == _RESPONSE:  # names the tool that the model asked for
        facts["span"].setdefault("kind", "llm" if facts["usage"] else "span")
        if not facts["call"].get("request_model") and raw.source.scope_name != "codex_exec":
            facts["usage"].clear()
    return raw


CODEX_AGENT: Final = Agent(
    dialect="codex",
    prefix="codex.",
    prompt=("turn.id", "turn_id"),
    steps={
        "conversation_starts": Step("agent", root=True),
        "user_prompt": Step("prompt"),
        "sse_event": Step("llm", when=_completed),
        "api_request": Step("llm", failed=True, when=_failed),
        "websocket_request": Step("llm", failed=True, when=_failed),
        "tool_result": Step("tool", ("call_id",)),
        "tool_decision": Step("tool", ("call_id",), when=_denied),
    },
)

_FACTS: Final = {
    "model": Fact("call", "request_model", text),
    "input_token_count": Fact("usage", "input_tokens", count),
    "output_token_count": Fact("usage", "output_tokens", count),
    "cached_token_count": Fact("usage", "cache_read_tokens", count),
    "reasoning_token_count": Fact("usage", "reasoning_tokens", count),
    "turn.token_usage.input_tokens": Fact("usage", "input_tokens", count),
    "turn.token_usage.output_tokens": Fact("usage", "output_tokens", count),
    "turn.token_usage.cached_input_tokens": Fact("usage", "cache_read_tokens", count),
    "turn.token_usage.cache_write_input_tokens": Fact("usage", "cache_write_tokens", count),
    "turn.token_usage.reasoning_output_tokens": Fact("usage", "reasoning_tokens", count),
    "turn.token_usage.total_tokens": Fact("usage", "total_tokens", count),
    "usage.reasoning_output_tokens": Fact("usage", "reasoning_tokens", count),
    "usage.total_tokens": Fact("usage", "total_tokens", count),
    "turn.reasoning_effort": Fact("parameters", "reasoning_effort", text),
    "request.reasoning_effort": Fact("parameters", "reasoning_effort", text),
    "http.response.status_code": Fact("span", "error_type", text),
    "tool_name": Fact("tool", "name", text),
    "call_id": Fact("tool", "call_id", text),
    "arguments": Fact("tool", "arguments", as_json),
    "output": Fact("tool", "result", as_json),
    "success": Fact("tool", "success", flag),
    "decision": Fact("tool", "success", _decided),
    "prompt": Fact("content", "input_value", text),
    "thread.id": Fact("context", "session_id", text),
    "user.email": Fact("context", "user_id", text),
    "user.account_id": Fact("context", "user_id", text),
}

CODEX: Final = Dialect(
    name="codex",
    scopes=("codex_cli_rs", "codex_exec", "codex-app-server"),
    rename=CODEX_AGENT.named,
    amend=_amended,
    facts={f"codex.{name}": fact for name, fact in _FACTS.items()},
    also={"codex.model": Fact("call", "provider", maker_of)},
)
