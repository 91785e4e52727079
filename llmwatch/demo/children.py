"""What the demo's child processes run: the stub provider, and the services under watch."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import uvicorn

from llmwatch.demo.sender import send_all
from llmwatch.demo.stub.app import create_stub
from llmwatch.demo.timeline import outgoing


def run_stub(port: int) -> None:
    """Serve the stub provider on ``port`` (0: a free one); its origin is the first line of stdout."""
    listener = socket.create_server(("127.0.0.1", port))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(create_stub(), log_level="critical", lifespan="off"))

    def leave() -> None:
        server.should_exit = True

    _when_orphaned(leave)
    server.run(sockets=[listener])


def run_workload(origin: str, seed: int) -> None:
    """Send the last day to the collector at ``origin`` and then what goes on, until told to end."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    _when_orphaned(over.set)
    send_all(origin, outgoing(seed, time.time_ns()), time.time_ns, over.wait)


def _when_orphaned(end: Callable[[], object]) -> None:
    """Call ``end`` when stdin closes: the parent holds its other end, whatever way it dies."""

    def listen() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would still be held when the interpreter ends
            pass
        end()

    threading.Thread(target=listen, daemon=True).start()
