"""``llmwatch.guard()``: an app asks before it calls a model, so that a budget that is used up stops it.

::

    from llmwatch import guard

    with guard(user="u1", feature="chat", model="gpt-4o", max_tokens=500) as call:
        answer = client.chat.completions.create(...)
        call.settle(usage=answer.usage)

The collector decides (budgets with ``enforce = "block"``); this module only asks, with the standard library
alone. It looks for the collector at ``LLMWATCH_URL``, else on port 4318 of this machine. While that cannot be
reached, calls are let through and a warning says so once; with ``on_failure="closed"``, or
``LLMWATCH_GUARD_ON_FAILURE=closed``, they are not.
"""

from __future__ import annotations

import asyncio
import atexit
import copy
import functools
import http.client
import inspect
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

from llmwatch.errors import BudgetExceededError, BudgetUnknownError, CallRefusedError, RunawayLoopError

OnFailure: TypeAlias = Literal["open", "closed"]
_F = TypeVar("_F", bound=Callable[..., Any])

_URL: Final = "http://127.0.0.1:4318"
_TIMEOUT_S: Final = 0.5
"""The collector answers within milliseconds; an app does not wait for one that is busy with other things."""
_PAUSE_S: Final = 5.0
"""After a failure nobody is asked for so long, so that a collector that is gone costs no call its timeout."""
_AT_EXIT_S: Final = 1.0
_log = logging.getLogger("llmwatch.guard")


class Guarded:
    """A call that was let through."""

    def __init__(self, number: str | None, warnings: tuple[str, ...], *, record: bool) -> None:
        self._number = number
        self._record = record
        self.warnings = warnings
        """What budgets on trial (``enforce = "warn"``) would have refused the call for."""

    def settle(
        self, *, usage: object = None, cost_usd: float | None = None, model: str | None = None
    ) -> None:
        """Say what the call cost; it counts until the call's own span comes. Never waits, never raises.

        Args:
            usage: Of the provider's answer, as it is.
            cost_usd: Dollars, in place of the price of ``usage``.
            model: The one that answered.
        """
        self._say(usage=_plain(usage), cost_usd=cost_usd, model=model, record=self._record)

    def end(self, *, failed: bool) -> None:
        """The call is over and did not say what it cost; ``failed`` when that is nothing."""
        self._say(failed=failed)

    def _say(self, **fields: object) -> None:
        number, self._number = self._number, None
        if number is not None:
            said = {name: value for name, value in fields.items() if value not in (None, False)}
            _background.post("/api/guard/settle", {"id": number, **said})


class Guard:
    """Holds what a call may cost from its start to its end. A context manager and a decorator, also async.

    Args:
        user: Whose call it is, as budgets go by it; so ``segment``, ``feature``, ``session``, ``service``,
            ``environment``, ``provider``.
        model: The model that is called.
        input_tokens: How many tokens are sent.
        max_tokens: How many may come back.
        cost_usd: What the call may cost, in place of the price of its tokens.
        on_failure: Whether to go on when the collector cannot be asked.
        record: Store the call as a span when it is settled, for apps that send no spans of their own.

    Raises, when the call begins:
        BudgetExceededError: A budget is used up.
        BudgetUnknownError: What has been spent, or the price, is not known and must be.
    """

    def __init__(
        self,
        *,
        user: str | None = None,
        segment: str | None = None,
        feature: str | None = None,
        session: str | None = None,
        service: str | None = None,
        environment: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        input_tokens: int | None = None,
        max_tokens: int | None = None,
        cost_usd: float | None = None,
        on_failure: OnFailure | None = None,
        record: bool = False,
    ) -> None:
        said = {
            "user": user, "segment": segment, "feature": feature, "session": session, "service": service,
            "environment": environment, "provider": provider, "model": model, "input_tokens": input_tokens,
            "max_tokens": max_tokens, "cost_usd": cost_usd,
        }  # fmt: skip
        self._said = {name: value for name, value in said.items() if value is not None}
        self._on_failure = on_failure
        self._record = record
        self._call: Guarded | None = None

    @staticmethod
    def tool(
        name: str, arguments: object = None, *, session: str, on_failure: OnFailure | None = None
    ) -> None:
        """Say that a tool is about to be called.

        Raises:
            RunawayLoopError: The session calls it time and again with the same arguments.
        """
        said = {"session": session, "name": name, "arguments": arguments}
        _ask("/api/guard/tool", said, on_failure)

    def __enter__(self) -> Guarded:
        answer = _ask("/api/guard/reserve", self._said, self._on_failure)
        self._call = Guarded(answer.get("id"), tuple(answer.get("warnings", ())), record=self._record)
        return self._call

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        call, self._call = self._call, None
        if call:
            call.end(failed=error is not None)

    async def __aenter__(self) -> Guarded:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: _F) -> _F:
        """``function``, each of whose calls is guarded."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waiting(*args: Any, **kwargs: Any) -> Any:
                async with copy.copy(self):
                    return await function(*args, **kwargs)

            return cast("_F", waiting)

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            with copy.copy(self):
                return function(*args, **kwargs)

        return cast("_F", guarded)


class _Collector:
    """The collector as one thread talks to it: a connection that is kept."""

    def __init__(self) -> None:
        where = urlsplit(os.environ.get("LLMWATCH_URL") or _URL)
        self._connection = http.client.HTTPConnection(
            where.hostname or "127.0.0.1", where.port or 80, timeout=_TIMEOUT_S
        )

    def __del__(self) -> None:  # its thread has ended
        self._connection.close()

    def ask(self, path: str, said: Mapping[str, object]) -> tuple[int, Any]:
        """Status and JSON of the answer. Raises OSError, HTTPException, ValueError."""
        body = json.dumps(said, default=str).encode()
        for attempt in (0, 1):
            kept = self._connection.sock is not None
            try:
                self._connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = self._connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (ConnectionError, http.client.HTTPException):
                self._connection.close()
                if attempt or not kept:  # a connection that was kept may have been closed meanwhile
                    raise
            except BaseException:
                self._connection.close()
                raise
        raise AssertionError("the second attempt answers or raises")


class _Background:
    """Posts what nobody waits for, in a thread that begins with the first post."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting: queue.SimpleQueue[tuple[str, Mapping[str, object]] | None] = queue.SimpleQueue()

    def post(self, path: str, said: Mapping[str, object]) -> None:
        """Post ``said`` soon."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():  # a forked process has none
                self._waiting = queue.SimpleQueue()
                self._thread = threading.Thread(target=self._run, name="llmwatch-guard", daemon=True)
                self._thread.start()
            self._waiting.put((path, said))

    def finish(self) -> None:
        """Post what waits, within a second."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._waiting.put(None)
            thread.join(_AT_EXIT_S)

    def _run(self) -> None:
        collector, waiting = _Collector(), self._waiting
        while (posted := waiting.get()) is not None:
            try:
                collector.ask(*posted)
            except (OSError, http.client.HTTPException, ValueError) as error:
                _failures.note(str(error))


class _Failures:
    """Whether the collector could be asked lately; said once when it could not."""

    def __init__(self) -> None:
        self._until = 0.0
        self._told = False

    @property
    def lately(self) -> bool:
        return time.monotonic() < self._until

    def note(self, why: str) -> None:
        self._until = time.monotonic() + _PAUSE_S
        if not self._told:
            self._told = True
            _log.warning("the llmwatch collector cannot be asked about budgets: %s", why)

    def over(self) -> None:
        self._told = False


_background = _Background()
_failures = _Failures()
_local = threading.local()
atexit.register(_background.finish)


def _ask(path: str, said: Mapping[str, object], on_failure: OnFailure | None) -> Mapping[str, Any]:
    """The collector's answer; nothing when it cannot be asked and the guard is open then."""
    if not _failures.lately:
        try:
            if not hasattr(_local, "collector"):
                _local.collector = _Collector()
            status, answer = _local.collector.ask(path, said)
            if status == 429:
                raise _refusal(answer["error"])
            if status != 200:
                raise ValueError(f"{status} {answer.get('message', '')}")
            _failures.over()
            return cast("Mapping[str, Any]", answer)
        except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError, AttributeError) as error:
            _failures.note(str(error) or type(error).__name__)
    if (on_failure or os.environ.get("LLMWATCH_GUARD_ON_FAILURE")) == "closed":
        raise BudgetUnknownError(
            "the llmwatch collector cannot be asked about budgets",
            hint="Start it with llmwatch collect, or let calls through with on_failure='open'.",
        )
    return {}


def _refusal(error: Mapping[str, Any]) -> CallRefusedError:
    message, code = str(error["message"]), error["code"]
    if code == "runaway_loop":
        return RunawayLoopError(message)
    if code != "budget_exceeded":
        return BudgetUnknownError(message)
    state = error["budget"]
    return BudgetExceededError(
        message, budget=state["name"], value=state["value"], unit=state["unit"], spent=state["spent"],
        limit=state["limit"], resets_at=datetime.fromtimestamp(state["end_s"], UTC),
    )  # fmt: skip


def _plain(usage: object) -> object:
    """Usage as JSON has it: of an SDK's object its fields."""
    if usage is None or isinstance(usage, Mapping):
        return usage
    dump = getattr(usage, "model_dump", None)
    return dump() if callable(dump) else vars(usage)
