"""The llmwatch command: the composition root; each subcommand imports what it needs when it runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Final

import click

from llmwatch import __version__
from llmwatch.errors import LlmwatchError
from llmwatch.neutral import neutral

_COMMANDS: Final[Mapping[str, str]] = {
    "alerts": "List what fires, and list, test and replay the rules.",
    "baseline": "Choose and show what numbers are compared with.",
    "collect": "Receive spans without a screen, logging to stderr.",
    "connect": "Print the lines that make a client send here.",
    "cost": "Print what was spent, on what, and what is out of line.",
    "demo": "Watch a believable workload: nothing to configure, no key needed.",
    "ingest": "Read JSON lines from a file or stdin, once or as they come.",
    "doctor": "Check the set-up, and say what is missing of the spans that come.",
    "eval": "Check what a run over a dataset answered against what was expected.",
    "metrics": "Print any metric, of any slice, beside what it usually is.",
    "prices": "Show, update and check the prices that calls are billed with.",
    "quality": "Print how good answers are, and what that goes with.",
    "report": "Write what happened on a day or in a week, as Markdown, JSON or HTML.",
    "replay": "Send a recorded call again and print both answers.",
    "review": "List the answers to look at, and say whether they are good.",
    "sql": "Ask the database in SQL; nothing can be changed.",
    "status": "Print one line and exit 0, 1 or 2 for OK, WARN, CRIT.",
    "usage": "Print who uses what, when, and how large it is.",
    "why": "Print how a cost comes about: of a span, a trace or all.",
}
"""Subcommand and its line in the help. Each is a module here of that name with a click command ``command``;
kept as data so that ``llmwatch --help`` imports none of them."""


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"llmwatch.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=_LazyGroup, invoke_without_command=True)
@click.version_option(__version__, prog_name="llmwatch")
@click.option(
    "--db",
    type=click.Path(dir_okay=False),
    help="Database file (default: LLMWATCH_DB or the data directory).",
)
@click.option(
    "--host", default=None, help="Address of the collector (default: from the configuration, 127.0.0.1)."
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=None, help="Port of the collector (default: 4318)."
)
@click.pass_context
def cli(ctx: click.Context, db: str | None, host: str | None, port: int | None) -> None:
    """Watch your LLM apps: spans in over HTTP, one SQLite file, live in this terminal.

    Without a command: attach to the running collector or start one, and open the screen.
    """
    if ctx.invoked_subcommand is None:
        from llmwatch.cli.watch import watch

        watch(db=db, host=host, port=port)


def main() -> None:
    """Run the command line; an error raised on purpose prints what happened and what to do, and exits 2."""
    try:
        cli()
    except LlmwatchError as error:
        click.echo(f"llmwatch: {neutral(error.explain())}", err=True)
        sys.exit(2)
