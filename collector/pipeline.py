"""From a raw record to what is stored: read by its dialect, cut to size, priced, checked."""

from __future__ import annotations

from msgspec.structs import replace

from llmwatch.collector import dialects
from llmwatch.collector.caps import capped
from llmwatch.collector.otlp.decoded import Decoded
from llmwatch.collector.records import RawLog, RawSpan
from llmwatch.config import Config
from llmwatch.evals.heuristics import check
from llmwatch.evals.refusal import refused
from llmwatch.providers.free import free_endpoint
from llmwatch.providers.prices import price
from llmwatch.store.batch import Batch
from llmwatch.store.span import Score, Span


class Pipeline:
    """Pure functions of a record and of the configuration."""

    def __init__(self, config: Config) -> None:
        self._longest = config.collector.max_value_kib * 1024
        self._is_free = free_endpoint(config.providers)

    def spans(self, decoded: Decoded[RawSpan], size: int) -> Batch:
        """What the spans of a body of ``size`` bytes, and the scores in them, are stored as."""
        spans: list[Span] = []
        scores: list[Score] = []
        for raw in decoded.records:
            spans.append(self.finish(dialects.normalise_span(raw), size))
            scores += dialects.scores_of(raw)
        counters = {"spans_rejected": decoded.rejected} if decoded.rejected else {}
        return Batch(spans=spans, scores=scores, counters=counters)

    def logs(self, decoded: Decoded[RawLog], size: int) -> Batch:
        """As `spans`, for log records: some say something of a span, some are scores, all are counted."""
        spans: list[Span] = []
        scores: list[Score] = []
        for raw in decoded.records:
            match dialects.normalise_log(raw):
                case Span() as span:
                    spans.append(self.finish(span, size))
                case Score() as score:
                    scores.append(score)
        counters = {"log_records": len(decoded.records), "log_records_rejected": decoded.rejected}
        return Batch(spans=spans, scores=scores, counters={k: n for k, n in counters.items() if n})

    def finish(self, span: Span, size: int) -> Span:
        """``span``, out of a body of ``size`` bytes, ready to be stored."""
        return self.enrich(capped(span, self._longest) if size > self._longest else span)

    def enrich(self, span: Span) -> Span:
        """``span`` with its price, its failed heuristics and whether the model refused; all recomputed."""
        call = span.call
        if call is None:
            return span
        cost = price(call, span.start_ns, free=self._is_free(span))
        declined = refused(span)
        if declined != call.refused:
            call = replace(call, refused=declined)
        return replace(span, call=call, cost=cost, heuristics=check(span))
