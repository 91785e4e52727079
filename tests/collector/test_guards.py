"""Who is let in: Host, Origin and content type, each by a table."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from llmwatch.collector.guards import Gate
from llmwatch.collector.refusals import refusal


async def status(
    headers: Sequence[tuple[str, str]],
    *,
    method: str = "POST",
    path: str = "/v1/traces",
    **gate: Sequence[str],
) -> int:
    """What a request with exactly these headers is answered, with an app behind the gate that says 200."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the head alone must decide")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }
    await Gate(PlainTextResponse("ok"), refuse=refusal, **gate)(scope, receive, send)
    return int(sent[0]["status"])


PROTOBUF = ("Content-Type", "application/x-protobuf")
LOCAL = ("Host", "localhost:4318")


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:4318", "LocalHost:4318", "127.0.0.1", "127.0.0.1:4318", "127.0.0.1:80",
     "[::1]", "[::1]:4318"],
)  # fmt: skip
async def test_names_of_this_machine_are_let_in(host: str) -> None:
    assert await status([("Host", host), PROTOBUF]) == 200


@pytest.mark.parametrize(
    "host",
    ["", " ", "evil.example", "127.0.0.1.evil.example", "127.0.0.1.evil.example:4318", "localhost.",
     "localhost.:4318", "localhost.evil.example", "evil.example:4318", "evil.example#localhost",
     "localhost@evil.example", "evil@localhost", "localhost:4318:80", "localhost:", "localhost:port",
     "localhost:999999", "::1", "::1:4318", "[::1", "[::]", "[::1].evil.example", "0.0.0.0", "0.0.0.0:4318",
     "127.1", "2130706433", "0x7f000001", "127.0.0.1, evil.example", "localhost/evil", "[::ffff:127.0.0.1]",
     "xn--localhost", "löcalhost", "localhost\t", "192.168.1.5:4318"],
)  # fmt: skip
async def test_every_other_host_is_refused(host: str) -> None:
    assert await status([("Host", host), PROTOBUF]) == 403


async def test_a_request_needs_exactly_one_host() -> None:
    assert await status([PROTOBUF]) == 403
    assert await status([LOCAL, LOCAL, PROTOBUF]) == 403


async def test_a_host_may_be_allowed() -> None:
    hosts = ["Host.Docker.Internal", "fd00::5"]
    assert await status([("Host", "host.docker.internal:4318"), PROTOBUF], hosts=hosts) == 200
    assert await status([("Host", "[fd00::5]:4318"), PROTOBUF], hosts=hosts) == 200
    assert await status([("Host", "docker.internal"), PROTOBUF], hosts=hosts) == 403


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://localhost:3000", "http://localhost:4318", "null", "", "file://"],
)
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
async def test_a_browser_is_refused(origin: str, method: str) -> None:
    assert await status([LOCAL, PROTOBUF, ("Origin", origin)], method=method) == 403


async def test_an_origin_may_be_allowed() -> None:
    ours, other = "http://localhost:3000", "http://localhost:3001"
    assert await status([LOCAL, PROTOBUF, ("Origin", ours)], origins=[ours]) == 200
    assert await status([LOCAL, PROTOBUF, ("Origin", other)], origins=[ours]) == 403
    assert await status([LOCAL, PROTOBUF, ("Origin", ours), ("Origin", other)], origins=[ours]) == 403


@pytest.mark.parametrize(
    ("path", "content_type", "expected"),
    [
        ("/v1/traces", "application/x-protobuf", 200),
        ("/v1/traces", "application/json", 200),
        ("/v1/traces", "Application/JSON; charset=utf-8", 200),
        ("/v1/traces", "application/x-ndjson", 415),
        ("/v1/traces", "text/plain", 415),
        ("/v1/traces", "text/plain; application/json", 415),
        ("/v1/traces", "application/x-www-form-urlencoded", 415),
        ("/v1/logs", "multipart/form-data; boundary=x", 415),
        ("/v1/metrics", "", 415),
        ("/api/spans", "application/json", 200),
        ("/api/spans", "application/x-ndjson", 200),
        ("/api/spans", "text/plain", 415),
        ("/api/replays", "", 415),
        ("/nothing", "text/plain", 200),
    ],
)
async def test_content_types(path: str, content_type: str, expected: int) -> None:
    assert await status([LOCAL, ("Content-Type", content_type)], path=path) == expected


async def test_a_missing_content_type_is_refused() -> None:
    assert await status([LOCAL]) == 415
    assert await status([LOCAL], method="GET", path="/health") == 200
