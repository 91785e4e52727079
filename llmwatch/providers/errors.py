"""What can go wrong between us and a model provider, each with what to do about it.

::

    ProviderError
    ├── KeyMissingError           the endpoint wants a key and the environment has no usable one
    ├── UnreachableError          refused, not resolved, TLS failed: nothing was answered
    ├── ProviderTimeoutError      no answer, or silence in the middle of one
    ├── RedirectError             the answer points elsewhere; replays are never sent on
    ├── StatusError               an HTTP error
    │   ├── AuthenticationError   401 or 403
    │   ├── BadRequestError       any other 4xx: the provider does not take this request
    │   ├── RateLimitedError      429, with the wait the provider asks for
    │   └── ServerError           5xx, or an error reported inside the stream
    ├── BadAnswerError            an answer that is not in the protocol, or larger than we take
    └── StreamCutError            the stream ended before the answer did
"""

from __future__ import annotations

from llmwatch.errors import ProviderError


class KeyMissingError(ProviderError):
    """The endpoint wants a key and the environment variable named for it holds no usable one."""


class UnreachableError(ProviderError):
    """No connection: refused, name not found, certificate not trusted."""


class ProviderTimeoutError(ProviderError):
    """The provider was silent for longer than the endpoint's ``timeout_s``."""


class RedirectError(ProviderError):
    """The provider answered 3xx. Following it would carry the prompt, and the key, to another place."""


class StatusError(ProviderError):
    """The provider answered with an HTTP error ``status``."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class AuthenticationError(StatusError):
    """401 or 403: the key is wrong, expired, or not allowed to do this."""


class BadRequestError(StatusError):
    """The provider does not take the request: unknown model, context too long, a bad parameter."""


class RateLimitedError(StatusError):
    """429. ``retry_after_s`` is the wait that was asked for, None when none was."""

    def __init__(self, message: str, *, status: int, retry_after_s: float | None, hint: str = "") -> None:
        super().__init__(message, status=status, hint=hint)
        self.retry_after_s = retry_after_s


class ServerError(StatusError):
    """The provider failed: 5xx, or an error event inside a stream that began with 200."""


class BadAnswerError(ProviderError):
    """The answer is not in the protocol that the endpoint is configured for, or is larger than we take."""


class StreamCutError(ProviderError):
    """The stream ended before the answer did. What came until then was already yielded."""


def status_error(status: int, said: str, retry_after_s: float | None, key_env: str | None) -> StatusError:
    """The error for an HTTP ``status``; ``said`` is the provider's own message, if any."""
    told = f"HTTP {status}: {said}" if said else f"HTTP {status}, without a word why"
    if status in (401, 403):
        key = f"Check the key in {key_env}" if key_env else "Give the endpoint a key (api_key_env)"
        return AuthenticationError(
            told, status=status, hint=f"{key} and that it may use this model; then send again."
        )
    if status == 429:
        wait = f"Wait {retry_after_s:g} s" if retry_after_s is not None else "Wait a little"
        return RateLimitedError(
            told, status=status, retry_after_s=retry_after_s,
            hint=f"{wait} and send again, or choose another provider.",
        )  # fmt: skip
    if status < 500:
        hint = "Check the endpoint's api and base_url." if status in (404, 405) else "Change the request."
        return BadRequestError(told, status=status, hint=f"{hint} Another model or provider may take it.")
    return ServerError(told, status=status, hint="Send it again, or choose another provider.")
