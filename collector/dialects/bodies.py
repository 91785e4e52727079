"""Messages out of the body of a provider's request or response, which some instrumentations keep whole."""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.langchain import answers
from llmwatch.collector.dialects.messages import (
    input_messages,
    message,
    output_messages,
    system_message,
    with_system,
)
from llmwatch.collector.dialects.values import first, parsed, text
from llmwatch.store.span import Message

_SAID: Final = ("messages", "input", "contents", "prompt", "prompts")
_SYSTEM: Final = ("system", "instructions", "systemInstruction", "system_instruction")
_REASONS: Final = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason")


def request_messages(value: Any) -> tuple[Message, ...] | None:
    """What was said to the model: a request of any API, its messages alone, or text."""
    body = parsed(value)
    if not isinstance(body, dict) or "role" in body:
        return input_messages(value)
    said = input_messages(first(body, _SAID))
    if said is None:
        return input_messages(value)
    return with_system(system_message(first(body, _SYSTEM)), said)


def response_messages(value: Any) -> tuple[Message, ...] | None:
    """What the model said: a response of any API, its messages alone, or text."""
    body = parsed(value)
    if not isinstance(body, dict):
        return output_messages(value)
    for key in ("choices", "candidates"):
        if isinstance(choices := body.get(key), list):
            return tuple([found for choice in choices if (found := _choice(choice))]) or None
    if "generations" in body:  # LangChain
        said = [message(answer, "assistant") for answer in answers(body)]
        return tuple([found for found in said if found and (found.parts or found.finish_reason)]) or None
    if isinstance(items := body.get("output"), list):  # OpenAI's responses API
        return output_messages(items)
    for key in ("message", "output"):  # Ollama, Bedrock
        if isinstance(inner := body.get(key), dict):
            return response_messages({**inner, "finish_reason": first(body, _REASONS)})
    if "role" in body:
        found = message({**body, "finish_reason": text(first(body, _REASONS))}, "assistant")
        return (found,) if found else None
    return output_messages(value)


def _choice(choice: Any) -> Message | None:
    if not isinstance(choice, dict):
        return None
    said = first(choice, ("message", "delta", "content"))
    inner = said if isinstance(said, dict) else {"content": said or choice.get("text")}
    return message({**inner, "finish_reason": text(first(choice, _REASONS))}, "assistant")
