"""Cheap checks of every LLM answer, run when its span arrives: microseconds each, no network, no model.

A check is a function of the answer that is true when the answer fails it; `HEURISTICS` is the table of all.
Each looks for a rare sign with a plain search first, so that the usual answer costs no regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec

from llmwatch.evals.answer import Answer, answer_of
from llmwatch.evals.refusal import declines
from llmwatch.store.span import Span

MIN_CHARS: Final = 20
MAX_CHARS: Final = 4000
_BRIEF_TOKENS: Final = 64
"""A request for at most so many tokens asked for a short answer."""

_TRUNCATED: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_SELF_SIGNS: Final = ("an ai", "feelings", "training data", "as of my")
_SELF_REFERENCE: Final = re.compile(
    r"as an ai\b|\bi(?:'m| am) an ai\b|i don't have (?:personal )?feelings|my training data|"
    r"as of my (?:knowledge cutoff|last update)"
)
_URL_STARTS: Final = ("https://", "http://", "www.")
_URL_REST: Final = re.compile(r"[^\s<>\"'`\])}]+")
_KNOWN_HOSTS: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:localhost|127\.0\.0\.1|example\.(?:com|org|net))(?:[:/]|$)"
)
_MAX_URLS: Final = 50
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
_FORMATS: Final = ("response_format", "output.type", "response_mime_type", "format", "text")
"""Parameters that ask for a format: of OpenAI chat, GenAI, Gemini, Ollama, OpenAI responses."""

_LIMITS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def check(span: Span) -> tuple[str, ...] | None:
    """Names of the heuristics that the answer in ``span`` fails, in the order of `HEURISTICS`.

    Empty when it passes all; None when ``span`` is no LLM call or its output was not captured.
    """
    answer = answer_of(span)
    if answer is None:
        return None
    return tuple(name for name, fails in HEURISTICS.items() if fails(answer))


def _empty_output(answer: Answer) -> bool:
    """Nothing was said: no text, and nothing else such as a tool call or an image."""
    return not answer.text.strip() and all(part.type in ("text", "reasoning") for part in answer.parts)


def _truncated(answer: Answer) -> bool:
    """The model ran into its limit of output tokens."""
    return not answer.finish_reasons.isdisjoint(_TRUNCATED)


def _min_length(answer: Answer) -> bool:
    """Under 20 characters, where neither JSON nor a tool nor a few tokens were asked for."""
    if not 0 < len(answer.text.strip()) < MIN_CHARS:
        return False
    limits = [answer.parameters.get(name) for name in _LIMITS]
    brief = any(isinstance(limit, int | float) and limit <= _BRIEF_TOKENS for limit in limits)
    return not (brief or answer.calls_tool or _expects_json(answer))


def _max_length(answer: Answer) -> bool:
    """Over 4,000 characters."""
    return len(answer.text.strip()) > MAX_CHARS


def _ai_self_reference(answer: Answer) -> bool:
    """Talks about being a model instead of answering."""
    return any(sign in answer.lower for sign in _SELF_SIGNS) and bool(_SELF_REFERENCE.search(answer.lower))


def _refusal(answer: Answer) -> bool:
    """Declines to answer."""
    return declines(answer)


def _suspicious_url(answer: Answer) -> bool:
    """Names an address that was in nothing the model was given: it may be made up."""
    if "://" not in answer.lower and "www." not in answer.lower:
        return False
    urls = {url.rstrip(".,;:!?*_/") for url in islice(_urls(answer.lower), _MAX_URLS)}
    unknown = [url for url in urls if not _KNOWN_HOSTS.match(url)]
    if not unknown:
        return False
    context = answer.context().lower()
    return any(url not in context for url in unknown)


def _urls(text: str) -> Iterator[str]:
    # Plain searches for the starts: a regular expression takes ten times as long on a long answer.
    for start in _URL_STARTS:
        position = text.find(start)
        while position >= 0:
            if rest := _URL_REST.match(text, position + len(start)):
                yield start + rest[0]
            position = text.find(start, position + len(start))


def _json_invalid(answer: Answer) -> bool:
    """JSON was asked for and the answer is not JSON."""
    return bool(answer.text) and _expects_json(answer) and not _is_json(answer.text)


def _tool_arguments_invalid(answer: Answer) -> bool:
    """A tool call whose arguments are not JSON."""
    return any(
        part.type == "tool_call" and bool(part.arguments) and not _is_json(part.arguments or "")
        for part in answer.parts
    )


def _control_characters(answer: Answer) -> bool:
    """Characters no answer needs: controls but tab and newline, overrides of text direction, tags."""
    if answer.text.replace("\n", "").isprintable():
        return False
    return _CONTROL.search(answer.text) is not None


def _expects_json(answer: Answer) -> bool:
    parameters = answer.parameters
    return any(_names_json(parameters[name]) for name in _FORMATS if name in parameters)


def _names_json(asked: object) -> bool:
    if isinstance(asked, Mapping):
        return _names_json(asked.get("type") or asked.get("format"))
    return isinstance(asked, str) and "json" in asked[:40]


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    return True


HEURISTICS: Final[Mapping[str, Callable[[Answer], bool]]] = {
    "empty_output": _empty_output,
    "truncated": _truncated,
    "min_length": _min_length,
    "max_length": _max_length,
    "ai_self_reference": _ai_self_reference,
    "refusal": _refusal,
    "suspicious_url": _suspicious_url,
    "json_invalid": _json_invalid,
    "tool_arguments_invalid": _tool_arguments_invalid,
    "control_characters": _control_characters,
}
"""Every check by its name, in the order in which failures are listed."""
