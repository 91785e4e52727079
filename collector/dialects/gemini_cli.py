"""Gemini CLI's log events (``gemini_cli.*``), whose bare attribute names are read as ``gemini_cli.*``.

Its spans have OpenTelemetry's names (genai.py) and no tokens; the events have them. As Gemini does, it counts
thoughts apart from the answer, and what tools put into the prompt apart from the input.
"""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.agents import Agent, Step
from llmwatch.collector.dialects.bodies import response_messages
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.readers import maker_of
from llmwatch.collector.dialects.values import as_json, count, flag, parsed, text, texts
from llmwatch.collector.records import RawSpan


def _said(value: Any) -> str | None:
    """The text of a response: of its chunks, which are JSON of what the API sent, or the text itself."""
    held = parsed(value)
    chunks = held if isinstance(held, list) else [held]
    messages = [message for chunk in chunks for message in response_messages(chunk) or ()]
    return "".join([p.text for m in messages for p in m.parts if p.type == "text" and p.text]) or None


def _amended(raw: RawSpan, facts: Facts) -> RawSpan:
    usage = facts["usage"]
    for part, whole in (("reasoning_tokens", "output_tokens"), ("tool_tokens", "input_tokens")):
        if part in usage and whole in usage:
            usage[whole] += usage[part]
    return raw


GEMINI_CLI_AGENT: Final = Agent(
    dialect="gemini-cli",
    prefix="gemini_cli.",
    prompt=("prompt_id",),
    steps={
        "user_prompt": Step("agent", root=True),
        "api_response": Step("llm", answers=True, completes=True),
        "api_error": Step("llm", failed=True, completes=True),
        "tool_call": Step("tool"),
    },
)

_FACTS: Final = {
    "model": Fact("call", "request_model", text),
    "finish_reasons": Fact("call", "finish_reasons", texts),
    "input_token_count": Fact("usage", "input_tokens", count),
    "output_token_count": Fact("usage", "output_tokens", count),
    "cached_content_token_count": Fact("usage", "cache_read_tokens", count),
    "thoughts_token_count": Fact("usage", "reasoning_tokens", count),
    "tool_token_count": Fact("usage", "tool_tokens", count),
    "total_token_count": Fact("usage", "total_tokens", count),
    "response_text": Fact("content", "answer", _said),
    "prompt": Fact("content", "input_value", text),
    "function_name": Fact("tool", "name", text),
    "function_args": Fact("tool", "arguments", as_json),
    "success": Fact("tool", "success", flag),
    "error": Fact("span", "error_message", text),
    "error_type": Fact("span", "error_type", text),
    "status_code": Fact("span", "error_type", text, 1),
    "user.email": Fact("context", "user_id", text),
}

GEMINI_CLI: Final = Dialect(
    name="gemini-cli",
    marks=("gemini_cli.event.name",),
    amend=_amended,
    facts={f"gemini_cli.{name}": fact for name, fact in _FACTS.items()},
    also={"gemini_cli.model": Fact("call", "provider", maker_of)},
)
