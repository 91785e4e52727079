"""OpenInference's names, alone and beside GenAI's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.store.projection import DETAILS, project
from llmwatch.store.span import Document, Message, Part, Usage
from tests.dialects.raw import call_of, read


@pytest.mark.parametrize(
    "word",
    [
        "LLM",
        "EMBEDDING",
        "CHAIN",
        "RETRIEVER",
        "RERANKER",
        "TOOL",
        "AGENT",
        "GUARDRAIL",
        "EVALUATOR",
        "PROMPT",
    ],
)
def test_kinds(word: str) -> None:
    span = read({"openinference.span.kind": word})
    assert (span.kind, span.dialect) == (word.lower(), "openinference")


def test_an_unknown_kind_leaves_it_to_the_rest() -> None:
    assert read({"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "chat"}).kind == "llm"


@pytest.mark.parametrize(
    ("name", "value", "field", "meaning"),
    [
        ("llm.provider", "OpenAI", "provider", "openai"),
        ("llm.system", "anthropic", "provider", "anthropic"),
        ("llm.request.model_name", "m", "request_model", "m"),
        ("llm.response.model_name", "m", "response_model", "m"),
        ("llm.model_name", "m", "response_model", "m"),
        ("embedding.model_name", "m", "response_model", "m"),
        ("llm.finish_reason", "stop", "finish_reasons", ("stop",)),
        ("llm.cost.total", 0.5, "sender_cost_nanousd", 500_000_000),
        (
            "llm.invocation_parameters",
            '{"temperature": 0.2, "seed": null}',
            "parameters",
            {"temperature": 0.2},
        ),
        ("llm.invocation_parameters", '{"model": "m", "messages": []}', "request_model", "m"),
        ("llm.invocation_parameters", '{"stream": true}', "stream", True),
        ("llm.token_count.prompt", 13, "usage", Usage(input_tokens=13)),
        ("llm.token_count.completion", 7, "usage", Usage(output_tokens=7)),
        ("llm.token_count.total", 20, "usage", Usage(total_tokens=20)),
    ],
)
def test_facts_of_a_call(name: str, value: Any, field: str, meaning: Any) -> None:
    assert getattr(call_of({"openinference.span.kind": "LLM", name: value}), field) == meaning


def test_details_of_usage() -> None:
    usage = call_of({
        "llm.token_count.prompt": 1311,
        "llm.token_count.completion": 45,
        "llm.token_count.prompt_details.cache_read": 1024,
        "llm.token_count.prompt_details.cache_write": 256,
        "llm.token_count.prompt_details.audio": 3,
        "llm.token_count.completion_details.reasoning": 9,
        "llm.token_count.completion_details.audio": 4,
    }).usage  # fmt: skip
    assert usage == Usage(
        input_tokens=1311,
        output_tokens=45,
        cache_read_tokens=1024,
        cache_write_tokens=256,
        input_audio_tokens=3,
        reasoning_tokens=9,
        output_audio_tokens=4,
    )


def test_the_model_of_a_failed_call_is_the_one_that_was_asked() -> None:
    attributes = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o"}
    failed, done = call_of(attributes, status_code=2), call_of(attributes)
    assert (failed.request_model, failed.response_model) == ("gpt-4o", None)
    assert (done.request_model, done.response_model) == (None, "gpt-4o")


def test_messages_are_rebuilt_around_gaps() -> None:
    # senders drop attributes past their limit: what is left keeps its order
    span = read({
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be brief.",
        "llm.input_messages.7.message.role": "user",
        "llm.input_messages.7.message.contents.3.message_content.type": "text",
        "llm.input_messages.7.message.contents.3.message_content.text": "what?",
        "llm.input_messages.12.message.role": "tool",
        "llm.input_messages.12.message.tool_call_id": "c1",
        "llm.input_messages.12.message.content": "18",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c2",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "weather",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}",
        "llm.tools.0.tool.json_schema": '{"name": "weather"}',
        "input.value": '{"messages": []}',
    })  # fmt: skip
    assert span.content.input_messages == (
        Message(role="system", parts=(Part(type="text", text="Be brief."),)),
        Message(role="user", parts=(Part(type="text", text="what?"),)),
        Message(role="tool", parts=(Part(type="tool_call_response", id="c1", text="18"),)),
    )
    call = Part(type="tool_call", id="c2", name="weather", arguments="{}")
    assert span.content.output_messages == (Message(role="assistant", parts=(call,)),)
    assert span.content.tool_definitions == ({"name": "weather"},)
    assert span.content.input_text is None


def test_a_body_stands_in_for_messages() -> None:
    body = {"messages": [{"role": "user", "content": "hi"}]}
    span = read({"openinference.span.kind": "LLM", "input.value": json.dumps(body), "output.value": "yes"})
    assert span.content.input_messages[0].parts[0].text == "hi"
    assert span.content.output_messages[0].parts[0].text == "yes"


def test_a_chain_keeps_its_input_and_output_as_sent() -> None:
    span = read({"openinference.span.kind": "CHAIN", "input.value": '{"q": 1}', "output.value": "yes"})
    assert (span.content.input_text, span.content.output_text) == ('{"q": 1}', "yes")
    assert span.content.input_messages == ()


def test_a_tool() -> None:
    tool = read({
        "openinference.span.kind": "TOOL",
        "tool.name": "weather",
        "tool.description": "Current weather",
        "tool.parameters": '{"type": "object"}',
        "input.value": '{"city": "Paris"}',
        "output.value": "18",
    }).tool  # fmt: skip
    assert tool
    assert (tool.name, tool.description) == ("weather", "Current weather")
    assert (tool.arguments, tool.result) == ('{"city": "Paris"}', "18")


def test_documents_and_reranking() -> None:
    found = read({
        "openinference.span.kind": "RETRIEVER",
        "input.value": "refund",
        "retrieval.documents.0.document.id": "doc-1",
        "retrieval.documents.0.document.content": "30 days",
        "retrieval.documents.0.document.score": 0.91,
        "retrieval.documents.0.document.metadata": '{"source": "a.md"}',
        "retrieval.documents.4.document.id": "doc-2",
    }).retrieval  # fmt: skip
    assert found
    assert (found.query, found.document_count) == ("refund", 2)
    first = Document(id="doc-1", content="30 days", score=0.91, metadata={"source": "a.md"})
    assert found.documents == (first, Document(id="doc-2"))
    ranked = read({
        "openinference.span.kind": "RERANKER",
        "reranker.query": "refund",
        "reranker.top_k": 2,
        "reranker.output_documents.0.document.id": "doc-1",
    }).retrieval  # fmt: skip
    assert ranked
    assert (ranked.query, ranked.top_k, ranked.documents) == ("refund", 2, (Document(id="doc-1"),))


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("30 days", (Document(content="30 days"),)),
        ('[{"page_content": "a", "metadata": {"n": 1}}]', (Document(content="a", metadata={"n": 1}),)),
        ([{"doc_id": 7, "text": "a", "relevance_score": "0.5"}], (Document(id="7", content="a", score=0.5),)),
        ([1, None, {}, {"other": 1}, ""], ()),
    ],
)
def test_documents_of_any_shape(sent: Any, found: tuple[Document, ...]) -> None:
    span = read({"openinference.span.kind": "RETRIEVER", "retrieval.documents": sent})
    assert span.retrieval and span.retrieval.documents == found


def test_embeddings_lose_their_vectors_only() -> None:
    vector = [0.25, -0.5] * 8
    span = read({
        "openinference.span.kind": "EMBEDDING",
        "embedding.embeddings.0.embedding.text": "one",
        "embedding.embeddings.0.embedding.vector": vector,
        "embedding.embeddings.1.embedding.text": "two",
        "input.value": '{"input": ["one", "two"]}',
        "output.value": json.dumps({"data": [{"embedding": vector}], "model": "m"}),
    })  # fmt: skip
    assert span.content.input_text == "one\ntwo"
    assert span.content.output_text == '{"data": [{"embedding": "[vector of 16 numbers]"}], "model": "m"}'
    kept = span.content.attributes
    assert kept["embedding.embeddings.0.embedding.vector"] == "[vector of 16 numbers]"
    assert kept["embedding.embeddings.0.embedding.text"] == "one"


def test_context() -> None:
    context = read({
        "openinference.span.kind": "CHAIN",
        "session.id": "s-1",
        "user.id": "u-1",
        "tag.tags": ["beta", "web"],
        "metadata": '{"tenant": "acme", "build": 17}',
        "llm.prompt_template.template": "Answer {question}",
        "llm.prompt_template.version": "v3",
        "llm.prompt_template.variables": '{"question": "why?"}',
    }).context  # fmt: skip
    assert (context.session_id, context.user_id, context.tags) == ("s-1", "u-1", ("beta", "web"))
    assert context.metadata == {"tenant": "acme", "build": 17}
    assert (context.prompt_template, context.prompt_version) == ("Answer {question}", "v3")
    assert context.prompt_variables == {"question": "why?"}


def test_both_conventions_on_one_span_merge_field_by_field() -> None:
    span = read({
        "openinference.span.kind": "LLM",
        "llm.token_count.prompt": 13,
        "input.value": "hi",
        "output.value": "yes",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "yes!",
        "gen_ai.operation.name": "agent_step",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hi there"}]}]',
    })  # fmt: skip
    assert (span.kind, span.dialect) == ("llm", "openinference")
    assert span.call
    assert span.call.request_model == "gpt-4o"
    assert span.call.usage == Usage(input_tokens=13, output_tokens=7)
    assert span.content.input_messages[0].parts[0].text == "hi there"
    assert span.content.output_messages[0].parts[0].text == "yes!"


def test_hidden_messages_are_not_captured() -> None:
    hidden = {"llm.input_messages.0.message.role": "user", "input.value": "__REDACTED__"}
    span = read(
        {**hidden, "openinference.span.kind": "LLM", "llm.input_messages.0.message.content": "__REDACTED__"}
    )
    assert project(span, 0)[1][DETAILS.index("content_captured")] == 0


def test_a_tool_of_langchains_answers_with_a_message() -> None:
    answer = {"type": "tool", "data": {"content": "18 °C", "type": "tool", "tool_call_id": "call_1"}}
    tool = read({"openinference.span.kind": "TOOL", "output.value": json.dumps(answer)}).tool
    assert tool
    assert tool.result == "18 °C"


def test_who_asked_may_stand_in_metadata() -> None:
    told = {"thread_id": "th-9", "user_id": "user-7", "tenant": "acme"}
    context = read({"openinference.span.kind": "CHAIN", "metadata": json.dumps(told)}).context
    assert (context.session_id, context.user_id, context.metadata) == ("th-9", "user-7", told)
    assert read({"session.id": "s", "metadata": json.dumps(told)}).context.session_id == "s"


def test_agents_nodes_and_completions() -> None:
    span = read({
        "openinference.span.kind": "LLM",
        "agent.name": "writer",
        "graph.node.id": "n1",
        "llm.prompts.0.prompt.text": "Hello",
        "llm.choices.0.completion.text": "Hi.",
    })  # fmt: skip
    assert span.context.metadata == {"agent.name": "writer", "graph.node.id": "n1"}
    assert span.content.input_messages[0].parts[0].text == "Hello"
    assert span.content.output_messages[0].parts[0].text == "Hi."


def test_llamaindex_tells_of_its_model_among_the_parameters() -> None:
    told = {"model_name": "gpt-4o-mini", "context_window": 128000, "is_chat_model": True, "temperature": 0.1}
    call = call_of({"openinference.span.kind": "LLM", "llm.invocation_parameters": json.dumps(told)})
    assert (call.request_model, call.parameters) == ("gpt-4o-mini", {"temperature": 0.1})
