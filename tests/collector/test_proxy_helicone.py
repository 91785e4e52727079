"""Helicone's headers on the proxy: who asks, sessions, retries, the cache."""

from __future__ import annotations

import asyncio

import pytest

from llmwatch.collector.proxy.cache import Cache, key_of
from llmwatch.collector.proxy.exchange import Asked, Exchange, Room
from llmwatch.collector.proxy.helicone import Caching, caching, context_of, retrying
from llmwatch.collector.proxy.operations import operation_of
from tests.proxying import (
    CHAT,
    STREAM,
    Answer,
    Got,
    Passing,
    always,
    asking,
    chunk,
    completion,
    delta,
    proxying,
    whole,
)

ENABLED = {"Helicone-Cache-Enabled": "true"}


def headers(**said: str) -> list[tuple[bytes, bytes]]:
    return [(f"helicone-{name.replace('_', '-')}".encode(), value.encode()) for name, value in said.items()]


async def test_who_asks_and_for_what(passing_on: Passing) -> None:
    said = {
        "Helicone-Auth": "Bearer sk-helicone-planted", "Helicone-User-Id": "u", "Helicone-Session-Id": "s",
        "Helicone-Session-Name": "Trip", "Helicone-Request-Id": "r", "Helicone-Prompt-Id": "p",
        "Helicone-Property-Environment": "prod", "Helicone-Property-App": "shop",
        "Helicone-Property-Prompt-Version": "7", "Helicone-Property-Team": "Zoë", "Helicone-Future": "x",
    }  # fmt: skip
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        await proxy.client.post(
            CHAT,
            json=asking(user="other", temperature=0.2),
            headers=[(name.encode(), value.encode()) for name, value in said.items()],
        )
        assert not [name for name in proxy.got[0].headers if name.startswith("helicone")]
    (call,) = proxy.calls()
    context = call.span.context
    assert (context.user_id, context.session_id, context.request_id) == ("u", "s", "r")
    assert (context.prompt_name, context.prompt_version) == ("p", "7")
    assert (context.environment, context.service, context.metadata["team"]) == ("prod", "shop", "Zoë")
    assert call.span.parent_id is None, "a session without a path is no trace"
    assert call.span.call
    assert call.span.call.parameters == {"temperature": 0.2}


def test_a_header_of_its_own_beats_a_property() -> None:
    said = context_of(headers(property_session_id="a", session_id="b", property_user_id="c"))
    assert (said["session_id"], said["user_id"]) == ("b", "c")


async def test_the_openai_user_is_a_user(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        await proxy.client.post(CHAT, json=asking(user="u-9"))
    assert [call.span.context.user_id for call in proxy.calls()] == ["u-9"]


async def test_a_trace_for_each_root_of_a_sessions_paths(passing_on: Passing) -> None:
    paths = ["/trip/flights", "/trip", "/trip/flights/price", "/other", ""]
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        for path in paths:
            said = {
                "Helicone-Session-Id": "s",
                "Helicone-Session-Path": path,
                "Helicone-Session-Name": "Trip",
            }
            await proxy.client.post(CHAT, json=asking(path), headers=said)
    names = {d.span.span_id: d.span.name for d in proxy.stored() if d.row.kind == "chain"}
    assert sorted(names.values()) == ["/trip/flights", "/trip/flights/price", "Trip", "Trip"]
    calls = proxy.calls()
    assert [names.get(call.span.parent_id or "") for call in calls] == [
        "/trip/flights", "Trip", "/trip/flights/price", "Trip", None,
    ]  # fmt: skip
    traces = [call.span.trace_id for call in calls]
    assert traces[0] == traces[1] == traces[2]
    assert len(set(traces)) == 3
    (root,) = (d for d in proxy.stored() if d.span.name == "Trip" and d.span.trace_id == traces[0])
    assert root.span.parent_id is None
    assert root.span.start_ns == calls[0].span.start_ns
    assert root.span.context.session_id == "s"


async def test_a_traceparent_says_where_a_call_belongs(passing_on: Passing) -> None:
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    wrong = [f"00-{'0' * 32}-{parent}-01", f"00-{trace}-{parent}", f"ff-{trace}-{parent}-01", "x", ""]
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        for said in [f"00-{trace}-{parent}-01", *wrong]:
            await proxy.client.post(CHAT, json=asking(), headers={"traceparent": said})
        assert proxy.got[0].headers["traceparent"] == f"00-{trace}-{parent}-01"
    first, *others = proxy.calls()
    assert (first.span.trace_id, first.span.parent_id) == (trace, parent)
    assert trace not in {call.span.trace_id for call in others}
    assert {call.span.parent_id for call in others} == {None}


async def test_what_an_sdk_repeats_is_one_trace(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(b"{}", 500))) as proxy:
        for text, count in (("a", 0), ("a", 1), ("b", 0), ("a", 2), ("a", 0)):
            said = {"x-stainless-retry-count": str(count)}
            await proxy.client.post(CHAT, json=asking(text), headers=said)
    calls = proxy.calls()
    assert [call.span.context.retry_count for call in calls] == [0, 1, 0, 2, 0]
    a, again, b, more, anew = (call.span.trace_id for call in calls)
    assert a == again == more
    assert len({a, b, anew}) == 3


async def test_an_app_repeats_under_the_same_request_id(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(b"{}", 500))) as proxy:
        for text, request_id in (("a", "1"), ("a", "1"), ("b", "1"), ("a", "2")):
            await proxy.client.post(CHAT, json=asking(text), headers={"Helicone-Request-Id": request_id})
    first, second, third, fourth = (call.span.trace_id for call in proxy.calls())
    assert first == second
    assert len({first, third, fourth}) == 3


def failing(*statuses: int) -> Answer:
    """An upstream that fails with ``statuses``, one after the other, and then answers."""
    left = iter(statuses)

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        status = next(left, 200)
        error = b'{"error": {"message": "no", "type": "t", "code": "c%d"}}' % status
        writer.write(whole(completion() if status == 200 else error, status))

    return answer


RETRY = {"Helicone-Retry-Enabled": "true", "Helicone-Retry-Min-Timeout": "1", "helicone-retry-num": "3"}


async def test_retries_are_numbered_spans(passing_on: Passing) -> None:
    async with proxying(passing_on, failing(429, 503)) as proxy:
        response = await proxy.client.post(CHAT, json=asking(), headers=RETRY)
        assert (response.status_code, response.content) == (200, completion())
        assert len({got.body for got in proxy.got}) == 1
    calls = proxy.calls()
    assert [(c.span.context.retry_count, c.span.status, c.span.error_type) for c in calls] == [
        (0, "error", "c429"), (1, "error", "c503"), (2, "ok", None),
    ]  # fmt: skip
    assert len({call.span.trace_id for call in calls}) == 1


@pytest.mark.parametrize(
    ("statuses", "num", "attempts", "status"),
    [((500,) * 9, "1", 2, 500), ((400,), "3", 1, 400), ((429,), "0", 1, 429), ((429,), "x", 2, 200)],
)
async def test_retries_end(
    passing_on: Passing, statuses: tuple[int, ...], num: str, attempts: int, status: int
) -> None:
    async with proxying(passing_on, failing(*statuses)) as proxy:
        said = {**RETRY, "helicone-retry-num": num}
        assert (await proxy.client.post(CHAT, json=asking(), headers=said)).status_code == status
    assert len(proxy.calls()) == attempts


async def test_without_the_header_nothing_is_tried_again(passing_on: Passing) -> None:
    async with proxying(passing_on, failing(500)) as proxy:
        assert (await proxy.client.post(CHAT, json=asking())).status_code == 500
    assert [call.span.context.retry_count for call in proxy.calls()] == [None]


async def test_a_provider_out_of_reach_is_tried_again(passing_on: Passing) -> None:
    async with proxying(passing_on, failing()) as proxy:
        said = {**RETRY, "helicone-retry-num": "1"}
        response = await proxy.client.post("/proxy/nobody/v1/messages", json=asking(), headers=said)
        assert response.status_code == 502
    assert [call.span.error_type for call in proxy.calls()] == ["connection_error"] * 2


def test_waits_grow_and_are_bounded() -> None:
    retry = retrying(headers(retry_enabled="true"))
    assert [retry.wait_s(at, 500) for at in range(6)] == [1, 2, 4, 8, 10, None]
    retry = retrying(headers(
        retry_enabled="true", retry_num="1e9", retry_factor="-3", retry_min_timeout="9e99",
        retry_max_timeout="nan",
    ))  # fmt: skip
    assert (retry.number, retry.factor, retry.wait_s(19, 429), retry.wait_s(20, 429)) == (20, 1, 10, None)
    assert retrying(headers(retry_enabled="maybe")).wait_s(0, 500) is None


async def test_an_answer_from_the_cache(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(completion(), x_request_id="req_1"))) as proxy:
        responses = [await proxy.client.post(CHAT, json=asking(), headers=ENABLED) for _ in range(3)]
        assert [response.headers["helicone-cache"] for response in responses] == ["MISS", "HIT", "HIT"]
        assert {response.content for response in responses} == {completion()}
        assert {response.headers["x-request-id"] for response in responses} == {"req_1"}
        assert len(proxy.got) == 1
    first, second, _ = proxy.calls()
    assert first.span.call
    assert second.span.call
    assert (first.span.call.cache_hit, second.span.call.cache_hit) == (None, True)
    assert second.span.cost
    assert second.span.cost.nanousd == 0
    assert first.span.cost
    assert first.span.cost.nanousd
    assert second.span.content.output_messages == first.span.content.output_messages


async def test_a_stream_from_the_cache(passing_on: Passing) -> None:
    events = [delta("Hi"), delta(finish="stop"), b"data: [DONE]\n\n"]
    answer = STREAM + b"".join(map(chunk, events)) + chunk(b"")
    async with proxying(passing_on, always(answer)) as proxy:
        for _ in range(2):
            response = await proxy.client.post(CHAT, json=asking(stream=True), headers=ENABLED)
            assert response.content == b"".join(events)
        assert len(proxy.got) == 1
    assert [c.span.content.output_messages[0].parts[0].text for c in proxy.calls()] == ["Hi", "Hi"]


async def test_what_is_not_given_from_the_cache(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        mine = {**ENABLED, "Authorization": "Bearer sk-mine-mine"}
        for body, said in [
            (asking(), mine),
            (asking("Other"), mine),
            (asking(), {**mine, "Authorization": "Bearer sk-another"}),
            (asking(), {**mine, "Helicone-Cache-Seed": "1"}),
            (asking(), {**mine, "Cache-Control": "no-cache"}),
            (asking(), {"Authorization": "Bearer sk-mine-mine"}),
            (asking(), {**mine, "Helicone-Cache-Enabled": "false"}),
        ]:
            response = await proxy.client.post(CHAT, json=body, headers=said)
            assert response.headers.get("helicone-cache") != "HIT"
        await proxy.client.post("/proxy/openai/chat/completions", json=asking(), headers=mine)
        assert len(proxy.got) == 8


async def test_failures_are_not_kept(passing_on: Passing) -> None:
    async with proxying(passing_on, failing(500)) as proxy:
        statuses = [(await proxy.client.post(CHAT, json=asking(), headers=ENABLED)).status_code for _ in "12"]
        assert statuses == [500, 200]


def exchange(body: bytes, answer: bytes = b"x") -> Exchange:
    operation = operation_of("POST", CHAT)
    asked = Asked(operation=operation, provider="openai", path=CHAT, headers=[], query=b"", body=body)
    found = Exchange(asked, Room(1 << 30))
    found.answer(200, [])
    found.keep(answer)
    found.end()
    return found


def test_the_cache_is_bounded_and_forgets() -> None:
    now = 0.0
    cache = Cache(lambda: now)
    rule = Caching("", 1, 60)
    for at in range(40):
        kept = exchange(b"%d" % at, b"x" * (2 << 20))
        cache.keep(key_of(kept.asked, rule), kept, rule)
    found = [at for at in range(40) if cache.find(key_of(exchange(b"%d" % at).asked, rule))]
    assert found == list(range(8, 40)), "64 MiB of the latest"
    now = 61.0
    assert cache.find(key_of(exchange(b"39").asked, rule)) is None
    large = exchange(b"large", b"x" * (5 << 20))
    cache.keep(key_of(large.asked, rule), large, rule)
    assert cache.find(key_of(large.asked, rule)) is None


def test_rules_of_the_cache() -> None:
    enabled = headers(cache_enabled="true", cache_bucket_max_size="3", cache_seed="s")
    assert caching(enabled) == Caching("s", 3, 7 * 86_400)
    assert caching([*enabled, (b"cache-control", b"max-age=60")]) == Caching("s", 3, 60)
    assert caching([*enabled, (b"cache-control", b"public, max-age=999999999")]) == Caching(
        "s", 3, 365 * 86_400
    )
    assert caching([*enabled, (b"cache-control", b"no-store")]) is None
    keys = {key_of(exchange(b"a").asked, Caching("", 3, 60)) for _ in range(200)}
    assert len(keys) == 3
