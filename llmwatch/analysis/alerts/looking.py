"""One pass over all rules: what is seen of each, and what becomes of its alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from llmwatch.analysis.alerts.engine import Change, Seen, gone, step
from llmwatch.analysis.alerts.kinds import KINDS
from llmwatch.analysis.alerts.measured import Measured
from llmwatch.analysis.alerts.rule import SECOND_NS, Rule
from llmwatch.analysis.alerts.view import View
from llmwatch.store.rows import AlertRow

_MINUTE_NS: Final = 60 * SECOND_NS

Known: TypeAlias = Mapping[str, Mapping[str, AlertRow]]
"""The last alert of each slice, by rule."""


@dataclass(frozen=True, slots=True)
class Views:
    """The same moment, once up to the last minute that is over and once with the running one."""

    whole: View
    live: View


class Looking:
    """Looks at each rule as often as it is worth it."""

    def __init__(self) -> None:
        self._looked_ns: dict[str, int] = {}

    def changes(self, rules: Sequence[Rule], views: Views, known: Known, now_ns: int) -> Iterator[Change]:
        """What has changed since ``known``, which is not changed."""
        for rule in rules:
            every_ns = KINDS[rule.kind].every_s * SECOND_NS
            if self._worth_it(rule, now_ns, every_ns):
                yield from changes_of(rule, seen(rule, views), known.get(rule.name, {}), now_ns, every_ns)
        yield from _orphans(rules, known, now_ns)

    def _worth_it(self, rule: Rule, now_ns: int, every_ns: int) -> bool:
        """Whether it is time. What is looked at every minute is in every pass, for what comes late."""
        looked_ns = self._looked_ns.get(rule.name)
        if looked_ns is not None and every_ns > _MINUTE_NS and now_ns - looked_ns < every_ns:
            return False
        self._looked_ns[rule.name] = now_ns
        return True


def seen(rule: Rule, views: Views) -> Iterable[Seen]:
    """What a look at ``rule`` finds."""
    kind = KINDS[rule.kind]
    view = views.live if kind.live else views.whole
    if rule.by is None or isinstance(kind.look, Measured):
        return kind.look(rule, view)
    values = view.figures("request_rate", rule.window_s, rule.by, rule.where)
    each = (replace(rule, by=None, where={**rule.where, rule.by: value}) for value, _ in values if value)
    return (found for one in each for found in kind.look(one, view))


def changes_of(
    rule: Rule, found: Iterable[Seen], known: Mapping[str, AlertRow], now_ns: int, every_ns: int
) -> Iterator[Change]:
    """What has changed of one rule, by the slice, since ``known``, which is not changed."""
    there = set()
    for one in found:
        there.add(one.slice)
        change = step(rule, known.get(one.slice), one, now_ns, every_ns)
        if change is not None:
            yield change
    for name, last in known.items():
        if name not in there and last.state != "resolved":
            change = step(rule, last, gone(last), now_ns, every_ns)
            if change is not None:
                yield change


def _orphans(rules: Sequence[Rule], known: Known, now_ns: int) -> Iterator[Change]:
    """Alerts of rules that are not looked at any more."""
    for name in known.keys() - {rule.name for rule in rules}:
        for last in known[name].values():
            if last.state == "pending":
                yield Change(last, "dropped")
            elif last.state == "firing":
                yield Change(replace(last, state="resolved", resolved_ns=now_ns), "resolved", tell=True)
