"""Hours and days that are added up later: no number depends on when that is done."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.store.batch import Batch
from llmwatch.store.coarse import coarse_until
from llmwatch.store.database import connect_reader, connect_writer, prepare
from llmwatch.store.reads import comparing, costs, metrics, persons
from llmwatch.store.reads.measuring import measure, measure_by, measure_hours
from llmwatch.store.reads.steps import Steps
from llmwatch.store.span import Span
from llmwatch.store.writer import Writer
from llmwatch.store.writes.apply import apply
from llmwatch.store.writes.rollups import add_up
from llmwatch.store.writes.shelf import Shelf
from tests.store.builders import SECOND, T0, enrich, llm, old_file, span, who
from tests.store.state import recomputed, spans_of, state_of
from tests.store.strategies import records

S0: Final = T0 // SECOND
HOUR: Final = 3600
DAY: Final = 24 * HOUR
END: Final = S0 + 3 * DAY
NEVER: Final = S0 - 30 * DAY

hours = st.integers(0, 60)
seconds = st.integers(0, 60 * HOUR) | st.integers(0, 400).map(lambda minute: minute * 60)
arrivals = st.builds(
    lambda record, hour: replace(
        record,
        start_ns=record.start_ns + hour * HOUR * SECOND,
        end_ns=None if record.end_ns is None else record.end_ns + hour * HOUR * SECOND,
    ),
    records(("a", "b", "c"), ("t", "u", "v")),
    hours,
)


def _shelf(path: Path, until_s: int) -> Shelf:
    """On a file whose hours reach to the minute, and whose days to the hour, of ``until_s``."""
    shelf = Shelf(connect_writer(path, "NORMAL"), enrich)
    with shelf.transaction():
        shelf.reach(HOUR, until_s // 60 * 60)
        shelf.reach(DAY, until_s // HOUR * HOUR)
    return shelf


def _all_numbers(db: sqlite3.Connection, start_s: int, end_s: int) -> dict[str, Any]:
    """What can be asked of a window that hours and days have a part in."""
    window = (start_s, end_s)
    steps = Steps(db, HOUR, S0, END, {}, None)
    return {
        "measure": measure(db, *window, {}, people=True),
        "models": measure_by(db, *window, "model", {}),
        "users": measure_by(db, *window, "user", {}),
        "hours": measure_hours(db, *window, {}, people=True),
        "sums": metrics.sums(db, *window, {}),
        "groups": metrics.groups(db, *window, ["service"], {}),
        "trends": [metrics.trend(db, *window, width, {}) for width in (HOUR, 6 * HOUR)],
        "courses": [metrics.course(db, *window, width, {}) for width in (HOUR, 6 * HOUR)],
        "persons": persons.person_totals(db, *window, "session"),
        "dearest": costs.spent_by_person(db, *window, "user"),
        "versions": costs.spent_by_version(db, *window),
        "days": costs.daily(db, [S0, S0 + DAY, END]),
        "sessions": comparing.session_costs(db, *window),
        "arms": {
            key: calls._replace(first_s=0)
            for key, calls in comparing.arm_calls(db, *window, "prompt_name", "prompt_version").items()
        },
        "steps": [steps.running(name) for name in ("spans", "errors", "cost_nanousd")],
        "counted": [
            (dict(steps.words(at, at + 5)), steps.histogram("duration_ns", at, at + 5).count)
            for at in range(0, 60, 5)
        ],
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(arrivals, max_size=3) | seconds, max_size=12), seconds, seconds, seconds)
def test_no_number_depends_on_it(
    blank: Path, events: Sequence[list[Span] | int], until: int, low: int, high: int
) -> None:
    """Spans come for any hour, in any order, and hours end in between; beside it a file that keeps all."""
    with tempfile.TemporaryDirectory() as folder:
        lazy_path, eager_path = (Path(shutil.copy(blank, Path(folder) / name)) for name in ("l.db", "e.db"))
        lazy, eager = _shelf(lazy_path, S0 + until), _shelf(eager_path, END)
        for event in events:
            if isinstance(event, int):
                add_up(lazy, S0 + event)
            else:
                for shelf in (lazy, eager):
                    apply(shelf, [Batch(spans=event)])
            with closing(connect_reader(lazy_path)) as one, closing(connect_reader(eager_path)) as other:
                window = (S0 + low, S0 + low + high)
                assert _all_numbers(one, *window) == _all_numbers(other, *window)
        add_up(lazy, END + HOUR)
        with closing(connect_reader(lazy_path)) as db:
            state = state_of(db)
            assert {name: state[name] for name in ("rollups", "persons", "totals", "versions")} == (
                recomputed(spans_of(db))
            )
        lazy.db.close()
        eager.db.close()


@pytest.fixture
def shelf(path: Path) -> Any:
    made = _shelf(path, NEVER)
    yield made
    made.db.close()


def _widths(db: sqlite3.Connection) -> dict[tuple[str, int], list[tuple[int, int]]]:
    """Start and spans of each row of sums, by table and width."""
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for table in ("rollups", "person_rollups"):
        query = f"SELECT width_s, start_s, spans FROM {table} ORDER BY width_s, start_s"
        for width_s, start_s, spans in db.execute(query):
            found.setdefault((table, width_s), []).append((start_s - S0, spans))
    return found


def test_what_is_kept_when(shelf: Shelf) -> None:
    """Calls at 0:00 and 0:08; the first minutes are added, one more comes for them; the hour ends."""
    ann = who(user_id="ann")
    for number, minute in enumerate((0, 8)):
        begun = T0 + minute * 60 * SECOND
        call = llm("s", trace_id=f"t{number}", start_ns=begun, context=ann)
        apply(shelf, [Batch(spans=[call])])
    running = {("rollups", 60): [(0, 1), (480, 1)], ("person_rollups", HOUR): [(0, 2)]}
    assert _widths(shelf.db) == running
    add_up(shelf, S0 + 659)
    assert _widths(shelf.db) == {**running, ("rollups", HOUR): [(0, 1)]}, "five minutes ago is 0:05"
    add_up(shelf, S0 + 899)
    assert coarse_until(shelf.db, HOUR) == S0 + 300, "not every minute"
    apply(shelf, [Batch(spans=[llm("s", trace_id="late", start_ns=T0, context=ann)])])
    late = {("rollups", 60): [(0, 2), (480, 1)], ("person_rollups", HOUR): [(0, 3)]}
    assert _widths(shelf.db) == {**late, ("rollups", HOUR): [(0, 2)]}
    add_up(shelf, S0 + 960)
    both = {**late, ("rollups", HOUR): [(0, 3)]}
    assert _widths(shelf.db) == both
    assert (coarse_until(shelf.db, HOUR), coarse_until(shelf.db, DAY)) == (S0 + 660, S0)
    add_up(shelf, S0 + HOUR)
    assert _widths(shelf.db) == {**both, ("person_rollups", DAY): [(0, 3)]}
    assert (coarse_until(shelf.db, HOUR), coarse_until(shelf.db, DAY)) == (S0 + HOUR - 300, S0 + HOUR)


def test_a_span_that_changes_after_its_hour(shelf: Shelf) -> None:
    """It is taken out of the hour that was made meanwhile."""
    apply(shelf, [Batch(spans=[span("a", kind="tool", state="started")])])
    add_up(shelf, S0 + HOUR)
    apply(shelf, [Batch(spans=[span("a", kind="tool", status="error")])])
    query = "SELECT width_s, spans, errors FROM rollups ORDER BY width_s"
    assert shelf.db.execute(query).fetchall() == [(60, 1, 1), (HOUR, 1, 1)]


def test_a_clock_that_goes_back_changes_nothing(shelf: Shelf) -> None:
    add_up(shelf, S0 + 2 * HOUR)
    add_up(shelf, S0)
    assert coarse_until(shelf.db, HOUR) == S0 + 2 * HOUR - 300


def test_the_writer_makes_what_is_over(path: Path) -> None:
    """As soon as it has nothing to write."""
    shelf = _shelf(path, NEVER)
    shelf.db.close()
    writer = Writer(path, enrich=enrich, queue_spans=10, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=[llm("a")])).result(10)
    writer.close()
    again = Writer(path, enrich=enrich, queue_spans=10, synchronous="NORMAL")
    again.start()
    with closing(connect_reader(path)) as db:
        deadline = time.monotonic() + 10
        while not db.execute("SELECT 1 FROM rollups WHERE width_s = 3600").fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert coarse_until(db, HOUR) > S0
    again.close()


def test_an_older_file_keeps_hours_and_days_to_its_end(tmp_path: Path) -> None:
    """It has them all, those that run and those of clocks that were ahead as well."""
    path = tmp_path / "old.db"
    ahead = 4_000_000_000 // DAY * DAY
    with closing(old_file(path, before="0012_sums")) as old:
        old.execute("INSERT INTO series VALUES (1, 'llm', '', '', '', '', '', '', '', '', 'm', '')")
        old.execute(
            "INSERT INTO rollups (width_s, start_s, series, spans, copies, errors, input_tokens,"
            " output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanousd,"
            " unpriced, refused, truncated, checked, passed)"
            " VALUES (3600, ?, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
            (ahead,),
        )
    prepare(path)
    with closing(connect_reader(path)) as db:
        assert coarse_until(db, HOUR) == ahead + HOUR
        assert coarse_until(db, DAY) % HOUR == 0
        assert S0 < coarse_until(db, DAY) < ahead, "a new file's reach to today"
