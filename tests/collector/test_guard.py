"""``llmwatch.guard()`` against a real collector, and against none."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import llmwatch
from llmwatch import guard, guarding
from llmwatch.collector.budgets.ledger import Ledger
from llmwatch.collector.door import Door
from llmwatch.config import parse
from llmwatch.errors import BudgetExceededError, BudgetUnknownError, LlmwatchError, RunawayLoopError
from llmwatch.store.accounts import Spend
from tests.dialects.stored import details
from tests.proxying import Passing

Limiting = Callable[..., Ledger]
USAGE = {"prompt_tokens": 9, "completion_tokens": 3}  # 3,150 nano-dollars of gpt-4o-mini


@pytest.fixture
def limiting(passing_on: Passing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Limiting]:
    """Sets budgets in a collector that guards ask; none are left afterwards."""
    door: Door = passing_on.app.state.door
    monkeypatch.setenv("LLMWATCH_URL", passing_on.origin)
    afresh(monkeypatch)

    def limit(**budgets: Any) -> Ledger:
        named = {name: {"enforce": "block", **budget} for name, budget in budgets.items()}
        door.ledger.reconfigure(parse({"budgets": named}))
        passing_on.writer.keep(door.ledger).result(5)
        return door.ledger

    yield limit
    settled()
    limit()


def afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that begins."""
    settled()
    monkeypatch.setattr(guarding, "_failures", guarding._Failures())
    monkeypatch.setattr(guarding, "_local", threading.local())


def settled() -> None:
    """Wait until everything that was settled is told."""
    guarding._background.finish()


def spent(ledger: Ledger, value: str = "") -> Spend:
    (kept,) = ledger.accounts
    return ledger.spent((kept.name, value, kept.bounds(ledger.now_ns() // 10**9)[0]))


def test_a_call_is_let_through_and_settled(limiting: Limiting) -> None:
    ledger = limiting(chat={"limit_usd": 1, "match": {"feature": "guarded"}})
    with guard(feature="guarded", model="gpt-4o-mini", input_tokens=13, max_tokens=1000) as call:
        (held,) = ledger._held.values()
        assert held == Spend(601_950, 1013, 1, 0), "13 × 150 + 1000 × 600"
        call.settle(usage=USAGE)
    settled()
    assert ledger._held == {}
    assert spent(ledger) == Spend(3150, 12, 1, 0)
    with guard(feature="guarded", model="gpt-4o-mini") as call:
        call.settle(usage=SimpleNamespace(**USAGE))
    with guard(feature="guarded", model="gpt-4o-mini") as call:
        call.settle(cost_usd=0.25)
    settled()
    assert spent(ledger).cost_nanousd == 2 * 3150 + 250_000_000
    with pytest.raises(ZeroDivisionError), guard(feature="guarded", model="gpt-4o-mini"):
        raise ZeroDivisionError
    settled()
    assert ledger._held == {}, "a call that failed holds nothing"


def test_a_used_up_budget_raises(limiting: Limiting) -> None:
    limiting(free={"limit_usd": 0.5, "by": "user", "match": {"segment": "free", "feature": "raising"}})
    who: Any = {"user": "ann", "segment": "free", "feature": "raising"}
    with guard(**who, cost_usd=0.1) as call:
        call.settle(cost_usd=0.5)
    settled()
    with pytest.raises(BudgetExceededError) as caught, guard(**who):
        pytest.fail("it was let through")
    error = caught.value
    assert isinstance(error, LlmwatchError)
    assert (error.budget, error.value, error.unit, error.spent, error.limit) == (
        "free", "ann", "usd", 0.5, 0.5
    )  # fmt: skip
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert 0 < (error.resets_at - today).total_seconds() <= 2 * 86_400
    assert str(error).startswith(
        "user ann: today $0.5000, 100 % of the free budget $0.5000; it begins anew at"
    )
    with guard(**who | {"user": "bob"}):
        pass


def test_as_a_decorator(limiting: Limiting) -> None:
    limiting(few={"limit_calls": 2, "match": {"feature": "decorated"}})

    @guard(feature="decorated")
    def double(number: int) -> int:
        """Twice as much."""
        return 2 * number

    assert (double.__name__, double.__doc__) == ("double", "Twice as much.")
    assert [double(1), double(2)] == [2, 4]
    settled()
    with pytest.raises(BudgetExceededError):
        double(3)


async def test_async(limiting: Limiting) -> None:
    limiting(few={"limit_calls": 3, "match": {"feature": "async"}})

    @guard(feature="async")
    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    assert list(await asyncio.gather(double(1), double(2))) == [2, 4]
    async with guard(feature="async") as call:
        call.settle(usage=USAGE)
    with pytest.raises(BudgetExceededError):
        await double(3)


def test_32_threads_pass_no_more_than_there_is(limiting: Limiting) -> None:
    limiting(few={"limit_calls": 20, "match": {"feature": "threads"}})
    done, together = [], threading.Barrier(32)

    def ask() -> None:
        together.wait()
        for _ in range(3):
            try:
                with guard(feature="threads", on_failure="closed"):
                    done.append(True)
            except BudgetExceededError:
                done.append(False)

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done.count(True), done.count(False)) == (20, 76)


def test_on_trial_it_only_warns(limiting: Limiting) -> None:
    limiting(trial={"limit_calls": 0, "enforce": "warn", "match": {"feature": "trial-guard"}})
    with guard(feature="trial-guard") as call:
        (warning,) = call.warnings
    assert warning.startswith("today 0 calls, 100 % of the trial budget 0 calls")


def test_a_settled_call_can_be_recorded(limiting: Limiting, passing_on: Passing) -> None:
    ledger = limiting(chat={"limit_usd": 1, "match": {"feature": "recorded"}})
    with guard(feature="recorded", user="ann", session="s", model="gpt-4o-mini", record=True) as call:
        call.settle(usage=USAGE, model="gpt-4o-mini-2024-07-18")
    settled()
    (detail,) = [each for each in details(passing_on.database) if each.span.dialect == "guard"]
    assert detail.row.cost_nanousd == 3150
    assert (detail.span.context.user_id, detail.span.context.session_id) == ("ann", "s")
    assert spent(ledger) == Spend(3150, 12, 1, 0), "once, not twice"


def test_a_tool_that_is_called_time_and_again(limiting: Limiting) -> None:
    limiting()
    for _ in range(5):
        guard.tool("search", {"q": "a", "n": 1}, session="circles")
    for arguments in ({"n": 1, "q": "a"}, '{"q": "a", "n": 1}'):
        with pytest.raises(RunawayLoopError, match="search was called 5 times with the same arguments"):
            guard.tool("search", arguments, session="circles")
    guard.tool("search", {"q": "b"}, session="circles")
    guard.tool("search", {"q": "a", "n": 1}, session="circles")
    guard.tool("search", {"q": "a", "n": 1}, session="another")


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        return int(reserved.getsockname()[1])


def test_without_a_collector_calls_go_on_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    afresh(monkeypatch)
    monkeypatch.setenv("LLMWATCH_URL", f"http://127.0.0.1:{unused_port()}")
    with caplog.at_level(logging.WARNING, "llmwatch.guard"):
        for _ in range(3):
            with guard(user="ann") as call:
                call.settle(cost_usd=1)
            guard.tool("search", session="s")
    (record,) = caplog.records
    assert record.getMessage().startswith("the llmwatch collector cannot be asked about budgets: ")


def test_closed_nothing_goes_on_without_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    afresh(monkeypatch)
    monkeypatch.setenv("LLMWATCH_URL", f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(BudgetUnknownError), guard(on_failure="closed"):
        pytest.fail("it was let through")
    monkeypatch.setenv("LLMWATCH_GUARD_ON_FAILURE", "closed")
    with pytest.raises(BudgetUnknownError):
        guard.tool("search", session="s")
    with guard(on_failure="open"):
        pass


def test_a_collector_that_does_not_answer_costs_one_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    afresh(monkeypatch)
    monkeypatch.setattr(guarding, "_TIMEOUT_S", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("LLMWATCH_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for _ in range(3):
            with guard():
                pass
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_a_connection_that_was_closed_meanwhile_is_opened_again(limiting: Limiting) -> None:
    limiting(few={"limit_calls": 100})
    for _ in range(3):
        with guard(on_failure="closed"):
            pass
        guarding._local.collector._connection.sock.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("reserve", {}, 200),
        ("reserve", [], 400),
        ("reserve", {"user": 7}, 400),
        ("reserve", {"user": "x" * 1001}, 400),
        ("reserve", {"input_tokens": -1}, 400),
        ("reserve", {"cost_usd": -1}, 400),
        ("reserve", {"unknown": 1}, 400),
        ("settle", {"id": "nobody"}, 404),
        ("settle", {}, 400),
        ("settle", {"id": "x", "usage": 7}, 400),
        ("tool", {"session": "s", "name": "t", "arguments": [[["x"] * 9] * 9]}, 200),
        ("tool", {"name": "t"}, 400),
    ],
)
def test_what_is_asked_is_checked(
    limiting: Limiting, passing_on: Passing, path: str, body: object, status: int
) -> None:
    limiting(total={"limit_calls": 1000})
    url = f"{passing_on.origin}/api/guard/{path}"
    assert httpx.post(url, json=body).status_code == status
    assert httpx.post(url, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert httpx.post(url, json=body, headers={"Origin": "https://evil.example"}).status_code == 403


def test_budgets_as_json(limiting: Limiting, passing_on: Passing) -> None:
    found = httpx.get(f"{passing_on.origin}/api/budgets").json()["budgets"]
    assert {each["name"] for each in found} == {"daily", "monthly"}
    assert found[0].keys() >= {"unit", "limit", "spent", "share", "forecast", "start_s", "end_s"}


def test_importing_llmwatch_loads_no_part_of_it() -> None:
    code = (
        "import sys, llmwatch; assert 'llmwatch.guarding' not in sys.modules, 'loaded';"
        "from llmwatch import guard; assert 'llmwatch.guarding' in sys.modules;"
        "assert not [name for name in sys.modules if name.split('.')[0] in"
        " {'httpx', 'msgspec', 'starlette', 'opentelemetry'}], 'only the standard library'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    with pytest.raises(AttributeError):
        _ = llmwatch.nothing_of_this_name
