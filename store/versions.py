"""Which versions spans speak of, and what that adds to the table of when each was live. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from llmwatch.store.projection import Brief
from llmwatch.store.rollups import Change

VersionKey: TypeAlias = tuple[str, str, str]
"""Kind, name and version, as in the table's primary key."""


@dataclass(slots=True)
class VersionDelta:
    """Starts of spans of one version that came, less those that went."""

    starts: Counter[int] = field(default_factory=Counter)

    @property
    def spans(self) -> int:
        """How many more spans speak of it."""
        return self.starts.total()

    @property
    def came(self) -> list[int]:
        """Starts that were not there before."""
        return [start for start, count in self.starts.items() if count > 0]

    @property
    def went(self) -> list[int]:
        """Starts that are not there any more."""
        return [start for start, count in self.starts.items() if count < 0]


def versions(changes: Iterable[Change]) -> dict[VersionKey, VersionDelta]:
    """What ``changes`` add to ``versions``. A role alters nothing: a version is live wherever it runs."""
    deltas: dict[VersionKey, VersionDelta] = {}
    for span, _, sign in changes:
        for key in _versions_of(span):
            deltas.setdefault(key, VersionDelta()).starts[span.start_ns] += sign
    return deltas


def _versions_of(span: Brief) -> Iterator[VersionKey]:
    if span.state == "partial":
        return
    if span.prompt_version is not None:
        yield "prompt", span.prompt_name or "", span.prompt_version
    if span.app_version is not None:
        yield "app", span.service or "", span.app_version
    if span.model is not None and span.kind in ("llm", "embedding"):
        yield "model", span.request_model or span.model, span.model
