"""Writing replays and counters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from llmwatch.store.span import Replay, Usage
from llmwatch.store.writes.shelf import Shelf
from llmwatch.store.writes.tally import Tally

ReplayArrival: TypeAlias = tuple[Replay, Tally]


def write_replays(shelf: Shelf, arrivals: Iterable[ReplayArrival]) -> None:
    """Store replays. A replay never changes: one that comes again is a duplicate."""
    for replay, tally in arrivals:
        usage = replay.usage or Usage()
        row = {
            "replay_id": replay.replay_id, "trace_id": replay.trace_id, "span_id": replay.span_id,
            "time_ns": replay.time_ns, "provider": replay.provider, "url": replay.url,
            "model": replay.model, "status": replay.status, "error": replay.error,
            "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens,
            "cost_nanousd": replay.cost_nanousd, "duration_ns": replay.duration_ns,
            "time_to_first_chunk_ns": replay.time_to_first_chunk_ns,
            "finish_reason": replay.finish_reason, "record": shelf.codec.pack_replay(replay),
        }  # fmt: skip
        cursor = shelf.db.execute(
            f"INSERT OR IGNORE INTO replays ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            tuple(row.values()),
        )
        tally.inserted += cursor.rowcount
        tally.duplicates += 1 - cursor.rowcount


def add_counters(shelf: Shelf, amounts: Mapping[str, int]) -> None:
    """Add to counters; one that does not exist begins at 0."""
    shelf.db.executemany(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, amount) for name, amount in amounts.items() if amount],
    )
