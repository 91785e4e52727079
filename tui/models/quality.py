"""The quality pane: scores and checks over the last day, and whether they have got worse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from llmwatch.analysis.health import Level
from llmwatch.analysis.metrics import METRICS
from llmwatch.analysis.metrics.written import written
from llmwatch.format import UNKNOWN, change, percent, tokens
from llmwatch.neutral import neutral_line
from llmwatch.store.rows import Point, ScorePoint, Totals, VersionRow
from llmwatch.tui.models.cells import Cell, Door, Line, flow, packed
from llmwatch.tui.models.runs import Tone
from llmwatch.tui.models.timewindow import STEPS, Window
from llmwatch.tui.state import look

if TYPE_CHECKING:
    from llmwatch.analysis.drift import Shift

MARKED: Final = ("prompt", "model", "app", "fingerprint")
"""Of versions that came together, the first of these names the mark."""
_RECENT: Final = 4
"""The last quarter of the window is compared with the rest of it."""
_ENOUGH: Final = 10
"""Fewer answers or scores than this, on either side, are not compared."""
_TONES: Final[tuple[Tone, ...]] = ("accent", "muted")
"""Of the chart's lines: there are no more than these."""
_NAME: Final = 20
_WHOLE: Final = "quality_score"
_CALLED: Final = {_WHOLE: "quality"}
_NOT_MARKS: Final = ("user", "heuristic")
"""Sources whose scores are shown as feedback and as checks."""

DROP_WARN: Final = 0.1
NEGATIVE_WARN: Final = 0.15
TRUNCATED_WARN: Final = 0.2
REFUSALS_WARN: Final = 2.0
"""Relative drop of a score, share of negative feedback, share of truncated answers, and growth of the
refusal rate from which the pane warns."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line of the chart."""

    name: str
    tone: Tone
    values: tuple[float | None, ...]
    """Mean of each step, 0 to 1; None where nothing was judged."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A new version on the chart."""

    step: int
    name: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A number below the chart."""

    label: str
    value: str
    level: Level | None
    """None where nothing says what is good."""
    change: str = ""
    note: str = ""
    door: Door | None = None
    line: Tone | None = None
    """Tone of its line in the chart, where it has one."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is compared with."""

    marks: Mapping[str, float | None] = field(default_factory=dict)
    """What scores usually are, by name; None while that is being learnt."""
    shifts: tuple[Shift, ...] = ()
    """Models whose answers have become others."""


@dataclass(frozen=True, slots=True)
class QualityView:
    """What the quality pane shows."""

    window: Window
    series: tuple[Series, ...]
    markers: tuple[Marker, ...]
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    """What the numbers rest on: ``learning what is usual``, ``the judge is off: …``."""


def quality_view(
    window: Window, scores: Sequence[ScorePoint], calls: Sequence[Point], versions: Sequence[VersionRow],
    pass_warn: float, usual: Usual | None = None, notes: Sequence[str] = (),
) -> QualityView:  # fmt: skip
    """The pane's content.

    Args:
        window: What is looked at.
        scores: Scores in its steps.
        calls: LLM calls in its steps.
        versions: What was live in it.
        pass_warn: Share of answers that pass the checks, below which that is a warning.
        usual: What scores usually are. Others are compared with the earlier part of the window.
        notes: What is to be said of all this.
    """
    usual = usual or Usual()
    named = _by_name(scores)
    series = [
        Series(label(name), tone, _course(window, each))
        for (name, each), tone in zip(named, _TONES, strict=False)
    ]
    if not series and any(point.totals.checked for point in calls):
        passed = {point.start_s: _share(point.totals.passed, point.totals.checked) for point in calls}
        series = [Series("checks", _TONES[0], tuple(passed.get(at) for at in window.starts))]
    facts = [
        *(_score_fact(name, each, window, usual.marks.get(name)) for name, each in named),
        *_feedback_facts([score for score in scores if score.source == "user"]),
        *_call_facts(calls, window, pass_warn),
        *map(_shift_fact, usual.shifts),
    ]
    tones = {each.name: each.tone for each in series}
    facts = [replace(fact, line=tones.get(fact.label)) for fact in facts]
    facts.sort(key=lambda fact: fact.level != "WARN")
    if usual.marks and not any(usual.marks.values()):
        notes = (*notes, "learning what is usual")
    markers = [*_markers(window, versions), *_shift_markers(window, usual.shifts)]
    markers.sort(key=lambda marker: -marker.step)
    return QualityView(window, tuple(series), tuple(markers), tuple(facts), tuple(notes))


def marks(scores: Sequence[ScorePoint]) -> list[str]:
    """The names of the marks among ``scores``, in the order in which they are shown."""
    return [name for name, _ in _by_name(scores)]


def label(name: str) -> str:
    """What a score is called on the screen: ``quality``, ``groundedness``, ``helpful``."""
    return neutral_line(_CALLED.get(name, name).removeprefix("judge_"), _NAME)


def _by_name(scores: Sequence[ScorePoint]) -> list[tuple[str, list[ScorePoint]]]:
    """Marks by name: what all of them come to, then the most frequent."""
    named: dict[str, list[ScorePoint]] = {}
    for score in scores:
        if score.source in _NOT_MARKS or not score.valued:
            continue
        named.setdefault(score.name, []).append(score)
    return sorted(
        named.items(), key=lambda item: (item[0] != _WHOLE, -sum(score.scores for score in item[1]), item[0])
    )


def _course(window: Window, scores: Sequence[ScorePoint]) -> tuple[float | None, ...]:
    return tuple(_mean([score for score in scores if score.start_s == at]) for at in window.starts)


def _mean(scores: Sequence[ScorePoint]) -> float | None:
    valued = sum(score.valued for score in scores)
    return sum(score.total for score in scores) / valued if valued else None


def _share(part: int, of: int) -> float | None:
    return part / of if of else None


def _recent_s(window: Window) -> int:
    return window.end_s - window.step_s * STEPS // _RECENT


def _score_fact(name: str, scores: Sequence[ScorePoint], window: Window, usual: float | None) -> Fact:
    recent = [score for score in scores if score.start_s >= _recent_s(window)]
    before = [score for score in scores if score.start_s < _recent_s(window)]
    now, then = _mean(recent), _mean(before) if usual is None else usual
    earlier = _ENOUGH if usual is not None else sum(each.valued for each in before)
    comparable = min(sum(each.valued for each in recent), earlier) >= _ENOUGH
    dropped = comparable and now is not None and then is not None and now < then * (1 - DROP_WARN)
    shown = now if now is not None else then
    return Fact(
        label(name), "–" if shown is None else f"{shown:.2f}", "WARN" if dropped else "OK",
        change(then, now) if comparable else "", f"n {tokens(sum(score.valued for score in scores))}",
    )  # fmt: skip


def _feedback_facts(scores: Sequence[ScorePoint]) -> list[Fact]:
    count, negative = sum(score.scores for score in scores), sum(score.negative for score in scores)
    if not count:
        return []
    level: Level = "WARN" if count >= _ENOUGH and negative / count > NEGATIVE_WARN else "OK"
    return [Fact("thumbs down", percent(negative / count), level, note=f"of {tokens(count)}")]


def _call_facts(calls: Sequence[Point], window: Window, pass_warn: float) -> list[Fact]:
    recent = _sum([point.totals for point in calls if point.start_s >= _recent_s(window)])
    before = _sum([point.totals for point in calls if point.start_s < _recent_s(window)])
    spans, checked = recent.spans + before.spans, recent.checked + before.checked
    passed, refused = _share(recent.passed + before.passed, checked), recent.refused + before.refused
    cut = _share(recent.truncated + before.truncated, spans)
    where = f"since:{window.title.replace(' ', '')}"
    facts = []
    if passed is not None:
        low: Level = "WARN" if checked >= _ENOUGH and passed < pass_warn else "OK"
        door = Door(f"heuristic:* {where}", "answers that fail a check")
        facts.append(Fact("checks", percent(passed), low, note="pass", door=door))
    if spans:
        grown = min(recent.spans, before.spans) >= _ENOUGH and refused and (
            recent.refused / recent.spans > REFUSALS_WARN * before.refused / before.spans
        )  # fmt: skip
        door = Door(f"heuristic:refusal {where}", "answers that refuse")
        facts.append(Fact("refusals", percent(refused / spans), "WARN" if grown else "OK", door=door))
    if cut:
        level: Level = "WARN" if spans >= _ENOUGH and cut > TRUNCATED_WARN else "OK"
        door = Door(f"finish:length {where}", "answers cut off at the token limit")
        facts.append(Fact("truncated", percent(cut), level, door=door))
    return facts


def _sum(parts: Sequence[Totals]) -> Totals:
    def total(of: Callable[[Totals], int]) -> int:
        return sum(map(of, parts))

    return Totals(
        spans=total(lambda t: t.spans), checked=total(lambda t: t.checked), passed=total(lambda t: t.passed),
        refused=total(lambda t: t.refused), truncated=total(lambda t: t.truncated),
    )  # fmt: skip


def _shift_fact(shift: Shift) -> Fact:
    """A model whose answers have become others."""
    name = f"{neutral_line(shift.model or UNKNOWN, _NAME)} {METRICS[shift.metric].title}"
    return Fact(
        name, written(METRICS[shift.metric], shift.now), "WARN", change(shift.usual, shift.now), "drift"
    )


def _shift_markers(window: Window, shifts: Sequence[Shift]) -> list[Marker]:
    steps = [((shift.since_s - window.start_s) // window.step_s, shift) for shift in shifts]
    return [
        Marker(step, neutral_line(f"drift {shift.model or ''}", _NAME))
        for step, shift in steps
        if 0 < step <= STEPS
    ]


def _markers(window: Window, versions: Sequence[VersionRow]) -> list[Marker]:
    """Versions that came after an earlier one of the same thing, within the window."""
    markers = []
    for version in sorted(versions, key=lambda version: MARKED.index(version.kind)):
        step = (version.first_seen_ns // 10**9 - window.start_s) // window.step_s
        if 0 < step <= STEPS and replaced(version, versions):
            markers.append(Marker(step, neutral_line(f"{version.name} {version.version}", _NAME)))
    return markers


def replaced(version: VersionRow, versions: Sequence[VersionRow]) -> VersionRow | None:
    """The version of the same thing that was the newest before ``version``."""
    same = [each for each in versions if (each.kind, each.name) == (version.kind, version.name)]
    earlier = [each for each in same if each.first_seen_ns < version.first_seen_ns]
    return max(earlier, key=lambda each: each.first_seen_ns, default=None)


def quality_lines(view: QualityView, width: int, height: int) -> list[Line]:
    """The numbers below the chart."""
    if not view.facts:
        return flow(
            [(Cell(t, "muted"),) for t in ("No answers were checked or scored yet.", *view.notes)],
            width,
            height,
        )
    notes = [(Cell(note, "muted"),) for note in view.notes]
    if (lines := packed([*map(_chunk, view.facts), *notes], width, height)) is not None:
        return lines
    lines = flow(map(_chunk, view.facts), width, max(height - 1, 1))
    return (
        [*lines, *flow(notes, width, 1)][:height] if notes else flow(map(_chunk, view.facts), width, height)
    )


def _chunk(fact: Fact) -> Line:
    seen = look(fact.level) if fact.level else None
    cells = [Cell(f"{seen.glyph} ", seen.tone)] if seen else []
    cells.append(Cell(f"{fact.label} ", fact.line or "muted"))
    if fact.line:
        cells.append(Cell("⠤⠒ ", fact.line))
    cells.append(Cell(fact.value, "strong", fact.door))
    if fact.change:
        cells.append(Cell(f" {fact.change}", seen.tone if seen and fact.level != "OK" else "muted"))
    if fact.note:
        cells.append(Cell(f" {fact.note}", "muted"))
    return tuple(cells)
