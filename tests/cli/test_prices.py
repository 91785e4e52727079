"""llmwatch prices: what a model costs and why, fetching a newer list, and what needs a look."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.errors import PriceListError, UsageError
from llmwatch.providers import booksource, pricefetch
from llmwatch.store.batch import Batch
from llmwatch.store.span import Call, Cost, Span, Usage
from llmwatch.store.writer import Writer
from tests.providers.test_booksource import LIST, LITELLM

NANO = 10**9


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("LLMWATCH_DB", str(tmp_path / "llmwatch.db"))
    monkeypatch.setenv("LLMWATCH_PRICES", str(tmp_path / "prices.json"))
    monkeypatch.setattr(booksource, "_LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(booksource, "_SHELF", booksource._Shelf())
    return tmp_path


def prices(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["prices", *arguments], catch_exceptions=True)


def as_json(*arguments: str) -> Any:
    return json.loads(prices(*arguments, "--json").stdout)


def lines(*arguments: str) -> list[list[str]]:
    return [line.split() for line in prices(*arguments).stdout.splitlines()]


@contextmanager
def serving(status: int, body: bytes, headers: dict[str, str] | None = None) -> Iterator[str]:
    """A server that answers everything so; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_models_rates_their_list_and_its_age() -> None:
    shown = lines("show", "gpt-4o", "--provider", "openai")
    assert shown[0][:3] == ["price", "list", "genai-prices"]
    assert ["input", "2.5", "output", "10", "cache", "read", "1.25"] in shown
    assert ["input", "1.25", "output", "5", "cache", "read", "1.25"] in shown, "batch"
    (price,) = [line for line in shown if line[:3] == ["price", "openai", "gpt-4o;"]]
    assert {"list", "of", "days", "old)"} <= set(price)


def test_the_rule_and_the_tiers_are_shown() -> None:
    found = as_json("show", "gpt-4o-2099-01-01", "--provider", "openai")["models"][0]
    assert found["note"] == "dated or preview version, priced as its family"
    assert found["prices"][0]["rates"]["input"] == 2_500_000_000
    tiered = as_json("show", "gemini-2.5-pro", "--provider", "google")["models"][0]["prices"][0]
    assert tiered["above"]["200000"]["input"] == 2_500_000_000
    assert tiered["custom"] is False
    names = as_json("show", "claude-3-5-haiku-20241022", "--provider", "anthropic")["models"][0]["names"]
    assert names == ["claude-3-5-haiku…", "claude-3.5-haiku…"]


def test_the_price_of_a_day() -> None:
    before = as_json("show", "o3", "--provider", "openai", "--on", "2025-06-09")["models"][0]["prices"][0]
    after = as_json("show", "o3", "--provider", "openai", "--on", "2025-06-10")["models"][0]["prices"][0]
    assert (before["rates"]["input"], after["rates"]["input"]) == (10 * NANO, 2 * NANO)
    assert after["since"] == "2025-06-10"


def test_a_custom_price_is_marked(place: Path) -> None:
    (place / "config.toml").write_text('[prices."gpt-4o"]\ninput = 1\nrequest = 0.005')
    found = as_json("show", "gpt-4o", "--provider", "openai")
    assert found["custom"] == ["gpt-4o"]
    assert found["models"][0]["prices"][0]["custom"] is True
    assert found["models"][0]["names"] == []
    shown = prices("show", "gpt-4o", "--provider", "openai").stdout
    assert "custom: from the configuration" in shown
    assert "input 1  request 0.005" in shown


def test_a_model_without_a_price_says_why_and_exits_1() -> None:
    result = prices("show", "no-such", "--provider", "groq")
    assert result.exit_code == 1
    assert "unpriced: the price list has no no-such of groq" in result.stdout


def test_hostile_names_are_harmless() -> None:
    result = prices("show", "\x1b[31mred\x9b\u202e")
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_an_update_from_a_file_is_used(place: Path) -> None:
    (place / "list.json").write_text(json.dumps(LIST))
    result = prices("update", "--from", str(place / "list.json"))
    assert result.exit_code == 0, result.output
    assert "12 models of 1 seller, from list.json" in result.stdout
    assert lines("show", "gpt-4o")[0][:4] == ["price", "list", "genai-prices,", "of"]
    assert ["input", "3", "output", "0.18"] in lines("show", "gpt-4o")
    assert prices("update", "--bundled").stdout == "The bundled list is in use again.\n"
    assert prices("update", "--bundled").stdout == "The bundled list was in use already.\n"
    assert ["input", "2.5", "output", "10", "cache", "read", "1.25"] in lines("show", "gpt-4o")


def test_an_update_from_an_address() -> None:
    with serving(200, json.dumps(LITELLM).encode()) as origin:
        result = prices("update", "--from", f"{origin}/model_prices.json?key=secret")
    assert result.exit_code == 0, result.output
    assert "secret" not in result.output
    assert "LiteLLM of " in result.stdout
    assert [used["name"][:7] for used in as_json("show")["lists"]] == ["LiteLLM", "genai-p"]


@pytest.mark.parametrize(
    ("status", "body", "headers", "message"),
    [
        (404, b"not found", {}, "answers HTTP 404"),
        (302, b"", {"Location": "http://127.0.0.1:1/other"}, "answers HTTP 302"),
        (200, b"<html>", {}, "is not JSON"),
        (200, b"[]", {}, "has prices of 0 models"),
        (200, b"x" * 2_000, {}, "longer than"),
    ],
)
def test_what_is_no_list_changes_nothing(
    status: int, body: bytes, headers: dict[str, str], message: str, place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pricefetch, "LARGEST", 1_000)
    with serving(status, body, headers) as origin:
        result = prices("update", "--from", f"{origin}/list?key=secret")
    assert isinstance(result.exception, PriceListError)
    assert message in str(result.exception)
    assert "secret" not in result.exception.explain()
    assert not (place / "prices.json").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("http://127.0.0.1:9/x", "cannot be reached"),
        ("http://example.com/data.json", "is not encrypted"),
        ("https://user:secret@example.com/data.json", "no user name or password"),
        ("https://", "has a host"),
        ("no-such-file.json", "cannot be read"),
        ("/", "cannot be read"),
    ],
)
def test_a_source_that_cannot_be(source: str, message: str) -> None:
    result = prices("update", "--from", source)
    assert isinstance(result.exception, PriceListError)
    assert message in str(result.exception)
    assert "secret" not in str(result.exception)


def test_offline_says_what_to_do() -> None:
    result = prices("update", "--from", "http://127.0.0.1:9/x")
    assert isinstance(result.exception, PriceListError)
    assert "--from FILE" in result.exception.hint


def test_bundled_fetches_nothing() -> None:
    assert isinstance(prices("update", "--bundled", "--from", "x").exception, UsageError)


def call(span_id: str, model: str, dollars: float | None, sender: float | None = None) -> Span:
    now = time.time_ns()
    return Span(
        trace_id="t", span_id=span_id, kind="llm", start_ns=now, end_ns=now + 1,
        call=Call(
            provider="openai", request_model=model, usage=Usage(input_tokens=1_000, output_tokens=1),
            sender_cost_nanousd=None if sender is None else round(sender * NANO),
        ),
        cost=Cost(nanousd=None if dollars is None else round(dollars * NANO)),
    )  # fmt: skip


def store(place: Path, *spans: Span) -> None:
    writer = Writer(place / "llmwatch.db", enrich=lambda span, _: span, queue_spans=100, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=spans)).result(10)
    writer.close()


def test_all_is_well(place: Path) -> None:
    store(place, call("a", "gpt-4o", 0.0025, sender=0.0026))
    result = prices("check")
    assert (result.exit_code, result.output.count("none of the calls of the last 30d")) == (0, 3)
    assert as_json("check")["fine"] is True
    assert [found["asked"] for found in as_json("show")["models"]] == ["gpt-4o"]


def test_what_needs_a_look(place: Path) -> None:
    (place / "config.toml").write_text('[prices."mine-*"]\ninput = 1')
    store(
        place,
        call("own1", "nobody-knows", None),
        call("own2", "nobody-knows", None),
        call("late", "mine-1", None),
        call("guess", "gpt-4o-2099-01-01", 0.0025),
        call("same", "gpt-4o", 0.01, sender=0.0105),
        call("apart1", "gpt-4o", 0.01, sender=0.02),
        call("apart2", "gpt-4o", 0.01, sender=0.0051),
    )
    result = prices("check")
    assert result.exit_code == 1
    found = as_json("check")
    assert found["fine"] is False
    assert [(each["model"], each["calls"], each["span_id"]) for each in found["unpriced"]] == [
        ("nobody-knows", 2, "own2"), ("mine-1", 1, "late"),
    ]  # fmt: skip
    assert found["unpriced"][0]["why"] == "unpriced: the price list has no nobody-knows of openai"
    assert "there is a price now" in found["unpriced"][1]["why"]
    assert [(each["model"], each["why"]) for each in found["guessed"]] == [
        ("gpt-4o-2099-01-01", "dated or preview version, priced as its family: gpt-4o")
    ]
    (apart,) = found["differing"]
    assert (apart["model"], apart["calls"]) == ("gpt-4o", 2)
    assert apart["why"] == ("2 of 3 calls: the sender says $0.035600 in all, ours $0.030000 (+19%)")
    assert "▲ unpriced" in result.stdout


def test_an_old_list_wants_an_update(place: Path) -> None:
    kept = booksource.checked(json.dumps(LIST).encode(), "x", "2020-01-01T00:00:00Z")
    booksource.keep(kept)
    result = prices("check")
    assert result.exit_code == 1
    assert "llmwatch prices update" in result.stdout
