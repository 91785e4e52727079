"""PagerDuty's Events API v2: https://developer.pagerduty.com/docs/send-alert-event."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from llmwatch.collector.alerting.channels.secret import from_environment
from llmwatch.collector.alerting.channels.web import deliver
from llmwatch.collector.alerting.message import Message
from llmwatch.config.alerts import PagerDutyConfig

ADDRESSES: Final[Mapping[str, str]] = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
_SEVERITIES: Final = {"CRIT": "critical", "WARN": "warning", "INFO": "info"}
_SUMMARY: Final = 1024
"""The longest summary that is taken."""


def pagerduty(config: PagerDutyConfig) -> Callable[[Message], Awaitable[None]]:
    """A sender that triggers incidents, and resolves them. A test is triggered and resolved at once."""

    async def send(message: Message) -> None:
        key = from_environment(config.key_env)
        actions = {"resolved": ("resolve",), "test": ("trigger", "resolve")}.get(message.event, ("trigger",))
        for action in actions:
            body = msgspec.json.encode(event(message, action, key))
            await deliver(ADDRESSES[config.region], body, {}, key)

    return send


def event(message: Message, action: str, key: str) -> dict[str, object]:
    """The body of an event. What belongs together has one deduplication key."""
    body: dict[str, object] = {
        "routing_key": key,
        "event_action": action,
        "dedup_key": f"llmwatch-{hashlib.sha256(message.key.encode()).hexdigest()[:32]}",
    }
    if action == "trigger":
        payload: dict[str, object] = {
            "summary": message.line[:_SUMMARY],
            "source": "llmwatch",
            "severity": _SEVERITIES[message.level],
            "class": message.rule,
            "custom_details": msgspec.json.decode(message.json()),
        }
        if message.fired_ns is not None:
            payload["timestamp"] = datetime.fromtimestamp(message.fired_ns / 1e9, UTC).isoformat()
        body["payload"] = payload
    return body
