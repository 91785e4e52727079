"""The file: created private, migrated once, refused when it is not ours."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from llmwatch.errors import StoreMissingError, StoreUnusableError
from llmwatch.store import database
from llmwatch.store.database import SCHEMA_VERSION, connect_reader, connect_writer, data_version, prepare
from llmwatch.store.migrations import migrations
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import span


def _schema(path: Path) -> set[str]:
    db = sqlite3.connect(path)
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    db.close()
    return names


def test_the_version_is_the_number_of_migrations() -> None:
    fresh = Database(memory=True)
    assert len(migrations.pending(fresh)) == SCHEMA_VERSION
    fresh.close()


def test_preparing_twice_changes_nothing(blank: Path) -> None:
    before = blank.read_bytes()
    prepare(blank)
    assert blank.read_bytes() == before


def test_a_migration_that_was_cut_off_is_finished(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 0")
    db.close()
    prepare(path)
    reader = connect_reader(path)
    assert reader.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    reader.close()


def test_what_was_stored_stays(path: Path, make_writer: Callable[[Path], Writer]) -> None:
    writer = make_writer(path)
    writer.submit(Batch(spans=[span()])).result(10)
    writer.close()
    prepare(path)
    reader = connect_reader(path)
    assert reader.execute("SELECT span_id FROM spans").fetchall() == [("a",)]
    reader.close()


def test_a_current_file_needs_no_sqlite_utils(blank: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from llmwatch.store.database import prepare, connect_reader;"
        f"p = Path({str(blank)!r}); prepare(p); connect_reader(p).close();"
        "sys.exit('sqlite_utils' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_everything_is_private(tmp_path: Path, make_writer: Callable[[Path], Writer]) -> None:
    path = tmp_path / "new" / "llmwatch.db"
    old = os.umask(0)
    try:
        writer = make_writer(path)
        writer.submit(Batch(spans=[span()])).result(10)
        files = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert files.keys() == {"llmwatch.db", "llmwatch.db-wal", "llmwatch.db-shm", "llmwatch.db.lock"}
    assert set(files.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_no_file() -> None:
    with pytest.raises(StoreMissingError, match="no database") as caught:
        connect_reader(Path("/nonexistent/x.db"))
    assert "llmwatch collect" in caught.value.hint


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"This is a letter, not a database. " * 200)
    for use in (prepare, connect_reader):
        with pytest.raises(StoreUnusableError, match="not a database") as caught:
            use(path)
        assert ".recover" in caught.value.hint
    assert path.read_bytes().startswith(b"This is a letter"), "left as it was"


def test_a_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE music (title TEXT)")
    db.close()
    for use in (prepare, connect_reader):
        with pytest.raises(StoreUnusableError, match="another program"):
            use(path)
    assert _schema(path) == {"music"}


def test_a_newer_file(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    for use in (prepare, connect_reader):
        with pytest.raises(StoreUnusableError, match="newer llmwatch"):
            use(path)


def test_an_older_file_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with pytest.raises(StoreUnusableError, match="older llmwatch"):
        connect_reader(path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreUnusableError, match="cannot be created"):
        prepare(tmp_path / "x.db")


def test_a_path_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError, match="cannot be created"):
        prepare(tmp_path)


def test_a_reader_cannot_write(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("INSERT INTO counters VALUES ('a', 1)")


def test_data_version_tells_of_commits(path: Path, db: sqlite3.Connection) -> None:
    before = data_version(db)
    assert data_version(db) == before
    writing = connect_writer(path, "NORMAL")
    writing.execute("INSERT INTO counters VALUES ('a', 1)")
    assert data_version(db) != before
    writing.close()


def test_paths_with_signs_that_mean_something_in_uris(tmp_path: Path) -> None:
    path = tmp_path / "100% ?mode=rw #1.db"
    prepare(path)
    connect_reader(path).close()
    assert path.is_file()
