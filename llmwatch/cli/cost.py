"""llmwatch cost: what was spent, on what, and what is out of line."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from llmwatch.cli.place import chosen
from llmwatch.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from llmwatch.analysis.budget import BudgetState
    from llmwatch.cli.costreports import Report

_FOREVER_S = 2**33
"""Calls whose clock runs ahead count as well."""

_MINUTE_NS = 60 * 10**9
_PERIODS = {"daily": "daily_cost_usd", "monthly": "monthly_cost_usd"}


@click.command()
@click.argument("report", required=False)
@click.argument("model", required=False)
@click.option("--since", metavar="DURATION|all", help="How far back (default: as fits the report).")
@click.option("--by", "group", metavar="WHAT", help="By model, feature, user, session, prompt, day, …")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, money of rows in nano-dollars.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(
    ctx: click.Context, report: str | None, model: str | None, since: str | None, group: str | None,
    db: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Print what was spent: budgets and cost by model, or a REPORT.

    \b
    daily      each day's cost by model
    users      the users that cost most; sessions: likewise
    features   cost by feature; ratios: beside the cheapest
    prompts    cost by version of each prompt; expensive: over $0.10 a call
    versions   what a new version of a prompt changed: tokens, cost, quality
    outliers   calls of more than $1.00 or 10,000 tokens
    slow       operations that take longer than 5 s
    errors     what failed, the most frequent first
    what-if    MODEL: the same tokens at another model's prices

    Rows name their worst span as TRACE:SPAN, which llmwatch why explains.
    """  # noqa: D301 - click looks for the backspace character itself
    from llmwatch.analysis.budgetstates import budget_states
    from llmwatch.cli.costreports import Asked
    from llmwatch.cli.status import start_of
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads.status import first_ns

    wanted = _wanted(report, group)
    database, config = chosen(ctx, db=db)
    now_ns = time.time_ns()
    since = since or wanted.since
    start_s = start_of(since, now_ns)
    with closing(connect_reader(database)) as reader:
        if start_s is None:  # days are counted from the first
            start_s = (first_ns(reader) or now_ns) // _MINUTE_NS * 60
        asked = Asked(reader, config, start_s, _FOREVER_S, now_ns, model)
        rows = wanted.rows(asked)
        note = wanted.note(asked) if wanted.note else ""
        budgets = budget_states(reader, config, now_ns) if report is None else []
    if as_json:
        _print_json(report or group or "model", since, rows, budgets, note)
    else:
        _print(wanted, since, rows, budgets, note, asked.zone)


def _wanted(report: str | None, group: str | None) -> Report:
    from llmwatch.cli.costreports import GROUPS, REPORTS, by

    if report is not None and group is not None:
        raise UsageError("--by is for sums", hint="Give a report, or --by, not both.")
    if report is not None and report not in REPORTS:
        raise UsageError(f"there is no report {report}", hint=f"There are: {', '.join(REPORTS)}.")
    if group is not None and group not in GROUPS:
        raise UsageError(f"costs are not known by {group}", hint=f"By: {', '.join(GROUPS)}.")
    return REPORTS[report] if report else by(group or "model")


def _print_json(name: str, since: str, rows: Any, budgets: list[BudgetState], note: str) -> None:
    import msgspec

    from llmwatch.analysis import figures
    from llmwatch.cli.tables import json_text

    known = {state.name: figures.dollars(state.spent) for state in budgets if state.name in _PERIODS}
    spent = {_PERIODS[period]: amount for period, amount in known.items()}
    standing = {**spent, "budgets": [figures.budget(state) for state in budgets]} if budgets else {}
    said = {"note": note} if note else {}
    told = {"report": name, "since": since, **said, **standing, "rows": msgspec.to_builtins(rows)}
    click.echo(json_text(told))


def _print(
    wanted: Report, since: str, rows: Any, budgets: list[BudgetState], note: str, zone: ZoneInfo
) -> None:
    from llmwatch.cli.costreports import NUMBERS
    from llmwatch.cli.tables import as_text, echo_lines

    for state in budgets:
        click.echo(_budget(state))
    when = "since the first span" if since == "all" else f"last {since}"
    click.echo(f"{wanted.about}, {when}")
    if note:
        click.echo(note)
    if not rows:
        click.echo("  nothing")
        return
    cells = [wanted.cells(row, zone) for row in rows]
    echo_lines(as_text(wanted.columns, cells, indent="  ", right=NUMBERS))


def _budget(state: BudgetState) -> str:
    from llmwatch.analysis.budgetwords import said
    from llmwatch.format import money

    if state.limit is not None:
        return said(state)
    return f"{'today' if state.period == 'day' else 'this month'} {money(state.spent)}, no budget"
