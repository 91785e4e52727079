"""llmwatch status: one line for a person, JSON and an exit code for scripts."""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import click

from llmwatch.cli.place import chosen
from llmwatch.durations import EXAMPLES, parse_duration
from llmwatch.errors import UsageError
from llmwatch.format import money, percent, tokens
from llmwatch.neutral import neutral_line

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.analysis.health import Outlook
    from llmwatch.store.rows import Measured, Overall

_FOREVER_S = 2**33
"""Calls whose clock runs ahead count as well."""

_MINUTE_NS = 60 * 10**9
_EXIT = {"OK": 0, "IDLE": 0, "WARN": 1, "CRIT": 2}


@click.command()
@click.option(
    "--since", metavar="DURATION|all", help="How far back to look (default: the status window, 15m)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(ctx: click.Context, since: str | None, as_json: bool, db: str | None) -> None:
    """Print one line and exit 0, 1 or 2 for OK, WARN, CRIT.

    The line counts and judges what began within --since; budgets are judged by the day and the month. A
    database that is missing or cannot be read exits 2 as well, saying so on stderr.
    """
    from llmwatch.analysis import figures
    from llmwatch.analysis.judging import judge_state
    from llmwatch.collector.outlook import look
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads import status

    database, config = chosen(ctx, db=db)
    since = f"{config.health.window_minutes}m" if since is None else since
    now_ns = time.time_ns()
    start_s = start_of(since, now_ns)
    with closing(connect_reader(database)) as reader:
        overall = status.overall(reader, None if start_s is None else start_s * 10**9)
        term = "" if start_s is None else f"since:{(now_ns // 10**9 - start_s) // 60}m"
        outlook = look(reader, config, now_ns, (start_s or 0, _FOREVER_S), term)
        if as_json:
            told = {
                "since": since,
                **figures.overall(overall),
                **figures.health(outlook),
                **figures.judge(judge_state(reader, config, now_ns)),
                "metrics": figures.of_metrics(_measured(reader, start_s, now_ns)),
            }
            click.echo(json.dumps(told))
        else:
            click.echo(neutral_line(_line(overall, outlook, since)))
    sys.exit(_EXIT[outlook.verdict.level])


def start_of(since: str, now_ns: int) -> int | None:
    """The minute in which ``since`` begins, Unix seconds; None when it is ``all``."""
    if since == "all":
        return None
    length_ns = parse_duration(since)
    if length_ns is None:
        raise UsageError(f"--since {since} is no length of time", hint=f"Write {EXAMPLES}, or all.")
    return max(now_ns - length_ns, 0) // _MINUTE_NS * 60


def _measured(reader: sqlite3.Connection, start_s: int | None, now_ns: int) -> Measured:
    """What metrics are made of, to the end of the running minute: rates are of the time that was."""
    from llmwatch.store.reads.measuring import measure
    from llmwatch.store.reads.status import first_ns

    if start_s is None:
        start_s = (first_ns(reader) or now_ns) // 10**9
    return measure(reader, start_s, now_ns // _MINUTE_NS * 60 + 60, {}, people=True)


def _line(overall: Overall, outlook: Outlook, since: str) -> str:
    """``CRIT  error rate 8.1 %, over 5 % [error_rate] · 1,204 calls, 98 failed · … · last 15m``."""
    failed = (
        f", {overall.errors:,} failed ({percent(overall.errors / overall.llm_calls)})"
        if overall.errors
        else ""
    )
    unpriced = f" ({overall.unpriced_calls:,} unpriced)" if overall.unpriced_calls else ""
    reasons = outlook.verdict.reasons
    named = {reason.rule for reason in reasons}
    budgets = [
        f"{state.name} budget {percent(state.share)}"
        for state in outlook.budgets
        if state.share is not None and state.value is None and f"{state.name}_budget" not in named
    ]
    parts = [
        "; ".join(f"{reason.text} [{reason.rule}]" for reason in reasons),
        f"{overall.llm_calls:,} LLM call{'' if overall.llm_calls == 1 else 's'}{failed}",
        f"{tokens(overall.input_tokens)} tokens in, {tokens(overall.output_tokens)} out",
        f"{money(overall.cost_nanousd)}{unpriced}",
        ", ".join(budgets),
        "since the first span" if since == "all" else f"last {since}",
    ]
    return f"{outlook.verdict.level}  " + " · ".join(filter(None, parts))
