"""The registry of clients: whole, without two of a name, and its lines are what they claim to be."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from dataclasses import fields

import pytest
from starlette.routing import Match

from llmwatch.clients import Address, Client, clients, find, near, sending
from llmwatch.collector.dialects import DIALECTS
from llmwatch.collector.protocols import PROTOCOLS
from llmwatch.collector.routes import api, otlp

HERE = Address("127.0.0.1", 4318, 4317)
_PATH = re.compile(r"""\{url\}([^\s"'}]*)""")
NAMES = [client.name for client in clients()]


def named(name: str) -> Client:
    client = find(name)
    assert client is not None
    return client


@pytest.mark.parametrize("name", NAMES)
def test_every_client_is_complete(name: str) -> None:
    client = named(name)
    for field in fields(Client):
        value = getattr(client, field.name)
        if isinstance(value, tuple):
            assert all(isinstance(item, str) and item for item in value), field.name
        else:
            assert isinstance(value, str), field.name
    assert client.what and client.lines and client.dialects
    lines = HERE.fill(client.lines).splitlines()
    assert max(map(len, lines)) <= 110
    assert "{url" not in HERE.fill("".join((*lines, *client.notes)))


def test_no_two_clients_have_a_name() -> None:
    known = [name for client in clients() for name in (client.name, *client.aliases)]
    assert len(known) == len(set(known)), sorted(name for name in known if known.count(name) > 1)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("langfuse", "langfuse"),
        ("Claude Code", "claude-code"),
        ("pydantic_ai", "pydantic-ai"),
        (" Vercel ", "vercel-ai"),
        ("traceloop-sdk", "openllmetry"),
        ("grpc", "opentelemetry-grpc"),
        ("helicone", "openai-proxy"),
        ("ndjson", "json-lines"),
    ],
)
def test_a_client_is_found_however_it_is_written(asked: str, meant: str) -> None:
    assert named(asked).name == meant


def test_what_is_near_is_suggested_and_nothing_else() -> None:
    assert near("langfus")[0] == "langfuse"
    assert near("braintrus") == ["braintrust"]
    assert near("xyzzy") == []
    assert find("langfus") is None


def test_the_usual_sender_of_a_dialect_comes_first() -> None:
    assert sending("langsmith")[0].name == "langsmith"
    assert sending("openinference")[0].name == "openinference"
    assert [client.name for client in sending("claude-code")] == ["claude-code"]
    assert sending("nobody's") == []


def test_an_address_is_filled_in_and_other_braces_stay() -> None:
    six = Address("::1", 5000, 5001)
    assert six.fill("{url} {host}:{grpc_port} {port} {x}") == "http://[::1]:5000 [::1]:5001 5000 {x}"


def test_dialects_are_those_that_spans_get() -> None:
    known = {dialect.name for dialect in DIALECTS} | {protocol.name for protocol in PROTOCOLS} | {"json"}
    assert {dialect for client in clients() for dialect in client.dialects} - known == set()


BASES = {"", "/v1"}
"""Addresses to which clients add paths of their own."""


@pytest.mark.parametrize("path", sorted({path for c in clients() for path in _PATH.findall(c.lines)} - BASES))
def test_what_lines_post_to_is_served(path: str) -> None:
    app_routes = [*otlp.routes, *api.routes, *(route for protocol in PROTOCOLS for route in protocol.routes)]
    scope = {"type": "http", "method": "POST", "path": path}
    assert any(route.matches(scope)[0] is Match.FULL for route in app_routes)


@pytest.mark.parametrize("name", NAMES)
def test_python_lines_are_python(name: str) -> None:
    for block in HERE.fill(named(name).lines).split("\n\n"):
        if block.startswith(("from ", "import ")) and ";" not in block and '"go.' not in block:
            ast.parse(block)


def test_codex_lines_are_its_configuration() -> None:
    table = tomllib.loads(HERE.fill(named("codex").lines))["otel"]
    assert table["exporter"]["otlp-http"]["endpoint"] == "http://127.0.0.1:4318/v1/logs"


def test_the_curl_command_sends_an_object() -> None:
    words = shlex.split(HERE.fill(named("curl").lines))
    assert words[1] == "http://127.0.0.1:4318/api/spans"
    assert json.loads(words[words.index("-d") + 1])["model"] == "gpt-4o-mini"
