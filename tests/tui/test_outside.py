"""Handing a text to the editor and the pager."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from llmwatch.errors import UsageError
from llmwatch.tui.outside import edit_outside, page_outside


def _program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(stat.S_IRWXU)
    return str(path)


def test_the_pager_gets_a_private_file_that_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = f'{{ echo "$1"; stat -c %a "$1"; echo "$2"; cat "$2"; }} > {seen}'.replace("$1", "$2", 2)
    monkeypatch.setenv("PAGER", _program(tmp_path / "pager", script) + " -R")
    page_outside("two\nlines")
    name, mode, again, *text = seen.read_text().split("\n")
    assert (mode, text) == ("600", ["two", "lines"])
    assert name == again
    assert not Path(name).exists()


def test_the_editor_gives_back_what_it_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", _program(tmp_path / "editor", 'echo more >> "$1"'))
    assert edit_outside("text\n", ".txt") == "text\nmore\n"
    monkeypatch.setenv("VISUAL", _program(tmp_path / "visual", 'echo other > "$1"'))
    assert edit_outside("text\n", ".txt") == "other\n"


@pytest.mark.parametrize("program", ["/no/such/program", "false", '"unbalanced'])
def test_a_program_that_does_not_do_says_what_to_set(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", program)
    with pytest.raises(UsageError, match="did not do") as caught:
        page_outside("text")
    assert "PAGER" in caught.value.hint
