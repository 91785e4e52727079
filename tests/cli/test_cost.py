"""llmwatch cost: its reports, their defaults, JSON, and what it cannot be asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.errors import StoreMissingError, UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.span import Call, Context, Cost, Span, Usage
from llmwatch.store.writer import Writer

SECOND = 10**9
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOON = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()) * SECOND


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """It is 2 March 2026, 12:00 UTC."""
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(time, "time_ns", lambda: NOON)
    yield


def call(
    name: str, ago_ns: int, model: str, tokens: tuple[int, int], usd: float | None, ms: int = 1000,
    error: str | None = None, **context: Any,
) -> Span:  # fmt: skip
    start_ns = NOON - ago_ns
    return Span(
        trace_id=f"t-{name}", span_id=name, name="chat", kind="llm", start_ns=start_ns,
        end_ns=start_ns + ms * 10**6, status="error" if error else "ok", error_message=error,
        error_type="RateLimitError" if error else None, context=Context(**context),
        call=Call(provider="openai", request_model=model,
                  usage=Usage(input_tokens=tokens[0], output_tokens=tokens[1])),
        cost=Cost(nanousd=None if usd is None else round(usd * 1e9)),
    )  # fmt: skip


SPANS = [
    call("a", HOUR, "gpt-4o", (9000, 1500), 2.00, feature="code", user_id="ann", session_id="s1",
         prompt_name="ask", prompt_version="1"),
    call("b", 2 * HOUR, "gpt-4o", (1000, 100), 0.25, 6000, feature="code", user_id="bob", session_id="s2",
         prompt_name="ask", prompt_version="2"),
    call("c", DAY + HOUR, "gpt-4o-mini", (1000, 100), 0.05, feature="sum", user_id="ann", session_id="s1",
         prompt_name="ask", prompt_version="2"),
    call("d", 10 * DAY, "gpt-4o-mini", (12_000, 0), 0.10, feature="sum", user_id="carl"),
    call("e", HOUR, "mystery", (10, 10), None, error="429 slow down", feature="sum"),
    call("f", 40 * DAY, "gpt-4o", (1, 1), 9.00, feature="old"),
]  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "llmwatch.db"
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=100, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=SPANS)).result(10)
    writer.close()
    return path


def cost(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["cost", "--db", str(database), *arguments])


def said(database: Path, *arguments: str) -> list[list[str]]:
    result = cost(database, *arguments)
    assert result.exit_code == 0, result.exception
    return [line.split() for line in result.stdout.splitlines()]


def rows(database: Path, *arguments: str) -> list[Any]:
    found: list[Any] = json.loads(cost(database, *arguments, "--json").stdout)["rows"]
    return found


def test_budgets_and_models_without_a_report(database: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[budget]\ndaily_usd = 10\nmonthly_usd = 0\n", encoding="utf-8")
    lines = said(database)
    assert ["today", "$2.25,", "22", "%", "of", "the", "daily", "budget", "$10.00"] in lines
    assert ["By", "model,", "last", "30d"] in lines
    assert ["gpt-4o", "$2.25", "2", "$1.12", "10,000", "1,600"] in lines
    assert ["gpt-4o-mini", "$0.1500", "2", "$0.0750", "13,000", "100"] in lines
    assert ["mystery", "$0", "1", "–", "10", "10", "1"] in lines
    found = json.loads(cost(database, "--json").stdout)
    # The month began yesterday at midnight: a, b and c.
    assert (found["daily_cost_usd"], found["monthly_cost_usd"]) == (2.25, 2.30)
    shares = {budget["name"]: budget["share"] for budget in found["budgets"]}
    assert shares == {"daily": 0.225, "monthly": 1.0}, "a budget of nothing is used up"
    assert [row["value"] for row in found["rows"]] == ["gpt-4o", "gpt-4o-mini", "mystery"]


def test_without_budgets_it_says_what_was_spent(database: Path) -> None:
    lines = said(database)
    assert ["today", "$2.25,", "no", "budget"] in lines
    assert ["this", "month", "$2.30,", "no", "budget"] in lines


def test_each_day_by_model(database: Path) -> None:
    found = rows(database, "daily")
    assert [(row["start_s"], row["model"], row["spent"]["cost_nanousd"]) for row in found] == [
        (1772409600, "gpt-4o", 2_250_000_000),
        (1772409600, "mystery", 0),
        (1772323200, "gpt-4o-mini", 50_000_000),
        (1771545600, "gpt-4o-mini", 100_000_000),
    ]
    assert ["2026-03-01", "gpt-4o-mini", "$0.0500", "1", "$0.0500", "1,000", "100"] in said(database, "daily")


def test_days_are_local(database: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[budget]\ntimezone = "Asia/Tokyo"\n', encoding="utf-8")
    assert rows(database, "daily")[0]["start_s"] == 1772409600 - 9 * 3600
    days = {row["start_s"] for row in rows(database, "daily", "--since", "all")}
    assert min(days) == int(datetime(2026, 1, 20, 15, tzinfo=UTC).timestamp()), "21 January in Tokyo"


def test_who_and_what_costs_most(database: Path) -> None:
    def spent(*arguments: str) -> list[tuple[Any, int]]:
        return [(row["value"], row["spent"]["cost_nanousd"]) for row in rows(database, *arguments)]

    assert spent("users") == [("ann", 2_050_000_000), ("bob", 250_000_000)]
    assert spent("users", "--since", "30d")[2] == ("carl", 100_000_000)
    assert spent("sessions") == [("s1", 2_050_000_000), ("s2", 250_000_000)]
    assert spent("features") == [("code", 2_250_000_000), ("sum", 50_000_000)]
    assert spent("--by", "user", "--since", "7d") == spent("users")
    assert spent("--by", "provider")[0] == ("openai", 2_400_000_000)
    assert spent("--by", "feature", "--since", "all")[0] == ("old", 9_000_000_000)


def test_versions_of_prompts(database: Path) -> None:
    found = {(row["name"], row["version"]): row["spent"] for row in rows(database, "prompts")}
    assert found["ask", "1"]["cost_nanousd"] == 2_000_000_000
    assert found["ask", "2"]["calls"] == 2
    assert [row["version"] for row in rows(database, "expensive")] == ["1", "2"], "$2.00 and $0.15 a call"


def test_what_is_out_of_line(database: Path) -> None:
    assert [row["span_id"] for row in rows(database, "outliers")] == ["a", "d"], (
        "over $1.00, over 10,000 tokens"
    )
    (line,) = [line for line in said(database, "outliers") if line[-1] == "t-d:d"]
    assert line[:4] == ["$0.1000", "12,000", "0", "gpt-4o-mini"]
    (slow,) = rows(database, "slow")
    assert (slow["operation"], slow["calls"], slow["mean_ns"]) == ("code", 1, 6 * SECOND)
    (error,) = rows(database, "errors")
    assert (error["error_message"], error["spans"], error["span_id"]) == ("429 slow down", 1, "e")


def test_what_a_new_version_changed(database: Path) -> None:
    """Version 2 came first (yesterday): 1,000 tokens and $0.15 a call; version 1: 9,000 and $2.00."""
    (row,) = rows(database, "versions")
    assert (row["name"], row["before"], row["after"]) == ("ask", "2", "1")
    assert row["input_tokens"] == [1000.0, 9000.0]
    assert row["mean_nanousd"] == [150_000_000, 2_000_000_000]
    assert row["saved_so_far_nanousd"] == -1_850_000_000
    line = "ask 2 → 1 1,000 → 9,000 $0.1500 → $2.00 +$1.85 +$1.85 – → –"
    assert line.split() in said(database, "versions")


def test_single_calls_and_a_pattern(database: Path) -> None:
    note = json.loads(cost(database, "outliers", "--json").stdout)["note"]
    assert note == "2 of 5 calls cost more than $0.1000: single ones"
    assert said(database, "outliers")[1] == note.split()


def test_what_a_call_of_a_feature_costs_beside_the_cheapest(database: Path) -> None:
    found = [(row["feature"], row["mean_nanousd"], row["times"]) for row in rows(database, "ratios")]
    # $2.25 over two calls; $0.15 over two that have a price: 1.125 / 0.075.
    assert found == [("code", 1_125_000_000, 15.0), ("sum", 75_000_000, 1.0)]


def test_other_prices(database: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[prices."cheap"]\ninput = 1\noutput = 2\n', encoding="utf-8")
    found = {row["value"]: row for row in rows(database, "what-if", "cheap")}
    # 10,000 in at $1 and 1,600 out at $2 a million.
    assert found["gpt-4o"]["other_nanousd"] == 13_200_000
    assert found["mystery"]["incomplete"]
    assert ["gpt-4o", "$2.25", "$0.0132", "−$2.24"] in said(database, "what-if", "cheap")


def test_nothing_yet(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    writer = Writer(empty, enrich=lambda span, _: span, queue_spans=1, synchronous="NORMAL")
    writer.start()
    writer.close()
    for report in ("daily", "users", "prompts", "outliers", "slow", "errors", "ratios"):
        assert said(empty, report)[-1] == ["nothing"]
        assert rows(empty, report, "--since", "all") == []


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["--by", "colour"], ["users", "--by", "model"], ["--since", "soon"], ["what-if"],
     ["what-if", "no-such-model-anywhere"]],
)  # fmt: skip
def test_what_it_cannot_be_asked(database: Path, arguments: list[str]) -> None:
    assert isinstance(cost(database, *arguments).exception, UsageError)


def test_nothing_hostile_reaches_the_terminal(tmp_path: Path) -> None:
    path, evil = tmp_path / "evil.db", "\x1b[31mred\x07\n\u202e"
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=9, synchronous="NORMAL")
    writer.start()
    named = {
        "feature": evil,
        "user_id": evil,
        "session_id": evil,
        "prompt_name": evil,
        "prompt_version": evil,
    }
    span = call("x", HOUR, evil, (20_000, 1), 3.0, 9000, error=evil, **named)
    writer.submit(Batch(spans=[span])).result(10)
    writer.close()
    reports = "daily users sessions features prompts expensive outliers slow errors ratios"
    for report in reports.split():
        output = cost(path, report).stdout
        assert not {"\x1b", "\x07", "\u202e"} & set(output), report
        assert "red" in output, report
        as_json = cost(path, report, "--json").stdout
        assert as_json.isascii()
        assert json.loads(as_json)["rows"]


def test_a_missing_database_is_explained(tmp_path: Path) -> None:
    assert isinstance(cost(tmp_path / "none.db").exception, StoreMissingError)
