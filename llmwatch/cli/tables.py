"""Tables as people and programs read them: aligned text, JSON, CSV."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import click
import msgspec

from llmwatch.format import UNKNOWN
from llmwatch.neutral import neutral, neutral_line

_WIDEST_CELL: Final = 80
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection)."""


def as_text(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], indent: str = "", right: Collection[str] = ()
) -> list[str]:
    """Lines of an aligned table: its head, then its rows; everything harmless.

    Numbers stand to the right, and so do texts in columns named in ``right``.
    """
    head = [neutral_line(name, _WIDEST_CELL) for name in columns]
    body = [[_cell(value) for value in row] for row in rows]
    pushed = [
        name in right or (bool(body) and all(row[place][1] for row in body))
        for place, name in enumerate(columns)
    ]
    widths = [max([len(name), *(len(row[place][0]) for row in body)]) for place, name in enumerate(head)]

    def line(cells: Iterable[str]) -> str:
        placed = zip(cells, widths, pushed, strict=True)
        return (indent + "  ".join(f"{c:>{w}}" if r else f"{c:<{w}}" for c, w, r in placed)).rstrip()

    return [line(head), *(line(text for text, _ in row) for row in body)]


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """An array of objects. A name that comes again gets a number; bytes are hexadecimal."""
    names = [name if name not in columns[:place] else f"{name}_{place + 1}"
             for place, name in enumerate(columns)]  # fmt: skip
    return json_text([dict(zip(names, map(_plain, row), strict=True)) for row in rows])


def json_text(value: Any) -> str:
    """JSON in which nothing does anything to a terminal: all but ASCII is escaped."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return text if text.isascii() else "".join(map(_escaped, text))


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV (RFC 4180) in which no text is a formula; harmless as it is seen when it goes to a terminal."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(map(_guarded, columns))
    writer.writerows(map(_guarded, map(_plain, row)) for row in rows)
    text = written.getvalue()
    return neutral(text) if sys.stdout.isatty() else text


def echo_lines(lines: Iterable[str]) -> None:
    """Print lines that are harmless already."""
    for line in lines:
        click.echo(line)


def _cell(value: Any) -> tuple[str, bool]:
    """Its text, and whether it stands to the right."""
    match value:
        case None:
            return UNKNOWN, True
        case bytes():
            return f"({len(value):,} bytes)", False
        case float():
            return f"{value:.10g}", True
        case int():
            return str(value), True
        case _:
            return neutral_line(str(value), _WIDEST_CELL), False


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _escaped(letter: str) -> str:
    code = ord(letter)
    if code < 0x80:
        return letter
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 | code >> 10:04x}\\u{0xDC00 | code & 0x3FF:04x}"
