"""The view before the first span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from llmwatch.clients import Address
from llmwatch.neutral import neutral_line
from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Line
from llmwatch.tui.models.firstrun import first_run_lines
from llmwatch.tui.probe import health
from llmwatch.tui.widgets.lines import Lines

_AGAIN_S: Final = 1.0


class FirstRun(Lines):
    """Lines to paste, with the address that is listened on; the mouse selects them, ``Y`` copies all."""

    def __init__(self) -> None:
        super().__init__(self._recipes)
        self._grpc_problem = ""

    def on_mount(self) -> None:
        """Ask the collector, which may still be starting, whether it takes gRPC."""
        self._asking = self.set_interval(_AGAIN_S, self._ask)
        self.run_worker(self._ask())

    async def _ask(self) -> None:
        answer = await health(host(self).collector_url)
        if answer is not None:
            self._asking.stop()
            self._grpc_problem = neutral_line(str(answer.get("grpc_problem") or ""), 200)
            self.refresh()

    def _recipes(self, width: int, height: int) -> Sequence[Line]:
        where = urlsplit(host(self).collector_url)
        grpc_port = host(self).config.collector.grpc_port
        here = Address(where.hostname or "", where.port or 80, grpc_port)
        return first_run_lines(here, self._grpc_problem, height)
