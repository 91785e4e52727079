"""The writer: acknowledges what is committed, refuses when full, keeps going after trouble."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from llmwatch.errors import IngestError, StoreBusyError, StoreError, StoreUnusableError
from llmwatch.store import writer as writer_module
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.status import stats
from llmwatch.store.span import Call, Replay, Span, Usage
from llmwatch.store.writer import Batch, Writer, WriteResult
from tests.store.builders import T0, enrich, span


def test_what_becomes_of_records(writer: Writer) -> None:
    started, ended = span(state="started"), span()
    assert writer.submit(Batch(spans=[started, span("b")])).result(10) == WriteResult(inserted=2)
    assert writer.submit(Batch(spans=[started, ended, ended])).result(10) == WriteResult(
        merged=1, duplicates=2
    )


def test_counters_add_up(writer: Writer, db: sqlite3.Connection) -> None:
    writer.submit(Batch(spans=[span(), span()], counters={"metric_points": 2})).result(10)
    writer.submit(Batch(counters={"metric_points": 3, "nothing": 0})).result(10)
    assert stats(db).counters == {"acknowledged": 2, "duplicates": 1, "metric_points": 5}


def test_batches_that_wait_share_a_transaction(path: Path, writer: Writer, db: sqlite3.Connection) -> None:
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    first = writer.submit(Batch(spans=[span("first")]))
    rest = [writer.submit(Batch(spans=[span(f"s{n}")])) for n in range(20)]
    assert not first.done()
    blocker.execute("ROLLBACK")
    blocker.close()
    assert [future.result(10) for future in (first, *rest)] == [WriteResult(inserted=1)] * 21
    rows, newest, moments = db.execute(
        "SELECT count(*), max(id), count(DISTINCT received_ns) FROM spans"
    ).fetchone()
    assert (rows, newest) == (21, 21)
    assert moments <= 2, "the first may have been taken alone, the others waited together"


def test_what_comes_while_a_batch_is_made_shares_its_transaction(
    writer: Writer, db: sqlite3.Connection
) -> None:
    making, meanwhile = threading.Event(), threading.Event()
    threads = []

    def make() -> Batch:
        threads.append(threading.current_thread().name)
        making.set()
        assert meanwhile.wait(10)
        return Batch(spans=[span("first"), span("second")])

    first = writer.prepare(make, 7)
    assert making.wait(10)
    assert writer.queued_spans == 7, "as many as there may be, until it is known"
    later = writer.submit(Batch(spans=[span("later")]))
    meanwhile.set()
    assert (first.result(10), later.result(10)) == (WriteResult(inserted=2), WriteResult(inserted=1))
    assert threads == ["llmwatch-writer"]
    assert db.execute("SELECT count(*), count(DISTINCT received_ns) FROM spans").fetchone() == (3, 1)
    assert writer.queued_spans == 0


def test_a_batch_that_cannot_be_made_fails_alone(writer: Writer, db: sqlite3.Connection) -> None:
    started = threading.Event()

    def slow() -> Batch:
        assert started.wait(10)
        return Batch(spans=[span("a")])

    def broken() -> Batch:
        raise IngestError("the body is no JSON")

    first, second = writer.prepare(slow, 1), writer.prepare(broken, 5)
    third = writer.submit(Batch(spans=[span("b")]))
    started.set()
    assert (first.result(10).inserted, third.result(10).inserted) == (1, 1)
    with pytest.raises(IngestError, match="no JSON"):
        second.result(10)
    assert db.execute("SELECT count(*) FROM spans").fetchone() == (2,)
    assert writer.queued_spans == 0


def test_a_full_queue_refuses(path: Path) -> None:
    writer = Writer(path, enrich=enrich, queue_spans=5, synchronous="NORMAL")
    writer.start()
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    big = writer.submit(Batch(spans=[span(str(n)) for n in range(9)]))
    assert writer.queued_spans == 9, "an empty queue takes a batch of any size"
    with pytest.raises(StoreBusyError, match="9 spans are waiting"):
        writer.submit(Batch(spans=[span("late")]))
    blocker.execute("ROLLBACK")
    blocker.close()
    assert big.result(10).inserted == 9
    assert writer.queued_spans == 0
    assert writer.submit(Batch(spans=[span("late")])).result(10).inserted == 1
    writer.close()


def test_closing_writes_what_was_accepted(path: Path, writer: Writer, db: sqlite3.Connection) -> None:
    futures = [writer.submit(Batch(spans=[span(str(n))])) for n in range(50)]
    writer.close()
    assert all(future.done() for future in futures)
    assert db.execute("SELECT count(*) FROM spans").fetchone() == (50,)
    with pytest.raises(StoreUnusableError, match="not running"):
        writer.submit(Batch())
    writer.close()


def test_a_second_writer_is_refused(
    path: Path, writer: Writer, make_writer: Callable[[Path], Writer]
) -> None:
    with pytest.raises(StoreUnusableError, match="being written by process"):
        make_writer(path)
    writer.close()
    make_writer(path)


def test_a_record_that_cannot_be_stored_does_not_hold_up_others(
    writer: Writer, db: sqlite3.Connection
) -> None:
    huge = span("huge", call=Call(usage=Usage(input_tokens=1 << 70)))
    broken = span("broken", name="half a character: \ud800")
    neighbour = writer.submit(Batch(spans=[span("neighbour")]))
    result = writer.submit(Batch(spans=[span("a"), huge, broken, span("b")], counters={"seen": 1})).result(10)
    assert (result.inserted, result.rejected) == (2, 2)
    assert result.reason
    assert neighbour.result(10).inserted == 1
    assert {row[0] for row in db.execute("SELECT span_id FROM spans")} == {"neighbour", "a", "b"}
    assert stats(db).counters["rejected"] == 2
    assert stats(db).counters["seen"] == 1
    assert db.execute("SELECT max(id) FROM spans").fetchone() == (3,), "ids stay dense"


def test_an_error_in_enriching_rejects_that_span(path: Path, db: sqlite3.Connection) -> None:
    def fail(record: Span, before: Span | None) -> Span:
        raise ValueError("no price")

    writer = Writer(path, enrich=fail, queue_spans=9, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=[span(state="started")])).result(10)
    result = writer.submit(Batch(spans=[span(), span("b")])).result(10)
    writer.close()
    assert (result.inserted, result.rejected, result.reason) == (1, 1, "no price")
    assert db.execute("SELECT span_id, state FROM spans ORDER BY 1").fetchall() == [
        ("a", "started"),
        ("b", "ended"),
    ]


def test_a_deleted_file_is_made_anew(path: Path, writer: Writer) -> None:
    writer.submit(Batch(spans=[span("old")])).result(10)
    path.unlink()
    writer.submit(Batch(spans=[span("new")])).result(10)
    reader = connect_reader(path)
    assert reader.execute("SELECT span_id FROM spans").fetchall() == [("new",)]
    reader.close()


def test_many_threads(writer: Writer, db: sqlite3.Connection) -> None:
    def send(name: str) -> None:
        for n in range(20):
            writer.submit(Batch(spans=[span(f"{name}{n}", trace_id=str(n))])).result(10)

    threads = [threading.Thread(target=send, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.execute("SELECT count(*), max(id) FROM spans").fetchone() == (80, 80)
    assert db.execute("SELECT count(*), max(id), sum(span_count) FROM traces").fetchone() == (20, 20, 80)


def test_a_writer_that_was_not_started(path: Path) -> None:
    writer = Writer(path, enrich=enrich, queue_spans=9, synchronous="NORMAL")
    with pytest.raises(StoreUnusableError):
        writer.submit(Batch())
    writer.close()


def test_an_unknown_fault_reaches_the_sender(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("the moon is full")

    monkeypatch.setattr(writer_module, "apply", fail)
    with pytest.raises(StoreError, match="the moon is full"):
        writer.submit(Batch(spans=[span()])).result(10)
    monkeypatch.undo()
    assert writer.submit(Batch(spans=[span()])).result(10).inserted == 1


def test_a_replay_is_stored_once(writer: Writer, db: sqlite3.Connection) -> None:
    replay = Replay(
        replay_id="r", trace_id="t", span_id="a", time_ns=T0, provider="p", url="u", model="m", request="{}",
        response="hi", status="ok", usage=Usage(input_tokens=3),
    )  # fmt: skip
    assert writer.submit(Batch(replays=[replay])).result(10).inserted == 1
    assert writer.submit(Batch(replays=[replay])).result(10).duplicates == 1
    assert db.execute("SELECT replay_id, input_tokens, output_tokens FROM replays").fetchall() == [
        ("r", 3, None)
    ]


def _next_number(db: sqlite3.Connection) -> int:
    db.execute("INSERT INTO counters VALUES ('n', 1) ON CONFLICT DO UPDATE SET value = value + 1")
    (value,) = db.execute("SELECT value FROM counters WHERE name = 'n'").fetchone()
    return int(value)


def test_work_is_done_in_turn_and_answered(writer: Writer, db: sqlite3.Connection) -> None:
    futures = [writer.run(_next_number) for _ in range(3)]
    batch = writer.submit(Batch(spans=[span()]))
    assert [future.result(10) for future in futures] == [1, 2, 3]
    assert batch.result(10) == WriteResult(inserted=1)
    assert stats(db).counters["n"] == 3
    assert writer.queued_spans == 0


def test_work_that_fails_leaves_nothing(writer: Writer, db: sqlite3.Connection) -> None:
    def spoilt(db: sqlite3.Connection) -> int:
        _next_number(db)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        writer.run(spoilt).result(10)
    assert "n" not in stats(db).counters
    assert writer.run(_next_number).result(10) == 1
