"""TOML tables as dataclasses: keys are fields, values are checked against the fields' types."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

from llmwatch.errors import ConfigError


def build(cls: type[Any], table: object, source: str, where: str) -> Any:
    """A ``cls`` (a dataclass) of the keys and values in ``table``; ``where`` is the table's name.

    Raises:
        ConfigError: A key does not exist or is missing, or a value is of the wrong type or negative.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{source}: {where} must be a table")
    hints = get_type_hints(cls)
    known = {f.name.rstrip("_"): f.name for f in fields(cls)}  # from_ is written from, a word of Python's
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{where}.{key}" if where else key
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise ConfigError(
                f"{source}: there is no key {name}",
                hint=f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(known))}.",
            )
        values[known[key]] = _convert(hints[known[key]], value, source, name)
    try:
        return cls(**values)
    except TypeError as error:
        raise ConfigError(f"{source}: {where} is incomplete: {error}") from error


def _convert(hint: Any, value: Any, source: str, name: str) -> Any:
    if is_dataclass(hint):
        return build(typing.cast("type[Any]", hint), value, source, name)
    origin = get_origin(hint)
    if origin is Literal:
        if value in get_args(hint):
            return value
        raise ConfigError(f"{source}: {name} must be one of {', '.join(map(str, get_args(hint)))}")
    if origin in (types.UnionType, typing.Union):  # the latter of Literal[…] | None
        return _convert(next(a for a in get_args(hint) if a is not type(None)), value, source, name)
    if origin is tuple:
        if isinstance(value, Mapping):  # [prices."m"] is the only one of [[prices."m"]]
            value = [value]
        if isinstance(value, list):
            return tuple(_convert(get_args(hint)[0], item, source, name) for item in value)
        raise ConfigError(f"{source}: {name} must be a list")
    if origin is not None and issubclass(origin, Mapping):
        if isinstance(value, Mapping):
            return {k: _convert(get_args(hint)[1], v, source, f"{name}.{k}") for k, v in value.items()}
        raise ConfigError(f"{source}: {name} must be a table")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (type(value) in _NARROWER and type(value) is not hint):
        raise ConfigError(f"{source}: {name} must be {_NAMES[hint]}, not {value!r}")
    if isinstance(value, int | float) and not isinstance(value, bool) and not value >= 0:
        raise ConfigError(f"{source}: {name} must not be negative")
    return value


_NAMES = {
    str: "text", int: "a whole number", float: "a number", bool: "true or false",
    date: "a date, e.g. 2026-03-01",
}  # fmt: skip
_NARROWER = (bool, datetime)
"""Types that are instances of int and date, but are not meant where one is asked for."""
