"""Where llmwatch keeps its files, and with which permissions."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_APP = "llmwatch"


def database_path() -> Path:
    """The database used when none is named: ``LLMWATCH_DB``, else the platform's data directory."""
    if chosen := os.environ.get("LLMWATCH_DB"):
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir(_APP, appauthor=False)) / "llmwatch.db"


def config_path() -> Path:
    """The configuration file: ``LLMWATCH_CONFIG``, else the platform's configuration directory."""
    if chosen := os.environ.get("LLMWATCH_CONFIG"):
        return Path(chosen).expanduser()
    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / "config.toml"


def prices_path() -> Path:
    """The update of the price list: ``LLMWATCH_PRICES``, else in the platform's data directory."""
    if chosen := os.environ.get("LLMWATCH_PRICES"):
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir(_APP, appauthor=False)) / "prices.json"


def is_named(said: object, path: Path) -> bool:
    """Whether ``said``, which another process says of its file, names ``path``."""
    return isinstance(said, str) and Path(said).resolve() == path.resolve()


def make_private_dir(path: Path) -> None:
    """Create ``path`` and its parents; the last one is made 0700 if it is new.

    An existing directory keeps its mode: it may be shared on purpose.
    """
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Create ``path`` empty with mode 0600, or take group and world bits off the file that is there."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    if os.name == "posix":
        path.chmod(path.stat().st_mode & 0o700 | 0o600)
