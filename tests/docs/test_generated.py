"""The reference in docs/ is what the code says, and the code says something of everything."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

from llmwatch import config
from llmwatch.tui.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def test_the_generated_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "gen_docs.py", "--check"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_key_of_the_configuration_is_explained() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    sections = [
        config.CollectorConfig, config.BudgetConfig, config.HealthConfig, config.ProxyConfig,
        config.TuiConfig, config.ProviderConfig,
    ]  # fmt: skip
    for section in sections:
        for field in dataclasses.fields(section):
            (row,) = [line for line in text.splitlines() if line.startswith(f"| `{field.name}` |")]
            assert row.split("|")[3].strip(), field.name
    for field in dataclasses.fields(config.Config):
        assert f"## `[{field.name}" in text


def test_every_command_is_explained() -> None:
    text = (ROOT / "docs" / "keys.md").read_text()
    for command in COMMANDS:
        assert f"| `{command.id}` | {command.help} |" in text
