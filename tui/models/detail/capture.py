"""Why a span has no prompt or answer, and the one line that changes it, by who made the span."""

from __future__ import annotations

from typing import Final

from llmwatch.neutral import neutral_line
from llmwatch.store.span import Span
from llmwatch.tui import format as fmt
from llmwatch.tui.models.document import Block, Line, note

_BY_SCOPE: Final = (
    (
        "opentelemetry.instrumentation.genai",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
    ),
    (
        "opentelemetry.instrumentation.openai_v2",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
    ),
    ("opentelemetry.util.genai", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"),
    ("openinference.", "OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false"),
    ("@arizeai/", "OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false"),
    ("traceloop", "TRACELOOP_TRACE_CONTENT=true"),
    ("opentelemetry.instrumentation.", "TRACELOOP_TRACE_CONTENT=true"),
    ("openlit", "openlit.init(capture_message_content=True)"),
    ("pydantic-ai", "InstrumentationSettings(include_content=True)"),
    ("logfire", "logfire.configure(scrubbing=False)"),
    ("com.anthropic.claude_code", "OTEL_LOG_USER_PROMPTS=1 OTEL_LOG_TOOL_DETAILS=1 OTEL_LOG_TOOL_CONTENT=1"),
    ("ai", "experimental_telemetry: { isEnabled: true, recordInputs: true, recordOutputs: true }"),
)
"""First match of the instrumentation scope's name wins; ``ai`` (the Vercel AI SDK) must match whole."""

_BY_DIALECT: Final = {
    "genai": 'span.set_attribute("gen_ai.input.messages", json.dumps(messages))',
    "openinference": "OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false",
    "handmade": 'span.set_attribute("llm.prompt", prompt); span.set_attribute("llm.completion", answer)',
    "plainjson": 'send "prompt" and "response" with the span',
}


def how_to_capture(span: Span) -> str | None:
    """The line to set so that the next call of this sender carries its content; None when we know of none."""
    scope = span.content.scope_name or ""
    for prefix, line in _BY_SCOPE:
        if scope == prefix or (prefix != "ai" and scope.startswith(prefix)):
            return line
    return _BY_DIALECT.get(span.dialect)


def missing_span(span_id: str, named_by: int) -> tuple[Block, ...]:
    """What is said of a parent that has not come."""
    named = fmt.plural(named_by, "span")
    why: Line = (
        ("? this span has not come", "warn"),
        (f": {named} here {_NAME[named_by > 1]} it as parent.", "plain"),
    )
    reasons = "It may still be running and its sender tells only of ended spans, or it was never exported."
    return (Block(lines=(why, ((reasons, "muted"),)), folds=False), note(span_id, "plain"))


_NAME: Final = ("names", "name")


def not_captured(span: Span, what: str) -> tuple[Block, ...]:
    """What a tab says instead of ``what`` (``prompt``, ``answer``) that was not sent."""
    if span.state != "ended":
        return (
            Block(lines=((("● running: ", "accent"), (f"no {what} has come yet", "muted")),), folds=False),
        )
    line = how_to_capture(span)
    sender = neutral_line(span.content.scope_name or span.dialect or "the sender")
    why: Line = (("▲ content not captured", "warn"), (f": {sender} sent no {what}.", "plain"))
    if line is None:
        return (Block(lines=(why,), folds=False),)
    return (
        Block(
            lines=(why, (("Set this where the app runs (y copies it):", "muted"),)), value=line, folds=False
        ),
        Block(lines=(((line, "strong"),),), value=line, folds=False),
    )
