"""The replay screen against a provider on the loopback, driven by keys."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, nullcontext
from functools import partial
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from llmwatch.config import Config, ProviderConfig
from llmwatch.providers.answer import Answer
from llmwatch.providers.deltas import Delta, Finished, TextDelta
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.request import ChatRequest
from llmwatch.store.database import connect_reader
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Content, Replay, Usage
from llmwatch.tui import replaying
from llmwatch.tui.app import LlmwatchApp
from llmwatch.tui.screens.destination import Destination
from llmwatch.tui.screens.edittext import EditText
from llmwatch.tui.screens.replay import ReplayScreen
from tests.collecting import collecting
from tests.providers.stub import Stub, serving, sse
from tests.tui.conftest import MakeApp
from tests.tui.piloting import settled, shown, until
from tests.tui.recordings import ANSWER, answered_call, call_detail, failed_call, replay

JSON = {"content-type": "application/json"}
USAGE = {"prompt_tokens": 21, "completion_tokens": 8, "total_tokens": 29}
STREAM = sse(
    {"choices": [{"delta": {"content": "The capital of France "}}]},
    {"choices": [{"delta": {"content": "is Lyon."}}]},
    {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE},
    "[DONE]",
)


@pytest.fixture
def collector() -> Iterator[Stub]:
    """Takes the records of replays."""
    with serving(Stub(chunks=[b'{"accepted":1}'], headers=JSON)) as stub:
        yield stub


@pytest.fixture
def provider() -> Iterator[Stub]:
    """Answers with `STREAM`."""
    with serving(Stub(chunks=STREAM)) as stub:
        yield stub


Opening = Callable[..., Any]


@pytest.fixture
def opening(make_app: MakeApp, provider: Stub, collector: Stub, tmp_path: Path) -> Opening:
    """Opens the replay of a call, with ``provider`` as OpenAI and as a local Ollama."""
    providers = {
        "openai": ProviderConfig(api="openai-chat", base_url=f"{provider.base_url}/v1"),
        "ollama": ProviderConfig(api="ollama", base_url=provider.base_url, free=True),
        "keyed": ProviderConfig(api="anthropic", base_url=provider.base_url, api_key_env="NO_SUCH_KEY"),
    }

    @asynccontextmanager
    async def open_(
        detail: SpanDetail, size: tuple[int, int] = (120, 40)
    ) -> AsyncGenerator[Pilot[int], None]:
        app = make_app(tmp_path / "none.db", Config(providers=providers))
        app.collector_url = collector.base_url
        async with app.run_test(size=size, notifications=True) as pilot:
            await app.push_screen(ReplayScreen(detail))
            await done(pilot)
            yield pilot

    return open_


async def done(pilot: Pilot[int]) -> None:
    """Until the estimate is there, and a replay has ended and was stored, or was not."""
    await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
    await pilot.pause()


async def test_nothing_is_sent_before_enter(opening: Opening, provider: Stub) -> None:
    async with opening(failed_call()) as pilot:
        text = shown(pilot)
        assert f"→ openai  {provider.base_url}   gpt-4o   est. $0.0001   temperature 0.7" in text
        assert "✗ RateLimitError: 429 rate limit reached" in text
        assert "What is the capital of France?" in text
        await pilot.press("d", "j", "tab", "t", "u", "]", "[", "y")
        assert provider.received == []


async def test_the_answer_streams_beside_the_recording_and_is_stored(
    opening: Opening, provider: Stub, collector: Stub
) -> None:
    detail = answered_call()
    before = msgspec.json.encode(detail.span)
    async with opening(detail) as pilot:
        await pilot.press("enter")
        await done(pilot)
        assert "✓ stored 11:03:11" in shown(pilot)
        text = shown(pilot)
        assert "The capital of France is Paris." in text and "The capital of France is Lyon." in text
        assert "▸✓ replay 1" in text
    (request,) = provider.received
    assert request.path == "/v1/chat/completions"
    assert request.json["messages"][1] == {"role": "user", "content": "What is the capital of France?"}
    assert request.json["temperature"] == 0.7
    (stored,) = collector.received
    record = msgspec.json.decode(stored.body, type=Replay)
    assert stored.path == "/api/replays"
    assert (record.trace_id, record.span_id, record.status) == ("t1", "s1", "ok")
    assert (record.response, record.finish_reason) == ("The capital of France is Lyon.", "stop")
    assert record.usage == Usage(input_tokens=21, output_tokens=8, total_tokens=29)
    assert msgspec.json.encode(detail.span) == before, "the recording is never altered"


async def test_looking_at_answers(opening: Opening) -> None:
    async with opening(answered_call(replays=(replay(1), replay(2, response="Lutetia.")))) as pilot:
        assert "replay 2" in shown(pilot) and "Lutetia." not in shown(pilot)
        await pilot.press("]", "]")
        assert "▸✓ replay 2" in shown(pilot) and "Lutetia." in shown(pilot)
        await pilot.press("[")
        assert "It is Paris, the capital of France." in shown(pilot)
        await pilot.press("tab", "y")
        assert pilot.app.clipboard == ANSWER
        await pilot.press("enter")
        await done(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == "The capital of France is Lyon."
        await pilot.press("d")
        assert "The capital of France is[- Paris-]{+ Lyon+}." in shown(pilot)
        await pilot.press("d")
        assert "[-" not in shown(pilot)


async def test_edited_messages_are_sent(opening: Opening, provider: Stub) -> None:
    async with opening(failed_call()) as pilot:
        await pilot.press("e")
        area = pilot.app.screen.query_one(TextArea)
        assert area.text.startswith("=== system\nAnswer in one sentence.\n\n=== user\n")
        area.text = area.text.replace("France", "Italy")
        await pilot.press("escape")
        assert "messages edited" in shown(pilot) and "the capital of Italy" in shown(pilot)
        await pilot.press("enter")
        await done(pilot)
        await pilot.press("u")
        assert "messages edited" not in shown(pilot)
    assert provider.received[0].json["messages"][1]["content"] == "What is the capital of Italy?"


async def test_messages_that_cannot_be_read_stay_in_the_editor(opening: Opening) -> None:
    async with opening(failed_call()) as pilot:
        await pilot.press("e")
        pilot.app.screen.query_one(TextArea).text = "=== robot\nHi"
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, EditText)
        assert "Line 1: there is no role 'robot'" in shown(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ReplayScreen)
        assert "messages edited" not in shown(pilot)


async def test_edited_parameters_are_sent(opening: Opening, provider: Stub) -> None:
    async with opening(failed_call()) as pilot:
        await pilot.press("t")
        assert "temperature 0 (was 0.7)" in shown(pilot)
        await pilot.press("P")
        assert '"temperature": 0' in pilot.app.screen.query_one(TextArea).text
        pilot.app.screen.query_one(TextArea).text = '{"max_tokens": 5}'
        await pilot.press("escape", "enter")
        await done(pilot)
    sent = provider.received[0].json
    assert sent["max_tokens"] == 5
    assert "temperature" not in sent


async def test_a_terminal_that_cannot_be_given_to_an_editor(opening: Opening) -> None:
    async with opening(failed_call()) as pilot:
        await pilot.press("E")
        await done(pilot)
        assert "This terminal cannot" in shown(pilot)


@pytest.mark.parametrize("script", ["sed -i s/France/Italy/", "sed -i s/user/robot/", "false"])
async def test_an_editor_outside(opening: Opening, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", script)
    monkeypatch.setattr(LlmwatchApp, "suspend", lambda app: nullcontext())
    async with opening(failed_call()) as pilot:
        await pilot.press("E")
        if "Italy" in script:
            assert "messages edited" in shown(pilot)
        else:
            assert isinstance(pilot.app.screen, EditText)
            assert "✗" in shown(pilot)
            await pilot.press("escape")
            assert isinstance(pilot.app.screen, ReplayScreen)


async def test_another_provider_and_model(opening: Opening, provider: Stub) -> None:
    async with opening(failed_call()) as pilot:
        await pilot.press("m")
        assert isinstance(pilot.app.screen, Destination)
        assert "✗ keyed" in shown(pilot) and "NO_SUCH_KEY is not set" in shown(pilot)
        await pilot.press("j", "enter")
        pilot.app.screen.query_one(Input).value = "llama3.2"
        await pilot.press("enter")
        await done(pilot)
        assert "llama3.2 (was gpt-4o)" in shown(pilot) and "free" in shown(pilot)
        await pilot.press("enter")
        await done(pilot)
    assert provider.received[0].path == "/api/chat"
    assert provider.received[0].json["model"] == "llama3.2"


async def test_a_missing_key_says_what_to_do(opening: Opening, provider: Stub, collector: Stub) -> None:
    async with opening(failed_call()) as pilot:
        await pilot.press("m", "j", "j", "enter", "enter", "enter")
        await done(pilot)
        assert "keyed needs a key and NO_SUCH_KEY is not set" in shown(pilot)
        assert "Set NO_SUCH_KEY and start llmwatch again" in shown(pilot)
    assert provider.received == []
    assert collector.received == [], "no provider saw it, so there is nothing to store"


async def test_an_error_of_the_provider_is_shown_and_stored(
    opening: Opening, provider: Stub, collector: Stub
) -> None:
    provider.status, provider.headers = 429, JSON | {"retry-after": "2"}
    provider.chunks = [b'{"error": {"message": "Slow \x1b[31mdown"}}'.replace(b"\x1b", b"\\u001b")]
    async with opening(failed_call()) as pilot:
        await pilot.press("enter")
        await done(pilot)
        assert "✓ stored" in shown(pilot)
        text = shown(pilot)
        assert "✗ HTTP 429: Slow ␛[31mdown" in text
        assert "Wait 2 s and send again" in text
    record = msgspec.json.decode(collector.received[0].body, type=Replay)
    assert record.status == "error"


async def test_a_cut_stream_keeps_what_came(opening: Opening, provider: Stub, collector: Stub) -> None:
    provider.chunks, provider.breaks = STREAM[:1], True
    async with opening(answered_call()) as pilot:
        await pilot.press("enter")
        await done(pilot)
        assert "✓ stored" in shown(pilot)
        assert "✗ The stream broke off" in shown(pilot)
        await pilot.press("d")
        assert "[- is Paris.-]" in shown(pilot)
    record = msgspec.json.decode(collector.received[0].body, type=Replay)
    assert (record.response, record.status) == ("The capital of France ", "error")


async def test_escape_cancels_then_leads_back(opening: Opening, provider: Stub, collector: Stub) -> None:
    provider.chunks, provider.hold = STREAM[:1], threading.Event()
    async with opening(failed_call()) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "The capital of France" in shown(pilot))
        assert "Esc cancels" in shown(pilot)
        await pilot.press("enter", "escape")
        assert "▲ cancelled; nothing is stored" in shown(pilot)
        assert "The capital of France" in shown(pilot), "what came stays"
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("escape")
        assert len(pilot.app.screen_stack) == 1
    assert len(provider.received) == 1, "Enter does nothing while one runs"
    assert collector.received == []


async def test_leaving_while_it_runs(opening: Opening, provider: Stub) -> None:
    provider.chunks, provider.hold = STREAM[:1], threading.Event()
    async with opening(failed_call()) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: len(provider.received) == 1)
        await pilot.press("q")
        assert not isinstance(pilot.app.screen, ReplayScreen)


async def test_a_collector_that_is_gone_is_said(opening: Opening, collector: Stub) -> None:
    collector.status = 503
    async with opening(failed_call()) as pilot:
        await pilot.press("enter")
        await done(pilot)
        assert "▲ not stored: The collector answered 503" in shown(pilot)


async def test_a_call_that_cannot_be_sent_says_why(opening: Opening, provider: Stub) -> None:
    lost = call_detail(content=Content(scope_name="opentelemetry.instrumentation.openai_v2"))
    async with opening(lost) as pilot:
        await done(pilot)
        assert "✗ This call cannot be sent again." in shown(pilot)
        text = shown(pilot)
        assert "Its prompt was not captured." in text
        assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true" in text
        assert "send" not in text.splitlines()[-1]
        await pilot.press("enter", "t", "e", "m", "d", "j", "G", "y", "escape")
        assert not isinstance(pilot.app.screen, ReplayScreen)
        assert pilot.app.clipboard == "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"
    assert provider.received == []


async def test_an_unusable_configuration_is_said(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(
        tmp_path / "none.db", Config(providers={"x": ProviderConfig(api="ollama", base_url="nonsense")})
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(ReplayScreen(failed_call()))
        await done(pilot)
        assert "providers.x.base_url is not an address" in shown(pilot)


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_small_screens(opening: Opening, size: tuple[int, int]) -> None:
    async with opening(answered_call(), size) as pilot:
        assert "→ openai  http://127.0.0.1:" in shown(pilot) and "est. $" in shown(pilot)
        await pilot.press("enter")
        await done(pilot)
        assert "Lyon" in shown(pilot)
        await pilot.press("tab")
        assert "Paris" in shown(pilot) and "Lyon" not in shown(pilot)


async def test_nothing_is_sent_from_a_screen_that_cannot_show_where_to(
    opening: Opening, provider: Stub
) -> None:
    async with opening(answered_call(), (39, 12)) as pilot:
        await pilot.press("enter")
        await done(pilot)
    assert provider.received == []


async def test_resizing(opening: Opening) -> None:
    async with opening(answered_call()) as pilot:
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "Recorded 08:53:20  To send" in shown(pilot)
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert "╮╭" in shown(pilot)


async def test_four_keys_from_the_dashboard_to_a_stored_replay(
    make_app: MakeApp, seeded: Path, tmp_path: Path, provider: Stub
) -> None:
    """The errors of the status pane, the traces behind them, the call, the answer; the collector is real."""
    database = tmp_path / "llmwatch.db"
    copyfile(seeded, database)
    openai = ProviderConfig(api="openai-chat", base_url=f"{provider.base_url}/v1")
    with collecting(database) as url:
        app = make_app(database, Config(providers={"openai": openai}))
        app.collector_url = url
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            for key in ("1", "enter", "r"):
                await pilot.press(key)
                await settled(pilot)
            assert "✗ RateLimitError: 429 rate limit reached for gpt-4o" in shown(pilot)
            await pilot.press("enter")
            await until(pilot, lambda: "✓ stored" in shown(pilot))
            assert "The capital of France is Lyon." in shown(pilot)
    with closing(connect_reader(database)) as db:
        (failed,) = provider.received
        (stored,) = db.execute("SELECT count(*) FROM replays WHERE status = 'ok'").fetchone()
    assert failed.json["model"] == "gpt-4o"
    assert stored == 1


# How it looks


async def _canned(request: ChatRequest, endpoint: Endpoint) -> AsyncGenerator[Delta, None]:
    yield TextDelta("Paris is the capital of France, and has been for most of its history.")
    yield Finished(usage=Usage(input_tokens=21, output_tokens=17), finish_reason="stop")


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch, collector: Stub) -> Stub:
    """The same answer at the same pace, from an address that does not change."""
    ticks = count(0, 400_000_000)
    monkeypatch.setattr(replaying, "send", _canned)
    monkeypatch.setattr(replaying, "Answer", partial(Answer, clock=lambda: next(ticks)))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    return collector


def drawn(make_app: MakeApp, collector: Stub) -> LlmwatchApp:
    app = make_app(Path("none.db"), Config())
    app.collector_url = collector.base_url
    return app


SIZES = [(80, 24), (120, 40)]
THEMES = ["llmwatch-dark", "llmwatch-light"]


def looking(detail: SpanDetail, theme: str, *keys: str) -> Callable[[Pilot[int]], Coroutine[Any, Any, None]]:
    """Opens the replay and presses ``keys``."""

    async def look(pilot: Pilot[int]) -> None:
        pilot.app.theme = theme
        await pilot.app.push_screen(ReplayScreen(detail))
        await done(pilot)
        for key in keys:
            await pilot.press(key)
            await done(pilot)

    return look


@pytest.mark.parametrize("size", SIZES)
def test_before_sending(make_app: MakeApp, canned: Stub, snap_compare: Any, size: tuple[int, int]) -> None:
    look = looking(failed_call(), THEMES[0], "t")
    assert snap_compare(drawn(make_app, canned), terminal_size=size, run_before=look)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_after_sending(
    make_app: MakeApp, canned: Stub, snap_compare: Any, size: tuple[int, int], theme: str
) -> None:
    look = looking(answered_call(replays=(replay(1),)), theme, "enter", "d")
    assert snap_compare(drawn(make_app, canned), terminal_size=size, run_before=look)
