"""A trace while it is written: the spans it has and the spans that come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from llmwatch.store.heads import Heads, heads_of
from llmwatch.store.projection import Brief
from llmwatch.store.rollups import Change
from llmwatch.store.rows import UsageRole
from llmwatch.store.usage import usage_roles


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
    records: list[bytes]
    content: int | None
    """The row of contents that is its own, if it has one."""


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
    heads: Heads | None = None
    """What the trace says of who asked, once `settle` was called."""

    @property
    def briefs(self) -> Collection[Brief]:
        """All spans as they are now."""
        if not self.kept:
            return [fresh.brief for fresh in self.fresh.values()]
        now = {span_id: kept.brief for span_id, kept in self.kept.items()}
        now.update((span_id, fresh.brief) for span_id, fresh in self.fresh.items())
        return now.values()

    def settle(self, briefs: Collection[Brief]) -> list[Change]:
        """Decide whose usage counts among ``briefs``, and say what that changes in the sums."""
        self.roles = roles = usage_roles(briefs)
        said, heads = self.heads, heads_of(briefs)
        if said is None:
            said = heads_of([old.brief for old in self.kept.values()]) if self.kept else heads
        self.heads = heads
        changes: list[Change] = []
        for span_id, fresh in self.fresh.items():
            if (old := self.kept.get(span_id)) is not None:
                changes.append(Change(old.brief, old.role, -1, said))
            changes.append(Change(fresh.brief, roles.get(span_id), 1, heads))
        for old in self.turned() if said == heads else self._settled():
            changes.append(Change(old.brief, old.role, -1, said))
            changes.append(Change(old.brief, roles.get(old.brief.span_id), 1, heads))
        return changes

    def absorb(self) -> None:
        """What was fresh is written."""
        for span_id, fresh in self.fresh.items():
            self.kept[span_id] = Kept(fresh.id, self.roles.get(span_id), fresh.brief)
        for old in self.turned():
            self.kept[old.brief.span_id] = old._replace(role=self.roles.get(old.brief.span_id))
        self.fresh.clear()
        self.new = False

    def turned(self) -> list[Kept]:
        """Rows of which nothing has changed but whether their usage counts."""
        return [old for old in self._settled() if old.role != self.roles.get(old.brief.span_id)]

    def _settled(self) -> list[Kept]:
        """Rows that stay as they are."""
        return [old for span_id, old in self.kept.items() if span_id not in self.fresh]
