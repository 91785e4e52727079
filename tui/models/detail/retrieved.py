"""The Docs tab: what was retrieved, with scores, best first as the retriever gave it."""

from __future__ import annotations

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Document
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.document import Block, Blocks, Line, note, text_lines


def retrieved(opened: Opened) -> Blocks:
    """The query and a block for each document."""
    retrieval = opened.span.retrieval
    if retrieval is None:
        return (note("This span retrieved nothing. Documents are on spans of kind retriever and reranker."),)
    head: Line = (("query  ", "muted"), (neutral_line(retrieval.query or "not said"), "strong"))
    asked = "not said" if retrieval.top_k is None else str(retrieval.top_k)
    count = retrieval.document_count if retrieval.document_count is not None else len(retrieval.documents)
    found: Line = (("asked for  ", "muted"), (asked, "plain"), ("   found  ", "muted"), (str(count), "plain"))
    blocks = [Block(lines=(head, found), value=neutral(retrieval.query or ""), folds=False)]
    if not retrieval.documents and count:
        blocks.append(note("▲ The documents themselves were not captured.", "warn"))
    blocks.extend(_document(i, document) for i, document in enumerate(retrieval.documents, start=1))
    return tuple(blocks)


def _document(rank: int, document: Document) -> Block:
    score = "score –" if document.score is None else f"score {document.score:.4f}"
    lines = list(text_lines(document.content)) if document.content is not None else []
    lines.extend(
        ((f"{neutral_line(str(key))}: ", "muted"), (neutral_line(str(value)), "plain"))
        for key, value in (document.metadata or {}).items()
    )
    title: Line = (
        (f"{rank}. ", "muted"),
        (score, "strong"),
        (f"  {neutral_line(document.id)}" if document.id else "", "accent"),
    )
    return Block(title=title, lines=tuple(lines), value=neutral(document.content or ""))
