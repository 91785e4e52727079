"""What LangSmith's clients ask with, and the forms in which they read what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from starlette.requests import Request

from llmwatch.collector.dialects.values import count, mapping
from llmwatch.errors import IngestError

TENANT: Final = "8c6b1e0a-6d1f-4c53-9a70-2f6b6c6d7761"
"""The one workspace, whatever the key: clients want a UUID."""

ALL: Final = 100_000
"""More projects, datasets or examples of a dataset than anyone has."""
_LARGEST_PAGE: Final = 1000

_T = TypeVar("_T")


def iso(time_ns: int | None) -> str | None:
    """A time as ISO 8601 in UTC."""
    if time_ns is None:
        return None
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000).isoformat()


def path_id(request: Request) -> str:
    """The UUID in the path."""
    return str(request.path_params["id"])


def part(request: Request, rows: Sequence[_T]) -> list[_T]:
    """Those of ``rows`` that a request asks for with ``offset`` and ``limit``."""
    offset, limit = (_number(request, name, usual) for name, usual in (("offset", 0), ("limit", 100)))
    return list(rows[offset : offset + min(limit, _LARGEST_PAGE)])


def chosen(request: Request, name: str) -> frozenset[str]:
    """All values of a parameter, which may come several times."""
    return frozenset(request.query_params.getlist(name))


def wanted_metadata(request: Request) -> dict[str, Any]:
    """What the metadata of a row must hold."""
    return dict(mapping(request.query_params.get("metadata")) or {})


def holds(metadata: Any, wanted: dict[str, Any]) -> bool:
    """Whether ``metadata`` has everything that is wanted."""
    return not wanted or (isinstance(metadata, dict) and all(metadata.get(k) == v for k, v in wanted.items()))


def _number(request: Request, name: str, usual: int) -> int:
    sent = request.query_params.get(name)
    found = usual if sent is None else count(sent)
    if found is None:
        raise IngestError(f"{name} is no whole number", status=422)
    return found
