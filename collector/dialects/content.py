"""What was said in a span: messages from wherever the dialects put them, or plain input and output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from msgspec import Struct

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.documents import documents, ranked
from llmwatch.collector.dialects.facts import Facts
from llmwatch.collector.dialects.genai_events import COMPLETION, DETAILS, PROMPT, ROLES, event_message
from llmwatch.collector.dialects.messages import input_messages, message, output_messages, with_system
from llmwatch.collector.dialects.readers import definitions
from llmwatch.collector.dialects.values import first, parsed, text
from llmwatch.collector.dialects.vectors import without_vectors_in
from llmwatch.collector.records import RawEvent, RawSpan
from llmwatch.store.span import Document, JsonObject, Kind, Message

Messages: TypeAlias = tuple[Message, ...]
Read: TypeAlias = Callable[[Any], Messages | None]

_SAID: Final = (("gen_ai.input.messages", input_messages), ("gen_ai.prompt", request_messages))
_ANSWERED: Final = (("gen_ai.output.messages", output_messages), ("gen_ai.completion", response_messages))
_PIECES: Final = {"content": "answer", "reasoning": "answer_reasoning", "tool_calls": "answer_calls"}


class Conversation(Struct, frozen=True):
    """Messages, or for a span without any its input and output as sent."""

    input_messages: Messages
    output_messages: Messages
    input_text: str | None
    output_text: str | None


def conversation_of(raw: RawSpan, facts: Facts, kind: Kind) -> Conversation:
    """What was said in ``raw``, from the best source of each side.

    Whole messages beat flattened ones, those beat events, those beat attributes of old, and all beat a
    request or response that was kept as a body.
    """
    content = facts["content"]
    said: Messages | None = content.get("input_messages")
    answered: Messages | None = content.get("output_messages")
    if facts["lists"]:
        if flattened := _list(facts, "input_messages") or _unwrapped(facts, "prompts"):
            said = said or input_messages(flattened)
        if flattened := _list(facts, "output_messages") or _unwrapped(facts, "choices"):
            answered = answered or output_messages(flattened)
    if raw.events:
        told, answers = _of_events(raw.events)
        said, answered = said or told, answered or answers
    said = said or content.get("old_input_messages")
    answered = answered or content.get("old_output_messages") or _in_pieces(content)
    sent, got = content.get("prompt") or content.get("input_value"), content.get("output_value")
    if kind == "llm":
        said = said or (request_messages(sent) if sent else None)
        answered = answered or (response_messages(got) if got else None)
    elif kind == "embedding":
        sent, got = _embedded(facts) or sent, without_vectors_in(got)
    if system := content.get("system"):
        said = with_system(system, said or ())
    return Conversation(said or (), answered or (), None if said else sent, None if answered else got)


def _in_pieces(content: dict[str, Any]) -> Messages | None:
    """An answer whose text, reasoning and tool calls came in an attribute each."""
    pieces = {name: content[field] for name, field in _PIECES.items() if field in content}
    found = message({"role": "assistant", **pieces}, "assistant") if pieces else None
    return (found,) if found and found.parts else None


def document_list(facts: Facts) -> tuple[Document, ...]:
    """The documents of a retrieval, whole or flattened, or put together from their ids and scores."""
    fields = facts["retrieval"]
    if found := fields.get("documents"):
        return tuple(found)
    if flattened := _list(facts, "documents"):
        return documents(flattened) or ()
    return ranked(fields.get("ids"), fields.get("scores")) if "ids" in fields else ()


def tool_list(facts: Facts) -> tuple[JsonObject, ...]:
    """The tools a model was offered."""
    if found := facts["content"].get("tool_definitions"):
        return tuple(found)
    flattened = [_schema(tool) for tool in _list(facts, "tools")]
    return definitions(flattened) or () if flattened else ()


def _schema(tool: Any) -> Any:
    inner = tool.get("tool") if isinstance(tool, dict) else None
    found = inner.get("json_schema") if isinstance(inner, dict) else tool
    return {name: parsed(value) for name, value in found.items()} if isinstance(found, dict) else found


def _list(facts: Facts, name: str) -> list[Any]:
    return facts["lists"].get(name) or []


def _unwrapped(facts: Facts, name: str) -> list[Any]:
    """Flattened prompts or completions: messages or text, in OpenInference's names below a word for them."""
    found = [item for item in _list(facts, name) if isinstance(item, dict)]
    return [first(item, ("prompt", "completion")) or item for item in found]


def _embedded(facts: Facts) -> str | None:
    """The texts that were embedded, a line each."""
    found = [item.get("embedding") for item in _list(facts, "embeddings") if isinstance(item, dict)]
    said = [text(item.get("text")) for item in found if isinstance(item, dict)]
    return "\n".join([line for line in said if line]) or None


def _of_events(events: tuple[RawEvent, ...]) -> tuple[Messages | None, Messages | None]:
    said: list[Message] = []
    answered: list[Message] = []
    for event in events:
        if event.name in ROLES:
            if found := event_message(event.name, event.attributes):
                (answered if event.name == "gen_ai.choice" else said).append(found)
        elif event.name in (PROMPT, DETAILS):
            said += _first(event, _SAID)
        if event.name in (COMPLETION, DETAILS):
            answered += _first(event, _ANSWERED)
    return tuple(said) or None, tuple(answered) or None


def _first(event: RawEvent, readers: tuple[tuple[str, Read], ...]) -> Messages:
    found = (read(event.attributes[name]) for name, read in readers if name in event.attributes)
    return next((messages for messages in found if messages), ())
