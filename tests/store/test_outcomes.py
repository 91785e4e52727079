"""How calls end, whatever providers call it; and how long what was said is."""

from __future__ import annotations

import pytest

from llmwatch.store.lengths import length_of
from llmwatch.store.outcomes import ERROR_CLASSES, FINISH_CLASSES, error_class, finish_class
from llmwatch.store.span import Message, Part
from tests.store.builders import said


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", "stop"), ("end_turn", "stop"), ("STOP", "stop"), ("stop_sequence", "stop"),
        ("FinishReason.STOP", "stop"),
        ("length", "length"), ("max_tokens", "length"), ("MAX_TOKENS", "length"),
        ("tool_calls", "tool_calls"), ("tool_use", "tool_calls"), ("function_call", "tool_calls"),
        ("tool-calls", "tool_calls"),
        ("content_filter", "content_filter"), ("SAFETY", "content_filter"), ("refusal", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("error", "error"), ("", "other"), ("something new", "other"),
    ],
)  # fmt: skip
def test_finish_reasons(reason: str, expected: str) -> None:
    assert finish_class(reason) == expected
    assert expected in FINISH_CLASSES


@pytest.mark.parametrize(
    ("error_type", "message", "expected"),
    [
        ("openai.RateLimitError", "Error code: 429", "rate_limit"),
        ("429", None, "rate_limit"),
        ("rate_limit_error", None, "rate_limit"),
        ("ThrottlingException", None, "rate_limit"),
        ("RESOURCE_EXHAUSTED", None, "rate_limit"),
        (None, "429: too many requests", "rate_limit"),
        ("APITimeoutError", "Request timed out.", "timeout"),
        ("httpx.ReadTimeout", None, "timeout"),
        ("DEADLINE_EXCEEDED", None, "timeout"),
        ("504", None, "timeout"),
        ("BadRequestError", "This model's maximum context length is 128000 tokens", "context_length"),
        ("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "context_length"),
        ("context_length_exceeded", None, "context_length"),
        ("BadRequestError", "Unknown parameter: 'foo'", "invalid_request"),
        ("400", None, "invalid_request"),
        ("pydantic.ValidationError", None, "invalid_request"),
        ("AuthenticationError", "Incorrect API key provided", "authentication"),
        ("403", None, "authentication"),
        ("PermissionDeniedError", None, "authentication"),
        ("content_filter", None, "content_filter"),
        ("BadRequestError", None, "invalid_request"),
        ("NotFoundError", "The model does not exist", "other_4xx"),
        ("418", None, "other_4xx"),
        ("InternalServerError", None, "5xx"),
        ("overloaded_error", None, "5xx"),
        ("503", None, "5xx"),
        ("APIConnectionError", "Connection error.", "connection"),
        ("ConnectionResetError", None, "connection"),
        ("ValueError", "bad", "other"),
        (None, None, "other"),
        ("", "", "other"),
        ("Error", "took 5000 ms and 429000 tokens", "other"),
        ("x" * 10_000, "429" * 10_000, "other"),
    ],
)
def test_errors(error_type: str | None, message: str | None, expected: str) -> None:
    assert error_class(error_type, message) == expected
    assert expected in ERROR_CLASSES


def _tool(arguments: str) -> Message:
    return Message(role="assistant", parts=(Part(type="tool_call", name="f", arguments=arguments),))


@pytest.mark.parametrize(
    ("messages", "text", "expected"),
    [
        ((), None, (None, None)),
        ((), "", (None, None)),
        ((), "four", (4, 4)),
        ((said("héé"),), None, (3, 5)),
        ((said("two"), said("€")), "not this", (4, 6)),
        ((_tool('{"a": 1}'),), None, (8, 8)),
        ((said(""),), None, (None, None)),
        ((said("\ud800"),), None, (1, 3)),
    ],
)
def test_lengths(
    messages: tuple[Message, ...], text: str | None, expected: tuple[int | None, int | None]
) -> None:
    assert length_of(messages, text) == expected
