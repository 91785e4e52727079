"""The inbox: what is acknowledged there is written with what comes next, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmwatch.errors import StoreBusyError, StoreUnusableError
from llmwatch.store import database, openfile
from llmwatch.store import writer as writer_module
from llmwatch.store.accounts import Account, Key, Spend
from llmwatch.store.database import connect_reader, connect_writer
from llmwatch.store.reads.status import stats
from llmwatch.store.records import digest
from llmwatch.store.span import Call, Content, Score, Span, Usage
from llmwatch.store.writer import Batch, Writer, WriteResult
from llmwatch.store.writes.apply import apply
from llmwatch.store.writes.inbox import FEW, note, unwritten
from llmwatch.store.writes.shelf import Shelf
from tests.store.builders import enrich, llm, span
from tests.store.state import state_of
from tests.store.strategies import records


@pytest.fixture
def noting(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """A writer that notes, and writes what it noted only when it must."""
    monkeypatch.setattr(writer_module, "_PAUSE_S", 60.0)
    monkeypatch.setattr(writer_module, "_LONGEST_NOTED_S", 60.0)
    monkeypatch.setattr(writer_module, "_INDEX_EVERY_S", 3600.0)
    writer = Writer(path, enrich=enrich, queue_spans=1000, synchronous="NORMAL", notes=True)
    writer.start()
    yield writer
    writer.close()


def _counts(db: sqlite3.Connection) -> tuple[int, int]:
    """Rows of the inbox, and spans."""
    query = "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM spans)"
    inbox, spans = db.execute(query).fetchone()
    return inbox, spans


def _sent(writer: Writer, *names: str) -> WriteResult:
    return writer.submit(Batch(spans=[span(name) for name in names])).result(10)


def test_a_few_spans_are_noted_and_then_written_together(noting: Writer, db: sqlite3.Connection) -> None:
    for name in "abc":
        assert _sent(noting, name, f"{name}2") == WriteResult(inserted=2)
    assert _counts(db) == (3, 0)
    assert noting.queued_spans == 0
    noting.caught_up().result(10)
    assert _counts(db) == (0, 6)
    assert stats(db).counters == {"acknowledged": 6}
    moments, order = db.execute(
        "SELECT count(DISTINCT received_ns), group_concat(span_id) FROM (SELECT * FROM spans ORDER BY id)"
    ).fetchone()
    assert (moments, order) == (1, "a,a2,b,b2,c,c2")


def test_many_spans_are_written_at_once_and_take_along_what_was_noted(
    noting: Writer, db: sqlite3.Connection
) -> None:
    _sent(noting, "first")
    assert _sent(noting, "first", *(str(n) for n in range(FEW))) == WriteResult(inserted=FEW, duplicates=1)
    assert _counts(db) == (0, FEW + 1)


def test_many_that_wait_are_written_at_once(path: Path, noting: Writer, db: sqlite3.Connection) -> None:
    """They share a transaction as it is."""
    with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        waiting = [noting.submit(Batch(spans=[span(str(number))])) for number in range(FEW + 2)]
        blocker.execute("ROLLBACK")
    assert [future.result(10) for future in waiting] == [WriteResult(inserted=1)] * (FEW + 2)
    assert _counts(db) == (0, FEW + 2)


@pytest.mark.parametrize(
    "batch",
    [
        Batch(spans=[span("a")], counters={"spans_rejected": 1}),
        Batch(spans=[span("a")], scores=[Score(score_id="s", name="n", time_ns=1, trace_id="t", value=1.0)]),
    ],
)
def test_what_is_more_than_spans_is_written_at_once(
    noting: Writer, db: sqlite3.Connection, batch: Batch
) -> None:
    _sent(noting, "before")
    noting.submit(batch).result(10)
    assert _counts(db) == (0, 2)


def test_work_sees_what_was_acknowledged(noting: Writer) -> None:
    _sent(noting, "a")
    assert noting.run(_counts).result(10) == (0, 1)


def test_it_is_written_soon_by_itself(path: Path, db: sqlite3.Connection) -> None:
    """When nothing comes, and when it never ceases to come."""
    writer = Writer(path, enrich=enrich, queue_spans=1000, synchronous="NORMAL", notes=True)
    writer.start()
    _sent(writer, "a")
    _wait(lambda: _counts(db) == (0, 1))
    stop = threading.Event()

    def send() -> None:
        for number in range(100_000):
            if stop.is_set():
                return
            _sent(writer, f"s{number}")

    thread = threading.Thread(target=send)
    thread.start()
    _wait(lambda: _counts(db)[1] > 10)
    stop.set()
    thread.join()
    writer.close()
    assert _counts(db)[0] == 0


def test_nothing_is_noted_while_accounts_are_kept(noting: Writer, db: sqlite3.Connection) -> None:
    """Who is let through by what was spent relies on it that what is acknowledged is charged."""
    charged: list[int] = []

    class Keeper:
        accounts: tuple[Account, ...] = ()

        def opened(self, spent: Mapping[Key, Spend]) -> None:
            pass

        def charged(self, spent: Mapping[Key, Spend]) -> None:
            charged.extend(each.cost_nanousd for each in spent.values())

    keeper = Keeper()
    noting.keep(keeper).result(10)
    assert noting.submit(Batch(spans=[llm("a", tokens=1)])).result(10).inserted == 1
    assert _counts(db) == (1, 0)
    keeper.accounts = (Account("all", "usd", None, (), lambda _: (0, 1 << 40)),)
    noting.keep(keeper).result(10)
    assert _counts(db) == (0, 1)
    noting.submit(Batch(spans=[llm("b", tokens=3)])).result(10)
    assert _counts(db) == (0, 2)
    assert charged == [2, 6]


def test_what_a_process_noted_the_next_one_writes(path: Path, db: sqlite3.Connection) -> None:
    shelf = Shelf(connect_writer(path, "NORMAL"), enrich)
    note(shelf, [Batch(spans=[span("a"), span("b")]), Batch(spans=[span("c", trace_id="u")])])
    shelf.db.execute("INSERT INTO inbox (records) VALUES (x'c1')")
    shelf.db.close()
    writer = Writer(path, enrich=enrich, queue_spans=1000, synchronous="NORMAL")
    writer.start()
    writer.caught_up().result(10)
    writer.close()
    assert _counts(db) == (1, 3)
    (reason,) = db.execute("SELECT reason FROM inbox").fetchone()
    assert "cannot be read" in reason


def test_what_cannot_be_written_stays_and_the_rest_is_written(noting: Writer, db: sqlite3.Connection) -> None:
    """2**63 goes into msgpack, and not into SQLite."""
    huge = span("huge", call=Call(usage=Usage(input_tokens=1 << 63)))
    assert noting.submit(Batch(spans=[huge, span("beside")])).result(10) == WriteResult(inserted=2)
    _sent(noting, "before")
    assert _sent(noting, *(str(n) for n in range(FEW + 1))).inserted == FEW + 1
    assert _counts(db) == (1, FEW + 3)
    assert stats(db).counters["rejected"] == 1
    with closing(connect_writer(noting._path, "NORMAL")) as hand:
        assert unwritten(Shelf(hand, enrich)) == [], "it is not tried again"
        (reason,) = hand.execute("SELECT reason FROM inbox").fetchone()
    assert "too large" in reason


def test_what_cannot_be_noted_is_refused(noting: Writer, db: sqlite3.Connection) -> None:
    broken = span("broken", name="half a character: \ud800")
    result = noting.submit(Batch(spans=[broken, span("a")])).result(10)
    assert (result.inserted, result.rejected) == (1, 1)
    assert _counts(db) == (0, 1)


def test_a_full_disk(noting: Writer, db: sqlite3.Connection) -> None:
    """What was noted is in the file and is written when there is space; what comes meanwhile is refused."""
    _sent(noting, "noted")
    shelf = noting._file.shelf
    assert shelf is not None
    pages = shelf.db.execute("PRAGMA page_count").fetchone()[0]
    shelf.db.execute(f"PRAGMA max_page_count = {pages}")
    large = Content(attributes={"text": os.urandom(40_000).hex()})
    with pytest.raises(StoreUnusableError, match="no space left"):
        noting.submit(Batch(spans=[span("lost", content=large)])).result(10)
    assert _counts(db) == (1, 0)
    assert _sent(noting, "later") == WriteResult(inserted=1)
    noting.caught_up().result(10)
    assert _counts(db) == (0, 2)


def test_a_locked_file(path: Path, noting: Writer, db: sqlite3.Connection) -> None:
    _sent(noting, "noted")
    shelf = noting._file.shelf
    assert shelf is not None
    shelf.db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="locked by another program"):
            _sent(noting, *(str(n) for n in range(FEW + 1)))
        blocker.execute("ROLLBACK")
    noting.caught_up().result(10)
    assert _counts(db) == (0, 1)


def test_a_file_that_was_locked_is_tried_again(
    path: Path, noting: Writer, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sends anything more, and what was acknowledged is written as soon as it can be."""
    monkeypatch.setattr(writer_module, "_RETRY_S", 0.02)
    monkeypatch.setattr(writer_module, "_INDEX_EVERY_S", 0.0)
    tries: list[Path] = []
    monkeypatch.setattr(openfile, "prepare", tries.append)
    monkeypatch.setattr(database, "_ALWAYS", ("PRAGMA busy_timeout = 1",))
    _sent(noting, "noted")
    shelf = noting._file.shelf
    assert shelf is not None
    shelf.db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError):
            noting.run(_counts).result(10)
        time.sleep(0.2)
        assert _counts(db) == (1, 0)
        assert 1 < len(tries) < 15, "again and again, but not all the time"
        blocker.execute("ROLLBACK")
    _wait(lambda: _counts(db) == (0, 1))


batches = st.lists(st.lists(records(("a", "b", "c"), ("t", "u")), min_size=1, max_size=3), max_size=6)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches, st.lists(st.booleans(), min_size=6, max_size=6))
def test_the_same_rows_whether_noted_or_not(
    blank: Path, sent: Sequence[list[Span]], dies: Sequence[bool]
) -> None:
    """Requests are noted, some processes die before they write; beside it a file that is written at once."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(shutil.copy(blank, Path(folder) / name)) for name in ("noted.db", "at_once.db")]
        shelves = [Shelf(connect_writer(path, "NORMAL"), enrich) for path in paths]
        waiting: list[Batch] = []
        for spans, dead in zip(sent, dies, strict=False):
            apply(shelves[1], [Batch(spans=spans)])
            waiting += note(shelves[0], [Batch(spans=spans)])
            if dead:
                shelves[0].db.close()
                shelves[0] = Shelf(connect_writer(paths[0], "NORMAL"), enrich)
                found = unwritten(shelves[0])
                assert [[digest(each) for each in batch.spans] for batch in found] == [
                    [digest(each) for each in batch.spans] for batch in waiting
                ]
                waiting = found
                apply(shelves[0], waiting)
                waiting = []
        apply(shelves[0], waiting)
        for shelf in shelves:
            shelf.db.close()
        with closing(connect_reader(paths[0])) as one, closing(connect_reader(paths[1])) as other:
            assert state_of(one) == state_of(other)
            assert one.execute("SELECT count(*) FROM inbox").fetchone() == (0,)


def _wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
