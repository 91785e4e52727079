"""A trace with all that a trace can have: tools side by side, a retry, documents, a cut answer, an orphan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmwatch.store.price import Price, Rates, Tariff
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
    Retrieval,
    Score,
    Span,
    Tool,
    Usage,
)
from tests.tui import seed
from tests.tui.seed import NOW_NS, SECOND

TRACE = "f" * 32
SESSION = "s_88"
_START = NOW_NS - 30 * SECOND
_CONTEXT = Context(
    service="shop", app_version="1.8.2", environment="prod", session_id=SESSION, user_id="u_07",
    feature="agent", prompt_name="agent", prompt_version="v1.1",
    prompt_template="You are a research assistant for {{company}}.", prompt_variables={"company": "Acme"},
)  # fmt: skip
_PLANS = "\n".join(
    f"{n}. The plan for teams of {n} people costs ${7 * n} a month and includes priority support."
    for n in range(1, 70)
)
_STACK = """Traceback (most recent call last):
  File "/app/tools.py", line 41, in search_web
    response.raise_for_status()
requests.exceptions.HTTPError: 503 Server Error: upstream timed out
"""


def write(path: Path) -> None:
    """A database with this trace, the earlier turns of its session, and one that runs."""
    seed.write(path, [*earlier(), *spans(), running()], scores())


def _span(span_id: str, name: str, kind: Any, start: float, end: float | None, **known: Any) -> Span:
    defaults: dict[str, Any] = {
        "trace_id": TRACE, "span_id": span_id, "parent_id": "root", "name": name, "kind": kind,
        "dialect": "genai", "state": "started" if end is None else "ended", "status": "ok",
        "start_ns": _START + round(start * SECOND), "context": _CONTEXT,
        "end_ns": None if end is None else _START + round(end * SECOND),
    }  # fmt: skip
    return Span(**(defaults | known))


def _text(text: str) -> Part:
    return Part(type="text", text=text)


def _call(number: int, name: str, arguments: str) -> Part:
    return Part(type="tool_call", id=f"call_{number}", name=name, arguments=arguments)


def spans() -> list[Span]:
    """The agent's run; its parts arrive before it."""
    return [_plan(), *_tools(), _retrieval(), _answer(), _orphan(), _root()]


def _plan() -> Span:
    asked = (
        Message(role="system", parts=(_text("You are a research assistant for Acme."),)),
        Message(
            role="user",
            parts=(
                _text("Compare the two plans, please.\n\n  - the price\n  - 你能用中文回答吗？"),
                Part(type="blob", modality="image", mime_type="image/png", size_bytes=186_400),
            ),
        ),
    )
    calls = (
        _call(1, "search_web", '{"q":"acme plans price","limit":5}'),
        _call(2, "search_web", '{"q":"acme support levels"}'),
        _call(3, "read_page", '{"url": "https://acme.example/plans", "depth": }'),
    )
    return _span(
        "plan", "plan", "llm", 0.1, 2.9,
        call=Call(
            operation="chat", provider="openai", request_model="gpt-4o", finish_reasons=("tool_calls",),
            parameters={"temperature": 0.7}, stream=True, time_to_first_chunk_ns=600_000_000,
            usage=Usage(input_tokens=18_330, output_tokens=204, cache_read_tokens=12_000),
            sender_cost_nanousd=41_000_000,
        ),
        cost=_cost(("input", 6_330, 2_500), ("cache_read", 12_000, 1_250), ("output", 204, 10_000)),
        heuristics=(),
        content=Content(
            input_messages=asked,
            output_messages=(Message(role="assistant", parts=calls, finish_reason="tool_calls"),),
            attributes={"gen_ai.request.model": "gpt-4o", "server.address": "api.openai.com"},
        ),
    )  # fmt: skip


def _cost(*lines: tuple[str, int, int]) -> Cost:
    """A bill of (what, tokens, nano-dollars a token)."""
    return Cost(
        nanousd=sum(tokens * rate for _, tokens, rate in lines),
        price=Price(provider="openai", model="gpt-4o", tariff=Tariff(Rates()), source="genai-prices test"),
        lines=tuple(
            CostLine(what=what, tokens=tokens, nanousd_per_million=rate * 10**6)
            for what, tokens, rate in lines
        ),
    )  # fmt: skip


def _tools() -> list[Span]:
    raised = Event(
        name="exception", time_ns=_START + 9 * SECOND,
        attributes={
            "exception.type": "HTTPError", "exception.message": "503", "exception.stacktrace": _STACK,
        },
    )  # fmt: skip
    query = '{"q":"acme plans price","limit":5}'
    return [
        _span("tool-1", "search_web", "tool", 3, 9, status="error", error_type="HTTPError",
              error_message="503 from search.example: upstream timed out", content=Content(events=(raised,)),
              tool=Tool(name="search_web", call_id="call_1", arguments=query, success=False)),
        _span("tool-2", "search_web", "tool", 3, 7.4,
              tool=Tool(name="search_web", call_id="call_2", result='[{"title":"Support"}]', success=True)),
        _span("tool-3", "read_page", "tool", 3.1, 4.9,
              tool=Tool(name="read_page", call_id="call_3", result="Plans start at $7.", success=True)),
        _span("tool-4", "search_web", "tool", 9.1, 9.6,
              tool=Tool(name="search_web", call_id="call_1", result="[]", success=True)),
    ]  # fmt: skip


def _retrieval() -> Span:
    found = (
        Document(id="plans.md", content=_PLANS[:300], score=0.9123, metadata={"page": 1}),
        Document(id="support.md", content="Support answers within a day.", score=0.71),
    )
    return _span(
        "docs", "retrieve", "retriever", 9.6, 9.9,
        retrieval=Retrieval(query="acme plans", top_k=3, document_count=2, documents=found),
    )  # fmt: skip


def _answer() -> Span:
    said = "For a team of twelve the Team plan costs $84 a month; support answers within"
    return _span(
        "answer", "answer", "llm", 9.9, 14.8, heuristics=("truncated",),
        call=Call(
            operation="chat", provider="openai", request_model="gpt-4o", finish_reasons=("length",),
            time_to_first_chunk_ns=1_900_000_000, usage=Usage(input_tokens=19_000, output_tokens=800),
        ),
        cost=_cost(("input", 19_000, 2_500), ("output", 800, 10_000)),
        content=Content(
            input_messages=(Message(role="user", parts=(_text(_PLANS),)),),
            output_messages=(Message(role="assistant", parts=(_text(said),), finish_reason="length"),),
        ),
    )  # fmt: skip


def _orphan() -> Span:
    return _span("late", "late child", "span", 10, 10.4, parent_id="lost")


def _root() -> Span:
    return _span(
        "root", "agent-run", "agent", 0, 14.9, parent_id=None, status="error", error_type="HTTPError",
        error_message="search_web: 503", content=Content(input_text="Compare the two plans"),
    )  # fmt: skip


def earlier() -> list[Span]:
    """Three turns before it, of one call each."""
    return [
        _span(
            "only", "agent-run", "llm", -200 + 50 * n, -198 + 50 * n, trace_id=f"{n:032x}", parent_id=None,
            call=Call(provider="openai", request_model="gpt-4o",
                      usage=Usage(input_tokens=900 * (n + 1), output_tokens=80)),
            cost=_cost(("input", 900 * (n + 1), 2_500), ("output", 80, 10_000)),
        )
        for n in range(3)
    ]  # fmt: skip


def running() -> Span:
    """A call that has not ended."""
    return _span(
        "only", "summarise", "llm", 21, None, trace_id="c" * 32, parent_id=None, status="unset",
        call=Call(provider="openai", request_model="gpt-4o-mini"),
    )  # fmt: skip


def scores() -> list[Score]:
    """What a user and a judge thought of it."""
    return [
        Score(score_id="x1", name="thumbs", time_ns=NOW_NS - 5 * SECOND, trace_id=TRACE, span_id="answer",
              value=0.0, label="down", source="user", comment="It stopped in the middle."),
        Score(score_id="x2", name="quality", time_ns=NOW_NS - 4 * SECOND, trace_id=TRACE, value=0.55,
              raw_value="2.75", source="judge"),
    ]  # fmt: skip
