"""A trace while it is written: the spans it has and the spans that come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from llmwatch.store.projection import Brief
from llmwatch.store.rollups import Change
from llmwatch.store.rows import UsageRole
from llmwatch.store.usage import usage_roles
from llmwatch.store.writes.shelf import Shelf

_FIND: Final = (
    "SELECT traces.trace_id, traces.id FROM json_each(?) AS asked"
    " CROSS JOIN traces ON traces.trace_id = asked.value"
)
_SPANS: Final = (
    f"SELECT {', '.join(f'spans.{name}' for name in ('trace_id', 'id', 'usage_role', *Brief._fields))}"
    " FROM json_each(?) AS asked CROSS JOIN spans ON spans.trace = asked.value"
)


class Kept(NamedTuple):
    """A row that is there."""

    id: int
    role: UsageRole | None
    brief: Brief


class Fresh(NamedTuple):
    """A row that is new or has changed."""

    id: int
    brief: Brief
    details: tuple[Any, ...]
    records: bytes


@dataclass(slots=True)
class Family:
    """One trace and its spans by id."""

    id: int
    trace_id: str
    new: bool
    kept: dict[str, Kept] = field(default_factory=dict)
    fresh: dict[str, Fresh] = field(default_factory=dict)
    roles: dict[str, UsageRole] = field(default_factory=dict)
    """Whose usage counts, once `settle` was called."""

    @property
    def briefs(self) -> Collection[Brief]:
        """All spans as they are now."""
        now = {span_id: kept.brief for span_id, kept in self.kept.items()}
        now.update((span_id, fresh.brief) for span_id, fresh in self.fresh.items())
        return now.values()

    def settle(self, briefs: Collection[Brief]) -> list[Change]:
        """Decide whose usage counts among ``briefs``, and say what that changes in the sums."""
        self.roles = roles = usage_roles(briefs)
        changes: list[Change] = []
        for span_id, fresh in self.fresh.items():
            if (old := self.kept.get(span_id)) is not None:
                changes.append(Change(old.brief, old.role, -1))
            changes.append(Change(fresh.brief, roles.get(span_id), 1))
        for old in self.turned():
            changes.append(Change(old.brief, old.role, -1))
            changes.append(Change(old.brief, roles.get(old.brief.span_id), 1))
        return changes

    def turned(self) -> list[Kept]:
        """Rows of which nothing has changed but whether their usage counts."""
        return [
            old
            for span_id, old in self.kept.items()
            if old.role != self.roles.get(span_id) and span_id not in self.fresh
        ]


def load_families(shelf: Shelf, trace_ids: Collection[str]) -> dict[str, Family]:
    """The traces of these ids with all their spans, known ones and new ones."""
    asked = msgspec.json.encode(list(trace_ids)).decode()
    families = {
        trace_id: Family(number, trace_id, new=False)
        for trace_id, number in shelf.db.execute(_FIND, (asked,))
    }
    if families:
        known = msgspec.json.encode([family.id for family in families.values()]).decode()
        for trace_id, number, role, *columns in shelf.db.execute(_SPANS, (known,)):
            brief = Brief._make(columns)
            families[trace_id].kept[brief.span_id] = Kept(number, role, brief)
    for trace_id in trace_ids:
        if trace_id not in families:
            families[trace_id] = Family(shelf.next_id("traces"), trace_id, new=True)
    return families
