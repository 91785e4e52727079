"""Pane 2: are the answers good, and have they got worse?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from llmwatch.config import Config
from llmwatch.errors import ConfigError, StoreError
from llmwatch.format import SECOND
from llmwatch.neutral import neutral_line
from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Line
from llmwatch.tui.panes.base import Pane

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.reads.sliced import By
    from llmwatch.store.rows import Measured
    from llmwatch.tui.models.groups import Grouping, Layout
    from llmwatch.tui.models.quality import QualityView, Usual
    from llmwatch.tui.widgets.chart import QualityChart


_USUAL_EVERY_S: Final = 60.0


class QualityPane(Pane["QualityView"]):
    """A chart of scores or checks with new versions marked on it, and the numbers below."""

    number = 2
    title = "Quality"
    every_s = 5.0

    def __init__(self) -> None:
        super().__init__()
        self._chart: QualityChart | None = None
        self._usual: Usual | None = None

    def on_mount(self) -> None:
        """What is usual changes slowly."""
        self.set_interval(_USUAL_EVERY_S, self._learn)

    def question(self) -> Callable[[sqlite3.Connection], QualityView]:
        """The last day, or as much of it as there is."""
        now_ns, config, usual = host(self).now_ns(), host(self).config, self._usual
        return lambda db: load(db, now_ns, config, usual)

    def _learn(self) -> None:
        if self.display and self.screen.is_current and self.view is not None:
            self.run_worker(self._read_usual(), group="usual", exclusive=True)

    async def _read_usual(self) -> None:
        now_s = host(self).now_ns() // SECOND
        try:
            self._usual = await host(self).feed.reckon(lambda db: read_usual(db, now_s))
        except StoreError:
            return  # the pane says so when it is read itself
        await self.read()

    def groups(self, by: By) -> Callable[[sqlite3.Connection], Grouping[Measured]]:
        """The last day."""
        now_s = host(self).now_ns() // 10**9
        return lambda db: load_groups(db, now_s, by)

    def layout_of_groups(self) -> Layout[Measured]:
        """Marks, checks and feedback."""
        from llmwatch.tui.models.columns import QUALITY

        return QUALITY

    def draw(self, view: QualityView, width: int, height: int) -> Sequence[Line]:
        """The numbers below the chart."""
        from llmwatch.tui.models.quality import quality_lines

        return quality_lines(view, width, height)

    def changed(self, view: QualityView) -> None:
        """Draw the chart; the first time this imports what it is drawn with."""
        if self._usual is None:
            self._learn()
        self.now_of(f" · {view.window.title}")
        if self._chart is None and view.series:
            from llmwatch.tui.widgets.chart import QualityChart

            self._chart = QualityChart()
            self.add_class("-chart")
            self.mount(self._chart, before=self.lines)
        if self._chart is not None:
            self._chart.show(view)


def load(db: sqlite3.Connection, now_ns: int, config: Config, usual: Usual | None = None) -> QualityView:
    """Quality at ``now_ns``, beside what is ``usual`` if that is known."""
    from llmwatch.store.reads import metrics, quality, versions
    from llmwatch.tui.models.quality import quality_view
    from llmwatch.tui.models.timewindow import DAY_S, window_of

    now_s = now_ns // 10**9
    hours = metrics.course(db, now_s // 3600 * 3600 - DAY_S, now_s + 60, 3600, {})
    window = window_of(next((hour.start_s for hour in hours if hour.totals.spans), None), now_s)
    return quality_view(
        window,
        quality.score_trend(db, window.start_s, window.end_s, window.step_s),
        metrics.course(db, window.start_s, window.end_s, window.step_s, {"kind": "llm"}),
        versions.live(db, window.start_s * 10**9, fingerprints=True),
        config.health.heuristic_pass_warn,
        usual,
        _notes(config, now_ns),
    )


def read_usual(db: sqlite3.Connection, now_s: int) -> Usual:
    """What marks usually are, and what has drifted. Reads a week by the hour for every model: 0.1 s."""
    from llmwatch.analysis.baselines import baselines
    from llmwatch.analysis.drift import shifts
    from llmwatch.store.reads.quality import score_trend
    from llmwatch.tui.models.quality import Usual, marks
    from llmwatch.tui.models.timewindow import DAY_S

    names = marks(score_trend(db, now_s - DAY_S, now_s, DAY_S))
    found = baselines(db, [f"score:{name}" for name in names], {}, now_s) if names else {}
    means = {name: mean.mean if (mean := found[f"score:{name}"]) else None for name in names}
    return Usual(means, tuple(shifts(db, now_s)))


def _notes(config: Config, now_ns: int) -> list[str]:
    """That nothing is judged, where the configuration does not say by whom."""
    from llmwatch.evals.judge.state import hindrance, judging_endpoint

    try:
        endpoint = judging_endpoint(config)
    except ConfigError as error:
        return [neutral_line(f"the judge is off: {error}")]
    if endpoint is not None and endpoint.ready:
        return []  # what else may hinder it needs the price list, which takes a second to load
    return [neutral_line(hindrance(config.judge, endpoint, 0, now_ns) or "")]


def load_groups(db: sqlite3.Connection, now_s: int, by: By) -> Grouping[Measured]:
    """The last day by a dimension."""
    from llmwatch.tui.models.columns import QUALITY
    from llmwatch.tui.models.timewindow import DAY_S
    from llmwatch.tui.panes.grouped import read_groups

    return read_groups(db, by, (now_s - DAY_S, now_s + 60), {"kind": "llm"}, QUALITY)
