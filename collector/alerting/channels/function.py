"""A Python function of the user's own, called in a thread."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable

import msgspec

from llmwatch.collector.alerting.message import Message
from llmwatch.config.alerts import PythonConfig
from llmwatch.errors import DeliveryError
from llmwatch.neutral import neutral_line


def function(config: PythonConfig) -> Callable[[Message], Awaitable[None]]:
    """A sender that calls ``module:function`` with the alert as a dict."""

    async def send(message: Message) -> None:
        try:
            await asyncio.to_thread(_call, config.function, msgspec.json.decode(message.json()))
        except Exception as error:
            said = neutral_line(f"{config.function}: {type(error).__name__}: {error}", 200)
            raise DeliveryError(said, lasting=isinstance(error, ImportError | AttributeError)) from error

    return send


def _call(place: str, alert: dict[str, object]) -> None:
    module, _, name = place.partition(":")
    getattr(importlib.import_module(module), name)(alert)
