"""The review: answers that are worth a look, one line each, and the one to judge in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui.models.document import Block, Blocks, note, text_lines
from llmwatch.tui.models.runs import Run, Tone, runs_width

if TYPE_CHECKING:
    from llmwatch.store.rows import ReviewRow
    from llmwatch.store.span import Score

_NAME: Final = 18
_LABEL: Final = 40


@dataclass(frozen=True, slots=True)
class Item:
    """An answer of the queue, and what a person has said of it since the screen was opened."""

    row: ReviewRow
    verdict: Score | None = None


def merged(items: Sequence[Item], queue: Sequence[ReviewRow]) -> list[Item]:
    """The items after the queue was read again: those judged here keep their place, new ones come last."""
    waiting = {_key(row): row for row in queue}
    kept = [item for item in items if item.verdict is not None or _key(item.row) in waiting]
    known = {_key(item.row) for item in kept}
    return [*kept, *(Item(row) for key, row in waiting.items() if key not in known)]


def _key(row: ReviewRow) -> tuple[str, str]:
    return row.trace_id, row.span_id


def next_waiting(items: Sequence[Item], at: int) -> int:
    """The first item after ``at`` that is not judged, round the end; ``at`` when all are."""
    order = [*range(at + 1, len(items)), *range(at)]
    return next((i for i in order if items[i].verdict is None), at)


def score_body(row: ReviewRow, value: float | None, label: str, time_ns: int) -> dict[str, object]:
    """What is posted for a verdict; the same id each time, so that the last one counts."""
    said: Mapping[str, object] = {"value": value} if value is not None else {"label": label}
    return {
        "score_id": f"review:{row.trace_id}:{row.span_id}",
        "name": "review",
        "source": "human",
        "trace_id": row.trace_id,
        "span_id": row.span_id,
        "time_ns": time_ns,
        **said,
    }


def mark(item: Item) -> Run:
    """What was said of an answer."""
    if item.verdict is None:
        return "○", "muted"
    if item.verdict.value is None:
        return "●", "accent"
    return ("✓", "ok") if item.verdict.value >= 0.5 else ("✗", "error")


def cells(item: Item, width: int, now_ns: int) -> list[Run]:
    """The line of an answer: when, what, and why it is there."""
    glyph, tone = mark(item)
    done = item.verdict is not None
    name = min(_NAME, width // 3)
    runs: list[Run] = [
        (f"{glyph} ", tone),
        (f"{fmt.since(item.row.time_ns, now_ns):<10} ", "muted"),
        (fmt.fit(neutral_line(item.row.name), name), "muted" if done else "strong"),
    ]
    why: Run = (said(item), tone) if done else (neutral_line(item.row.why), "plain")
    return [*runs, ("  " + fmt.fit(why[0], max(width - runs_width(runs) - 2, 0)), why[1])]


def said(item: Item) -> str:
    """The verdict in a word."""
    verdict = item.verdict
    if verdict is None:
        return "not judged"
    if verdict.value is None:
        return neutral_line(verdict.label or "", _LABEL)
    return "good" if verdict.value >= 0.5 else "bad"


def document(item: Item, question: str | None, answer: str | None) -> Blocks:
    """Why it is in the queue, the answer, and below it what was asked, which may be long."""
    glyph, tone = mark(item)
    state: Tone = tone if item.verdict is not None else "warn"
    why = neutral_line(item.row.why)
    head = f"{glyph} {said(item)} · was here because: {why}" if item.verdict is not None else f"▲ {why}"
    return (
        note(head, state),
        _text("answer", answer),
        _text("question", question),
    )


def _text(title: str, text: str | None) -> Block:
    if not text:
        return Block(title=((title, "accent"),), lines=((("not captured", "muted"),),))
    lines = text_lines(text)
    return Block(title=((title, "accent"),), lines=lines, value="\n".join(line[0][0] for line in lines))


def total(items: Sequence[Item]) -> str:
    """How many wait, and what was said of the others."""
    done = [said(item) for item in items if item.verdict is not None]
    parts = [f"{len(items) - len(done)} to judge"]
    for word in ("good", "bad"):
        if count := done.count(word):
            parts.append(f"{count} {word}")
    if labelled := sum(item.verdict is not None and item.verdict.value is None for item in items):
        parts.append(f"{labelled} labelled")
    return " · ".join(parts)
