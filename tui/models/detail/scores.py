"""The Scores tab: heuristics, feedback and evaluations, and what replays gave."""

from __future__ import annotations

import msgspec

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Replay, Score
from llmwatch.tui import format as fmt
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.document import Block, Blocks, Line, note, text_lines
from llmwatch.tui.models.runs import Run, Tone


class _Results(msgspec.Struct):
    """The comment of a score ``heuristic_pass``."""

    why: dict[str, str] = {}


def scores(opened: Opened) -> Blocks:
    """Every judgement of the span, of its trace and of its session."""
    blocks: list[Block] = []
    if (heuristics := _heuristics(opened.span.heuristics, opened.checks)) is not None:
        blocks.append(heuristics)
    blocks.extend(_score(score, opened.span.span_id) for score in opened.detail.scores)
    blocks.extend(_replay(replay) for replay in opened.detail.replays)
    return tuple(blocks) or (note("No score, no feedback and no replay yet."),)


def _heuristics(failed: tuple[str, ...] | None, checks: Score | None) -> Block | None:
    """The checks that failed when the span came, and why; what is copied is what they give now, as JSON."""
    if failed is None:
        return None
    results = (checks and checks.comment) or "{}"
    why = msgspec.json.decode(results, type=_Results).why
    lines: tuple[Line, ...] = tuple(
        (
            ("▲ ", "warn"),
            (neutral_line(name).replace("_", " "), "warn"),
            *(((f"  {neutral_line(why[name])}", "muted"),) if name in why else ()),
        )
        for name in failed
    )
    title: Run = ("heuristics", "strong")
    verdict: Run = (
        (f"  ▲ {fmt.plural(len(failed), 'check')} failed", "warn") if failed else ("  ✓ all pass", "ok")
    )
    return Block(title=(title, verdict), lines=lines, value=neutral(results), folds=False)


def _score(score: Score, span_id: str) -> Block:
    number = "" if score.value is None else f"{score.value:.3g}"
    raw = score.raw_value if score.raw_value not in (None, number) else None
    of = "" if score.span_id == span_id else "its trace" if score.trace_id else "its session"
    facts = [f"from {neutral_line(score.source)}", fmt.clock(score.time_ns)]
    facts += [f"sent as {neutral_line(raw)}"] if raw else []
    facts += [f"of {of}"] if of else []
    facts += [f"by {neutral_line(score.user_id)}"] if score.user_id else []
    title: Line = (
        (neutral_line(score.name), "strong"),
        (f"  {' '.join(filter(None, (number, neutral_line(score.label or ''))))}", _tone(score)),
        (f"   {' · '.join(facts)}", "muted"),
    )
    comment = text_lines(score.comment) if score.comment else ()
    return Block(title=title, lines=comment, value=neutral(score.comment or number))


def _tone(score: Score) -> Tone:
    if score.value is None or not 0 <= score.value <= 1:
        return "plain"
    return "ok" if score.value >= 0.8 else "warn" if score.value < 0.5 else "plain"


def _replay(replay: Replay) -> Block:
    ok = replay.status != "error"
    facts = [
        f"{neutral_line(replay.model)} at {neutral_line(replay.provider)}",
        fmt.duration(replay.duration_ns),
        fmt.money(replay.cost_nanousd),
        fmt.clock(replay.time_ns),
    ]
    title: Line = (
        ("replay", "strong"),
        ("  ✓ answered" if ok else "  ✗ failed", "ok" if ok else "error"),
        (f"   {' · '.join(facts)}", "muted"),
    )
    text = replay.response or replay.error or ""
    return Block(title=title, lines=text_lines(text, "plain" if ok else "error"), value=neutral(text))
