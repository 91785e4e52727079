"""The log: one line, ``ALERT [TYPE]: message``."""

from __future__ import annotations

import logging

from llmwatch.collector.alerting.message import Message

_log = logging.getLogger("llmwatch.alerts")


async def send(message: Message) -> None:
    """Log ``message``: a warning while it fires, else only that it was so."""
    _log.log(logging.INFO if message.event == "resolved" else logging.WARNING, "%s", message.line)
