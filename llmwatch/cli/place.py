"""What a subcommand works on: options of its own, else those given before it, else the configuration's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from llmwatch import config as configuration
from llmwatch import paths
from llmwatch.config import Config


def chosen(
    ctx: click.Context, *, db: str | None, host: str | None = None, port: int | None = None
) -> tuple[Path, Config]:
    """The database, and the configuration with the collector's address in it.

    ``llmwatch --db FILE status`` means the same as ``llmwatch status --db FILE``.

    Raises:
        ConfigError: The configuration cannot be used.
    """
    before = ctx.parent.params if ctx.parent else {}
    config = configuration.load(paths.config_path())
    host = host or before.get("host") or config.collector.host
    port = next((p for p in (port, before.get("port")) if p is not None), config.collector.port)
    named = db or before.get("db")
    database = Path(named).expanduser() if named else paths.database_path()
    return database, replace(config, collector=replace(config.collector, host=host, port=port))
