"""What the second process does: read a request, and hand back what it found."""

from __future__ import annotations

import gc
import logging
import signal
from typing import Final

import msgspec

from llmwatch.collector.otlp.reading import Request, read
from llmwatch.collector.pipeline import Pipeline, Prepared
from llmwatch.config import Config
from llmwatch.lifeline import end_with_parent

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(Prepared).decode
_pipelines: Final[list[Pipeline]] = []
"""Of the configuration that this process was started with."""


def begin(config: Config) -> None:
    """Get ready to read by ``config``, once in a process."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)  # a terminal signals both; the parent still needs its answers
    end_with_parent()
    logging.disable()  # what cannot be read is read again by the parent, which logs why
    _pipelines.append(Pipeline(config))
    gc.freeze()  # as in server.py
    gc.set_threshold(50_000, 20, 50)


def read_packed(request: Request) -> bytes:
    """What ``request`` brings, for `unpacked`; empty when anything is wrong with it: the parent sees what."""
    try:
        prepared = read(_pipelines[-1], request)
        return b"" if prepared.rejected else _pack(prepared)
    except Exception:  # noqa: BLE001 - the parent reads it, too, and says what is wrong
        return b""


def unpacked(packed: bytes) -> Prepared:
    """What `read_packed` found."""
    return _unpack(packed)
