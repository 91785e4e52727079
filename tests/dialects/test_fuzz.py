"""Whatever is sent, a record is read: nothing raises, and what is read can be stored."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmwatch.collector.dialects import DIALECTS, normalise_log, normalise_span, scores_of
from llmwatch.collector.dialects.claude_code import CLAUDE_CODE_AGENT
from llmwatch.collector.dialects.codex import CODEX_AGENT
from llmwatch.collector.dialects.gemini_cli import GEMINI_CLI_AGENT
from llmwatch.collector.dialects.genai_events import DETAILS, EVALUATION, EXCEPTION, ROLES
from llmwatch.collector.dialects.plainjson import PLAIN_JSON, feedback_from, score_from, spans_and_scores
from llmwatch.collector.records import RawEvent
from llmwatch.errors import IngestError
from llmwatch.store.span import Score
from tests.dialects.raw import SPAN, raw_log, raw_span

AGENTS = (CLAUDE_CODE_AGENT, CODEX_AGENT, GEMINI_CLI_AGENT)
BARE = {name.removeprefix(agent.prefix) for dialect in DIALECTS for name in dialect.facts for agent in AGENTS}
KNOWN = sorted({name for dialect in (*DIALECTS, PLAIN_JSON) for name in dialect.facts} | BARE)
PREFIXES = [prefix for dialect in (*DIALECTS, PLAIN_JSON) for prefix in (*dialect.prefixes, *dialect.lists)]
EVENTS = [*ROLES, DETAILS, EVALUATION, EXCEPTION, "exception", "first_token", "gen_ai.content.prompt"]
AGENT_EVENTS = [f"{agent.prefix}{name}" for agent in AGENTS for name in agent.steps]
FIELDS = [
    "role", "content", "contents", "parts", "type", "text", "tool_calls", "function", "arguments", "id",
    "name", "message", "message_content", "image", "image_url", "url", "source", "data", "input", "output",
    "messages", "choices", "finish_reason", "tool_call", "inlineData", "functionCall", "usage", "spans",
    "children", "events", "attributes", "prompt", "version", "error", "status", "timestamp", "duration",
]  # fmt: skip
WORDS = [
    "text", "tool_call", "tool_use", "image", "blob", "user", "assistant", "tool", "<REDACTED>", "1e309",
    "-1", "[[[[", '{"role":', "data:image/png;base64,", "2026-11-21T05:14:54Z", "\0", "{'a': 1}", "[vector]",
]  # fmt: skip

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.binary(max_size=8),
)
keys = st.one_of(
    st.sampled_from(FIELDS), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)),
    max_leaves=15,
)


def as_text(value: Any) -> str:
    return json.dumps(value, default=repr)


sent = st.one_of(values, values.map(as_text), values.map(as_text).map(as_text), values.map(repr))
flattened = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(PREFIXES),
        st.lists(st.one_of(st.sampled_from(["0", "1", "17"]), st.sampled_from(FIELDS)), max_size=6).map(
            ".".join
        ),
    ),
)
attributes = st.dictionaries(st.one_of(st.sampled_from(KNOWN), flattened, keys), sent, max_size=12)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_storable(found: msgspec.Struct | None) -> None:
    kind = type(found)
    packed = msgspec.msgpack.encode(found)
    assert kind is type(None) or msgspec.msgpack.decode(packed, type=kind)


@quick
@given(attributes, st.lists(st.tuples(st.sampled_from(EVENTS), attributes), max_size=2), st.integers(0, 2))
def test_any_span_is_read(given_attributes: Any, given_events: Any, code: int) -> None:
    events = tuple(RawEvent(name=name, time_ns=5, attributes=found) for name, found in given_events)
    raw = raw_span(given_attributes, events=events, status_code=code)
    span = normalise_span(raw)
    assert normalise_span(raw) == span, "reading is a function of what was sent"
    assert_storable(span)
    for score in scores_of(raw):
        assert_storable(score)


@quick
@given(st.sampled_from([*EVENTS, *AGENT_EVENTS, ""]), sent, attributes, st.sampled_from([SPAN, ""]))
def test_any_log_record_is_read(name: str, body: Any, given_attributes: Any, span_id: str) -> None:
    raw = raw_log(name, body, given_attributes, span_id=span_id)
    assert normalise_log(raw) == normalise_log(raw), "reading is a function of what was sent"
    for found in normalise_log(raw):
        assert_storable(found)


@quick
@given(st.one_of(attributes, sent))
def test_any_posted_object_is_read_or_refused(body: Any) -> None:
    for read in (spans_and_scores, score_from, feedback_from):
        try:
            found = read(body)
        except IngestError:
            continue
        if isinstance(found, Score):
            assert_storable(found)
        else:
            for item in (*found[0], *found[1]):
                assert_storable(item)


@pytest.mark.parametrize(
    "name", ["gen_ai.input.messages", "gen_ai.prompt", "input.value", "metadata", "llm.prompt"]
)
@pytest.mark.parametrize(
    "nested",
    [
        "[" * 20_000,
        '{"message":' * 20_000,
        '[{"parts":' * 3_000 + "1",
        '{"role":"user","content":[' * 60 + "1" + "]}" * 60,
    ],
)
def test_deep_nesting_is_survived(name: str, nested: str) -> None:
    span = normalise_span(raw_span({"gen_ai.request.model": "m", name: nested}))
    assert span.content.attributes[name] == nested
