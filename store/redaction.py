"""Marks that scrubbers leave where a text was: it is not captured, and someone chose so."""

from __future__ import annotations

from typing import Final

BEGINNINGS: Final = "<[R_*"
"""How every mark begins: a long prompt need not be hashed to be told apart from them."""

_MARKS: Final = frozenset({
    "<REDACTED>", "REDACTED", "[REDACTED]", "<redacted>", "[redacted]", "__redacted__", "__REDACTED__",
    "__OPENINFERENCE_REDACTED__", "**REDACTED**",
})  # fmt: skip
SCRUBBED: Final = "[Scrubbed due to"
"""How Logfire's marks begin."""


def redacted(text: str) -> bool:
    """Whether ``text`` is such a mark."""
    return text in _MARKS or text.startswith(SCRUBBED)
