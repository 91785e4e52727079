"""Fetching a price list: https, our own machine, or a file; bounded, and nothing followed elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from llmwatch.errors import PriceListError
from llmwatch.providers.booksource import LARGEST

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TIMEOUT_S: Final = 20.0
"""Longest silence."""
_AT_MOST_S: Final = 120.0
_OFFLINE: Final = "The list that is in use stays. Without a network: llmwatch prices update --from FILE"


def fetched(source: str) -> tuple[bytes, str]:
    """The bytes of a list, and what to call where they came from: an address, or a file's name.

    Raises:
        PriceListError: It cannot be reached or read, is too long, or is not allowed.
    """
    if urlsplit(source).scheme.lower() in ("http", "https"):
        return _from_url(source), _named(source)
    path = Path(source.removeprefix("file://")).expanduser()
    return _from_file(path), path.name


def _from_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise _too_long(str(path))
        return path.read_bytes()
    except OSError as error:
        raise PriceListError(f"{path} cannot be read: {error.strerror}") from error


def _from_url(url: str) -> bytes:
    import httpx  # noqa: PLC0415 - 79 ms

    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None or not parts.hostname:
        raise PriceListError("The address of a price list has a host, and no user name or password")
    if parts.scheme.lower() != "https" and parts.hostname not in _LOOPBACK:
        raise PriceListError(
            f"{_named(url)} is not encrypted: whoever is in between could change prices", hint="Use https."
        )
    shown, body, end = _named(url), bytearray(), time.monotonic() + _AT_MOST_S
    try:
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=_TIMEOUT_S) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise PriceListError(f"{shown} answers HTTP {response.status_code}", hint=_OFFLINE)
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise _too_long(shown)
                if time.monotonic() > end:
                    raise PriceListError(f"{shown} takes longer than {_AT_MOST_S:.0f} s", hint=_OFFLINE)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        said = str(error) or type(error).__name__
        raise PriceListError(f"{shown} cannot be reached: {said}", hint=_OFFLINE) from error
    return bytes(body)


def _named(url: str) -> str:
    """An address without its query, which may hold a key."""
    return url.partition("?")[0]


def _too_long(source: str) -> PriceListError:
    return PriceListError(f"{source} is longer than {LARGEST >> 20} MiB, which no price list is")
