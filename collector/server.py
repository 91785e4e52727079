"""Running the collector: sockets, signals, and an end that loses nothing."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from llmwatch.addresses import bracketed, need_loopback, origin
from llmwatch.collector.app import create_app
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.protocol import BoundedProtocol
from llmwatch.config import Config
from llmwatch.errors import UsageError
from llmwatch.store.writer import Writer

_log = logging.getLogger(__name__)

_GRACE_S: Final = 10
"""How long requests that have begun may take to end after SIGTERM."""

_KEEP_ALIVE_S: Final = 75
"""Longer than exporters pause between batches: a connection closed meanwhile costs them a failed request."""

_BACKLOG: Final = 1024


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets listening on ``port`` of a loopback address; on all of them for the default or localhost.

    Some clients resolve localhost to ::1 only, so 127.0.0.1 brings it along where there is IPv6. Port 0
    takes a free one, the same for both.

    Raises:
        UsageError: ``host`` is no loopback address, or the port is taken.
    """
    need_loopback(host)
    first = "127.0.0.1" if host == "localhost" else host
    try:
        sockets = [_bound(first, port)]
    except OSError as error:
        raise UsageError(
            f"{bracketed(first)}:{port} cannot be listened on: {error.strerror}",
            hint="Another program has it, perhaps another llmwatch: choose one with --port.",
        ) from error
    if first == "127.0.0.1":
        with contextlib.suppress(OSError):  # no IPv6 here, or someone else's port there
            sockets.append(_bound("::1", sockets[0].getsockname()[1]))
    return sockets


def serve(
    sockets: list[socket.socket], database: Path, config: Config, config_file: Path | None = None
) -> None:
    """Collect from ``sockets`` into ``database`` until SIGTERM or SIGINT, and finish what was accepted.

    What changes in ``config_file`` is taken over meanwhile.

    Raises:
        StoreError: The database cannot be opened, or another process writes to it.
        SystemExit: 0, after a signal.
    """
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _leave)
    pipeline = Pipeline(config)
    writer = Writer(
        database,
        enrich=pipeline.enrich,
        queue_spans=config.collector.queue_spans,
        synchronous=config.collector.synchronous,
        notes=True,
    )
    writer.start()
    # What was imported lives for ever, and a burst's objects die young: looking at them 70 times less often
    # saves a tenth of the time a span takes.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        host, port = sockets[0].getsockname()[:2]
        writer.announce(host, port)
        _log.info("collecting on %s into %s", origin(host, port), database)
        server(create_app(writer, pipeline, config, database, config_file)).run(sockets=sockets)
    finally:
        writer.close()


def server(app: Starlette) -> uvicorn.Server:
    """Uvicorn set up for this app: no access log, no proxies, no websockets, bounded connections."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )


def _leave(*_: object) -> None:
    # uvicorn takes the signals while it serves, ends in order, and then raises them again for us.
    raise SystemExit(0)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two programs share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)  # what connects before the app is ready waits instead of failing
    except OSError:
        listening.close()
        raise
    return listening
