"""Weave's feedback as scores: reactions, notes, and whatever a program says of a call."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from llmwatch.collector.dialects.judgements import Judgement, comment, digest, judgement
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import as_json, first, mapping, text
from llmwatch.errors import IngestError
from llmwatch.store.span import Score

_CALL: Final = re.compile(r"weave:///[^/]+/[^/]+/call/(?P<id>[^/]+)")
_TYPE: Final = re.compile(r"wandb\.(?:(?:annotation|runnable)\.)?(?P<name>.+?)(?:\.\d+)?")
_REMARKS: Final = ("note", "comment", "explanation", "reason")
_VALUES: Final = ("emoji", "value", "score", "output", "rating", "label")
_UUID7: Final = 7


def score(item: Any) -> Score:
    """The score of one posted feedback.

    Raises:
        IngestError: It says nothing, or is not about a call.
    """
    if not isinstance(item, dict):
        raise IngestError("feedback is a JSON object")
    about = _CALL.fullmatch(text(item.get("weave_ref")) or "")
    kind, payload = text(item.get("feedback_type")), mapping(item.get("payload"))
    if about is None or kind is None or payload is None:
        raise IngestError("feedback has a weave_ref to a call, a feedback_type and a payload")
    own = text(item.get("id")) or digest("weave", about["id"], kind, payload)
    named = _TYPE.fullmatch(kind)
    said = _said(payload)
    who = text(item.get("creator"))
    return Score(
        score_id=own,
        name=named["name"] if named else kind,
        time_ns=time_ns(item.get("created_at")) or _moment_of(own) or time.time_ns(),
        span_id=identity(about["id"]),
        value=said.value,
        raw_value=said.raw,
        label=said.label,
        comment=comment(first(payload, _REMARKS)),
        source="judge" if item.get("runnable_ref") else "user",
        user_id=who,
    )


def _said(payload: Mapping[str, Any]) -> Judgement:
    """The judgement in a payload; without one that is known, the payload as it was sent."""
    said = judgement(first(payload, _VALUES))
    if said is not None or first(payload, _REMARKS) is not None:
        return said or Judgement(None, None, None)
    return Judgement(None, as_json(payload), None)


def _moment_of(own: str) -> int | None:
    """When an id was made, if it is a UUID that says so (version 7)."""
    try:
        made = UUID(own)
    except ValueError:
        return None
    return time_ns(made.int >> 80) if made.version == _UUID7 else None
