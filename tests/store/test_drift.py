"""Changes of the model behind a name, told by who answered and by the fingerprint of its servers."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from msgspec.structs import replace

from llmwatch.store.batch import Batch
from llmwatch.store.reads.drift import ModelChange, model_changes
from llmwatch.store.reads.versions import live
from llmwatch.store.span import Call, Content, Span
from llmwatch.store.writer import Writer
from tests.store.builders import SECOND, T0, llm

OPENAI = "openai.response.system_fingerprint"


def call(span_id: str, second: int, answered: str | None, fingerprint: Any = None, key: str = OPENAI) -> Span:
    content = Content(attributes={} if fingerprint is None else {key: fingerprint})
    asked = Call(request_model="gpt-4o", response_model=answered)
    return llm(span_id, call=asked, start_ns=T0 + second * SECOND, content=content)


def test_another_model_answers(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [
        call("a", 0, "gpt-4o-05"),
        call("b", 60, "gpt-4o-08"),
        call("c", 90, "gpt-4o-05"),
        call("d", 95, None),
    ]
    writer.submit(Batch(spans=list(reversed(spans)))).result(10)
    changed = ModelChange(
        model="gpt-4o", what="model", before="gpt-4o-05", after="gpt-4o-08", at_ns=T0 + 60 * SECOND
    )
    assert model_changes(db, T0) == [changed]
    assert model_changes(db, T0 + 61 * SECOND) == []


@pytest.mark.parametrize(
    "key",
    [OPENAI, "gen_ai.openai.response.system_fingerprint", "gen_ai.openai.system_fingerprint"],
)
def test_its_servers_are_others(writer: Writer, db: sqlite3.Connection, key: str) -> None:
    spans = [call("a", 0, "gpt-4o-05", "fp_1", key), call("b", 60, "gpt-4o-05", "fp_2", key)]
    writer.submit(Batch(spans=spans)).result(10)
    assert [(c.what, c.before, c.after) for c in model_changes(db, T0)] == [("fingerprint", "fp_1", "fp_2")]
    assert [row.kind for row in live(db, 0)] == ["model"]
    assert {row.kind for row in live(db, 0, fingerprints=True)} == {"model", "fingerprint"}


def test_a_fingerprint_that_comes_with_another_record(writer: Writer, db: sqlite3.Connection) -> None:
    begun = call("b", 60, None)
    writer.submit(Batch(spans=[call("a", 0, None, "fp_1"), begun])).result(10)
    writer.submit(Batch(spans=[call("b", 60, None, "fp_2")])).result(10)
    assert [c.after for c in model_changes(db, T0)] == ["fp_2"]


@pytest.mark.parametrize("said", [3, ["fp"], ""])
def test_what_is_no_fingerprint(writer: Writer, db: sqlite3.Connection, said: Any) -> None:
    writer.submit(Batch(spans=[call("a", 0, None, "fp_1"), call("b", 60, None, said)])).result(10)
    assert model_changes(db, T0) == []


def test_a_fingerprint_that_a_later_record_takes_back(writer: Writer, db: sqlite3.Connection) -> None:
    begun = call("b", 30, None, "fp_0")
    writer.submit(
        Batch(spans=[call("a", 60, None, "fp_0"), replace(begun, state="started", end_ns=None)])
    ).result(10)
    named = replace(begun, content=Content(attributes={OPENAI: "fp_1"}))
    writer.submit(Batch(spans=[named])).result(10)
    first = {
        row.version: row.first_seen_ns - T0
        for row in live(db, 0, fingerprints=True)
        if row.kind == "fingerprint"
    }
    assert first == {"fp_0": 60 * SECOND, "fp_1": 30 * SECOND}


def test_a_call_that_turns_out_to_have_failed_says_nothing_of_who_answered(
    writer: Writer, db: sqlite3.Connection
) -> None:
    begun = replace(call("a", 0, None), state="started", end_ns=None)
    writer.submit(Batch(spans=[begun, call("b", 40, "gpt-4o")])).result(10)
    writer.submit(Batch(spans=[replace(call("a", 0, None), status="error")])).result(10)
    (row,) = live(db, 0)
    assert (row.version, row.first_seen_ns, row.spans) == ("gpt-4o", T0 + 40 * SECOND, 1)
