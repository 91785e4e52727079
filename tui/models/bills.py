"""Bills that can be checked by hand, drawn: of a span, of a trace, of a total."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from llmwatch.analysis.pricing import RatesInUse
from llmwatch.analysis.why import Entry, ModelBill, Sender, SpanBill, TotalBill, TraceBill
from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Cost, CostLine
from llmwatch.tui import format as fmt
from llmwatch.tui.models.document import Block, Blocks, Line, note

_NAMES: Final = {
    "input": "input",
    "cache_read": "from cache",
    "cache_write": "to cache",
    "cache_write_1h": "to cache, 1 h",
    "output": "output",
    "input_audio": "input, audio",
    "output_audio": "output, audio",
}
_ROLES: Final = {
    "rollup": "○ Not counted: a span below this one reports the same usage; it is counted there.",
    "duplicate": "○ Not counted: another span reports the same response; it is counted once, there.",
}
_ENTRIES: Final = 200
"""Spans of a trace that are listed; what the others add up to is said."""


def span_blocks(bill: SpanBill) -> Blocks:
    """Tokens times rates, where the rates come from, what was left out, and what the sender says."""
    blocks = [note(_ROLES[bill.role])] if bill.role in _ROLES else []
    if bill.instead:
        blocks.append(_block("counted instead", [_entry(entry) for entry in bill.instead]))
    if bill.cost is None:
        blocks.append(note(f"{bill.reason[0].upper()}{bill.reason[1:]}."))
    elif bill.reason:
        why = neutral_line(bill.reason)
        blocks.append(Block(lines=((("▲ ", "warn"), (why, "warn")),), value=why, folds=False))
    else:
        blocks.append(_sum(bill.cost))
    blocks.append(_pairs(_origin(bill)))
    if bill.sender is not None:
        blocks.append(_sender(bill.sender))
    return tuple(block for block in blocks if block.lines)


def trace_blocks(bill: TraceBill) -> Blocks:
    """The counted spans and their sum, which is what the trace costs; then what was left out."""
    head: Line = (
        (f"{neutral_line(bill.name)}  ", "strong"),
        (f"trace {neutral_line(bill.trace_id)}", "muted"),
    )
    reasons: list[Line] = [
        ((f"▲ {_short(span_id)}  ", "warn"), (neutral_line(why), "warn"))
        for span_id, why in bill.unpriced.items()
    ]
    same = (
        "= the trace's cost"
        if bill.cost_nanousd == (bill.sum_nanousd if _priced(bill) else None)
        else (f"the trace list says {fmt.money(bill.cost_nanousd)}")
    )
    total: Line = (
        (f"{'sum':<52}{_dollars(bill.sum_nanousd) if _priced(bill) else fmt.UNKNOWN:>13}", "strong"),
        (f"  {same}", "muted"),
    )
    blocks = [
        Block(lines=(head,), folds=False),
        _block("counted", [*_listed(bill.counted), total]),
        _block("left out", _listed(bill.left_out)),
        _block("without a price", reasons),
    ]
    return tuple(block for block in blocks if block.lines)


def total_blocks(bill: TotalBill, since: str) -> Blocks:
    """What each model cost, the sum, what was left out of it and what has no price."""
    table: list[Line] = [
        ((f"{'model':<28}{'calls':>8}{'tokens in':>12}{'tokens out':>12}{'cost':>16}", "muted"),)
    ]
    table += [
        (
            (f"{neutral_line(each.model or fmt.UNKNOWN, 27):<28}{each.spans:>8,}", "plain"),
            (f"{each.input_tokens:>12,}{each.output_tokens:>12,}{_spent(each):>16}", "plain"),
            (f"  ▲ {each.unpriced:,} unpriced" if each.unpriced else "", "warn"),
        )
        for each in bill.models
    ]
    table.append(((f"{'sum':<60}{_dollars(bill.cost_nanousd):>16}", "strong"),))
    words = {"rollup": "roll-ups of spans below them", "duplicate": "duplicates of other spans"}
    left: list[Line] = [
        ((f"{each.spans:,} {words[each.role]}, which repeat {_dollars(each.cost_nanousd)}", "plain"),)
        for each in bill.left_out
    ]
    reasons: list[Line] = [
        (
            (f"▲ {fmt.plural(each.spans, 'call')}  ", "warn"),
            (neutral_line(f"{why}  (e.g. {each.trace_id}:{each.span_id})"), "warn"),
        )
        for each, why in bill.unpriced
    ]
    span = "all spans" if since == "all" else f"the last {since}"
    blocks = [_block(span, table), _block("left out", left), _block("without a price", reasons)]
    return tuple(block for block in blocks if block.lines)


def _spent(bill: ModelBill) -> str:
    return fmt.UNKNOWN if bill.unpriced and not bill.cost_nanousd else _dollars(bill.cost_nanousd)


def _priced(bill: TraceBill) -> bool:
    return any(entry.cost_nanousd is not None for entry in bill.counted)


def _listed(entries: Sequence[Entry]) -> list[Line]:
    lines = [_entry(entry) for entry in entries[:_ENTRIES]]
    if rest := entries[_ENTRIES:]:
        cost = sum(entry.cost_nanousd or 0 for entry in rest)
        lines.append(((f"… and {len(rest):,} more, {_dollars(cost)}", "muted"),))
    return lines


def _entry(entry: Entry) -> Line:
    cost = fmt.UNKNOWN if entry.cost_nanousd is None else _dollars(entry.cost_nanousd)
    name = neutral_line(entry.name or entry.model or "", 22)
    counts = f"{fmt.tokens(entry.input_tokens)} → {fmt.tokens(entry.output_tokens)}"
    told = f"  {entry.role} of {', '.join(map(_short, entry.instead[:3]))}" if entry.instead else ""
    more = f" and {len(entry.instead) - 3} more" if len(entry.instead) > 3 else ""
    return (
        (f"{_short(entry.span_id):<12}", "muted"),
        (f"{name:<23}{counts:>17}{cost:>13}", "plain"),
        (told + more, "muted"),
    )


def _short(span_id: str) -> str:
    """Enough of an id to find it by."""
    return neutral_line(span_id, 11)


def _block(title: str, lines: Iterable[Line]) -> Block:
    return Block(title=((title, "muted"),), lines=tuple(lines), folds=False)


def _sum(cost: Cost) -> Block:
    head = f"{'':<15}{'tokens':>9}{'$/million':>11}{'cost':>13}"
    lines: list[Line] = [((head, "muted"),)] if cost.lines else []
    lines.extend(((_line(line), "plain"),) for line in cost.lines)
    assert cost.nanousd is not None
    total = f"{'total':<35}{_dollars(cost.nanousd):>13}"
    lines.append(((total, "strong"),))
    if not cost.lines and cost.note:
        lines.append(((neutral_line(cost.note), "muted"),))
    return Block(lines=tuple(lines), value=_dollars(cost.nanousd), folds=False)


def _line(line: CostLine) -> str:
    amount = line.tokens * line.nanousd_per_million / 1_000_000
    name = _NAMES.get(line.what, line.what.replace("_", " "))
    rate = f"{line.nanousd_per_million / 1e9:.6f}".rstrip("0").rstrip(".")
    return f"{name:<15}{line.tokens:>9,}{rate:>11}{_dollars(amount):>13}"


def _dollars(nanousd: float) -> str:
    """Dollars to the nano-dollar, without the zeros that say nothing, cents always."""
    whole, _, fraction = f"{nanousd / 1e9:,.9f}".partition(".")
    return f"${whole}.{fraction.rstrip('0'):0<2}"


def _origin(bill: SpanBill) -> dict[str, str]:
    """Which model was asked for, which answered, and which price was taken."""
    cost, usage, came = bill.cost, bill.usage, bill.input
    facts = {"sent as": " ".join(filter(None, (bill.provider, bill.request_model or bill.response_model)))}
    if bill.response_model and bill.request_model and bill.response_model != bill.request_model:
        facts["answered by"] = bill.response_model
    if (price := bill.price) is not None:
        facts["price of"] = " ".join(filter(None, (price.provider, price.model, price.condition)))
        facts["from"] = _from(price)
        facts["note"] = cost.note if cost and cost.lines else ""
    if bill.rounded:
        facts["rounded"] = f"once, at the end, by {bill.rounded:+.6f}".rstrip("0") + " of a billionth dollar"
    if came is not None and (came.cache_read or came.cache_write):
        facts["input"] = (
            f"{came.total:,} = {came.uncached:,} uncached + {came.cache_read:,} from cache"
            f" + {came.cache_write:,} to cache"
        )
    if bill.unbilled_tokens:
        facts["no price for"] = f"{bill.unbilled_tokens:,} of the tokens"
    if usage is not None and usage.estimated:
        facts["tokens"] = "estimated: nobody counted them"
    return facts


def _from(price: RatesInUse) -> str:
    """The list, how old it was when the call was made, and since when it has had the price."""
    age = f", {fmt.plural(price.age_days, 'day')} old at the call" if price.age_days is not None else ""
    facts = [
        "the configuration, which overrides every list" if price.custom else price.source,
        f"list of {price.listed}{age}" if price.listed else "",
        f"price since {price.since}" if price.since else "",
    ]
    return "; ".join(filter(None, facts))


def _sender(sender: Sender) -> Block:
    facts = {"the sender says": _dollars(sender.nanousd)}
    theirs, apart = sender.nanousd, sender.difference_nanousd
    if apart is not None:
        ours = theirs - apart
        share = f", {fmt.change(ours, theirs)} of ours" if ours else ""
        mark = "▲ " if sender.differs else ""
        sign = "+" if apart > 0 else "−" if apart < 0 else ""
        facts["difference"] = f"{mark}{sign}{_dollars(abs(apart))}{share}"
    return _pairs(facts)


def _pairs(facts: dict[str, str]) -> Block:
    lines: tuple[Line, ...] = tuple(
        ((f"{key:<17}", "muted"), (neutral_line(value), "warn" if value.startswith("▲") else "plain"))
        for key, value in facts.items()
        if value
    )
    return Block(lines=lines, value=neutral("\n".join(filter(None, facts.values()))), folds=False)
