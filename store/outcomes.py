"""How calls end, in a few words that are the same for every provider: why they stopped, and how they failed.

The words are counted by the minute (rollups.py), so there are few of them whatever senders write.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, TypeAlias, get_args

FinishClass: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "error", "other"]
ErrorClass: TypeAlias = Literal[
    "timeout", "rate_limit", "context_length", "content_filter", "authentication", "invalid_request",
    "other_4xx", "5xx", "connection", "other",
]  # fmt: skip

FINISH_CLASSES: Final[tuple[FinishClass, ...]] = get_args(FinishClass)
ERROR_CLASSES: Final[tuple[ErrorClass, ...]] = get_args(ErrorClass)

_FINISHES: Final[dict[FinishClass, tuple[str, ...]]] = {
    "stop": ("stop", "end_turn", "stop_sequence", "completed", "complete", "eos", "end", "success", "finish"),
    "length": (
        "length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded",
        "incomplete",
    ),
    "tool_calls": (
        "tool_calls", "tool_call", "tool_use", "function_call", "tool-calls", "pause_turn", "tool",
    ),
    "content_filter": (
        "content_filter", "content-filter", "content_filtered", "refusal", "safety", "recitation",
        "blocklist", "prohibited_content", "guardrail_intervened", "spii", "image_safety",
    ),
    "error": ("error", "failed", "malformed_function_call", "network_error"),
}  # fmt: skip
"""What OpenAI, Anthropic, Gemini, Bedrock, Mistral and the AI SDK call it, in lower case."""
_FINISH: Final = {word: finish for finish, words in _FINISHES.items() for word in words}

_BY_STATUS: Final[dict[str, ErrorClass]] = {
    "400": "invalid_request", "401": "authentication", "403": "authentication", "408": "timeout",
    "413": "context_length", "422": "invalid_request", "429": "rate_limit", "504": "timeout",
}  # fmt: skip
_STATUS: Final = re.compile(r"(?<!\d)([45]\d\d)(?!\d)")
_PATTERNS: Final[tuple[tuple[ErrorClass, str], ...]] = (
    ("context_length", r"context.?length|context.?window|maximum context|prompt is too long|"
                       r"too many (?:input )?tokens|request.?too.?large"),
    ("rate_limit", r"rate.?limit|too.?many.?requests|resource.?exhausted|insufficient_quota|"
                   r"quota.{0,20}exceeded|throttl"),
    ("timeout", r"time.?d?.?out|deadline.?exceeded"),
    ("content_filter", r"content.?filter|content.?policy|content.?management.?policy|responsibleai"),
    ("authentication", r"authentication|unauthori[sz]ed|permission.?denied|invalid.?api.?key|forbidden"),
    ("connection", r"connect(?:ion)?.?(?:error|refused|reset)|apiconnection|connecterror|readerror|"
                   r"name or service not known|remoteprotocol"),
    ("5xx", r"internal.?server|service.?unavailable|bad.?gateway|overloaded|server.?error"),
    ("other_4xx", r"not.?found|conflict(?:error)?\b"),
    ("invalid_request", r"bad.?request|invalid.?request|unprocessable|validation.?error|"
                        r"invalid.?argument"),
)  # fmt: skip
"""What SDKs' exceptions and providers' error codes say, the more telling first: OpenAI answers a prompt that
is too long with an invalid_request_error whose code is context_length_exceeded."""
_SIGNS: Final = tuple((name, re.compile(pattern)) for name, pattern in _PATTERNS)
FORM_CHECKS: Final = frozenset({"json_invalid", "json_schema", "tool_arguments_invalid", "missing_section"})
"""Heuristics that fail an answer for its form."""
_READ: Final = 400
"""Characters of a message that are looked at."""


def finish_class(reason: str) -> FinishClass:
    """What a finish reason means."""
    return _FINISH.get(reason.lower().rpartition(".")[2], "other")


@lru_cache(maxsize=2048)
def error_class(error_type: str | None, message: str | None) -> ErrorClass:
    """What sort of failure an error's type and message tell of.

    The type (an exception's name, a provider's code, an HTTP status) beats the message, but for a prompt
    that was too long, which only the message may say.
    """
    kind, said = (error_type or "").lower(), (message or "")[:_READ].lower()
    if _SIGNS[0][1].search(said):
        return "context_length"
    return _told(kind) or _told(said) or "other"


def _told(text: str) -> ErrorClass | None:
    if not text:
        return None
    return next((name for name, signs in _SIGNS if signs.search(text)), None) or _by_status(text)


def _by_status(text: str) -> ErrorClass | None:
    status = _STATUS.search(text)
    if status is None:
        return None
    return _BY_STATUS.get(status[1]) or ("5xx" if status[1][0] == "5" else "other_4xx")
