"""Which facts the tests find in the spans of each dialect: a pytest plugin that notes them as they are read.

``scripts/gen_coverage.py`` runs the tests of dialects and clients with it. Noted is what a span says after it
was read; what it must say is what those tests assert.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from llmwatch.collector import dialects, pipeline
from llmwatch.store.span import Call, Span, Usage

_NO_CALL: Final = Call()
_NO_USAGE: Final = Usage()


def _call(span: Span) -> Call:
    return span.call or _NO_CALL


def _usage(span: Span) -> Usage:
    return _call(span).usage or _NO_USAGE


FACTS: Final[Mapping[str, Callable[[Span], Any]]] = {
    "model": lambda span: _call(span).request_model or _call(span).response_model,
    "provider": lambda span: _call(span).provider,
    "parameters": lambda span: _call(span).parameters,
    "messages": lambda span: span.content.input_messages,
    "answer": lambda span: span.content.output_messages,
    "tokens": lambda span: _usage(span).input_tokens is not None or _usage(span).output_tokens is not None,
    "cached": lambda span: _usage(span).cache_read_tokens is not None,
    "cache written": lambda span: _usage(span).cache_write_tokens is not None,
    "reasoning": lambda span: _usage(span).reasoning_tokens is not None,
    "sender's cost": lambda span: _call(span).sender_cost_nanousd is not None,
    "first chunk": lambda span: _call(span).time_to_first_chunk_ns is not None,
    "finish reason": lambda span: _call(span).finish_reasons,
    "error": lambda span: span.status == "error",
    "tools offered": lambda span: span.content.tool_definitions,
    "tool asked for": lambda span: any(
        part.type == "tool_call" for message in span.content.output_messages for part in message.parts
    ),
    "tool run": lambda span: span.tool,
    "documents": lambda span: span.retrieval and span.retrieval.documents,
    "session": lambda span: span.context.session_id,
    "user": lambda span: span.context.user_id,
    "tags, metadata": lambda span: span.context.tags or span.context.metadata,
    "prompt version": lambda span: span.context.prompt_version or span.context.prompt_name,
    "app version": lambda span: span.context.app_version or span.context.environment,
}
"""What is asked of a span, and whether it says it."""

_found: dict[str, set[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--coverage-to FILE``: note what is read, and write it there as JSON."""
    parser.addoption("--coverage-to", type=Path, required=True)


def pytest_configure() -> None:
    """Look at each span that a table read, and at each that a protocol's reader made."""
    normalise, enrich = dialects.normalise_span, pipeline.Pipeline.enrich

    def noted(raw: Any) -> Span:
        span = normalise(raw)
        _note(span)
        return span

    def enriched(self: pipeline.Pipeline, span: Span, before: Span | None = None) -> Span:
        _note(span)
        return enrich(self, span, before)

    dialects.normalise_span = noted
    pipeline.Pipeline.enrich = enriched  # type: ignore[method-assign]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was found."""
    found = {dialect: sorted(facts) for dialect, facts in sorted(_found.items())}
    target: Path = session.config.getoption("--coverage-to")
    target.write_text(json.dumps(found), encoding="utf-8")


def _note(span: Span) -> None:
    facts = _found.setdefault(span.dialect, set())
    if len(facts) < len(FACTS):
        facts |= {name for name, says in FACTS.items() if says(span)}
