"""All metrics by their names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from llmwatch.analysis.metrics.metric import Figure, Metric
from llmwatch.analysis.metrics.quality import QUALITY, mean_of
from llmwatch.analysis.metrics.spending import SPENDING
from llmwatch.analysis.metrics.traffic import TRAFFIC
from llmwatch.errors import UsageError
from llmwatch.store.rows import Measured

METRICS: Final[Mapping[str, Metric]] = {metric.id: metric for metric in (*TRAFFIC, *SPENDING, *QUALITY)}
"""In the order in which they are listed; ``score:NAME`` is a metric, too, for every name of a score."""

_SCORE: Final = "score:"


def metric_of(metric_id: str) -> Metric:
    """The metric of this name.

    Raises:
        UsageError: There is none.
    """
    if metric_id in METRICS:
        return METRICS[metric_id]
    name = metric_id.removeprefix(_SCORE)
    if not name or name == metric_id:
        raise UsageError(
            f"There is no metric {metric_id}", hint=f"Metrics are {', '.join(METRICS)}, score:NAME."
        )
    return Metric(
        id=metric_id,
        title=name,
        about=f"Mean of the scores {name}.",
        unit="mark",
        better="higher",
        compute=partial(mean_of, (name,)),
    )


def figure(metric_id: str, measured: Measured) -> Figure:
    """A metric of what was measured.

    Raises:
        UsageError: There is no such metric.
    """
    return metric_of(metric_id).compute(measured)
