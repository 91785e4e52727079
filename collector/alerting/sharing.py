"""A long replay, shared out among processes: rules do not know of each other."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Sequence
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from typing import Final

from llmwatch.analysis.alerts.rule import Rule
from llmwatch.collector.alerting.past import Fired, Replay
from llmwatch.collector.alerting.recorded import MINUTE_S
from llmwatch.config import Config
from llmwatch.lifeline import end_with_parent
from llmwatch.store.database import connect_reader

_MUCH: Final = 200_000
"""Minutes times rules from which it is shared: to start a process takes as long as to look at these."""
_MOST: Final = 4
"""Processes; each reads for itself what its rules look at, about 100 MB over a million spans."""

_replays: Final[list[Replay]] = []
"""That of this process, which is one of several."""


def replayed(database: Path, config: Config, start_s: int, end_s: int, rules: Sequence[Rule]) -> list[Fired]:
    """As `Replay.run`."""
    workers = min(os.cpu_count() or 1, _MOST, len(rules))
    if workers < 2 or (end_s - start_s) // MINUTE_S * len(rules) < _MUCH:
        with closing(connect_reader(database)) as db:
            return Replay(db, config, start_s, end_s).run(rules)
    import multiprocessing  # noqa: PLC0415 - only here is it needed
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(database, config, start_s, end_s),
    ) as pool:
        fired = [each for found in pool.map(_of_rule, rules) for each in found]
    return sorted(fired, key=attrgetter("alert.fired_ns"))


def _begin(database: Path, config: Config, start_s: int, end_s: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and ends this one
    end_with_parent()
    gc.disable()  # what it keeps it keeps to its end, soon: looking for cycles takes a twentieth of the time
    _replays.append(Replay(connect_reader(database), config, start_s, end_s))


def _of_rule(rule: Rule) -> list[Fired]:
    return _replays[-1].run([rule])
