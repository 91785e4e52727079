"""Making recorded messages fit to be sent: known roles, results that name their call, parts at hand.

Recordings are looser than APIs: some leave out the ids of tool calls, some the function a result belongs to,
most the data of images. What can be inferred is filled in; what cannot be sent is left out and said.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from llmwatch.store.span import Message, Part

_ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user",
    "assistant": "assistant", "model": "assistant", "ai": "assistant",
    "tool": "tool", "function": "tool",
}  # fmt: skip


def consistent(messages: Iterable[Message]) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """``messages`` as an API would take them, and a sentence for everything that is left out."""
    kept: list[Message] = []
    pending: list[Part] = []
    count = 0
    notes: dict[str, None] = {}
    for message in messages:
        role = _ROLES.get(message.role.lower(), "user")
        parts: list[Part] = []
        for part in message.parts:
            if part.type == "text" and not part.text:
                continue
            if lacking := _lacking(part):
                notes[lacking] = None
            elif part.type == "tool_call":
                count += 1
                parts.append(part if part.id else replace(part, id=f"call_{count}"))
                pending.append(parts[-1])
            elif part.type == "tool_call_response":
                parts.append(_answering(part, pending))
            elif role == "tool" and part.type == "text":
                result = Part(type="tool_call_response", text=part.text, id=part.id, name=message.name)
                parts.append(_answering(result, pending))
            else:
                parts.append(part)
        if parts:
            kept.append(replace(message, role=role, parts=tuple(parts), finish_reason=None))
    return tuple(kept), tuple(notes)


def text_of(parts: Iterable[Part]) -> str:
    """The text parts, one paragraph each."""
    return "\n\n".join(part.text for part in parts if part.type == "text" and part.text)


def _lacking(part: Part) -> str | None:
    if part.type == "blob" and part.data is None:
        return f"Data of a part was not recorded ({part.mime_type or part.modality or 'blob'}): left out."
    if part.type == "file":
        return "A file uploaded to the provider cannot be sent to another place: left out."
    if part.type == "reasoning":
        return "The model's earlier reasoning is not sent again."
    if part.type == "generic":
        return "A part of a kind unknown to the replay is left out."
    return None


def _answering(result: Part, pending: list[Part]) -> Part:
    """``result`` with the id and function name of the call it answers, which is then no longer ``pending``.

    Without an id the oldest call of that function is meant, or the oldest of all.
    """
    for call in pending:
        if call.id == result.id if result.id else result.name in (None, call.name):
            pending.remove(call)
            return replace(result, id=call.id, name=result.name or call.name)
    return result
