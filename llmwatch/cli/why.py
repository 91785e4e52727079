"""llmwatch why: how a cost comes about, to be checked by hand."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import click
import msgspec

from llmwatch.cli.place import chosen
from llmwatch.cli.printing import echo
from llmwatch.cli.reference import span_of
from llmwatch.errors import UsageError

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.analysis.why import SpanBill, TotalBill, TraceBill
    from llmwatch.store.rows import SpanRow, TraceRow, Unpriced
    from llmwatch.tui.models.document import Blocks

_FOREVER_S = 2**33
"""Calls whose clock runs ahead count as well."""

_EXPLAINED = 50
"""Calls without a price that are read to say why."""


@click.command()
@click.argument("span", required=False)
@click.option("--since", metavar="DURATION|all", help="Without SPAN: how far back (default: all).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, money in nano-dollars.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(
    ctx: click.Context, span: str | None, since: str | None, db: str | None, *, as_json: bool
) -> None:
    """Print why something costs what it does.

    SPAN is a span's id or how it begins, TRACE:SPAN, or a trace's id for the whole trace; without it, all
    spans since --since. A bill names its price list and date, the model it was matched to, tokens times
    rates, what was cached, what was left out because it counts with another span, and the sender's own
    figure beside ours.
    """
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads import traces

    if span is not None and since is not None:
        raise UsageError("--since is for totals", hint="Give a span, or --since, not both.")
    database, _ = chosen(ctx, db=db)
    with closing(connect_reader(database)) as reader:
        bill: SpanBill | TraceBill | TotalBill
        if span is None:
            bill, blocks = _total(reader, since or "all")
        elif (row := traces.trace(reader, span)) is not None:
            bill, blocks = _trace(reader, row)
        else:
            bill, blocks = _span(reader, span)
    if as_json:
        click.echo(msgspec.json.encode(bill).decode())
        return
    for block in blocks:
        for line in (*((block.title,) if block.title else ()), *block.lines):
            echo(line)
        click.echo()


def _span(db: sqlite3.Connection, reference: str) -> tuple[SpanBill, Blocks]:
    from llmwatch.analysis.why import span_bill
    from llmwatch.store.reads import spans
    from llmwatch.tui.models.bills import span_blocks

    detail = span_of(db, reference)
    family = spans.briefs_of(db, detail.row.trace_id) if detail.row.usage_role != "counted" else ()
    bill = span_bill(detail, family)
    return bill, span_blocks(bill)


def _trace(db: sqlite3.Connection, row: TraceRow) -> tuple[TraceBill, Blocks]:
    from llmwatch.analysis.why import trace_bill
    from llmwatch.store.reads import spans
    from llmwatch.tui.models.bills import trace_blocks

    rows, family = spans.spans_of(db, row.trace_id), spans.briefs_of(db, row.trace_id)
    missing = [each for each in rows if each.usage_role == "counted" and each.cost_nanousd is None]
    bill = trace_bill(row, rows, family, {each.span_id: _reason(db, each) for each in missing[:_EXPLAINED]})
    return bill, trace_blocks(bill)


def _total(db: sqlite3.Connection, since: str) -> tuple[TotalBill, Blocks]:
    from llmwatch.analysis.why import total_bill
    from llmwatch.cli.status import start_of
    from llmwatch.store.reads import metrics, status
    from llmwatch.tui.models.bills import total_blocks

    start_s = start_of(since, time.time_ns()) or 0
    (models,) = metrics.groups(db, start_s, _FOREVER_S, ["model"], {})
    start_ns = start_s * 10**9
    unpriced = [(each, _reason(db, each)) for each in status.unpriced(db, start_ns)[:_EXPLAINED]]
    bill = total_bill(models, status.left_out(db, start_ns), unpriced)
    return bill, total_blocks(bill, since)


def _reason(db: sqlite3.Connection, span: SpanRow | Unpriced) -> str:
    from llmwatch.analysis.why import unpriced_reason
    from llmwatch.store.reads import spans

    detail = spans.detail(db, span.trace_id, span.span_id)
    return unpriced_reason(detail.span.cost) if detail else ""
