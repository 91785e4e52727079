"""All that a database says, without the numbers that depend on the order of arrival."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias, get_args

from llmwatch.store import words
from llmwatch.store.histogram import bucket_of, decode
from llmwatch.store.records import Codec, digest
from llmwatch.store.rollups import BOUNDS_S, HISTOGRAMS, SUMS, WIDTHS
from llmwatch.store.rows import Dimension

Rows: TypeAlias = list[dict[str, Any]]

_SPENT = ("input_tokens", "output_tokens", "cost_nanousd")
_BY_ARRIVAL = {"id", "trace", "received_ns", "facets", "content"}


def state_of(db: sqlite3.Connection) -> dict[str, Any]:
    """Every table's rows, sorted, by table."""
    codec = Codec.of(db)
    return {
        "spans": spans_of(db),
        "traces": _sorted(_rows(db, "SELECT * FROM traces")),
        "records": sorted(
            (trace_id, span_id, sorted(digest(r) for r in codec.unpack(records) if r.span_id == span_id))
            for trace_id, span_id, records in db.execute(
                "SELECT trace_id, span_id, records FROM spans JOIN contents ON contents.id = content"
            )
        ),
        "facets": sorted(
            db.execute(
                "SELECT trace_id, facets.key, facets.value"
                " FROM traces, json_each('[' || trim(traces.facets, ',') || ']') AS listed"
                " JOIN facets ON facets.id = listed.value"
                " UNION ALL SELECT trace_id, key, value FROM people JOIN traces ON traces.id = trace"
            )
        ),
        "rollups": rollups_of(db),
        "persons": persons_of(db),
        "totals": _sorted(_rows(db, "SELECT * FROM totals")),
        "versions": _sorted(_rows(db, "SELECT * FROM versions")),
    }


def spans_of(db: sqlite3.Connection) -> Rows:
    """The rows of spans."""
    return _sorted(_rows(db, "SELECT * FROM spans"))


def rollups_of(db: sqlite3.Connection) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Sums and histograms by width, start and dimensions."""
    found = {}
    for row in db.execute(
        f"SELECT width_s, start_s, {', '.join((*SUMS, *HISTOGRAMS))}, words, series.*"
        " FROM rollups JOIN series ON series.id = series"
    ):
        said = 2 + len(SUMS) + len(HISTOGRAMS)
        numbers, histograms = row[2 : 2 + len(SUMS)], row[2 + len(SUMS) : said]
        numbers = (*numbers, *map(decode, histograms), words.decode(row[said]))
        found[row[0], row[1], row[said + 2 :]] = numbers
    return found


def persons_of(db: sqlite3.Connection) -> Rows:
    """Sums of users and sessions."""
    return _sorted(_rows(db, "SELECT * FROM person_rollups"))


def recomputed(spans: Rows) -> dict[str, Any]:
    """Rollups, totals and versions, added up from the rows of spans alone."""
    rollups: dict[tuple[Any, ...], dict[str, Any]] = {}
    persons: dict[tuple[Any, ...], Counter[str]] = {}
    totals: dict[str, list[Any]] = {}
    versions: dict[tuple[str, str, str], list[int]] = {}
    for row in spans:
        if row["state"] == "partial":
            continue
        counted = row["usage_role"] == "counted"
        copy = row["kind"] == "llm" and row["usage_role"] in ("rollup", "duplicate")
        second = row["start_ns"] // 10**9
        told = {name: _of_trace(spans, row, name) for name in ("feature", "segment", "user_id", "session_id")}
        failed, priced = row["status"] == "error", row["cost_nanousd"] is not None
        series = tuple((row | told)[name] or "" for name in get_args(Dimension))
        for width in WIDTHS:
            key = (width, second - second % width, series)
            sums = rollups.setdefault(
                key, {**dict.fromkeys(SUMS, 0), **{name: {} for name in (*HISTOGRAMS, "words")}}
            )
            if copy:
                sums["copies"] += 1
                continue
            reasons, checks = json.loads(row["finish_reasons"] or "[]"), row["heuristics_failed"]
            hit, read = row["cache_hit"], row["cache_read_tokens"] if counted else None
            added = {
                "spans": 1, "errors": failed,
                **{name: (row[name] or 0) * counted for name in SUMS[3:9]},
                "unpriced": counted and not priced, "priced": counted and priced,
                "refused": row["refused"] or 0, "answered": row["refused"] is not None,
                "truncated": "length" in reasons, "checked": checks is not None, "passed": checks == "[]",
                "retry_told": row["retry_count"] is not None, "retried": (row["retry_count"] or 0) > 0,
                "cache_lookups": hit is not None or read is not None,
                "cache_hits": bool(hit) or (read or 0) > 0,
                "tool_failures": row["kind"] == "tool" and (failed or row["tool_success"] == 0),
                "texts": row["request_chars"] is not None or row["response_chars"] is not None,
                **{name: row[name] or 0 for name in SUMS[-4:]},
            }  # fmt: skip
            for name, value in added.items():
                sums[name] += value
            first, whole, written = row["time_to_first_chunk_ns"], row["duration_ns"], row["output_tokens"]
            streamed = counted and written and first is not None and whole is not None and whole > first
            measured = (
                whole, first, row["input_tokens"] if counted else None, written if counted else None,
                row["cost_nanousd"] if counted else None,
                written * 10**12 // (whole - first) if streamed else None,
                row["request_chars"], row["response_chars"],
            )  # fmt: skip
            for name, value in zip(HISTOGRAMS, measured, strict=True):
                if value is not None:
                    histogram = sums[name]
                    histogram[bucket_of(value)] = histogram.get(bucket_of(value), 0) + 1
            said = [f"finish:{reason}" for reason in set(reasons)]
            said += [f"failed:{name}" for name in json.loads(checks or "[]")]
            for word in said + ["error:other"] * failed:
                sums["words"][word] = sums["words"].get(word, 0) + 1
        for name, value in (("user", told["user_id"]), ("session", told["session_id"])):
            for width in (3600, 86_400) if value and not copy else ():
                call = row["kind"] == "llm"
                persons.setdefault((width, second - second % width, name, value), Counter()).update(
                    calls=call, errors=call and failed, spans=1, priced=counted and priced,
                    unpriced=counted and not priced,
                    **{name: (row[name] or 0) * counted for name in _SPENT},
                )  # fmt: skip
        if row["kind"] == "llm" and not copy and row["state"] == "ended":
            mine = totals.setdefault(row["model"] or "", [0] * 14)
            mine[row["status"] == "error"] += 1
            for place, name in ((2, "input_tokens"), (3, "output_tokens"), (4, "cost_nanousd")):
                mine[place] += (row[name] or 0) * counted
            if row["duration_ns"] is not None:
                mine[5] += row["duration_ns"]
                bucket = next((i for i, top in enumerate(BOUNDS_S) if row["duration_ns"] <= top * 1e9), 7)
                mine[6 + bucket] += 1
        answered = row["response_model"] or (None if row["status"] == "error" else row["model"])
        for kind, name, version in (
            ("prompt", row["prompt_name"], row["prompt_version"]),
            ("app", row["service"], row["app_version"]),
            ("model", row["model"], answered),
        ):
            if version is not None and (kind != "model" or row["kind"] in ("llm", "embedding")):
                versions.setdefault((kind, name or "", version), []).append(row["start_ns"])
    return {
        "rollups": {key: tuple(sums.values()) for key, sums in rollups.items()},
        "persons": _sorted(
            dict(zip(("width_s", "start_s", "key", "value"), key, strict=True))
            | {name: int(count) for name, count in sums.items()}
            for key, sums in persons.items()
        ),
        "totals": _sorted(
            {
                "model": model, "success": s[0], "error": s[1], "input_tokens": s[2], "output_tokens": s[3],
                "cost_nanousd": s[4], "duration_sum_ns": s[5],
                "durations": "[" + ",".join(map(str, s[6:])) + "]",
            }
            for model, s in totals.items()
        ),
        "versions": _sorted(
            {
                "kind": k, "name": n, "version": v, "first_seen_ns": min(starts), "last_seen_ns": max(starts),
                "spans": len(starts),
            }
            for (k, n, v), starts in versions.items()
        ),
    }  # fmt: skip


def _rows(db: sqlite3.Connection, query: str) -> Rows:
    cursor = db.execute(query)
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return [{name: row[name] for name in names if name not in _BY_ARRIVAL} for row in rows]


def _sorted(rows: Iterable[dict[str, Any]]) -> Rows:
    return sorted(rows, key=lambda row: repr(sorted(row.items(), key=repr)))


def _of_trace(spans: Rows, row: dict[str, Any], name: str) -> Any:
    """What a span says, or else the root of its trace, or else the first span of it that says it."""
    trace = sorted(
        (span for span in spans if span["trace_id"] == row["trace_id"]),
        key=lambda span: (span["start_ns"], span["span_id"]),
    )
    roots = [span for span in trace if span["parent_id"] is None and span["state"] != "partial"][:1]
    return next((span[name] for span in [row, *roots, *trace] if span[name] is not None), None)
