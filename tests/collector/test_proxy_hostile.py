"""Upstreams and clients that mean no good, and keys that must not stay."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmwatch.collector.proxy import decoding
from llmwatch.collector.proxy.exchange import Asked, Exchange, Room
from llmwatch.collector.proxy.operations import operation_of
from llmwatch.collector.proxy.places import Places
from llmwatch.collector.proxy.reading import spans_of
from tests.proxying import (
    CHAT,
    STREAM,
    Got,
    Passing,
    always,
    asking,
    chunk,
    completion,
    delta,
    event,
    head,
    proxying,
    whole,
)

KEY = "sk-planted/0123456789"


def kept(folder: Path) -> bytes:
    """Every byte of every file there: the database, its WAL."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    "answer",
    [
        whole(completion(f"Your key is {KEY}.")),
        whole(json.dumps({"error": {"message": f"bad key {KEY}", "code": KEY}}).encode(), 401),
        whole(json.dumps({"error": f"bad key {KEY}"}).replace("/", r"\/").encode(), 401),
        whole(f"<html>{KEY}</html>".encode(), 403, content_type="text/html"),
        whole(gzip.compress(completion(KEY), mtime=0), content_encoding="gzip"),
        whole(completion(), x_request_id=KEY, set_cookie=KEY),
        STREAM + chunk(delta(f"It is {KEY}.")) + chunk(delta(finish="stop")) + chunk(b""),
        STREAM + chunk(delta(KEY[:9])) + chunk(delta(KEY[9:])) + chunk(delta(finish="stop")) + chunk(b""),
        STREAM + chunk(event({"error": {"message": KEY}})) + chunk(b""),
    ],
)
async def test_a_key_is_never_stored(passing_on: Passing, answer: bytes) -> None:
    ways = [
        ({"Authorization": f"Bearer {KEY}"}, ""), ({"x-api-key": KEY}, ""), ({"api-key": KEY}, ""),
        ({"x-goog-api-key": KEY}, ""), ({}, f"?key={KEY}"), ({"Helicone-Auth": f"Bearer {KEY}"}, ""),
    ]  # fmt: skip
    async with proxying(passing_on, always(answer)) as proxy:
        for headers, query in ways:
            response = await proxy.client.post(CHAT + query, json=asking(f"My key is {KEY}"), headers=headers)
            assert response.status_code < 500
    calls = proxy.calls()
    assert len(calls) == len(ways)
    assert calls[0].span.content.input_messages[0].parts[0].text == "My key is [redacted]"
    assert KEY not in repr(calls)
    database = passing_on.database
    assert database.with_name("llmwatch.db-wal").stat().st_size
    assert KEY.encode() not in kept(database.parent)


async def test_other_credentials_in_a_request_are_hidden(passing_on: Passing) -> None:
    tool = {"type": "mcp", "server_url": "https://x", "authorization": KEY, "headers": {"X-Api-Key": KEY}}
    server = {"type": "url", "url": "https://x", "authorization_token": KEY}
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        body = {"model": "gpt-5", "input": "Hi", "tools": [tool], "mcp_servers": [server]}
        await proxy.client.post("/v1/responses", json=body)
        assert proxy.got[0].json == body
    (call,) = proxy.calls()
    assert call.span.content.tool_definitions[0]["authorization"] == "[redacted]"
    assert KEY not in repr(call)


async def _endless(writer: asyncio.StreamWriter, start: bytes, more: bytes) -> None:
    writer.write(start)
    with contextlib.suppress(ConnectionError):
        while not writer.transport.is_closing():
            writer.write(more)
            await writer.drain()


async def test_headers_without_end(passing_on: Passing) -> None:
    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        await _endless(writer, b"HTTP/1.1 200 OK\r\n", b"x-a: " + b"a" * 1000 + b"\r\n")

    async with proxying(passing_on, answer) as proxy:
        response = await proxy.client.post(CHAT, json=asking())
        assert response.status_code == 502
    assert [call.span.error_type for call in proxy.calls()] == ["stream_cut"]


async def test_a_body_without_end(passing_on: Passing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmwatch.collector.proxy.exchange.LONGEST_COPY", 10_000)
    piece = chunk(b"x" * 10_000)

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        await _endless(writer, head(transfer_encoding="chunked", content_type="application/json"), piece)

    async with proxying(passing_on, answer) as proxy:
        size = 0
        async with proxy.client.stream("POST", CHAT, json=asking()) as response:
            async for got in response.aiter_raw():
                size += len(got)
                if size > 1_000_000:
                    break
        await proxy.gone.wait()
    (call,) = proxy.calls()
    assert call.span.error_type == "client_disconnected"


def test_room_for_copies_is_bounded() -> None:
    room = Room(100)
    asked = Asked(
        operation=operation_of("POST", CHAT), provider="p", path=CHAT, headers=[], query=b"", body=b"{}"
    )
    one, other = Exchange(asked, room), Exchange(asked, room)
    one.keep(b"x" * 60)
    other.keep(b"x" * 60)
    assert (one.whole, other.whole, room.left) == (True, False, 40)
    one.release()
    other.release()
    assert room.left == 100


def test_a_bomb_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LONGEST", 4 << 20)
    bomb = gzip.compress(bytes(16 << 20))
    size = sum(len(piece) for _, piece in decoding.readable([(0, bomb)], "gzip"))
    assert 2 << 20 < size <= 4 << 20


ODD = [
    whole(completion(), content_encoding="gzip"),
    whole(completion(), content_encoding="br"),
    whole(gzip.compress(completion(), mtime=0)[:-20], content_encoding="gzip"),
    whole(b""),
    whole(b"null"),
    whole(b"[]"),
    whole(b"[[[]]]"),
    whole(b'"text"'),
    whole(b"\xff\xfe\x00not json"),
    whole(b"[" * 100_000),
    whole(b'{"choices": [[], null, {"message": 3, "finish_reason": []}], "usage": [], "id": {}, "model": 7}'),
    whole(b'{"choices": {"a": 1}, "usage": {"prompt_tokens": -1, "completion_tokens": 1e400}}'),
    whole(b'{"error": [[]], "message": {}}', 400),
    whole(b'{"error": null}', 500),
    whole(b"", 500),
    whole(b"<html>", 503, content_type="text/html"),
    whole(completion(), content_type="\xe9; charset"),
    head(204),
    head(content_length="0", content_type="text/event-stream"),
    STREAM + chunk(b"data: {\n\n") + chunk(b""),
    STREAM + chunk(b"data: [1, 2]\n\ndata: null\n\n") + chunk(b""),
    STREAM + chunk(b'data: {"choices": [{"delta": {"tool_calls": [{"index": 1e9}]}}]}\n\n') + chunk(b""),
    STREAM + chunk(b"\x00\xff\r\r\r\n\n:") + chunk(b""),
]


PATHS = [CHAT, "/v1/messages", "/v1/responses", "/v1/embeddings", "/proxy/ollama/api/chat"]


@pytest.mark.parametrize("path", PATHS)
async def test_odd_answers_pass_and_are_recorded(passing_on: Passing, path: str) -> None:
    left = iter(ODD)

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(next(left))

    async with proxying(passing_on, answer) as proxy:
        for sent in ODD:
            async with proxy.client.stream("POST", path, json=asking()) as response:
                got = b"".join([piece async for piece in response.aiter_raw()])
            assert response.status_code == int(sent.split(b" ", 2)[1])
            body = sent.partition(b"\r\n\r\n")[2]
            assert got == (body if b"chunked" not in sent else _unchunked(body))
    assert len(proxy.calls()) == len(ODD)


def _unchunked(body: bytes) -> bytes:
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        found += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return found


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x01", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"]
)
async def test_what_is_no_http_is_a_bad_gateway(passing_on: Passing, answer: bytes) -> None:
    async def say(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async with proxying(passing_on, say) as proxy:
        response = await proxy.client.post("/v1/messages", json=asking())
        assert response.status_code == 502
        assert response.json()["type"] == "error"
    assert [call.span.error_type for call in proxy.calls()] == ["stream_cut"]


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'{"messages": 3, "model": []}', b"\xff", b"[" * 50_000, b'{"tools": [[]]}'],
)
async def test_odd_requests_pass_and_are_recorded(passing_on: Passing, body: bytes) -> None:
    async with proxying(passing_on, always(whole(b'{"error": {"message": "what?"}}', 400))) as proxy:
        response = await proxy.client.post(CHAT, content=body)
        assert response.status_code == 400
        assert proxy.got[0].body == body
    assert [call.span.error_message for call in proxy.calls()] == ["what?"]


@settings(max_examples=150)
@given(
    st.sampled_from([*PATHS, "/v1/completions", "/api/generate"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([
                "choices", "message", "delta", "content", "usage", "error", "type", "output", "model", "id",
                "messages", "tools", "input", "stream", "user", "metadata", "response", "data", "role",
            ]), inner, max_size=4,
        ),
        max_leaves=12,
    ),
    st.sampled_from([200, 400]),
    st.booleans(),
)  # fmt: skip
def test_whatever_is_said_becomes_a_span(path: str, value: object, status: int, stream: bool) -> None:
    body = json.dumps(value).encode()
    operation = operation_of("POST", path)
    asked = Asked(operation=operation, provider="p", path=path, headers=[], query=b"", body=body)
    exchange = Exchange(asked, Room(1 << 20))
    kind = b"text/event-stream" if stream else b"application/json"
    exchange.answer(status, [(b"content-type", kind)])
    exchange.keep(b"data: " + body + b"\n\n" if stream else body)
    exchange.end()
    (span,) = spans_of(exchange, Places())
    assert span.kind in ("llm", "embedding")
    assert span.end_ns is not None
