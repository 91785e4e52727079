"""Destinations come from the configuration alone, keys from the environment alone."""

import pytest

from llmwatch.config import Config, ProviderConfig, parse
from llmwatch.errors import ConfigError
from llmwatch.providers.endpoints import Endpoint, choose, endpoints
from llmwatch.providers.errors import KeyMissingError

CANARY = "sk-canary-71f3a9"


def made(name: str, api: str = "openai-chat", *, key_env: str | None = None) -> Endpoint:
    table = {"providers": {name: {"api": api, "base_url": "http://localhost:1", "free": True}}}
    if key_env:
        table["providers"][name]["api_key_env"] = key_env
    return next(e for e in endpoints(parse(table)) if e.name == name)


def test_the_built_in_ones() -> None:
    found = {e.name: (e.api, e.origin, e.key_env) for e in endpoints(Config())}
    assert found == {
        "openai": ("openai-chat", "https://api.openai.com", "OPENAI_API_KEY"),
        "openai-responses": ("openai-responses", "https://api.openai.com", "OPENAI_API_KEY"),
        "anthropic": ("anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
        "gemini": ("gemini", "https://generativelanguage.googleapis.com", "GEMINI_API_KEY"),
        "ollama": ("ollama", "http://localhost:11434", None),
    }


@pytest.mark.parametrize(
    ("base_url", "message"),
    [
        ("api.openai.com/v1", "not an address"),
        ("ftp://api.openai.com", "not an address"),
        ("http://", "not an address"),
        ("http://[::1", "not an address"),
        ("http://host:99999", "not an address"),
        ("https://host/v1?key=1", "not an address"),
        (f"https://user:{CANARY}@host/v1", "user name or a password"),
        (f"https://{CANARY}@host:bad", "not an address"),
    ],
)
def test_bad_addresses_are_refused_without_being_repeated(base_url: str, message: str) -> None:
    config = Config(providers={"x": ProviderConfig(api="openai-chat", base_url=base_url)})
    with pytest.raises(ConfigError, match=message) as caught:
        endpoints(config)
    assert CANARY not in caught.value.explain()


def test_origin_and_encryption() -> None:
    def at(base_url: str) -> Endpoint:
        return endpoints(Config(providers={"x": ProviderConfig(api="ollama", base_url=base_url)}))[0]

    assert at("https://Example.com:8443/v1/").origin == "https://example.com:8443"
    assert at("https://example.com/v1/").base_url == "https://example.com/v1"
    assert at("https://example.com").encrypted
    assert at("http://[::1]:80").encrypted
    assert at("http://localhost:11434").encrypted
    assert not at("http://192.168.1.5:8000").encrypted
    assert not at("http://localhost.evil.example").encrypted


def test_the_key_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = made("x", key_env="X_KEY")
    monkeypatch.delenv("X_KEY", raising=False)
    assert not endpoint.ready
    with pytest.raises(KeyMissingError, match="X_KEY is not set"):
        endpoint.key()
    monkeypatch.setenv("X_KEY", f" {CANARY}\n")
    assert made("x", key_env="X_KEY").ready
    assert endpoint.key() == CANARY
    assert CANARY not in repr(endpoint)
    assert endpoint.redact(f"Bearer {CANARY}!") == "Bearer [key]!"
    assert made("y").key() is None
    assert made("y").redact("text") == "text"


@pytest.mark.parametrize("value", [f"{CANARY}\nX-Evil: 1", f"{CANARY}é", f"{CANARY}\x01"])
def test_a_key_that_no_header_can_carry_is_not_shown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_KEY", value)
    with pytest.raises(KeyMissingError) as caught:
        made("x", key_env="X_KEY").key()
    assert CANARY not in caught.value.explain()


@pytest.mark.parametrize(
    ("keys", "provider", "api", "chosen"),
    [
        ({"OPENAI_API_KEY"}, "openai", None, "openai"),
        ({"OPENAI_API_KEY"}, "OpenAI", "openai-responses", "openai-responses"),
        (set(), "openai", None, "openai"),
        ({"OPENAI_API_KEY"}, "anthropic", None, "anthropic"),
        ({"GEMINI_API_KEY"}, "gcp.vertex_ai", None, "gemini"),
        (set(), "ollama", None, "ollama"),
        ({"ANTHROPIC_API_KEY"}, "mistral_ai", None, "anthropic"),
        (set(), "mistral_ai", None, "ollama"),
        (set(), None, None, "ollama"),
        (set(), "evil.example", None, "ollama"),
        ({"OPENAI_API_KEY"}, None, "openai-responses", "openai-responses"),
    ],
)
def test_the_endpoint_offered_first(
    keys: set[str], provider: str | None, api: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in keys:
        monkeypatch.setenv(name, CANARY)
    assert choose(endpoints(Config()), provider, api).name == chosen  # type: ignore[arg-type]


def test_an_endpoint_of_the_users_own_name() -> None:
    config = parse(
        {"providers": {"groq": {"api": "openai-chat", "base_url": "https://api.groq.com/openai/v1"}}}
    )
    assert choose(endpoints(config), "groq").name == "groq"
