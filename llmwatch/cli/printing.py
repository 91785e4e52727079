"""Printing lines as the screen draws them: pieces with a tone each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from llmwatch.tui.models.runs import Run, Tone

_STYLES: Final[Mapping[Tone, Mapping[str, Any]]] = {
    "muted": {"dim": True}, "strong": {"bold": True}, "ok": {"fg": "green"}, "warn": {"fg": "yellow"},
    "error": {"fg": "red"}, "accent": {"fg": "cyan"},
}  # fmt: skip
_WIDEST: Final = 120


def echo(runs: Sequence[Run]) -> None:
    """Print a line of runs, which are neutral already."""
    *before, (last, tone) = runs or [("", "plain")]
    styled = [click.style(text, **_STYLES.get(tone, {})) for text, tone in (*before, (last.rstrip(), tone))]
    click.echo("".join(styled), color=color())


def color() -> bool | None:
    """None lets click decide by the terminal."""
    return False if os.environ.get("NO_COLOR") else None


def width() -> int:
    """Columns to write in."""
    return min(shutil.get_terminal_size().columns, _WIDEST)
