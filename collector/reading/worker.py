"""The second process: reads what its parent sends until the pipe closes, however the parent ends."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import signal
from typing import BinaryIO, Final

import msgspec

from llmwatch.collector.otlp.reading import Request, read
from llmwatch.collector.pipeline import Pipeline, Prepared
from llmwatch.collector.reading.wire import framed, receive

_request: Final = msgspec.msgpack.Decoder(Request).decode
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(Prepared).decode


def main() -> None:
    """Answer on stdout: to the configuration, then to each request what `unpacked` takes."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)  # a terminal signals both; the parent still needs its answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else that is printed may get between them
    logging.disable()  # what cannot be read is read again by the parent, which logs why
    with os.fdopen(0, "rb") as messages, contextlib.suppress(BrokenPipeError):
        serve(messages, answers)


def serve(messages: BinaryIO, answers: BinaryIO) -> None:
    """Answer all ``messages``: the first is the pickled configuration, the others are requests."""
    pipeline: Pipeline | None = None
    while (message := receive(messages)) is not None:
        if pipeline is None:
            pipeline = Pipeline(pickle.loads(message))  # noqa: S301 - of our parent
            gc.freeze()  # as in server.py
            gc.set_threshold(50_000, 20, 50)
            answer = b""
        else:
            answer = read_packed(pipeline, _request(message))
        answers.write(framed(answer))
        answers.flush()


def read_packed(pipeline: Pipeline, request: Request) -> bytes:
    """What ``request`` brings, for `unpacked`; empty when anything is wrong with it: the parent sees what."""
    try:
        prepared = read(pipeline, request)
        return b"" if prepared.rejected else _pack(prepared)
    except Exception:  # noqa: BLE001 - the parent reads it, too, and says what is wrong
        return b""


def unpacked(packed: bytes) -> Prepared:
    """What `read_packed` found."""
    return _unpack(packed)


if __name__ == "__main__":
    main()
