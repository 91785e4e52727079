"""Names by which senders of scores call spans and traces, and how they may stand in the file.

An id that a platform gives out is often written otherwise than the id its spans were sent with: a UUID with
or without dashes, upper case, MLflow's ``tr-`` before the trace id, Weave's ``weave:///…/call/<id>``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from uuid import UUID

_REFERENCE: Final = re.compile(r"^[a-z]+://.*/(?:call|span|trace|run)s?/([^/:?#]+)", re.IGNORECASE)
_PREFIX: Final = "tr-"
_HEX: Final = re.compile(r"[0-9a-f]{32}")
_LONGEST: Final = 500
"""Longer names are compared as they are."""


@lru_cache(maxsize=1024)
def spellings(name: str) -> tuple[str, ...]:
    """All that ``name`` may be in the file, as sent first."""
    if len(name) > _LONGEST:
        return (name,)
    plain = name.strip()
    reference = _REFERENCE.match(plain)
    called = reference[1] if reference else plain
    lower = called.lower()
    bare = lower.removeprefix(_PREFIX)
    found = [name, plain, called, lower, bare]
    digits = bare.replace("-", "")
    if _HEX.fullmatch(digits):
        found += [digits, str(UUID(digits)), _PREFIX + digits]
    return tuple(dict.fromkeys(filter(None, found)))
