"""Outside text: neutral at display, and again at the wire."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from llmwatch.neutral import UNSAFE
from llmwatch.tui.linefilter import WireFilter
from llmwatch.tui.safe import safe, safe_line, safe_text

BLACK = Color(0, 0, 0)


def filtered(*segments: Segment) -> list[Segment]:
    return WireFilter().apply(list(segments), BLACK)


@given(st.text())
def test_nothing_unsafe_passes_the_wire(text: str) -> None:
    (out,) = filtered(Segment(text))
    assert not {ord(c) for c in out.text} & {*UNSAFE, 0x0A}


@given(st.text())
def test_safe_text_is_never_interpreted_and_never_unsafe(text: str) -> None:
    for shown in (safe(text).plain, safe_text(text).plain, safe_line(text).plain):
        assert not {ord(c) for c in shown} & UNSAFE


def test_markup_is_shown_as_it_came() -> None:
    assert safe("[/zz] [@click=app.quit]x[/]").plain == "[/zz] [@click=app.quit]x[/]"
    assert safe("[red]x", "bold $error").spans[0].style == "bold $error"


def test_newlines_are_kept_or_made_blanks() -> None:
    assert safe("a\nb").plain == "a\nb"
    assert safe_line("a\nb", 2).plain == "a…"


def test_links_are_taken_off_and_control_segments_kept() -> None:
    link, home = Segment("x", Style(link="https://evil.example", bold=True)), Segment.line()
    control = Segment("\x1b[H", None, [(1, 2)])  # type: ignore[list-item]
    out = filtered(link, control, home)
    assert out[0].style == Style(bold=True) and out[1] is control and out[2].text == ""


def test_ordinary_text_keeps_its_style() -> None:
    style = Style(color="red")
    assert filtered(Segment("naïve ✓ 日本", style)) == [Segment("naïve ✓ 日本", style)]
