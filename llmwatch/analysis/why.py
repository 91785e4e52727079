"""Why something costs what it says: bills of a span, a trace and a total, to be checked by hand. Pure.

A trace costs what its counted spans cost; roll-ups and duplicates are left out and name the spans that count
in their stead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from llmwatch.analysis.pricing import RatesInUse, rates_in_use
from llmwatch.providers.rates import billed_input
from llmwatch.store.projection import Brief
from llmwatch.store.rows import Group, LeftOut, SpanDetail, SpanRow, TraceRow, Unpriced, UsageRole
from llmwatch.store.span import Cost, Usage
from llmwatch.store.usage import originals, usage_roles

DIFFERS: Final = 0.05
"""From this share of ours on, the sender's figure is marked as another."""

_PER_MILLION: Final = 1_000_000
_NO_TOKENS: Final = "nothing to price: the span reports no tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A span in an account."""

    span_id: str
    name: str
    model: str | None
    role: UsageRole
    input_tokens: int | None
    output_tokens: int | None
    cost_nanousd: int | None
    sender_nanousd: int | None = None
    instead: tuple[str, ...] = ()
    """Ids of the spans that count in its stead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Where the input tokens of a call came from; the three parts are all of them."""

    total: int
    uncached: int
    cache_read: int
    cache_write: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The sender's own figure beside ours."""

    nanousd: int
    difference_nanousd: int | None
    """Theirs less ours; None when we have none."""
    differs: bool
    """By more than `DIFFERS` of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanBill:
    """Why a span costs what it does."""

    trace_id: str
    span_id: str
    name: str
    kind: str
    dialect: str
    provider: str | None
    request_model: str | None
    response_model: str | None
    role: UsageRole | None
    instead: tuple[Entry, ...]
    """The spans that count in its stead."""
    cost: Cost | None
    price: RatesInUse | None
    """What it was billed with; the list's age is that at the time of the call."""
    rounded: float
    """What rounding once at the end added to the exact sum, in nano-dollars: from -0.5 up to 0.5."""
    reason: str
    """Why there is no price; empty when there is one."""
    usage: Usage | None
    input: Input | None
    unbilled_tokens: int
    """Tokens of sorts that the price list has no price for."""
    sender: Sender | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceBill:
    """Why a trace costs what it does."""

    trace_id: str
    name: str
    cost_nanousd: int | None
    """What the trace list says."""
    counted: tuple[Entry, ...]
    sum_nanousd: int
    """Of the counted ones that have a price."""
    left_out: tuple[Entry, ...]
    unpriced: Mapping[str, str]
    """Why counted spans have no price, by span id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBill:
    """The calls of one model in a total."""

    model: str | None
    spans: int
    input_tokens: int
    output_tokens: int
    cost_nanousd: int
    unpriced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalBill:
    """Why all spans of a window cost what the panes say."""

    cost_nanousd: int
    models: tuple[ModelBill, ...]
    """The dearest first."""
    left_out: tuple[LeftOut, ...]
    unpriced: tuple[tuple[Unpriced, str], ...]
    """With why, as the last of them says."""


def span_bill(detail: SpanDetail, family: Iterable[Brief]) -> SpanBill:
    """The bill of a span; ``family`` are all spans of its trace, or none where its usage counts."""
    row, span = detail.row, detail.span
    call, cost = span.call, span.cost
    usage = call.usage if call else None
    ours = cost.nanousd if cost else None
    sent = call.sender_cost_nanousd if call else None
    return SpanBill(
        trace_id=row.trace_id, span_id=row.span_id, name=row.name, kind=row.kind, dialect=span.dialect,
        provider=call.provider if call else None,
        request_model=call.request_model if call else None,
        response_model=call.response_model if call else None,
        role=row.usage_role, instead=_instead(row, list(family)),
        cost=replace(cost, price=None) if cost else None,
        price=rates_in_use(cost.price, row.start_ns) if cost and cost.price else None, rounded=_rounded(cost),
        reason=unpriced_reason(cost), usage=usage, input=_input(usage),
        unbilled_tokens=_unbilled(usage, cost), sender=None if sent is None else sender(sent, ours),
    )  # fmt: skip


def trace_bill(
    row: TraceRow, spans: Sequence[SpanRow], family: Sequence[Brief], unpriced: Mapping[str, str]
) -> TraceBill:
    """The bill of a trace: its spans twice, as rows and as briefs, and why some have no price."""
    below, copied = _below(family), originals(family)
    entries = [
        Entry(
            span_id=span.span_id, name=span.name, model=span.model, role=span.usage_role,
            input_tokens=span.input_tokens, output_tokens=span.output_tokens,
            cost_nanousd=span.cost_nanousd, sender_nanousd=span.sender_cost_nanousd,
            instead=(copied[span.span_id],) if span.span_id in copied else below.get(span.span_id, ()),
        )
        for span in spans
        if span.usage_role is not None
    ]  # fmt: skip
    counted = tuple(entry for entry in entries if entry.role == "counted")
    return TraceBill(
        trace_id=row.trace_id,
        name=row.name,
        cost_nanousd=row.cost_nanousd,
        counted=counted,
        sum_nanousd=sum(entry.cost_nanousd or 0 for entry in counted),
        left_out=tuple(entry for entry in entries if entry.role != "counted"),
        unpriced=unpriced,
    )


def total_bill(
    models: Iterable[Group], left_out: Sequence[LeftOut], unpriced: Sequence[tuple[Unpriced, str]]
) -> TotalBill:
    """The bill of a window: sums by model, what was left out of them, and what has no price."""
    bills = [
        ModelBill(
            model=group.value,
            spans=group.totals.spans,
            input_tokens=group.totals.input_tokens,
            output_tokens=group.totals.output_tokens,
            cost_nanousd=group.totals.cost_nanousd,
            unpriced=group.totals.unpriced,
        )
        for group in models
        if group.totals.input_tokens or group.totals.output_tokens or group.totals.cost_nanousd
    ]
    return TotalBill(
        cost_nanousd=sum(bill.cost_nanousd for bill in bills),
        models=tuple(sorted(bills, key=lambda bill: (-bill.cost_nanousd, bill.model or ""))),
        left_out=tuple(left_out),
        unpriced=tuple(unpriced),
    )


def unpriced_reason(cost: Cost | None) -> str:
    """Why a span has no price; empty when it has one."""
    if cost is None:
        return _NO_TOKENS
    return (cost.note or "unpriced: no price is known") if cost.nanousd is None else ""


def sender(sent: int, ours: int | None) -> Sender:
    """The sender's figure beside ours, in nano-dollars."""
    if ours is None:
        return Sender(nanousd=sent, difference_nanousd=None, differs=False)
    return Sender(nanousd=sent, difference_nanousd=sent - ours, differs=abs(sent - ours) > DIFFERS * ours)


def _rounded(cost: Cost | None) -> float:
    if cost is None or cost.nanousd is None or not cost.lines:
        return 0.0
    exact = sum(line.tokens * line.nanousd_per_million for line in cost.lines)
    return (cost.nanousd * _PER_MILLION - exact) / _PER_MILLION


def _input(usage: Usage | None) -> Input | None:
    if usage is None or usage.input_tokens is None:
        return None
    total, read = billed_input(usage), usage.cache_read_tokens or 0
    write = max(usage.cache_write_tokens or 0, usage.cache_write_1h_tokens or 0)
    return Input(total=total, uncached=total - read - write, cache_read=read, cache_write=write)


def _unbilled(usage: Usage | None, cost: Cost | None) -> int:
    if usage is None or cost is None or not cost.lines:
        return 0
    billed = sum(line.tokens for line in cost.lines if line.what != "requests")
    return max(billed_input(usage) + (usage.output_tokens or 0) - billed, 0)


def _instead(row: SpanRow, family: Sequence[Brief]) -> tuple[Entry, ...]:
    ids = _below(family).get(row.span_id, ()) if row.usage_role == "rollup" else ()
    if row.usage_role == "duplicate" and row.span_id in (copied := originals(family)):
        ids = (copied[row.span_id],)
    return tuple(
        Entry(
            span_id=brief.span_id, name=brief.name, model=brief.model, role="counted",
            input_tokens=brief.input_tokens, output_tokens=brief.output_tokens,
            cost_nanousd=brief.cost_nanousd,
        )
        for brief in family
        if brief.span_id in ids
    )  # fmt: skip


def _below(family: Sequence[Brief]) -> dict[str, tuple[str, ...]]:
    """For every span the counted ones below it, by start."""
    roles = usage_roles(family)
    parents = {brief.span_id: brief.parent_id for brief in family}
    below: dict[str, list[str]] = {}
    for brief in family:
        above, seen = brief.parent_id, {brief.span_id}
        while roles.get(brief.span_id) == "counted" and above is not None and above not in seen:
            below.setdefault(above, []).append(brief.span_id)
            seen.add(above)
            above = parents.get(above)
    return {span_id: tuple(ids) for span_id, ids in below.items()}
