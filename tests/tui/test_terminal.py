"""What the real terminal gets: its state back, whatever ends the program; and no secrets in a crash."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.terminal import terminal

APP = """
import sys
from pathlib import Path
from llmwatch.config import Config
from llmwatch.tui.app import LlmwatchApp
sys.exit(LlmwatchApp(Path(sys.argv[1]), "http://127.0.0.1:9", Config()).run())
"""
CRASH = """
import sys
from pathlib import Path
from llmwatch.config import Config
from llmwatch.tui.app import LlmwatchApp
app = LlmwatchApp(Path(sys.argv[1]), "http://127.0.0.1:9", Config())
def go_wrong():
    prompt = "my secret " + "prompt"
    raise RuntimeError("what went wrong \\x1b]0;owned\\x07")
app.call_later(lambda: app.set_timer(0.3, go_wrong))
app.run()
sys.exit(app.return_code)
"""
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l")
"""Main screen, cursor on, mouse reports off."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_give_the_terminal_back(seeded: Path, number: signal.Signals) -> None:
    with terminal(sys.executable, "-c", APP, str(seeded)) as screen:
        screen.wait_for("Traces")
        screen.process.send_signal(number)
        assert screen.ended() == 128 + number
        assert [mark for mark in RESTORED if mark not in screen.written] == []


def test_a_crash_prints_the_traceback_without_values(seeded: Path) -> None:
    with terminal(sys.executable, "-c", CRASH, str(seeded)) as screen:
        assert screen.ended() == 1
        said = screen.written.decode()
        assert "RuntimeError: what went wrong ␛]0;owned␇" in said
        assert "my secret prompt" not in said
        assert [mark for mark in RESTORED if mark not in screen.written] == []


def test_no_color_turns_everything_grey(seeded: Path) -> None:
    with terminal(sys.executable, "-c", APP, str(seeded), env={"NO_COLOR": "1"}) as screen:
        screen.wait_for("Traces")
        screen.settle()
        colours = {part for part in bytes(screen.written).split(b"\x1b[") if part.startswith(b"38;2;")}
        channels = {tuple(part.split(b"m")[0].split(b";")[2:5]) for part in colours}
        assert channels and all(red == green == blue for red, green, blue in channels)
        screen.press("q")
        assert screen.ended() == 0
