"""The stub against the real openai SDK: what the SDK reads is what was answered."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from llmwatch.demo.corpus import corpus, fill, slots_in
from llmwatch.demo.stub.app import create_stub
from tests.serving import serving

QUESTION = "How long does a refund take once you have the Fjell stove back?"
REFUND = next(topic for topic in corpus().topics if topic.label == "refund")
ERRAND = fill(corpus().errands[0].task, slots_in("12345"))
TOOLS: list[ChatCompletionToolParam] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("get_order", "track_parcel")
]


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with (
        serving(create_stub(pace_s=0)) as origin,
        openai.OpenAI(base_url=f"{origin}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


def _ask(question: str = QUESTION) -> list[ChatCompletionMessageParam]:
    return [
        {"role": "system", "content": corpus().prompts.answer_with_sources},
        {"role": "user", "content": question},
    ]


def test_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=_ask())
    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == (REFUND.answer, "stop")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_the_same_question_gets_the_same_answer(client: openai.OpenAI) -> None:
    ids = {client.chat.completions.create(model="gpt-4o", messages=_ask()).id for _ in range(3)}
    assert len(ids) == 1


def test_chat_streamed(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o-mini", messages=_ask(), stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == REFUND.answer
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None


def test_tools_are_called_at_once_and_then_reported(client: openai.OpenAI) -> None:
    asked = client.chat.completions.create(model="gpt-4o", messages=_ask(ERRAND), tools=TOOLS)
    (choice,) = asked.choices
    calls = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert calls is not None
    assert [call.function.name for call in calls if call.type == "function"] == ["get_order", "track_parcel"]
    results: list[ChatCompletionMessageParam] = [
        {"role": "tool", "tool_call_id": call.id, "content": "{}"} for call in calls
    ]
    messages = [*_ask(ERRAND), choice.message.model_dump(exclude_none=True), *results]
    done = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)  # type: ignore[arg-type]
    assert done.choices[0].message.content == fill(corpus().errands[0].report, slots_in(ERRAND))


def test_streamed_tool_calls(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="gpt-4o", messages=_ask(ERRAND), tools=TOOLS) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert calls is not None
    assert [call.function.name for call in calls] == ["get_order", "track_parcel"]


def test_responses(client: openai.OpenAI) -> None:
    answer = client.responses.create(
        model="gpt-4o", instructions=corpus().prompts.answer, input=QUESTION, temperature=0
    )
    assert (answer.output_text, answer.status) == (REFUND.vague, "completed")


def test_responses_streamed(client: openai.OpenAI) -> None:
    with client.responses.stream(model="gpt-4o", input=QUESTION) as stream:
        answer = stream.get_final_response()
    assert answer.output_text == REFUND.answer
    assert answer.usage is not None


def test_responses_call_tools(client: openai.OpenAI) -> None:
    answer = client.responses.create(
        model="gpt-4o",
        input=ERRAND,
        tools=[{"type": "function", "name": "get_order", "parameters": {}, "strict": False}],
    )
    assert [item.type for item in answer.output] == ["function_call"]


def test_embeddings(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=["a tent", "a stove"])
    assert [len(item.embedding) for item in answer.data] == [16, 16]
    assert answer.data[0].embedding != answer.data[1].embedding


def test_refusal_and_length(client: openai.OpenAI) -> None:
    declined = client.chat.completions.create(model="gpt-4o", messages=_ask(corpus().unanswerable[1]))
    assert declined.choices[0].message.refusal == corpus().refusal
    cut = client.chat.completions.create(model="gpt-4o-length", messages=_ask())
    assert cut.choices[0].finish_reason == "length"
    assert REFUND.answer.startswith(cut.choices[0].message.content or "?")


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("fail-400", openai.BadRequestError),
        ("fail-401", openai.AuthenticationError),
        ("fail-429", openai.RateLimitError),
        ("fail-500", openai.InternalServerError),
    ],
)
def test_failures(client: openai.OpenAI, model: str, error: type[openai.APIStatusError]) -> None:
    with pytest.raises(error):
        client.chat.completions.create(model=model, messages=_ask())


def test_a_cut_stream_is_an_error_for_the_client(client: openai.OpenAI) -> None:
    text = ""
    with pytest.raises(openai.APIConnectionError):
        for chunk in client.chat.completions.create(model="cutstream", messages=_ask(), stream=True):
            text += chunk.choices[0].delta.content or ""
    assert REFUND.answer.startswith(text)
    assert text
