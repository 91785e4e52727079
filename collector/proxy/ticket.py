"""What a call that passes holds of budgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llmwatch.collector.budgets.ledger import Hold, Ledger
from llmwatch.collector.proxy.headers import Headers
from llmwatch.neutral import neutral_line

WARNING: Final = b"x-llmwatch-warning"
"""Header of an answer that a budget on trial would have refused."""
_LONGEST_HEADER: Final = 1000


@dataclass(slots=True)
class Ticket:
    """A call that may pass, and what it holds of budgets until all that came of it is stored."""

    ledger: Ledger | None = None
    """None when there is nothing to hold."""
    hold: Hold | None = None
    _open: int = 1
    _lost: bool = False

    @property
    def headers(self) -> Headers:
        """What is said of it beside its answer."""
        warnings = self.hold.warnings if self.hold else ()
        said = [neutral_line(warning, _LONGEST_HEADER) for warning in warnings]
        return [(WARNING, warning.encode("ascii", "replace")) for warning in said]

    def also(self) -> None:
        """Something more has to end before it does."""
        self._open += 1

    def end(self, *, lost: bool = False) -> None:
        """Something has ended; ``lost`` when it is not stored, so that only the estimate is known."""
        self._open -= 1
        self._lost |= lost
        if self.ledger is None or self.hold is None or self._open:
            return
        if self._lost:
            self.ledger.settle(self.hold, self.hold.spend)
        else:
            self.ledger.release(self.hold)
