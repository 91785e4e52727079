"""The configuration of alerts: every rule with its defaults, and the channels that tell of them.

A rule's meaning is in llmwatch/analysis/alerts/, under the same name; here are its numbers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import time
from typing import Any, Final, Literal, TypeAlias, get_args

from llmwatch.durations import EXAMPLES, parse_duration
from llmwatch.errors import ConfigError

SliceBy: TypeAlias = Literal[
    "none", "service", "environment", "app_version", "feature", "segment", "prompt_name", "prompt_version",
    "provider", "model", "tool_name", "user",
]  # fmt: skip
NoData: TypeAlias = Literal["resolve", "keep", "fire"]

_MINUTE_NS: Final = 60 * 10**9
_LONGEST_NS: Final = 31 * 24 * 60 * _MINUTE_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfig:
    """When a rule fires. What is not said is as in the built-in rule of that name.

    ``llmwatch alerts config`` prints all of them with what they mean.
    """

    rule: str
    """The built-in rule whose meaning it has, for a second one with other numbers or of a slice."""
    tier: Literal[1, 2, 3]
    """1 tells now, 2 within the hour, 3 in the daily digest."""
    threshold: float
    """What the figure is held against; see the rule for its unit."""
    window: str
    """How far back it looks, e.g. ``5m``."""
    hold: str = "0s"
    """For how long it must be so, without a break, before it fires."""
    min_samples: int = 10
    """Fewer calls, scores or sessions than this in the window say nothing."""
    cooldown: str | None = None
    """How long after its end it does not fire again; ``alerts.cooldown`` when not given."""
    no_data: NoData = "resolve"
    """When there are too few samples: ``resolve`` as if all were well, ``keep`` what fires firing, ``fire``
    because silence is the alarm."""
    by: SliceBy = "none"
    """Held against each value of a dimension on its own, e.g. ``model``."""
    match: Mapping[str, str] = field(default_factory=dict)
    """Only traffic with these values counts, e.g. ``match = {feature = "chat"}``."""
    enabled: bool = True
    """Whether it is looked at at all."""


def _rule(name: str, tier: Literal[1, 2, 3], threshold: float, window: str, **others: Any) -> RuleConfig:
    return RuleConfig(rule=name, tier=tier, threshold=threshold, window=window, **others)


DEFAULT_RULES: Final[Mapping[str, RuleConfig]] = {
    rule.rule: rule
    for rule in (
        _rule("error_rate", 1, 0.05, "5m", hold="5m"),
        _rule("error_burst", 2, 0.2, "15m"),
        _rule("ttft_p99", 1, 60.0, "5m"),
        _rule("latency_p99", 1, 60.0, "5m"),
        _rule("latency_p95", 2, 5.0, "5m"),
        _rule("latency_mean", 2, 2.0, "5m"),
        _rule("safety", 1, 0.0, "15m", min_samples=1),
        _rule("quality_collapse", 1, 0.25, "15m"),
        _rule("cost_per_request", 2, 2.0, "1h"),
        _rule("quality_drop", 2, 0.1, "30m"),
        _rule("quality_samples", 2, 0.3, "30m"),
        _rule("token_quota", 2, 1.0, "1m", min_samples=0),
        _rule("prompt_worse", 2, 0.01, "1d", min_samples=30),
        _rule("budget_warn", 2, 1.0, "1m", min_samples=0),
        _rule("budget_exceeded", 1, 1.0, "1m", min_samples=0),
        _rule("cost_spike", 2, 3.0, "1h"),
        _rule("high_cost", 2, 10.0, "1h", min_samples=0, enabled=False),
        _rule("low_quality", 2, 0.2, "1h"),
        _rule("low_rating", 2, 0.6, "1d", min_samples=5),
        _rule("negative_feedback", 2, 0.15, "1h", min_samples=5),
        _rule("regeneration", 2, 0.1, "30m", min_samples=30),
        _rule("retries", 2, 0.1, "30m", min_samples=30),
        _rule("refusals", 2, 2.0, "30m"),
        _rule("heuristic_pass", 2, 0.95, "15m"),
        _rule("groundedness", 2, 0.8, "1h", min_samples=5),
        _rule("truncation", 2, 0.2, "1h"),
        _rule("prompt_drift", 2, 0.3, "1h"),
        _rule("token_outlier", 3, 2.0, "5m", min_samples=1),
        _rule("session_cost", 2, 10.0, "1d", min_samples=10),
        _rule("request_rate", 2, 3.0, "5m", min_samples=0),
        _rule("retrieval_trend", 3, 0.05, "7d", min_samples=5),
        _rule("new_segment", 3, 0.001, "1d", min_samples=10),
        _rule("experiment", 3, 0.05, "7d", min_samples=30),
        _rule("session_cost_trend", 3, 0.05, "7d", min_samples=5),
        _rule("request_ceiling", 2, 0.1, "15m", hold="5m", min_samples=5),
        _rule("request_cost", 2, 1.0, "5m", min_samples=1),
        _rule("runaway_loop", 2, 0.0, "15m", min_samples=0),
    )
}
"""The built-in rules."""
WHOLE: Final = frozenset(
    {"token_quota", "budget_warn", "budget_exceeded", "session_cost", "new_segment", "prompt_worse",
     "experiment", "session_cost_trend", "low_rating", "quality_samples", "runaway_loop"}
)  # fmt: skip
"""Rules that look at all traffic, each in slices of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig:
    """A Slack channel, by an incoming webhook."""

    webhook_env: str
    """Environment variable that holds the webhook's URL, which is as good as a password."""
    channel: str = "#llm-alerts"
    """Where it is shown; webhooks of Slack apps are bound to a channel and ignore it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """Any HTTP address: alerts are posted as JSON."""

    webhook_env: str
    """Environment variable that holds the URL."""
    secret_env: str | None = None
    """Environment variable that holds a secret: bodies are then signed, ``X-Llmwatch-Signature: sha256=…`` is
    the HMAC of the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyConfig:
    """PagerDuty's Events API v2: an incident is triggered, and resolved when the alert is."""

    key_env: str
    """Environment variable that holds the integration's routing key."""
    region: Literal["us", "eu"] = "us"
    """Where the account lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfig:
    """E-mail, by SMTP."""

    host: str
    """The mail server."""
    sender: str
    """The address it comes from."""
    to: tuple[str, ...]
    """The addresses it goes to."""
    port: int = 587
    """The mail server's port for submission."""
    starttls: bool = True
    """Whether the connection must be encrypted before anything is said; a password is not sent without."""
    user: str | None = None
    """Who logs in; nobody when not given."""
    password_env: str | None = None
    """Environment variable that holds the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandConfig:
    """A program of one's own, started without a shell."""

    command: tuple[str, ...]
    """The program and its arguments. It gets the alert as JSON on stdin, and as variables LLMWATCH_ALERT_…"""
    timeout_s: float = 10.0
    """When it is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonConfig:
    """A function of one's own, called in a thread of the collector."""

    function: str
    """``module:function``; it gets the alert as a dict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseConfig:
    """Any of the services that apprise knows, with ``llmwatch[notify]``."""

    url_env: str
    """Environment variable that holds the apprise URL, e.g. of Telegram or Matrix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsConfig:
    """Who is told when nobody looks. Channels are named by kind and name: ``tier1 = ["log", "slack.team"]``.

    ``log`` and ``desktop`` need no settings.
    """

    enabled: bool = True
    """Whether rules are looked at at all."""
    cooldown: str = "15m"
    """How long after its end an alert does not fire again."""
    tier1: tuple[str, ...] = ("log",)
    """Channels that are told of tier 1, at once."""
    tier2: tuple[str, ...] = ("log",)
    """Channels that are told of tier 2."""
    tier3: tuple[str, ...] = ("log",)
    """Channels that get the daily digest: tier 3, and what else fired."""
    digest_at: str = "09:00"
    """When the daily digest is sent, in the zone ``budget.timezone``."""
    slack: Mapping[str, SlackConfig] = field(default_factory=dict)
    webhook: Mapping[str, WebhookConfig] = field(default_factory=dict)
    pagerduty: Mapping[str, PagerDutyConfig] = field(default_factory=dict)
    email: Mapping[str, EmailConfig] = field(default_factory=dict)
    command: Mapping[str, CommandConfig] = field(default_factory=dict)
    python: Mapping[str, PythonConfig] = field(default_factory=dict)
    apprise: Mapping[str, AppriseConfig] = field(default_factory=dict)
    rules: Mapping[str, RuleConfig] = field(default_factory=lambda: DEFAULT_RULES)


KINDS: Final = ("slack", "webhook", "pagerduty", "email", "command", "python", "apprise")
"""Kinds of channels that have settings, each a table of `AlertsConfig`."""
ALWAYS: Final = ("log", "desktop")
"""Channels that need none."""


def inherited_rules(table: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """``table`` (the section alerts, parsed TOML) with what a rule does not say filled in.

    Raises:
        ConfigError: A rule is none of the built-in ones and does not say which of them it is like.
    """
    own = table.get("rules", {})
    if not isinstance(own, Mapping):
        return table
    rules = {name: _plain(rule) for name, rule in DEFAULT_RULES.items()}
    for name, said in own.items():
        if not isinstance(said, Mapping):
            rules[name] = said
            continue
        base = DEFAULT_RULES.get(said.get("rule", name))
        if base is None:
            wanted = str(said.get("rule", name))
            near = difflib.get_close_matches(wanted, DEFAULT_RULES, n=1)
            raise ConfigError(
                f"{source}: alerts.rules.{name}: there is no rule {wanted}",
                hint=f"Did you mean {near[0]}?" if near else f'Say rule = "…": {", ".join(DEFAULT_RULES)}.',
            )
        rules[name] = {**_plain(base), **said}
    return {**table, "rules": rules}


def _plain(rule: RuleConfig) -> dict[str, Any]:
    return {name: value for name, value in asdict(rule).items() if value is not None}


def channels(config: AlertsConfig) -> list[str]:
    """The names of all channels that are configured, ``log`` and ``desktop`` first."""
    return [*ALWAYS, *(f"{kind}.{name}" for kind in KINDS for name in getattr(config, kind))]


def length_ns(text: str) -> int:
    """The nanoseconds of a length of time that was checked when the configuration was loaded."""
    length = parse_duration(text)
    assert length is not None
    return length


def clock_time(text: str) -> time | None:
    """``HH:MM`` as a time of day; None when it is none."""
    try:
        return time.fromisoformat(text) if len(text) == 5 else None
    except ValueError:
        return None


def check_alerts(source: str, config: AlertsConfig) -> None:
    """Raises ConfigError, with ``source`` in it, for what cannot be."""
    for where, problem, hint in _problems(config):
        raise ConfigError(f"{source}: {where} {problem}", hint=hint)


def _problems(config: AlertsConfig) -> Iterator[tuple[str, str, str]]:
    """Key, what is wrong with it, and what to write."""
    known = channels(config)
    for tier in ("tier1", "tier2", "tier3"):
        for name in getattr(config, tier):
            if name not in known:
                yield f"alerts.{tier}", f"names no channel: {name!r}", f"There are {', '.join(known)}."
    if clock_time(config.digest_at) is None:
        yield "alerts.digest_at", f"is no time of day: {config.digest_at!r}", "Write HH:MM."
    yield from _length("alerts.cooldown", config.cooldown)
    for channel in config.command.items():
        if not channel[1].command:
            yield (
                f"alerts.command.{channel[0]}",
                "names no program",
                'Write command = ["program", "argument"].',
            )
    for name, rule in config.rules.items():
        yield from _rule_problems(f"alerts.rules.{name}", rule)


def _rule_problems(where: str, rule: RuleConfig) -> Iterator[tuple[str, str, str]]:
    yield from _length(f"{where}.window", rule.window, whole_minutes=True)
    yield from _length(f"{where}.hold", rule.hold)
    if rule.cooldown is not None:
        yield from _length(f"{where}.cooldown", rule.cooldown)
    if unknown := sorted(rule.match.keys() - set(get_args(SliceBy)[1:])):
        yield f"{where}.match", f"has no key {unknown[0]}", f"Known: {', '.join(get_args(SliceBy)[1:])}."
    if rule.rule in WHOLE and (rule.match or rule.by != "none"):
        yield where, f"cannot be sliced: {rule.rule} looks at all traffic", "Leave by and match away."
    if rule.by in rule.match:
        yield f"{where}.by", f"is one value already: {rule.by}", "Leave by or match away."


def _length(where: str, text: str, *, whole_minutes: bool = False) -> Iterator[tuple[str, str, str]]:
    length = parse_duration(text)
    if length is None or length > _LONGEST_NS:
        yield where, f"is no length of time up to 31d: {text!r}", f"Write {EXAMPLES}."
    elif whole_minutes and (length == 0 or length % _MINUTE_NS):
        yield where, f"is no number of whole minutes: {text!r}", "Write 5m, 1h or 7d."
