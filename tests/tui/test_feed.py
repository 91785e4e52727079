"""The feed: finds the database, notices changes, answers off the loop, says what failed."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.message import Message

from llmwatch.errors import StoreError, StoreMissingError
from llmwatch.store.database import connect_writer, prepare
from llmwatch.tui.feed import Feed
from llmwatch.tui.messages import DataChanged, DataMissing, FeedFailed, FeedRecovered


class Posts:
    """What the feed posted, from its threads."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[Message] = asyncio.Queue()

    def __call__(self, message: Message) -> None:
        self.loop.call_soon_threadsafe(self.queue.put_nowait, message)

    async def next(self) -> Message:
        return await asyncio.wait_for(self.queue.get(), 5)


@pytest.fixture
async def posts() -> Posts:
    return Posts()


@pytest.fixture
async def feed(tmp_path: Path, posts: Posts) -> AsyncIterator[Feed]:
    feed = Feed(tmp_path / "w.db", posts, now_ns=lambda: 42)
    yield feed
    feed.close()


def write(path: Path, name: str = "x") -> None:
    db = connect_writer(path, "NORMAL")
    db.execute("INSERT INTO counters VALUES (?, 1)", (name,))
    db.close()


async def test_waits_for_the_database_and_notices_what_is_written(
    tmp_path: Path, feed: Feed, posts: Posts
) -> None:
    path = tmp_path / "w.db"
    feed.start()
    assert isinstance(await posts.next(), DataMissing)
    with pytest.raises(StoreMissingError):
        await feed.refresh(lambda db: 1)
    other = tmp_path / "made.db"
    prepare(other)
    other.rename(path)
    assert isinstance(await posts.next(), FeedRecovered)
    first = await posts.next()
    assert isinstance(first, DataChanged) and first.at_ns == 42
    write(path)
    assert isinstance(await posts.next(), DataChanged)
    assert await feed.read(lambda db: db.execute("SELECT name FROM counters").fetchall()) == [("x",)]


async def test_nothing_is_posted_while_nothing_changes(tmp_path: Path, feed: Feed, posts: Posts) -> None:
    prepare(tmp_path / "w.db")
    feed.start()
    await posts.next()
    for _ in range(3):
        await feed.refresh(lambda db: 1)
    assert posts.queue.empty()


async def test_queries_run_off_the_loop_and_cannot_write(tmp_path: Path, feed: Feed) -> None:
    prepare(tmp_path / "w.db")
    feed.start()
    ident = threading.get_ident()
    assert await feed.refresh(lambda db: threading.get_ident()) != ident
    assert await feed.refresh(lambda db: threading.get_ident()) != await feed.read(
        lambda db: threading.get_ident()
    )
    with pytest.raises(StoreError, match="readonly"):
        await feed.read(lambda db: db.execute("DELETE FROM counters"))


async def test_a_bug_in_a_query_reaches_whoever_asked(tmp_path: Path, feed: Feed) -> None:
    prepare(tmp_path / "w.db")
    feed.start()

    def broken(db: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await feed.read(broken)
    assert await feed.read(lambda db: 1) == 1


async def test_a_damaged_file_is_said_once_and_its_replacement_noticed(
    tmp_path: Path, feed: Feed, posts: Posts
) -> None:
    path = tmp_path / "w.db"
    path.write_bytes(b"this is no database at all" * 100)
    feed.start()
    failed = await posts.next()
    assert isinstance(failed, FeedFailed) and failed.since_ns == 42 and str(path) in failed.error
    with pytest.raises(StoreError):
        await feed.refresh(lambda db: 1)
    assert posts.queue.empty()
    other = tmp_path / "made.db"
    prepare(other)
    other.replace(path)
    assert isinstance(await posts.next(), FeedRecovered)
    assert isinstance(await posts.next(), DataChanged)
    assert await feed.refresh(lambda db: 1) == 1


async def test_a_cancelled_question_is_not_asked(tmp_path: Path, feed: Feed) -> None:
    prepare(tmp_path / "w.db")
    feed.start()
    begun, go_on = threading.Event(), threading.Event()
    asked: list[str] = []

    def slow(db: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(5)

    first = asyncio.ensure_future(feed.read(slow))
    await asyncio.to_thread(begun.wait, 5)
    second = asyncio.ensure_future(feed.read(lambda db: asked.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go_on.set()
    await first
    assert await feed.read(lambda db: 1) == 1
    assert asked == []
