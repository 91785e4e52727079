"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Final, Literal, TypeAlias

Change: TypeAlias = Literal["same", "gone", "new"]

_WORDS: Final = re.compile(r"\s*(?:[\u3040-\u30ff\u3400-\u9fff]|[\w'’-]+|[^\w\s])|\s+")
"""A word with the white space before it, a sign, or a character of a script without spaces."""
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_MAX_PAIRS: Final = 400_000
"""Pairs of equal words that difflib may have to look at: 0.1 s at worst. Longer texts go by lines."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that both have, only the first has, or only the second."""

    change: Change
    text: str


def word_diff(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces of ``before`` and ``after`` in reading order, gone before new where both stand.

    ``same`` and ``new`` joined are ``after``; ``same`` and ``gone`` are ``before`` but for white space, which
    is no change. Texts too long to compare by words are compared by lines, then as a whole.
    """
    for pattern in (_WORDS, _LINES):
        first, second = pattern.findall(before), pattern.findall(after)
        if _pairs(first, second) <= _MAX_PAIRS:
            return _diff(first, second)
    return _diff([before], [after])


def _pairs(first: Sequence[str], second: Sequence[str]) -> int:
    counts = Counter(map(str.strip, second))
    return sum(counts[word.strip()] for word in first)


def _diff(first: Sequence[str], second: Sequence[str]) -> tuple[Piece, ...]:
    matcher = SequenceMatcher(None, [t.strip() for t in first], [t.strip() for t in second], autojunk=False)
    pieces: list[tuple[Change, str]] = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(second[j:j_end])))
        else:
            pieces.append(("gone", "".join(first[i:i_end])))
            pieces.append(("new", "".join(second[j:j_end])))
    kept = [(change, text) for change, text in pieces if text]
    return tuple(
        Piece(change, "".join(text for _, text in group)) for change, group in groupby(kept, lambda p: p[0])
    )
