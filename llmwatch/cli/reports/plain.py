"""Reports as JSON: everything that was gathered, money in nano-dollars, times in nanoseconds."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from llmwatch.cli.tables import json_text


def as_json(gathered: object) -> str:
    """``gathered`` as a JSON object and a newline."""
    return json_text(msgspec.to_builtins(gathered, enc_hook=_named)) + "\n"


def _named(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value.key
    raise NotImplementedError(f"{type(value).__name__} has no JSON")
