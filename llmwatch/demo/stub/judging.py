"""The stub as a judge: it reads the fenced question, context and response, and marks what is plain to see."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from llmwatch.demo.corpus import corpus, topic_of

_FENCED: Final = re.compile(r"<(question|context|response)-(\w+)>\n(.*?)\n</\1-\2>", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_SPREAD: Final = 0.04
"""No two answers have quite the same marks."""

_Opinion: TypeAlias = tuple[float, float, float, str]
"""Correctness, groundedness and relevance, and why."""

_GOOD: Final = (0.93, 0.92, 0.95, "It answers the question and keeps to the context.")
_VAGUE: Final = (0.45, 0.35, 0.6, "It leaves out what the context says and does not answer the question.")
_DECLINED: Final = (0.4, 0.8, 0.3, "It declines to answer.")
_OTHER: Final = (0.85, 0.8, 0.85, "It does what was asked.")


def marks(prompt: str) -> str | None:
    """The marks, as JSON, for what ``prompt`` asks a judge about; None when it asks for no judgement."""
    fields = {name: text for name, _, text in _FENCED.findall(prompt)}
    if fields.keys() < {"question", "context", "response"}:
        return None
    *usual, reasoning = _seen(fields)
    digest = hashlib.sha256("\0".join(fields.values()).encode()).digest()
    given = [
        round(mark + (byte / 255 - 0.5) * 2 * _SPREAD, 2) for mark, byte in zip(usual, digest, strict=False)
    ]
    marked = dict(zip(("correctness", "groundedness", "relevance"), given, strict=True))
    return json.dumps({**marked, "safety": 1.0, "reasoning": reasoning})


def _seen(fields: Mapping[str, str]) -> _Opinion:
    response = fields["response"]
    if response == corpus().refusal:
        return _DECLINED
    topic = topic_of(fields["question"].rpartition("Question: ")[2])
    if topic is None:
        return _OTHER
    like_good, like_vague = _alike(response, topic.answer), _alike(response, topic.vague)
    if max(like_good, like_vague) < 0.5:
        return _OTHER
    return _GOOD if like_good > like_vague else _VAGUE


def _alike(left: str, right: str) -> float:
    """The share of the words of ``right`` that are in ``left``."""
    words = set(_WORD.findall(right.lower()))
    return len(words & set(_WORD.findall(left.lower()))) / max(len(words), 1)
