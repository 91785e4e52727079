from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from llmwatch.analysis.hints import Hint
from llmwatch.neutral import UNSAFE
from llmwatch.store.price import Price, Rates, Tariff
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import (
    Call,
    Content,
    Context,
    Cost,
    CostLine,
    Document,
    Event,
    Message,
    Part,
    Replay,
    Retrieval,
    Score,
    Span,
    Tool,
    Usage,
)
from llmwatch.tui.models.detail.attributes import attributes
from llmwatch.tui.models.detail.cost import cost
from llmwatch.tui.models.detail.events import events
from llmwatch.tui.models.detail.lacking import hint_line
from llmwatch.tui.models.detail.messages import messages, response
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.retrieved import retrieved
from llmwatch.tui.models.detail.scores import scores
from llmwatch.tui.models.detail.tabs import TABS, best_tab
from llmwatch.tui.models.detail.tools import match_runs, tools
from llmwatch.tui.models.document import as_text
from llmwatch.tui.models.spantext import span_text
from tests.tui.rows import NOON, SECOND, span_row


def _span(**known: Any) -> Span:
    defaults: dict[str, Any] = {
        "trace_id": "t1", "span_id": "s1", "name": "chat gpt-4o", "kind": "llm", "start_ns": NOON,
        "end_ns": NOON + SECOND, "call": Call(provider="openai", request_model="gpt-4o"),
    }  # fmt: skip
    return Span(**(defaults | known))


def _opened(
    span: Span,
    *,
    tool_runs: tuple[Span, ...] = (),
    scores: tuple[Score, ...] = (),
    replays: tuple[Replay, ...] = (),
    **row: Any,
) -> Opened:
    detail = SpanDetail(row=span_row(span.span_id, **row), span=span, scores=scores, replays=replays)
    return Opened(detail=detail, tool_runs=tool_runs)


def _said(role: str, *parts: Part, **known: Any) -> Message:
    return Message(role=role, parts=parts, **known)


def _text(text: str) -> Part:
    return Part(type="text", text=text)


_CALL = Part(type="tool_call", id="call_1", name="search_web", arguments='{"q": "x"}')


def test_messages_have_roles_newlines_tool_calls_and_attachments() -> None:
    image = Part(type="blob", modality="image", mime_type="image/png", size_bytes=186_000, data="aGk=")
    content = Content(
        input_messages=(
            _said("system", _text("Be brief.\nAlways.")),
            _said(
                "user", _text("What is it?"), image, Part(type="uri", modality="image", uri="https://x/y.png")
            ),
            _said("assistant", Part(type="reasoning", text="hm"), _CALL),
            _said("tool", Part(type="tool_call_response", id="call_1", text='{"ok": true}')),
        )
    )
    assert as_text(messages(_opened(_span(content=content)))).split("\n") == [
        "system · 17 characters",
        "Be brief.",
        "Always.",
        "",
        "user · 11 characters",
        "What is it?",
        "[image · image/png · 182 KB]",
        "[image · https://x/y.png]",
        "",
        "assistant · 12 characters",
        "reasoning",
        "  hm",
        "→ search_web  call_1",
        "  {",
        '    "q": "x"',
        "  }",
        "",
        "tool · 12 characters",
        "← result of  call_1",
        "  {",
        '    "ok": true',
        "  }",
    ]


def test_the_template_stands_apart_from_the_text_it_filled() -> None:
    context = Context(prompt_name="answer", prompt_template="Hi {{name}}", prompt_variables={"name": "Bo"})
    content = Content(input_messages=(_said("user", _text("Hi Bo")),))
    text = as_text(messages(_opened(_span(context=context, content=content))))
    assert "template answer unversioned\nHi {{name}}" in text
    assert 'variables\n{\n  "name": "Bo"\n}' in text


@pytest.mark.parametrize(
    ("scope", "dialect", "line"),
    [
        ("opentelemetry.instrumentation.openai_v2", "genai",
         "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"),
        ("opentelemetry.instrumentation.genai.openai", "genai",
         "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"),
        ("opentelemetry.instrumentation.anthropic", "openllmetry", "export TRACELOOP_TRACE_CONTENT=true"),
        ("openinference.instrumentation.openai", "openinference",
         "export OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false"),
        ("ai", "vercel",
         "experimental_telemetry: { isEnabled: true, recordInputs: true, recordOutputs: true }"),
        ("aiohttp", "generic", None),
        ("my-app", "genai", 'span.set_attribute("gen_ai.input.messages", json.dumps(messages))'),
        (None, "json", '"messages": […], "response": "…" in the posted object'),
    ],
)  # fmt: skip
def test_what_to_set_when_content_was_not_captured(scope: str | None, dialect: str, line: str | None) -> None:
    span = _span(dialect=dialect, content=Content(scope_name=scope))
    said = as_text(messages(_opened(span)))
    assert "content not captured" in said
    assert line is None or line in said
    assert "content not captured" in as_text(response(_opened(span)))


def test_what_a_span_lacks_is_one_quiet_line() -> None:
    usage = Hint("usage", "no token \x1b counts", 'span.set_attribute("x", …)')
    person = Hint("person", "no session", "session.id")
    both = replace(_opened(_span()), hints=(usage, person))
    assert [text for text, _ in hint_line(both)] == [
        "▲ no token ␛ counts  ", "+1 (Attributes)  ", 'span.set_attribute("x", …)',
    ]  # fmt: skip
    assert [tone for _, tone in hint_line(both)] == ["warn", "muted", "muted"]
    assert [tone for _, tone in hint_line(replace(both, hints=(person,)))] == ["muted", "muted", "muted"]
    assert hint_line(_opened(_span())) == hint_line(None) == ()
    assert as_text(attributes(both)).startswith(
        '▲ no token ␛ counts\nspan.set_attribute("x", …)\n\n▲ no session'
    )


def test_a_running_call_is_not_accused_of_hiding_its_answer() -> None:
    span = _span(state="started", end_ns=None)
    assert as_text(response(_opened(span))) == "● running: no answer has come yet"


def test_the_response_begins_with_the_error_and_ends_with_how_it_ended() -> None:
    span = _span(
        status="error",
        error_type="RateLimitError",
        error_message="429",
        call=Call(finish_reasons=("length",), time_to_first_chunk_ns=SECOND // 2, refused=True),
        content=Content(output_messages=(_said("assistant", _text("So far"), finish_reason="length"),)),
    )
    assert as_text(response(_opened(span))) == (
        "✗ RateLimitError\n429\n\nassistant · 6 characters · finished: length\nSo far\n\n"
        "finished: length · first token after 500 ms · ▲ the model declined"
    )


def _tool_span(span_id: str, name: str, call_id: str | None, start: float = 1, **known: Any) -> Span:
    return _span(
        span_id=span_id, kind="tool", call=None, tool=Tool(name=name, call_id=call_id, result="42"),
        start_ns=NOON + round(start * SECOND), end_ns=NOON + round((start + 1) * SECOND), **known,
    )  # fmt: skip


def test_calls_meet_the_spans_that_ran_them() -> None:
    calls = (
        _CALL,
        msgspec.structs.replace(_CALL, id="call_2"),
        Part(type="tool_call", name="read"),
        Part(type="tool_call", name="never"),
    )
    runs = (
        _tool_span("early", "read", None, start=-5),
        _tool_span("a", "read", None),
        _tool_span("b", "search_web", "call_2"),
        _tool_span("c", "search_web", "call_1"),
    )
    matched = match_runs(calls, _span(), runs)
    assert [run.span_id if run else None for run in matched] == ["c", "b", "a", None]


def test_malformed_arguments_are_pointed_at_beside_what_ran() -> None:
    broken = msgspec.structs.replace(_CALL, arguments='{"q": }')
    span = _span(content=Content(output_messages=(_said("assistant", broken, _CALL),)))
    run = _tool_span("c", "search_web", "call_1", status="error", error_type="HTTPError", error_message="5xx")
    assert as_text(tools(_opened(span, tool_runs=(run,)))).split("\n") == [
        "→ search_web  call_1   ✗ failed after 1.0 s",
        '  {"q": }',
        "  ▲ malformed JSON at line 1, column 7: Expecting value",
        '    {"q": }',
        "          ^",
        "  ✗ HTTPError: 5xx",
        "  ← result",
        "  42",
        "",
        "→ search_web  call_1   ○ no span says that it ran",
        "  {",
        '    "q": "x"',
        "  }",
    ]


def test_documents_have_ranks_and_scores() -> None:
    found = (
        Document(id="d1", content="Text\nmore", score=0.91234, metadata={"page": 3}),
        Document(content="b"),
    )
    span = _span(retrieval=Retrieval(query="refund?", top_k=5, document_count=2, documents=found))
    assert as_text(retrieved(_opened(span))) == (
        "query  refund?\nasked for  5   found  2\n\n1. score 0.9123  d1\nText\nmore\npage: 3\n\n2. score –\nb"
    )


def test_scores_say_whose_they_are() -> None:
    given = (
        Score(score_id="1", name="thumbs", time_ns=NOON, span_id="s1", value=0.0, label="down",
              source="user", comment="wrong"),
        Score(score_id="2", name="quality", time_ns=NOON, trace_id="t1", value=0.8, raw_value="4",
              source="judge"),
        Score(score_id="3", name="csat", time_ns=NOON, session_id="z", label="happy"),
    )  # fmt: skip
    text = as_text(scores(_opened(_span(heuristics=("too_short",)), scores=given)))
    assert "heuristics  ▲ 1 check failed\n▲ too short" in text
    assert "thumbs  0 down   from user · " in text
    assert "\nwrong" in text
    assert "sent as 4 · of its trace" in text
    assert "csat  happy" in text
    assert "of its session" in text
    assert "✓ all pass" in as_text(scores(_opened(_span(heuristics=()))))


def test_why_a_check_failed() -> None:
    results = (
        '{"results":{"too_short":false,"new":false},"why":{"too_short":"6 characters","new":"not shown"}}'
    )
    checks = Score(score_id="1", name="heuristic_pass", time_ns=NOON, value=0.0, comment=results)
    opened = replace(_opened(_span(heuristics=("too_short", "since_removed"))), checks=checks)
    assert "▲ too short  6 characters\n▲ since removed" in as_text(scores(opened))
    assert scores(opened)[0].value == results


def test_replays_stand_with_the_scores() -> None:
    replay = Replay(
        replay_id="r", trace_id="t1", span_id="s1", time_ns=NOON, provider="local", url="http://x",
        model="gpt-4o", request="{}", response="Hello", status="ok", cost_nanousd=6_200_000,
        duration_ns=2 * SECOND,
    )  # fmt: skip
    text = as_text(scores(_opened(_span(), replays=(replay,))))
    assert text.startswith("replay  ✓ answered   gpt-4o at local · 2.0 s · $0.0062 · ")
    assert text.endswith("\nHello")


def test_exceptions_show_their_stack() -> None:
    stack = 'Traceback:\n  File "a.py"\nValueError: no\n'
    raised = Event(
        name="exception",
        time_ns=NOON + SECOND // 2,
        attributes={"exception.type": "ValueError", "exception.message": "no", "exception.stacktrace": stack},
    )
    other = Event(name="retry", time_ns=NOON, attributes={"attempt": 2})
    text = as_text(events(_opened(_span(status="error", content=Content(events=(other, raised))))))
    assert text == (
        "retry   after 0 µs\nattempt\n  2\n\n"
        '✗ ValueError   after 500 ms\nTraceback:\n  File "a.py"\nValueError: no'
    )
    assert as_text(events(_opened(_span(status="error", error_message="boom")))) == "✗ error\nboom"


def test_attributes_say_what_was_understood_sent_and_lost() -> None:
    content = Content(
        attributes={"gen_ai.usage.input_tokens": 3, "b": '{"x": 1}'},
        scope_name="my.scope",
        truncated=("llm.prompt: 2000000",),
        dropped_attributes=2,
    )
    text = as_text(attributes(_opened(_span(dialect="handmade", content=content))))
    assert "read as  handmade from my.scope" in text
    assert "app version  unversioned" in text
    assert 'attributes as sent · 2\nb\n  {\n    "x": 1\n  }\ngen_ai.usage.input_tokens  3' in text
    assert "▲ cut: llm.prompt: 2000000 characters\n▲ the sender dropped 2 attributes" in text


def test_the_bill_can_be_checked_by_hand() -> None:
    """1,000 input tokens at $2.50, 200 cached at $1.25, 100 output at $10 a million: $0.00375."""
    bill = Cost(
        nanousd=3_750_000,
        lines=(
            CostLine(what="input", tokens=1000, nanousd_per_million=2_500_000_000),
            CostLine(what="cache_read", tokens=200, nanousd_per_million=1_250_000_000),
            CostLine(what="output", tokens=100, nanousd_per_million=10_000_000_000),
        ),
        price=Price(
            provider="openai",
            model="gpt-4o",
            tariff=Tariff(Rates()),
            source="genai-prices 0.2.3",
            listed="2025-10-07",
            since="2025-06-10",
            condition="batch",
        ),
    )
    call = Call(usage=Usage(input_tokens=1200, output_tokens=100), sender_cost_nanousd=4_000_000)
    lines = [line.split() for line in as_text(cost(_opened(_span(cost=bill, call=call)))).split("\n")]
    assert ["input", "1,000", "2.5", "$0.0025"] in lines
    assert ["from", "cache", "200", "1.25", "$0.00025"] in lines
    assert ["output", "100", "10", "$0.001"] in lines
    assert ["total", "$0.00375"] in lines
    assert ["price", "of", "openai", "gpt-4o", "batch"] in lines
    (came,) = [" ".join(line) for line in lines if line[:2] == ["from", "genai-prices"]]
    assert (
        came == "from genai-prices 0.2.3; list of 2025-10-07, 2 days old at the call; price since 2025-06-10"
    )
    assert ["difference", "▲", "+$0.00025,", "+7", "%", "of", "ours"] in lines


@pytest.mark.parametrize(
    ("bill", "row", "said"),
    [
        (None, {}, "Nothing to price: the span reports no tokens."),
        (Cost(nanousd=None, note="unpriced: nobody knows m"), {}, "▲ unpriced: nobody knows m"),
        (Cost(nanousd=0, note="free: local"), {}, "free: local"),
        (None, {"usage_role": "rollup"}, "a span below this one reports the same usage"),
        (None, {"usage_role": "duplicate"}, "another span reports the same response"),
    ],
)
def test_a_call_without_a_bill_says_why(bill: Cost | None, row: dict[str, Any], said: str) -> None:
    assert said in as_text(cost(_opened(_span(cost=bill), **row)))


@pytest.mark.parametrize(
    ("known", "title"),
    [
        ({}, "Messages"),
        ({"status": "error"}, "Response"),
        ({"tool": Tool(name="x"), "status": "error"}, "Tools"),
        ({"retrieval": Retrieval()}, "Docs"),
    ],
)
def test_a_span_opens_at_the_tab_that_says_most(known: dict[str, Any], title: str) -> None:
    assert TABS[best_tab(_opened(_span(**known)))].title == title


_EVIL = "".join(map(chr, UNSAFE)) + "[/red][@click=app.quit]x[/]"


def test_no_tab_lets_control_characters_through() -> None:
    content = Content(
        input_messages=(_said(_EVIL, _text(_EVIL), Part(type="uri", uri=_EVIL), name=_EVIL),),
        output_messages=(_said(_EVIL, msgspec.structs.replace(_CALL, name=_EVIL, arguments='{"' + _EVIL),),),
        tool_definitions=({_EVIL: _EVIL},),
        events=(Event(name=_EVIL, time_ns=0, attributes={_EVIL: _EVIL}),
                Event(name="exception", time_ns=0, attributes={"exception.stacktrace": _EVIL})),
        attributes={_EVIL: _EVIL}, resource={_EVIL: [_EVIL]}, scope_name=_EVIL, truncated=(_EVIL,),
    )  # fmt: skip
    span = _span(
        name=_EVIL, status="error", error_type=_EVIL, error_message=_EVIL, content=content, dialect=_EVIL,
        context=Context(user_id=_EVIL, prompt_template=_EVIL, prompt_name=_EVIL, metadata={_EVIL: _EVIL}),
        call=Call(finish_reasons=(_EVIL,), parameters={_EVIL: _EVIL}), tool=Tool(name=_EVIL, result=_EVIL),
        retrieval=Retrieval(
            query=_EVIL, documents=(Document(id=_EVIL, content=_EVIL, metadata={_EVIL: _EVIL}),)
        ),
        cost=Cost(
            nanousd=None, note=_EVIL, price=Price(model=_EVIL, tariff=Tariff(Rates()), source=_EVIL)
        ), heuristics=(_EVIL,),
    )  # fmt: skip
    score = Score(score_id="1", name=_EVIL, time_ns=NOON, label=_EVIL, comment=_EVIL, raw_value=_EVIL)
    opened = _opened(span, scores=(score,), name=_EVIL, model=_EVIL)
    assert not {char for char in span_text(opened) if ord(char) in UNSAFE}
    for tab in TABS:
        for block in tab.blocks(opened):
            assert not {char for char in block.value if ord(char) in UNSAFE}, (tab.title, block.title)
            assert all("\n" not in text for line in (block.title, *block.lines) for text, _ in line)
