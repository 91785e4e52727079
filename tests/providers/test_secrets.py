"""A recording cannot choose where it is sent, and a key is seen by nobody but its own endpoint."""

import json
import logging
import traceback
from contextlib import suppress

import msgspec
import pytest

from llmwatch.config import Config
from llmwatch.errors import ProviderError
from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.answer import Answer
from llmwatch.providers.endpoints import choose, endpoints
from llmwatch.providers.replay import send, to_replay
from llmwatch.providers.request import request_from
from llmwatch.store.span import Call, Content, Span
from tests.providers.conversations import says
from tests.providers.stub import Stub, serving, sse

CANARY = "sk-canary-5b1e77d0"
END = sse({"choices": [{"delta": {}, "finish_reason": "stop"}]})


def hostile(base_url: str) -> Span:
    """A call whose recording does all it can to be sent to ``base_url``."""
    host = base_url.removeprefix("http://")
    attributes = {
        "server.address": host, "server.port": int(host.rpartition(":")[2]), "url.full": base_url,
        "gen_ai.request.base_url": base_url, "llm.base_url": base_url, "base_url": base_url,
        "gen_ai.openai.api_base": base_url, "http.url": f"{base_url}/v1/chat/completions",
        "input.value": json.dumps({"model": "m", "base_url": base_url, "api_key": "x", "messages": []}),
    }  # fmt: skip
    call = Call(
        provider=base_url,
        request_model=f"{base_url}/m",
        parameters={"base_url": base_url, "api_base": base_url},
    )
    content = Content(input_messages=(says("user", "Hi"),), attributes=attributes, resource=attributes)
    return Span(trace_id="t", span_id="s", kind="llm", start_ns=1, call=call, content=content)


async def test_nothing_is_sent_where_a_span_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", CANARY)
    with serving(Stub(chunks=END)) as evil, serving(Stub(chunks=END)) as own:
        request = request_from(hostile(evil.base_url))
        for api in ADAPTERS:
            with suppress(ProviderError):
                async for _ in send(request, own.endpoint(api, key_env="STUB_KEY")):
                    pass
        offered = choose(endpoints(Config()), request.provider, request.api)
    assert evil.received == []
    assert len(own.received) == 5
    assert offered in endpoints(Config())
    assert all(key not in own.received[0].json for key in ("base_url", "api_base"))


@pytest.mark.parametrize(
    "stub",
    [
        Stub(chunks=sse({"choices": [{"delta": {"content": f"You said Bearer {CANARY}"}}]}), breaks=True),
        Stub(chunks=sse({"error": {"message": f"bad {CANARY}"}})),
        Stub(status=401, chunks=[json.dumps({"error": {"message": f"{'x' * 290}{CANARY}"}}).encode()]),
        Stub(status=500, chunks=[CANARY.encode()]),
        Stub(status=307, headers={"location": "http://127.0.0.1:9/"}),
    ],
)  # fmt: skip
async def test_a_key_is_never_repeated(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("STUB_KEY", CANARY)
    caplog.set_level(logging.DEBUG)
    span = hostile("http://127.0.0.1:9")
    request, answer = request_from(span), Answer()
    with serving(stub):
        endpoint = stub.endpoint(key_env="STUB_KEY")
        with pytest.raises(ProviderError) as caught:
            async for delta in send(request, endpoint):
                answer.add(delta)
    assert CANARY in stub.received[0].headers["authorization"]
    replay = to_replay(span, request, endpoint, answer, caught.value)
    shown = [
        caught.value.explain(), answer.text, repr(endpoint), repr(request), repr(replay), caplog.text,
        "".join(traceback.format_exception(caught.value)), msgspec.json.encode(replay).decode(),
    ]  # fmt: skip
    assert not [text for text in shown if CANARY in text or CANARY[:10] in text]


async def test_a_key_in_pieces_does_not_reach_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", CANARY)
    pieces = [{"choices": [{"delta": {"content": text}}]} for text in (CANARY[:9], CANARY[9:])]
    span, answer = hostile("http://127.0.0.1:9"), Answer()
    with serving(Stub(chunks=[*sse(*pieces), *END])) as stub:
        endpoint = stub.endpoint(key_env="STUB_KEY")
        async for delta in send(request_from(span), endpoint):
            answer.add(delta)
    assert to_replay(span, request_from(span), endpoint, answer).response == "[key]"


async def test_a_key_goes_to_its_own_endpoint_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", CANARY)
    with serving(Stub(chunks=END)) as other:
        async for _ in send(request_from(hostile(other.base_url)), other.endpoint(key_env=None)):
            pass
    assert CANARY not in str(other.received)
