"""Budgets and loops at the proxy: how many calls pass, and what those that do not are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from llmwatch.collector.budgets.ledger import Ledger
from llmwatch.collector.door import Door
from llmwatch.config import parse
from tests.proxying import CHAT, Got, Passing, always, asking, completion, proxying, whole

ANSWER = whole(completion())  # 9 tokens in and 3 out of gpt-4o-mini: 9 × 150 + 3 × 600 = 3,150 nano-dollars
COST = 3150
Limiting = Callable[..., Ledger]


@pytest.fixture
def limiting(passing_on: Passing) -> Iterator[Limiting]:
    """Sets budgets for calls of the feature ``test``'s own name; none are left afterwards."""
    door: Door = passing_on.app.state.door

    def limit(**budgets: Any) -> Ledger:
        named = {name: {"enforce": "block", **budget} for name, budget in budgets.items()}
        door.ledger.reconfigure(parse({"budgets": named}))
        passing_on.writer.keep(door.ledger).result(5)
        return door.ledger

    yield limit
    limit()


def of(feature: str, **headers: str) -> dict[str, str]:
    return {"Helicone-Property-Feature": feature, **headers}


@pytest.mark.parametrize(
    ("name", "limit", "through"),
    [
        ("calls", {"limit_calls": 10}, 10),
        # The text of the request is 52 characters, 13 tokens: 13 × 150 + 1000 × 600 = 601,950 nano-dollars
        # each; nine of them hold 5,417,550, so that a tenth is let through and no eleventh.
        ("dollars", {"limit_usd": 0.006}, 10),
        ("tokens", {"limit_tokens": 10_000}, 10),  # 1,013 each
    ],
)
async def test_of_100_parallel_calls_so_many_pass(
    passing_on: Passing, limiting: Limiting, name: str, limit: dict[str, Any], through: int
) -> None:
    ledger = limiting(parallel={**limit, "match": {"feature": f"parallel-{name}"}})
    refused = asyncio.Event()

    async def answer(_: Got, writer: asyncio.StreamWriter) -> None:
        await refused.wait()
        writer.write(ANSWER)

    async with proxying(passing_on, answer) as proxy:
        body = asking(max_tokens=1000)
        calls = [
            asyncio.ensure_future(proxy.client.post(CHAT, json=body, headers=of(f"parallel-{name}")))
            for _ in range(100)
        ]
        while sum(call.done() for call in calls) < 100 - through:
            await asyncio.wait([call for call in calls if not call.done()], return_when="FIRST_COMPLETED")
        refused.set()
        statuses = [response.status_code for response in await asyncio.gather(*calls)]
        assert len(proxy.got) == through
    assert statuses.count(200) == through
    assert statuses.count(429) == 100 - through
    assert len(proxy.calls()) == through, "what was refused is no call"
    (kept,) = ledger.accounts
    spent = ledger.spent(("parallel", "", kept.bounds(ledger.now_ns() // 10**9)[0]))
    assert spent == (COST * through, 12 * through, through, 0), "settled with what it really cost"
    assert ledger._held == {}


async def test_the_refusal_says_what_is_used_up_and_until_when(
    passing_on: Passing, limiting: Limiting
) -> None:
    limiting(free={"limit_usd": 0, "by": "user", "period": "month", "match": {"feature": "said"}})
    async with proxying(passing_on, always(ANSWER)) as proxy:
        response = await proxy.client.post(CHAT, json=asking(user="ann"), headers=of("said"))
        other = await proxy.client.post(CHAT, json=asking(user="ann"))
        assert len(proxy.got) == 1
    assert other.status_code == 200
    assert response.status_code == 429
    assert response.headers["x-should-retry"] == "false"
    assert 0 < int(response.headers["retry-after"]) <= 31 * 86_400
    error = response.json()["error"]
    assert error["code"] == "budget_exceeded"
    assert error["message"].startswith(
        "llmwatch: user ann: this month $0, 100 % of the free budget $0; it begins anew at "
    )
    assert {name: error["budget"][name] for name in ("name", "by", "value", "unit", "limit", "share")} == {
        "name": "free", "by": "user", "value": "ann", "unit": "usd", "limit": 0, "share": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/v1/messages", {"max_tokens": 5, "messages": []}, ("error", "message")),
        (
            "/proxy/gemini/v1beta/models/gemini-2.5-flash:generateContent",
            {"contents": []},
            ("error", "message"),
        ),
        ("/proxy/ollama/api/chat", {"model": "llama3", "messages": []}, ("error",)),
        ("/v1/responses", {"model": "gpt-4o", "input": "Hi"}, ("error", "message")),
    ],
)
async def test_every_provider_is_answered_for_in_its_own_form(
    passing_on: Passing, limiting: Limiting, path: str, body: dict[str, Any], where: tuple[str, ...]
) -> None:
    limiting(none={"limit_calls": 0, "match": {"feature": "forms"}})
    async with proxying(passing_on, always(ANSWER)) as proxy:
        response = await proxy.client.post(path, json=body, headers=of("forms"))
        assert proxy.got == []
    assert response.status_code == 429
    told = response.json()
    if path == "/v1/messages":
        assert (told["type"], told["error"]["type"]) == ("error", "rate_limit_error")
    for name in where:
        told = told[name]
    assert told.startswith("llmwatch: today 0 calls, 100 % of the none budget 0 calls; it begins anew at ")
    assert "budget_exceeded" in response.text


async def test_the_openai_sdk_shows_the_message_and_does_not_try_again(
    passing_on: Passing, limiting: Limiting
) -> None:
    limiting(none={"limit_calls": 0, "match": {"feature": "sdk"}})
    asked: list[object] = []

    async def note(request: object) -> None:
        asked.append(request)

    async with proxying(passing_on, always(ANSWER)) as proxy:
        client = openai.AsyncOpenAI(
            base_url=f"{passing_on.origin}/v1", api_key="sk-x", max_retries=3, default_headers=of("sdk"),
            http_client=openai.DefaultAsyncHttpxClient(event_hooks={"request": [note]}),
        )  # fmt: skip
        for stream in (False, True):
            with pytest.raises(openai.RateLimitError) as caught:
                await client.chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], stream=stream
                )
            assert "llmwatch: today 0 calls, 100 % of the none budget 0 calls" in caught.value.message
            assert caught.value.code == "budget_exceeded"
        await client.close()
        assert len(asked) == 2
        assert proxy.got == []


async def test_on_trial_the_answer_says_what_would_have_been(passing_on: Passing, limiting: Limiting) -> None:
    limiting(trial={"limit_calls": 0, "enforce": "warn", "match": {"feature": "trial"}})
    async with proxying(passing_on, always(ANSWER)) as proxy:
        response = await proxy.client.post(CHAT, json=asking(), headers=of("trial"))
    assert response.status_code == 200
    assert response.headers["x-llmwatch-warning"].startswith(
        "today 0 calls, 100 % of the trial budget 0 calls"
    )


async def test_a_model_without_a_price(passing_on: Passing, limiting: Limiting) -> None:
    for on_failure, status in (("open", 200), ("closed", 429)):
        limiting(unknown={"limit_usd": 1, "on_failure": on_failure, "match": {"feature": "unpriced"}})
        async with proxying(passing_on, always(ANSWER)) as proxy:
            body = asking() | {"model": "nobody-knows-it"}
            response = await proxy.client.post(CHAT, json=body, headers=of("unpriced"))
        assert response.status_code == status
    assert response.json()["error"]["code"] == "budget_unknown"


async def test_a_closed_budget_opens_again_when_the_database_is_well(
    passing_on: Passing, limiting: Limiting
) -> None:
    ledger = limiting(shut={"limit_usd": 1, "on_failure": "closed", "match": {"feature": "trouble"}})
    ledger.trouble = "the disk is full"
    async with proxying(passing_on, always(ANSWER)) as proxy:
        answers = [await proxy.client.post(CHAT, json=asking(), headers=of("trouble")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 200], "counting the refusal could be stored"
    assert "what is spent cannot be stored: the disk is full" in answers[0].text


async def test_a_call_that_fails_holds_nothing(passing_on: Passing, limiting: Limiting) -> None:
    ledger = limiting(few={"limit_tokens": 5000, "match": {"feature": "failing"}})
    async with proxying(passing_on, always(whole(b'{"error": {"message": "no"}}', 500))) as proxy:
        for _ in range(20):
            response = await proxy.client.post(CHAT, json=asking(max_tokens=4000), headers=of("failing"))
            assert response.status_code == 500
            await passing_on.recorded()
    assert ledger._held == {}


async def test_a_client_that_hangs_up_holds_nothing(passing_on: Passing, limiting: Limiting) -> None:
    ledger = limiting(few={"limit_calls": 1, "match": {"feature": "hanging-up"}})
    asked = asyncio.Event()

    async def never(_: Got, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with proxying(passing_on, never) as proxy:
        call = asyncio.ensure_future(proxy.client.post(CHAT, json=asking(), headers=of("hanging-up")))
        await asked.wait()
        assert len(ledger._held) == 1
        call.cancel()
        await asyncio.wait([call])
        await passing_on.recorded()
    assert ledger._held == {}


async def test_what_is_no_model_call_passes(passing_on: Passing, limiting: Limiting) -> None:
    limiting(none={"limit_calls": 0})
    async with proxying(passing_on, always(whole(b"{}"))) as proxy:
        assert (await proxy.client.get("/v1/models")).status_code == 200
        assert (await proxy.client.post("/v1/messages/count_tokens", json={})).status_code == 200
        assert (await proxy.client.post(CHAT, json=asking())).status_code == 429


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b'{"messages": 7, "max_tokens": "no"}', b"\xff" * 9]
)
async def test_a_body_that_cannot_be_read_is_the_providers_to_refuse(
    passing_on: Passing, limiting: Limiting, body: bytes
) -> None:
    limiting(some={"limit_usd": 1})
    async with proxying(passing_on, always(whole(b'{"error": {}}', 400))) as proxy:
        assert (await proxy.client.post(CHAT, content=body)).status_code == 400
        assert [got.body for got in proxy.got] == [body]


def called(name: str = "search", arguments: str = '{"q": "a"}') -> dict[str, Any]:
    call = {"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


RESULT = {"role": "tool", "tool_call_id": "c", "content": "nothing found"}
USER = {"role": "user", "content": "find it"}


def chat(*messages: Any) -> tuple[str, dict[str, Any]]:
    return CHAT, {"model": "gpt-4o-mini", "messages": list(messages)}


def responses(*arguments: str) -> tuple[str, dict[str, Any]]:
    items = [
        item
        for each in arguments
        for item in (
            {"type": "function_call", "name": "search", "arguments": each, "call_id": "c"},
            {"type": "function_call_output", "call_id": "c", "output": "nothing"},
        )
    ]
    return "/v1/responses", {"model": "gpt-4o", "input": [USER, *items]}


def messages(*inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    turns = [
        turn
        for each in inputs
        for turn in (
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t", "name": "search", "input": each}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "nothing"}]},
        )
    ]
    return "/v1/messages", {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [USER, *turns]}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (chat(USER, *[called(), RESULT] * 4), 200),
        (chat(USER, *[called(), RESULT] * 5), 400),
        (chat(USER, *[called(), RESULT] * 220), 400),
        (chat(USER, *[called(), RESULT] * 4, called(arguments='{"q":"a"}'), RESULT), 400),
        (chat(USER, *[called(), RESULT] * 4, called(arguments='{"q": "b"}'), RESULT), 200),
        (chat(USER, *[called(), RESULT] * 4, called("fetch"), RESULT), 200),
        (chat(USER, *[called(), RESULT] * 5, {"role": "assistant", "content": "No."}, USER), 200),
        (chat(USER, *[called(), RESULT, called("fetch"), RESULT] * 5), 400),
        (chat(USER, *[called(), RESULT, called("fetch"), RESULT] * 4, called(), RESULT), 200),
        (responses(*['{"q": "a"}'] * 5), 400),
        (responses(*['{"q": "a"}'] * 4), 200),
        (messages(*[{"q": "a", "n": 1}] * 4, {"n": 1, "q": "a"}), 400),
        (messages(*[{"q": "a"}] * 4, {"q": "b"}), 200),
    ],
)
async def test_the_same_tool_with_the_same_arguments_five_times(
    passing_on: Passing, request_: tuple[str, dict[str, Any]], status: int
) -> None:
    path, body = request_
    async with proxying(passing_on, always(ANSWER)) as proxy:
        response = await proxy.client.post(path, json=body)
        assert len(proxy.got) == (status == 200)
    assert response.status_code == status
    if status == 400:
        assert "runaway_loop" in response.text
        assert "was called 5 times with the same arguments" in response.text
        assert response.headers["x-should-retry"] == "false"


async def test_a_session_whose_provider_keeps_the_conversation(passing_on: Passing) -> None:
    """220 requests that each bring the result of the same call: the provider is asked five times."""
    item = {"type": "function_call", "name": "search", "arguments": '{"q": "a"}', "call_id": "c", "id": "f"}
    said = json.dumps({"id": "r", "object": "response", "status": "completed", "output": [item]}).encode()
    body = {"model": "gpt-4o", "previous_response_id": "r",
            "input": [{"type": "function_call_output", "call_id": "c", "output": "nothing"}]}  # fmt: skip
    async with proxying(passing_on, always(whole(said))) as proxy:

        async def ask(session: str, sent: dict[str, Any]) -> httpx.Response:
            response = await proxy.client.post(
                "/v1/responses", json=sent, headers={"Helicone-Session-Id": session}
            )
            await passing_on.recorded()
            return response

        statuses = [(await ask("circling", body)).status_code for _ in range(220)]
        assert statuses == [200] * 5 + [400] * 215
        assert len(proxy.got) == 5
        assert (await ask("another", body)).status_code == 200
        spoken = body | {"input": [{"role": "user", "content": "stop that"}]}
        assert (await ask("circling", spoken)).status_code == 200, "a person has spoken"


async def test_no_loop_is_looked_for_when_it_is_off(passing_on: Passing) -> None:
    loops = passing_on.app.state.door.loops
    loops.repeats = 0
    try:
        async with proxying(passing_on, always(ANSWER)) as proxy:
            path, body = chat(USER, *[called(), RESULT] * 220)
            assert (await proxy.client.post(path, json=body)).status_code == 200
    finally:
        loops.repeats = 5
