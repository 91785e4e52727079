"""Sending a recorded call again, what it will cost, and the record of what came back."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from llmwatch.errors import NotReplayableError, ReplayError
from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.answer import Answer, sound
from llmwatch.providers.deltas import Delta
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.errors import KeyMissingError, RedirectError, UnreachableError
from llmwatch.providers.http import Outgoing, stream_events
from llmwatch.providers.parameters import PARAMETERS
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Call, Cost, Replay, Span, Usage

_GUESSED_ANSWER_TOKENS: Final = 500
_BYTES_PER_TOKEN: Final = 4
"""UTF-8 bytes to a token: English prose has 4 to 5, code and other scripts 3."""
_TOKENS_PER_MESSAGE: Final = 4
_TOKENS_PER_IMAGE: Final = 1000
"""A square of 1,024 pixels is 765 to OpenAI and about 1,400 to Anthropic, by their documentation."""


async def send(request: ChatRequest, endpoint: Endpoint) -> AsyncGenerator[Delta, None]:
    """Send ``request`` to ``endpoint`` and give the answer as it streams, ending with `Finished`.

    The key is read from the environment here and goes nowhere but into this request's headers.

    Raises:
        NotReplayableError: The request lacks something, or this API cannot carry it.
        ProviderError: One of errors.py; what was given until then has come.
    """
    adapter, body = ADAPTERS[endpoint.api], body_of(request, endpoint)
    outgoing = Outgoing(adapter.path(request), adapter.headers(endpoint.key()), body.encode())
    async with (
        stream_events(endpoint, outgoing) as events,
        aclosing(events),
        aclosing(adapter.read(events)) as deltas,
    ):
        async for delta in deltas:
            yield delta


def url_of(request: ChatRequest, endpoint: Endpoint) -> str:
    """Where `send` sends it."""
    return endpoint.base_url + ADAPTERS[endpoint.api].path(request)


def body_of(request: ChatRequest, endpoint: Endpoint) -> str:
    """The JSON that `send` sends.

    Raises:
        NotReplayableError: As `send`.
    """
    if not request.model:
        raise NotReplayableError(
            "The recording does not say which model it asked", hint="Choose a model first."
        )
    return sound(json.dumps(ADAPTERS[endpoint.api].body(request), ensure_ascii=False))


def unsent(request: ChatRequest, endpoint: Endpoint) -> tuple[str, ...]:
    """Names of the parameters that the endpoint's API does not have."""
    known = ADAPTERS[endpoint.api].PARAMETERS
    return tuple(sorted(n for n in request.parameters if n in PARAMETERS and n not in known))


def estimate(request: ChatRequest, endpoint: Endpoint, at_ns: int | None = None) -> Cost | None:
    """What sending ``request`` will about cost, from the usage of `expected`."""
    return cost_of(request.model, expected(request), endpoint, at_ns)


def expected(request: ChatRequest) -> Usage:
    """The usage to expect, marked as estimated.

    Input is the recorded count while model and messages are the recorded ones, else bytes / 4. Output is
    what the recorded answer had, else ``max_tokens``, at most 500.
    """
    limit = request.parameters.get("max_tokens")
    guess = min(limit, _GUESSED_ANSWER_TOKENS) if isinstance(limit, int) else _GUESSED_ANSWER_TOKENS
    return Usage(
        input_tokens=_input_tokens(request) if request.input_tokens is None else request.input_tokens,
        output_tokens=request.output_tokens or guess,
        estimated=True,
    )


def to_replay(
    span: Span, request: ChatRequest, endpoint: Endpoint, answer: Answer,
    error: ReplayError | None = None, *, time_ns: int | None = None,
) -> Replay:  # fmt: skip
    """The record of a replay of ``span`` that ended, with ``error`` or without; it holds no key."""
    finished, at_ns = answer.finished, time_ns or time.time_ns()
    usage = finished.usage if finished else None
    cost = cost_of((finished and finished.model) or request.model, usage, endpoint, at_ns) if usage else None
    return Replay(
        replay_id=uuid.uuid4().hex,
        trace_id=span.trace_id,
        span_id=span.span_id,
        time_ns=at_ns,
        provider=endpoint.name,
        url=url_of(request, endpoint),
        model=request.model,
        request=endpoint.redact(body_of(request, endpoint)),
        response=endpoint.redact(answer.text),
        status="error" if error else "ok",
        error=endpoint.redact(sound(error.explain())) if error else None,
        usage=usage,
        cost_nanousd=cost.nanousd if cost else None,
        duration_ns=answer.duration_ns,
        time_to_first_chunk_ns=answer.time_to_first_chunk_ns,
        finish_reason=finished.finish_reason if finished else None,
        tool_calls=answer.tool_calls,
    )


def worth_keeping(error: ReplayError | None) -> bool:
    """Whether a replay that ended so is recorded: not when no provider saw the request."""
    unseen = (NotReplayableError, KeyMissingError, UnreachableError, RedirectError)
    return not isinstance(error, unseen)


def _input_tokens(request: ChatRequest) -> int:
    parts = [part for message in request.messages for part in message.parts]
    texts = [text for part in parts for text in (part.text, part.name, part.arguments) if text]
    texts += [f"{tool.name} {tool.description} {tool.parameters}" for tool in request.tools]
    media = sum(part.type in ("blob", "uri") for part in parts)
    written = sum(len(text.encode("utf-8", "replace")) for text in texts) // _BYTES_PER_TOKEN
    return written + _TOKENS_PER_MESSAGE * len(request.messages) + _TOKENS_PER_IMAGE * media


def cost_of(model: str, usage: Usage, endpoint: Endpoint, at_ns: int | None) -> Cost | None:
    """What a call of ``model`` at ``endpoint`` costs, made at ``at_ns`` (now, when None)."""
    call = Call(provider=_PROVIDERS.get(endpoint.api, endpoint.name), request_model=model, usage=usage)
    return endpoint.prices.price(call, time.time_ns() if at_ns is None else at_ns, free=endpoint.free)


_PROVIDERS: Final = {
    "openai-responses": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "ollama": "ollama",
}
"""Whose prices an API's calls have; chat completions are spoken by many, and the endpoint's name tells."""
