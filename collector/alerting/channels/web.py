"""Channels over HTTP: Slack's incoming webhooks, and any address that takes JSON.

No redirect is followed, and of an answer only the beginning is read.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from llmwatch.collector.alerting.channels.secret import address_from_environment, from_environment, without
from llmwatch.collector.alerting.message import Message
from llmwatch.config.alerts import SlackConfig, WebhookConfig
from llmwatch.errors import DeliveryError
from llmwatch.neutral import neutral_line
from llmwatch.providers.errors import UnreachableError
from llmwatch.providers.http import post

_TIMEOUT_S: Final = 10.0
_SHOWN: Final = 120
_TRY_AGAIN: Final = (408, 425, 429)
_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
"""What Slack asks to be escaped; it keeps a feature named ``<!channel>`` from waking everybody."""


def slack(config: SlackConfig) -> Callable[[Message], Awaitable[None]]:
    """A sender to an incoming webhook of Slack."""

    async def send(message: Message) -> None:
        mark = "white_check_mark" if message.event == "resolved" else "rotating_light"
        title, text = message.type.translate(_ESCAPES), message.text.translate(_ESCAPES)
        over = " resolved" if message.event == "resolved" else ""
        body = {"text": f":{mark}: *{title}*{over}\n{text}", "channel": config.channel}
        await deliver(address_from_environment(config.webhook_env), msgspec.json.encode(body), {})

    return send


def webhook(config: WebhookConfig) -> Callable[[Message], Awaitable[None]]:
    """A sender of JSON to an address, signed when there is a secret."""

    async def send(message: Message) -> None:
        body, secret = message.json(), ""
        headers = {}
        if config.secret_env is not None:
            secret = from_environment(config.secret_env)
            digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Llmwatch-Signature"] = f"sha256={digest}"
        await deliver(address_from_environment(config.webhook_env), body, headers, secret)

    return send


async def deliver(url: str, body: bytes, headers: Mapping[str, str], *secrets: str) -> None:
    """POST ``body`` to ``url``, both of which are secret.

    Raises:
        DeliveryError: Nothing answered, or not with 2xx. It lasts when sending it again is of no use.
    """
    try:
        status, said = await post(url, body, headers, timeout_s=_TIMEOUT_S)
    except UnreachableError as error:
        raise DeliveryError(without(f"no answer: {error}", url, *secrets)) from None
    if not 200 <= status < 300:
        shown = neutral_line(without(said, url, *secrets), _SHOWN)
        raise DeliveryError(
            f"HTTP {status}{f': {shown}' if shown else ''}",
            lasting=300 <= status < 500 and status not in _TRY_AGAIN,
        )
