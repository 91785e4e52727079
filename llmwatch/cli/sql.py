"""llmwatch sql: questions to the database that cannot change it."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import click

from llmwatch.cli.place import chosen
from llmwatch.errors import UsageError
from llmwatch.neutral import neutral

if TYPE_CHECKING:
    from llmwatch.store.questions import Answer

Format: TypeAlias = Literal["table", "json", "csv"]

_LONGEST: Final = 1 << 20


@click.command()
@click.argument("statement", required=False)
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", help="How to print it."
)
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Rows at most.")
@click.option("--tables", "listed", is_flag=True, help="List the tables and views with their columns.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(
    ctx: click.Context, statement: str | None, form: Format, limit: int, listed: bool, db: str | None
) -> None:
    """Ask the database in SQL.

    STATEMENT is one SELECT, - to read it from stdin, .tables, or .schema NAME. Nothing can be changed, and
    the collector goes on meanwhile. docs/sql.md says what each table and view holds.
    """
    from llmwatch.store.questions import ask, connect, schema, tables

    if listed == (statement is not None):
        raise UsageError("what is asked?", hint='Give a SELECT, - for stdin, or --tables: llmwatch sql "…"')
    database, _ = chosen(ctx, db=db)
    asked = sys.stdin.read(_LONGEST) if statement == "-" else statement or ".tables"
    word, _, name = asked.strip().partition(" ")
    with closing(connect(database)) as reader:
        if word == ".tables":
            _print(tables(reader), form)
        elif word == ".schema":
            _print_schema(schema(reader), name.strip())
        else:
            answer = ask(reader, asked, limit)
            _print(answer, form)
            if answer.more:
                click.echo(f"llmwatch: there is more than these {limit:,} rows (--limit)", err=True)


def _print(answer: Answer, form: Format) -> None:
    from llmwatch.cli import tables

    if form == "json":
        click.echo(tables.as_json(answer.columns, answer.rows))
    elif form == "csv":
        click.echo(tables.as_csv(answer.columns, answer.rows), nl=False)
    elif answer.columns:
        tables.echo_lines(tables.as_text(answer.columns, answer.rows))


def _print_schema(statements: dict[str, str], name: str) -> None:
    if name and name not in statements:
        raise UsageError(f"there is no table called {name}", hint="llmwatch sql --tables lists them.")
    for statement in [statements[name]] if name else statements.values():
        click.echo(neutral(f"{statement};\n"))
