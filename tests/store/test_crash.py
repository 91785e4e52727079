"""What is acknowledged survives: a full disk, a locked file, a damaged one, and kill -9."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from llmwatch.errors import DamagedRecordError, StoreBusyError, StoreUnusableError
from llmwatch.store import database
from llmwatch.store.database import connect_reader
from llmwatch.store.filters import parse
from llmwatch.store.reads.spans import detail
from llmwatch.store.reads.traces import page
from llmwatch.store.span import Content
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import span
from tests.store.indexing import index_everything
from tests.store.state import recomputed, state_of

_CHILD = """
import sys
from pathlib import Path
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import enrich, llm, spoken

notes = sys.argv[2:] == ["notes"]
writer = Writer(Path(sys.argv[1]), enrich=enrich, queue_spans=1000, synchronous="FULL", notes=notes)
writer.start()
for line in sys.stdin:
    names = line.split()
    writer.submit(Batch(spans=[
        llm(name, trace_id=name[:-1], content=spoken(name, "answer")) for name in names
    ])).result(10)
    print(line, end="", flush=True)
"""


@pytest.mark.parametrize("notes", [[], ["notes"]])
def test_kill_9_loses_nothing_that_was_acknowledged(
    path: Path, make_writer: Callable[[Path], Writer], notes: list[str]
) -> None:
    acknowledged: set[str] = set()
    for round_ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(path), *notes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdin is not None
        assert child.stdout is not None
        batches = [" ".join(f"{round_}-{n}-{m}" for m in range(9)) + "\n" for n in range(300)]
        stdin, stdout = child.stdin, child.stdout
        feeder = threading.Thread(target=_feed, args=(stdin, batches))
        feeder.start()
        for _ in range(1 + round_ * 7):
            acknowledged.update(stdout.readline().split())
        os.kill(child.pid, signal.SIGKILL)
        acknowledged.update(
            name
            for line in stdout.read().splitlines(keepends=True)
            if line.endswith("\n")
            for name in line.split()
        )
        child.wait(10)
        feeder.join(10)
        stdout.close()
    again = make_writer(path)
    again.caught_up().result(10)
    again.close()
    db = connect_reader(path)
    stored = [span_id for (span_id,) in db.execute("SELECT span_id FROM spans")]
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    state = state_of(db)
    expected = recomputed(state["spans"])
    assert {name: state[name] for name in expected} == expected
    assert {row["span_count"] for row in state["traces"]} == {9}
    db.close()


def _feed(stdin: object, batches: list[str]) -> None:
    try:
        for batch in batches:
            stdin.write(batch)  # type: ignore[attr-defined]
        stdin.close()  # type: ignore[attr-defined]
    except (BrokenPipeError, ValueError):
        pass  # the child was killed


def test_a_full_disk_is_said_and_overcome(path: Path, writer: Writer, db: sqlite3.Connection) -> None:
    writer.submit(Batch(spans=[span("before")])).result(10)
    shelf = writer._file.shelf
    assert shelf is not None
    pages = shelf.db.execute("PRAGMA page_count").fetchone()[0]
    shelf.db.execute(f"PRAGMA max_page_count = {pages}")
    large = Content(attributes={"text": os.urandom(40_000).hex()})
    with pytest.raises(StoreUnusableError, match="no space left") as caught:
        writer.submit(Batch(spans=[span("lost", content=large)])).result(10)
    assert "disk space" in caught.value.hint
    assert db.execute("SELECT span_id FROM spans").fetchall() == [("before",)]
    assert writer.submit(Batch(spans=[span("after", content=large)])).result(10).inserted == 1
    assert db.execute("SELECT span_id FROM spans ORDER BY id").fetchall() == [("before",), ("after",)]
    assert db.execute("SELECT max(id) FROM spans").fetchone() == (2,)


def test_a_locked_file_is_said_and_overcome(
    path: Path, make_writer: Callable[[Path], Writer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_ALWAYS", ("PRAGMA busy_timeout = 1",))
    writer = make_writer(path)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="locked by another program"):
        writer.submit(Batch(spans=[span()])).result(10)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert writer.submit(Batch(spans=[span()])).result(10).inserted == 1


@pytest.mark.parametrize("intact", [0.0, 0.5])
def test_a_damaged_file_is_said(path: Path, make_writer: Callable[[Path], Writer], intact: float) -> None:
    writer = make_writer(path)
    writer.submit(Batch(spans=[span(str(n)) for n in range(200)])).result(10)
    writer.close()
    size = path.stat().st_size
    kept = max(4096, int(size * intact))  # the first page is what makes it a database
    with path.open("r+b") as file:
        file.seek(kept)
        file.write(b"\xff" * (size - kept))
    with pytest.raises(StoreUnusableError, match="damaged") as caught:
        make_writer(path).submit(Batch(spans=[span("x")])).result(10)
    assert ".recover" in caught.value.hint


def test_a_damaged_record_spoils_nothing_else(path: Path, writer: Writer, db: sqlite3.Connection) -> None:
    for name in "ab":
        writer.submit(Batch(spans=[span(name, state="started")])).result(10)
    hand = sqlite3.connect(path)
    hand.execute("UPDATE contents SET records = x'00112233' WHERE id = 1")
    hand.commit()
    hand.close()
    result = writer.submit(Batch(spans=[span("a"), span("b")])).result(10)
    assert (result.merged, result.rejected) == (1, 1)
    assert "cannot be read" in result.reason
    assert detail(db, "t", "b") is not None
    with pytest.raises(DamagedRecordError):
        detail(db, "t", "a")
    texts = Content(input_text="word")
    writer.submit(Batch(spans=[span("c", content=texts), span("d", trace_id="u", content=texts)])).result(10)
    hand = sqlite3.connect(path)
    hand.execute(
        "UPDATE contents SET records = x'00' WHERE id = (SELECT content FROM spans WHERE span_id = 'c')"
    )
    hand.execute("INSERT OR IGNORE INTO search_queue SELECT id FROM spans WHERE span_id IN ('c', 'd')")
    hand.commit()
    hand.close()
    writer.close()
    index_everything(path)
    assert db.execute("SELECT count(*) FROM search_queue").fetchone() == (0,)
    assert [row.trace_id for row in page(db, parse("word"), before_id=None, limit=9)][:1] == ["u"]
