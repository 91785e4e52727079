"""Pane 2: are the answers good, and have they got worse?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from llmwatch.config import Config
from llmwatch.errors import ConfigError
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
    from llmwatch.tui.models.timewindow import Window
    from llmwatch.tui.widgets.chart import QualityChart


_USUAL_FOR_S: Final = 60
"""What is usual changes slowly, and takes a moment to read."""


class QualityPane(Pane["QualityView"]):
    """A chart of scores or checks with new versions marked on it, and the numbers below."""

    number = 2
    title = "Quality"
    every_s = 5.0

    def __init__(self) -> None:
        super().__init__()
        self._chart: QualityChart | None = None
        self._usual: Usual | None = None

    def question(self) -> Callable[[sqlite3.Connection], QualityView]:
        """The last day, or as much of it as there is; what is usual only now and then."""
        now_ns, config, known = host(self).now_ns(), host(self).config, self._usual
        if known is not None and now_ns // SECOND - known.at_s >= _USUAL_FOR_S:
            known = None
        return lambda db: load(db, now_ns, config, known)

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
        self._usual = view.usual
        self.now_of(f" · {view.window.title}")
        if self._chart is None and view.series:
            from llmwatch.tui.widgets.chart import QualityChart

            self._chart = QualityChart()
            self.add_class("-chart")
            self.mount(self._chart, before=self.lines)
        if self._chart is not None:
            self._chart.show(view)


def load(db: sqlite3.Connection, now_ns: int, config: Config, usual: Usual | None) -> QualityView:
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
        usual or read_usual(db, window, now_s),
        _notes(db, now_ns, config),
    )


def read_usual(db: sqlite3.Connection, window: Window, now_s: int) -> Usual:
    """What the marks of a window usually are, and what has drifted. Reads a week by the hour."""
    from llmwatch.analysis.baselines import baselines
    from llmwatch.analysis.drift import shifts
    from llmwatch.store.reads.quality import score_trend
    from llmwatch.tui.models.quality import Usual, marks

    names = marks(score_trend(db, window.start_s, window.end_s, window.step_s))
    found = baselines(db, [f"score:{name}" for name in names], {}, now_s) if names else {}
    means = {name: mean.mean if (mean := found[f"score:{name}"]) else None for name in names}
    return Usual(now_s, means, tuple(shifts(db, now_s)))


def _notes(db: sqlite3.Connection, now_ns: int, config: Config) -> list[str]:
    """Why nothing is judged, where that is so."""
    from llmwatch.analysis.health import windows
    from llmwatch.evals.judge.state import hindrance, judging_endpoint
    from llmwatch.store.reads.judging import spend

    day = windows(now_ns, config).day
    spent = spend(db, day[0] * 10**9, day[1] * 10**9).cost_nanousd
    try:
        why = hindrance(config.judge, judging_endpoint(config), spent, now_ns)
    except ConfigError as error:
        why = f"the judge is off: {error}"
    return [neutral_line(why)] if why else []


def load_groups(db: sqlite3.Connection, now_s: int, by: By) -> Grouping[Measured]:
    """The last day by a dimension."""
    from llmwatch.tui.models.columns import QUALITY
    from llmwatch.tui.models.timewindow import DAY_S
    from llmwatch.tui.panes.grouped import read_groups

    return read_groups(db, by, (now_s - DAY_S, now_s + 60), {"kind": "llm"}, QUALITY)
