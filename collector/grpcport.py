"""The collector's port for OTLP over gRPC: open while the app runs, or a reason why not."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import AsyncIterator
from typing import Final

from llmwatch.addresses import origin
from llmwatch.collector.door import Door
from llmwatch.errors import UsageError

_log = logging.getLogger(__name__)

_GRACE_S: Final = 10
"""How long requests that have begun may take to end."""


@contextlib.asynccontextmanager
async def open_port(door: Door) -> AsyncIterator[None]:
    """Take OTLP over gRPC on the configured port for the length of the context.

    Without grpcio, or when the port is another's, everything else goes on, and the log and /health say so.
    """
    collector = door.config.collector
    if not collector.grpc_port:
        yield
        return
    # The reason of a failure is told below; gRPC's core would write lines of its own to stderr.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    server = None
    try:
        from llmwatch.collector.otlp import grpc  # noqa: PLC0415 - an extra, and 75 ms

        server, door.grpc.port = await grpc.listen(door, collector.host, collector.grpc_port)
        _log.info("collecting OTLP over gRPC on %s", origin(collector.host, door.grpc.port))
    except ImportError:
        door.grpc.problem = (
            f"No gRPC on port {collector.grpc_port}: pip install 'llmwatch[grpc]', or use http/protobuf"
        )
    except UsageError as error:
        door.grpc.problem = f"No gRPC: {error}"
    if door.grpc.problem:
        _log.warning(door.grpc.problem)
    try:
        yield
    finally:
        if server is not None:
            await server.stop(_GRACE_S)
