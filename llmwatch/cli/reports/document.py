"""A document of plain parts: for a terminal, as Markdown, as a page of HTML.

Every text in it may come from outside. It is shown as it is and does nothing: no markup, no link, no image,
no request; control characters are made visible.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from llmwatch.cli.tables import as_text
from llmwatch.neutral import neutral_line

_LONGEST: Final = 500
_MARKUP: Final = re.compile(r"([\\`*_\[\]#|~]|^[-+](?=[\s-]|$)|^[=>])")
_NUMBERED: Final = re.compile(r"^(\d+)([.)])(?=\s|$)")
_LINKED: Final = {"&": "&amp;", "<": "&lt;", "@": "&#64;", "://": "&#58;//", "www.": "www&#46;"}
"""What would begin an entity, HTML, or a link or mention that readers make of plain text, in this order."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
:root { color-scheme: light dark; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
th, td { border-bottom: 1px solid #8884; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
h2 { margin-top: 2rem; }
td { overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under their heads; columns named in ``right`` stand to the right."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """A part with its title: lines of text, then a table. One with neither is left out."""

    title: str
    lines: Sequence[str] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A title, what is below it, and the sections."""

    title: str
    lines: Sequence[str] = ()
    sections: Sequence[Section] = field(default=())

    @property
    def filled(self) -> Iterator[Section]:
        """The sections that say something."""
        return (each for each in self.sections if each.lines or (each.table and each.table.rows))


def as_terminal(document: Document) -> Iterator[str]:
    """The lines of the document for a terminal."""
    yield _line(document.title)
    yield from map(_line, document.lines)
    for section in document.filled:
        yield ""
        yield _line(section.title)
        yield from (f"  {_line(line)}" for line in section.lines)
        if section.table and section.table.rows:
            table = section.table
            yield from as_text(table.columns, table.rows, indent="  ", right=table.right)


def _line(text: str) -> str:
    return neutral_line(text, _LONGEST)


def as_markdown(document: Document) -> str:
    """The document in Markdown, with tables as GitHub has them."""
    parts = [f"# {_plain(document.title)}", *map(_plain, document.lines)]
    for section in document.filled:
        parts.append(f"## {_plain(section.title)}")
        if section.lines:
            parts.append("\n".join(f"- {_plain(line)}" for line in section.lines))
        if section.table and section.table.rows:
            parts.append("\n".join(_markdown_table(section.table)))
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Table) -> Iterator[str]:
    yield _row(table.columns)
    yield "|" + "|".join("---:" if name in table.right else "---" for name in table.columns) + "|"
    yield from map(_row, table.rows)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    """``text`` as Markdown shows it: one line without any markup of its own."""
    line = _line(text).strip()
    line = _MARKUP.sub(r"\\\1", line)
    for letter, entity in _LINKED.items():
        line = line.replace(letter, entity)
    return _NUMBERED.sub(r"\1\\\2", line)


def as_html(document: Document) -> str:
    """The document as one page of HTML that asks nobody for anything."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{_text(document.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_text(document.title)}</h1>",
        *(f"<p>{_text(line)}</p>" for line in document.lines),
    ]
    for section in document.filled:
        parts.append(f"<h2>{_text(section.title)}</h2>")
        if section.lines:
            parts.append(f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in section.lines)}</ul>")
        if section.table and section.table.rows:
            parts += _html_table(section.table)
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _html_table(table: Table) -> Iterator[str]:
    classes = [' class="n"' if name in table.right else "" for name in table.columns]
    heads = zip(table.columns, classes, strict=True)
    yield f"<table><thead><tr>{''.join(f'<th{c}>{_text(n)}</th>' for n, c in heads)}</tr></thead><tbody>"
    for row in table.rows:
        cells = zip(row, classes, strict=True)
        yield f"<tr>{''.join(f'<td{c}>{_text(cell)}</td>' for cell, c in cells)}</tr>"
    yield "</tbody></table>"


def _text(text: str) -> str:
    return html.escape(_line(text))
