"""Scores that spans carry: evaluation events, ``eval.*`` attributes and a user's feedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.genai_events import EVALUATION
from llmwatch.collector.dialects.judgements import comment, digest, judgement
from llmwatch.collector.dialects.values import first, flag, text
from llmwatch.collector.records import RawSpan
from llmwatch.store.span import Score

_PREFIX: Final = "eval."
_FEEDBACK: Final = ("user.feedback", "user_feedback", "feedback.score", "feedback.value", "feedback.rating")
_COMMENTS: Final = ("feedback.comment", "user.feedback.comment", "feedback.text", "logfire.feedback.comment")
_REGENERATED: Final = "user.regenerated"
_LOGFIRE: Final = "logfire.feedback.name"
"""Names the attribute that has the judgement, of the span's parent."""
_NAMES: Final = frozenset({*_FEEDBACK, _REGENERATED, _LOGFIRE})

_harmless: set[str] = set()  # names seen before that are no scores: the same few hundred come with every span
_REMEMBERED: Final = 20_000


def scores_of(raw: RawSpan) -> tuple[Score, ...]:
    """The judgements in ``raw``. Feedback in a span of its own is about the span that it links to."""
    found = [
        score
        for event in raw.events
        if event.name == EVALUATION
        and (score := evaluation(event.attributes, raw.trace_id, raw.span_id, event.time_ns or raw.start_ns))
    ]
    if not _harmless.issuperset(raw.attributes):  # 0.3 µs; looking at each name would take 3
        names = [name for name in raw.attributes if name not in _harmless and _scores(name)]
        names = [_LOGFIRE] if _LOGFIRE in names else names
        found += [score for name in names if (score := _of_attribute(raw, name))]
    return tuple(found)


def evaluation(
    attributes: Mapping[str, Any], trace_id: str | None, span_id: str | None, time_ns: int
) -> Score | None:
    """The score of a ``gen_ai.evaluation.result``, the same for one sent as an event and as a log record."""
    name = text(attributes.get("gen_ai.evaluation.name"))
    label = text(attributes.get("gen_ai.evaluation.score.label"))
    said = judgement(attributes.get("gen_ai.evaluation.score.value"))
    if said is None and label:
        said = judgement(label)
    if name is None or said is None:
        return None
    explanation = comment(attributes.get("gen_ai.evaluation.explanation"))
    response_id = text(attributes.get("gen_ai.response.id"))
    return Score(
        score_id=digest(trace_id, span_id or response_id, name, said.raw, label, explanation),
        name=name,
        time_ns=time_ns,
        trace_id=trace_id,
        span_id=span_id,
        request_id=response_id,
        session_id=text(attributes.get("session.id")),
        value=said.value,
        raw_value=said.raw,
        label=label,
        comment=explanation,
        user_id=text(attributes.get("user.id")),
    )


def _scores(name: str) -> bool:
    if name.startswith(_PREFIX) or name in _NAMES:
        return True
    if len(_harmless) >= _REMEMBERED:
        _harmless.clear()
    _harmless.add(name)
    return False


def _of_attribute(raw: RawSpan, name: str) -> Score | None:
    value = raw.attributes[name]
    if name.startswith(_PREFIX):
        return _score(raw, name.removeprefix(_PREFIX), value, "app", None)
    if name == _REGENERATED:
        return _score(raw, "regenerated", "regenerated", "user", None) if flag(value) else None
    remark = comment(first(raw.attributes, _COMMENTS))
    if name == _LOGFIRE:
        named = str(value)
        return _score(raw, named, raw.attributes.get(named), "user", remark)
    return _score(raw, "user_feedback", value, "user", remark, stars=name == "feedback.rating")


def _score(
    raw: RawSpan, name: str, value: Any, source: str, remark: str | None, *, stars: bool = False
) -> Score | None:
    said = judgement(value, stars=stars)
    if said is None or not name:
        return None
    link = raw.links[0] if raw.links and source == "user" else None
    trace_id, span_id = (link.trace_id, link.span_id) if link else (raw.trace_id, raw.span_id)
    if _LOGFIRE in raw.attributes and raw.parent_id:
        span_id = raw.parent_id
    return Score(
        score_id=digest(trace_id, span_id, name, said.raw, remark),
        name=name,
        time_ns=raw.end_ns or raw.start_ns,
        trace_id=trace_id,
        span_id=span_id,
        session_id=text(raw.attributes.get("session.id")),
        value=said.value,
        raw_value=said.raw,
        label=said.label,
        comment=remark,
        source=source,
        user_id=text(raw.attributes.get("user.id")),
    )
