"""What Prometheus reads: families of metrics made from rows, and their text.

Totals since the first span come from the database, so they go on where they were after a restart. They can
be corrected downwards (a call turns out to repeat another one), which Prometheus would read as a restart
from zero and count everything again; so what was once shown is never undercut, and the database remembers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from llmwatch.collector.gauges import MAX_LABEL, NANO, Floor, beside_calls
from llmwatch.collector.outlook import Reading
from llmwatch.neutral import neutral_line
from llmwatch.store.exposed import Sample
from llmwatch.store.rollups import BOUNDS_S
from llmwatch.store.rows import ModelTotals

_MAX_MODELS: Final = 500
"""Models with a label of their own, the first by name; the others are one more. As models are only ever
added, one can move from the first to the others but never back, so no sum goes down by it."""

_OTHERS: Final = "(others)"
_UNNAMED: Final = "(unnamed)"
_LE: Final = (*(str(bound) for bound in BOUNDS_S), "+Inf")


class Exposition:
    """Renders readings, one after the other, as counters that never go down.

    ``shown`` is what earlier processes have shown.
    """

    def __init__(self, shown: Mapping[Sample, float]) -> None:
        self._shown = dict(shown)
        self._before = dict(shown)
        self.risen: dict[Sample, float] = {}
        """What was shown higher than before; whoever has remembered it empties it."""

    def render(self, reading: Reading, accept: str) -> tuple[bytes, str]:
        """The text of a reading and its media type, as ``accept`` (the header) asks for it."""
        encode, media_type = choose_encoder(accept)
        families = [*_of_models(reading.models, self._floor), *beside_calls(reading, self._floor, self._on)]
        return encode(_Families(families)), media_type

    def _floor(self, sample: Sample, value: float) -> float:
        known = self._shown.get(sample)
        if known is not None and value <= known:
            return known
        self._shown[sample] = self.risen[sample] = value
        return value

    def _on(self, sample: Sample, value: float) -> float:
        """As `_floor` for what begins at zero in each process: it goes on from where the last one ended."""
        return self._floor(sample, self._before.get(sample, 0.0) + value)


class _Families(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _of_models(models: Sequence[ModelTotals], floor: Floor) -> Iterator[Metric]:
    requests = CounterMetricFamily("llm_requests", "LLM calls that have ended.", labels=["model", "status"])
    tokens = CounterMetricFamily("llm_tokens", "Tokens, cached ones included.", labels=["model", "type"])
    cost = CounterMetricFamily("llm_cost_usd", "Cost of priced calls, dollars.", labels=["model"])
    latency = HistogramMetricFamily("llm_latency_seconds", "Duration of LLM calls.", labels=["model"])
    for label, total in _labelled(models).items():
        for status, count in (("success", total.success), ("error", total.error)):
            requests.add_metric([label, status], floor(("requests", label, status), count))
        for sort, count in (("input", total.input_tokens), ("output", total.output_tokens)):
            tokens.add_metric([label, sort], floor(("tokens", label, sort), count))
        cost.add_metric([label], floor(("cost", label), total.cost_nanousd / NANO))
        counts = accumulate(total.durations)
        buckets = [(le, floor(("le", label, le), count)) for le, count in zip(_LE, counts, strict=True)]
        latency.add_metric([label], buckets, floor(("seconds", label), total.duration_sum_ns / NANO))
    yield from (requests, latency, tokens, cost)


def _labelled(models: Sequence[ModelTotals]) -> dict[str, ModelTotals]:
    """Totals by a label that is safe to show: one line, short, and not too many of them."""
    found: dict[str, ModelTotals] = {}
    for rank, total in enumerate(sorted(models, key=lambda total: total.model)):
        label = neutral_line(total.model, MAX_LABEL) or _UNNAMED if rank < _MAX_MODELS else _OTHERS
        found[label] = _sum(label, found[label], total) if label in found else total
    return found


def _sum(label: str, one: ModelTotals, other: ModelTotals) -> ModelTotals:
    return ModelTotals(
        model=label,
        success=one.success + other.success,
        error=one.error + other.error,
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cost_nanousd=one.cost_nanousd + other.cost_nanousd,
        duration_sum_ns=one.duration_sum_ns + other.duration_sum_ns,
        durations=tuple(map(sum, zip(one.durations, other.durations, strict=True))),
    )
