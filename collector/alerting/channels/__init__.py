"""The ways to tell somebody: each a module with a function that sends one message, or says why it cannot."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from llmwatch.collector.alerting.channels import desktop, log
from llmwatch.collector.alerting.message import Message
from llmwatch.config.alerts import AlertsConfig

Send: TypeAlias = Callable[[Message], Awaitable[None]]
"""Tells one message. Raises DeliveryError, whose text holds no address and no key."""

_ALWAYS: Final[Mapping[str, Send]] = {"log": log.send, "desktop": desktop.send}
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "slack": ("web", "slack"),
    "webhook": ("web", "webhook"),
    "pagerduty": ("pagerduty", "pagerduty"),
    "email": ("mail", "mail"),
    "command": ("command", "command"),
    "python": ("function", "function"),
    "apprise": ("notify", "notify"),
}
"""Module here and function in it, by kind: those that nobody has configured are not imported."""


def channels(config: AlertsConfig) -> dict[str, Send]:
    """Every channel of ``config`` by its name."""
    found = dict(_ALWAYS)
    for kind, (module, name) in _KINDS.items():
        for channel, settings in getattr(config, kind).items():
            make = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            found[f"{kind}.{channel}"] = make(settings)
    return found
