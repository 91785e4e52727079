"""The quality pane's chart. Imports plotext, so it is imported after the first paint only."""

from __future__ import annotations

from textual.color import Color
from textual_plotext import PlotextPlot

from llmwatch.tui.models.quality import QualityView
from llmwatch.tui.models.timewindow import STEPS, stretches, tick_labels
from llmwatch.tui.state import STYLES

_TICK_CELLS = 14


class QualityChart(PlotextPlot):
    """Up to two lines from 0 to 1 over time, and a mark where a new version came."""

    DEFAULT_CSS = "QualityChart { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._view: QualityView | None = None

    def show(self, view: QualityView) -> None:
        """Draw ``view``."""
        self._view = view
        self._draw()

    def on_resize(self) -> None:
        """The number of ticks depends on the width."""
        self._draw()

    def _colour(self, style: str) -> tuple[int, int, int]:
        """The colour of a style such as ``$accent``, which plotext wants as numbers."""
        return Color.parse(self.app.theme_variables[style.removeprefix("$")]).rgb

    def _draw(self) -> None:
        if self._view is None:
            return
        view, plot = self._view, self.plt
        plot.clear_figure()
        plot.frame(False)
        low = min((v for each in view.series for v in each.values if v is not None), default=0.0)
        floor = max(min(int(low * 10) / 10, 0.8), 0.0)
        plot.ylim(floor, 1.0)
        plot.yticks([floor, 1.0], [f"{floor:.1f}", "1.0"])
        plot.xlim(0, STEPS)
        steps, times = tick_labels(view.window, max(self.size.width // _TICK_CELLS, 1))
        plot.xticks(steps, times)
        ink, paper = self._colour(STYLES["muted"]), self._colour("$surface")
        for marker in view.markers:
            plot.vline(marker.step, ink)
        for marker in view.markers[:1]:  # newest first; more names than one would cover each other
            plot.text(marker.name + " ", marker.step, 1.0, color=ink, background=paper, alignment="right")
        for series in view.series:
            for run in stretches(series.values):
                plot.plot(
                    run,
                    [series.values[step] for step in run],
                    color=self._colour(STYLES[series.tone]),
                    marker="braille",
                )
        self.refresh()
