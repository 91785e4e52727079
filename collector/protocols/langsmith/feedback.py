"""Feedback as a score, and a score as the feedback that LangSmith's clients read back."""

from __future__ import annotations

import time
from typing import Any, Final

from llmwatch.collector.dialects.judgements import comment, digest, judgement
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import first, text
from llmwatch.collector.protocols.langsmith.calls import mapping_in
from llmwatch.errors import IngestError
from llmwatch.store.span import Score

_SOURCES: Final = {"model": "judge", "auto_eval": "judge", "app": "human"}
"""Of feedback_source.type: an evaluator, one that the platform runs, a person at its screen; else the app."""


def score_of_feedback(feedback: Any) -> Score:
    """The score that ``feedback`` gives to a run or a trace.

    Raises:
        IngestError: It is no object, or has no key.
    """
    if not isinstance(feedback, dict):
        raise IngestError("feedback is a JSON object")
    key = text(feedback.get("key"))
    if key is None:
        raise IngestError("feedback needs a key")
    said = judgement(feedback.get("score"), highest=mapping_in(feedback, "feedback_config").get("max"))
    word = judgement(feedback.get("value"))
    remark = comment(first(feedback, ("comment", "correction")))
    source = mapping_in(feedback, "feedback_source")
    about = identity(feedback.get("trace_id")), identity(feedback.get("run_id"))
    told_ns = time_ns(first(feedback, ("modified_at", "created_at")))
    known = said or word
    return Score(
        score_id=identity(feedback.get("id")) or digest(*about, key, feedback.get("score"), remark, told_ns),
        name=key,
        time_ns=told_ns or time.time_ns(),
        trace_id=about[0],
        span_id=about[1],
        value=known and known.value,
        raw_value=known and known.raw,
        label=(word and word.label) or (said and said.label),
        comment=remark,
        source=_SOURCES.get(str(source.get("type")), "app"),
        user_id=text(source.get("user_id")),
    )
