"""llmwatch without a command: attach to the running collector or start one, and open the screen."""

from __future__ import annotations

import sys
from pathlib import Path

from llmwatch import config as configuration
from llmwatch import paths
from llmwatch.cli.attach import Collector, reach
from llmwatch.config import Config
from llmwatch.errors import UsageError


def watch(*, db: str | None, host: str | None, port: int | None) -> None:
    """Open the screen on a database and its collector; exits with the screen's code.

    The screen does not wait for a collector that it starts: what connects meanwhile waits in its port's queue
    or is tried again by the exporter, and the header says how the collector is.
    """
    need_terminal()
    config_file = paths.config_path()
    config = configuration.load(config_file)
    database = Path(db).expanduser() if db else paths.database_path()
    collector = reach(database, host or config.collector.host, port or config.collector.port)
    sys.exit(show(database, collector, config, config_file))


def need_terminal() -> None:
    """Refuse to open the screen where there is none.

    Raises:
        UsageError: stdin or stderr is redirected.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "the screen needs a terminal for its keys (stdin) and to draw on (stderr)",
            hint="Run it without redirection, or use llmwatch status or llmwatch collect.",
        )


def show(database: Path, collector: Collector, config: Config, config_file: Path | None = None) -> int:
    """Run the screen and then end ``collector`` if it is ours; the screen's exit code.

    ``config_file`` is read again when it changes.
    """
    try:
        from llmwatch.tui.app import LlmwatchApp

        app = LlmwatchApp(database, collector.url, config, collector.notice, config_file=config_file)
        collector.tell(app)
        app.run()
        return app.return_code or 0
    finally:
        collector.stop()
