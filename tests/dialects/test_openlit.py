"""OpenLIT: what it fills in where nothing is known."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.collector.records import Source
from llmwatch.store.span import Call, Usage
from tests.dialects.raw import read

CALL = {
    "telemetry.sdk.name": "openlit",
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.sdk.version": "0.125.0",
}


def told(scope: str = "openlit.instrumentation.anthropic", **attributes: Any) -> Call:
    """The call that a span of OpenLIT with these ``gen_ai`` attributes tells."""
    named = {f"gen_ai.{name.replace('__', '.')}": value for name, value in attributes.items()}
    span = read({**CALL, **named}, source=Source(scope_name=scope))
    assert span.dialect == "openlit"
    assert span.call
    return span.call


def test_a_cost_of_zero_is_a_price_list_that_did_not_load() -> None:
    assert told(usage__cost=0).sender_cost_nanousd is None
    assert told(usage__cost=0.000024).sender_cost_nanousd == 24_000


def test_parameters_that_nobody_set() -> None:
    filled: dict[str, Any] = {
        "request__seed": 0,
        "request__max_tokens": -1,
        "request__top_k": 1.0,
        "request__stop_sequences": [],
        "request__user": "",
    }
    assert told(**filled).parameters is None
    set_by_hand: dict[str, Any] = {"request__seed": 7, "request__max_tokens": 200, "request__top_k": 40.0}
    assert told(**set_by_hand).parameters == {"seed": 7, "max_tokens": 200, "top_k": 40.0}


@pytest.mark.parametrize(("stream", "first_ns"), [(True, 55_000_000), (False, None), (None, None)])
def test_only_a_stream_has_a_first_chunk(stream: bool | None, first_ns: int | None) -> None:
    said: dict[str, Any] = {} if stream is None else {"request__stream": stream}
    assert told(server__time_to_first_token=0.055, **said).time_to_first_chunk_ns == first_ns


def test_anthropics_input_is_without_the_cache_however_large() -> None:
    usage: dict[str, Any] = {
        "usage__input_tokens": 5000,
        "usage__output_tokens": 45,
        "usage__cache_read.input_tokens": 1024,
        "usage__cache_creation.input_tokens": 256,
    }
    assert told(**usage).usage == Usage(
        input_tokens=6280,
        output_tokens=45,
        total_tokens=6325,
        cache_read_tokens=1024,
        cache_write_tokens=256,
    )


def test_openais_input_includes_the_cache() -> None:
    usage: dict[str, Any] = {
        "usage__input_tokens": 906,
        "usage__output_tokens": 82,
        "usage__cache_read.input_tokens": 896,
    }
    call = told("openlit.instrumentation.openai", provider__name="openai", **usage)
    assert call.usage == Usage(input_tokens=906, output_tokens=82, cache_read_tokens=896)


def test_a_traced_function_is_a_plain_step() -> None:
    attributes = {"gen_ai.output.messages": "Refunds are possible.", "function.args": "('a question',)"}
    span = read(attributes, source=Source(scope_name="openlit"))
    assert (span.kind, span.dialect, span.call) == ("span", "openlit", None)
    assert span.content.output_messages == ()
    assert (span.content.input_text, span.content.output_text) == ("('a question',)", "Refunds are possible.")


@pytest.mark.parametrize(
    ("operation", "kind"), [("vectordb", "retriever"), ("framework", "chain"), ("invoke_agent", "agent")]
)
def test_its_own_operations(operation: str, kind: str) -> None:
    assert read({"gen_ai.operation.type": operation}, source=Source(scope_name="openlit")).kind == kind


def test_the_request_below_it_is_no_call() -> None:
    attributes = {"http.method": "POST", "http.url": "http://localhost/v1/chat/completions"}
    source = Source(scope_name="opentelemetry.instrumentation.httpx")
    span = read(attributes, name="POST", source=source)
    assert (span.kind, span.call) == ("span", None)
