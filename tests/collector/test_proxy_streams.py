"""Streams through the proxy: as they come, to whichever end they come."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest

from llmwatch.collector.proxy import exchange
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Usage
from tests.proxying import CHAT, STREAM, Got, Passing, always, asking, chunk, delta, event, proxying, whole

USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
EVENTS = [
    delta("Hel"),
    delta("lo."),
    delta(finish="stop"),
    delta(choices=[], usage=USAGE),
    b"data: [DONE]\n\n",
]


def streamed(*events: bytes, kind: str = "text/event-stream") -> bytes:
    """A whole answer in chunks, an event each."""
    start = STREAM.replace(b"text/event-stream", kind.encode())
    return start + b"".join(map(chunk, events)) + chunk(b"")


def only(calls: list[SpanDetail]) -> SpanDetail:
    (call,) = calls
    return call


def said(call: SpanDetail) -> str:
    messages = call.span.content.output_messages
    return "".join(part.text or "" for m in messages for part in m.parts if part.type == "text")


async def test_events_pass_one_by_one(passing_on: Passing) -> None:
    seen = [asyncio.Event() for _ in EVENTS]

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM)
        for sent, arrived in zip(EVENTS, seen, strict=True):
            writer.write(chunk(sent))
            await arrived.wait()  # until the client has this one there is no next
        writer.write(chunk(b""))

    async with proxying(passing_on, answer) as proxy:
        got = []
        async with proxy.client.stream("POST", CHAT, json=asking(stream=True)) as response:
            async for piece in response.aiter_raw():
                got.append(piece)
                seen[len(got) - 1].set()
    assert got == EVENTS
    span = only(proxy.calls()).span
    assert span.call
    assert (span.call.stream, span.call.finish_reasons, span.call.response_id) == (
        True,
        ("stop",),
        "chatcmpl-1",
    )
    assert span.call.response_model == "gpt-4o-mini-2024-07-18"
    assert span.call.usage == Usage(input_tokens=9, output_tokens=2, total_tokens=11)
    assert said(only(proxy.calls())) == "Hello."
    assert span.call.time_to_first_chunk_ns
    assert span.end_ns
    assert 0 < span.call.time_to_first_chunk_ns < span.end_ns - span.start_ns


async def test_the_first_content_counts_not_the_first_byte(passing_on: Passing) -> None:
    gate = asyncio.Event()

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(b": a comment\n\n") + chunk(delta()))
        await gate.wait()
        writer.write(b"".join(map(chunk, EVENTS)) + chunk(b""))

    clock = asyncio.get_running_loop().time
    async with (
        proxying(passing_on, answer) as proxy,
        proxy.client.stream("POST", CHAT, json=asking(stream=True)) as response,
    ):
        begun = clock()
        pieces = aiter(response.aiter_raw())
        await anext(pieces)
        waited = clock() - begun
        gate.set()
        assert [piece async for piece in pieces]
    call = only(proxy.calls()).span.call
    assert call
    assert call.time_to_first_chunk_ns
    assert call.time_to_first_chunk_ns >= waited * 1e9


async def test_a_stream_that_the_provider_cuts(passing_on: Passing) -> None:
    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(EVENTS[0]))
        writer.close()

    async with proxying(passing_on, answer) as proxy:
        got = b""
        with pytest.raises(httpx.RemoteProtocolError):
            async with proxy.client.stream("POST", CHAT, json=asking(stream=True)) as response:
                async for piece in response.aiter_raw():
                    got += piece
        assert got == EVENTS[0]
    span = only(proxy.calls()).span
    assert (span.status, span.error_type) == ("error", "stream_cut")
    assert span.call
    assert (span.call.response_id, span.call.usage) == ("chatcmpl-1", None)
    assert said(only(proxy.calls())) == "Hel"


async def test_a_stream_that_ends_in_order_before_the_answer_does(passing_on: Passing) -> None:
    async with proxying(passing_on, always(streamed(EVENTS[0]))) as proxy:
        response = await proxy.client.post(CHAT, json=asking(stream=True))
        assert response.content == EVENTS[0]
    assert only(proxy.calls()).span.error_type == "stream_cut"


async def test_a_client_that_hangs_up_takes_the_call_with_it(passing_on: Passing) -> None:
    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(EVENTS[0]))  # and then nothing, until the connection is closed

    async with proxying(passing_on, answer) as proxy:
        async with proxy.client.stream("POST", CHAT, json=asking(stream=True)) as response:
            await anext(aiter(response.aiter_raw()))
        await asyncio.wait_for(proxy.gone.wait(), 20)
    span = only(proxy.calls()).span
    assert (span.status, span.error_type) == ("error", "client_disconnected")
    assert said(only(proxy.calls())) == "Hel"


async def test_a_client_that_hangs_up_before_the_answer(passing_on: Passing) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await left.wait()
        writer.write(b"")

    async with proxying(passing_on, answer) as proxy:
        asking_for = asyncio.create_task(proxy.client.post(CHAT, json=asking()))
        await asked.wait()
        asking_for.cancel()
        left.set()
        await asyncio.wait_for(proxy.gone.wait(), 20)
    assert only(proxy.calls()).span.error_type == "client_disconnected"


async def test_an_error_in_the_middle(passing_on: Passing) -> None:
    failure = event({"error": {"message": "Overloaded", "type": "server_error", "code": "overloaded"}})
    async with proxying(passing_on, always(streamed(EVENTS[0], failure))) as proxy:
        response = await proxy.client.post(CHAT, json=asking(stream=True))
        assert response.content == EVENTS[0] + failure
    span = only(proxy.calls()).span
    assert (span.error_type, span.error_message) == ("overloaded", "Overloaded")


def _block(event: str, index: int, **fields: Any) -> dict[str, Any]:
    held = "content_block" if event == "start" else "delta"
    return {"type": f"content_block_{event}", "index": index, held: fields}


ANTHROPIC = [
    {"type": "message_start", "message": {
        "id": "msg_1", "model": "claude-sonnet-4-5", "role": "assistant", "content": [],
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 0,
                  "output_tokens": 1, "service_tier": "standard"}}},
    _block("start", 0, type="thinking", thinking=""),
    _block("delta", 0, type="thinking_delta", thinking="Hm."),
    _block("start", 1, type="tool_use", id="t1", name="f"),
    _block("delta", 1, type="input_json_delta", partial_json='{"a"'),
    _block("delta", 1, type="input_json_delta", partial_json=": 1}"),
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 20}},
    {"type": "message_stop"},
]  # fmt: skip


async def test_anthropics_events(passing_on: Passing) -> None:
    body = {**asking(stream=True), "metadata": {"user_id": "u-1"}, "system": "Be brief."}
    async with proxying(passing_on, always(streamed(*map(event, ANTHROPIC)))) as proxy:
        await proxy.client.post("/v1/messages", json=body)
    span = only(proxy.calls()).span
    assert span.call
    assert (span.call.provider, span.call.response_id, span.call.finish_reasons) == (
        "anthropic", "msg_1", ("tool_use",),
    )  # fmt: skip
    usage = span.call.usage
    assert usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens) == (12, 7, 20)
    (message,) = span.content.output_messages
    assert [(p.type, p.text or p.arguments) for p in message.parts] == [
        ("reasoning", "Hm."), ("tool_call", '{"a": 1}'),
    ]  # fmt: skip
    assert [m.role for m in span.content.input_messages] == ["system", "user"]
    assert span.context.user_id == "u-1"


async def test_anthropics_cut_stream_says_which_answer_it_was(passing_on: Passing) -> None:
    failure = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    async with proxying(passing_on, always(streamed(*map(event, [*ANTHROPIC[:3], failure])))) as proxy:
        await proxy.client.post("/v1/messages", json=asking(stream=True))
    span = only(proxy.calls()).span
    assert span.call
    assert (span.call.response_id, span.call.response_model) == ("msg_1", "claude-sonnet-4-5")
    assert (span.error_type, span.error_message) == ("overloaded_error", "Overloaded")


async def test_a_response_that_failed(passing_on: Passing) -> None:
    failed = {"id": "resp_1", "model": "gpt-5", "status": "failed",
              "error": {"code": "server_error", "message": "Sorry."}}  # fmt: skip
    events = [
        {"type": "response.created", "response": {**failed, "status": "in_progress", "error": None}},
        {"type": "response.failed", "response": failed},
    ]
    async with proxying(passing_on, always(streamed(*map(event, events)))) as proxy:
        await proxy.client.post("/v1/responses", json={"model": "gpt-5", "input": "Hi", "stream": True})
    span = only(proxy.calls()).span
    assert (span.error_type, span.error_message) == ("server_error", "Sorry.")
    assert span.call
    assert span.call.response_id == "resp_1"
    assert span.content.input_messages[0].parts[0].text == "Hi"


OLLAMA = [
    {"model": "llama3.2", "message": {"role": "assistant", "content": text}, "done": False} for text in "Hi"
]
GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4},
    "modelVersion": "gemini-2.5-flash", "responseId": "r",
}  # fmt: skip
ASKED = {
    "contents": [{"role": "user", "parts": [{"text": "Hello?"}]}],
    "generationConfig": {"temperature": 0},
}
LINES = [json.dumps(item).encode() + b"\n" for item in [
    *OLLAMA, {"model": "llama3.2", "message": {}, "done": True, "done_reason": "stop", "prompt_eval_count": 3,
              "eval_count": 1},
]]  # fmt: skip
TOLD = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
TEXT = [
    event(
        {"id": "cmpl-1", "model": "davinci", "choices": [{"text": text, "index": 0, "finish_reason": reason}]}
    )
    for text, reason in (("H", None), ("i", "stop"))
]
WRITTEN = {"model": "llama3.2", "response": "Hi", "done": True, "done_reason": "stop", "prompt_eval_count": 3,
           "eval_count": 1}  # fmt: skip
FLASH = "/proxy/gemini/v1beta/models/gemini-2.5-flash:"


@pytest.mark.parametrize(
    ("path", "answer", "model", "first"),
    [
        ("/proxy/ollama/api/chat", streamed(*LINES, kind="application/x-ndjson"), "llama3.2", True),
        ("/proxy/ollama/api/generate", whole(json.dumps(WRITTEN).encode()), "llama3.2", False),
        (FLASH + "streamGenerateContent?alt=sse", streamed(event(GEMINI)), "gemini-2.5-flash", True),
        (FLASH + "streamGenerateContent", whole(json.dumps([GEMINI]).encode()), "gemini-2.5-flash", False),
        (FLASH + "generateContent", whole(json.dumps(GEMINI).encode()), "gemini-2.5-flash", False),
        ("/v1/completions", streamed(*TEXT, event({"choices": [], "usage": TOLD})), "davinci", True),
    ],
)  # fmt: skip
async def test_other_apis(passing_on: Passing, path: str, answer: bytes, model: str, first: bool) -> None:
    body = ASKED if "gemini" in path else {"model": model, "prompt": "Hello?", "stream": first}
    async with proxying(passing_on, always(answer)) as proxy:
        await proxy.client.post(path, json=body)
    call = only(proxy.calls())
    told = call.span.call
    assert told
    assert said(call) == "Hi"
    assert (told.request_model, told.response_model) == (model, model)
    assert told.usage
    assert (told.usage.input_tokens, told.usage.output_tokens) == (3, 1)
    assert told.finish_reasons
    assert told.finish_reasons[0].lower() == "stop"
    assert (told.time_to_first_chunk_ns is not None) == first
    assert call.span.content.input_messages[0].parts[0].text == "Hello?"
    assert call.span.status == "ok"
    assert told.stream == (first or "stream" in path)


async def test_a_compressed_stream_is_read_as_it_passes(passing_on: Passing) -> None:
    packed = gzip.compress(b"".join(EVENTS))
    start = STREAM.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
    answer = start + chunk(packed[:40]) + chunk(packed[40:]) + chunk(b"")
    async with (
        proxying(passing_on, always(answer)) as proxy,
        proxy.client.stream("POST", CHAT, json=asking(stream=True)) as response,
    ):
        assert b"".join([piece async for piece in response.aiter_raw()]) == packed
    assert said(only(proxy.calls())) == "Hello."


async def test_an_answer_too_long_to_keep_passes_whole(
    passing_on: Passing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LONGEST_COPY", 600)
    events = [delta(f"{at} ") for at in range(100)] + EVENTS[2:]
    async with proxying(passing_on, always(streamed(*events))) as proxy:
        response = await proxy.client.post(CHAT, json=asking(stream=True))
        assert response.content == b"".join(events)
    span = only(proxy.calls()).span
    assert said(only(proxy.calls())).startswith("0 1")
    assert span.status == "ok"
    assert span.call
    assert span.call.usage is None
    assert span.content.truncated == ("output.value: copied in part",)
