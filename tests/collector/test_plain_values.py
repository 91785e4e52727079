"""Values made storable, secrets hidden, texts cut."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.caps import capped
from llmwatch.collector.safejson import loads, plain, repaired
from llmwatch.collector.secrets import HIDDEN, redact
from llmwatch.errors import IngestError
from llmwatch.store.span import Content, Message, Part, Span, Tool


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, true, null, "\xc3\xa9"]}', {"a": [1, 2.5, True, None, "é"]}),
        (b"9223372036854775807", 2**63 - 1),
        (b"9223372036854775808", "9223372036854775808"),
        (b"-9223372036854775809", "-9223372036854775809"),
        (b"1" * 5000, "1" * 5000),
        (
            b"[NaN, Infinity, -Infinity, 1e999, -1e999]",
            ["NaN", "Infinity", "-Infinity", "Infinity", "-Infinity"],
        ),
        (b'"\\ud800x"', "\ufffdx"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'{"a\\u0000b": "c\\u0000"}', {"a\ufffdb": "c\ufffd"}),
        (b'"\xff\xfe"', "\ufffd\ufffd"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_json_is_read_leniently_into_storable_values(body: bytes, value: Any) -> None:
    assert loads(body) == value
    assert msgspec.json.decode(repaired(body)) == value


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b"[" * 70 + b"]" * 70, b"nope", b"{'a': 1}", b"1 2"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(IngestError, match="JSON"):
        loads(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
        max_leaves=8,
    )
)
def test_plain_values_survive_msgpack_utf8_and_64_bits(value: Any) -> None:
    kept = plain(value)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept)) == kept
    for leaf in leaves(kept):
        assert not isinstance(leaf, str) or "\0" not in leaf
        assert not isinstance(leaf, float) or math.isfinite(leaf)
        assert not isinstance(leaf, int) or -(2**63) <= leaf < 2**63


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for pair in value.items() for item in pair for leaf in leaves(item)]
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    "key",
    [
        "authorization",
        "Authorization",
        "http.request.header.authorization",
        "http.request.header.proxy-authorization",
        "api_key",
        "api-key",
        "apiKey",
        "x-api-key",
        "http.request.header.x_api_key",
        "openai.api_key",
        "OPENAI_API_KEY",
        "cookie",
        "http.response.header.set-cookie",
        "llm.password",
        "access_token",
        "auth.token",
        "client_secret",
        "aws.secret_access_key",
        "headers[authorization]",
    ],
)
def test_a_credentials_name_hides_its_value(key: str) -> None:
    for secret in ("s3cret", ["s3cret"], {"a": "s3cret"}, b"s3cret"):
        assert redact({key: secret}) == {key: HIDDEN}
    assert redact({key: None}) == {key: None}
    assert redact({key: True}) == {key: True}


@pytest.mark.parametrize(
    "key",
    [
        "gen_ai.usage.input_tokens",
        "llm.token_count.prompt",
        "max_tokens",
        "session.id",
        "gen_ai.token.type",
        "authorization_server",
        "cookie_count",
        "api_key_name",
        "monkey",
        "keyboard",
        "author",
        "stop_token",
    ],
)
def test_other_names_are_left_alone(key: str) -> None:
    assert redact({key: "Bearer sk-abcdefghijk"}) == {key: "Bearer sk-abcdefghijk"}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Bearer abc.def", f"Bearer {HIDDEN}"),
        (
            "{'Authorization': 'Basic dXNlcg==', 'accept': '*/*'}",
            f"{{'Authorization': '{HIDDEN}', 'accept': '*/*'}}",
        ),
        ('{"x-api-key": "abc", "a": 1}', f'{{"x-api-key": "{HIDDEN}", "a": 1}}'),
        ("api_key=abc; q=1", f"api_key={HIDDEN}; q=1"),
        ("Cookie: a=b\r\nAccept: x", f"Cookie: {HIDDEN}\r\nAccept: x"),
        (["x", "sk-abcdefghijk"], ["x", HIDDEN]),
        (
            {"Authorization": "x", "n": {"api-key": "y"}, "a": 1},
            {"Authorization": HIDDEN, "n": {"api-key": HIDDEN}, "a": 1},
        ),
        ("text/plain", "text/plain"),
        (7, 7),
    ],
)
def test_headers_are_searched(value: Any, kept: Any) -> None:
    assert redact({"llm.request.headers": value}) == {"llm.request.headers": kept}


def test_more_names_than_are_remembered() -> None:
    for number in range(25_000):
        assert redact({f"key{number}": "v"}) == {f"key{number}": "v"}
    assert redact({"key1": "v", "api_key": "v"}) == {"key1": "v", "api_key": HIDDEN}


def test_every_long_text_is_cut_wherever_it_is() -> None:
    span = Span(
        trace_id="t",
        span_id="s",
        start_ns=1,
        error_message="e" * 30,
        tool=Tool(name="search", result="r" * 20),
        content=Content(
            input_messages=(Message(role="user", parts=(Part(type="text", text="m" * 11),)),),
            attributes={"long": "a" * 40, "short": "a" * 10, "list": ["b" * 12, 1], "raw": b"c" * 13},
            truncated=("before: 5",),
        ),
    )
    cut = capped(span, 10)
    assert cut.error_message == "e" * 10
    assert cut.tool == Tool(name="search", result="r" * 10)
    assert cut.content.input_messages[0].parts[0].text == "m" * 10
    assert cut.content.attributes == {
        "long": "a" * 10,
        "short": "a" * 10,
        "list": ["b" * 10, 1],
        "raw": b"c" * 10,
    }
    assert set(cut.content.truncated) == {
        "before: 5", "error_message: 30", "tool.result: 20", "input_messages.0.parts.0.text: 11",
        "long: 40", "list.0: 12", "raw: 13",
    }  # fmt: skip


def test_short_texts_are_left_as_they_are() -> None:
    span = Span(trace_id="t", span_id="s", start_ns=1, content=Content(attributes={"a": ["x" * 9] * 50}))
    assert capped(span, 10) == span
    assert capped(span, 10_000) is span
