"""Files of ours are the owner's alone."""

import os
import stat
from pathlib import Path

import pytest

from llmwatch import paths


def test_environment_names_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLMWATCH_DB", str(tmp_path / "a.db"))
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "c.toml"))
    assert paths.database_path() == tmp_path / "a.db"
    assert paths.config_path() == tmp_path / "c.toml"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_modes(tmp_path: Path) -> None:
    folder, file = tmp_path / "new" / "deep", tmp_path / "new" / "deep" / "x.db"
    paths.make_private_dir(folder)
    paths.make_private_file(file)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o666)
    paths.make_private_file(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    paths.make_private_dir(tmp_path)
    assert file.exists()
