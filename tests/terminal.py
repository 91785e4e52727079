"""A program in a pseudo-terminal: what it writes, and keys for it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_PATIENCE_S = 30
_MOMENT = 2
"""Reads of 50 ms without anything: the screen has come to rest."""
_SIZE = {"COLUMNS", "LINES"}
"""Would be believed before the terminal's own size; pytest-xdist's workers have them."""


@dataclass
class Terminal:
    """The near side of the terminal."""

    process: subprocess.Popen[bytes]
    descriptor: int
    written: bytearray = field(default_factory=bytearray)
    """All bytes the program has written."""

    def wait_for(self, *marks: str) -> None:
        """Until one of ``marks`` has been written."""
        until = time.monotonic() + _PATIENCE_S
        while not any(mark.encode() in self.written for mark in marks):
            assert time.monotonic() < until, f"none of {marks} in {bytes(self.written[-2000:])!r}"
            assert self._read(), f"ended before any of {marks}: {bytes(self.written[-2000:])!r}"

    def press(self, keys: str) -> None:
        """Type ``keys``."""
        os.write(self.descriptor, keys.encode())

    def ended(self) -> int:
        """Wait for the end of the program; its exit code."""
        until = time.monotonic() + _PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < until, f"still running: {bytes(self.written[-2000:])!r}"
            self._read()
        self.settle()
        return self.process.returncode

    def settle(self) -> None:
        """Until nothing has been written for a moment."""
        until = time.monotonic() + _PATIENCE_S
        before = -1
        while before != len(self.written):
            assert time.monotonic() < until, f"no rest: {bytes(self.written[-2000:])!r}"
            before = len(self.written)
            for _ in range(_MOMENT):
                self._read()

    def _read(self) -> bool:
        """Take what is there, within a moment; False when the far side is closed."""
        ready, _, _ = select.select([self.descriptor], [], [], 0.05)
        if ready:
            with contextlib.suppress(OSError):  # EIO: nobody has the far side open
                self.written += os.read(self.descriptor, 1 << 16)
                return True
            return False
        return True


@contextlib.contextmanager
def terminal(
    *command: str, env: Mapping[str, str] | None = None, columns: int = 120, rows: int = 36
) -> Iterator[Terminal]:
    """``command`` in a terminal of its own; killed at the end if it still runs."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    outside = {name: value for name, value in os.environ.items() if name not in _SIZE}
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(
        command, stdin=far, stdout=far, stderr=far, env={**outside, **colours, **(env or {})},
        start_new_session=True,
    )  # fmt: skip
    os.close(far)
    try:
        yield Terminal(process, near)
    finally:
        process.kill()
        process.wait()
        os.close(near)
