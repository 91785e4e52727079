"""The configuration: one TOML file, every key optional, every default written here.

A key that does not exist is an error that names the nearest one that does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from llmwatch.config.alerts import AlertsConfig, check_alerts, inherited_rules
from llmwatch.config.budgets import Enforce, LoopConfig, NamedBudgetConfig, OnFailure, check_budget
from llmwatch.config.evals import HeuristicsConfig, JudgeConfig, inherited
from llmwatch.config.prices import PriceConfig, check_prices
from llmwatch.config.reading import build
from llmwatch.errors import ConfigError

ProviderApi: TypeAlias = Literal["openai-chat", "openai-responses", "anthropic", "ollama", "gemini"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorConfig:
    """Where spans come in, and what is too much."""

    host: str = "127.0.0.1"
    """Address to listen on. Anything but loopback is refused: there is no authentication yet."""
    port: int = 4318
    """OTLP's own port, so that most instrumented apps need no configuration."""
    grpc_port: int = 4317
    """Port for OTLP over gRPC, with the extra ``llmwatch[grpc]``; 0 for none. When another program has it,
    the collector goes on without."""
    follow: tuple[str, ...] = ()
    """Files of JSON lines to read as they grow, and folders of them (names with ``.jsonl``, ``.ndjson``,
    ``.json`` or ``.log``): spans as ``POST /api/spans`` takes them, or OTLP as the OpenTelemetry Collector's
    file exporter writes it. Rotated and truncated files are handled; compressed ones are left alone."""
    allowed_hosts: tuple[str, ...] = ()
    """Names beside localhost, 127.0.0.1 and [::1] that a request's Host header may carry."""
    allowed_origins: tuple[str, ...] = ()
    """Browser origins that may post spans, e.g. ``http://localhost:3000``. None by default."""
    max_body_mib: int = 64
    """Largest request body, after decompression (the OTLP specification's recommendation)."""
    max_value_kib: int = 1024
    """Longest text of one attribute or message part; the rest is cut and the cut is shown."""
    queue_spans: int = 20_000
    """Spans that may wait to be written; past that senders are told to try again."""
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """FULL survives a power cut at each acknowledgement; NORMAL survives a crash of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetConfig:
    """What may be spent. Without a number there is no budget and no bar."""

    daily_usd: float | None = None
    """Dollars a day."""
    monthly_usd: float | None = None
    """Dollars a month."""
    warn_at: float = 0.8
    """Share of a budget from which the status is WARN; at 1 it is CRIT."""
    timezone: str = "UTC"
    """Where a day begins and ends, e.g. ``Europe/Berlin``; for every budget."""
    enforce: Enforce = "off"
    """``block``: once a budget is used up the proxy answers 429 and ``llmwatch.guard()`` raises; ``warn``:
    they only say that they would."""
    on_failure: OnFailure = "open"
    """Whether a call goes through (``open``) or not (``closed``) when its cost or what has been spent cannot
    be known: a model without a price, a database in trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    """When the status is WARN and when CRIT."""

    window_minutes: int = 15
    """How far back the status row looks."""
    min_calls: int = 10
    """Fewer calls than this in the window are never WARN or CRIT, except for a budget."""
    error_rate_warn: float = 0.02
    """Share of failed LLM calls."""
    error_rate_crit: float = 0.05
    """Share of failed LLM calls."""
    latency_p95_warn_s: float = 5.0
    """95th percentile of LLM calls' duration, seconds."""
    latency_p95_crit_s: float = 30.0
    """95th percentile of LLM calls' duration, seconds."""
    first_chunk_p95_warn_s: float = 5.0
    """95th percentile of the time to first token, seconds."""
    first_chunk_p95_crit_s: float = 60.0
    """95th percentile of the time to first token, seconds."""
    heuristic_pass_warn: float = 0.95
    """Share of answers that pass every heuristic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """An endpoint that calls may be passed on to or replayed against. The only destinations there are."""

    api: ProviderApi
    """Which protocol it speaks."""
    base_url: str
    """Up to and without the operation, e.g. ``https://api.openai.com/v1``."""
    api_key_env: str | None = None
    """Environment variable that holds the key; it is sent to this base_url's origin only."""
    free: bool = False
    """Calls cost nothing (a local model), so they are priced at $0 rather than unpriced."""
    timeout_s: float = 120.0
    """Longest silence of the provider before the replay is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfig:
    """Where model calls go whose path names no provider; ``/proxy/NAME/…`` goes to ``providers.NAME``."""

    openai: str = "openai"
    """The entry of providers for /v1/chat/completions, /v1/responses, /v1/completions and /v1/embeddings."""
    anthropic: str = "anthropic"
    """The entry of providers for /v1/messages."""
    silence_s: float = 600.0
    """Longest silence of a provider before a call is given up with 504; the SDKs' own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TuiConfig:
    """The screen."""

    theme: str = "llmwatch-dark"
    """llmwatch-dark, llmwatch-light, llmwatch-safe (colour-blind), or any of Textual's own."""


_DEFAULT_PROVIDERS: Mapping[str, ProviderConfig] = {
    "openai": ProviderConfig(
        api="openai-chat", base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY"
    ),
    "openai-responses": ProviderConfig(
        api="openai-responses", base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY"
    ),
    "anthropic": ProviderConfig(
        api="anthropic", base_url="https://api.anthropic.com", api_key_env="ANTHROPIC_API_KEY"
    ),
    "gemini": ProviderConfig(
        api="gemini", base_url="https://generativelanguage.googleapis.com", api_key_env="GEMINI_API_KEY"
    ),
    "ollama": ProviderConfig(api="ollama", base_url="http://localhost:11434", free=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration."""

    collector: CollectorConfig = field(default_factory=CollectorConfig)
    budget: BudgetConfig = field(default_factory=BudgetConfig)
    budgets: Mapping[str, NamedBudgetConfig] = field(default_factory=dict)
    """Budgets and quotas by name, beside those of ``[budget]``."""
    loop: LoopConfig = field(default_factory=LoopConfig)
    health: HealthConfig = field(default_factory=HealthConfig)
    heuristics: HeuristicsConfig = field(default_factory=HeuristicsConfig)
    judge: JudgeConfig = field(default_factory=JudgeConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    proxy: ProxyConfig = field(default_factory=ProxyConfig)
    tui: TuiConfig = field(default_factory=TuiConfig)
    providers: Mapping[str, ProviderConfig] = field(default_factory=lambda: dict(_DEFAULT_PROVIDERS))
    """Endpoints by name, added to and overriding the built-in ones."""
    prices: Mapping[str, tuple[PriceConfig, ...]] = field(default_factory=dict)
    """Prices by model, or by pattern (``my-*``): they come before those of any list."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key of a command by its id, e.g. ``replay = "ctrl+r"`` (docs/keys.md lists the ids)."""


def load(path: Path) -> Config:
    """The configuration in ``path``, or the defaults when the file does not exist.

    Raises:
        ConfigError: The file cannot be read, or says something that cannot be used.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    return parse(table, str(path))


def parse(table: Mapping[str, Any], source: str = "configuration") -> Config:
    """The configuration that ``table`` (parsed TOML) describes; ``source`` names it in errors.

    Raises:
        ConfigError: A key does not exist, or a value is of the wrong type or out of range.
    """
    if isinstance(checks := table.get("heuristics"), Mapping):
        table = {**table, "heuristics": inherited(checks)}
    if isinstance(alerts := table.get("alerts"), Mapping):
        table = {**table, "alerts": inherited_rules(alerts, source)}
    config: Config = build(Config, table, source, "")
    merged = {**_DEFAULT_PROVIDERS, **config.providers} if "providers" in table else config.providers
    config = replace(config, providers=merged)
    for key, name in (
        ("proxy.openai", config.proxy.openai),
        ("proxy.anthropic", config.proxy.anthropic),
        ("judge.endpoint", config.judge.endpoint),
    ):
        if name is not None and name not in merged:
            raise ConfigError(
                f"{source}: {key}: no provider is called {name!r}",
                hint=f"Add [providers.{name}], or name one of: {', '.join(sorted(merged))}.",
            )
    if config.judge.sample_rate > 1:
        raise ConfigError(f"{source}: judge.sample_rate is a share: at most 1")
    for name, budget in config.budgets.items():
        check_budget(f"{source}: budgets.{name}", name, budget)
    check_prices(source, config.prices)
    check_alerts(source, config.alerts)
    try:
        ZoneInfo(config.budget.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"{source}: budget.timezone: no zone is called {config.budget.timezone!r}",
            hint="Use a name of the IANA database, e.g. Europe/Berlin or America/New_York.",
        ) from error
    return config
