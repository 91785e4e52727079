"""The Tools tab: what the model asked for beside what ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Part, Span
from llmwatch.tui import format as fmt
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.parts import tool_call_line, value_lines
from llmwatch.tui.models.document import Block, Blocks, Line, note
from llmwatch.tui.models.jsontext import json_lines, pretty


def tools(opened: Opened) -> Blocks:
    """Each call that was asked for with the span that ran it, then the tools that were on offer."""
    runs = match_runs(opened.calls, opened.span, opened.tool_runs)
    blocks = [_asked(call, run) for call, run in zip(opened.calls, runs, strict=True)]
    if opened.span.tool is not None:
        blocks.append(_ran(opened.span))
    if definitions := opened.span.content.tool_definitions:
        text = "\n".join(pretty(definition) for definition in definitions)
        title: Line = (("on offer", "strong"), (f" · {fmt.plural(len(definitions), 'tool')}", "muted"))
        blocks.append(Block(title=title, lines=value_lines(text), value=neutral(text)))
    return tuple(blocks) or (note("No tool was asked for, and none ran here."),)


def match_runs(calls: Sequence[Part], asker: Span, runs: Sequence[Span]) -> list[Span | None]:
    """For each call the span that ran it, None when none did.

    By the id of the call; else, among the spans that do not say which call they answer, by the tool's name
    in order of start, after the model had been asked.
    """
    free = [run for run in runs if run.tool is not None and run.start_ns >= asker.start_ns]
    by_id = [_take(free, _answers(call)) for call in calls]
    return [run or _take(free, _is_anonymous_run_of(call)) for call, run in zip(calls, by_id, strict=True)]


def _take(free: list[Span], wanted: Callable[[Span], bool]) -> Span | None:
    run = next(filter(wanted, free), None)
    if run is not None:
        free.remove(run)
    return run


def _answers(call: Part) -> Callable[[Span], bool]:
    return lambda run: run.tool is not None and call.id is not None and run.tool.call_id == call.id


def _is_anonymous_run_of(call: Part) -> Callable[[Span], bool]:
    return lambda run: run.tool is not None and run.tool.call_id is None and run.tool.name == call.name


def _asked(call: Part, run: Span | None) -> Block:
    lines: list[Line] = []
    if call.arguments:
        lines.extend(json_lines(call.arguments, "  "))
    if run is not None and run.tool is not None:
        lines.extend(_outcome(run))
    return Block(title=_title(call, run), lines=tuple(lines), value=neutral(call.arguments or ""))


def _status(run: Span | None) -> Line:
    if run is None:
        return (("○ no span says that it ran", "muted"),)
    took = fmt.duration(None if run.end_ns is None else run.end_ns - run.start_ns)
    if run.state != "ended":
        return (("● running", "accent"),)
    if run.status == "error" or (run.tool is not None and run.tool.success is False):
        return ((f"✗ failed after {took}", "error"),)
    return ((f"✓ ran {took}", "ok"),)


def _outcome(run: Span) -> list[Line]:
    lines: list[Line] = []
    if run.status == "error":
        error = ": ".join(filter(None, (run.error_type, run.error_message)))
        lines.append((("  ✗ ", "error"), (neutral_line(error or "failed"), "error")))
    result = run.tool.result if run.tool is not None else None
    if result is None:
        result = run.content.output_text
    if result is not None:
        lines.append((("  ← result", "muted"),))
        lines.extend(value_lines(result, "  "))
    return lines


def _ran(span: Span) -> Block:
    """A tool span itself: its arguments and its result."""
    assert span.tool is not None
    lines: list[Line] = []
    arguments = span.tool.arguments if span.tool.arguments is not None else span.content.input_text
    if span.tool.description:
        lines.append(((neutral_line(span.tool.description), "muted"),))
    if arguments is not None:
        lines.extend(json_lines(arguments, "  "))
    lines.extend(_outcome(span))
    called = Part(type="tool_call", name=span.tool.name or span.name, id=span.tool.call_id)
    value = span.tool.result if span.tool.result is not None else arguments
    return Block(title=_title(called, span), lines=tuple(lines), value=neutral(value or ""))


def _title(call: Part, run: Span | None) -> Line:
    return (*tool_call_line(call), ("   ", "plain"), *_status(run))
