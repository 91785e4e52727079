"""Whose usage counts: each token once, however many spans repeat it.

Wrappers (agents, chains, a framework's own span around the call) often carry the sum of their children's
usage, and two instrumentations of one client make two spans of one call. So a span is

- ``rollup`` when a span below it carries usage too: the deepest one counts;
- ``duplicate`` when a sibling that overlaps it in time answers for the same response of the same model and
  knows more of its usage (of equals the one with the smaller span id counts);
- ``counted`` otherwise; spans that carry no usage have no role, but a model call around another of its kind
  (two instrumentations saw the same one fail, a function that embeds) is a ``rollup`` too.

Spans in a cycle of parents are each other's descendants, so none of them counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from llmwatch.store.projection import Brief
from llmwatch.store.rows import UsageRole


def usage_roles(spans: Iterable[Brief]) -> dict[str, UsageRole]:
    """The role of every span that has one, by span id. ``spans`` are all of one trace, in any order."""
    parents: dict[str, str | None] = {}
    carriers: list[Brief] = []
    calls: dict[str, list[Brief]] = {"llm": [], "embedding": []}
    for span in spans:
        parents[span.span_id] = span.parent_id
        if span.carries_usage:
            carriers.append(span)
        if span.kind in calls:
            calls[span.kind].append(span)
    roles: dict[str, UsageRole] = {}
    for alike in calls.values():
        if len(alike) > 1:
            around = _above(alike, parents)
            roles.update({span.span_id: "rollup" for span in alike if span.span_id in around})
    above = _above(carriers, parents)
    replies: dict[tuple[str | None, str], list[Brief]] = {}
    for span in carriers:
        roles[span.span_id] = "rollup" if span.span_id in above else "counted"
        if span.response_id is not None and roles[span.span_id] == "counted":
            replies.setdefault((span.parent_id, span.response_id), []).append(span)
    for siblings in replies.values():
        if len(siblings) > 1:
            for span in _duplicates(siblings):
                roles[span.span_id] = "duplicate"
    return roles


def _above(spans: list[Brief], parents: dict[str, str | None]) -> set[str]:
    """Ids of all ancestors of ``spans``."""
    above: set[str] = set()
    for span in spans:
        parent = span.parent_id
        while parent is not None and parent not in above:
            above.add(parent)
            parent = parents.get(parent)
    return above


def _duplicates(siblings: list[Brief]) -> list[Brief]:
    kept: list[Brief] = []
    duplicates: list[Brief] = []
    for span in sorted(siblings, key=lambda s: (s.usage.count(None), s.span_id)):
        copied = any(_same_model(span, other) and _overlap(span, other) for other in kept)
        (duplicates if copied else kept).append(span)
    return duplicates


def _same_model(left: Brief, right: Brief) -> bool:
    """One of them may know only what was asked for, or nothing."""
    mine = {left.request_model, left.response_model} - {None}
    theirs = {right.request_model, right.response_model} - {None}
    return not mine or not theirs or not mine.isdisjoint(theirs)


def _overlap(left: Brief, right: Brief) -> bool:
    """A span that has not ended lasts until now."""
    return (right.end_ns is None or left.start_ns <= right.end_ns) and (
        left.end_ns is None or right.start_ns <= left.end_ns
    )
