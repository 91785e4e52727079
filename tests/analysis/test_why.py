"""Bills by hand: what is counted, what is left out and of which span, and the sender's figure beside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llmwatch.analysis.why import SpanBill, TraceBill, sender, span_bill, trace_bill
from llmwatch.collector.records import RawSpan
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans, traces
from tests.dialects.raw import SECOND, START, TRACE, raw_span
from tests.dialects.stored import batch_of, writing

GPT_4O = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 100,
}
CACHED = {"gen_ai.usage.cache_read.input_tokens": 200}
PRICED = 3_750_000
"""1,000 input tokens at $2.50, 200 cached at $1.25, 100 output at $10 a million, in nano-dollars."""
NANO = 10**9


def call(span_id: str, parent: str | None = "root", at: int = 0, **attributes: Any) -> RawSpan:
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return raw_span(
        {**GPT_4O, **CACHED, **named},
        span_id=span_id,
        parent_id=parent,
        name=span_id,
        start_ns=START + at * SECOND,
        end_ns=START + (at + 1) * SECOND,
    )


TREE = [
    raw_span({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 2400,
              "gen_ai.usage.output_tokens": 200}, span_id="root", name="agent"),
    call("first", gen_ai__response__id="r-1"),
    call("twice", gen_ai__response__id="r-1", gen_ai__usage__cache_read__input_tokens=None),
    call("second", at=5, gen_ai__response__id="r-2"),
    call("odd", at=7, gen_ai__request__model="nobody-knows", gen_ai__response__model="nobody-knows"),
    raw_span({"gen_ai.tool.name": "search"}, span_id="tool", parent_id="root", name="tool"),
]  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "llmwatch.db"


def fill(database: Path, records: Sequence[RawSpan]) -> None:
    with writing(database) as writer:
        writer.submit(batch_of(records)).result(10)


def bill_of(database: Path, span_id: str) -> SpanBill:
    with closing(connect_reader(database)) as db:
        detail = spans.detail(db, TRACE, span_id)
        assert detail
        return span_bill(detail, spans.briefs_of(db, TRACE))


def bill_of_trace(database: Path) -> TraceBill:
    with closing(connect_reader(database)) as db:
        row = traces.trace(db, TRACE)
        assert row
        return trace_bill(row, spans.spans_of(db, TRACE), spans.briefs_of(db, TRACE), {"odd": "why"})


def test_a_counted_span(database: Path) -> None:
    fill(database, TREE)
    bill = bill_of(database, "first")
    assert (bill.role, bill.instead, bill.reason, bill.unbilled_tokens) == ("counted", (), "", 0)
    assert (bill.provider, bill.request_model, bill.response_model) == (
        "openai", "gpt-4o", "gpt-4o-2024-08-06",
    )  # fmt: skip
    assert bill.cost
    assert bill.price is not None
    assert (bill.cost.nanousd, bill.price.provider, bill.price.model) == (PRICED, "openai", "gpt-4o")
    assert bill.price.rates == {"input": 2_500_000_000, "cache_read": 1_250_000_000, "output": 10**10}
    assert (bill.price.custom, bill.price.condition, bill.rounded) == (False, "", 0)
    assert sum(line.tokens * line.nanousd_per_million for line in bill.cost.lines) == PRICED * 1_000_000
    assert bill.input
    assert (bill.input.total, bill.input.uncached, bill.input.cache_read, bill.input.cache_write) == (
        1200, 1000, 200, 0,
    )  # fmt: skip


def test_a_roll_up_names_what_counts_instead(database: Path) -> None:
    fill(database, TREE)
    bill = bill_of(database, "root")
    assert bill.role == "rollup"
    assert [entry.span_id for entry in bill.instead] == ["first", "second", "odd"]
    assert [entry.cost_nanousd for entry in bill.instead] == [PRICED, PRICED, None]


def test_a_duplicate_names_the_one_that_counts(database: Path) -> None:
    fill(database, TREE)
    bill = bill_of(database, "twice")
    assert (bill.role, [entry.span_id for entry in bill.instead]) == ("duplicate", ["first"])


def test_a_span_without_a_price_says_why(database: Path) -> None:
    fill(database, TREE)
    assert bill_of(database, "odd").reason == "unpriced: the price list has no nobody-knows of openai"
    assert bill_of(database, "tool").reason == "nothing to price: the span reports no tokens"


def test_anthropic_tokens_written_to_the_cache(database: Path) -> None:
    """Input includes what was read and written; a write for an hour costs twice the input's rate.

    Claude Sonnet 4.5 at $3 a million: 100 uncached, 1,000 read at $0.30, 200 written for five minutes at
    $3.75 and 300 for an hour at $6, 10 out at $15.
    """
    record = raw_span({
        "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": 1600, "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 1000, "gen_ai.usage.cache_creation.input_tokens": 500,
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 300,
    }, span_id="root")  # fmt: skip
    fill(database, [record])
    bill = bill_of(database, "root")
    assert bill.input
    assert (bill.input.uncached, bill.input.cache_read, bill.input.cache_write) == (100, 1000, 500)
    assert bill.cost
    by_hand = 100 * 3_000 + 1000 * 300 + 10 * 15_000
    written = {line.what: line.tokens for line in bill.cost.lines if line.what.startswith("cache_write")}
    assert sum(written.values()) == 500
    by_hand += written.get("cache_write", 0) * 3_750 + written.get("cache_write_1h", 0) * 6_000
    assert bill.cost.nanousd == by_hand


def test_the_rates_of_a_long_context_are_said(database: Path) -> None:
    """Gemini 2.5 Pro: $1.25 a million up to 200,000 tokens of input, $2.50 for all of them above."""
    record = raw_span({"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-2.5-pro",
                       "gen_ai.usage.input_tokens": 200_001, "gen_ai.usage.output_tokens": 0})  # fmt: skip
    fill(database, [record])
    cost = bill_of(database, record.span_id).cost
    assert cost
    assert cost.nanousd == 200_001 * 2_500
    assert "the rates above 200,000 input tokens" in cost.note


def test_the_trace_is_the_sum_of_its_counted_spans(database: Path) -> None:
    fill(database, TREE)
    bill = bill_of_trace(database)
    assert [entry.span_id for entry in bill.counted] == ["first", "second", "odd"]
    assert bill.sum_nanousd == bill.cost_nanousd == 2 * PRICED
    assert [(entry.span_id, entry.role, entry.instead) for entry in bill.left_out] == [
        ("root", "rollup", ("first", "second", "odd")),
        ("twice", "duplicate", ("first",)),
    ]
    assert bill.unpriced == {"odd": "why"}


def test_parents_in_a_circle_are_looked_at_once(database: Path) -> None:
    fill(database, [call("a", "b"), call("b", "a")])
    bill = bill_of_trace(database)
    assert (bill.counted, bill.cost_nanousd) == ((), None)
    assert [(entry.span_id, entry.instead) for entry in bill.left_out] == [("a", ()), ("b", ())]


@pytest.mark.parametrize(
    ("sent", "ours", "difference", "differs"),
    [
        (100, 100, 0, False),
        (105, 100, 5, False),
        (106, 100, 6, True),
        (94, 100, -6, True),
        (5, 0, 5, True),
        (0, 0, 0, False),
        (5, None, None, False),
    ],
)
def test_the_senders_figure(sent: int, ours: int | None, difference: int | None, *, differs: bool) -> None:
    told = sender(sent, ours)
    assert (told.nanousd, told.difference_nanousd, told.differs) == (sent, difference, differs)
