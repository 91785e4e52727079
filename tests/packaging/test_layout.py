"""What is packaged against what is there: a forgotten sub-package is missing only in the wheel."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"llmwatch.collector": "collector", "llmwatch.store": "store", "llmwatch.tui": "tui"}


def _setuptools() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    return table


def _packages() -> dict[str, Path]:
    """Every package of the tree by its import name; the symlinks in llmwatch/ are not followed."""
    found = {}
    for base, name in (("llmwatch", "llmwatch"), *((path, name) for name, path in ROOMS.items())):
        for init in (ROOT / base).rglob("__init__.py"):
            relative = init.parent.relative_to(ROOT / base)
            if relative.parts[:1] in {("tui",), ("store",), ("collector",)} and base == "llmwatch":
                continue  # rglob follows symlinks before Python 3.13
            found[".".join((name, *relative.parts))] = init.parent
    return found


def test_the_package_list_is_the_tree() -> None:
    assert sorted(_setuptools()["packages"]) == sorted(_packages())


def test_every_folder_with_code_is_a_package() -> None:
    packages = set(_packages().values())
    folders = {file.parent for room in ("llmwatch", *ROOMS.values()) for file in (ROOT / room).rglob("*.py")}
    linked = {ROOT / "llmwatch" / room for room in ROOMS.values()}
    assert {f for f in folders if not any(link in (f, *f.parents) for link in linked)} == packages


def test_every_data_file_has_a_pattern() -> None:
    patterns: list[str] = _setuptools()["package-data"]["*"]
    missing = [
        file.relative_to(ROOT)
        for folder in _packages().values()
        for file in folder.iterdir()
        if file.suffix not in {".py", ".pyc"} and file.is_file()
        if not any(fnmatch(file.name, pattern) for pattern in patterns)
    ]
    assert missing == []


def test_the_links_lead_to_the_rooms() -> None:
    for room in ROOMS.values():
        assert (ROOT / "llmwatch" / room).resolve() == ROOT / room
