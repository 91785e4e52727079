"""Our themes, and the only colour literals of the screen.

Colour means state: ok, warn, critical, muted, and the accent of the cursor. ``llmwatch-safe`` takes its
states from the palette of Okabe and Ito (jfly.uni-koeln.de/color), which all common colour vision tells
apart. With NO_COLOR set Textual turns every theme grey.
"""

from __future__ import annotations

from typing import Final

from textual.color import Color
from textual.theme import Theme


def _variables(muted: str, line: str, cursor: str, on_cursor: str) -> dict[str, str]:
    return {
        "muted": muted,
        "line": line,
        "text-muted": muted,
        "border": line,
        "border-blurred": line,
        "block-cursor-background": cursor,
        "block-cursor-foreground": on_cursor,
        "block-cursor-text-style": "bold",
        "scrollbar": line,
        "scrollbar-background": "transparent",
        "scrollbar-corner-color": "transparent",
    }


DARK: Final = Theme(
    name="llmwatch-dark",
    primary="#7aa2f7",
    secondary="#9d7cd8",
    accent="#7dcfff",
    success="#8ec07c",
    warning="#e8b04a",
    error="#f7768e",
    foreground="#d4d8e2",
    background="#14161b",
    surface="#14161b",
    panel="#1e222a",
    dark=True,
    variables=_variables("#868d9c", "#414958", "#2f4f73", "#ffffff"),
)
LIGHT: Final = Theme(
    name="llmwatch-light",
    primary="#2e5fb3",
    secondary="#6b4ba3",
    accent="#00658f",
    success="#2c6e31",
    warning="#8a5300",
    error="#b3162f",
    foreground="#22262e",
    background="#fafaf7",
    surface="#fafaf7",
    panel="#eeeee9",
    dark=False,
    variables=_variables("#656b76", "#b9bdc5", "#bfdcf0", "#10141a"),
)
SAFE: Final = Theme(
    name="llmwatch-safe",
    primary="#56b4e9",
    secondary="#cc79a7",
    accent="#f5f5f5",
    success="#56b4e9",
    warning="#f0e442",
    error="#d55e00",
    foreground="#e6e6e6",
    background="#101010",
    surface="#101010",
    panel="#1d1d1d",
    dark=True,
    variables=_variables("#9a9a9a", "#5a5a5a", "#e6e6e6", "#101010"),
)
THEMES: Final = (DARK, LIGHT, SAFE)


def derived(theme: Theme) -> dict[str, str]:
    """Our own variables, for a theme of Textual's, which does not know them."""
    colours = theme.to_color_system().generate()
    ink, paper = Color.parse(colours["foreground"]), Color.parse(colours["background"])
    return {"muted": ink.blend(paper, 0.4).hex, "line": ink.blend(paper, 0.7).hex}
