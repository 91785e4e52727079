"""No text from outside reaches the terminal raw, on any screen, and none of it ends the program."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from llmwatch.neutral import UNSAFE
from tests.terminal import Terminal, terminal
from tests.tui import hostile
from tests.tui.payloads import PAYLOADS

APP = """
import sys
from pathlib import Path
from llmwatch.config import BudgetConfig, Config
from llmwatch.store import running
from llmwatch.store.reads import traces
from llmwatch.tui.app import LlmwatchApp
from tests.tui.seed import NOW_NS
class Clock:
    time_ns = staticmethod(lambda: NOW_NS)
traces.time = running.time = Clock
LlmwatchApp.bell = lambda self: None  # so that a BEL is one that came from outside
config = Config(budget=BudgetConfig(daily_usd=1))
app = LlmwatchApp(Path(sys.argv[1]), "http://127.0.0.1:9", config, now_ns=lambda: NOW_NS)
app.run()
sys.exit(app.return_code)
"""
OURS = re.compile(
    r"\x1b\[[0-9;:?<>=]*[ -/]*[@-~]"  # CSI: styles, cursor, modes
    r"|\x1b\](?:52;c;[A-Za-z0-9+/=]*|22;[a-z-]*)\x07"  # OSC: the clipboard in base64, the pointer's shape
    r"|\x1bP(?:=[12]s|\+q[0-9A-Fa-f;]*)\x1b\\"  # DCS: synchronised output, questions to the terminal
    r"|\x1b[78=>]"
    r"|[\r\n]"
)
"""All that Textual itself says to a terminal."""


@pytest.fixture(scope="session")
def hostile_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "h.db"
    hostile.write(path)
    return path


def raw(written: bytes) -> list[str]:
    """What is in ``written`` beside text that is harmless and sequences of Textual's own."""
    text = OURS.sub("", written.decode("utf-8", "surrogateescape"))
    return [text[max(i - 30, 0) : i + 30] for i, c in enumerate(text) if ord(c) in UNSAFE]


def whole(written: bytes) -> bool:
    """Whether ``written`` ends neither in the middle of a sequence of Textual's nor of a character."""
    last = written[written.rfind(b"\x1b") :] if b"\x1b" in written else b"\x1b[m"
    return (
        bool(OURS.match(last.decode("utf-8", "replace")))
        and written[-4:].decode("utf-8", "replace")[-1:] != "\ufffd"
    )


def harmless(screen: Terminal) -> None:
    screen.settle()
    for _ in range(20):
        if whole(bytes(screen.written)):
            break
        screen.settle()
    written = bytes(screen.written)
    assert screen.process.poll() is None, OURS.sub("", written.decode(errors="replace"))[-4000:]
    assert raw(written) == []
    assert b"\x1b]8;" not in written and b"\x1b[38;5;201m" not in written and b"\x1b]0;" not in written
    screen.written.clear()


def test_the_check_finds_what_it_is_for() -> None:
    control = [payload for payload in PAYLOADS if {ord(c) for c in payload} & (UNSAFE - {0x0D, 0x0A})]
    assert len(control) >= 14
    missed = [p for p in control if not raw(p.encode("utf-8")) and "\x1b[" not in p and "\x1b]52" not in p]
    assert missed == []


def through(screen: Terminal, *steps: str, until: str = "") -> None:
    """Type each step after the screen has come to rest, wait for ``until``, and look at what was written."""
    for keys in steps:
        screen.press(keys)
        screen.settle()
    if until:
        screen.wait_for(until)
    harmless(screen)


def test_every_view_of_the_overview(hostile_db: Path) -> None:
    with terminal(sys.executable, "-c", APP, str(hostile_db), columns=160, rows=48) as screen:
        screen.wait_for("OWNED")
        through(screen, "1z", "b", "z2z", "z3z", "bbb", "z4z", "z5z", "z")
        through(screen, "3l\r", "\x1b", "4\r", "y\x1b", "5Y", "/OWNED\r", "Y\x1b", "oj\r")
        through(screen, "?G", "\x1b", ":", "goto \x1b]0;OWNED\x07[/zz]\r", "\x1b", "vjjvM")


@pytest.mark.parametrize("columns", [160, 80])
def test_alerts_and_review(hostile_db: Path, columns: int) -> None:
    with terminal(sys.executable, "-c", APP, str(hostile_db), columns=columns, rows=40) as screen:
        screen.wait_for("OWNED")
        through(screen, "a", until="firing")
        through(screen, "jjjG", "y", "Y", "x", "Zj\r", "\r", "\x1b", "\x1b")
        through(screen, "R", until="to judge")
        through(screen, "jjG", "\ty", "Y\x1b", "+-", "LOWNED\x1b[31m\r", "u")


@pytest.mark.parametrize(("columns", "traces"), [(160, hostile.MIXED), (80, 1)])
def test_every_view_of_a_trace(hostile_db: Path, columns: int, traces: int) -> None:
    with terminal(sys.executable, "-c", APP, str(hostile_db), columns=columns, rows=40) as screen:
        screen.wait_for("OWNED")
        screen.settle()
        for _ in range(traces):
            through(screen, "\r", until="Spans")
            through(screen, "j", *"12345678", "/zz\r", "n", "YNy")
            through(screen, "j123", "45678", "j4", "!", "\tGg")
            through(screen, "s", until="Session")
            through(screen, "\x1b", until="Spans")
            through(screen, "r", until="Replay")
            through(screen, "\x1b", until="Spans")
            through(screen, "\x1b", until="Traces")
            through(screen, "j")
