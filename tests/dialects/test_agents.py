"""Coding agents' log events, by their documented names: prompts, calls and tools of sessions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from llmwatch.collector.dialects import normalise_log
from llmwatch.collector.records import RawLog, Source
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Span
from tests.dialects.raw import SECOND, SPAN, START, TRACE, event, raw_log, read
from tests.dialects.stored import batch_of, details, snapshot, writing

CLAUDE = Source(
    resource={"service.name": "claude-code"},
    scope_name="com.anthropic.claude_code.events",
    scope_version="2.1.289",
)
MS = SECOND // 1000


def claude(name: str, sequence: int, after_ms: int, **said: Any) -> RawLog:
    """An event of Claude Code: its body has the prefix, its ``event.name`` has not."""
    attributes = {
        "session.id": "s-1", "prompt.id": "p-1", "user.id": "device", "user.account_uuid": "u-1",
        "event.name": name, "event.sequence": sequence, **said,
    }  # fmt: skip
    return raw_log(
        "", f"claude_code.{name}", attributes, trace_id="", span_id="",
        time_ns=START + after_ms * MS, source=CLAUDE,
    )  # fmt: skip


SESSION = [
    claude("user_prompt", 0, 0, prompt_length="18", prompt="Fix the failing test"),
    claude(
        "api_request", 1, 2000, model="claude-sonnet-4-5-20250929", input_tokens="12", output_tokens=300,
        cache_read_tokens=5000, cache_creation_tokens=400, cost_usd="0.0123", duration_ms="1800",
        ttft_ms=610, speed="normal", query_source="repl_main_thread", request_id="req_1",
    ),
    claude("tool_decision", 2, 2100, decision="accept", source="config", tool_name="Bash", tool_use_id="t-1"),
    claude(
        "tool_result", 3, 3100, tool_name="Bash", tool_use_id="t-1", success="true", duration_ms="900",
        tool_input='{"command":"pytest"}', tool_result_size_bytes="12",
    ),
    claude("tool_decision", 4, 3200, decision="reject", tool_name="Write", tool_use_id="t-2"),
    claude(
        "tool_result", 5, 3300, tool_name="Read", tool_use_id="t-3", success="false", duration_ms=20,
        error="File does not exist", error_type="ENOENT",
    ),
    claude(
        "api_error", 6, 4000, model="claude-sonnet-4-5-20250929", error="Overloaded", status_code="529",
        duration_ms=500, attempt=11,
    ),
    claude(
        "api_request", 7, 6000, model="claude-haiku-4-5", input_tokens=5, output_tokens=9, cost_usd=0.0001,
        duration_ms=300, request_id="req_2", query_source="generate_session_title",
    ),
    claude("assistant_response", 8, 6050, response='{"title": "x"}', request_id="req_2",
           query_source="generate_session_title"),
    claude("assistant_response", 9, 6100, response="Done: the test passes.", request_id="req_1",
           query_source="repl_main_thread"),
    claude("plugin_loaded", 10, 6200, **{"plugin.name": "x"}),
]  # fmt: skip


def stored(records: list[RawLog], database: Path) -> list[SpanDetail]:
    with writing(database) as writer:
        assert writer.submit(batch_of(records)).result(timeout=30).rejected == 0
    return details(database)


def by_name(found: list[SpanDetail]) -> dict[str, SpanDetail]:
    return {detail.row.name: detail for detail in found}


def test_claude_code_a_prompt_is_a_trace_of_its_session(tmp_path: Path) -> None:
    found = stored(SESSION, tmp_path / "llmwatch.db")
    assert sorted((d.row.kind, d.row.name, d.row.status) for d in found) == [
        ("agent", "claude-code", "unset"),
        ("llm", "chat claude-haiku-4-5", "unset"),
        ("llm", "chat claude-sonnet-4-5-20250929", "error"),
        ("llm", "chat claude-sonnet-4-5-20250929", "unset"),
        ("tool", "Bash", "unset"),
        ("tool", "Read", "error"),
        ("tool", "Write", "unset"),
    ]
    root = by_name(found)["claude-code"].span
    assert (root.parent_id, root.start_ns, root.end_ns) == (None, START, START + 6100 * MS)
    assert (root.content.input_text, root.content.output_text) == (
        "Fix the failing test",
        "Done: the test passes.",
    )
    assert {d.span.trace_id for d in found} == {root.trace_id}
    assert {d.span.parent_id for d in found if d.span != root} == {root.span_id}
    assert {(d.span.context.session_id, d.span.context.user_id) for d in found} == {("s-1", "u-1")}
    assert {d.span.context.service for d in found} == {"claude-code"}
    assert {d.span.dialect for d in found} == {"claude-code"}


def test_claude_code_a_call(tmp_path: Path) -> None:
    (span,) = [
        d.span
        for d in stored(SESSION, tmp_path / "llmwatch.db")
        if d.row.kind == "llm" and d.span.call and d.span.call.response_id == "req_1"
    ]
    call = span.call
    assert call and call.usage
    assert (call.usage.input_tokens, call.usage.output_tokens) == (5412, 300), "cached tokens are input too"
    assert (call.usage.cache_read_tokens, call.usage.cache_write_tokens) == (5000, 400)
    assert (call.provider, call.sender_cost_nanousd) == ("anthropic", 12_300_000)
    assert call.time_to_first_chunk_ns == 610 * MS
    assert (span.start_ns, span.end_ns) == (START + 200 * MS, START + 2000 * MS)
    assert [part.text for message in span.content.output_messages for part in message.parts] == [
        "Done: the test passes."
    ]


def test_claude_code_failures_and_tools(tmp_path: Path) -> None:
    found = stored(SESSION, tmp_path / "llmwatch.db")
    (failed,) = [d.span for d in found if d.row.kind == "llm" and d.row.status == "error"]
    assert (failed.error_type, failed.error_message, failed.context.retry_count) == ("529", "Overloaded", 10)
    tools = {name: by_name(found)[name].span for name in ("Bash", "Read", "Write")}
    assert {name: span.tool and span.tool.success for name, span in tools.items()} == {
        "Bash": True, "Read": False, "Write": False,
    }  # fmt: skip
    assert tools["Bash"].tool and tools["Bash"].tool.arguments == '{"command":"pytest"}'
    assert (tools["Read"].error_type, tools["Read"].error_message) == ("ENOENT", "File does not exist")
    assert (tools["Bash"].start_ns, tools["Bash"].end_ns) == (START + 2200 * MS, START + 3100 * MS)


def test_what_was_not_captured_is_unknown() -> None:
    (root,) = normalise_log(claude("user_prompt", 0, 0, prompt="<REDACTED>", prompt_length=3))
    assert isinstance(root, Span)
    assert root.content.input_text is None
    (codex,) = normalise_log(codex_event("conversation_starts"))
    assert isinstance(codex, Span)
    prompt, _ = normalise_log(codex_event("user_prompt", prompt="[REDACTED]"))
    assert isinstance(prompt, Span)
    assert prompt.content.input_text is None


def test_an_event_with_a_span_is_kept_on_it_and_adds_no_numbers() -> None:
    raw = raw_log(
        "", "claude_code.api_request", {"event.name": "api_request", "input_tokens": 5, "prompt.id": "p"},
        source=CLAUDE,
    )  # fmt: skip
    (span,) = normalise_log(raw)
    assert isinstance(span, Span)
    assert (span.trace_id, span.span_id, span.state, span.call) == (TRACE, SPAN, "partial", None)
    assert [event.name for event in span.content.events] == ["claude_code.api_request"]


@pytest.mark.parametrize("seed", range(4))
def test_any_order_any_number_of_times(seed: int, tmp_path: Path) -> None:
    records = [*SESSION, *CODEX, *GEMINI]
    shuffled = [*records, *random.Random(seed).sample(records, 8)]
    random.Random(seed).shuffle(shuffled)
    states = []
    for number, batches in enumerate(([records], [[record] for record in shuffled])):
        database = tmp_path / f"{number}.db"
        with writing(database) as writer:
            for batch in batches:
                writer.submit(batch_of(batch)).result(timeout=30)
        states.append(snapshot(database))
    assert states[0] == states[1]


def codex_event(name: str, after_ms: int = 0, **said: Any) -> RawLog:
    """An event of Codex: every value of it may be a text, ``event_name`` is where its code stands."""
    attributes = {
        "event.name": f"codex.{name}", "conversation.id": "c-1", "app.version": "0.156.1",
        "model": "gpt-5-codex", "slug": "gpt-5-codex", "user.email": "ada@example.com", **said,
    }  # fmt: skip
    return raw_log(
        "event otel/src/events/session_telemetry.rs:1", None, attributes, trace_id="", span_id="",
        time_ns=START + after_ms * MS, source=Source(resource={"service.name": "codex_exec"}),
    )  # fmt: skip


CODEX = [
    codex_event("conversation_starts", provider_name="OpenAI", reasoning_effort="high"),
    codex_event("user_prompt", 10, prompt="List the files", prompt_length="14"),
    codex_event("api_request", 500, duration_ms="400", attempt=0, **{"http.response.status_code": 200}),
    codex_event("sse_event", 600, duration_ms="3", **{"event.kind": "response.output_text.delta"}),
    codex_event(
        "sse_event", 900, input_token_count="800", output_token_count="200", cached_token_count=512,
        reasoning_token_count=64, tool_token_count="1000", **{"event.kind": "response.completed"},
    ),
    codex_event(
        "tool_result", 2000, tool_name="shell", call_id="call-1", arguments='{"command":["ls"]}',
        output="a.py", success="true", duration_ms="50",
    ),
    codex_event("tool_decision", 2100, tool_name="apply_patch", call_id="call-2", decision="denied"),
    codex_event(
        "api_request", 3000, duration_ms="100", attempt=1,
        **{"http.response.status_code": 429, "error.message": "Too Many Requests"},
    ),
]  # fmt: skip


def test_codex_a_conversation(tmp_path: Path) -> None:
    found = stored(CODEX, tmp_path / "llmwatch.db")
    assert sorted((d.row.kind, d.row.name, d.row.status) for d in found) == [
        ("agent", "codex", "unset"),
        ("llm", "chat gpt-5-codex", "error"),
        ("llm", "chat gpt-5-codex", "unset"),
        ("prompt", "user prompt", "unset"),
        ("tool", "apply_patch", "unset"),
        ("tool", "shell", "unset"),
    ]
    (call,) = [d.span for d in found if d.row.kind == "llm" and d.row.status == "unset"]
    assert call.call and call.call.usage
    usage = call.call.usage
    assert (usage.input_tokens, usage.cache_read_tokens) == (800, 512), (
        "OpenAI's input includes cached tokens"
    )
    assert (usage.output_tokens, usage.reasoning_tokens) == (200, 64)
    assert (call.call.provider, call.end_ns) == ("openai", None), "how long it took was not said"
    (failed,) = [d.span for d in found if d.row.status == "error"]
    assert (failed.error_type, failed.error_message) == ("429", "Too Many Requests")
    assert failed.end_ns == START + 3000 * MS
    tool = by_name(found)["shell"].span.tool
    assert tool and (tool.arguments, tool.result, tool.success) == ('{"command":["ls"]}', "a.py", True)
    assert {(d.span.context.session_id, d.span.context.user_id) for d in found} == {
        ("c-1", "ada@example.com")
    }
    root = by_name(found)["codex"].span
    assert (root.parent_id, root.start_ns, root.end_ns) == (None, START, START + 3000 * MS)
    assert by_name(found)["user prompt"].span.content.input_text == "List the files"


def gemini(name: str, after_ms: int, **said: Any) -> RawLog:
    """An event of Gemini CLI."""
    attributes = {
        "event.name": f"gemini_cli.{name}",
        "session.id": "g-1",
        "prompt_id": "g-1########0",
        **said,
    }
    return raw_log(
        "", "text for people", attributes, trace_id="", span_id="", time_ns=START + after_ms * MS,
        source=Source(resource={"service.name": "gemini-cli"}, scope_name="gemini-cli"),
    )  # fmt: skip


ANSWER = (
    '[{"candidates":[{"content":{"role":"model","parts":[{"text":"Hel"}]}}]},'
    '{"candidates":[{"content":{"role":"model","parts":[{"text":"lo"}]}}]}]'
)
GEMINI = [
    gemini("config", 0, model="gemini-2.5-pro"),
    gemini("user_prompt", 10, prompt="Say hello", prompt_length=9),
    gemini("api_request", 20, model="gemini-2.5-pro", request_text="[]"),
    gemini(
        "api_response", 1500, model="gemini-2.5-pro", status_code=200, duration_ms=1400,
        input_token_count=12000, output_token_count=350, cached_content_token_count=8000,
        thoughts_token_count=420, tool_token_count=0, total_token_count=12770,
        response_text=ANSWER, finish_reasons=["STOP"],
    ),
    gemini(
        "tool_call", 1700, function_name="read_file", function_args='{"path":"a"}', duration_ms=100,
        success=False, decision="auto_accept", error="no such file", error_type="file_not_found",
    ),
    gemini("api_error", 2000, model="gemini-2.5-pro", error="quota", error_type="429", duration_ms=200),
]  # fmt: skip


def test_gemini_cli_a_prompt(tmp_path: Path) -> None:
    found = stored(GEMINI, tmp_path / "llmwatch.db")
    assert sorted((d.row.kind, d.row.name, d.row.status) for d in found) == [
        ("agent", "gemini-cli", "unset"),
        ("llm", "chat gemini-2.5-pro", "error"),
        ("llm", "chat gemini-2.5-pro", "unset"),
        ("tool", "read_file", "error"),
    ]
    root = by_name(found)["gemini-cli"].span
    assert (root.content.input_text, root.content.output_text) == ("Say hello", "Hello")
    (call,) = [d.span for d in found if d.row.kind == "llm" and d.row.status == "unset"]
    assert call.call and call.call.usage
    usage = call.call.usage
    assert (usage.input_tokens, usage.cache_read_tokens) == (12000, 8000)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (770, 420, 12770)
    assert (call.start_ns, call.end_ns) == (START + 100 * MS, START + 1500 * MS)
    assert call.call.finish_reasons == ("STOP",)


def test_gemini_cli_a_response_completes_the_span_it_names() -> None:
    """Its spans have no tokens."""
    raw = raw_log("", None, {**GEMINI[3].attributes})
    (span,) = normalise_log(raw)
    assert isinstance(span, Span)
    assert (span.trace_id, span.span_id, span.state) == (TRACE, SPAN, "partial")
    assert span.call and span.call.usage and span.call.usage.input_tokens == 12000


def claude_span(kind: str, **said: Any) -> Span:
    source = Source(scope_name="com.anthropic.claude_code.tracing")
    events = said.pop("events", ())
    return read(
        {"span.type": kind, "session.id": "s-1", **said},
        name=f"claude_code.{kind}",
        source=source,
        events=events,
    )


def test_claude_code_spans() -> None:
    call = claude_span(
        "llm_request", model="claude-opus-5", input_tokens=2, output_tokens=1200, cache_read_tokens=84562,
        cache_creation_tokens=7096, ttft_ms=610, stop_reason="tool_use", success=True, attempt=1,
        **{"gen_ai.system": "anthropic", "gen_ai.response.id": "msg_1", "request_id": "req_1"},
    )  # fmt: skip
    assert (call.kind, call.dialect, call.context.session_id) == ("llm", "claude-code", "s-1")
    assert call.call and call.call.usage
    usage = call.call.usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (91660, 84562, 7096)
    assert (call.call.response_id, call.call.finish_reasons) == ("msg_1", ("tool_use",))
    tool = claude_span(
        "tool", tool_name="Bash", tool_use_id="t-1", full_command="ls",
        events=(event("tool.output", output="a.py"),),
    )  # fmt: skip
    assert tool.kind == "tool" and tool.tool
    assert (tool.tool.name, tool.tool.arguments, tool.tool.result) == ("Bash", "ls", "a.py")
    asked = claude_span("interaction", user_prompt="<REDACTED>")
    assert (asked.kind, asked.content.input_text) == ("agent", None)
    assert claude_span("tool.execution", success=True).kind == "span"


def codex_span(name: str, scope: str, attributes: dict[str, Any], **fields: Any) -> Span:
    return read(attributes, name=name, source=Source(scope_name=scope), **fields)


USAGE = {
    "gen_ai.usage.input_tokens": 43001, "gen_ai.usage.cache_read.input_tokens": 36096,
    "gen_ai.usage.output_tokens": 700, "tool_name": "shell",
}  # fmt: skip


def test_codex_spans_say_the_usage_twice() -> None:
    turn = codex_span(
        "session_task.turn",
        "codex_cli_rs",
        {
            "model": "gpt-5-codex", "thread.id": "c-1", "codex.turn.token_usage.input_tokens": 43001,
            "codex.turn.token_usage.cached_input_tokens": 36096, "codex.turn.token_usage.output_tokens": 700,
        },
    )  # fmt: skip
    assert (turn.kind, turn.dialect, turn.context.session_id) == ("agent", "codex", "c-1")
    assert turn.call and turn.call.usage
    assert (turn.call.usage.input_tokens, turn.call.usage.cache_read_tokens) == (43001, 36096)
    response = codex_span("handle_responses", "codex_cli_rs", USAGE)
    assert response.kind == "llm"
    assert response.call is None or response.call.usage is None, "it does not say of which model"
    alone = codex_span("handle_responses", "codex_exec", USAGE)
    assert alone.call and alone.call.usage and alone.call.usage.output_tokens == 700
    assert codex_span("handle_responses", "codex_exec", {"tool_name": "shell"}).kind == "span"
