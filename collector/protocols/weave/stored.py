"""Weave's calls read back, as they were sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.values import count, mapping, text
from llmwatch.errors import IngestError
from llmwatch.store.reads.sent import spans_sent

_MOST: Final = 1000
_KNOWN: Final = frozenset({"call_ids", "trace_ids", "trace_roots_only"})


def calls(db: sqlite3.Connection, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The calls that a query of the SDK's (``calls/stream_query``) asks for, at most a thousand of them.

    Raises:
        IngestError: It asks for what is not known here; an answer that leaves it out would be wrong.
    """
    wanted = {name: value for name, value in (mapping(asked.get("filter")) or {}).items() if value}
    if asked.get("query") or not wanted.keys() <= _KNOWN:
        raise IngestError(f"only {', '.join(sorted(_KNOWN))} can be filtered by")
    limit = count(asked.get("limit"))
    found = spans_sent(
        db,
        dialect="weave",
        service=(text(asked.get("project_id")) or "").rpartition("/")[2] or None,
        traces=_ids(wanted.get("trace_ids")),
        spans=_ids(wanted.get("call_ids")),
        roots=wanted.get("trace_roots_only") is True,
        newest_first=_newest_first(asked.get("sort_by")),
        limit=_MOST if limit is None else min(limit, _MOST),
        offset=count(asked.get("offset")) or 0,
    )
    return [dict(span.content.attributes) for span in found]


def _ids(value: Any) -> list[str] | None:
    return [own for item in value if (own := identity(item))] if isinstance(value, list) else None


def _newest_first(sorting: Any) -> bool:
    """Whether it is sorted by falling start, which is one of the two orders that are known."""
    rules = [rule for rule in sorting if isinstance(rule, dict)] if isinstance(sorting, list) else []
    if rules and rules[0].get("field") != "started_at":
        raise IngestError("calls can be sorted by started_at only")
    return bool(rules) and rules[0].get("direction") == "desc"
