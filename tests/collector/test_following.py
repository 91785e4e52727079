"""Files that grow, are renamed, copied and truncated: every line once, whatever happens between two looks."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmwatch.collector.door import Door
from llmwatch.collector.following.files import concerns
from llmwatch.collector.following.follower import Follower
from llmwatch.collector.following.storing import store
from llmwatch.collector.following.task import following
from llmwatch.collector.meter import Meter
from llmwatch.collector.otlp.replies import JSON
from llmwatch.collector.pipeline import Pipeline
from llmwatch.errors import StoreBusyError
from llmwatch.store import followed
from llmwatch.store.batch import Batch, WriteResult
from llmwatch.store.database import connect_reader
from llmwatch.store.followed import Mark
from llmwatch.store.span import Span
from llmwatch.store.writer import Writer
from tests.collector.conftest import CONFIG, Collector
from tests.collector.requests import SPAN, encoded, logs, span, traces
from tests.dialects.stored import details

LIMIT = 64 << 10


def line(name: str, **more: Any) -> str:
    return json.dumps({"name": name, "model": "gpt-4o", "time": "2026-11-21T12:00:00Z", **more}) + "\n"


class Reading:
    """A follower whose lines are kept as they come, and of which a new one knows what was kept."""

    def __init__(self, *named: Path) -> None:
        self.named = named
        self.marks: dict[str, Mark] = {}
        self.got: list[str] = []
        self.follower = self.anew()

    def anew(self) -> Follower:
        self.follower = Follower(self.named, self._store, self.marks.values(), LIMIT)
        return self.follower

    async def _store(self, body: bytes, mark: Mark) -> Any:
        from llmwatch.collector.taking import Taken

        self.got += [json.loads(line)["name"] for line in body.splitlines() if line.startswith(b"{")]
        self.marks[mark.file] = mark
        return Taken(0, 0, [])

    async def next(self) -> list[str]:
        """The names that are new, in the order in which they were read."""
        before = len(self.got)
        await self.follower.read()
        return self.got[before:]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "app.jsonl"


def add(path: Path, *names: str) -> None:
    with path.open("a") as opened:
        opened.write("".join(map(line, names)))


def write(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.fixture(params=["file", "folder"])
def reading(request: pytest.FixtureRequest, log: Path) -> Reading:
    return Reading(log if request.param == "file" else log.parent)


async def test_what_is_added_is_read_once(reading: Reading, log: Path) -> None:
    assert await reading.next() == []
    add(log, "a", "b")
    assert await reading.next() == ["a", "b"]
    assert await reading.next() == []
    add(log, "c")
    assert await reading.next() == ["c"]


async def test_the_last_line_waits_until_it_is_whole(reading: Reading, log: Path) -> None:
    whole = line("b")
    write(log, line("a") + whole[:10])
    assert await reading.next() == ["a"]
    with log.open("a") as opened:
        opened.write(whole[10:-1])
        opened.flush()
        assert await reading.next() == []
        opened.write("\n")
    assert await reading.next() == ["b"]


async def test_nothing_is_read_twice_after_a_restart(reading: Reading, log: Path) -> None:
    add(log, "a", "b")
    await reading.next()
    add(log, "c")
    reading.anew()
    assert await reading.next() == ["c"]
    reading.anew()
    assert await reading.next() == []


@pytest.mark.parametrize("restart", [False, True])
async def test_a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_beginning(
    reading: Reading, log: Path, restart: bool
) -> None:
    add(log, "a")
    await reading.next()
    add(log, "b")
    shutil.move(log, log.with_name("app.jsonl.1"))
    add(log, "c")
    if restart:
        reading.anew()
    assert sorted(await reading.next()) == ["b", "c"]
    shutil.move(log.with_name("app.jsonl.1"), log.with_name("app.jsonl.2"))
    shutil.move(log, log.with_name("app.jsonl.1"))
    add(log, "d")
    assert await reading.next() == ["d"]


@pytest.mark.parametrize("restart", [False, True])
async def test_a_copied_and_truncated_file_is_no_double(reading: Reading, log: Path, restart: bool) -> None:
    add(log, "a", "b")
    await reading.next()
    add(log, "c")
    shutil.copy2(log, log.with_name("app.jsonl.1"))
    os.truncate(log, 0)
    add(log, "d")
    if restart:
        reading.anew()
    assert await reading.next() == ["c", "d"]
    add(log, "e")
    assert await reading.next() == ["e"]


async def test_a_truncated_file_that_has_grown_past_its_old_size_is_read_anew(
    reading: Reading, log: Path
) -> None:
    add(log, "a")
    await reading.next()
    write(log, line("b") + line("c"))
    assert await reading.next() == ["b", "c"]


async def test_more_than_a_megabyte_comes_in_order(reading: Reading, log: Path) -> None:
    names = [f"span {number}" for number in range(20_000)]
    add(log, *names)
    assert await reading.next() == names


async def test_a_line_that_is_too_long_is_passed_over(
    reading: Reading, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(log, line("a") + "x" * (2 << 20))
    assert await reading.next() == ["a"]
    with log.open("a") as opened:
        opened.write("xx\n" + line("b"))
    assert await reading.next() == ["b"]
    assert "app.jsonl:2: the line is too long" in caplog.text


# Which files


async def test_a_folder_gives_what_looks_like_lines(log: Path) -> None:
    lines = ("a.jsonl", "b.ndjson", "c.log.2026-11-20", "d.json")
    for name in (*lines, "README.md", ".hidden.jsonl", "old.log.gz"):
        add(log.with_name(name), name)
    (log.parent / "below.jsonl").mkdir()
    os.mkfifo(log.parent / "pipe.jsonl")
    (log.parent / "gone.jsonl").symlink_to("nowhere")
    (log.parent / "endless.jsonl").symlink_to("/dev/zero")
    (log.parent / "same.jsonl").symlink_to("a.jsonl")
    assert sorted(await Reading(log.parent).next()) == sorted(lines)


async def test_neighbours_of_a_named_file_are_not_begun(log: Path) -> None:
    add(log.with_name("app.jsonl.1"), "old")
    add(log.with_name("app.jsonl.bak.gz"), "older")
    add(log.with_name("other.jsonl"), "another's")
    add(log, "a")
    assert await Reading(log).next() == ["a"]


async def test_what_does_not_exist_may_come(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "logs" / "app.jsonl")
    assert await reading.next() == []
    (tmp_path / "logs").mkdir()
    add(tmp_path / "logs" / "app.jsonl", "a")
    assert await reading.next() == ["a"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_folder_that_may_not_be_read_is_told(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    log.parent.chmod(0)
    assert await Reading(log.parent).next() == []
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ("logs/a.jsonl", True),
        ("logs/a.log.1", True),
        ("logs/llmwatch.db-wal", False),
        ("logs/a.jsonl.gz", False),
        ("single.txt", True),
        ("single.txt.1", True),
        ("err.txt", False),
        ("logs/below/a.jsonl", False),
    ],
)
def test_only_changes_of_files_that_are_read_matter(changed: str, read: bool) -> None:
    home = Path("/srv")
    assert concerns(home / changed, [home / "logs", home / "single.txt"]) is read


# Into the store


@pytest.fixture
def door(writer: Writer, database: Path) -> Door:
    return Door(writer=writer, pipeline=Pipeline(CONFIG), config=CONFIG, database=database, meter=Meter())


def follower(door: Door, named: Iterable[Path]) -> Follower:
    with closing(connect_reader(door.database)) as db:
        marks = followed.load(db)
    return Follower(named, lambda body, mark: store(door, body, mark), marks, LIMIT)


async def test_lines_of_every_kind_are_stored_and_bad_ones_told(
    door: Door, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    exported = [encoded(traces(span()), JSON), encoded(traces(span("00" * 8)), JSON), encoded(logs({}), JSON)]
    lines = [line("plain").encode().strip(), b"{broken", b"", *exported, b'{"resourceSpans": 7}', b"[1]"]
    write(log, b"\n".join((*lines, b"")).decode())
    await follower(door, [log]).read()
    stored = {detail.span.name: detail.span for detail in details(door.database)}
    assert set(stored) == {"plain", "chat gpt-4o"}
    assert stored["chat gpt-4o"].span_id == SPAN
    told = [record.getMessage().split(": ")[0].rpartition("/")[2] for record in caplog.records]
    assert told == [f"app.jsonl:{number}" for number in (2, 5, 7, 8)]
    with closing(connect_reader(door.database)) as db:
        counters = dict(db.execute("SELECT name, value FROM counters"))
    assert (counters["lines_rejected"], counters["spans_rejected"], counters["log_records"]) == (3, 1, 1)
    with log.open("ab") as opened:
        opened.write(b"also broken\n")
    await follower(door, [log]).read()  # of another process
    assert caplog.records[-1].getMessage().startswith(f"{log}:9: ")


async def test_how_far_is_kept_after_the_lines(
    door: Door, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(log, "a", "b")

    class Killed(BaseException):
        pass

    def killed(_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(door.writer, "run", killed)
        with pytest.raises(Killed):
            await follower(door, [log]).read()
    assert len(details(door.database)) == 2
    await follower(door, [log]).read()  # reads them again
    assert len(details(door.database)) == 2
    with closing(connect_reader(door.database)) as db:
        (mark,) = followed.load(db)
    assert (mark.path, mark.bytes, mark.lines) == (str(log), len(line("a") + line("b")), 2)


async def test_a_busy_store_is_waited_for(door: Door, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(log, "a")
    real: Callable[..., Awaitable[Any]] = store
    waited: list[float] = []
    tries = [StoreBusyError("full"), StoreBusyError("full"), None]

    async def busy(body: bytes, mark: Mark) -> Any:
        if (error := tries.pop(0)) is not None:
            raise error
        return await real(door, body, mark)

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await Follower([log], busy, [], LIMIT).read()
    assert len(details(door.database)) == 1
    assert waited == [1, 1]


async def test_the_collector_follows_what_its_configuration_names(
    writer: Writer, door: Door, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived = asyncio.Event()
    prepare = writer.prepare

    def noticing(make: Callable[[], Batch], size: int) -> Future[WriteResult]:
        spans: list[Span] = []

        def noting() -> Batch:
            batch = make()
            spans.extend(batch.spans)
            return batch

        future = prepare(noting, size)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(arrived.set) if spans else None)
        return future

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(writer, "prepare", noticing)
    config = replace(CONFIG, collector=replace(CONFIG.collector, follow=(str(log.parent),)))
    add(log, "before")
    async with following(replace(door, config=config)):
        for name in ("before", "then"):
            await asyncio.wait_for(arrived.wait(), 20)
            arrived.clear()
            if name == "before":
                add(log, "then")
    assert {detail.span.name for detail in details(door.database)} == {"before", "then"}


# POST /api/lines


async def test_lines_are_taken_over_http_with_how_far_they_go(collector: Collector) -> None:
    body = line("plain").encode() + b"{broken\n" + encoded(traces(span()), JSON) + b"\n"
    mark = Mark(file="1:2", path="/var/log/app.jsonl", bytes=len(body), lines=3, fingerprint="ab")
    query = {name: str(getattr(mark, name)) for name in mark.__struct_fields__}
    reply = await collector.client.post(
        "/api/lines", params=query, content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    assert reply.status_code == 200
    said = reply.json()
    assert (said["accepted"], said["rejected"], said["errors"][0]["index"]) == (2, 1, 1)
    with closing(connect_reader(collector.database)) as db:
        assert followed.load(db) == [mark]


@pytest.mark.parametrize(
    "query", ["bytes=-1", "file=a&path=b&bytes=99999999999999999999&lines=1&fingerprint=c"]
)
async def test_a_bad_mark_is_refused(collector: Collector, query: str) -> None:
    reply = await collector.client.post(
        f"/api/lines?{query}", content=line("a"), headers={"Content-Type": "application/x-ndjson"}
    )
    assert reply.status_code == 400
    assert collector.rows("SELECT count(*) FROM spans") == [(0,)]


@pytest.mark.parametrize("name", ["resourceSpans", "resourceLogs", "resourceMetrics", "model"])
@pytest.mark.parametrize(
    "value",
    [b"[" * 100_000, b'"\xff\xfe"}', b'{"a":' * 5000, b"1e999}", b"[1]}", b'[{"scopeSpans":7}]}', b""],
)
async def test_any_line_gets_an_answer(collector: Collector, name: str, value: bytes) -> None:
    body = b'{"%s": %s\n' % (name.encode(), value) + line("good").encode()
    reply = await collector.client.post(
        "/api/lines", content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    assert reply.status_code == 200
    assert reply.json()["accepted"] >= 1
    assert collector.rows("SELECT count(*) FROM spans WHERE name = 'good'") == [(1,)]
