"""Readers of attribute values that more than one dialect needs, beyond those of values.py and times.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Final, TypeVar

from llmwatch.collector.dialects.values import (
    as_json,
    first,
    flag,
    mapping,
    nanousd,
    number,
    parsed,
    storable,
    text,
)
from llmwatch.store.span import JsonObject

_T = TypeVar("_T")

_LONGEST_REMEMBERED: Final = 16_384
_OF_API: Final = re.compile(
    r"\.(?:chat|responses|completion|messages|embedding|image|speech|transcription|reranking)$"
)
_ORDINARY_TIERS: Final = frozenset({"auto", "default", "standard"})
_ITEMS: Final = ("input", "output", "input_cost", "output_cost")
_MAKERS: Final = {"claude": "anthropic", "gpt": "openai", "codex": "openai", "gemini": "gcp.gemini"}


def remembered(read: Callable[[Any], _T]) -> Callable[[Any], _T]:
    """``read`` for what an app sends with call after call (its tools, its settings): read once.

    3 to 8 µs less for each. At most 128 texts of 16 KB are kept.
    """
    known = lru_cache(maxsize=128)(read)

    @wraps(read)
    def reading(value: Any) -> _T:
        return known(value) if value.__class__ is str and len(value) <= _LONGEST_REMEMBERED else read(value)

    return reading


def provider(value: Any) -> str | None:
    """A provider's name in lower case, without the API that Vercel's SDK adds (``openai.chat``)."""
    name = text(value)
    return _provider(name) if name else None


@lru_cache(maxsize=1024)
def _provider(name: str) -> str | None:
    found = _OF_API.sub("", name.lower())
    return None if found == "langchain" else found  # LangSmith's word for not knowing


def maker_of(model: Any) -> str | None:
    """Who makes a model, for senders who do not say where they called it, by how its name begins."""
    name = text(model) or ""
    return next((maker for begins, maker in _MAKERS.items() if name.startswith(begins)), None)


def setting(value: Any) -> Any:
    """A parameter of a request: text that holds a number, a flag or JSON is read."""
    if not isinstance(value, str):
        return value
    found: Any = storable(number(value))  # 30 digits are no number that can be kept
    if found is None and value[:1] in ("t", "T", "f", "F"):
        found = flag(value)
    if found is None:
        held = parsed(value)
        found = text(value) if isinstance(held, str) else storable(held)
    return found


@remembered
def settings(value: Any) -> JsonObject | None:
    """All parameters of a request as one mapping, without those that are not set."""
    found = mapping(value)
    return {key: item for key, item in found.items() if item is not None} if found else None


def paid_tier(value: Any) -> str | None:
    """A provider's service tier where it changes the price."""
    tier = text(value)
    return None if tier in _ORDINARY_TIERS else tier


def definitions(value: Any) -> tuple[JsonObject, ...] | None:
    """Tool definitions: a list of JSON objects, or of objects in JSON text."""
    items = value if isinstance(value, list) else [value]
    return tuple([tool for item in items for tool in _tools(item)]) or None


@remembered
def _tools(value: Any) -> list[JsonObject]:
    """The tools that one value holds."""
    found = parsed(value)
    return [tool for item in (found if isinstance(found, list) else [found]) if (tool := mapping(item))]


def offered_tools(value: Any) -> tuple[JsonObject, ...] | None:
    """The tools in the request of any API."""
    if isinstance(value, str) and "tools" not in value:  # most have none: not decoded a second time
        return None
    body = parsed(value)
    return definitions(body["tools"]) if isinstance(body, dict) and body.get("tools") else None


def dollars(value: Any) -> int | None:
    """A cost in dollars, or the total of an itemised one (the sum where none is given), in nano-dollars."""
    items = mapping(value)
    if not items:
        return nanousd(value)
    total = nanousd(first(items, ("total", "total_cost")))
    costs = [nanousd(item) for name, item in items.items() if name in _ITEMS]
    return sum([cost for cost in costs if cost is not None]) if total is None and any(costs) else total


def refusal(value: Any) -> bool | None:
    """Whether a model refused: a flag, or the text of the refusal."""
    truth = flag(value)
    return truth if truth is not None else (text(value) is not None or None)


def lines(value: Any) -> str | None:
    """The texts of a list, or the one text, a line each; each may be JSON of itself."""
    found = parsed(value)
    said = [as_json(parsed(item)) for item in (found if isinstance(found, list) else [found])]
    return "\n".join([line for line in said if line]) or None


def entry(name: str) -> Callable[[Any], str | None]:
    """A reader of what an object, or the first object of a list, has under ``name``."""

    def read(value: Any) -> str | None:
        found = parsed(value)
        items = found if isinstance(found, list) else [found]
        return text(items[0].get(name)) if items and isinstance(items[0], dict) else None

    return read
