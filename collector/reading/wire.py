"""How the two processes talk: each message after its length, answers in the order of the messages."""

from __future__ import annotations

from typing import BinaryIO, Final

LENGTH_BYTES: Final = 4


def framed(message: bytes) -> bytes:
    """``message`` as it is sent."""
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


def length(head: bytes) -> int:
    """How long the message is that follows ``head``."""
    return int.from_bytes(head, "big")


def receive(pipe: BinaryIO) -> bytes | None:
    """The next message; None when there are no more."""
    head = pipe.read(LENGTH_BYTES)
    return pipe.read(length(head)) if len(head) == LENGTH_BYTES else None
