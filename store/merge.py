"""One span from all that arrived about it: start, end, messages; in any order, any number of times.

The result depends on the set of records only. They are put in one order, that of their revisions where the
sender numbers them, then ``partial`` before ``started`` before ``ended``, then by time, then by digest; in it
known beats unknown and later beats earlier, field by field. The exceptions: an error stays an error, counted
usage beats estimated, events and links are united, and messages that came one by one (log records) count only
where no record has the conversation as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from llmwatch.store.records import digest
from llmwatch.store.span import Call, Content, Cost, Event, Link, Message, Span, State, Usage

_S = TypeVar("_S", bound=Struct)

_STATES: Final[tuple[State, ...]] = ("partial", "started", "ended")
_STATUSES: Final = ("unset", "ok", "error")
_ROLES: Final = ("system", "developer", "user", "assistant", "tool")
_UNKNOWN: Final[tuple[object, ...]] = (None, "", (), {})
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def merge(records: Sequence[Span]) -> Span:
    """The span that ``records`` (at least one, all of the same span) describe together."""
    if len(records) == 1:
        return records[0]
    unique = {digest(record): record for record in records}
    if len(unique) == 1:
        return records[0]
    ordered = [record for _, record in sorted(unique.items(), key=_position)]
    merged = reduce(_later, ordered)
    return replace(
        merged,
        kind=next((r.kind for r in reversed(ordered) if r.kind != "span"), "span"),
        state=_state(ordered, merged.end_ns),
        start_ns=_start(ordered),
        status=max((r.status for r in ordered), key=_STATUSES.index),
        call=_call(merged.call, [r.call for r in ordered if r.call]),
        content=_content(merged.content, ordered),
    )


def _position(item: tuple[bytes, Span]) -> tuple[int, int, int, int, bytes]:
    key, record = item
    revision = -1 if record.revision is None else record.revision
    end = -1 if record.end_ns is None else record.end_ns
    return revision, _STATES.index(record.state), end, record.start_ns, key


def _start(ordered: Sequence[Span]) -> int:
    """The last word on it; but a sender that numbers updates may give each the time at which it was made."""
    whole = [record for record in ordered if record.state != "partial"]
    if whole and whole[-1].revision is None:
        return whole[-1].start_ns
    return min(record.start_ns for record in whole or ordered)


def _state(records: Sequence[Span], end_ns: int | None) -> State:
    """The furthest of all; an update may bring the end of a span that another record began."""
    state = max((record.state for record in records), key=_STATES.index)
    return "ended" if state == "started" and end_ns is not None else state


def _later(earlier: _S, later: _S) -> _S:
    """Field by field: what ``later`` knows, else what ``earlier`` knows."""
    changes: dict[str, Any] = {}
    for name in earlier.__struct_fields__:
        old, new = getattr(earlier, name), getattr(later, name)
        if new in _UNKNOWN:
            changes[name] = old
        elif isinstance(new, Struct) and not isinstance(new, Cost) and old is not None:
            changes[name] = _later(old, new)
        elif isinstance(new, Mapping) and old is not None:
            changes[name] = {**old, **new}
        else:
            changes[name] = new
    return replace(later, **changes)


def _call(merged: Call | None, calls: Sequence[Call]) -> Call | None:
    usages = sorted((c.usage for c in calls if c.usage), key=lambda usage: not usage.estimated)
    if merged is not None and merged.stream is False:  # Braintrust sends the duration, in another record
        merged = replace(merged, time_to_first_chunk_ns=None)
    if merged is None or not usages:
        return merged
    usage: Usage = reduce(_later, usages)
    return replace(merged, usage=usage)


def _content(merged: Content, ordered: Sequence[Span]) -> Content:
    return replace(
        merged,
        input_messages=_messages(ordered, "input_messages"),
        output_messages=_messages(ordered, "output_messages"),
        events=_united((e for r in ordered for e in r.content.events), _event_position),
        links=_united((link for r in ordered for link in r.content.links), _link_position),
        truncated=tuple(sorted({entry for r in ordered for entry in r.content.truncated})),
    )


def _messages(ordered: Sequence[Span], name: str) -> tuple[Message, ...]:
    for record in reversed(ordered):
        if _tells_whole(record) and getattr(record.content, name):
            messages: tuple[Message, ...] = getattr(record.content, name)
            return messages
    parts = [r for r in ordered if getattr(r.content, name)]
    parts.sort(key=lambda r: (r.start_ns, _role_rank(getattr(r.content, name)[0]), digest(r)))
    return tuple(message for record in parts for message in getattr(record.content, name))


def _tells_whole(record: Span) -> bool:
    """Whether its messages are the conversation, rather than one message of it."""
    return record.state != "partial" or record.revision is not None


def _role_rank(message: Message) -> int:
    return _ROLES.index(message.role) if message.role in _ROLES else len(_ROLES)


def _united(items: Iterable[_S], position: Any) -> tuple[_S, ...]:
    unique = {_encode(item): item for item in items}
    return tuple(item for _, item in sorted(unique.items(), key=position))


def _event_position(item: tuple[bytes, Event]) -> tuple[int, bytes]:
    return item[1].time_ns, item[0]


def _link_position(item: tuple[bytes, Link]) -> tuple[str, str, bytes]:
    return item[1].trace_id, item[1].span_id, item[0]
