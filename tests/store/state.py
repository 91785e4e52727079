"""All that a database says, without the numbers that depend on the order of arrival."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, TypeAlias

from llmwatch.store.histogram import bucket_of, decode
from llmwatch.store.projection import Brief
from llmwatch.store.records import Codec, digest
from llmwatch.store.rollups import BOUNDS_S, HISTOGRAMS, SUMS, WIDTHS

Rows: TypeAlias = list[dict[str, Any]]

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
        f"SELECT series.*, width_s, start_s, {', '.join((*SUMS, *HISTOGRAMS))}"
        " FROM rollups JOIN series ON series.id = series"
    ):
        numbers, histograms = row[12 : 12 + len(SUMS)], row[12 + len(SUMS) :]
        found[row[10], row[11], row[1:10]] = (*numbers, *map(decode, histograms))
    return found


def recomputed(spans: Rows) -> dict[str, Any]:
    """Rollups, totals and versions, added up from the rows of spans alone."""
    rollups: dict[tuple[Any, ...], list[Any]] = {}
    totals: dict[str, list[Any]] = {}
    versions: dict[tuple[str, str, str], list[int]] = {}
    for row in spans:
        if row["state"] == "partial":
            continue
        brief = Brief(**{name: row[name] for name in Brief._fields})
        counted = row["usage_role"] == "counted"
        copy = row["kind"] == "llm" and row["usage_role"] in ("rollup", "duplicate")
        second = row["start_ns"] // 10**9
        for width in WIDTHS:
            key = (width, second - second % width, tuple(value or "" for value in brief.dimensions))
            sums = rollups.setdefault(key, [*[0] * len(SUMS), {}, {}, {}, {}])
            if copy:
                sums[1] += 1
                continue
            reasons = row["finish_reasons"] or ""
            values = [
                1, 0, row["status"] == "error",
                *((row[name] or 0) * counted for name in SUMS[3:9]),
                counted and row["cost_nanousd"] is None, row["refused"] or 0, "length" in reasons,
                row["heuristics_failed"] is not None, row["heuristics_failed"] == "[]",
            ]  # fmt: skip
            sums[: len(SUMS)] = [a + b for a, b in zip(sums, values, strict=False)]
            measured = (
                row["duration_ns"], row["time_to_first_chunk_ns"],
                row["input_tokens"] if counted else None, row["output_tokens"] if counted else None,
            )  # fmt: skip
            for histogram, value in zip(sums[len(SUMS) :], measured, strict=True):
                if value is not None:
                    histogram[bucket_of(value)] = histogram.get(bucket_of(value), 0) + 1
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
        "rollups": {key: tuple(sums) for key, sums in rollups.items()},
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
