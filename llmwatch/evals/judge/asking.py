"""Asking the judge about one answer, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from llmwatch.config.evals import JudgeConfig
from llmwatch.errors import ReplayError
from llmwatch.evals.judge.case import Case
from llmwatch.evals.judge.marks import BadMarksError, Marks, dimensions, read_marks
from llmwatch.evals.judge.prompt import again, request, simpler
from llmwatch.providers.answer import Answer
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.errors import BadRequestError, RateLimitedError
from llmwatch.providers.replay import cost_of, send
from llmwatch.providers.request import ChatRequest

_ATTEMPTS: Final = 3
"""How often an answer without usable marks is asked for again."""
_NO_SUCH_PLACE: Final = (404, 405)
"""The model or the address is wrong: the configuration's fault, not the question's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a question to the judge, and what it cost. Unknown is None."""

    marks: Marks | None = None
    error: str | None = None
    """Why there are no marks."""
    passing: bool = False
    """Whether it may go well later: not the question was refused, but nobody was there to answer it."""
    retry_after_s: float | None = None
    """The wait that the provider asks for."""
    input_tokens: int | None = None
    """Of all attempts, as what follows."""
    output_tokens: int | None = None
    cost_nanousd: int | None = None
    unpriced: int = 0
    """Attempts whose cost is not known."""


class Judge:
    """A judge at one endpoint. Remembers when that refuses structured output."""

    def __init__(
        self, endpoint: Endpoint, config: JudgeConfig, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self.endpoint = endpoint
        self.config = config
        self._wanted = dimensions(config)
        self._clock = clock
        self._simple = False

    def request(self, case: Case) -> ChatRequest:
        """What would be sent to judge ``case``."""
        asked = request(case, self._wanted, self.config.model)
        return simpler(asked) if self._simple else asked

    async def ask(self, case: Case) -> Verdict:
        """Have ``case`` judged. Whatever goes wrong with the provider is in the verdict."""
        asked, verdict, attempts = self.request(case), Verdict(), 0
        while attempts < _ATTEMPTS:
            answer = Answer()
            try:
                await _collect(answer, asked, self.endpoint)
            except ReplayError as error:
                refused = isinstance(error, BadRequestError) and error.status not in _NO_SUCH_PLACE
                if refused and not self._simple:
                    self._simple, asked = True, simpler(asked)
                    continue
                told = self.endpoint.redact(str(error))
                wait = error.retry_after_s if isinstance(error, RateLimitedError) else None
                return replace(verdict, error=told, passing=not refused, retry_after_s=wait)
            attempts += 1
            verdict = self._charged(verdict, answer)
            try:
                return replace(verdict, marks=read_marks(answer.text, self._wanted), error=None)
            except BadMarksError as error:
                verdict = replace(verdict, error=f"no marks in {attempts} answers: {error}")
                asked = again(asked, answer.text, error)
        return verdict

    def _charged(self, verdict: Verdict, answer: Answer) -> Verdict:
        """``verdict`` with what ``answer`` cost added."""
        finished = answer.finished
        usage = finished.usage if finished else None
        if usage is None:
            return replace(verdict, unpriced=verdict.unpriced + 1)
        model = (finished and finished.model) or self.config.model
        cost = cost_of(model, usage, self.endpoint, self._clock())
        nanousd = cost.nanousd if cost else None
        return replace(
            verdict,
            input_tokens=_plus(verdict.input_tokens, usage.input_tokens),
            output_tokens=_plus(verdict.output_tokens, usage.output_tokens),
            cost_nanousd=_plus(verdict.cost_nanousd, nanousd),
            unpriced=verdict.unpriced + (nanousd is None),
        )


async def _collect(answer: Answer, asked: ChatRequest, endpoint: Endpoint) -> None:
    """Raises ReplayError as `send` does."""
    async with aclosing(send(asked, endpoint)) as deltas:
        async for delta in deltas:
            answer.add(delta)


def _plus(known: int | None, more: int | None) -> int | None:
    return known if more is None else (known or 0) + more
