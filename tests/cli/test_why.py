"""llmwatch why: the bill of a span, of a trace and of everything, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.errors import StoreMissingError, UsageError
from tests.analysis.test_why import GPT_4O, PRICED, TREE, call, fill
from tests.dialects.raw import TRACE, raw_span


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "llmwatch.db"


def why(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["why", "--db", str(database), *arguments], catch_exceptions=True)


def said(database: Path, *arguments: str) -> list[list[str]]:
    result = why(database, *arguments)
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.stdout.splitlines()]


def as_json(database: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(why(database, "--json", *arguments).stdout)
    return found


def test_the_bill_of_a_span(database: Path) -> None:
    fill(database, TREE)
    for reference in ("first", f"{TRACE}:first"):
        lines = said(database, reference)
        assert ["input", "1,000", "2.5", "$0.0025"] in lines
        assert ["from", "cache", "200", "1.25", "$0.00025"] in lines
        assert ["output", "100", "10", "$0.001"] in lines
        assert ["total", "$0.00375"] in lines
        assert ["sent", "as", "openai", "gpt-4o"] in lines
        assert ["answered", "by", "gpt-4o-2024-08-06"] in lines
        assert ["price", "of", "openai", "gpt-4o"] in lines
        assert ["input", "1,200", "=", "1,000", "uncached", "+", "200", "from"] in [
            line[:8] for line in lines
        ]
        assert any(line[:2] == ["from", "genai-prices"] for line in lines)


def test_a_span_that_is_not_counted_says_which_is(database: Path) -> None:
    fill(database, TREE)
    lines = said(database, "twice")
    assert lines[0][:3] == ["○", "Not", "counted:"]
    assert ["first", "first", "1,200", "→", "100", "$0.00375"] in lines


def test_the_senders_figure_is_beside_ours(database: Path) -> None:
    fill(database, [call("only", None, gen_ai__usage__cost=0.004)])
    lines = said(database, "only")
    assert ["the", "sender", "says", "$0.004"] in lines
    assert ["difference", "▲", "+$0.00025,", "+7", "%", "of", "ours"] in lines
    told = as_json(database, "only")["sender"]
    assert told == {"nanousd": 4_000_000, "difference_nanousd": 250_000, "differs": True}


def test_the_bill_of_a_trace(database: Path) -> None:
    fill(database, TREE)
    lines = said(database, TRACE)
    assert ["sum", "$0.0075", "=", "the", "trace's", "cost"] in lines
    assert ["$0.004", "duplicate", "of", "first"] in [line[-4:] for line in lines]
    assert any(line[-5:] == ["rollup", "of", "first,", "second,", "odd"] for line in lines)
    assert ["▲", "odd", "unpriced:", "the", "price", "list", "has", "no"] in [line[:8] for line in lines]
    told = as_json(database, TRACE)
    assert told["cost_nanousd"] == told["sum_nanousd"] == 2 * PRICED


def test_the_bill_of_everything(database: Path) -> None:
    fill(database, [*TREE, raw_span({**GPT_4O, "gen_ai.usage.input_tokens": 1000}, trace_id="b" * 32)])
    lines = said(database)
    # 1,000 in and 100 out without a cache: $0.0025 + $0.001.
    assert ["gpt-4o", "3", "3,400", "300", "$0.011"] in lines
    assert ["sum", "$0.011"] in lines
    assert ["1", "duplicates", "of", "other", "spans,", "which", "repeat", "$0.004"] in lines
    assert any(line[:3] == ["▲", "1", "call"] and f"{TRACE}:odd)" in line for line in lines)
    told = as_json(database)
    assert told["cost_nanousd"] == 2 * PRICED + 3_500_000
    assert told["unpriced"][0][1] == "unpriced: the price list has no nobody-knows of openai"
    assert as_json(database, "--since", "3650d")["cost_nanousd"] == told["cost_nanousd"]
    assert as_json(database, "--since", "15m")["cost_nanousd"] == 0


def test_what_cannot_be_answered(database: Path) -> None:
    assert isinstance(why(database, "x").exception, StoreMissingError)
    fill(database, TREE)
    for arguments in (["nothing"], ["first", "--since", "1h"], ["--since", "soon"]):
        assert isinstance(why(database, *arguments).exception, UsageError)


def test_nothing_hostile_reaches_the_terminal(database: Path) -> None:
    evil = "\x1b[31mred\x07"
    names = {"gen_ai.request.model": evil, "gen_ai.response.model": evil, "gen_ai.provider.name": evil}
    fill(database, [raw_span({**GPT_4O, **names}, name=evil, span_id=evil, trace_id=evil)])
    for arguments in ([evil], [f"{evil}:{evil}"], []):
        output = why(database, *arguments).stdout
        assert "\x1b" not in output
        assert "\x07" not in output
        assert "␛[31mred␇" in output
