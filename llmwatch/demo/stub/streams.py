"""Streaming: pacing, framing, and breaking off."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Send


class _CutOffError(Exception):
    """The connection is to be closed in the middle of the answer."""


class Stream(StreamingResponse):
    """A response that may break off: no last chunk, so the server closes the connection."""

    async def stream_response(self, send: Send) -> None:
        """Send the pieces; stop dead where one asks for it."""
        with contextlib.suppress(_CutOffError):
            await super().stream_response(send)


def sse(data: Mapping[str, Any] | str, event: str | None = None) -> bytes:
    """One server-sent event."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def words(text: str) -> list[str]:
    """``text`` in the pieces that are streamed; joined they are the text again."""
    return [(" " if number else "") + word for number, word in enumerate(text.split(" "))] if text else []


def stream(
    model: str, pieces: Iterable[bytes], pace_s: float, media_type: str = "text/event-stream"
) -> Stream:
    """A response of ``pieces``, one every ``pace_s``; a model called cutstream breaks off after four."""

    async def paced() -> AsyncIterator[bytes]:
        for number, piece in enumerate(pieces):
            if number == 4 and "cutstream" in model:
                raise _CutOffError
            await asyncio.sleep(pace_s)
            yield piece

    return Stream(paced(), media_type=media_type)
