"""Serving an ASGI app on loopback for the length of a test."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn


@contextlib.contextmanager
def serving(app: Any, server: uvicorn.Server | None = None) -> Iterator[str]:
    """``app`` on a free port of 127.0.0.1, in a thread; yields its origin. It listens before this returns.

    ``server`` is what serves it, if it is not to be uvicorn as it comes.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = server or uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="serving")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
