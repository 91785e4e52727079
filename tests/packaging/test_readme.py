"""The README's commands are the ones that are tested."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"^python3 -m venv \.venv && .*$", re.MULTILINE)


def test_the_readme_has_two_commands() -> None:
    run, test = COMMAND.findall((ROOT / "README.md").read_text())
    assert run.endswith(".venv/bin/llmwatch demo")
    assert test.endswith(".venv/bin/pytest -n auto")


def test_ci_runs_the_readmes_test_command() -> None:
    printed = subprocess.run(
        [ROOT / ".ci" / "run", "--print"], capture_output=True, text=True, check=True, timeout=20
    ).stdout.strip()
    assert printed == COMMAND.findall((ROOT / "README.md").read_text())[1]
