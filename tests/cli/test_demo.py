"""llmwatch demo, as a person runs it: in a terminal, with a key to end it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal, terminal


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _processes_with(text: str) -> list[str]:
    """Command lines that contain ``text`` (empty where there is no /proc)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose temporary files and configuration are the test's."""
    (tmp_path / "tmp").mkdir()
    return {"TMPDIR": str(tmp_path / "tmp"), "LLMWATCH_CONFIG": str(tmp_path / "config.toml")}


def _show_traces(screen: Terminal) -> None:
    screen.wait_for("rag-chat", "draft-mail", "classify")


def test_it_shows_traffic_and_leaves_nothing_behind(home: dict[str, str]) -> None:
    port = _free_port()
    command = (sys.executable, "-m", "llmwatch", "demo", "--port", str(port))
    with terminal(*command, env=home) as screen:
        _show_traces(screen)
        assert list(Path(home["TMPDIR"]).iterdir())
        assert len(_processes_with(f":{port} 1")) == (1 if Path("/proc").exists() else 0)
        screen.press("q")
        assert screen.ended() == 0
    assert list(Path(home["TMPDIR"]).iterdir()) == []
    assert _processes_with(str(port)) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)


def test_without_a_terminal_it_says_so(home: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "llmwatch", "demo"], env=os.environ | home, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "terminal" in done.stderr
    assert list(Path(home["TMPDIR"]).iterdir()) == []
