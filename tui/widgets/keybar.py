"""The last line of the screen: what the keys do here, as many as fit."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from llmwatch.tui.commands import BY_ID
from llmwatch.tui.host import host
from llmwatch.tui.models.alertrows import count_text
from llmwatch.tui.models.cells import Cell, Line, row, spread, width_of
from llmwatch.tui.state import STYLES


class KeyBar(Widget):
    """Shows the commands of the table that are marked for the footer and live where the focus is."""

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; padding: 0 1; text-wrap: nowrap; }"

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        host(self).alerts_changed.subscribe(self, self._changed)

    def _changed(self, what: object) -> None:
        self.refresh()

    def render(self) -> Content:
        """The line: keys on the left, and on the right how many alerts fire."""
        alerts = self._alerts()
        room = self.size.width - (width_of(alerts) + 2 if alerts else 0)
        keys = row(self._chunks(), room, 2)
        line = spread(keys, alerts, self.size.width) if alerts else keys
        return Content.assemble(*((cell.text, STYLES[cell.tone]) for cell in line))

    def _alerts(self) -> Line:
        text = count_text(host(self).alerts, host(self).now_ns())
        return (Cell(text, "warn"), Cell(f"  {host(self).key_of('alerts')}", "accent")) if text else ()

    def _chunks(self) -> list[Line]:
        chunks: dict[str, Line] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id in BY_ID and binding.show and active.enabled and binding.id not in chunks:
                key = self.app.get_key_display(binding)
                chunks[binding.id] = (Cell(key, "accent"), Cell(f" {BY_ID[binding.id].title}", "muted"))
        return list(chunks.values())
