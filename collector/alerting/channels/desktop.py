"""A notification on the desktop: notify-send where there is one, osascript on a Mac."""

from __future__ import annotations

import shutil
from typing import Final

from llmwatch.collector.alerting.channels.command import run
from llmwatch.collector.alerting.message import Message
from llmwatch.errors import DeliveryError

_TIMEOUT_S: Final = 10.0
_URGENCY: Final = {"CRIT": "critical", "WARN": "normal", "INFO": "low"}
_SCRIPT: Final = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
"""The texts are arguments, so nothing in them is run."""
_MARKUP: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


async def send(message: Message) -> None:
    """Show ``message``."""
    title, text = f"llmwatch: {message.type}", message.text
    if message.event == "resolved":
        title += " resolved"
    if shutil.which("notify-send"):
        urgency = f"--urgency={_URGENCY[message.level]}"
        await run(
            ("notify-send", "--app-name=llmwatch", urgency, "--", title, text.translate(_MARKUP)), _TIMEOUT_S
        )
    elif shutil.which("osascript"):
        script = [part for line in _SCRIPT for part in ("-e", line)]
        await run(("osascript", *script, title, text), _TIMEOUT_S)
    else:
        raise DeliveryError("there is neither notify-send nor osascript here", lasting=True)
