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
from llmwatch.collector.protocols.langsmith import (
    datasets,
    examples,
    feedback,
    ingestion,
    projects,
    prompts,
    stored,
)
from llmwatch.collector.protocols.langsmith.asking import TENANT

_PREFIXES: Final = ("", "/api/v1")
_VERSION: Final = "0.16.0"
"""The server whose API this is: from 0.8.10 on the SDK sends feedback along with runs, from 0.16 on it may
ask ``/api/v2`` for runs."""


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


async def settings(_request: Request) -> Response:
    """The one workspace, which has no public handle."""
    began = "2026-01-01T00:00:00+00:00"
    return JSONResponse(
        {"id": TENANT, "display_name": "llmwatch", "created_at": began, "tenant_handle": None}
    )


_TABLE: Final = (
    ("GET", "/info", info),
    ("GET", "/settings", settings),
    ("POST", "/runs", ingestion.create_run),
    ("POST", "/runs/batch", ingestion.batch),
    ("POST", "/runs/multipart", ingestion.multipart),
    ("POST", "/runs/query", stored.query),
    ("GET", "/runs/{id:uuid}", stored.show),
    ("PATCH", "/runs/{id:uuid}", ingestion.update_run),
    ("POST", "/feedback", ingestion.create_feedback),
    ("GET", "/feedback", feedback.index),
    ("GET", "/feedback/{id:uuid}", feedback.show),
    ("PATCH", "/feedback/{id:uuid}", feedback.update),
    ("POST", "/sessions", projects.create),
    ("GET", "/sessions", projects.index),
    ("GET", "/sessions/{id:uuid}", projects.show),
    ("PATCH", "/sessions/{id:uuid}", projects.update),
    ("DELETE", "/sessions/{id:uuid}", projects.delete),
    ("POST", "/datasets", datasets.create),
    ("GET", "/datasets", datasets.index),
    ("GET", "/datasets/{id:uuid}", datasets.show),
    ("PATCH", "/datasets/{id:uuid}", datasets.update),
    ("DELETE", "/datasets/{id:uuid}", datasets.delete),
    ("GET", "/datasets/{id:uuid}/version", datasets.version),
    ("POST", "/examples", examples.create),
    ("GET", "/examples", examples.index),
    ("DELETE", "/examples", examples.delete),
    ("POST", "/examples/bulk", examples.create_many),
    ("PATCH", "/examples/bulk", examples.update_many),
    ("GET", "/examples/{id:uuid}", examples.show),
    ("PATCH", "/examples/{id:uuid}", examples.update),
    ("DELETE", "/examples/{id:uuid}", examples.delete),
    *(
        (method, prefix + path, examples.upload)
        for prefix in ("/v1/platform", "/platform")
        for method in ("POST", "PATCH")
        for path in ("/datasets/{id:uuid}/examples", "/examples/multipart")
    ),
    ("GET", "/commits/{owner}/{name:path}/{commit}", prompts.commit),
)

routes: Final[Sequence[Route]] = [
    *(
        Route(prefix + path, endpoint, methods=[method])
        for prefix in _PREFIXES
        for method, path, endpoint in _TABLE
    ),
    Route("/api/v2/runs/query", stored.query_second, methods=["POST"]),
    Route("/api/v2/runs/{id:uuid}", stored.show_second, methods=["GET"]),
]
