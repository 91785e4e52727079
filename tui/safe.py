"""The only way for outside text to reach a widget: neutral, and never interpreted as markup.

Textual's widgets read a plain ``str`` as markup: ``[/x]`` in a prompt would end the program and
``[@click=…]`` would bind an action. So text from spans, files and providers is passed as `Content`, or as
rich `Text` where a widget wants that (tree labels; tab titles take only `Content`).
"""

from __future__ import annotations

from rich.text import Text
from textual.content import Content

from llmwatch.neutral import neutral, neutral_line


def safe(text: str, style: str = "") -> Content:
    """``text`` neutralised, newlines kept, in a Textual style such as ``bold $error``."""
    return Content.styled(neutral(text), style)


def safe_line(text: str, limit: int | None = None, style: str = "") -> Content:
    """As `safe`, on one line and cut to ``limit`` characters."""
    return Content.styled(neutral_line(text, limit), style)


def safe_text(text: str, style: str = "") -> Text:
    """As `safe`, as rich `Text` in a rich style: for tree labels and line-API widgets."""
    return Text(neutral(text), style)
