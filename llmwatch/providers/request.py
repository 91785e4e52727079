"""A request to a model, rebuilt from a recorded call: what is sent, apart from how each API spells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from llmwatch.config import ProviderApi
from llmwatch.errors import NotReplayableError
from llmwatch.providers.conversation import consistent
from llmwatch.providers.parameters import known_parameters
from llmwatch.providers.recorded import raw_request
from llmwatch.store.span import JsonObject, Message, Part, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTool:
    """A function the model may ask to be called."""

    name: str
    description: str | None = None
    parameters: JsonObject = field(default_factory=dict)
    """JSON schema of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked of a model. Parameters have their GenAI names (``max_tokens``, ``stop_sequences``, …)."""

    model: str
    """Empty when the recording does not say."""
    messages: tuple[Message, ...]
    """System messages included; roles are system, user, assistant and tool."""
    tools: tuple[FunctionTool, ...] = ()
    parameters: JsonObject = field(default_factory=dict)
    provider: str | None = None
    """Who answered the recorded call (gen_ai.provider.name): only used to pick among the endpoints."""
    api: ProviderApi | None = None
    """The API it was made through, where the recording says so."""
    input_tokens: int | None = None
    """Recorded count of exactly these messages; None once they were edited."""
    output_tokens: int | None = None
    """Recorded length of the answer: the best guess for the next one."""
    notes: tuple[str, ...] = ()
    """What of the recording cannot be sent again, each a sentence."""


def why_not(span: Span) -> str | None:
    """Why ``span`` cannot be sent again and what would change that, or None when it can be."""
    if span.kind != "llm":
        return f"Only calls of a model can be sent again; this span is of the kind {span.kind}."
    if not _messages(span)[0]:
        return (
            "Its prompt was not captured. Turn content capture on in the app "
            "(for OpenTelemetry: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT) and call again."
        )
    return None


def request_from(span: Span) -> ChatRequest:
    """The request that ``span`` records.

    Messages are the collector's; model, tools and parameters come from the span's own fields, and what those
    lack from the raw request that some instrumentations keep in an attribute (see recorded.py).

    Raises:
        NotReplayableError: With the sentence of `why_not`.
    """
    if reason := why_not(span):
        raise NotReplayableError(reason)
    call, raw = span.call, raw_request(span.content.attributes)
    messages, notes = _messages(span)
    tools, tool_notes = _functions(span.content.tool_definitions or raw.tools)
    parameters, parameter_notes = known_parameters({**raw.parameters, **((call and call.parameters) or {})})
    usage = call.usage if call else None
    cut = tuple(f"The recording was cut when it came in: {what}." for what in span.content.truncated)
    return ChatRequest(
        model=(call and (call.request_model or call.response_model)) or raw.model or "",
        messages=messages,
        tools=tools,
        parameters=parameters,
        provider=call.provider if call else None,
        api=_API_TYPES.get(str(span.content.attributes.get("openai.api.type")), raw.api),
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        notes=(*cut, *notes, *tool_notes, *parameter_notes),
    )


def with_parameters(request: ChatRequest, changes: Mapping[str, Any]) -> ChatRequest:
    """``request`` with ``changes`` to its parameters; None takes one away."""
    merged = {**request.parameters, **changes}
    return replace(request, parameters={k: v for k, v in merged.items() if v is not None})


def with_messages(request: ChatRequest, messages: tuple[Message, ...]) -> ChatRequest:
    """``request`` with other messages; the recorded token count is of the old ones and goes."""
    if messages == request.messages:
        return request
    return replace(request, messages=messages, input_tokens=None)


def with_model(request: ChatRequest, model: str) -> ChatRequest:
    """``request`` to another model, whose tokens may be counted differently."""
    if model == request.model:
        return request
    return replace(request, model=model, input_tokens=None)


_API_TYPES: Mapping[str, ProviderApi] = {"chat_completions": "openai-chat", "responses": "openai-responses"}


def _messages(span: Span) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """The recorded messages, or the text of a prompt that came without a role."""
    messages, notes = consistent(span.content.input_messages)
    prompt = span.content.input_text
    if not messages and prompt and prompt.strip():
        return (Message(role="user", parts=(Part(type="text", text=prompt),)),), notes
    return messages, notes


def _functions(definitions: Iterable[JsonObject]) -> tuple[tuple[FunctionTool, ...], tuple[str, ...]]:
    """Tool definitions of any API as functions; the others (web search, …) as notes."""
    tools: list[FunctionTool] = []
    notes: list[str] = []
    for definition in definitions:
        declared = definition.get("function_declarations") or definition.get("functionDeclarations")
        for item in declared if isinstance(declared, list) else [definition]:
            nested = item.get("function") if isinstance(item, Mapping) else None
            body = nested if isinstance(nested, Mapping) else item
            kind = str(definition.get("type", "function"))
            if not isinstance(body, Mapping) or not body.get("name") or kind not in ("function", "custom"):
                notes.append(f"The tool {kind} is the provider's own and is left out.")
                continue
            schema = body.get("parameters") or body.get("input_schema") or body.get("parametersJsonSchema")
            tools.append(
                FunctionTool(
                    name=str(body["name"]),
                    description=body.get("description"),
                    parameters=schema if isinstance(schema, Mapping) else {},
                )
            )
    return tuple(tools), tuple(notes)
