"""What replays need of httpx: a POST whose answer streams, and a POST of JSON to our own collector.

No redirect is followed, no proxy or netrc of the environment is used, every wait and every size has a
bound, and what the other side says is shown only after the key was taken out of it.
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.errors import (
    BadAnswerError,
    ProviderTimeoutError,
    RedirectError,
    StreamCutError,
    UnreachableError,
    status_error,
)
from llmwatch.providers.sse import Decoder, NdjsonDecoder, SseDecoder

if TYPE_CHECKING:
    import httpx

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs addresses, which may have keys in them
MAX_ANSWER_BYTES: Final = 32 * 2**20
_MAX_ERROR_BYTES: Final = 64 * 2**10
_CONNECT_S: Final = 10.0
_SHOWN_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request ready to be sent: the adapter's part of it."""

    path: str
    """Below the endpoint's base_url, beginning with a slash, already percent-encoded."""
    headers: Mapping[str, str]
    body: bytes


@asynccontextmanager
async def stream_events(endpoint: Endpoint, outgoing: Outgoing) -> AsyncIterator[AsyncGenerator[Any, None]]:
    """Send ``outgoing`` to ``endpoint``; gives the JSON values of the answer's events as they come.

    Raises:
        ProviderError: One of errors.py, on entering or while the events are read.
    """
    import httpx  # noqa: PLC0415 - 79 ms

    url = endpoint.base_url + outgoing.path
    if not outgoing.path.startswith("/") or _origin(url) != endpoint.origin:
        raise ValueError("a request must stay on its endpoint's origin")
    timeout = httpx.Timeout(endpoint.timeout_s, connect=min(_CONNECT_S, endpoint.timeout_s))
    headers = {
        **outgoing.headers,
        "Content-Type": "application/json",
        "Accept": "text/event-stream, application/x-ndjson, application/json",
        "Accept-Encoding": "identity",  # an answer cannot grow while it is unpacked
    }
    async with _client(url, timeout) as client:
        with provider_errors(endpoint.origin, timeout):
            async with client.stream("POST", url, content=outgoing.body, headers=headers) as response:
                await _refuse_failure(response, endpoint)
                yield _events(response, endpoint)


@contextmanager
def provider_errors(origin: str, timeout: httpx.Timeout) -> Iterator[None]:
    """What httpx raises inside, in our own terms; ``origin`` is who was asked.

    Raises:
        ProviderTimeoutError: Silence.
        UnreachableError: No connection.
        StreamCutError: The connection broke, or what came over it is not HTTP.
    """
    import httpx  # noqa: PLC0415 - loaded already

    try:
        yield
    except httpx.TimeoutException as error:
        raise ProviderTimeoutError(
            f"Silence from {origin} for {_silence(error, timeout):g} s",
            hint="Send it again, or raise the provider's timeout_s in the configuration.",
        ) from error
    except httpx.ConnectError as error:
        raise UnreachableError(
            f"No connection to {origin}: {_reason(error)}",
            hint="Check that it is running and that base_url in the configuration is right.",
        ) from error
    except (httpx.ProtocolError, httpx.NetworkError) as error:
        raise StreamCutError(
            f"The stream broke off: {error}", hint="What came until then is kept. Send it again."
        ) from error


async def post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = 5.0
) -> tuple[int, str]:
    """POST JSON to ``url``; gives the status and the beginning of the answer, of which no more is read.

    Raises:
        UnreachableError: Nothing answered; it says why, and not whom.
    """
    import httpx  # noqa: PLC0415 - 79 ms

    sent = {"Accept-Encoding": "identity", **headers, "Content-Type": "application/json"}
    answer = bytearray()
    try:
        async with (
            _client(url, httpx.Timeout(timeout_s)) as client,
            client.stream("POST", url, content=body, headers=sent) as response,
        ):
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > _MAX_ERROR_BYTES:
                    break
    except httpx.TransportError as error:
        raise UnreachableError(_reason(error) or type(error).__name__) from error
    return response.status_code, answer.decode("utf-8", "replace")[:_SHOWN_CHARACTERS]


async def post_json(url: str, body: bytes) -> tuple[int, str]:
    """POST ``body`` to our collector at ``url``; gives the status and the beginning of the answer.

    Raises:
        UnreachableError: Nothing answered.
    """
    try:
        return await post(url, body, {})
    except UnreachableError as error:
        raise UnreachableError(
            f"The collector does not answer ({error})", hint=f"Nothing listens at {url}."
        ) from error


def _client(url: str, timeout: httpx.Timeout) -> httpx.AsyncClient:
    """A client for one request; certificates are loaded (25 ms) only where there will be some to verify."""
    import httpx  # noqa: PLC0415 - loaded already

    secure = url.lower().startswith("https:")
    return httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=timeout, verify=secure)


async def _events(response: httpx.Response, endpoint: Endpoint) -> AsyncGenerator[Any, None]:
    decoder = _decoder(response)
    async for chunk in _bounded(response):
        for text in decoder.feed(chunk):
            if text == "[DONE]":
                return
            yield _parsed(endpoint.redact(text))
    for text in decoder.close():
        if text != "[DONE]":
            yield _parsed(endpoint.redact(text))


async def _bounded(response: httpx.Response) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise BadAnswerError(
                f"The answer is longer than {MAX_ANSWER_BYTES // 2**20} MiB; the rest was not read"
            )
        yield chunk


def _decoder(response: httpx.Response) -> Decoder:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.headers.get("content-encoding", "identity").lower() == "identity":
        if kind == "text/event-stream":
            return SseDecoder()
        if kind in ("application/x-ndjson", "application/jsonl"):
            return NdjsonDecoder()
        if kind == "application/json":
            return _Whole()
    raise BadAnswerError(
        f"The answer is {kind or 'of no content type'}, not a stream of events",
        hint="Check that base_url is that of the API and that api names its protocol.",
    )


class _Whole:
    """A server that does not stream: its whole answer is one event."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        self._chunks.append(chunk)
        return iter(())

    def close(self) -> Iterator[str]:
        return iter((b"".join(self._chunks).decode("utf-8", "replace"),))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError(
            "The answer has an event that is not JSON", hint="Check that api names the protocol it speaks."
        ) from error


async def _refuse_failure(response: httpx.Response, endpoint: Endpoint) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        target = urlsplit(response.headers.get("location", "")).netloc or "another address"
        raise RedirectError(
            f"HTTP {status}: {endpoint.origin} points to {target}, which was not followed",
            hint="If that is where the API lives now, make it the base_url in the configuration.",
        )
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _MAX_ERROR_BYTES:
            break
    said = endpoint.redact(_message(body[:_MAX_ERROR_BYTES].decode("utf-8", "replace")))
    wait = _retry_after(response.headers.get("retry-after", ""))
    raise status_error(status, said[:_SHOWN_CHARACTERS], wait, endpoint.key_env)


def _message(body: str) -> str:
    """The provider's own sentence in an error body, whichever of the common shapes it has."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "" if body.lstrip().startswith("<") else body.strip()
    if isinstance(value, list) and value:
        value = value[0]
    for key in ("error", "message", "detail"):
        if isinstance(value, Mapping) and value.get(key):
            value = value[key]
    return value if isinstance(value, str) else json.dumps(value)


def _retry_after(value: str) -> float | None:
    """Seconds; the header's other form, a date, is rare with model APIs and counts as not given."""
    return float(value) if value.replace(".", "", 1).isdecimal() else None


def _reason(error: BaseException) -> str:
    """Why a connection failed; httpx's own words for a refusal are "All connection attempts failed"."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, socket.gaierror):
            return "the name does not resolve"
        cause = cause.__cause__ or cause.__context__
    return str(error)


def _silence(error: httpx.TimeoutException, timeout: httpx.Timeout) -> float:
    import httpx  # noqa: PLC0415 - loaded already

    return (timeout.connect if isinstance(error, httpx.ConnectTimeout) else timeout.read) or 0.0


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
