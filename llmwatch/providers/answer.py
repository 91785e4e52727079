"""An answer while it comes and once it is there: its text, its tool calls, its times."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from llmwatch.providers.deltas import Delta, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.store.span import Part


@dataclass(slots=True)
class Answer:
    """Collects the deltas of one answer and notes when they came (ns of a monotonic clock)."""

    clock: Callable[[], int] = time.monotonic_ns
    finished: Finished | None = None
    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _calls: dict[int, Part] = field(default_factory=dict)
    _started_ns: int = 0
    _first_ns: int | None = None
    _last_ns: int = 0

    def __post_init__(self) -> None:
        self._started_ns = self._last_ns = self.clock()

    def add(self, delta: Delta) -> None:
        """Take in what came next."""
        self._last_ns = self.clock()
        if isinstance(delta, Finished):
            self.finished = delta
            return
        if self._first_ns is None:
            self._first_ns = self._last_ns
        match delta:
            case TextDelta():
                self._text.append(delta.text)
            case ReasoningDelta():
                self._reasoning.append(delta.text)
            case ToolCallDelta():
                call = self._calls.get(delta.index, Part(type="tool_call", arguments=""))
                self._calls[delta.index] = replace(
                    call, id=delta.id or call.id, name=delta.name or call.name,
                    arguments=(call.arguments or "") + delta.arguments,
                )  # fmt: skip

    @property
    def text(self) -> str:
        """The text so far."""
        return sound("".join(self._text))

    @property
    def reasoning(self) -> str:
        """What the model thought aloud so far."""
        return sound("".join(self._reasoning))

    @property
    def tool_calls(self) -> tuple[Part, ...]:
        """The tool calls so far, in the order of their indexes."""
        return tuple(call for _, call in sorted(self._calls.items()))

    @property
    def duration_ns(self) -> int:
        """From the start to the last delta, or to now while the answer is coming."""
        return (self._last_ns if self.finished else self.clock()) - self._started_ns

    @property
    def time_to_first_chunk_ns(self) -> int | None:
        """From the start to the first delta; None before it."""
        return None if self._first_ns is None else self._first_ns - self._started_ns


def sound(text: str) -> str:
    """``text`` that can be encoded: the halves of a character are joined, lone ones replaced.

    Servers that cut their deltas between UTF-16 units send such halves as JSON escapes.
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
