"""What the demo's child processes run: the stub provider, and the services under watch."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time

import uvicorn

from llmwatch.demo.sender import send_all
from llmwatch.demo.stub.app import create_stub
from llmwatch.demo.timeline import outgoing
from llmwatch.lifeline import when_orphaned


def run_stub(port: int) -> None:
    """Serve the stub provider on ``port`` (0: a free one); its origin is the first line of stdout."""
    listener = socket.create_server(("127.0.0.1", port))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(create_stub(), log_level="critical", lifespan="off"))

    def leave() -> None:
        server.should_exit = True

    when_orphaned(leave)
    server.run(sockets=[listener])


def run_workload(origin: str, seed: int) -> None:
    """Send the last day to the collector at ``origin`` and then what goes on, until told to end."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    when_orphaned(over.set)
    send_all(origin, outgoing(seed, time.time_ns()), time.time_ns, over.wait)
