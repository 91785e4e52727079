"""Judging in the background: what is asked, once, what it costs, and what happens when nobody answers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llmwatch.collector.judging.loop import Judging
from llmwatch.config import Config, parse
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import judging as reads
from llmwatch.store.span import Call, Document, Retrieval, Score, Span, Usage
from llmwatch.store.writer import Writer
from tests.providers.stub import sse
from tests.serving import serving
from tests.store.builders import SECOND, span, spoken

NOW = 1_767_225_600 * SECOND
LONG = "It is open from nine to five on weekdays, and from ten to four on Saturdays; on Sundays it is closed."
GOOD = {"correctness": 0.9, "groundedness": 0.8, "relevance": 1.0, "safety": 1.0, "reasoning": "Fine."}
USAGE = {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}
# gpt-4o-mini: $0.15 and $0.60 per million tokens (openai.com/api/pricing): 0.00015 + 0.00006
COST = 210_000


class Provider:
    """Answers chat completions as it is told, the last answer for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(200, GOOD)]
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.base_url = ""
        self.arrived = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.under_way = self.most_under_way = 0

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        body = b""
        while (message := await receive()).get("body") or message.get("more_body"):
            body += message["body"]
            if not message.get("more_body"):
                break
        self.asked.append(json.loads(body))
        self.headers.append({key.decode(): value.decode() for key, value in scope["headers"]})
        self.arrived.set()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.to_thread(self.goes_on.wait)
        self.under_way -= 1
        status, said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kind = b"text/event-stream" if status == 200 else b"application/json"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        text = said if isinstance(said, str) else json.dumps(said)
        delta = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
        told = sse({**delta, "model": "gpt-4o-mini"}, {"choices": [], "usage": USAGE}, "[DONE]")
        answer = b"".join(told) if status == 200 else json.dumps({"error": {"message": text}}).encode()
        await send({"type": "http.response.body", "body": answer})


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    with serving(provider) as provider.base_url:
        yield provider
        provider.goes_on.set()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "judging.db"


class Bench:
    """A judge with its database and a clock that stands still."""

    def __init__(self, writer: Writer, database: Path, provider: Provider) -> None:
        self.writer, self.database, self.provider = writer, database, provider
        self.now_ns = NOW
        self.judging = self.new()

    def config(self, **judge: Any) -> Config:
        endpoint = {"api": "openai-chat", "base_url": self.provider.base_url, "api_key_env": "JUDGE_KEY"}
        given = {"endpoint": "openai", "sample_rate": 1.0, "concurrency": 1, **judge}
        return parse({"providers": {"openai": endpoint}, "judge": given})

    def new(self, **judge: Any) -> Judging:
        """As after a restart."""
        return Judging(self.writer, self.database, self.config(**judge), lambda: self.now_ns, self._wait)

    async def turn(self) -> None:
        """Everything that is to be done now."""
        running = asyncio.create_task(self.judging.run())
        with pytest.raises(asyncio.CancelledError):
            await running

    async def _wait(self, _: float) -> None:
        raise asyncio.CancelledError

    async def calls(self, *spans: Span, scores: tuple[Score, ...] = ()) -> None:
        """Spans come, and are judged."""
        self.writer.submit(Batch(spans=spans, scores=scores)).result()
        await self.turn()

    def rows(self, sql: str) -> list[Any]:
        with closing(connect_reader(self.database)) as db:
            return db.execute(sql).fetchall()

    @property
    def scores(self) -> dict[str, float]:
        return dict(self.rows("SELECT name, value FROM scores WHERE source = 'judge'"))

    @property
    def judgements(self) -> list[tuple[str, str, int, str | None]]:
        return self.rows("SELECT reason, state, attempts, error FROM judgements ORDER BY span")


@pytest.fixture
async def bench(database: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("JUDGE_KEY", "secret-key")
    writer = Writer(database, enrich=lambda span, *_: span, queue_spans=1_000, synchronous="NORMAL")
    writer.start()
    bench = Bench(writer, database, provider)
    await bench.turn()
    yield bench
    writer.close()


def call(span_id: str = "a", answer: str = LONG, **fields: Any) -> Span:
    start = fields.pop("start_ns", NOW - 60 * SECOND)
    usual: dict[str, Any] = {"kind": "llm", "start_ns": start, "content": spoken("When is it open?", answer)}
    asked = Call(request_model="m", usage=Usage(input_tokens=10, output_tokens=10))
    return span(span_id, call=asked, **{**usual, **fields})


async def test_an_answer_is_judged_and_scored(bench: Bench) -> None:
    await bench.calls(call())
    assert bench.scores == {
        "judge_correctness": 0.9, "judge_groundedness": 0.8, "judge_relevance": 1.0, "judge_safety": 1.0,
        "quality_score": 0.905,
    }  # fmt: skip
    assert bench.rows("SELECT DISTINCT comment, trace_id, span_id FROM scores") == [("Fine.", "t", "a")]
    assert bench.judgements == [("sample", "done", 1, None)]
    (asked,) = bench.provider.asked
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("gpt-4o-mini", 0, 256)
    assert asked["response_format"]["type"] == "json_schema"
    assert "When is it open?" in asked["messages"][1]["content"]


async def test_nothing_is_judged_twice(bench: Bench) -> None:
    await bench.calls(call())
    await bench.calls(call("b"))
    bench.judging = bench.new()
    await bench.turn()
    await bench.calls(call())
    assert len(bench.provider.asked) == 2


async def test_a_question_that_was_under_way_at_the_end_is_asked_again(bench: Bench) -> None:
    bench.provider.goes_on.clear()
    bench.writer.submit(Batch(spans=[call()])).result()
    running = asyncio.create_task(bench.judging.run())
    assert await asyncio.to_thread(bench.provider.arrived.wait, 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert bench.judgements == [("sample", "due", 0, None)]
    bench.provider.goes_on.set()
    bench.judging = bench.new()
    await bench.turn()
    assert bench.judgements == [("sample", "done", 1, None)]
    assert len(bench.rows("SELECT 1 FROM scores")) == 5


async def test_so_many_questions_at_one_time(bench: Bench) -> None:
    bench.judging = bench.new(concurrency=3)
    await bench.calls(*(call(str(number)) for number in range(8)))
    assert [row[1] for row in bench.judgements] == ["done"] * 8
    assert bench.provider.most_under_way <= 3


async def test_what_was_there_before_is_not_judged(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    writer = Writer(path, enrich=lambda span, *_: span, queue_spans=1_000, synchronous="NORMAL")
    writer.start()
    try:
        old = Bench(writer, path, bench.provider)
        await old.calls(call())
        await old.turn()
        assert old.judgements == []
        await old.calls(call("b"))
        assert old.judgements == [("sample", "done", 1, None)]
    finally:
        writer.close()


async def test_documents_of_its_trace_are_its_context(bench: Bench) -> None:
    found = Retrieval(documents=(Document(content="Open from nine."), Document(content="Closed on Sundays.")))
    search = span("r", kind="retriever", start_ns=NOW - 62 * SECOND, retrieval=found)
    late = span(
        "l", kind="retriever", start_ns=NOW, retrieval=Retrieval(documents=(Document(content="Late."),))
    )
    await bench.calls(search, call(), late)
    (asked,) = bench.provider.asked
    assert "\nOpen from nine.\n---\nClosed on Sundays.\n" in asked["messages"][1]["content"]
    assert "Late." not in asked["messages"][1]["content"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"end_ns": NOW}, "slow"),
        ({"answer": "At nine."}, "short"),
        ({"heuristics": ("refusal",)}, "checks"),
        ({"heuristics": ()}, None),
        ({"answer": "At nine.", "status": "error"}, None),
        ({"answer": "At nine.", "kind": "chain"}, None),
        ({"answer": "At nine.", "start_ns": NOW - 90_000 * SECOND}, None),
    ],
)
async def test_what_is_always_judged(bench: Bench, fields: dict[str, Any], reason: str | None) -> None:
    bench.judging = bench.new(sample_rate=0.0)
    await bench.calls(call(**fields))
    assert [row[0] for row in bench.judgements] == ([] if reason is None else [reason])


@pytest.mark.parametrize("span_id", ["a", "root", None])
async def test_disliked_answers_are_judged(bench: Bench, span_id: str | None) -> None:
    bench.judging = bench.new(sample_rate=0.0)
    await bench.calls(span("root", kind="chain", start_ns=NOW - 61 * SECOND), call(parent_id="root"))
    assert bench.judgements == []
    thumb = Score(
        score_id="1", name="thumbs", time_ns=NOW, trace_id="t", span_id=span_id, value=0.0, source="user"
    )
    await bench.calls(scores=(thumb,))
    assert bench.judgements == [("feedback", "done", 1, None)]


async def test_a_call_that_runs_is_waited_for(bench: Bench) -> None:
    await bench.calls(call("a", state="started", end_ns=None), call("b"))
    assert bench.judgements == []
    await bench.calls(call("a"))
    assert [row[1] for row in bench.judgements] == ["done", "done"]


async def test_without_text_there_is_nothing_to_judge(bench: Bench) -> None:
    await bench.calls(call(answer=" "))
    assert bench.judgements == [("short", "skipped", 0, "no text of a question and an answer")]
    assert bench.provider.asked == []


async def test_marks_that_cannot_be_used_are_asked_for_again(bench: Bench) -> None:
    bench.provider.answers = [(200, "It is fine."), (200, {"correctness": 2}), (200, GOOD)]
    await bench.calls(call())
    assert bench.judgements == [("sample", "done", 1, None)]
    assert [len(asked["messages"]) for asked in bench.provider.asked] == [2, 4, 6]
    cost = bench.rows("SELECT input_tokens, output_tokens, cost_nanousd, unpriced FROM judgements")
    assert cost == [(3_000, 300, 3 * COST, 0)]


async def test_three_answers_without_marks_are_enough(bench: Bench) -> None:
    bench.provider.answers = [(200, "It is fine.")]
    await bench.calls(call())
    assert bench.judgements == [("sample", "failed", 1, "no marks in 3 answers: it is not a JSON object")]
    assert len(bench.provider.asked) == 3
    assert bench.scores == {}


async def test_a_server_without_structured_output(bench: Bench) -> None:
    bench.provider.answers = [(400, "response_format is not supported"), (200, GOOD)]
    await bench.calls(call(), call("b"))
    assert [row[1] for row in bench.judgements] == ["done", "done"]
    assert ["response_format" in asked for asked in bench.provider.asked] == [True, False, False]


async def test_a_question_that_is_refused_is_not_asked_again(bench: Bench) -> None:
    bench.provider.answers = [(400, "too long")]
    await bench.calls(call())
    assert bench.judgements == [("sample", "failed", 1, "HTTP 400: too long")]


@pytest.mark.parametrize("status", [401, 404, 429, 500])
async def test_a_provider_in_trouble_is_asked_again_later(bench: Bench, status: int) -> None:
    bench.provider.answers = [(status, "no"), (200, GOOD)]
    await bench.calls(call(), call("b"))
    assert len(bench.provider.asked) == 1, "not one after the other while nobody answers"
    bench.now_ns += 14 * SECOND
    await bench.turn()
    assert len(bench.provider.asked) == 1
    bench.judging = bench.new()
    bench.now_ns += 2 * SECOND
    await bench.turn()
    assert sorted(row[1:3] for row in bench.judgements) == [("done", 1), ("done", 2)]


async def test_eight_attempts_are_enough(bench: Bench) -> None:
    bench.provider.answers = [(500, "no")]
    await bench.calls(call())
    for _ in range(9):
        bench.now_ns += 3_600 * SECOND
        await bench.turn()
    assert bench.judgements == [("sample", "failed", 8, "HTTP 500: no")]


async def test_the_day_has_a_budget(bench: Bench) -> None:
    # Each question is estimated and costs about 210,000 nano-dollars: two of them are paid for.
    bench.judging = bench.new(daily_usd=0.0005)
    await bench.calls(*(call(str(number)) for number in range(5)))
    assert [row[1] for row in bench.judgements].count("done") == 2
    with closing(connect_reader(bench.database)) as db:
        spent = reads.spend(db, NOW - SECOND, NOW + SECOND)
    assert spent == (2, 2 * COST, 0, 2_000, 200)
    bench.now_ns += 24 * 3_600 * SECOND
    await bench.turn()
    assert [row[1] for row in bench.judgements].count("done") == 4


async def test_what_was_due_for_two_days_is_given_up(bench: Bench) -> None:
    bench.judging = bench.new(daily_usd=0.0)
    await bench.calls(call())
    assert bench.judgements == [("sample", "due", 0, None)]
    bench.now_ns += 49 * 3_600 * SECOND
    await bench.calls(call("b", start_ns=bench.now_ns - SECOND))
    assert bench.judgements[0] == ("sample", "skipped", 0, "it was due for two days")


async def test_without_an_endpoint_nothing_happens(bench: Bench) -> None:
    bench.judging = Judging(bench.writer, bench.database, Config(), lambda: bench.now_ns, bench._wait)
    await bench.calls(call())
    assert bench.judgements == []
    bench.judging.reconfigure(bench.config())
    await bench.turn()
    assert bench.judgements == [("sample", "done", 1, None)]


async def test_without_a_key_it_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUDGE_KEY")
    await bench.calls(call())
    assert bench.judgements == [("sample", "due", 0, None)]


async def test_the_key_stays_where_it_belongs(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.provider.answers = [(500, "you sent secret-key"), (200, GOOD)]
    await bench.calls(call())
    bench.now_ns += 60 * SECOND
    await bench.turn()
    assert bench.provider.headers[0]["authorization"] == "Bearer secret-key"
    assert "secret-key" not in caplog.text
    kept = bench.rows("SELECT * FROM judgements") + bench.rows("SELECT * FROM scores")
    assert "secret-key" not in repr(kept)
