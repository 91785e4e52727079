"""Which files there are to read, and what a file has that was not read yet. No state, no waiting."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from llmwatch.store.followed import Mark

_PIECE: Final = 1 << 20
"""Bytes read at a time; a longer line takes several."""
_MOST_FILES: Final = 1000
"""Of a folder, the newest."""
_ENDS: Final = 1024
"""Bytes at a file's beginning, and before the point it was read to, that tell it from others."""
_LINES: Final = re.compile(r"\.(jsonl?|ndjson|log)\b", re.IGNORECASE)
_COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip")


class Found(NamedTuple):
    """A file that may have something new."""

    path: Path
    file: str
    """``device:inode``"""
    begins: bool
    """Whether it is read from its beginning when nobody knows it; a rotated neighbour is not."""
    state: tuple[int, int]
    """Size and time of the last change: while these stay there is nothing new."""


class Piece(NamedTuple):
    """Lines that were not read yet."""

    body: bytes
    """Whole lines; empty when the next one is too long, which is passed over."""
    mark: Mark
    """How far the file has been read once they are stored."""
    lines_before: int


def is_compressed(path: Path) -> bool:
    """Whether its name says so: rotated files are often compressed, and had been read before that."""
    return path.name.lower().endswith(_COMPRESSED)


def files(named: Path, known: Mapping[str, Mark]) -> list[Found]:
    """The files that a named file or folder stands for; those nobody knows first.

    Of a folder: its regular files whose names have ``.jsonl``, ``.ndjson``, ``.json`` or ``.log`` in them,
    not hidden, not compressed, at most a thousand. Beside a named file: what it may have been renamed or
    copied to, ``NAME.…``. The unknown come first because a copy must be recognised before the file it was
    made of is read anew.

    Raises:
        OSError: The folder cannot be read.
    """
    found: dict[str, Found] = {}
    for path, begins in _in_folder(named) if named.is_dir() else _beside(named):
        status = _status(path)
        if status is not None and stat.S_ISREG(status.st_mode):
            state = status.st_size, status.st_mtime_ns
            found.setdefault(_identity(status), Found(path, _identity(status), begins, state))
    return sorted(found.values(), key=lambda item: item.file in known)


def concerns(changed: Path, named: Iterable[Path]) -> bool:
    """Whether a change of a file in a watched folder may be one of a file that is read.

    The database or our own log may be in the same folder, and would keep us looking for ever.
    """
    return any(
        changed == path
        or (changed.parent == path.parent and changed.name.startswith(f"{path.name}."))
        or (changed.parent == path and _fits(changed.name))
        for path in named
    )


def next_piece(found: Found, known: Mapping[str, Mark], longest: int) -> Piece | None:
    """What comes next in a file, up to a megabyte or to the end of one line of at most ``longest`` bytes.

    None when there is nothing, or only the beginning of a line. A file with other content than was read,
    because it was truncated or replaced, is read from its beginning.

    Raises:
        OSError: It cannot be read.
    """
    # Without O_NONBLOCK, opening a pipe that took the file's place would wait for ever.
    descriptor = os.open(found.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as opened:  # noqa: PTH123 - a descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        mark = _mark(opened, found, known)
        if mark is None or status.st_size <= mark.bytes:
            return None
        body = _whole_lines(opened, mark.bytes, longest)
        if body is None:
            return None
        end = mark.bytes + len(body)
        lines = body.count(b"\n")
        reached = Mark(
            file=_identity(status),
            path=os.fsencode(found.path).decode("utf-8", "replace"),
            bytes=end,
            lines=mark.lines + lines,
            fingerprint=_fingerprint(opened, end),
        )
        return Piece(body if lines else b"", reached, mark.lines)


def _in_folder(folder: Path) -> Iterator[tuple[Path, bool]]:
    fitting = [entry for entry in os.scandir(folder) if _fits(entry.name)]
    if len(fitting) > _MOST_FILES:
        fitting.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns, reverse=True)
    for entry in fitting[:_MOST_FILES]:
        yield Path(entry.path), True


def _fits(name: str) -> bool:
    return bool(_LINES.search(name)) and not name.startswith(".") and not is_compressed(Path(name))


def _beside(path: Path) -> Iterator[tuple[Path, bool]]:
    yield path, True
    if path.parent.is_dir():
        for entry in os.scandir(path.parent):
            if entry.name.startswith(f"{path.name}.") and not is_compressed(Path(entry.name)):
                yield Path(entry.path), False


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _identity(status: os.stat_result) -> str:
    return f"{status.st_dev}:{status.st_ino}"


def _mark(opened: BinaryIO, found: Found, known: Mapping[str, Mark]) -> Mark | None:
    """How far the file has been read, under whichever name and inode; None when it is not to be begun."""
    own = known.get(found.file)
    near = [mark for mark in known.values() if Path(mark.path).parent == found.path.parent]
    for mark in ([own] if own else []) + near:
        if _fingerprint(opened, mark.bytes) == mark.fingerprint:
            return mark
    if not found.begins:
        return None
    return Mark(file=found.file, path=str(found.path), bytes=0, lines=0, fingerprint="")


def _whole_lines(opened: BinaryIO, start: int, longest: int) -> bytes | None:
    """From ``start`` to the end of a line; without one, None, or all of a line that is too long."""
    opened.seek(start)
    body = bytearray(opened.read(_PIECE))
    while b"\n" not in body and len(body) <= longest and (more := opened.read(_PIECE)):
        body += more
    end = body.rfind(b"\n") + 1
    if end:
        return bytes(body[:end])
    return bytes(body) if len(body) > longest else None


def _fingerprint(opened: BinaryIO, end: int) -> str:
    """Of a file read up to ``end``; that of a shorter file differs."""
    opened.seek(0)
    head = opened.read(min(end, _ENDS))
    start = max(end - _ENDS, 0)
    opened.seek(start)
    tail = opened.read(end - start)
    return hashlib.blake2b(b"%d:" % len(tail) + head + tail, digest_size=16).hexdigest()
