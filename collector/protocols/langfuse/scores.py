"""Scores as Langfuse's clients send them: of a trace, an observation, a session or a run of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.judgements import Judgement, comment, digest, judgement
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import first, number, text
from llmwatch.errors import IngestError
from llmwatch.store.span import Score

_SOURCES: Final = {"ANNOTATION": "human", "EVAL": "judge"}
_NUMBERS: Final = ("NUMERIC", "BOOLEAN")
_WRITTEN: Final = ("TEXT", "CORRECTION")
"""Data types whose value is what someone wrote: a remark, or the answer as it should have been."""
_ABOUT: Final = {
    "trace_id": "traceId",
    "span_id": "observationId",
    "session_id": "sessionId",
    "request_id": "datasetRunId",
}


def score_of(body: Any, at_ns: int) -> Score:
    """The score in ``body``, given at ``at_ns`` if it does not say when.

    Numbers keep their scale, booleans are 1 and 0, categories are labels (words for good and bad count as
    1 and 0).

    Raises:
        IngestError: It has no name or no value, or is about nothing.
    """
    if not isinstance(body, Mapping) or (name := text(body.get("name"))) is None:
        raise IngestError("a score is an object with a name")
    about = {field: text(body.get(sent)) for field, sent in _ABOUT.items()}
    if not any(about.values()):
        raise IngestError(f"the score {name} needs traceId, sessionId or datasetRunId")
    data_type = text(body.get("dataType"))
    value = first(body, ("value", "stringValue"))
    typed = _typed(value, data_type)
    said = (None if data_type in _WRITTEN else judgement(typed)) or _written(typed)
    if said is None:
        raise IngestError(f"the score {name} has no value of its type")
    remark = comment(body.get("comment"))
    if data_type in _WRITTEN and remark is None:
        remark = said.raw
    sent_ns = time_ns(body.get("timestamp"))
    return Score(
        score_id=text(body.get("id")) or digest(about, name, said.raw, remark, sent_ns),
        name=name,
        time_ns=sent_ns or at_ns,
        value=said.value,
        raw_value=said.raw,
        label=said.label,
        comment=remark,
        source=_SOURCES.get(str(body.get("source")), "app"),
        **about,
    )


def _typed(value: Any, data_type: str | None) -> str | float | None:
    """``value`` where it is of the type that was named, or of any; None where not."""
    if isinstance(value, str) and data_type not in _NUMBERS:
        return value
    if data_type in (None, *_NUMBERS):
        return float(value) if isinstance(value, bool) else number(value)
    return None


def _written(value: str | float | None) -> Judgement | None:
    """Words that are too many for a label."""
    return Judgement(None, value, None) if isinstance(value, str) and value else None
