"""What rules ask for. A view looks back from one moment; the collector's reads the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from llmwatch.analysis.alerts.significance import Sample
from llmwatch.analysis.budget import BudgetState
from llmwatch.store.reads.sliced import By, Where

Amount: TypeAlias = Literal["input", "output", "cost"]


class Figure(Protocol):
    """A number and what it rests on."""

    @property
    def value(self) -> float | None:
        """None when it cannot be told."""

    @property
    def samples(self) -> int:
        """Calls, scores or sessions that it is of."""


class Usual(Protocol):
    """What a figure usually is."""

    @property
    def mean(self) -> float:
        """Of its hours."""

    @property
    def sigma(self) -> float:
        """Their standard deviation."""


@dataclass(frozen=True, slots=True)
class Largest:
    """Requests that are larger than others."""

    count: int
    value: float
    """The largest."""


@dataclass(frozen=True, slots=True)
class SessionCost:
    """What a session has cost, and what sessions cost on average."""

    session: str
    nanousd: int
    mean_nanousd: float
    sessions: int
    """That the average is of."""


@dataclass(frozen=True, slots=True)
class SegmentCalls:
    """How many calls a segment of users makes, and made before."""

    segment: str
    calls: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A version of a prompt, or a model for a feature, and how it does."""

    of: str
    """What has versions, as filter terms: ``prompt:greeting``, ``feature:chat``."""
    name: str
    terms: str
    """The version as filter terms: ``version:v2``."""
    first_ns: int
    """When it was first seen."""
    calls: int
    errors: int
    checked: int
    passed: int
    quality: Sample
    feedback: int
    negative: int


class View(Protocol):
    """Everything that rules may ask. Windows end with the last minute that is over, unless they are live."""

    def figure(self, metric: str, window_s: int, where: Where) -> Figure:
        """A metric over a window."""

    def figures(
        self, metric: str, window_s: int, by: By, where: Where
    ) -> Sequence[tuple[str | None, Figure]]:
        """A metric over a window for each value of a dimension."""

    def usual(self, metric: str, where: Where) -> Usual | None:
        """What a metric usually is; None while that is still being learnt."""

    def calls(self, window_s: int, where: Where) -> Sequence[tuple[int, int]]:
        """LLM calls and those that failed, by the minute, the oldest first."""

    def days(self, metric: str, count: int, where: Where) -> Sequence[float]:
        """A metric on each of the last whole days (UTC) on which it can be told, the oldest first."""

    def larger(self, amount: Amount, than: float, window_s: int, where: Where) -> Largest:
        """LLM calls with more tokens (nano-dollars) than this."""

    def scores(self, name: str, window_s: int) -> Sequence[float]:
        """The scores of one name."""

    def marked(self, name: str, window_s: int) -> Sequence[tuple[str, str]]:
        """Traces that were given a score of this name in the window, and what was said of each."""

    def ratings(self, count: int, window_s: int) -> Sequence[float]:
        """The last ratings by users in a window, 0 to 1."""

    def budgets(self) -> Sequence[BudgetState]:
        """Every budget that has reached its ``warn_at``, also in a period that has just ended."""

    def sessions(self, window_s: int) -> Sequence[SessionCost]:
        """The sessions of the window that have cost most, the most expensive first."""

    def segments(self, window_s: int) -> Sequence[SegmentCalls]:
        """Segments of users in the window, and in all the time before."""

    def arms(self, window_s: int) -> Sequence[Arm]:
        """Versions of prompts, and models of features, that had calls in the window."""
