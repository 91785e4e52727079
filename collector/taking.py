"""Taking the JSON objects of a request one by one: what can be read is stored, the rest is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from starlette.requests import Request

from llmwatch.collector.door import door_of
from llmwatch.collector.pipeline import PlainReader, Prepared
from llmwatch.errors import IngestError
from llmwatch.store.batch import WriteResult

_LONGEST_ERROR: Final = 1000

Split = Callable[[bytes], Sequence[bytes]]
"""Finds the objects in a body, each still unread."""


class Taken(NamedTuple):
    """What became of the objects of a request."""

    sent: int
    rejected: int
    errors: list[dict[str, object]]
    """Index (None for what the store refused) and message of those that were not taken."""

    def some(self) -> Taken:
        """This, unless nothing at all was taken: then IngestError with the first reason."""
        if self.rejected and self.rejected >= self.sent:
            raise IngestError(str(self.errors[0]["message"]))
        return self


async def take(request: Request, split: Split, reader: PlainReader) -> Taken:
    """Store the spans and scores that ``reader`` finds in each object that ``split`` finds in the body.

    Raises:
        IngestError: The body is none that can be split.
        StoreError: It could not be stored.
    """
    door = door_of(request)
    body = await request.body()
    return taken(*await door.take(lambda body: door.pipeline.plain(split(body), reader), body))


def taken(prepared: Prepared, done: WriteResult) -> Taken:
    """What became of the objects of which ``prepared`` was made and ``done`` was stored."""
    told: list[tuple[int | None, str]] = [*prepared.failures]
    if done.rejected:
        told.append((None, f"{done.rejected} cannot be stored: {done.reason}"))
    return Taken(
        sent=prepared.taken + prepared.rejected,
        rejected=prepared.rejected + done.rejected,
        errors=[{"index": at, "message": message[:_LONGEST_ERROR]} for at, message in told],
    )
