"""What `llmwatch usage` says: who uses what, when, how large it is, and how conversations grow."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from llmwatch.analysis.alerts.significance import trend
from llmwatch.analysis.metrics import Figure, figure
from llmwatch.analysis.usage import Statistics, hours_of_day, statistics_of
from llmwatch.cli.reports.document import Document
from llmwatch.cli.reports.words import Row, part, shown, title
from llmwatch.config import Config
from llmwatch.format import duration, money, percent, tokens
from llmwatch.store.reads.measuring import measure, measure_by
from llmwatch.store.reads.metrics import course
from llmwatch.store.reads.sessions import Turn, turns
from llmwatch.store.rows import Dimension, Measured

_NANO: Final = 10**9
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_MOST_DAYS: Final = 30
_MOST: Final = 10
_FIGURES: Final = ("requests", "active_users", "active_sessions", "cost_per_user", "cost_per_session")
_LIKELY: Final = 0.05
_DISTRIBUTIONS: Final = {
    "latency": ("duration_ns", duration),
    "time to first token": ("first_chunk_ns", duration),
    "input tokens": ("input", tokens),
    "output tokens": ("output", tokens),
    "characters asked": ("request", tokens),
    "characters answered": ("response", tokens),
    "cost": ("cost", lambda nanousd: money(round(nanousd))),
}
"""What is called what, which field of Totals it is, and how it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was done in a window."""

    start_s: int
    end_s: int
    figures: Mapping[str, Figure]
    features: Mapping[str, int]
    """LLM calls by feature, the most used first; so with the next two."""
    models: Mapping[str, int]
    segments: Mapping[str, int]
    hours: tuple[int, ...]
    """LLM calls by the hour of the day in the configured zone."""
    distributions: Mapping[str, Statistics]
    turns: Sequence[Turn]
    session_costs: Sequence[float | None]
    """Mean cost of a session on each of the last whole days of the window (UTC), the oldest first."""


def gather(db: sqlite3.Connection, config: Config, window: tuple[int, int]) -> Usage:
    """What was done in ``window`` (Unix seconds)."""
    measured = measure(db, *window, {}, people=True)
    points = course(db, window[0] - window[0] % _HOUR_S, window[1], _HOUR_S, {"kind": "llm"})
    return Usage(
        start_s=window[0],
        end_s=window[1],
        figures={name: figure(name, measured) for name in _FIGURES},
        features=_calls(db, window, "feature"),
        models=_calls(db, window, "model"),
        segments=_calls(db, window, "segment"),
        hours=hours_of_day(points, ZoneInfo(config.budget.timezone)),
        distributions=_distributions(measured),
        turns=turns(db, window[0] * _NANO, window[1] * _NANO),
        session_costs=_session_costs(db, window),
    )


def document(usage: Usage, when: str) -> Document:
    """What is printed of it; ``when`` says of which time."""
    return Document(
        f"Usage, {when}",
        [],
        [
            part("Figures", "metric, value", [(title(id_), shown(id_, each.value)) for id_, each in
                                              usage.figures.items() if each.value is not None]),
            part("Features", "feature, calls, share", _shares(usage.features)),
            part("Models", "model, calls, share", _shares(usage.models)),
            part("Segments", "segment, calls, share", _shares(usage.segments)),
            part("Hours of the day", "hour, calls, share", _busiest(usage.hours)),
            part("Distributions", "of a call, count, mean, median, min, max, p95, p99", _statistics(usage)),
            part("Conversations", "turn, sessions, tokens a call, cost", _grown(usage.turns), _trends(usage)),
        ],
    )  # fmt: skip


def _calls(db: sqlite3.Connection, window: tuple[int, int], by: Dimension) -> dict[str, int]:
    found = [(value or "", each.calls.spans) for value, each in measure_by(db, *window, by, {"kind": "llm"})]
    return {value: calls for value, calls in found if calls}


def _distributions(measured: Measured) -> dict[str, Statistics]:
    found = {name: getattr(measured.calls, of) for name, (of, _) in _DISTRIBUTIONS.items()}
    return {name: statistics_of(histogram) for name, histogram in found.items() if histogram.count}


def _session_costs(db: sqlite3.Connection, window: tuple[int, int]) -> list[float | None]:
    first, last = -(-window[0] // _DAY_S), window[1] // _DAY_S
    days = range(max(first, last - _MOST_DAYS), last)
    found = (measure(db, day * _DAY_S, (day + 1) * _DAY_S, {}, people=True) for day in days)
    return [figure("cost_per_session", measured).value for measured in found]


def _shares(calls: Mapping[str, int]) -> list[Row]:
    """The most used, and what the others come to."""
    whole = sum(calls.values())
    rows: list[Row] = [
        (name or "(not said)", f"{count:,}", percent(count / whole)) for name, count in calls.items()
    ]
    if len(rows) > _MOST:
        rest = sum(list(calls.values())[_MOST:])
        rows[_MOST:] = [(f"{len(rows) - _MOST} more", f"{rest:,}", percent(rest / whole))]
    return rows


def _busiest(hours: Sequence[int]) -> list[Row]:
    """The hours with calls, the busiest first."""
    whole = sum(hours)
    order = sorted((-calls, hour) for hour, calls in enumerate(hours) if calls)
    return [(f"{hour:02}:00", f"{-calls:,}", percent(-calls / whole)) for calls, hour in order]


def _statistics(usage: Usage) -> list[Row]:
    rows = []
    for name, each in usage.distributions.items():
        _, write = _DISTRIBUTIONS[name]
        numbers = (each.mean, each.median, each.min, each.max, each.p95, each.p99)
        rows.append((name, f"{each.count:,}", *(write(number) for number in numbers if number is not None)))
    return rows


def _grown(found: Sequence[Turn]) -> list[Row]:
    return [
        (f"{each.turn}", f"{each.sessions:,}", tokens(each.input_tokens),
         money(None if each.cost_nanousd is None else round(each.cost_nanousd)))
        for each in found[:_MOST]
    ]  # fmt: skip


def _trends(usage: Usage) -> list[str]:
    """What grows, where chance would hardly make it grow so."""
    lines = []
    context = trend([each.input_tokens for each in usage.turns])
    if context and context[1] < _LIKELY:
        slope = context[0]
        lines.append(f"Each turn sends {tokens(abs(slope))} tokens {_more(slope)} than the one before.")
    costs = trend([cost for cost in usage.session_costs if cost is not None])
    if costs and costs[1] < _LIKELY:
        lines.append(f"Sessions cost {money(round(abs(costs[0])))} {_more(costs[0])} each day.")
    return lines


def _more(slope: float) -> str:
    return "more" if slope > 0 else "less"
