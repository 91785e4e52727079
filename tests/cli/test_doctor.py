"""llmwatch doctor: what is set up, who sends, what is missing, and the exit code."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.collector.records import RawSpan
from tests.analysis.test_hints import GENAI, GENAI_1X, NO_WORDS, VERCEL, sent, source
from tests.analysis.test_why import fill
from tests.cli.test_attach import LOCAL, collector_of, free_port, port_of
from tests.dialects.raw import SPAN, TRACE
from tests.serving import serving

VERCEL_JS = source("ai", language="nodejs")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "llmwatch.db"


def doctor(database: Path, port: int | None = None) -> Result:
    result = CliRunner().invoke(
        cli, ["doctor", "--db", str(database), "--host", LOCAL, "--port", str(port or free_port())]
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def said(result: Result) -> str:
    """Its lines with single spaces."""
    return "\n".join(" ".join(line.split()) for line in result.stdout.splitlines())


def calls(count: int, without: tuple[str, ...] = ()) -> list[RawSpan]:
    return [
        sent(GENAI, GENAI_1X, without, trace_id=f"{number:032x}", span_id=f"{number:016x}")
        for number in range(1, count + 1)
    ]


def test_before_anything_was_started(database: Path) -> None:
    port = free_port()
    result = doctor(database, port)
    assert result.exit_code == 0
    assert f"· no collector runs; it would listen on http://127.0.0.1:{port}" in said(result)
    assert f"· There is no database at {database}" in said(result)


def test_all_is_well(database: Path) -> None:
    fill(database, calls(3))
    with serving(collector_of(database)) as origin:
        result = doctor(database, port_of(origin))
    text = said(result)
    assert result.exit_code == 0, text
    assert f"✓ the collector listens on {origin}" in text
    assert "3 spans" in text
    assert "✓ genai (" in text
    assert "3 spans of shop, the last" in text
    assert "✓ nothing is missing of 3 spans of the last hour" in text


def test_what_is_missing_is_grouped(database: Path) -> None:
    fill(database, [*calls(2, NO_WORDS), sent(VERCEL, VERCEL_JS, ("ai.response.text",)),
                    sent(GENAI, GENAI_1X, ("session.id",), trace_id="ab" * 16)])  # fmt: skip
    result = doctor(database)
    assert result.exit_code == 1
    lines = said(result).splitlines()
    two = lines.index(f"▲ 2 spans (genai): prompt and answer not captured (e.g. {2:032x}:{2:016x})")
    assert lines[two + 1] == "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"
    assert f"▲ 1 span (vercel): the answer not captured (e.g. {TRACE}:{SPAN})" in lines
    assert any(line.startswith("· 1 span (genai): no session and no user") for line in lines)


def test_what_apps_do_well_without_is_no_failure(database: Path) -> None:
    fill(database, [sent(GENAI, GENAI_1X, ("session.id",))])
    result = doctor(database)
    assert result.exit_code == 0
    assert "· 1 span (genai): no session and no user" in said(result)


def test_a_port_that_another_program_holds(database: Path) -> None:
    with socket.create_server((LOCAL, 0)) as listener:
        port = listener.getsockname()[1]
        result = doctor(database, port)
    assert result.exit_code == 1
    assert f"▲ Port {port} is taken by another program" in said(result)


def test_a_configuration_that_cannot_be_read(database: Path) -> None:
    database.with_name("config.toml").write_text("[collector\n")
    result = doctor(database)
    assert result.exit_code == 1
    assert said(result).startswith("✗ ")
    assert "config.toml" in said(result)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_database_that_others_may_read(database: Path) -> None:
    fill(database, calls(1))
    database.chmod(0o644)
    result = doctor(database)
    assert result.exit_code == 1
    assert f"▲ others may read {database} (mode 644)" in said(result)
    assert f"chmod 600 {database}" in said(result)


def test_a_file_that_is_no_database(database: Path) -> None:
    database.write_text("hello")
    database.chmod(0o600)
    result = doctor(database)
    assert result.exit_code == 1
    assert "✗ " in said(result)


def test_without_grpcio_it_says_what_to_do(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'llmwatch[grpc]'" in said(doctor(database))


def test_nothing_hostile_reaches_the_terminal(database: Path) -> None:
    evil = "\x1b[31mred\x07"
    fill(database, [sent({**GENAI, "gen_ai.request.model": evil, "gen_ai.response.model": evil},
                         source(evil, service=evil), span_id=evil, trace_id=evil)])  # fmt: skip
    output = doctor(database).stdout
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "␛[31mred␇" in output
