"""What came lately, bounded: memory that no sender can fill."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

K = TypeVar("K")
V = TypeVar("V")
_REMEMBERED: Final = 4096


def remember(known: OrderedDict[K, V], key: K, value: V) -> None:
    """Note ``value`` as what came last; what came long before is forgotten."""
    known.pop(key, None)
    known[key] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
