"""What subcommands without a screen log."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from llmwatch.neutral import neutral

_USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has; the rest of one is what its logger added."""


class _NeutralFormatter(logging.Formatter):
    """A log's line may quote what a client sent, so it passes `neutral` on its way to the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return neutral(super().format(record))


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: timestamp, level, message, logger, and what the logger added (``extra``)."""

    def format(self, record: logging.LogRecord) -> str:
        added = {key: value for key, value in vars(record).items() if key not in _USUAL}
        entry = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps({**added, **entry}, default=str)  # ASCII, so nothing in it moves a cursor


def log_to_stderr(level: int, layout: str = "%(message)s", *, as_json: bool = False) -> None:
    """Log what is at least as serious as ``level`` to stderr, as text or as JSON lines."""
    logs = logging.StreamHandler(sys.stderr)
    logs.setFormatter(_JsonFormatter() if as_json else _NeutralFormatter(layout))
    logging.basicConfig(level=level, handlers=[logs])
