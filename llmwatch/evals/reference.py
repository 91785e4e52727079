"""Checks of an output against what was expected of it. Pure; code is run by coderun.py.

An output or an expected value that is an object of one member stands for that member: ``{"answer": "Paris"}``
is Paris.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from llmwatch.errors import UsageError

Check: TypeAlias = Callable[[str, Any], "Outcome"]

_NUMBER: Final = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?\.?\d+(?:[eE][-+]?\d+)?")
_CLASS_KEYS: Final = ("class", "label", "category", "prediction", "intent", "answer")
_FENCED: Final = re.compile(r"^\s*```\w*\n(.*?)\n?```\s*$", re.DOTALL)
_AROUND_CLASS: Final = " \t\n.,;:!?\"'`*()[]"
_SHOWN: Final = 60


class Outcome(NamedTuple):
    """Whether an output passes a check, and if not, why."""

    passed: bool
    why: str = ""


def check_of(spec: str) -> Check:
    """The check that ``spec`` names: ``exact``, ``contains``, ``json[:FIELD,…]``, ``class``,
    ``number[:TOLERANCE]`` (0.01, or 1%) or ``regex``.

    Raises:
        UsageError: There is no such check, or it takes no such argument.
    """  # noqa: D205
    name, _, argument = spec.partition(":")
    make = _CHECKS.get(name)
    if make is None:
        raise UsageError(f"There is no check {name}", hint=f"There are {', '.join(NAMES)}.")
    return make(argument)


def exact(output: str, expected: Any) -> Outcome:
    """The output is the expected text, or the same JSON."""
    wanted, found = _bare(expected), _bare(_value(output))
    if found == wanted or output.strip() == _text(wanted).strip():
        return Outcome(passed=True)
    return Outcome(passed=False, why=f"not {_shown(wanted)}")


def contains(output: str, expected: Any) -> Outcome:
    """The output has the expected text in it, or each of several, in whatever case."""
    wanted = _bare(expected)
    said = output.casefold()
    missing = [
        text
        for text in map(_text, wanted if isinstance(wanted, list) else [wanted])
        if text.casefold() not in said
    ]
    return Outcome(passed=False, why=f"no {_shown(missing[0])}") if missing else Outcome(passed=True)


def fields(output: str, expected: Any, names: tuple[str, ...] = ()) -> Outcome:
    """The output is JSON with the expected members: those named, else all. Others may be there too."""
    found = _value(output)
    if not isinstance(found, Mapping) or not isinstance(expected, Mapping):
        return Outcome(
            passed=False,
            why="the output is no JSON object" if isinstance(expected, Mapping) else "no object is expected",
        )
    for name in names or tuple(expected):
        if name not in expected:
            return Outcome(passed=False, why=f"{name} is not expected to be anything")
        if name not in found:
            return Outcome(passed=False, why=f"no {name}")
        if found[name] != expected[name] or isinstance(found[name], bool) != isinstance(expected[name], bool):
            return Outcome(passed=False, why=f"{name} is {_shown(found[name])}, not {_shown(expected[name])}")
    return Outcome(passed=True)


def same_class(output: str, expected: Any) -> Outcome:
    """The output names the expected class, alone or as the label of a JSON object."""
    wanted, found = _class(expected), _class(_value(output))
    return (
        Outcome(passed=True)
        if found == wanted
        else Outcome(passed=False, why=f"{_shown(found)}, not {_shown(wanted)}")
    )


def number(output: str, expected: Any, absolute: float = 0.0, relative: float = 1e-9) -> Outcome:
    """The last number in the output is the expected one, within a tolerance."""
    wanted, found = _number(_bare(expected)), _number(_bare(_value(output)))
    if wanted is None or found is None:
        return Outcome(
            passed=False, why="no number is expected" if wanted is None else "no number in the output"
        )
    if math.isclose(found, wanted, rel_tol=relative, abs_tol=absolute):
        return Outcome(passed=True)
    return Outcome(passed=False, why=f"{found:g}, not {wanted:g}")


def regex(output: str, expected: Any) -> Outcome:
    """The expected pattern is found in the output."""
    pattern = _text(_bare(expected))
    try:
        found = re.search(pattern, output)
    except re.error as error:
        return Outcome(passed=False, why=f"the pattern is none: {error}")
    return Outcome(passed=True) if found else Outcome(passed=False, why=f"nothing like {_shown(pattern)}")


def code_in(output: str) -> str:
    """The code of an output: what is fenced in it, else all of it."""
    blocks = re.findall(r"```(?:python|py)?\n(.*?)```", output, re.DOTALL)
    return "\n".join(blocks) or output


def _plain(check: Check) -> Callable[[str], Check]:
    def make(argument: str) -> Check:
        if argument:
            raise UsageError(f"This check takes no argument: {argument}")
        return check

    return make


def _fields(argument: str) -> Check:
    names = tuple(filter(None, map(str.strip, argument.split(","))))
    return lambda output, expected: fields(output, expected, names)


def _tolerant(argument: str) -> Check:
    try:
        tolerance = float(argument.removesuffix("%")) if argument else 0.0
    except ValueError:
        tolerance = math.nan
    if not tolerance >= 0:
        raise UsageError(f"{argument} is no tolerance", hint="Write 0.01, or 1%.")
    if argument.endswith("%"):
        return lambda output, expected: number(output, expected, relative=tolerance / 100)
    return lambda output, expected: number(output, expected, absolute=tolerance)


def _value(output: str) -> Any:
    """The output as JSON where it is some, fenced or not."""
    fenced = _FENCED.match(output)
    try:
        return json.loads(fenced[1] if fenced else output)
    except (ValueError, RecursionError):
        return output.strip()


def _bare(value: Any) -> Any:
    return next(iter(value.values())) if isinstance(value, Mapping) and len(value) == 1 else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _class(value: Any) -> str:
    if isinstance(value, Mapping):
        value = next((value[key] for key in _CLASS_KEYS if key in value), _bare(value))
    return _text(value).strip(_AROUND_CLASS).casefold()


def _number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = _NUMBER.findall(value) if isinstance(value, str) else []
    return float(found[-1].replace(",", "")) if found else None


def _shown(value: Any) -> str:
    text = " ".join(_text(value).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_CHECKS: Final[Mapping[str, Callable[[str], Check]]] = {
    "exact": _plain(exact),
    "contains": _plain(contains),
    "json": _fields,
    "class": _plain(same_class),
    "number": _tolerant,
    "regex": _plain(regex),
}
CODE: Final = "code"
NAMES: Final = (*_CHECKS, CODE)
"""The names of all checks; the last one runs what a model wrote, and is not made by `check_of`."""
