"""Where replays may go: the endpoints of the configuration, and nothing a span says.

A key is read from the environment at the moment of sending and belongs to its endpoint's origin; an
`Endpoint` holds only the variable's name, so neither its repr nor a record of it can show a key.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from llmwatch.config import Config, ProviderApi, ProviderConfig
from llmwatch.errors import ConfigError
from llmwatch.providers.errors import KeyMissingError
from llmwatch.providers.prices import Prices

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One destination from the user's configuration."""

    name: str
    api: ProviderApi
    base_url: str
    """Without a trailing slash."""
    key_env: str | None
    free: bool
    timeout_s: float
    prices: Prices = field(default_factory=Prices, repr=False, compare=False)
    """What its calls cost, unless it is free."""

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a key is bound to, and what the user is shown before sending."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def encrypted(self) -> bool:
        """False when prompt and key would cross a network in clear text."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "https" or parts.hostname in _LOOPBACK

    @property
    def ready(self) -> bool:
        """Whether nothing is known to be missing: it wants no key, or its key is set."""
        return self.key_env is None or bool(os.environ.get(self.key_env))

    def key(self) -> str | None:
        """The key from the environment; None when the endpoint wants none.

        Raises:
            KeyMissingError: The variable is not set, or its value cannot be sent in a header.
        """
        if self.key_env is None:
            return None
        key = os.environ.get(self.key_env, "").strip()
        if not key:
            raise KeyMissingError(
                f"{self.name} needs a key and {self.key_env} is not set",
                hint=f"Set {self.key_env} and start llmwatch again, or choose another provider.",
            )
        if not (key.isascii() and key.isprintable()):
            raise KeyMissingError(
                f"The value of {self.key_env} cannot be a key: it has characters that no header may carry",
                hint=f"Set {self.key_env} to the key alone, without quotes or line breaks.",
            )
        return key

    def redact(self, text: str) -> str:
        """``text`` with this endpoint's key taken out: a provider may repeat what it was sent."""
        secret = os.environ.get(self.key_env, "").strip() if self.key_env else ""
        return text.replace(secret, "[key]") if secret else text


def endpoints(config: Config) -> tuple[Endpoint, ...]:
    """Every endpoint of ``config``, in its order.

    Raises:
        ConfigError: A base_url is not an http or https address, or carries a user name or password.
    """
    prices = Prices(config.prices)
    return tuple(replace(endpoint(name, given), prices=prices) for name, given in config.providers.items())


def endpoint(name: str, provider: ProviderConfig) -> Endpoint:
    """The endpoint that ``providers.NAME`` configures. Raises ConfigError as `endpoints` does."""
    return Endpoint(
        name=name, api=provider.api, base_url=_checked(name, provider.base_url),
        key_env=provider.api_key_env, free=provider.free, timeout_s=provider.timeout_s,
    )  # fmt: skip


def choose(available: Sequence[Endpoint], provider: str | None, api: ProviderApi | None = None) -> Endpoint:
    """The endpoint to offer first for a call that ``provider`` (gen_ai.provider.name) answered.

    The one of that name, else one of that provider's API (``api`` where the recording says which), those
    that are ready first; else the first ready one. ``provider`` only picks among ``available``: it is
    never an address.
    """
    said = (provider or "").lower()
    wanted = _ALIASES.get(said, said)
    apis = {e.api for e in available if e.name == wanted}

    def distance(endpoint: Endpoint) -> tuple[bool, bool, bool]:
        return api not in (None, endpoint.api), endpoint.name != wanted, not endpoint.ready

    related = [e for e in available if e.name == wanted or e.api == api or e.api in apis]
    ready = [e for e in available if e.ready]
    return min(related, key=distance) if related else (ready or available)[0]


_ALIASES = {
    "gcp.gemini": "gemini", "google": "gemini", "google_genai": "gemini", "gcp.vertex_ai": "gemini",
    "vertex_ai": "gemini", "gcp.gen_ai": "gemini",
}  # fmt: skip


def _checked(name: str, base_url: str) -> str:
    """``base_url`` without its trailing slash. Messages never show it: it might hold a password."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ConfigError(
            f"providers.{name}.base_url is not an address to build on",
            hint="It looks like https://api.example.com/v1",
        )
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"providers.{name}.base_url carries a user name or a password",
            hint="Name an environment variable in api_key_env instead.",
        )
    return base_url.rstrip("/")
