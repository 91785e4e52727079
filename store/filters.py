"""The filter language: which traces to show.

::

    status:error model:gpt-4o* cost>0.05 "refund policy"
    kind:llm dur>2s since:15m | !service:checkout

Terms are ANDed, ``|`` between them is OR (and binds weaker), ``!`` is not; ``a|b`` within a value is any of
them. A word, or words in quotes, are searched in prompts, answers, inputs and outputs. ``*`` stands for any
characters; a quote within quotes is written twice. `KEYS` lists what can be asked for.

A trace matches when a term holds of any of its spans. ``kind:`` sets the subject: the terms beside it must
then hold of one and the same span of that kind, so that ``kind:llm status:error`` are the traces behind a
number of failed LLM calls. Costs, durations and tokens without ``kind:`` are the trace's.
"""

from __future__ import annotations

import difflib
import re
from typing import Final, cast

from llmwatch.errors import FilterError
from llmwatch.store.filterterms import KEYS, All, Either, Filter, Node, Not, Operator, Sort, Term, Words
from llmwatch.store.filtervalues import EXAMPLES, convert

__all__ = ["KEYS", "Filter", "parse", "quoted"]

_KEY: Final = re.compile(r"([A-Za-z_]+)(:|=|[<>]=?)")
_BARE: Final = re.compile(r'[^\s|"]+')
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')
_MOST_VALUES: Final = 200
"""SQLite takes expressions 1,000 deep."""
_PLAIN: Final = re.compile(r"[\w.:/@-]+")
_VALUE: Final = re.compile(r"[^\s|]")


def parse(text: str) -> Filter:
    """Read a filter expression.

    Raises:
        FilterError: It cannot be read; ``position`` is where, and the hint says what would do there.
    """
    reader = _Reader(text)
    return Filter(text, reader.alternatives() if text.strip() else All(()))


def quoted(value: str) -> str:
    """``value`` as it can stand in a filter expression, e.g. after a key."""
    return value if _PLAIN.fullmatch(value) else '"' + value.replace('"', '""') + '"'


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._values = 0

    def alternatives(self) -> Node:
        groups = [self._group()]
        while self._skip("|"):
            groups.append(self._group())
        return groups[0] if len(groups) == 1 else Either(tuple(groups))

    def _group(self) -> Node:
        terms: list[Node] = []
        while self._peek() not in ("", "|"):
            terms.append(self._term())
        if not terms:
            raise self._missing()
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def _term(self) -> Node:
        negated = False
        while self._skip("!"):
            negated = not negated
        if self._peek() in ("", "|"):
            raise self._missing()
        match = _KEY.match(self._text, self._at)
        node = self._condition(match[1], match[2]) if match else Words(self._value())
        return Not(node) if negated else node

    def _missing(self) -> FilterError:
        return FilterError(
            "A condition is missing", position=self._at, hint="Write one on each side of |, or after !"
        )

    def _condition(self, key: str, sign: str) -> Term:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            raise FilterError(
                f"There is no key {key}",
                position=self._at,
                hint=f"Did you mean {near[0]}? To search for the text, put it in quotes."
                if near
                else f"Keys are {', '.join(sorted(KEYS))}. To search for the text, put it in quotes.",
            )
        sort = KEYS[key]
        self._at += len(key)
        if sign in ":=":
            operator: Operator = "="
        elif sort in ("money", "duration", "count"):
            operator = cast("Operator", sign)
        else:
            raise FilterError(f"{key} cannot be compared", position=self._at, hint=f"Write {key}:…")
        self._at += len(sign)
        values = [self._converted(key, sort)]
        while self._text.startswith("|", self._at) and _VALUE.match(self._text, self._at + 1):
            self._at += 1
            values.append(self._converted(key, sort))
        return Term(key, operator, tuple(values))

    def _converted(self, key: str, sort: Sort) -> str | int:
        start = self._at
        value = self._value() if _VALUE.match(self._text, start) else ""
        converted = convert(sort, value) if value else None
        if converted is None:
            hint = f"Write {EXAMPLES[sort]}." if sort in EXAMPLES else f"Write {key}:… or {key}:abc*"
            what = f"{key} cannot be {value!r}" if value else f"{key} needs a value"
            raise FilterError(what, position=start, hint=hint)
        return converted

    def _value(self) -> str:
        """A word, or text in quotes."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise FilterError("The filter is too long", position=self._at, hint="Ask for less at once.")
        if self._text.startswith('"', self._at):
            match = _QUOTED.match(self._text, self._at)
            if match is None:
                raise FilterError("A quote is not closed", position=self._at, hint='Write "…"')
            self._at = match.end()
            return match[1].replace('""', '"')
        match = _BARE.match(self._text, self._at)
        assert match is not None, "the caller looked"
        self._at = match.end()
        return match[0]

    def _peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _skip(self, sign: str) -> bool:
        found = self._peek() == sign
        self._at += found
        return found
