"""Decoding streamed answers: server-sent events and newline-delimited JSON, from bytes as they come.

Server-sent events follow the WHATWG HTML standard, section 9.2.6: lines end in LF, CR or CRLF; the data
lines of an event are joined by LF; an event that no blank line ends is not dispatched. Event names and
ids are not kept: every API here repeats the type inside the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from llmwatch.providers.errors import BadAnswerError

MAX_EVENT_BYTES: Final = 8 * 2**20
_BOM: Final = b"\xef\xbb\xbf"
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


class Decoder(Protocol):
    """Turns bytes, cut anywhere, into the texts of events."""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The events that ``chunk`` completes."""

    def close(self) -> Iterator[str]:
        """The events that the end of the stream completes."""


class _Lines:
    """Splits bytes into lines; a CR at the end of a chunk waits for the LF that may follow it."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        data = self._rest + chunk
        if not self._started:
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._rest = data
                return
            data = data.removeprefix(_BOM)
            self._started = True
        start = 0
        for end in _LINE_END.finditer(data):
            if end.group() == b"\r" and end.end() == len(data):
                break
            yield data[start : end.start()].decode("utf-8", "replace")
            start = end.end()
        self._rest = data[start:]
        if len(self._rest) > MAX_EVENT_BYTES:
            raise too_large()

    def close(self) -> Iterator[str]:
        if self._rest:
            yield self._rest.rstrip(b"\r").decode("utf-8", "replace")
            self._rest = b""


class SseDecoder:
    """Data of server-sent events."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The events that ``chunk`` completes."""
        for line in self._lines.feed(chunk):
            yield from self._line(line)

    def close(self) -> Iterator[str]:
        """A last blank line may still wait for its LF; an event without a blank line is dropped."""
        for line in self._lines.close():
            yield from self._line(line)

    def _line(self, line: str) -> Iterator[str]:
        if not line:
            if self._data:
                yield "\n".join(self._data)
                self._data, self._size = [], 0
            return
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
            self._size += len(value)
            if self._size > MAX_EVENT_BYTES:
                raise too_large()


class NdjsonDecoder:
    """One JSON text a line; the last one needs no line end."""

    def __init__(self) -> None:
        self._lines = _Lines()

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The lines that ``chunk`` completes."""
        return filter(str.strip, self._lines.feed(chunk))

    def close(self) -> Iterator[str]:
        """The last line."""
        return filter(str.strip, self._lines.close())


def too_large() -> BadAnswerError:
    """The error for an event of more than `MAX_EVENT_BYTES`."""
    return BadAnswerError(
        f"The provider sent an event of more than {MAX_EVENT_BYTES // 2**20} MiB",
        hint="Check that base_url is a model API.",
    )
