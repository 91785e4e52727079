"""How long what was said is, in characters and in bytes of UTF-8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from llmwatch.store.span import Message

Length: TypeAlias = tuple[int | None, int | None]
"""Characters and bytes; None where nothing was captured."""

UNKNOWN: Final[Length] = (None, None)


def length_of(messages: Sequence[Message], text: str | None) -> Length:
    """The length of a conversation, or of ``text`` where there is none: texts and arguments of tools."""
    said = [each for m in messages for part in m.parts for each in (part.text, part.arguments) if each]
    if not said:
        if not text:
            return UNKNOWN
        said = [text]
    chars = sum(map(len, said))
    # To know that a text is ASCII costs nothing, to encode a long one does.
    return chars, chars if all(map(str.isascii, said)) else sum([_bytes(each) for each in said])


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
