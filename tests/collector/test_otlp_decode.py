"""OTLP in both encodings, to the letter, and what a decoder does with what is not."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.otlp import json as otlp_json
from llmwatch.collector.otlp import protobuf
from llmwatch.collector.otlp.replies import JSON, PROTOBUF
from llmwatch.collector.records import RawEvent, RawLink, RawLog, RawSpan, Source
from llmwatch.errors import IngestError
from tests.collector.requests import (
    ENCODINGS,
    SPAN,
    START,
    TRACE,
    attributes,
    encoded,
    logs,
    metrics,
    span,
    traces,
    value_of,
)

CODECS = {PROTOBUF: protobuf, JSON: otlp_json}
both = pytest.mark.parametrize("encoding", ENCODINGS)


def one(request: dict[str, Any], encoding: str) -> RawSpan:
    decoded = CODECS[encoding].spans(encoded(request, encoding))
    assert (len(decoded.records), decoded.rejected) == (1, 0), decoded.reason
    record: RawSpan = decoded.records[0]
    return record


@both
def test_every_field_of_a_span(encoding: str) -> None:
    request = traces(
        span(
            parentSpanId="00f067aa0ba902b7",
            status={"code": 2, "message": "boom"},
            attributes=attributes(gen_ai__request__model="gpt-4o", tokens=7, share=0.5, ok=True),
            events=[{"timeUnixNano": str(START + 5), "name": "exception", "attributes": attributes(a="b")}],
            links=[{"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "2", "attributes": attributes(c=1)}],
            droppedAttributesCount=3,
        ),
        service__name="shop",
    )
    assert one(request, encoding) == RawSpan(
        trace_id=TRACE,
        span_id=SPAN,
        parent_id="00f067aa0ba902b7",
        name="chat gpt-4o",
        start_ns=START,
        end_ns=START + 10**9,
        status_code=2,
        status_message="boom",
        attributes={"gen_ai.request.model": "gpt-4o", "tokens": 7, "share": 0.5, "ok": True},
        events=(RawEvent(name="exception", time_ns=START + 5, attributes={"a": "b"}),),
        links=(RawLink(trace_id="0" * 31 + "1", span_id="0" * 15 + "2", attributes={"c": 1}),),
        dropped_attributes=3,
        source=Source(resource={"service.name": "shop"}, scope_name="tests", scope_version="1"),
    )


@both
def test_every_field_of_a_log_record(encoding: str) -> None:
    request = logs(
        {
            "traceId": TRACE,
            "spanId": SPAN,
            "timeUnixNano": str(START),
            "eventName": "gen_ai.user.message",
            "severityNumber": 9,
            "severityText": "INFO",
            "body": value_of({"content": "hi"}),
            "attributes": attributes(gen_ai__system="openai"),
        }
    )
    decoded = CODECS[encoding].logs(encoded(request, encoding))
    assert decoded.records == [
        RawLog(
            trace_id=TRACE,
            span_id=SPAN,
            time_ns=START,
            event_name="gen_ai.user.message",
            severity_number=9,
            severity_text="INFO",
            body={"content": "hi"},
            attributes={"gen_ai.system": "openai"},
            source=Source(scope_name="tests", scope_version="1"),
        )
    ]


@both
def test_a_log_record_may_belong_to_no_span_and_have_only_the_time_it_was_seen(encoding: str) -> None:
    request = logs({"observedTimeUnixNano": str(START)}, {"traceId": "0" * 32, "spanId": "0" * 16})
    decoded = CODECS[encoding].logs(encoded(request, encoding))
    first, second = decoded.records
    assert (first.trace_id, first.span_id, first.time_ns) == ("", "", START)
    assert (second.trace_id, second.span_id) == ("", "")
    assert second.time_ns > START


@both
def test_metric_points_are_counted(encoding: str) -> None:
    points = [{"asInt": "1"}, {"asInt": "2"}]
    request = metrics(
        {"name": "a", "gauge": {"dataPoints": points}},
        {"name": "b", "sum": {"dataPoints": points}},
        {"name": "c", "histogram": {"dataPoints": [{"count": "1"}]}},
        {"name": "d"},
    )
    assert CODECS[encoding].metric_points(encoded(request, encoding)) == 5


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
    | st.binary(max_size=20)
)
names = st.text("abcxyz._", min_size=1, max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(names, values, max_size=5))
def test_both_encodings_give_the_values_that_were_sent(sent: dict[str, Any]) -> None:
    pairs = [{"key": key, "value": value_of(value)} for key, value in sent.items()]
    for encoding in ENCODINGS:
        assert one(traces(span(attributes=pairs)), encoding).attributes == sent


@both
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"traceId": ""}, "trace id"),
        ({"traceId": "0" * 32}, "trace id"),
        ({"traceId": "ab" * 8}, "trace id"),
        ({"spanId": "0" * 16}, "span id"),
        ({"spanId": "ab" * 16}, "span id"),
        ({"parentSpanId": "abcd"}, "span id"),
        ({"startTimeUnixNano": None}, "starts at 0"),
        ({"startTimeUnixNano": str(2**63)}, "no time"),
        ({"endTimeUnixNano": str(2**64 - 1)}, "no time"),
        ({"events": [{"timeUnixNano": str(2**63)}]}, "no time"),
    ],
)
def test_a_bad_span_is_rejected_and_the_others_are_taken(
    encoding: str, fields: dict[str, Any], reason: str
) -> None:
    good = "00f067aa0ba902b7"
    decoded = CODECS[encoding].spans(encoded(traces(span(**fields), span(good)), encoding))
    assert [record.span_id for record in decoded.records] == [good]
    assert decoded.rejected == 1
    assert reason in decoded.reason


@both
def test_an_all_zero_parent_is_none(encoding: str) -> None:
    assert one(traces(span(parentSpanId="0" * 16)), encoding).parent_id is None


@both
def test_a_span_may_not_have_ended(encoding: str) -> None:
    assert one(traces(span(endTimeUnixNano="0")), encoding).end_ns is None


@both
@pytest.mark.parametrize(
    ("sent", "kept"),
    [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), ("a\0b", "a\ufffdb")],
)
def test_values_that_sqlite_or_json_cannot_hold_are_kept_as_text(encoding: str, sent: Any, kept: str) -> None:
    assert one(traces(span(name="a\0b", attributes=attributes(x=sent))), encoding).attributes == {"x": kept}


@both
def test_credentials_never_leave_the_decoder(encoding: str) -> None:
    headers = {"Authorization": "Bearer abc123", "accept": "*/*"}
    record = one(traces(span(attributes=attributes(api_key="abc123", request__headers=headers))), encoding)
    assert record.attributes["api_key"] == "[redacted]"
    assert record.attributes["request.headers"] == {"Authorization": "[redacted]", "accept": "*/*"}


@both
@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"not a request", b"[" * 100_000, b"\x0a\xff", b'{"a'])
def test_a_body_that_is_no_request_is_refused(encoding: str, body: bytes) -> None:
    for decode in (CODECS[encoding].spans, CODECS[encoding].logs, CODECS[encoding].metric_points):
        with pytest.raises(IngestError) as raised:
            decode(body)
        assert raised.value.status == 400


@both
def test_an_empty_request_has_nothing(encoding: str) -> None:
    empty = b"" if encoding == PROTOBUF else b"{}"
    assert CODECS[encoding].spans(empty).records == []
    assert CODECS[encoding].logs(empty).records == []
    assert CODECS[encoding].metric_points(empty) == 0


def decoded_json(text: str) -> RawSpan:
    body = f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{text}]}}]}}]}}'.encode()
    decoded = otlp_json.spans(body)
    assert decoded.rejected == 0, decoded.reason
    return decoded.records[0]


@pytest.mark.parametrize(
    ("changes", "attribute", "expected"),
    [
        pytest.param(
            {"traceId": TRACE.upper(), "spanId": SPAN.upper()}, "trace_id", TRACE, id="hex in capitals"
        ),
        pytest.param({"startTimeUnixNano": START}, "start_ns", START, id="64 bits as a number"),
        pytest.param({"status": {"code": "STATUS_CODE_ERROR"}}, "status_code", 2, id="enumeration by name"),
        pytest.param({"status": {"code": 2}}, "status_code", 2, id="enumeration by number"),
        pytest.param({"status": None, "events": None}, "status_code", 0, id="null for a default"),
        pytest.param({"invented": {"deep": [1]}}, "name", "chat gpt-4o", id="unknown field"),
        pytest.param({"start_time_unix_nano": "7"}, "start_ns", START, id="only lowerCamelCase"),
        pytest.param(
            {"attributes": [{"key": "n", "value": {"intValue": 7}}]},
            "attributes",
            {"n": 7},
            id="int as number",
        ),
        pytest.param(
            {"attributes": [{"key": "n", "value": {"intValue": str(2**70)}}]},
            "attributes",
            {"n": str(2**70)},
            id="integer beyond 64 bits",
        ),
        pytest.param(
            {"attributes": [{"key": "n", "value": {"doubleValue": "NaN"}}]},
            "attributes",
            {"n": "NaN"},
            id="NaN",
        ),
        pytest.param(
            {"attributes": [{"key": "n", "value": {"doubleValue": 3}}]},
            "attributes",
            {"n": 3.0},
            id="whole double",
        ),
        pytest.param(
            {"attributes": [{"key": "n", "value": {"bytesValue": "?"}}]},
            "attributes",
            {"n": "?"},
            id="no base64",
        ),
        pytest.param({"attributes": [{"key": "n"}]}, "attributes", {"n": None}, id="no value"),
        pytest.param({"name": "\ud800x"}, "name", "\ufffdx", id="lone surrogate"),
    ],
)
def test_json_to_the_letter_and_a_little_beyond(
    changes: dict[str, Any], attribute: str, expected: Any
) -> None:
    assert getattr(decoded_json(json.dumps({**span(), **changes})), attribute) == expected


@pytest.mark.parametrize(
    ("literal", "kept"), [("1e999", "Infinity"), ("NaN", "NaN"), ("-Infinity", "-Infinity")]
)
def test_json_numbers_that_are_none_do_not_cost_the_span(literal: str, kept: str) -> None:
    text = json.dumps(span(attributes=attributes(x="PLACE")))
    text = text.replace('{"stringValue": "PLACE"}', f'{{"doubleValue": {literal}}}')
    assert decoded_json(text).attributes == {"x": kept}


def test_bad_utf8_in_json_does_not_cost_the_span() -> None:
    body = encoded(traces(span(name="PLACE")), JSON).replace(b"PLACE", b"\xff\xfe")
    assert otlp_json.spans(body).records[0].name == "\ufffd\ufffd"


def test_json_of_the_wrong_type_spoils_one_span_only() -> None:
    decoded = otlp_json.spans(encoded(traces(span("00f067aa0ba902b7", name=5), span()), JSON))
    assert [record.span_id for record in decoded.records] == [SPAN]
    assert decoded.rejected == 1


def test_json_nested_too_deeply_spoils_one_span_only() -> None:
    deep: dict[str, Any] = {"stringValue": "x"}
    for _ in range(100):
        deep = {"arrayValue": {"values": [deep]}}
    bad = span("00f067aa0ba902b7", attributes=[{"key": "a", "value": deep}])
    decoded = otlp_json.spans(encoded(traces(bad, span()), JSON))
    assert [record.span_id for record in decoded.records] == [SPAN]
    assert "deeper than 64" in decoded.reason
