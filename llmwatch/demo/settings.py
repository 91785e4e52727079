"""The demo's configuration: the user's own screen and keys, a budget, and the stub as every provider."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llmwatch.config import BudgetConfig, Config, ProviderApi, ProviderConfig

_PROVIDERS: Final[tuple[tuple[str, ProviderApi, str], ...]] = (
    ("openai", "openai-chat", "/v1"),
    ("openai-responses", "openai-responses", "/v1"),
    ("anthropic", "anthropic", ""),
    ("gemini", "gemini", ""),
    ("ollama", "ollama", ""),
    ("vllm", "openai-chat", "/v1"),
)
_MONTHS_DAYS: Final = 25


def settings(user: Config, stub: str, daily_usd: float) -> Config:
    """``user``'s configuration, with a budget, and with the stub at origin ``stub`` as every provider."""
    return replace(
        user,
        budget=BudgetConfig(daily_usd=daily_usd, monthly_usd=round(daily_usd * _MONTHS_DAYS)),
        providers={name: ProviderConfig(api=api, base_url=stub + path) for name, api, path in _PROVIDERS},
    )


def collector_toml(config: Config) -> str:
    """What of ``config`` the collector needs, as TOML."""
    return f"[budget]\ndaily_usd = {config.budget.daily_usd}\nmonthly_usd = {config.budget.monthly_usd}\n"
