"""Which versions spans speak of, and what that adds to the table of when each was live. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from llmwatch.store.rollups import Change

VersionKey: TypeAlias = tuple[str, str, str]
"""Kind, name and version, as in the table's primary key."""


class VersionDelta(NamedTuple):
    """What is added to a version."""

    spans: int
    """How many more spans speak of it."""
    came: list[int]
    """Starts of spans that do so now."""
    went: list[int]
    """Starts of spans that do so no more."""


def versions(changes: Iterable[Change]) -> dict[VersionKey, VersionDelta]:
    """What ``changes`` add to ``versions``. A role alters nothing: a version is live wherever it runs."""
    signed: dict[int, dict[VersionKey, list[int]]] = {1: {}, -1: {}}
    for span, _, sign, _ in changes:
        if span.state != "partial":
            keys = _versions_of(span.traits, span.status == "error")
            if span.fingerprint and span.model:
                keys = (*keys, ("fingerprint", span.model, span.fingerprint))
            for key in keys:
                signed[sign].setdefault(key, []).append(span.start_ns)
    came, went = signed[1], signed[-1]
    return {key: _delta(came.get(key, []), went.get(key, [])) for key in came | went}


def _delta(came: list[int], went: list[int]) -> VersionDelta:
    """Spans that changed without changing their start came and went."""
    if not went:
        return VersionDelta(len(came), came, went)
    left = Counter(came)
    left.subtract(went)
    return VersionDelta(
        left.total(),
        [start for start, count in left.items() if count > 0],
        [start for start, count in left.items() if count < 0],
    )


@lru_cache(maxsize=4096)
def _versions_of(traits: tuple[str | None, ...], failed: bool) -> tuple[VersionKey, ...]:
    """The versions that spans with these `Brief.traits` speak of.

    A failed call that no model answered does not say which version of it is live.
    """
    (
        kind, service, _, app_version, _, _, prompt_name, prompt_version, _, model, _, response_model, *_,
    ) = traits  # fmt: skip
    keys: list[VersionKey] = []
    if prompt_version is not None:
        keys.append(("prompt", prompt_name or "", prompt_version))
    if app_version is not None:
        keys.append(("app", service or "", app_version))
    if model is not None and kind in ("llm", "embedding") and (response_model or not failed):
        keys.append(("model", model, response_model or model))
    return tuple(keys)
