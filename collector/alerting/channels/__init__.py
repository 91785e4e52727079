"""The ways to tell somebody: each a module with a function that sends one message, or says why it cannot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from llmwatch.alertconfig import AlertsConfig
from llmwatch.collector.alerting.channels import command, desktop, function, log, mail, notify, pagerduty, web
from llmwatch.collector.alerting.message import Message

Send: TypeAlias = Callable[[Message], Awaitable[None]]
"""Tells one message. Raises DeliveryError, whose text holds no address and no key."""

_ALWAYS: Final[Mapping[str, Send]] = {"log": log.send, "desktop": desktop.send}
_KINDS: Final[Mapping[str, Callable[[Any], Send]]] = {
    "slack": web.slack,
    "webhook": web.webhook,
    "pagerduty": pagerduty.pagerduty,
    "email": mail.mail,
    "command": command.command,
    "python": function.function,
    "apprise": notify.notify,
}


def channels(config: AlertsConfig) -> dict[str, Send]:
    """Every channel of ``config`` by its name."""
    found = dict(_ALWAYS)
    for kind, make in _KINDS.items():
        for name, settings in getattr(config, kind).items():
            found[f"{kind}.{name}"] = make(settings)
    return found
