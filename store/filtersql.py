"""Filters as SQL over ``traces``, everything from the user as parameters.

Pages look at a window of traces at a time, ``:low`` to ``:high``, so that what a condition looks up
elsewhere (users, full text) is bounded by the window, not by all that is stored.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from llmwatch.store.facets import FACETS, LISTS, PEOPLE
from llmwatch.store.filterterms import All, Either, Filter, Node, Not, Term, Words
from llmwatch.store.running import RUNNING, quiet_ns
from llmwatch.store.search import phrase

TOKENS: Final = "coalesce({0}.input_tokens + {0}.output_tokens, {0}.input_tokens, {0}.output_tokens)"
"""Of a trace or a span, as far as they are known."""

_TRACE_NUMBERS: Final = {
    "cost": "traces.cost_nanousd",
    "dur": "traces.duration_ns",
    "tokens": TOKENS.format("traces"),
    "in": "traces.input_tokens",
    "out": "traces.output_tokens",
    "spans": "traces.span_count",
    "after": "traces.start_ns",
    "before": "traces.start_ns",
    "since": "traces.start_ns",
}
_SPAN_NUMBERS: Final = {
    "cost": "s.cost_nanousd",
    "dur": "s.duration_ns",
    "ttft": "s.time_to_first_chunk_ns",
    "tokens": TOKENS.format("s"),
    "in": "s.input_tokens",
    "out": "s.output_tokens",
}
_TRACE_CHOICES: Final = {
    "status": {
        "error": "traces.error_count > 0",
        "running": RUNNING,
        "ok": f"traces.error_count = 0 AND NOT {RUNNING}",
    },
    "unpriced": {"yes": "traces.unpriced_calls > 0", "no": "traces.unpriced_calls = 0"},
    "replayed": {
        "yes": "EXISTS (SELECT 1 FROM replays WHERE replays.trace_id = traces.trace_id)",
        "no": "NOT EXISTS (SELECT 1 FROM replays WHERE replays.trace_id = traces.trace_id)",
    },
}
_SPAN_CHOICES: Final = {
    "status": {
        "error": "s.status = 'error'",
        "running": "s.state = 'started'",
        "ok": "s.state = 'ended' AND s.status != 'error'",
    },
    "unpriced": {
        "yes": "s.usage_role = 'counted' AND s.cost_nanousd IS NULL",
        "no": "s.usage_role = 'counted' AND s.cost_nanousd IS NOT NULL",
    },
}
_COLUMNS: Final = {
    "name": ["s.name"],
    **{key: [f"s.{column}" for column in columns] for key, columns in FACETS.items()},
    **{
        key: [f"coalesce(s.{column}, traces.{column})"]
        for key, column in {**PEOPLE, "feature": "feature", "segment": "segment"}.items()
    },
}
"""What a span is found by. Who asked for what, its trace says where it does not, as in sums (heads.py)."""
_OF_SPANS: Final = {"error", *_COLUMNS, *LISTS, *_SPAN_NUMBERS, *_SPAN_CHOICES}
"""Keys that can be asked of a span."""
_TEXT: Final = """traces.id IN (
    SELECT trace FROM search CROSS JOIN search_documents ON search_documents.id = search.rowid
    WHERE search MATCH {words} AND trace BETWEEN :low AND :high
    AND search.rowid BETWEEN (SELECT min(id) FROM search_documents WHERE trace BETWEEN :low AND :high)
    AND (SELECT max(id) FROM search_documents WHERE trace BETWEEN :low AND :high))"""
_FEW_DOCUMENTS: Final = 1000
"""A word in fewer is looked up once: over a million spans 0.3 ms for one that
nobody said, against 160 by windows."""
_FEW: Final = """
    SELECT trace FROM search CROSS JOIN search_documents ON search_documents.id = search.rowid
    WHERE search MATCH ? LIMIT ?"""
_PEOPLE: Final = (
    "traces.id IN (SELECT trace FROM people WHERE key = '{key}' AND {match} AND trace BETWEEN :low AND :high)"
)
_MANY: Final = 16
"""Facets up to which each is looked for in a trace's list; past that the list is taken apart."""
_SPAN: Final = "EXISTS (SELECT 1 FROM spans AS s WHERE s.trace = traces.id AND {})"
_SIGNS: Final = {"after": ">=", "since": ">=", "before": "<"}
_ESCAPED: Final = re.compile(r"[%_\\]")
_BRACKETED: Final = re.compile(r"[\[?]")


class Compiled:
    """A filter as a condition on ``traces``.

    Args:
        db: Where facets are looked up.
        filter: The filter.
        now_ns: What ages count back from.
    """

    def __init__(self, db: sqlite3.Connection, filter: Filter, now_ns: int) -> None:
        self._db = db
        self._now_ns = now_ns
        self.values: dict[str, str | int] = {"quiet_ns": quiet_ns()}
        """The parameters, but for ``low`` and ``high``."""
        self.condition = self._sql(filter.node)
        self.since_ns = self._since(filter.node)
        """No trace that began earlier matches; None when any may."""

    def _sql(self, node: Node) -> str:
        match node:
            case Term(key=key) if key in PEOPLE:
                return self._of_trace(node)  # bare, so that SQLite goes from the people to their traces
            case Term():
                return f"(({self._of_trace(node)}) IS TRUE)"
            case Words():
                return self._said(phrase(node.text))
            case Not():
                return f"NOT {self._sql(node.node)}"
            case Either():
                return f"({' OR '.join(map(self._sql, node.nodes))})"
            case All():
                return f"({' AND '.join(['1', *self._together(node.nodes)])})"

    def _said(self, words: str) -> str:
        """Someone said ``words``: in a few traces, which are named, or in many, looked for by window."""
        found = [str(trace) for (trace,) in self._db.execute(_FEW, (words, _FEW_DOCUMENTS))]
        if len(found) < _FEW_DOCUMENTS:
            return f"traces.id IN ({', '.join(found)})"
        return _TEXT.format(words=self._bind(words))

    def _together(self, nodes: tuple[Node, ...]) -> Iterator[str]:
        """The conditions of nodes that must all hold, those beside a kind of one and the same span."""
        terms = [node for node in nodes if isinstance(node, Term) and node.key in _OF_SPANS]
        if len(terms) < 2 or all(term.key != "kind" for term in terms):
            terms = []
        for node in nodes:
            # What a span of a trace satisfies, the trace often does: looked up first, that spares its spans.
            if not isinstance(node, Term) or node not in terms or _holds_of_trace(node):
                yield self._sql(node)
        if terms:
            yield _SPAN.format(" AND ".join(f"({self._of_span(term)})" for term in terms))

    def _of_trace(self, term: Term) -> str:
        key = term.key
        if key in PEOPLE:
            return _PEOPLE.format(key=key, match=self._like(["value"], term))
        if key in FACETS or key in LISTS:
            return self._has_facet(key, term)
        if key == "dur" and not _is_exceeded(term):
            return self._compared(f"iif({RUNNING}, NULL, traces.duration_ns)", term)  # it may grow yet
        if key in _TRACE_NUMBERS:
            return self._compared(_TRACE_NUMBERS[key], term)
        if key in _TRACE_CHOICES:
            return " OR ".join(_TRACE_CHOICES[key][str(value)] for value in term.values)
        if key == "trace":
            return self._like(["traces.trace_id"], term)
        return _SPAN.format(self._of_span(term))

    def _has_facet(self, key: str, term: Term) -> str:
        query = f"SELECT id FROM facets WHERE key = '{key}' AND {self._like(['value'], term)}"
        found = [number for (number,) in self._db.execute(query, self.values)]
        if len(found) <= _MANY:
            return " OR ".join(f"instr(traces.facets, ',{number},')" for number in found) or "0"
        listed = "json_each('[' || trim(traces.facets, ',') || ']')"
        return f"EXISTS (SELECT 1 FROM {listed} WHERE value IN ({', '.join(map(str, found))}))"

    def _of_span(self, term: Term) -> str:
        key = term.key
        if key == "kind":
            # An LLM span that repeats a call is none: what is counted is what is found.
            return (
                f"{self._like(['s.kind'], term)} AND (s.kind != 'llm' OR s.usage_role IS NOT 'rollup'"
                " AND s.usage_role IS NOT 'duplicate')"
            )
        if key in _COLUMNS:
            return self._like(_COLUMNS[key], term)
        if key in LISTS:
            inner = self._like(["value"], term)
            return f"EXISTS (SELECT 1 FROM json_each(s.{LISTS[key]}) WHERE {inner})"
        if key == "error":
            return f"s.status = 'error' AND ({self._contains(['s.error_type', 's.error_message'], term)})"
        if key in _SPAN_CHOICES:
            return " OR ".join(_SPAN_CHOICES[key][str(value)] for value in term.values)
        return self._compared(_SPAN_NUMBERS[key], term)

    def _compared(self, column: str, term: Term) -> str:
        sign = _SIGNS.get(term.key, term.operator)
        return " OR ".join(f"{column} {sign} {self._bind(self._moment(term, v))}" for v in term.values)

    def _like(self, columns: Sequence[str], term: Term) -> str:
        """Any of the columns is any of the values."""
        tests = []
        for value in map(str, term.values):
            sign, operand = ("GLOB", _BRACKETED.sub(r"[\g<0>]", value)) if "*" in value else ("=", value)
            bound = self._bind(operand)
            tests += [f"{column} {sign} {bound}" for column in columns]
        return f"({' OR '.join(tests)})"

    def _contains(self, columns: Sequence[str], term: Term) -> str:
        """Any of the values stands somewhere in any of the columns, whatever its case."""
        tests = []
        for value in map(str, term.values):
            escaped = _ESCAPED.sub(r"\\\g<0>", value).replace("*", "%")
            bound = self._bind(f"%{escaped}%")
            tests += [f"{column} LIKE {bound} ESCAPE '\\'" for column in columns]
        return " OR ".join(tests)

    def _bind(self, value: str | int) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def _moment(self, term: Term, value: str | int) -> str | int:
        return self._now_ns - int(value) if term.key == "since" else value

    def _since(self, node: Node) -> int | None:
        if isinstance(node, All):
            bounds = [bound for inner in node.nodes if (bound := self._since(inner)) is not None]
            return max(bounds, default=None)
        if isinstance(node, Term) and node.key in ("since", "after"):
            return min(int(self._moment(node, value)) for value in node.values)
        return None


def _holds_of_trace(term: Term) -> bool:
    """Whether the trace satisfies ``term`` as soon as one of its spans does."""
    if term.key in _SPAN_NUMBERS and term.key != "ttft":
        return _is_exceeded(term)
    return term.key not in _SPAN_CHOICES or term.values in (("error",), ("yes",))


def _is_exceeded(term: Term) -> bool:
    return term.operator in (">", ">=")
