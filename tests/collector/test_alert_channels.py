"""What each channel sends, what it says when it cannot, and that no address or key is seen anywhere."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
import logging
import os
import shutil
import socketserver
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from llmwatch.collector.alerting.channels import channels, desktop, pagerduty
from llmwatch.collector.alerting.message import Message, decoded, message
from llmwatch.config.alerts import (
    AlertsConfig,
    AppriseConfig,
    CommandConfig,
    EmailConfig,
    PagerDutyConfig,
    PythonConfig,
    SlackConfig,
    WebhookConfig,
)
from llmwatch.errors import DeliveryError
from llmwatch.store.rows import AlertRow
from tests.serving import serving

SECRET = "T0/B0/s3cr3t-p4th"
ALERT = AlertRow(
    id=7, rule="error_rate", slice="feature:chat", tier=1, state="firing",
    reason="error rate 8.1 %, over 5 %", value=0.081, threshold=0.05, filter="status:error kind:llm",
    traces=("t1", "t2"), pending_ns=1, seen_ns=2, fired_ns=1_795_262_400_000_000_000, resolved_ns=None,
    acknowledged_ns=None, snoozed_until_ns=None,
)  # fmt: skip
FIRING = message(ALERT, "firing")
RESOLVED = message(ALERT, "resolved")
TEST = message(ALERT, "test")


class Receiver:
    """A web server that keeps what it was sent and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[Response] = []

    async def take(self, request: Request) -> Response:
        self.got.append((request.url.path, dict(request.headers), await request.body()))
        return self.answers.pop(0) if self.answers else Response("ok")

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.got]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    with serving(Starlette(routes=[Route("/{path:path}", made.take, methods=["POST"])])) as origin:
        monkeypatch.setenv("HOOK", f"{origin}/{SECRET}")
        yield made


@pytest.fixture(autouse=True)
def logs(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything is logged, and nothing of it has the secret in it."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    assert SECRET not in caplog.text and "s3cr3t" not in caplog.text


async def tell(kind: str, settings: object, *told: Message) -> None:
    config = AlertsConfig(**{kind: {"x": settings}})  # type: ignore[arg-type]
    for one in told:
        await channels(config)[f"{kind}.x"](one)


async def refused(kind: str, settings: object, told: Message = FIRING) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await tell(kind, settings, told)
    assert "s3cr3t" not in str(caught.value)
    return caught.value


async def test_slack_gets_the_exact_body(receiver: Receiver) -> None:
    await tell("slack", SlackConfig(webhook_env="HOOK"), FIRING, RESOLVED)
    assert receiver.bodies() == [
        {
            "text": ":rotating_light: *ERROR_RATE*\nerror rate 8.1 %, over 5 % (feature:chat)",
            "channel": "#llm-alerts",
        },
        {
            "text": ":white_check_mark: *ERROR_RATE* resolved\nerror rate 8.1 %, over 5 % (feature:chat)",
            "channel": "#llm-alerts",
        },
    ]
    assert [path for path, _, _ in receiver.got] == [f"/{SECRET}"] * 2


async def test_a_feature_cannot_wake_everybody(receiver: Receiver) -> None:
    hostile = message(_with(slice="feature:<!channel>&\x1b[31m\nmore"), "firing")
    await tell("slack", SlackConfig(webhook_env="HOOK", channel="#x"), hostile)
    (body,) = receiver.bodies()
    assert body["text"].endswith("(feature:&lt;!channel&gt;&amp;␛[31m more)")


async def test_a_webhook_gets_json_with_a_signature(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGN", "s3cr3t")
    await tell("webhook", WebhookConfig(webhook_env="HOOK", secret_env="SIGN"), FIRING)
    ((_, headers, body),) = receiver.got
    assert json.loads(body) == {
        "type": "ERROR_RATE", "text": "error rate 8.1 %, over 5 % (feature:chat)", "event": "firing",
        "rule": "error_rate", "tier": 1, "level": "CRIT", "reason": "error rate 8.1 %, over 5 %",
        "slice": "feature:chat", "value": 0.081, "threshold": 0.05, "filter": "status:error kind:llm",
        "traces": ["t1", "t2"], "fired_ns": 1_795_262_400_000_000_000, "resolved_ns": None,
    }  # fmt: skip
    signed = hmac.new(b"s3cr3t", body, hashlib.sha256).hexdigest()
    assert headers["x-llmwatch-signature"] == f"sha256={signed}"
    assert headers["content-type"] == "application/json"


async def test_pagerduty_triggers_and_resolves(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pagerduty.ADDRESSES, "us", os.environ["HOOK"])
    monkeypatch.setenv("KEY", "s3cr3t-key")
    await tell("pagerduty", PagerDutyConfig(key_env="KEY"), FIRING, RESOLVED, TEST)
    fired, resolved, trigger, resolve = receiver.bodies()
    dedup = fired["dedup_key"]
    assert fired == {
        "routing_key": "s3cr3t-key", "event_action": "trigger", "dedup_key": dedup,
        "payload": {
            "summary": "ALERT [ERROR_RATE]: error rate 8.1 %, over 5 % (feature:chat)", "source": "llmwatch",
            "severity": "critical", "class": "error_rate", "timestamp": "2026-11-21T12:00:00+00:00",
            "custom_details": json.loads(FIRING.json()),
        },
    }  # fmt: skip
    assert resolved == {"routing_key": "s3cr3t-key", "event_action": "resolve", "dedup_key": dedup}
    assert (trigger["event_action"], resolve["event_action"]) == ("trigger", "resolve")
    assert trigger["payload"]["summary"].startswith("ALERT [ERROR_RATE]: this is a test: ")
    other = message(_with(fired_ns=5), "firing")
    assert pagerduty.event(other, "trigger", "k")["dedup_key"] != dedup


@pytest.mark.parametrize(
    ("answer", "said", "lasting"),
    [
        (Response("invalid_token", 403), "HTTP 403: invalid_token", True),
        (Response("", 404), "HTTP 404", True),
        (Response("slow down", 429), "HTTP 429: slow down", False),
        (Response("\x1b[2Jno", 500), "HTTP 500: ␛[2Jno", False),
        (Response("", 307, {"Location": "http://127.0.0.1:1/"}), "HTTP 307", True),
    ],
)
async def test_a_refusal_is_said(receiver: Receiver, answer: Response, said: str, lasting: bool) -> None:
    receiver.answers = [answer]
    error = await refused("webhook", WebhookConfig(webhook_env="HOOK"))
    assert (str(error), error.lasting) == (said, lasting)
    assert len(receiver.got) == 1


async def test_an_answer_that_repeats_the_address_is_cleaned(receiver: Receiver) -> None:
    receiver.answers = [Response(f"no hook at {os.environ['HOOK']}, sorry", 500), Response("x" * 10**6, 500)]
    assert (
        str(await refused("webhook", WebhookConfig(webhook_env="HOOK")))
        == "HTTP 500: no hook at [key], sorry"
    )
    assert len(str(await refused("webhook", WebhookConfig(webhook_env="HOOK")))) < 200


async def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:1/{SECRET}")
    error = await refused("slack", SlackConfig(webhook_env="HOOK"))
    assert (str(error), error.lasting) == ("no answer: connection refused", False)


@pytest.mark.parametrize(
    "value", ["", "s3cr3t", "ftp://h/s3cr3t", "http://", "http://h\x00/", "http://[s3cr3t"]
)
async def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    if "\x00" not in value:
        monkeypatch.setenv("HOOK", value)
    error = await refused("slack", SlackConfig(webhook_env="HOOK"))
    assert error.lasting and "HOOK" in str(error)


class Mailbox(socketserver.StreamRequestHandler):
    """As little SMTP as a letter needs."""

    letters: list[str]

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            match line.split(":")[0].split(" ")[0].upper():
                case "EHLO":
                    self._say("250 here")
                case "DATA":
                    self._say("354 go on")
                    text = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        text += part
                    self.letters.append(text.decode())
                    self._say("250 taken")
                case "STARTTLS":
                    self._say("454 not now, s3cr3t")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def mailbox() -> Iterator[tuple[int, list[str]]]:
    letters: list[str] = []
    handler = type("Handler", (Mailbox,), {"letters": letters})
    with socketserver.TCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1], letters
        server.shutdown()
        thread.join()


def account(port: int, **others: Any) -> EmailConfig:
    return EmailConfig(host="127.0.0.1", port=port, sender="w@example.com", to=("a@example.com",), **others)


async def test_a_letter(mailbox: tuple[int, list[str]]) -> None:
    port, letters = mailbox
    await tell("email", account(port, starttls=False), FIRING)
    (letter,) = letters
    read = email.message_from_string(letter, policy=email.policy.default)
    assert (read["From"], read["To"]) == ("w@example.com", "a@example.com")
    assert (
        read["Subject"].strip() == "[llmwatch] ALERT [ERROR_RATE]: error rate 8.1 %, over 5 % (feature:chat)"
    )
    assert "Traces behind it: status:error kind:llm\n  t1\n  t2\n" in read.get_content().replace("\r", "")


async def test_mail_that_cannot_be_sent_safely_is_not(
    mailbox: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, letters = mailbox
    monkeypatch.setenv("PASSWORD", "s3cr3t")
    error = await refused("email", account(port))
    assert "SMTP" in str(error)
    error = await refused("email", account(port, starttls=False, user="w", password_env="PASSWORD"))
    assert "not sent without encryption" in str(error)
    assert letters == []


async def test_a_command_gets_the_alert(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text("
        "os.environ['LLMWATCH_ALERT_TYPE'] + os.environ['LLMWATCH_ALERT_TRACES'] + sys.stdin.read())"
    )
    await tell("command", CommandConfig(command=(sys.executable, "-c", code, str(out))), FIRING)
    assert out.read_text() == "ERROR_RATEt1 t2" + FIRING.json().decode()


@pytest.mark.parametrize(
    ("program", "said", "lasting"),
    [
        ((sys.executable, "-c", "raise SystemExit(3)"), "ended with status 3", False),
        (("/nowhere/at/all",), "/nowhere/at/all cannot be started: No such file", True),
        ((sys.executable, "-c", "import time; time.sleep(60)"), "was still running after 0.2 s", False),
    ],
)
async def test_a_command_that_fails(program: tuple[str, ...], said: str, lasting: bool) -> None:
    error = await refused(
        "command", CommandConfig(command=program, timeout_s=0.2 if "sleep" in program[-1] else 10.0)
    )
    assert said in str(error) and error.lasting == lasting


CALLED: list[dict[str, object]] = []


def take(alert: dict[str, object]) -> None:
    CALLED.append(alert)
    if alert["event"] == "resolved":
        raise ValueError("no\x1b")


async def test_a_function_is_called() -> None:
    CALLED.clear()
    await tell("python", PythonConfig(function=f"{__name__}:take"), FIRING)
    assert [json.loads(FIRING.json())] == CALLED
    error = await refused("python", PythonConfig(function=f"{__name__}:take"), RESOLVED)
    assert str(error).endswith("take: ValueError: no␛") and not error.lasting
    assert (await refused("python", PythonConfig(function="no.such:thing"))).lasting
    assert (await refused("python", PythonConfig(function=f"{__name__}:nothing"))).lasting


async def test_the_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []

    async def run(program: tuple[str, ...], _timeout_s: float) -> None:
        ran.append(tuple(program))

    here = {"notify-send"}
    monkeypatch.setattr(desktop, "run", run)
    monkeypatch.setattr(shutil, "which", lambda name: name if name in here else None)
    await desktop.send(message(_with(slice="feature:<b>"), "firing"))
    here = {"osascript"}
    await desktop.send(RESOLVED)
    assert ran[0] == (
        "notify-send", "--app-name=llmwatch", "--urgency=critical", "--", "llmwatch: ERROR_RATE",
        "error rate 8.1 %, over 5 % (feature:&lt;b&gt;)",
    )  # fmt: skip
    assert ran[1][0] == "osascript"
    assert ran[1][-2:] == ("llmwatch: ERROR_RATE resolved", "error rate 8.1 %, over 5 % (feature:chat)")
    here = set()
    with pytest.raises(DeliveryError, match="neither notify-send nor osascript"):
        await desktop.send(FIRING)


async def test_apprise_that_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL", f"tgram://{SECRET}")
    monkeypatch.setitem(sys.modules, "apprise", None)
    error = await refused("apprise", AppriseConfig(url_env="URL"))
    assert error.lasting and "llmwatch[notify]" in error.hint


async def test_the_log_line(logs: pytest.LogCaptureFixture) -> None:
    for told in (FIRING, RESOLVED, TEST):
        await channels(AlertsConfig())["log"](told)
    assert [(record.levelname, record.getMessage()) for record in logs.records] == [
        ("WARNING", "ALERT [ERROR_RATE]: error rate 8.1 %, over 5 % (feature:chat)"),
        ("INFO", "RESOLVED [ERROR_RATE]: error rate 8.1 %, over 5 % (feature:chat)"),
        ("WARNING", "ALERT [ERROR_RATE]: this is a test: error rate 8.1 %, over 5 % (feature:chat)"),
    ]


def test_a_message_survives_being_kept() -> None:
    assert decoded(FIRING.encoded()) == FIRING


def _with(**changes: Any) -> AlertRow:
    from dataclasses import replace

    return replace(ALERT, **changes)
