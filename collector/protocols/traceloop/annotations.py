"""Traceloop's annotations as scores: one for each tag."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from llmwatch.collector.dialects.judgements import digest, judgement
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.values import as_json, mapping, text
from llmwatch.errors import IngestError
from llmwatch.store.span import Score

_TRACE: Final = re.compile("[0-9a-f]{32}")


def scores(item: Any, task: str) -> list[Score]:
    """The scores in one posted annotation for ``task``.

    The entity that it is about is a trace by its id, or whatever the annotation task calls an instance.

    Raises:
        IngestError: It has no tags, or is about nothing.
    """
    sent = mapping(item) or {}
    about, tags = identity(sent.get("entity_instance_id")), mapping(sent.get("tags"))
    if about is None or tags is None:
        raise IngestError("an annotation has an entity_instance_id and tags")
    is_trace = _TRACE.fullmatch(about) is not None
    return [
        Score(
            score_id=digest("traceloop", about, task, tag, as_json(value)),
            name=f"{task}.{tag}",
            time_ns=time.time_ns(),
            trace_id=about if is_trace else None,
            request_id=None if is_trace else text(sent.get("entity_instance_id")),
            value=said.value if said else None,
            raw_value=said.raw if said else as_json(value),
            label=said.label if said else None,
            source="user" if sent.get("flow") == "user_feedback" else "app",
        )
        for tag, value in tags.items()
        for said in (judgement(value),)
    ]
