"""Judgements as they are sent (thumbs, stars, shares, words), brought to 0 to 1 where the scale is known."""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

import msgspec

from llmwatch.collector.dialects.values import as_json, number, text

_GOOD: Final = frozenset({
    "thumbs_up", "thumbsup", "thumbs-up", "up", "like", "liked", "positive", "good", "helpful", "pass",
    "passed", "true", "yes", "correct", "👍",
})  # fmt: skip
_BAD: Final = frozenset({
    "thumbs_down", "thumbsdown", "thumbs-down", "down", "dislike", "disliked", "negative", "bad",
    "unhelpful", "not_helpful", "fail", "failed", "false", "no", "incorrect", "👎",
})  # fmt: skip
_STARS: Final = 5
_LONGEST_LABEL: Final = 100
_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode


class Judgement(NamedTuple):
    """A judgement on the scale 0 to 1 where its scale is known, and as it was sent."""

    value: float | None
    raw: str | None
    label: str | None


def judgement(value: Any, *, stars: bool = False, highest: Any = None) -> Judgement | None:
    """How ``value`` judges; None when it does not.

    ``highest`` is the best mark of the sender's scale. ``stars`` says that whole numbers from 1 on are one
    to five stars: n of 5, so that four stars are 0.8. Numbers from 0 to 1 are taken as they are, others
    keep the sender's scale. Words for good and bad are 1 and 0; other words are labels.
    """
    raw = as_json(value)
    if raw is None:
        return None
    if isinstance(value, bool):
        return Judgement(float(value), raw, None)
    found = number(value)
    if found is not None:
        return Judgement(_scaled(found, stars, number(highest)), raw, None)
    word = raw.strip().lower()
    if word in _GOOD or word in _BAD:
        return Judgement(float(word in _GOOD), raw, raw)
    return Judgement(None, raw, raw) if isinstance(value, str) and len(raw) <= _LONGEST_LABEL else None


def digest(*said: Any) -> str:
    """An id for what has none: the same for the same judgement, so that sending it again changes nothing."""
    return hashlib.blake2b(_encode(said), digest_size=16).hexdigest()


def comment(value: Any) -> str | None:
    """A remark, whatever it was sent as."""
    return text(value) or as_json(value)


def _scaled(found: float, stars: bool, highest: float | None) -> float:
    if highest and highest > 0 and 0 <= found <= highest:
        return found / highest
    if stars and 1 <= found <= _STARS and (found > 1 or isinstance(found, int)):
        return found / _STARS
    return float(found)
