"""llmwatch alerts: what is printed, what is written, and what is refused."""

from __future__ import annotations

import json
import time
import tomllib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.config import Config, parse
from llmwatch.config.alerts import DEFAULT_RULES
from llmwatch.errors import UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.alerts import last_tests, open_alerts
from llmwatch.store.writer import Writer
from llmwatch.store.writes.alerts import save
from tests.collecting import collector_process
from tests.collector.test_alert_channels import ALERT
from tests.collector.test_alert_watch import MINUTE, calls


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with one alert that fires, and forty errors in the last hour."""
    path = tmp_path / "llmwatch.db"
    monkeypatch.setenv("LLMWATCH_DB", str(path))
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=100, synchronous="NORMAL")
    writer.start()
    now_ns = time.time_ns()
    alert = replace(ALERT, id=0, reason="error rate \x1b[31m8 %", fired_ns=now_ns - 5 * MINUTE)
    writer.run(lambda db: save(db, [alert])).result(10)
    for minute in range(30, 20, -1):
        writer.submit(Batch(spans=list(calls(now_ns - minute * MINUTE, 4, "error")))).result(10)
    writer.close()
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["alerts", *arguments])


def test_list(database: Path) -> None:
    printed = run("list")
    assert printed.exit_code == 0
    (line,) = printed.output.splitlines()
    assert line.split()[:4] == ["1", "firing", "T1", "5"]
    assert line.endswith("error_rate           error rate ␛[31m8 % (feature:chat)")
    (row,) = json.loads(run("list", "--json").output)
    assert (row["rule"], row["tier"], row["traces"]) == ("error_rate", 1, ["t1", "t2"])


def test_rules_and_their_defaults(database: Path) -> None:
    printed = run("rules").output
    assert all(name in printed for name in DEFAULT_RULES)
    assert "error_rate          T1  0.05  in 5m for 5m  n ≥ 10" in printed
    assert "n ≥ 0  off" in printed  # high_cost
    assert json.loads(run("rules", "--json").output)["error_rate"]["threshold"] == 0.05


def test_the_printed_configuration_is_that_which_counts_without_it(database: Path) -> None:
    printed = run("config").output
    assert parse(tomllib.loads(printed)) == Config()
    with_slack = printed.replace("# [alerts.slack", "[alerts.slack").replace(
        '# webhook_env = "SLACK', 'webhook_env = "SLACK'
    )
    assert parse(tomllib.loads(with_slack)).alerts.slack["team"].webhook_env == "SLACK_WEBHOOK"
    assert "# The share of LLM calls that fail is over the threshold." in printed


def test_acknowledge_and_snooze(database: Path) -> None:
    assert run("ack", "1").output == "✓ alert 1 is acknowledged\n"
    assert run("snooze", "1", "30m").output == "✓ alert 1 is snoozed for 30m 00s\n"
    with closing(connect_reader(database)) as db:
        (alert,) = open_alerts(db)
    assert alert.acknowledged_ns is not None
    assert alert.snoozed(time.time_ns() + 29 * MINUTE) and not alert.snoozed(time.time_ns() + 31 * MINUTE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ack", "7"), "No alert 7 holds"),
        (("snooze", "1", "soon"), "soon is no length of time"),
        (("test", "error_rate"), "No collector runs"),
        (("backtest", "eror_rate"), "There is no rule eror_rate"),
        (("backtest", "high_cost"), "high_cost is switched off"),
        (("backtest", "all", "--since", "ever"), "--since ever is no length of time"),
    ],
)
def test_what_cannot_be_done_is_said(database: Path, arguments: tuple[str, ...], message: str) -> None:
    error = run(*arguments).exception
    assert isinstance(error, UsageError) and message in str(error)


def test_backtest(database: Path) -> None:
    printed = run("backtest", "error_rate", "--since", "2h")
    first, last = printed.output.splitlines()
    assert "T1  error_rate" in first and "error rate 100 %, over 5.0 %" in first
    assert last == "1 alert of 1 rule in 2h"
    (fired,) = json.loads(run("backtest", "error_rate", "--since", "2h", "--json").output)
    assert fired["alert"]["rule"] == "error_rate"
    assert fired["until_ns"] > fired["alert"]["fired_ns"]
    assert run("backtest", "truncation").output == "0 alerts of 1 rule in 7d\n"


def test_a_test_goes_through_the_collector_that_runs(database: Path) -> None:
    with collector_process(database):
        printed = run("test", "error_rate")
    assert (printed.exit_code, printed.output) == (0, "✓ log\n")
    with closing(connect_reader(database)) as db:
        (told,) = last_tests(db, 0)
    assert told.delivered_ns is not None
