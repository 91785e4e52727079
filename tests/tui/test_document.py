from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from llmwatch.tui.models.document import FOLD_AT, Block, as_text, cut, find, lay_out, text_lines, wrap
from llmwatch.tui.models.jsontext import json_lines


def _wrapped(text: str, width: int) -> list[str]:
    return [" " * indent + text[start:end] for start, end, indent in wrap(text, width)]


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("the quick brown fox", 9, ["the quick", "brown fox"]),
        ("abcdefghijkl", 5, ["abcde", "fghij", "kl"]),
        ("an abcdefghijkl", 5, ["an", "abcde", "fghij", "kl"]),
        ("        indented", 10, ["        in", "    dented"]),
        ("  - an item that goes on", 12, ["  - an item", "  that goes", "  on"]),
        ("你好世界再见", 5, ["你好", "世界", "再见"]),
        ("naïve café au lait", 10, ["naïve café", "au lait"]),
        ("你", 1, ["你"]),
        ("  你好", 2, ["  ", "你", "好"]),
    ],
)
def test_lines_break_at_word_ends(text: str, width: int, rows: list[str]) -> None:
    assert _wrapped(text, width) == rows


@given(st.text(alphabet=st.sampled_from("ab 你é\u0301🎉 "), max_size=80), st.integers(2, 20))
def test_wrapping_loses_nothing_but_blanks_and_fits(text: str, width: int) -> None:
    rows = wrap(text, width)
    assert rows[0][0] == 0
    assert rows[-1][1] == len(text)
    for (_, end, _), (start, _, _) in itertools.pairwise(rows):
        assert text[end:start] in ("", " ")
    assert all(indent + cell_len(text[start:end]) <= width for start, end, indent in rows)


def test_long_blocks_fold_with_the_count_of_what_is_hidden() -> None:
    lines = text_lines("\n".join(f"line {i}" for i in range(100)))
    document = (Block(title=(("user", "strong"),), lines=lines), Block(lines=lines, folds=False))
    rows = lay_out(document, 80)
    assert [row.kind for row in rows[: FOLD_AT + 3]] == ["title", *["text"] * FOLD_AT, "fold", "gap"]
    assert rows[FOLD_AT + 1].end == 60
    assert len(rows) == 1 + FOLD_AT + 1 + 1 + 100
    assert len(lay_out(document, 80, {0})) == 1 + 100 + 1 + 100


def test_a_single_hidden_row_is_shown_instead_of_a_fold() -> None:
    document = (Block(lines=text_lines("\n" * FOLD_AT)),)
    assert len(lay_out(document, 80)) == FOLD_AT + 1


def test_found_text_is_in_reading_order_and_may_be_folded() -> None:
    document = (
        Block(title=(("Tool", "strong"),), lines=text_lines("a tool\n" + "\n" * 60 + "the tools, TOOLS")),
    )
    assert [(m.line, m.start, m.end) for m in find(document, "tool")] == [
        (-1, 0, 4), (0, 2, 6), (61, 4, 8), (61, 11, 15),
    ]  # fmt: skip
    assert find(document, "") == []


def test_a_line_is_cut_across_its_runs() -> None:
    assert cut((("abc", "muted"), ("defg", "plain")), 2, 5) == [("c", "muted"), ("de", "plain")]
    assert cut((("abc", "muted"),), 3, 9) == []


def test_outside_text_is_neutral_and_keeps_its_newlines() -> None:
    assert text_lines("a\x1b[31m\r\nb\u202e") == ((("a␛[31m", "plain"),), (("b·", "plain"),))


def test_as_text_has_all_lines() -> None:
    document = (Block(title=(("user", "strong"),), lines=text_lines("hello ")), Block(lines=text_lines("x")))
    assert as_text(document) == "user\nhello\n\nx"


def _text(json: str) -> list[str]:
    return ["".join(text for text, _ in line) for line in json_lines(json)]


def test_json_is_indented() -> None:
    assert _text('{"q": "é", "k": [1]}') == ["{", '  "q": "é",', '  "k": [', "    1", "  ]", "}"]


def test_malformed_json_is_shown_as_sent_and_pointed_at() -> None:
    assert _text('{"q": "x", "k": }') == [
        '{"q": "x", "k": }',
        "▲ malformed JSON at line 1, column 17: Expecting value",
        '  {"q": "x", "k": }',
        "                  ^",
    ]


def test_a_mistake_far_into_a_long_line_is_shown_with_what_stands_around_it() -> None:
    text = '{"q": "' + "x" * 200 + '", oops'
    assert _text(text)[2:] == ["  " + "x" * 27 + '", oops', "  " + " " * 30 + "^"]


def test_json_that_python_cannot_hold_is_shown_as_sent() -> None:
    assert _text("[" * 100_000)[-1].startswith("▲ cannot be shown as JSON")
