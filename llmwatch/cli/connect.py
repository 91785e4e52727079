"""llmwatch connect: the lines that make a client send here."""

from __future__ import annotations

import shutil

import click

from llmwatch.cli.place import chosen
from llmwatch.clients import Address, Client, clients, find, near
from llmwatch.errors import UsageError


@click.command()
@click.argument("name", required=False)
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.option("--host", help="Address of the collector.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the collector.")
@click.pass_context
def command(ctx: click.Context, name: str | None, db: str | None, host: str | None, port: int | None) -> None:
    """Print the lines that make a client send here, or the table of clients.

    NAME is a library, SDK, framework or tool: langfuse, claude-code, llama-index, … The lines, with the
    address of the collector that runs, are all that goes to stdout; what is worth knowing goes to stderr.
    """
    from llmwatch.cli.attach import find as find_collector

    if name is None:
        _print_table()
        return
    client = find(name)
    if client is None:
        close = near(name)
        hint = f"Did you mean {' or '.join(close)}?" if close else "llmwatch connect lists them all."
        raise UsageError(f"no client is called {name}", hint=hint)
    database, config = chosen(ctx, db=db, host=host, port=port)
    collector = config.collector
    place = find_collector(database, collector.host, collector.port)
    here = Address(place.host, place.port, place.grpc_port or collector.grpc_port)
    click.echo(click.style(client.title, bold=True), err=True)
    click.echo(here.fill(client.lines))
    for note in _notes(client, here, place.running, place.grpc_port):
        click.echo(f"· {note}", err=True)


def _notes(client: Client, here: Address, running: bool, grpc_port: int | None) -> list[str]:
    notes = [here.fill(note) for note in client.notes]
    if client.stream_usage:
        notes.append(f"Tokens of streamed OpenAI chat calls: {client.stream_usage}")
    if not running:
        notes.append("No collector is running yet: llmwatch starts one.")
    elif "{grpc_port}" in client.lines and grpc_port is None:
        notes.append("The collector that runs takes no gRPC; its log says why.")
    return notes


def _print_table() -> None:
    wide = max(len(client.name) for client in clients())
    room = shutil.get_terminal_size().columns - wide - 2
    for client in clients():
        what = client.what if len(client.what) <= room else client.what[: max(room - 1, 0)] + "…"
        click.echo(f"{client.name:<{wide}}  {what}")
    click.echo("\nThe lines of one: llmwatch connect NAME", err=True)
