"""The second process: it reads what this one would, and whatever happens to it, everything is read."""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from llmwatch.collector.otlp.reading import Request, read
from llmwatch.collector.otlp.replies import JSON, PROTOBUF
from llmwatch.collector.pipeline import Pipeline, Prepared
from llmwatch.collector.reading import helper as module
from llmwatch.collector.reading import process
from llmwatch.collector.reading.helper import Helper
from llmwatch.collector.reading.wire import framed, receive
from llmwatch.collector.reading.worker import read_packed, serve, unpacked
from llmwatch.config import Config, parse
from llmwatch.store.records import encode
from tests.collector.requests import attributes, encoded, span, traces
from tests.dialects import captures


def said(prepared: Prepared) -> dict[str, Any]:
    """All of it, spans as they are stored."""
    batch = prepared.batch
    return {
        "spans": [encode(each) for each in batch.spans],
        "prices": [each.cost and each.cost.price for each in batch.spans],
        "scores": list(batch.scores),
        "counters": dict(batch.counters),
        "others": (list(batch.replays), list(batch.judgements), batch.noted),
        "taken": (prepared.taken, prepared.rejected, prepared.failures),
    }


def requests() -> Iterator[Request]:
    """Every OTLP request of every capture."""
    for name in captures.NAMES:
        for sent in captures.requests(name):
            signal_: Any = {"traces": "spans"}.get(sent.signal, sent.signal)
            encoding: Any = "json" if "json" in sent.content_type else "protobuf"
            yield Request(signal_, encoding, sent.body, "of the header")


def test_what_is_read_there_is_what_is_read_here() -> None:
    """Of all clients' requests, over the pipes of that process."""
    here, seen, all_ = Pipeline(Config()), 0, list(requests())
    messages = [pickle.dumps(Config()), *map(msgspec.msgpack.encode, all_)]
    answers = io.BytesIO()
    serve(io.BytesIO(b"".join(map(framed, messages))), answers)
    answers.seek(0)
    assert receive(answers) == b"", "it is ready"
    for request in all_:
        packed, expected = receive(answers), read(here, request)
        assert packed is not None
        if expected.rejected:
            assert packed == b""
            continue
        assert said(unpacked(packed)) == said(expected)
        seen += len(expected.batch.spans)
    assert seen > 500
    assert receive(answers) is None


@pytest.mark.parametrize(
    "request_",
    [
        Request("spans", "protobuf", b"no protobuf"),
        Request("spans", "json", b"{"),
        Request("spans", "json", encoded(traces(span(), span("short")), JSON)),
    ],
)
def test_what_is_wrong_with_a_request_is_for_the_parent_to_say(request_: Request) -> None:
    assert read_packed(Pipeline(Config()), request_) == b""


CALL: Final = attributes(
    gen_ai__request__model="acme-1", gen_ai__usage__input_tokens=3, gen_ai__usage__output_tokens=2
)
CALLS: Final = [span(f"{number:016x}", attributes=CALL) for number in range(1, 400)]
LARGE: Final = Request("spans", "protobuf", encoded(traces(*CALLS), PROTOBUF))


@pytest.fixture
async def helper(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Helper]:
    """A helper that starts its process at the first request."""
    monkeypatch.setattr(module, "_BURST", 1)
    made = Helper(Config())
    yield made
    await made.close()


def process_of(helper: Helper) -> subprocess.Popen[bytes]:
    assert helper._second is not None
    return helper._second.process


async def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def answered(helper: Helper) -> Prepared:
    """The first answer of the second process."""
    found: list[bytes] = []
    deadline = time.monotonic() + 20
    while not found:
        assert time.monotonic() < deadline
        packed = await helper.read(LARGE)
        found += [packed] if packed else []
        await asyncio.sleep(0.02)
    return unpacked(found[0])


async def test_a_burst_starts_it_and_quiet_ends_it(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(LARGE.body) > module._SMALLEST
    monkeypatch.setattr(module, "_QUIET_S", 1.0)
    assert await helper.read(LARGE) is None, "it begins, and meanwhile this process reads"
    assert said(await answered(helper)) == said(read(Pipeline(Config()), LARGE))
    process = process_of(helper)
    await until(lambda: helper._life is None)
    assert process.poll() == 0, "it was let end"
    await answered(helper)


@pytest.mark.parametrize("size", [0, module._SMALLEST - 1, module._LARGEST + 1])
async def test_what_is_small_or_huge_stays_here(helper: Helper, size: int) -> None:
    await answered(helper)
    assert await helper.read(Request("spans", "protobuf", bytes(size))) is None


async def test_a_steady_trickle_starts_nothing() -> None:
    helper = Helper(Config())
    body = bytes(module._SMALLEST)
    for _ in range(module._BURST // len(body) - 1):
        assert await helper.read(Request("spans", "protobuf", body)) is None
    assert helper._life is None


async def test_killed_it_is_not_missed(helper: Helper, caplog: pytest.LogCaptureFixture) -> None:
    """What it had is read here; after a while there is another one."""
    await answered(helper)
    process_of(helper).kill()
    assert await helper.read(LARGE) is None
    assert "goes on alone" in caplog.text
    assert await helper.read(LARGE) is None
    await until(lambda: helper._life is None)
    assert await helper.read(LARGE) is None
    assert helper._life is None, "not at once: it might die again"
    helper._not_before = 0.0
    await answered(helper)


async def test_one_that_hangs_is_given_up(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    await answered(helper)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.2)
    process = process_of(helper)
    process.send_signal(signal.SIGSTOP)
    assert await helper.read(LARGE) is None
    await until(lambda: process.poll() is not None)


async def test_one_that_hangs_is_killed_at_the_end(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    await answered(helper)
    monkeypatch.setattr(process, "_PATIENCE_S", 0.2)
    hanging = process_of(helper)
    hanging.send_signal(signal.SIGSTOP)
    await helper.close()
    assert hanging.poll() == -signal.SIGKILL


async def test_one_that_never_begins_is_killed(
    helper: Helper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "_COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(process, "_PATIENCE_S", 0.5)
    assert await helper.read(LARGE) is None
    await until(lambda: helper._life is None)
    assert "goes on alone" in caplog.text


@pytest.mark.parametrize("command", [("/no/such/program",), (sys.executable, "-c", "pass")])
async def test_one_that_does_not_start_is_not_missed(
    helper: Helper,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setattr(process, "_COMMAND", command)
    assert await helper.read(LARGE) is None
    await until(lambda: helper._life is None)
    assert "goes on alone" in caplog.text
    assert await helper.read(LARGE) is None


async def test_a_changed_configuration_counts(helper: Helper) -> None:
    """Prices do; what is too long was decided at the start, there as here."""
    before = await answered(helper)
    assert {span.cost and span.cost.nanousd for span in before.batch.spans} == {None}
    old = process_of(helper)
    helper.reconfigure(
        parse({"prices": {"acme-1": {"input": 1.0, "output": 10.0}}, "collector": {"max_value_kib": 7}})
    )
    await until(lambda: old.poll() == 0)
    after = await answered(helper)
    assert {span.cost and span.cost.nanousd for span in after.batch.spans} == {23_000}
    assert helper._config.collector == Config().collector


async def test_what_it_was_asked_it_answers_though_the_configuration_changes(helper: Helper) -> None:
    await answered(helper)
    asked = asyncio.ensure_future(helper.read(LARGE))
    await asyncio.sleep(0)
    helper.reconfigure(Config())
    assert await asked


async def test_closed_it_stays_closed(helper: Helper) -> None:
    await answered(helper)
    process = process_of(helper)
    await helper.close()
    assert process.poll() == 0
    assert await helper.read(LARGE) is None
    assert helper._life is None


async def test_closed_while_it_begins(helper: Helper) -> None:
    assert await helper.read(LARGE) is None
    await asyncio.sleep(0)
    await helper.close()
    assert helper._second is None
    assert helper._life is None


_PARENT = """
import asyncio, sys
from llmwatch.collector.otlp.reading import Request
from llmwatch.collector.reading import helper
from llmwatch.config import Config

async def main():
    helper._BURST = 1
    made = helper.Helper(Config())
    request = Request("spans", "protobuf", bytes.fromhex(sys.stdin.read()))
    while not await made.read(request):
        await asyncio.sleep(0.02)
    print(made._second.process.pid, flush=True)
    await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(LARGE.body.hex())
        parent.stdin.close()
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
        assert parent.stdout.read() == "", "nobody holds its output open"
    deadline = time.monotonic() + 10
    while _lives(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
