"""Traces that were just written, kept because the next span is probably of one of them."""

from __future__ import annotations

from typing import Final

from llmwatch.store.writes.family import Family

_SPANS: Final = 10_000
"""Of all traces at hand, about 8 MB. A larger trace is kept alone."""


class AtHand:
    """The traces that were put here last. One that is taken is gone until it is put back."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}
        self._spans = 0

    def take(self, trace_id: str) -> Family | None:
        """The trace, if it is here."""
        family = self._families.pop(trace_id, None)
        if family is not None:
            self._spans -= len(family.kept)
        return family

    def put(self, family: Family) -> None:
        """Keep a trace that was written, and let go of those that were put here first."""
        family.absorb()
        self._families[family.trace_id] = family
        self._spans += len(family.kept)
        while self._spans > _SPANS and len(self._families) > 1:
            self.take(next(iter(self._families)))

    def clear(self) -> None:
        """Forget all."""
        self._families.clear()
        self._spans = 0
