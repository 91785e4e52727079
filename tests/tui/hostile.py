"""A database in which every text is a payload."""

from __future__ import annotations

import sqlite3
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
    Link,
    Message,
    Part,
    Replay,
    Retrieval,
    Score,
    Span,
    Tool,
    Usage,
)
from llmwatch.store.writer import Batch, Writer
from llmwatch.store.writes import alerts
from tests.tui.alerting import alert
from tests.tui.payloads import PAYLOADS
from tests.tui.seed import NOW_NS, SECOND

MIXED = 2
"""The newest traces, whose texts are all payloads together."""


def write(path: Path) -> None:
    """A failed trace for each payload, and for all together, which stands in every field that takes text."""
    together = " ".join(PAYLOADS)
    mixed = (together, " ".join(reversed(PAYLOADS)))
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=10_000, synchronous="NORMAL")
    writer.start()
    for number, text in enumerate((*PAYLOADS, *mixed)):
        writer.submit(
            Batch(spans=_trace(number, text), scores=[_score(number, text)], replays=[_replay(number, text)])
        )
    writer.submit(Batch()).result(10)
    writer.run(lambda db: _alerts(db, together)).result(10)
    writer.close()


def _alerts(db: sqlite3.Connection, together: str) -> None:
    """An alert for each payload, which could not be told over a channel of that name."""
    for text in (*PAYLOADS, together):
        row = alert(text, slice=text, reason=text, filter=text)
        (number,) = alerts.save(db, [row])
        alerts.queue(db, [text], "firing", number, b"", NOW_NS)
    for (delivery,) in db.execute("SELECT id FROM deliveries").fetchall():
        alerts.attempted(db, delivery, NOW_NS, together, None)


def _context(text: str) -> Context:
    return Context(
        service=text, app_version=text, environment=text, session_id=text, user_id=text, feature=text,
        request_id=text, prompt_name=text, prompt_version=text, prompt_template=text,
        prompt_variables={text: text}, tags=(text,), metadata={text: {text: [text]}},
    )  # fmt: skip


def _trace(number: int, text: str) -> list[Span]:
    start_ns, context, trace_id = NOW_NS - (30 + number) * SECOND, _context(text), f"{number:032x}"
    parts = (
        Part(type="text", text=f"{text}\n\n```\n{text}\n```"),
        Part(type="reasoning", text=text),
        Part(type="tool_call", id=text, name=text, arguments=f'{{"{text}": '),
        Part(type="tool_call_response", id=text, text=text),
        Part(type="blob", mime_type=text, modality=text, size_bytes=9),
        Part(type="uri", uri=text, modality=text),
        Part(type="file", uri=text),
        Part(type="generic", text=text),
    )
    content = Content(
        input_messages=(Message(role=text, name=text, parts=parts), Message(role="user", parts=parts)),
        output_messages=(Message(role="assistant", parts=parts, finish_reason=text),),
        tool_definitions=({"name": text, "description": text},),
        events=(Event(name="exception", time_ns=start_ns, attributes={
            "exception.type": text, "exception.message": text, "exception.stacktrace": f"{text}\n  {text}",
        }), Event(name=text, time_ns=start_ns, attributes={text: text})),
        links=(Link(trace_id=text, span_id=text, attributes={text: text}),),
        attributes={text: text, "list": [text]}, resource={text: text}, scope_name=text, scope_version=text,
        truncated=(f"{text}: 9",), input_text=text, output_text=text,
    )  # fmt: skip
    call = Call(
        operation=text, provider=text, request_model=text, response_model=text, response_id=text,
        parameters={text: text, "temperature": 1}, finish_reasons=(text,), stream=True,
        time_to_first_chunk_ns=SECOND, usage=Usage(input_tokens=10, output_tokens=5),
    )  # fmt: skip
    cost = Cost(
        nanousd=10**7, lines=(CostLine(what=text, tokens=5, nanousd_per_million=10**9),), note=text,
        price=Price(
            provider=text, model=text, tariff=Tariff(Rates()), condition=text, source=text, listed=text,
            since=text,
        ),
    )  # fmt: skip
    root = Span(
        trace_id=trace_id, span_id="a" * 16, name=text, kind="chain", dialect=text, start_ns=start_ns,
        end_ns=start_ns + 9 * SECOND, status="error", error_type=text, error_message=text, level=text,
        context=context, content=content,
    )  # fmt: skip
    common: dict[str, Any] = {
        "trace_id": trace_id,
        "parent_id": "a" * 16,
        "start_ns": start_ns,
        "name": text,
        "dialect": text,
    }
    return [
        Span(
            **common, span_id="b" * 16, kind="llm", end_ns=start_ns + 8 * SECOND, status="error",
            error_type=text, error_message=text, context=context, call=call, content=content, cost=cost,
            heuristics=(text,),
        ),
        Span(
            **common, span_id="c" * 16, kind="tool", end_ns=start_ns + SECOND, context=context,
            content=content,
            tool=Tool(name=text, call_id=text, description=text, arguments=text, result=text, success=False),
        ),
        Span(
            **common, span_id="d" * 16, kind="retriever", end_ns=start_ns + SECOND, context=context,
            retrieval=Retrieval(
                query=text, top_k=1, document_count=1,
                documents=(Document(id=text, content=text, score=0.5, metadata={text: text}),),
            ),
        ),
        root,
    ]  # fmt: skip


def _score(number: int, text: str) -> Score:
    return Score(
        score_id=f"s{number}", name=text, time_ns=NOW_NS - 20 * SECOND, trace_id=f"{number:032x}",
        span_id="b" * 16, value=0.5, raw_value=text, label=text, comment=text, user_id=text,
        source="user" if number % 2 else "judge",
    )  # fmt: skip


def _replay(number: int, text: str) -> Replay:
    return Replay(
        replay_id=f"r{number}", trace_id=f"{number:032x}", span_id="b" * 16, time_ns=NOW_NS, provider=text,
        url=text, model=text, request=f'{{"{text}": 1}}', response=text, status="error", error=text,
        usage=Usage(input_tokens=1, output_tokens=1), cost_nanousd=1, duration_ns=SECOND, finish_reason=text,
    )  # fmt: skip
