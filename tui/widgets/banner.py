"""The line under the header while an alert presses."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widget import Widget

from llmwatch.tui.host import host
from llmwatch.tui.models.alertrows import banner
from llmwatch.tui.models.cells import Line, text_of
from llmwatch.tui.state import STYLES

_TICK_S = 1.0


class Banner(Widget):
    """Hidden unless an alert of tier 1 or 2 fires that nobody has taken on."""

    DEFAULT_CSS = "Banner { height: 1; text-wrap: nowrap; display: none; }"

    def on_mount(self) -> None:
        """Follow the alerts, and how long they hold."""
        host(self).alerts_changed.subscribe(self, lambda _: self._show())
        self.set_interval(_TICK_S, self._show)

    def _line(self) -> Line:
        seen = host(self)
        return banner(seen.alerts, seen.now_ns(), self.app.size.width - 1, seen.key_of("alerts"))

    def _show(self) -> None:
        self.display = bool(self._line())
        self.refresh()

    def render(self) -> Content:
        """The line, its beginning reversed."""
        line = self._line()
        styles = [STYLES[cell.tone] for cell in line]
        if line:
            styles[0] = f"bold reverse {styles[0]}"
        return Content.assemble(*((cell.text, style) for cell, style in zip(line, styles, strict=True)))

    def on_click(self, event: events.Click) -> None:
        """A click leads to the alerts."""
        self.run_worker(self.run_action("app.alerts"))

    def text(self) -> str:
        """The line as plain text; empty when there is none."""
        return text_of([self._line()])
