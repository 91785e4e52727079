"""Addresses in an answer that may be made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from llmwatch.config.evals import UrlConfig
from llmwatch.evals.answer import Answer

_STARTS: Final = ("https://", "http://", "www.")
_REST: Final = re.compile(r"[^\s<>\"'`\])}]+")
_HOST: Final = re.compile(r"(?:https?://)?(?:www\.)?([^/:?#]+)")
_HARMLESS: Final = frozenset({"localhost", "127.0.0.1", "example.com", "example.org", "example.net"})
_MAX_URLS: Final = 50


def suspicious(answer: Answer, config: UrlConfig) -> str | None:
    """An address that was in nothing the model was given, or any; None when there is none.

    Hosts that are allowed, and those that stand for any host, are in order. With ``any`` the latter are not.
    """
    if "://" not in answer.lower and "www." not in answer.lower:
        return None
    urls = dict.fromkeys(url.rstrip(".,;:!?*_/") for url in islice(_urls(answer.lower), _MAX_URLS))
    anywhere = config.suspect == "any"
    harmless = frozenset() if anywhere else _HARMLESS
    unknown = [url for url in urls if not _allowed(url, config.allow, harmless)]
    if not unknown or anywhere:
        return next(iter(unknown), None)
    context = answer.context().lower()
    return next((url for url in unknown if url not in context), None)


def _allowed(url: str, allow: tuple[str, ...], harmless: frozenset[str]) -> bool:
    host = found[1] if (found := _HOST.match(url)) else ""
    return host in harmless or any(
        host == name or host.endswith(f".{name}") for name in map(str.lower, allow)
    )


def _urls(text: str) -> Iterator[str]:
    # Plain searches for the starts: a regular expression takes ten times as long on a long answer.
    for start in _STARTS:
        position = text.find(start)
        while position >= 0:
            if rest := _REST.match(text, position + len(start)):
                yield start + rest[0]
            position = text.find(start, position + len(start))
