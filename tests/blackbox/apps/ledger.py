"""What an app knows of its own run, one JSON object a line: the truth the database is held against.

Standard library only: the apps run in environments that have nothing of llmwatch.
"""

from __future__ import annotations

import json
import os
from typing import Any

STUB = os.environ.get("BLACKBOX_STUB", "")
"""Origin of the stub provider."""
ORIGIN = os.environ.get("BLACKBOX_ORIGIN", "")
"""Origin of the collector."""


def said(**facts: Any) -> None:
    """Print facts: ``session="s-1"``, ``user="u-1"``, ``score={"name": …, "value": …}``."""
    print(json.dumps(facts), flush=True)


def called(model: str, usage: Any = None, *, failed: bool = False, text: str | None = None) -> None:
    """Print a provider call: the model asked for, the usage the SDK returned (any API's names), the text."""
    said(
        call={
            "model": model,
            "failed": failed,
            "input_tokens": _first(usage, "prompt_tokens", "input_tokens"),
            "output_tokens": _first(usage, "completion_tokens", "output_tokens"),
            "text": text,
        }
    )


def _first(usage: Any, *names: str) -> Any:
    return next((value for name in names if (value := getattr(usage, name, None)) is not None), None)
