"""llmwatch demo: the real collector and screen over a made-up workload, with nothing to configure."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import click

from llmwatch import config as configuration
from llmwatch import paths
from llmwatch.errors import LlmwatchError


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the collector (default: 4318).")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another day.")
@click.pass_context
def command(ctx: click.Context, port: int | None, seed: int) -> None:
    """Watch a believable workload: nothing to configure, no key needed, nothing left behind.

    Its services send real OTLP and JSON to the real collector, which keeps a temporary database. A stub
    provider on this machine answers replays.
    """
    from llmwatch.cli.attach import reach
    from llmwatch.cli.watch import need_terminal, show
    from llmwatch.demo.processes import child
    from llmwatch.demo.settings import settings, toml

    need_terminal()
    user = configuration.load(paths.config_path())
    before = ctx.parent.params if ctx.parent else {}  # llmwatch --port N demo means the same
    with contextlib.ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="llmwatch-demo-", ignore_cleanup_errors=True)
        home = Path(stack.enter_context(folder))
        stub = stack.enter_context(child(home / "stub.log", "stub"))
        assert stub.stdout is not None
        origin = stub.stdout.readline().decode().strip()
        if not origin:
            raise LlmwatchError("the stub provider did not start", hint=_end_of(home / "stub.log"))
        file = home / "config.toml"
        file.write_text(toml(origin, time.time_ns()))
        config = settings(user, file.read_text())
        os.environ["LLMWATCH_CONFIG"] = str(file)  # for the collector that `reach` starts
        port = port or before.get("port") or config.collector.port
        collector = reach(home / "demo.db", config.collector.host, port)
        stack.callback(collector.stop)
        workload = stack.enter_context(child(home / "workload.log", "workload", collector.url, str(seed)))
        code = show(home / "demo.db", collector, config)
        if workload.poll():
            raise LlmwatchError("the workload ended early", hint=_end_of(home / "workload.log"))
    sys.exit(code)


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()[-300:]
