"""A database ready to be used, and a writer on it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmwatch.store.database import connect_reader, prepare
from llmwatch.store.writer import Writer
from tests.store.builders import enrich


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, to be copied: migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("blank") / "blank.db"
    prepare(path)
    return path


@pytest.fixture
def path(blank: Path, tmp_path: Path) -> Path:
    """An empty database of the test's own."""
    return Path(shutil.copy(blank, tmp_path / "test.db"))


@pytest.fixture
def make_writer() -> Iterator[Callable[[Path], Writer]]:
    """Starts writers, and closes those that the test leaves open."""
    made: list[Writer] = []

    def make(path: Path) -> Writer:
        writer = Writer(path, enrich=enrich, queue_spans=1000, synchronous="NORMAL")
        writer.start()
        made.append(writer)
        return writer

    yield make
    for writer in made:
        writer.close()


@pytest.fixture
def writer(path: Path, make_writer: Callable[[Path], Writer]) -> Writer:
    """A writer on ``path``."""
    return make_writer(path)


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """A reader on ``path``."""
    connection = connect_reader(path)
    yield connection
    connection.close()
