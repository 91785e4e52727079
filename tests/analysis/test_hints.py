"""Senders that each do one thing wrong, and the one hint that each of them gets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from llmwatch.analysis.hints import Hint, counted, hints
from llmwatch.collector import dialects
from llmwatch.collector.records import RawLog, RawSpan, Source
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans
from llmwatch.store.reads.around import around, recent
from llmwatch.store.span import Span
from tests.dialects.raw import SECOND, SPAN, START, TRACE, raw_span
from tests.dialects.stored import PIPELINE, batch_of, writing

SOON, LATER = 30 * SECOND, 3600 * SECOND
SAID = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
ANSWERED = [{"role": "assistant", "parts": [{"type": "text", "content": "Ho"}], "finish_reason": "stop"}]
GENAI = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
    "gen_ai.input.messages": json.dumps(SAID),
    "gen_ai.output.messages": json.dumps(ANSWERED),
    "session.id": "s-1",
}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-4o",
    "llm.token_count.prompt": 1000,
    "llm.token_count.completion": 100,
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "Hi",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Ho",
    "session.id": "s-1",
}
VERCEL = {
    "ai.operationId": "ai.generateText.doGenerate",
    "ai.model.id": "gpt-4o",
    "ai.model.provider": "openai.chat",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
    "ai.prompt.messages": '[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]',
    "ai.response.text": "Ho",
    "ai.telemetry.metadata.sessionId": "s-1",
}
LANGFUSE = {
    "langfuse.observation.type": "generation",
    "langfuse.observation.model.name": "gpt-4o",
    "langfuse.observation.usage_details": '{"input": 1000, "output": 100}',
    "langfuse.observation.input": "Hi",
    "langfuse.observation.output": "Ho",
    "session.id": "s-1",
}
HANDMADE = {
    "llm.model": "gpt-4o", "llm.provider": "openai", "llm.input_tokens": 1000, "llm.output_tokens": 100,
    "llm.prompt": "Hi", "llm.completion": "Ho", "session.id": "s-1",
}  # fmt: skip
NO_TOKENS = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
NO_WORDS = ("gen_ai.input.messages", "gen_ai.output.messages")


def source(scope: str, version: str = "", language: str = "python", service: str | None = "shop") -> Source:
    named = {"service.name": service} if service else {}
    return Source(
        resource={"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": language, **named},
        scope_name=scope,
        scope_version=version,
    )


GENAI_1X = source("opentelemetry.instrumentation.genai.openai", "1.3b0")
OPENAI_V2 = source("opentelemetry.instrumentation.openai_v2", "2.4b0")
OPENAI_JS = source("@opentelemetry/instrumentation-openai", "0.9.0", "nodejs")
OPENLLMETRY = source("opentelemetry.instrumentation.openai.v1", "0.62.4")
OPENLLMETRY_JS = source("@traceloop/instrumentation-openai", "0.27.0", "nodejs")
OWN = source("shop.llm")


def sent(known: dict[str, Any], origin: Source, without: Sequence[str] = (), **changes: Any) -> RawSpan:
    """A model call with all facts of ``known`` but some; names in ``changes`` may have ``__`` for a dot."""
    named = {
        key.replace("__", "."): value
        for key, value in changes.items()
        if key not in RawSpan.__struct_fields__
    }
    fields = {key: value for key, value in changes.items() if key in RawSpan.__struct_fields__}
    attributes = {key: value for key, value in {**known, **named}.items() if key not in without}
    return raw_span(attributes, source=origin, name="chat", **fields)


class Sender(NamedTuple):
    """What a sender does wrong, what it is told, and which line."""

    wrong: str
    records: list[RawSpan | RawLog]
    hint: str | None
    fix: str = ""
    after: int = LATER


CAPTURE = "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
PARENT = {"parent_id": "00000000000000aa"}
ROOT = raw_span({}, span_id="00000000000000bb", name="root", source=OWN)
AGENT = raw_span(
    {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 1,
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.provider.name": "openai",
    },
    span_id="00000000000000aa",
    name="agent",
    source=OWN,
)

SENDERS = [
    Sender("nothing", [sent(GENAI, GENAI_1X)], None),
    Sender(
        "nothing (OpenInference)", [sent(OPENINFERENCE, source("openinference.instrumentation.openai"))], None
    ),
    Sender("nothing (Vercel)", [sent(VERCEL, source("ai", language="nodejs"))], None),
    Sender("nothing (Langfuse)", [sent(LANGFUSE, source("langfuse-sdk", "5.0.4"))], None),
    Sender("nothing (home-made)", [sent(HANDMADE, OWN)], None),
    Sender(
        "a failed call has no answer", [sent(GENAI, GENAI_1X, (*NO_TOKENS, NO_WORDS[1]), status_code=2)], None
    ),
    Sender(
        "a cached answer has no tokens",
        [sent(HANDMADE, OWN, ("llm.input_tokens", "llm.output_tokens"), cache__hit=True)],
        None,
    ),
    Sender("nothing came back", [sent(GENAI, GENAI_1X, (*NO_TOKENS, NO_WORDS[1]))], None),
    Sender("a parent that may still come", [sent(GENAI, GENAI_1X, **PARENT)], None, after=SOON),
    Sender(
        "a call that goes on",
        [sent(GENAI, GENAI_1X, (*NO_TOKENS, NO_WORDS[1]), end_ns=None)],
        None,
        after=SOON,
    ),
    Sender("no content: genai 1.x", [sent(GENAI, GENAI_1X, NO_WORDS)], "content", f"{CAPTURE}=SPAN_ONLY"),
    Sender("no content: openai-v2", [sent(GENAI, OPENAI_V2, NO_WORDS)], "content", f"{CAPTURE}=true"),
    Sender("no content: OTel JS", [sent(GENAI, OPENAI_JS, NO_WORDS)], "content", f"{CAPTURE}=true"),
    Sender(
        "no content: own spans",
        [sent(GENAI, OWN, NO_WORDS)],
        "content",
        'span.set_attribute("gen_ai.input.messages", json.dumps(messages))',
    ),
    Sender(
        "no content: OpenLLMetry",
        [sent(GENAI, OPENLLMETRY, NO_WORDS, llm__request__type="chat")],
        "content",
        "export TRACELOOP_TRACE_CONTENT=true",
    ),
    Sender(
        "no content: OpenLLMetry JS",
        [sent(GENAI, OPENLLMETRY_JS, NO_WORDS, llm__request__type="chat", traceloop__workflow__name="w")],
        "content",
        "traceContent: true",
    ),
    Sender(
        "no content: OpenInference",
        [
            sent(
                OPENINFERENCE,
                source("openinference.instrumentation.openai"),
                [name for name in OPENINFERENCE if "messages" in name],
            )
        ],
        "content",
        "export OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false",
    ),
    Sender(
        "hidden input: OpenInference",
        [
            sent(
                OPENINFERENCE,
                source("openinference.instrumentation.openai"),
                [name for name in OPENINFERENCE if "messages" in name],
                input__value="__REDACTED__",
                output__value="__REDACTED__",
            )
        ],
        "redacted",
        "export OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false",
    ),
    Sender(
        "no content: OpenLIT",
        [sent(GENAI, source("openlit.instrumentation.openai"), NO_WORDS)],
        "content",
        "openlit.init(capture_message_content=True)",
    ),
    Sender(
        "no content: Pydantic AI",
        [sent(GENAI, source("pydantic-ai"), NO_WORDS)],
        "content",
        "logfire.instrument_pydantic_ai(include_content=True)",
    ),
    Sender(
        "no content: Vercel",
        [sent(VERCEL, source("ai", language="nodejs"), ("ai.prompt.messages", "ai.response.text"))],
        "content",
        "experimental_telemetry: { isEnabled: true, recordInputs: true, recordOutputs: true }",
    ),
    Sender(
        "no answer: Vercel",
        [sent(VERCEL, source("ai", language="nodejs"), ("ai.response.text",))],
        "content",
        "experimental_telemetry: { isEnabled: true, recordInputs: true, recordOutputs: true }",
    ),
    Sender(
        "no content: Langfuse",
        [
            sent(
                LANGFUSE,
                source("langfuse-sdk", "5.0.4"),
                ("langfuse.observation.input", "langfuse.observation.output"),
            )
        ],
        "content",
        "export LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED=true",
    ),
    Sender(
        "no content: Google ADK",
        [sent(GENAI, source("gcp.vertex.agent"), NO_WORDS)],
        "content",
        "export ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS=true",
    ),
    Sender(
        "no content: home-made",
        [sent(HANDMADE, OWN, ("llm.prompt", "llm.completion"))],
        "content",
        'span.set_attribute("llm.prompt", prompt); span.set_attribute("llm.completion", answer)',
    ),
    Sender(
        "scrubbed by Logfire",
        [sent(GENAI, source("logfire.openai"), NO_WORDS, request_data="[Scrubbed due to 'auth']")],
        "redacted",
        "logfire.configure(scrubbing=False)",
    ),
    Sender(
        "a stream without usage",
        [sent(GENAI, GENAI_1X, NO_TOKENS, gen_ai__request__stream=True)],
        "stream_usage",
        'stream_options={"include_usage": True}',
    ),
    Sender(
        "a stream without usage: JS",
        [sent(GENAI, OPENAI_JS, NO_TOKENS, gen_ai__request__stream=True)],
        "stream_usage",
        "stream_options: { include_usage: true }",
    ),
    Sender(
        "no usage",
        [sent(HANDMADE, OWN, ("llm.input_tokens", "llm.output_tokens"))],
        "usage",
        'span.set_attribute("llm.input_tokens", …); span.set_attribute("llm.output_tokens", …)',
    ),
    Sender(
        "usage on the agent alone",
        [sent(GENAI, OWN, NO_TOKENS, **PARENT), AGENT],
        "rollup",
        'span.set_attribute("gen_ai.usage.input_tokens", …), and gen_ai.usage.output_tokens',
    ),
    Sender(
        "the parent never comes",
        [sent(GENAI, GENAI_1X, **PARENT), ROOT],
        "parent",
        "trace.get_tracer_provider().shutdown() before the process exits",
    ),
    Sender(
        "the root never comes",
        [sent(GENAI, OPENAI_JS, **PARENT)],
        "root",
        "await sdk.shutdown() before the process exits",
    ),
    Sender(
        "the root never comes: Langfuse",
        [sent(LANGFUSE, source("langfuse-sdk"), **PARENT)],
        "root",
        "langfuse.flush() before the process exits",
    ),
    Sender(
        "a call that never ends",
        [sent(GENAI, GENAI_1X, (*NO_TOKENS, NO_WORDS[1]), end_ns=None)],
        "end",
        "trace.get_tracer_provider().shutdown() before the process exits",
    ),
    Sender(
        "an unknown model",
        [sent(GENAI, GENAI_1X, gen_ai__request__model="own-7", gen_ai__response__model="own-7")],
        "price",
        'llmwatch prices update, or [prices."MODEL"] input = …, output = … in the configuration',
    ),
    Sender(
        "no model",
        [sent(GENAI, GENAI_1X, ("gen_ai.request.model", "gen_ai.response.model"))],
        "price",
        'span.set_attribute("gen_ai.request.model", …)',
    ),
    Sender(
        "a local model",
        [
            sent(
                GENAI,
                GENAI_1X,
                gen_ai__provider__name="vllm",
                gen_ai__request__model="llama3.2",
                gen_ai__response__model="llama3.2",
            )
        ],
        "price",
        "[providers.NAME] base_url = …, free = true in the configuration",
    ),
    Sender(
        "a clock that is ahead",
        [sent(GENAI, GENAI_1X, start_ns=START + 10**18, end_ns=START + 10**18 + SECOND)],
        "clock",
        "sudo timedatectl set-ntp true, where the app runs",
    ),
    Sender(
        "attributes over the limit",
        [sent(GENAI, GENAI_1X, dropped_attributes=12)],
        "dropped",
        "export OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=1000",
    ),
    Sender(
        "values cut by the SDK",
        [sent(GENAI, GENAI_1X, gen_ai__input__messages=json.dumps(SAID)[:40])],
        "cut",
        "unset OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    Sender(
        "another price list", [sent(GENAI, GENAI_1X, gen_ai__usage__cost=0.5)], "cost", f"llmwatch why {SPAN}"
    ),
    Sender(
        "no name",
        [sent(GENAI, source("opentelemetry.instrumentation.genai.openai", service=None))],
        "service",
        "export OTEL_SERVICE_NAME=my-app",
    ),
    Sender(
        "the SDK's own name",
        [sent(GENAI, source("opentelemetry.instrumentation.genai.openai", service="unknown_service:python"))],
        "service",
        "export OTEL_SERVICE_NAME=my-app",
    ),
    Sender(
        "nobody's call",
        [sent(GENAI, GENAI_1X, ("session.id",))],
        "person",
        'span.set_attribute("session.id", …); span.set_attribute("user.id", …)',
    ),
    Sender(
        "nobody's call: OpenInference",
        [sent(OPENINFERENCE, source("openinference.instrumentation.openai"), ("session.id",))],
        "person",
        "with using_attributes(session_id=…, user_id=…):",
    ),
    Sender(
        "nobody's call: Vercel",
        [sent(VERCEL, source("ai", language="nodejs"), ("ai.telemetry.metadata.sessionId",))],
        "person",
        "experimental_telemetry: { isEnabled: true, metadata: { sessionId, userId } }",
    ),
]


def told(database: Path, trace_id: str, span_id: str, after: int = LATER) -> tuple[Hint, ...]:
    with closing(connect_reader(database)) as db:
        detail = spans.detail(db, trace_id, span_id)
        assert detail
        beside = around(db, detail.row.id)
        assert beside
        return hints(detail, beside, beside.received_ns + after)


@pytest.mark.parametrize("sender", SENDERS, ids=[sender.wrong for sender in SENDERS])
def test_what_a_sender_is_told(tmp_path: Path, sender: Sender) -> None:
    database = tmp_path / "llmwatch.db"
    with writing(database) as writer:
        writer.submit(batch_of(sender.records)).result(10)
    found = told(database, TRACE, SPAN, sender.after)
    assert [(hint.id, hint.fix) for hint in found] == ([(sender.hint, sender.fix)] if sender.hint else [])
    assert all(hint.missing for hint in found)


def test_what_was_cut_here_names_the_setting(tmp_path: Path) -> None:
    database = tmp_path / "llmwatch.db"
    long = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "x" * 3_000_000}]}])
    record = sent(GENAI, GENAI_1X, gen_ai__input__messages=long)
    with writing(database) as writer:
        span = PIPELINE.finish(dialects.normalise_span(record), 4_000_000)
        writer.submit(Batch(spans=[span])).result(10)
    (hint,) = told(database, TRACE, SPAN)
    assert (hint.id, hint.fix) == ("cut", "[collector] max_value_kib in the configuration")


def test_a_span_of_another_platform_needs_no_service(tmp_path: Path) -> None:
    database = tmp_path / "llmwatch.db"
    with writing(database) as writer:
        writer.submit(Batch(spans=[Span(trace_id="t", span_id="s", start_ns=START, end_ns=START + 1,
                                        dialect="langsmith")])).result(10)  # fmt: skip
    assert told(database, "t", "s") == ()


def test_hints_of_many_spans_are_counted(tmp_path: Path) -> None:
    database = tmp_path / "llmwatch.db"
    records = [
        sent(GENAI, GENAI_1X, NO_WORDS, span_id=f"{n:016x}", trace_id=f"{n:032x}") for n in range(1, 4)
    ]
    records.append(sent(VERCEL, source("ai", language="nodejs"), ("ai.response.text",)))
    with writing(database) as writer:
        writer.submit(batch_of(records)).result(10)
    with closing(connect_reader(database)) as db:
        ids = recent(db, 0, 100)
        assert ids[0] == (TRACE, SPAN)
        assert len(ids) == 4
        assert recent(db, 2**62, 100) == []
        details = [detail for pair in ids if (detail := spans.detail(db, *pair))]
        groups = counted(
            (detail, hints(detail, beside, beside.received_ns))
            for detail in details
            if (beside := around(db, detail.row.id))
        )
    assert [(group.hint.id, group.dialect, group.spans) for group in groups] == [
        ("content", "genai", 3), ("content", "vercel", 1),
    ]  # fmt: skip
    assert (groups[0].trace_id, groups[0].span_id) == (f"{3:032x}", f"{3:016x}")
