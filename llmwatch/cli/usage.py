"""llmwatch usage: who uses what, when, and how large it is."""

from __future__ import annotations

import time
from contextlib import closing

import click

from llmwatch.cli.place import chosen

_MINUTE_NS = 60 * 10**9


@click.command()
@click.option("--since", metavar="DURATION|all", default="7d", show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(ctx: click.Context, since: str, db: str | None, *, as_json: bool) -> None:
    """Print users, features, models and hours by their use, distributions, and how conversations grow."""
    from llmwatch.cli.reports import plain
    from llmwatch.cli.reports.document import as_terminal
    from llmwatch.cli.reports.usage import document, gather
    from llmwatch.cli.status import start_of
    from llmwatch.cli.tables import echo_lines
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads.status import first_ns

    database, config = chosen(ctx, db=db)
    now_ns = time.time_ns()
    start_s, end_s = start_of(since, now_ns), -(-now_ns // _MINUTE_NS) * 60
    with closing(connect_reader(database)) as reader:
        if start_s is None:
            start_s = (first_ns(reader) or now_ns) // _MINUTE_NS * 60
        usage = gather(reader, config, (start_s, end_s))
    if as_json:
        click.echo(plain.as_json(usage), nl=False)
    else:
        when = "since the first span" if since == "all" else f"last {since}"
        echo_lines(as_terminal(document(usage, when)))
