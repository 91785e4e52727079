"""The reference in docs/ is what the code says, and the code says something of everything."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import typing
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
    for field in dataclasses.fields(config.Config):
        assert f"## `[{field.name}" in text
    _explained(text, "providers.NAME", config.ProviderConfig)
    for name, section in typing.get_type_hints(config.Config).items():
        if dataclasses.is_dataclass(section):
            _explained(text, name, section)


def _explained(text: str, name: str, section: typing.Any) -> None:
    """Whether the table ``name`` says something of every key, and of the tables in it."""
    part = text.split(f"# `[{name}]`\n")[1].split("\n#", maxsplit=1)[0]
    hints = typing.get_type_hints(section)
    for field in dataclasses.fields(section):
        if dataclasses.is_dataclass(hints[field.name]):
            _explained(text, f"{name}.{field.name}", hints[field.name])
            continue
        if f"# `[{name}.{field.name}.NAME]`" in text:
            _explained(text, f"{name}.{field.name}.NAME", typing.get_args(hints[field.name])[1])
            continue
        (row,) = [line for line in part.splitlines() if line.startswith(f"| `{field.name}` |")]
        assert row.split("|")[3].strip(), field.name


def test_every_command_is_explained() -> None:
    text = (ROOT / "docs" / "keys.md").read_text()
    for command in COMMANDS:
        assert f"| `{command.id}` | {command.help} |" in text
