"""Helicone's headers: who asks and for what, and whether to cache and to try again.

Names and defaults are those of Helicone's documentation (header directory, caching, retries, sessions).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from llmwatch.collector.dialects.plainjson import PLAIN_JSON
from llmwatch.collector.dialects.values import flag, number
from llmwatch.collector.proxy.headers import Headers, value_of

_PROPERTY: Final = "helicone-property-"
_NAMED: Final = {
    "session_id": b"helicone-session-id", "user_id": b"helicone-user-id",
    "request_id": b"helicone-request-id", "prompt_name": b"helicone-prompt-id",
    "prompt_version": b"helicone-prompt-version",
}  # fmt: skip
"""Facts of a span's context, and the headers that say them."""

_MAX_AGE: Final = re.compile(r"(?:max-age|s-maxage)\s*=\s*(\d{1,9})", re.IGNORECASE)
_LONGEST_AGE_S: Final = 365 * 86_400
_AGE_S: Final = 7 * 86_400
_MOST_BUCKETS: Final = 20
_MOST_RETRIES: Final = 20
_LONGEST_WAIT_S: Final = 60.0
_DEEPEST: Final = 8


class Caching(NamedTuple):
    """How the answer to a request may be cached."""

    seed: str
    buckets: int
    """So many different answers are kept for the same request, and one of them is given."""
    age_s: int


class Retrying(NamedTuple):
    """How often a call that failed is made again, and after how long."""

    number: int = 0
    factor: float = 2.0
    min_s: float = 1.0
    max_s: float = 10.0

    def wait_s(self, attempt: int, status: int) -> float | None:
        """Before the next attempt, when the one of that number (from 0) was answered so; None for no more."""
        if attempt >= self.number or not (status == 429 or status >= 500):
            return None
        return float(min(self.min_s * self.factor**attempt, self.max_s))


def context_of(headers: Headers) -> dict[str, str]:
    """What the headers say of who asks, by the names that plain JSON has for it.

    A property lands in the metadata, and in a field of the context that has its name (Environment,
    Prompt-Version, App), unless a header of its own says it.
    """
    said = {name: value for name, header in _NAMED.items() if (value := value_of(headers, header))}
    for header, raw in headers:
        name = header.decode("latin-1")
        value = raw.decode("utf-8", "replace").strip()
        if name.startswith(_PROPERTY) and value:
            key = name.removeprefix(_PROPERTY).replace("-", "_")
            said[f"helicone_property_{key}"] = value
            if key in PLAIN_JSON.facts and PLAIN_JSON.facts[key].group == "context":
                said.setdefault(key, value)
    for name in ("session_name", "session_path"):
        if value := value_of(headers, f"helicone-{name.replace('_', '-')}".encode()) or "":
            said[f"helicone_property_{name}"] = value
    return said


def session_path(headers: Headers) -> tuple[str, ...]:
    """The steps of ``/rag/answer``; nothing without a path."""
    path = value_of(headers, b"helicone-session-path") or ""
    return tuple(step for step in path.split("/") if step)[:_DEEPEST]


def caching(headers: Headers) -> Caching | None:
    """Whether the answer may be cached."""
    if not flag(value_of(headers, b"helicone-cache-enabled") or ""):
        return None
    rule = value_of(headers, b"cache-control") or ""
    if "no-store" in rule or "no-cache" in rule:
        return None
    age = _MAX_AGE.search(rule)
    return Caching(
        seed=value_of(headers, b"helicone-cache-seed") or "",
        buckets=int(_amount(headers, b"helicone-cache-bucket-max-size", 1, 1, _MOST_BUCKETS)),
        age_s=min(int(age[1]), _LONGEST_AGE_S) if age else _AGE_S,
    )


def retrying(headers: Headers) -> Retrying:
    """Whether and how to try again."""
    if not flag(value_of(headers, b"helicone-retry-enabled") or ""):
        return Retrying()
    return Retrying(
        number=int(_amount(headers, b"helicone-retry-num", 5, 0, _MOST_RETRIES)),
        factor=_amount(headers, b"helicone-retry-factor", 2, 1, 10),
        min_s=_amount(headers, b"helicone-retry-min-timeout", 1000, 0, _LONGEST_WAIT_S * 1000) / 1000,
        max_s=_amount(headers, b"helicone-retry-max-timeout", 10_000, 0, _LONGEST_WAIT_S * 1000) / 1000,
    )


def _amount(headers: Headers, name: bytes, default: float, least: float, most: float) -> float:
    """A number within bounds; what is none is as if it were not sent."""
    found = number(value_of(headers, name))
    return min(max(float(default if found is None else found), least), most)
