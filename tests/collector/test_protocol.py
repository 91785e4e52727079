"""Connections that are slow, half-open, or too many."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from llmwatch.collector.protocol import BoundedProtocol
from tests.collector.requests import answer
from tests.serving import serving


class Impatient(BoundedProtocol):
    """A protocol that a test can wait for."""

    arrival_s = 0.2
    max_connections = 3


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes")(scope, receive, send)


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(_answer, http=Impatient, log_level="critical", lifespan="off")
    with serving(_answer, uvicorn.Server(config)) as origin:
        yield "127.0.0.1", int(origin.rpartition(":")[2])


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /v1/tra", id="half a line"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: localhost\r\n", id="half a head"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc", id="half a body"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            id="a chunk too few",
        ),
        pytest.param(b"\r\n\r\n", id="line ends only"),
    ],
)
def test_what_does_not_arrive_in_time_is_cut_off(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address, 10) as connection:
        connection.sendall(sent)
        assert everything(connection) == b""


def test_a_request_in_time_is_answered_and_the_connection_kept(address: tuple[str, int]) -> None:
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    with socket.create_connection(address, 10) as connection:
        for _ in range(2):
            connection.sendall(request)
            assert answer(connection) == (200, b"3 bytes")
        connection.sendall(b"POST")
        assert everything(connection) == b""


def test_a_head_that_never_ends_is_refused(address: tuple[str, int]) -> None:
    with socket.create_connection(address, 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for number in range(5000):
                connection.sendall(b"X-%d: %s\r\n" % (number, b"x" * 500))
        assert everything(connection)[:12] in (b"HTTP/1.1 431", b"")  # or reset while we were still sending


def test_a_large_body_is_no_large_head(address: tuple[str, int]) -> None:
    body = b"x" * (3 * Impatient.max_head)
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(address, 10) as connection:
        for _ in range(3):
            connection.sendall(head.encode() + body)
            assert answer(connection) == (200, f"{len(body)} bytes".encode())


def test_more_connections_than_allowed_are_told_to_come_back(address: tuple[str, int]) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(Impatient.max_connections):
            connection = stack.enter_context(socket.create_connection(address, 10))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer(connection)[0] == 200
        turned_away = stack.enter_context(socket.create_connection(address, 10))
        refusal = everything(turned_away)
        assert refusal.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in refusal
    # Once the server has noticed that they are gone, there is room again.
    assert any(_closing_get(address).startswith(b"HTTP/1.1 200") for _ in range(1000))


def _closing_get(address: tuple[str, int]) -> bytes:
    with socket.create_connection(address, 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return everything(connection)
