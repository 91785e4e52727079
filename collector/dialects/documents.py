"""Retrieved documents in any sender's shape."""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.values import as_json, clean, first, mapping, number, parsed
from llmwatch.store.span import Document

_IDS: Final = ("id", "document_id", "doc_id", "source_id")
_TEXTS: Final = ("content", "text", "page_content", "document")
_SCORES: Final = ("score", "relevance_score", "similarity")


def documents(value: Any) -> tuple[Document, ...] | None:
    """The documents of a list, or of JSON of one: objects, or bare texts."""
    found = parsed(value)
    items = found if isinstance(found, list) else [found]
    return tuple([document for item in items if (document := _document(item))]) or None


def documents_in(output: Any) -> tuple[Document, ...]:
    """The documents that the output of a search is: a list, or an object with one (LangChain's)."""
    found = parsed(output)
    if isinstance(found, dict):
        found = first(found, ("documents", "output", "results"))
    return (documents(found) or ()) if isinstance(found, list) else ()


def ranked(ids: Any, scores: Any) -> tuple[Document, ...]:
    """Documents of which only the ids and, in another list, the scores are known."""
    found, marks = parsed(ids), parsed(scores)
    names = found if isinstance(found, list) else [found]
    values = marks if isinstance(marks, list) else []
    return tuple([
        Document(id=name, score=number(values[place]) if place < len(values) else None)
        for place, item in enumerate(names)
        if (name := clean(item))
    ])  # fmt: skip


def _document(item: Any) -> Document | None:
    if isinstance(item, str):
        return Document(content=item) if clean(item) else None
    if not isinstance(item, dict):
        return None
    if isinstance(inner := item.get("document"), dict):  # OpenInference's rebuilt keys
        item = inner
    metadata = mapping(item.get("metadata"))
    known = {**(metadata or {}), **item}  # LangChain's documents have nothing but a text of their own
    found = Document(
        id=clean(first(known, _IDS)),
        content=as_json(first(item, _TEXTS)),
        score=number(first(known, _SCORES)),
        metadata=metadata,
    )
    return found if found != Document() else None
