"""What an answer says, streamed or whole, of any API: the adapters of replays read it.

An answer that is not streamed is given to them as the events that would have said the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from llmwatch.collector.dialects.bodies import response_messages
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import count, text
from llmwatch.collector.proxy.decoding import Timed
from llmwatch.collector.proxy.operations import Operation
from llmwatch.collector.proxy.replies import error_in
from llmwatch.collector.safejson import loads
from llmwatch.config import ProviderApi
from llmwatch.errors import IngestError, ProviderError
from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.adapters.common import objects, table
from llmwatch.providers.answer import Answer
from llmwatch.providers.deltas import Finished
from llmwatch.providers.errors import StreamCutError
from llmwatch.providers.sse import Decoder, NdjsonDecoder, SseDecoder
from llmwatch.store.span import Message, Part, Usage

STREAM_CUT: Final = ("stream_cut", "the stream ended before the answer did")
STREAMS: Final[dict[str, type[SseDecoder | NdjsonDecoder]]] = {
    "text/event-stream": SseDecoder, "application/x-ndjson": NdjsonDecoder,
    "application/jsonl": NdjsonDecoder,
}  # fmt: skip


class Said(Struct, frozen=True, kw_only=True):
    """An answer, as far as it came."""

    messages: tuple[Message, ...] = ()
    usage: Usage | None = None
    finish_reason: str | None = None
    response_id: str | None = None
    model: str | None = None
    service_tier: str | None = None
    first_chunk_ns: int | None = None
    """When the first content of a stream came."""
    error: tuple[str | None, str | None] | None = None
    raw: Any = None
    """The body, or the last event of a stream."""


def said_in(chunks: Iterable[Timed], media_type: str, operation: Operation) -> Said:
    """What the readable ``chunks`` of a successful answer say."""
    if decoder := STREAMS.get(media_type):
        events = list(_events(chunks, decoder()))
        return replace(_heard(events, operation.api), raw=events[-1][1] if events else None)
    body = body_of(chunks)
    if operation.kind == "embedding":
        return _embedded(table(body))
    heard = _heard([(0, event) for event in _as_events(body, operation.api)], operation.api)
    spoken = heard.messages if operation.api == "ollama" else response_messages(body)
    error = None if heard.error == STREAM_CUT else heard.error
    return replace(heard, messages=spoken or heard.messages, first_chunk_ns=None, error=error, raw=body)


def body_of(chunks: Iterable[Timed]) -> Any:
    """The JSON of a body, or its text when it is none."""
    data = b"".join(chunk for _, chunk in chunks)
    try:
        return loads(data) if data else None
    except IngestError:
        return text(data.decode("utf-8", "replace").replace("\0", "\ufffd"))


def _heard(events: list[tuple[int, Any]], api: ProviderApi) -> Said:
    """What the adapter of ``api`` makes of ``events``, each with the time it came."""
    now_ns = 0
    answer = Answer(lambda: now_ns)
    error: tuple[str | None, str | None] | None = None

    async def timed() -> AsyncIterator[Any]:
        nonlocal now_ns
        for at, event in events:
            now_ns = at
            yield event

    async def hear() -> None:
        async for delta in ADAPTERS[api].read(timed()):
            answer.add(delta)

    try:
        hear().send(None)  # nothing in it waits, so that one step takes it to its end
    except StopIteration:
        pass
    except StreamCutError:
        error = STREAM_CUT
    except ProviderError as failure:
        error = next((found for _, event in events if (found := _reported(event))), (None, str(failure)))
    told = answer.finished or Finished()
    known = [found for _, event in events[:1] for found in _holders(event)]
    return Said(
        messages=_messages(answer),
        usage=told.usage,
        finish_reason=told.finish_reason,
        response_id=told.response_id or _first_text(known, "id"),
        model=told.model or _first_text(known, "model"),
        service_tier=next((t for _, e in events[::-1] for h in _holders(e) if (t := _tier(h))), None),
        first_chunk_ns=answer.time_to_first_chunk_ns,
        error=error,
    )


def _messages(answer: Answer) -> tuple[Message, ...]:
    parts = [Part(type="reasoning", text=answer.reasoning)] if answer.reasoning else []
    parts += [Part(type="text", text=answer.text)] if answer.text else []
    parts += answer.tool_calls
    reason = answer.finished.finish_reason if answer.finished else None
    return (Message(role="assistant", parts=tuple(parts), finish_reason=reason),) if parts else ()


def _events(chunks: Iterable[Timed], decoder: Decoder) -> Iterator[tuple[int, Any]]:
    """The JSON events in ``chunks``; an event that is none, or too long, ends them."""
    try:
        for at, chunk in chunks:
            for event in decoder.feed(chunk):
                if event == "[DONE]":
                    return
                yield at, loads(event.encode())
    except (IngestError, ProviderError):
        return


def _as_events(body: Any, api: ProviderApi) -> list[Any]:
    if isinstance(body, list):  # Gemini's stream, when no server-sent events are asked for
        return body
    if not isinstance(body, dict):
        return []
    if api == "anthropic":
        return [
            {"type": "message_start", "message": body}, {"type": "message_delta", "delta": body},
            {"type": "message_stop"},
        ]  # fmt: skip
    if api == "openai-responses":
        items = [{"type": "response.output_item.added", "item": i} for i in objects(body.get("output"))]
        return [*items, {"type": "response.completed", "response": body}]
    return [body]


def _embedded(body: dict[str, Any]) -> Said:
    asked = count(body.get("prompt_eval_count"))  # Ollama's
    usage = usage_of_body(body.get("usage")) or (Usage(input_tokens=asked) if asked is not None else None)
    return Said(usage=usage, model=text(body.get("model")), raw=body)


def _reported(event: Any) -> tuple[str | None, str | None] | None:
    """The error that an event of a stream brings, wherever the APIs put it."""
    if not isinstance(event, dict):
        return None
    error = event.get("error") or table(event.get("response")).get("error")
    return error_in({"error": error or event}) if error or event.get("type") == "error" else None


def _holders(event: Any) -> Iterator[dict[str, Any]]:
    """Where an event may name the response that it is of."""
    if isinstance(event, dict):
        yield event
        yield table(event.get("message"))
        yield table(event.get("response"))


def _first_text(holders: Iterable[dict[str, Any]], name: str) -> str | None:
    return next((found for holder in holders if (found := text(holder.get(name)))), None)


def _tier(holder: dict[str, Any]) -> str | None:
    return text(holder.get("service_tier")) or text(table(holder.get("usage")).get("service_tier"))
