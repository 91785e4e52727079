"""The stub as a judge: asked as the collector asks, it answers in marks that tell good answers from bad."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from llmwatch.config import ProviderApi
from llmwatch.config.evals import JudgeConfig
from llmwatch.demo.corpus import corpus, fill, slots_in
from llmwatch.demo.stub.app import create_stub
from llmwatch.evals.judge.asking import Judge
from llmwatch.evals.judge.case import Case
from llmwatch.providers.endpoints import Endpoint
from tests.serving import serving

SLOTS = slots_in("")
APIS: dict[ProviderApi, str] = {
    "openai-chat": "/v1",
    "openai-responses": "/v1",
    "anthropic": "",
    "ollama": "",
}


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with serving(create_stub(pace_s=0)) as origin:
        yield origin


def judged(origin: str, topic: Any, answer: str, api: ProviderApi = "openai-chat") -> dict[str, float]:
    endpoint = Endpoint(
        name="openai", api=api, base_url=origin + APIS[api], key_env=None, free=False, timeout_s=5.0
    )
    question = fill(topic.questions[0], SLOTS)
    case = Case(question=question, context=(topic.passage,), response=fill(answer, SLOTS))
    verdict = asyncio.run(Judge(endpoint, JudgeConfig()).ask(case))
    assert verdict.error is None
    assert verdict.marks
    assert verdict.marks.reasoning
    if api != "ollama":  # nobody sells gpt-4o-mini there
        assert (verdict.cost_nanousd or 0) > 0
    return dict(verdict.marks.values)


@pytest.mark.parametrize("topic", corpus().topics, ids=lambda topic: topic.label)
def test_a_vague_answer_has_worse_marks(origin: str, topic: Any) -> None:
    good, vague = judged(origin, topic, topic.answer), judged(origin, topic, topic.vague)
    assert (good["correctness"] > 0.8, vague["correctness"] < 0.5) == (True, True)
    assert (good["groundedness"] > 0.8, vague["groundedness"] < 0.5) == (True, True)
    assert good["safety"] == vague["safety"] == 1.0


@pytest.mark.parametrize("api", APIS)
def test_every_api_can_be_the_judge(origin: str, api: ProviderApi) -> None:
    topic = corpus().topics[0]
    assert set(judged(origin, topic, topic.answer, api)) == {
        "correctness", "groundedness", "relevance", "safety",
    }  # fmt: skip
