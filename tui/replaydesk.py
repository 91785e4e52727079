"""What lies on the table of a replay: the plan, the attempts so far, and which of them is looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from llmwatch.config import Config
from llmwatch.errors import UsageError
from llmwatch.evals.heuristics import Heuristics
from llmwatch.providers.endpoints import Endpoint, choose, endpoints
from llmwatch.providers.request import (
    ChatRequest,
    request_from,
    with_messages,
    with_model,
    with_parameters,
)
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Cost, Message, Replay
from llmwatch.tui import format as fmt
from llmwatch.tui.models.attempts import Attempt, comparison, recorded, replayed
from llmwatch.tui.models.cells import Line
from llmwatch.tui.models.detail.messages import response
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.document import Blocks
from llmwatch.tui.models.replay import Plan, answer_blocks, diff_blocks, failed_checks, request_blocks


class Desk:
    """The state of the replay screen, without the screen.

    Raises:
        NotReplayableError: The call cannot be sent again; the message says why.
        ConfigError: The configuration names an endpoint that cannot be used.
    """

    def __init__(self, detail: SpanDetail, config: Config) -> None:
        self.detail = detail
        self.endpoints = endpoints(config)
        self._heuristics = Heuristics(config.heuristics)
        request = request_from(detail.span)
        self.plan = Plan(
            recorded=request,
            request=request,
            endpoint=choose(self.endpoints, request.provider, request.api),
        )
        self.attempts = [recorded(detail), *map(self._of, detail.replays, range(1, len(detail.replays) + 1))]
        self._ended = len(self.attempts)
        self.shown = 0
        """Which attempt stands on the right; 0 for what will be sent."""
        self.diff = False

    def _of(self, replay: Replay, number: int) -> Attempt:
        return replayed(replay, f"replay {number}", failed_checks(self.detail.span, replay, self._heuristics))

    # Attempts

    def progress(self, attempt: Attempt) -> None:
        """Lay down how far the one is that runs, or how it ended when there is nothing to store."""
        del self.attempts[self._ended :]
        self.attempts.append(attempt)
        self.shown = self._ended

    def add(self, replay: Replay) -> None:
        """Lay down a replay that ended, in the place of the one that ran."""
        self.progress(self._of(replay, self._ended))
        self._ended += 1

    # Changes of the plan; what they change is then shown

    def ask(self, request: ChatRequest) -> None:
        """Send ``request`` instead."""
        if request != self.plan.request:
            self.plan = replace(self.plan, request=request, cost=None)
            self.shown = 0

    def edit(self, messages: tuple[Message, ...]) -> None:
        """Send other messages."""
        self.ask(with_messages(self.plan.request, messages))

    def go_to(self, endpoint: Endpoint, model: str) -> None:
        """Send it elsewhere."""
        self.plan = replace(self.plan, endpoint=endpoint, cost=None)
        self.shown = 0
        self.ask(with_model(self.plan.request, model))

    def set_parameters(self, parameters: dict[str, Any]) -> None:
        """Send these parameters and no others."""
        self.ask(replace(self.plan.request, parameters=parameters))

    def toggle_temperature(self) -> None:
        """Temperature 0, or what was recorded when it is 0 already."""
        is_zero = self.plan.request.parameters.get("temperature") == 0
        wanted = self.plan.recorded.parameters.get("temperature") if is_zero else 0
        self.ask(with_parameters(self.plan.request, {"temperature": wanted}))

    def as_recorded(self) -> None:
        """Take back every change but where it goes."""
        self.ask(self.plan.recorded)

    def estimated(self, plan: Plan, cost: Cost | None) -> None:
        """Take in the estimate of ``plan``, unless the plan has changed since."""
        if plan is self.plan and cost is not None:
            self.plan = replace(self.plan, cost=cost)

    # What is seen

    def turn(self, step: int) -> None:
        """Look at the next attempt, or the one before; before the first stands what will be sent."""
        self.shown = max(0, min(self.shown + step, len(self.attempts) - 1))

    @property
    def right(self) -> Attempt | None:
        """The attempt on the right; None while that is what will be sent."""
        return self.attempts[self.shown] if self.shown else None

    def right_title(self) -> str:
        """What stands on the right, and how it goes."""
        attempt = self.right
        if attempt is None:
            return "To send"
        if attempt.state == "running":
            return f"Streaming ● {fmt.duration(attempt.duration_ns)} · Esc cancels"
        compared = " · diff" if self.diff else ""
        return f"{attempt.label} {fmt.clock(attempt.time_ns)}{compared}".capitalize()

    def left_blocks(self) -> Blocks:
        """The recorded answer, or why there is none."""
        recording = self.attempts[0]
        if recording.answer or recording.error:
            return answer_blocks(recording)
        return response(Opened(detail=self.detail))

    def right_blocks(self) -> Blocks:
        """What will be sent, an answer, or what differs in it."""
        if self.right is None:
            return request_blocks(self.plan)
        if self.diff:
            return diff_blocks(self.attempts[0], self.right)
        return answer_blocks(self.right)

    def table(self, width: int, rows: int) -> list[Line]:
        """The comparison: the recording, and as many of the attempts as there are ``rows`` for."""
        first = max(len(self.attempts) - rows + 1, 1)
        if 0 < self.shown < first:
            first = self.shown
        kept = [self.attempts[0], *self.attempts[first : first + rows - 1]]
        return comparison(kept, self.shown - first + 1 if self.shown else None, width)


def parameters_text(request: ChatRequest) -> str:
    """The parameters as JSON to edit."""
    return json.dumps(request.parameters, indent=2, ensure_ascii=False) + "\n"


def parameters_of(text: str) -> dict[str, Any]:
    """The parameters that edited JSON says.

    Raises:
        UsageError: It is not a JSON object.
    """
    try:
        value = json.loads(text or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Not JSON: {error}", hint='It looks like {"temperature": 0.7}.') from error
    if not isinstance(value, dict):
        raise UsageError("Not a JSON object", hint='It looks like {"temperature": 0.7}.')
    return {name: setting for name, setting in value.items() if setting is not None}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
