"""llmwatch report: a day or seven days, as Markdown, JSON or a page of HTML."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from llmwatch.cli.place import chosen
from llmwatch.errors import UsageError

if TYPE_CHECKING:
    from llmwatch.cli.reports.gather import Report
    from llmwatch.cli.reports.period import Kind

Format: TypeAlias = Literal["md", "json", "html"]


@click.command()
@click.argument("kind", type=click.Choice(["daily", "weekly"]))
@click.option(
    "--format", "form", type=click.Choice(["md", "json", "html"]), default="md", help="How to write it."
)
@click.option("--output", type=click.Path(dir_okay=False), help="File to write (default: stdout).")
@click.option("--date", "day", metavar="DAY", help="Its last day: 2026-03-02, yesterday (default: today).")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(
    ctx: click.Context, kind: Kind, form: Format, output: str | None, day: str | None, db: str | None
) -> None:
    """Write what happened on a day, or on the seven days that end with it.

    Verdict and alerts, traffic, errors, latency, quality, cost against budgets, new versions, the digest and
    the worst traces, compared with as much of the time before. Days are those of budget.timezone.
    """
    from zoneinfo import ZoneInfo

    from llmwatch.cli.reports.gather import gather
    from llmwatch.cli.reports.period import day_of, period
    from llmwatch.store.database import connect_reader

    database, config = chosen(ctx, db=db)
    zone, now_ns = ZoneInfo(config.budget.timezone), time.time_ns()
    asked = period(kind, day_of(day, now_ns, zone), now_ns, zone)
    with closing(connect_reader(database)) as reader:
        text = _written(gather(reader, config, asked), form)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from error


def _written(report: Report, form: Format) -> str:
    from llmwatch.cli.reports.document import as_html, as_markdown
    from llmwatch.cli.reports.plain import as_json
    from llmwatch.cli.reports.sections import document

    if form == "json":
        return as_json(report)
    return as_html(document(report)) if form == "html" else as_markdown(document(report))
