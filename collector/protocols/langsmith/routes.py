"""What LangSmith's SDKs ask, under ``/`` and ``/api/v1``, as LANGSMITH_ENDPOINT says.

Checked with langsmith 0.15 and 0.14 for Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.door import door_of
from llmwatch.collector.protocols.langsmith import ingestion

_PREFIXES: Final = ("", "/api/v1")
_VERSION: Final = "0.10.100"
"""The server whose API this is; from 0.8.10 on the SDK sends feedback along with runs."""


def refuse(status: int, message: str) -> Response:
    """An error as LangSmith's API gives it."""
    return JSONResponse({"detail": message}, status)


async def info(request: Request) -> Response:
    """What the SDK may send."""
    limit = door_of(request).config.collector.max_body_mib << 20
    return JSONResponse(
        {
            "version": _VERSION,
            "license_expiration_time": None,
            "batch_ingest_config": {
                "use_multipart_endpoint": True,
                "scale_up_qsize_trigger": 1000,
                "scale_up_nthreads_limit": 16,
                "scale_down_nempty_trigger": 4,
                "size_limit": 100,
                "size_limit_bytes": limit,
            },
            "instance_flags": {
                "zstd_compression_enabled": True,
                "dataset_examples_multipart_enabled": True,
                "examples_multipart_enabled": True,
            },
        }
    )


_TABLE: Final = (
    ("GET", "/info", info),
    ("POST", "/runs", ingestion.create_run),
    ("PATCH", "/runs/{run_id:uuid}", ingestion.update_run),
    ("POST", "/runs/batch", ingestion.batch),
    ("POST", "/runs/multipart", ingestion.multipart),
    ("POST", "/feedback", ingestion.create_feedback),
)

routes: Final[Sequence[Route]] = [
    Route(prefix + path, endpoint, methods=[method])
    for prefix in _PREFIXES
    for method, path, endpoint in _TABLE
]
