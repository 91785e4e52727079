"""A replay against the stub, through every API that llmwatch speaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from llmwatch.config import Config
from llmwatch.demo.corpus import corpus, fill, slots_in
from llmwatch.demo.settings import settings, toml
from llmwatch.demo.stub.app import create_stub
from llmwatch.errors import ProviderError
from llmwatch.providers.deltas import Delta, Finished, TextDelta, ToolCallDelta
from llmwatch.providers.endpoints import Endpoint, endpoints
from llmwatch.providers.errors import RateLimitedError, StreamCutError
from llmwatch.providers.replay import send
from llmwatch.providers.request import ChatRequest, FunctionTool
from llmwatch.store.span import Message, Part
from tests.serving import serving

NAMES = ("openai", "openai-responses", "anthropic", "gemini", "ollama")
TOPIC = next(topic for topic in corpus().topics if topic.label == "refund")
ERRAND = corpus().errands[0]


@pytest.fixture(scope="module")
def configured() -> Iterator[dict[str, Endpoint]]:
    with serving(create_stub(pace_s=0)) as origin:
        yield {endpoint.name: endpoint for endpoint in endpoints(settings(Config(), toml(origin, 0)))}


def _says(role: str, text: str) -> Message:
    return Message(role=role, parts=(Part(type="text", text=text),))


def _request(model: str, question: str, *more: Message, tools: tuple[FunctionTool, ...] = ()) -> ChatRequest:
    system = _says("system", corpus().prompts.answer_with_sources)
    return ChatRequest(model=model, messages=(system, _says("user", question), *more), tools=tools)


async def _answer(request: ChatRequest, endpoint: Endpoint) -> list[Delta]:
    return [delta async for delta in send(request, endpoint)]


def _text(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


@pytest.mark.parametrize("name", NAMES)
async def test_a_question_gets_its_answer(configured: dict[str, Endpoint], name: str) -> None:
    got = await _answer(_request("any-model", TOPIC.questions[1]), configured[name])
    assert _text(got) == TOPIC.answer
    assert isinstance(got[-1], Finished)
    usage = got[-1].usage
    assert usage is not None
    assert usage.input_tokens and usage.output_tokens


@pytest.mark.parametrize("name", NAMES)
async def test_tools_are_called_and_then_reported(configured: dict[str, Endpoint], name: str) -> None:
    slots = slots_in("12345 Lyon")
    task = fill(ERRAND.task, slots)
    tools = tuple(FunctionTool(name=tool.name) for tool in ERRAND.tools)
    got = await _answer(_request("any-model", task, tools=tools), configured[name])
    called = [delta.name for delta in got if isinstance(delta, ToolCallDelta) and delta.name]
    assert called == [tool.name for tool in ERRAND.tools]
    calls = [
        Part(type="tool_call", id=f"c{n}", name=t.name, arguments="{}") for n, t in enumerate(ERRAND.tools)
    ]
    results = [Part(type="tool_call_response", id=call.id, name=call.name, text="{}") for call in calls]
    history = (
        Message(role="assistant", parts=tuple(calls)),
        *(Message(role="tool", parts=(result,)) for result in results),
    )
    got = await _answer(_request("any-model", task, *history, tools=tools), configured[name])
    assert _text(got) == fill(ERRAND.report, slots_in(task))


@pytest.mark.parametrize("name", NAMES)
async def test_a_rate_limit_is_one_everywhere(configured: dict[str, Endpoint], name: str) -> None:
    with pytest.raises(RateLimitedError):
        await _answer(_request("fail-429", TOPIC.questions[1]), configured[name])


@pytest.mark.parametrize("name", NAMES)
async def test_a_server_error_is_one_everywhere(configured: dict[str, Endpoint], name: str) -> None:
    with pytest.raises(ProviderError):
        await _answer(_request("fail-500", TOPIC.questions[1]), configured[name])


@pytest.mark.parametrize("name", NAMES)
async def test_a_cut_stream_is_noticed(configured: dict[str, Endpoint], name: str) -> None:
    with pytest.raises(StreamCutError):
        await _answer(_request("cutstream", TOPIC.questions[1]), configured[name])


async def test_reasoning_is_counted(configured: dict[str, Endpoint]) -> None:
    for name in ("openai", "gemini"):
        got = await _answer(_request("gemini-2.5-gpt-5", TOPIC.questions[1]), configured[name])
        assert isinstance(got[-1], Finished)
        assert got[-1].usage is not None
        assert got[-1].usage.reasoning_tokens == 64
