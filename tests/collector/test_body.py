"""Bodies: compressed, in pieces, too large, broken, never ending."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from llmwatch.collector.body import BodyLimit
from llmwatch.collector.refusals import refusal
from llmwatch.store.records import zstd

LIMIT = 1 << 20


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body it was given."""
    await Response(await Request(scope, receive).body())(scope, receive, send)


async def post(
    chunks: Iterable[bytes], encoding: str | None = None, *, limit: int = LIMIT, hang_up: bool = False
) -> tuple[int, bytes]:
    """Status and body of the answer to a body sent in ``chunks``; status 0 when there is none."""
    waiting: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if not hang_up:
        waiting.append({"type": "http.request", "body": b"", "more_body": False})
    messages = iter([*waiting, {"type": "http.disconnect"}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [] if encoding is None else [(b"content-encoding", encoding.encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/traces", "headers": headers}
    await BodyLimit(echo, refuse=refusal, limit=limit)(scope, receive, send)
    if not sent:
        return 0, b""
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def unsized(data: bytes) -> bytes:
    """A zstandard frame that does not say how large its content is, as LangSmith's client makes them."""
    stream = zstd.ZstdCompressor()
    return stream.compress(data) + stream.flush()


def split(data: bytes, size: int) -> Sequence[bytes]:
    """``data`` in chunks of ``size``."""
    return [data[start : start + size] for start in range(0, len(data), size)]


ENCODERS: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "deflate": zlib.compress,
    "zstd": unsized,
}


@pytest.mark.parametrize("encoding", ENCODERS)
@given(body=st.binary(max_size=3000), size=st.integers(1, 4000))
async def test_the_app_gets_what_was_sent(encoding: str | None, body: bytes, size: int) -> None:
    assert await post(split(ENCODERS[encoding](body), size), encoding) == (200, body)


async def test_zstandard_of_several_frames() -> None:
    frames = zstd.compress(b"one, ") + unsized(b"two, ") + zstd.compress(b"") + zstd.compress(b"three")
    assert await post([frames], "zstd") == (200, b"one, two, three")
    assert await post(split(frames, 1), "zstd") == (200, b"one, two, three")


async def test_a_zstandard_frame_that_needs_a_huge_window_is_refused() -> None:
    stream = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    assert (await post([stream.compress(bytes(1000)) + stream.flush()], "zstd"))[0] == 400


async def test_gzip_of_several_members() -> None:
    assert await post([gzip.compress(b"one, ") + gzip.compress(b"two")], "gzip") == (200, b"one, two")


@pytest.mark.parametrize("encoding", ENCODERS)
async def test_the_limit_is_on_the_inflated_body(encoding: str | None) -> None:
    fits, too_large = bytes(LIMIT), bytes(LIMIT + 1)
    assert await post(split(ENCODERS[encoding](fits), 65536), encoding) == (200, fits)
    assert (await post(split(ENCODERS[encoding](too_large), 65536), encoding))[0] == 413


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_a_bomb_is_not_inflated(encoding: str) -> None:
    bomb = ENCODERS[encoding](bytes(32 << 20))
    tracemalloc.start()
    status, _ = await post([bomb], encoding)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert status == 413
    assert peak < 8 * LIMIT


async def test_compressed_bytes_are_limited_too() -> None:
    assert (await post([gzip.compress(b"")] * 60, "gzip", limit=1000))[0] == 413


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "compress", "deflate;q=1", "\x1b[2J"])
async def test_unknown_encodings_are_refused(encoding: str) -> None:
    assert (await post([b"x"], encoding))[0] == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not compressed",
        gzip.compress(b"x" * 1000, mtime=0)[:-9],
        b"\x1f\x8b\x08",
        unsized(b"x" * 1000)[:-3],
    ],
)
async def test_broken_compression_is_refused(encoding: str, body: bytes) -> None:
    assert (await post([body], encoding))[0] == 400


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_what_follows_a_compressed_body_is_refused(encoding: str) -> None:
    assert (await post([ENCODERS[encoding](b"x") + b"trailing"], encoding))[0] == 400


async def test_a_sender_that_hangs_up_gets_no_answer() -> None:
    assert await post([b"half"], hang_up=True) == (0, b"")


async def test_too_many_large_bodies_at_once_must_come_back() -> None:
    limit = BodyLimit(echo, refuse=refusal, limit=LIMIT)
    statuses: list[int] = []

    def request(depth: int) -> Receive:
        chunks = iter([bytes(LIMIT), b""])

        async def receive() -> Message:
            chunk = next(chunks)
            if not chunk and depth < 5:  # while this one is held, the next one comes
                await limit(scope, request(depth + 1), send)
            return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

        return receive

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": "/v1/traces", "headers": []}
    await limit(scope, request(1), send)
    assert statuses == [503, 200, 200, 200, 200]
    statuses.clear()
    await limit(scope, request(5), send)
    assert statuses == [200]
