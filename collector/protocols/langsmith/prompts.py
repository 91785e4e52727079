"""Prompts of the store, whoever's client put them there, as the commits that ``pull_prompt`` reads.

A commit's hash is the prompt's version in eight hexadecimal digits.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.values import text
from llmwatch.collector.protocols.asking import present, reading
from llmwatch.collector.protocols.langsmith.asking import iso
from llmwatch.store.reads import prompts as read
from llmwatch.store.registry import PromptRow

_HASH: Final = re.compile(r"[0-9a-f]{8}")
_VARIABLE: Final = re.compile(r"{{\s*([\w.]+)\s*}}")
_TEMPLATES: Final = {
    "system": "SystemMessagePromptTemplate",
    "user": "HumanMessagePromptTemplate",
    "assistant": "AIMessagePromptTemplate",
}


async def commit(request: Request) -> Response:
    """``GET /commits/{owner}/{name}/{commit}``: a hash, a label, or latest."""
    name, wanted = request.path_params["name"], request.path_params["commit"]

    def work(db: sqlite3.Connection) -> PromptRow | None:
        if _HASH.fullmatch(wanted):
            return read.prompt(db, name, version=int(wanted, 16))
        return read.prompt(db, name, label=wanted)

    return JSONResponse(_json(present(await reading(request, work), f"prompt {name}:{wanted}")))


def _json(row: PromptRow) -> dict[str, Any]:
    return {
        "commit_hash": f"{row.version:08x}",
        "manifest": manifest(row.prompt),
        "examples": [],
        "description": row.commit_message,
        "created_at": iso(row.created_ns),
    }


def manifest(prompt: Any) -> dict[str, Any]:
    """A prompt, text or a list of messages with ``{{variables}}``, as LangChain's serialized template."""
    if not isinstance(prompt, list):
        return _template(text(prompt) or "")
    messages = [_message(item) for item in prompt if isinstance(item, Mapping)]
    variables = {name for message in messages for name in _variables(message)}
    return _constructor(
        ("prompts", "chat", "ChatPromptTemplate"), input_variables=sorted(variables), messages=messages
    )


def _message(item: Mapping[str, Any]) -> dict[str, Any]:
    if item.get("type") == "placeholder":
        return _constructor(("prompts", "chat", "MessagesPlaceholder"), variable_name=item.get("name"))
    role, inner = str(item.get("role")), _template(text(item.get("content")) or "")
    if role in _TEMPLATES:
        return _constructor(("prompts", "chat", _TEMPLATES[role]), prompt=inner)
    return _constructor(("prompts", "chat", "ChatMessagePromptTemplate"), role=role, prompt=inner)


def _variables(message: Mapping[str, Any]) -> list[str]:
    held = message["kwargs"]
    return held["prompt"]["kwargs"]["input_variables"] if "prompt" in held else [held["variable_name"]]


def _template(said: str) -> dict[str, Any]:
    return _constructor(
        ("prompts", "prompt", "PromptTemplate"),
        input_variables=sorted(set(_VARIABLE.findall(said))),
        template=said,
        template_format="mustache",
    )


def _constructor(path: tuple[str, ...], **kwargs: Any) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": ["langchain", *path], "kwargs": kwargs}
