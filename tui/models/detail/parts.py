"""Messages as blocks: who says it, and each part the way it is read best."""

from __future__ import annotations

from collections.abc import Sequence

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Message, Part
from llmwatch.tui import format as fmt
from llmwatch.tui.models.document import Block, Line, text_lines
from llmwatch.tui.models.jsontext import json_lines, looks_like_json
from llmwatch.tui.models.runs import Run


def message_blocks(messages: Sequence[Message]) -> list[Block]:
    """A block for each message."""
    return [_message(message) for message in messages]


def _message(message: Message) -> Block:
    title: list[Run] = [(neutral_line(message.role), "strong")]
    if message.name:
        title.append((f" {neutral_line(message.name)}", "plain"))
    if characters := sum(len(part.text or part.arguments or "") for part in message.parts):
        title.append((f" · {characters:,} characters", "muted"))
    if message.finish_reason:
        title.append((f" · finished: {neutral_line(message.finish_reason)}", "muted"))
    lines = [line for part in message.parts for line in part_lines(part)]
    return Block(
        title=tuple(title),
        lines=tuple(lines) or ((("(empty)", "muted"),),),
        value=neutral("\n".join(_value(part) for part in message.parts)),
    )


def part_lines(part: Part) -> tuple[Line, ...]:
    """One part of a message."""
    if part.type == "tool_call":
        return (
            (tool_call_line(part), *json_lines(part.arguments, "  "))
            if part.arguments
            else (tool_call_line(part),)
        )
    if part.type == "tool_call_response":
        return (_head("←", "result of", part), *value_lines(part.text or "", "  "))
    if part.type == "reasoning":
        return ((("reasoning", "muted"),), *text_lines(part.text or "", "muted", "  "))
    if part.type in ("blob", "uri", "file"):
        return (((_attachment(part), "accent"),),)
    return value_lines(part.text or "") if part.type == "generic" else text_lines(part.text or "")


def tool_call_line(part: Part) -> Line:
    """A tool call without its arguments."""
    return _head("→", "call", part)


def _head(arrow: str, what: str, part: Part) -> Line:
    name = neutral_line(part.name or what)
    return (f"{arrow} {name}", "accent"), (f"  {neutral_line(part.id)}" if part.id else "", "muted")


def value_lines(text: str, indent: str = "") -> tuple[Line, ...]:
    """A value that may be JSON: indented when it is."""
    return json_lines(text, indent) if looks_like_json(text) else text_lines(text, indent=indent)


def _attachment(part: Part) -> str:
    """``[image · image/png · 182 KB]``: what it is and how big, never its data; where a reference points."""
    facts = [part.modality or "file", part.mime_type or ""]
    facts.append(fmt.size(part.size_bytes) if part.size_bytes is not None else "")
    facts.append(part.uri or part.id or "")
    return f"[{' · '.join(neutral_line(fact) for fact in facts if fact)}]"


def _value(part: Part) -> str:
    if part.type == "tool_call":
        return f"{part.name or ''}({part.arguments or ''})"
    return part.text if part.text is not None else _attachment(part)
