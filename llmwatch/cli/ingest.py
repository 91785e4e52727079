"""llmwatch ingest: JSON lines from a file or stdin, through the collector."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from llmwatch.cli.logs import log_to_stderr
from llmwatch.cli.place import chosen
from llmwatch.errors import LlmwatchError, UsageError

if TYPE_CHECKING:
    import httpx

    from llmwatch.cli.attach import Collector
    from llmwatch.store.followed import Mark

_PIECE: Final = 1 << 20
_TRIES: Final = 5
"""To connect to a collector that is starting: within 7.5 s."""
_ANSWER_S: Final = 60


@click.command()
@click.argument("source", metavar="FILE|-")
@click.option("--follow", is_flag=True, help="Go on reading as the file grows, is rotated or truncated.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.option("--host", help="Address of the collector.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the collector.")
@click.pass_context
def command(
    ctx: click.Context, source: str, follow: bool, db: str | None, host: str | None, port: int | None
) -> None:
    """Read JSON lines from a file, or from stdin (-), and store them.

    A line is a span as POST /api/spans takes it, or OTLP as the OpenTelemetry Collector's file exporter
    writes it. They go to the collector that runs, or to one that is started for as long as this takes. Lines
    that are there already change nothing. With --follow, what was read before a restart is not read again.
    Exits 1 when some lines could not be taken; each is named by its number.
    """
    from llmwatch.cli.attach import reach

    log_to_stderr(logging.WARNING)
    database, config = chosen(ctx, db=db, host=host, port=port)
    limit = config.collector.max_body_mib << 20
    if source != "-":
        _need_lines(Path(source))
    collector = reach(database, config.collector.host, config.collector.port)
    if collector.notice:
        click.echo(collector.notice, err=True)
    try:
        if follow and source != "-":
            with suppress(KeyboardInterrupt):
                asyncio.run(_follow(Path(source).absolute(), collector, database, limit))
            return
        sent, rejected = asyncio.run(_take_all(source, collector, limit))
    finally:
        collector.stop()
    click.echo(f"{sent - rejected:,} taken" + (f", {rejected:,} not" if rejected else ""), err=True)
    sys.exit(1 if rejected else 0)


def _need_lines(path: Path) -> None:
    from llmwatch.collector.following.files import is_compressed

    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="collector.follow in the configuration takes folders.")
    if is_compressed(path):
        raise UsageError(f"{path} is compressed", hint="Unpack it on the way: zcat FILE | llmwatch ingest -")
    if not path.exists():
        raise UsageError(f"there is no {path}")


async def _follow(path: Path, collector: Collector, database: Path, limit: int) -> None:
    from llmwatch.collector.following.follower import Follower
    from llmwatch.collector.following.posting import post

    async with _client(collector) as client:
        await Follower([path], partial(post, client), _marks(database), limit).run()


async def _take_all(source: str, collector: Collector, limit: int) -> tuple[int, int]:
    """Read all of ``source``; how many records it had and how many of them were not taken."""
    from llmwatch.collector.following.follower import persist, tell
    from llmwatch.collector.following.posting import post
    from llmwatch.collector.taking import Taken

    log = logging.getLogger(__name__)
    sent = rejected = 0
    first = 1
    descriptor = 0 if source == "-" else os.open(source, os.O_RDONLY)
    async with _client(collector) as client:
        for body in _bodies(descriptor, limit):
            if len(body) > limit:
                taken = Taken(1, 1, [{"index": 0, "message": "the line is too long"}])
            else:
                taken = await persist(partial(post, client, body), partial(log.warning, "%s %s", source))
            tell(source, first, taken)
            first += body.count(b"\n")
            sent, rejected = sent + taken.sent, rejected + taken.rejected
    return sent, rejected


def _bodies(descriptor: int, limit: int) -> Iterator[bytes]:
    """Whole lines as they come, at the end also one without an end; or a piece of a line over ``limit``."""
    rest = b""
    while piece := os.read(descriptor, _PIECE):
        rest += piece
        end = rest.rfind(b"\n") + 1 or (len(rest) if len(rest) > limit else 0)
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


@asynccontextmanager
async def _client(collector: Collector) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the collector, which is up by then. Raises LlmwatchError when it does not come up."""
    import httpx

    transport = httpx.AsyncHTTPTransport(retries=_TRIES)
    async with httpx.AsyncClient(
        base_url=collector.url, transport=transport, timeout=_ANSWER_S, trust_env=False
    ) as client:
        try:
            await client.get("/health")
        except httpx.TransportError as error:
            raise LlmwatchError(
                f"the collector on {collector.url} does not answer", hint=collector.last_words()
            ) from error
        yield client


def _marks(database: Path) -> list[Mark]:
    from llmwatch.store.database import connect_reader
    from llmwatch.store.followed import load

    with closing(connect_reader(database)) as db:
        return load(db)
