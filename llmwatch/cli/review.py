"""llmwatch review: the answers that people should look at, and what they think of them."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

import click

from llmwatch.cli.place import chosen
from llmwatch.cli.printing import echo
from llmwatch.format import age
from llmwatch.neutral import neutral_line

if TYPE_CHECKING:
    from llmwatch.store.rows import ReviewRow

_USUAL: Final = 20
_WIDEST: Final = 100


@click.group()
def command() -> None:
    """List the answers to look at, and say whether they are good.

    They are those that failed a check, that a judge marked low or that a user disliked, until somebody has
    looked.
    """


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=_USUAL, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def list_(ctx: click.Context, limit: int, as_json: bool, db: str | None) -> None:
    """Print what waits for a look, the newest first."""
    from llmwatch.cli.tables import json_text
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads.review import review_queue

    database, _ = chosen(ctx.parent or ctx, db=db)
    with closing(connect_reader(database)) as reader:
        rows = review_queue(reader, limit)
    if as_json:
        click.echo(json_text(rows))
        return
    for row in rows:
        _print(row)
    if not rows:
        click.echo("Nothing waits for a look.")


@command.command()
@click.argument("span")
@click.option("--comment", help="Why.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def good(ctx: click.Context, span: str, comment: str | None, db: str | None) -> None:
    """The answer of SPAN is good."""
    _judge(ctx, span, db, comment, value=1.0)


@command.command()
@click.argument("span")
@click.option("--comment", help="Why.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def bad(ctx: click.Context, span: str, comment: str | None, db: str | None) -> None:
    """The answer of SPAN is bad."""
    _judge(ctx, span, db, comment, value=0.0)


@command.command()
@click.argument("span")
@click.argument("text")
@click.option("--comment", help="Why.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def label(ctx: click.Context, span: str, text: str, comment: str | None, db: str | None) -> None:
    """Put the label TEXT on the answer of SPAN."""
    _judge(ctx, span, db, comment, label=text)


def _judge(
    ctx: click.Context, reference: str, db: str | None, comment: str | None, *,
    value: float | None = None, label: str | None = None,
) -> None:  # fmt: skip
    import msgspec

    from llmwatch.cli.reference import span_of
    from llmwatch.cli.storing import store
    from llmwatch.store.batch import Batch
    from llmwatch.store.database import connect_reader
    from llmwatch.store.span import Score

    database, config = chosen(ctx.parent or ctx, db=db)
    with closing(connect_reader(database)) as reader:
        row = span_of(reader, reference).row
    score = Score(
        score_id=f"review:{row.trace_id}:{row.span_id}",  # the last word counts
        name="review",
        time_ns=time.time_ns(),
        trace_id=row.trace_id,
        span_id=row.span_id,
        value=value,
        label=label,
        comment=comment,
        source="human",
    )
    store(database, config, "/api/scores", msgspec.json.encode(score), Batch(scores=[score]))
    said = label if value is None else "good" if value else "bad"
    echo([("✓ ", "ok"), (neutral_line(f"{row.trace_id}:{row.span_id} is {said}"), "plain")])


def _print(row: ReviewRow) -> None:
    when = age(time.time_ns() - row.time_ns)
    echo(
        [
            (f"{row.trace_id}:{row.span_id}", "strong"),
            (f"  {neutral_line(row.name, 40)}  {when} ago", "muted"),
        ]
    )
    echo([(f"  ▲ {neutral_line(row.why, _WIDEST)}", "warn")])
    for sign, text in (("?", row.question), ("→", row.answer)):
        if text:
            echo([(f"  {sign} ", "muted"), (neutral_line(text, _WIDEST), "plain")])
