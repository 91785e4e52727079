r"""Messages as a text that a person can read and change, and back again.

::

    === system
    Be brief.

    === user
    Weather here?
    === + kept 1 image/png

    === assistant
    === + call call_1 get_weather
    {"city": "Paris"}

    === tool
    === + result call_1
    18 degrees

``===`` and a role begin a message, ``=== +`` another part of it; ``kept 1`` is a part that stays as it was
recorded. One blank line at the end of a message belongs to the layout. A line of a text that would be read as
one of these begins with a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from llmwatch.errors import UsageError
from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Message, Part

_ROLES: Final = ("system", "user", "assistant", "tool")
_MARK: Final = re.compile(r"\\*===( |$)")


def to_text(messages: Sequence[Message]) -> str:
    """``messages`` as text, in which control characters stand as pictures."""
    return "\n".join(line for lines in _rendered(messages) for line in lines)


def from_text(text: str, original: Sequence[Message]) -> tuple[Message, ...]:
    """The messages that ``text`` says; those that `to_text` made of ``original`` are taken from there.

    Raises:
        UsageError: It does not begin with a role, or names a role, a sort of part or a kept part that is not.
    """
    known = dict(zip(_rendered(original), original, strict=True))
    kept = _kept(original)
    messages = [known.get(lines) or _message(lines, kept, number) for number, lines in _sections(text)]
    return tuple(message for message in messages if message.parts)


def _rendered(messages: Sequence[Message]) -> list[tuple[str, ...]]:
    kept = _kept(messages)
    return [
        (f"=== {m.role}", *(line for i, p in enumerate(m.parts) for line in _lines(p, i, kept)), "")
        for m in messages
    ]


def _kept(messages: Sequence[Message]) -> list[Part]:
    """The parts that text cannot hold."""
    held = ("text", "tool_call", "tool_call_response")
    return [part for message in messages for part in message.parts if part.type not in held]


def _lines(part: Part, position: int, kept: Sequence[Part]) -> Iterator[str]:
    match part.type:
        case "text":
            if position:
                yield "=== + text"
            yield from _body(part.text)
        case "tool_call":
            yield f"=== + call {part.id} {neutral_line(part.name or '')}"
            yield from _body(part.arguments)
        case "tool_call_response":
            yield f"=== + result {part.id}"
            yield from _body(part.text)
        case _:
            what = part.mime_type or part.modality or part.type
            yield f"=== + kept {kept.index(part) + 1} {neutral_line(what)}"


def _body(text: str | None) -> list[str]:
    """Neutral lines; tabs are kept, an editor knows them."""
    lines = "\t".join(neutral(piece) for piece in (text or "").split("\t")).split("\n")
    return [f"\\{line}" if _MARK.match(line) else line for line in lines]


def _sections(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The lines of every message, with the number of the first; what they end with as `_rendered` has it."""
    section: list[str] = []
    start = 1
    for number, line in enumerate((*text.split("\n"), "=== end"), start=1):
        if line.startswith("=== ") and not line.startswith("=== +"):
            if section:
                yield start, tuple(section if section[-1] == "" else [*section, ""])
            section, start = [line], number
        elif section:
            section.append(line)
        elif line.strip():
            raise UsageError(f"Line {number}: the text must begin with a role", hint=_HINT)


def _message(lines: Sequence[str], kept: Sequence[Part], start: int) -> Message:
    role = lines[0].removeprefix("=== ").strip()
    if role not in _ROLES:
        raise UsageError(f"Line {start}: there is no role {role!r}", hint=_HINT)
    parts: list[Part] = []
    heading, body = "text", list[str]()
    for number, line in enumerate((*lines[1:-1], "=== + end"), start=start + 1):
        if line.startswith("=== +"):
            parts += _part(heading, "\n".join(body), kept, number)
            heading, body = line.removeprefix("=== +").strip(), []
        else:
            body.append(line[1:] if line.startswith("\\") and _MARK.match(line) else line)
    return Message(role=role, parts=tuple(parts))


def _part(heading: str, body: str, kept: Sequence[Part], number: int) -> list[Part]:
    sort, _, rest = heading.partition(" ")
    name, _, more = rest.partition(" ")
    match sort:
        case "text":
            return [Part(type="text", text=body)] if body else []
        case "call":
            return [Part(type="tool_call", id=name, name=more, arguments=body)]
        case "result":
            return [Part(type="tool_call_response", id=name, text=body)]
        case "kept" if name.isdecimal() and 0 < int(name) <= len(kept):
            return [kept[int(name) - 1]]
        case _:
            raise UsageError(f"Before line {number}: there is no part {heading!r}", hint=_HINT)


_HINT: Final = "A message begins with === system, user, assistant or tool."
