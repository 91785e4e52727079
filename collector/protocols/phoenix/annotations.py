"""Phoenix's annotations as scores."""

from __future__ import annotations

import time
from typing import Any, Final

from llmwatch.collector.dialects.judgements import Judgement, comment, digest, judgement
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.values import mapping, text
from llmwatch.errors import IngestError
from llmwatch.store.span import Score

_SOURCES: Final = {"HUMAN": "human", "LLM": "judge", "CODE": "heuristic"}
"""Of annotator_kind."""


def annotation_id(item: Any) -> str:
    """The id of an annotation: one that is sent again for the same thing, by the same name, replaces it."""
    sent = mapping(item) or {}
    names = ("span_id", "trace_id", "session_id", "document_position", "name", "identifier")
    return digest("phoenix", *[text(sent.get(name)) for name in names])


def score(item: Any) -> Score:
    """The score of one posted annotation.

    Raises:
        IngestError: It has no name, says nothing, or is about nothing.
    """
    sent = mapping(item) or {}
    name, result = text(sent.get("name")), mapping(sent.get("result")) or {}
    about = {
        "trace_id": identity(sent.get("trace_id")),
        "span_id": identity(sent.get("span_id")),
        "session_id": text(sent.get("session_id")),
    }
    if name is None or not any(about.values()):
        raise IngestError("an annotation has a name, and a span_id, trace_id or session_id")
    label, remark = text(result.get("label")), comment(result.get("explanation"))
    said = judgement(result.get("score")) or (judgement(label) if label else None)
    if said is None and remark is None:
        raise IngestError(f"the result of {name} has neither score nor label nor explanation")
    value, raw, _ = said or Judgement(None, None, None)
    details = mapping(sent.get("metadata")) or {}
    return Score(
        score_id=annotation_id(item),
        name=name,
        time_ns=time.time_ns(),
        value=value,
        raw_value=raw,
        label=label,
        comment=remark,
        source=_SOURCES.get(text(sent.get("annotator_kind")) or "", "app"),
        user_id=text(details.get("user_id")),
        **about,
    )


def of_note(item: Any) -> dict[str, Any]:
    """A posted note as the annotation that it amounts to; every remark is one of its own."""
    sent = mapping(item) or {}
    return {
        "name": "note",
        "annotator_kind": "HUMAN",
        "identifier": digest(sent.get("note")),
        "result": {"explanation": sent.get("note")},
        **{name: sent.get(name) for name in ("span_id", "trace_id", "session_id")},
    }
