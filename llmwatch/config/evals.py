"""The configuration of checks and of the judge: sections of config.py, with every default written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Language: TypeAlias = Literal[
    "ar", "de", "el", "en", "es", "fr", "he", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr",
    "uk", "zh",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConfig:
    """A check without parameters."""

    enabled: bool = True
    """Whether answers are checked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinLengthConfig(CheckConfig):
    """Too short, where neither JSON nor a tool nor a few tokens were asked for."""

    chars: int = 20
    """Fewest characters of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxLengthConfig(CheckConfig):
    """Too long."""

    chars: int = 4000
    """Most characters of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCountConfig(CheckConfig):
    """Too few or too many words."""

    min_words: int = 0
    """Fewest words of an answer; 0 for any."""
    max_words: int = 0
    """Most words of an answer; 0 for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlConfig(CheckConfig):
    """An address that may be made up."""

    suspect: Literal["unknown", "any"] = "unknown"
    """``unknown``: addresses that were in nothing the model was given. ``any``: every address."""
    allow: tuple[str, ...] = ()
    """Hosts that are always in order, their subdomains too, e.g. ``docs.example.com``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhrasesConfig(CheckConfig):
    """A phrase that must not be said, in whatever case."""

    phrases: tuple[str, ...] = ()
    """The phrases, matched as whole words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsafeWordsConfig(CheckConfig):
    """Insults, threats and encouragement of self-harm, by a list of words (English)."""

    words: tuple[str, ...] = (
        "asshole", "bitch", "fuck", "fucking", "go to hell", "i hate you", "kill yourself", "moron",
        "motherfucker", "shut up", "you are stupid", "you deserve to die", "you should die", "you're stupid",
    )  # fmt: skip
    """The words, matched whole, in whatever case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSchemaConfig(CheckConfig):
    """JSON that does not conform to the schema that the request carries."""

    schema: str = ""
    """A JSON schema, as JSON text, for answers to requests that carry none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageConfig(CheckConfig):
    """An answer in another language than the prompt asks for in so many words (``Answer in German``)."""

    expected: Language | None = None
    """The language of answers whose prompts do not ask for one: ar, de, el, en, es, fr, he, hi, it, ja, ko,
    nl, pl, pt, ru, sv, tr, uk or zh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionsConfig(CheckConfig):
    """A section that is missing in an answer of several parts (plan, code, tests)."""

    sections: tuple[str, ...] = ()
    """Headings that every answer must have: a line of that text, whatever marks it as a heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Every check by its name."""

    empty_output: CheckConfig = field(default_factory=CheckConfig)
    """Nothing was said: no text, and nothing else such as a tool call or an image."""
    truncated: CheckConfig = field(default_factory=CheckConfig)
    """The model ran into its limit of output tokens."""
    min_length: MinLengthConfig = field(default_factory=MinLengthConfig)
    max_length: MaxLengthConfig = field(default_factory=MaxLengthConfig)
    word_count: WordCountConfig = field(default_factory=WordCountConfig)
    ai_self_reference: CheckConfig = field(default_factory=CheckConfig)
    """Talks about being a model instead of answering."""
    refusal: CheckConfig = field(default_factory=CheckConfig)
    """Declines to answer."""
    suspicious_url: UrlConfig = field(default_factory=UrlConfig)
    forbidden_phrase: PhrasesConfig = field(default_factory=PhrasesConfig)
    unsafe_words: UnsafeWordsConfig = field(default_factory=UnsafeWordsConfig)
    wrong_language: LanguageConfig = field(default_factory=LanguageConfig)
    missing_section: SectionsConfig = field(default_factory=SectionsConfig)
    json_invalid: CheckConfig = field(default_factory=CheckConfig)
    """JSON was asked for and the answer is not JSON."""
    json_schema: JsonSchemaConfig = field(default_factory=JsonSchemaConfig)
    tool_arguments_invalid: CheckConfig = field(default_factory=CheckConfig)
    """A tool call whose arguments are not JSON."""
    control_characters: CheckConfig = field(default_factory=CheckConfig)
    """Characters no answer needs: controls but tab and newline, overrides of text direction, tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeuristicsConfig(Checks):
    """Cheap checks of every answer when it arrives, each a table of its own."""

    features: Mapping[str, Checks] = field(default_factory=dict)
    """Other parameters for the answers of one feature, e.g. ``[heuristics.features.classify.min_length]``;
    what a feature does not say is as for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsConfig:
    """How much each of the judge's marks counts in ``quality_score``.

    Those of the preset where none is given; brought to a sum of 1 over the marks that the judge gave.
    """

    correctness: float | None = None
    """Is it true and does it answer the question?"""
    groundedness: float | None = None
    """Is what it says in the context?"""
    relevance: float | None = None
    """Is it about what was asked?"""
    safety: float | None = None
    """Is it harmless?"""
    tone: float | None = None
    """Is it polite and fitting?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig:
    """A model that marks answers, in the background. Without an endpoint it is off."""

    endpoint: str | None = None
    """The entry of providers that is asked. Questions, contexts and answers are sent there and nowhere
    else."""
    model: str = "gpt-4o-mini"
    """The model that judges."""
    sample_rate: float = 0.15
    """Share of the traces that are judged though nothing is conspicuous about them."""
    slow_s: float = 10.0
    """Answers that took longer are always judged, seconds."""
    long_input_tokens: int = 10_000
    """Answers to prompts of more tokens, which are unusual, are always judged."""
    short_chars: int = 100
    """Answers with fewer characters are always judged."""
    tone: bool = False
    """Whether the judge marks the tone too."""
    preset: Literal["four", "two"] = "four"
    """``four``: 0.35 correctness, 0.30 groundedness, 0.20 relevance, 0.15 safety. ``two``: 0.6 correctness,
    0.4 groundedness."""
    weights: WeightsConfig = field(default_factory=WeightsConfig)
    daily_usd: float = 1.0
    """Dollars a day that judging may cost; what is due then waits for the next day."""
    concurrency: int = 2
    """Questions to the judge at one time."""


def inherited(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """``table`` (the section heuristics, parsed TOML) with what a feature does not say filled in."""
    features = table.get("features")
    if not isinstance(features, Mapping):
        return table
    common = {name: value for name, value in table.items() if name != "features"}
    return {**common, "features": {name: _over(common, own) for name, own in features.items()}}


def _over(common: Mapping[str, Any], own: object) -> object:
    if not isinstance(own, Mapping):
        return own
    merged = {**common, **own}
    for name in common.keys() & own.keys():
        if isinstance(common[name], Mapping) and isinstance(own[name], Mapping):
            merged[name] = {**common[name], **own[name]}
    return merged
