"""MLflow's assessments (feedback and expectations) as scores."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.judgements import Judgement, comment, digest, judgement
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import as_json, first, mapping, text
from llmwatch.collector.protocols.mlflow.traces import trace_id
from llmwatch.errors import IngestError
from llmwatch.store.span import Score

_SOURCES: Final = {"HUMAN": "human", "LLM_JUDGE": "judge", "AI_JUDGE": "judge", "CODE": "heuristic"}
_UNKNOWN: Final = Judgement(None, None, None)


def score(item: Any) -> Score:
    """The score of one posted assessment.

    Raises:
        IngestError: It has no name, says nothing, or is about no trace.
    """
    sent = mapping((mapping(item) or {}).get("assessment")) or {}
    name, trace = text(sent.get("assessment_name")), trace_id(sent.get("trace_id"))
    if name is None or trace is None:
        raise IngestError("an assessment has an assessment_name and a trace_id")
    source = mapping(sent.get("source")) or {}
    said, remark = _said(sent)
    if said is _UNKNOWN and remark is None:
        raise IngestError(f"the assessment {name} has neither feedback nor an expectation")
    kind = text(source.get("source_type")) or ""
    return Score(
        score_id="a-" + digest("mlflow", trace, sent.get("span_id"), name, source, said, remark),
        name=name,
        time_ns=time_ns(sent.get("create_time")) or time.time_ns(),
        trace_id=trace,
        span_id=identity(sent.get("span_id")),
        value=said.value,
        raw_value=said.raw,
        label=said.label,
        comment=remark,
        source=_SOURCES.get(kind, "app"),
        user_id=text(source.get("source_id")) if kind == "HUMAN" else None,
    )


def _said(sent: Mapping[str, Any]) -> tuple[Judgement, str | None]:
    """The judgement, and the remark: the rationale, what went wrong, or what would have been right."""
    feedback, expected = mapping(sent.get("feedback")) or {}, mapping(sent.get("expectation")) or {}
    wrong = mapping(feedback.get("error")) or {}
    remark = comment(first(sent, ("rationale",))) or text(first(wrong, ("error_message", "error_code")))
    if expected:
        held = mapping(expected.get("serialized_value")) or {}
        return _UNKNOWN, remark or as_json(first(expected, ("value",)) or held.get("value"))
    value = feedback.get("value")
    said = judgement(value)
    return said or (_UNKNOWN if value is None else Judgement(None, as_json(value), None)), remark
