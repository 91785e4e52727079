"""Weave's feedback as scores: reactions, notes, and whatever a program says of a call."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

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


def scores(item: Any) -> list[Score]:
    """The scores of one posted feedback: one, or one for each judgement in a scorer's object.

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
    one = Score(
        score_id=own,
        name=named["name"] if named else kind,
        time_ns=time_ns(item.get("created_at")) or _moment_of(own) or time.time_ns(),
        span_id=identity(about["id"]),
        comment=comment(first(payload, _REMARKS)),
        source="judge" if item.get("runnable_ref") else "user",
        user_id=text(item.get("creator")),
    )
    return [
        replace(
            one,
            score_id=digest(own, name) if name else own,
            name=f"{one.name}.{name}" if name else one.name,
            value=said.value,
            raw_value=said.raw,
            label=said.label,
        )
        for name, said in _said(payload).items()
    ]


def _said(payload: Mapping[str, Any]) -> dict[str, Judgement]:
    """The judgements in a payload by name, of which a lone one has none.

    Without any that is known it is the payload as it was sent, unless that is a remark.
    """
    value = first(payload, _VALUES)
    if said := judgement(value):
        return {"": said}
    if isinstance(value, dict) and (parts := {name: found for name, part in value.items()
                                              if (found := judgement(part)) and name}):  # fmt: skip
        return parts
    remark = first(payload, _REMARKS)
    return {"": Judgement(None, as_json(payload) if remark is None else None, None)}


def _moment_of(own: str) -> int | None:
    """When an id was made, if it is a UUID that says so (version 7)."""
    try:
        made = UUID(own)
    except ValueError:
        return None
    return time_ns(made.int >> 80) if made.version == _UUID7 else None
