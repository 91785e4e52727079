"""Any service that apprise knows; apprise comes with ``llmwatch[notify]``."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable

from llmwatch.collector.alerting.channels.secret import from_environment
from llmwatch.collector.alerting.message import Message
from llmwatch.config.alerts import AppriseConfig
from llmwatch.errors import DeliveryError


def notify(config: AppriseConfig) -> Callable[[Message], Awaitable[None]]:
    """A sender to the service that an apprise URL names."""

    async def send(message: Message) -> None:
        await asyncio.to_thread(_notify, from_environment(config.url_env), config.url_env, message)

    return send


def _notify(url: str, variable: str, message: Message) -> None:
    try:
        apprise = importlib.import_module("apprise")
    except ModuleNotFoundError as error:
        raise DeliveryError(
            "apprise is not installed", lasting=True, hint='Install it: pip install "llmwatch[notify]"'
        ) from error
    service = apprise.Apprise()
    if not service.add(url):
        raise DeliveryError(f"{variable} holds no address that apprise knows", lasting=True)
    if not service.notify(title=f"llmwatch: {message.type}", body=message.text):
        raise DeliveryError("apprise could not deliver it")
