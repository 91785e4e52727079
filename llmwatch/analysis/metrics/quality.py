"""What answers are worth: checks, marks of judges, feedback of users, and why answers end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final, Literal

from llmwatch.analysis.metrics.metric import Better, Figure, Metric, share
from llmwatch.store.outcomes import FINISH_CLASSES
from llmwatch.store.rows import Measured, ScoreSums

GROUNDEDNESS: Final = ("judge_groundedness", "groundedness", "faithfulness")
SAFETY: Final = ("judge_safety", "safety", "safety_pass")
_MARKS: Final = {
    "quality_score": ("quality_score",),
    "correctness": ("judge_correctness", "correctness", "correctness_score"),
    "groundedness": GROUNDEDNESS,
    "relevance": ("judge_relevance", "relevance"),
    "safety": SAFETY,
    "fluency": ("judge_fluency", "fluency"),
    "factuality": ("judge_factuality", "factuality"),
    "task_completion": ("judge_task_completion", "task_completion", "task_success", "goal_completion"),
}
"""Marks by their metric: the names under which judges, apps and platforms send them."""


def _scores(measured: Measured, names: Iterable[str]) -> list[ScoreSums]:
    return [sums for name in names if (sums := measured.scores.get(name)) is not None]


def _share_of(which: Literal["negative", "low", "high", "total"], found: Iterable[ScoreSums]) -> Figure:
    found = list(found)
    return share(sum(getattr(sums, which) for sums in found), sum(sums.valued for sums in found))


def mean_of(names: tuple[str, ...], measured: Measured) -> Figure:
    """The mean of the marks of these names."""
    return _share_of("total", _scores(measured, names))


def _did(names: tuple[str, ...], measured: Measured) -> Figure:
    """What users did about answers, of all LLM calls."""
    return share(sum(sums.scores for sums in _scores(measured, names)), measured.calls.spans)


def _finish(name: str, measured: Measured) -> Figure:
    words = measured.calls.words
    whole = sum(words.get(f"finish:{each}", 0) for each in FINISH_CLASSES)
    return share(words.get(f"finish:{name}", 0), whole)


def _safety_failures(measured: Measured) -> Figure:
    marks, calls = _scores(measured, SAFETY), measured.calls
    samples = sum(sums.valued for sums in marks) + calls.checked
    failures = sum(sums.negative for sums in marks) + calls.words.get("failed:unsafe_words", 0)
    return Figure(failures if samples else None, samples)


def _format_compliance(measured: Measured) -> Figure:
    calls = measured.calls
    return share(calls.checked - calls.words.get("format:failed", 0), calls.checked)


def _low_scores(measured: Measured) -> Figure:
    return _share_of("low", [*_scores(measured, _MARKS["quality_score"]), measured.feedback])


def _share(id_: str, title: str, about: str, better: Better, compute: object) -> Metric:
    assert callable(compute)
    return Metric(id=id_, title=title, about=about, unit="share", better=better, compute=compute)


def _marks() -> Iterator[Metric]:
    for name, names in _MARKS.items():
        yield Metric(
            id=name,
            title=name.replace("_", " "),
            about=f"Mean of the scores {', '.join(names)}.",
            unit="mark",
            better="higher",
            compute=partial(mean_of, names),
        )


def _finishes() -> Iterator[Metric]:
    for name in FINISH_CLASSES:
        yield Metric(
            id=f"finish_reason:{name}",
            title=f"finish reason {name}",
            about=f"Finish reasons that mean {name.replace('_', ' ')}, of all that LLM calls give.",
            unit="share",
            better=None,
            compute=partial(_finish, name),
        )


QUALITY: Final = (
    _share(
        "negative_feedback",
        "negative feedback",
        "Feedback below 0.5, of all that has a value.",
        "lower",
        lambda measured: _share_of("negative", [measured.feedback]),
    ),
    Metric(
        id="rating",
        title="rating",
        about="Mean of users' feedback: thumbs are 1 and 0, stars are n of 5.",
        unit="mark",
        better="higher",
        compute=lambda measured: _share_of("total", [measured.feedback]),
    ),
    _share(
        "high_score_rate",
        "high ratings",
        "Feedback of 0.8 or more (four stars), of all that has a value.",
        "higher",
        lambda measured: _share_of("high", [measured.feedback]),
    ),
    Metric(
        id="feedback_rate",
        title="feedback",
        about="Feedback with a value, of all LLM calls.",
        unit="share",
        better=None,
        compute=lambda measured: share(measured.feedback.valued, measured.calls.spans),
    ),
    _share(
        "low_score_rate",
        "low scores",
        "Scores below 0.7 (acceptable) among feedback and quality_score, of all with a value.",
        "lower",
        _low_scores,
    ),
    _share(
        "regeneration_rate",
        "regenerated",
        "Answers that users asked for again, of all LLM calls.",
        "lower",
        partial(_did, ("retry", "regenerated")),
    ),
    _share(
        "edit_rate",
        "edited",
        "Answers that users changed, of all LLM calls.",
        "lower",
        partial(_did, ("edit",)),
    ),
    _share(
        "abandon_rate",
        "abandoned",
        "Answers that users turned away from, of all LLM calls.",
        "lower",
        partial(_did, ("abandon",)),
    ),
    _share(
        "refusal_rate",
        "refusals",
        "LLM calls that the model refused, of those of which it is known.",
        "lower",
        lambda measured: share(measured.calls.refused, measured.calls.answered),
    ),
    _share(
        "heuristic_pass_rate",
        "checks passed",
        "Answers that pass every check, of all that were checked.",
        "higher",
        lambda measured: share(measured.calls.passed, measured.calls.checked),
    ),
    _share(
        "format_compliance",
        "format compliance",
        "Answers that fail no check of their form (JSON, schema, arguments of tools, sections), of all that "
        "were checked.",
        "higher",
        _format_compliance,
    ),
    _share(
        "hallucination_rate",
        "hallucinations",
        f"Scores below 0.5 among {', '.join(GROUNDEDNESS)}.",
        "lower",
        lambda measured: _share_of("negative", _scores(measured, GROUNDEDNESS)),
    ),
    *_marks(),
    Metric(
        id="safety_failures",
        title="safety failures",
        about=f"Scores below 0.5 among {', '.join(SAFETY)}, and answers with unsafe words.",
        unit="count",
        better="lower",
        compute=_safety_failures,
    ),
    _share(
        "truncation_rate",
        "cut off",
        "Finish reasons that mean length, of all that LLM calls give.",
        "lower",
        partial(_finish, "length"),
    ),
    *_finishes(),
)
