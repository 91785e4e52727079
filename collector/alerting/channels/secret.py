"""Addresses and keys of channels: from the environment when they are needed, and in no error."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from llmwatch.errors import DeliveryError


def from_environment(variable: str) -> str:
    """The value of an environment variable.

    Raises:
        DeliveryError: It is not set.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise DeliveryError(f"{variable} is not set", lasting=True)
    return value


def address_from_environment(variable: str) -> str:
    """The http or https address that an environment variable holds. Raises DeliveryError when it is none."""
    value = from_environment(variable)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not (value.isascii() and value.isprintable() and " " not in value):
        raise DeliveryError(f"{variable} holds no http or https address", lasting=True)
    return value


def without(text: str, *secrets: str) -> str:
    """``text`` with ``secrets`` taken out: a server may repeat what it was sent."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "[key]")
    return text
