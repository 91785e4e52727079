"""The alerts' part of the configuration file with all defaults, as ``llmwatch alerts config`` prints it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from llmwatch.analysis.alerts.kinds import KINDS
from llmwatch.config.alerts import DEFAULT_RULES, AlertsConfig, RuleConfig

_PLAIN: Final = ("enabled", "cooldown", "tier1", "tier2", "tier3", "digest_at")
_CHANNELS: Final = """\
# Channels: addresses and keys are in environment variables, which are named here.
#
# [alerts.slack.team]            # tier1 = ["log", "slack.team"]
# webhook_env = "SLACK_WEBHOOK"
# channel = "#llm-alerts"
#
# [alerts.webhook.ops]
# webhook_env = "OPS_WEBHOOK"
# secret_env = "OPS_SECRET"      # bodies are signed with it
#
# [alerts.pagerduty.oncall]
# key_env = "PAGERDUTY_KEY"
#
# [alerts.email.me]
# host = "smtp.example.com"
# sender = "llmwatch@example.com"
# to = ["me@example.com"]
# user = "llmwatch"
# password_env = "SMTP_PASSWORD"
#
# [alerts.command.mine]
# command = ["/usr/local/bin/on-alert", "--from=llmwatch"]
#
# [alerts.python.mine]
# function = "my_module:on_alert"
#
# [alerts.apprise.phone]         # pip install "llmwatch[notify]"
# url_env = "APPRISE_URL"
#
# Another rule like a built-in one, for a slice of the traffic:
#
# [alerts.rules."error_rate.chat"]
# rule = "error_rate"
# match = {feature = "chat"}     # or: by = "feature"
# threshold = 0.02
"""


def default_file() -> str:
    """The text: TOML that says what counts without it."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    usual = AlertsConfig()
    yield "[alerts]"
    for name in _PLAIN:
        yield f"{name} = {_toml(getattr(usual, name))}"
    yield ""
    yield _CHANNELS
    for name, rule in DEFAULT_RULES.items():
        yield from textwrap.wrap(KINDS[name].about, 98, initial_indent="# ", subsequent_indent="# ")
        yield f"[alerts.rules.{name}]"
        for field in fields(RuleConfig):
            value = getattr(rule, field.name)
            if field.name not in ("rule", "match") and value is not None:
                yield f"{field.name} = {_toml(value)}"
        yield ""


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return (
        f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    )
