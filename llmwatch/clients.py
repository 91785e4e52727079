"""The one registry of clients: who can send here, and the lines that make each of them do it.

``llmwatch connect``, docs/clients.md, the screen before the first span and the hints about what a span lacks
read it. A client is a table in clients.toml.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from llmwatch.addresses import bracketed, origin

_ALIKE: Final = 0.6
_SUGGESTED: Final = 3


@dataclass(frozen=True, slots=True)
class Address:
    """Where a collector is reached."""

    host: str
    port: int
    grpc_port: int

    def fill(self, text: str) -> str:
        """``text`` with this address in its placeholders. Other braces stay: much of it is code."""
        for name, value in (
            ("{url}", origin(self.host, self.port)),
            ("{host}", bracketed(self.host)),
            ("{port}", str(self.port)),
            ("{grpc_port}", str(self.grpc_port)),
        ):
            text = text.replace(name, value)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A library, SDK or tool that sends spans. Texts may hold the placeholders that `Address.fill` fills."""

    name: str
    what: str
    """What it is, in a few words."""
    lines: str
    """Environment, code or commands to paste."""
    dialects: tuple[str, ...]
    """What ``span.dialect`` is for what it sends, the usual one first."""
    aliases: tuple[str, ...] = ()
    """Other names people know it by: packages, frameworks, older versions."""
    content: str = ""
    """The line that makes it send prompts and answers; empty when nothing can or need be done."""
    stream_usage: str = ""
    """What a streamed OpenAI chat call must say so that its token counts are sent; empty when nothing can."""
    notes: tuple[str, ...] = ()
    """What goes wrong, a sentence each."""

    @property
    def title(self) -> str:
        """What it is, as a heading."""
        return self.what[0].upper() + self.what[1:]


@cache
def clients() -> tuple[Client, ...]:
    """Every client, the most general first."""
    text = files("llmwatch").joinpath("clients.toml").read_text(encoding="utf-8")
    return tuple(_client(table) for table in tomllib.loads(text)["client"])


def find(name: str) -> Client | None:
    """The client with this name or alias, however it is written: case, ``_`` and spaces do not matter."""
    return _by_name().get(_plain(name))


def near(name: str) -> list[str]:
    """Names of clients that ``name`` may have been meant for, the likeliest first."""
    alike = difflib.get_close_matches(_plain(name), _by_name(), _SUGGESTED, _ALIKE)
    return list(dict.fromkeys(_by_name()[found].name for found in alike))


def sending(dialect: str) -> list[Client]:
    """The clients whose spans arrive as ``dialect``, those that usually do first."""
    found = [client for client in clients() if dialect in client.dialects]
    return sorted(found, key=lambda client: client.dialects.index(dialect))


@cache
def _by_name() -> dict[str, Client]:
    return {_plain(name): client for client in clients() for name in (client.name, *client.aliases)}


def _plain(name: str) -> str:
    return "-".join(name.strip().lower().replace("_", " ").split())


def _client(table: dict[str, str | list[str]]) -> Client:
    texts = {key: value.strip("\n") for key, value in table.items() if isinstance(value, str)}
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Client(**texts, **lists)  # type: ignore[arg-type]  # TOML has the fields' types; the tests check
