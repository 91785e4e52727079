"""The Messages tab: what was asked; and the Response tab: what came back."""

from __future__ import annotations

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Span
from llmwatch.tui import format as fmt
from llmwatch.tui.models.detail.capture import not_captured
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.parts import message_blocks, value_lines
from llmwatch.tui.models.document import Block, Blocks, Line, note, text_lines
from llmwatch.tui.models.jsontext import pretty
from llmwatch.tui.models.runs import Run


def messages(opened: Opened) -> Blocks:
    """The conversation as it was sent, and the template that it was made from."""
    span = opened.span
    content = span.content
    blocks = message_blocks(content.input_messages)
    if not blocks and content.input_text is not None:
        blocks.append(_plain_text("input", content.input_text))
    if span.retrieval is not None and span.retrieval.query:
        blocks.append(_plain_text("query", span.retrieval.query))
    if not blocks and not _is_plain(span):
        blocks.extend(not_captured(span, "prompt"))
    blocks.extend(_template(span))
    return tuple(blocks) or _nothing("input")


def response(opened: Opened) -> Blocks:
    """The answer, how it ended, and the error when there was none."""
    span = opened.span
    content = span.content
    blocks: list[Block] = []
    if span.status == "error":
        blocks.append(error_block(span))
    blocks.extend(message_blocks(content.output_messages))
    if not content.output_messages and content.output_text is not None:
        blocks.append(_plain_text("output", content.output_text))
    if not blocks and not _is_plain(span):
        blocks.extend(not_captured(span, "answer"))
    if ending := _ending(span):
        blocks.append(Block(lines=(ending,), folds=False))
    return tuple(blocks) or _nothing("output")


def error_block(span: Span) -> Block:
    """What went wrong."""
    message = span.error_message or "the sender says no more"
    return Block(
        title=((f"✗ {neutral_line(span.error_type or 'error')}", "error"),),
        lines=text_lines(message),
        value=neutral(message),
    )


def _plain_text(title: str, text: str) -> Block:
    return Block(title=((title, "strong"),), lines=value_lines(text), value=neutral(text))


def _is_plain(span: Span) -> bool:
    """Whether nobody expects text of such a span."""
    return span.kind in ("span", "chain", "agent") and span.call is None


def _nothing(what: str) -> Blocks:
    return (note(f"This span has no {what}."),)


def _ending(span: Span) -> Line:
    call = span.call
    if call is None:
        return ()
    facts: list[Run] = []
    if call.finish_reasons:
        facts.append((f"finished: {neutral_line(', '.join(call.finish_reasons))}", "muted"))
    if call.time_to_first_chunk_ns is not None:
        facts.append((f"first token after {fmt.duration(call.time_to_first_chunk_ns)}", "muted"))
    if call.cache_hit:
        facts.append(("answered from a response cache", "muted"))
    if call.refused:
        facts.append(("▲ the model declined", "warn"))
    return tuple((text if i == 0 else f" · {text}", tone) for i, (text, tone) in enumerate(facts))


def _template(span: Span) -> list[Block]:
    """The prompt template and its variables, apart from the text they were filled into."""
    context = span.context
    blocks: list[Block] = []
    if context.prompt_template is not None:
        name = " ".join(filter(None, (context.prompt_name, context.prompt_version or "unversioned")))
        blocks.append(_plain_text(f"template {neutral_line(name)}", context.prompt_template))
    if context.prompt_variables:
        blocks.append(_plain_text("variables", pretty(context.prompt_variables)))
    return blocks
