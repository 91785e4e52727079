"""A small believable day, the same every time: what the screens are tested on."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from llmwatch.store.price import Price, Rates, Tariff
from llmwatch.store.span import (
    Call,
    Content,
    Context,
    Cost,
    CostLine,
    Event,
    Message,
    Part,
    Retrieval,
    Score,
    Span,
    Tool,
    Usage,
)
from llmwatch.store.writer import Batch, Writer

SECOND = 10**9
NOW_NS = 1_763_722_991 * SECOND
"""2025-11-21 11:03:11 UTC."""

_LIMIT = "429 rate limit reached for gpt-4o"
_MODELS = (("gpt-4o", "openai"), ("claude-sonnet-4-5", "anthropic"), ("gpt-4o-mini", "openai"))


def write(path: Path, spans: list[Span], scores: list[Score]) -> None:
    """Write a database the way the collector does."""
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=100_000, synchronous="NORMAL")
    writer.start()
    for span in spans:  # one by one: the list's order is the order of arrival
        writer.submit(Batch(spans=(span,)))
    writer.submit(Batch(scores=scores)).result(10)
    writer.close()
    with closing(sqlite3.connect(path)) as db:  # how full text lies in the file depends on the machine's load
        db.execute("INSERT INTO search (search) VALUES ('optimize')")
        db.commit()
        db.execute("VACUUM")


def day() -> tuple[list[Span], list[Score]]:
    """24 quiet hours, then a rollout that slows gpt-4o down and makes answers worse."""
    rng = random.Random(7)
    spans: list[Span] = []
    scores: list[Score] = []
    for number, start_ns in enumerate(_starts(rng)):
        late = start_ns > NOW_NS - 900 * SECOND
        trace = list(_trace(rng, number, start_ns, late=late))
        spans += trace
        scores += _judged(rng, trace[-1], late=late)
    return spans, scores


def _starts(rng: random.Random) -> Iterator[int]:
    for hour in range(24, 0, -1):
        for _ in range(4):
            yield NOW_NS - hour * 3600 * SECOND + rng.randrange(2400) * SECOND
    yield from sorted(NOW_NS - rng.randrange(2, 880) * SECOND for _ in range(60))


def _trace(rng: random.Random, number: int, start_ns: int, *, late: bool) -> Iterator[Span]:
    feature = ("rag-chat", "summarise", "rag-chat", "agent-run")[number % 4]
    model, provider = _MODELS[number % 3]
    context = Context(
        service="shop",
        app_version="1.8.2" if late else "1.8.1",
        environment="prod",
        session_id=f"s_{number // 4}",
        user_id=f"u_{number % 20:02}",
        feature=feature,
        prompt_name="answer",
        prompt_version="v2.4" if late else "v2.3",
    )
    trace_id, slow = f"{number + 1:032x}", late and model == "gpt-4o"
    took = int(rng.uniform(0.6, 1.8) * (5 if slow else 1) * SECOND)
    failed = slow and number % 4 == 0
    if feature != "summarise":
        yield _retriever(trace_id, start_ns, context)
    if feature == "agent-run":
        yield _tool(trace_id, start_ns + SECOND // 5, context)
    yield _llm(rng, trace_id, start_ns + SECOND // 4, took, context, (model, provider), failed=failed)
    yield Span(
        trace_id=trace_id, span_id="a" * 16, name=feature, kind="chain", dialect="genai", start_ns=start_ns,
        end_ns=start_ns + took + SECOND // 3, status="error" if failed else "ok", context=context,
    )  # fmt: skip


def _retriever(trace_id: str, start_ns: int, context: Context) -> Span:
    return Span(
        trace_id=trace_id, span_id="b" * 16, parent_id="a" * 16, name="search_docs", kind="retriever",
        dialect="genai", start_ns=start_ns, end_ns=start_ns + SECOND // 5, status="ok", context=context,
        retrieval=Retrieval(query="plans", top_k=3, document_count=3),
    )  # fmt: skip


def _tool(trace_id: str, start_ns: int, context: Context) -> Span:
    return Span(
        trace_id=trace_id, span_id="c" * 16, parent_id="a" * 16, name="search_web", kind="tool",
        dialect="genai", start_ns=start_ns, end_ns=start_ns + SECOND // 2, status="ok", context=context,
        tool=Tool(name="search_web", call_id="call_1", arguments='{"q": "plans"}', result="two"),
    )  # fmt: skip


def _llm(
    rng: random.Random, trace_id: str, start_ns: int, took: int, context: Context, model: tuple[str, str],
    *, failed: bool,
) -> Span:  # fmt: skip
    tokens_in, tokens_out = rng.randrange(800, 2_000), rng.randrange(100, 400)
    nanousd = tokens_in * 2_500 + tokens_out * 10_000
    answer = "The two plans differ in price and in how many people may use them."
    return Span(
        trace_id=trace_id, span_id="d" * 16, parent_id="a" * 16, name=f"chat {model[0]}", kind="llm",
        dialect="genai", start_ns=start_ns, end_ns=start_ns + took, context=context,
        status="error" if failed else "ok", error_type="RateLimitError" if failed else None,
        error_message=_LIMIT if failed else None,
        call=Call(
            operation="chat", provider=model[1], request_model=model[0], response_model=model[0],
            parameters={"temperature": 0.7}, finish_reasons=None if failed else ("stop",), stream=True,
            time_to_first_chunk_ns=None if failed else took // 4,
            usage=None if failed else Usage(
                input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=tokens_in // 3,
            ),
        ),
        content=Content(
            input_messages=(
                _said("system", "You are a helpful shop assistant."),
                _said("user", "Compare the two plans.\nBriefly, please."),
            ),
            output_messages=() if failed else (
                _said("assistant", answer),
            ),
            events=(
                Event(name="exception", time_ns=start_ns + took, attributes={
                    "exception.type": "RateLimitError", "exception.message": _LIMIT,
                }),
            ) if failed else (),
            attributes={"gen_ai.request.model": model[0]},
        ),
        cost=None if failed else Cost(
            nanousd=nanousd,
            price=Price(
                provider=model[1], model=model[0], tariff=Tariff(Rates()), source="genai-prices test",
            ),
            lines=(
                CostLine(what="input", tokens=tokens_in, nanousd_per_million=2_500_000_000),
                CostLine(what="output", tokens=tokens_out, nanousd_per_million=10_000_000_000),
            ),
        ),
        heuristics=None if failed else (),
    )  # fmt: skip


def _said(role: str, text: str) -> Message:
    return Message(role=role, parts=(Part(type="text", text=text),))


def _judged(rng: random.Random, root: Span, *, late: bool) -> list[Score]:
    quality = round(rng.uniform(0.85, 0.95) - (0.12 if late else 0), 3)
    scores = [
        Score(
            score_id=f"q-{root.trace_id}", name="quality_score", time_ns=root.start_ns + SECOND,
            trace_id=root.trace_id, value=quality, source="judge",
        )
    ]  # fmt: skip
    scores += [
        Score(
            score_id=f"{name}-{root.trace_id}", name=f"judge_{name}", time_ns=root.start_ns + SECOND,
            trace_id=root.trace_id, value=round(quality + off, 3), source="judge",
        )
        for name, off in (("correctness", 0.02), ("groundedness", -0.04))
    ]  # fmt: skip
    if rng.random() < 0.4:
        liked = rng.random() > (0.3 if late else 0.05)
        scores.append(
            Score(
                score_id=f"f-{root.trace_id}", name="thumbs", time_ns=root.start_ns + 2 * SECOND,
                trace_id=root.trace_id, value=float(liked), source="user",
            )
        )  # fmt: skip
    return scores
