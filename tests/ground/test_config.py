"""The configuration file: defaults, every kind of mistake, and what the error says."""

from pathlib import Path

import pytest

from llmwatch.config import Config, load, parse
from llmwatch.errors import ConfigError


def test_a_missing_file_is_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == Config()


def test_values_are_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        """
        [collector]
        port = 5000
        allowed_origins = ["http://localhost:3000"]
        [budget]
        daily_usd = 10
        timezone = "Europe/Berlin"
        [providers.local]
        api = "openai-chat"
        base_url = "http://localhost:8000/v1"
        free = true
        [keys]
        replay = "R"
        """,
        encoding="utf-8",
    )
    config = load(file)
    assert config.collector.port == 5000
    assert config.collector.allowed_origins == ("http://localhost:3000",)
    assert config.budget.daily_usd == 10.0
    assert config.budget.monthly_usd is None
    assert config.providers["local"].free
    assert config.providers["openai"].api_key_env == "OPENAI_API_KEY", "built-in endpoints stay"
    assert config.keys == {"replay": "R"}


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ({"colector": {}}, "there is no key colector", "Did you mean collector?"),
        ({"collector": {"prot": 1}}, "there is no key collector.prot", "Did you mean port?"),
        ({"collector": {"port": "4318"}}, "collector.port must be a whole number", ""),
        ({"collector": {"port": True}}, "collector.port must be a whole number", ""),
        ({"collector": {"port": -1}}, "collector.port must not be negative", ""),
        ({"collector": {"synchronous": "OFF"}}, "collector.synchronous must be one of FULL, NORMAL", ""),
        ({"collector": {"allowed_hosts": "a"}}, "collector.allowed_hosts must be a list", ""),
        ({"collector": 3}, "collector must be a table", ""),
        ({"budget": {"daily_usd": float("nan")}}, "budget.daily_usd must not be negative", ""),
        ({"budget": {"timezone": "Mars/Base"}}, "no zone is called 'Mars/Base'", "IANA"),
        ({"providers": {"x": {"api": "ollama"}}}, "providers.x is incomplete", ""),
        ({"providers": {"x": {"api": "soap", "base_url": "u"}}}, "providers.x.api must be one of", ""),
        ({"keys": {"replay": 3}}, "keys.replay must be text", ""),
        (
            {"heuristics": {"min_length": {"char": 1}}},
            "no key heuristics.min_length.char",
            "Did you mean chars?",
        ),
        (
            {"heuristics": {"features": {"a": {"min_lenght": {}}}}},
            "no key heuristics.features.a.min_lenght",
            "min_length",
        ),
        ({"heuristics": {"features": 3}}, "heuristics.features must be a table", ""),
        ({"heuristics": {"features": {"a": 3}}}, "heuristics.features.a must be a table", ""),
        ({"judge": {"endpoint": "opnai"}}, "judge.endpoint: no provider is called 'opnai'", "openai"),
        ({"judge": {"sample_rate": 1.1}}, "judge.sample_rate is a share", ""),
    ],
)
def test_a_mistake_is_named(table: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(table, "config.toml")
    assert message in str(caught.value)
    assert "config.toml" in str(caught.value)
    assert hint in caught.value.hint


def test_a_file_that_is_not_toml(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"[collector\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        load(file)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(file)


def test_a_feature_takes_what_it_does_not_say_from_all() -> None:
    config = parse(
        {
            "heuristics": {
                "min_length": {"chars": 5},
                "max_length": {"enabled": False},
                "features": {"classify": {"min_length": {"enabled": False}, "max_length": {"enabled": True}}},
            }
        }
    ).heuristics
    classify = config.features["classify"]
    assert (config.min_length.enabled, config.min_length.chars) == (True, 5)
    assert (classify.min_length.enabled, classify.min_length.chars) == (False, 5)
    assert (config.max_length.enabled, classify.max_length.enabled) == (False, True)


def test_budgets_of_ones_own() -> None:
    found = parse({
        "budget": {"enforce": "block", "on_failure": "closed"},
        "budgets": {
            "free": {"limit_usd": 1, "by": "user", "match": {"segment": "free"}, "enforce": "warn"},
            "tpm": {"limit_tokens": 90_000, "period": "minute", "by": "model"},
        },
    })  # fmt: skip
    assert (found.budget.enforce, found.budget.on_failure) == ("block", "closed")
    assert (found.budgets["free"].limit_usd, found.budgets["free"].match) == (1.0, {"segment": "free"})
    assert (found.budgets["tpm"].period, found.budgets["tpm"].enforce) == ("minute", "off")
    assert found.loop.repeats == 5


@pytest.mark.parametrize(
    ("name", "budget", "problem"),
    [
        ("daily", {"limit_usd": 1}, "a budget cannot have this name"),
        ("a b", {"limit_usd": 1}, "a budget cannot have this name"),
        ("x", {}, "set exactly one of limit_usd, limit_tokens, limit_calls"),
        ("x", {"limit_usd": 1, "limit_calls": 1}, "set exactly one of"),
        ("x", {"limit_usd": -1}, "must not be negative"),
        ("x", {"limit_calls": 1.5}, "must be a whole number"),
        ("x", {"limit_usd": 1, "period": "year"}, "must be one of minute, hour, day, month"),
        ("x", {"limit_usd": 1, "by": "planet"}, "must be one of none, user"),
        ("x", {"limit_usd": 1, "match": {"planet": "x"}}, "there is no key planet"),
        ("x", {"limit_usd": 1, "enforce": "yes"}, "must be one of off, warn, block"),
    ],
)
def test_a_budget_that_cannot_be(name: str, budget: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        parse({"budgets": {name: budget}})
    assert f"budgets.{name}" in str(caught.value)
