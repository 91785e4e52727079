"""Themes: what is written can be read, and states can be told apart."""

from __future__ import annotations

import itertools

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from llmwatch.tui.state import STYLES
from llmwatch.tui.themes import SAFE, THEMES, derived

TEXT = ("foreground", "muted", "success", "warning", "error", "accent")


def colour(theme: Theme, name: str) -> Color:
    values = theme.to_color_system().generate() | derived(theme) | theme.variables
    return Color.parse(values[name])


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, contrast ratio: (L1 + 0.05) / (L2 + 0.05) of the relative luminances."""

    def luminance(each: Color) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in each.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", TEXT)
def test_text_has_the_contrast_that_wcag_asks_for(theme: Theme, name: str) -> None:
    assert contrast(colour(theme, name), colour(theme, "background")) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_cursor_can_be_read(theme: Theme) -> None:
    ink, paper = (colour(theme, f"block-cursor-{part}") for part in ("foreground", "background"))
    assert contrast(ink, paper) >= 4.5


@pytest.mark.parametrize("theme", BUILTIN_THEMES.values(), ids=lambda theme: theme.name)
def test_our_variables_are_derived_for_textuals_themes(theme: Theme) -> None:
    if not theme.ansi:
        assert contrast(colour(theme, "muted"), colour(theme, "background")) >= 2


def test_every_tone_has_a_style_that_themes_know() -> None:
    names = {part[1:] for style in STYLES.values() for part in style.split() if part.startswith("$")}
    known = set(SAFE.to_color_system().generate()) | set(SAFE.variables)
    assert names <= known


def test_states_of_the_safe_theme_differ_for_the_colour_blind() -> None:
    """Who cannot tell red from green still sees brightness, and blue against yellow."""
    states = [colour(SAFE, name) for name in ("success", "warning", "error")]
    for one, other in itertools.combinations(states, 2):
        assert contrast(one, other) >= 1.5 or abs(one.b - other.b) >= 60
