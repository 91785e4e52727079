"""Calls of real SDKs passed on to an upstream that answers what their provider answered."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from llmwatch.store.rows import SpanDetail
from tests.dialects.captures import FOLDER, Sent, provider_calls, sent
from tests.dialects.test_captures import as_seen, as_told
from tests.proxying import Got, Passing, Proxying, chunk, head, passing, proxying

NAME = "helicone-style-openai-3.52.0-anthropic-2.11.0/proxied"
CUT, LEFT = 18, 19
"""Positions of the call whose stream the provider cut, and of the one that the client left."""


def answers() -> list[tuple[bytes, bytes, bool]]:
    """Head and body of each answer of the capture, and whether it came in chunks."""
    found = []
    for file in sorted((FOLDER / NAME).glob("*.meta.json")):
        told = json.loads(file.read_text())["response"]
        named = {name.lower(): value for name, value in told["headers"]}
        body = file.with_name(file.name.replace(".meta.json", ".response.bin")).read_bytes()
        found.append((head(told["status"], **named), body, "transfer-encoding" in named))
    return found


async def played(collector: Passing) -> tuple[Proxying, list[bytes]]:
    """The capture through the proxy, and the bytes of every answer as its client got them."""
    left = iter(answers())
    bodies: list[bytes] = []

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        start, body, chunked = next(left)
        writer.write(start)
        if not chunked:
            writer.write(body)
            return
        for event in body.split(b"\n\n")[:-1]:
            writer.write(chunk(event + b"\n\n"))
            await writer.drain()
        position = len(bodies)
        if position == CUT:
            writer.close()
        elif position != LEFT:
            writer.write(chunk(b""))

    async with proxying(collector, answer) as proxy:
        for position, request in enumerate(sent(NAME)):
            bodies.append(await _asked(proxy.client, request, leaving=position == LEFT))
            if position == LEFT:
                await proxy.gone.wait()
    return proxy, bodies


async def _asked(client: httpx.AsyncClient, request: Sent, *, leaving: bool) -> bytes:
    headers = [(name, value) for name, value in request.headers if name.lower() != "host"]
    body = b""
    async with client.stream(request.method, request.path, content=request.body, headers=headers) as response:
        assert response.status_code == request.status
        try:
            async for piece in response.aiter_raw():
                body += piece
                if leaving and b" capital" in body:
                    break
        except httpx.RemoteProtocolError:
            assert len(body) > 0
    return body


class Played(NamedTuple):
    """What became of the capture."""

    calls: list[SpanDetail]
    steps: list[SpanDetail]
    got: list[Got]
    bodies: list[bytes]
    folder: Path


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with passing(tmp_path_factory.mktemp("capture")) as collector:
        proxy, bodies = asyncio.run(played(collector))
        steps = [detail for detail in proxy.stored() if detail.row.kind == "chain"]
        yield Played(proxy.calls(), steps, proxy.got, bodies, collector.database.parent)


def test_a_capture(capture: Played) -> None:
    calls, bodies = capture.calls, capture.bodies
    truth = provider_calls(NAME)
    assert [as_told(call) for call in calls] == [as_seen(call) for call in truth]
    assert bodies == [body for _, body, _ in answers()]
    assert [got.body for got in capture.got] == [request.body for request in sent(NAME)]


def test_what_the_calls_say(capture: Played) -> None:
    calls = capture.calls
    truth = provider_calls(NAME)
    whole = [(c, t) for i, (c, t) in enumerate(zip(calls, truth, strict=True)) if i not in (CUT, LEFT)]
    texts = [
        "".join(
            part.text or ""
            for m in call.span.content.output_messages
            for part in m.parts
            if part.type == "text"
        )
        for call, _ in whole
    ]
    refusals = {7: "I'm sorry, I can't assist with that request.", 18: "I'll look that up.",
                19: "The capital of France is Paris."}  # fmt: skip
    assert texts == [refusals.get(i, t.text) or "" for i, (_, t) in enumerate(whole)]
    asked = [
        sum(p.type == "tool_call" for m in c.span.content.output_messages for p in m.parts) for c, _ in whole
    ]
    assert asked == [t.tool_calls for _, t in whole]
    finishes = Counter(
        c.span.call.finish_reasons for c, _ in whole if c.span.call and c.span.call.finish_reasons
    )
    assert finishes == {("stop",): 8, ("tool_calls",): 2, ("length",): 1, ("tool_use",): 1, ("end_turn",): 1}
    assert [bool(c.span.call and c.span.call.time_to_first_chunk_ns) for c in calls] == [
        t.stream for t in truth
    ]


def test_who_asks(capture: Played) -> None:
    calls = capture.calls
    openai, anthropic = calls[:20], calls[20:]
    assert {c.span.context.session_id for c in calls} == {"sess-42"}
    assert {c.span.context.user_id for c in openai} == {"user-7"}
    assert {c.span.context.environment for c in openai} == {"dev"}
    assert {c.span.context.metadata["tenant"] for c in openai} == {"acme"}
    assert {(c.span.context.prompt_name, c.span.context.prompt_version) for c in openai} == {
        ("support-answer", "3")
    }
    assert {c.span.call.provider for c in openai if c.span.call} == {"openai"}
    assert {c.span.call.provider for c in anthropic if c.span.call} == {"anthropic"}
    assert len({c.span.trace_id for c in openai}) == 1
    steps = {step.span.span_id: step for step in capture.steps}
    assert sorted(step.span.name for step in steps.values()) == ["/rag/answer", "/rag/answer/chat", "support"]
    assert steps[calls[1].span.parent_id or ""].span.name == "/rag/answer/chat"
    assert steps[calls[0].span.parent_id or ""].span.name == "/rag/answer"
    assert [c.span.context.retry_count for c in calls[11:17]] == [0, 1, 0, 1, 0, 1]


def test_failures(capture: Played) -> None:
    calls = capture.calls
    failed = [(c.span.error_type, c.span.error_message) for c in calls if c.span.status == "error"]
    limit = "Rate limit reached for {}: Limit 3 / min. Please try again in 1s."
    server = ("server_error", "The server had an error while processing your request.")
    assert [failure[0] for failure in failed] == [
        "server_error", "rate_limit_exceeded", "rate_limit_exceeded", "server_error", "server_error",
        "context_length_exceeded", "stream_cut", "client_disconnected", "rate_limit_error",
    ]  # fmt: skip
    assert failed[0] == failed[3] == server
    assert failed[1][1] == limit.format("gpt-4o-mini-fail-429")
    assert failed[8][1] == limit.format("claude-fail-429")


def test_no_key_is_kept(capture: Played) -> None:
    got = capture.got[0].headers
    assert got["authorization"] == "Bearer sk-test-0000"
    assert not [name for got in capture.got for name in got.headers if name.startswith("helicone")]
    kept = b"".join(file.read_bytes() for file in capture.folder.iterdir() if file.is_file())
    assert b"sk-" not in kept
