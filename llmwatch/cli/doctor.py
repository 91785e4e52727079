"""llmwatch doctor: is everything set up, who sends, and what is missing of what they send."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import click

from llmwatch import paths
from llmwatch.cli.place import chosen
from llmwatch.cli.printing import echo
from llmwatch.errors import ConfigError, LlmwatchError, StoreMissingError
from llmwatch.format import age, money, plural, size
from llmwatch.neutral import neutral_line

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.config import Config

_HOUR_NS: Final = 3600 * 10**9
_LOOKED_AT: Final = 2_000
"""Spans that are searched for what is missing: 0.2 ms each."""
_COUNTED: Final = 20_000
"""Spans that say who sends."""
_MARKS: Final = {"ok": "✓", "warn": "▲", "error": "✗", "muted": "·"}
_HTTP: Final = "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"


class _Finding(NamedTuple):
    tone: Literal["ok", "warn", "error", "muted"]
    """``warn`` and ``error`` make the exit code 1."""
    text: str
    fix: str = ""


@click.command()
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.option("--host", help="Address of the collector.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the collector.")
@click.pass_context
def command(ctx: click.Context, db: str | None, host: str | None, port: int | None) -> None:
    """Check the set-up, and say what is missing of the spans that come.

    Looks at the configuration, the database, the collector and its ports, and at the spans of the last hour:
    what they lack, how many of them, and the line to change in the app that sends them. Exits 1 when
    something is to be done, else 0.
    """
    findings = []
    for finding in _findings(ctx, db, host, port):
        findings.append(finding)
        echo([(f"{_MARKS[finding.tone]} ", finding.tone), (neutral_line(finding.text), "plain")])
        if finding.fix:
            echo([(f"    {neutral_line(finding.fix)}", "strong")])
    sys.exit(int(any(finding.tone in ("warn", "error") for finding in findings)))


def _findings(ctx: click.Context, db: str | None, host: str | None, port: int | None) -> Iterator[_Finding]:
    file = paths.config_path()
    try:
        database, config = chosen(ctx, db=db, host=host, port=port)
    except ConfigError as error:
        yield _of(error)
        return
    yield _Finding(
        "ok", f"configuration {file}" if file.is_file() else f"no configuration at {file}: defaults"
    )
    yield from _collector(database, config)
    yield from _permissions(database)
    try:
        yield from _judge(database, config)
        yield from _contents(database)
    except StoreMissingError as error:
        yield _Finding("muted", error.explain())
    except LlmwatchError as error:
        yield _of(error)


def _of(error: LlmwatchError) -> _Finding:
    return _Finding("error", str(error), error.hint or "")


def _collector(database: Path, config: Config) -> Iterator[_Finding]:
    from llmwatch.cli.attach import find

    collector = config.collector
    try:
        place = find(database, collector.host, collector.port)
    except LlmwatchError as error:
        yield _of(error)
        return
    if place.running:
        yield _Finding("ok", f"the collector listens on {place.url}")
    else:
        yield _Finding("muted", f"no collector runs; it would listen on {place.url}", "llmwatch collect")
    if place.notice:
        fix = f"export OTEL_EXPORTER_OTLP_ENDPOINT={place.url}, or the like: llmwatch connect NAME"
        yield _Finding("warn", place.notice, fix)
    if place.grpc_port:
        yield _Finding("ok", f"OTLP over gRPC on port {place.grpc_port}")
    elif importlib.util.find_spec("grpc") is None:
        yield _Finding(
            "muted",
            "no OTLP over gRPC, grpcio is not installed: let apps speak HTTP, or install it",
            f"{_HTTP}, or pip install 'llmwatch[grpc]'",
        )
    elif place.running:
        yield _Finding("muted", "the collector takes no OTLP over gRPC; its log says why", _HTTP)


def _judge(database: Path, config: Config) -> Iterator[_Finding]:
    from llmwatch.analysis.judging import judge_state
    from llmwatch.store.database import connect_reader

    with closing(connect_reader(database)) as reader:
        state = judge_state(reader, config, time.time_ns())
    today = f"today {plural(state.today.judged, 'answer')} for {money(state.today.cost_nanousd)}"
    if state.hindrance is None:
        judge = config.judge
        yield _Finding(
            "ok", f"the judge is {judge.model} at {judge.endpoint}: {today}, {state.waiting:,} waiting"
        )
    else:
        fix = "" if config.judge.endpoint else '[judge] endpoint = "openai", or another of [providers]'
        yield _Finding("warn" if config.judge.endpoint else "muted", state.hindrance, fix)


def _permissions(database: Path) -> Iterator[_Finding]:
    if os.name != "posix" or not database.is_file():
        return
    mode = database.stat().st_mode & 0o777
    if mode & 0o077:
        yield _Finding("warn", f"others may read {database} (mode {mode:o})", f"chmod 600 {database}")


def _contents(database: Path) -> Iterator[_Finding]:
    from llmwatch.clients import sending
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads import around, status

    now_ns = time.time_ns()
    with closing(connect_reader(database)) as reader:
        stats = status.stats(reader)
        told = ", ".join(
            f"{stats.counters[name]:,} {words}"
            for name, words in (("log_records", "log records"), ("metric_points", "metric points"))
            if stats.counters.get(name)
        )
        beside = f"; beside them {told}" if told else ""
        yield _Finding(
            "ok", f"database {database}: {size(stats.file_bytes)}, {plural(stats.spans, 'span')}{beside}"
        )
        if rejected := stats.counters.get("spans_rejected", 0) + stats.counters.get("rejected", 0):
            yield _Finding("muted", f"{plural(rejected, 'record')} could not be stored since the first day")
        for sender in around.senders(reader, _COUNTED):
            client = next((client.what for client in sending(sender.dialect)), sender.dialect)
            services = ", ".join(sender.services[:3]) or "unnamed"
            yield _Finding(
                "ok",
                f"{sender.dialect} ({client}): {plural(sender.spans, 'span')} of {services},"
                f" the last {age(now_ns - sender.last_ns)} ago",
            )
        if not stats.spans:
            yield _Finding("muted", "no span has come yet", "llmwatch connect NAME")
        yield from _missing(reader, now_ns)


def _missing(db: sqlite3.Connection, now_ns: int) -> Iterator[_Finding]:
    """What the spans of the last hour lack."""
    from llmwatch.analysis.hints import QUIET, counted, hints
    from llmwatch.store.reads import around, spans

    ids = around.recent(db, now_ns - _HOUR_NS, _LOOKED_AT)
    details = (detail for pair in ids if (detail := spans.detail(db, *pair)))
    groups = counted(
        (detail, hints(detail, beside, now_ns))
        for detail in details
        if (beside := around.around(db, detail.row.id))
    )
    for group in groups:
        yield _Finding(
            "muted" if group.hint.id in QUIET else "warn",
            f"{plural(group.spans, 'span')} ({group.dialect}): {group.hint.missing}"
            f"  (e.g. {group.trace_id}:{group.span_id})",
            group.hint.fix,
        )
    if ids and not any(group.hint.id not in QUIET for group in groups):
        yield _Finding("ok", f"nothing is missing of {plural(len(ids), 'span')} of the last hour")
