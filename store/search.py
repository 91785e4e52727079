"""Full text: what of a span is searched, how it is cut into words, and how words are asked for. Pure.

Words are those of SQLite's unicode61 tokenizer, which takes a run of Chinese or Japanese for one word. So
each such character is set apart, in texts and in questions alike: a word of two becomes a phrase of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from llmwatch.store.span import Message, Span

_IDEOGRAPHS: Final = re.compile(
    "["
    "\u2e80-\u2fdf"  # radicals
    "\u3005-\u3007\u3021-\u3029"  # iteration marks, numerals
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # ideographs
    "\uac00-\ud7af"  # Hangul: syllables, so that a stem is found in a declined word
    "]"
)

_BOUNDARY: Final = "\n\ue000\n"
"""A character for private use is a word to the tokenizer, and one that nobody writes."""


def searchable(span: Span) -> tuple[str, ...]:
    """The texts of ``span`` that full-text search looks into, each once, in reading order."""
    return tuple(dict.fromkeys(text for text in _texts(span) if text))


def document(texts: Iterable[str]) -> str:
    """``texts`` as one document, in which no phrase goes from one to the next."""
    return _BOUNDARY.join(map(cut, texts))


def cut(text: str) -> str:
    """``text`` with spaces around characters that are words, as it is indexed."""
    return text if text.isascii() else _IDEOGRAPHS.sub(r" \g<0> ", text)


def phrase(text: str) -> str:
    """The FTS5 expression that finds ``text`` word by word; a final ``*`` finds what begins like it."""
    prefix = text.endswith("*")
    quoted = cut(text.rstrip("*") if prefix else text).replace('"', '""').replace("\0", " ")
    return f'"{quoted}"{" *" if prefix else ""}'


def _texts(span: Span) -> Iterator[str | None]:
    content = span.content
    for message in (*content.input_messages, *content.output_messages):
        yield from _spoken(message)
    yield content.input_text
    yield content.output_text
    if span.tool is not None:
        yield span.tool.arguments
        yield span.tool.result
    if span.retrieval is not None:
        yield span.retrieval.query
        for document in span.retrieval.documents:
            yield document.content
    yield span.error_message


def _spoken(message: Message) -> Iterator[str | None]:
    for part in message.parts:
        yield part.text
        if part.type == "tool_call":
            yield part.name
            yield part.arguments
