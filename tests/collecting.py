"""A real collector process for the length of a test."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from llmwatch.store.database import connect_reader


@dataclass
class Collecting:
    """``llmwatch collect`` on a free port, listening."""

    process: subprocess.Popen[str]
    database: Path
    origin: str
    said: str
    """What it has logged by then."""

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self.origin.rpartition(":")[2])

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), 20)


@contextlib.contextmanager
def collector_process(database: Path) -> Iterator[Collecting]:
    """A collector into ``database``; ended at the end if it still runs."""
    command = [sys.executable, "-m", "llmwatch", "collect", "--port", "0", "--db", str(database)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = ""
            while not (found := re.search(r"collecting on (http\S+)", said)):
                line = process.stderr.readline()
                assert line, f"the collector ended: {said}"
                said += line
            yield Collecting(process, database, found[1], said)
        finally:
            process.terminate()
            process.communicate(timeout=20)


@contextlib.contextmanager
def collecting(database: Path) -> Iterator[str]:
    """A collector into ``database``; yields its origin."""
    with collector_process(database) as running:
        yield running.origin


def wait_until_written(database: Path) -> None:
    """Until all that was acknowledged can be read, which takes a twentieth of a second."""
    with closing(connect_reader(database)) as db:
        for _ in range(1000):
            if db.execute("SELECT count(*) FROM inbox").fetchone() == (0,):
                return
            time.sleep(0.01)
    raise AssertionError("what was acknowledged was not written within 10 s")
