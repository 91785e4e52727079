"""Agents that run in circles: the same tool with the same arguments, time and again, and nothing new said.

A loop is one call so many times in a row, or so many rounds of the same two or three calls. What a person
says begins anew: who asks for the weather every morning does not run in circles.
"""

from __future__ import annotations

import hashlib
import threading
import time
from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from llmwatch.collector.lately import remember
from llmwatch.config.budgets import RUNAWAY_LOOP
from llmwatch.store.batch import Batch
from llmwatch.store.span import Message, Score, Span

_LONGEST_ROUND: Final = 3
_LONG: Final = 1000
"""Characters from which arguments are not kept."""


class Called(NamedTuple):
    """A tool call."""

    tool: str
    arguments: str
    """As they were sent; of long ones a digest."""

    def repeats(self, other: Called) -> bool:
        """Whether it is the same call; JSON is the same however it is written."""
        if self.tool != other.tool:
            return False
        return self.arguments == other.arguments or _plain(self.arguments) == _plain(other.arguments)


class Loop(NamedTuple):
    """A loop that was found."""

    tool: str
    """The tool that was called last."""
    times: int
    round: int
    """How many different calls take turns."""

    def __str__(self) -> str:
        with_others = f", in turn with {self.round - 1} more" if self.round > 1 else ""
        return f"{self.tool} was called {self.times} times with the same arguments{with_others}"


class Loops:
    """Watches for loops; remembers the last calls of some thousands of sessions and traces.

    Safe to use from any thread.
    """

    def __init__(self, repeats: int, clock: Callable[[], int] = time.time_ns) -> None:
        self.repeats = repeats
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._traces: OrderedDict[str, list[tuple[int, str, Called]]] = OrderedDict()
        self._marked: OrderedDict[str, None] = OrderedDict()

    def in_request(self, messages: Sequence[Message], session: str | None) -> Loop | None:
        """The loop that a request would go on with, by what it repeats of its conversation.

        A request that repeats nothing of it (the provider keeps it) is judged by what its session was
        answered before.
        """
        if not self.repeats:
            return None
        told = self._last(calls_since_word(messages))
        if session is None:
            return self._found(told)
        word = _last_word(messages)
        with self._lock:
            known = self._session(session)
            if word is not None and word != known.word:
                known.word, known.calls = word, []
            return self._found(told or known.calls)

    def answered(self, session: str, messages: Sequence[Message]) -> None:
        """What a model answered to a request of a session."""
        if self.repeats and (called := _calls(messages)):
            with self._lock:
                self._go_on(session, called)

    def tool(self, session: str, name: str, arguments: object) -> Loop | None:
        """The loop that a call of a tool would go on with; if there is none, it is called."""
        if not self.repeats:
            return None
        called = _called(name, arguments)
        with self._lock:
            known = self._session(session).calls
            loop = self._found(known)
            if loop and called.repeats(known[-loop.round]):
                return loop
            self._go_on(session, [called])
            return None

    def marked(self, batch: Batch) -> Batch:
        """``batch`` with a score for each of its traces that is found to run in circles."""
        if not self.repeats:
            return batch
        with self._lock:
            found = [score for span in batch.spans if (score := self._mark(span))]
        return replace(batch, scores=[*batch.scores, *found]) if found else batch

    def _mark(self, span: Span) -> Score | None:
        if span.kind == "llm":
            said = calls_since_word(span.content.input_messages, span.content.output_messages)
            loop = self._found(self._last(said))
        elif span.kind == "tool" and span.tool and span.tool.name and span.state == "ended":
            loop = self._in_trace(span, _called(span.tool.name, span.tool.arguments))
        else:
            return None
        if loop is None or span.trace_id in self._marked:
            return None
        remember(self._marked, span.trace_id, None)
        return Score(
            score_id=f"loop-{_digest(span.trace_id.encode())}", name=RUNAWAY_LOOP,
            time_ns=self._clock(), trace_id=span.trace_id, label=loop.tool, comment=str(loop), value=0.0,
            source="heuristic",
        )  # fmt: skip

    def _in_trace(self, span: Span, called: Called) -> Loop | None:
        calls = self._traces.get(span.trace_id, [])
        if all(span.span_id != known for _, known, _ in calls):
            insort(calls, (span.start_ns, span.span_id, called))
        remember(self._traces, span.trace_id, calls[-self._most :])
        return self._found([each for _, _, each in calls])

    def _session(self, session: str) -> _Session:
        known = self._sessions.get(session) or _Session()
        remember(self._sessions, session, known)
        return known

    def _go_on(self, session: str, called: Sequence[Called]) -> None:
        known = self._session(session)
        known.calls = [*known.calls, *called][-self._most :]

    def _last(self, backwards: Iterator[Called]) -> list[Called]:
        """The last calls, the last one last, as far as they may be a loop."""
        last = list(islice(backwards, _LONGEST_ROUND + 1))
        if any(last[0].repeats(other) for other in last[1:]):
            last += islice(backwards, self._most - len(last))
        return last[::-1]

    def _found(self, calls: Sequence[Called]) -> Loop | None:
        if len(calls) < self.repeats:
            return None
        for length in range(1, _LONGEST_ROUND + 1):
            last = calls[-length * self.repeats :]
            if len(last) == length * self.repeats and all(
                one.repeats(other) for one, other in zip(last, last[length:], strict=False)
            ):
                return Loop(last[-1].tool, self.repeats, length)
        return None

    @property
    def _most(self) -> int:
        return self.repeats * _LONGEST_ROUND


class _Session:
    """The last calls of a session, and the word of a person that they follow."""

    def __init__(self) -> None:
        self.word: str | None = None
        self.calls: list[Called] = []


def calls_since_word(*said: Sequence[Message]) -> Iterator[Called]:
    """The tool calls in a conversation since a person has spoken, the last one first."""
    for messages in reversed(said):
        for message in reversed(messages):
            if _is_word(message):
                return
            for part in reversed(message.parts):
                if part.type == "tool_call" and part.name:
                    yield _called(part.name, part.arguments)


def _is_word(message: Message) -> bool:
    """Whether a person speaks: Anthropic's API has results of tools in the user's name, often with a text."""
    return message.role == "user" and all(part.type != "tool_call_response" for part in message.parts)


def _last_word(messages: Sequence[Message]) -> str | None:
    last = next((message for message in reversed(messages) if _is_word(message)), None)
    return None if last is None else _digest(msgspec.json.encode(last))


def _calls(messages: Iterable[Message]) -> list[Called]:
    return [
        _called(part.name, part.arguments)
        for message in messages
        for part in message.parts
        if part.type == "tool_call" and part.name
    ]


def _called(tool: str, arguments: object) -> Called:
    said = arguments if isinstance(arguments, str) else _json(arguments)
    return Called(tool, said if len(said) < _LONG else _digest(said.encode("utf-8", "replace")))


def _plain(arguments: str) -> str:
    """Arguments in the one way to write them, unless they are no JSON."""
    try:
        return _json(msgspec.json.decode(arguments))
    except (ValueError, RecursionError):
        return arguments


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
