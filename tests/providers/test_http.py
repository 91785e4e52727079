"""What a provider may do to us: refuse, redirect, stall, break off, flood, lie."""

import json
import socket
import threading
import zlib

import pytest

from llmwatch.providers import http
from llmwatch.providers.deltas import Delta, TextDelta
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.errors import (
    AuthenticationError,
    BadAnswerError,
    BadRequestError,
    ProviderTimeoutError,
    RateLimitedError,
    RedirectError,
    ServerError,
    StatusError,
    StreamCutError,
    UnreachableError,
)
from llmwatch.providers.http import Outgoing, post_json, stream_events
from llmwatch.providers.replay import send
from llmwatch.providers.request import ChatRequest
from tests.providers.conversations import says
from tests.providers.stub import Stub, serving, sse

HELLO = ChatRequest(model="m", messages=(says("user", "Hello"),))
HALF = sse({"choices": [{"delta": {"content": "The capital"}}]})
WHOLE = [*HALF, *sse({"choices": [{"delta": {}, "finish_reason": "stop"}]}, "[DONE]")]


async def sent(endpoint: Endpoint) -> list[Delta]:
    return [delta async for delta in send(HELLO, endpoint)]


async def test_a_request_arrives_and_its_answer_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", "sk-1")
    with serving(Stub(chunks=WHOLE)) as stub:
        assert (await sent(stub.endpoint(key_env="STUB_KEY")))[0] == TextDelta("The capital")
    (request,) = stub.received
    assert (request.method, request.path) == ("POST", "/chat/completions")
    assert request.headers["authorization"] == "Bearer sk-1"
    assert request.headers["accept-encoding"] == "identity"
    assert request.json["messages"] == [{"role": "user", "content": "Hello"}]


async def test_events_after_done_are_not_read() -> None:
    with serving(Stub(chunks=[*WHOLE, b"data: not json\n\n"])) as stub:
        assert len(await sent(stub.endpoint())) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, {"error": {"message": "Bad API key: sk-****."}}, AuthenticationError, "Bad API key"),
        (403, {"error": "no access"}, AuthenticationError, "no access"),
        (400, {"error": {"message": "context is too long"}}, BadRequestError, "context is too long"),
        (404, {"detail": "Not Found"}, BadRequestError, "Not Found"),
        (422, [{"error": {"message": "bad schema"}}], BadRequestError, "bad schema"),
        (429, {"type": "error", "error": {"message": "Slow down"}}, RateLimitedError, "Slow down"),
        (500, {"message": "boom"}, ServerError, "boom"),
        (503, {"error": {"code": 7}}, ServerError, '{"code": 7}'),
    ],
)
async def test_errors_say_what_the_provider_said(
    status: int, body: object, kind: type[StatusError], said: str
) -> None:
    stub = Stub(
        status=status, chunks=[json.dumps(body).encode()], headers={"content-type": "application/json"}
    )
    with serving(stub), pytest.raises(kind) as caught:
        await sent(stub.endpoint())
    assert said in str(caught.value)
    assert str(status) in str(caught.value)
    assert caught.value.status == status
    assert caught.value.hint


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("1.5", 1.5), ("soon", None), ("-1", None), ("nan", None), ("inf", None)],
)
async def test_the_wait_of_a_429(header: str, seconds: float | None) -> None:
    with (
        serving(Stub(status=429, headers={"retry-after": header})) as stub,
        pytest.raises(RateLimitedError) as caught,
    ):
        await sent(stub.endpoint())
    assert caught.value.retry_after_s == seconds


async def test_a_page_of_html_is_not_repeated() -> None:
    with (
        serving(Stub(status=502, chunks=[b"<html>" + b"x" * 10_000])) as stub,
        pytest.raises(ServerError) as caught,
    ):
        await sent(stub.endpoint())
    assert "<html>" not in str(caught.value)


async def test_an_endless_error_is_cut() -> None:
    with (
        serving(Stub(status=500, chunks=[b"x" * 60_000] * 50)) as stub,
        pytest.raises(ServerError) as caught,
    ):
        await sent(stub.endpoint())
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    with serving(Stub(chunks=WHOLE)) as elsewhere:
        location = {"location": f"{elsewhere.base_url}/chat/completions"}
        with (
            serving(Stub(status=status, headers=location)) as stub,
            pytest.raises(RedirectError, match=elsewhere.base_url.removeprefix("http://")),
        ):
            await sent(stub.endpoint())
    assert elsewhere.received == []


async def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    stub = Stub(base_url=f"http://127.0.0.1:{port}")
    with pytest.raises(UnreachableError, match="connection refused"):
        await sent(stub.endpoint())


async def test_silence_before_and_within_an_answer() -> None:
    with serving(Stub(chunks=HALF, hold=threading.Event())) as stub:
        came: list[Delta] = []
        with pytest.raises(ProviderTimeoutError, match=r"for 0\.2 s"):
            async for delta in send(HELLO, stub.endpoint(timeout_s=0.2)):
                came.append(delta)
    assert came == [TextDelta("The capital")]


async def test_a_stream_that_breaks_off() -> None:
    with serving(Stub(chunks=HALF, breaks=True)) as stub:
        came: list[Delta] = []
        with pytest.raises(StreamCutError):
            async for delta in send(HELLO, stub.endpoint()):
                came.append(delta)
    assert came == [TextDelta("The capital")]


async def test_a_stream_that_ends_too_early() -> None:
    with serving(Stub(chunks=HALF)) as stub, pytest.raises(StreamCutError):
        await sent(stub.endpoint())


@pytest.mark.parametrize(
    ("headers", "chunks", "message"),
    [
        ({"content-type": "text/html"}, [b"<html>"], "text/html, not a stream"),
        ({}, [b"{}"], "of no content type"),
        (
            {"content-type": "application/json", "content-encoding": "gzip"},
            [zlib.compress(b"{}")],
            "not a stream",
        ),
        ({"content-type": "text/event-stream"}, [b"data: {broken\n\n"], "not JSON"),
        ({"content-type": "application/json"}, [b"[" * 100_000], "not JSON"),
    ],
)
async def test_answers_that_are_none(headers: dict[str, str], chunks: list[bytes], message: str) -> None:
    with (
        serving(Stub(headers=headers, chunks=chunks)) as stub,
        pytest.raises(BadAnswerError, match=message),
    ):
        await sent(stub.endpoint())


async def test_a_flood_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1000)
    with serving(Stub(chunks=HALF * 100)) as stub, pytest.raises(BadAnswerError, match="longer than"):
        await sent(stub.endpoint())


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Stub(chunks=WHOLE)) as proxy, serving(Stub(chunks=WHOLE)) as stub:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.base_url)
        await sent(stub.endpoint())
    assert proxy.received == []
    assert len(stub.received) == 1


@pytest.mark.parametrize("path", ["@evil.example/", ".evil.example/", "", "chat"])
async def test_a_path_cannot_leave_the_origin(path: str) -> None:
    endpoint = Stub(base_url="http://127.0.0.1:9").endpoint()
    with pytest.raises(ValueError, match="origin"):
        async with stream_events(endpoint, Outgoing(path, {}, b"")):
            pass


async def test_stopping_early_closes_the_connection() -> None:
    with serving(Stub(chunks=HALF, hold=threading.Event())) as stub:
        stream = send(HELLO, stub.endpoint())
        assert await anext(stream) == TextDelta("The capital")
        await stream.aclose()
    assert len(stub.received) == 1


async def test_posting_to_the_collector() -> None:
    with serving(Stub(status=202, chunks=[b'{"ok":true}'])) as stub:
        assert await post_json(f"{stub.base_url}/api/replays", b"{}") == (202, '{"ok":true}')
    with pytest.raises(UnreachableError, match=r"collector does not answer \(connection refused\)"):
        await post_json(f"{stub.base_url}/api/replays", b"{}")
