"""Scores and users' feedback posted as plain JSON."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.judgements import Judgement, comment, digest, judgement
from llmwatch.collector.dialects.plainrecord import TRACE_IDS, identity, snake_names
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import first, flag, number, text
from llmwatch.errors import IngestError
from llmwatch.store.span import Score

_SPAN_IDS: Final = ("span_id", "observation_id", "generation_id", "run_id")
_REQUEST_IDS: Final = (
    "response_id", "completion_id", "message_id", "request_id", "client_request_id", "row_id",
)  # fmt: skip
"""Other names that the call may have: the provider's of its answer, the app's of its request."""
_SESSION_IDS: Final = ("session_id", "conversation_id", "thread_id", "session")
_NAMES: Final = ("name", "key", "metric", "score_name", "eval_name")
_VALUES: Final = ("value", "score", "result")
_STARS: Final = ("rating", "stars")
_SCALES: Final = ("scale", "max", "max_value", "max_rating", "out_of")
_LABELS: Final = ("label", "score_label", "string_value", "category")
_COMMENTS: Final = ("comment", "explanation", "reasoning", "reason", "text", "feedback_text")
_CORRECTIONS: Final = ("correction", "corrections", "corrected", "expected_output")
_KINDS: Final = ("feedback_type", "feedback", "type", "kind", "event_type", "action", "signal")
_FLAGS: Final = {"thumbs_up": True, "thumbs_down": False, "helpful": True, "liked": True}
"""Fields that are true or false, and whether true is good."""
_IMPLICIT: Final = {
    "retry": "retry", "regenerate": "retry", "regenerated": "retry", "edit": "edit", "edited": "edit",
    "abandon": "abandon", "abandoned": "abandon", "copy": "copy", "copied": "copy",
}  # fmt: skip
"""What users do instead of saying what they think; kept under its own name, without a value."""


def score_from(item: Any) -> Score:
    """The score in one posted object: ``name`` and ``value``, or ``key`` and ``score``.

    Raises:
        IngestError: It has no name, no value, or is about nothing.
    """
    body = _body(item, "score", '{"trace_id": "…", "name": "quality", "value": 0.8}')
    name = text(first(body, _NAMES))
    if name is None:
        raise IngestError("a score needs a name", hint='{"name": "quality", …}')
    label = text(first(body, _LABELS))
    value = first(body, _VALUES)
    said = judgement(label if value is None else value, highest=first(body, _SCALES))
    if said is None:
        raise IngestError(f"the score {name} has neither a value nor a label", hint='{"value": 0.8, …}')
    return _score(body, name, said._replace(label=label or said.label), text(body.get("source")) or "app")


def feedback_from(item: Any) -> Score:
    """A user's feedback in one posted object: thumbs, a rating (stars, or 0 to 1), or what the user did.

    Raises:
        IngestError: It says nothing, or is about nothing.
    """
    body = _body(item, "feedback", '{"trace_id": "…", "feedback": "thumbs_up"}')
    kind = first(body, _KINDS)
    word = kind.strip().lower() if isinstance(kind, str) else ""
    if word in _IMPLICIT:
        return _score(body, _IMPLICIT[word], Judgement(None, word, word), "user")
    value = first(body, (*_STARS, *_VALUES))
    # Users judge from 0 to 1 or with stars, so that 4 is stars whatever the field is called.
    starred = first(body, _STARS) is not None or word in ("rating", "stars") or (number(value) or 0) > 1
    said = judgement(value, stars=starred, highest=first(body, _SCALES)) or judgement(kind)
    for name, good in _FLAGS.items():
        if said is None and (given := flag(body.get(name))) is not None:
            said = judgement("thumbs_up" if given is good else "thumbs_down")
    if said is None:
        raise IngestError("the feedback says nothing", hint='{"feedback": "thumbs_up"} or {"rating": 4}')
    return _score(body, text(first(body, _NAMES)) or "user_feedback", said, "user")


def _body(item: Any, what: str, example: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise IngestError(f"a {what} is a JSON object", hint=example)
    body = snake_names(item)
    if all(first(body, names) is None for names in (TRACE_IDS, _SPAN_IDS, _REQUEST_IDS, _SESSION_IDS)):
        raise IngestError(
            f"the {what} has no trace_id, span_id, request_id or session_id to be about", hint=example
        )
    return body


def _score(body: Mapping[str, Any], name: str, said: Judgement, source: str) -> Score:
    about = {
        "trace_id": identity(first(body, TRACE_IDS)),
        "span_id": identity(first(body, _SPAN_IDS)),
        "session_id": text(first(body, _SESSION_IDS)),
        "request_id": text(first(body, _REQUEST_IDS)),
        "user_id": text(first(body, ("user_id", "user"))),
    }
    remark = _remark(body)
    sent_ns = time_ns(first(body, ("timestamp", "time", "created_at", "time_ns")))
    sent_id = text(first(body, ("id", "score_id", "feedback_id")))
    return Score(
        score_id=sent_id or digest(about, name, said.raw, said.label, remark, sent_ns),
        name=name,
        time_ns=sent_ns or time.time_ns(),
        value=said.value,
        raw_value=said.raw,
        label=said.label,
        comment=remark,
        source=source,
        **about,
    )


def _remark(body: Mapping[str, Any]) -> str | None:
    """What was said beside the judgement: a comment, what it should have been, or both."""
    said, correction = comment(first(body, _COMMENTS)), comment(first(body, _CORRECTIONS))
    return f"{said}\ncorrection: {correction}" if said and correction else said or correction
