"""Attaching to the running collector, or choosing where to start one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from llmwatch.cli.attach import Place, find
from llmwatch.errors import UsageError
from llmwatch.store.lock import WriterLock
from tests.serving import serving

LOCAL = "127.0.0.1"


def collector_of(database: Path) -> Starlette:
    """An app that says it is the collector of ``database``."""

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"service": "llmwatch", "db": str(database)})

    return Starlette(routes=[Route("/health", health)])


def port_of(origin: str) -> int:
    return int(origin.rpartition(":")[2])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "llmwatch.db"


@pytest.fixture
def silent() -> Iterator[int]:
    """A port whose holder takes connections and says nothing."""
    with socket.create_server((LOCAL, 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.create_server((LOCAL, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_nothing_runs(database: Path) -> None:
    port = free_port()
    assert find(database, LOCAL, port) == Place(LOCAL, port, running=False)


def test_the_collector_of_this_database_runs_there(database: Path) -> None:
    with serving(collector_of(database)) as origin:
        port = port_of(origin)
        assert find(database, LOCAL, port) == Place(LOCAL, port, running=True)


def test_the_same_database_under_another_name(database: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with serving(collector_of(database)) as origin:
        assert find(tmp_path / "link" / "llmwatch.db", LOCAL, port_of(origin)).running


def test_the_collector_of_this_database_runs_elsewhere(database: Path) -> None:
    lock = WriterLock(database)
    with serving(collector_of(database)) as origin:
        lock.announce(LOCAL, port_of(origin))
        place = find(database, LOCAL, free_port())
        assert (place.port, place.running) == (port_of(origin), True)
        assert str(port_of(origin)) in place.notice
    lock.release()


def test_a_crashed_collector_left_its_address(database: Path) -> None:
    lock = WriterLock(database)
    lock.announce(LOCAL, free_port())
    port = free_port()
    assert find(database, LOCAL, port) == Place(LOCAL, port, running=False)
    lock.release()


def test_the_port_belongs_to_the_collector_of_another_database(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with serving(collector_of(other)) as origin:
        place = find(database, LOCAL, port_of(origin))
        assert place.port > port_of(origin)
        assert not place.running
        assert str(other) in place.notice
        assert str(place.port) in place.notice


@pytest.mark.parametrize(
    "answer", [{"service": "other"}, ["llmwatch"], None, {"service": "llmwatch", "db": 5}]
)
def test_the_port_belongs_to_another_program(database: Path, answer: object) -> None:
    async def health(_: Request) -> JSONResponse:
        return JSONResponse(answer)

    with serving(Starlette(routes=[Route("/health", health)])) as origin:
        place = find(database, LOCAL, port_of(origin))
        assert place.port > port_of(origin)
        assert not place.running


def test_the_port_belongs_to_a_program_that_says_nothing(database: Path, silent: int) -> None:
    place = find(database, LOCAL, silent)
    assert (place.port > silent, place.running) == (True, False)
    assert "another program" in place.notice


def test_no_port_is_free(database: Path) -> None:
    with socket.create_server((LOCAL, 65535)), pytest.raises(UsageError):
        find(database, LOCAL, 65535)
