"""Whether a value conforms to a JSON schema: the part of the language that structured outputs use.

``pattern``, ``format``, ``if``, ``dependent…`` and ``unevaluated…`` are not looked at, nor references to
other documents: a schema comes with the request, and a hostile one must cost no time and no connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from llmwatch.errors import LlmwatchError

_STEPS: Final = 20_000
"""Schemas that are applied to values: a schema of alternatives that nest could take for ever."""
_DEPTH: Final = 60
_SHOWN: Final = 40
_COMBINING: Final = frozenset({"allOf", "anyOf", "oneOf", "not"})
_MEASURING: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})


class _TooMuchError(LlmwatchError):
    """The schema and the value take more steps than they are worth."""


def violation(value: Any, schema: Any) -> str | None:
    """The first way in which ``value`` (decoded JSON) does not conform to ``schema``; None when it does.

    A schema that is too deep or takes too many steps is given up, and its value passes.
    """
    try:
        return next(_Walk(schema).violations(value, schema, "$", 0), None)
    except _TooMuchError:
        return None


class _Walk:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = 0

    def violations(self, value: Any, schema: Any, at: str, depth: int) -> Iterator[str]:
        """What is wrong with ``value``, which stands at ``at``."""
        self._steps += 1
        if self._steps > _STEPS or depth > _DEPTH:
            raise _TooMuchError("too deep or too long")
        if schema is False:
            yield f"{at}: not allowed"
        if not isinstance(schema, Mapping) or (value is None and schema.get("nullable") is True):
            return
        if "$ref" in schema:
            yield from self.violations(value, self._referred(schema["$ref"]), at, depth + 1)
        yield from _of_itself(value, schema, at)
        if not _COMBINING.isdisjoint(schema):
            yield from self._combined(value, schema, at, depth + 1)
        if isinstance(value, Mapping):
            yield from self._members(value, schema, at, depth + 1)
        elif isinstance(value, list):
            yield from self._elements(value, schema, at, depth + 1)

    def _fits(self, value: Any, schema: Any, at: str, depth: int) -> bool:
        return next(self.violations(value, schema, at, depth), None) is None

    def _combined(self, value: Any, schema: Mapping[str, Any], at: str, depth: int) -> Iterator[str]:
        for part in _list(schema.get("allOf")):
            yield from self.violations(value, part, at, depth)
        alternatives = _list(schema.get("anyOf"))
        if alternatives and not any(self._fits(value, part, at, depth) for part in alternatives):
            yield f"{at}: none of {len(alternatives)} alternatives"
        if alternatives := _list(schema.get("oneOf")):
            fitting = sum(self._fits(value, part, at, depth) for part in alternatives)
            if fitting != 1:
                yield f"{at}: {fitting or 'none'} of {len(alternatives)} alternatives, not one"
        if "not" in schema and self._fits(value, schema["not"], at, depth):
            yield f"{at}: what it must not be"

    def _members(
        self, value: Mapping[str, Any], schema: Mapping[str, Any], at: str, depth: int
    ) -> Iterator[str]:
        properties = schema.get("properties")
        known: Mapping[str, Any] = properties if isinstance(properties, Mapping) else {}
        for name in _list(schema.get("required")):
            if isinstance(name, str) and name not in value:
                yield f"{at}: no {name}"
        others = schema.get("additionalProperties", True)
        for name, inner in value.items():
            if name in known:
                yield from self.violations(inner, known[name], f"{at}.{name}", depth)
            elif others is False and "patternProperties" not in schema:
                yield f"{at}: {_shown(name)} is not in the schema"
            elif isinstance(others, Mapping):
                yield from self.violations(inner, others, f"{at}.{name}", depth)
        yield from _bounded(len(value), schema, "minProperties", "maxProperties", f"{at}: {{}} members")

    def _elements(self, value: list[Any], schema: Mapping[str, Any], at: str, depth: int) -> Iterator[str]:
        first = _list(schema.get("prefixItems"))
        rest = schema.get("items", True)
        for place, inner in enumerate(value):
            of = first[place] if place < len(first) else rest
            yield from self.violations(inner, of, f"{at}[{place}]", depth)
        yield from _bounded(len(value), schema, "minItems", "maxItems", f"{at}: {{}} items")
        if schema.get("uniqueItems") is True and any(inner in value[:n] for n, inner in enumerate(value)):
            yield f"{at}: an item twice"

    def _referred(self, reference: object) -> Any:
        """What a reference within the schema means; anything goes where it means nothing."""
        found = self._root
        if not isinstance(reference, str) or not reference.startswith("#"):
            return True
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or name not in found:
                return True
            found = found[name]
        return found


def _of_itself(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    """What is wrong with a value, whatever is in it."""
    wanted = schema.get("type")
    names = [str(name).lower() for name in (wanted if isinstance(wanted, list) else (wanted,))]
    known = [name for name in names if name in _TYPES]
    if known and not any(_TYPES[name](value) for name in known):
        yield f"{at}: {_shown(value)} is no {' or '.join(known)}"
        return
    allowed = schema.get("enum")
    if isinstance(allowed, list) and not any(_same(value, each) for each in allowed):
        yield f"{at}: {_shown(value)} is not among the allowed values"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{at}: {_shown(value)} is not {_shown(schema['const'])}"
    if isinstance(value, str):
        yield from _bounded(len(value), schema, "minLength", "maxLength", f"{at}: {{}} characters")
    elif _is_number(value) and not _MEASURING.isdisjoint(schema):
        yield from _measured(value, schema, at)


def _measured(value: float, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _bounded(value, schema, "minimum", "maximum", f"{at}: {{}}")
    low, high, step = (
        _number(schema.get(key)) for key in ("exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    )
    if (low is not None and value <= low) or (high is not None and value >= high):
        yield f"{at}: {value} is out of range"
    if step and isinstance(value, int) and isinstance(step, int) and value % step:
        yield f"{at}: {value} is no multiple of {step}"


def _bounded(value: float, schema: Mapping[str, Any], least: str, most: str, said: str) -> Iterator[str]:
    low, high = _number(schema.get(least)), _number(schema.get(most))
    if low is not None and value < low:
        yield f"{said.format(value)}, fewer than {low}"
    if high is not None and value > high:
        yield f"{said.format(value)}, more than {high}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    return value if _is_number(value) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value == int(value),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
"""Gemini writes them in capitals."""
