"""All that the demo's services send, in the order in which it is sent: the last day, then what goes on."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from llmwatch.demo.scenarios import agent, chat, classify, digest, mail
from llmwatch.demo.trace import Outgoing, due_ns
from llmwatch.demo.world import MINUTE_NS, World

Scenario: TypeAlias = Callable[[World, int], list[Outgoing]]

_DAY_NS: Final = 24 * 60 * MINUTE_NS
_BUSY_NS: Final = 15 * MINUTE_NS
"""From this long before the demo is opened traffic is as dense as it is live: the status row's window."""
_LIVE_GAP_S: Final = 2.0
_QUIET_GAP_S: Final = 130.0
"""Mean seconds between two traces; the day before is thinned out so that it is sent in a second or two."""
_SPENT_USD: Final = 0.12
_SPENT_USD_PER_HOUR: Final = 0.35
"""What a day costs: the busy minutes before opening, and the digests of each hour (tested against prices)."""
_BUDGET_SHARE: Final = 0.84
_DIGEST_USD: Final = _SPENT_USD_PER_HOUR * digest.EVERY_S / 3600
_BUSY_USD: Final = 0.007
_QUIET_USD: Final = 0.001
_LIVE_USD: Final = 0.011
"""What a minute costs beside the digests: just before opening, before that, and after (tested, too)."""
_NEARLY: Final = 3
"""Minutes after the opening in which about 80 % of the hour's budget are crossed."""
_SCENARIOS: Final[tuple[tuple[Scenario, float], ...]] = (
    (chat.play, 0.46),
    (classify.play, 0.30),
    (mail.play, 0.15),
    (agent.play, 0.09),
)


def outgoing(seed: int, opened_ns: int) -> Iterator[Outgoing]:
    """Everything, endlessly, each when it is due; the same for the same arguments."""
    world = World(seed, opened_ns)
    waiting: list[tuple[int, int, Outgoing]] = []
    number = 0
    for start_ns, scenario in _starts(world):
        while waiting and waiting[0][0] <= start_ns:
            yield heapq.heappop(waiting)[2]
        for item in scenario(world, start_ns):
            number += 1
            heapq.heappush(waiting, (due_ns(item), number, item))


def _starts(world: World) -> Iterator[tuple[int, Scenario]]:
    """When something begins and what: customers at random, digests by the clock."""
    plays = [play for play, _ in _SCENARIOS]
    weights = [weight for _, weight in _SCENARIOS]
    now_ns = world.opened_ns - _DAY_NS
    every_ns = digest.EVERY_S * 10**9
    digest_ns = now_ns - now_ns % every_ns + every_ns
    while True:
        now_ns += int(world.rng.expovariate(1 / _gap_s(world, now_ns)) * 1e9)
        while digest_ns <= now_ns:
            yield digest_ns, digest.play
            digest_ns += every_ns
        (play,) = world.rng.choices(plays, weights)
        yield now_ns, play


def _gap_s(world: World, at_ns: int) -> float:
    """Mean seconds to the next trace: fewer at night, as busy as live in the last minutes before opening."""
    if at_ns >= world.opened_ns - _BUSY_NS:
        return _LIVE_GAP_S
    hour = at_ns / 3.6e12 % 24
    return _QUIET_GAP_S * (1 + 0.5 * math.cos((hour - 3) / 24 * math.tau))


def daily_budget_usd(opened_ns: int) -> float:
    """A budget that is nearly spent when the demo is opened, whatever the time of day (UTC)."""
    hours = opened_ns % _DAY_NS / 3.6e12
    return round((_SPENT_USD + _SPENT_USD_PER_HOUR * hours) / _BUDGET_SHARE, 2)


def hourly_budget_usd(opened_ns: int) -> float:
    """A budget for the hour (UTC) that is nearly used up some minutes after the demo is opened."""
    minutes = opened_ns % (60 * MINUTE_NS) // MINUTE_NS
    digests = minutes * 60 // digest.EVERY_S + 1
    busy = min(minutes, _BUSY_NS // MINUTE_NS)
    spent = digests * _DIGEST_USD + busy * _BUSY_USD + (minutes - busy) * _QUIET_USD
    return round((spent + _NEARLY * _LIVE_USD) / 0.8, 2)
