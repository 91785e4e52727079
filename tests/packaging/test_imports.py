"""What each way in loads: no one pays for a part that is not used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = frozenset({
    "textual", "starlette", "uvicorn", "sqlite_utils", "plotext", "httpx", "google.protobuf", "genai_prices",
    "prometheus_client", "watchfiles", "grpc", "llmwatch.collector.protocols",
})  # fmt: skip


def _loaded(code: str) -> set[str]:
    """The heavy modules loaded once ``code`` has run in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(['', '--', *sys.modules]))"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(HEAVY) & set(done.stdout.split("\n--\n")[1].splitlines())


def _command(*arguments: str) -> str:
    return f"from llmwatch.cli import cli\ntry:\n    cli({list(arguments)!r})\nexcept SystemExit:\n    pass"


@pytest.mark.parametrize(
    ("code", "may"),
    [
        pytest.param("import llmwatch", set(), id="import llmwatch"),
        pytest.param("from llmwatch import guard", set(), id="from llmwatch import guard"),
        pytest.param("import llmwatch.store.span, llmwatch.config, llmwatch.errors", set(), id="the ground"),
        pytest.param(_command("--help"), set(), id="llmwatch --help"),
        pytest.param(_command("status", "--help"), set(), id="llmwatch status --help"),
        pytest.param("import llmwatch.tui.app", {"textual"}, id="the screen"),
        pytest.param(
            "import llmwatch.collector.server",
            {"starlette", "uvicorn", "google.protobuf", "watchfiles"},  # uvicorn itself loads watchfiles
            id="the collector",
        ),
    ],
)
def test_nothing_heavy_is_loaded(code: str, may: set[str]) -> None:
    assert _loaded(code) <= may
