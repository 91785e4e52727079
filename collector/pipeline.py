"""From a raw record to what is stored: read by its dialect, cut to size, priced, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from msgspec.structs import replace

from llmwatch.collector import dialects
from llmwatch.collector.caps import capped
from llmwatch.collector.dialects.build import first_chunk
from llmwatch.collector.otlp.decoded import Decoded, gather
from llmwatch.collector.records import RawLog, RawSpan
from llmwatch.collector.safejson import loads
from llmwatch.config import Config
from llmwatch.evals.answer import answer_of
from llmwatch.evals.heuristics import Heuristics
from llmwatch.evals.refusal import refused
from llmwatch.providers.free import free_endpoint
from llmwatch.providers.prices import Prices, conditions_of
from llmwatch.store.batch import Batch
from llmwatch.store.price import Price
from llmwatch.store.span import Call, Score, Span

PlainReader: TypeAlias = Callable[[Any], tuple[Sequence[Span], Sequence[Score]]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a request brings, ready to be stored, and what of it is rejected."""

    batch: Batch
    taken: int = 0
    rejected: int = 0
    failures: tuple[tuple[int, str], ...] = ()
    """Position and reason of the first hundred that are rejected."""


class Pipeline:
    """Pure functions of a record and of the configuration."""

    def __init__(self, config: Config) -> None:
        self._longest = config.collector.max_value_kib * 1024
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Read what comes from now on by ``config``; what is too long was decided at the start.

        Raises:
            ConfigError: A schema of the heuristics is not JSON; nothing changes then.
        """
        self._failed = Heuristics(config.heuristics).failed
        self._is_free = free_endpoint(config.providers)
        self._price = Prices(config.prices).price

    def spans(self, decoded: Decoded[RawSpan], size: int) -> Prepared:
        """What the spans of a body of ``size`` bytes, and the scores in them, are stored as."""
        read = decoded.then(
            lambda raw: (self.finish(dialects.normalise_span(raw), size), dialects.scores_of(raw))
        )
        batch = Batch(
            spans=[span for span, _ in read.records],
            scores=[score for _, scores in read.records for score in scores],
            counters={"spans_rejected": read.rejected} if read.rejected else {},
        )
        return Prepared(batch, len(read.records), read.rejected, read.failures)

    def logs(self, decoded: Decoded[RawLog], size: int) -> Prepared:
        """As `spans`, for log records: some say something of a span, some are scores, all are counted."""
        read = decoded.then(dialects.normalise_log)
        said = [item for record in read.records for item in record]
        counters = {"log_records": len(read.records), "log_records_rejected": read.rejected}
        batch = Batch(
            spans=[self.finish(item, size) for item in said if isinstance(item, Span)],
            scores=[item for item in said if isinstance(item, Score)],
            counters={name: count for name, count in counters.items() if count},
        )
        return Prepared(batch, len(read.records), read.rejected, read.failures)

    def plain(self, items: Sequence[bytes], reader: PlainReader) -> Prepared:
        """As `spans`, for plain JSON: ``reader`` finds spans and scores in each of ``items``."""

        def read(item: bytes) -> tuple[list[Span], Sequence[Score]]:
            spans, scores = reader(loads(item))
            return [self.finish(span, len(item)) for span in spans], scores

        found = gather(items, read)
        batch = Batch(
            spans=[span for spans, _ in found.records for span in spans],
            scores=[score for _, scores in found.records for score in scores],
        )
        return Prepared(batch, len(found.records), found.rejected, found.failures)

    def finish(self, span: Span, size: int) -> Span:
        """``span``, out of a body of ``size`` bytes, ready to be stored."""
        return self.enrich(capped(span, self._longest) if size > self._longest else span)

    def enrich(self, span: Span, before: Span | None = None) -> Span:
        """``span`` with its price, its failed heuristics and whether the model refused; all recomputed.

        The price of ``before``, which is what was stored of it, is kept while it is of the same model. And
        with the time to the first chunk, whose event may have come in another record than the start.
        """
        call = span.call
        if call is None:
            return span
        if _may_tell_first_chunk(span, call):
            call = replace(call, time_to_first_chunk_ns=first_chunk(span.content.events, span.start_ns))
        kept = _kept_price(call, before) if before is not None else None
        cost = self._price(call, span.start_ns, free=self._is_free(span), kept=kept)
        answer = answer_of(span)
        declined = refused(span, answer)
        if declined != call.refused:
            call = replace(call, refused=declined)
        failed = None if answer is None else self._failed(answer)
        return replace(span, call=call, cost=cost, heuristics=failed)


def _kept_price(call: Call, before: Span) -> Price | None:
    """What a call was priced with before, unless it turns out to be of another model or tier."""
    known, cost = before.call, before.cost
    if known is None or cost is None or _priced_by(known) != _priced_by(call):
        return None
    return cost.price


def _priced_by(call: Call) -> tuple[object, ...]:
    return call.provider, call.request_model, call.response_model, conditions_of(call.parameters)


def _may_tell_first_chunk(span: Span, call: Call) -> bool:
    if call.time_to_first_chunk_ns is not None or call.stream is False:
        return False
    return span.state != "partial" and bool(span.content.events)
