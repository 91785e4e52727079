"""The configuration of alerts: what a rule does not say is as in the built-in one, and mistakes are named."""

from __future__ import annotations

import pytest

from llmwatch.config import Config, parse
from llmwatch.config.alerts import DEFAULT_RULES
from llmwatch.errors import ConfigError


def test_every_rule_is_a_default() -> None:
    assert Config().alerts.rules == DEFAULT_RULES == parse({"alerts": {"cooldown": "5m"}}).alerts.rules
    assert all(rule.rule == name for name, rule in DEFAULT_RULES.items())
    assert {rule.tier for rule in DEFAULT_RULES.values()} == {1, 2, 3}


def test_a_rule_says_only_what_differs() -> None:
    rules = parse({"alerts": {"rules": {"error_rate": {"threshold": 0.1, "tier": 2}}}}).alerts.rules
    assert (rules["error_rate"].threshold, rules["error_rate"].tier) == (0.1, 2)
    assert (rules["error_rate"].hold, rules["error_rate"].min_samples) == ("5m", 10)
    assert {name: rule for name, rule in rules.items() if name != "error_rate"} == {
        name: rule for name, rule in DEFAULT_RULES.items() if name != "error_rate"
    }


def test_one_rule_several_times_for_different_slices() -> None:
    rules = parse(
        {
            "alerts": {
                "rules": {
                    "error_rate": {"threshold": 0.2},
                    "error_rate.chat": {"rule": "error_rate", "match": {"feature": "chat"}, "threshold": 0.1},
                    "per_model": {"rule": "latency_p95", "by": "model", "enabled": False},
                }
            }
        }
    ).alerts.rules
    chat = rules["error_rate.chat"]
    assert (chat.rule, chat.match, chat.threshold, chat.window, chat.tier) == (
        "error_rate", {"feature": "chat"}, 0.1, "5m", 1,
    )  # fmt: skip
    assert rules["error_rate"].threshold == 0.2
    assert (rules["per_model"].by, rules["per_model"].threshold, rules["per_model"].enabled) == (
        "model", 5.0, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("alerts", "message", "hint"),
    [
        ({"rules": {"eror_rate": {"tier": 1}}}, "there is no rule eror_rate", "Did you mean error_rate?"),
        ({"rules": {"mine": {"tier": 1}}}, "there is no rule mine", 'Say rule = "…"'),
        ({"rules": {"mine": {"rule": "latency"}}}, "there is no rule latency", "latency_"),
        ({"rules": {"error_rate": 3}}, "alerts.rules.error_rate must be a table", ""),
        ({"rules": 3}, "alerts.rules must be a table", ""),
        ({"rules": {"error_rate": {"treshold": 1}}}, "no key alerts.rules.error_rate.treshold", "threshold"),
        ({"rules": {"error_rate": {"tier": 4}}}, "alerts.rules.error_rate.tier must be one of 1, 2, 3", ""),
        ({"rules": {"error_rate": {"window": "5"}}}, "error_rate.window is no length of time", "15m"),
        ({"rules": {"error_rate": {"window": "90s"}}}, "window is no number of whole minutes", "5m"),
        ({"rules": {"error_rate": {"window": "0m"}}}, "window is no number of whole minutes", "5m"),
        ({"rules": {"error_rate": {"window": "32d"}}}, "window is no length of time up to 31d", ""),
        ({"rules": {"error_rate": {"hold": "soon"}}}, "error_rate.hold is no length of time", ""),
        ({"rules": {"error_rate": {"by": "colour"}}}, "error_rate.by must be one of", ""),
        ({"rules": {"error_rate": {"match": {"colour": "red"}}}}, "match has no key colour", "feature"),
        ({"rules": {"error_rate": {"by": "model", "match": {"model": "m"}}}}, "by is one value already", ""),
        ({"rules": {"budget_warn": {"by": "model"}}}, "cannot be sliced: budget_warn", ""),
        ({"tier1": ["slack.team"]}, "alerts.tier1 names no channel: 'slack.team'", "log, desktop"),
        ({"slack": {"team": {}}}, "alerts.slack.team is incomplete", ""),
        ({"command": {"x": {"command": []}}}, "alerts.command.x names no program", ""),
        ({"digest_at": "9"}, "alerts.digest_at is no time of day", "HH:MM"),
        ({"cooldown": "never"}, "alerts.cooldown is no length of time", ""),
    ],
)
def test_a_mistake_is_named(alerts: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"alerts": alerts})
    assert message in str(caught.value)
    assert hint in caught.value.hint


def test_channels_are_named_by_kind_and_name() -> None:
    alerts = parse(
        {"alerts": {"slack": {"team": {"webhook_env": "HOOK"}}, "tier1": ["desktop", "slack.team"]}}
    ).alerts
    assert alerts.tier1 == ("desktop", "slack.team")
    assert (alerts.tier2, alerts.slack["team"].channel) == (("log",), "#llm-alerts")
