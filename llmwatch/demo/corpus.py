"""What is said in the demo: an outdoor shop's customers, its knowledge base, its agents' errands.

The texts are data (corpus.toml). The workload records them as if they had been asked and answered; the stub
provider finds its answers here, so that a replayed call gets one that fits.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something customers ask about."""

    label: str
    """What the classifier says."""
    keywords: tuple[str, ...]
    """One of them is in every question."""
    questions: tuple[str, ...]
    source: str
    passage: str
    answer: str
    """A good answer: it uses the passage and cites it."""
    vague: str
    """What a prompt that asks for no sources gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """A tool that an agent calls; ``arguments`` and ``result`` are JSON."""

    name: str
    ms: int
    arguments: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A task of the back-office agent: what it is asked, which tools it runs at once, what it reports."""

    task: str
    plan: str
    report: str
    tools: tuple[ToolRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A long document that is summarised for the team."""

    title: str
    file_id: str
    excerpt: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to be drafted."""

    brief: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """System prompts by what they are for."""

    answer_with_sources: str
    answer: str
    """The later version of it, which lost the sources."""
    rewrite: str
    classify: str
    agent: str
    digest: str
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """All texts. They may hold {order}, {product}, {city} and {days}; see `fill`."""

    products: tuple[str, ...]
    cities: tuple[str, ...]
    refusal: str
    unanswerable: tuple[str, ...]
    prompts: Prompts
    topics: tuple[Topic, ...]
    errands: tuple[Errand, ...]
    digests: tuple[Digest, ...]
    mails: tuple[Mail, ...]


@cache
def corpus() -> Corpus:
    """The texts of corpus.toml, read once."""
    table = tomllib.loads(files("llmwatch.demo").joinpath("corpus.toml").read_text(encoding="utf-8"))
    return msgspec.convert(table, Corpus)


_SLOT = re.compile(r"\{(order|product|city|days)\}")
_ORDER = re.compile(r"\b\d{5}\b")
_DAYS = re.compile(r"\b(\d{1,2}) days\b")


def fill(text: str, slots: Mapping[str, str]) -> str:
    """``text`` with its slots replaced; `str.format` would stumble over the braces of JSON."""
    return _SLOT.sub(lambda match: slots[match[1]], text)


def random_slots(rng: Random) -> dict[str, str]:
    """What one customer talks about."""
    return {
        "order": str(rng.randint(41_000, 49_999)),
        "product": rng.choice(corpus().products),
        "city": rng.choice(corpus().cities),
        "days": str(rng.randint(2, 9)),
    }


def slots_in(text: str) -> dict[str, str]:
    """What ``text`` talks about, as far as it says; the rest is made up, always the same."""
    order, days = _ORDER.search(text), _DAYS.search(text)
    return {
        "order": order[0] if order else "48213",
        "product": next((p for p in corpus().products if p in text), corpus().products[0]),
        "city": next((c for c in corpus().cities if c in text), corpus().cities[0]),
        "days": days[1] if days else "5",
    }


def topic_of(question: str) -> Topic | None:
    """The topic that ``question`` is about, or None."""
    said = question.lower()
    return next((t for t in corpus().topics if any(word in said for word in t.keywords)), None)


def pattern(text: str) -> re.Pattern[str]:
    """Matches ``text`` whatever its slots hold."""
    return re.compile(".+?".join(re.escape(piece) for piece in _SLOT.split(text)[::2]))


def tokens_in(text: str) -> int:
    """A rough count: four characters a token."""
    return max(1, len(text) // 4)
