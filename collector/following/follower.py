"""Reading files on as they grow."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from llmwatch.collector.following.files import Found, concerns, files, next_piece
from llmwatch.collector.taking import Taken
from llmwatch.errors import StoreError
from llmwatch.store.followed import Mark

Store: TypeAlias = Callable[[bytes, Mark], Awaitable[Taken]]
"""Stores lines and how far their file has been read; raises StoreError when it cannot be done now."""

_log = logging.getLogger(__name__)

_DEBOUNCE_MS: Final = 400
"""Lines that come together are read together."""
_LOOK_EVERY_MS: Final = 5000
"""Files are looked at this often though nothing was noticed: network file systems tell nobody."""
_TOLD: Final = 10
"""Bad lines of a megabyte that are told one by one."""


class Follower:
    """Reads what ``named`` files and folders get.

    Args:
        named: They need not exist yet. Folders below a folder are not read.
        store: Where lines go.
        marks: How far files have been read.
        longest: Bytes of a line at most.
    """

    def __init__(self, named: Iterable[Path], store: Store, marks: Iterable[Mark], longest: int) -> None:
        self._named = tuple(named)
        self._store = store
        self._known = {mark.file: mark for mark in marks}
        self._longest = longest
        self._done: dict[str, tuple[int, int]] = {}
        """The state in which a file had nothing more to read."""
        self._troubled: set[Path] = set()
        """Paths whose trouble was told already."""

    async def run(self) -> None:
        """Read on until cancelled."""
        await self.read()
        async for _ in _changes(self._named):
            await self.read()

    async def read(self) -> None:
        """Read everything that is there."""
        for named in self._named:
            try:
                for found in await asyncio.to_thread(files, named, self._known):
                    if self._done.get(found.file) != found.state:
                        await self._read_on(found)
            except OSError as error:
                self._warn(named, f"cannot be read: {error.strerror}")

    async def _read_on(self, found: Found) -> None:
        try:
            while piece := await asyncio.to_thread(next_piece, found, self._known, self._longest):
                taken = await persist(
                    partial(self._store, piece.body, piece.mark), partial(self._warn, found.path)
                )
                self._known[piece.mark.file] = piece.mark
                if not piece.body:
                    taken = Taken(1, 1, [{"index": 0, "message": "the line is too long"}])
                tell(found.path, piece.lines_before + 1, taken)
        except FileNotFoundError:  # renamed or deleted since it was found
            return
        except OSError as error:
            self._warn(found.path, f"cannot be read: {error.strerror}")
        self._done[found.file] = found.state

    def _warn(self, path: Path, trouble: str) -> None:
        if path not in self._troubled:
            self._troubled.add(path)
            _log.warning("%s %s", path, trouble)


async def persist(store: Callable[[], Awaitable[Taken]], warn: Callable[[str], None]) -> Taken:
    """Store, however long that takes: nothing that follows may come before it. ``warn`` is told once why."""
    told = False
    while True:
        try:
            return await store()
        except StoreError as error:
            if not told:
                warn(f"waits to be read: {error}")
            told = True
            await asyncio.sleep(error.retry_after_s)


def tell(path: Path | str, first: int, taken: Taken) -> None:
    """Log what was not taken of the lines from the ``first`` on, by file and number."""
    for error in taken.errors[:_TOLD]:
        at = error["index"]
        where = f"{path}:{first + at}" if isinstance(at, int) else f"{path}, from line {first}"
        _log.warning("%s: %s", where, " ".join(str(error["message"]).split()))
    if taken.rejected > _TOLD:
        _log.warning("%s, from line %d: %d that cannot be taken", path, first, taken.rejected)


async def _changes(named: Iterable[Path]) -> AsyncIterator[None]:
    """Something may have changed: now, or every few seconds."""
    watchfiles = await asyncio.to_thread(importlib.import_module, "watchfiles")
    meant = await asyncio.to_thread(_by_both_names, named)
    while True:
        folders = await asyncio.to_thread(_folders, named)
        watching = watchfiles.awatch(
            *folders,
            watch_filter=lambda _, path: concerns(Path(path), meant),
            debounce=_DEBOUNCE_MS,
            rust_timeout=_LOOK_EVERY_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        try:
            async with aclosing(watching if folders else _ticks()) as ticks:
                async for _ in ticks:
                    yield
                    if await asyncio.to_thread(_folders, named) != folders:
                        break
        except (OSError, RuntimeError) as error:  # a folder is gone, or too many are watched on this machine
            _log.warning("changes of files are not noticed at once: %s", error)
            await anext(_ticks())
            yield


async def _ticks() -> AsyncGenerator[None]:
    while True:
        await asyncio.sleep(_LOOK_EVERY_MS / 1000)
        yield


def _by_both_names(named: Iterable[Path]) -> set[Path]:
    """Changes are told by the name that was given, or by the real one, as the system likes."""
    return {*named, *(path.resolve() for path in named)}


def _folders(named: Iterable[Path]) -> list[Path]:
    """The folders that exist of what is named; a file's is the one it is in."""
    homes = {path if path.is_dir() else path.parent for path in named}
    return sorted(home for home in homes if home.is_dir())
