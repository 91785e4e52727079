"""Which format a request asks for, as the APIs spell it, and whether a text is JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from llmwatch.store.span import JsonObject

_FORMATS: Final = ("response_format", "output.type", "response_mime_type", "format", "text")
"""Parameters that ask for a format: of OpenAI chat, GenAI, Gemini, Ollama, OpenAI responses."""
_SCHEMAS: Final = ("response_schema", "response_json_schema", "responseSchema", "responseJsonSchema")
"""Parameters that are a schema themselves: Gemini's."""
_ANY_FORMAT: Final = frozenset({*_FORMATS, *_SCHEMAS})
_SCHEMA_WORDS: Final = frozenset({"type", "properties", "anyOf", "$ref", "enum", "items"})


def expects_json(parameters: JsonObject) -> bool:
    """Whether the request asks for JSON."""
    if parameters.keys().isdisjoint(_FORMATS):
        return False
    return any(_names_json(parameters[name]) for name in _FORMATS if name in parameters)


def schema_in(parameters: JsonObject) -> Mapping[str, Any] | None:
    """The JSON schema that the request carries; None without one."""
    if parameters.keys().isdisjoint(_ANY_FORMAT):
        return None
    for name in _SCHEMAS:
        if name in parameters and isinstance(schema := _object(parameters[name]), Mapping):
            return schema
    for name in _FORMATS:
        if name in parameters and (found := _schema(_object(parameters[name]))):
            return found
    return None


def json_error(text: str) -> str | None:
    """Why ``text`` is not JSON; None when it is."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        return str(error)
    return None


def _names_json(asked: object) -> bool:
    if isinstance(asked, Mapping):
        return _names_json(asked.get("type") or asked.get("format"))
    return isinstance(asked, str) and "json" in asked[:40]


def _schema(asked: object) -> Mapping[str, Any] | None:
    """The schema in what OpenAI chat or responses ask for, or that itself, as Ollama has it."""
    if not isinstance(asked, Mapping):
        return None
    for inner in ("json_schema", "format", "schema"):
        if isinstance(nested := asked.get(inner), Mapping):
            return nested if inner == "schema" else _schema(nested)
    return asked if asked.get("type") in ("object", "array") and _SCHEMA_WORDS & asked.keys() else None


def _object(value: object) -> object:
    """Attributes hold objects as JSON text."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return None
    return value
