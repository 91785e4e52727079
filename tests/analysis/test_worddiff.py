"""Word diffs: readable on answers, exact in what they add up to, bounded on long ones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.analysis import worddiff
from llmwatch.analysis.worddiff import Piece, word_diff


def shown(before: str, after: str) -> str:
    signs = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}
    return "".join(signs[p.change][0] + p.text + signs[p.change][1] for p in word_diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        ("", "", ""),
        ("same text", "same text", "same text"),
        ("", "all new", "{+all new+}"),
        ("all gone", "", "[-all gone-]"),
        ("The capital is Paris.", "The capital is Lyon.", "The capital is[- Paris-]{+ Lyon+}."),
        ("It costs $3", "It costs $4", "It costs $[-3-]{+4+}"),
        ("a b c", "a c", "a[- b-] c"),
        ("don't stop", "don't go", "don't[- stop-]{+ go+}"),
        ("one two", "one\n\ntwo", "one\n\ntwo"),
        ("首都是巴黎", "首都是里昂", "首都是[-巴黎-]{+里昂+}"),
        ("Paris", "paris", "[-Paris-]{+paris+}"),
    ],
)
def test_what_is_shown(before: str, after: str, diff: str) -> None:
    assert shown(before, after) == diff


TEXTS = st.text(alphabet="ab .\n'é東🙂\x1b[", max_size=60)


@given(TEXTS, TEXTS)
def test_pieces_add_up(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(p.text for p in pieces if p.change != "gone") == after
    kept = "".join(p.text for p in pieces if p.change != "new")
    assert "".join(kept.split()) == "".join(before.split())
    assert all(p.text for p in pieces)
    assert all(one.change != two.change for one, two in pairwise(pieces))


@given(TEXTS)
def test_a_text_equals_itself(text: str) -> None:
    assert word_diff(text, text) == ((Piece("same", text),) if text else ())


def test_long_texts_are_compared_by_lines_and_longer_ones_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = "a b\nc d\n", "a b\nc e\n"
    monkeypatch.setattr(worddiff, "_MAX_PAIRS", 2)
    assert shown(before, after) == "a b\n[-c d\n-]{+c e\n+}"
    monkeypatch.setattr(worddiff, "_MAX_PAIRS", 0)
    assert shown(before, after) == f"[-{before}-]{{+{after}+}}"
