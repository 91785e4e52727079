"""Every number that is shown, compared or alerted on, by its name: pure functions of what was measured.

Screen, command line, JSON, Prometheus and rules all ask here, so that a number is the same everywhere.
"""

from __future__ import annotations

from llmwatch.analysis.metrics.metric import Better, Figure, Metric, Unit
from llmwatch.analysis.metrics.registry import METRICS, figure, metric_of

__all__ = ["METRICS", "Better", "Figure", "Metric", "Unit", "figure", "metric_of"]
