"""Numbers by model, by feature, by user: the dimensions that a pane can be grouped by, and its table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from rich.cells import cell_len

from llmwatch.format import UNKNOWN
from llmwatch.neutral import neutral_line
from llmwatch.tui.format import fit
from llmwatch.tui.models.cells import Cell, Door, Line
from llmwatch.tui.models.runs import Tone

if TYPE_CHECKING:
    from llmwatch.store.reads.sliced import By

M = TypeVar("M")

DIMENSIONS: Final[Mapping[By, str]] = {
    "model": "model",
    "feature": "feature",
    "prompt_version": "version",
    "app_version": "app",
    "user": "user",
    "segment": "segment",
    "environment": "env",
    "service": "service",
}
"""What numbers can be grouped by, and the key of the filter language for it."""

_NAME: Final = 32
_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Column(Generic[M]):
    """A number of each group, made of what was measured of it."""

    title: str
    width: int
    write: Callable[[M], tuple[str, Tone]]


@dataclass(frozen=True, slots=True)
class Layout(Generic[M]):
    """How a pane's numbers are grouped: its columns, the most telling first, and what comes first."""

    columns: tuple[Column[M], ...]
    order: Callable[[M], tuple[float, ...]]
    """Groups with the least stand first."""


@dataclass(frozen=True, slots=True)
class Grouping(Generic[M]):
    """Numbers by one dimension."""

    dimension: By
    groups: tuple[tuple[str | None, M], ...]
    """In the order of the layout."""
    where: str
    """Filter of the window they are of: ``since:15m``."""
    about: str = ""
    """What they are of, when that is not what the pane's numbers are of: ``since 10:00``."""

    @property
    def title(self) -> str:
        """What the dimension is called on the screen: the filter's key."""
        return DIMENSIONS[self.dimension]


def next_dimension(by: By | None, step: int) -> By | None:
    """The dimension after ``by``, or before it; none, the pane as a whole, is one of them."""
    round_: list[By | None] = [None, *DIMENSIONS]
    return round_[(round_.index(by) + step) % len(round_)]


def grouping(
    dimension: By, groups: Iterable[tuple[str | None, M]], where: str, layout: Layout[M], about: str = ""
) -> Grouping[M]:
    """``groups`` of ``dimension`` in the order of ``layout``."""
    ordered = sorted(groups, key=lambda group: (*layout.order(group[1]), group[0] or ""))
    return Grouping(dimension, tuple(ordered), where, about)


def door_to(key: str, value: str | None, where: str) -> Door | None:
    """The traces of ``where`` that have ``value`` for a key; None where the spans do not say."""
    if value is None:
        return None
    from llmwatch.store.filters import quoted  # noqa: PLC0415 - 20 ms that the first paint need not wait for

    return Door(f"{key}:{quoted(value)} {where}".strip(), f"{key} {name(value)}")


def name(value: str | None) -> str:
    """A group's name, for the screen."""
    return UNKNOWN if value is None else neutral_line(value, _NAME)


def table(grouping: Grouping[M], layout: Layout[M], width: int, height: int) -> list[Line]:
    """A table of the groups in up to ``height`` lines, its head included."""
    room = max(height - 1, 0)
    count = len(grouping.groups)
    title = f"by {grouping.title}" + (f" ({room} of {count})" if count > room else "")
    shown = grouping.groups[:room]
    names = max(cell_len(title), *(cell_len(name(value)) for value, _ in shown), 0) + 1
    columns = _fitting(_telling(layout.columns, [measured for _, measured in shown]), width - names)
    head = fit(title, names) + "".join(f"{each.title:>{each.width + _GAP}}" for each, _ in columns)
    lines: list[Line] = [(Cell(head, "muted"),)]
    for place, (value, _) in enumerate(shown):
        numbers = [
            Cell(f"{texts[place][0]:>{each.width + _GAP}}", texts[place][1]) for each, texts in columns
        ]
        lines.append(
            (
                Cell(fit(name(value), names), "strong", door_to(grouping.title, value, grouping.where)),
                *numbers,
            )
        )
    if not shown and height > 1:
        lines.append((Cell("nothing in this time", "muted"),))
    return lines


_Written: TypeAlias = tuple[Column[M], list[tuple[str, Tone]]]
"""A column, and what it says of each group."""


def _telling(columns: Iterable[Column[M]], groups: Sequence[M]) -> list[_Written[M]]:
    """The columns that say something of one of the groups at least."""
    written = [(column, [column.write(measured) for measured in groups]) for column in columns]
    return [each for each in written if any(text != UNKNOWN for text, _ in each[1])]


def _fitting(columns: Iterable[_Written[M]], width: int) -> list[_Written[M]]:
    """The first columns, as many as there is room for."""
    shown: list[_Written[M]] = []
    for column, texts in columns:
        width -= column.width + _GAP
        if width < 0:
            break
        shown.append((column, texts))
    return shown
