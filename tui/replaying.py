"""One replay while it runs, apart from how it is shown."""

from __future__ import annotations

from contextlib import aclosing
from typing import Literal

from llmwatch.errors import ReplayError
from llmwatch.providers.answer import Answer
from llmwatch.providers.replay import send, to_replay, worth_keeping
from llmwatch.store.span import Replay, Span
from llmwatch.tui.models.attempts import Attempt, said
from llmwatch.tui.models.replay import Plan


class Replaying:
    """Sends what ``plan`` says and collects the answer."""

    def __init__(self, span: Span, plan: Plan, time_ns: int) -> None:
        self._span = span
        self._plan = plan
        self._time_ns = time_ns
        self._answer = Answer()
        self._error: ReplayError | None = None
        self.state: Literal["running", "ok", "error", "cancelled"] = "running"

    async def run(self) -> Replay | None:
        """Send, and wait for the end; gives the record to keep, None when no provider saw the request."""
        request, endpoint = self._plan.request, self._plan.endpoint
        try:
            async with aclosing(send(request, endpoint)) as deltas:
                async for delta in deltas:
                    self._answer.add(delta)
        except ReplayError as error:
            self._error, self.state = error, "error"
        else:
            self.state = "ok"
        if not worth_keeping(self._error):
            return None
        return to_replay(self._span, request, endpoint, self._answer, self._error, time_ns=self._time_ns)

    def cancel(self) -> None:
        """Say that the person broke it off."""
        self.state = "cancelled"

    def attempt(self) -> Attempt:
        """How far it is."""
        usage = self._answer.finished.usage if self._answer.finished else None
        return Attempt(
            label="now",
            time_ns=self._time_ns,
            state=self.state,
            model=self._plan.request.model,
            provider=self._plan.endpoint.name,
            duration_ns=self._answer.duration_ns,
            first_chunk_ns=self._answer.time_to_first_chunk_ns,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            answer=said(self._answer.text, self._answer.tool_calls, self._answer.reasoning),
            error=self._error.explain() if self._error else None,
        )
