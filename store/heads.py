"""Who asked and for what, as a trace says it: many apps say it on the root alone, and mean every span below.

What such a span costs is counted with its trace's user, session, feature and segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from llmwatch.store.projection import Brief

_BY_START: Final = attrgetter("start_ns", "span_id")


class Heads(NamedTuple):
    """What counts for the spans of a trace that do not say it themselves."""

    session_id: str | None = None
    user_id: str | None = None
    feature: str | None = None
    segment: str | None = None


UNSAID: Final = Heads()
_SAID: Final = attrgetter(*Heads._fields)


def in_order(spans: Iterable[Brief]) -> list[Brief]:
    """``spans`` by their start."""
    return sorted(spans, key=_BY_START)


def root_of(ordered: Sequence[Brief]) -> Brief | None:
    """The span at the top that began first, if it has come."""
    for span in ordered:
        if span.parent_id is None and span.state != "partial":
            return span
    return None


def root_first(ordered: Sequence[Brief]) -> Sequence[Brief]:
    """In whose order spans are asked what a trace says: the root's word, or that of the first who says it."""
    root = root_of(ordered)
    return ordered if root is None else [root, *ordered]


def first_said(rows: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Column by column, what the first row says that says anything. Spans of a trace mostly say the same."""
    first, *others = dict.fromkeys(rows)
    for other in others:
        first = tuple([a if a is not None else b for a, b in zip(first, other, strict=True)])
    return first


def heads_of(spans: Iterable[Brief]) -> Heads:
    """Who asked for a trace that consists of ``spans``, and for what."""
    return Heads._make(first_said(map(_SAID, root_first(in_order(spans)))))


def dimensions(span: Brief, heads: Heads) -> tuple[str | None, ...]:
    """`Brief.dimensions` with what the span's trace says where it says nothing."""
    own = span.dimensions
    feature, segment = own[4], own[5]
    if (feature is None and heads.feature) or (segment is None and heads.segment):
        return (*own[:4], feature or heads.feature, segment or heads.segment, *own[6:])
    return own
