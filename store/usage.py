"""Whose usage counts: each token once, however many spans repeat it.

Wrappers (agents, chains, a framework's own span around the call) often carry the sum of their children's
usage, and two instrumentations of one client make two spans of one call. So a span is

- ``rollup`` when a span below it carries usage too: the deepest one counts;
- ``duplicate`` when another span tells of the same call (copies.py) and knows more of its usage;
- ``counted`` otherwise; spans that carry no usage have no role, but a model call around another of its kind
  (two instrumentations saw the same one fail, a function that embeds) is a ``rollup`` too.

Spans in a cycle of parents are each other's descendants, so none of them counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from llmwatch.store.copies import copies
from llmwatch.store.projection import Brief
from llmwatch.store.rows import UsageRole


def usage_roles(spans: Iterable[Brief]) -> dict[str, UsageRole]:
    """The role of every span that has one, by span id. ``spans`` are all of one trace, in any order."""
    return _judged(spans)[0]


def originals(spans: Iterable[Brief]) -> dict[str, str]:
    """For every duplicate among ``spans`` the span that counts in its stead, by span id."""
    return _judged(spans)[1]


def _judged(spans: Iterable[Brief]) -> tuple[dict[str, UsageRole], dict[str, str]]:
    spans = list(spans)
    if len(spans) == 1 and spans[0].parent_id != spans[0].span_id:  # alone, as half of all traces are
        return ({spans[0].span_id: "counted"} if spans[0].carries_usage else {}), {}
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
    for span in carriers:
        roles[span.span_id] = "rollup" if span.span_id in above else "counted"
    told = {span.span_id: span for span in (*calls["llm"], *calls["embedding"], *carriers)}
    copied = copies([span for span in told.values() if roles.get(span.span_id) != "rollup"])
    roles.update(dict.fromkeys(copied, "duplicate"))
    return roles, copied


def _above(spans: list[Brief], parents: dict[str, str | None]) -> set[str]:
    """Ids of all ancestors of ``spans``."""
    above: set[str] = set()
    for span in spans:
        parent = span.parent_id
        while parent is not None and parent not in above:
            above.add(parent)
            parent = parents.get(parent)
    return above
