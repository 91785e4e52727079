"""What `llmwatch cost` answers: each report's question to the store, and how a row of it is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import SECOND_NS, day_bounds
from llmwatch.analysis.costs import (
    Compression,
    Ratio,
    WhatIf,
    compression,
    expensive_prompts,
    price_ratios,
    sustained,
    what_if,
)
from llmwatch.analysis.metrics import figure
from llmwatch.config import Config
from llmwatch.errors import UsageError
from llmwatch.format import duration, money, plural, tokens
from llmwatch.providers.prices import Prices
from llmwatch.store.costrows import (
    DaySpent,
    DearCall,
    ErrorCount,
    SlowOperation,
    Spent,
    SpentBy,
    VersionSpent,
)
from llmwatch.store.reads import costs, versions
from llmwatch.store.reads.measuring import measure_by
from llmwatch.store.span import Call

DIMENSIONS: Final = (
    "model", "provider", "feature", "kind", "service", "environment", "app_version", "prompt_name",
    "prompt_version", "segment", "tool",
)  # fmt: skip
GROUPS: Final = (*DIMENSIONS, "user", "session", "prompt", "day")
"""What costs can be asked for by."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: of which file, with which configuration, of which time."""

    db: sqlite3.Connection
    config: Config
    start_s: int
    end_s: int
    now_ns: int
    model: str | None = None
    """The other model of a what-if."""

    @property
    def zone(self) -> ZoneInfo:
        """Where days begin and end."""
        return ZoneInfo(self.config.budget.timezone)


@dataclass(frozen=True, slots=True)
class Report:
    """A named report."""

    about: str
    since: str
    """How far it looks back when nobody says."""
    columns: tuple[str, ...]
    rows: Callable[[Asked], Sequence[Any]]
    cells: Callable[[Any, ZoneInfo], tuple[str, ...]]
    """A row as it is read."""
    note: Callable[[Asked], str] | None = None
    """What is to be said of the whole."""


def _days(asked: Asked) -> list[int]:
    """Where the local days of the window begin, and where the last one ends."""
    starts: list[int] = []
    at_ns = asked.start_s * SECOND_NS
    end_s = min(asked.end_s, day_bounds(asked.now_ns, asked.zone)[1])
    while not starts or starts[-1] < end_s:
        start_s, after_s = day_bounds(at_ns, asked.zone)
        starts += [after_s] if starts else [start_s, after_s]
        at_ns = after_s * SECOND_NS
    return starts


def _daily(asked: Asked) -> list[DaySpent]:
    return sorted(costs.daily(asked.db, _days(asked)), key=lambda row: -row.start_s)


def _by(dimension: Any, limit: int | None = None) -> Callable[[Asked], list[SpentBy]]:
    return lambda asked: costs.spent_by(asked.db, asked.start_s, asked.end_s, dimension, limit)


def _by_person(person: Any, limit: int | None = None) -> Callable[[Asked], list[SpentBy]]:
    return lambda asked: costs.spent_by_person(asked.db, asked.start_s, asked.end_s, person, limit)


def _versions(asked: Asked) -> list[VersionSpent]:
    return costs.spent_by_version(asked.db, asked.start_s, asked.end_s)


def _what_if(asked: Asked) -> list[WhatIf]:
    if asked.model is None:
        raise UsageError("which model?", hint="llmwatch cost what-if gpt-4o-mini")
    provider, _, name = asked.model.rpartition("/")
    quote = Prices(asked.config.prices).quote(
        Call(provider=provider or None, request_model=name), asked.now_ns
    )
    if quote.price is None:
        raise UsageError(
            f"{asked.model} has no price", hint=quote.note or "llmwatch prices show lists the models."
        )
    return what_if(_by("model")(asked), quote.price.tariff)


def _over_ceiling(asked: Asked) -> str:
    seen = costs.over_ceiling(asked.db, asked.start_s, asked.end_s)
    kind = "a pattern" if sustained(seen) else "single ones"
    over = f"{seen.over:,} of {plural(seen.calls, 'call')} cost more than {money(costs.CEILING_NANOUSD)}"
    return f"{over}: {kind}" if seen.over else over


def _compressions(asked: Asked) -> list[Compression]:
    """Each version of a prompt beside the one that was seen for the first time before it."""
    spent = {(row.name, row.version): row for row in _versions(asked) if row.version is not None}
    seen = [row for row in versions.live(asked.db, asked.start_s * SECOND_NS) if row.kind == "prompt"]
    known = [(row.name or None, row.version) for row in sorted(seen, key=lambda row: row.first_seen_ns)]
    marks = {name: _quality(asked, name) for name, _ in known}
    rows = []
    for name in dict.fromkeys(name for name, _ in known):
        order = [version for each, version in known if each == name and (name, version) in spent]
        rows += [
            compression(
                spent[name, before], spent[name, after], marks[name].get(before), marks[name].get(after)
            )
            for before, after in pairwise(order)
        ]
    return rows


def _quality(asked: Asked, prompt: str | None) -> dict[str | None, float | None]:
    """The quality score of each version of a prompt."""
    found = measure_by(asked.db, asked.start_s, asked.end_s, "prompt_version", {"prompt_name": prompt or ""})
    return {version: figure("quality_score", measured).value for version, measured in found}


def _spent(name: str | None, spent: Spent) -> tuple[str, ...]:
    unpriced = f"{spent.unpriced:,}" if spent.unpriced else ""
    return (
        name or "(not said)",
        money(spent.cost_nanousd),
        f"{spent.calls:,}",
        money(spent.mean_nanousd),
        tokens(spent.input_tokens),
        tokens(spent.output_tokens),
        unpriced,
    )


def _day(row: DaySpent, zone: ZoneInfo) -> tuple[str, ...]:
    return f"{datetime.fromtimestamp(row.start_s, zone):%Y-%m-%d}", *_spent(row.model, row.spent)


def _version(row: VersionSpent, _: ZoneInfo) -> tuple[str, ...]:
    return (
        row.name or "(not said)",
        *_spent(row.version, row.spent),
        duration(row.duration_p50_ns),
        duration(row.duration_p95_ns),
    )


def _dear(row: DearCall, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        money(row.cost_nanousd),
        tokens(row.input_tokens),
        tokens(row.output_tokens),
        row.model or "",
        row.feature or row.name,
        row.user_id or "",
        _moment(row.start_ns, zone),
        f"{row.trace_id}:{row.span_id}",
    )


def _slow(row: SlowOperation, _: ZoneInfo) -> tuple[str, ...]:
    return (
        row.operation, f"{row.calls:,}", duration(row.mean_ns), duration(row.slowest_ns),
        f"{row.trace_id}:{row.span_id}",
    )  # fmt: skip


def _error(row: ErrorCount, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        f"{row.spans:,}", row.kind, row.error_type or "", row.error_message or "",
        _moment(row.last_ns, zone), f"{row.trace_id}:{row.span_id}",
    )  # fmt: skip


def _ratio(row: Ratio, _: ZoneInfo) -> tuple[str, ...]:
    return row.feature or "(not said)", money(row.mean_nanousd), f"{row.times:.1f}×"


def _other(row: WhatIf, _: ZoneInfo) -> tuple[str, ...]:
    note = "some calls have no price" if row.incomplete else ""
    change = _signed(-row.saved_nanousd)
    return row.value or "(not said)", money(row.nanousd), money(row.other_nanousd), change, note


def _compressed(row: Compression, _: ZoneInfo) -> tuple[str, ...]:
    def both(values: tuple[Any, Any], write: Callable[[Any], str]) -> str:
        return " → ".join("–" if value is None else write(value) for value in values)

    saved = "–" if row.saved_nanousd is None else _signed(-row.saved_nanousd)
    so_far = "–" if row.saved_so_far_nanousd is None else _signed(-row.saved_so_far_nanousd)
    return (
        row.name or "(not said)", f"{row.before} → {row.after}", both(row.input_tokens, tokens),
        both(row.mean_nanousd, money), saved, so_far, both(row.score, lambda score: f"{score:.2f}"),
    )  # fmt: skip


def _signed(nanousd: int) -> str:
    return f"−{money(-nanousd)}" if nanousd <= 0 else f"+{money(nanousd)}"


def _moment(ns: int, zone: ZoneInfo) -> str:
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=ns // 1000)
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


_SUMS: Final = ("cost", "calls", "a call", "tokens in", "out", "unpriced")
_VERSION: Final = ("prompt", "version", *_SUMS, "p50", "p95")
NUMBERS: Final = frozenset({*_SUMS, "p50", "p95", "mean", "slowest", "times", "would be", "change", "so far"})
"""Columns that stand to the right."""
_MONTH: Final = "30d"
_WEEK: Final = "7d"


def _sums(about: str, name: str, since: str, rows: Callable[[Asked], Sequence[SpentBy]]) -> Report:
    return Report(about, since, (name, *_SUMS), rows, lambda row, _: _spent(row.value, row.spent))


def by(group: str) -> Report:
    """The report by one of `GROUPS`."""
    if group == "day":
        return REPORTS["daily"]
    if group == "prompt":
        return REPORTS["prompts"]
    rows = _by_person(group) if group in ("user", "session") else _by(group)
    return _sums(f"By {group}", group, _MONTH, rows)


REPORTS: Final[Mapping[str, Report]] = {
    "daily": Report("Each day's cost by model", _MONTH, ("day", "model", *_SUMS), _daily, _day),
    "users": _sums("The users that cost most", "user", _WEEK, _by_person("user", 10)),
    "sessions": _sums("The sessions that cost most", "session", _WEEK, _by_person("session", 10)),
    "features": _sums("Cost by feature", "feature", _WEEK, _by("feature")),
    "prompts": Report("Cost by version of each prompt", _MONTH, _VERSION, _versions, _version),
    "expensive": Report(
        "Prompts whose calls cost more than $0.10 on average", _MONTH, _VERSION,
        lambda asked: expensive_prompts(_versions(asked)), _version,
    ),
    "outliers": Report(
        "Calls of more than $1.00 or 10,000 tokens", _MONTH,
        ("cost", "tokens in", "out", "model", "feature", "user", "when", "span"),
        lambda asked: costs.dear_calls(asked.db, asked.start_s, asked.end_s), _dear, _over_ceiling,
    ),
    "slow": Report(
        "Operations that take longer than 5 s", _WEEK, ("operation", "calls", "mean", "slowest", "span"),
        lambda asked: costs.slow_operations(asked.db, asked.start_s, asked.end_s), _slow,
    ),
    "errors": Report(
        "Errors, the most frequent first", _WEEK, ("times", "kind", "type", "message", "last", "span"),
        lambda asked: costs.errors_by_frequency(asked.db, asked.start_s, asked.end_s), _error,
    ),
    "ratios": Report(
        "What a call of each feature costs beside the cheapest", _MONTH, ("feature", "a call", "times"),
        lambda asked: price_ratios(_by("feature")(asked)), _ratio,
    ),
    "versions": Report(
        "What a new version of a prompt changed", _MONTH,
        ("prompt", "version", "tokens in", "a call", "change", "so far", "quality"),
        _compressions, _compressed,
    ),
    "what-if": Report(
        "The same tokens at another model's prices", _MONTH, ("model", "cost", "would be", "change", ""),
        _what_if, _other,
    ),
}  # fmt: skip
