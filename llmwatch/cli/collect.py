"""llmwatch collect: receive spans without a screen."""

from __future__ import annotations

import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import click

from llmwatch import paths
from llmwatch.neutral import neutral


class _NeutralFormatter(logging.Formatter):
    """A log's line may quote what a client sent, so it passes `neutral` on its way to the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return neutral(super().format(record))


@click.command()
@click.option("--host", help="Address to listen on (default: from the configuration, 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on (default: 4318; 0: a free one)."
)
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.option("--attended", is_flag=True, help="End when stdin closes, as the screen's own collector does.")
@click.pass_context
def command(ctx: click.Context, host: str | None, port: int | None, db: str | None, attended: bool) -> None:
    """Receive spans without a screen, logging to stderr. SIGTERM finishes what was accepted."""
    from llmwatch import config as configuration
    from llmwatch.collector.server import listen, serve
    from llmwatch.lifeline import when_orphaned

    logs = logging.StreamHandler(sys.stderr)
    logs.setFormatter(_NeutralFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[logs])
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)

    before = ctx.parent.params if ctx.parent else {}  # llmwatch --db FILE collect means the same
    chosen = configuration.load(paths.config_path())
    host = host or before.get("host") or chosen.collector.host
    port = next((p for p in (port, before.get("port")) if p is not None), chosen.collector.port)
    named = db or before.get("db")
    chosen = replace(chosen, collector=replace(chosen.collector, host=host, port=port))
    sockets = listen(host, port)
    if attended:
        when_orphaned(lambda: os.kill(os.getpid(), signal.SIGTERM))
    serve(sockets, Path(named).expanduser() if named else paths.database_path(), chosen)
