"""Sums of users and sessions, and a file of before there were any."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from llmwatch.store.database import connect_reader, prepare
from llmwatch.store.heads import Heads, dimensions, heads_of
from llmwatch.store.persons import person_sums
from llmwatch.store.reads.measuring import measure, measure_by
from llmwatch.store.rollups import Change
from tests.store.builders import SECOND, T0, brief, llm, old_file, span, who

S0 = T0 // SECOND


def test_a_span_counts_by_the_hour_and_by_the_day() -> None:
    late = brief(llm("a", tokens=10, start_ns=T0 + 90_000 * SECOND, context=who(user_id="ann")))
    changes = [Change(late, "counted", 1), Change(late, "counted", 1), Change(late, "counted", -1)]
    sums = (1, 0, 10, 10, 20, 1, 0, 1)
    hour, day = S0 + 90_000, S0 + 86_400
    over = {(3600, "user", hour, "ann"): sums, (86_400, "user", day, "ann"): sums}
    assert person_sums(changes, day + 86_400) == over
    assert person_sums(changes, day) == {(3600, "user", hour, "ann"): sums}, "the day runs"


def test_what_counts_for_nobody() -> None:
    named = who(user_id="ann", session_id="s")
    copy = Change(brief(llm("a", context=named)), "rollup", 1)
    partial = Change(brief(llm("b", context=named, state="partial")), "counted", 1)
    nobody = Change(brief(llm("c")), "counted", 1)
    assert person_sums([copy, partial, nobody], S0) == {}


def test_the_trace_says_it_for_the_span() -> None:
    heads = Heads(session_id="s", user_id="ann", feature="chat", segment="pro")
    found = person_sums([Change(brief(llm("a", context=who(user_id="bob"))), "counted", 1, heads)], S0)
    assert {(key, value) for _, key, _, value in found} == {("user", "bob"), ("session", "s")}
    said = brief(llm("b", context=who(feature="own")))
    assert dimensions(said, heads)[4:6] == ("own", "pro")
    assert dimensions(said, Heads()) == said.dimensions


def test_heads() -> None:
    """The root's word, else that of whoever began first and says it."""
    early = brief(llm("b", parent_id="r", context=who(user_id="bob", feature="first")))
    later = brief(llm("c", parent_id="r", start_ns=T0 + 1, context=who(segment="pro", feature="second")))
    root = brief(span("r", start_ns=T0 + 2, context=who(user_id="ann")))
    assert heads_of([later, root, early]) == Heads(user_id="ann", feature="first", segment="pro")
    assert heads_of([later, early]) == Heads(user_id="bob", feature="first", segment="pro")
    assert heads_of([brief(span("x"))]) == Heads()


def test_an_older_file_keeps_its_sums(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(old_file(path, before="0006_metrics")) as old:
        old.execute("INSERT INTO series VALUES (7, 'llm', 'web', '', '', 'faq', '', '', '', 'm')")
        old.execute(
            "INSERT INTO rollups (width_s, start_s, series, spans, copies, errors, input_tokens,"
            " output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanousd,"
            " unpriced, refused, truncated, checked, passed)"
            " VALUES (60, ?, 7, 3, 0, 1, 30, 20, 0, 0, 0, 5, 0, 0, 0, 0, 0)",
            (S0,),
        )
    prepare(path)
    with closing(connect_reader(path)) as db:
        measured = measure(db, S0, S0 + 60, {"feature": "faq", "segment": ""})
        assert (measured.calls.spans, measured.calls.errors, measured.calls.cost_nanousd) == (3, 1, 5)
        assert measure_by(db, S0, S0 + 60, "user", {}) == []
        with_keys = db.execute("SELECT sql FROM sqlite_master WHERE name = 'rollups'").fetchone()[0]
        assert "REFERENCES series" in with_keys
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
