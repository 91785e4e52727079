"""A wheel built from this tree, unpacked elsewhere, is the whole product."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(*command: str, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built in a copy so that no stale build/ can slip into it."""
    folder = tmp_path_factory.mktemp("build")
    copy = folder / "source"
    shutil.copytree(
        ROOT, copy, symlinks=True,
        ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "tests", "*.egg-info"),
    )  # fmt: skip
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), ".", cwd=copy)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel), cwd=target)
    return target


def test_every_file_of_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("llmwatch/")}
    expected = {
        f"llmwatch/{prefix}{file.relative_to(ROOT / room).as_posix()}"
        for room, prefix in (
            ("llmwatch", ""),
            ("collector", "collector/"),
            ("store", "store/"),
            ("tui", "tui/"),
        )
        for pattern in ("*.py", "*.tcss", "*.sql", "*.toml", "py.typed")
        for file in (ROOT / room).rglob(pattern)
        if not (
            room == "llmwatch" and file.relative_to(ROOT / room).parts[0] in {"tui", "store", "collector"}
        )
    }
    assert inside == expected


def test_nothing_generic_is_installed_at_top_level(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"llmwatch"}


def test_the_installed_command_runs(installed: Path, tmp_path: Path) -> None:
    script = installed / "bin" / "llmwatch"
    out = _run(sys.executable, str(script), "--help", cwd=tmp_path, PYTHONPATH=str(installed))
    assert "Watch your LLM apps" in out


def test_the_installed_package_makes_a_database(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sqlite3, llmwatch; from pathlib import Path; from llmwatch.store.database import prepare;"
        "prepare(Path('made.db'));"
        "print(llmwatch.__file__);"
        "print(sqlite3.connect('made.db').execute('select count(*) from spans').fetchone())"
    )
    out = _run(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(installed)).splitlines()
    assert Path(out[0]).is_relative_to(installed)
    assert out[1] == "(0,)"
