"""The lock file: one writer, and who it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from llmwatch.errors import StoreUnusableError
from llmwatch.store.lock import Holder, WriterLock, holder, lock_path


def test_the_holder_says_where_it_listens(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    assert holder(path) is None
    lock = WriterLock(path)
    assert holder(path) == Holder(os.getpid())
    lock.announce("127.0.0.1", 4318)
    assert holder(path) == Holder(os.getpid(), "127.0.0.1", 4318)
    lock.announce("", 0)
    assert holder(path) == Holder(os.getpid())
    lock.release()
    assert holder(path) is None


def test_another_process_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    script = (
        "import sys; from pathlib import Path; from llmwatch.store.lock import WriterLock;"
        f"lock = WriterLock(Path({str(path)!r})); print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(StoreUnusableError, match=f"by process {child.pid}") as caught:
        WriterLock(path)
    assert "--db" in caught.value.hint
    child.kill()
    child.wait(10)
    child.stdin.close()
    child.stdout.close()
    WriterLock(path).release()


def test_a_lock_file_that_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    for content in (b"", b"{", b"[]", b'{"pid": 1, "more": 2}'):
        lock_path(path).write_bytes(content)
        assert holder(path) is None


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusableError, match="cannot be made"):
        WriterLock(tmp_path / "file" / "x.db")
