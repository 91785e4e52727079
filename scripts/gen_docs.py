"""Write the reference in docs/ from the code; ``--check`` only says if they are current."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import metricdocs
import sqldocs

from llmwatch import config
from llmwatch.clients import Address, Client, clients
from llmwatch.config.budgets import NamedBudgetConfig
from llmwatch.config.prices import PriceConfig
from llmwatch.tui.commands import PLACES, Command, commands

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTE = "<!-- Written by scripts/gen_docs.py from {source}: change it there. -->\n"


def main() -> int:
    """Write the files, or check them; the exit code."""
    check = sys.argv[1:] == ["--check"]
    stale = []
    texts = {
        "configuration.md": configuration(),
        "keys.md": keys(),
        "clients.md": connecting(),
        "metrics.md": metricdocs.page(NOTE.format(source="llmwatch/analysis/metrics/")),
        "sql.md": sqldocs.page(NOTE.format(source="store/*.sql")),
    }
    for name, text in texts.items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"not current: {', '.join(stale)}; run python scripts/gen_docs.py\n")
    return 1 if check and stale else 0


def configuration() -> str:
    """docs/configuration.md."""
    sections = {field.name: type(value) for field, value in _defaults(config.Config())}
    parts = [
        NOTE.format(source="llmwatch/config/"),
        "# Configuration\n",
        "One TOML file, every key optional: `LLMWATCH_CONFIG`, else `config.toml` in the platform's "
        "configuration directory (`~/.config/llmwatch/` on Linux). A key that does not exist is an error "
        "that names the nearest one. Screen and collector read the file again when it changes (but for "
        "`[collector]`, which counts from the start); they say when it has a mistake, and go on.\n",
        "`LLMWATCH_DB` names the database, else `llmwatch.db` in the platform's data directory "
        "(`~/.local/share/llmwatch/` on Linux); `--db` beats both. `LLMWATCH_PRICES` names the file that "
        "`llmwatch prices update` keeps, else `prices.json` beside that.\n",
    ]
    for name, cls in sections.items():
        if dataclasses.is_dataclass(cls):
            parts += _section(name, cls(), _summary(cls))
    parts += [
        "## `[budgets.NAME]`\n",
        f"{_summary(NamedBudgetConfig)} {_docstrings(config.Config)['budgets']}\n",
        _table(NamedBudgetConfig, NamedBudgetConfig()),
        "## `[providers.NAME]`\n",
        f"{_summary(config.ProviderConfig)} {_docstrings(config.Config)['providers']}\n",
        _table(config.ProviderConfig, None),
        "Built in:\n",
        "```toml\n" + "\n".join(_providers(config.Config().providers)) + "```\n",
        '## `[prices."MODEL"]`\n',
        f"{_summary(PriceConfig)} {_docstrings(config.Config)['prices']} Several prices of one model, for "
        'other providers or from other days, are `[[prices."MODEL"]]`.\n',
        _table(PriceConfig, PriceConfig()),
        f"```toml\n{_PRICES}```\n",
        "## `[keys]`\n",
        _docstrings(config.Config)["keys"].replace("docs/keys.md", "[keys.md](keys.md)") + "\n",
    ]
    return "\n".join(parts)


_PRICES = """\
[prices."my-model"]               # dollars per million tokens
input = 2.5
output = 10
batch = { input = 1.25, output = 5 }

[[prices."house-*"]]              # a pattern, dollars per thousand tokens
per = "1K"
input = 0.001
output = 0.002

[[prices."house-*"]]              # dearer from March on; what was called before keeps its price
per = "1K"
from = 2026-03-01
input = 0.002
output = 0.004
"""


def _section(name: str, defaults: Any, text: str, level: int = 2) -> list[str]:
    """A section of the file and, below it, those of its keys that are tables."""
    texts = _docstrings(type(defaults))
    inner = {field.name: value for field, value in _defaults(defaults) if dataclasses.is_dataclass(value)}
    parts = [f"{'#' * level} `[{name}]`\n", f"{text}\n"]
    if len(inner) < len(dataclasses.fields(defaults)):
        parts.append(_table(type(defaults), defaults))
    for key, value in inner.items():
        parts += _section(f"{name}.{key}", value, texts.get(key) or _summary(type(value)), level + 1)
    for field in dataclasses.fields(defaults):
        if field.name not in texts and field.name not in inner:  # tables by name, told by their class
            cls = typing.get_args(typing.get_type_hints(type(defaults))[field.name])[1]
            parts += [f"{'#' * (level + 1)} `[{name}.{field.name}.NAME]`\n", f"{_summary(cls)}\n"]
            parts.append(_table(cls, None))
    return parts


def keys() -> str:
    """docs/keys.md."""
    parts = [
        NOTE.format(source="tui/commands.py"),
        "# Keys\n",
        "The same key means the same thing everywhere. The configuration can give a command other keys:\n",
        '```toml\n[keys]\nreplay = "ctrl+r,f5"\n```\n',
        "A key that another command of the same place has is left out, and the screen says so at the start. "
        "Commands without a key, and all others by their name, are in the palette (`:`).\n",
    ]
    for place, heading in PLACES.items():
        rows = "\n".join(f"| {_keys(c)} | `{c.id}` | {c.help} |" for c in commands(place))
        parts += [f"## {heading}\n", f"| key | command | what it does |\n|---|---|---|\n{rows}\n"]
    return "\n".join(parts)


def connecting() -> str:
    """docs/clients.md."""
    parts = [
        NOTE.format(source="llmwatch/clients.toml"),
        "# Clients\n",
        "What to paste so that a client sends here. `llmwatch connect NAME` prints the same with the address "
        "of the collector that runs; a name is any of those given.\n",
    ]
    return "\n".join((*parts, *map(_client, clients())))


def _client(client: Client) -> str:
    usual = config.CollectorConfig()
    here = Address("localhost", usual.port, usual.grpc_port)
    known = f"Also: {', '.join(f'`{alias}`' for alias in client.aliases)}.\n" if client.aliases else ""
    more = [f"Prompts and answers: `{client.content}`"] if client.content else []
    more += [f"Tokens of streamed OpenAI chat calls: `{client.stream_usage}`"] if client.stream_usage else []
    listed = "".join(f"- {note}\n" for note in (*more, *map(here.fill, client.notes)))
    block = f"```\n{here.fill(client.lines)}\n```\n"
    return "\n".join(
        filter(None, (f"## {client.name}\n", f"{client.title}. {known}".rstrip() + "\n", block, listed))
    )


def _keys(command: Command) -> str:
    if command.argument:
        return f"`:{command.id} {command.argument}`"
    return " ".join(f"`{key}`" for key in command.keys.split(",")) if command.keys else ""


def _table(cls: type[Any], defaults: object | None) -> str:
    """A row for each field of ``cls``; its default comes from ``defaults`` or from the class."""
    texts, hints = _docstrings(cls), typing.get_type_hints(cls)
    rows = []
    for field in dataclasses.fields(cls):
        if field.name not in texts or dataclasses.is_dataclass(getattr(defaults, field.name, None)):
            continue
        choices = ", ".join(f"`{choice}`" for choice in typing.get_args(hints[field.name]))
        text = texts[field.name]
        if typing.get_origin(hints[field.name]) is typing.Literal:
            text += f" One of {choices}."
        value = getattr(defaults, field.name) if defaults else field.default
        if value is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
            value = field.default_factory()
        shown = "required" if value is dataclasses.MISSING else "" if value is None else f"`{_toml(value)}`"
        rows.append(f"| `{field.name.rstrip('_')}` | {shown} | {text} |")
    return "| key | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _providers(providers: Mapping[str, config.ProviderConfig]) -> Iterator[str]:
    for name, provider in providers.items():
        yield f"[providers.{name}]"
        for field, value in _defaults(provider):
            if value != field.default:
                yield f"{field.name} = {_toml(value)}"
        yield ""


def _defaults(value: Any) -> list[tuple[dataclasses.Field[Any], Any]]:
    return [(field, getattr(value, field.name)) for field in dataclasses.fields(value)]


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(_toml(item) for item in value)}]"
        case _:
            return f"{value:_}" if isinstance(value, int) and value >= 10_000 else str(value)


def _docstrings(cls: type[object]) -> dict[str, str]:
    """The text under each field of a class, on one line, its reStructuredText literals as Markdown's."""
    (tree,) = ast.parse(inspect.getsource(cls)).body
    assert isinstance(tree, ast.ClassDef)
    found = {} if cls.__base__ in (None, object) else _docstrings(cls.__base__)
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            name, literal = ast.unparse(field.target), ast.literal_eval(text.value)
            found[name] = " ".join(literal.split()).replace("``", "`")
    return found


def _summary(cls: type[object]) -> str:
    return " ".join((cls.__doc__ or "").split()).replace("``", "`")


if __name__ == "__main__":
    sys.exit(main())
