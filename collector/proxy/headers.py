"""Headers on their way through: which are passed on, which are ours, and which hold credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from llmwatch.collector.inflating import ENCODINGS

Headers: TypeAlias = list[tuple[bytes, bytes]]
"""Names in lower case."""

_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
"""Of one connection only (RFC 9110, 7.6.1)."""
_OURS: Final = _HOP | {b"host", b"content-length", b"expect"}
"""Of a request; what is left of these is written anew for the provider's connection."""
_SERVERS: Final = _HOP | {b"date"}
"""Of an answer; uvicorn writes its own date."""

_KEYS: Final = frozenset({
    b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"helicone-auth", b"proxy-authorization",
})  # fmt: skip
_KEY_PARAMETERS: Final = frozenset({"key", "api_key", "api-key", "access_token"})
_SHORTEST_KEY: Final = 8
"""Shorter ones are placeholders ("x", "none") and would hide words that were said."""
_WEIGHT: Final = re.compile(rb"\s*;.*$")


def asked(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers of a request as the provider gets them.

    Encodings of answers that cannot be read are not offered to it (brotli): the recorded call would be blank.
    """
    return [
        (name, b", ".join(_readable(value)) or b"identity" if name == b"accept-encoding" else value)
        for name, value in _passed(headers, _OURS)
        if not name.startswith(b"helicone-")
    ]


def answered(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers of an answer as the client gets them."""
    return list(_passed(((name.lower(), value) for name, value in headers), _SERVERS))


def value_of(headers: Headers, name: bytes) -> str | None:
    """The value of a header as text, None when it is missing or empty."""
    found = next((value for key, value in headers if key == name), b"")
    return found.decode("utf-8", "replace").strip() or None


def credentials(headers: Headers, query: bytes) -> tuple[str, ...]:
    """What must never be stored of a request: its keys, without the scheme before them."""
    said = [value.decode("utf-8", "replace") for name, value in headers if name in _KEYS]
    found = [value.split(None, 1)[-1].strip() for value in said if value.strip()]
    found += [value for name, value in parse_qsl(query.decode("latin-1")) if name in _KEY_PARAMETERS]
    return tuple(sorted({key for key in found if len(key) >= _SHORTEST_KEY}, key=len, reverse=True))


def _passed(
    headers: Iterable[tuple[bytes, bytes]], kept_back: frozenset[bytes]
) -> Iterator[tuple[bytes, bytes]]:
    listed = list(headers)
    named = b",".join(value for name, value in listed if name == b"connection").lower()
    hop = kept_back | {name.strip() for name in named.split(b",")}
    return ((name, value) for name, value in listed if name not in hop)


def _readable(accepted: bytes) -> Iterator[bytes]:
    for choice in accepted.split(b","):
        coding = _WEIGHT.sub(b"", choice).strip().lower().decode("latin-1")
        if coding in ENCODINGS or coding == "identity":
            yield choice.strip()
