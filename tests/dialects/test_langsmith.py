"""LangSmith's attributes on OpenTelemetry spans."""

from __future__ import annotations

import json

from llmwatch.collector.records import Source
from llmwatch.store.span import Usage
from tests.dialects.raw import read

RUN = {
    "langsmith.span.kind": "llm",
    "langsmith.span.id": "9f0c",
    "langsmith.trace.name": "ChatOpenAI",
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "langchain",
    "gen_ai.request.model": "gpt-4o-mini",
}


def test_a_run() -> None:
    span = read(
        {
            **RUN,
            "langsmith.metadata.ls_provider": "openai",
            "langsmith.metadata.thread_id": "t-1",
            "langsmith.metadata.user_id": "u-1",
            "langsmith.metadata.plan": "pro",
            "langsmith.metadata.LANGSMITH_TRACING": "true",
            "langsmith.metadata.lc_hub_repo": "support",
            "langsmith.metadata.lc_hub_commit_hash": "abc",
            "langsmith.span.tags": "beta, web",
            "langsmith.request.streaming": True,
            "gen_ai.usage.input_tokens": 906,
            "gen_ai.usage.output_tokens": 82,
            "gen_ai.usage.input_token_details": json.dumps({"cache_read": 896, "audio": 3}),
            "gen_ai.usage.output_token_details": json.dumps({"reasoning": 64}),
        },
        name="run",
    )
    assert (span.kind, span.dialect, span.name) == ("llm", "langsmith", "ChatOpenAI")
    call, context = span.call, span.context
    assert call and (call.provider, call.stream) == ("openai", True)
    assert call.usage == Usage(
        input_tokens=906, output_tokens=82, cache_read_tokens=896, reasoning_tokens=64, input_audio_tokens=3
    )
    assert (context.session_id, context.user_id, context.tags) == ("t-1", "u-1", ("beta", "web"))
    assert (context.prompt_name, context.prompt_version) == ("support", "abc")
    assert context.metadata == {"plan": "pro"}


def test_usage_metadata() -> None:
    told = {
        "input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "total_cost": 0.0003,
        "input_token_details": {"cache_read": 4}, "output_token_details": {"reasoning": 2},
    }  # fmt: skip
    call = read({**RUN, "langsmith.usage_metadata": json.dumps(told)}).call
    assert call and call.sender_cost_nanousd == 300_000
    assert call.usage == Usage(
        input_tokens=10, output_tokens=5, total_tokens=15, cache_read_tokens=4, reasoning_tokens=2
    )


def test_a_run_of_which_no_provider_is_known() -> None:
    call = read(RUN).call
    assert call and call.provider is None
    counted = read({**RUN, "langsmith.metadata.usage_metadata": '{"input_tokens":13,"output_tokens":7}'}).call
    assert counted and counted.usage == Usage(input_tokens=13, output_tokens=7)


def test_messages_flattened_and_whole() -> None:
    flat = read(
        {
            **RUN,
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Hi",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "Hello",
        }
    ).content
    whole = read(
        {
            **RUN,
            "gen_ai.prompt": json.dumps({"messages": [{"role": "user", "content": "Hi"}]}),
            "gen_ai.completion": json.dumps(
                {"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}
            ),
        }
    ).content
    for content in (flat, whole):
        said = [(m.role, m.parts[0].text) for m in (*content.input_messages, *content.output_messages)]
        assert said == [("user", "Hi"), ("assistant", "Hello")]


def test_the_project_names_a_service_without_a_name() -> None:
    sent = {**RUN, "langsmith.trace.session_name": "shop"}
    assert read(sent).context.service == "shop"
    unnamed = Source(resource={"service.name": "unknown_service:python"})
    assert read(sent, source=unnamed).context.service == "shop"
    named = Source(resource={"service.name": "api"})
    assert read(sent, source=named).context.service == "api"


def test_a_session_given_with_the_trace() -> None:
    assert read({**RUN, "langsmith.trace.session_id": "s"}).context.session_id == "s"
    both = {**RUN, "langsmith.trace.session_id": "project", "langsmith.metadata.session_id": "s"}
    assert read(both).context.session_id == "s"
