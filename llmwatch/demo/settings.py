"""The demo's configuration: budgets, a judge, alerts that come soon, and the stub as every provider."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Final

from llmwatch.config import Config, ProviderApi, parse
from llmwatch.demo.timeline import daily_budget_usd, hourly_budget_usd

_PROVIDERS: Final[tuple[tuple[str, ProviderApi, str], ...]] = (
    ("openai", "openai-chat", "/v1"),
    ("openai-responses", "openai-responses", "/v1"),
    ("anthropic", "anthropic", ""),
    ("gemini", "gemini", ""),
    ("ollama", "ollama", ""),
    ("vllm", "openai-chat", "/v1"),
)
_MONTHS_DAYS: Final = 25
_RULES: Final = """
[budgets.free]
limit_usd = 0.02
by = "user"
match = { segment = "free" }

[budgets.tokens]
limit_tokens = 100_000
period = "minute"

[judge]
endpoint = "openai"
daily_usd = 0.25
sample_rate = 0.3
short_chars = 0

[alerts.rules.latency_p95]
by = "feature"

[alerts.rules.prompt_drift]
enabled = false

[alerts.rules.refusals]
enabled = false

[alerts.rules.error_rate]
window = "2m"
hold = "20s"
min_samples = 20
"""
"""Alerts fire within the first minutes: nobody watches a demo for an hour. Those are off that made-up hours,
thinner than what follows, would set off."""


def toml(stub: str, opened_ns: int) -> str:
    """The configuration of a demo that is opened at ``opened_ns``, with the stub at origin ``stub``."""
    daily_usd = daily_budget_usd(opened_ns)
    budgets = (
        f"[budget]\ndaily_usd = {daily_usd}\nmonthly_usd = {round(daily_usd * _MONTHS_DAYS)}\n"
        f"[budgets.hourly]\nlimit_usd = {hourly_budget_usd(opened_ns)}\nperiod = 'hour'\n"
    )
    providers = "".join(
        f"[providers.{name}]\napi = '{api}'\nbase_url = '{stub}{path}'\n" for name, api, path in _PROVIDERS
    )
    return f"{budgets}{_RULES}{providers}"


def settings(user: Config, text: str) -> Config:
    """The configuration ``text``, with the screen and the keys of ``user``."""
    return replace(parse(tomllib.loads(text), "the demo"), tui=user.tui, keys=user.keys)
