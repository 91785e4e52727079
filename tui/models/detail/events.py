"""The Events tab: what was noted while the span ran; exceptions with their stack."""

from __future__ import annotations

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Event
from llmwatch.tui import format as fmt
from llmwatch.tui.models.detail.messages import error_block
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.parts import value_lines
from llmwatch.tui.models.document import Block, Blocks, Line, note, text_lines
from llmwatch.tui.models.jsontext import as_json_text


def events(opened: Opened) -> Blocks:
    """The events in order of time, each with when it was."""
    span = opened.span
    blocks = [_event(event, span.start_ns) for event in span.content.events]
    if span.status == "error" and not any(event.name == "exception" for event in span.content.events):
        blocks.insert(0, error_block(span))
    return tuple(blocks) or (note("No event was noted while this span ran."),)


def _event(event: Event, start_ns: int) -> Block:
    after = event.time_ns - start_ns
    when = f"   after {fmt.duration(after)}" if after >= 0 else f"   {fmt.duration(-after)} before the start"
    if event.name == "exception":
        return _exception(event, when)
    lines: list[Line] = []
    for key, value in event.attributes.items():
        lines.append(((neutral_line(str(key)), "muted"),))
        lines.extend(value_lines(as_json_text(value), "  "))
    text = "\n".join(f"{key}: {as_json_text(value)}" for key, value in event.attributes.items())
    title: Line = ((neutral_line(event.name), "strong"), (when, "muted"))
    return Block(title=title, lines=tuple(lines), value=neutral(text))


def _exception(event: Event, when: str) -> Block:
    kind = str(event.attributes.get("exception.type", "exception"))
    message = str(event.attributes.get("exception.message", ""))
    stack = str(event.attributes.get("exception.stacktrace", ""))
    lines = text_lines(message, "error") if message and message not in stack else ()
    stack_lines = text_lines(stack.rstrip("\n")) if stack else ((("no stack was sent", "muted"),),)
    title: Line = ((f"✗ {neutral_line(kind)}", "error"), (when, "muted"))
    return Block(title=title, lines=(*lines, *stack_lines), value=neutral(stack or message))
