"""How figures are written in reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from llmwatch import format
from llmwatch.analysis.metrics import METRICS
from llmwatch.analysis.metrics.written import written
from llmwatch.cli.reports.document import Section, Table
from llmwatch.store.rows import Measured, ScoreSums

_NUMBERS: Final = frozenset({metric.title for metric in METRICS.values()}) | {
    "now", "before", "change", "of", "value", "calls", "times", "count", "scores", "mean", "low", "good",
    "cost", "a call", "unpriced", "tokens", "spans", "took", "answers", "satisfied", "feedback", "24 h",
    "7 d",
}  # fmt: skip
"""Columns that stand to the right."""

Row: TypeAlias = tuple[str, ...]


def part(title: str, columns: str, rows: Sequence[Row], lines: Sequence[str] = ()) -> Section:
    """A section with lines and a table; ``columns`` are its heads, separated by commas."""
    return Section(title, lines, Table(tuple(columns.split(", ")), rows, _NUMBERS))


def title(metric: str) -> str:
    """What a metric is called."""
    return METRICS[metric].title


def shown(metric: str, value: float | None) -> str:
    """A metric's value in its unit; unknown is –."""
    return written(METRICS[metric], value)


def mean(sums: ScoreSums | None) -> float | None:
    """The mean of the scores that have a number."""
    return sums.total / sums.valued if sums and sums.valued else None


def share(part: float, whole: float) -> str:
    """A share, as per cent."""
    return format.percent(part / whole if whole else None)


def points(value: float | None) -> str:
    """A score from 0 to 1."""
    return format.UNKNOWN if value is None else f"{value:.2f}"


def counted(measured: Measured, prefix: str) -> dict[str, int]:
    """Words of LLM calls that begin with ``prefix``, without it, the most frequent first."""
    words = [(word, count) for word, count in measured.calls.words.items() if word.startswith(prefix)]
    words.sort(key=lambda pair: (-pair[1], pair[0]))
    return {word.removeprefix(prefix): count for word, count in words}


def judging_cost(spent: Mapping[str, int]) -> str:
    """What was judged, and what that cost (`llmwatch.store.judging.JudgeSpend`, as a mapping)."""
    unpriced = f", {spent['unpriced']:,} without a price" if spent["unpriced"] else ""
    cost = f"{format.money(spent['cost_nanousd'])}{unpriced}, apart from what the applications spend"
    return f"{format.plural(spent['judged'], 'answer')} judged for {cost}"
