"""Raw requests that some instrumentations keep in an attribute, for what a span's own fields lack.

OpenInference keeps the body of the HTTP request in ``input.value``, MLflow in ``mlflow.spanInputs``; others
keep only the prompt's text. Read leniently: what is not understood is as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llmwatch.config import ProviderApi
from llmwatch.store.span import JsonObject, Message, Part

_KEYS: Final = (
    "input.value", "mlflow.spanInputs", "langfuse.observation.input", "traceloop.entity.input",
    "gen_ai.prompt", "llm.prompt", "llm.prompts",
)  # fmt: skip

_MESSAGE_FIELDS: Final = ("messages", "input", "contents", "prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is recorded of a request."""

    messages: tuple[Message, ...] = ()
    tools: tuple[JsonObject, ...] = ()
    parameters: JsonObject = field(default_factory=dict)
    model: str | None = None
    api: ProviderApi | None = None


def find_recorded(attributes: JsonObject, input_text: str | None) -> Recorded:
    """The first of the known attributes, or ``input_text``, that holds a request or at least a prompt."""
    for value in (*(attributes.get(key) for key in _KEYS), input_text):
        found = _read(value)
        if found.messages:
            return found
    return Recorded()


def _read(value: object) -> Recorded:
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        value = parsed if isinstance(parsed, Mapping | list) else [{"content": value}]
    if isinstance(value, Mapping):
        return _request(value)
    return Recorded(messages=_messages(value) if isinstance(value, list) else ())


def _request(body: Mapping[str, Any]) -> Recorded:
    """The body of a request: the APIs differ in the field that holds the messages."""
    said = next((body[key] for key in _MESSAGE_FIELDS if body.get(key)), None)
    said = [{"content": said}] if isinstance(said, str) else said
    system = body.get("system") or body.get("instructions") or body.get("systemInstruction")
    first = [{"role": "system", "content": system}] if system else []
    tools, model = body.get("tools"), body.get("model")
    settings = [body[key] for key in ("generationConfig", "options") if isinstance(body.get(key), Mapping)]
    return Recorded(
        messages=_messages([*first, *said]) if isinstance(said, list) else (),
        tools=tuple(t for t in tools if isinstance(t, Mapping)) if isinstance(tools, list) else (),
        parameters={k: v for values in (body, *settings) for k, v in values.items()},
        model=model if isinstance(model, str) else None,
        api="gemini" if "contents" in body else "openai-responses" if "input" in body else None,
    )


def _messages(items: list[Any]) -> tuple[Message, ...]:
    found = [_message(item) for item in items if isinstance(item, Mapping)]
    return tuple(message for message in found if message.parts)


def _message(item: Mapping[str, Any]) -> Message:
    """A message with its texts, tool calls and tool results; media are not looked for here."""
    content = item.get("content") or item.get("parts") or item.get("output") or ()
    if isinstance(content, Mapping):
        content = content.get("parts") or ()
    texts = (
        [content] if isinstance(content, str) else [p.get("text") for p in content if isinstance(p, Mapping)]
    )
    parts = [Part(type="text", text=text) for text in texts if isinstance(text, str) and text.strip()]
    if answered := item.get("tool_call_id") or (item.get("output") and item.get("call_id")):
        joined = "\n".join(part.text or "" for part in parts)
        parts = [Part(type="tool_call_response", id=str(answered), text=joined)]
    calls = [c for c in item.get("tool_calls") or () if isinstance(c, Mapping)]
    parts += [_call(c.get("id"), c.get("function")) for c in calls]
    if item.get("type") == "function_call":
        parts.append(_call(item.get("call_id"), item))
    role = "tool" if answered else "assistant" if item.get("type") == "function_call" else item.get("role")
    return Message(role=str(role or "user"), parts=tuple(parts))


def _call(call_id: object, function: object) -> Part:
    called = function if isinstance(function, Mapping) else {}
    arguments = called.get("arguments")
    return Part(
        type="tool_call",
        id=str(call_id) if call_id else None,
        name=str(called.get("name") or ""),
        arguments=arguments if isinstance(arguments, str) else json.dumps(arguments or {}),
    )
