"""Whether a trace goes on, as SQL.

A trace whose root has not come is taken to go on, because exporters send children first. But some roots
never come (the caller is not instrumented, or sends its spans elsewhere), so after a while without news
such a trace is taken for ended.
"""

from __future__ import annotations

import time
from typing import Final

_QUIET_NS: Final = 600 * 10**9
"""Ten minutes: longer than exporters hold spans back (5 s by default), and than most calls last."""

RUNNING: Final = "(traces.running AND (traces.root_span_id IS NOT NULL OR traces.received_ns > :quiet_ns))"
"""True for a trace that goes on; ``:quiet_ns`` is `quiet_ns`."""


def quiet_ns() -> int:
    """A trace without a root that has had no news since then is over."""
    return time.time_ns() - _QUIET_NS
