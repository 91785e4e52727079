"""Cheap checks of every LLM answer, run when its span arrives: microseconds each, no network, no model.

A check is a function of the answer that says why the answer fails it, or None when it passes; `_CHECKS` makes
each of them from its table in the configuration. A check looks for a rare sign with a plain search first, so
that the usual answer costs no regular expression.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from llmwatch.config.evals import (
    CheckConfig,
    Checks,
    HeuristicsConfig,
    JsonSchemaConfig,
    Language,
    LanguageConfig,
    MaxLengthConfig,
    MinLengthConfig,
    PhrasesConfig,
    SectionsConfig,
    UnsafeWordsConfig,
    UrlConfig,
    WordCountConfig,
)
from llmwatch.errors import ConfigError
from llmwatch.evals.answer import Answer, answer_of
from llmwatch.evals.formats import expects_json, json_error, schema_in
from llmwatch.evals.language import TITLES, asked_for, language_of
from llmwatch.evals.refusal import refusal_in
from llmwatch.evals.schema import violation
from llmwatch.evals.urls import suspicious
from llmwatch.store.said import question_of, text_of
from llmwatch.store.span import Score, Span

Check: TypeAlias = Callable[[Answer], str | None]

_BRIEF_TOKENS: Final = 64
"""A request for at most so many tokens asked for a short answer."""
_LIMITS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_TRUNCATED: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_SELF_SIGNS: Final = ("an ai", "feelings", "training data", "as of my")
_SELF_REFERENCE: Final = re.compile(
    r"as an ai\b|\bi(?:'m| am) an ai\b|i don't have (?:personal )?feelings|my training data|"
    r"as of my (?:knowledge cutoff|last update)"
)
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
_INSTRUCTING: Final = ("system", "developer")
_AROUND_HEADING: Final = " \t#*_-=:.()0123456789"


class Failure(NamedTuple):
    """A check that an answer fails."""

    name: str
    why: str


class Heuristics:
    """The checks that a configuration asks for.

    Raises:
        ConfigError: A schema in it is not JSON.
    """

    def __init__(self, config: HeuristicsConfig) -> None:
        self._usual = _checks(config)
        self._by_feature = {name: _checks(checks) for name, checks in config.features.items()}

    def check(self, span: Span) -> tuple[str, ...] | None:
        """Names of the checks that the answer in ``span`` fails, in the order of the configuration.

        Empty when it passes all; None when ``span`` is no LLM call or its output was not captured.
        """
        answer = answer_of(span)
        return None if answer is None else self.failed(answer)

    def failed(self, answer: Answer) -> tuple[str, ...]:
        """As `check`, of an answer that was captured."""
        return tuple([name for name, why in self._of(answer.span) if why(answer) is not None])

    def failures(self, span: Span) -> tuple[Failure, ...]:
        """As `check`, with why each fails."""
        answer = answer_of(span)
        if answer is None:
            return ()
        found = ((name, why(answer)) for name, why in self._of(span))
        return tuple(Failure(name, why) for name, why in found if why is not None)

    def score(self, span: Span) -> Score | None:
        """The results of ``span`` as the score ``heuristic_pass``: 1 or 0, its comment JSON of every check.

        None when nothing was checked. Made when it is asked for: a row for every call would double them.
        """
        if answer_of(span) is None:
            return None
        failed = dict(self.failures(span))
        results = {name: name not in failed for name, _ in self._of(span)}
        return Score(
            score_id=f"heuristic_pass:{span.trace_id}:{span.span_id}",
            name="heuristic_pass",
            time_ns=span.end_ns or span.start_ns or time.time_ns(),
            trace_id=span.trace_id,
            span_id=span.span_id,
            value=0.0 if failed else 1.0,
            comment=msgspec.json.encode({"results": results, "why": failed}).decode(),
            source="heuristic",
        )

    def _of(self, span: Span) -> tuple[tuple[str, Check], ...]:
        if not self._by_feature:
            return self._usual
        return self._by_feature.get(span.context.feature or "", self._usual)


def _checks(config: Checks) -> tuple[tuple[str, Check], ...]:
    """The checks that are on and have something to look for."""
    made = ((name, getattr(config, name)) for name in HEURISTICS)
    return tuple(
        (name, check)
        for name, settings in made
        if settings.enabled and (check := _CHECKS[name](settings)) is not None
    )


def _plain(check: Check) -> Callable[[CheckConfig], Check]:
    """A check without parameters."""
    return lambda _: check


def _empty_output(answer: Answer) -> str | None:
    said = answer.text.strip() or any(part.type not in ("text", "reasoning") for part in answer.parts)
    return None if said else "nothing was said"


def _truncated(answer: Answer) -> str | None:
    return None if answer.finish_reasons.isdisjoint(_TRUNCATED) else "cut at the limit of output tokens"


def _min_length(config: MinLengthConfig) -> Check:
    def check(answer: Answer) -> str | None:
        length = len(answer.text.strip())
        if not 0 < length < config.chars:
            return None
        limits = [answer.parameters.get(name) for name in _LIMITS]
        brief = any(isinstance(limit, int | float) and limit <= _BRIEF_TOKENS for limit in limits)
        if brief or answer.calls_tool or expects_json(answer.parameters):
            return None
        return f"{length:,} characters, fewer than {config.chars:,}"

    return check


def _max_length(config: MaxLengthConfig) -> Check:
    def check(answer: Answer) -> str | None:
        if len(answer.text) <= config.chars or (length := len(answer.text.strip())) <= config.chars:
            return None
        return f"{length:,} characters, more than {config.chars:,}"

    return check


def _word_count(config: WordCountConfig) -> Check | None:
    least, most = config.min_words, config.max_words

    def check(answer: Answer) -> str | None:
        words = len(answer.text.split())
        if most and words > most:
            return f"{words:,} words, more than {most:,}"
        if 0 < words < least and not answer.calls_tool:
            return f"{words:,} words, fewer than {least:,}"
        return None

    return check if least or most else None


def _ai_self_reference(answer: Answer) -> str | None:
    if not [sign for sign in _SELF_SIGNS if sign in answer.lower]:
        return None
    found = _SELF_REFERENCE.search(answer.lower)
    return f"“{found[0]}”" if found else None


def _suspicious_url(config: UrlConfig) -> Check:
    return lambda answer: suspicious(answer, config)


def _phrases(config: PhrasesConfig) -> Check | None:
    return _words(config.phrases)


def _unsafe_words(config: UnsafeWordsConfig) -> Check | None:
    return _words(config.words)


def _words(listed: Iterable[str]) -> Check | None:
    """A check for any of the words or phrases, whole and in whatever case."""
    wanted = [
        (word, re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")) for word in map(str.lower, listed) if word
    ]

    def check(answer: Answer) -> str | None:
        text = answer.lower
        for word, whole in wanted:
            if word in text and whole.search(text):
                return f"“{word}”"
        return None

    return check if wanted else None


def _wrong_language(config: LanguageConfig) -> Check:
    def check(answer: Answer) -> str | None:
        wanted = _language_asked(answer) or config.expected
        if wanted is None:
            return None
        found = language_of(answer.text)
        if found is None or found == wanted or expects_json(answer.parameters):
            return None
        return f"{TITLES[found]}, not {TITLES[wanted]}"

    return check


def _language_asked(answer: Answer) -> Language | None:
    """What the user's last words ask for, else the instructions."""
    system = [message for message in answer.span.content.input_messages if message.role in _INSTRUCTING]
    texts = (question_of(answer.span), *map(text_of, system))
    return next((asked for text in texts if text and (asked := asked_for(text))), None)


def _missing_section(config: SectionsConfig) -> Check | None:
    sections = [(section, section.casefold()) for section in config.sections]

    def check(answer: Answer) -> str | None:
        if answer.calls_tool:
            return None
        lines = [line.strip(_AROUND_HEADING).casefold() for line in answer.text.splitlines()]
        for section, wanted in sections:
            if not any(line == wanted or line.startswith(f"{wanted}:") for line in lines):
                return f"no section {section}"
        return None

    return check if sections else None


def _json_invalid(answer: Answer) -> str | None:
    return json_error(answer.text) if answer.text and expects_json(answer.parameters) else None


def _json_schema(config: JsonSchemaConfig) -> Check:
    try:
        configured = msgspec.json.decode(config.schema) if config.schema else None
    except msgspec.DecodeError as error:
        raise ConfigError(f"heuristics.json_schema.schema is not JSON: {error}") from error

    def check(answer: Answer) -> str | None:
        schema = schema_in(answer.parameters) or configured
        if schema is None or not answer.text:
            return None
        try:
            value = msgspec.json.decode(answer.text)
        except (msgspec.DecodeError, UnicodeEncodeError):  # another check's business where JSON was asked for
            return None if expects_json(answer.parameters) else "not JSON"
        return violation(value, schema)

    return check


def _tool_arguments_invalid(answer: Answer) -> str | None:
    for part in answer.parts:
        if part.type == "tool_call" and part.arguments and (error := json_error(part.arguments)):
            return f"{part.name or 'a tool'}: {error}"
    return None


def _control_characters(answer: Answer) -> str | None:
    if answer.text.replace("\n", "").isprintable():
        return None
    found = _CONTROL.search(answer.text)
    return f"U+{ord(found[0]):04X}" if found else None


_CHECKS: Final[Mapping[str, Callable[[Any], Check | None]]] = {
    "empty_output": _plain(_empty_output),
    "truncated": _plain(_truncated),
    "min_length": _min_length,
    "max_length": _max_length,
    "word_count": _word_count,
    "ai_self_reference": _plain(_ai_self_reference),
    "refusal": _plain(refusal_in),
    "suspicious_url": _suspicious_url,
    "forbidden_phrase": _phrases,
    "unsafe_words": _unsafe_words,
    "wrong_language": _wrong_language,
    "missing_section": _missing_section,
    "json_invalid": _plain(_json_invalid),
    "json_schema": _json_schema,
    "tool_arguments_invalid": _plain(_tool_arguments_invalid),
    "control_characters": _plain(_control_characters),
}
"""How each check is made of its table, in the order in which failures are listed."""

HEURISTICS: Final = tuple(_CHECKS)
"""The names of all checks."""
