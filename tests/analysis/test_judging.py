"""Whether the judge judges, and why not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmwatch.analysis import figures
from llmwatch.analysis.judging import judge_state
from llmwatch.config import Config, parse
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.judging import Chosen, Judgement
from llmwatch.store.writer import Writer
from llmwatch.store.writes.judging import choose

NOON = 1_767_268_800 * 10**9
"""2026-01-01T12:00:00Z."""
HOUR = 3_600 * 10**9
KEY = {"openai": {"api": "openai-chat", "base_url": "https://api.example.com/v1", "api_key_env": "JUDGE_KEY"}}
NO_KEY = {"openai": {**KEY["openai"], "api_key_env": "NO_KEY"}}
FREE = {"here": {"api": "openai-chat", "base_url": "http://localhost:1/v1", "free": True}}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Of three answers one was judged yesterday for $2, one today for $0.5, and one waits."""
    path = tmp_path / "llmwatch.db"
    writer = Writer(path, enrich=lambda span, *_: span, queue_spans=10, synchronous="NORMAL")
    writer.start()
    writer.run(lambda db: choose(db, [Chosen(n, "sample") for n in (1, 2, 3)], 3, NOON)).result(10)
    done = [
        Judgement(span=1, state="done", time_ns=NOON - 13 * HOUR, cost_nanousd=2 * 10**9),
        Judgement(span=2, state="done", time_ns=NOON - HOUR, cost_nanousd=10**9 // 2, input_tokens=7),
    ]
    writer.submit(Batch(judgements=done)).result(10)
    writer.close()
    db = connect_reader(path)
    yield db
    db.close()


def config(providers: dict[str, Any] | None = None, **judge: Any) -> Config:
    return parse({"providers": providers or KEY, "judge": judge})


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (config(), "the judge is off: [judge] names no endpoint"),
        (config(endpoint="openai"), None),
        (config(endpoint="openai", daily_usd=0.5), "the judge waits for tomorrow"),
        (config(endpoint="openai", daily_usd=0.6), None),
        (config(endpoint="openai", model="nobody-knows"), "what nobody-knows costs at openai"),
        (config(FREE, endpoint="here", model="nobody-knows", daily_usd=0), None),
        (config(NO_KEY, endpoint="openai"), "the judge is off: NO_KEY is not set"),
    ],
)  # fmt: skip
def test_why_nothing_is_judged(
    db: sqlite3.Connection, config: Config, why: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "k")
    found = judge_state(db, config, NOON).hindrance
    assert found is None if why is None else why in (found or "")


def test_its_figures(db: sqlite3.Connection) -> None:
    assert figures.judge(judge_state(db, config(), NOON)) == {
        "judge": {
            "off": "the judge is off: [judge] names no endpoint",
            "judged_today": 1,
            "waiting": 1,
            "cost_today_usd": 0.5,
            "unpriced_today": 0,
            "daily_budget_usd": 1.0,
        }
    }


@pytest.mark.parametrize(
    ("zone", "began", "judged"),
    [
        ("UTC", "00:00 UTC", 1),
        ("Asia/Tokyo", "15:00 UTC of the day before", 2),
        ("Pacific/Honolulu", "10:00 UTC", 1),
        ("Pacific/Auckland", "11:00 UTC, when the second was judged", 1),
    ],
)
def test_the_day_is_that_of_the_zone(db: sqlite3.Connection, zone: str, began: str, judged: int) -> None:
    zoned = parse({"budget": {"timezone": zone}})
    assert judge_state(db, zoned, NOON).today.judged == judged, began


def test_yesterday_and_tomorrow(db: sqlite3.Connection) -> None:
    assert judge_state(db, config(), NOON - 13 * HOUR).today.cost_nanousd == 2 * 10**9
    assert judge_state(db, config(), NOON + 13 * HOUR).today.judged == 0
