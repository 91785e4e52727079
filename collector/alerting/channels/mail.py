"""E-mail by SMTP, in a thread."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Final

from llmwatch.collector.alerting.channels.secret import from_environment, without
from llmwatch.collector.alerting.message import Message
from llmwatch.config.alerts import EmailConfig
from llmwatch.errors import DeliveryError
from llmwatch.neutral import neutral_line

_TIMEOUT_S: Final = 20.0
_SHOWN: Final = 200


def mail(config: EmailConfig) -> Callable[[Message], Awaitable[None]]:
    """A sender of one letter a message."""

    async def send(message: Message) -> None:
        password = from_environment(config.password_env) if config.password_env else ""
        try:
            await asyncio.to_thread(_send, config, letter(config, message), password)
        except (OSError, smtplib.SMTPException) as error:
            said = neutral_line(without(str(error), password), _SHOWN)
            lasting = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPRecipientsRefused)
            raise DeliveryError(f"{type(error).__name__}: {said}", lasting=lasting) from None

    return send


def letter(config: EmailConfig, message: Message) -> EmailMessage:
    """``message`` as a letter."""
    made = EmailMessage()
    made["From"], made["To"] = config.sender, ", ".join(config.to)
    made["Subject"] = f"[llmwatch] {message.line}"
    traces = "".join(f"\n  {trace}" for trace in message.traces)
    made.set_content(
        f"{message.line}\n\nTraces behind it: {message.filter}{traces}\n" if message.filter else message.line
    )
    return made


def _send(config: EmailConfig, made: EmailMessage, password: str) -> None:
    with smtplib.SMTP(config.host, config.port, timeout=_TIMEOUT_S) as server:
        if config.starttls:
            server.starttls(context=ssl.create_default_context())
        if config.user is not None and password:
            if not config.starttls:
                raise smtplib.SMTPException("a password is not sent without encryption: set starttls")
            server.login(config.user, password)
        server.send_message(made)
