"""Counting what becomes of the records of one batch while it is written."""

from __future__ import annotations

from dataclasses import dataclass

from llmwatch.store.batch import WriteResult


@dataclass(slots=True)
class Tally:
    """The counts of a `WriteResult`, growing."""

    inserted: int = 0
    merged: int = 0
    duplicates: int = 0
    rejected: int = 0
    reason: str = ""

    def result(self) -> WriteResult:
        """The counts as they are now."""
        return WriteResult(
            inserted=self.inserted,
            merged=self.merged,
            duplicates=self.duplicates,
            rejected=self.rejected,
            reason=self.reason,
        )

    def add(self, other: Tally) -> None:
        """Count what ``other`` counts."""
        self.inserted += other.inserted
        self.merged += other.merged
        self.duplicates += other.duplicates
        self.rejected += other.rejected
        self.reason = self.reason or other.reason
