"""Feedback as a score, and a score as the feedback that LangSmith's clients read back and change."""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.judgements import comment, digest, judgement
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import first, text
from llmwatch.collector.door import door_of
from llmwatch.collector.protocols.asking import present, reading
from llmwatch.collector.protocols.langsmith.asking import ALL, chosen, iso, part, path_id
from llmwatch.collector.protocols.langsmith.calls import mapping_in
from llmwatch.collector.protocols.objects import posted
from llmwatch.errors import IngestError
from llmwatch.store.batch import Batch
from llmwatch.store.reads import scores as read
from llmwatch.store.span import Score

_SOURCES: Final = {"model": "judge", "auto_eval": "judge", "app": "human"}
"""Of feedback_source.type: an evaluator, one that the platform runs, a person at its screen; else the app."""


def score_of_feedback(feedback: Any) -> Score:
    """The score that ``feedback`` gives to a run, a trace or a project as a whole.

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
        request_id=None if any(about) else identity(feedback.get("session_id")),
        value=known and known.value,
        raw_value=known and known.raw,
        label=(word and word.label) or (said and said.label),
        comment=remark,
        source=_SOURCES.get(str(source.get("type")), "app"),
        user_id=text(source.get("user_id")),
    )


async def show(request: Request) -> Response:
    """``GET /feedback/{id}``."""
    return JSONResponse(_json(await _known(request)))


async def index(request: Request) -> Response:
    """``GET /feedback``: of runs, with keys, the newest first."""
    runs, keys = chosen(request, "run"), chosen(request, "key")

    def work(db: sqlite3.Connection) -> list[Score]:
        if not runs:
            return read.scores(db, limit=ALL).rows
        return [score for run in runs for score in read.scores(db, span_id=run, limit=ALL).rows]

    found = [score for score in await reading(request, work) if not keys or score.name in keys]
    return JSONResponse([_json(score) for score in part(request, found)])


async def update(request: Request) -> Response:
    """``PATCH /feedback/{id}``: what is sent replaces what was there, null takes it away."""
    known, body = await _known(request), await posted(request)
    changed = score_of_feedback({**_json(known), **body, "modified_at": iso(time.time_ns())})
    await door_of(request).commit(Batch(scores=[replace(changed, source=known.source)]))
    return JSONResponse(_json(changed))


async def _known(request: Request) -> Score:
    found = await reading(request, lambda db: read.scores(db, score_id=path_id(request), limit=1).rows)
    return present(next(iter(found), None), "feedback")


def _json(score: Score) -> dict[str, Any]:
    told = iso(score.time_ns)
    return {
        "id": score.score_id,
        "run_id": score.span_id,
        "trace_id": score.trace_id,
        "session_id": score.request_id,
        "key": score.name,
        "score": score.value,
        "value": score.label,
        "comment": score.comment,
        "correction": None,
        "created_at": told,
        "modified_at": told,
        "feedback_source": {"type": "model" if score.source == "judge" else "api", "metadata": {}},
    }
