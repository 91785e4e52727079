from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from llmwatch.neutral import UNSAFE
from llmwatch.tui.models.runs import Run
from llmwatch.tui.models.tracecells import cells, glyph, header, layout, version, what_happened
from tests.tui.rows import NOON, SECOND, trace_row


@pytest.mark.parametrize(
    ("known", "glyph_", "what"),
    [
        ({"span_count": 1}, ("✓", "ok"), ("", "muted")),
        ({}, ("✓", "ok"), ("3 spans", "muted")),
        ({"llm_calls": 4}, ("✓", "ok"), ("4 calls in 3 spans", "muted")),
        ({"unpriced_calls": 1}, ("✓", "ok"), ("1 call unpriced", "muted")),
        (
            {"status": "error", "error_count": 2, "error_type": "openai.RateLimitError",
             "error_message": "429 slow\ndown"},
            ("✗", "error"), ("RateLimitError: 429 slow down", "error"),
        ),
        ({"status": "error", "error_type": "ValueError", "error_message": "ValueError: no"},
         ("✗", "error"), ("ValueError: no", "error")),
        ({"status": "error"}, ("✗", "error"), ("failed", "error")),
        ({"error_count": 1, "error_message": "5xx"}, ("▲", "warn"), ("1 span failed: 5xx", "warn")),
        ({"running": True, "span_count": 1}, ("●", "accent"), ("running, 1 span so far", "accent")),
        ({"finish_reason": "length"}, ("▲", "warn"), ("answer cut off at the token limit", "warn")),
        ({"heuristics_failed": ("too_short", "refused")}, ("▲", "warn"), ("too short, refused", "warn")),
        ({"heuristics_failed": ()}, ("✓", "ok"), ("3 spans", "muted")),
    ],
)  # fmt: skip
def test_what_happened(known: dict[str, Any], glyph_: Run, what: Run) -> None:
    row = trace_row(1, **known)
    assert glyph(row) == glyph_
    assert what_happened(row) == what


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, None),
        ({"app_version": "1.8.2"}, "app 1.8.2"),
        ({"app_version": "1.8.2", "prompt_name": "answer", "prompt_version": "v2.4"}, "answer v2.4"),
        ({"prompt_version": "7"}, "7"),
    ],
)
def test_the_version_that_answered(known: dict[str, Any], expected: str | None) -> None:
    assert version(trace_row(1, **known)) == expected


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (40, ["trace", "took", "what happened"]),
        (76, ["time", "trace", "model", "took", "cost", "what happened"]),
        (
            116,
            ["time", "trace", "model", "took", "tokens in→out", "cost", "user", "version", "what happened"],
        ),
    ],
)
def test_columns_that_do_not_fit_are_left_out(width: int, titles: list[str]) -> None:
    assert [column.title for column, _ in layout(width)] == titles


_TEXT = st.one_of(st.none(), st.text(max_size=40))
_NUMBER = st.one_of(st.none(), st.integers(0, 10**14))


@given(
    st.integers(1, 250),
    st.fixed_dictionaries(
        {
            "name": st.text(max_size=40), "model": _TEXT, "user_id": _TEXT, "prompt_version": _TEXT,
            "error_message": _TEXT, "status": st.sampled_from(["ok", "error"]), "input_tokens": _NUMBER,
            "output_tokens": _NUMBER, "duration_ns": st.one_of(st.none(), st.integers(0, 10**18)),
            "cost_nanousd": st.one_of(st.none(), st.integers(0, 10**18)),
            "start_ns": st.integers(0, 4 * NOON),
        }
    ),
)  # fmt: skip
def test_a_line_is_as_wide_as_its_header_and_no_number_is_cut(width: int, known: dict[str, Any]) -> None:
    columns = layout(width)
    runs = cells(trace_row(1, **known), columns, NOON + 3 * SECOND)
    line = "".join(text for text, _ in runs)
    assert cell_len(line) == cell_len(header(columns)) + 1
    assert not any(ord(char) in UNSAFE for char in line)
    for (column, cells_), (text, _) in zip(columns, runs, strict=True):
        assert cell_len(text) == cells_ + 1
        assert not (column.number and "…" in text)
