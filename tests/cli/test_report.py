"""llmwatch report: a day and seven days from a few calls, every number worked out by hand."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.errors import StoreMissingError, UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.rows import AlertRow, Tier
from llmwatch.store.span import Call, Context, Cost, Score, Span, Usage
from llmwatch.store.writer import Writer
from llmwatch.store.writes.alerts import save
from tests.cli.test_document import tags

S = 10**9
NOW = "2026-03-02 15:00:00"
EVIL = "<script>alert(1)</script> ![x](https://evil.example/a.png) | \x1b[31m`red`\n\u202e"


def at(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * S


@pytest.fixture(autouse=True)
def _afternoon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is 2 March 2026, 15:00 UTC."""
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(time, "time_ns", lambda: at(NOW))


def call(
    name: str, moment: str, usd: float | None, seconds: float = 1, *, model: str = "gpt-4o",
    error: str | None = None, failed: tuple[str, ...] | None = (), **context: Any,
) -> Span:  # fmt: skip
    return Span(
        trace_id=f"t-{name}", span_id=name, name="chat", kind="llm", start_ns=at(moment),
        end_ns=at(moment) + round(seconds * S), status="error" if error else "ok", error_message=error,
        error_type="APITimeoutError" if error else None, heuristics=failed, context=Context(**context),
        call=Call(provider="openai", request_model=model, usage=Usage(input_tokens=100, output_tokens=10)),
        cost=Cost(nanousd=None if usd is None else round(usd * 1e9)),
    )  # fmt: skip


def score(number: int, name: str, about: str, value: float, moment: str, source: str = "judge") -> Score:
    return Score(
        score_id=f"s{number}", name=name, time_ns=at(moment), trace_id=f"t-{about}", span_id=about,
        value=value, source=source,
    )  # fmt: skip


def alert(rule: str, tier: Tier, fired: str, slice_: str = "") -> AlertRow:
    return AlertRow(
        id=0, rule=rule, slice=slice_, tier=tier, state="firing", reason=f"{rule} is bad", value=1.0,
        threshold=0.5, filter="status:error", traces=("t-b",), pending_ns=at(fired), seen_ns=at(fired),
        fired_ns=at(fired), resolved_ns=None, acknowledged_ns=None, snoozed_until_ns=None,
    )  # fmt: skip


SPANS = [
    call("a", "2026-03-02 09:00:00", 2.0, 4, feature="code", user_id="ann", prompt_name="ask",
         prompt_version="2"),
    call("b", "2026-03-02 10:00:00", 0.5, 9, feature="code", user_id="bob", error="timed out",
         failed=("empty",)),
    call("c", "2026-03-02 14:59:00", None, 1, model="own"),
    call("d", "2026-03-01 08:00:00", 1.0, 2, feature="sum", user_id="ann", prompt_name="ask",
         prompt_version="1"),
    call("e", "2026-03-01 18:00:00", 4.0, 2, feature="sum"),  # later than it is today
    call("f", "2026-02-24 12:00:00", 8.0, 2),
    call("g", "2026-02-20 12:00:00", 16.0, 2),  # in the week before
]  # fmt: skip
SCORES = [
    score(1, "quality_score", "a", 0.5, "2026-03-02 09:01:00"),
    score(2, "quality_score", "b", 0.7, "2026-03-02 10:01:00"),
    score(3, "quality_score", "d", 0.9, "2026-03-01 08:01:00"),
    score(4, "user_feedback", "a", 0.0, "2026-03-02 09:02:00", "user"),
]
ALERTS = [
    alert("error_rate", 1, "2026-03-02 10:05:00"),
    alert("token_outlier", 3, "2026-03-02 11:00:00", "feature:code"),
    alert("cost_spike", 2, "2026-03-01 19:00:00"),
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return written(tmp_path / "llmwatch.db", SPANS, SCORES, ALERTS)


def written(path: Path, spans: list[Span], scores: list[Score], alerts: list[AlertRow]) -> Path:
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=100, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=spans, scores=scores)).result(10)
    writer.run(lambda db: save(db, alerts)).result(10)
    writer.close()
    return path


def report(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["report", *arguments, "--db", str(database)])


def as_json(database: Path, *arguments: str) -> Any:
    result = report(database, *arguments, "--format", "json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def figures(found: Any) -> dict[str, tuple[Any, Any]]:
    return {row["metric"]: (row["now"]["value"], row["before"]["value"]) for row in found["figures"]}


def test_the_running_day_against_as_much_of_yesterday(database: Path) -> None:
    found = as_json(database, "daily")
    assert found["period"]["zone"] == "UTC"
    assert found["volume"] == {
        "calls": 3, "errors": 1, "input_tokens": 300, "output_tokens": 30, "cost_nanousd": 2_500_000_000,
        "unpriced": 1,
    }  # fmt: skip
    assert found["before"]["calls"] == 1, "yesterday until 15:00"
    assert found["before"]["cost_nanousd"] == 10**9
    told = figures(found)
    assert told["error_rate"] == (1 / 3, 0.0)
    assert told["timeout_rate"] == (1 / 3, 0.0)
    assert told["latency_p50"][0] == pytest.approx(4 * S, rel=0.01)
    assert told["latency_p95"][0] == pytest.approx(9 * S, rel=0.01)
    assert told["latency_p95"][1] == pytest.approx(2 * S, rel=0.01)
    assert told["cost_per_request"] == (1_250_000_000, 10**9)
    assert told["quality_score"][0] == pytest.approx(0.6)
    assert told["quality_score"][1] == 0.9
    assert told["negative_feedback"] == (1.0, None)
    assert told["heuristic_pass_rate"] == (2 / 3, 1.0)
    assert told["active_users"] == (2, 1)


def test_what_was_wrong_and_what_it_cost(database: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[budget]\ndaily_usd = 5\nmonthly_usd = 7\n", encoding="utf-8")
    found = as_json(database, "daily")
    assert [row["rule"] for row in found["alerts"]] == ["error_rate"]
    assert [row["rule"] for row in found["digest"]] == ["token_outlier"]
    assert found["error_classes"] == {"timeout": 1}
    assert [(row["error_message"], row["spans"]) for row in found["errors"]] == [("timed out", 1)]
    assert found["failed_checks"] == {"empty": 1}
    budgets = {row["name"]: row for row in found["budgets"]}
    assert (budgets["daily"]["spent"], budgets["daily"]["share"]) == (2_500_000_000, 0.5)
    assert budgets["daily"]["forecast"] == 4_000_000_000, "15 of 24 hours have passed"
    assert budgets["monthly"]["spent"] == 7_500_000_000
    assert found["verdict"]["level"] == "CRIT"
    assert [row["rule"] for row in found["verdict"]["reasons"]] == ["monthly_budget"]
    assert [(row["value"], row["spent"]["cost_nanousd"]) for row in found["by_model"]] == [
        ("gpt-4o", 2_500_000_000), ("own", 0),
    ]  # fmt: skip
    assert [row["value"] for row in found["by_user"]] == ["ann", "bob"]
    assert [row["span_id"] for row in found["dear"]] == ["a"]
    assert {(row["kind"], row["version"]) for row in found["versions"]} == {("prompt", "2"), ("model", "own")}
    assert [row["trace_id"] for row in found["worst"]["failed"]] == ["t-b"]
    assert [row["trace_id"] for row in found["worst"]["slowest"]] == ["t-b", "t-a", "t-c"]
    assert [row["trace_id"] for row in found["worst"]["dearest"]] == ["t-a", "t-b"]


def test_a_day_that_is_over(database: Path) -> None:
    found = as_json(database, "daily", "--date", "yesterday")
    assert (found["volume"]["calls"], found["volume"]["cost_nanousd"]) == (2, 5 * 10**9)
    assert found["before"]["calls"] == 0
    assert [row["rule"] for row in found["alerts"]] == ["cost_spike"]
    budgets = {row["name"]: (row["spent"], row["forecast"]) for row in found["budgets"]}
    assert budgets["daily"][0] == 5 * 10**9
    assert budgets["monthly"] == (5 * 10**9, None), "what came after is left out; a day says nothing of March"
    assert figures(found)["error_rate"] == (0.0, None)


def test_seven_days(database: Path) -> None:
    found = as_json(database, "weekly", "--date", "2026-03-01")
    assert (found["period"]["first"], found["period"]["last"]) == ("2026-02-23", "2026-03-01")
    assert (found["volume"]["calls"], found["volume"]["cost_nanousd"]) == (3, 13 * 10**9)
    assert (found["before"]["calls"], found["before"]["cost_nanousd"]) == (1, 16 * 10**9)
    so_far = as_json(database, "weekly")
    assert (so_far["period"]["first"], so_far["volume"]["cost_nanousd"]) == ("2026-02-24", 15_500_000_000)


def test_days_of_the_configured_zone(database: Path, tmp_path: Path) -> None:
    """14:59 UTC is 23:59 in Tokyo: today is nearly over there; 15:00 UTC begins the next day."""
    (tmp_path / "config.toml").write_text('[budget]\ntimezone = "Asia/Tokyo"\n', encoding="utf-8")
    found = as_json(database, "daily", "--date", "2026-03-02")
    assert found["volume"]["calls"] == 4, "a, b, c, and e at 3:00"
    assert found["volume"]["cost_nanousd"] == 6_500_000_000


def test_markdown(database: Path) -> None:
    text = report(database, "daily").stdout
    assert text.startswith("# Daily report, 2 March 2026, so far\n")
    assert "3 LLM calls, 1 failed (33 %), $2.50, 1 alert." in text
    assert "| error rate | 33 % | 0 % |  | 3 |" in text
    assert "| cost | $2.50 | $1.00 | +150 % |" in text
    assert "| CRIT | error\\_rate |  | error\\_rate is bad | 02 Mar 10:05 |  |" in text
    assert "## Digest\n\n- token\\_outlier is bad (token\\_outlier, feature:code)" in text
    assert "t-b:b" in text


def test_html_is_one_file_that_asks_for_nothing(database: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    assert report(database, "daily", "--format", "html", "--output", str(output)).stdout == ""
    page = tags(output.read_text(encoding="utf-8"))
    assert {tag for tag, _ in page.found} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "table", "thead",
        "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert {name for _, names in page.found for name in names} <= {
        "lang", "charset", "http-equiv", "content", "name", "class",
    }  # fmt: skip
    assert "Daily report, 2 March 2026, so far" in page.texts


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_hostile_content_does_nothing(tmp_path: Path, form: str) -> None:
    spans = [
        call(EVIL, "2026-03-02 10:00:00", 3.0, 9, model=EVIL, error=EVIL, feature=EVIL, user_id=EVIL,
             prompt_name=EVIL, prompt_version=EVIL, failed=(EVIL,)),
    ]  # fmt: skip
    scores = [score(1, EVIL, EVIL, 0.5, "2026-03-02 10:00:00")]
    path = written(tmp_path / "evil.db", spans, scores, [alert(EVIL, 1, "2026-03-02 10:00:00", EVIL)])
    text = report(path, "daily", "--format", form).stdout
    assert not {"\x1b", "\u202e"} & set(text)
    assert "red" in text
    if form == "md":
        assert "<script" not in text
        assert "://" not in text
        assert "![" not in text
    elif form == "html":
        assert "script" not in {tag for tag, _ in tags(text).found}
        assert "<img" not in text
    else:
        assert text.isascii()


def test_an_empty_database(tmp_path: Path) -> None:
    path = written(tmp_path / "empty.db", [], [], [])
    found = as_json(path, "weekly")
    assert found["verdict"]["level"] == "IDLE"
    assert found["volume"]["calls"] == 0
    assert report(path, "daily").stdout.startswith("# Daily report")
    assert "<table" not in report(path, "daily", "--format", "html").stdout


@pytest.mark.parametrize(
    "arguments",
    [["daily", "--date", "2026-03-03"], ["daily", "--date", "soon"], ["daily", "--output", "/no/where"]],
)
def test_what_cannot_be_written(database: Path, arguments: list[str]) -> None:
    assert isinstance(report(database, *arguments).exception, UsageError)


def test_a_missing_database_is_explained(tmp_path: Path) -> None:
    assert isinstance(report(tmp_path / "none.db", "daily").exception, StoreMissingError)
