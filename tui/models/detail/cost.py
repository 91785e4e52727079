"""The Cost tab: a bill that can be checked by hand, and why a call has none."""

from __future__ import annotations

from llmwatch.neutral import neutral, neutral_line
from llmwatch.store.span import Cost, CostLine
from llmwatch.tui import format as fmt
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.document import Block, Blocks, Line, note

_NAMES = {
    "input": "input",
    "cache_read": "from cache",
    "cache_write": "to cache",
    "cache_write_1h": "to cache, 1 h",
    "output": "output",
    "input_audio": "input, audio",
    "output_audio": "output, audio",
}


def cost(opened: Opened) -> Blocks:
    """Tokens times rates, where the rates come from, and what the sender says."""
    bill = opened.span.cost
    blocks = list(_counting(opened))
    if bill is None:
        blocks.append(note("Nothing to price: the span reports no tokens."))
    elif bill.nanousd is None:
        why = neutral_line(bill.note or "unpriced: no price is known")
        blocks.append(Block(lines=((("▲ ", "warn"), (why, "warn")),), value=why, folds=False))
    else:
        blocks.append(_bill(bill))
    if bill is not None and bill.source:
        matched = f"{bill.provider or ''} {bill.model or ''}".strip()
        blocks.append(
            _pairs({"price of": matched, "from": bill.source, "note": bill.note if bill.lines else ""})
        )
    if (sender := _sender(opened)) is not None:
        blocks.append(sender)
    return tuple(blocks)


def _bill(bill: Cost) -> Block:
    head = f"{'':<15}{'tokens':>9}{'$/million':>11}{'cost':>13}"
    lines: list[Line] = [((head, "muted"),)] if bill.lines else []
    lines.extend(((_line(line), "plain"),) for line in bill.lines)
    assert bill.nanousd is not None
    total = f"{'total':<35}{_dollars(bill.nanousd):>13}"
    lines.append(((total, "strong"),))
    if not bill.lines and bill.note:
        lines.append(((neutral_line(bill.note), "muted"),))
    return Block(lines=tuple(lines), value=_dollars(bill.nanousd), folds=False)


def _line(line: CostLine) -> str:
    amount = line.tokens * line.nanousd_per_million / 1_000_000
    name = _NAMES.get(line.what, line.what.replace("_", " "))
    rate = f"{line.nanousd_per_million / 1e9:.6f}".rstrip("0").rstrip(".")
    return f"{name:<15}{line.tokens:>9,}{rate:>11}{_dollars(amount):>13}"


def _dollars(nanousd: float) -> str:
    """Dollars to the nano-dollar, without the zeros that say nothing, cents always."""
    whole, _, fraction = f"{nanousd / 1e9:,.9f}".partition(".")
    return f"${whole}.{fraction.rstrip('0'):0<2}"


def _counting(opened: Opened) -> list[Block]:
    role = opened.detail.row.usage_role
    if role == "rollup":
        return [note("○ Not counted: a span below this one reports the same usage; it is counted there.")]
    if role == "duplicate":
        return [note("○ Not counted: another span reports the same response; it is counted once, there.")]
    return []


def _sender(opened: Opened) -> Block | None:
    call = opened.span.call
    if call is None or call.sender_cost_nanousd is None:
        return None
    theirs = call.sender_cost_nanousd
    facts = {"the sender says": _dollars(theirs)}
    ours = opened.span.cost.nanousd if opened.span.cost is not None else None
    if ours is not None:
        share = f", {fmt.change(ours, theirs)} of ours" if ours else ""
        facts["difference"] = (
            f"{'+' if theirs > ours else '−' if theirs < ours else ''}{_dollars(abs(theirs - ours))}{share}"
        )
    return _pairs(facts)


def _pairs(facts: dict[str, str]) -> Block:
    lines: tuple[Line, ...] = tuple(
        ((f"{key:<17}", "muted"), (neutral_line(value), "plain")) for key, value in facts.items() if value
    )
    return Block(lines=lines, value=neutral("\n".join(filter(None, facts.values()))), folds=False)
