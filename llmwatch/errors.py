"""Every error llmwatch raises on purpose, in one tree.

::

    LlmwatchError
    ├── ConfigError              the configuration file says something we cannot use
    ├── StoreError
    │   ├── StoreBusyError       the write queue is full: try again later
    │   ├── StoreUnusableError   the file cannot be opened, is locked by another writer, full or broken
    │   ├── DamagedRecordError   one stored record cannot be read, the rest of the file can
    │   ├── StoreMissingError    there is no database yet: no collector has written to it
    │   └── FilterError          a filter expression that cannot be read, with the position
    ├── PriceListError           a price list cannot be fetched, read or kept
    ├── IngestError              a request that cannot be taken, with its HTTP status
    ├── ReplayError
    │   ├── NotReplayableError   the recorded call lacks what a request needs
    │   └── ProviderError        the provider could not be reached or refused (see providers/errors.py)
    ├── DeliveryError            an alert could not be told over a channel
    ├── CallRefusedError         a model call that may not be made (llmwatch.guard)
    │   ├── BudgetExceededError  a budget is used up
    │   ├── BudgetUnknownError   what has been spent is not known, and must be
    │   └── RunawayLoopError     an agent runs in circles
    └── UsageError               the command line asks for something impossible

A message says what happened; ``hint`` says what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class LlmwatchError(Exception):
    """Base of all errors raised on purpose: ``str(error)`` says what happened, ``hint`` what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def explain(self) -> str:
        """The message and, on its own line, the hint."""
        return f"{self}\n{self.hint}" if self.hint else str(self)


class ConfigError(LlmwatchError):
    """The configuration file says something that cannot be used; the message names file and key."""


class StoreError(LlmwatchError):
    """Something about the database file. What was not taken may be sent again after ``retry_after_s``."""

    retry_after_s: int = 5
    """Someone has to do something about it first."""


class StoreBusyError(StoreError):
    """The write queue is full. Nothing was taken; the sender should try again after ``retry_after_s``."""

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message, hint=f"Send it again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class StoreUnusableError(StoreError):
    """The file cannot be opened, is owned by another writer, is full or is damaged."""


class StoreMissingError(StoreError):
    """There is no database at the path: no collector has written one yet."""


class DamagedRecordError(StoreError):
    """One stored record cannot be read; the rest of the file can."""


class FilterError(StoreError):
    """A filter expression that cannot be read. ``position`` is the offset of the first bad character."""

    def __init__(self, message: str, *, position: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position


class PriceListError(LlmwatchError):
    """A price list could not be fetched, is not as it must be, or could not be kept; the old one stays."""


class IngestError(LlmwatchError):
    """A request that cannot be taken. ``status`` is the HTTP status it is answered with."""

    def __init__(self, message: str, *, status: int = 400, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class ReplayError(LlmwatchError):
    """A recorded call could not be sent again."""


class NotReplayableError(ReplayError):
    """The recorded call lacks what a request needs; the message says what is missing."""


class ProviderError(ReplayError):
    """The provider could not be reached, refused, or broke off."""


class DeliveryError(LlmwatchError):
    """An alert could not be told; the message names no address and no key. ``lasting``: it never will be."""

    def __init__(self, message: str, *, lasting: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.lasting = lasting


class CallRefusedError(LlmwatchError):
    """A model call, or a call of a tool, that may not be made."""


class BudgetExceededError(CallRefusedError):
    """A budget is used up. ``spent`` and ``limit`` are dollars, tokens or calls, as ``unit`` says."""

    def __init__(
        self, message: str, *, budget: str, value: str | None, unit: str, spent: float, limit: float,
        resets_at: datetime,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.budget = budget
        """Its name in the configuration."""
        self.value = value
        """Whose it is, where each user, feature, … has one."""
        self.unit = unit
        self.spent = spent
        self.limit = limit
        self.resets_at = resets_at
        """When it begins anew, with a time zone."""


class BudgetUnknownError(CallRefusedError):
    """What has been spent, or what the call costs, cannot be known, and must be."""


class RunawayLoopError(CallRefusedError):
    """An agent calls the same tool with the same arguments time and again."""


class UsageError(LlmwatchError):
    """The command line asks for something impossible."""
