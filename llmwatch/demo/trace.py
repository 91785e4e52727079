"""Making up a trace: steps take time on a clock that only moves when told to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, TypeAlias

Value: TypeAlias = str | bool | int | float | Sequence[str]
SpanKind: TypeAlias = Literal["internal", "server", "client"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who sends: an OTel resource and instrumentation scope."""

    name: str
    version: str
    scope: str
    language: str = "python"


@dataclass(slots=True, kw_only=True)
class DemoSpan:
    """An OTel span on its way to the collector."""

    service: Service
    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: SpanKind
    start_ns: int
    end_ns: int = 0
    attributes: dict[str, Value] = field(default_factory=dict)
    events: list[tuple[str, int, Mapping[str, Value]]] = field(default_factory=list)
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Something plain JSON: a score, feedback, a span of a service without an SDK."""

    at_ns: int
    path: str
    body: Mapping[str, Any]


Outgoing: TypeAlias = DemoSpan | Post


def due_ns(item: Outgoing) -> int:
    """When ``item`` is sent: a span when it ends."""
    return item.at_ns if isinstance(item, Post) else item.end_ns


class StepError(Exception):
    """A step of a made-up trace fails; the steps around it fail too, unless one handles it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Trace:
    """One trace in the making."""

    def __init__(self, rng: Random, service: Service, start_ns: int, common: Mapping[str, Value]) -> None:
        """``common`` attributes are on every span, as baggage puts them there."""
        self.id = f"{rng.getrandbits(128):032x}"
        self.now_ns = start_ns
        self.spans: list[DemoSpan] = []
        """Finished ones, children before parents, as SDKs send them."""
        self._rng = rng
        self._service = service
        self._common = common
        self._open: list[DemoSpan] = []

    def wait(self, milliseconds: float, spread: float = 0.35) -> None:
        """Let about ``milliseconds`` pass: log-normal, as latencies are."""
        self.now_ns += int(milliseconds * self._rng.lognormvariate(0, spread) * 1e6)

    @contextlib.contextmanager
    def step(
        self, name: str, attributes: Mapping[str, Value], kind: SpanKind = "internal"
    ) -> Iterator[DemoSpan]:
        """A span around what happens inside; a `StepError` inside makes it fail and goes on."""
        span = DemoSpan(
            service=self._service,
            trace_id=self.id,
            span_id=f"{self._rng.getrandbits(64):016x}",
            parent_id=self._open[-1].span_id if self._open else None,
            name=name,
            kind=kind,
            start_ns=self.now_ns,
            attributes={**self._common, **attributes},
        )
        self._open.append(span)
        try:
            yield span
        except StepError as error:
            span.error = f"{error.kind}: {error}"
            span.attributes["error.type"] = error.kind
            exception = {"exception.type": error.kind, "exception.message": str(error)}
            span.events.append(("exception", self.now_ns, exception))
            raise
        finally:
            self._open.pop()
            span.end_ns = self.now_ns
            self.spans.append(span)
