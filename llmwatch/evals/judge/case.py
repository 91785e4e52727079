"""What a judge is given to judge: a question, its context and the answer, as separate texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from llmwatch.store.said import answer_of, question_of, text_of
from llmwatch.store.span import Span

_LONGEST: Final = 12_000
"""Characters of each text that are given, about 3,000 tokens: what is longer is cut and the cut is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One answer to judge."""

    question: str
    context: tuple[str, ...]
    """What the model was given beside the question; empty when nothing was."""
    response: str


def case_of(span: Span, documents: Iterable[str]) -> Case | None:
    """The case of an LLM call; None when its question or its answer was not captured as text.

    Its context is what was retrieved for it, ``documents`` in its trace and its own, else the instructions,
    the earlier messages and the results of tools.
    """
    question, response = question_of(span), answer_of(span)
    if not question or not question.strip() or not response or not response.strip():
        return None
    own = [document.content or "" for document in span.retrieval.documents] if span.retrieval else []
    context = [*documents, *own] or _messages(span, question)
    texts = dict.fromkeys(text.strip() for text in context if text.strip())
    return Case(question=_cut(question), context=_bounded(texts), response=_cut(response))


def _messages(span: Span, question: str) -> list[str]:
    said = [text for message in span.content.input_messages if (text := text_of(message)) != question]
    results = [
        part.text or ""
        for message in span.content.input_messages
        for part in message.parts
        if part.type == "tool_call_response"
    ]
    return said + results


def _bounded(texts: Iterable[str]) -> tuple[str, ...]:
    """As many of ``texts`` as there is room for."""
    kept, room = [], _LONGEST
    for text in texts:
        if room <= 0:
            break
        kept.append(_cut(text, room))
        room -= len(text)
    return tuple(kept)


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]} […{len(text) - longest:,} characters more]"
