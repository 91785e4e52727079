"""What a judge's answer says, and the one number that its marks come to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmwatch.config.evals import JudgeConfig
from llmwatch.errors import LlmwatchError
from llmwatch.store.span import Score, Span

DIMENSIONS: Final = ("correctness", "groundedness", "relevance", "safety")
TONE: Final = "tone"

_PRESETS: Final[Mapping[str, Mapping[str, float]]] = {
    "four": {"correctness": 0.35, "groundedness": 0.30, "relevance": 0.20, "safety": 0.15},
    "two": {"correctness": 0.6, "groundedness": 0.4},
}
_LONGEST_REASONING: Final = 2_000
_FENCE: Final = re.compile(r"^```(?:json)?\s*|\s*```$")


class BadMarksError(LlmwatchError):
    """The judge's answer has no marks that can be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a judge gave: 1.0 perfect, 0.7 acceptable, under 0.5 a significant problem."""

    values: Mapping[str, float]
    """By dimension; those that do not apply are missing."""
    reasoning: str


def dimensions(config: JudgeConfig) -> tuple[str, ...]:
    """What the judge is asked for."""
    return (*DIMENSIONS, TONE) if config.tone else DIMENSIONS


def read_marks(text: str, wanted: Sequence[str]) -> Marks:
    """The marks in a judge's answer: a JSON object, perhaps fenced or with words around it.

    Raises:
        BadMarksError: There is no such object, a mark is no number from 0 to 1, or there is no mark.
    """
    found = _object(_FENCE.sub("", text.strip()))
    values = {name: _mark(name, found[name]) for name in wanted if found.get(name) is not None}
    if not values:
        raise BadMarksError(f"none of {', '.join(wanted)} is in it")
    reasoning = found.get("reasoning")
    return Marks(
        values=values, reasoning=reasoning[:_LONGEST_REASONING] if isinstance(reasoning, str) else ""
    )


def weights(config: JudgeConfig) -> Mapping[str, float]:
    """How much each dimension counts: the preset's weights, and those of the configuration over them."""
    own = {name: getattr(config.weights, name) for name in (*DIMENSIONS, TONE)}
    return {**_PRESETS[config.preset], **{name: weight for name, weight in own.items() if weight is not None}}


def composite(values: Mapping[str, float], weighing: Mapping[str, float]) -> float | None:
    """The weighted mean of the marks there are, to three decimals; None when none of them has a weight."""
    total = sum(weighing.get(name, 0.0) for name in values)
    if not total:
        return None
    return round(sum(value * weighing.get(name, 0.0) for name, value in values.items()) / total, 3)


def scores(marks: Marks, span: Span, config: JudgeConfig) -> tuple[Score, ...]:
    """``judge_<dimension>`` for each mark, and ``quality_score``, each with the reasoning.

    They count when the answer came, not when it was judged, and judging it again replaces them.
    """
    values = {f"judge_{name}": value for name, value in marks.values.items()}
    if (quality := composite(marks.values, weights(config))) is not None:
        values["quality_score"] = quality
    return tuple(
        Score(
            score_id=f"judge:{name}:{span.trace_id}:{span.span_id}",
            name=name,
            time_ns=span.end_ns or span.start_ns,
            trace_id=span.trace_id,
            span_id=span.span_id,
            value=value,
            comment=marks.reasoning or None,
            source="judge",
        )
        for name, value in values.items()
    )


def _object(text: str) -> Mapping[str, Any]:
    start = text.find("{")
    if start < 0:
        raise BadMarksError("it is not a JSON object")
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise BadMarksError(f"it is not JSON: {error}") from error
    assert isinstance(found, dict)
    return found


def _mark(name: str, value: object) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadMarksError(f"{name} is no number from 0 to 1")
    return float(value)
