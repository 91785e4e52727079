"""Messages in the GenAI convention's own JSON schema, decoded straight into ours.

What the general reader does in 10 µs for the two attributes of a call, this does in 5, because msgspec
builds typed objects without dicts between. It knows the frequent parts only; the general reader has the rest.
"""

from __future__ import annotations

from typing import Final

import msgspec

from llmwatch.collector.dialects.values import as_json, clean
from llmwatch.store.span import Message, Part

_NOTHING: Final = msgspec.Raw(b"null")
_EMPTY: Final = (b"null", b'""')


class _Part(msgspec.Struct, gc=False):
    type: str
    content: str | None = None
    id: str | None = None
    name: str | None = None
    arguments: msgspec.Raw = _NOTHING
    response: msgspec.Raw = _NOTHING
    result: msgspec.Raw = _NOTHING


class _Message(msgspec.Struct, gc=False):
    role: str
    parts: list[_Part]
    name: str | None = None
    finish_reason: str | None = None


_decode: Final = msgspec.json.Decoder(list[_Message]).decode


def schema_messages(source: str) -> tuple[Message, ...] | None:
    """The messages in ``source``; None when it is anything else, or has parts beyond text and tool calls."""
    if '"parts"' not in source:  # 0.1 µs for a prompt of 2 KB, where an exception takes 1.5
        return None
    try:
        sent = _decode(source)
    except (ValueError, RecursionError):
        return None
    messages: list[Message] = []
    for message in sent:
        parts: list[Part] = []
        for part in message.parts:
            if part.type == "text" and part.content is not None:
                if text := clean(part.content):
                    parts.append(Part(type="text", text=text))
            elif found := _tool_part(part):
                parts.append(found)
            else:
                return None
        if not message.role:
            return None
        messages.append(
            Message(
                role=message.role.lower(),
                parts=tuple(parts),
                name=message.name and clean(message.name),
                finish_reason=message.finish_reason and clean(message.finish_reason),
            )
        )
    return tuple(messages)


def _tool_part(part: _Part) -> Part | None:
    """A tool call or an answer to one that is complete; None for any other part."""
    if not part.id:
        return None
    if part.type == "tool_call" and part.name and part.arguments is not _NOTHING:
        return Part(
            type="tool_call", id=clean(part.id), name=clean(part.name), arguments=_as_sent(part.arguments)
        )
    answer = part.result if bytes(part.response) in _EMPTY else part.response
    if part.type == "tool_call_response" and bytes(answer) not in _EMPTY:
        return Part(
            type="tool_call_response", id=clean(part.id), name=clean(part.name), text=_as_sent(answer)
        )
    return None


def _as_sent(raw: msgspec.Raw) -> str | None:
    """A text, or the JSON of anything else."""
    return as_json(msgspec.json.decode(raw))
