"""The price a call was first billed with stays with it, whatever configuration and lists say later."""

from __future__ import annotations

import sqlite3
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from llmwatch.collector.pipeline import Pipeline
from llmwatch.config import parse
from llmwatch.store.batch import Batch, WriteResult
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Call, Cost, JsonObject, Span, Usage
from llmwatch.store.writer import Writer

SECOND = 10**9
NOW = 1_795_262_400 * SECOND
OLD = '[prices."m"]\ninput = 1\noutput = 2\nbatch = { input = 0.5, output = 1 }\n[prices."n"]\ninput = 7'
NEW = '[prices."m"]\ninput = 10\noutput = 20\nbatch = { input = 5, output = 10 }\n[prices."n"]\ninput = 70'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "llmwatch.db"


@contextmanager
def collecting(path: Path, toml: str) -> Iterator[Callable[[Span], WriteResult]]:
    """A collector's pipeline and writer with this configuration; gives what takes a span in."""
    pipeline = Pipeline(parse(tomllib.loads(toml)))
    writer = Writer(path, enrich=pipeline.enrich, queue_spans=10_000, synchronous="NORMAL")
    writer.start()
    try:
        yield lambda span: writer.submit(Batch(spans=[pipeline.finish(span, 0)])).result(10)
    finally:
        writer.close()


def record(
    state: str, tokens: int, model: str = "m", answered: str | None = None, span_id: str = "s",
    parameters: JsonObject | None = None,
) -> Span:  # fmt: skip
    return Span(
        trace_id="t", span_id=span_id, kind="llm", start_ns=NOW, state=state,  # type: ignore[arg-type]
        end_ns=NOW + SECOND if state == "ended" else None,
        call=Call(
            request_model=model, response_model=answered, parameters=parameters,
            usage=Usage(input_tokens=tokens, output_tokens=0) if tokens else None,
        ),
    )  # fmt: skip


def stored(path: Path, span_id: str = "s") -> SpanDetail:
    with closing(connect_reader(path)) as db:
        detail = spans.detail(db, "t", span_id)
    assert detail is not None
    return detail


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(connect_reader(path)) as db:
        return db.execute(query).fetchall()


def test_a_late_record_keeps_the_price(path: Path) -> None:
    with collecting(path, OLD) as take:
        take(record("started", 1_000_000))
    with collecting(path, NEW) as take:
        take(record("ended", 2_000_000))
        take(record("ended", 1_000_000, span_id="later"))
    assert stored(path).row.cost_nanousd == 2 * SECOND, (
        "the tokens are new, the rate is that of the first day"
    )
    assert stored(path, "later").row.cost_nanousd == 10 * SECOND
    cost = stored(path).span.cost
    assert cost is not None
    assert cost.price is not None
    assert (cost.price.tariff.base.input, cost.price.source) == (SECOND, "configuration")
    assert rows(path, "SELECT price FROM spans WHERE span_id = 's'") == [(cost.price.id,)]
    assert sorted(rows(path, "SELECT input, output, custom FROM prices")) == [
        (SECOND, 2 * SECOND, 1), (10 * SECOND, 20 * SECOND, 1),
    ]  # fmt: skip


def test_sending_again_changes_nothing(path: Path) -> None:
    with collecting(path, OLD) as take:
        take(record("ended", 1_000_000))
    with collecting(path, NEW) as take:
        take(record("ended", 1_000_000))
    assert stored(path).row.cost_nanousd == SECOND


@pytest.mark.parametrize(
    ("late", "dollars"),
    [
        (record("ended", 1_000_000, answered="n"), 70),
        (record("ended", 1_000_000, parameters={"service_tier": "batch"}), 5),
        (record("ended", 1_000_000, parameters={"temperature": 0.5}), 1),
    ],
)
def test_another_model_or_tier_has_a_price_of_its_own(path: Path, late: Span, dollars: int) -> None:
    with collecting(path, OLD) as take:
        take(record("started", 1_000_000))
    with collecting(path, NEW) as take:
        take(late)
    assert stored(path).row.cost_nanousd == dollars * SECOND


def test_what_had_no_price_gets_one(path: Path) -> None:
    with collecting(path, "") as take:
        take(record("started", 1_000_000))
    assert (stored(path).row.cost_nanousd, rows(path, "SELECT * FROM prices")) == (None, [])
    with collecting(path, NEW) as take:
        take(record("ended", 1_000_000))
    assert stored(path).row.cost_nanousd == 10 * SECOND


def test_a_price_that_was_taken_away_stays_with_its_calls(path: Path) -> None:
    with collecting(path, OLD) as take:
        take(record("started", 1_000_000))
    with collecting(path, "") as take:
        take(record("ended", 2_000_000))
    assert stored(path).row.cost_nanousd == 2 * SECOND


def test_rates_for_long_inputs_are_in_the_table(path: Path) -> None:
    toml = '[prices."m"]\ninput = 1\n[[prices."m".above]]\ninput_tokens = 100\ninput = 2'
    with collecting(path, toml) as take:
        take(record("ended", 1_000_000))
    assert stored(path).row.cost_nanousd == 2 * SECOND
    ((above, rate),) = rows(path, "SELECT tiers ->> '$[0][0]', tiers ->> '$[0][1].input' FROM prices")
    assert (above, rate) == (100, 2 * SECOND)


def test_32_threads_of_1000_costs_sum_exactly(path: Path) -> None:
    """Costs of 1 to 32,000 nano-dollars from 32 threads: 32,000 × 32,001 ÷ 2."""
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=40_000, synchronous="NORMAL")
    writer.start()
    failures: list[BaseException] = []

    def send(thread: int) -> None:
        try:
            futures = [
                writer.submit(Batch(spans=[_costing(thread, n) for n in range(first, first + 50)]))
                for first in range(0, 1000, 50)
            ]
            for future in futures:
                future.result(60)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    exact = 32_000 * 32_001 // 2
    assert failures == []
    assert rows(path, "SELECT sum(cost_nanousd), count(*) FROM spans") == [(exact, 32_000)]
    for width in (60, 3600):
        query = f"SELECT sum(cost_nanousd) FROM rollups WHERE width_s = {width}"
        assert rows(path, query) == [(exact,)]
    assert rows(path, "SELECT sum(cost_nanousd) FROM totals") == [(exact,)]
    assert rows(path, "SELECT sum(cost_nanousd) FROM traces") == [(exact,)]
    assert rows(
        path, "SELECT sum(cost_nanousd) FROM person_rollups WHERE key = 'user' AND width_s = 3600"
    ) == [(exact,)]


def _costing(thread: int, number: int) -> Span:
    made = record("ended", 10, span_id=f"s{thread}-{number}")
    return replace(
        made,
        trace_id=f"t{thread}-{number}",
        start_ns=NOW + thread * 60 * SECOND + number,
        context=replace(made.context, user_id=f"u{thread}"),
        cost=Cost(nanousd=thread * 1000 + number + 1),
    )


def test_the_ids_of_prices_fit_and_differ(path: Path) -> None:
    with collecting(path, OLD) as take:
        take(record("ended", 1))
        take(record("ended", 1, parameters={"service_tier": "batch"}, span_id="b"))
        take(record("ended", 1, "n", span_id="n"))
    found = [number for (number,) in rows(path, "SELECT id FROM prices")]
    assert len(set(found)) == 3
    assert all(isinstance(number, int) and 0 < number < 2**63 for number in found)
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM spans JOIN prices ON prices.id = spans.price").fetchone() == (3,)
    db.close()
