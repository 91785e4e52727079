"""For all tests: examples are never timed, and the environment of whoever runs them is left out."""

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.proxying"]

# A slow machine is not a failure: no deadline. Under CI the same examples are tried every time, so that a run
# says something about the change and not about luck; elsewhere new ones are looked for.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("any"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "any")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No configuration, database or key of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(("LLMWATCH_", "OTEL_")) or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    nowhere = tmp_path_factory.getbasetemp() / "nowhere"
    monkeypatch.setenv("LLMWATCH_CONFIG", str(nowhere / "config.toml"))
    monkeypatch.setenv("LLMWATCH_DB", str(nowhere / "llmwatch.db"))
    monkeypatch.setenv("LLMWATCH_PRICES", str(nowhere / "prices.json"))
