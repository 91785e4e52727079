"""Addresses of this machine, and how they are written."""

from __future__ import annotations

import re
from typing import Final

from llmwatch.errors import UsageError

_LOOPBACK: Final = re.compile(r"localhost|::1|127(\.\d{1,3}){3}")  # ipaddress takes 6 ms to import


def need_loopback(host: str) -> None:
    """Let only addresses pass that no other machine can reach.

    Raises:
        UsageError: ``host`` is another one.
    """
    if not _LOOPBACK.fullmatch(host):
        raise UsageError(
            f"{host or 'every address'} is open to other machines, and there is no authentication yet",
            hint="Use 127.0.0.1; reach it from elsewhere through an SSH tunnel (ssh -L 4318:127.0.0.1:4318).",
        )


def bracketed(host: str) -> str:
    """``host`` as it stands in a URL: an IPv6 address goes in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def origin(host: str, port: int) -> str:
    """The URL of a server that listens there."""
    return f"http://{bracketed(host)}:{port}"
