"""What `llmwatch quality` says: scores, feedback, checks, the judge, what good and bad answers go with."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmwatch.analysis.drift import Shift, shifts
from llmwatch.analysis.judging import judge_state
from llmwatch.analysis.metrics import Figure, figure
from llmwatch.cli.reports.document import Document, Section
from llmwatch.cli.reports.words import Row, counted, judging_cost, mean, part, points, share, shown, title
from llmwatch.config import Config
from llmwatch.format import change, percent, plural, since
from llmwatch.store.reads import correlations, judging
from llmwatch.store.reads.correlations import Satisfied, ScoredGroup
from llmwatch.store.reads.drift import ModelChange, model_changes
from llmwatch.store.reads.measuring import measure, measure_by
from llmwatch.store.rows import ScoreSums

_NANO: Final = 10**9
_SATISFIED: Final = "group, satisfied, feedback"
_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
FIGURES: Final = (
    "quality_score", "groundedness", "hallucination_rate", "task_completion", "safety_failures",
    "heuristic_pass_rate", "format_compliance", "refusal_rate", "truncation_rate", "negative_feedback",
    "rating", "low_score_rate", "regeneration_rate", "edit_rate", "abandon_rate",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Scores of one name about one feature: over the last day, and over seven days."""

    feature: str | None
    name: str
    day: ScoreSums | None
    week: ScoreSums


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good answers were in a window."""

    start_s: int
    end_s: int
    answers: int
    figures: Mapping[str, Figure]
    before: Mapping[str, Figure]
    """In the window before, as long as this one."""
    scores: Mapping[str, ScoreSums]
    scores_before: Mapping[str, ScoreSums]
    failed_checks: Mapping[str, int]
    flows: Sequence[Flow]
    judge: Mapping[str, int]
    """What was judged and what that cost (`llmwatch.store.judging.JudgeSpend`)."""
    waiting: int
    """Answers that are still to be judged."""
    hindrance: str | None
    """Why the judge does not judge."""
    by_retrieval: Sequence[ScoredGroup]
    by_version: Sequence[ScoredGroup]
    by_speed: Sequence[Satisfied]
    by_feature: Sequence[Satisfied]
    changes: Sequence[ModelChange]
    """Models that were answered by something new."""
    shifts: Sequence[Shift]
    """Answers that became other than usual in the last day."""


def gather(db: sqlite3.Connection, config: Config, window: tuple[int, int], now_ns: int) -> Quality:
    """How good answers were in ``window`` (Unix seconds)."""
    start_s, end_s = window
    now_s, nanos = now_ns // _NANO, (start_s * _NANO, end_s * _NANO)
    measured, earlier = measure(db, *window, {}), measure(db, 2 * start_s - end_s, start_s, {})
    judge = judge_state(db, config, now_ns)
    return Quality(
        start_s=start_s,
        end_s=end_s,
        answers=measured.calls.spans,
        figures={id_: figure(id_, measured) for id_ in FIGURES},
        before={id_: figure(id_, earlier) for id_ in FIGURES},
        scores=measured.scores,
        scores_before=earlier.scores,
        failed_checks=counted(measured, "failed:"),
        flows=_flows(db, now_s),
        judge=judging.spend(db, *nanos)._asdict(),
        waiting=judge.waiting,
        hindrance=judge.hindrance,
        by_retrieval=correlations.scores_by_retrieval(db, *nanos),
        by_version=correlations.scores_by_version(db, *nanos),
        by_speed=correlations.satisfaction_by_speed(db, *nanos),
        by_feature=correlations.satisfaction_by_feature(db, *nanos),
        changes=model_changes(db, nanos[0]),
        shifts=shifts(db, now_s),
    )


def _flows(db: sqlite3.Connection, now_s: int) -> list[Flow]:
    """The mean of each score by feature, over the last day and over seven."""
    days = dict(measure_by(db, now_s - _DAY_S, now_s, "feature", {}))
    weeks = measure_by(db, now_s - _WEEK_S, now_s, "feature", {})
    flows = [
        Flow(
            feature=feature,
            name=name,
            day=days[feature].scores.get(name) if feature in days else None,
            week=sums,
        )
        for feature, measured in weeks
        for name, sums in measured.scores.items()
        if sums.valued
    ]
    return sorted(flows, key=lambda flow: (flow.name, flow.feature or ""))


def document(quality: Quality, when: str) -> Document:
    """What is printed of it; ``when`` says of which time."""
    groups = "score, group, mean, low, scores"
    return Document(
        f"Quality, {when}",
        [plural(quality.answers, "answer")],
        [
            part("Figures", "metric, value, of, before", _figures(quality)),
            part("Scores", "name, scores, mean, low, good, before", _scores(quality)),
            part("Checks that failed", "check, answers", _counts(quality.failed_checks)),
            Section("Judge", _judge(quality)),
            part("By feature", "feature, score, 24 h, 7 d, change", _by_flow(quality)),
            part("Scores by retrieval (slow: over 2 s)", groups, _groups(quality.by_retrieval)),
            part("Scores by version of the prompt", groups, _groups(quality.by_version)),
            part("Satisfaction by speed (fast: under 1 s, slow: from 3 s)", _SATISFIED,
                 _satisfied(quality.by_speed)),
            part("Satisfaction by feature", _SATISFIED, _satisfied(quality.by_feature)),
            part("Models that changed by themselves", "model, what, from, to, since", _changes(quality)),
            part("Answers unlike the usual", "model, metric, before, now, since", _shifts(quality)),
        ],
    )  # fmt: skip


def _figures(quality: Quality) -> list[Row]:
    return [
        (title(id_), shown(id_, now.value), f"{now.samples:,}", change(quality.before[id_].value, now.value))
        for id_, now in quality.figures.items()
        if now.value is not None
    ]


def _scores(quality: Quality) -> list[Row]:
    return [
        (
            name,
            f"{sums.scores:,}",
            points(mean(sums)),
            share(sums.low, sums.valued),
            share(sums.high, sums.valued),
            change(mean(quality.scores_before.get(name)), mean(sums)),
        )
        for name, sums in sorted(quality.scores.items(), key=lambda item: (-item[1].scores, item[0]))
    ]


def _by_flow(quality: Quality) -> list[Row]:
    return [
        (
            flow.feature or "(not said)",
            flow.name,
            points(mean(flow.day)),
            points(mean(flow.week)),
            change(mean(flow.week), mean(flow.day)),
        )
        for flow in quality.flows
    ]


def _judge(quality: Quality) -> list[str]:
    judged, waiting = quality.judge["judged"], quality.waiting
    lines = [judging_cost(quality.judge)] if judged else []
    if waiting:
        lines.append(f"{plural(waiting, 'answer')} waiting")
    if quality.hindrance:
        lines.append(quality.hindrance)
    return lines or ["nothing was judged"]


def _counts(counts: Mapping[str, int]) -> list[Row]:
    return [(name.replace("_", " "), f"{count:,}") for name, count in counts.items()]


def _changes(quality: Quality) -> list[Row]:
    return [
        (each.model, each.what, each.before, each.after, since(each.at_ns, quality.end_s * _NANO))
        for each in quality.changes
    ]


def _shifts(quality: Quality) -> list[Row]:
    return [
        (
            each.model or "(not said)",
            title(each.metric),
            shown(each.metric, each.usual),
            shown(each.metric, each.now),
            since(each.since_s * _NANO, quality.end_s * _NANO),
        )
        for each in quality.shifts
    ]


def _groups(groups: Sequence[ScoredGroup]) -> list[Row]:
    return [
        (row.name, row.value or "(not said)", points(row.mean), percent(row.low), f"{row.scores:,}")
        for row in groups
    ]


def _satisfied(groups: Sequence[Satisfied]) -> list[Row]:
    return [(row.value or "(not said)", percent(row.satisfied), f"{row.feedback:,}") for row in groups]
