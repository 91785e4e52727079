"""llmwatch replay: what it shows, asks, sends, prints, stores, and how it exits."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli, main
from llmwatch.errors import NotReplayableError, StoreMissingError, UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Call, Content, Span, Usage
from llmwatch.store.writer import Writer
from tests.collecting import collecting
from tests.providers.conversations import says
from tests.providers.stub import Stub, serving, sse

CANARY = "sk-canary-90ab12"
SECOND = 10**9
TRACE, SPAN, BARE = "0" * 31 + "1", "abcdef0123456789", "1234567890abcdef"
STREAM = sse(
    {"choices": [{"delta": {"content": "The capital of France "}}]},
    {"choices": [{"delta": {"content": "is \x1b[31mLyon."}}]},
    {
        "choices": [{"delta": {}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 21, "completion_tokens": 8},
    },
)


@pytest.fixture
def provider() -> Iterator[Stub]:
    with serving(Stub(chunks=STREAM)) as stub:
        yield stub


@pytest.fixture
def database(tmp_path: Path, provider: Stub, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One answered call and one without its prompt, and ``provider`` under two names."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'[providers.openai]\napi = "openai-chat"\nbase_url = "{provider.base_url}/v1"\n'
        'api_key_env = "STUB_KEY"\n'
        f'[providers.local]\napi = "ollama"\nbase_url = "{provider.base_url}"\nfree = true\n'
        "[collector]\nport = 9\n"
    )
    monkeypatch.setenv("LLMWATCH_CONFIG", str(config))
    monkeypatch.setenv("STUB_KEY", CANARY)
    path = tmp_path / "llmwatch.db"
    told = (
        says("user", "What is the capital of France?"),
        says("assistant", "The capital of France is Paris."),
    )
    call = Call(
        provider="openai", request_model="gpt-4o", parameters={"temperature": 0.7},
        usage=Usage(input_tokens=21, output_tokens=8),
    )  # fmt: skip
    asked = Span(
        trace_id=TRACE, span_id=SPAN, kind="llm", name="chat", start_ns=SECOND, end_ns=3 * SECOND,
        status="ok", call=call, content=Content(input_messages=told[:1], output_messages=told[1:]),
    )  # fmt: skip
    bare = Span(trace_id="2", span_id=BARE, kind="llm", start_ns=SECOND, call=call)
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=10, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=[asked, bare])).result(timeout=10)
    writer.close()
    return path


def replay(database: Path, *options: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["replay", "--db", str(database), *options], input=answers)


def detail(database: Path) -> SpanDetail:
    with closing(connect_reader(database)) as db:
        found = spans.detail(db, TRACE, SPAN)
    assert found is not None
    return found


def test_it_shows_asks_sends_compares_and_stores(database: Path, provider: Stub) -> None:
    before = detail(database).span
    result = replay(database, SPAN, answers="y\n")
    assert result.exit_code == 0, result.output
    plan, _, rest = result.output.partition("Send it?")
    assert f"openai  {provider.base_url}   gpt-4o   est. $0.0001" in plan
    assert "The capital of France is ␛[31mLyon." in rest
    assert "The capital of France is[- Paris-]{+ ␛[31mLyon+}." in rest
    assert "✓ recorded     2.0 s" in rest and "✓ replay 1" in rest
    assert "✓ stored" in rest
    assert "\x1b" not in result.output
    (stored,) = detail(database).replays
    assert (stored.response, stored.status, stored.model) == (
        "The capital of France is \x1b[31mLyon.",
        "ok",
        "gpt-4o",
    )
    assert detail(database).span == before
    assert provider.received[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in result.output
    assert CANARY not in repr(detail(database)), "what the file says, decompressed"
    assert not [path for path in database.parent.iterdir() if CANARY.encode() in path.read_bytes()]


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_a_yes_nothing_is_sent(database: Path, provider: Stub, answer: str) -> None:
    result = replay(database, SPAN, answers=answer)
    assert result.exit_code == 2
    assert "Nothing was sent." in result.output
    assert provider.received == []
    assert detail(database).replays == ()


def test_options_change_what_is_sent(database: Path, provider: Stub) -> None:
    provider.headers = {"content-type": "application/x-ndjson"}
    provider.chunks = [b'{"message": {"content": "Hi."}, "done": true, "done_reason": "stop"}\n']
    options = ("--provider", "local", "--model", "llama3.2", "--temperature", "0", "--yes", "--no-save")
    result = replay(database, SPAN, *options)
    assert result.exit_code == 0, result.output
    assert "llama3.2 (was gpt-4o) free temperature 0.0 (was 0.7)" in " ".join(result.output.split())
    (request,) = provider.received
    assert request.path == "/api/chat"
    assert request.json["model"] == "llama3.2"
    assert request.json["options"] == {"temperature": 0}
    assert "stored" not in result.output
    assert detail(database).replays == ()


def test_a_failing_provider_exits_1_and_is_stored(database: Path, provider: Stub) -> None:
    provider.status, provider.headers = 500, {}
    provider.chunks = [f'{{"error": "boom {CANARY}"}}'.encode()]
    result = replay(database, SPAN, "--yes")
    assert result.exit_code == 1
    assert "HTTP 500: boom [key]\nSend it again" in result.output
    (stored,) = detail(database).replays
    assert stored.error == "HTTP 500: boom [key]\nSend it again, or choose another provider."


def test_a_missing_key_exits_1_and_is_not_stored(
    database: Path, provider: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STUB_KEY")
    result = replay(database, SPAN, "--yes")
    assert result.exit_code == 1
    assert "✗ STUB_KEY is not set" in result.output
    assert "Set STUB_KEY" in result.output
    assert provider.received == []
    assert detail(database).replays == ()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ((BARE,), NotReplayableError, "not captured"),
        (("ffffffff",), UsageError, "means no span"),
        ((SPAN, "--provider", "nobody"), UsageError, "No provider is called nobody"),
    ],
)
def test_what_cannot_be_replayed_says_why(
    database: Path, options: tuple[str, ...], error: type[Exception], said: str
) -> None:
    result = replay(database, *options)
    assert isinstance(result.exception, error)
    assert said in str(result.exception)


def test_main_exits_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["llmwatch", "replay", "abcd", "--db", str(tmp_path / "none.db")])
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 2
    assert "none.db" in capsys.readouterr().err
    assert isinstance(replay(tmp_path / "none.db", "abcd").exception, StoreMissingError)


@pytest.mark.parametrize("reference", [SPAN[:8], f"{TRACE}:{SPAN}", TRACE])
def test_every_way_to_name_a_span(database: Path, provider: Stub, reference: str) -> None:
    replay(database, reference, "--yes", "--no-save")
    assert len(provider.received) == 1


def test_a_running_collector_stores_it(database: Path) -> None:
    with collecting(database):
        result = replay(database, SPAN, "--yes")
        assert result.exit_code == 0, result.output
        assert len(detail(database).replays) == 1


def test_colours_are_for_terminals(database: Path) -> None:
    result = CliRunner().invoke(
        cli, ["replay", "--db", str(database), SPAN, "--yes", "--no-save"], color=True
    )
    assert "\x1b[" in result.output
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(
        cli, ["replay", "--db", str(database), SPAN, "--yes", "--no-save"], color=True
    )
    assert "\x1b[" not in result.output


def test_it_does_not_load_the_screen() -> None:
    code = (
        "import sys, llmwatch.cli.replay, llmwatch.tui.replaydesk, llmwatch.tui.models.replay;"
        "sys.exit('textual' in sys.modules or 'httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
