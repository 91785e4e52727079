"""Whether a model declined to answer."""

from __future__ import annotations

import re
from typing import Final

from llmwatch.evals.answer import Answer, finish_reasons
from llmwatch.store.span import Span

_FILTERED: Final = frozenset(
    {"content_filter", "content_filtered", "refusal", "safety", "recitation", "blocklist",
     "prohibited_content", "guardrail_intervened"}
)  # fmt: skip
"""Finish reasons of OpenAI, Anthropic, Gemini and Bedrock that mean the provider or model declined."""

_OPENING: Final = 240
"""A refusal comes first; the same words further down are usually about something else."""

_SIGNS: Final = (
    "can't", "can’t", "cannot", "can not", " able to", "unable", "won't", "won’t", "comfortable", "decline",
    "something i can",
)  # fmt: skip
"""One of these is in every refusal that `_REFUSAL` knows; looking for them is cheaper."""

_CANNOT: Final = (
    r"(?:can['’]?t|cannot|can not|unable to|not able to|won['’]t|"
    r"(?:not|do not feel|don['’]t feel) comfortable)"
)
_ACTS: Final = (
    r"(?:help|assist|comply|fulfil|provid|generat|creat|writ|produc|answer|do that|do this|doing|"
    r"continu|engag|support|shar|discuss|offer|participat|give you)"
)
"""Stems of what is declined: ``writ`` of write and writing."""

_REFUSAL: Final = re.compile(
    rf"\bi(?:['’]m| am)?[^.!?\n]{{0,80}}?{_CANNOT}"
    rf"(?: be able to| really| currently| in good conscience)?(?: to| with)? {_ACTS}"
    r"|\bi (?:must|have to|will have to|respectfully)(?: respectfully| politely)? decline"
    r"|\bnot something i can (?:help|assist|do|provide|discuss)"
)


def refused(span: Span, answer: Answer | None) -> bool | None:
    """Whether the model declined: the sender or the finish reason says so, or its first words do.

    ``answer`` is what `answer_of` finds in ``span``. None when the span is no LLM call, or neither says so
    nor has captured output.
    """
    if span.kind != "llm":
        return None
    told = span.call.refused if span.call else None
    reasons = finish_reasons(span) if answer is None else answer.finish_reasons
    if told or not reasons.isdisjoint(_FILTERED):
        return True
    return told if answer is None else refusal_in(answer) is not None


def refusal_in(answer: Answer) -> str | None:
    """What makes a captured answer a refusal: its finish reason, or its words; None when it is none."""
    if filtered := sorted(answer.finish_reasons & _FILTERED):
        return f"finish reason {filtered[0]}"
    opening = answer.lower[:_OPENING]
    if not [sign for sign in _SIGNS if sign in opening]:
        return None
    found = _REFUSAL.search(opening)
    return f"“{found[0]}”" if found else None
