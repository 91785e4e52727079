"""The first line: the verdict, and whether what is shown is the present."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from textual.content import Content
from textual.widget import Widget

from llmwatch.config import Config
from llmwatch.errors import StoreError
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged, DataMissing, FeedFailed
from llmwatch.tui.models.cells import text_of
from llmwatch.tui.models.header import HeaderView, Link, header_line
from llmwatch.tui.probe import answers
from llmwatch.tui.state import STYLES

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.analysis.health import Verdict
    from llmwatch.store.rows import StoreStats

_TICK_S: Final = 1.0
_PROBE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What the header reads."""

    verdict: Verdict
    stats: StoreStats
    newest: int
    """Id of the newest trace, 0 when there is none."""


class HeaderLine(Widget):
    """Verdict, link, address, size and clock in one line."""

    DEFAULT_CSS = "HeaderLine { dock: top; height: 1; text-wrap: nowrap; }"

    def __init__(self) -> None:
        super().__init__()
        self.link = Link()
        self.summary: Summary | None = None
        self._newest_at_pause = 0

    def on_mount(self) -> None:
        """Tick once a second, and ask now and then whether the collector is there."""
        self.set_interval(_TICK_S, self.refresh)
        self.set_interval(_PROBE_S, self._probe)
        host(self).feed_events.subscribe(self, self._on_feed)

    def _on_feed(self, event: FeedEvent) -> None:
        if isinstance(event, DataChanged):
            self._set(missing=False)
        elif isinstance(event, DataMissing):
            self._set(missing=True)
        else:
            self._set(failed_ns=event.since_ns if isinstance(event, FeedFailed) else None)

    def _set(self, **changes: object) -> None:
        self.link = replace(self.link, **changes)  # type: ignore[arg-type]
        self.refresh()

    async def _probe(self) -> None:
        up = await answers(host(self).collector_url, host(self).db)
        if up != (self.link.down_ns is None):
            self._set(down_ns=None if up else host(self).now_ns())

    async def reload(self) -> Summary | None:
        """Read the summary; None, and the old one stays, when the database cannot be read."""
        now_ns, config = host(self).now_ns(), host(self).config
        try:
            self.summary = await host(self).feed.refresh(lambda db: load(db, now_ns, config))
        except StoreError:
            return None  # the feed has said so already, and the link shows it
        unseen = max(self.summary.newest - self._newest_at_pause, 0) if self.link.paused else 0
        self._set(changed_ns=self.summary.stats.last_received_ns, unseen=unseen)
        return self.summary

    def pause(self, paused: bool) -> None:
        """Say that the screen is held, and count from here what comes."""
        self._newest_at_pause = self.summary.newest if self.summary else 0
        self._set(paused=paused, unseen=0)

    def _view(self) -> HeaderView:
        summary = self.summary
        return HeaderView(
            summary.verdict if summary else None,
            self.link,
            summary.stats if summary else None,
            f":{urlsplit(host(self).collector_url).port or 80}",
        )

    def render(self) -> Content:
        """The line."""
        line = header_line(self._view(), self.size.width - 1, host(self).now_ns())
        styles = [STYLES[cell.tone] for cell in line]
        if line and line[0].tone in ("warn", "error"):
            styles[0] = f"bold reverse {styles[0]}"
        return Content.assemble(*((cell.text, style) for cell, style in zip(line, styles, strict=True)))

    def text(self) -> str:
        """The line as plain text."""
        return text_of([header_line(self._view(), self.size.width - 1, host(self).now_ns())])


def load(db: sqlite3.Connection, now_ns: int, config: Config) -> Summary:
    """The summary at ``now_ns``."""
    from llmwatch.store.reads import status, traces
    from llmwatch.tui.outlook import read_outlook

    ids = traces.id_range(db)
    return Summary(read_outlook(db, now_ns, config).verdict, status.stats(db), ids[1] if ids else 0)
