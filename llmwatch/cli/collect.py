"""llmwatch collect: receive spans without a screen."""

from __future__ import annotations

import logging
import os
import signal

import click

from llmwatch.cli.logs import log_to_stderr
from llmwatch.cli.place import chosen


@click.command()
@click.option("--host", help="Address to listen on (default: from the configuration, 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on (default: 4318; 0: a free one)."
)
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How to log.")
@click.option("--attended", is_flag=True, help="End when stdin closes, as the screen's own collector does.")
@click.pass_context
def command(
    ctx: click.Context, host: str | None, port: int | None, db: str | None, log_format: str, attended: bool
) -> None:
    """Receive spans without a screen, logging to stderr. SIGTERM finishes what was accepted."""
    from llmwatch import paths
    from llmwatch.collector.server import listen, serve
    from llmwatch.lifeline import when_orphaned

    log_to_stderr(logging.INFO, "%(asctime)s %(levelname)s %(message)s", as_json=log_format == "json")
    for talkative in ("uvicorn.error", "watchfiles"):
        logging.getLogger(talkative).setLevel(logging.WARNING)

    database, config = chosen(ctx, db=db, host=host, port=port)
    sockets = listen(config.collector.host, config.collector.port)
    if attended:
        when_orphaned(lambda: os.kill(os.getpid(), signal.SIGTERM))
    serve(sockets, database, config, paths.config_path())
