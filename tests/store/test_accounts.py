"""What spans cost whom: kept as they come, in any order, and the same when it is counted from the spans."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.analysis.budget import Budget, account
from llmwatch.store.accounts import Account, Key, Spend
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import metrics
from llmwatch.store.reads.budgets import costliest, counted, is_kept, kept
from llmwatch.store.span import Call, Span, Usage
from llmwatch.store.writer import Writer
from tests.store.builders import SECOND, T0, enrich, llm, span, who
from tests.store.strategies import records

UTC = ZoneInfo("UTC")
START = T0 // SECOND
DAY = (START, START + 86_400)
ALL = account(Budget(name="all", period="day"), UTC)
BY_USER = account(Budget(name="user", period="day", by="user"), UTC)
BY_SESSION_X = account(Budget(name="x", period="day", by="session", match={"user": "x"}), UTC)
BY_MINUTE = account(Budget(name="minute", period="minute", by="feature"), UTC)
Making = Callable[[Path], Writer]


class Told:
    """A keeper that adds up what it is told."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = accounts
        self.spent: dict[Key, Spend] = {}

    def opened(self, spent: Mapping[Key, Spend]) -> None:
        self.spent = dict(spent)

    def charged(self, spent: Mapping[Key, Spend]) -> None:
        for key, spend in spent.items():
            self.spent[key] = self.spent.get(key, Spend()).plus(spend)

    def of(self, name: str) -> dict[str, Spend]:
        return {value: spend for (kept, value, _), spend in self.spent.items() if kept == name and any(spend)}


def write(writer: Writer, *spans: Span) -> None:
    for each in spans:
        assert writer.submit(Batch(spans=[each])).result(5).rejected == 0


def stored(db: sqlite3.Connection, name: str) -> dict[str, Spend]:
    rows = db.execute(
        "SELECT value, sum(cost_nanousd), sum(tokens), sum(calls), sum(unpriced) FROM budget_spend"
        " WHERE budget = ? GROUP BY value", (name,)
    )  # fmt: skip
    return {value: Spend(*sums) for value, *sums in rows if any(sums)}


def test_each_sort_of_account(writer: Writer, db: sqlite3.Connection) -> None:
    told = Told(ALL, BY_USER, BY_SESSION_X, BY_MINUTE)
    writer.keep(told).result(5)
    write(
        writer,
        llm("1", 100, context=who(user_id="x", session_id="s1", feature="chat")),
        llm("2", 50, context=who(user_id="y", session_id="s2", feature="chat"), trace_id="u"),
        llm("3", 20, trace_id="v", start_ns=T0 + 60 * SECOND, context=who(feature="rag")),
        llm("4", None, trace_id="w", context=who(user_id="x", session_id="s1"), status="error"),
        span("5", trace_id="t2", kind="tool"),
    )
    # A nano-dollar a token; an LLM span of 100 has 100 in and 100 out.
    assert told.of("all") == stored(db, "all") == {"": Spend(340, 340, 4, 0)}
    assert told.of("user") == stored(db, "user") == {"x": Spend(200, 200, 2, 0), "y": Spend(100, 100, 1, 0)}
    assert told.of("x") == stored(db, "x") == {"s1": Spend(200, 200, 2, 0)}
    assert told.spent["minute", "rag", START + 60] == Spend(40, 40, 1, 0)
    writer.run(lambda own: opened_at(own, told.accounts, START)).result(5)
    assert costliest(db, BY_USER, DAY, "cost_nanousd", most=1) == {"x": 200}
    assert list(costliest(db, BY_USER, DAY, "calls")) == ["x", "y"]


def test_a_trace_says_whose_its_spans_are_even_when_its_root_comes_last(
    writer: Writer, db: sqlite3.Connection
) -> None:
    told = Told(BY_USER)
    writer.keep(told).result(5)
    write(writer, llm("1", 10, parent_id="root"))
    assert told.of("user") == {}
    write(writer, span("root", kind="agent", context=who(user_id="x")))
    assert told.of("user") == stored(db, "user") == {"x": Spend(20, 20, 1, 0)}


def test_a_call_that_turns_out_to_be_a_wrapper_is_taken_back(writer: Writer, db: sqlite3.Connection) -> None:
    told = Told(ALL)
    writer.keep(told).result(5)
    write(writer, llm("outer", 100))
    assert told.of("all") == {"": Spend(200, 200, 1, 0)}
    write(writer, llm("inner", 100, parent_id="outer"))
    assert told.of("all") == stored(db, "all") == {"": Spend(200, 200, 1, 0)}


def test_unpriced_calls_are_counted(writer: Writer) -> None:
    told = Told(ALL)
    writer.keep(told).result(5)
    unpriced = llm("1", call=Call(request_model="m", usage=Usage(input_tokens=7)))
    write(writer, replace(unpriced, cost=replace(unpriced.cost, nanousd=None)))  # type: ignore[type-var]
    assert told.of("all") == {"": Spend(0, 7, 1, 1)}


def test_what_was_there_before_is_counted_when_an_account_is_opened(path: Path, make_writer: Making) -> None:
    now = START + 3600
    writer = make_writer(path)
    write(writer, llm("1", 100, context=who(user_id="x")), llm("0", 9, trace_id="o", start_ns=T0 - SECOND))
    with closing(connect_reader(path)) as db:
        assert not is_kept(db, BY_USER, START)
        assert costliest(db, BY_USER, DAY, "tokens", most=5) == {"x": 200}, "counted from the spans"
        writer.run(lambda own: opened_at(own, [ALL, BY_USER], now)).result(5)
        assert is_kept(db, BY_USER, START)
        assert kept(db, ALL, START) == {("all", "", START): Spend(200, 200, 1, 0)}
        before = (START - 86_400, START)
        assert not is_kept(db, ALL, before[0])
        assert costliest(db, ALL, before, "tokens") == {"": 18}, "the day before is counted"
        other = account(Budget(name="user", period="day", by="user", match={"feature": "rag"}), UTC)
        assert not is_kept(db, other, START), "another definition: its sums are others"
        writer.run(lambda own: opened_at(own, [other], now)).result(5)
        assert kept(db, other, START) == {}
        assert not is_kept(db, ALL, START), "nobody asks for it any more"


def opened_at(db: sqlite3.Connection, accounts: Sequence[Account], now_s: int) -> dict[Key, Spend]:
    from llmwatch.store.writes.accounts import open_accounts

    return open_accounts(db, accounts, now_s)


def test_a_new_writer_goes_on_where_the_last_one_ended(path: Path, make_writer: Making) -> None:
    writer = make_writer(path)
    writer.keep(Told(ALL)).result(5)
    write(writer, llm("1", 100))
    writer.close()
    writer, told = make_writer(path), Told(ALL)
    writer.keep(told).result(5)
    write(writer, llm("2", 1, trace_id="u"))
    with closing(connect_reader(path)) as db:
        assert stored(db, "all") == {"": Spend(202, 202, 2, 0)}


@settings(max_examples=20)
@given(
    st.lists(records(["a", "b", "c", "d"], ["t", "u"]), max_size=12).flatmap(
        lambda spans: st.tuples(st.permutations(spans), st.integers(0, len(spans)))
    )
)
def test_kept_is_counted_whatever_comes_in_whatever_order(
    blank: Path, drawn: tuple[Sequence[Span], int]
) -> None:
    """Told while it comes, kept in the file, counted from spans, and summed by the rollups: all the same."""
    spans, cut = drawn
    with TemporaryDirectory() as folder:
        path = Path(folder) / "test.db"
        path.write_bytes(blank.read_bytes())
        writer = Writer(path, enrich=enrich, queue_spans=1000, synchronous="NORMAL")
        writer.start()
        told = Told(ALL, BY_USER, BY_SESSION_X)
        writer.keep(told).result(5)
        for part in (spans[:cut], spans[cut:]):
            writer.submit(Batch(spans=part)).result(5)
        writer.close()
        with closing(connect_reader(path)) as db:
            for each in told.accounts:
                assert told.of(each.name) == stored(db, each.name) == counted_nonzero(db, each)
            everything = metrics.sums(db, *DAY, {})
            (total,) = [*told.of("all").values()] or [Spend()]
            assert total.cost_nanousd == everything.cost_nanousd
            assert total.tokens == everything.input_tokens + everything.output_tokens


def counted_nonzero(db: sqlite3.Connection, each: Account) -> dict[str, Spend]:
    return {value: spend for value, spend in counted(db, each, DAY).items() if any(spend)}


@pytest.mark.parametrize("column", ["", "x' OR 1=1 --"])
def test_values_are_never_part_of_a_statement(writer: Writer, db: sqlite3.Connection, column: str) -> None:
    odd = account(Budget(name="o", period="day", by="user", match={"feature": column}), UTC)
    write(writer, llm("1", 5, context=who(user_id="x", feature=column or None)))
    assert counted(db, odd, DAY) == ({"x": Spend(10, 10, 1, 0)} if column else {})


def test_32_threads_of_1000_costs_sum_exactly(path: Path, db: sqlite3.Connection) -> None:
    writer, told = Writer(path, enrich=enrich, queue_spans=32_000, synchronous="NORMAL"), Told(ALL)
    writer.start()
    writer.keep(told).result(5)

    def spend(thread: int) -> None:
        for trace in range(10):
            spans = [
                llm(str(each), thread * 1000 + each, trace_id=f"{thread}-{trace}", start_ns=T0 + each)
                for each in range(trace * 100, trace * 100 + 100)
            ]
            writer.submit(Batch(spans=spans))

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    # The numbers from 0 to 31,999, once in and once out; the call of no tokens has no price.
    amount = 31_999 * 32_000
    assert told.of("all") == stored(db, "all") == {"": Spend(amount, amount, 32_000, 0)}
    assert metrics.sums(db, *DAY, {}).cost_nanousd == amount
