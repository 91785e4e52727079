"""llmwatch baseline: what numbers are compared with."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from llmwatch.cli.place import chosen
from llmwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from llmwatch.analysis.baselines import Baseline

_TIMES: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


@click.group()
def command() -> None:
    """Choose, show and forget what numbers are compared with.

    Rules such as "twice the usual" compare an hour with the hours of a window: the one that is set here, in
    which all was well, else the seven days before. Until 24 hours say something, they are learning.
    """


@command.command("set")
@click.option("--from", "first", type=click.DateTime(_TIMES), required=True, help="When it began.")
@click.option("--to", "last", type=click.DateTime(_TIMES), required=True, help="When it ended; not included.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def set_(ctx: click.Context, first: datetime, last: datetime, db: str | None) -> None:
    """Compare with the hours of a window from now on. Times are of the configured zone."""
    from functools import partial

    import msgspec

    from llmwatch.cli.storing import change
    from llmwatch.store.writes import baselines

    database, config = chosen(ctx.parent or ctx, db=db)
    zone = ZoneInfo(config.budget.timezone)
    start_s, end_s = (int(time_.replace(tzinfo=zone).timestamp()) for time_ in (first, last))
    if end_s <= start_s:
        raise UsageError("the window ends before it begins", hint="--from 2026-03-02 --to 2026-03-09")
    body = msgspec.json.encode({"start_s": start_s, "end_s": end_s})
    work = partial(baselines.choose, start_s=start_s, end_s=end_s, now_ns=time.time_ns())
    change(database, config, "/api/baseline", body, work)
    click.echo(f"Numbers are compared with {_shown(start_s, end_s, zone)} from now on.")


@command.command()
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def clear(ctx: click.Context, db: str | None) -> None:
    """Compare with the seven days before again."""
    from llmwatch.cli.storing import change
    from llmwatch.store.writes import baselines

    database, config = chosen(ctx.parent or ctx, db=db)
    change(database, config, "/api/baseline/clear", b"{}", baselines.forget)
    click.echo("Numbers are compared with the seven days before from now on.")


@command.command()
@click.argument("metrics", metavar="[METRIC]…", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in the units of docs/metrics.md.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def show(ctx: click.Context, metrics: Sequence[str], db: str | None, *, as_json: bool) -> None:
    """Print what METRICs usually are; without one, all that are known."""
    from llmwatch.analysis.baselines import baselines, window
    from llmwatch.cli.tables import json_text
    from llmwatch.store.database import connect_reader

    database, config = chosen(ctx.parent or ctx, db=db)
    now_s = int(time.time())
    with closing(connect_reader(database)) as reader:
        start_s, end_s, enough = window(reader, now_s)
        found = baselines(reader, metrics, {}, now_s)
    if as_json:
        usual = {name: each and asdict(each) for name, each in found.items()}
        click.echo(json_text({"start_s": start_s, "end_s": end_s, "baselines": usual}))
        return
    click.echo(f"Compared with {_shown(start_s, end_s, ZoneInfo(config.budget.timezone))}")
    _echo({name: each for name, each in found.items() if each or metrics}, enough)


def _echo(found: dict[str, Baseline | None], enough: int) -> None:
    from llmwatch.analysis.metrics import metric_of
    from llmwatch.analysis.metrics.written import written
    from llmwatch.cli import tables

    columns = ("metric", "mean", "sigma", "p95", "hours", "samples")
    rows = []
    for name, each in found.items():
        metric = metric_of(name)
        numbers = [written(metric, value) for value in (each.mean, each.sigma, each.p95)] if each else []
        rows.append(
            (name, *numbers, each.hours, each.samples) if each else (name, "learning", "", "", "", "")
        )
    if rows:
        tables.echo_lines(tables.as_text(columns, rows))
    else:
        click.echo(f"Still learning: there are not yet {enough} hours in which something was called.")


def _shown(start_s: int, end_s: int, zone: tzinfo) -> str:
    first, last = (datetime.fromtimestamp(each, zone) for each in (start_s, end_s))
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
