"""The view before the first span."""

from __future__ import annotations

from collections.abc import Sequence

from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Line
from llmwatch.tui.models.firstrun import first_run_lines
from llmwatch.tui.widgets.lines import Lines


class FirstRun(Lines):
    """Lines to paste, with the address that is listened on; the mouse selects them, ``Y`` copies all."""

    def __init__(self) -> None:
        super().__init__(self._recipes)

    def _recipes(self, width: int, height: int) -> Sequence[Line]:
        return first_run_lines(host(self).collector_url, width, height)
