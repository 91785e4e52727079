"""What subcommands without a screen log."""

from __future__ import annotations

import logging
import sys

from llmwatch.neutral import neutral


class _NeutralFormatter(logging.Formatter):
    """A log's line may quote what a client sent, so it passes `neutral` on its way to the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return neutral(super().format(record))


def log_to_stderr(level: int, layout: str = "%(message)s") -> None:
    """Log what is at least as serious as ``level`` to stderr."""
    logs = logging.StreamHandler(sys.stderr)
    logs.setFormatter(_NeutralFormatter(layout))
    logging.basicConfig(level=level, handlers=[logs])
