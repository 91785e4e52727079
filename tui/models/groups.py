"""Numbers by model, by feature, by version: the dimensions that ``b`` goes through, and their table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from llmwatch.format import (
    DURATION_WIDTH,
    MONEY_WIDTH,
    PERCENT_WIDTH,
    TOKENS_WIDTH,
    UNKNOWN,
    duration,
    money,
    percent,
    tokens,
)
from llmwatch.neutral import neutral_line
from llmwatch.store.rows import Dimension, Group, Totals
from llmwatch.tui.format import fit
from llmwatch.tui.models.cells import Cell, Door, Line

DIMENSIONS: Final[Mapping[Dimension, str]] = {
    "model": "model",
    "feature": "feature",
    "service": "service",
    "prompt_name": "prompt",
    "prompt_version": "version",
    "app_version": "app",
    "environment": "env",
}
"""What numbers can be grouped by, and the key of the filter language for it."""

_NAME: Final = 32


@dataclass(frozen=True, slots=True)
class Grouping:
    """Numbers by one dimension."""

    dimension: Dimension
    groups: tuple[Group, ...]
    """Costliest first."""
    where: str
    """Filter of the window they are of: ``since:15m``."""

    @property
    def title(self) -> str:
        """What the dimension is called on the screen: the filter's key."""
        return DIMENSIONS[self.dimension]


def dimensions(first: int, count: int) -> tuple[Dimension, ...]:
    """``count`` dimensions from the ``first``-th on, going round."""
    names = tuple(DIMENSIONS)
    return tuple(names[(first + i) % len(names)] for i in range(count))


def grouping(dimension: Dimension, groups: Sequence[Group], where: str) -> Grouping:
    """``groups`` of ``dimension``, costliest first, then those with most calls."""
    costly = sorted(groups, key=lambda group: (-group.totals.cost_nanousd, -group.totals.spans))
    return Grouping(dimension, tuple(costly), where)


def door(grouping: Grouping, group: Group) -> Door | None:
    """The traces behind a group; None where the spans do not say."""
    if group.value is None:
        return None
    from llmwatch.store.filters import quoted  # noqa: PLC0415 - 20 ms that the first paint need not wait for

    return Door(f"{grouping.title}:{quoted(group.value)} {grouping.where}", f"{grouping.title} {name(group)}")


def name(group: Group, limit: int = _NAME) -> str:
    """The group's name, for the screen."""
    return UNKNOWN if group.value is None else neutral_line(group.value, limit)


def costs(grouping: Grouping) -> list[Line]:
    """Each group's name and cost: chunks for a line."""
    chunks: list[Line] = []
    for group in grouping.groups:
        amount = Cell(money(group.totals.cost_nanousd), "plain", door(grouping, group))
        chunks.append((Cell(f"{name(group)} ", "muted"), amount))
    return chunks


def _share(part: int, of: int) -> str:
    return percent(part / of if of else None)


_COLUMNS: Final[tuple[tuple[str, int, Callable[[Totals], str]], ...]] = (
    ("calls", TOKENS_WIDTH, lambda t: tokens(t.spans)),
    ("errors", PERCENT_WIDTH, lambda t: _share(t.errors, t.spans)),
    ("p95", DURATION_WIDTH, lambda t: duration(t.duration_ns.percentile(0.95))),
    ("cost", MONEY_WIDTH, lambda t: money(t.cost_nanousd)),
    ("$/call", MONEY_WIDTH, lambda t: money(t.cost_nanousd // t.spans if t.spans else None)),
    ("p50", DURATION_WIDTH, lambda t: duration(t.duration_ns.percentile(0.5))),
    ("p99", DURATION_WIDTH, lambda t: duration(t.duration_ns.percentile(0.99))),
    ("TTFT95", DURATION_WIDTH, lambda t: duration(t.first_chunk_ns.percentile(0.95))),
    ("in", TOKENS_WIDTH, lambda t: tokens(t.input_tokens)),
    ("out", TOKENS_WIDTH, lambda t: tokens(t.output_tokens)),
    ("checks", PERCENT_WIDTH, lambda t: _share(t.passed, t.checked)),
)  # fmt: skip
"""What the table says of a group; the first columns stay when there is not room for all."""


def table(grouping: Grouping, width: int, height: int) -> list[Line]:
    """A table of the groups in up to ``height`` lines, its head included."""
    names = (
        max(
            [len(f"by {grouping.title} (9 of 99)"), *(cell_len(name(group)) for group in grouping.groups)],
            default=0,
        )
        + 2
    )
    shown: list[tuple[str, int, Callable[[Totals], str]]] = []
    for column in _COLUMNS:
        if names + sum(each[1] + 2 for each in (*shown, column)) <= width:
            shown.append(column)
    room = max(height - 1, 0)
    more = f" ({room} of {len(grouping.groups)})" if len(grouping.groups) > room else ""
    head = fit(f"by {grouping.title}{more}", names) + "".join(
        f"{title:>{size + 2}}" for title, size, _ in shown
    )
    lines: list[Line] = [(Cell(head, "muted"),)]
    for group in grouping.groups[:room]:
        numbers = "".join(f"{value(group.totals):>{size + 2}}" for _, size, value in shown)
        lines.append((Cell(fit(name(group), names), "strong", door(grouping, group)), Cell(numbers)))
    return lines
