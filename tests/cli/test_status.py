"""llmwatch status: its line, its JSON, its exit codes, and what it imports."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli, main
from llmwatch.errors import StoreMissingError, UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.span import Call, Cost, Span, Status, Usage
from llmwatch.store.writer import Writer

HOUR = 3600 * 10**9


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "llmwatch.db"


@pytest.fixture
def writer(database: Path) -> Iterator[Writer]:
    writer = Writer(database, enrich=lambda span, _: span, queue_spans=1000, synchronous="NORMAL")
    writer.start()
    yield writer
    writer.close()


def calls(
    count: int, status: Status = "ok", ago_ns: int = 60 * 10**9, nanousd: int | None = 1_500_000
) -> list[Span]:
    start_ns = time.time_ns() - ago_ns
    return [
        Span(
            trace_id=f"{status}{ago_ns}{nanousd}{number}", span_id="1", kind="llm", status=status,
            start_ns=start_ns, end_ns=start_ns + 10**9,
            call=Call(response_model="m", usage=Usage(input_tokens=1000, output_tokens=100)),
            cost=Cost(nanousd=nanousd),
        )
        for number in range(count)
    ]  # fmt: skip


def write(writer: Writer, *groups: list[Span]) -> None:
    writer.submit(Batch(spans=[span for group in groups for span in group])).result(timeout=10)


def status(database: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["status", "--db", str(database), *options])


def as_json(database: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(status(database, "--json", *options).stdout)
    return found


def test_all_well(writer: Writer, database: Path) -> None:
    write(writer, calls(12))
    result = status(database)
    assert result.stdout == "OK  12 LLM calls · 12,000 tokens in, 1,200 out · $0.0180 · last 15m\n"
    assert result.exit_code == 0


def test_failures_are_crit(writer: Writer, database: Path) -> None:
    write(writer, calls(9), calls(3, "error"))
    result = status(database)
    assert result.stdout.startswith(
        "CRIT  error rate 25 %, over 5 % [error_rate] · 12 LLM calls, 3 failed (25 %) · "
    )
    assert result.exit_code == 2


def test_a_budget_nearly_spent_is_warn(writer: Writer, database: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[budget]\nmonthly_usd = 1\n", encoding="utf-8")
    write(writer, calls(1, nanousd=900_000_000))
    result = status(database)
    assert result.stdout.startswith("WARN  this month $0.9000, 90 % of the monthly budget $1.00")
    assert "[monthly_budget] · 1 LLM call" in result.stdout
    assert result.exit_code == 1


def test_budgets_are_in_the_line(writer: Writer, database: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[budget]\ndaily_usd = 4\nmonthly_usd = 100\n[budgets.calls]\nlimit_calls = 2\nperiod = "day"\n',
        encoding="utf-8",
    )
    write(writer, calls(1, nanousd=1_000_000_000))
    assert "· $1.00 · calls budget 50 %, daily budget 25 %, monthly budget 1.0 % · last" in (
        status(database).stdout
    )


def test_nothing_lately_is_idle(writer: Writer, database: Path) -> None:
    write(writer, calls(12, "error", ago_ns=2 * HOUR))
    result = status(database)
    assert result.stdout == "IDLE  0 LLM calls · 0 tokens in, 0 out · $0 · last 15m\n"
    assert result.exit_code == 0


def test_since_widens_the_view(writer: Writer, database: Path) -> None:
    write(writer, calls(12), calls(3, "error", ago_ns=2 * HOUR), calls(5, ago_ns=500 * HOUR))
    assert as_json(database)["llm_calls"] == 12
    assert as_json(database, "--since", "3h")["llm_calls"] == 15
    everything = as_json(database, "--since", "all")
    assert (everything["llm_calls"], everything["errors"]) == (20, 3)
    assert everything["reasons"][0]["text"] == "error rate 15 %, over 5 %"
    assert everything["reasons"][0]["filter"] == "status:error kind:llm"
    assert as_json(database, "--since", "3h")["reasons"][0]["filter"] == "status:error kind:llm since:180m"
    assert status(database, "--since", "all").stdout.rstrip().endswith("since the first span")


def test_json_has_every_figure(writer: Writer, database: Path) -> None:
    tool = Span(trace_id="ok", span_id="2", kind="tool", start_ns=time.time_ns() - 10**9)
    write(writer, calls(10), calls(2, nanousd=None), [tool])
    found = as_json(database)
    assert found == {
        "since": "15m",
        "spans": 13,
        "llm_calls": 12,
        "errors": 0,
        "error_rate": 0.0,
        "input_tokens": 12_000,
        "output_tokens": 1_200,
        "cost_usd": 0.015,
        "unpriced_calls": 2,
        "level": "OK",
        "reasons": [],
        "budgets": found["budgets"],
        "judge": found["judge"],
        "metrics": found["metrics"],
    }
    assert found["metrics"]["requests"] == {"value": 12, "unit": "count", "samples": 12}
    assert found["metrics"]["cost_per_request"]["value"] == 1_500_000
    assert [(each["name"], each["limit"], each["spent"]) for each in found["budgets"]] == [
        ("daily", None, 0.015), ("monthly", None, 0.015)
    ]  # fmt: skip
    assert "(2 unpriced)" in status(database).stdout


def test_a_missing_database_is_explained(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(status(database).exception, StoreMissingError)
    monkeypatch.setattr(sys, "argv", ["llmwatch", "status", "--db", str(database)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"llmwatch: There is no database at {database}" in said.err
    assert "llmwatch collect" in said.err


@pytest.mark.parametrize("text", ["yesterday", "15", "", "-1h"])
def test_a_length_of_time_that_is_none(writer: Writer, database: Path, text: str) -> None:
    error = status(database, "--since", text).exception
    assert isinstance(error, UsageError)
    assert "or all" in error.hint


def test_the_database_may_be_named_before_the_command(writer: Writer, database: Path) -> None:
    write(writer, calls(1))
    result = CliRunner().invoke(cli, ["--db", str(database), "status"])
    assert result.exit_code == 0
    assert result.stdout.startswith("OK  1 LLM call · ")


def test_it_loads_neither_screen_nor_server(writer: Writer, database: Path) -> None:
    write(writer, calls(1))
    script = (
        "import sys\n"
        "from llmwatch.cli import main\n"
        f"sys.argv = ['llmwatch', 'status', '--db', {str(database)!r}]\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "heavy = {'textual', 'httpx', 'starlette', 'uvicorn', 'sqlite_utils', 'genai_prices', 'plotext'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stdout.splitlines()[-1] == "[]"
