"""LangSmith's SDK: what it sent is stored as the provider saw it, and it gets the answers it waits for."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.protocols.langsmith.envelopes import of_batch, of_form, single
from llmwatch.collector.protocols.langsmith.ingestion import read_item
from llmwatch.store.records import zstd
from llmwatch.store.rows import SpanDetail
from tests.clients.playing import Played, play
from tests.clients.rearranged import FEW, arrivals
from tests.dialects.captures import Sent, provider_calls, sent
from tests.dialects.stored import CONFIG, PIPELINE, snapshot, writing
from tests.dialects.test_captures import as_seen, as_told, counted

CAPTURES = [
    f"langsmith-0.14.17/{scenario}"
    for scenario in ("batch-json", "default", "multipart-nozstd", "noinfo-404", "retry-503")
]
CUSTOM = ("acme-1", False, 120, 30, 80, 0)
"""A call of the program's own making, which the provider never saw."""
UNTOLD = ("text-embedding-3-small", False, 9, None, 0, 0)
"""The embedding is a traced function that says neither model nor tokens."""


@pytest.fixture(params=CAPTURES)
async def played(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Played]:
    return request.param, await play(request.param, tmp_path / "llmwatch.db")


async def test_every_call_is_counted_once_with_its_tokens(played: tuple[str, Played]) -> None:
    name, run = played
    calls = [detail for detail in counted(run.stored) if detail.span.call]
    expected = Counter(map(as_seen, provider_calls(name))) - Counter([UNTOLD]) + Counter([CUSTOM])
    assert Counter(map(as_told, calls)) == expected
    told = [detail.span.call for detail in calls if detail.span.call]
    assert Counter(reason for call in told for reason in call.finish_reasons or ()) == {
        "stop": 4,
        "tool_calls": 2,
    }
    assert sum(call.time_to_first_chunk_ns is not None for call in told) == 2, "two streams"
    assert {call.provider for call in told if call.request_model != "acme-1"} == {"openai"}
    assert {call.sender_cost_nanousd for call in told if call.request_model == "acme-1"} == {300_000}


async def test_runs_are_spans_with_what_the_program_said_of_them(played: tuple[str, Played]) -> None:
    _, run = played
    kinds = Counter(detail.row.kind for detail in run.stored)
    assert kinds == {"llm": 11, "chain": 7, "embedding": 1, "retriever": 1, "tool": 1}
    assert {detail.span.dialect for detail in run.stored} == {"langsmith"}
    contexts = [detail.span.context for detail in run.stored]
    assert {context.session_id for context in contexts} - {None} == {"sess-42", "sess-43"}
    assert {context.user_id for context in contexts} - {None} == {"user-7"}
    assert {context.service for context in contexts} == {"support-bot"}
    (pipeline,) = named(run, "rag-pipeline")
    assert pipeline.span.context.tags == ("beta", "web")
    assert pipeline.span.context.metadata == {"tenant": "acme"}
    assert pipeline.span.context.prompt_version == "v3"
    assert pipeline.span.content.output_text == (
        "Refunds are possible within 30 days of purchase, provided that the item is unused [doc-1]."
    )
    (answer,) = named(run, "answer")
    assert answer.span.parent_id == pipeline.span.span_id
    assert answer.span.context.prompt_name == "support-answer"
    assert answer.span.call and answer.span.call.response_model == "gpt-4o-mini-2024-07-18"
    assert answer.span.call.parameters == {"temperature": 0.2, "max_tokens": 200}
    assert [message.role for message in answer.span.content.input_messages] == ["system", "user"]


async def test_texts_tools_and_documents_are_kept(played: tuple[str, Played]) -> None:
    name, run = played
    said = [part for d in run.stored for message in d.span.content.output_messages for part in message.parts]
    assert {part.text for part in said} >= {call.text for call in provider_calls(name) if call.text}
    assert [part.name for part in said if part.type == "tool_call"] == ["get_weather"] * 2
    (tool,) = named(run, "get_weather")
    assert tool.span.tool and json.loads(tool.span.tool.arguments or "") == {
        "city": "Paris",
        "unit": "celsius",
    }
    assert json.loads(tool.span.tool.result or "")["temp"] == 18
    (search,) = named(run, "retrieve")
    assert search.span.retrieval and search.span.retrieval.query == "Can I get a refund after three weeks?"
    assert [(doc.id, doc.score) for doc in search.span.retrieval.documents] == [
        ("doc-1", 0.91),
        ("doc-2", 0.47),
    ]


async def test_errors_are_told_apart(played: tuple[str, Played]) -> None:
    _, run = played
    failed = Counter((d.span.name, d.span.error_type) for d in run.stored if d.span.status == "error")
    assert failed == {
        (name, error): 1
        for name in ("failing", "ChatOpenAI")
        for error in ("RateLimitError", "InternalServerError")
    }
    (limited, *_) = (d for d in run.stored if d.span.error_type == "RateLimitError")
    assert (limited.span.error_message or "").startswith("Error code: 429 - Rate limit reached")
    (running,) = (d for d in run.stored if d.row.state != "ended")
    assert (running.row.state, running.span.name) == ("started", "never-ended")


async def test_feedback_is_on_its_run(played: tuple[str, Played]) -> None:
    _, run = played
    scores = {
        (d.span.name, s.name, s.value, s.label, s.comment, s.source)
        for d in run.stored
        for s in d.scores
        if s.span_id == d.row.span_id
    }
    assert {score for score in scores if score[1] == "user_feedback"} == {
        ("rag-pipeline", "user_feedback", 1.0, None, "helpful", "app")
    }
    assert {score[1:] for score in scores if score[1] == "correctness"} == {
        ("correctness", 0.8, "ok", None, "judge")
    }


async def test_the_client_gets_the_answers_it_waits_for(played: tuple[str, Played]) -> None:
    _, run = played
    assert {reply.status_code for reply in run.replies("/runs")} == {202}
    assert {reply.status_code for reply in run.replies("/feedback")} == {200}
    info = run.replies("/info")[0].json()
    assert info["batch_ingest_config"]["use_multipart_endpoint"]
    assert info["batch_ingest_config"]["size_limit_bytes"] <= CONFIG.collector.max_body_mib << 20
    assert info["instance_flags"]["zstd_compression_enabled"]


def named(run: Played, name: str) -> list[SpanDetail]:
    return [detail for detail in run.stored if detail.span.name == name]


def items_of(request: Sent) -> list[bytes]:
    """The runs and the feedback in a request."""
    headers = {key.lower(): value for key, value in request.headers}
    body = request.body
    if headers.get("content-encoding") == "zstd":
        body = zstd.ZstdDecompressor().decompress(body)
    if request.path == "/runs/multipart":
        return of_form(body, headers["content-type"])
    return of_batch(body) if request.path == "/runs/batch" else single("feedback", body)


def stored(batches: Sequence[Sequence[bytes]]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "llmwatch.db"
        with writing(database) as writer:
            for batch in batches:
                prepared = PIPELINE.plain(batch, read_item)
                assert not prepared.rejected
                assert writer.submit(prepared.batch).result(timeout=30).rejected == 0
        return snapshot(database)


@cache
def all_items(name: str) -> tuple[bytes, ...]:
    requests = [request for request in sent(name) if request.method == "POST"]
    return tuple(item for request in requests for item in items_of(request))


@cache
def in_order(name: str) -> dict[str, Any]:
    return stored([all_items(name)])


@pytest.mark.parametrize("name", CAPTURES)
@FEW
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing(name: str, data: st.DataObject) -> None:
    assert stored(data.draw(arrivals(all_items(name)))) == in_order(name)
