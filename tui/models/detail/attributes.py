"""The Attributes tab: what llmwatch understood, then everything that was sent, as it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Span
from llmwatch.tui import format as fmt
from llmwatch.tui.models.detail.lacking import lacking
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.parts import value_lines
from llmwatch.tui.models.document import Block, Blocks, Line
from llmwatch.tui.models.jsontext import as_json_text


def attributes(opened: Opened) -> Blocks:
    """What is missing, the facts, the raw attributes, resource, links, and what was cut on the way in."""
    span = opened.span
    content = span.content
    blocks = [*lacking(opened), _facts("span", _of_span(span)), _facts("context", _of_context(span))]
    if span.call is not None:
        blocks.append(_facts("call", _of_call(span)))
    blocks.append(_raw("attributes as sent", content.attributes))
    if content.resource:
        blocks.append(_raw("resource", content.resource))
    blocks.extend(_raw(f"link to {link.trace_id} {link.span_id}", link.attributes) for link in content.links)
    if content.truncated or content.dropped_attributes:
        blocks.append(_losses(span))
    return tuple(blocks)


def _facts(title: str, facts: Mapping[str, str | None]) -> Block:
    known = {neutral_line(key): neutral_line(value) for key, value in facts.items() if value}
    width = max(map(len, known), default=0) + 2
    lines: tuple[Line, ...] = tuple(
        ((f"{key:<{width}}", "muted"), (text, "plain")) for key, text in known.items()
    )
    value = "\n".join(f"{key}: {text}" for key, text in known.items())
    return Block(
        title=((title, "strong"),), lines=lines or ((("not said", "muted"),),), value=value, folds=False
    )


def _of_span(span: Span) -> dict[str, str | None]:
    return {
        "trace": span.trace_id,
        "span": span.span_id,
        "parent": span.parent_id,
        "kind": span.kind,
        "state": f"{span.state}, status {span.status}",
        "level": span.level,
        "read as": f"{span.dialect} from {span.content.scope_name or 'an unnamed scope'}"
        f" {span.content.scope_version or ''}",
    }


def _of_context(span: Span) -> dict[str, str | None]:
    context = span.context
    prompt = " ".join(filter(None, (context.prompt_name, context.prompt_version)))
    return {
        "service": context.service,
        "app version": context.app_version or "unversioned",
        "environment": context.environment,
        "session": context.session_id,
        "user": context.user_id,
        "feature": context.feature,
        "request": context.request_id,
        "prompt": prompt if context.prompt_version else f"{prompt} unversioned".strip(),
        "tags": ", ".join(context.tags),
        "tries before": None if context.retry_count is None else str(context.retry_count),
        **{str(key): as_json_text(value) for key, value in context.metadata.items()},
    }


def _of_call(span: Span) -> dict[str, str | None]:
    call = span.call
    assert call is not None
    usage = call.usage
    counts = {} if usage is None else {
        "input tokens": usage.input_tokens,
        "of them cached": usage.cache_read_tokens,
        "written to cache": usage.cache_write_tokens,
        "output tokens": usage.output_tokens,
        "of them reasoning": usage.reasoning_tokens,
    }  # fmt: skip
    return {
        "operation": call.operation,
        "provider": call.provider,
        "model asked": call.request_model,
        "model answered": call.response_model,
        "response id": call.response_id,
        "streamed": None if call.stream is None else "yes" if call.stream else "no",
        "first token": None
        if call.time_to_first_chunk_ns is None
        else fmt.duration(call.time_to_first_chunk_ns),
        **{f"  {key}": as_json_text(value) for key, value in (call.parameters or {}).items()},
        **{key: None if count is None else f"{count:,}" for key, count in counts.items()},
        "counted by": "an estimate" if usage is not None and usage.estimated else None,
    }


def _raw(title: str, attributes: Mapping[str, Any]) -> Block:
    lines: list[Line] = []
    for key in sorted(attributes):
        text = as_json_text(attributes[key])
        name = neutral_line(str(key))
        body = value_lines(text)
        if len(body) == 1:
            lines.append(((f"{name}  ", "muted"), *body[0]))
        else:
            lines.append(((name, "muted"),))
            lines.extend((("  ", "plain"), *line) for line in body)
    value = "\n".join(f"{key}: {as_json_text(attributes[key])}" for key in sorted(attributes))
    heading: Line = ((neutral_line(title), "strong"), (f" · {len(attributes)}", "muted"))
    return Block(title=heading, lines=tuple(lines), value=neutral(value))


def _losses(span: Span) -> Block:
    dropped = span.content.dropped_attributes
    lines: list[Line] = [
        ((f"▲ cut: {neutral_line(text)} characters", "warn"),) for text in span.content.truncated
    ]
    if dropped:
        lines.append(((f"▲ the sender dropped {fmt.plural(dropped, 'attribute')}", "warn"),))
    return Block(title=(("what is missing", "strong"),), lines=tuple(lines), folds=False)
